/* SPDX-License-Identifier: ISC */
/*
 * inside.c - what runs inside for review.c: one act, one line "act: answer"
 *
 *	inside chmod PATH MODE | death-signal | read PATH
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int answer(const char *act, int r)
{
	printf("%s %s\n", act, r < 0 ? strerrorname_np(errno) : "0");
	return 0;
}

int main(int argc, char **argv)
{
	const char *act = argc > 1 ? argv[1] : "";
	int number = -1;
	char text[64] = "";

	if (!strcmp(act, "chmod") && argc == 4)
		return answer(act, chmod(argv[2], (mode_t)strtoul(argv[3], NULL, 8)));
	if (!strcmp(act, "death-signal")) {
		(void)prctl(PR_GET_PDEATHSIG, &number);
		printf("death-signal %d\n", number);
		return 0;
	}
	if (!strcmp(act, "read") && argc == 3) {
		int fd = open(argv[2], O_RDONLY);

		if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
			return answer(act, -1);
		printf("read %s\n", text);
		return 0;
	}
	return 2;
}
