/* SPDX-License-Identifier: ISC */
/* The comparison of qsort(): an edge from where it is handed over, and no pointer for others. */
#include <stdlib.h>
#include <unistd.h>

static int order(const void *a, const void *b)
{
	return unlink(a) - unlink(b);
}

__attribute__((noinline)) void sort(int *numbers)
{
	qsort(numbers, 2, sizeof(*numbers), order);
}

__attribute__((noinline)) int other(int (*f)(void))
{
	return f() + 1;
}

int main(int argc, char **argv)
{
	int numbers[2] = { argc, 2 };

	sort(numbers);
	return argc > 9 ? other((int (*)(void))(void *)argv[1]) : numbers[0];
}
