/* SPDX-License-Identifier: ISC */
/* ambit_spawn() as a caller sees it: from poll loops and threads, and nothing of it is changed. */
#include "../../include/ambit.h"
#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATE = 16384, GET_MDWE = 66, THREADS = 4, EACH = 6, BOXES = 4 };

/* ---- programs ------------------------------------------------------------------------------ */

static struct ambit_policy *plain(void)
{
	struct ambit_policy *p = ambit_policy_new();

	CHECK(p != NULL);
	return p;
}

static struct ambit_box *spawn_shell(struct ambit_policy *p, const char *script)
{
	char shell[] = "/bin/sh", option[] = "-c", text[64];
	char *argv[] = { shell, option, text, NULL };
	struct ambit_box *box = NULL;
	struct ambit_error err;

	(void)snprintf(text, sizeof(text), "%s", script);
	if (ambit_spawn(p, argv, NULL, &box, &err) != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s", err.text);
	return box;
}

static struct ambit_status ended(struct ambit_box *box, int timeout_ms)
{
	struct ambit_status status = { .size = sizeof(status) };

	CHECK_INT(ambit_box_wait(box, timeout_ms, &status, NULL), AMBIT_OK);
	return status;
}

/* ---- what may not change ------------------------------------------------------------------- */

struct state {
	char text[STATE];
	size_t length;
};

static void add(struct state *s, const char *name, long long value)
{
	int n = snprintf(s->text + s->length, sizeof(s->text) - s->length, "%s %lld\n", name,
			 value);

	CHECK(n > 0 && (size_t)n < sizeof(s->text) - s->length);
	s->length += (size_t)n;
}

static void add_signals(struct state *s)
{
	sigset_t mask;

	CHECK_INT(sigprocmask(SIG_SETMASK, NULL, &mask), 0);
	for (int n = 1; n < NSIG; n++) {
		struct sigaction a = { 0 };

		if (sigaction(n, NULL, &a) == 0)
			add(s, "handler", (long long)(uintptr_t)a.sa_handler + a.sa_flags);
		add(s, "masked", sigismember(&mask, n));
	}
}

/* Lines of /proc/self/status that tell of ids, capabilities and confinement, not of sizes. */
static void add_status(struct state *s)
{
	static const char *const names[] = { "Uid:",	"Gid:",	   "Groups:", "CapInh:", "CapPrm:",
					     "CapEff:", "CapBnd:", "CapAmb:", "NoNew",	 "Seccomp:",
					     "Umask:",	"SigIgn:", "SigCgt:", "Threads:" };
	FILE *file = fopen("/proc/self/status", "re");
	char line[512];

	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file))
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strncmp(line, names[i], strlen(names[i])) == 0) {
				const size_t n = strlen(line);

				CHECK(s->length + n < sizeof(s->text));
				memcpy(s->text + s->length, line, n + 1);
				s->length += n;
			}
	(void)fclose(file);
}

static void take(struct state *s)
{
	struct stat st;
	char cwd[256];

	s->length = 0;
	add(s, "dumpable", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	add(s, "mdwe", prctl(GET_MDWE, 0, 0, 0, 0));
	add(s, "keepcaps", prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
	add(s, "securebits", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	add(s, "timerslack", prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
	add(s, "subreaper", prctl(PR_GET_CHILD_SUBREAPER, &st, 0, 0, 0));
	add(s, "personality", syscall(SYS_personality, 0xffffffff));
	CHECK_INT(stat("/proc/self/status", &st), 0); /* root's where a process is not dumpable */
	add(s, "owner", st.st_uid);
	add(s, "group", st.st_gid);
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
	for (int fd = 0; fd < 256; fd++)
		add(s, "fd", fcntl(fd, F_GETFD));
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit l;

		CHECK_INT(getrlimit((enum __rlimit_resource)i, &l), 0);
		add(s, cwd, (long long)(l.rlim_cur ^ l.rlim_max << 1));
	}
	add_signals(s);
	add_status(s);
}

/* The first line that is another one; all of it would be pages. */
static void check_same(const struct state *now, const struct state *before)
{
	const char *a = now->text, *b = before->text;

	while (*a && strncmp(a, b, strcspn(a, "\n") + 1) == 0) {
		const size_t n = strcspn(a, "\n") + 1;

		a += n;
		b += n;
	}
	if (*a || *b)
		tap_fail(__FILE__, __LINE__, "%.*s, not %.*s", (int)strcspn(a, "\n"), a,
			 (int)strcspn(b, "\n"), b);
}

static void on_signal(int number)
{
	(void)number;
}

/* The control: what a careless child that shares memory would do to us is seen. */
static void check_that_changes_are_seen(const struct state *before)
{
	struct state *now = malloc(sizeof(*now));

	CHECK_INT(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), 0);
	take(now);
	CHECK(strcmp(before->text, now->text) != 0);
	CHECK_INT(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
	(void)signal(SIGUSR2, SIG_IGN);
	take(now);
	CHECK(strcmp(before->text, now->text) != 0);
	free(now);
}

TEST(the_caller_is_unchanged)
{
	struct sigaction ours = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct ambit_policy *p = plain();
	struct state *before = malloc(sizeof(*before)), *now = malloc(sizeof(*now));
	struct ambit_box *box;
	sigset_t some;

	CHECK_INT(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
	CHECK_INT(sigaction(SIGUSR1, &ours, NULL), 0);
	CHECK(signal(SIGHUP, SIG_IGN) != SIG_ERR);
	(void)sigemptyset(&some);
	(void)sigaddset(&some, SIGTERM);
	CHECK_INT(sigprocmask(SIG_BLOCK, &some, NULL), 0);
	take(before);
	box = spawn_shell(p, "exit 3");
	CHECK_INT(ended(box, 20000).exit_code, 3);
	ambit_box_free(box);
	take(now);
	check_same(now, before);
	check_that_changes_are_seen(before);
	ambit_policy_free(p);
	free(before);
	free(now);
}

/* A handler runs in this process or not at all, however many signals come meanwhile. */
static pid_t *strangers;

static void count_strangers(int number)
{
	(void)number;
	if (syscall(SYS_getpid) != strangers[0])
		strangers[1]++;
	strangers[2]++;
}

TEST_TIMEOUT(signals_reach_the_caller_only, 60)
{
	struct sigaction ours = { .sa_handler = count_strangers, .sa_flags = SA_RESTART };
	const struct itimerval often = { { 0, 300 }, { 0, 300 } }, never = { { 0, 0 }, { 0, 0 } };
	struct ambit_policy *p = plain();

	strangers = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(strangers != MAP_FAILED);
	strangers[0] = getpid();
	CHECK_INT(sigaction(SIGALRM, &ours, NULL), 0);
	CHECK_INT(setitimer(ITIMER_REAL, &often, NULL), 0);
	for (int i = 0; i < 8; i++) {
		struct ambit_box *box = spawn_shell(p, "exit 0");

		CHECK_INT(ended(box, 30000).exit_code, 0);
		ambit_box_free(box);
	}
	CHECK_INT(setitimer(ITIMER_REAL, &never, NULL), 0);
	CHECK(strangers[2] > 0);
	CHECK_INT(strangers[1], 0);
	ambit_policy_free(p);
}

/* ---- several ------------------------------------------------------------------------------- */

/* Each ends when it is told to; the others are not disturbed. */
TEST_TIMEOUT(a_poll_loop_serves_several, 60)
{
	struct ambit_policy *p = plain();
	struct ambit_box *boxes[BOXES];
	struct pollfd fds[BOXES];
	struct ambit_status status = { .size = sizeof(status) };

	for (int i = 0; i < BOXES; i++) {
		boxes[i] = spawn_shell(p, "while :; do :; done");
		fds[i] = (struct pollfd){ ambit_box_pidfd(boxes[i]), POLLIN, 0 };
	}
	CHECK_INT(poll(fds, BOXES, 0), 0);
	for (int i = BOXES; i-- > 0;) {
		CHECK_INT(ambit_box_wait(boxes[i], 0, &status, NULL), AMBIT_E_TIMEOUT);
		CHECK_INT(ambit_box_status(boxes[i], &status, NULL), AMBIT_E_TIMEOUT);
		CHECK_INT(ambit_box_signal(boxes[i], i % 2 ? SIGTERM : SIGKILL, NULL), AMBIT_OK);
		CHECK_INT(poll(fds, (nfds_t)i + 1, 30000), 1);
		CHECK(fds[i].revents & POLLIN);
		CHECK_INT(ambit_box_status(boxes[i], &status, NULL), AMBIT_OK);
		CHECK_INT(status.signal, i % 2 ? SIGTERM : SIGKILL);
		CHECK_INT(ended(boxes[i], 0).signal, i % 2 ? SIGTERM : SIGKILL);
		ambit_box_free(boxes[i]);
	}
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	ambit_policy_free(p);
}

static struct ambit_policy *shared_policy;

/* Statuses tell the threads' programs apart. */
static void *spawn_some(void *argument)
{
	const int number = *(int *)argument;

	for (int i = 0; i < EACH; i++) {
		struct ambit_box *box;
		char script[32];

		(void)snprintf(script, sizeof(script), "exit %d", number * EACH + i);
		box = spawn_shell(shared_policy, script);
		CHECK_INT(ended(box, 30000).exit_code, number * EACH + i);
		ambit_box_free(box);
	}
	return NULL;
}

/* Who was joined is gone for the C library, and a moment later for the kernel. */
static void wait_until_alone(void)
{
	const struct timespec pause = { 0, 1000000 };
	struct stat st;

	for (int i = 0; i < 5000; i++) {
		CHECK_INT(stat("/proc/self/task", &st), 0);
		if (st.st_nlink == 3) /* two names of its own, and one thread */
			return;
		(void)nanosleep(&pause, NULL);
	}
	tap_fail(__FILE__, __LINE__, "threads that were joined are still there");
}

TEST_TIMEOUT(threads_spawn_at_once, 60)
{
	struct state *before = malloc(sizeof(*before)), *now = malloc(sizeof(*now));
	pthread_t threads[THREADS];
	int numbers[THREADS];

	shared_policy = plain();
	/* Once before: the C library sets handlers of its own with the first thread. */
	numbers[0] = 0;
	CHECK_INT(pthread_create(&threads[0], NULL, spawn_some, &numbers[0]), 0);
	CHECK_INT(pthread_join(threads[0], NULL), 0);
	wait_until_alone();
	take(before);
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		CHECK_INT(pthread_create(&threads[i], NULL, spawn_some, &numbers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
	wait_until_alone();
	take(now);
	check_same(now, before);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	ambit_policy_free(shared_policy);
	free(before);
	free(now);
}

/*
 * The kernel reaps for who ignores SIGCHLD, so the end of a process may be nobody's to tell; but
 * nothing waits for ever, and a program starts, and ends.
 */
TEST_TIMEOUT(who_ignores_its_children, 60)
{
	struct ambit_policy *p = plain();
	struct ambit_status status = { .size = sizeof(status) };
	struct ambit_box *box;
	enum ambit_code code;

	CHECK(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	box = spawn_shell(p, "exit 3");
	code = ambit_box_wait(box, 30000, &status, NULL);
	CHECK(code == AMBIT_E_CHILD || (code == AMBIT_OK && status.exit_code == 3));
	NOTE("%s", ambit_code_name(code));
	ambit_box_free(box);
	box = spawn_shell(p, "while :; do :; done");
	CHECK_INT(ambit_box_wait(box, 0, &status, NULL), AMBIT_E_TIMEOUT);
	CHECK_INT(ambit_box_signal(box, SIGKILL, NULL), AMBIT_OK);
	code = ambit_box_wait(box, 30000, &status, NULL);
	CHECK(code == AMBIT_E_CHILD || (code == AMBIT_OK && status.signal == SIGKILL));
	ambit_box_free(box);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	ambit_policy_free(p);
}

struct crashing {
	ElfW(Ehdr) header;
	ElfW(Phdr) segment;
};

/* A program, by our own header, of one segment and no code: it ends before anybody looks. */
static void make_crashing(char *ret_path, size_t size)
{
	struct crashing f = { 0 };
	char directory[64];
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	CHECK_INT(read(fd, &f.header, sizeof(f.header)), sizeof(f.header));
	(void)close(fd);
	f.header.e_type = ET_EXEC;
	f.header.e_entry = 16;
	f.header.e_phoff = offsetof(struct crashing, segment);
	f.header.e_phnum = 1;
	f.segment = (ElfW(Phdr)){ .p_type = PT_LOAD,
				  .p_flags = PF_R | PF_X,
				  .p_vaddr = 0x400000,
				  .p_filesz = sizeof(f),
				  .p_memsz = sizeof(f),
				  .p_align = 0x1000 };
	tap_directory(directory, sizeof(directory));
	(void)snprintf(ret_path, size, "%s/crashing", directory);
	fd = open(ret_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	CHECK_INT(write(fd, &f, sizeof(f)), sizeof(f));
	(void)close(fd);
}

/* It was started, however soon it ended: that is no failure of the start. */
TEST_TIMEOUT(a_crash_is_the_programs, 60)
{
	struct ambit_policy *p = plain();
	char path[96];
	char *argv[] = { path, NULL };

	make_crashing(path, sizeof(path));
	for (int i = 0; i < 200; i++) {
		struct ambit_box *box = NULL;
		struct ambit_error err;

		if (ambit_spawn(p, argv, NULL, &box, &err) != AMBIT_OK)
			tap_fail(__FILE__, __LINE__, "start %d: %s", i, err.text);
		CHECK_INT(ended(box, 10000).signal, SIGSEGV);
		ambit_box_free(box);
	}
	ambit_policy_free(p);
}

/* Who holds the other end of this pipe is the program, or what it has made. */
static int spawn_family(struct ambit_box **ret_box)
{
	struct ambit_policy *p = plain();
	char directive[32];
	int ends[2];

	CHECK_INT(pipe(ends), 0);
	(void)snprintf(directive, sizeof(directive), "spawn\nread /\nexec /\nfd %d\n", ends[1]);
	CHECK_INT(ambit_policy_parse(p, directive, strlen(directive), "test", NULL), AMBIT_OK);
	*ret_box = spawn_shell(p, "(sleep 30 & sleep 30) & sleep 30 & wait");
	ambit_policy_free(p);
	(void)close(ends[1]);
	return ends[0];
}

TEST(nothing_outlives_its_box)
{
	struct ambit_box *box = NULL;
	const int life = spawn_family(&box);
	struct pollfd fd = { life, 0, 0 };

	CHECK_INT(poll(&fd, 1, 200), 0); /* while it runs, it holds it */
	ambit_box_free(box);
	CHECK_INT(poll(&fd, 1, 0), 1);
	(void)close(life);
}

/* As above, when a child of the caller's holds all that the caller has. */
TEST(nothing_outlives_its_box_beside_a_child)
{
	struct ambit_box *box = NULL;
	const int life = spawn_family(&box);
	struct pollfd fd = { life, 0, 0 };
	const pid_t child = fork();

	if (child == 0)
		for (;;)
			(void)pause();
	CHECK_INT(poll(&fd, 1, 200), 0);
	ambit_box_free(box);
	CHECK_INT(poll(&fd, 1, 0), 1);
	(void)kill(child, SIGKILL);
	CHECK_INT(waitpid(child, NULL, 0), child);
	(void)close(life);
}

TEST(a_failure_leaves_nothing)
{
	struct ambit_policy *p = plain();
	char missing[] = "/nonexistent/program", text[] = "/etc/passwd";
	char *argvs[][2] = { { missing, NULL }, { text, NULL } };
	static const enum ambit_code codes[] = { AMBIT_E_NOT_FOUND, AMBIT_E_NOT_EXECUTABLE };
	struct state *before = malloc(sizeof(*before)), *now = malloc(sizeof(*now));

	take(before);
	for (int i = 0; i < 2; i++) {
		struct ambit_box *box = NULL;
		struct ambit_error err;

		CHECK_INT(ambit_spawn(p, argvs[i], NULL, &box, &err), codes[i]);
		CHECK(!box && err.text[0]);
	}
	take(now);
	check_same(now, before);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	ambit_policy_free(p);
	free(before);
	free(now);
}
