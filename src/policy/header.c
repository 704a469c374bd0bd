/* SPDX-License-Identifier: ISC */
/*
 * header.c - a policy as a C header for <ambit/confined.h>
 *
 * Each line of the policy that grants something is a capability for the compiler. A line with a
 * path, or with an address, is a type of handle, too, with the functions that the line allows, and
 * no others. What has no handle (a process, a host by its name, a line that bounds nothing) is
 * granted as the libc's own functions for it; the policy in force judges their arguments.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "../base/str.h"
#include "libc.h"
#include "policy.h"

enum { NAME_SIZE = 64 };

/* X(function, parameters after the handle and the path) */
#define HANDLE_FUNCTIONS(X)                                                                        \
	X(open_read, false)                                                                        \
	X(open_modify, true)                                                                       \
	X(open_write, true)                                                                        \
	X(make_directory, true)                                                                    \
	X(remove, false)                                                                           \
	X(remove_directory, false)                                                                 \
	X(rename, true)                                                                            \
	X(connect, true)                                                                           \
	X(send_to, true)                                                                           \
	X(listen, true)                                                                            \
	X(accept, false)                                                                           \
	X(connect_unix, true)                                                                      \
	X(exec, true)                                                                              \
	X(spawn, true)
enum handle_function {
#define FUNCTION_ENUM(name, more) F_##name,
	HANDLE_FUNCTIONS(FUNCTION_ENUM)
#undef FUNCTION_ENUM
		F_COUNT
};
static const struct {
	const char *name;
	bool more;
} functions[F_COUNT] = {
#define FUNCTION_ROW(name, more) { #name, (more) },
	HANDLE_FUNCTIONS(FUNCTION_ROW)
#undef FUNCTION_ROW
};
#define F(name)	  (1U << F_##name)
#define F_CREATES (F(make_directory) | F(remove) | F(remove_directory) | F(rename))

/* What a line with a path or an address is made into. */
struct handle_kind {
	enum right right;
	const char *header;	/* <ambit/confined_...> */
	const char *macro;	/* its AMBIT_HANDLE_... */
	const char *type;	/* POLICY_TYPE_NAME */
	const char *capability; /* POLICY_CAPABILITY_NAME */
	unsigned functions;	/* the most that it has; see functions_of() */
};

static const struct handle_kind kinds[] = {
	{ RIGHT_READ, "handle", "READ", "reader", "read", F(open_read) },
	{ RIGHT_WRITE, "handle", "WRITE", "writer", "write", F(open_write) | F_CREATES },
	{ RIGHT_TMP, "handle", "WRITE", "writer", "tmp", F(open_write) | F_CREATES },
	{ RIGHT_MODIFY, "handle", "MODIFY", "modifier", "modify", F(open_modify) },
	{ RIGHT_CREATE, "handle", "CREATE", "creator", "create", F_CREATES },
	{ RIGHT_CONNECT, "endpoint", "CONNECT", "connector", "connect_to",
	  F(connect) | F(send_to) },
	{ RIGHT_LISTEN, "endpoint", "LISTEN", "listener", "listen_on", F(listen) | F(accept) },
	{ RIGHT_UNIX, "endpoint", "UNIX", "socket", "unix", F(connect_unix) },
	{ RIGHT_EXEC, "program", "EXEC", "program", "execute", F(exec) | F(spawn) },
};

struct effect_words {
	const char *name;
	uint64_t rights;
};
#define EFFECT_WORDS(name, rights, text) { #name, (rights) },
static const struct effect_words effects[EFFECT_COUNT] = { LIBC_EFFECTS(EFFECT_WORDS) };

struct header {
	const struct ambit_policy *policy;
	const char *name; /* of the policy, an identifier */
	struct buf *out;
};

static const struct handle_kind *kind_of(const struct grant *g)
{
	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
		if (kinds[i].right == g->right && !g->bundle && !g->net.name)
			return &kinds[i];
	return NULL;
}

/* NULL: of an address. */
static const char *path_of(const struct grant *g)
{
	return g->right == RIGHT_TMP ? "/tmp" : g->path;
}

static bool same_resource(const struct grant *a, const struct grant *b)
{
	const struct endpoint *x = &a->net, *y = &b->net;

	if (path_of(a) || path_of(b))
		return path_of(a) && path_of(b) && str_equal(path_of(a), path_of(b));
	return x->protocol == y->protocol && x->family == y->family &&
	       x->prefix_bits == y->prefix_bits && x->port_first == y->port_first &&
	       x->port_last == y->port_last && !memcmp(x->address, y->address, sizeof(x->address));
}

/* The functions of the handle of a line. */
static unsigned functions_of(const struct header *h, const struct grant *g,
			     const struct handle_kind *kind)
{
	unsigned without = 0;

	if (g->net.protocol == NET_TCP)
		without = F(send_to);
	if (g->net.protocol == NET_UDP)
		without = F(accept);
	if (!policy_has(h->policy, RIGHT_SPAWN))
		without |= F(spawn);
	return kind->functions & ~without;
}

/* @text as the end of an identifier: letters and digits, one _ for all between them. */
static void add_identifier(char *to, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++) {
		const char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			to[n++] = c;
		else if (n && to[n - 1] != '_')
			to[n++] = '_';
	}
	while (n && to[n - 1] == '_')
		n--;
	to[n] = '\0';
}

/* "connect tcp * 8000-8010" is tcp_any_8000_8010. */
static void address_name(const struct grant *g, char *to)
{
	AUTO_BUF struct buf line = { 0 }, words = { 0 };

	grant_print(g, &line);
	for (const char *c = buf_text(&line) + strlen(right_row(g->right)->keyword); *c; c++) {
		if (*c == '\n' || str_starts(c, " prefer"))
			break;
		if (*c == '*')
			buf_add_string(&words, "any");
		else
			buf_add_char(&words, *c);
	}
	add_identifier(to, NAME_SIZE - 8, buf_text(&words));
}

static void plain_name(const struct grant *g, char *to)
{
	const char *path = path_of(g);

	if (!path) {
		address_name(g, to);
		return;
	}
	add_identifier(to, NAME_SIZE - 8, str_equal(path, "/") ? "root" : path);
	if (!to[0])
		(void)snprintf(to, NAME_SIZE, "path");
}

/* The identifier of what @g names; of several that come out the same, later ones have a number. */
static void name_of(const struct header *h, const struct grant *g, char *to)
{
	unsigned same = 1;

	plain_name(g, to);
	for (const struct grant *other = h->policy->grants; other < g; other++) {
		char name[NAME_SIZE];

		if (!kind_of(other))
			continue;
		plain_name(other, name);
		same += str_equal(name, to) && !same_resource(other, g);
	}
	if (same > 1)
		(void)snprintf(to + strlen(to), 8, "_%u", same % 100000);
}

/* The same line twice is one capability. */
static bool first_of_its_kind(const struct header *h, const struct grant *g)
{
	for (const struct grant *other = h->policy->grants; other < g; other++)
		if (other->right == g->right && kind_of(other) && same_resource(other, g))
			return false;
	return true;
}

/* The next grant that becomes a handle, from *@at on; NULL at the end. */
static const struct grant *next_handle(const struct header *h, size_t *at,
				       const struct handle_kind **ret_kind)
{
	while (*at < h->policy->count) {
		const struct grant *g = &h->policy->grants[(*at)++];

		*ret_kind = kind_of(g);
		if (*ret_kind && first_of_its_kind(h, g))
			return g;
	}
	return NULL;
}

static void add_literal(struct buf *out, const char *text)
{
	buf_add_char(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_add_char(out, '\\');
		if (*text == '?' || *text < ' ' || *text == 127)
			buf_add_format(out, "\\%03o", (unsigned char)*text);
		else
			buf_add_char(out, *text);
	}
	buf_add_char(out, '"');
}

/* A line of policy in a comment, which it must not end. */
static void add_line(struct buf *out, const struct grant *g)
{
	AUTO_BUF struct buf line = { 0 };

	grant_print(g, &line);
	buf_add_string(out, "/* ");
	for (const char *c = buf_text(&line); *c && *c != '\n'; c++) {
		buf_add_char(out, *c);
		if (*c == '*' && c[1] == '/')
			buf_add_char(out, ' ');
	}
	buf_add_string(out, " */\n");
	if (line.failed)
		out->failed = line.failed;
}

/* A struct ambit_endpoint of confined_endpoint.h. */
static void add_endpoint(struct buf *out, const struct endpoint *e)
{
	const char *family = e->family == AF_INET    ? "AF_INET"
			     : e->family == AF_INET6 ? "AF_INET6"
						     : "AF_UNSPEC";
	const size_t bytes = e->family == AF_INET ? 4 : e->family == AF_INET6 ? 16 : 0;

	buf_add_format(out, "%s, %s, %u, \"", e->protocol == NET_UDP ? "SOCK_DGRAM" : "SOCK_STREAM",
		       family, bytes ? e->prefix_bits : 0U);
	for (size_t i = 0; i < bytes; i++)
		buf_add_format(out, "\\%03o", e->address[i]);
	buf_add_format(out, "\", %u, %u", e->port_first, e->port_last);
}

static void add_handle(const struct header *h, const struct grant *g,
		       const struct handle_kind *kind)
{
	const char *more = g->net.protocol == NET_UDP		 ? "_UDP"
			   : functions_of(h, g, kind) & F(spawn) ? "_SPAWN"
								 : "";
	char name[NAME_SIZE];

	name_of(h, g, name);
	add_line(h->out, g);
	buf_add_format(h->out, "AMBIT_HANDLE_%s%s(%s, %s, %s_%s_%s, %s_%s_%s, ", kind->macro, more,
		       h->name, name, h->name, kind->type, name, h->name, kind->capability, name);
	if (path_of(g))
		add_literal(h->out, path_of(g));
	else
		add_endpoint(h->out, &g->net);
	buf_add_string(h->out, ")\n\n");
}

/* Has the line a handle, and does it leave anything out? */
static bool is_bounded(const struct grant *g)
{
	if (!kind_of(g))
		return false;
	if (path_of(g))
		return !str_equal(path_of(g), "/");
	return g->net.family || g->net.port_first != 0 || g->net.port_last != 65535;
}

/* RIGHT_BIT()s of the policy: all of them, or those that no handle bounds. */
static uint64_t rights_of(const struct header *h, bool all)
{
	uint64_t rights = 0;

	for (size_t i = 0; i < h->policy->count; i++) {
		const struct grant *g = &h->policy->grants[i];

		if (all || (!g->bundle && !is_bounded(g)))
			rights |= UINT64_C(1) << g->right;
	}
	return rights;
}

static void add_lower(struct buf *out, const char *name)
{
	for (; *name; name++)
		buf_add_char(out, *name == '_' ? '_' : (char)(*name - 'A' + 'a'));
}

static bool covered(const struct effect_words *effect, uint64_t rights)
{
	return effect->rights != ANY_RIGHT && (effect->rights & rights);
}

static void add_capabilities(const struct header *h, const char *macro, uint64_t rights)
{
	const struct handle_kind *kind;
	const struct grant *g;
	char name[NAME_SIZE];
	size_t at = 0;

	buf_add_format(h->out, "#define %s_%s \\\n\t%s_policy", macro, h->name, h->name);
	while ((g = next_handle(h, &at, &kind))) {
		name_of(h, g, name);
		buf_add_format(h->out, ", \\\n\t%s_%s_%s", h->name, kind->capability, name);
	}
	for (unsigned i = 0; i < EFFECT_COUNT; i++)
		if (covered(&effects[i], rights)) {
			buf_add_string(h->out, ", \\\n\tambit_right_");
			add_lower(h->out, effects[i].name);
		}
	buf_add_string(h->out, "\n");
}

/* What gcc is not to refuse; before confined.h, which refuses the rest. */
static void add_granted(const struct header *h, uint64_t rights)
{
	for (unsigned i = 0; i < EFFECT_COUNT; i++)
		if (covered(&effects[i], rights)) {
			buf_add_string(h->out, "#define AMBIT_REFUSED_");
			add_lower(h->out, effects[i].name);
			buf_add_string(h->out, "\n");
		}
	if (covered(&effects[EFFECT_READ], rights) || covered(&effects[EFFECT_MODIFY], rights) ||
	    covered(&effects[EFFECT_CREATE], rights))
		buf_add_string(h->out, "#define AMBIT_REFUSED_by_flags\n");
}

/* The next handle that has @function. */
static const struct grant *next_with(const struct header *h, unsigned function, size_t *at,
				     const struct handle_kind **ret_kind)
{
	const struct grant *g;

	while ((g = next_handle(h, at, ret_kind)))
		if (functions_of(h, g, *ret_kind) >> function & 1)
			return g;
	return NULL;
}

/* g++ has no _Generic: there an overloaded function chooses. */
static void add_overloads(const struct header *h, unsigned function)
{
	const char *word = functions[function].name;
	const bool more = functions[function].more;
	const struct handle_kind *kind;
	const struct grant *g;
	char name[NAME_SIZE];

	buf_add_format(h->out,
		       "#if defined(__cplusplus) && !defined(__clang__)\n#undef %s_%s\n"
		       "#define %s_%s(h, path%s) %s_%s_of(h)(h, path%s)\n",
		       h->name, word, h->name, word, more ? ", ..." : "", h->name, word,
		       more ? ", __VA_ARGS__" : "");
	for (size_t at = 0; (g = next_with(h, function, &at, &kind));) {
		name_of(h, g, name);
		buf_add_format(h->out,
			       "static inline auto %s_%s_of(const struct %s_%s_%s *) "
			       "{ return %s_%s_%s; }\n",
			       h->name, word, h->name, kind->type, name, h->name, word, name);
	}
	buf_add_string(h->out, "#endif\n");
}

/* POLICY_FUNCTION() for whichever handle it is given; with one only, that handle's function. */
static void add_dispatch(const struct header *h, unsigned function)
{
	const char *word = functions[function].name;
	const char *more = functions[function].more ? ", __VA_ARGS__" : "";
	const struct handle_kind *kind;
	const struct grant *g, *first;
	char name[NAME_SIZE];
	size_t at = 0, begin;

	first = next_with(h, function, &at, &kind);
	if (!first)
		return;
	buf_add_format(h->out, "#define %s_%s(h, path%s) ", h->name, word,
		       functions[function].more ? ", ..." : "");
	begin = at;
	if (!next_with(h, function, &begin, &kind)) {
		name_of(h, first, name);
		buf_add_format(h->out, "%s_%s_%s(h, path%s)\n", h->name, word, name, more);
		return;
	}
	buf_add_string(h->out, "_Generic((h)");
	for (at = 0; (g = next_with(h, function, &at, &kind));) {
		name_of(h, g, name);
		for (int i = 0; i < 2; i++)
			buf_add_format(h->out, ", \\\n\t%sstruct %s_%s_%s *: %s_%s_%s",
				       i ? "const " : "", h->name, kind->type, name, h->name, word,
				       name);
	}
	buf_add_format(h->out, ")(h, path%s)\n", more);
	add_overloads(h, function);
}

/* The only handle of a kind has the name without its path, too. */
static void add_alias(const struct header *h, const struct handle_kind *kind)
{
	const struct grant *g, *only = NULL;
	const struct handle_kind *found;
	char name[NAME_SIZE];
	size_t at = 0, count = 0;

	while ((g = next_handle(h, &at, &found)))
		if (str_equal(found->type, kind->type)) {
			only = g;
			count++;
		}
	if (count != 1 || !only || only->right != kind->right)
		return;
	name_of(h, only, name);
	for (unsigned i = 0; i < 3; i++) {
		static const char *const ends[] = { "", "_init", "_done" };

		buf_add_format(h->out, "#define %s_%s%s %s_%s_%s%s\n", h->name, kind->type, ends[i],
			       h->name, kind->type, name, ends[i]);
	}
}

static void add_top(const struct header *h)
{
	buf_add_format(h->out, "/* %s_rights.h - made by `ambit header`; do not edit */\n",
		       h->name);
	buf_add_format(h->out, "#ifndef AMBIT_RIGHTS_H_%s\n#define AMBIT_RIGHTS_H_%s\n\n", h->name,
		       h->name);
	buf_add_format(h->out,
		       "#ifndef AMBIT_POLICY_NAME\n#define AMBIT_POLICY_NAME \"%s\"\n#endif\n",
		       h->name);
	buf_add_string(h->out, "#ifndef AMBIT_CONFINED_H\n");
	add_granted(h, rights_of(h, false));
	buf_add_string(h->out, "#ifdef AMBIT_CONFINED_FILE_LIBC\n");
	add_granted(h, rights_of(h, true));
	buf_add_string(h->out, "#endif\n#endif\n#include <ambit/confined.h>\n");
}

static void add_includes(const struct header *h)
{
	static const char *const headers[] = { "handle", "endpoint", "program" };

	for (size_t i = 0; i < ARRAY_COUNT(headers); i++) {
		const struct handle_kind *kind;
		size_t at = 0;

		while (next_handle(h, &at, &kind))
			if (str_equal(kind->header, headers[i])) {
				buf_add_format(h->out, "#include <ambit/confined_%s.h>\n",
					       headers[i]);
				break;
			}
	}
}

enum ambit_code policy_header(const struct ambit_policy *p, const char *name, struct buf *out,
			      struct ambit_error *err)
{
	const struct header h = { p, name, out };
	const struct handle_kind *kind;
	const struct grant *g;
	size_t at;

	add_top(&h);
	add_includes(&h);
	buf_add_format(out, "\nextern struct ambit_right %s_policy;\n\n", name);
	for (at = 0; (g = next_handle(&h, &at, &kind));)
		add_handle(&h, g, kind);
	for (size_t i = 0; p->grants && i < p->count; i++)
		if (!kind_of(&p->grants[i]) && !p->grants[i].bundle)
			add_line(out, &p->grants[i]);
	buf_add_string(out, "\n");
	for (unsigned i = 0; i < F_COUNT; i++)
		add_dispatch(&h, i);
	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
		add_alias(&h, &kinds[i]);
	buf_add_string(out, "\n");
	add_capabilities(&h, "AMBIT_RIGHTS_OF", rights_of(&h, false));
	add_capabilities(&h, "AMBIT_LIBC_RIGHTS_OF", rights_of(&h, true));
	buf_add_string(out, "\n#endif\n");
	return out->failed ? err_memory(err, AMBIT_LAYER_POLICY) : AMBIT_OK;
}
