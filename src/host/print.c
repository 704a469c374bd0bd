/* SPDX-License-Identifier: ISC */
/* print.c - a host as text, which host_read() reads back the same */
#include <inttypes.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "../base/buf.h"
#include "../base/errname.h"
#include "text.h"

#define SCALAR(word, member, kind, maximum)                                                        \
	{                                                                                          \
		word, offsetof(struct host, member), SCALAR_##kind, maximum                        \
	}
const struct host_scalar host_scalars[HOST_SCALARS] = {
	SCALAR("uid", uid, U32, UINT32_MAX),
	SCALAR("gid", gid, U32, UINT32_MAX),
	SCALAR("caps", caps, HEX, UINT64_MAX),
	SCALAR("bounding", bounding, HEX, UINT64_MAX),
	SCALAR("last-cap", last_cap, INT, 63),
	SCALAR("tty", has_tty, BOOL, 1),
	SCALAR("no-new-privs", no_new_privs, BOOL, 1),
	SCALAR("proc-read-only", proc_read_only, BOOL, 1),
	SCALAR("quick", quick, BOOL, 1),
	SCALAR("spare-uid", spare_uid, U32, UINT32_MAX),
	SCALAR("cgroups-probed", cgroups_probed, BOOL, 1),
};
#undef SCALAR

const struct host_path_flag host_path_flags[HOST_PATH_FLAGS] = {
	{ "script", offsetof(struct host_path, is_script) },
	{ "executable", offsetof(struct host_path, executable) },
	{ "looked-inside", offsetof(struct host_path, probed_exec) },
};

const char *const host_kind_words[] = { [KIND_MISSING] = "missing",
					[KIND_DIR] = "dir",
					[KIND_FILE] = "file",
					[KIND_SOCKET] = "socket",
					[KIND_OTHER] = "other" };
const char *const host_open_words[] = {
	[OPEN_PIPE] = "pipe",	      [OPEN_FILE] = "file",	    [OPEN_DEVICE] = "device",
	[OPEN_TERMINAL] = "terminal", [OPEN_DIR] = "dir",	    [OPEN_STREAM] = "stream",
	[OPEN_DATAGRAM] = "datagram", [OPEN_LISTENER] = "listener", [OPEN_SOCKET] = "socket",
	[OPEN_OBJECT] = "object",
};
const char *const host_answer_words[] = {
	[HOST_NO] = "no", [HOST_YES] = "yes", [HOST_ASSUMED] = "assumed"
};
const char *const host_controller_words[] = {
	[CTL_MEMORY] = "memory", [CTL_PIDS] = "pids", [CTL_CPU] = "cpu"
};

/* A space and a word, in quotes when it is more than letters, digits and the signs of paths. */
static void add_word(struct buf *out, const char *word)
{
	size_t plain = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/._-+=:,@%");

	if (plain && !word[plain]) {
		buf_add_format(out, " %s", word);
		return;
	}
	buf_add_string(out, " \"");
	for (const char *p = word; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f || *p == '"' ||
		    *p == '\\')
			buf_add_format(out, "\\x%02x", (unsigned)(unsigned char)*p);
		else
			buf_add_char(out, *p);
	buf_add_char(out, '"');
}

static void add_errno(struct buf *out, int number)
{
	if (errno_name(number))
		buf_add_format(out, " %s", errno_name(number));
	else
		buf_add_format(out, " %d", number);
}

static void print_scalars(const struct host *h, struct buf *out)
{
	for (size_t i = 0; i < HOST_SCALARS; i++) {
		const struct host_scalar *s = &host_scalars[i];
		const void *at = (const char *)h + s->at;

		buf_add_format(out, "%s ", s->word);
		switch (s->kind) {
		case SCALAR_U32:
			buf_add_format(out, "%" PRIu32 "\n", *(const uint32_t *)at);
			break;
		case SCALAR_INT:
			buf_add_format(out, "%d\n", *(const int *)at);
			break;
		case SCALAR_HEX:
			buf_add_format(out, "0x%" PRIx64 "\n", *(const uint64_t *)at);
			break;
		case SCALAR_BOOL:
			buf_add_format(out, "%s\n", *(const bool *)at ? "yes" : "no");
			break;
		}
	}
}

static void print_facts(const struct host *h, struct buf *out)
{
	for (int f = 0; f < FACT_COUNT; f++) {
		const struct host_answer_of *a = &h->facts[f];

		buf_add_format(out, "fact %s %s", host_fact_word((enum host_fact)f),
			       host_answer_words[a->answer]);
		if (a->cause_errno || a->cause)
			add_errno(out, a->cause_errno);
		if (a->cause)
			add_word(out, a->cause);
		buf_add_char(out, '\n');
	}
}

static void print_inode(uint64_t device, uint64_t inode, struct buf *out)
{
	if (device || inode)
		buf_add_format(out, " device %u:%u inode %" PRIu64, major(device), minor(device),
			       inode);
}

static void print_owner(uint32_t mode, uint32_t owner, uint32_t group, struct buf *out)
{
	if (mode || owner || group)
		buf_add_format(out, " mode 0%" PRIo32 " owner %" PRIu32 " %" PRIu32, mode, owner,
			       group);
}

static void print_path(const struct host_path *p, struct buf *out)
{
	buf_add_string(out, "path");
	add_word(out, p->path);
	buf_add_format(out, " %s", host_kind_words[p->kind]);
	if (p->kind == KIND_MISSING)
		add_errno(out, p->missing_errno);
	if (strcmp(p->real, p->path) != 0) {
		buf_add_string(out, " real");
		add_word(out, p->real);
	}
	for (size_t i = 0; i < p->link_count; i++) {
		buf_add_string(out, " link");
		add_word(out, p->links[i].path);
		add_word(out, p->links[i].target);
	}
	print_inode(p->device, p->inode, out);
	print_owner(p->mode, p->owner, p->group, out);
	if (p->interpreter) {
		buf_add_string(out, " interpreter");
		add_word(out, p->interpreter);
	}
	for (size_t i = 0; i < HOST_PATH_FLAGS; i++)
		if (*(const bool *)((const char *)p + host_path_flags[i].at))
			buf_add_format(out, " %s", host_path_flags[i].word);
	buf_add_char(out, '\n');
}

static void print_user(const struct host_user *u, struct buf *out)
{
	buf_add_string(out, u->is_group ? "group" : "user");
	add_word(out, u->name);
	if (u->found)
		buf_add_format(out, " %" PRIu32 " %" PRIu32 "\n", u->uid, u->gid);
	else
		buf_add_string(out, " missing\n");
}

static void print_open(const struct host_open *o, struct buf *out)
{
	buf_add_format(out, "fd %d %s", o->number, host_open_words[o->kind]);
	if (o->path) {
		buf_add_string(out, " path");
		add_word(out, o->path);
	}
	if (o->reads != o->writes)
		buf_add_string(out, o->reads ? " read-only" : " write-only");
	print_inode(o->device, o->inode, out);
	print_owner(o->mode, o->owner, o->group, out);
	buf_add_char(out, '\n');
}

void host_print(const struct host *h, struct buf *out)
{
	buf_add_format(out, "kernel %u.%u\n", h->kernel_major, h->kernel_minor);
	print_scalars(h, out);
	if (h->group_count)
		buf_add_string(out, "groups");
	for (size_t i = 0; i < h->group_count; i++)
		buf_add_format(out, " %" PRIu32, h->groups[i]);
	buf_add_format(out, "%slandlock %d", h->group_count ? "\n" : "", h->landlock_abi);
	if (h->landlock_errno)
		add_errno(out, h->landlock_errno);
	if (h->label) {
		buf_add_string(out, "\nlabel");
		add_word(out, h->label);
	}
	if (h->directory) {
		buf_add_string(out, "\ndirectory");
		add_word(out, h->directory);
	}
	buf_add_char(out, '\n');
	print_facts(h, out);
	for (int c = 0; c < CTL_COUNT; c++) {
		if (!h->cgroups[c].version)
			continue;
		buf_add_format(out, "cgroup %s %d", host_controller_words[c],
			       h->cgroups[c].version);
		add_word(out, h->cgroups[c].directory);
		buf_add_char(out, '\n');
	}
	for (size_t i = 0; i < h->opens.count; i++)
		print_open(&h->opens.list[i], out);
	for (size_t i = 0; i < h->path_count; i++)
		print_path(&h->paths[i], out);
	for (size_t i = 0; i < h->user_count; i++)
		print_user(&h->users[i], out);
	for (size_t i = 0; i < h->closure_count; i++) {
		buf_add_string(out, "library");
		add_word(out, h->closure[i]);
		buf_add_char(out, '\n');
	}
}
