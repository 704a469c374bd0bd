/* SPDX-License-Identifier: ISC */
/*
 * prepare.c - the plan made concrete, in the parent: strings built, filters compiled, cgroups made
 *
 * The last place that may fail with words. Whatever was opened or made here and is not handed
 * over is undone by kit_builder_done() and run_remove_cgroups().
 */
#include <string.h>

#include "run.h"

static const uint16_t leader_calls[] = {
#if defined(__x86_64__)
	0 /* read */,	   1 /* write */,    3 /* close */,	  14 /* rt_sigprocmask */,
	62 /* kill */,	   61 /* wait4 */,   128 /* rt_sigtimedwait */, 228 /* clock_gettime */,
	231 /* exit_group */, 257 /* openat */, 271 /* ppoll */,	  436 /* close_range */,
	219 /* restart_syscall */,
#else
	63 /* read */,	   64 /* write */,   57 /* close */,	  135 /* rt_sigprocmask */,
	129 /* kill */,	   260 /* wait4 */,  137 /* rt_sigtimedwait */, 113 /* clock_gettime */,
	94 /* exit_group */,  56 /* openat */,	73 /* ppoll */,	  436 /* close_range */,
	128 /* restart_syscall */,
#endif
};

static enum ambit_code add_argv(struct kit_builder *b, char *const *argv, struct ambit_error *err)
{
	uint64_t table[4096];
	size_t count = 0;

	for (; argv && argv[count]; count++) {
		if (count == ARRAY_COUNT(table) - 1)
			break;
		table[count] = kit_add_string(b, argv[count]);
	}
	if (argv && argv[count])
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 7 /* E2BIG */, "too many arguments");
	table[count] = 0;
	b->header.argv = kit_add_data(b, table, (count + 1) * sizeof(*table));
	return AMBIT_OK;
}

static enum ambit_code add_leader_filter(struct kit_builder *b, struct ambit_error *err)
{
	struct arena arena = { 0 };
	struct filter_prog prog = { 0 };
	enum ambit_code code = filter_build_list(&arena, arch_native(), leader_calls,
						 ARRAY_COUNT(leader_calls), &prog, err);

	if (code == AMBIT_OK) {
		b->header.leader_filter = kit_add_data(b, prog.code, prog.count * sizeof(*prog.code));
		b->header.leader_filter_count = (uint32_t)prog.count;
	}
	arena_done(&arena);
	return code;
}

static void add_header(struct kit_builder *b, const struct run *run)
{
	const struct ambit_plan *plan = &run->plan;

	b->header.leader = plan->mode == MODE_LEADER;
	b->header.wall_ms = plan->wall_ms;
	b->header.report_fd = b->header.program_fd = b->header.control_fd = -1;
	b->header.judge_fd = b->header.judge_peer_fd = -1;
	if (plan->own_session)
		b->header.flags |= KIT_NEW_SESSION;
	if (plan->notify)
		b->header.flags |= KIT_NOTIFY | KIT_LEADER_CAPS;
}

static void add_rules(struct kit_builder *b, const struct ambit_plan *plan)
{
	struct judge_rule rules[256];
	uint32_t count = 0;

	for (size_t i = 0; plan->notify && i < plan->policy->count && count < ARRAY_COUNT(rules); i++) {
		const struct grant *g = &plan->policy->grants[i];
		struct judge_rule *rule = &rules[count];

		if (g->right != RIGHT_CONNECT && g->right != RIGHT_LISTEN && g->right != RIGHT_UNIX)
			continue;
		*rule = (struct judge_rule){ .listen = g->right == RIGHT_LISTEN };
		if (g->right == RIGHT_UNIX) {
			rule->path = kit_add_string(b, g->path);
		} else {
			rule->protocol = (uint8_t)g->net.protocol;
			rule->family = g->net.family;
			rule->prefix_bits = g->net.prefix_bits;
			rule->port_first = g->net.port_first;
			rule->port_last = g->net.port_last;
			memcpy(rule->address, g->net.address, sizeof(rule->address));
		}
		count++;
	}
	if (count)
		b->header.rules = kit_add_data(b, rules, count * sizeof(*rules));
	b->header.rule_count = count;
}

enum ambit_code run_refuse_gaps(const struct ambit_plan *plan, struct ambit_error *err)
{
	for (size_t i = 0; i < plan->note_count; i++) {
		const struct note *n = &plan->notes[i];
		char where[256];

		if (n->kind != NOTE_GAP)
			continue;
		if (n->grant) {
			(void)err_set(err, AMBIT_E_UNSUPPORTED, n->layer, 0,
				      "%s: nothing on this host can enforce this line: %s",
				      origin_text(&n->grant->origin, where, sizeof(where)), n->text);
			err_at(err, n->grant->origin.line, n->grant->origin.column);
		} else {
			(void)err_set(err, AMBIT_E_UNSUPPORTED, n->layer, 0,
				      "nothing on this host can enforce: %s", n->text);
		}
		return err_hint(err, "%s; ambit plan shows every gap", n->cure ? n->cure : "run ambit doctor");
	}
	return AMBIT_OK;
}

enum ambit_code run_prepare(const struct run *run, struct kit_builder *b, struct kit **ret_kit,
			    struct ambit_error *err)
{
	const struct ambit_plan *plan = &run->plan;
	enum ambit_code code = AMBIT_OK;

	memset(b, 0, sizeof(*b));
	b->environment = run->options.environment;
	add_header(b, run);
	for (size_t i = 0; i < plan->step_count && code == AMBIT_OK; i++) {
		const struct layer *layer = layer_by_id(plan->steps[i].layer);

		b->step = (uint32_t)i + 1;
		if (!plan->steps[i].dropped && layer && layer->prepare)
			code = layer->prepare(b, plan, &plan->steps[i], err);
	}
	if (code == AMBIT_OK)
		code = add_argv(b, run->argv, err);
	if (code == AMBIT_OK && plan->mode == MODE_LEADER && !plan->notify)
		code = add_leader_filter(b, err);
	b->header.directory = kit_add_string(b, plan->directory);
	add_rules(b, plan);
	if (code != AMBIT_OK)
		return code;
	*ret_kit = kit_finish(b);
	return *ret_kit ? AMBIT_OK : err_memory(err, AMBIT_LAYER_RUN);
}
