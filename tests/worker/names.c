/* SPDX-License-Identifier: ISC */
/* Static functions of two files may share a name: each caller has its own. */
#include "names.h"
#include "ask.h"

static int answer(const void *in, size_t length, struct ambit_reply *reply)
{
	(void)in;
	(void)length;
	return ambit_reply_printf(reply, "the one");
}
AMBIT_WORKER(answer)

static int serve(struct ambit_process *self)
{
	(void)self;
	return 11;
}
AMBIT_PROCESS(serve)

static void both_answer(uint32_t mode, uint32_t flags)
{
	struct ambit_worker *one = worker_with(answer, mode, flags, "");
	struct ambit_worker *other = worker_with(others_worker, mode, flags, "");

	NOTE("mode %u, flags %u", mode, flags);
	CHECK_STR(ask(one, "", 9000), "the one");
	CHECK_STR(ask(other, "", 9000), "the other");
	ambit_worker_free(one);
	ambit_worker_free(other);
}

TEST(a_worker_is_of_its_own_file)
{
	for (uint32_t flags = 0; flags <= (AMBIT_INHERIT | AMBIT_KEEPER); flags++) {
		both_answer(AMBIT_PERSISTENT, flags);
		both_answer(AMBIT_FRESH, flags);
	}
}

static int status_of(ambit_process_fn *function)
{
	struct ambit_group_event event = AMBIT_GROUP_EVENT_INIT;
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_group *g = ambit_group_new();

	CHECK_INT(ambit_group_add(g, "one", p, function, NULL, NULL), AMBIT_OK);
	CHECK_INT(ambit_group_start(g, NULL), AMBIT_OK);
	CHECK_INT(ambit_group_wait(g, 9000, &event, NULL), AMBIT_OK);
	ambit_group_free(g);
	ambit_policy_free(p);
	return event.exit_code;
}

TEST(so_is_a_process_of_a_group)
{
	CHECK_INT(status_of(serve), 11);
	CHECK_INT(status_of(others_process), 12);
}
