/* SPDX-License-Identifier: ISC */
/*
 * gather.c - all the questions a policy has for the host, asked before the pure planner runs
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/fd.h"
#include "../base/str.h"
#include "../base/sys.h"
#include "../policy/promise.h"
#include "run.h"

static enum ambit_code add_program(struct host *h, const char *path, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;

	/* A script's interpreter may be a script; the kernel follows four. */
	for (int depth = 0; path && depth < 6 && code == AMBIT_OK; depth++) {
		const struct host_path *p;

		code = host_add_path(h, path, true, err);
		p = host_path(h, path);
		path = p ? p->interpreter : NULL;
	}
	return code;
}

/* And the directories above it, which the view may have to hold in place. */
static enum ambit_code add_hidden(struct host *h, const char *path, struct ambit_error *err)
{
	enum ambit_code code = host_add_path(h, path, false, err);
	const struct host_path *p = host_path(h, path);
	const char *real = p && p->kind != KIND_MISSING ? p->real : "";

	for (size_t i = 1; real[0] && real[i] && code == AMBIT_OK; i++)
		if (real[i] == '/') {
			const char *above = arena_format(&h->arena, "%.*s", (int)i, real);

			code = above ? host_add_path(h, above, false, err)
				     : err_memory(err, AMBIT_LAYER_HOST);
		}
	return code;
}

static enum ambit_code add_grant(struct host *h, const struct grant *g, bool *wants_cgroup,
				 struct ambit_error *err)
{
	switch ((int)g->right) {
	case RIGHT_HIDE:
		return add_hidden(h, g->path, err);
	case RIGHT_READ:
	case RIGHT_WRITE:
	case RIGHT_MODIFY:
	case RIGHT_CREATE:
	case RIGHT_UNIX:
		return host_add_path(h, g->path, false, err);
	case RIGHT_PROMISES:
	case RIGHT_PRIVILEGES:
		return g->path ? host_add_path(h, g->path, false, err) : AMBIT_OK;
	case RIGHT_UNVEIL:
		if (!(g->number & LL_FS_EXECUTE))
			return host_add_path(h, g->path, false, err);
		return add_program(h, g->path, err);
	case RIGHT_EXEC:
		return add_program(h, g->path, err);
	case RIGHT_TERMINAL:
		return host_add_path(h, PLAN_TERMINAL, false, err);
	case RIGHT_USER:
	case RIGHT_GROUP:
		return host_add_user(h, g->name, g->right == RIGHT_GROUP, err);
	case RIGHT_LABEL:
		return h->enters ? AMBIT_OK : host_probe_label(h, err);
	case RIGHT_LIMIT:
		*wants_cgroup |= g->limit == LIMIT_MEMORY || g->limit == LIMIT_PROCESSES ||
				 g->limit == LIMIT_CPU;
		return AMBIT_OK;
	default:
		return AMBIT_OK;
	}
}

/* What a program needs to start; a static one, which needs no loader, is told by its header. */
static enum ambit_code add_start(struct run *run, struct ambit_error *err)
{
	const struct host_path *program = run->program ? host_path(&run->host, run->program) : NULL;
	const bool loads = run->door != DOOR_RUN || !plan_is_static(run->policy, program);
	const struct start_path *s;
	enum ambit_code code = AMBIT_OK;

	for (size_t i = 0; !run->options.bare && code == AMBIT_OK && (s = plan_start_path(i)); i++)
		if (loads || !s->needs_dynamic)
			code = host_add_path(&run->host, s->path, false, err);
	return code;
}

static int why_not_in(const struct host_path *at)
{
	if (!at)
		return 0;
	return at->kind == KIND_MISSING ? at->missing_errno : ENOTDIR;
}

/* -C DIRECTORY: absolute, or below the caller's own; it has to exist. */
static enum ambit_code choose_directory(struct run *run, struct ambit_error *err)
{
	const char *asked = run->options.directory;
	const struct host_path *at;
	enum ambit_code code;

	if (!asked)
		return AMBIT_OK;
	if (asked[0] != '/' && !run->host.directory)
		return host_no_directory(AMBIT_LAYER_RUN, asked, err);
	if (asked[0] != '/')
		asked = arena_format(&run->arena, "%s/%s", run->host.directory, asked);
	if (!asked)
		return err_memory(err, AMBIT_LAYER_RUN);
	code = run->options.host_file ? AMBIT_OK : host_add_path(&run->host, asked, false, err);
	if (code != AMBIT_OK)
		return code;
	at = host_path(&run->host, asked);
	if (!at || at->kind != KIND_DIR) {
		(void)err_set(err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_RUN, why_not_in(at),
			      "cannot work in %s", asked);
		return err_hint(err, "name a directory that exists");
	}
	run->host.directory = at->real;
	run->must_work_in = at->real;
	return AMBIT_OK;
}

/* ---- another host, from a file: nothing is probed, what the file does not name is missing ---- */

enum { HOST_FILE_MAX = 1 << 20 };

static enum ambit_code read_host(struct run *run, struct ambit_error *err)
{
	const char *file = run->options.host_file;
	AUTO_FREE char *text = malloc(HOST_FILE_MAX);
	char shown[128];
	int r;

	if (!text)
		return err_memory(err, AMBIT_LAYER_HOST);
	r = fd_read_file(AT_FDCWD, file, text, HOST_FILE_MAX);
	if (r >= 0)
		return host_read(&run->host, text, (size_t)r, file, err);
	(void)err_set(err, err_code_of_errno(-r), AMBIT_LAYER_HOST, -r,
		      "cannot read the host file %s",
		      str_escape(shown, sizeof(shown), file, strlen(file)));
	return err_hint(err, "name a text file of at most %d bytes that describes a host",
			HOST_FILE_MAX);
}

static enum need need_of(const struct ambit_policy *policy, enum ambit_layer layer)
{
	enum need need = NEED_DEFAULT;
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(policy, RIGHT_NEED, &at)) != NULL;)
		need = g->layer == layer ? g->need : need;
	return need;
}

static enum ambit_code add_named_opens(struct run *run, bool names, enum ambit_code code,
				       struct ambit_error *err)
{
	const struct grant *g;

	for (size_t at = 0;
	     code == AMBIT_OK && (g = policy_next(run->policy, RIGHT_FD, &at)) != NULL;)
		code = host_add_open(&run->host, (int)g->number, names, err);
	return code;
}

/* Before anything of ours is open: a number that the caller left free is none of ours. */
static enum ambit_code add_opens(struct run *run, struct ambit_error *err)
{
	const struct ambit_policy *policy = run->policy;
	/* Names matter where attributes may be changed: with a view, by who may write at all. */
	const bool view = need_of(policy, AMBIT_LAYER_MOUNT) != NEED_OFF;
	size_t first = 0;
	const bool writes = policy_next_writer(policy, &first) || policy_has(policy, RIGHT_TMP);
	const bool names = policy_has(policy, RIGHT_ATTRIBUTES) || (view && writes);
	enum ambit_code code = AMBIT_OK;

	for (int fd = 0; fd <= 2 && code == AMBIT_OK; fd++)
		code = host_add_open(&run->host, fd, names, err);
	return add_named_opens(run, names, code, err);
}

/* What a plan warns of when it is writable: the policy's own files, and this program. */
static enum ambit_code add_own_files(struct run *run, struct ambit_error *err)
{
	enum ambit_code code = host_add_path(&run->host, PLAN_SELF, false, err);
	const char *last = NULL;

	for (size_t i = 0; code == AMBIT_OK && i < run->policy->count; i++) {
		const struct grant *g = &run->policy->grants[i];
		const char *file = g->origin.file == last
					   ? NULL
					   : plan_policy_file(&run->arena, &run->host, g);

		if (file)
			code = host_add_path(&run->host, file, false, err);
		last = g->origin.file;
	}
	return code;
}

/* Has it lines whose addresses somebody may have to look at? */
static bool may_be_judged(const struct ambit_policy *policy)
{
	return policy_has(policy, RIGHT_CONNECT) || policy_has(policy, RIGHT_LISTEN) ||
	       policy_has(policy, RIGHT_UNIX);
}

/* What a start need not ask, because its plan will not. */
static unsigned unasked(const struct ambit_policy *policy)
{
	static const enum ambit_layer layers[] = { AMBIT_LAYER_USERNS, AMBIT_LAYER_MOUNT,
						   AMBIT_LAYER_NAMESPACES, AMBIT_LAYER_NET };
	const enum need userns = need_of(policy, AMBIT_LAYER_USERNS);
	unsigned bits = HOST_NO_NAMESPACES;

	for (size_t i = 0; i < ARRAY_COUNT(layers); i++)
		if (need_of(policy, layers[i]) != NEED_OFF)
			bits = 0;
	if (!may_be_judged(policy))
		bits |= HOST_NO_LISTENER;
	return bits | (userns == NEED_DEFAULT || userns == NEED_OFF ? HOST_NO_SPARE_USERNS : 0);
}

/* Two that compute for one caller are as foreign to each other as to everybody else. */
static enum ambit_code find_spare_uid(struct run *run, struct ambit_error *err)
{
	int r;

	if (!host_cap(&run->host, CAP_SETUID))
		return AMBIT_OK;
	r = host_spare_uid(&run->host.spare_uid);
	return r < 0 ? err_set(err, AMBIT_E_RESOURCE, AMBIT_LAYER_HOST, -r,
			       "no user id is to be had that nothing runs as")
		     : AMBIT_OK;
}

static enum ambit_code gather(struct run *run, enum run_purpose purpose, struct ambit_error *err)
{
	const bool full = purpose == RUN_TELL;
	enum ambit_code code;
	bool wants_cgroup = false;
	size_t first = 0;

	run->tells = full;
	run->host.unasked = full ? 0 : unasked(run->policy);
	/* Without namespaces nobody stays, and this process needs most of the paths again. */
	run->host.keep = purpose == RUN_BECOME && run->options.status_fd < 0 &&
			 (run->host.enters || (run->host.unasked & HOST_NO_NAMESPACES));
	code = run->options.host_file ? read_host(run, err) : host_probe(&run->host, full, err);
	if (code == AMBIT_OK)
		code = choose_directory(run, err);
	if (run->options.host_file || code != AMBIT_OK)
		return code;
	if (policy_has(run->policy, RIGHT_COMPUTE))
		code = find_spare_uid(run, err);
	for (size_t i = 0; code == AMBIT_OK && i < run->policy->count; i++)
		code = add_grant(&run->host, &run->policy->grants[i], &wants_cgroup, err);
	/* Who confines itself has nobody to judge, and an earlier filter may end who asks. */
	if (code == AMBIT_OK && run->door != DOOR_ENTER && may_be_judged(run->policy))
		code = host_probe_sockets(&run->host, err);
	if (code == AMBIT_OK && full && policy_next_writer(run->policy, &first))
		code = add_own_files(run, err);
	if (code == AMBIT_OK && wants_cgroup)
		code = host_probe_cgroups(&run->host, err);
	return code;
}

enum { CALLER_PATH_MAX = 4096 };

static const char *search_path(const struct run *run)
{
	const char *path = run->options.search_path;

	return path && strlen(path) < CALLER_PATH_MAX ? path : HOST_SEARCH_PATH;
}

static enum ambit_code build(struct run *run, struct ambit_error *err)
{
	struct plan_layer layers[32];
	enum ambit_code code;

	for (size_t i = 0; i < layer_count && i < ARRAY_COUNT(layers); i++)
		layers[i] = (struct plan_layer){ layer_table[i].id, layer_table[i].plan };
	run->plan.door = run->door;
	run->plan.bare = run->options.bare;
	run->plan.strict = run->options.strict;
	run->plan.unwarned = run->door == DOOR_RUN && !run->tells;
	code = plan_build(&run->plan, run->policy, &run->host, run->program,
			  (struct plan_layers){ layers, layer_count }, err);
	if (code != AMBIT_OK || !run->must_work_in ||
	    str_equal(run->plan.directory, run->must_work_in))
		return code;
	(void)err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_RUN, 0,
		      "the policy does not reach the directory %s", run->must_work_in);
	return err_hint(err, "grant it with: read %s", run->must_work_in);
}

void run_take_options(struct run *run, const struct ambit_options *options)
{
	const struct ambit_options defaults = AMBIT_OPTIONS_INIT;

	run->options = defaults;
	if (options)
		memcpy(&run->options, options,
		       options->size < sizeof(defaults) ? options->size : sizeof(defaults));
}

enum ambit_code run_build(struct run *run, enum run_purpose purpose, struct ambit_error *err)
{
	/* What is open stays open; what is named may be accepted on. */
	enum ambit_code code = add_named_opens(run, false, AMBIT_OK, err);

	if (code == AMBIT_OK)
		code = fds_check(run->policy, &run->host, err);
	if (code == AMBIT_OK)
		code = gather(run, purpose, err);

	if (code == AMBIT_OK)
		code = add_start(run, err);
	return code == AMBIT_OK ? build(run, err) : code;
}

/* options.program_fd: somebody looked at a file, and it is this one that the kit will name. */
static enum ambit_code same_program(const struct run *run, struct ambit_error *err)
{
	const struct host_path *p = host_path(&run->host, run->program);
	struct stat st;
	int r = sys_fstat(run->options.program_fd, &st);

	if (r < 0)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, -r,
			       "cannot look at the program's descriptor");
	if (p && p->device == st.st_dev && p->inode == st.st_ino)
		return AMBIT_OK;
	(void)err_set(err, AMBIT_E_DENIED, AMBIT_LAYER_RUN, 0,
		      "%s is not the file any more that was looked at", run->program);
	return err_hint(err, "somebody replaced it meanwhile: run it again");
}

enum ambit_code run_plan(struct run *run, const struct ambit_policy *policy, char *const argv[],
			 const struct ambit_options *options, enum run_purpose purpose,
			 struct ambit_error *err)
{
	enum ambit_code code;

	memset(run, 0, sizeof(*run));
	run->policy = (struct ambit_policy *)(uintptr_t)policy;
	run->argv = argv;
	run->terminal_fd = -1;
	run_take_options(run, options);
	if (run->options.host_file && purpose != RUN_TELL)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
			       "a program cannot be run on a host from a file");
	if (run->options.enters)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
			       "who enters a policy is no program that is started");
	code = run->options.host_file ? AMBIT_OK : add_opens(run, err);
	if (code == AMBIT_OK && purpose != RUN_TELL)
		code = fds_check(policy, &run->host, err);
	if (code == AMBIT_OK && purpose != RUN_TELL)
		code = fds_check_status(policy, &run->host, run->options.status_fd, err);
	if (code == AMBIT_OK)
		code = gather(run, purpose, err);
	if (run->options.host_file) {
		if (code == AMBIT_OK && argv && argv[0])
			code = host_find_listed(&run->host, argv[0], search_path(run),
						&run->program, err);
		return code == AMBIT_OK ? build(run, err) : code;
	}
	if (code == AMBIT_OK && argv && argv[0])
		code = host_find_program(&run->host, argv[0], search_path(run), &run->program, err);
	if (code == AMBIT_OK && run->program)
		code = add_program(&run->host, run->program, err);
	if (code == AMBIT_OK && run->program && run->options.program_fd >= 0)
		code = same_program(run, err);
	if (code == AMBIT_OK)
		code = add_start(run, err);
	if (code == AMBIT_OK && run->program && policy_has(policy, RIGHT_COMPUTE))
		code = host_add_closure(&run->host, run->program, err);
	return code == AMBIT_OK ? build(run, err) : code;
}

/*
 * Which assumption stood behind what was refused; the first that the plan made use of, and that is
 * refused again when asked for alone, is given up. Only refusals count: exhaustion is an error.
 */
static const struct {
	enum ambit_layer layer;
	enum host_fact fact;
} assumptions[] = {
	{ AMBIT_LAYER_RUN, FACT_MEMFD_EXEC },	     { AMBIT_LAYER_RUN, FACT_USER_NAMESPACE },
	{ AMBIT_LAYER_RUN, FACT_PID_NAMESPACE },     { AMBIT_LAYER_RUN, FACT_MOUNT_NAMESPACE },
	{ AMBIT_LAYER_RUN, FACT_NET_NAMESPACE },     { AMBIT_LAYER_RUN, FACT_IPC_NAMESPACE },
	{ AMBIT_LAYER_RUN, FACT_UTS_NAMESPACE },     { AMBIT_LAYER_RUN, FACT_CGROUP_NAMESPACE },
	{ AMBIT_LAYER_USERNS, FACT_USER_NAMESPACE }, { AMBIT_LAYER_MOUNT, FACT_PROC_MOUNT },
	{ AMBIT_LAYER_MOUNT, FACT_MOUNT_NAMESPACE }, { AMBIT_LAYER_SECCOMP, FACT_SECCOMP_LISTENER },
	{ AMBIT_LAYER_NET, FACT_NET_NAMESPACE },     { AMBIT_LAYER_TIMENS, FACT_TIME_NAMESPACE },
};

/*
 * Of a path of the policy only EPERM and ENOSYS tell of the host: the others can come of what is
 * there, and the program of another run may have put it there.
 */
static bool is_refusal(const struct kit_report *report)
{
	const int e = report->sys_errno;
	const bool granted = report->where == WHERE_STEP &&
			     report->layer == (uint8_t)AMBIT_LAYER_MOUNT && report->path[0] &&
			     !str_equal(report->path, "/") && !str_equal(report->path, "/proc");

	return e == EPERM || e == ENOSYS ||
	       (!granted && (e == EACCES || e == EBUSY || e == EINVAL));
}

static bool was_used(const struct ambit_plan *plan, enum host_fact fact)
{
	return fact == FACT_USER_NAMESPACE     ? plan->userns
	       : fact == FACT_PID_NAMESPACE    ? plan->pid_namespace
	       : fact == FACT_MOUNT_NAMESPACE  ? plan->mount_view
	       : fact == FACT_SECCOMP_LISTENER ? plan->notify
					       : true;
}

/* Does the report speak of what stands on row @i? */
static bool is_about(const struct kit_report *report, size_t i)
{
	const enum host_fact fact = assumptions[i].fact;

	if (fact == FACT_MEMFD_EXEC)
		return report->where == WHERE_STAGE;
	if (assumptions[i].layer == AMBIT_LAYER_RUN)
		return report->where == WHERE_CLONE;
	return report->where == WHERE_STEP && !report->verifying &&
	       report->layer == (uint8_t)assumptions[i].layer &&
	       (fact == FACT_PROC_MOUNT) == str_equal(report->path, "/proc");
}

/* Where setgroups is denied, as in a user namespace of a single user, CAP_SETGID is no use. */
static bool correct_groups(struct host *host, const struct kit_report *report)
{
	return report->where == WHERE_STEP && !report->verifying &&
	       report->layer == (uint8_t)AMBIT_LAYER_IDS && report->sys_errno == EPERM &&
	       host_confirm_groups(host);
}

/* The version was told, and the rest is refused: an outer filter that knows a part of it. */
static bool correct_landlock(struct host *host, const struct kit_report *report)
{
	return report->where == WHERE_STEP && !report->verifying &&
	       report->layer == (uint8_t)AMBIT_LAYER_LANDLOCK &&
	       (report->sys_errno == EPERM || report->sys_errno == ENOSYS) &&
	       host_confirm_landlock(host);
}

static bool correct(struct run *run, const struct kit_report *report)
{
	if (correct_groups(&run->host, report) || correct_landlock(&run->host, report))
		return true;
	for (size_t i = 0; i < ARRAY_COUNT(assumptions); i++) {
		const enum host_fact fact = assumptions[i].fact;

		if (!is_about(report, i) || !was_used(&run->plan, fact) ||
		    !host_confirm(&run->host, fact))
			continue;
		if (fact == FACT_USER_NAMESPACE && !host_cap(&run->host, CAP_SYS_ADMIN))
			for (enum host_fact f = FACT_MOUNT_NAMESPACE; f <= FACT_TIME_NAMESPACE; f++)
				(void)host_correct(&run->host, f, report->sys_errno);
		return true;
	}
	return false;
}

static bool is_told(const struct note *note)
{
	return note->told || note->kind == NOTE_SKIPPED || note->kind == NOTE_REPORTED ||
	       note->kind == NOTE_NARROWER;
}

static void tell(const struct run *run, const struct note *n)
{
	char where[256], line[700];

	if (!run->options.notice)
		return;
	(void)snprintf(line, sizeof(line), "%s%s%s%s",
		       n->grant ? origin_text(&n->grant->origin, where, sizeof(where)) : "",
		       n->grant ? ": " : "", plan_note_lead(n), n->text);
	run->options.notice(run->options.notice_argument, line);
}

void run_notify(const struct run *run)
{
	for (size_t i = 0; i < run->plan.note_count; i++)
		if (is_told(&run->plan.notes[i]))
			tell(run, &run->plan.notes[i]);
}

/* What the plan before did not say. */
static void notify_new(const struct run *run, const struct ambit_plan *old)
{
	for (size_t i = 0; i < run->plan.note_count; i++) {
		bool known = !is_told(&run->plan.notes[i]);

		for (size_t j = 0; j < old->note_count && !known; j++)
			known = is_told(&old->notes[j]) &&
				str_equal(old->notes[j].text, run->plan.notes[i].text);
		if (!known)
			tell(run, &run->plan.notes[i]);
	}
}

bool run_replan(struct run *run, const struct kit_report *report, struct ambit_error *err)
{
	struct ambit_plan old = run->plan;
	bool done;

	if (!is_refusal(report) || !correct(run, report))
		return false;
	memset(&run->plan, 0, sizeof(run->plan));
	err_clear(err);
	done = build(run, err) == AMBIT_OK && run_refuse_gaps(&run->plan, err) == AMBIT_OK;
	if (done)
		notify_new(run, &old);
	plan_done(&old);
	return done;
}

void run_done(struct run *run)
{
	plan_done(&run->plan);
	host_done(&run->host);
	arena_done(&run->arena);
}
