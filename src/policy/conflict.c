/* SPDX-License-Identifier: ISC */
/*
 * conflict.c - lines that contradict each other
 *
 * Order never matters, so a second, different value cannot simply win: it is an error that names
 * both places. Only between a line of the user's and a line of a bundle is there a winner, the
 * user's; between two bundles, the larger value.
 *
 * Done once an operation, over the few grants that have a single value.
 */
#include <stdlib.h>
#include <string.h>

#include "../base/str.h"
#include "parse.h"
#include "path.h"
#include "policy.h"

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_conds(const struct grant *a, const struct grant *b)
{
	int r = compare_u64(a->cond_count, b->cond_count);

	for (size_t i = 0; i < a->cond_count && !r; i++) {
		const struct syscall_cond *x = &a->conds[i], *y = &b->conds[i];

		r = compare_u64(x->argument, y->argument);
		if (!r)
			r = compare_u64(x->op, y->op);
		if (!r)
			r = compare_u64(x->mask, y->mask);
		if (!r)
			r = compare_u64(x->value, y->value);
	}
	return r;
}

static bool has_slot(enum right right)
{
	const enum right others[] = { RIGHT_ENV, RIGHT_FD, RIGHT_SYSCALL };

	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		if (right == others[i])
			return true;
	return (right_row(right)->flags & ROW_ONCE) != 0;
}

/* Do two grants speak of the same single value? As an order, so that they can be sorted. */
static int compare_slot(const struct grant *a, const struct grant *b)
{
	int r = compare_u64(a->right, b->right);

	if (r)
		return r;
	if (a->right == RIGHT_LIMIT)
		return compare_u64(a->limit, b->limit);
	if (a->right == RIGHT_NEED)
		return compare_u64(a->layer, b->layer);
	if (a->right == RIGHT_FD)
		return compare_u64(a->number, b->number);
	if (a->right == RIGHT_ENV || a->right == RIGHT_SYSCALL)
		r = strcmp(a->name, b->name);
	return r || a->right != RIGHT_SYSCALL ? r : compare_conds(a, b);
}

/* Do they give it the same value? Only one of the members differs for any right. */
static bool same_value(const struct grant *a, const struct grant *b)
{
	if (a->right == RIGHT_ENV)
		return a->value && b->value ? str_equal(a->value, b->value) : a->value == b->value;
	if (a->right == RIGHT_USER || a->right == RIGHT_GROUP || a->right == RIGHT_LABEL)
		return str_equal(a->name, b->name);
	return a->number == b->number && a->fd_mode == b->fd_mode && a->on_denial == b->on_denial &&
	       a->need == b->need;
}

/* Slot by slot; in a slot the user's lines before the bundles', then as written. */
static int compare_pointers(const void *a, const void *b)
{
	const struct grant *x = *(const struct grant *const *)a;
	const struct grant *y = *(const struct grant *const *)b;
	int r = compare_slot(x, y);

	if (!r)
		r = (x->bundle != NULL) - (y->bundle != NULL);
	return r ? r : (x > y) - (x < y);
}

static enum ambit_code conflict(const struct grant *first, const struct grant *second,
				const char *hint, struct ambit_error *err)
{
	AUTO_BUF struct buf a = { .maximum = 512 }, b = { .maximum = 512 };
	char place[200], other[200];
	const char *x, *y;

	grant_print(second, &a);
	grant_print(first, &b);
	x = buf_text(&a);
	y = buf_text(&b);
	(void)err_set(err, AMBIT_E_CONFLICT, AMBIT_LAYER_POLICY, 0,
		      "%s: '%.*s' contradicts '%.*s' at %s",
		      origin_text(&second->origin, place, sizeof(place)), (int)strcspn(x, "\n"), x,
		      (int)strcspn(y, "\n"), y, origin_text(&first->origin, other, sizeof(other)));
	err_at(err, second->origin.line, second->origin.column);
	return err_hint(err, "%s", hint);
}

/* Slots are sorted: compare each grant with the first of its slot. */
static enum ambit_code check_slots(struct grant **sorted, size_t count, struct ambit_error *err)
{
	const struct grant *first = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct grant *g = sorted[i];

		if (!first || compare_slot(first, g) != 0)
			first = g;
		else if (!g->bundle && !same_value(first, g))
			return conflict(first, g,
					"order does not matter, so neither can win: keep one", err);
	}
	return AMBIT_OK;
}

/* hide wins over all that is granted below it: who writes both on purpose is mistaken. */
static enum ambit_code check_hide(const struct ambit_policy *p, const struct grant *hide,
				  struct ambit_error *err)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct grant *g = &p->grants[i];
		bool path_right = g->right <= RIGHT_EXEC || g->right == RIGHT_UNIX;

		if (!path_right || g->bundle || !path_covers(hide->path, g->path))
			continue;
		if (g > hide)
			return conflict(hide, g,
					"hide wins over what is granted below it: remove "
					"one of the lines",
					err);
		return conflict(g, hide,
				"hide wins over what is granted below it: remove one of "
				"the lines",
				err);
	}
	return AMBIT_OK;
}

/* One grant of a slot gives way to the first: what they say together is left in @first. */
static void join(struct grant *first, struct grant *g)
{
	bool by_user = !first->bundle && g->bundle;

	/* Of two bundles the larger value; of two that insist and do not, the one that does. */
	if (!same_value(first, g) && !by_user && g->number > first->number)
		first->number = g->number;
	if (!by_user)
		first->prefer = first->prefer && g->prefer;
	g->right = RIGHT_COUNT;
}

/* Leave one grant a slot. */
static void drop_losers(struct ambit_policy *p, struct grant **sorted, size_t count)
{
	struct grant *first = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (!first || compare_slot(first, sorted[i]) != 0)
			first = sorted[i];
		else
			join(first, sorted[i]);
	}
	for (size_t i = 0; i < p->count; i++)
		if (p->grants[i].right != RIGHT_COUNT)
			p->grants[kept++] = p->grants[i];
	p->count = kept;
}

enum ambit_code policy_conflicts(struct ambit_policy *p, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;
	size_t single = 0, at = 0, count = 0;
	const struct grant *hide;
	struct grant **sorted;

	for (size_t i = 0; i < p->count; i++)
		single += has_slot(p->grants[i].right);
	sorted = arena_array(&p->arena, single + 1, sizeof(struct grant *));
	if (!sorted)
		return err_memory(err, AMBIT_LAYER_POLICY);
	for (size_t i = 0; i < p->count; i++)
		if (has_slot(p->grants[i].right))
			sorted[count++] = &p->grants[i];
	qsort(sorted, count, sizeof(struct grant *), compare_pointers);
	code = check_slots(sorted, count, err);
	while (code == AMBIT_OK && (hide = policy_next(p, RIGHT_HIDE, &at)))
		if (!hide->bundle)
			code = check_hide(p, hide, err);
	if (code == AMBIT_OK)
		drop_losers(p, sorted, count);
	return code;
}
