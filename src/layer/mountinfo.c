/* SPDX-License-Identifier: ISC */
/*
 * mountinfo.c - the view read back from /proc/self/mountinfo, the only witness there is
 *
 * Every mount of the finished view must be one that was planned, with its flags. Where
 * mount_setattr is missing the same lines tell which mounts still need theirs.
 */
#include <linux/mount.h>
#include <sys/mman.h>

#include "child.h"
#include "mount.h"

#ifndef MS_REMOUNT
#define MS_REMOUNT 32
#define MS_BIND	   4096
#endif
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256 /* Linux 5.10 */
#endif

/* One line of mountinfo(5): "36 35 98:0 /source /point options ... - type source super". */
struct mount_line {
	char *point; /* plain: without escapes */
	size_t point_length;
	const char *options;
	size_t options_length;
	uint64_t id, parent;
	bool shared; /* an optional field "shared:" or "master:" */
};

enum { MOUNTINFO_MAX = 192 * 1024, LINES_MAX = 4096 };

struct mount_table {
	size_t count;
	struct mount_line lines[LINES_MAX];
	char text[MOUNTINFO_MAX];
};

static char *next_word(char *p, size_t *length)
{
	size_t n = 0;

	while (*p == ' ')
		p++;
	while (p[n] && p[n] != ' ' && p[n] != '\n')
		n++;
	*length = n;
	return p;
}

/* Blanks and backslashes are written as three octal digits. In place; returns the new length. */
static size_t unescape(char *word, size_t length)
{
	size_t to = 0;

	for (size_t from = 0; from < length; from++) {
		char c = word[from];

		if (c == '\\' && from + 3 < length) {
			c = (char)((word[from + 1] - '0') << 6 | (word[from + 2] - '0') << 3 |
				   (word[from + 3] - '0'));
			from += 3;
		}
		word[to++] = c;
	}
	return to;
}

static uint64_t number_of(const char *word, size_t length)
{
	uint64_t value = 0;

	for (size_t i = 0; i < length; i++)
		value = value * 10 + (uint64_t)(word[i] - '0');
	return value;
}

/* Parse a line; returns its end. */
static char *parse_line(char *p, struct mount_line *line)
{
	size_t n = 0;

	line->shared = false;
	for (int field = 0; field < 6; field++) {
		p = next_word(p, &n);
		if (field == 0)
			line->id = number_of(p, n);
		if (field == 1)
			line->parent = number_of(p, n);
		if (field == 4) {
			line->point = p;
			line->point_length = unescape(p, n);
		}
		if (field == 5) {
			line->options = p;
			line->options_length = n;
		}
		p += n;
	}
	for (p = next_word(p, &n); n && !(n == 1 && *p == '-'); p = next_word(p + n, &n))
		line->shared |= child_starts(p, "shared:") || child_starts(p, "master:");
	while (*p && *p != '\n')
		p++;
	return *p ? p + 1 : p;
}

static bool has_option(const struct mount_line *line, const char *word)
{
	size_t length = child_length(word);

	for (size_t i = 0; i < line->options_length; i++)
		if ((i == 0 || line->options[i - 1] == ',') && i + length <= line->options_length &&
		    child_starts(line->options + i, word) &&
		    (i + length == line->options_length || line->options[i + length] == ','))
			return true;
	return false;
}

/* Is the mount point at or below @path? */
static bool point_is_below(const struct mount_line *line, const char *path)
{
	size_t n = child_length(path);

	if (n == 1)
		return true;
	if (line->point_length < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (line->point[i] != path[i])
			return false;
	return line->point_length == n || line->point[n] == '/';
}

static bool makes_mount(const struct kit_op *op)
{
	return op->layer == AMBIT_LAYER_MOUNT && op->op >= OP_BIND && op->op <= OP_HIDE &&
	       op->op != OP_LINK;
}

/* The planned entry that explains a mount: the longest one at or above its mount point. */
static const struct kit_op *explain(const struct child *child, const struct mount_line *line)
{
	const struct kit_op *best = NULL;
	size_t best_length = 0;

	for (uint32_t i = 0; i < child->kit->op_count; i++) {
		const struct kit_op *op = kit_op_at(child->kit, i);
		const char *path = kit_string(child->kit, op->data);
		size_t length;

		if (!makes_mount(op))
			continue;
		length = child_length(path);
		if (length >= best_length && point_is_below(line, path)) {
			best = op;
			best_length = length;
		}
	}
	return best;
}

static bool line_is_right(const struct child *child, const struct mount_line *line)
{
	const struct kit_op *op = explain(child, line);
	bool root = line->point_length == 1;

	if (line->shared || !has_option(line, "nosuid"))
		return false;
	if (!op) /* only the root tmpfs has no entry of its own */
		return root && has_option(line, "ro") && has_option(line, "nodev");
	if (op->op == OP_HIDE)
		return has_option(line, "ro");
	if ((op->a & MOUNT_ATTR_RDONLY) && !has_option(line, "ro"))
		return false;
	if ((op->a & MOUNT_ATTR_NODEV) && !has_option(line, "nodev"))
		return false;
	return !(op->a & MOUNT_ATTR_NOEXEC) || has_option(line, "noexec");
}

static int read_table(struct child *child, struct mount_table *table)
{
	int r = child_read_file(child->proc_fd, "mountinfo", table->text, sizeof(table->text));
	char *p = table->text;

	if (r < 0)
		return r;
	for (table->count = 0; *p; table->count++) {
		if (table->count == ARRAY_COUNT(table->lines))
			return -E2BIG;
		p = parse_line(p, &table->lines[table->count]);
	}
	return 0;
}

static const struct mount_line *by_id(const struct mount_table *table, uint64_t id)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->lines[i].id == id)
			return &table->lines[i];
	return NULL;
}

/*
 * Is @over mounted in the same mount as @line, and nearer to that one's root? Then every path to
 * @line enters @over first, whichever came later. Over "/" it would hide nothing.
 */
static bool is_on_the_way(const struct mount_line *over, const struct mount_line *line)
{
	const size_t n = over->point_length;

	if (over->parent != line->parent || n == 1 || n >= line->point_length ||
	    line->point[n] != '/')
		return false;
	for (size_t i = 0; i < n; i++)
		if (over->point[i] != line->point[i])
			return false;
	return true;
}

/* Does a mount other than @beside lie over the root of @line, or one on the way to it? */
static bool is_covered(const struct mount_table *table, const struct mount_line *line,
		       const struct mount_line *beside)
{
	for (size_t i = 0; i < table->count && line->point_length > 1; i++) {
		const struct mount_line *over = &table->lines[i];

		if (over != beside && over->parent == line->id &&
		    over->point_length == line->point_length)
			return true;
		if (is_on_the_way(over, line))
			return true;
	}
	return false;
}

/*
 * No path leads to a mount that another covers, nor to what is mounted below it: a /proc that came
 * with a granted "/", under our own; a submount that came with a granted directory, under a grant
 * between the two, which has brought one of its own.
 */
static bool is_out_of_reach(const struct mount_table *table, const struct mount_line *line)
{
	const struct mount_line *beside = NULL;

	for (size_t depth = 0; line && depth < table->count; depth++) {
		if (is_covered(table, line, beside))
			return true;
		beside = line;
		line = by_id(table, line->parent);
	}
	return false;
}

static bool has_point(const struct mount_table *table, const char *path)
{
	const size_t length = child_length(path);

	for (size_t i = 0; i < table->count; i++)
		if (table->lines[i].point_length == length &&
		    point_is_below(&table->lines[i], path) &&
		    !is_out_of_reach(table, &table->lines[i]))
			return true;
	return false;
}

/*
 * Each planned mount stands at just its own place, where a path leads to it. To count them would
 * not do: one that went elsewhere could be made up for by a submount of a bound tree.
 */
static int check_places(struct child *child, const struct mount_table *table)
{
	for (uint32_t i = 0; i < child->kit->op_count; i++) {
		const struct kit_op *op = kit_op_at(child->kit, i);

		if (makes_mount(op) && !has_point(table, kit_string(child->kit, op->data)))
			return child_failed(child, -EPROTO, kit_string(child->kit, op->data));
	}
	return has_point(table, "/") ? 0 : -EPROTO;
}

/* Every mount is one that was planned, with its flags, and no planned one is missing. */
static int check_table(struct child *child, struct mount_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct mount_line *line = &table->lines[i];

		if (!is_out_of_reach(table, line) && !line_is_right(child, line)) {
			child->detail = (int)i + 1;
			return -EPROTO;
		}
	}
	return check_places(child, table);
}

/* Call @use with the mount table. It is not on the stack, of which every page would be touched. */
static int with_table(struct child *child, int (*use)(struct child *, struct mount_table *))
{
	int r;
	struct mount_table *table = sys_mmap(sizeof(*table), PROT_READ | PROT_WRITE,
					     MAP_PRIVATE | MAP_ANONYMOUS, -1, &r);

	if (!table)
		return r;
	r = read_table(child, table);
	if (r >= 0)
		r = use(child, table);
	IGNORE_RESULT(sys_munmap(table, sizeof(*table))); /* at worst it stays mapped */
	return r;
}

int mount_verify(struct child *child, const struct kit_op *op)
{
	int r;

	if (op->op != OP_DETACH)
		return 0;
	r = with_table(child, check_table);
	(void)sys_close(child->proc_fd);
	child->proc_fd = -1;
	return r;
}

/* ---- flags without mount_setattr ---------------------------------------------------------- */

/* The per-mount flags, which MS_ and MOUNT_ATTR_ number alike. A remount keeps those of times. */
static const struct {
	const char *word;
	uint64_t flag;
} flag_words[] = {
	{ "ro", MOUNT_ATTR_RDONLY },	   { "nosuid", MOUNT_ATTR_NOSUID },
	{ "nodev", MOUNT_ATTR_NODEV },	   { "noexec", MOUNT_ATTR_NOEXEC },
	{ "nosymfollow", MS_NOSYMFOLLOW },
};

static uint64_t flags_of(const struct mount_line *line)
{
	uint64_t flags = 0;

	for (size_t i = 0; i < ARRAY_COUNT(flag_words); i++)
		if (has_option(line, flag_words[i].word))
			flags |= flag_words[i].flag;
	return flags;
}

static uint64_t planned_flags(const struct kit_op *op)
{
	if (!op)
		return MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	if (op->op == OP_HIDE)
		return MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	return op->a & ~ENTRY_FLAGS;
}

/* A remount replaces the flags, and the kernel lets no locked one go: only add. */
static int remount_all(struct child *child, struct mount_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		struct mount_line *line = &table->lines[i];
		uint64_t has = flags_of(line);
		uint64_t flags = has | planned_flags(explain(child, line));
		int r = 0;

		if (flags == has || is_out_of_reach(table, line))
			continue;
		line->point[line->point_length] = '\0'; /* the line is read: a blank goes */
		r = sys_mount(NULL, line->point, NULL, MS_REMOUNT | MS_BIND | flags, NULL);
		if (r < 0)
			return r;
	}
	return 0;
}

int mount_flags_by_path(struct child *child)
{
	return with_table(child, remount_all);
}
