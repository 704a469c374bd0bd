/* SPDX-License-Identifier: ISC */
/*
 * decide.c - what a call does: by the table, and by the argument that decides
 *
 * Where that argument cannot be told, a call does all that it can. Of system calls that every
 * program may make the filter judges some by an argument: they have rows in the table, too.
 */
#include "../base/class.h"
#include "../filter/filter.h"
#include "compare.h"

enum { ARGUMENTS = 6 };

/* What a system call does, by its class. */
static const struct {
	enum call_class klass;
	uint64_t effects;
} class_effects[] = {
	{ CALL_OPEN, EFFECT_BIT(READ) },	 { CALL_STAT, EFFECT_BIT(LOOK) },
	{ CALL_CWD, EFFECT_BIT(LOOK) },		 { CALL_CREATE, EFFECT_BIT(CREATE) },
	{ CALL_TRUNCATE, EFFECT_BIT(MODIFY) },	 { CALL_ATTRIBUTES, EFFECT_BIT(ATTRIBUTES) },
	{ CALL_PIPE, EFFECT_BIT(PIPE) },	 { CALL_FORK, EFFECT_BIT(SPAWN) },
	{ CALL_SIGNAL, EFFECT_BIT(SIGNAL) },	 { CALL_EXEC, EFFECT_BIT(EXEC) },
	{ CALL_SESSION, EFFECT_BIT(SESSION) },	 { CALL_SOCKET, EFFECT_BIT(SOCKET) },
	{ CALL_CONNECT, EFFECT_BIT(CONNECT) },	 { CALL_LISTEN, EFFECT_BIT(LISTEN) },
	{ CALL_SOCKET_IO, EFFECT_BIT(MESSAGE) }, { CALL_SOCKETPAIR, EFFECT_BIT(PAIR) },
	{ CALL_MEMFD, EFFECT_BIT(MEMORY_FILE) }, { CALL_PRIORITY, EFFECT_BIT(PRIORITY) },
	{ CALL_WATCH, EFFECT_BIT(WATCH) },	 { CALL_SYSV_IPC, EFFECT_BIT(SYSV) },
	{ CALL_MQUEUE, EFFECT_BIT(QUEUE) },	 { CALL_AIO, EFFECT_BIT(SYSCALL) },
	{ CALL_SPLICE, EFFECT_BIT(SPLICE) },	 { CALL_IDS, EFFECT_BIT(IDS) },
	{ CALL_NEVER, EFFECT_BIT(SYSCALL) },
};

static uint64_t by_mode(const struct comparison *c, const struct libc_function *row,
			const struct place *at)
{
	const char *modes[VALUES_MAX];
	uint64_t effects = 0;
	bool all;
	const size_t count = strings_of(c, at, row->decider, modes, &all);

	for (size_t i = 0; i < count; i++)
		effects |= libc_effects_of_mode(row, modes[i]);
	return all ? effects : libc_effects_all(row);
}

/* Only what is executable and not writable needs the flags: elsewhere those of any call do. */
static uint64_t by_mapping(const struct comparison *c, const struct libc_function *row,
			   const struct place *at)
{
	uint64_t prots[VALUES_MAX], flags[VALUES_MAX], effects = 0;
	size_t count = values_of(c, at, row->decider, prots), flag_count;

	for (size_t i = 0; i < count; i++)
		effects |= libc_effects_of_mapping(row, prots[i], 0);
	if (!count || !(effects & EFFECT_BIT(JIT)))
		return count ? effects : libc_effects_all(row);
	flag_count = values_of(c, at, row->decider + 1U, flags);
	effects = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < flag_count; k++)
			effects |= libc_effects_of_mapping(row, prots[i], flags[k]);
	return flag_count ? effects : libc_effects_all(row);
}

static uint64_t by_value(const struct comparison *c, const struct libc_function *row,
			 const struct place *at)
{
	uint64_t values[VALUES_MAX], effects = 0;
	const size_t count = values_of(c, at, row->decider, values);

	for (size_t i = 0; i < count; i++)
		effects |= libc_effects_of(row, values[i]);
	return count ? effects : libc_effects_all(row);
}

uint64_t effects_of_call(const struct comparison *c, const struct libc_function *row,
			 const struct place *at)
{
	if (row->decides == DECIDE_NOTHING)
		return row->effects;
	if (row->decides == DECIDE_MODE)
		return by_mode(c, row, at);
	return row->decides == DECIDE_MAPPING ? by_mapping(c, row, at) : by_value(c, row, at);
}

/* The row of a system call that any program may make, with some arguments. */
static const struct libc_function *judged_row(const struct call_row *row)
{
	const struct libc_function *f = row->klass == CALL_START ? libc_lookup(row->name) : NULL;

	return f && libc_effects_all(f) != f->effects ? f : NULL;
}

/*
 * Which of its own arguments the wrapper @function hands to the kernel as @argument: its code says
 * so where it makes one system call, else nobody looks. ARGUMENTS: none that can be told.
 */
static unsigned through(struct graph *g, uint32_t function, unsigned argument)
{
	uint64_t site = 0;
	struct value v;

	/* To have its code at hand. */
	reach_argument(g, function, g->functions.at[function].entry, 0, &v);
	for (size_t i = 0; i < g->code.insns.count; i++) {
		if (g->code.insns.at[i].kind != INSN_SYSCALL)
			continue;
		if (site)
			return ARGUMENTS;
		site = g->code.insns.at[i].address;
	}
	if (site)
		reach_argument(g, function, site, argument, &v);
	for (unsigned reg = 0; site && reg < 16 && !v.unknown && !v.count; reg++)
		if (v.entries == 1U << reg && reach_register(reg) >= 0)
			return (unsigned)reach_register(reg);
	return ARGUMENTS;
}

/* A system call through a wrapper, as syscall(): the row as if it were the wrapper's. */
static uint64_t through_wrapper(const struct comparison *c, const struct libc_function *judged,
				uint32_t wrapper, const struct place *at)
{
	struct libc_function row = *judged;
	const unsigned argument = through(c->graph, wrapper, row.decider);
	const unsigned next = through(c->graph, wrapper, row.decider + 1U);

	row.decider = (uint8_t)argument;
	if (argument == ARGUMENTS || (row.decides == DECIDE_MAPPING && next != argument + 1))
		return libc_effects_all(judged);
	return effects_of_call(c, &row, at);
}

uint64_t effects_of_site(const struct comparison *c, const struct call_row *row,
			 const struct site *s, const struct place *at)
{
	const struct libc_function *judged = row ? judged_row(row) : NULL;

	if (judged)
		return s->by ? through_wrapper(c, judged, s->by - 1, at)
			     : effects_of_call(c, judged, at);
	for (size_t i = 0; row && i < ARRAY_COUNT(class_effects); i++)
		if (class_effects[i].klass == row->klass)
			return class_effects[i].effects;
	return row ? 0 : EFFECT_BIT(SYSCALL);
}
