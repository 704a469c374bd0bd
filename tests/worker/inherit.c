/* SPDX-License-Identifier: ISC */
/* What of the caller's memory is in a worker: nothing, or, by name, all; and who outlives whom. */
#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECRET = 32, MASK = 0x5a };

static int changed = 1;

/* ---- inside -------------------------------------------------------------------------------- */

/* Is what is wanted, each byte of it masked, somewhere in [at, end)? It is never unmasked whole. */
static bool is_in(const volatile unsigned char *at, const volatile unsigned char *end,
		  const unsigned char *masked)
{
	for (; at + SECRET <= end; at++) {
		int i = 0;

		while (i < SECRET && (at[i] ^ MASK) == masked[i])
			i++;
		if (i == SECRET)
			return true;
	}
	return false;
}

/* Which of the masked secrets are in any memory of this process that can be read. */
static int search(const void *in, size_t length, struct ambit_reply *reply)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	int found = 0, regions = 0;

	while (maps && fgets(line, sizeof(line), maps)) {
		char *rest;
		const unsigned char *from = (void *)(uintptr_t)strtoull(line, &rest, 16);
		const unsigned char *to = (void *)(uintptr_t)strtoull(rest + 1, &rest, 16);

		if (rest[1] != 'r' || strstr(line, "[v")) /* vvar and vsyscall are the kernel's */
			continue;
		regions++;
		for (size_t i = 0; i < length / SECRET; i++)
			if (is_in(from, to, (const unsigned char *)in + i * SECRET))
				found |= 1 << i;
	}
	return regions > 3 ? ambit_reply_printf(reply, "%d", found) : 1;
}
AMBIT_WORKER(search)

static long count_maps(const char *name)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	long count = 0;

	while (maps && fgets(line, sizeof(line), maps))
		count += strstr(line, name) != NULL;
	return count;
}

static long number_or_errno(long r)
{
	return r < 0 ? -errno : r;
}

static volatile sig_atomic_t handled;

static void handle(int number)
{
	handled = number;
}

/* Whatever could end this process when its caller is no more. */
static long cut_ties(void)
{
	long cut = 0;

	for (int fd = 0; fd < 256; fd++) {
		const int flags = fcntl(fd, F_GETFL);

		cut += flags >= 0 && (flags & O_ASYNC) && fcntl(fd, F_SETFL, flags & ~O_ASYNC) == 0;
	}
	(void)prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	for (int fd = 3; fd < 256; fd++)
		(void)close(fd);
	return cut;
}

/* A letter says what is asked; the answer is a number, or minus an errno. */
static int look(const void *in, size_t length, struct ambit_reply *reply)
{
	const char *request = in;
	const int number = length > 1 ? atoi(request + 1) : 0;
	struct sigaction old = { 0 };
	long r = 0;

	switch (length ? request[0] : '\0') {
	case 'g':
		r = changed;
		break;
	case 'd':
		r = number_or_errno(fcntl(number, F_GETFD));
		break;
	case 'o':
		r = number_or_errno(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
		break;
	case 'n':
		r = number_or_errno(socket(AF_INET, SOCK_STREAM, 0));
		break;
	case 'f':
		r = number_or_errno(fork());
		break;
	case 'k':
		r = number_or_errno(kill(number, 0));
		break;
	case 'm':
		r = count_maps("ambit-worker-");
		break;
	case 'h':
		(void)sigaction(SIGUSR1, NULL, &old);
		r = old.sa_handler == SIG_DFL;
		break;
	case 't':
		r = cut_ties();
		break;
	case 'T':
		(void)cut_ties();
		__attribute__((fallthrough));
	case 'l':
		for (;;)
			continue;
	case 'c':
		abort();
	case 'z':
		_exit(0);
	default:
		break;
	}
	return ambit_reply_printf(reply, "%ld", r);
}
AMBIT_WORKER(look)

/* ---- secrets ------------------------------------------------------------------------------- */

/* As text, so that the environment can hold it. */
static void make_secret(unsigned char out[SECRET])
{
	CHECK_INT(getrandom(out, SECRET, 0), SECRET);
	for (int i = 0; i < SECRET; i++)
		out[i] = (unsigned char)('a' + out[i] % 26);
}

static int found_by(uint32_t mode, uint32_t flags, const unsigned char *masked)
{
	struct ambit_worker *w = worker_with(search, mode, flags, "read /proc\n");
	const char *answer = ask_bytes(w, masked, 3 * SECRET, 20000);
	const int found = answer[0] == 'E' ? -1 : atoi(answer);

	ambit_worker_free(w);
	return found;
}

/* In the caller each is in one place only: heap, stack and environment. */
static void check_secrets(uint32_t mode)
{
	unsigned char on_stack[SECRET + 1] = { 0 }, masked[3 * SECRET],
					in_environment[SECRET + 1] = { 0 };
	unsigned char *on_heap = malloc(SECRET);

	make_secret(on_heap);
	make_secret(on_stack);
	make_secret(in_environment);
	CHECK_INT(setenv("AMBIT_TEST_SECRET", (char *)in_environment, 1), 0);
	for (int i = 0; i < SECRET; i++) {
		masked[i] = on_heap[i] ^ MASK;
		masked[SECRET + i] = on_stack[i] ^ MASK;
		masked[2 * SECRET + i] = in_environment[i] ^ MASK;
	}
	memset(in_environment, 0, sizeof(in_environment));
	CHECK_INT(found_by(mode, 0, masked), 0);
	/* The control: with the caller's memory all three are found. */
	CHECK_INT(found_by(mode, AMBIT_INHERIT, masked), 7);
	CHECK(on_stack[0] && on_heap[0]);
	free(on_heap);
}

TEST_TIMEOUT(memory_of_the_caller_is_absent, 60)
{
	check_secrets(AMBIT_PERSISTENT);
}

TEST_TIMEOUT(memory_of_the_caller_is_absent_from_fresh_ones, 60)
{
	check_secrets(AMBIT_FRESH);
}

/* ---- copies -------------------------------------------------------------------------------- */

static const uint32_t modes[] = { AMBIT_PERSISTENT, AMBIT_FRESH };

TEST(a_copy_has_what_the_caller_has_now)
{
	for (int m = 0; m < 2; m++) {
		struct ambit_worker *w, *plain;

		changed = 2;
		w = worker_with(look, modes[m], AMBIT_INHERIT, "");
		plain = worker_of(look, modes[m], "");
		changed = 3;
		CHECK_STR(ask(w, "g", 5000), "2");
		CHECK_STR(ask(plain, "g", 5000), "1");
		CHECK_STR(ask(w, "c", 5000), "E_CRASHED");
		CHECK_STR(ask(w, "z", 5000), "E_CRASHED");
		/* One that replaces a persistent one is a copy of the caller as it is then. */
		CHECK_STR(ask(w, "g", 5000), modes[m] == AMBIT_FRESH ? "2" : "3");
		ambit_worker_free(w);
		ambit_worker_free(plain);
	}
}

TEST(a_copy_is_confined)
{
	struct sigaction ours = { .sa_handler = handle };

	CHECK_INT(sigaction(SIGUSR1, &ours, NULL), 0);
	for (int m = 0; m < 2; m++) {
		struct ambit_worker *w = worker_with(look, modes[m], AMBIT_INHERIT, "");
		struct ambit_worker *reader =
			worker_with(look, modes[m], AMBIT_INHERIT, "read /etc/passwd\n");
		char text[32];

		NOTE("mode %d", m);
		CHECK_STR(ask(w, "o", 5000), "-13");
		CHECK(ask(w, "n", 5000)[0] == '-');
		CHECK_STR(ask(w, "f", 5000), "-1");
		CHECK_STR(ask(w, "h", 5000), "1");
		(void)snprintf(text, sizeof(text), "k%d", (int)getppid());
		CHECK(ask(w, text, 5000)[0] == '-');
		CHECK(ask(reader, "o", 5000)[0] != '-'); /* the control */
		CHECK_STR(ask(w, "l", 300), "E_TIMEOUT");
		CHECK_STR(ask(w, "h", 5000), "1");
		ambit_worker_free(w);
		ambit_worker_free(reader);
	}
	CHECK_INT(handled, 0);
}

TEST(a_copy_has_no_descriptors_but_those_named)
{
	struct ambit_worker *w;
	char granted[32], other[32], policy[32];
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	(void)snprintf(policy, sizeof(policy), "fd %d\n", ends[0]);
	(void)snprintf(granted, sizeof(granted), "d%d", ends[0]);
	(void)snprintf(other, sizeof(other), "d%d", ends[1]);
	w = worker_with(look, AMBIT_PERSISTENT, AMBIT_INHERIT, policy);
	CHECK(ask(w, granted, 5000)[0] != '-');
	CHECK_STR(ask(w, other, 5000), "-9");
	CHECK_STR(ask(w, "d2", 5000), "0");
	ambit_worker_free(w);
}

/* What another worker shares with the caller is no copy's business. */
TEST(a_copy_has_no_part_in_other_workers)
{
	struct ambit_worker *other = worker_of(look, AMBIT_PERSISTENT, "");
	struct ambit_worker *w = worker_with(look, AMBIT_PERSISTENT, AMBIT_INHERIT, "read /proc\n");

	CHECK_STR(ask(w, "m", 5000), "2");
	CHECK_INT(count_maps("ambit-worker-"), 4); /* the control: the caller has both */
	ambit_worker_free(w);
	ambit_worker_free(other);
	CHECK_INT(count_maps("ambit-worker-"), 0);
}

enum { KIDS = 400, KIDS_LIVE_S = 30 };

static struct {
	pid_t pids[KIDS];
	int count;
	bool is_over;
} kids;

/* Forks that execute nothing: each has all that is open at that moment, for long. */
static void *fork_on(void *argument)
{
	while (!__atomic_load_n(&kids.is_over, __ATOMIC_ACQUIRE) && kids.count < KIDS) {
		pid_t pid = fork();

		if (pid == 0) {
			(void)sleep(KIDS_LIVE_S);
			_exit(0);
		}
		kids.pids[kids.count++] = pid;
		(void)usleep(1000);
	}
	return argument;
}

TEST_TIMEOUT(forks_of_others_delay_no_start, 60)
{
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	const time_t begin = time(NULL);
	pthread_t thread;
	int starts = 0;

	options.flags = AMBIT_INHERIT;
	CHECK(!pthread_create(&thread, NULL, fork_on, NULL));
	while (__atomic_load_n(&kids.count, __ATOMIC_RELAXED) < KIDS / 2) {
		struct ambit_worker *w = NULL;

		CHECK_INT(ambit_worker_new(p, look, &options, &w, NULL), AMBIT_OK);
		ambit_worker_free(w);
		starts++;
	}
	__atomic_store_n(&kids.is_over, true, __ATOMIC_RELEASE);
	CHECK(!pthread_join(thread, NULL));
	NOTE("%d starts beside %d forks", starts, kids.count);
	for (int i = 0; i < kids.count; i++)
		CHECK(!kill(kids.pids[i], SIGKILL) && waitpid(kids.pids[i], NULL, 0) > 0);
	CHECK(starts >= 5 && time(NULL) - begin < KIDS_LIVE_S / 2);
	ambit_policy_free(p);
}

TEST(a_refused_copy_leaves_nothing)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_worker *w = NULL;
	struct ambit_error err;
	int before = dup(0);

	(void)close(before);
	options.flags = AMBIT_INHERIT;
	CHECK_INT(ambit_policy_add(p, "need", "mount-view must", &err), AMBIT_OK);
	CHECK_INT(ambit_worker_new(p, look, &options, &w, &err), AMBIT_E_UNSUPPORTED);
	options.flags = 4;
	CHECK_INT(ambit_worker_new(p, look, &options, &w, &err), AMBIT_E_USAGE);
	CHECK(!w);
	CHECK_INT(dup(0), before); /* no descriptor is left */
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	ambit_policy_free(p);
}

/* ---- the caller's end ---------------------------------------------------------------------- */

/* Starts a worker, has it idle or at work, or fight for its life, and is killed. */
__attribute__((noreturn)) static void be_killed(uint32_t mode, uint32_t flags, const char *work)
{
	struct ambit_worker *w = worker_with(look, mode, flags, "");
	struct timespec pause = { 0, 50000000 };

	if (strcmp(ask(w, "g", 5000), "1") != 0)
		_exit(1);
	if (work[0] && ambit_call_begin(w, work, 1, NULL) != AMBIT_OK)
		_exit(2);
	if (work[0] == 'T')
		(void)nanosleep(&pause, NULL); /* for as long as that may take */
	(void)raise(SIGKILL);
	_exit(3);
}

/* Who lost its parent comes to us: until nobody is left. How many came; -1 when some stay. */
static int reap_all(pid_t caller)
{
	int others = 0, status, tries;

	for (tries = 0; tries < 1000; tries++) {
		const struct timespec pause = { 0, 10000000 };
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid < 0)
			return errno == ECHILD ? others : -1;
		if (pid == caller && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
			return -1;
		others += pid > 0 && pid != caller;
		if (pid == 0)
			(void)nanosleep(&pause, NULL);
	}
	return -1;
}

TEST_TIMEOUT(no_worker_outlives_the_caller, 120)
{
	CHECK_INT(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	for (uint32_t i = 0; i < 24; i++) {
		static const char *const work[] = { "", "l", "T" };
		const uint32_t mode = i & 1 ? AMBIT_FRESH : AMBIT_PERSISTENT;
		const uint32_t flags = (i & 2 ? AMBIT_INHERIT : 0) | (i & 4 ? AMBIT_KEEPER : 0);
		pid_t caller = fork();

		if (caller == 0)
			be_killed(mode, flags, work[i / 8]);
		NOTE("mode %u, flags %u, work \"%s\"", mode, flags, work[i / 8]);
		CHECK(reap_all(caller) >= 1); /* the worker, or whoever stays beside it */
	}
}

/* It has nothing by which it could be deaf to its caller's end, or hold the caller up. */
TEST(no_copy_can_cut_its_ties)
{
	for (uint32_t flags = AMBIT_INHERIT; flags <= (AMBIT_INHERIT | AMBIT_KEEPER); flags += 2)
		for (int m = 0; m < 2; m++) {
			struct ambit_worker *w = worker_with(look, modes[m], flags, "");

			NOTE("mode %d, flags %u", m, flags);
			CHECK_STR(ask(w, "t", 5000), "0");
			ambit_worker_free(w);
		}
}

/* The caller can signal nobody by then, and is held up all the same by nobody. */
TEST_TIMEOUT(a_confined_caller_ends_its_copies, 60)
{
	for (int m = 0; m < 2; m++) {
		pid_t caller = fork();
		int status = 0;

		if (caller == 0) {
			struct ambit_worker *w = worker_with(look, modes[m], AMBIT_INHERIT, "");
			struct ambit_policy *p = ambit_policy_new();

			(void)alarm(20);
			if (ambit_enter(p, NULL, NULL) != AMBIT_OK)
				_exit(1);
			if (strncmp(ask(w, "T", 300), "E_", 2) != 0)
				_exit(2);
			ambit_worker_free(w);
			_exit(0);
		}
		CHECK_INT(waitpid(caller, &status, 0), caller);
		CHECK_INT(status, 0);
	}
}
