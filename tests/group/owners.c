/* SPDX-License-Identifier: ISC */
/* Whoever the caller is, and whatever it has open: what is promised of its group holds. */
#include "group.h"

#include <poll.h>
#include <signal.h>

/* ---- the process --------------------------------------------------------------------------- */

static const struct ambit_field number_fields[] = { { "n", AMBIT_FIELD_INTEGER, 0, 100 } };
static const struct ambit_message_type number = AMBIT_MESSAGE("number", number_fields);
static const struct ambit_permit numbers[] = {
	{ &number, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, AMBIT_UNLIMITED },
};
static const struct ambit_channel_protocol protocol = AMBIT_ONE_WAY(numbers);

/* Ends with the number that it is sent. */
static int obey(struct ambit_process *self)
{
	struct ambit_channel *c = ambit_process_channel(self, AMBIT_CALLER);

	if (ambit_channel_receive(c, -1, NULL) != AMBIT_OK)
		return 99;
	return (int)ambit_channel_take_integer(c, "n");
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

/* A server's child: it has all descriptors that the server had then. */
static pid_t child_that_holds_all(void)
{
	const pid_t pid = fork();

	if (pid == 0)
		for (;;)
			(void)pause();
	CHECK(pid > 0);
	return pid;
}

static void one_end_is_told_once(uint32_t reaction, uint32_t kind)
{
	struct ambit_group_event event = AMBIT_GROUP_EVENT_INIT;
	struct ambit_group *g = group_of_two(reaction);
	struct pollfd fd = { ambit_group_fd(g), POLLIN, 0 };
	const pid_t child = child_that_holds_all();

	send_number(ambit_group_channel(g, "one"), 3);
	MUST(ambit_group_wait(g, 9000, &event, &must));
	CHECK_STR(event.process, "one");
	CHECK_INT(event.kind, kind);
	CHECK_INT(event.exit_code, 3);
	CHECK_INT(poll(&fd, 1, 0), 0);
	CHECK_INT(ambit_group_wait(g, 50, &event, NULL), AMBIT_E_TIMEOUT);
	ambit_group_free(g);
	CHECK_INT(kill(child, SIGKILL), 0);
	CHECK_INT(waitpid(child, NULL, 0), child);
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
