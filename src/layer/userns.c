/* SPDX-License-Identifier: ISC */
/*
 * userns.c - a user namespace of its own: what an unprivileged caller needs for all the others
 *
 * One id is mapped, to itself: files keep their owner's number and nobody becomes root. setgroups
 * is denied first, or dropping a group could grant what that group was refused (CVE-2014-8989).
 */
#include "child.h"

enum { OP_MAP };

enum ambit_code userns_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step step = {
		.layer = AMBIT_LAYER_USERNS,
		.place = PLACE_LEADER,
		.needs = TOKEN(HOST_FILES),
		.gives = TOKEN(ADMIN) | TOKEN(SETPCAP),
		.what = "map its own ids in a new user namespace",
		.reason = "an unprivileged caller may make the other namespaces only there",
	};

	if (!plan->userns)
		return AMBIT_OK;
	return plan_step(plan, &step) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_USERNS);
}

enum ambit_code userns_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			       const struct step *step, struct ambit_error *err)
{
	const struct kit_op op = { .layer = AMBIT_LAYER_USERNS,
				   .place = (uint8_t)step->place,
				   .op = OP_MAP,
				   .a = plan->host->uid,
				   .b = plan->host->gid };

	(void)err;
	kit_add_op(kit, &op);
	return AMBIT_OK;
}

/* "ID ID 1" */
static void map_line(char *out, uint64_t id)
{
	out = child_decimal(out, id);
	*out++ = ' ';
	out = child_decimal(out, id);
	*out++ = ' ';
	*out++ = '1';
	*out = '\0';
}

int userns_commit(struct child *child, const struct kit_op *op)
{
	char line[64];
	int r = child_write_file(AT_FDCWD, "/proc/self/setgroups", "deny");

	if (r < 0)
		return child_failed(child, r, "/proc/self/setgroups");
	map_line(line, op->a);
	r = child_write_file(AT_FDCWD, "/proc/self/uid_map", line);
	if (r < 0)
		return child_failed(child, r, "/proc/self/uid_map");
	map_line(line, op->b);
	r = child_write_file(AT_FDCWD, "/proc/self/gid_map", line);
	return r < 0 ? child_failed(child, r, "/proc/self/gid_map") : 0;
}

/* The kernel answers in the namespace's own numbers: an unmapped id would show as 65534. */
int userns_verify(struct child *child, const struct kit_op *op)
{
	uid_t uids[3];
	gid_t gids[3];
	int r = sys_getresuid(uids);

	(void)child;
	if (r >= 0)
		r = sys_getresgid(gids);
	if (r < 0)
		return r;
	return uids[0] == op->a && gids[0] == op->b ? 0 : -EPROTO;
}
