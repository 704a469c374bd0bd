/* SPDX-License-Identifier: ISC */
/*
 * lint.c - warnings about a policy: allowed, but probably not meant
 *
 * A table: each row looks at the plan and says whether its sentence applies.
 */
#include <string.h>

#include "../base/str.h"
#include "../policy/promise.h"
#include "paths.h"

/* A writable path that something outside will later run or obey (E22). */
static const struct grant *writes_config(const struct ambit_plan *plan)
{
	static const char *const places[] = { "/.bashrc", "/.profile", "/.ssh", "/.git",
					      "/.config" };
	const struct grant *g;

	for (size_t at = 0; (g = policy_next_writer(plan->policy, &at)) != NULL;)
		for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
			size_t a = strlen(g->path), b = strlen(places[i]);

			if (a > b && str_equal(g->path + a - b, places[i]))
				return g;
		}
	return NULL;
}

static const struct grant *grants_path(const struct ambit_plan *plan, enum right right,
				       const char *const *paths, size_t count)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, right, &at)) != NULL;)
		for (size_t i = 0; i < count; i++)
			if (str_equal(g->path, paths[i]))
				return g;
	return NULL;
}

static const struct grant *writes_root(const struct ambit_plan *plan)
{
	static const char *const paths[] = { "/",    "/etc",  "/usr",  "/bin",
					     "/lib", "/root", "/home", "/var" };

	static const enum right rights[] = { RIGHT_WRITE, RIGHT_MODIFY, RIGHT_CREATE };
	const struct grant *g = NULL;

	for (size_t i = 0; !g && i < ARRAY_COUNT(rights); i++)
		g = grants_path(plan, rights[i], paths, ARRAY_COUNT(paths));
	return g;
}

static const struct grant *reads_root(const struct ambit_plan *plan)
{
	static const char *const paths[] = {
		"/", "/etc", "/root", "/home", "/proc", "/sys", "/run"
	};

	return grants_path(plan, RIGHT_READ, paths, ARRAY_COUNT(paths));
}

static const struct grant *grants_loader(const struct ambit_plan *plan)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_EXEC, &at)) != NULL;)
		if (!plan->mount_view || strstr(g->path, "/ld-") || strstr(g->path, "ld.so"))
			return g;
	return NULL;
}

static const struct grant *has_jit(const struct ambit_plan *plan)
{
	return policy_first(plan->policy, RIGHT_JIT);
}

static const struct grant *has_attributes(const struct ambit_plan *plan)
{
	return plan->mount_view ? NULL : policy_first(plan->policy, RIGHT_ATTRIBUTES);
}

static const struct grant *reads_proc_file(const struct ambit_plan *plan)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_READ, &at)) != NULL;)
		if (plan->mount_view && str_starts(g->path, "/proc/"))
			return g;
	return NULL;
}

static const struct grant *shares_locks(const struct ambit_plan *plan)
{
	size_t at = 0;
	const struct grant *g = policy_next_writer(plan->policy, &at);

	return g ? g : policy_first(plan->policy, RIGHT_READ);
}

/* A mount view is nodev; Landlock does not tell a device from a file. */
static const struct grant *shares_devices(const struct ambit_plan *plan)
{
	return plan->mount_view ? NULL : shares_locks(plan);
}

static const struct grant *has_docker_socket(const struct ambit_plan *plan)
{
	static const char *const paths[] = { "/run/docker.sock", "/var/run/docker.sock",
					     "/run/dbus/system_bus_socket",
					     "/run/containerd/containerd.sock" };

	return grants_path(plan, RIGHT_UNIX, paths, ARRAY_COUNT(paths));
}

const char *plan_policy_file(struct arena *a, const struct host *host, const struct grant *g)
{
	const char *file = g->origin.file;

	/* "-e" and "--read" are no files, nor is a bundle */
	if (!file || !g->origin.line || g->bundle || file[0] == '-')
		return NULL;
	while (str_starts(file, "./"))
		for (file += 2; *file == '/';)
			file++;
	if (file[0] == '/')
		return file;
	return host->directory ? arena_format(a, "%s/%s", host->directory, file) : NULL;
}

/* The line that lets the program write @path, deepest first; NULL when it cannot. */
static const struct grant *writer_of(const struct ambit_plan *plan, const char *path)
{
	const struct host_path *at = path ? host_path(plan->host, path) : NULL, *w;
	const struct grant *g, *found = NULL;
	size_t longest = 0;

	if (!at || at->kind == KIND_MISSING || !plan_writes(plan, at->real))
		return NULL;
	for (size_t i = 0; (g = policy_next_writer(plan->policy, &i)) != NULL;) {
		size_t n;

		w = host_path(plan->host, g->path);
		n = w && w->kind != KIND_MISSING ? strlen(w->real) : 0;
		if (n < longest || !n || strncmp(at->real, w->real, n) != 0)
			continue;
		if (n == 1 || !at->real[n] || at->real[n] == '/') {
			found = g;
			longest = n;
		}
	}
	return found;
}

/* The next run obeys what this one wrote into its policy (E135). */
static const struct grant *writes_policy(const struct ambit_plan *plan)
{
	struct arena names = { 0 };
	const struct grant *found = NULL;
	const char *last = NULL;

	for (size_t i = 0; i < plan->policy->count && !found; i++) {
		const struct grant *g = &plan->policy->grants[i];

		if (g->origin.file != last)
			found = writer_of(plan, plan_policy_file(&names, plan->host, g));
		last = g->origin.file;
	}
	arena_done(&names);
	return found;
}

static const struct grant *writes_ambit(const struct ambit_plan *plan)
{
	return writer_of(plan, PLAN_SELF);
}

static const struct grant *writes_command(const struct ambit_plan *plan)
{
	return plan->program ? writer_of(plan, plan->program->path) : NULL;
}

static const struct grant *writes_programs(const struct ambit_plan *plan)
{
	const struct grant *g, *found = NULL;

	for (size_t at = 0; !found && (g = policy_next(plan->policy, RIGHT_EXEC, &at)) != NULL;)
		found = writer_of(plan, g->path);
	return found;
}

/* ---- what a run tells by itself ------------------------------------------------------------ */

static enum ambit_code told(struct ambit_plan *plan, enum ambit_code code)
{
	if (code == AMBIT_OK)
		plan->notes[plan->note_count - 1].told = true;
	return code;
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : "";
}

/* Programs that are known to compile while they run, and the line that lets them. */
static const struct {
	const char *name, *line;
} compilers[] = {
	{ "node", "use node" }, { "nodejs", "use node" }, { "deno", "jit" },
	{ "java", "jit" },	{ "luajit", "jit" },
};

static enum ambit_code lint_compiler(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct host_path *p = plan->program;
	const char *const names[] = { base_name(p ? p->path : NULL), base_name(p ? p->real : NULL),
				      base_name(p && p->is_script ? p->interpreter : NULL) };

	if (policy_has(plan->policy, RIGHT_JIT))
		return AMBIT_OK;
	for (size_t i = 0; i < ARRAY_COUNT(compilers) * ARRAY_COUNT(names); i++) {
		const char *name = compilers[i / ARRAY_COUNT(names)].name;

		if (str_equal(names[i % ARRAY_COUNT(names)], name))
			return told(plan,
				    plan_notef(plan, NOTE_WARNING, AMBIT_LAYER_POLICY, NULL, err,
					       "%s compiles while it runs, and may not "
					       "execute what it compiles: '%s' allows it",
					       name, compilers[i / ARRAY_COUNT(names)].line));
	}
	return AMBIT_OK;
}

/* Nobody here reads the kernel's log: whoever asked for it has to know where it is. */
static enum ambit_code lint_report(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct grant *g = policy_first(plan->policy, RIGHT_ON_DENIAL);

	if (!g || g->on_denial != ON_DENIAL_REPORT)
		return AMBIT_OK;
	return told(plan, plan_notef(plan, NOTE_CHOICE, AMBIT_LAYER_SECCOMP, g, err,
				     "what the filter refuses is in the kernel's log: 'dmesg', or "
				     "'ausearch -m SECCOMP', has it as type=1326"));
}

static const struct {
	const char *text;
	const struct grant *(*applies)(const struct ambit_plan *plan);
	enum note_kind kind; /* reported: weaker than the policy reads, so refused under --strict */
} rules[] = {
	{ "the program cannot start: this line hides its file, its interpreter or its loader",
	  plan_hides_program, NOTE_WARNING },
	{ "a file that other programs obey is writable: what is written there runs outside",
	  writes_config, NOTE_WARNING },
	{ "a file of the policy itself is writable: the next run obeys what this one makes of it",
	  writes_policy, NOTE_WARNING },
	{ "ambit itself is writable: the next run is confined by what this one makes of it",
	  writes_ambit, NOTE_WARNING },
	{ "the program's own file is writable: what is written there runs at the next start",
	  writes_command, NOTE_WARNING },
	{ "a program that may be executed is writable: any code may be executed then",
	  writes_programs, NOTE_WARNING },
	{ "a whole system or home directory is writable", writes_root, NOTE_WARNING },
	{ "a directory with secrets of others is readable as a whole", reads_root, NOTE_WARNING },
	{ "a granted loader or interpreter can be asked to run any file it may read", grants_loader,
	  NOTE_WARNING },
	{ "W^X is off: memory may be writable and executable", has_jit, NOTE_WARNING },
	{ "attributes reach every file of the same owner, not only the granted paths",
	  has_attributes, NOTE_REPORTED },
	{ "a file of /proc brings the rest of the system's read-only /proc with it",
	  reads_proc_file, NOTE_WARNING },
	{ "locks on granted files can be seen by others who have them", shares_locks,
	  NOTE_WARNING },
	{ "a device node in a granted directory can be opened", shares_devices, NOTE_WARNING },
	{ "a service with power over the whole system is reachable through this socket",
	  has_docker_socket, NOTE_WARNING },
};

static enum ambit_code lint_terminal(struct ambit_plan *plan, struct ambit_error *err)
{
	const bool relays = policy_has(plan->policy, RIGHT_TERMINAL);
	enum ambit_code code = AMBIT_OK;

	if (!plan->host->has_tty)
		return AMBIT_OK;
	if (relays && plan->door == DOOR_RUN)
		code = plan_notef(plan, NOTE_CHOICE, AMBIT_LAYER_SUPERVISOR, NULL, err,
				  "ambit run and ambit_run() relay a terminal of its own; "
				  "ambit_spawn() refuses the caller's, and takes a pty that is "
				  "nobody's yet");
	if (plan->unwarned)
		return code;
	if (!relays)
		code = plan_notef(plan, NOTE_WARNING, AMBIT_LAYER_SUPERVISOR, NULL, err,
				  "what is typed can be read from the background too, in a session "
				  "of its own: grant terminal, or another input");
	if (code == AMBIT_OK && plan->mode == MODE_BECOME)
		code = plan_notef(plan, NOTE_WARNING, AMBIT_LAYER_SUPERVISOR, NULL, err,
				  "nobody stays to put the terminal's modes back: they are left as "
				  "the program leaves them");
	return code;
}

enum ambit_code plan_lint(struct ambit_plan *plan, struct ambit_error *err)
{
	enum ambit_code code = lint_compiler(plan, err);

	if (code == AMBIT_OK)
		code = lint_report(plan, err);
	if (code == AMBIT_OK)
		code = lint_terminal(plan, err);
	for (size_t i = 0; i < ARRAY_COUNT(rules) && code == AMBIT_OK; i++) {
		const bool told = !plan->unwarned || rules[i].kind != NOTE_WARNING;
		const struct grant *g = told ? rules[i].applies(plan) : NULL;

		if (g)
			code = plan_note(plan,
					 (struct note){ .kind = rules[i].kind,
							.denial = -1,
							.grant = g,
							.layer = AMBIT_LAYER_POLICY,
							.text = rules[i].text },
					 err);
	}
	return code;
}
