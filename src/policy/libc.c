/* SPDX-License-Identifier: ISC */
/* libc.c - the table of libc functions, and how it is asked */
#include "libc.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define EFFECT_ROW(name, rights, text) { #name, (rights), (text) },
static const struct libc_effect_row effect_rows[EFFECT_COUNT] = { LIBC_EFFECTS(EFFECT_ROW) };
_Static_assert(EFFECT_COUNT <= 64, "a set of effects is one word");

/* The words of libc.def. Each says a bit of .arguments, or ends it and says who decides. */
#define E(effect)	  EFFECT_BIT(effect)
#define ARGUMENT(kind, n) | (UINT64_C(1) << (8 * LIBC_##kind + (n)))
#define PATH(n)		  ARGUMENT(PATH, n)
#define PROGRAM(n)	  ARGUMENT(PROGRAM, n)
#define HOST(n)		  ARGUMENT(HOST, n)
#define ADDRESS(n)	  ARGUMENT(ADDRESS, n)
#define SYMBOL(n)	  ARGUMENT(SYMBOL, n)
#define CALLS(n)	  ARGUMENT(CALLBACK, n)
#define CALLS_IN(n)	  ARGUMENT(CALLBACKS_IN, n)
#define DECIDER(kind, n)  , .decides = DECIDE_##kind, .decider = (n)
#define FLAGS(n)	  DECIDER(FLAGS, n)
#define MODE(n)		  DECIDER(MODE, n)
#define PROT(n)		  DECIDER(PROT, n)
#define DOMAIN(n)	  DECIDER(DOMAIN, n)
#define REQUEST(n)	  DECIDER(REQUEST, n)
#define NUMBER(n)	  DECIDER(NUMBER, n)
#define HAND(function, does, spec)                                                                 \
	{ .name = #function, .effects = (does), .source = LIBC_BY_HAND, .arguments = 0 spec },
#define AUTO(function) { .name = #function, .source = LIBC_AUTOMATIC },

static const struct libc_function by_hand[] = {
#include "libc.def"
};
static const struct libc_function automatic[] = {
#include "libc_auto.def"
};

static const struct libc_function *find(const struct libc_function *rows, size_t count,
					const char *name)
{
	size_t low = 0;

	while (low < count) {
		const size_t middle = low + (count - low) / 2;
		const int order = strcmp(name, rows[middle].name);

		if (order == 0)
			return &rows[middle];
		if (order > 0)
			low = middle + 1;
		else
			count = middle;
	}
	return NULL;
}

const struct libc_function *libc_lookup(const char *name)
{
	const struct libc_function *found = find(by_hand, ARRAY_COUNT(by_hand), name);

	return found ? found : find(automatic, ARRAY_COUNT(automatic), name);
}

const struct libc_function *libc_at(size_t index)
{
	if (index < ARRAY_COUNT(by_hand))
		return &by_hand[index];
	index -= ARRAY_COUNT(by_hand);
	return index < ARRAY_COUNT(automatic) ? &automatic[index] : NULL;
}

static uint64_t of_open_flags(uint64_t flags)
{
	uint64_t effects = 0;

	if ((flags & O_ACCMODE) != O_WRONLY)
		effects |= E(READ);
	if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC))
		effects |= E(MODIFY);
	/* O_TMPFILE makes a file, too; it is more than one bit. */
	if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)
		effects |= E(CREATE);
	return flags & O_PATH ? E(LOOK) : effects;
}

uint64_t libc_effects_of(const struct libc_function *function, uint64_t value)
{
	const uint64_t always = function->effects & ~(E(READ) | E(MODIFY) | E(CREATE));

	if (function->decides == DECIDE_FLAGS && always == function->effects)
		return always; /* a queue: its flags are not those of a path */
	if (function->decides == DECIDE_FLAGS)
		return always | of_open_flags(value);
	if (function->decides == DECIDE_PROT && (value & PROT_EXEC) && (value & PROT_WRITE))
		return function->effects | E(JIT);
	return function->effects;
}

uint64_t libc_effects_of_mode(const struct libc_function *function, const char *mode)
{
	const bool update = strchr(mode, '+') != NULL;
	uint64_t effects = function->effects & ~(E(READ) | E(MODIFY) | E(CREATE));

	if (function->decides != DECIDE_MODE)
		return function->effects;
	if (mode[0] == 'r' || update)
		effects |= E(READ);
	if (mode[0] != 'r' || update)
		effects |= E(MODIFY);
	if (mode[0] != 'r')
		effects |= E(CREATE);
	return effects;
}

const struct libc_effect_row *libc_effect_row(enum libc_effect effect)
{
	return (unsigned)effect < EFFECT_COUNT ? &effect_rows[effect] : NULL;
}

uint64_t libc_effects_beyond(uint64_t effects, uint64_t rights)
{
	uint64_t beyond = 0;

	for (unsigned i = 0; i < EFFECT_COUNT; i++)
		if ((effects >> i & 1) && effect_rows[i].rights != ANY_RIGHT &&
		    !(effect_rows[i].rights & rights))
			beyond |= UINT64_C(1) << i;
	return beyond;
}
