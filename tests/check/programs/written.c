/* SPDX-License-Identifier: ISC */
/* A mode in memory that can be written may say something else by the time it is used. */
#include <stdio.h>

#ifndef KIND
#define KIND
#endif
static KIND char mode[4] = "r";
const char *shown = mode;

int main(void)
{
	return fopen("/etc/one", mode) != NULL;
}
