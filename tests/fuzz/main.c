/* SPDX-License-Identifier: ISC */
/*
 * main.c - a fuzzer without libFuzzer: replays files as tests
 *
 * PROGRAM FILE|DIRECTORY... hands each file, and each file of each directory, to the fuzzer in a
 * process of its own, and prints a TAP line for it. An empty input always comes first.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20, SECONDS = 30 };

static int count, failed;

static void verdict(bool ok, const char *name)
{
	count++;
	failed += !ok;
	printf("%s %d - %s\n", ok ? "ok" : "not ok", count, name);
}

/* A crash, a hang and a non-zero status are failures. */
static void replay(const char *name, const uint8_t *data, size_t size)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(SECONDS);
		(void)dup2(STDERR_FILENO, STDOUT_FILENO);
		/* A heap copy of just this size: a read past the end is seen by ASan. */
		uint8_t *copy = malloc(size + !size);

		if (!copy)
			_exit(EXIT_FAILURE);
		memcpy(copy, data, size);
		(void)LLVMFuzzerTestOneInput(copy, size);
		free(copy);
		_exit(EXIT_SUCCESS);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		status = -1;
	verdict(status == 0, name);
	if (status)
		fprintf(stderr, "# %s: wait status %#x\n", name, (unsigned)status);
}

static void replay_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	uint8_t *data = malloc(INPUT_MAX);
	size_t size = 0;
	ssize_t n = 1;

	while (fd >= 0 && data && n > 0 && size < INPUT_MAX) {
		n = read(fd, data + size, INPUT_MAX - size);
		size += n > 0 ? (size_t)n : 0;
	}
	if (fd < 0 || !data || n < 0)
		verdict(false, name);
	else
		replay(name, data, size);
	free(data);
	if (fd >= 0)
		close(fd);
}

static void replay_directory(const char *path)
{
	struct dirent **names = NULL;
	int n = scandir(path, &names, NULL, alphasort);
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (n < 0 || dir < 0)
		verdict(false, path);
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.' && dir >= 0)
			replay_file(dir, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	if (dir >= 0)
		close(dir);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	replay("empty", (const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			replay_directory(argv[i]);
		else
			replay_file(AT_FDCWD, argv[i]);
	}
	printf("1..%d\n", count);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
