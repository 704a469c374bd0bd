/* SPDX-License-Identifier: ISC */
/* Prints the keywords of the policy language, one a line: what the manual must describe. */
#include "../../include/ambit.h"

#include <stdio.h>

int main(void)
{
	struct ambit_keyword keyword = { .size = sizeof(keyword) };

	for (size_t i = 0; ambit_keyword_at(i, &keyword); i++)
		puts(keyword.name);
	return 0;
}
