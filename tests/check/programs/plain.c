/* SPDX-License-Identifier: ISC */
#include <stdio.h>

int main(void)
{
	return puts("hello") < 0;
}
