/* SPDX-License-Identifier: ISC */
/* Groups of processes: connected as declared, looked after as declared, gone when they end. */
#include "group.h"

#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* ---- what is said -------------------------------------------------------------------------- */

static const struct ambit_field word_fields[] = {
	{ "word", AMBIT_FIELD_TEXT, 0, 200 },
	{ "number", AMBIT_FIELD_INTEGER, 0, 1000000 },
};
static const struct ambit_message_type word = AMBIT_MESSAGE("word", word_fields);
static const struct ambit_permit words[] = {
	{ &word, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, AMBIT_UNLIMITED },
};
static const struct ambit_channel_protocol one_way = AMBIT_ONE_WAY(words);
static const struct ambit_channel_protocol two_ways = AMBIT_TWO_WAYS(words, words);

static enum ambit_code say(struct ambit_channel *c, const char *text, int64_t number)
{
	ambit_channel_begin(c, "word");
	ambit_channel_put_text(c, "word", text);
	ambit_channel_put_integer(c, "number", number);
	return ambit_channel_send(c, 5000, NULL);
}

static enum ambit_code hear(struct ambit_channel *c, char out[201], int64_t *number)
{
	const char *text = NULL;
	enum ambit_code code = ambit_channel_receive(c, 5000, NULL);

	if (code == AMBIT_OK)
		code = ambit_channel_get_text(c, "word", &text, NULL);
	if (code == AMBIT_OK)
		code = ambit_channel_get_integer(c, "number", number, NULL);
	if (code == AMBIT_OK)
		(void)snprintf(out, 201, "%s", text);
	return code;
}

/* ---- three in a row ------------------------------------------------------------------------ */

/* From @from to @to, which are all that it has. */
static int pass_on(struct ambit_process *self, const char *from, const char *to, bool upper)
{
	struct ambit_channel *in = ambit_process_channel(self, from);
	struct ambit_channel *out = ambit_process_channel(self, to);
	char text[201];
	int64_t number;

	if (!in || !out)
		return 10;
	while (hear(in, text, &number) == AMBIT_OK) {
		for (char *p = text; upper && *p; p++)
			*p = (char)toupper((unsigned char)*p);
		if (say(out, text, number + 1) != AMBIT_OK)
			return 11;
	}
	return 12;
}

static int source(struct ambit_process *self)
{
	if (strcmp(ambit_process_name(self), "source") != 0 || ambit_process_channel(self, "sink"))
		return 13;
	return pass_on(self, AMBIT_CALLER, "upper", false);
}
AMBIT_PROCESS(source)

static int upper(struct ambit_process *self)
{
	return pass_on(self, "source", "sink", true);
}
AMBIT_PROCESS(upper)

static int sink(struct ambit_process *self)
{
	return pass_on(self, "upper", AMBIT_CALLER, false);
}
AMBIT_PROCESS(sink)

TEST(three_in_a_row)
{
	const int before = open_descriptors();
	struct ambit_group *g = ambit_group_new();
	char text[201] = "";
	int64_t number = 0;

	add(g, "source", "", source, NULL);
	add(g, "upper", "", upper, NULL);
	add(g, "sink", "", sink, NULL);
	MUST(ambit_group_connect(g, "source", "upper", &one_way, &must));
	MUST(ambit_group_connect(g, "upper", "sink", &one_way, &must));
	MUST(ambit_group_connect(g, AMBIT_CALLER, "source", &one_way, &must));
	MUST(ambit_group_connect(g, "sink", AMBIT_CALLER, &one_way, &must));
	MUST(ambit_group_start(g, &must));
	CHECK(!ambit_group_channel(g, "upper"));
	for (int i = 0; i < 100; i++) {
		MUST(say(ambit_group_channel(g, "source"), i % 2 ? "odd" : "even", i));
		MUST(hear(ambit_group_channel(g, "sink"), text, &number));
		CHECK_STR(text, i % 2 ? "ODD" : "EVEN");
		CHECK_INT(number, i + 3);
	}
	/* What only the other may say. */
	CHECK_INT(say(ambit_group_channel(g, "sink"), "no", 1), AMBIT_E_USAGE);
	ambit_group_free(g);
	check_nothing_left(before);
}

/* ---- what is inside ------------------------------------------------------------------------ */

static char secret[] = "the caller changes this at run time";

/* Answers questions about itself. */
static int witness(struct ambit_process *self)
{
	struct ambit_channel *c = ambit_process_channel(self, AMBIT_CALLER);
	struct stat st;
	char text[201];
	int64_t number;

	while (hear(c, text, &number) == AMBIT_OK) {
		int answer = -1;

		if (strcmp(text, "descriptors") == 0)
			for (int fd = (answer = 0); fd < 256; fd++)
				answer += fd > 2 && fstat(fd, &st) == 0;
		else if (strcmp(text, "open") == 0)
			answer = open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
		else if (strcmp(text, "socket") == 0)
			answer = socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
		else if (strcmp(text, "environment") == 0)
			answer = getenv("AMBIT_TEST_SECRET") != NULL;
		else if (strcmp(text, "memory") == 0)
			answer = strcmp(secret, "the caller changes this at run time") != 0;
		else if (strcmp(text, "end") == 0)
			return (int)number;
		else if (strcmp(text, "crash") == 0)
			raise(SIGSEGV);
		if (say(c, text, answer) != AMBIT_OK)
			return 20;
	}
	return 21;
}
AMBIT_PROCESS(witness)

static int64_t ask(struct ambit_group *g, const char *name, const char *question)
{
	char text[201] = "";
	int64_t number = -1;

	MUST(say(ambit_group_channel(g, name), question, 0));
	MUST(hear(ambit_group_channel(g, name), text, &number));
	CHECK_STR(text, question);
	return number;
}

static struct ambit_group *witnesses(const struct ambit_process_options *one,
				     const struct ambit_process_options *other)
{
	struct ambit_group *g = ambit_group_new();

	add(g, "one", "", witness, one);
	add(g, "other", "read /etc/passwd\n", witness, other);
	MUST(ambit_group_connect(g, AMBIT_CALLER, "one", &two_ways, &must));
	MUST(ambit_group_connect(g, AMBIT_CALLER, "other", &two_ways, &must));
	MUST(ambit_group_connect(g, "one", "other", &two_ways, &must));
	MUST(ambit_group_start(g, &must));
	return g;
}

TEST(each_has_its_own_policy_and_nothing_else)
{
	struct ambit_group *g;

	memcpy(secret, "changed", 7);
	CHECK_INT(setenv("AMBIT_TEST_SECRET", "secret", 1), 0);
	CHECK(open("/dev/null", O_RDONLY) >= 0); /* not passed on */
	g = witnesses(NULL, NULL);
	CHECK(ask(g, "one", "open") != 0);
	CHECK_INT(ask(g, "other", "open"), 0); /* the control: granted, it works */
	CHECK(ask(g, "other", "socket") != 0);
	CHECK_INT(ask(g, "one", "environment"), 0);
	CHECK_INT(ask(g, "one", "memory"), 0);
	/* Its end of each channel, and the group's socket. */
	CHECK_INT(ask(g, "one", "descriptors"), 3);
	ambit_group_free(g);
}

/* ---- reactions ----------------------------------------------------------------------------- */

static void check_event(struct ambit_group *g, uint32_t kind, const char *process, int exit_code,
			int number)
{
	struct ambit_group_event event = AMBIT_GROUP_EVENT_INIT;

	MUST(ambit_group_wait(g, 5000, &event, &must));
	NOTE("%s: kind %u, status %d, signal %d", event.process, event.kind, event.exit_code,
	     event.signal);
	CHECK_INT(event.kind, kind);
	CHECK_STR(event.process, process);
	CHECK_INT(event.exit_code, exit_code);
	CHECK_INT(event.signal, number);
}

static void no_event(struct ambit_group *g)
{
	struct ambit_group_event event = AMBIT_GROUP_EVENT_INIT;

	CHECK_INT(ambit_group_wait(g, 0, &event, NULL), AMBIT_E_TIMEOUT);
}

TEST(one_ends_all)
{
	const int before = open_descriptors();
	struct ambit_group *g = witnesses(NULL, NULL);
	struct pollfd fd = { ambit_group_fd(g), POLLIN, 0 };
	char text[201];
	int64_t number;

	no_event(g);
	CHECK_INT(poll(&fd, 1, 0), 0);
	MUST(say(ambit_group_channel(g, "one"), "crash", 0));
	CHECK_INT(poll(&fd, 1, 5000), 1);
	check_event(g, AMBIT_GROUP_ENDED, "one", -1, SIGSEGV);
	check_event(g, AMBIT_GROUP_ENDED, "one", -1, SIGSEGV);
	CHECK_INT(hear(ambit_group_channel(g, "other"), text, &number), AMBIT_E_CLOSED);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	ambit_group_free(g);
	check_nothing_left(before);
}

TEST(the_others_go_on)
{
	struct ambit_process_options options = AMBIT_PROCESS_OPTIONS_INIT;
	struct ambit_group *g;

	options.reaction = AMBIT_GO_ON;
	g = witnesses(&options, &options);
	MUST(say(ambit_group_channel(g, "one"), "end", 7));
	check_event(g, AMBIT_GROUP_LOST, "one", 7, 0);
	CHECK_INT(ask(g, "other", "open"), 0);
	no_event(g);
	MUST(say(ambit_group_channel(g, "other"), "crash", 0));
	check_event(g, AMBIT_GROUP_ENDED, "other", -1, SIGSEGV); /* the last */
	ambit_group_free(g);
}

/* Only one that says so may return 0: whoever is taken over can do that, too. */
TEST(to_finish_is_declared)
{
	struct ambit_process_options options = AMBIT_PROCESS_OPTIONS_INIT;
	struct ambit_group *g;

	options.may_finish = true;
	g = witnesses(&options, NULL);
	MUST(say(ambit_group_channel(g, "one"), "end", 0));
	check_event(g, AMBIT_GROUP_FINISHED, "one", 0, 0);
	CHECK_INT(ask(g, "other", "open"), 0);
	MUST(say(ambit_group_channel(g, "other"), "end", 0));
	check_event(g, AMBIT_GROUP_ENDED, "other", 0, 0);
	ambit_group_free(g);
	g = witnesses(&options, NULL);
	MUST(say(ambit_group_channel(g, "one"), "end", 1));
	check_event(g, AMBIT_GROUP_ENDED, "one", 1, 0);
	ambit_group_free(g);
}

/* Tells the caller, as its friend does, how often it has been born. */
static int mortal(struct ambit_process *self)
{
	struct ambit_channel *friend = ambit_process_channel(self, "friend");
	char text[201];
	int64_t number;

	while (hear(friend, text, &number) == AMBIT_OK) {
		if (strcmp(text, "die") == 0)
			abort();
		if (say(friend, "lives", number) != AMBIT_OK)
			return 30;
	}
	return 31;
}
AMBIT_PROCESS(mortal)

/* Hands on what the caller says; a friend that has died is waited for. */
static int loyal(struct ambit_process *self)
{
	struct ambit_channel *caller = ambit_process_channel(self, AMBIT_CALLER);
	struct ambit_channel *mortal_one = ambit_process_channel(self, "mortal");
	char text[201];
	int64_t number;

	while (hear(caller, text, &number) == AMBIT_OK) {
		enum ambit_code code = say(mortal_one, text, number);

		if (code == AMBIT_OK)
			code = hear(mortal_one, text, &number);
		if (code == AMBIT_E_CLOSED) {
			struct pollfd news = { ambit_process_fd(self), POLLIN, 0 };

			if (poll(&news, 1, 5000) != 1 ||
			    ambit_channel_reopen(mortal_one, 5000, NULL) != AMBIT_OK ||
			    ambit_channel_reopen(mortal_one, 20, NULL) != AMBIT_E_TIMEOUT)
				return 32;
			(void)snprintf(text, sizeof(text), "reopened");
		}
		if (say(caller, text, number) != AMBIT_OK)
			return 33;
	}
	return 34;
}
AMBIT_PROCESS(loyal)

TEST(one_is_started_anew)
{
	struct ambit_process_options options = AMBIT_PROCESS_OPTIONS_INIT;
	const int before = open_descriptors();
	struct ambit_group *g = ambit_group_new();
	struct ambit_channel *c;
	char text[201] = "";
	int64_t number = 0;

	options.reaction = AMBIT_RESTART;
	options.restarts = 3;
	options.window_ms = 3600000;
	add(g, "mortal", "", mortal, &options);
	add(g, "friend", "", loyal, NULL);
	MUST(ambit_group_connect(g, "mortal", "friend", &two_ways, &must));
	MUST(ambit_group_connect(g, "friend", AMBIT_CALLER, &two_ways, &must));
	MUST(ambit_group_start(g, &must));
	c = ambit_group_channel(g, "friend");
	for (int i = 0; i < 3; i++) {
		MUST(say(c, "hello", i));
		MUST(hear(c, text, &number));
		CHECK_STR(text, "lives");
		CHECK_INT(number, i);
		MUST(say(c, "die", 0));
		check_event(g, AMBIT_GROUP_RESTARTED, "mortal", -1, SIGABRT);
		MUST(hear(c, text, &number));
		CHECK_STR(text, "reopened");
	}
	MUST(say(c, "die", 0));
	check_event(g, AMBIT_GROUP_ENDED, "mortal", -1, SIGABRT);
	ambit_group_free(g);
	check_nothing_left(before);
}

/* The caller's own channel to it. */
TEST(the_caller_reopens)
{
	struct ambit_process_options options = AMBIT_PROCESS_OPTIONS_INIT;
	struct ambit_group *g;
	char text[201];
	int64_t number;

	options.reaction = AMBIT_RESTART;
	g = witnesses(&options, NULL);
	MUST(say(ambit_group_channel(g, "one"), "crash", 0));
	CHECK_INT(hear(ambit_group_channel(g, "one"), text, &number), AMBIT_E_CLOSED);
	CHECK_INT(ambit_channel_reopen(ambit_group_channel(g, "one"), -1, NULL), AMBIT_E_TIMEOUT);
	check_event(g, AMBIT_GROUP_RESTARTED, "one", -1, SIGSEGV);
	MUST(ambit_channel_reopen(ambit_group_channel(g, "one"), 0, &must));
	CHECK_INT(ask(g, "one", "descriptors"), 3);
	CHECK_INT(ask(g, "other", "open"), 0);
	ambit_group_free(g);
}

/* Killed at random, again and again: nothing is lost but what was under way, nothing is left. */
TEST_TIMEOUT(many_deaths_leave_nothing, 60)
{
	struct ambit_process_options options = AMBIT_PROCESS_OPTIONS_INIT;
	struct ambit_group *g;
	int before;

	options.reaction = AMBIT_RESTART;
	options.restarts = 1000;
	g = witnesses(&options, &options);
	before = open_descriptors();
	for (int i = 0; i < 40; i++) {
		const char *name = i % 3 ? "one" : "other";

		MUST(say(ambit_group_channel(g, name), "crash", 0));
		check_event(g, AMBIT_GROUP_RESTARTED, name, -1, SIGSEGV);
		MUST(ambit_channel_reopen(ambit_group_channel(g, name), 0, &must));
		CHECK_INT(ask(g, name, "environment"), 0);
		CHECK_INT(open_descriptors(), before);
	}
	ambit_group_free(g);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

/* ---- the caller's end ---------------------------------------------------------------------- */

/* Waits for ever on a channel that says nothing. */
static int patient(struct ambit_process *self)
{
	struct ambit_channel *c = ambit_process_channel(self, "twin");

	return ambit_channel_receive(c, -1, NULL) == AMBIT_E_CLOSED ? 0 : 40;
}
AMBIT_PROCESS(patient)

static _Noreturn void be_killed(int pipe_end, int ready)
{
	struct ambit_group *g = ambit_group_new();
	char policy[32];

	(void)snprintf(policy, sizeof(policy), "fd %d\n", pipe_end);
	add(g, "one", policy, patient, NULL);
	add(g, "twin", policy, patient, NULL);
	MUST(ambit_group_connect(g, "one", "twin", &two_ways, &must));
	MUST(ambit_group_start(g, &must));
	CHECK_INT(write(ready, "r", 1), 1);
	for (;;)
		(void)pause();
}

/* Killed without a word: those who wait for each other see that nobody looks after them. */
TEST(a_killed_caller_takes_them_along)
{
	struct pollfd end = { -1, POLLIN, 0 };
	int pipes[2], ready[2];
	char byte;
	pid_t pid;

	CHECK_INT(pipe2(pipes, 0), 0);
	CHECK_INT(pipe2(ready, 0), 0);
	pid = fork();
	if (pid == 0)
		be_killed(pipes[1], ready[1]);
	(void)close(pipes[1]);
	end.fd = pipes[0];
	CHECK_INT(read(ready[0], &byte, 1), 1);
	CHECK_INT(poll(&end, 1, 1500), 0); /* they wait as long as it is there */
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	CHECK_INT(poll(&end, 1, 10000), 1);
	CHECK_INT(read(pipes[0], &byte, 1), 0);
}

/* ---- how many ------------------------------------------------------------------------------ */

/* So many may be declared; one more, of either, is told so. */
TEST_TIMEOUT(the_most_there_may_be, 60)
{
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_group *g = ambit_group_new();
	struct ambit_error err;
	char name[64], other[64];
	int channels = 0;

	for (int i = 0; i < 64; i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		MUST(ambit_group_add(g, name, p, witness, NULL, &must));
	}
	CHECK_INT(ambit_group_add(g, "more", p, witness, NULL, &err), AMBIT_E_USAGE);
	CHECK_HAS(err.text, "a group has at most 64 processes: it cannot have more");
	for (int i = 1; i < 64 && channels < 256; i++)
		for (int j = 0; j < i && channels < 256; j++, channels++) {
			(void)snprintf(name, sizeof(name), "p%d", i);
			(void)snprintf(other, sizeof(other), "p%d", j);
			MUST(ambit_group_connect(g, name, other, &one_way, &must));
		}
	CHECK_INT(ambit_group_connect(g, "p63", "p62", &one_way, &err), AMBIT_E_USAGE);
	CHECK_HAS(err.text, "a group has at most 256 channels: it cannot connect p63");
	ambit_group_free(g);
	ambit_policy_free(p);
}

/* ---- misuse -------------------------------------------------------------------------------- */

static int unnamed(struct ambit_process *self)
{
	return witness(self);
}

TEST(misuse_is_said)
{
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_group *g = ambit_group_new();
	struct ambit_process_options options = AMBIT_PROCESS_OPTIONS_INIT;
	struct ambit_group_event event = AMBIT_GROUP_EVENT_INIT;
	static const struct ambit_field wrong[] = { { "n", AMBIT_FIELD_INTEGER, 2, 1 } };
	static const struct ambit_field twice[] = { { "n", AMBIT_FIELD_INTEGER, 1, 2 },
						    { "n", AMBIT_FIELD_INTEGER, 1, 2 } };
	static const struct ambit_field passes[] = { { "d", AMBIT_FIELD_DESCRIPTOR, 0, 1 } };
	static const struct ambit_field large[] = { { "b", AMBIT_FIELD_BYTES, 0, 131072 } };
	static const struct ambit_field *const fields[] = { wrong, twice, passes, large };
	struct ambit_error err;

	CHECK_INT(ambit_group_start(g, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_group_wait(g, 0, &event, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_group_add(g, "a", p, unnamed, NULL, &err), AMBIT_E_USAGE);
	CHECK_HAS(err.hint, "AMBIT_PROCESS");
	CHECK_INT(ambit_group_add(g, "a b", p, witness, NULL, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_group_add(g, AMBIT_CALLER, p, witness, NULL, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_group_add(g, "a", NULL, witness, NULL, &err), AMBIT_E_USAGE);
	options.reaction = 9;
	CHECK_INT(ambit_group_add(g, "a", p, witness, &options, &err), AMBIT_E_USAGE);
	MUST(ambit_group_add(g, "a", p, witness, NULL, &must));
	CHECK_INT(ambit_group_add(g, "a", p, witness, NULL, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_group_connect(g, "a", "b", &one_way, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_group_connect(g, "a", "a", &one_way, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_group_connect(g, NULL, "a", &one_way, &err), AMBIT_E_USAGE);
	CHECK_STR(err.text, "no process is called (NULL)");
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct ambit_message_type m = { "m", fields[i], i == 1 ? 2 : 1 };
		const struct ambit_permit permits[] = { { &m, 1, 1, 1 } };
		const struct ambit_channel_protocol bad = AMBIT_ONE_WAY(permits);

		CHECK_INT(ambit_group_connect(g, "a", AMBIT_CALLER, &bad, &err), AMBIT_E_USAGE);
		NOTE("%s", err.text);
	}
	MUST(ambit_group_connect(g, "a", AMBIT_CALLER, &one_way, &must));
	CHECK_INT(ambit_group_connect(g, AMBIT_CALLER, "a", &one_way, &err), AMBIT_E_USAGE);
	MUST(ambit_policy_add(p, "read", "/nonexistent", &must));
	MUST(ambit_group_add(g, "b", p, witness, NULL, &must));
	CHECK_INT(ambit_group_start(g, &err), AMBIT_E_POLICY); /* none is left behind */
	CHECK_HAS(err.text, "process b");
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	ambit_group_free(g);
	ambit_group_free(NULL);
	ambit_policy_free(p);
}
