/* SPDX-License-Identifier: ISC */
/*
 * enforce.c - promises become a policy, and this process comes under it
 *
 * The policy has the promises' lines, and a mark that says that they are all there is. A gap that
 * the table of differences names is let pass; any other is ENOSYS.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/abi.h"
#include "../base/buf.h"
#include "../base/class.h"
#include "../base/sys.h"
#include "../run/run.h"
#include "state.h"

static const enum plan_denial tolerated[] = { DENY_CONNECT,  DENY_LISTEN,  DENY_UNIX,
					      DENY_ABSTRACT, DENY_SIGNALS, DENY_PRIVILEGE };

static int errno_of(const struct ambit_error *err)
{
	static const struct {
		uint32_t code;
		int number;
	} rows[] = { { AMBIT_E_UNSUPPORTED, ENOSYS },
		     { AMBIT_E_THREADS, EBUSY },
		     { AMBIT_E_RESOURCE, ENOMEM },
		     { AMBIT_E_POLICY, EINVAL } };

	if (err->step)
		return ENOTRECOVERABLE;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (rows[i].code == err->code)
			return rows[i].number;
	return err->sys_errno > 0 ? err->sys_errno : ENOSYS;
}

static bool is_tolerated(const struct ambit_plan *plan, int denial)
{
	const struct grant *pledge = policy_first(plan->policy, RIGHT_PLEDGE);

	if (pledge->number & PLEDGE_FILES_ONLY)
		return denial >= 0 && denial != DENY_CONTENTS && denial != DENY_CHANGES;
	for (size_t i = 0; i < ARRAY_COUNT(tolerated); i++)
		if (denial == (int)tolerated[i])
			return true;
	return (pledge->number & PLEDGE_AGAIN) &&
	       (denial == DENY_CONTENTS || denial == DENY_CHANGES || denial == DENY_PROGRAMS);
}

static void tolerate(struct ambit_plan *plan)
{
	for (size_t i = 0; i < plan->note_count; i++)
		if (plan->notes[i].kind == NOTE_GAP && is_tolerated(plan, plan->notes[i].denial))
			plan->notes[i].kind = NOTE_REPORTED;
}

/* ---- a policy ------------------------------------------------------------------------------ */

static int parse(struct ambit_policy *p, struct buf *text)
{
	const struct text_origin from = { .name = "pledge", .directory = "/" };
	struct ambit_error err = { 0 };
	const char *line = text->failed ? NULL : buf_text(text);

	if (!line)
		return ENOMEM;
	return policy_parse_text(p, line, strlen(line), &from, &err) == AMBIT_OK ? 0
										 : errno_of(&err);
}

static int add_hidden(struct ambit_policy *p, enum right right, const char *path, uint64_t number)
{
	struct grant *g = arena_grow(&p->arena, &p->grants, &p->count, sizeof(*g));

	if (!g)
		return ENOMEM;
	*g = (struct grant){
		.right = right, .origin = { "pledge", 0, 0 }, .path = path, .number = number
	};
	return 0;
}

/* "stdio rpath"; all that they reach of files is returned. */
static uint64_t add_names(struct buf *text, uint64_t promises)
{
	const struct promise *p;
	uint64_t landlock = 0;

	for (size_t i = 0; (p = promise_at(FAMILY_PROMISE, i)) != NULL; i++)
		if (promises >> i & 1) {
			buf_add_format(text, "promises %s\n", p->name);
			landlock |= p->landlock;
		}
	return landlock;
}

/* What was unveiled stands in the place of every path. */
static void take_root(struct ambit_policy *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct grant *g = &p->grants[i];

		if (grant_promise(g))
			g->path = NULL;
		else if ((g->right == RIGHT_UNIX || g->right == RIGHT_EXEC) && g->bundle)
			*g = (struct grant){ .right = RIGHT_USE, .name = "", .bundle = g->bundle };
	}
}

/* Those that Landlock has a part in. All of them bring STAT, which this needs to look paths up. */
static uint64_t with_landlock(uint64_t promises)
{
	const struct promise *p;
	uint64_t bits = 0;

	for (size_t i = 0; (p = promise_at(FAMILY_PROMISE, i)) != NULL; i++)
		if ((promises >> i & 1) &&
		    (p->landlock || (p->calls & CALL_BIT(STAT)) || (p->flags & PROMISE_SIGNALS)))
			bits |= UINT64_C(1) << i;
	return bits;
}

static int make_policy(struct pledge_state *s, struct ambit_policy *p, uint64_t promises,
		       bool veils)
{
	AUTO_BUF struct buf text = { 0 };
	const bool kills = !(promises & promise_bit(BIT_ERROR));
	uint64_t most = add_names(&text, promises);
	/* Where nothing changes for it the domain that is there does. */
	const bool again =
		s->pledged && !veils && with_landlock(s->promises) == with_landlock(promises);
	int r;

	buf_add_string(&text, "need ids off\n");
	buf_add_string(&text, again ? "need landlock off\n" : "modify /dev/null optional\n");
	/* Oneself may be signalled, by number or as the group. */
	buf_add_format(&text, "syscall kill {\n arg 0 = %d\n}\nsyscall kill {\n arg 0 = 0\n}\n",
		       (int)getpid());
	r = parse(p, &text);
	if (!r)
		r = add_hidden(p, RIGHT_PLEDGE, NULL, again ? PLEDGE_AGAIN : 0);
	if (!r)
		r = add_hidden(p, RIGHT_ON_DENIAL, NULL, 0);
	if (r)
		return r;
	p->grants[p->count - 1].on_denial = kills ? ON_DENIAL_KILL : ON_DENIAL_ABSENT;
	if (!veils)
		return 0;
	take_root(p);
	/* What is executed has to be readable. */
	if (most & LL_FS_EXECUTE)
		most |= LL_FS_READ_FILE;
	return veils_add(s, p, most);
}

/* ---- under it ------------------------------------------------------------------------------ */

static int enter(const struct ambit_policy *p)
{
	struct ambit_error err = { 0 };
	struct run run;
	enum ambit_code code = run_plan_enter(&run, p, NULL, RUN_BECOME, &err);

	if (code == AMBIT_OK) {
		tolerate(&run.plan);
		code = run_enter(&run, &err);
	}
	run_done(&run);
	return code == AMBIT_OK ? 0 : errno_of(&err);
}

int enforce_promises(struct pledge_state *s, uint64_t promises)
{
	const bool ends = !(promises & promise_bit(BIT_UNVEIL));
	struct ambit_policy p = { 0 };
	int r = make_policy(s, &p, promises, ends && s->veils);

	if (!r)
		r = enter(&p);
	policy_done(&p);
	if (!r && ends)
		veils_done(s);
	return r;
}

int enforce_veils(struct pledge_state *s)
{
	static const char text[] = "need ids off\nneed capabilities off\nneed seccomp off\n"
				   "need rlimits off\njit\n";
	const struct text_origin from = { .name = "unveil", .directory = "/" };
	struct ambit_policy p = { 0 };
	struct ambit_error err = { 0 };
	int r = 0;

	/* It is the first path that takes all others away. */
	if (!s->veils) {
		s->no_more = true;
		return 0;
	}
	if (s->pledged) /* its filter is in force, and so is what was promised of files */
		r = make_policy(s, &p, s->promises, true);
	else if (policy_parse_text(&p, text, sizeof(text) - 1, &from, &err) != AMBIT_OK)
		r = errno_of(&err);
	else
		r = add_hidden(&p, RIGHT_PLEDGE, NULL, PLEDGE_FILES_ONLY);
	if (!r && !s->pledged)
		r = veils_add(s, &p, UINT64_MAX);
	if (!r)
		r = enter(&p);
	policy_done(&p);
	if (!r)
		veils_done(s);
	return r;
}

/* ---- of programs --------------------------------------------------------------------------- */

/* The one execve that brings the program: with its arguments where nobody else can know of. */
static int add_door(const struct pledge_state *s, struct ambit_policy *p)
{
	AUTO_BUF struct buf text = { 0 };
	const unsigned long long door = (unsigned long long)(uintptr_t)s->door;

	/* The one execve has to find its file executable, and the loader its libraries. */
	buf_add_string(&text, "exec /bin /sbin /usr/bin /usr/sbin /usr/local/bin optional\n"
			      "exec /usr/local/sbin /usr/lib /usr/libexec optional\n");
	buf_add_format(&text, "syscall execve {\n arg 0 = %llu\n arg 1 = %llu\n arg 2 = %llu\n}\n",
		       door, door + DOOR_ARGV, door + DOOR_ENVP);
	return parse(p, &text);
}

static int make_kit(const struct ambit_policy *p, struct kit **ret)
{
	struct kit_builder builder;
	struct ambit_error err = { 0 };
	struct run run;
	enum ambit_code code = run_plan_enter(&run, p, NULL, RUN_SPAWN, &err);

	if (code == AMBIT_OK) {
		tolerate(&run.plan);
		code = run_refuse_gaps(&run.plan, &err);
	}
	if (code == AMBIT_OK) {
		code = run_prepare(&run, &builder, ret, &err);
		kit_builder_done(&builder);
	}
	run_done(&run);
	return code == AMBIT_OK ? 0 : errno_of(&err);
}

int enforce_prepare_exec(struct pledge_state *s, uint64_t promises)
{
	struct ambit_policy p = { 0 };
	struct kit *kit = NULL;
	int r = 0, fault = 0;

	if (!s->door) {
		s->door = sys_mmap(DOOR_SIZE, 3 /* read, write */, 0x4022 /* private, no reserve */,
				   -1, &fault);
		r = s->door ? 0 : -fault;
	}
	if (!r)
		r = make_policy(s, &p, promises & ~promise_bit(BIT_UNVEIL), false);
	if (!r && !(promises & promise_bit(BIT_EXEC)))
		r = add_door(s, &p);
	if (!r)
		r = make_kit(&p, &kit);
	policy_done(&p);
	if (r)
		return r;
	free(s->exec_kit);
	s->exec_kit = kit;
	return 0;
}
