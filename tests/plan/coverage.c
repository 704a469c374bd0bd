/* SPDX-License-Identifier: ISC */
/* What no layer carries is said; what each alone carries; what Landlock is asked to handle. */
#include <stdio.h>
#include <stdlib.h>

#include "../../src/base/str.h"
#include "../tap.h"
#include "matrix.h"

/* ---- coverage --------------------------------------------------------------------------- */

static bool is_said(const struct ambit_plan *plan, int denial)
{
	for (size_t i = 0; i < plan->note_count; i++)
		if (plan->notes[i].denial == denial && plan->notes[i].kind <= NOTE_REPORTED)
			return true;
	return false;
}

TEST(what_nobody_carries_is_said)
{
	for (size_t h = 0; h < ARRAY_COUNT(hosts); h++)
		for (size_t p = 0; p < ARRAY_COUNT(policies); p++) {
			struct made m = { 0 };

			CHECK(plan_on(&m, hosts[h], policies[p], ""));
			for (int d = 0; d < DENY_COUNT; d++)
				CHECK_INT(is_said(&m.plan, d),
					  m.plan.asked[d] && !m.plan.carried[d]);
			made_done(&m);
		}
}

/* Nobody judges the calls of a process that confines itself: what that leaves open is said. */
static bool says(const char *host, enum plan_door door, const char *policy, const char *more,
		 const char *what)
{
	struct made m = { .plan.door = door };
	bool said = false;

	CHECK(plan_on(&m, host, policy, more));
	for (size_t i = 0; i < m.plan.note_count; i++)
		said |= m.plan.notes[i].kind >= NOTE_REPORTED &&
			m.plan.notes[i].kind <= NOTE_NARROWER && strstr(m.plan.notes[i].text, what);
	made_done(&m);
	return said;
}

TEST(unjudged_binding_is_said)
{
	static const struct {
		const char *host;
		enum plan_door door;
		const char *promises, *more;
		bool said;
	} rows[] = {
		{ "root-6.18", DOOR_ENTER, "dns", "", true },
		{ "root-6.18", DOOR_ENTER, "dns", "listen udp 53\n", true },
		{ "no-listener", DOOR_RUN, "dns", "", true },
		{ "root-6.18", DOOR_ENTER, "dns", "listen udp *\n", false },
		{ "root-6.18", DOOR_RUN, "dns", "", false },
		{ "root-6.18", DOOR_ENTER, "route", "connect udp * 9\n", true },
		{ "root-6.18", DOOR_ENTER, "unix", "connect udp * 9\n", true },
		{ "root-6.18", DOOR_ENTER, "route", "", false },
		{ "root-6.18", DOOR_ENTER, "route", "connect tcp * 9\n", false },
		{ "root-6.18", DOOR_ENTER, "rpath", "connect udp * 9\n", false },
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char policy[64];

		NOTE("%zu", i);
		(void)snprintf(policy, sizeof(policy), "promises \"stdio %s\"\n", rows[i].promises);
		CHECK_INT(says(rows[i].host, rows[i].door, policy, rows[i].more,
			       "lets datagrams come in at any port"),
			  rows[i].said);
	}
}

/* Local sockets need listen(2): where nobody judges, a socket of TCP can have it too. */
TEST(unjudged_listening_is_said)
{
	static const char what[] = "at a port that the kernel picks";
	static const char with[] = "promises \"stdio unix\"\n";

	CHECK(says("root-6.18", DOOR_RUN, with, "connect tcp * 9\n", what));
	CHECK(says("root-6.18", DOOR_ENTER, with, "connect tcp * 9\n", what));
	CHECK(!says("root-6.18", DOOR_RUN, with, "", what));
	CHECK(!says("root-6.18", DOOR_RUN, with, "connect udp * 9\n", what));
	CHECK(!says("root-6.18", DOOR_RUN, with, "connect tcp * 9\nlisten tcp 9\n", what));
	CHECK(says("root-6.18", DOOR_ENTER, with, "connect tcp * 9\nlisten udp *\n", what));
	CHECK(!says("root-6.18", DOOR_ENTER, with, "connect tcp * 9\nlisten tcp *\n", what));
	CHECK(!says("root-6.18", DOOR_RUN, "promises \"stdio route\"\n", "connect tcp * 9\n",
		    what));
}

/* Landlock knows of TCP alone: sockets of other kinds connect past it. */
static uint32_t carries_connect(const char *host, enum plan_door door, const char *more)
{
	struct made m = { .plan.door = door };
	uint32_t carried;

	CHECK(plan_on(&m, host, "connect tcp * 443\n", more));
	carried = m.plan.carried[DENY_CONNECT];
	made_done(&m);
	return carried;
}

TEST(other_sockets_need_a_judge)
{
	static const char datagrams[] = "syscall socket {\n arg 0 = 2\n arg 1 & 15 = 2\n}\n";
	static const char netlink[] = "syscall socket {\n arg 0 = 16\n}\n";
	static const char refused[] = "syscall socket {\n arg 0 = 10\n answer EAFNOSUPPORT\n}\n";
	const uint32_t landlock = 1u << AMBIT_LAYER_LANDLOCK;

	CHECK_INT(carries_connect("root-6.18", DOOR_RUN, ""), landlock);
	CHECK_INT(carries_connect("root-6.18", DOOR_RUN, netlink), landlock);
	CHECK_INT(carries_connect("root-6.18", DOOR_RUN, refused), landlock);
	CHECK_INT(carries_connect("root-6.18", DOOR_RUN, datagrams), 1u << AMBIT_LAYER_SECCOMP);
	CHECK_INT(carries_connect("root-6.18", DOOR_RUN, "syscall socketpair\n"),
		  1u << AMBIT_LAYER_SECCOMP);
	CHECK_INT(carries_connect("root-6.18", DOOR_ENTER, datagrams), 0);
	CHECK_INT(carries_connect("no-listener", DOOR_RUN, datagrams), 0);
}

/* Where somebody judges, a path is none of the addresses that a right names to bind to. */
TEST(judged_paths_are_not_bound)
{
	static const char what[] = "no path can be bound to";
	static const char with[] = "promises \"stdio unix\"\n";

	CHECK(says("root-6.18", DOOR_RUN, with, "connect udp * 9\n", what));
	CHECK(!says("root-6.18", DOOR_RUN, with, "connect tcp * 9\n", what));
	CHECK(!says("root-6.18", DOOR_ENTER, with, "connect udp * 9\n", what));
	CHECK(!says("root-6.18", DOOR_RUN, "promises \"stdio\"\n", "connect udp * 9\n", what));
}

/* A line that allows a call stands before every rule: what a rule of it kept is not claimed. */
static const struct {
	const char *host, *line;
	enum plan_denial denial;
	bool by_filter, asked;
} opened[] = {
	{ "root-6.18", "", DENY_CONNECT, true, true },
	{ "root-6.18", "syscall connect", DENY_CONNECT, false, false },
	{ "root-6.18", "syscall sendto", DENY_CONNECT, false, false },
	{ "root-6.18", "syscall sendmsg", DENY_CONNECT, false, false },
	{ "root-6.18", "syscall connect {\n answer EPERM\n}", DENY_CONNECT, true, true },
	{ "root-6.18", "syscall sendto {\n arg 3 = 0\n arg 4 = 0\n}", DENY_CONNECT, true, true },
	{ "root-6.18", "syscall bind", DENY_LISTEN, false, false },
	{ "root-6.18", "syscall listen", DENY_LISTEN, false, false },
	{ "root-6.18", "syscall connect", DENY_LISTEN, true, true },
	{ "root-6.18", "syscall ioctl", DENY_TERMINAL, false, false },
	{ "root-6.18", "syscall ioctl {\n arg 1 = 0x5401\n}", DENY_TERMINAL, true, true },
	{ "root-6.18", "syscall ioctl {\n arg 1 & 0xff = 0x12\n}", DENY_TERMINAL, false, false },
	{ "root-6.18", "syscall clone3", DENY_USERNS, false, false },
	{ "root-6.18", "syscall unshare", DENY_USERNS, false, false },
	/* conditions that leave room for it, and some that do not */
	{ "root-6.18", "syscall connect {\n arg 0 = 3\n}", DENY_CONNECT, false, false },
	{ "root-6.18", "syscall connect {\n arg 2 = 28\n}", DENY_CONNECT, false, false },
	{ "root-6.18", "syscall clone {\n arg 0 = 0x10000011\n}", DENY_USERNS, false, false },
	{ "root-6.18", "syscall clone {\n arg 0 = 0x11\n}", DENY_USERNS, true, true },
	{ "root-6.18", "syscall clone {\n arg 0 & 0x10000000 = 0\n}", DENY_USERNS, true, true },
	{ "root-6.18", "syscall clone {\n arg 0 & 0xff = 0x11\n}", DENY_USERNS, false, false },
	{ "root-6.18", "syscall unshare {\n arg 0 = 0x10020000\n}", DENY_USERNS, false, false },
	{ "root-6.18", "syscall setns {\n arg 1 = 0\n}", DENY_USERNS, false, false },
	{ "root-6.18", "syscall setns {\n arg 1 = 0x40000000\n}", DENY_USERNS, true, true },
	{ "root-6.18", "syscall ioctl {\n arg 0 = 1\n arg 1 = 0x5412\n}", DENY_TERMINAL, false,
	  false },
	{ "root-6.18", "syscall ioctl {\n arg 1 != 0x5412\n}", DENY_TERMINAL, false, false },
	{ "root-6.18", "syscall ioctl {\n arg 1 != 0x5412\n arg 1 != 0x541c\n}", DENY_TERMINAL,
	  true, true },
	{ "root-6.18", "syscall io_uring_setup", DENY_CONNECT, false, false },
	{ "root-6.18", "syscall io_uring_setup", DENY_NETWORK, false, false },
	{ "root-6.18", "syscall setsockopt", DENY_LISTEN, false, false },
	{ "root-6.18", "syscall memfd_create", DENY_MEMORY_WX, false, false },
	{ "root-6.18", "syscall socketpair", DENY_NETWORK, false, false },
	{ "root-6.18", "syscall socketpair {\n arg 1 = 1\n}", DENY_NETWORK, true, true },
	{ "user-5.10", "syscall ptrace {\n arg 0 = 0\n}", DENY_TRACE, true, true },
	{ "user-5.10", "syscall ptrace {\n arg 0 = 16\n}", DENY_TRACE, false, false },
	{ "user-5.10", "syscall mprotect {\n arg 2 = 7\n}", DENY_MEMORY_WX, false, false },
	{ "user-5.10", "syscall mprotect {\n arg 2 = 3\n}", DENY_MEMORY_WX, true, true },
	{ "user-5.10", "syscall personality", DENY_MEMORY_WX, false, false },
	{ "user-5.10", "syscall kcmp", DENY_TRACE, false, false },
	{ "user-5.10", "syscall fcntl", DENY_SIGNALS, false, false },
	{ "user-plain", "syscall removexattr", DENY_ATTRIBUTES, false, false },
	{ "user-plain", "syscall ioctl {\n arg 1 = 0x40086602\n}", DENY_ATTRIBUTES, false, false },
	{ "user-plain", "syscall msgrcv", DENY_IPC, false, false },
	/* somebody else carries these, too */
	{ "root-6.18", "syscall ptrace", DENY_TRACE, false, true },
	{ "root-6.18", "syscall execve", DENY_PROGRAMS, false, true },
	{ "root-6.18", "syscall mprotect", DENY_MEMORY_WX, false, true },
	{ "root-6.18", "syscall shmget", DENY_IPC, false, true },
	{ "user-plain", "", DENY_ATTRIBUTES, true, true },
	{ "user-plain", "syscall chmod", DENY_ATTRIBUTES, false, false },
	{ "user-plain", "syscall shmget", DENY_IPC, false, false },
	{ "user-5.10", "syscall ptrace", DENY_TRACE, false, false },
};

static bool warns_of(const struct ambit_plan *plan, enum plan_denial denial)
{
	for (size_t i = 0; i < plan->note_count; i++)
		if (plan->notes[i].kind == NOTE_WARNING && plan->notes[i].grant &&
		    strstr(plan->notes[i].text, plan_denial_text(denial)))
			return true;
	return false;
}

TEST(lines_that_stand_before_rules)
{
	for (size_t i = 0; i < ARRAY_COUNT(opened); i++) {
		struct made m = { 0 };
		const enum plan_denial d = opened[i].denial;

		NOTE("%s, %s", opened[i].host, opened[i].line);
		CHECK(plan_on(&m, opened[i].host, "connect udp 127.0.0.1 9\nlisten tcp 9\nspawn\n",
			      opened[i].line));
		CHECK_INT(m.plan.carried[d] >> AMBIT_LAYER_SECCOMP & 1, opened[i].by_filter);
		CHECK_INT(m.plan.asked[d], opened[i].asked);
		CHECK_INT(warns_of(&m.plan, d), !opened[i].asked);
		made_done(&m);
	}
}

/* What Landlock carries only because of the filter goes with it; the line at fault is named. */
TEST(lines_that_pass_landlock)
{
	static const char cut[] = "syscall truncate\n";
	static const char fast[] = "syscall ioctl {\n arg 1 = 0x5401\n}\nsyscall sendto {\n"
				   " arg 3 = 0x20000000\n}\n";
	struct made m = { 0 };

	CHECK(plan_on(&m, "root-6.18", "connect tcp * 9\n", fast));
	CHECK_INT(m.plan.carried[DENY_CONNECT], 0);
	CHECK(warns_of(&m.plan, DENY_CONNECT) && !m.plan.asked[DENY_CONNECT]);
	for (size_t i = 0; i < m.plan.note_count; i++)
		if (strstr(m.plan.notes[i].text, plan_denial_text(DENY_CONNECT)))
			CHECK_STR(m.plan.notes[i].grant->name, "sendto");
	made_done(&m);
	m = (struct made){ 0 };
	CHECK(plan_on(&m, "root-6.18", "connect tcp * 9\n", "syscall sendto {\n arg 3 = 0\n}\n"));
	CHECK_INT(m.plan.carried[DENY_CONNECT], 1u << AMBIT_LAYER_LANDLOCK);
	made_done(&m);
	m = (struct made){ 0 };
	CHECK(plan_on(&m, "user-6.1", "read /etc/fonts\n", cut));
	CHECK(!(m.plan.carried[DENY_CHANGES] >> AMBIT_LAYER_LANDLOCK & 1));
	made_done(&m);
	m = (struct made){ 0 };
	CHECK(plan_on(&m, "root-6.18", "read /etc/fonts\n", cut));
	CHECK(m.plan.carried[DENY_CHANGES] >> AMBIT_LAYER_LANDLOCK & 1);
	made_done(&m);
}

/* Where calls are judged a line lets this one past the judge, though no port was asked for. */
TEST(lines_that_pass_the_judge)
{
	static const char judged[] = "connect tcp 127.0.0.1 9\n";
	struct made m = { 0 };

	CHECK(plan_on(&m, "root-6.18", judged, "syscall listen\n"));
	CHECK(warns_of(&m.plan, DENY_LISTEN));
	made_done(&m);
	m = (struct made){ 0 };
	CHECK(plan_on(&m, "root-6.18", judged, "syscall fsync\n"));
	CHECK(m.plan.notify && !warns_of(&m.plan, DENY_LISTEN));
	made_done(&m);
}

#define DENIED(name) (UINT64_C(1) << DENY_##name)

/* On a host that has everything: what is lost with each layer alone. */
static const struct {
	const char *layer;
	uint64_t lost;
} only_carriers[] = {
	{ "fds", DENIED(INHERITED) },
	{ "cgroup", DENIED(LIMIT_MEMORY) | DENIED(LIMIT_PROCESSES) | DENIED(LIMIT_CPU) },
	{ "user-namespace", 0 },
	{ "mount-view", DENIED(METADATA) | DENIED(HIDE) | DENIED(TMP) | DENIED(WRITTEN_CODE) |
				DENIED(PROCESS_LIST) },
	{ "namespaces", DENIED(PROCESS_LIST) | DENIED(SURVIVORS) },
	{ "net-namespace", 0 },
	{ "rlimits", DENIED(CORE) | DENIED(LIMIT_OTHER) },
	{ "ids", DENIED(USER) },
	{ "capabilities", DENIED(PRIVILEGE) },
	{ "landlock", DENIED(PROGRAMS) },
	{ "seccomp", DENIED(NETWORK) | DENIED(CONNECT) | DENIED(LISTEN) | DENIED(UNIX) |
			     DENIED(KERNEL) | DENIED(USERNS) | DENIED(TERMINAL) },
};

static uint64_t gaps_of(const struct ambit_plan *plan)
{
	uint64_t gaps = 0;

	for (int d = 0; d < DENY_COUNT; d++)
		if (plan->asked[d] && !plan->carried[d])
			gaps |= UINT64_C(1) << d;
	return gaps;
}

static void check_without(const char *layer, uint64_t lost)
{
	static const char policy[] =
		"read /etc/fonts\nwrite /var/cache/thumbs\nexec /usr/bin/convert\n"
		"hide /var/cache/thumbs/private\ntmp 1M\nspawn\nuser nobody\n"
		"connect tcp 192.0.2.7 443\nlisten tcp 80\n"
		"unix /run/postgresql/.s.PGSQL.5432\nlimit memory 1G\n"
		"limit processes 9\nlimit cpu 50%\nlimit open-files 64\n"
		"limit wall-time 9s\n";
	struct made whole = { 0 }, m = { 0 };
	char line[64];
	uint64_t gaps;

	(void)snprintf(line, sizeof(line), "need %s off\n", layer);
	CHECK(plan_on(&whole, "cgroup1", policy, ""));
	CHECK(plan_on(&m, "cgroup1", policy, line));
	CHECK_INT(gaps_of(&whole.plan), 0);
	gaps = gaps_of(&m.plan);
	for (int d = 0; d < DENY_COUNT; d++)
		if ((gaps ^ lost) >> d & 1)
			NOTE("%s off: %s is %s", layer, plan_denial_text((enum plan_denial)d),
			     gaps >> d & 1 ? "lost" : "not lost");
	CHECK_INT(gaps, lost);
	CHECK(!has_step(&m.plan, policy_first(&m.policy, RIGHT_NEED)->layer));
	made_done(&whole);
	made_done(&m);
}

TEST(without_one_layer)
{
	for (size_t i = 0; i < ARRAY_COUNT(only_carriers); i++)
		check_without(only_carriers[i].layer, only_carriers[i].lost);
}

TEST(every_denial_is_asked_and_carried_somewhere)
{
	bool asked[DENY_COUNT] = { false }, carried[DENY_COUNT] = { false };

	for (size_t h = 0; h < ARRAY_COUNT(hosts); h++)
		for (size_t p = 0; p < ARRAY_COUNT(policies); p++) {
			struct made m = { 0 };

			CHECK(plan_on(&m, hosts[h], policies[p], ""));
			for (int d = 0; d < DENY_COUNT; d++) {
				asked[d] |= m.plan.asked[d];
				carried[d] |= m.plan.asked[d] && m.plan.carried[d];
			}
			made_done(&m);
		}
	for (int d = 0; d < DENY_COUNT; d++)
		if (!asked[d] || !carried[d])
			tap_fail(__FILE__, __LINE__, "%s: %s",
				 plan_denial_text((enum plan_denial)d),
				 asked[d] ? "carried nowhere" : "never asked");
}

/* ---- memory as address space ------------------------------------------------------------- */

/* What the steps let the run have: its address space, and what its own file systems hold. */
static uint64_t memory_of(const struct ambit_plan *plan)
{
	uint64_t all = 0;

	for (size_t i = 0; i < plan->step_count; i++) {
		const struct step *s = &plan->steps[i];

		if (s->layer == AMBIT_LAYER_RLIMITS && s->grant && s->grant->limit == LIMIT_MEMORY)
			all += s->number;
	}
	for (size_t i = 0; i < plan->path_count; i++)
		if (plan->paths[i].view == VIEW_TMPFS)
			all += plan->paths[i].size;
	return all;
}

static const struct {
	const char *host, *more;
	bool by_rlimits;
} memories[] = {
	{ "user-userns", "", true },
	{ "user-userns", "tmp 1M\n", true },
	{ "user-userns", "tmp 255M\n", true },
	{ "user-userns", "tmp 256M\n", false },
	{ "user-userns", "tmp 300M\n", false },
	{ "user-userns", "tmp 300M\nneed mount-view off\n", true }, /* there is no such /tmp */
	{ "user-userns", "spawn\n", false },
	{ "user-plain", "tmp 300M prefer\n", true },
	{ "root-6.18", "tmp 300M\n", false },
	{ "cgroup2", "tmp 300M\n", false },
};

TEST(rlimits_carry_what_tmp_leaves)
{
	for (size_t i = 0; i < ARRAY_COUNT(memories); i++) {
		const uint32_t rlimits = 1u << AMBIT_LAYER_RLIMITS,
			       cgroup = 1u << AMBIT_LAYER_CGROUP;
		struct made m = { 0 };
		uint32_t carried;

		CHECK(plan_on(&m, memories[i].host, "limit memory 256M\n", memories[i].more));
		carried = m.plan.carried[DENY_LIMIT_MEMORY];
		NOTE("row %zu, %s", i, memories[i].host);
		CHECK_INT(carried, memories[i].by_rlimits		    ? rlimits
				   : str_equal(memories[i].host, "cgroup2") ? cgroup
									    : 0);
		CHECK_INT(is_said(&m.plan, DENY_LIMIT_MEMORY), !carried);
		if (memories[i].by_rlimits)
			CHECK_INT(memory_of(&m.plan), 256 << 20);
		made_done(&m);
	}
}

/* ---- Landlock, by the kernel's documentation -------------------------------------------- */

/*
 * From Documentation/userspace-api/landlock.rst: what each ABI handles; 7 and 8 bring flags only.
 */
static const struct {
	int abi;
	uint64_t fs, net, scoped, size;
} landlock_abis[] = {
	{ 1, 0x1fff, 0, 0, 8 },	   { 2, 0x3fff, 0, 0, 8 },  { 3, 0x7fff, 0, 0, 8 },
	{ 4, 0x7fff, 3, 0, 16 },   { 5, 0xffff, 3, 0, 16 }, { 6, 0xffff, 3, 3, 24 },
	{ 7, 0xffff, 3, 3, 24 },   { 8, 0xffff, 3, 3, 24 }, { 9, 0x1ffff, 3, 3, 24 },
	{ 11, 0x1ffff, 3, 3, 24 },
};

static void check_rules(const struct kit_builder *kit, uint64_t handled)
{
	const struct kit_op *ops = (const struct kit_op *)(const void *)kit->ops.data;
	unsigned rules = 0;

	for (uint32_t i = 0; i < kit->op_count; i++) {
		if (ops[i].op != 1 /* a path */)
			continue;
		CHECK(ops[i].a && !(ops[i].a & ~handled));
		rules++;
	}
	CHECK(rules > 5);
}

TEST(landlock_handles_all_that_each_abi_knows)
{
	for (size_t i = 0; i < ARRAY_COUNT(landlock_abis); i++) {
		struct made m = { 0 };
		struct kit_builder kit = { 0 };
		const struct step *step;
		const struct kit_op *first;

		load_host(&m, "files");
		load_host(&m, "user-plain");
		m.host.landlock_abi = landlock_abis[i].abi;
		CHECK_INT(make_policy(&m, policies[1], strlen(policies[1]), NULL), AMBIT_OK);
		CHECK_INT(make_plan(&m, program, NULL), AMBIT_OK);
		step = &m.plan.steps[position(&m.plan, AMBIT_LAYER_LANDLOCK, false)];
		CHECK_INT(layer_by_id(AMBIT_LAYER_LANDLOCK)->prepare(&kit, &m.plan, step, NULL),
			  AMBIT_OK);
		first = (const struct kit_op *)(const void *)kit.ops.data;
		NOTE("ABI %d", landlock_abis[i].abi);
		CHECK_INT(first->a, landlock_abis[i].fs);
		CHECK_INT(first->b, landlock_abis[i].net);
		CHECK_INT(first->c & 0xffffffff, landlock_abis[i].scoped);
		CHECK_INT(first->c >> 32, landlock_abis[i].size);
		check_rules(&kit, landlock_abis[i].fs);
		kit_builder_done(&kit);
		made_done(&m);
	}
}

/* Before ABI 3 Landlock does not see files cut short by name: the filter does, where it matters. */
TEST(what_is_only_made_is_not_cut_short)
{
	static const struct {
		const char *host, *policy;
		bool refused;
	} rows[] = {
		{ "root-6.1", "create /var/cache/thumbs\nmodify /home/u/project\n", true },
		{ "root-6.1", "promises \"stdio cpath\"\nmodify /home/u/project\n", true },
		{ "root-6.1", "privileges basic,!file_write\nmodify /home/u/project\n", false },
		{ "root-6.1", "write /var/cache/thumbs\nmodify /home/u/project\n", false },
		{ "root-6.1", "promises \"stdio wpath\"\n", false },
		{ "root-6.18", "promises \"stdio cpath\"\nmodify /home/u/project\n", false },
		{ "user-6.1", "write /var/cache/thumbs\n", true },
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct made m = { 0 };

		NOTE("%s: %s", rows[i].host, rows[i].policy);
		CHECK(plan_on(&m, rows[i].host, rows[i].policy, ""));
		CHECK_INT(m.plan.want.no_truncate, rows[i].refused);
		made_done(&m);
	}
}
