/* SPDX-License-Identifier: ISC */
/* Operations in a structure of data, called through it. */
#include <unistd.h>

struct operations {
	int (*open)(const char *);
	int (*drop)(const char *);
};

static int nothing(const char *path)
{
	return !path;
}

static int drop(const char *path)
{
	return unlink(path);
}

static const struct operations table[] = { { nothing, drop }, { nothing, nothing } };

int main(int argc, char **argv)
{
	const struct operations *o = &table[argc & 1];

	return o->open(argv[0]) + o->drop(argv[0]);
}
