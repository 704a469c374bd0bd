/* SPDX-License-Identifier: ISC */
/*
 * hide.c - what hide takes out of the list of paths, and how it stays out
 *
 * A hidden path is a mount point: the code can neither rename nor remove it. A directory above it
 * could still be renamed where the code may write, and then the name that the next run hides leads
 * nowhere while what was hidden has another one. So in a writable tree each directory on the way
 * is bound onto itself: a mount point too. A symbolic link on the way cannot be held like that,
 * and is a gap.
 */
#include <stdlib.h>
#include <string.h>

#include "../base/str.h"
#include "paths.h"

static bool is_hidden(const struct ambit_plan *plan, size_t count, const struct plan_path *p)
{
	for (size_t i = 0; i < count; i++)
		if (plan->paths[i].view == VIEW_HIDE && plan_is_below(p->path, plan->paths[i].path))
			return true;
	return false;
}

static const struct grant *hides(const struct ambit_plan *plan, const char *path)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_HIDE, &at)) != NULL;) {
		const struct host_path *p = host_path(plan->host, g->path);
		const char *hidden = p && p->real ? p->real : g->path;

		if (!strcmp(path, hidden) || plan_is_below(path, hidden))
			return g;
	}
	return NULL;
}

const struct grant *plan_hides_program(const struct ambit_plan *plan)
{
	const struct host_path *p = plan->mount_view ? plan->program : NULL;
	const struct grant *g = NULL;

	for (int depth = 0; p && !g && depth < 6; depth++) {
		g = hides(plan, p->real);
		for (size_t i = 0; i < p->link_count && !g; i++) /* on the way to it */
			g = hides(plan, p->links[i].path);
		p = p->interpreter ? host_path(plan->host, p->interpreter) : NULL;
	}
	return g;
}

/* hide wins over what is granted below it by a bundle or through a link. */
static enum ambit_code drop_hidden(struct ambit_plan *plan, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;
	size_t kept = 0;

	for (size_t i = 0; i < plan->path_count && code == AMBIT_OK; i++) {
		const struct plan_path p = plan->paths[i];

		plan->paths[kept] = p;
		if (!is_hidden(plan, kept, &p))
			kept++;
		else if (p.view != VIEW_HIDE && p.grant && !p.grant->bundle)
			code = plan_notef(plan, NOTE_WARNING, AMBIT_LAYER_POLICY, p.grant, err,
					  "%s lies below a hidden path: hide wins", p.path);
	}
	plan->path_count = kept;
	return code;
}

/* What is not in the view anyway needs no hiding, and could not be mounted over. */
static enum ambit_code drop_idle(struct ambit_plan *plan, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;
	size_t kept = 0;

	for (size_t i = 0; i < plan->path_count && code == AMBIT_OK; i++) {
		const struct plan_path *p = &plan->paths[kept], *above;

		plan->paths[kept] = plan->paths[i];
		above = plan_mounted_above(plan, kept, p->path);
		if (p->view == VIEW_HIDE && above && above->view == VIEW_PROC && above->size)
			code = plan_notef(plan, p->grant->prefer ? NOTE_SKIPPED : NOTE_GAP,
					  AMBIT_LAYER_MOUNT, p->grant, err,
					  "%s cannot be hidden: a /proc of its own is made anew",
					  p->path);
		kept += p->view != VIEW_HIDE || (above && above->view == VIEW_BIND);
	}
	plan->path_count = kept;
	return code;
}

enum ambit_code plan_drop_hidden(struct ambit_plan *plan, struct ambit_error *err)
{
	enum ambit_code code = drop_hidden(plan, err);

	return code == AMBIT_OK ? drop_idle(plan, err) : code;
}

static struct plan_path *entry_at(struct ambit_plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->path_count; i++)
		if (str_equal(plan->paths[i].path, path))
			return &plan->paths[i];
	return NULL;
}

/* May the code rename what is at @path? Then this is the mount through which. */
static const struct plan_path *mover(struct ambit_plan *plan, const char *path)
{
	const struct plan_path *above = plan_mounted_above(plan, plan->path_count, path);

	return above && above->view == VIEW_BIND && above->writable ? above : NULL;
}

/* Bind the directory onto itself, with the flags of the mount it lies in. */
static enum ambit_code pin(struct ambit_plan *plan, const char *path, const struct grant *hide,
			   struct ambit_error *err)
{
	const struct plan_path *in = mover(plan, path);
	struct plan_path *p = entry_at(plan, path);
	const struct host_path *at = host_path(plan->host, path);
	struct plan_path entry = { .path = path, .grant = hide };

	if (!in || (p && p->view != VIEW_NONE))
		return AMBIT_OK;
	if (p)
		entry = *p;
	entry.view = VIEW_BIND;
	entry.is_dir = entry.writable = entry.pinned = true;
	entry.can_exec = in->can_exec;
	entry.device_id = at && at->kind == KIND_DIR ? at->device : 0;
	entry.inode = at && at->kind == KIND_DIR ? at->inode : 0;
	if (!p)
		p = arena_grow(&plan->arena, &plan->paths, &plan->path_count, sizeof(*p));
	if (!p)
		return err_memory(err, AMBIT_LAYER_PLAN);
	*p = entry;
	qsort(plan->paths, plan->path_count, sizeof(*plan->paths), plan_by_path);
	return AMBIT_OK;
}

/* Every directory above @path, from the top. */
static enum ambit_code pin_above(struct ambit_plan *plan, const char *path,
				 const struct grant *hide, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;

	for (size_t i = 1; path[i] && code == AMBIT_OK; i++) {
		const char *directory;

		if (path[i] != '/')
			continue;
		directory = arena_format(&plan->arena, "%.*s", (int)i, path);
		code = directory ? pin(plan, directory, hide, err)
				 : err_memory(err, AMBIT_LAYER_PLAN);
	}
	return code;
}

/* The links that the line's path passes through can be turned to something else. */
static enum ambit_code check_links(struct ambit_plan *plan, const struct grant *g,
				   struct ambit_error *err)
{
	const struct host_path *at = host_path(plan->host, g->path);
	enum ambit_code code = AMBIT_OK;

	for (size_t i = 0; at && i < at->link_count && code == AMBIT_OK; i++)
		if (mover(plan, at->links[i].path))
			code = plan_notef(plan, g->prefer ? NOTE_SKIPPED : NOTE_GAP,
					  AMBIT_LAYER_MOUNT, g, err,
					  "the link %s can be changed by the code, and what is "
					  "hidden with it: name %s",
					  at->links[i].path, at->real);
	return code;
}

enum ambit_code plan_pin_hidden(struct ambit_plan *plan, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;
	const struct grant *g;

	if (!plan->mount_view) /* a gap as a whole */
		return AMBIT_OK;
	for (size_t at = 0;
	     code == AMBIT_OK && (g = policy_next(plan->policy, RIGHT_HIDE, &at)) != NULL;) {
		const struct host_path *p = host_path(plan->host, g->path);
		const struct plan_path *entry =
			p && p->kind != KIND_MISSING ? entry_at(plan, p->real) : NULL;

		if (entry && entry->view == VIEW_HIDE && mover(plan, entry->path))
			code = plan_notef(
				plan, NOTE_CHOICE, AMBIT_LAYER_MOUNT, g, err,
				"%s stays where it is: it and the directories above it "
				"are mounts in the view, and a rename across one is a copy",
				entry->path);
		if (code == AMBIT_OK && entry && entry->view == VIEW_HIDE)
			code = pin_above(plan, entry->path, g, err);
		if (code == AMBIT_OK)
			code = check_links(plan, g, err);
	}
	return code;
}
