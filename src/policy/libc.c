/* SPDX-License-Identifier: ISC */
/* libc.c - the table of libc functions, and how it is asked */
#include "libc.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>

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
#define MAPPING(n)	  DECIDER(MAPPING, n)
#define DOMAIN(n)	  DECIDER(DOMAIN, n)
#define REQUEST(n)	  DECIDER(REQUEST, n)
#define DEVICE(n)	  DECIDER(DEVICE, n)
#define PERSONA(n)	  DECIDER(PERSONA, n)
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

static bool is_among(uint64_t value, const uint16_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (values[i] == value)
			return true;
	return false;
}

/*
 * What the filter's rules for ioctl (src/filter/rule_fd.c) refuse as hostile: of the families of
 * terminals and of the console all but what every program may ask. 32 bits count.
 */
static uint64_t of_request(uint64_t value)
{
	static const uint16_t common[] = {
		TCGETS,	  TCSETS,  TCSETSW,  TCSETSF,	TCGETA,	  TCSETA,
		TCSETAW,  TCSETAF, TCFLSH,   TIOCGPGRP, TIOCOUTQ, TIOCGWINSZ,
		FIONREAD, FIONBIO, TIOCGSID, FIONCLEX,	FIOCLEX,
	};
	static const uint16_t terminal[] = {
		TCSBRK,	    TCXONC,  TIOCEXCL,	TIOCNXCL, TIOCSCTTY,   TIOCSPGRP,
		TIOCSWINSZ, TIOCPKT, TIOCNOTTY, TCSBRKP,  TIOCGPTPEER,
	};
	static const uint16_t families[] = { 0x4b00, 0x5400, 0x5600 };
	const uint32_t request = (uint32_t)value;

	if (!is_among(request & 0xffffff00U, families, ARRAY_COUNT(families)) ||
	    is_among(request, common, ARRAY_COUNT(common)))
		return 0;
	if (request == FIOASYNC)
		return E(SIGNAL);
	return is_among(request, terminal, ARRAY_COUNT(terminal)) ? E(TERMINAL) : E(ADMIN);
}

/* What the deciding argument can add to the effects of the row. */
static uint64_t added(const struct libc_function *function)
{
	switch ((enum libc_decider)function->decides) {
	case DECIDE_PROT:
	case DECIDE_MAPPING:
		return E(JIT);
	case DECIDE_DEVICE: /* what grants any request grants those of terminals, too */
	case DECIDE_PERSONA:
		return E(ADMIN);
	case DECIDE_NOTHING:
	case DECIDE_FLAGS:
	case DECIDE_MODE:
	case DECIDE_DOMAIN:
	case DECIDE_REQUEST:
	case DECIDE_NUMBER:
		break;
	}
	return 0;
}

uint64_t libc_effects_all(const struct libc_function *function)
{
	return function->effects | added(function);
}

/* As the filter's rules for mmap: program text is private, and not writable. */
uint64_t libc_effects_of_mapping(const struct libc_function *function, uint64_t prot,
				 uint64_t flags)
{
	if ((prot & PROT_EXEC) && ((prot & PROT_WRITE) || (flags & MAP_TYPE) != MAP_PRIVATE))
		return function->effects | E(JIT);
	return function->effects;
}

uint64_t libc_effects_of(const struct libc_function *function, uint64_t value)
{
	const uint64_t always = function->effects & ~(E(READ) | E(MODIFY) | E(CREATE));

	if (function->decides == DECIDE_FLAGS && always == function->effects)
		return always; /* a queue: its flags are not those of a path */
	if (function->decides == DECIDE_FLAGS)
		return always | of_open_flags(value);
	/* Written before, or not: what becomes executable by mprotect() is refused. */
	if (function->decides == DECIDE_PROT && (value & PROT_EXEC))
		return function->effects | E(JIT);
	if (function->decides == DECIDE_PERSONA && (uint32_t)value != PER_LINUX &&
	    (uint32_t)value != UINT32_MAX)
		return function->effects | E(ADMIN);
	if (function->decides == DECIDE_DEVICE)
		return function->effects | of_request(value);
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
