/* SPDX-License-Identifier: ISC */
#include "compare.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../base/class.h"
#include "../filter/filter.h"
#include "../policy/check_class.h"
#include "../policy/path.h"
#include "../policy/print.h"
#include "summary.h"

#define HOST_RIGHTS (RIGHT_BIT(CONNECT) | RIGHT_BIT(LISTEN))

/* What every confined program may open without a line of policy. */
static const char *const always[] = {
	"/dev/full",
	"/dev/null",
	"/dev/random",
	"/dev/urandom",
	"/dev/zero",
	"/proc/self",
	"/usr/lib",
	"/lib",
	"/usr/share/zoneinfo",
	"/usr/share/locale",
	"/etc/localtime",
	"/usr/lib/locale",
	"/lib64",
	"/usr/lib64",
};

const char *confidence_text(enum confidence c)
{
	switch (c) {
	case SURE_DIRECT:
		return "direct";
	case SURE_CALLBACK:
		return "callback";
	case SURE_INDIRECT:
		return "indirect in the program";
	case SURE_INDIRECT_LIBRARY:
		return "indirect in a library";
	case SURE_COUNT:
		break;
	}
	return "";
}

static_assert((int)CHECK_DIRECT == SURE_DIRECT && (int)CHECK_CALLBACK == SURE_CALLBACK &&
		      (int)CHECK_INDIRECT == SURE_INDIRECT &&
		      (int)CHECK_LIBRARY == SURE_INDIRECT_LIBRARY,
	      "the classes of the language are those of findings");

static bool place_fails(const struct comparison *c, const struct place *at)
{
	return c->fails >> at->confidence & 1;
}

static bool nearer(const struct comparison *c, const struct place *a, const struct place *b)
{
	if (place_fails(c, a) != place_fails(c, b))
		return place_fails(c, a);
	if (a->confidence != b->confidence)
		return a->confidence < b->confidence;
	return c->reach->functions[a->function].chain < c->reach->functions[b->function].chain;
}

static struct finding *finding_of(struct comparison *c, const struct finding *like)
{
	struct finding *f;

	for (size_t i = 0; i < c->findings.count; i++) {
		f = &c->findings.at[i];
		if (f->kind == like->kind && f->effect == like->effect && f->raw == like->raw &&
		    !strcmp(f->name, like->name) &&
		    (f->path == like->path ||
		     (f->path && like->path && !strcmp(f->path, like->path))))
			return f;
	}
	f = vec_add(&c->findings);
	*f = *like;
	return f;
}

static void find(struct comparison *c, const struct finding *like, const struct place *at)
{
	struct finding *f = finding_of(c, like);
	struct place *last;

	for (size_t i = 0; i < f->places.count; i++)
		if (f->places.at[i].site == at->site)
			return;
	last = vec_add(&f->places);
	*last = *at;
	f->fails = f->fails || place_fails(c, at);
	while (last > f->places.at && nearer(c, last, last - 1)) {
		struct place other = last[-1];

		last[-1] = *last;
		*last-- = other;
	}
}

/* Leads anywhere, and is not what every program may open of itself. */
static const char *const leads_out[] = { "/proc/self/cwd", "/proc/self/task" };

static bool always_granted(const char *path)
{
	for (size_t i = 0; i < ARRAY_COUNT(leads_out); i++)
		if (path_covers(leads_out[i], path))
			return false;
	for (size_t i = 0; i < ARRAY_COUNT(always); i++)
		if (path_covers(always[i], path))
			return true;
	return false;
}

/* Without "//", "." and "..", as if nothing on the way were a link; @out has room for it. */
static void clean(const char *path, char *out)
{
	size_t used = 0, n;

	for (const char *at = path; *at; at += n) {
		at += strspn(at, "/");
		n = strcspn(at, "/");
		if (n == 2 && at[0] == '.' && at[1] == '.')
			while (used && out[--used] != '/')
				;
		else if (n > 1 || (n == 1 && at[0] != '.')) {
			out[used++] = '/';
			memcpy(out + used, at, n);
			used += n;
		}
	}
	if (!used)
		out[used++] = '/';
	out[used] = '\0';
}

/* A constant path as a policy would name it. */
static const char *plain_path(struct comparison *c, const char *path)
{
	static const char root[] = "/proc/self/root";
	const size_t length = strlen(path);

	if (length < PATH_MAX &&
	    (strstr(path, "//") || strstr(path, "/.") || (length > 1 && path[length - 1] == '/'))) {
		char *text = store_alloc(length + 2, 1);

		clean(path, text);
		*vec_add(&c->texts) = text;
		path = text;
	}
	while (path_covers(root, path))
		path = path[strlen(root)] ? path + strlen(root) : "/";
	return path;
}

/* The path of the line that hides @path, which wins over all that grants it; or NULL. */
static const char *hidden_by(const struct comparison *c, const char *path)
{
	const struct grant *hide;
	size_t at = 0;

	while (c->policy && (hide = policy_next(c->policy, RIGHT_HIDE, &at)))
		if (path_covers(hide->path, path))
			return hide->path;
	return NULL;
}

static bool path_granted(const struct comparison *c, uint64_t rights, const char *path)
{
	if (always_granted(path))
		return true;
	for (size_t i = 0; c->policy && i < c->policy->count; i++) {
		const struct grant *g = &c->policy->grants[i];

		if (!(rights >> g->right & 1))
			continue;
		if ((g->path && path_covers(g->path, path)) ||
		    (g->right == RIGHT_TMP && path_covers("/tmp", path)))
			return true;
	}
	return false;
}

/* The rights that name paths, of those that cover an effect. */
static uint64_t path_rights(enum libc_effect effect)
{
	uint64_t rights = libc_effect_row(effect)->rights;

	return rights == ANY_RIGHT ? 0 : rights & PATH_RIGHTS;
}

static void judge_effect(struct comparison *c, const struct finding *like, const struct place *at)
{
	const struct libc_effect_row *row = libc_effect_row(like->effect);
	struct finding f = *like;

	c->used |= UINT64_C(1) << like->effect;
	if (row->rights == ANY_RIGHT)
		return;
	if (f.path && f.path[0] == '/' && path_rights(f.effect)) {
		f.path = plain_path(c, f.path);
		f.hidden = hidden_by(c, f.path);
		if (!f.hidden && path_granted(c, row->rights, f.path))
			return;
		f.kind = row->rights & c->rights ? FINDING_PATH : FINDING_RIGHT;
		find(c, &f, at);
		return;
	}
	if (f.path && !strncmp(f.path, "tcp ", 4)) {
		f.kind = row->rights & c->rights & HOST_RIGHTS ? FINDING_PATH : FINDING_RIGHT;
		find(c, &f, at);
		return;
	}
	if (!(row->rights & c->rights)) {
		f.path = f.path && f.path[0] == '/' ? f.path : NULL;
		find(c, &f, at);
	}
}

static void judge_effects(struct comparison *c, uint64_t effects, const struct finding *like,
			  const struct place *at)
{
	for (unsigned i = 0; i < EFFECT_COUNT; i++) {
		struct finding f = *like;

		if (!(effects >> i & 1))
			continue;
		f.effect = (enum libc_effect)i;
		judge_effect(c, &f, at);
	}
}

static void judge_paths(struct comparison *c, uint64_t effects, unsigned arguments,
			const struct finding *like, const struct place *at)
{
	const char *paths[VALUES_MAX];

	for (unsigned k = 0; k < 6; k++) {
		size_t count;
		bool all;

		if (!(arguments >> k & 1))
			continue;
		count = strings_of(c, at, k, paths, &all);
		for (size_t i = 0; i < count; i++) {
			struct finding f = *like;

			f.path = paths[i];
			judge_effects(c, effects, &f, at);
		}
		if (!all)
			judge_effects(c, effects, like, at);
	}
	if (!arguments)
		judge_effects(c, effects, like, at);
}

/* A host and port, or a local socket's path, that are constants of the program. */
static bool judge_addresses(struct comparison *c, const struct libc_function *row,
			    const struct finding *like, const struct place *at)
{
	bool connects = row->effects == EFFECT_BIT(CONNECT);
	const char *texts[VALUES_MAX];
	unsigned argument = 0;
	size_t count;
	struct value v;

	if (!connects && row->effects != EFFECT_BIT(LISTEN))
		return false;
	while (argument < 6 && !(libc_arguments(row, LIBC_ADDRESS) >> argument & 1))
		argument++;
	reach_argument(c->graph, at->function, at->site, argument, &v);
	count = compare_addresses(c, &v, connects ? RIGHT_CONNECT : RIGHT_LISTEN, texts);
	for (size_t i = 0; i < count; i++) {
		struct finding f = *like;

		f.path = *texts[i] && (connects || texts[i][0] != '/') ? texts[i] : NULL;
		judge_effects(c, row->effects, &f, at);
	}
	return count > 0;
}

/* The file that a program's name stands for: where the policy lets it be, of the usual places. */
static const char *program_named(struct comparison *c, const char *name)
{
	static const char *const places[] = { "/usr/bin/", "/bin/",	      "/usr/sbin/",
					      "/sbin/",	   "/usr/local/bin/", "/usr/local/sbin/" };
	const char *first = NULL;

	if (strchr(name, '/') || strlen(name) >= NAME_MAX)
		return name;
	for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
		char *path = store_alloc(strlen(places[i]) + strlen(name) + 1, 1);

		memcpy(path, places[i], strlen(places[i]));
		memcpy(path + strlen(places[i]), name, strlen(name) + 1);
		*vec_add(&c->texts) = path;
		if (path_granted(c, RIGHT_BIT(EXEC), path))
			return path;
		first = first ? first : path;
	}
	return first;
}

/* Functions that hand a line to the shell. */
static bool runs_shell(const char *name)
{
	static const char *const names[] = { "system", "popen", "_IO_popen", "_IO_proc_open",
					     "wordexp" };

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* A program by its name, which is looked up, or the shell. False for any other function. */
static bool judge_program(struct comparison *c, const struct libc_function *row,
			  const struct finding *like, const struct place *at)
{
	const unsigned arguments = libc_arguments(row, LIBC_PROGRAM);
	const char *names[VALUES_MAX] = { "sh" };
	size_t count = runs_shell(row->name);
	bool all = count;

	for (unsigned k = 0; k < 6 && !count; k++)
		if (arguments >> k & 1)
			count = strings_of(c, at, k, names, &all);
	for (size_t i = 0; i < count; i++) {
		struct finding f = *like;

		f.path = program_named(c, names[i]);
		judge_effects(c, EFFECT_BIT(EXEC), &f, at);
	}
	if (count || arguments)
		judge_effects(c, all ? row->effects & ~EFFECT_BIT(EXEC) : row->effects, like, at);
	return count || arguments;
}

/* A host by its name or number, with the port where getaddrinfo() is told one. */
static bool judge_hosts(struct comparison *c, const struct libc_function *row,
			const struct finding *like, const struct place *at)
{
	const unsigned argument = libc_arguments(row, LIBC_HOST) == 1U << 0 ? 0 : 6;
	const char *hosts[VALUES_MAX], *services[VALUES_MAX] = { NULL };
	bool all, known = false;
	size_t count, ports = 0;

	if (argument || !(row->effects & EFFECT_BIT(RESOLVE)))
		return false;
	count = strings_of(c, at, argument, hosts, &all);
	if (!strcmp(row->name, "getaddrinfo"))
		ports = strings_of(c, at, 1, services, &known);
	for (size_t i = 0; i < count; i++) {
		struct finding f = *like;

		f.path = compare_host(c, hosts[i], known && ports == 1 ? services[0] : NULL);
		judge_effects(c, EFFECT_BIT(RESOLVE), &f, at);
	}
	judge_effects(c, all ? row->effects & ~EFFECT_BIT(RESOLVE) : row->effects, like, at);
	return true;
}

static void judge_use(struct comparison *c, const struct use *u)
{
	const char *name = libc_name(c->graph, u->function);
	const struct libc_function *row = name ? libc_lookup(name) : NULL;
	const struct place at = { .function = u->from,
				  .site = use_site(c->reach, u),
				  .confidence = u->confidence };
	struct finding like = { .kind = FINDING_RIGHT, .name = name ? name : "?" };

	if (row && summary_covers(c->graph->program, c->graph->functions.at[u->from].entry))
		return; /* the summary says more exactly what it does */
	/* The program's start belongs to the library: __libc_start_main and what it is given. */
	if (!row) {
		like.kind = FINDING_UNKNOWN;
		find(c, &like, &at);
		return;
	}
	if (u->how != STEP_CALL) { /* handed over, or by a pointer: nobody knows its arguments */
		judge_effects(c, libc_effects_all(row), &like, &at);
		return;
	}
	if (!judge_addresses(c, row, &like, &at) && !judge_program(c, row, &like, &at) &&
	    !judge_hosts(c, row, &like, &at))
		judge_paths(c, effects_of_call(c, row, &at), libc_arguments(row, LIBC_PATH), &like,
			    &at);
}

static unsigned path_argument(const struct call_row *row)
{
	static const uint64_t with_path = CALL_BIT(OPEN) | CALL_BIT(STAT) | CALL_BIT(CWD) |
					  CALL_BIT(CREATE) | CALL_BIT(TRUNCATE) |
					  CALL_BIT(ATTRIBUTES) | CALL_BIT(EXEC);
	const char *arguments = call_arguments(row);

	if (!(with_path >> row->klass & 1) || !arguments)
		return 0;
	if (arguments[0] == 'p')
		return 1U << 0;
	return arguments[0] && arguments[1] == 'p' && row->name[0] != 'f' ? 1U << 1 : 0;
}

static void judge_site(struct comparison *c, uint32_t function, const struct site *s)
{
	const struct call_row *row =
		s->number < 0 ? NULL : call_by_number(ARCH_X86_64, (uint32_t)s->number);
	const struct place at = { .function = function,
				  .site = s->address,
				  .confidence = c->reach->functions[function].confidence };
	struct finding like = { .kind = FINDING_RIGHT,
				.raw = true,
				.name = row ? row->name : "a system call that no table has" };

	for (size_t i = 0; c->policy && row && i < c->policy->count; i++)
		if (c->policy->grants[i].right == RIGHT_SYSCALL && !c->policy->grants[i].number &&
		    !strcmp(c->policy->grants[i].name, row->name))
			return;
	judge_paths(c, effects_of_site(c, row, s, &at), row && !s->by ? path_argument(row) : 0,
		    &like, &at);
}

struct summarised {
	struct comparison *comparison;
	struct finding like;
	struct place at;
};

static void judge_summarised(void *context, unsigned effect, const char *path)
{
	struct summarised *s = context;
	struct finding f = s->like;

	f.effect = (enum libc_effect)effect;
	f.path = path;
	judge_effect(s->comparison, &f, &s->at);
}

/* What the summary of its library says of a function is a use at the place that calls it. */
static void judge_summary(struct comparison *c, uint32_t function)
{
	const struct reached *here = &c->reach->functions[function];
	struct summarised s = {
		.comparison = c,
		.like = { .kind = FINDING_RIGHT, .name = function_name(c->graph, function) },
		.at = { .function = here->from ? here->from - 1 : function,
			.site = here->from ? reached_site(c->reach, here)
					   : c->graph->functions.at[function].entry,
			.confidence = here->confidence },
	};

	summary_effects(c->graph, function, judge_summarised, &s);
}

static void judge_sites(struct comparison *c, uint32_t function)
{
	const struct rare *rare = c->graph->functions.at[function].rare;

	for (size_t i = 0; i < rare->site_count; i++) {
		const struct site *s = &rare->sites[i];

		if (reach_has(c->reach, function, s->address))
			judge_site(c, function, s);
	}
}

static int by_weight(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int order;

	if (x->fails != y->fails)
		return x->fails ? -1 : 1;
	if (x->places.at[0].confidence != y->places.at[0].confidence)
		return x->places.at[0].confidence - y->places.at[0].confidence;
	if (x->effect != y->effect)
		return x->effect > y->effect ? 1 : -1;
	order = strcmp(x->name, y->name);
	if (order || !x->path || !y->path)
		return order;
	return strcmp(x->path, y->path);
}

void compare(struct comparison *c)
{
	c->fails = policy_check_fails(c->policy);
	for (size_t i = 0; c->policy && i < c->policy->count; i++)
		c->rights |= UINT64_C(1) << c->policy->grants[i].right;
	for (size_t i = 0; i < c->reach->uses.count; i++)
		judge_use(c, &c->reach->uses.at[i]);
	for (size_t i = 0; i < c->reach->order.count; i++)
		judge_sites(c, c->reach->order.at[i]);
	for (size_t i = 0; i < c->reach->order.count; i++)
		judge_summary(c, c->reach->order.at[i]);
	for (size_t i = 0; i < c->reach->partial_of.count; i++)
		judge_sites(c, c->reach->partial_of.at[i]);
	store_sort(c->findings.at, c->findings.count, sizeof(*c->findings.at), by_weight);
}

void compare_done(struct comparison *c)
{
	for (size_t i = 0; i < c->findings.count; i++)
		free(c->findings.at[i].places.at);
	free(c->findings.at);
	for (size_t i = 0; i < c->texts.count; i++)
		free(c->texts.at[i]);
	free(c->texts.at);
}

void finding_line(const struct finding *f, struct buf *out)
{
	uint64_t rights = libc_effect_row(f->effect)->rights;
	enum right right = RIGHT_SYSCALL;

	buf_clear(out);
	if (f->hidden) {
		buf_add_string(out, "without hide ");
		print_word(out, f->hidden, strlen(f->hidden));
		return;
	}
	if (f->path && f->path[0] == '/' && (rights & RIGHT_BIT(UNIX)) && (rights & HOST_RIGHTS))
		rights = RIGHT_BIT(UNIX);
	for (unsigned i = 0; i < RIGHT_COUNT; i++)
		if (rights >> i & 1) {
			right = (enum right)i;
			break;
		}
	if (right == RIGHT_SYSCALL) {
		buf_add_format(out, "syscall %s", f->name);
		return;
	}
	buf_add_string(out, right_row(right)->keyword);
	if (f->path && f->path[0] != '/') { /* an address, in words of ours */
		buf_add_format(out, " %s", f->path);
	} else if (f->path && (right_row(right)->flags & ROW_PATHS)) {
		buf_add_char(out, ' ');
		print_word(out, f->path, strlen(f->path));
	} else if (right_row(right)->arguments[0]) {
		buf_add_format(out, " %s", right_row(right)->arguments);
	}
}
