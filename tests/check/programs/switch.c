/* SPDX-License-Identifier: ISC */
/* A switch that becomes a table of jumps. */
#include <unistd.h>

volatile int sink;

int main(int argc, char **argv)
{
	switch (argc) {
	case 1:
		sink = 17;
		break;
	case 2:
		sink = argc * 3;
		break;
	case 3:
		sink -= 9;
		break;
	case 4:
		return rmdir(argv[1]);
	case 5:
		sink *= 5;
		break;
	case 6:
		sink ^= 81;
		break;
	default:
		sink = 2;
	}
	return sink;
}
