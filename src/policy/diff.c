/* SPDX-License-Identifier: ISC */
/*
 * diff.c - does one policy grant nothing that another does not?
 *
 * Two questions a right, both tables: is this grant of the inner policy covered by the outer one,
 * and is this restriction of the outer one (hide, limit, user, need ...) kept by the inner one?
 * Where nothing can be proved the answer is no: a path or a network must lie within a single grant
 * of the outer policy, as it is written and, through links, as what it leads to.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "../base/abi.h"
#include "../base/str.h"
#include "check_class.h"
#include "path.h"
#include "print.h"
#include "promise.h"

struct pair {
	const struct ambit_policy *inner, *outer;
	const char *const *always; /* what every program may see */
	size_t always_count;
};

enum {
	ACCESS_READ = 1,
	ACCESS_MODIFY = 2,
	ACCESS_CREATE = 4,
	ACCESS_EXEC = 8,
	ACCESS_UNIX = 16,
};

static unsigned access_of(const struct grant *g)
{
	static const struct {
		uint64_t landlock;
		unsigned access;
	} rows[] = {
		{ LL_FS_READ_FILE, ACCESS_READ },    { LL_FS_WRITE_FILE, ACCESS_MODIFY },
		{ LL_FS_MAKE_REG, ACCESS_CREATE },   { LL_FS_EXECUTE, ACCESS_EXEC },
		{ LL_FS_RESOLVE_UNIX, ACCESS_UNIX },
	};
	const uint64_t landlock = g->path ? grant_landlock(g, true) : 0;
	unsigned access = 0;

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		access |= landlock & rows[i].landlock ? rows[i].access : 0;
	return access;
}

/* Why a hidden path may be seen: no layer hides it, or it was not there at the start. */
enum { DOUBT_LAYER = 1, DOUBT_MISSING = 2 };

static unsigned doubt_of(const struct grant *hide)
{
	return (hide->prefer ? DOUBT_LAYER : 0U) | (hide->optional ? DOUBT_MISSING : 0U);
}

/* Does @p hide @path, with no other doubt than @doubt? */
static bool hides(const struct ambit_policy *p, const char *path, unsigned doubt)
{
	const struct grant *hide;
	size_t at = 0;

	while ((hide = policy_next(p, RIGHT_HIDE, &at)))
		if (!(doubt_of(hide) & ~doubt) && path_covers(hide->path, path))
			return true;
	return false;
}

/* Whatever the outer policy hides of @path the inner one hides at least as surely. */
static bool hidden_as_surely(const struct pair *pair, const char *path)
{
	const struct grant *hide;
	size_t at = 0;

	while ((hide = policy_next(pair->outer, RIGHT_HIDE, &at)))
		if (path_covers(hide->path, path) && !hides(pair->inner, path, doubt_of(hide)))
			return false;
	return true;
}

static bool below_tmp(const char *path)
{
	return path_covers("/tmp", path) && !str_equal(path, "/tmp");
}

/* What is in a /tmp of the program's own is the host's only where a line names it. */
static bool shows(const struct ambit_policy *p, const struct grant *g, const char *path)
{
	if (policy_has(p, RIGHT_TMP) && below_tmp(path) && !below_tmp(g->path))
		return false;
	return path_covers(g->path, path);
}

/* A line that may go unjudged where the host cannot is covered only by one that may, too. */
static bool as_strict(const struct grant *inner, const struct grant *outer)
{
	return !inner->prefer || outer->prefer;
}

static bool path_covered(const struct pair *pair, const struct grant *g)
{
	unsigned have = 0, want = access_of(g);

	if (hides(pair->inner, g->path, 0))
		return true;
	if (!hidden_as_surely(pair, g->path))
		return false;
	for (size_t i = 0; i < pair->outer->count && (have & want) != want; i++) {
		const struct grant *o = &pair->outer->grants[i];

		if (access_of(o) && as_strict(g, o) && shows(pair->outer, o, g->path))
			have |= access_of(o);
	}
	return (have & want) == want;
}

/* What is hidden inside what the inner policy grants, or in what all may see, is hidden there. */
static bool hide_kept(const struct pair *pair, const struct grant *hide)
{
	if (hides(pair->inner, hide->path, doubt_of(hide)))
		return true;
	for (size_t i = 0; i < pair->always_count; i++)
		if (path_covers(pair->always[i], hide->path) ||
		    path_covers(hide->path, pair->always[i]))
			return false;
	for (size_t i = 0; i < pair->inner->count; i++) {
		const struct grant *g = &pair->inner->grants[i];

		if (access_of(g) && path_covers(g->path, hide->path) &&
		    !str_equal(g->path, hide->path))
			return false;
	}
	return true;
}

static bool right_covered(const struct pair *pair, const struct grant *g)
{
	return policy_has(pair->outer, g->right);
}

static bool tmp_covered(const struct pair *pair, const struct grant *g)
{
	const struct grant *o = policy_first(pair->outer, RIGHT_TMP);

	return o && o->number >= g->number;
}

/* An own /tmp takes the host's away from who is granted it; paths below it are asked one by one. */
static bool tmp_kept(const struct pair *pair, const struct grant *g)
{
	const struct grant *own = policy_first(pair->inner, RIGHT_TMP);

	if (own && (!own->prefer || g->prefer))
		return true;
	if (hides(pair->inner, "/tmp", 0))
		return true;
	for (size_t i = 0; i < pair->inner->count; i++) {
		const struct grant *inner = &pair->inner->grants[i];

		if (access_of(inner) && path_covers(inner->path, "/tmp"))
			return false;
	}
	return true;
}

static bool network_covers(const struct endpoint *o, const struct endpoint *i)
{
	unsigned bytes = o->prefix_bits / 8, bits = o->prefix_bits % 8;

	if (o->family != i->family || i->prefix_bits < o->prefix_bits ||
	    memcmp(o->address, i->address, bytes) != 0)
		return false;
	return !bits || !((o->address[bytes] ^ i->address[bytes]) >> (8 - bits));
}

static bool host_covers(const struct endpoint *o, const struct endpoint *i)
{
	size_t suffix, length;

	if (!o->family && !o->name)
		return true;
	if (!o->name || !i->name)
		return !o->name && !i->name && network_covers(o, i);
	if (str_equal(o->name, i->name))
		return true;
	suffix = strlen(o->name + 1);
	length = strlen(i->name);
	return o->name[0] == '*' && length > suffix &&
	       str_equal(i->name + length - suffix, o->name + 1);
}

/* The ports may be covered piece by piece. */
static bool net_covered(const struct pair *pair, const struct grant *g)
{
	uint32_t next = g->net.port_first;

	while (next <= g->net.port_last) {
		const struct grant *o;
		uint32_t before = next;
		size_t at = 0;

		while ((o = policy_next(pair->outer, g->right, &at)))
			if (as_strict(g, o) && o->net.protocol == g->net.protocol &&
			    host_covers(&o->net, &g->net) && o->net.port_first <= next &&
			    o->net.port_last >= next)
				next = (uint32_t)o->net.port_last + 1;
		if (next == before)
			return false;
	}
	return true;
}

static bool limit_kept(const struct pair *pair, const struct grant *limit)
{
	const struct grant *i;
	size_t at = 0;

	while ((i = policy_next(pair->inner, RIGHT_LIMIT, &at)))
		if (i->limit == limit->limit && i->number <= limit->number &&
		    (!i->prefer || limit->prefer))
			return true;
	return false;
}

/* Another line of the same right that says the same. */
static bool name_in(const struct ambit_policy *p, const struct grant *g)
{
	const struct grant *o;
	size_t at = 0;

	while ((o = policy_next(p, g->right, &at)))
		if (str_equal(o->name, g->name))
			return true;
	return false;
}

static bool name_covered(const struct pair *pair, const struct grant *g)
{
	return name_in(pair->outer, g);
}

static bool identity_kept(const struct pair *pair, const struct grant *g)
{
	const struct grant *i = policy_first(pair->inner, g->right);

	return i && str_equal(i->name, g->name) && (!i->prefer || g->prefer);
}

static bool env_covered(const struct pair *pair, const struct grant *g)
{
	const struct grant *o;
	size_t at = 0;

	while ((o = policy_next(pair->outer, RIGHT_ENV, &at)))
		if (str_equal(o->name, g->name) && !o->value == !g->value &&
		    (!g->value || str_equal(o->value, g->value)))
			return true;
	return false;
}

static bool fd_covered(const struct pair *pair, const struct grant *g)
{
	const struct grant *o;
	size_t at = 0;

	while ((o = policy_next(pair->outer, RIGHT_FD, &at)))
		if (o->number == g->number && (o->fd_mode == FD_ANY || o->fd_mode == g->fd_mode))
			return true;
	return false;
}

/* 0, 1 and 2 pass unasked, whatever they are open for; others only where a line names them. */
static bool fd_kept(const struct pair *pair, const struct grant *g)
{
	const struct grant *i;
	size_t at = 0;

	if (g->number > 2 || g->fd_mode == FD_ANY)
		return true;
	while ((i = policy_next(pair->inner, RIGHT_FD, &at)))
		if (i->number == g->number && i->fd_mode == g->fd_mode)
			return true;
	return false;
}

static enum on_denial on_denial_of(const struct ambit_policy *p)
{
	const struct grant *g = policy_first(p, RIGHT_ON_DENIAL);

	return g ? g->on_denial : ON_DENIAL_ERROR;
}

static bool on_denial_same(const struct pair *pair, const struct grant *g)
{
	(void)g;
	return on_denial_of(pair->inner) == on_denial_of(pair->outer);
}

/* What fails on less is wider. */
static bool check_fails_as_much(const struct pair *pair, const struct grant *g)
{
	(void)g;
	return !(policy_check_fails(pair->outer) & ~policy_check_fails(pair->inner));
}

static bool has_cond(const struct grant *g, const struct syscall_cond *c)
{
	for (size_t i = 0; i < g->cond_count; i++)
		if (g->conds[i].argument == c->argument && g->conds[i].op == c->op &&
		    g->conds[i].mask == c->mask && g->conds[i].value == c->value)
			return true;
	return false;
}

/* All conditions must hold: whoever has fewer of them says yes more often. */
static bool conds_within(const struct grant *wide, const struct grant *narrow)
{
	for (size_t i = 0; i < wide->cond_count; i++)
		if (!has_cond(narrow, &wide->conds[i]))
			return false;
	return true;
}

static bool syscall_in(const struct ambit_policy *p, const struct grant *g, bool exactly)
{
	const struct grant *o;
	size_t at = 0;

	while ((o = policy_next(p, RIGHT_SYSCALL, &at)))
		if (o->number == g->number && str_equal(o->name, g->name) && conds_within(o, g) &&
		    (!exactly || conds_within(g, o)))
			return true;
	return false;
}

/* An answer refuses: it grants nothing, but is a restriction when the outer policy has it. */
static bool syscall_covered(const struct pair *pair, const struct grant *g)
{
	return g->number || syscall_in(pair->outer, g, false);
}

static bool syscall_kept(const struct pair *pair, const struct grant *g)
{
	return !g->number || syscall_in(pair->inner, g, true);
}

static enum need need_of(const struct ambit_policy *p, enum ambit_layer layer)
{
	const struct grant *g;
	size_t at = 0;

	while ((g = policy_next(p, RIGHT_NEED, &at)))
		if (g->layer == layer)
			return g->need;
	return NEED_DEFAULT;
}

/* How sure a layer is: must, then unsaid, prefer, off; or unsaid as good as off. */
static unsigned sureness(enum need need, bool only_asked)
{
	static const unsigned ranks[] = {
		[NEED_DEFAULT] = 2,
		[NEED_MUST] = 3,
		[NEED_PREFER] = 1,
		[NEED_OFF] = 0,
	};

	return need == NEED_DEFAULT && only_asked ? ranks[NEED_OFF] : ranks[need];
}

/*
 * A time namespace is made only where it is asked for. So is one for the network beside a filter;
 * without a filter it has to be had, so that what is unsaid there gives little and asks much.
 */
static bool need_as_sure(const struct pair *pair, const struct grant *g)
{
	const bool time = g->layer == AMBIT_LAYER_TIMENS, net = g->layer == AMBIT_LAYER_NET;
	const enum need inner = need_of(pair->inner, g->layer);
	const enum need outer = need_of(pair->outer, g->layer);

	return inner == outer || sureness(inner, time || net) >= sureness(outer, time);
}

static bool compute_kept(const struct pair *pair, const struct grant *g)
{
	(void)g;
	return policy_has(pair->inner, RIGHT_COMPUTE);
}

typedef bool (*question)(const struct pair *pair, const struct grant *g);

/* NULL: grants nothing, restricts nothing. */
static const struct {
	question covered; /* a grant of the inner policy, by the outer one */
	question kept;	  /* a restriction of the outer policy, by the inner one */
} questions[RIGHT_COUNT] = {
	[RIGHT_READ] = { path_covered, NULL },
	[RIGHT_WRITE] = { path_covered, NULL },
	[RIGHT_MODIFY] = { path_covered, NULL },
	[RIGHT_CREATE] = { path_covered, NULL },
	[RIGHT_EXEC] = { path_covered, NULL },
	[RIGHT_HIDE] = { NULL, hide_kept },
	[RIGHT_TMP] = { tmp_covered, tmp_kept },
	[RIGHT_ATTRIBUTES] = { right_covered, NULL },
	[RIGHT_CONNECT] = { net_covered, NULL },
	[RIGHT_LISTEN] = { net_covered, NULL },
	[RIGHT_UNIX] = { path_covered, NULL },
	[RIGHT_SPAWN] = { right_covered, NULL },
	[RIGHT_JIT] = { right_covered, NULL },
	[RIGHT_TERMINAL] = { right_covered, NULL },
	[RIGHT_LIMIT] = { NULL, limit_kept },
	[RIGHT_USER] = { name_covered, identity_kept },
	[RIGHT_GROUP] = { name_covered, identity_kept },
	[RIGHT_KEEP_CAPABILITY] = { name_covered, NULL },
	[RIGHT_LABEL] = { NULL, identity_kept },
	[RIGHT_ENV] = { env_covered, NULL },
	[RIGHT_FD] = { fd_covered, fd_kept },
	[RIGHT_BROKER] = { name_covered, NULL },
	[RIGHT_ON_DENIAL] = { on_denial_same, on_denial_same },
	[RIGHT_CHECK_FAILS] = { check_fails_as_much, check_fails_as_much },
	[RIGHT_SYSCALL] = { syscall_covered, syscall_kept },
	[RIGHT_PROMISES] = { name_covered, NULL },
	[RIGHT_PRIVILEGES] = { name_covered, NULL },
	[RIGHT_NEED] = { need_as_sure, need_as_sure },
	[RIGHT_COMPUTE] = { NULL, compute_kept },
};

static bool asked(const struct pair *pair, const struct grant *g, bool inner)
{
	question q = inner ? questions[g->right].covered : questions[g->right].kept;

	return !q || q(pair, g);
}

/* Is it the line that brought what bears this name? */
static bool brings(const struct grant *g, const char *bundle)
{
	const struct promise *p = grant_promise(g);

	return p && str_equal(p->origin, bundle);
}

/*
 * The line that stands for a grant in the report: its bundle's, when nothing of the bundle is
 * covered, so that a bundle the other policy lacks is one line and not fifty.
 */
static const struct grant *spokesman(const struct ambit_policy *p, const bool *missing,
				     const struct grant *g)
{
	const struct grant *use;
	size_t at = 0;

	for (size_t i = 0; i < p->count && g->bundle; i++)
		if (brings(&p->grants[i], g->bundle))
			return missing[i] ? &p->grants[i] : g;
	for (size_t i = 0; i < p->count && g->bundle; i++)
		if (!missing[i] && questions[p->grants[i].right].covered && p->grants[i].bundle &&
		    str_equal(p->grants[i].bundle, g->bundle))
			return g;
	while (g->bundle && (use = policy_next(p, RIGHT_USE, &at)))
		if (str_equal(use->name, g->bundle))
			return use;
	return g;
}

/* @missing: a flag a grant of @p. */
static void report(const struct ambit_policy *p, const bool *missing, const char *prefix,
		   const struct grant **lines, struct buf *out)
{
	AUTO_BUF struct buf text = { 0 };
	const char *at, *end;
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++)
		if (missing[i])
			lines[count++] =
				prefix[0] ? &p->grants[i] : spokesman(p, missing, &p->grants[i]);
	print_sorted(lines, count, &text);
	if (text.failed)
		out->failed = text.failed;
	for (at = buf_text(&text); *at; at = end) {
		end = strchr(at, '\n') + 1;
		/* Inside a block only its first line is a directive. */
		if (*at != '\t' && *at != '}')
			buf_add_string(out, prefix);
		buf_add(out, at, (size_t)(end - at));
	}
}

/* @pairs[0] is as written, the others are the same line by line with what their paths lead to. */
static bool compare(const struct pair *pairs, size_t count, bool inner, bool *missing)
{
	const struct ambit_policy *written = inner ? pairs->inner : pairs->outer;
	bool within = true;

	for (size_t i = 0; i < written->count; i++) {
		missing[i] = false;
		for (size_t k = 0; k < count; k++) {
			const struct ambit_policy *p = inner ? pairs[k].inner : pairs[k].outer;

			missing[i] |= !asked(&pairs[k], &p->grants[i], inner);
		}
		within &= !missing[i];
	}
	return within;
}

static enum ambit_code within(const struct pair *pairs, size_t count, bool *ret_is,
			      struct buf *ret_more, struct ambit_error *err)
{
	const struct ambit_policy *inner = pairs->inner, *outer = pairs->outer;
	size_t most = (inner->count > outer->count ? inner->count : outer->count) + 1;
	AUTO_FREE const struct grant **lines = calloc(most, sizeof(*lines));
	AUTO_FREE bool *missing = calloc(most, sizeof(*missing));
	bool covered, kept;

	if (!lines || !missing)
		return err_memory(err, AMBIT_LAYER_POLICY);
	covered = compare(pairs, count, true, missing);
	if (!covered && ret_more)
		report(inner, missing, "", lines, ret_more);
	kept = compare(pairs, count, false, missing);
	if (!kept && ret_more)
		report(outer, missing, "without ", lines, ret_more);
	if (ret_more && ret_more->failed)
		return err_memory(err, AMBIT_LAYER_POLICY);
	*ret_is = covered && kept;
	return AMBIT_OK;
}

/* @follow: NULL for the names as they are. */
static bool list_always(struct pair *pair, const struct within_place *place,
			policy_follower *follow, struct arena *arena)
{
	const char **list;
	size_t count = 0;

	while (place && place->always && place->always(count))
		count++;
	list = arena_array(arena, count + 1, sizeof(*list));
	for (size_t i = 0; list && i < count; i++) {
		list[i] = place->always(i);
		if (follow)
			list[i] = follow_path(arena, follow, list[i]);
		if (!list[i])
			return false;
	}
	pair->always = list;
	pair->always_count = count;
	return list != NULL;
}

enum ambit_code policy_within(const struct ambit_policy *inner, const struct ambit_policy *outer,
			      const struct within_place *place, bool *ret_is, struct buf *ret_more,
			      struct ambit_error *err)
{
	AUTO_ARENA struct arena arena = { 0 };
	struct ambit_policy real_inner = { 0 }, real_outer = { 0 };
	struct pair pairs[] = { { .inner = inner, .outer = outer },
				{ .inner = &real_inner, .outer = &real_outer } };
	policy_follower *follow = place ? place->follow : NULL;
	enum ambit_code code;

	if (list_always(&pairs[0], place, NULL, &arena) &&
	    (!follow || (list_always(&pairs[1], place, follow, &arena) &&
			 policy_follow(inner, follow, &real_inner) &&
			 policy_follow(outer, follow, &real_outer))))
		code = within(pairs, follow ? 2 : 1, ret_is, ret_more, err);
	else
		code = err_memory(err, AMBIT_LAYER_POLICY);
	policy_done(&real_inner);
	policy_done(&real_outer);
	return code;
}
