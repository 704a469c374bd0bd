/* SPDX-License-Identifier: ISC */
/*
 * doctor.c - what this kernel and this caller offer, each missing thing with cause and cure
 *
 * A kernel's refusal is one bare number. Here the probes' answers are put beside what usually
 * causes them (an outer filter, AppArmor, a sysctl), what takes over where they are missing, and
 * which grade of confinement all of it adds up to.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/utsname.h>

#include "../base/buf.h"
#include "../base/errname.h"
#include "../base/fd.h"
#include "../base/json.h"
#include "../base/num.h"
#include "../base/str.h"
#include "../host/host.h"
#include "api.h"

enum { WIDTH = 80, WORD_WIDTH = 21, INDENT = 11 };

#define APPARMOR_CAUSE "kernel.apparmor_restrict_unprivileged_userns=1"

/* What takes over when a fact is missing, or what is lost. */
static const char *const effects[FACT_COUNT] = {
	[FACT_SECCOMP_FILTER] = "nothing carries the network, processes and kernel interfaces: "
				"every policy is refused",
	[FACT_SECCOMP_LISTENER] = "rules for UDP, addresses and local sockets become gaps",
	[FACT_SECCOMP_KILLABLE] = "rules for UDP, addresses and local sockets become gaps",
	[FACT_TAKE_SOCKETS] = "rules for listening, UDP, addresses and local sockets become gaps",
	[FACT_USER_NAMESPACE] = "an unprivileged caller gets no file system view and no "
				"namespaces: Landlock, the filter and rlimits carry the policy",
	[FACT_MOUNT_NAMESPACE] = "no file system view: hide and tmp are gaps, "
				 "metadata of other files stays visible",
	[FACT_PID_NAMESPACE] = "other processes stay visible, and descendants can survive when "
			       "ambit is killed",
	[FACT_NET_NAMESPACE] = "the filter alone closes the network, and what is granted is "
			       "judged call by call",
	[FACT_IPC_NAMESPACE] = "the filter alone refuses System V and POSIX queues",
	[FACT_UTS_NAMESPACE] = "the host's name stays readable",
	[FACT_CGROUP_NAMESPACE] = "the path of the control group stays readable",
	[FACT_TIME_NAMESPACE] = "need time-namespace must is a gap; nothing else asks for one",
	[FACT_APPARMOR] = "a label line is a gap; nothing else asks for one",
	[FACT_MOUNT_API] = "no file system view, as without mount namespaces",
	[FACT_PROC] = "no user namespace (id maps are written there), and a view only where a "
		      "/proc can be mounted to verify it",
	[FACT_PROC_MOUNT] = "a confined program with a view of its own has no /proc",
	[FACT_MDWE] = "the filter alone keeps memory from being writable and executable",
	[FACT_MEMFD_EXEC] = "no process can stay beside the program: no pid namespace, no "
			    "wall-time limit, no notification",
	[FACT_OPENAT2] = "no file system view: its paths are resolved with openat2",
	[FACT_CGROUP_MEMORY] = "limit memory: by rlimits where spawn is absent, else a gap",
	[FACT_CGROUP_PIDS] = "limit processes: by rlimits for a user nobody else uses, else a gap",
	[FACT_CGROUP_CPU] = "limit cpu is a gap",
};

/* The Landlock ABIs, and what carries their part on an older kernel. */
static const struct {
	int abi;
	const char *kernel, *brings, *without;
} landlock_rows[] = {
	{ 1, "5.13", "files", "the mount view alone carries files" },
	{ 2, "5.19", "renaming between directories", "it is refused between granted directories" },
	{ 3, "6.2", "truncation",
	  "the filter refuses truncation by name, of granted files too, where there is no view" },
	{ 4, "6.7", "TCP ports", "notified calls or a network namespace carry connect and listen" },
	{ 5, "6.10", "ioctl on devices", "the filter carries dangerous ioctls" },
	{ 6, "6.12", "signals and abstract sockets", "a pid namespace and the filter carry them" },
	{ 9, "7.1", "paths of local sockets", "the view or notified calls carry them" },
};

/* The capabilities that ambit itself has a use for. */
static const struct {
	int number;
	const char *name, *use;
} capability_rows[] = {
	{ CAP_SYS_ADMIN, "sys_admin", "namespaces and mounts without a user namespace" },
	{ CAP_SETUID, "setuid", "user NAME" },
	{ CAP_SETGID, "setgid", "group NAME, dropping supplementary groups" },
	{ CAP_SETPCAP, "setpcap", "emptying the bounding set" },
	{ CAP_SYS_RESOURCE, "sys_resource", "limits above the caller's own" },
	{ CAP_SYS_PTRACE, "sys_ptrace", "judging calls of programs of another user" },
};

/* What all of it adds up to: the first row whose facts are all there. */
static const struct grade {
	const char *word, *text;
	bool seccomp, view, landlock;
} grades[] = {
	{ "full",
	  "a file system view and namespaces of its own, Landlock, and a system call filter", true,
	  true, true },
	{ "view",
	  "a file system view and namespaces of its own, and a system call filter; no "
	  "second layer for files",
	  true, true, false },
	{ "rules",
	  "Landlock, a system call filter and rlimits; no view of its own, so hide and tmp "
	  "are gaps and metadata stays visible",
	  true, false, true },
	{ "filter", "a system call filter only: policies that grant files are refused", true, false,
	  false },
	{ "none", "nothing can be confined here: every policy is refused", false, false, false },
};

struct doctor {
	struct host host;
	struct utsname uts;
	uint64_t outer_filters; /* system call filters that are on this caller already */
	bool apparmor_userns;	/* AppArmor keeps unprivileged callers from user namespaces */
	bool inner_userns;	/* this caller is in a user namespace already */
	const struct grade *grade;
};

/* ---- looking --------------------------------------------------------------------------------- */

static uint64_t number_in(const char *path, const char *label)
{
	char text[4096];
	int n = fd_read_file(AT_FDCWD, path, text, sizeof(text));
	const char *at = n > 0 ? text : NULL;
	uint64_t value = 0;

	if (at && label)
		at = strstr(text, label);
	if (!at)
		return 0;
	at += label ? strlen(label) : 0;
	at += strspn(at, " \t");
	return num_parse(at, strcspn(at, " \t\n"), UINT64_MAX, &value) < 0 ? 0 : value;
}

static void look_around(struct doctor *d)
{
	char map[256];

	if (uname(&d->uts) < 0)
		memset(&d->uts, 0, sizeof(d->uts));
	d->outer_filters = number_in("/proc/self/status", "\nSeccomp_filters:");
	if (!d->outer_filters && number_in("/proc/self/status", "\nSeccomp:"))
		d->outer_filters = 1; /* before Linux 5.9 they are not counted */
	d->apparmor_userns =
		number_in("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", NULL) == 1;
	d->inner_userns = fd_read_file(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) > 0 &&
			  !strstr(map, "4294967295");
}

static const struct grade *grade_of(const struct host *h)
{
	bool seccomp = host_has(h, FACT_SECCOMP_FILTER), landlock = h->landlock_abi > 0;
	bool view = host_has(h, FACT_MOUNT_NAMESPACE) && host_has(h, FACT_MOUNT_API) &&
		    host_has(h, FACT_OPENAT2);
	size_t i = 0;

	while (i + 1 < ARRAY_COUNT(grades) &&
	       ((grades[i].seccomp && !seccomp) || (grades[i].view && !view) ||
		(grades[i].landlock && !landlock)))
		i++;
	return &grades[i];
}

/* Who refused, as far as it can be known from outside the kernel. */
static const char *cause_of(const struct doctor *d, enum host_fact fact)
{
	const struct host_answer_of *a = &d->host.facts[fact];
	bool refused = a->cause_errno == EPERM || a->cause_errno == EACCES;
	bool unprivileged = !host_cap(&d->host, CAP_SYS_ADMIN);

	if (fact == FACT_USER_NAMESPACE && refused && unprivileged && d->apparmor_userns)
		return APPARMOR_CAUSE;
	if ((refused || a->cause_errno == ENOSYS) && d->outer_filters &&
	    (!a->cause || str_equal(a->cause, "the kernel refuses")))
		return "the kernel, or the system call filter this caller is under already";
	return a->cause;
}

/* What an outer filter has to let pass, by what it keeps ambit from. */
#define OUTSIDE "start ambit outside of that sandbox, or let its filter pass "
#define OTHER_FILTER_CURE                                                                          \
	OUTSIDE "unshare, clone, mount and their kin; for Docker that is a seccomp profile of "    \
		"your own"
static const char *const filter_cures[FACT_COUNT] = {
	[FACT_SECCOMP_FILTER] = OUTSIDE "seccomp(2)",
	[FACT_SECCOMP_LISTENER] = OUTSIDE "seccomp(2)",
	[FACT_SECCOMP_KILLABLE] = OUTSIDE "seccomp(2) with a listener",
	[FACT_TAKE_SOCKETS] = OUTSIDE "pidfd_open, pidfd_getfd and process_vm_readv; for Docker "
				      "that is --cap-add SYS_PTRACE",
};

/* What takes over from a network namespace is more than the filter only where calls are judged. */
static const char *effect_of(const struct doctor *d, enum host_fact fact)
{
	const bool judges = host_has(&d->host, FACT_SECCOMP_LISTENER) &&
			    host_has(&d->host, FACT_SECCOMP_KILLABLE) &&
			    host_has(&d->host, FACT_TAKE_SOCKETS);

	if (fact == FACT_NET_NAMESPACE && !judges)
		return "the filter alone closes the network; rules for listening, UDP and "
		       "addresses are gaps";
	return effects[fact];
}

/* A known cause has a cure of its own; the fact's general one is for the others. */
static const char *cure_of(const struct doctor *d, enum host_fact fact)
{
	const struct {
		const char *cause, *cure;
	} rows[] = {
		{ "user.max_user_namespaces=0", "sysctl user.max_user_namespaces=10000" },
		{ "kernel.unprivileged_userns_clone=0",
		  "sysctl kernel.unprivileged_userns_clone=1" },
		{ APPARMOR_CAUSE, "an AppArmor profile for ambit that says userns, or sysctl "
				  "kernel.apparmor_restrict_unprivileged_userns=0" },
		{ HOST_CAUSE_FILTER, filter_cures[fact] ? filter_cures[fact] : OTHER_FILTER_CURE },
		{ "neither CAP_SYS_ADMIN nor a user namespace", "as for user-namespace" },
		{ "no pid namespace", "as for pid-namespace" },
		{ HOST_CAUSE_ROOT, "start ambit outside, or make the directory a root by "
				   "pivot_root(2) instead of chroot(2); a container runtime does" },
	};
	const char *cause = cause_of(d, fact);

	for (size_t i = 0; cause && i < ARRAY_COUNT(rows); i++)
		if (str_equal(rows[i].cause, cause))
			return rows[i].cure;
	return host_fact_cure(fact);
}

static enum ambit_code examine(struct doctor *d, struct ambit_error *err)
{
	enum ambit_code code = host_probe(&d->host, true, err);

	if (code == AMBIT_OK)
		code = host_probe_cgroups(&d->host, err);
	if (code != AMBIT_OK)
		return code;
	look_around(d);
	d->grade = grade_of(&d->host);
	return AMBIT_OK;
}

/* ---- for a person ---------------------------------------------------------------------------- */

struct style {
	const char *bold, *dim, *green, *yellow, *red, *off;
};
static const struct style colored = { "\033[1m",  "\033[2m",  "\033[32m",
				      "\033[33m", "\033[31m", "\033[0m" };
static const struct style plain = { "", "", "", "", "", "" };

struct page {
	struct buf *out;
	const struct style *s;
};

/* @text from @column on, continued below its beginning. */
static void add_wrapped(struct buf *out, const char *text, size_t column)
{
	size_t at = column;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (at > column && at + 1 + length > WIDTH) {
			buf_add_format(out, "\n%*s", (int)column, "");
			at = column;
		}
		if (at > column) {
			buf_add_char(out, ' ');
			at++;
		}
		buf_add(out, text, length);
		at += length;
		text += length;
		text += strspn(text, " ");
	}
	buf_add_char(out, '\n');
}

static void heading(const struct page *p, const char *text)
{
	buf_add_format(p->out, "\n%s%s%s\n", p->s->bold, text, p->s->off);
}

static void line(const struct page *p, bool ok, const char *word, const char *text)
{
	buf_add_format(p->out, "  %s%-7s%s  %-*s ", ok ? p->s->green : p->s->yellow,
		       ok ? "ok" : "missing", p->s->off, WORD_WIDTH, word);
	add_wrapped(p->out, text, INDENT + WORD_WIDTH + 1);
}

static void detail(const struct page *p, const char *label, const char *text)
{
	if (!text)
		return;
	buf_add_format(p->out, "%*s%s%-7s%s", INDENT, "", p->s->dim, label, p->s->off);
	add_wrapped(p->out, text, INDENT + 7);
}

static void add_cause(const struct page *p, const struct doctor *d, enum host_fact fact)
{
	const char *cause = cause_of(d, fact);
	int number = d->host.facts[fact].cause_errno;
	const char *name = number > 0 ? errno_name(number) : NULL;
	AUTO_BUF struct buf text = { 0 };

	buf_add_string(&text, cause ? cause : "this kernel does not have it");
	if (name)
		buf_add_format(&text, " (%s)", name);
	detail(p, "cause", buf_text(&text));
}

static void add_facts(const struct page *p, const struct doctor *d, enum host_fact first,
		      enum host_fact last)
{
	for (enum host_fact f = first; f <= last; f++) {
		line(p, host_has(&d->host, f), host_fact_word(f), host_fact_text(f));
		if (host_has(&d->host, f))
			continue;
		add_cause(p, d, f);
		detail(p, "so", effect_of(d, f));
		detail(p, "cure", cure_of(d, f));
	}
}

static void add_landlock(const struct page *p, const struct doctor *d)
{
	AUTO_BUF struct buf text = { 0 };
	int abi = d->host.landlock_abi;

	if (abi)
		buf_add_format(&text, "files and ports by the kernel: ABI %d", abi);
	else
		buf_add_string(&text, "files and ports by the kernel");
	line(p, abi > 0, "landlock", buf_text(&text));
	if (!abi) {
		detail(p, "cause",
		       d->host.landlock_errno == EOPNOTSUPP
			       ? "it is built in but not in the kernel's list of "
				 "security modules (EOPNOTSUPP)"
		       : d->host.landlock_errno == ENOSYS
			       ? "this kernel or an outer filter does not have it (ENOSYS)"
			       : "an outer filter refuses it");
		detail(p, "so", landlock_rows[0].without);
		detail(p, "cure",
		       "Linux 5.13 or later with landlock in the lsm= list of the kernel "
		       "command line");
	}
	for (size_t i = 0; i < ARRAY_COUNT(landlock_rows) && abi; i++) {
		if (abi >= landlock_rows[i].abi)
			continue;
		buf_clear(&text);
		buf_add_format(&text, "%s (ABI %d, Linux %s): %s", landlock_rows[i].brings,
			       landlock_rows[i].abi, landlock_rows[i].kernel,
			       landlock_rows[i].without);
		detail(p, "lacks", buf_text(&text));
	}
}

static void add_ids(const struct page *p, const struct host *h)
{
	AUTO_BUF struct buf text = { 0 };

	buf_add_format(&text, "user %u, group %u, ", h->uid, h->gid);
	buf_add_string(&text, h->group_count ? "supplementary groups" : "no supplementary groups");
	for (size_t i = 0; i < h->group_count; i++)
		buf_add_format(&text, " %u", h->groups[i]);
	line(p, true, "ids", buf_text(&text));
}

static void add_capabilities(const struct page *p, const struct host *h)
{
	for (size_t i = 0; i < ARRAY_COUNT(capability_rows); i++) {
		bool held = host_cap(h, capability_rows[i].number);

		buf_add_format(p->out, "  %s%-7s%s  %-*s ", held ? p->s->green : p->s->dim,
			       held ? "ok" : "-", p->s->off, WORD_WIDTH, capability_rows[i].name);
		add_wrapped(p->out, capability_rows[i].use, INDENT + WORD_WIDTH + 1);
	}
}

static void add_around(const struct page *p, const struct doctor *d)
{
	const struct {
		bool is;
		const char *word, *text;
	} rows[] = {
		{ d->outer_filters > 0, "outer-filter",
		  "a system call filter is on this caller already: what it refuses, ambit lacks" },
		{ d->inner_userns, "inner-userns",
		  "this caller is in a user namespace: ids outside its map cannot be taken" },
		{ d->host.no_new_privs, "no-new-privs",
		  "set already: set-user-id programs have no effect" },
		{ d->host.proc_read_only, "proc-read-only",
		  "/proc is read-only: no id maps can be written, nor the core dump filter" },
		{ d->apparmor_userns, "apparmor-userns",
		  "AppArmor keeps callers without a profile from user namespaces" },
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		if (!rows[i].is)
			continue;
		buf_add_format(p->out, "  %s%-7s%s  %-*s ", p->s->yellow, "note", p->s->off,
			       WORD_WIDTH, rows[i].word);
		add_wrapped(p->out, rows[i].text, INDENT + WORD_WIDTH + 1);
	}
}

static void add_cgroups(const struct page *p, const struct doctor *d)
{
	static const struct {
		enum host_controller controller;
		enum host_fact fact;
	} rows[] = { { CTL_MEMORY, FACT_CGROUP_MEMORY },
		     { CTL_PIDS, FACT_CGROUP_PIDS },
		     { CTL_CPU, FACT_CGROUP_CPU } };

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct host_cgroup *g = &d->host.cgroups[rows[i].controller];
		AUTO_BUF struct buf text = { 0 };

		add_facts(p, d, rows[i].fact, rows[i].fact);
		if (!g->version)
			continue;
		buf_add_format(&text, "version %d, below %s", g->version, g->directory);
		detail(p, "where", buf_text(&text));
	}
}

static void print_text(const struct doctor *d, bool color, struct buf *out)
{
	const struct page p = { out, color ? &colored : &plain };
	bool good = d->grade == &grades[0];

	buf_add_format(out, "%sambit %s%s on Linux %s, %s\n\n", p.s->bold, AMBIT_VERSION, p.s->off,
		       d->uts.release, d->uts.machine);
	buf_add_format(out, "  %s%s%-7s%s  ", p.s->bold, good ? p.s->green : p.s->yellow,
		       d->grade->word, p.s->off);
	add_wrapped(out, d->grade->text, INDENT);
	heading(&p, "This kernel, for this caller");
	add_landlock(&p, d);
	add_facts(&p, d, FACT_SECCOMP_FILTER, FACT_OPENAT2);
	heading(&p, "Limits for a whole run");
	add_cgroups(&p, d);
	heading(&p, "This caller");
	add_ids(&p, &d->host);
	add_capabilities(&p, &d->host);
	add_around(&p, d);
}

/* ---- for a program --------------------------------------------------------------------------- */

static void json_facts(struct buf *out, const struct doctor *d)
{
	json_open(out, "facts", '[');
	for (enum host_fact f = 0; f < FACT_COUNT; f++) {
		const char *cause = cause_of(d, f);
		bool ok = host_has(&d->host, f);

		json_open(out, NULL, '{');
		json_string(out, "fact", host_fact_word(f));
		json_bool(out, "ok", ok);
		json_string(out, "text", host_fact_text(f));
		if (!ok) {
			json_string(out, "cause", cause ? cause : "");
			json_signed(out, "errno", d->host.facts[f].cause_errno);
			json_string(out, "effect", effect_of(d, f));
			json_string(out, "cure", cure_of(d, f));
		}
		json_close(out, '}');
	}
	json_close(out, ']');
}

static void json_landlock(struct buf *out, const struct host *h)
{
	json_open(out, "landlock", '{');
	json_signed(out, "abi", h->landlock_abi);
	json_signed(out, "errno", h->landlock_errno);
	json_open(out, "lacks", '[');
	for (size_t i = 0; i < ARRAY_COUNT(landlock_rows); i++) {
		if (h->landlock_abi >= landlock_rows[i].abi)
			continue;
		json_open(out, NULL, '{');
		json_signed(out, "abi", landlock_rows[i].abi);
		json_string(out, "kernel", landlock_rows[i].kernel);
		json_string(out, "what", landlock_rows[i].brings);
		json_string(out, "effect", landlock_rows[i].without);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
}

static void json_caller(struct buf *out, const struct doctor *d)
{
	json_open(out, "caller", '{');
	json_number(out, "uid", d->host.uid);
	json_number(out, "gid", d->host.gid);
	json_open(out, "groups", '[');
	for (size_t i = 0; i < d->host.group_count; i++)
		json_number(out, NULL, d->host.groups[i]);
	json_close(out, ']');
	json_open(out, "capabilities", '{');
	for (size_t i = 0; i < ARRAY_COUNT(capability_rows); i++)
		json_bool(out, capability_rows[i].name,
			  host_cap(&d->host, capability_rows[i].number));
	json_close(out, '}');
	json_bool(out, "no_new_privs", d->host.no_new_privs);
	json_number(out, "outer_filters", d->outer_filters);
	json_bool(out, "inner_userns", d->inner_userns);
	json_bool(out, "apparmor_userns", d->apparmor_userns);
	json_close(out, '}');
}

static void json_cgroups(struct buf *out, const struct host *h)
{
	static const char *const names[CTL_COUNT] = {
		[CTL_MEMORY] = "memory", [CTL_PIDS] = "pids", [CTL_CPU] = "cpu"
	};

	json_open(out, "cgroups", '{');
	for (int i = 0; i < CTL_COUNT; i++) {
		json_open(out, names[i], '{');
		json_signed(out, "version", h->cgroups[i].version);
		json_string(out, "directory", h->cgroups[i].version ? h->cgroups[i].directory : "");
		json_close(out, '}');
	}
	json_close(out, '}');
}

static void print_json(const struct doctor *d, struct buf *out)
{
	json_open(out, NULL, '{');
	json_string(out, "ambit", AMBIT_VERSION);
	json_string(out, "kernel", d->uts.release);
	json_string(out, "machine", d->uts.machine);
	json_string(out, "grade", d->grade->word);
	json_string(out, "grade_text", d->grade->text);
	json_caller(out, d);
	json_landlock(out, &d->host);
	json_facts(out, d);
	json_cgroups(out, &d->host);
	json_close(out, '}');
	buf_add_char(out, '\n');
}

enum ambit_code ambit_doctor(bool json, bool color, char **ret_text, struct ambit_error *err)
{
	AUTO_BUF struct buf out = { 0 };
	struct doctor d = { .grade = NULL };
	enum ambit_code code;
	char *text;

	ERR_BEGIN(err);
	if (!ret_text)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_HOST, 0, "a result is needed");
	code = examine(&d, err);
	if (code == AMBIT_OK && json)
		print_json(&d, &out);
	else if (code == AMBIT_OK)
		print_text(&d, color, &out);
	host_done(&d.host);
	if (code != AMBIT_OK)
		return err_exhausted(err);
	text = buf_take(&out);
	if (!text)
		return err_memory(err, AMBIT_LAYER_HOST);
	*ret_text = text;
	return AMBIT_OK;
}
