/* SPDX-License-Identifier: ISC */
/* Whoever the caller is, and whatever it has open: what is promised of its group holds. */
#include "../lib/holder.h"
#include "group.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>

/* ---- the process --------------------------------------------------------------------------- */

static const struct ambit_field number_fields[] = { { "n", AMBIT_FIELD_INTEGER, 0, 100 } };
static const struct ambit_message_type number = AMBIT_MESSAGE("number", number_fields);
static const struct ambit_permit numbers[] = {
	{ &number, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, AMBIT_UNLIMITED },
};
static const struct ambit_field file_fields[] = {
	{ "d", AMBIT_FIELD_DESCRIPTOR, 0, 63 },
	{ "e", AMBIT_FIELD_DESCRIPTOR, 0, 63 },
};
static const struct ambit_message_type file = AMBIT_MESSAGE("file", file_fields);
static const struct ambit_permit files[] = {
	{ &file, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, AMBIT_UNLIMITED },
};
static const struct ambit_channel_protocol protocol = {
	sizeof(protocol), numbers, 1, files, 1, true,
};
enum { ANOTHER = 100 };

/* Ends with the number that it is sent; for one of them it sends two descriptors. */
static int obey(struct ambit_process *self)
{
	struct ambit_channel *c = ambit_process_channel(self, AMBIT_CALLER);
	int64_t n = ANOTHER;

	while (n == ANOTHER) {
		if (ambit_channel_receive(c, -1, NULL) != AMBIT_OK)
			return 99;
		n = ambit_channel_take_integer(c, "n");
		ambit_channel_begin(c, "file");
		ambit_channel_put_descriptor(c, "d", 1);
		ambit_channel_put_descriptor(c, "e", 2);
		if (n == ANOTHER && ambit_channel_send(c, 5000, NULL) != AMBIT_OK)
			return 98;
	}
	return (int)n;
}
AMBIT_PROCESS(obey)

/* ---- the caller ---------------------------------------------------------------------------- */

static void send_number(struct ambit_channel *c, int n)
{
	ambit_channel_begin(c, "number");
	ambit_channel_put_integer(c, "n", n);
	MUST(ambit_channel_send(c, 5000, &must));
}

/* Of two processes; the first is called "one". */
static struct ambit_group *group_of_two(uint32_t reaction)
{
	struct ambit_process_options options = AMBIT_PROCESS_OPTIONS_INIT;
	struct ambit_group *g = ambit_group_new();

	options.reaction = reaction;
	add(g, "one", "", obey, &options);
	add(g, "other", "", obey, &options);
	MUST(ambit_group_connect(g, AMBIT_CALLER, "one", &protocol, &must));
	MUST(ambit_group_connect(g, AMBIT_CALLER, "other", &protocol, &must));
	MUST(ambit_group_start(g, &must));
	return g;
}

/* ---- one that has forked ------------------------------------------------------------------- */

static void one_end_is_told_once(uint32_t reaction, uint32_t kind)
{
	struct ambit_group_event event = AMBIT_GROUP_EVENT_INIT;
	struct ambit_group *g = group_of_two(reaction);
	struct pollfd fd = { ambit_group_fd(g), POLLIN, 0 };
	const pid_t child = holder_start();

	send_number(ambit_group_channel(g, "one"), 3);
	MUST(ambit_group_wait(g, 9000, &event, &must));
	CHECK_STR(event.process, "one");
	CHECK_INT(event.kind, kind);
	CHECK_INT(event.exit_code, 3);
	CHECK_INT(poll(&fd, 1, 0), 0);
	CHECK_INT(ambit_group_wait(g, 50, &event, NULL), AMBIT_E_TIMEOUT);
	ambit_group_free(g);
	holder_end(child);
}

TEST(a_child_may_hold_the_descriptors)
{
	const int before = open_descriptors();

	one_end_is_told_once(AMBIT_GO_ON, AMBIT_GROUP_LOST);
	check_nothing_left(before);
}

TEST(one_may_when_they_are_started_anew)
{
	const int before = open_descriptors();

	one_end_is_told_once(AMBIT_RESTART, AMBIT_GROUP_RESTARTED);
	check_nothing_left(before);
}

/* ---- one without a descriptor left --------------------------------------------------------- */

enum { FEW = 40 };

/* Then there are @left. */
static void fill_table(int fds[FEW], int left)
{
	struct rlimit limit;
	int n = 0;

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = FEW;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 0; i < FEW; i++)
		fds[i] = -1;
	while (n < FEW && (fds[n] = dup(1)) >= 0)
		n++;
	for (; left > 0; left--)
		CHECK_INT(close(fds[--n]), 0);
	fds[n] = -1;
}

static void empty_table(const int fds[FEW])
{
	for (int i = 0; i < FEW && fds[i] >= 0; i++)
		CHECK_INT(close(fds[i]), 0);
}

/* Its sender has done nothing wrong: it is lost, and what comes next is not. */
static void lost_without_numbers(int left)
{
	struct ambit_group *g = group_of_two(AMBIT_END_GROUP);
	struct ambit_channel *c = ambit_group_channel(g, "one");
	struct ambit_error err = { 0 };
	int fds[FEW], fd = -1, open_then;

	fill_table(fds, left);
	open_then = open_descriptors();
	send_number(c, ANOTHER);
	CHECK_INT(ambit_channel_receive(c, 5000, &err), AMBIT_E_RESOURCE);
	CHECK_INT(err.layer, AMBIT_LAYER_RUN);
	CHECK_INT(err.sys_errno, EMFILE);
	CHECK_HAS(err.text, "cannot receive from one");
	CHECK(!ambit_channel_message(c));
	CHECK_INT(open_descriptors(), open_then);
	empty_table(fds);
	send_number(c, ANOTHER);
	MUST(ambit_channel_receive(c, 5000, &must));
	MUST(ambit_channel_get_descriptor(c, "e", &fd, &must));
	CHECK_INT(close(fd), 0);
	ambit_group_free(g);
}

TEST(a_full_table_is_nobodys_lie)
{
	for (int left = 0; left < 2; left++)
		lost_without_numbers(left);
}

/* ---- misuse -------------------------------------------------------------------------------- */

/* What openat(2) gave, unlooked at. */
TEST(what_is_not_open_is_not_sent)
{
	static const int wrong[] = { -1, 777 };
	struct ambit_group *g = ambit_group_new();
	struct ambit_channel *c;
	struct ambit_error err;
	static const struct ambit_channel_protocol gives = {
		sizeof(gives), files, 1, numbers, 1, true,
	};

	add(g, "one", "", obey, NULL);
	MUST(ambit_group_connect(g, AMBIT_CALLER, "one", &gives, &must));
	MUST(ambit_group_start(g, &must));
	c = ambit_group_channel(g, "one");
	for (int i = 0; i < 2; i++) {
		ambit_channel_begin(c, "file");
		ambit_channel_put_descriptor(c, "d", 1);
		ambit_channel_put_descriptor(c, "e", wrong[i]);
		CHECK_INT(ambit_channel_send(c, 0, &err), AMBIT_E_USAGE);
		CHECK_INT(err.layer, AMBIT_LAYER_RUN);
		CHECK_INT(err.sys_errno, EBADF);
		CHECK_HAS(err.text, "to one: a descriptor to send is not open");
	}
	ambit_group_free(g);
}

TEST(nothing_is_opened_again_in_a_group_that_has_ended)
{
	struct ambit_group_event event = AMBIT_GROUP_EVENT_INIT;
	struct ambit_group *g = group_of_two(AMBIT_END_GROUP);
	struct ambit_channel *c = ambit_group_channel(g, "other");

	CHECK_INT(ambit_channel_reopen(c, 0, NULL), AMBIT_E_TIMEOUT);
	CHECK_INT(ambit_channel_reopen(c, -1, NULL), AMBIT_E_TIMEOUT);
	send_number(ambit_group_channel(g, "one"), 3);
	MUST(ambit_group_wait(g, 9000, &event, &must));
	CHECK_INT(event.kind, AMBIT_GROUP_ENDED);
	CHECK_INT(ambit_channel_reopen(c, 0, NULL), AMBIT_E_CLOSED);
	CHECK_INT(ambit_channel_reopen(c, -1, NULL), AMBIT_E_CLOSED);
	ambit_group_free(g);
}

/* ---- one that may not write large files ---------------------------------------------------- */

/* SIGXFSZ would end the caller: what it is told is the limit. */
TEST(a_limit_on_files_is_an_error)
{
	static const rlim_t sizes[] = { 0, 1, 200 };
	const int before = open_descriptors();

	CHECK(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const struct rlimit small = { sizes[i], RLIM_INFINITY };
		const struct rlimit wide = { RLIM_INFINITY, RLIM_INFINITY };
		struct ambit_group *g = ambit_group_new();
		struct ambit_error err;

		NOTE("%lu bytes", (unsigned long)sizes[i]);
		add(g, "one", "", obey, NULL);
		MUST(ambit_group_connect(g, AMBIT_CALLER, "one", &protocol, &must));
		CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
		CHECK_INT(ambit_group_start(g, &err), AMBIT_E_RESOURCE);
		CHECK_INT(setrlimit(RLIMIT_FSIZE, &wide), 0);
		CHECK_INT(err.sys_errno, EFBIG);
		CHECK_HAS(err.hint, "ulimit -f");
		ambit_group_free(g);
	}
	ambit_group_free(group_of_two(AMBIT_END_GROUP)); /* the control */
	check_nothing_left(before);
}
