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
	bool shared; /* an optional field "shared:" or "master:" */
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

/* Parse a line; returns its end. */
static char *parse_line(char *p, struct mount_line *line)
{
	size_t n = 0;

	line->shared = false;
	for (int field = 0; field < 6; field++) {
		p = next_word(p, &n);
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

/* The planned entry that explains a mount: the longest one at or above its mount point. */
static const struct kit_op *explain(const struct child *child, const struct mount_line *line)
{
	const struct kit_op *best = NULL;
	size_t best_length = 0;

	for (uint32_t i = 0; i < child->kit->op_count; i++) {
		const struct kit_op *op = kit_op_at(child->kit, i);
		const char *path = kit_string(child->kit, op->data);
		size_t length;

		if (op->layer != AMBIT_LAYER_MOUNT || op->op < OP_BIND || op->op > OP_HIDE ||
		    op->op == OP_LINK)
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

/* Every mount is one that was planned, with its flags, and no planned one is missing. */
static int check_mountinfo(struct child *child, char *text)
{
	uint32_t planned = 0, seen = 0;
	struct mount_line line = { 0 };

	for (uint32_t i = 0; i < child->kit->op_count; i++) {
		const struct kit_op *op = kit_op_at(child->kit, i);

		planned += op->layer == AMBIT_LAYER_MOUNT && op->op >= OP_BIND &&
			   op->op <= OP_HIDE && op->op != OP_LINK;
	}
	while (*text) {
		text = parse_line(text, &line);
		if (!line_is_right(child, &line)) {
			child->detail = (int)seen + 1;
			return -EPROTO;
		}
		seen++;
	}
	/* One more for the root; submounts of a bound tree add to what is seen. */
	return seen >= planned + 1 ? 0 : -EPROTO;
}

enum { MOUNTINFO_MAX = 192 * 1024 };

/* Call @use with the mount table. It is not on the stack, of which every page would be touched. */
static int with_mountinfo(struct child *child, int (*use)(struct child *child, char *text))
{
	char *text =
		sys_mmap(MOUNTINFO_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int r;

	if (!text)
		return -ENOMEM;
	r = child_read_file(child->proc_fd, "mountinfo", text, MOUNTINFO_MAX);
	if (r >= 0)
		r = use(child, text);
	IGNORE_RESULT(sys_munmap(text, MOUNTINFO_MAX)); /* at worst it stays mapped */
	return r;
}

int mount_verify(struct child *child, const struct kit_op *op)
{
	int r;

	if (op->op != OP_FINISH)
		return 0;
	/* /proc of the host is the only witness; the planner needs it for a view. */
	if (child->proc_fd < 0)
		return 0;
	r = with_mountinfo(child, check_mountinfo);
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
	return op->a & ~ENTRY_IS_DIR;
}

/* A remount replaces the flags, and the kernel lets no locked one go: only add. */
static int remount_lines(struct child *child, char *text)
{
	struct mount_line line = { 0 };

	while (*text) {
		uint64_t has, flags;
		int r = 0;

		text = parse_line(text, &line);
		has = flags_of(&line);
		flags = has | planned_flags(explain(child, &line));
		line.point[line.point_length] = '\0'; /* the line is read: a blank goes */
		if (flags != has)
			r = sys_mount(NULL, line.point, NULL, MS_REMOUNT | MS_BIND | flags, NULL);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Of two mounts at one point only the upper can be reached by path. The lower one is then found
 * by mount_verify, which refuses.
 */
int mount_flags_by_path(struct child *child)
{
	return child->proc_fd < 0 ? -ENOENT : with_mountinfo(child, remount_lines);
}
