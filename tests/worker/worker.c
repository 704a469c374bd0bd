/* SPDX-License-Identifier: ISC */
/* Workers that work, and workers that crash, hang, lie and spy: each a distinct answer. */
#include "../../src/base/sys.h"
#include "../../src/broker/worker_own.h"
#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what runs inside ---------------------------------------------------------------------- */

static char secret[] = "the caller changes this at run time";
static int kept;

static int echo(const void *in, size_t length, struct ambit_reply *reply)
{
	return ambit_reply_set(reply, in, length);
}
AMBIT_WORKER(echo)

/* A byte says what to do. */
static int misbehave(const void *in, size_t length, struct ambit_reply *reply)
{
	const char act = length ? *(const char *)in : '\0';
	char *more;

	switch (act) {
	case 'c':
		raise(SIGSEGV);
		break;
	case 'a':
		abort();
	case 'e':
		_exit(3);
	case 'z': /* that is no answer either */
		_exit(0);
	case 'l':
		for (;;)
			pause();
	case 's':
		for (;;)
			continue;
	case 'm':
		while ((more = malloc(1 << 20)) != NULL)
			memset(more, 1, 1 << 20);
		abort();
	case 'f':
		return fork() < 0 ? -errno : 0;
	case 'o':
		return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
	case 'n':
		return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
	case 'd':
		for (int fd = 0; fd < 64; fd++)
			(void)close(fd);
		for (;;)
			(void)pause();
	case 'k':
		return ambit_reply_printf(reply, "%d", ++kept);
	case 'b':
		return ambit_reply_room(reply, (size_t)2 << 20) ? 0 : 9;
	case 'r':
		return 42;
	case 'x':
		return ambit_reply_set(reply, secret, strlen(secret));
	case 'v':
		return ambit_reply_printf(reply, "%s",
					  getenv("AMBIT_TEST_SECRET") ? getenv("AMBIT_TEST_SECRET")
								      : "none");
	default:
		break;
	}
	return ambit_reply_printf(reply, "done");
}
AMBIT_WORKER(misbehave)

/*
 * Near the data, page by page. Its own file in /proc does not open for a process that was forked
 * under a policy, where there is no pid namespace.
 */
static struct worker_control *find_control(const void *near)
{
	/* With ThreadSanitizer they are 91 MiB from each other. */
	const uintptr_t reach = (uintptr_t)(MEMORY_IS_SOMEBODYS ? 256 : 64) << 20;
	const uintptr_t middle = (uintptr_t)near & ~(uintptr_t)(WORKER_PAGE - 1);
	struct worker_control *found = NULL;
	int probe[2] = { -1, -1 };
	char byte;

	if (pipe(probe) < 0)
		return NULL;
	for (uintptr_t at = middle - reach; !found && at < middle + reach; at += WORKER_PAGE) {
		struct worker_control *page = (void *)at;

		/* EFAULT: nothing is there that can be read. */
		if (write(probe[1], page, 1) == 1 && read(probe[0], &byte, 1) == 1 &&
		    page->magic == WORKER_MAGIC && page->max_in == 1 << 20)
			found = page;
	}
	(void)close(probe[0]);
	(void)close(probe[1]);
	return found;
}

/* One that writes what it likes into the pages it shares. */
static int lie(const void *in, size_t length, struct ambit_reply *reply)
{
	const char *data = in;
	struct worker_header *header = (void *)(uintptr_t)(data - WORKER_PAGE);
	struct worker_control *control;

	(void)reply;
	(void)length;
	if (data[0] == 'h') {
		header->out_length = UINT64_MAX;
		header->result = 0;
	}
	control = find_control(in);
	if (!control)
		return 1;
	/* Each descriptor that takes it, until it takes no more. */
	for (int n = 3; data[0] == 'f' && n < 64; n++)
		for (int i = 0; i < 1 << 20 && write(n, data, 1) == 1; i++)
			continue;
	worker_tell(&control->answered, data[0] == 'w' ? 77 : 1);
	(void)pause();
	return 0;
}
AMBIT_WORKER(lie)

/*
 * Through /proc: descriptors of whoever made this process, opened anew and written to, and its
 * memory. "own" for the control: of this process itself.
 */
static int spy(const void *in, size_t length, struct ambit_reply *reply)
{
	const bool own = length == 3 && memcmp(in, "own", 3) == 0;
	const int pid = own ? (int)getpid() : (int)getppid();
	char path[64];
	int opened = 0, fd;

	for (int n = 0; n < 64; n++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, n);
		fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		opened += fd >= 0;
		if (fd >= 0 && !own && n > 2)
			(void)!write(fd, "spy", 3);
		if (fd >= 0)
			(void)close(fd);
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	opened += fd >= 0;
	return ambit_reply_printf(reply, "%d", opened);
}
AMBIT_WORKER(spy)

/* ---- the caller ---------------------------------------------------------------------------- */

/* Every other one is persistent. */
enum { KINDS = 3 };
static const struct {
	uint32_t mode, flags;
} kinds[KINDS] = { { AMBIT_PERSISTENT, 0 },
		   { AMBIT_FRESH, 0 },
		   { AMBIT_PERSISTENT, AMBIT_KEEPER } };

static struct ambit_worker *worker_of_kind(ambit_worker_fn *function, int kind, const char *text)
{
	NOTE("mode %u, flags %u", kinds[kind].mode, kinds[kind].flags);
	return worker_with(function, kinds[kind].mode, kinds[kind].flags, text);
}

TEST(bytes_come_back)
{
	for (int m = 0; m < KINDS; m++) {
		struct ambit_worker *w = worker_of_kind(echo, m, "");
		struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
		const size_t sizes[] = { 0, 1, 64, 4096, 4097, 1 << 20 };
		char *bytes = malloc(1 << 20);

		for (size_t i = 0; i < 1 << 20; i++)
			bytes[i] = (char)(i * 31 + i / 4096);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			const void *data = NULL;
			size_t length = 0;

			NOTE("%zu bytes", sizes[i]);
			CHECK_INT(ambit_call(w, bytes, sizes[i], &answer, 5000, NULL), AMBIT_OK);
			CHECK_INT(ambit_validate_bytes(&answer, sizes[i], &data, &length, NULL),
				  AMBIT_OK);
			CHECK_INT(length, sizes[i]);
			CHECK(memcmp(data, bytes, length) == 0);
		}
		CHECK_INT(ambit_call(w, bytes, (1 << 20) + 1, &answer, 5000, NULL),
			  AMBIT_E_RESOURCE);
		CHECK_STR(ask(w, "still there", 5000), "still there");
		ambit_untrusted_done(&answer);
		ambit_worker_free(w);
		free(bytes);
	}
}

TEST_TIMEOUT(each_failure_has_its_answer, 60)
{
	static const struct {
		const char *request, *answer;
	} rows[] = {
		{ "c", "E_CRASHED" }, { "a", "E_CRASHED" }, { "e", "E_CRASHED" },
		{ "l", "E_TIMEOUT" }, { "s", "E_TIMEOUT" }, { "r", "E_WORKER" },
		{ "b", "E_WORKER" },  { "m", "E_CRASHED" }, { "z", "E_CRASHED" },
	};

	for (int m = 0; m < KINDS; m++) {
		struct ambit_worker *w = worker_of_kind(misbehave, m, "limit memory 512M\n");

		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			CHECK_STR(ask(w, rows[i].request,
				      strchr("ls", rows[i].request[0]) ? 300 : 9000),
				  rows[i].answer);
			CHECK_STR(ask(w, "-", 5000), "done"); /* replaced */
		}
		ambit_worker_free(w);
	}
}

TEST(it_is_confined)
{
	for (int m = 0; m < KINDS; m++) {
		struct ambit_worker *w = worker_of_kind(misbehave, m, "");
		struct ambit_worker *reader = worker_of_kind(misbehave, m, "read /etc/passwd\n");

		CHECK_STR(ask(w, "o", 5000), "E_WORKER");
		CHECK_STR(ask(w, "n", 5000), "E_WORKER");
		CHECK_STR(ask(w, "f", 5000), "E_WORKER");
		CHECK_STR(ask(reader, "o", 5000), ""); /* the control: granted, it works */
		ambit_worker_free(w);
		ambit_worker_free(reader);
	}
}

TEST(nothing_of_the_caller_is_inside)
{
	for (int m = 0; m < KINDS; m++) {
		struct ambit_worker *w;

		memcpy(secret, "changed", 7);
		CHECK_INT(setenv("AMBIT_TEST_SECRET", "secret", 1), 0);
		w = worker_of_kind(misbehave, m, "");
		CHECK_STR(ask(w, "x", 5000), "the caller changes this at run time");
		CHECK_STR(ask(w, "v", 5000), "none");
		ambit_worker_free(w);
	}
}

TEST(only_a_persistent_worker_remembers)
{
	struct ambit_worker *w = worker_of(misbehave, AMBIT_PERSISTENT, "");

	CHECK_STR(ask(w, "k", 5000), "1");
	CHECK_STR(ask(w, "k", 5000), "2");
	ambit_worker_free(w);
	w = worker_of(misbehave, AMBIT_FRESH, "");
	CHECK_STR(ask(w, "k", 5000), "1");
	CHECK_STR(ask(w, "k", 5000), "1");
	ambit_worker_free(w);
}

static void lies_are_seen_with(int kind)
{
	struct ambit_worker *w = worker_of_kind(lie, kind, "");

	CHECK_STR(ask(w, "h", 5000), "E_PROTOCOL"); /* a length beyond all bounds */
	CHECK_STR(ask(w, "w", 5000), "E_PROTOCOL"); /* the answer of another call */
	ambit_worker_free(w);
}

TEST(lies_are_seen)
{
	for (int kind = 0; kind < KINDS; kind += 2)
		lies_are_seen_with(kind);
}

/* Whatever it may write: its end would be told of, or answers, in calls that are not its own. */
static void keepers_are_out_of_reach_with(int kind)
{
	struct ambit_worker *w = worker_of_kind(spy, kind, "write /proc\n");
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };

	CHECK(atoi(ask(w, "own", 5000)) > 1); /* the control */
	CHECK_STR(ask(w, "", 5000), "0");
	CHECK_INT(poll(&fd, 1, 0), 0);
	CHECK_INT(ambit_call_begin(w, "own", 3, NULL), AMBIT_OK);
	CHECK_INT(ambit_call_end(w, &answer, 5000, NULL), AMBIT_OK);
	ambit_untrusted_done(&answer);
	ambit_worker_free(w);
}

TEST(keepers_are_out_of_reach)
{
	for (int kind = 1; kind < KINDS; kind++)
		keepers_are_out_of_reach_with(kind);
}

static void deadlines_hold_with(int kind)
{
	struct ambit_worker *w = worker_of_kind(misbehave, kind, "");
	uint64_t before = worker_now_us(), took;

	CHECK_STR(ask(w, "s", 50), "E_TIMEOUT");
	took = worker_now_us() - before;
	CHECK(took >= 50000);
	CHECK(took < 5000000); /* far from for ever, on any machine */
	ambit_worker_free(w);
}

TEST(deadlines_hold)
{
	for (int kind = 0; kind < KINDS; kind += 2)
		deadlines_hold_with(kind);
}

TEST(halves_and_a_descriptor)
{
	for (int m = 0; m < KINDS; m++) {
		struct ambit_worker *w = worker_of_kind(echo, m, "");
		struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
		struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };
		const char *text = NULL;

		for (int i = 0; i < 3; i++) {
			CHECK_INT(poll(&fd, 1, 0), 0);
			CHECK_INT(ambit_call_begin(w, "later", 5, NULL), AMBIT_OK);
			CHECK_INT(ambit_call_begin(w, "no", 2, NULL), AMBIT_E_USAGE);
			CHECK_INT(poll(&fd, 1, 5000), 1);
			CHECK_INT(ambit_call_end(w, &answer, 0, NULL), AMBIT_OK);
			CHECK_INT(ambit_validate_string(&answer, 9, &text, NULL), AMBIT_OK);
			CHECK_STR(text, "later");
		}
		CHECK_INT(ambit_call_end(w, &answer, 0, NULL), AMBIT_E_USAGE);
		ambit_untrusted_done(&answer);
		ambit_worker_free(w);
	}
}

static void its_end_is_seen_by_poll_with(int kind)
{
	struct ambit_worker *w = worker_of_kind(misbehave, kind, "");
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };

	CHECK_INT(ambit_call_begin(w, "c", 1, NULL), AMBIT_OK);
	CHECK_INT(poll(&fd, 1, 5000), 1);
	CHECK_INT(ambit_call_end(w, &answer, 5000, NULL), AMBIT_E_CRASHED);
	CHECK_INT(poll(&fd, 1, 0), 0);
	CHECK_STR(ask(w, "-", 5000), "done");
	ambit_worker_free(w);
}

TEST(its_end_is_seen_by_poll)
{
	for (int kind = 0; kind < KINDS; kind += 2)
		its_end_is_seen_by_poll_with(kind);
}

/* Between two calls; who polls would be woken for nothing until the next. */
TEST(a_keeper_that_ended_is_replaced)
{
	for (int m = 1; m < KINDS; m++) {
		struct ambit_worker *w =
			worker_with(misbehave, kinds[m].mode, kinds[m].flags | AMBIT_INHERIT, "");
		struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };

		CHECK_STR(ask(w, "-", 5000), "done");
		CHECK_INT(poll(&fd, 1, 0), 0);
		CHECK_INT(sys_pidfd_send_signal(process_pidfd(&w->process), SIGKILL), 0);
		CHECK_INT(poll(&fd, 1, 5000), 1);
		ambit_worker_replace(w);
		CHECK_INT(poll(&fd, 1, 0), 0);
		CHECK_STR(ask(w, "-", 5000), "done");
		ambit_worker_free(w);
	}
}

static int unnamed(const void *in, size_t length, struct ambit_reply *reply)
{
	return echo(in, length, reply);
}

TEST(misuse_is_said)
{
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_worker *w = NULL;
	struct ambit_pool *pool = NULL;
	struct ambit_error err;

	CHECK_INT(ambit_worker_new(p, unnamed, NULL, &w, &err), AMBIT_E_USAGE);
	CHECK_HAS(err.hint, "AMBIT_WORKER");
	CHECK_INT(ambit_worker_new(NULL, echo, NULL, &w, &err), AMBIT_E_USAGE);
	options.mode = 7;
	CHECK_INT(ambit_worker_new(p, echo, &options, &w, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_pool_new(p, echo, NULL, 0, &pool, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_pool_new(p, echo, NULL, 257, &pool, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_policy_add(p, "read", "/nonexistent", &err), AMBIT_OK);
	CHECK_INT(ambit_worker_new(p, echo, NULL, &w, &err), AMBIT_E_POLICY);
	CHECK(!w && !pool);
	ambit_policy_free(p);
}

/* Whoever polls would wait for ever for the one, and be woken for nothing by the other. */
static void closed_descriptors_are_seen_with(int kind)
{
	struct ambit_worker *w = worker_of_kind(misbehave, kind, "");
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };

	CHECK_STR(ask(w, "d", 3000), "E_CLOSED");
	CHECK_STR(ask(w, "-", 5000), "done");
	CHECK_INT(ambit_call_begin(w, "d", 1, NULL), AMBIT_OK);
	CHECK_INT(poll(&fd, 1, 3000), 1);
	CHECK_INT(ambit_call_end(w, &answer, 3000, NULL), AMBIT_E_CLOSED);
	CHECK_INT(poll(&fd, 1, 0), 0);
	CHECK_INT(ambit_call_begin(w, "-", 1, NULL), AMBIT_OK);
	CHECK_INT(poll(&fd, 1, 3000), 1);
	CHECK_INT(ambit_call_end(w, &answer, 0, NULL), AMBIT_OK);
	ambit_untrusted_done(&answer);
	ambit_worker_free(w);
}

TEST(closed_descriptors_are_seen)
{
	for (int kind = 0; kind < KINDS; kind += 2)
		closed_descriptors_are_seen_with(kind);
}

static void floods_are_seen_with(int kind)
{
	struct ambit_worker *w = worker_of_kind(lie, kind, "");
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };

	for (int i = 0; i < 2; i++) {
		CHECK_INT(ambit_call_begin(w, "f", 1, NULL), AMBIT_OK);
		CHECK_INT(poll(&fd, 1, 3000), 1);
		CHECK_INT(ambit_call_end(w, &answer, 3000, NULL), AMBIT_E_PROTOCOL);
		CHECK_INT(poll(&fd, 1, 0), 0);
	}
	ambit_untrusted_done(&answer);
	ambit_worker_free(w);
}

TEST(floods_are_seen)
{
	for (int kind = 0; kind < KINDS; kind += 2)
		floods_are_seen_with(kind);
}

/* ---- pools --------------------------------------------------------------------------------- */

enum { CALLERS = 4, CALLS = 200 };

static struct ambit_pool *shared_pool;

static void *caller(void *argument)
{
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	const int number = *(int *)argument;

	for (int i = 0; i < CALLS; i++) {
		char request[32];
		const char *text = NULL;
		int n = snprintf(request, sizeof(request), "%d:%d", number, i);

		if (ambit_pool_call(shared_pool, request, (size_t)n, &answer, 20000, NULL) !=
			    AMBIT_OK ||
		    ambit_validate_string(&answer, sizeof(request), &text, NULL) != AMBIT_OK ||
		    strcmp(text, request) != 0)
			return argument;
	}
	ambit_untrusted_done(&answer);
	return NULL;
}

TEST(a_pool_serves_threads)
{
	struct ambit_policy *p = ambit_policy_new();
	pthread_t threads[CALLERS];
	int numbers[CALLERS];
	struct ambit_error err;

	CHECK_INT(ambit_pool_new(p, echo, NULL, 2, &shared_pool, &err), AMBIT_OK);
	ambit_policy_free(p);
	for (int i = 0; i < CALLERS; i++) {
		numbers[i] = i;
		CHECK_INT(pthread_create(&threads[i], NULL, caller, &numbers[i]), 0);
	}
	for (int i = 0; i < CALLERS; i++) {
		void *result = NULL;

		CHECK_INT(pthread_join(threads[i], &result), 0);
		CHECK(!result);
	}
	ambit_pool_free(shared_pool);
}

/* Killed at random: no answer is lost or mixed up, nothing is left. */
static void killed_workers_are_replaced_with(int kind)
{
	struct ambit_worker *w = worker_of_kind(misbehave, kind, "");
	int before = 0, after = 0;

	for (int fd = 0; fd < 256; fd++)
		before += fcntl(fd, F_GETFD) >= 0;
	for (int i = 0; i < 40; i++) {
		CHECK_STR(ask(w, i % 3 ? "c" : "e", 5000), "E_CRASHED");
		CHECK_STR(ask(w, "k", 5000), "1");
	}
	for (int fd = 0; fd < 256; fd++)
		after += fcntl(fd, F_GETFD) >= 0;
	CHECK_INT(after, before);
	ambit_worker_free(w);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

TEST_TIMEOUT(killed_workers_are_replaced, 60)
{
	for (int kind = 0; kind < KINDS; kind += 2)
		killed_workers_are_replaced_with(kind);
}
