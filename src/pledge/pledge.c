/* SPDX-License-Identifier: ISC */
/* pledge.c - what may follow what: the state machine of pledge(2) */
#include "../../include/ambit/pledge.h"

#include <errno.h>
#include <string.h>

#include "state.h"

static bool find(const char *name, size_t length, uint64_t *bits)
{
	const struct promise *p;

	for (size_t i = 0; (p = promise_at(FAMILY_PROMISE, i)) != NULL; i++)
		if (strlen(p->name) == length && memcmp(p->name, name, length) == 0) {
			*bits |= UINT64_C(1) << i;
			return true;
		}
	return false;
}

static int parse(const char *text, uint64_t *ret_bits)
{
	uint64_t bits = 0;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (length && !find(text, length, &bits))
			return EINVAL;
		text += length;
		text += *text == ' ';
	}
	*ret_bits = bits;
	return 0;
}

/* Under "error" what would be more is left out; else it is refused. */
static int narrow(const char *text, bool has, uint64_t have, uint64_t *ret_bits)
{
	uint64_t want;
	int r = parse(text, &want);

	if (r)
		return r;
	if (has && (have & promise_bit(BIT_ERROR)))
		want &= have;
	if (has && (want & ~have))
		return EPERM;
	*ret_bits = want;
	return 0;
}

/* An executed program keeps these promises: only what it must not keep needs doing. */
static bool needs_door(const struct pledge_state *s, uint64_t promises, bool pledged, uint64_t exec)
{
	(void)s;
	return !pledged || ((promises & promise_bit(BIT_EXEC)) && (promises & ~exec));
}

static int apply(struct pledge_state *s, uint64_t promises, bool pledges, uint64_t exec,
		 bool exec_pledges)
{
	const bool changes = pledges && (!s->pledged || promises != s->promises);
	const bool pledged = s->pledged || pledges;
	const bool door = exec_pledges && needs_door(s, promises, pledged, exec) &&
			  (!s->exec_kit || exec != s->execpromises);
	const bool kills = pledged && !(promises & promise_bit(BIT_ERROR));
	int r = 0;

	if (door)
		r = enforce_prepare_exec(s, exec);
	if (!r && changes)
		r = enforce_promises(s, promises);
	/* It would bind the program, too: where that may execute others there is none. */
	if (!r && door && !(exec & promise_bit(BIT_EXEC)) && exec_guard(s, kills) != 0)
		r = changes ? ENOTRECOVERABLE : ENOSYS;
	if (r)
		return r;
	s->promises = promises;
	s->pledged = pledged;
	s->execpromises = exec;
	s->exec_pledged = s->exec_pledged || exec_pledges;
	return 0;
}

int pledge(const char *promises, const char *execpromises)
{
	struct pledge_state *s = state_lock();
	uint64_t want = s->promises, exec = s->execpromises;
	int r = text_there(promises);

	if (!r)
		r = text_there(execpromises);
	if (!r && promises)
		r = narrow(promises, s->pledged, s->promises, &want);
	if (!r && execpromises)
		r = narrow(execpromises, s->exec_pledged, s->execpromises, &exec);
	if (!r)
		r = apply(s, want, promises != NULL, exec, execpromises != NULL);
	state_unlock();
	if (r)
		errno = r;
	return r ? -1 : 0;
}
