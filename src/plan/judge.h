/* SPDX-License-Identifier: ISC */
/* judge.h - what of a policy is judged call by call, and what needs no judging */
#ifndef AMBIT_PLAN_JUDGE_H
#define AMBIT_PLAN_JUDGE_H

#include "../policy/model.h"

struct ambit_plan;

/* Must calls with addresses be judged one by one? Does the view hide other sockets? */
bool plan_needs_judge(const struct ambit_plan *plan);
bool plan_can_judge(const struct ambit_plan *plan);
bool plan_can_judge_paths(const struct ambit_plan *plan);
bool plan_view_hides_sockets(const struct ambit_plan *plan);
/* Is every address and port granted, so that there is nothing to judge? Of all its protocols. */
bool plan_grants_any(const struct ambit_plan *plan, enum right right);
bool plan_grants_any_of(const struct ambit_plan *plan, enum right right,
			enum net_protocol protocol);
/* May every port be listened on, of each protocol that there are sockets of? */
bool plan_grants_any_port(const struct ambit_plan *plan);
bool plan_grants_any_socket(const struct ambit_plan *plan);
/* Do syscall lines make sockets of any kind, whose messages can name any address? */
bool plan_makes_other_sockets(const struct ambit_plan *plan);
/* A pledged process signals whom its user id allows: the promise is proc. */
bool plan_frees_signals(const struct ambit_plan *plan);
/* Lines that need the broker, which does not exist yet: E_UNSUPPORTED. */
enum ambit_code plan_refuse_broker(struct ambit_plan *plan, struct ambit_error *err) MUST_CHECK;

#endif
