/* SPDX-License-Identifier: ISC */
/* ids.c - E29 to E31, E33 to E39, E43, E44, E48: user ids, groups, capabilities, no_new_privs */
#include "attempts.h"
#include "outside.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <pwd.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>

enum { CAP_NUMBERS = 64 };
static const unsigned NOBODY = 65534;

/* Four ids on the line and all of them @wanted? */
static bool four_equal(const char *line, unsigned wanted)
{
	unsigned id[4] = { 0 };

	if (sscanf(line, "%u %u %u %u", &id[0], &id[1], &id[2], &id[3]) != 4)
		return false;
	return id[0] == wanted && id[1] == wanted && id[2] == wanted && id[3] == wanted;
}

enum verdict ids_all_equal(const struct inside *in)
{
	static const char *const names[] = { "Uid", "Gid" };
	char line[128];

	if (fact_number(in, "uid", -1) < 0)
		return untried("which user is wanted was not said");
	unsigned wanted = (unsigned)fact_number(in, "uid", -1);
	for (size_t i = 0; i < COUNT(names); i++) {
		if (!status_line("/proc/self/status", names[i], line, sizeof(line))) {
			/* without /proc: by system calls, which leave out only the fs ids */
			uid_t a, b, c;
			int r = i ? getresgid(&a, &b, &c) : getresuid(&a, &b, &c);
			snprintf(line, sizeof(line), "%u %u %u %u", a, b, c, a);
			if (r < 0)
				return untried("neither /proc nor getres%s", i ? "gid" : "uid");
		}
		if (!four_equal(line, wanted))
			return escaped("%s: %s, wanted four times %u", names[i], line, wanted);
	}
	return stopped("all eight ids are %u", wanted);
}

/* Groups of the caller that a forgetful launcher would hand on. */
static void join_groups(struct stage *s)
{
	const gid_t groups[] = { 0, 4, 24, 12345 };

	(void)s;
	(void)setgroups(COUNT(groups), groups); /* EPERM: then those the caller has must do */
}

static int want_nobody(struct stage *s)
{
	stage_fact(s, "uid", "%u", NOBODY);
	return 0;
}

const struct drama drama_groups = { .prepare = want_nobody, .before_exec = join_groups };

enum verdict ids_groups(const struct inside *in)
{
	gid_t groups[64];
	long n = OUTCOME(getgroups(COUNT(groups), groups));

	(void)in;
	if (n < 0)
		return untried("getgroups: %s", errno_word((int)-n));
	if (n > 1 || (n == 1 && groups[0] != getgid()))
		return escaped("%ld supplementary groups are left, the first is %u", n, groups[0]);
	return stopped("no supplementary group but the own");
}

static bool is_root_again(void)
{
	uid_t a = 1, b = 1, c = 1;

	if (getresuid(&a, &b, &c) < 0)
		return false;
	return a == 0 || b == 0 || c == 0 || setfsuid((uid_t)-1) == 0;
}

enum verdict ids_regain(const struct inside *in)
{
	const char *const names[] = { "setresuid(-1, 0, -1)", "seteuid(0)",  "setuid(0)",
				      "setreuid(-1, 0)",      "setfsuid(0)", "setresuid(0, 0, 0)" };
	struct tally t = TALLY(in);

	if (is_root_again() && !in->control)
		return escaped("an id is still 0");
	for (size_t i = 0; i < COUNT(names); i++) {
		long r = i == 0	  ? OUTCOME(syscall(SYS_setresuid, -1, 0, -1))
			 : i == 1 ? OUTCOME(syscall(SYS_setresuid, -1, 0, -1))
			 : i == 2 ? OUTCOME(syscall(SYS_setuid, 0))
			 : i == 3 ? OUTCOME(syscall(SYS_setreuid, -1, 0))
			 : i == 4 ? OUTCOME(syscall(SYS_setfsuid, 0))
				  : OUTCOME(syscall(SYS_setresuid, 0, 0, 0));
		/* setfsuid answers the old id whatever it did: only the ids tell */
		tally_add(&t, names[i], is_root_again() ? 0 : (r < 0 ? r : -EPERM),
			  REFUSALS(EPERM, EACCES, ENOSYS, EINVAL));
	}
	return tally_end(&t);
}

/* The mistake itself, for the control: only the effective id is given up. */
static void drop_effective_only(struct stage *s)
{
	if (s->control)
		(void)syscall(SYS_setresuid, -1, NOBODY,
			      -1); /* EPERM: not root, nothing to regain */
}

const struct drama drama_regain = { .before_exec = drop_effective_only };

static void *report_ids(void *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%ld/status", syscall(SYS_gettid));
	if (!status_line(path, "Uid", text, 128))
		snprintf(text, 128, "-");
	return NULL;
}

/* Every thread has the ids and the filter of the first one. */
enum verdict ids_threads(const struct inside *in)
{
	char own[128] = "", other[128] = "", seccomp[128] = "0", nnp[16] = "0";
	pthread_t thread;

	if (pthread_create(&thread, NULL, report_ids, other) != 0)
		return untried("no thread can be started");
	pthread_join(thread, NULL);
	if (!status_line("/proc/self/status", "Uid", own, sizeof(own)))
		return untried("no /proc");
	status_line("/proc/self/status", "Seccomp", seccomp, sizeof(seccomp));
	status_line("/proc/self/status", "NoNewPrivs", nnp, sizeof(nnp));
	(void)in;
	if (strcmp(own, other) != 0 || strcmp(seccomp, "2") != 0 || strcmp(nnp, "1") != 0)
		return escaped("uids %s and %s, seccomp %s, no_new_privs %s", own, other, seccomp,
			       nnp);
	return stopped("a new thread has the same ids, and both the filter");
}

enum verdict ids_capability_sets(const struct inside *in)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { { 0 } };

	(void)in;
	for (int cap = 0; cap < CAP_NUMBERS; cap++) {
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			return escaped("capability %d is ambient", cap);
	}
	if (syscall(SYS_capget, &head, sets) < 0)
		return stopped("capget: %s", errno_word(errno));
	uint32_t any = sets[0].effective | sets[1].effective | sets[0].permitted |
		       sets[1].permitted | sets[0].inheritable | sets[1].inheritable;
	if (any)
		return escaped("capabilities are left: effective %08x%08x inheritable %08x%08x",
			       sets[1].effective, sets[0].effective, sets[1].inheritable,
			       sets[0].inheritable);
	return stopped("permitted, effective, inheritable and ambient sets are empty");
}

/* outside: raise what a careless launcher would pass on */
static void raise_ambient(struct stage *s)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { { 0 } };

	(void)s;
	if (syscall(SYS_capget, &head, sets) < 0)
		return;
	sets[0].inheritable = sets[0].permitted;
	sets[1].inheritable = sets[1].permitted;
	if (syscall(SYS_capset, &head, sets) < 0)
		return;
	for (int cap = 0; cap < CAP_NUMBERS; cap++)
		(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
}

const struct drama drama_ambient = { .before_exec = raise_ambient };

enum verdict ids_bounding_set(const struct inside *in)
{
	unsigned left = 0, last = 0, known = 0;

	(void)in;
	for (unsigned cap = 0; cap < CAP_NUMBERS; cap++) {
		int r = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
		known += r >= 0;
		if (r == 1) {
			left++;
			last = cap;
		}
	}
	if (known == 0) {
		char line[64];
		if (!status_line("/proc/self/status", "CapBnd", line, sizeof(line)))
			return untried("the bounding set cannot be read");
		if (strspn(line, "0") != strlen(line))
			return escaped("the bounding set is %s", line);
		return stopped("the bounding set is %s", line);
	}
	if (left)
		return escaped("%u capabilities are in the bounding set, the last is %u", left,
			       last);
	return stopped("the bounding set is empty (%u capabilities read)", known);
}

enum verdict ids_securebits(const struct inside *in)
{
	struct tally t = TALLY(in);
	long bits = OUTCOME(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	const long wanted = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |
			    SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	tally_add(&t, "prctl(PR_SET_SECUREBITS, 0)", OUTCOME(prctl(PR_SET_SECUREBITS, 0, 0, 0, 0)),
		  NO_CALL);
	tally_add(&t, "prctl(PR_SET_KEEPCAPS, 1)", OUTCOME(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)),
		  NO_CALL);
	/* for somebody else they mean nothing, and only root can lock them */
	if (bits >= 0 && geteuid() == 0)
		tally_add(&t, "securebits are not locked", (bits & wanted) == wanted ? -EPERM : 0,
			  NO_CALL);
	return tally_end(&t);
}

enum verdict ids_no_new_privs(const struct inside *in)
{
	char line[16] = "";
	int r = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

	(void)in;
	if (r < 0 && !status_line("/proc/self/status", "NoNewPrivs", line, sizeof(line)))
		return untried("no_new_privs cannot be read");
	if (r < 0)
		r = line[0] == '1';
	return r == 1 ? stopped("no_new_privs is set") : escaped("no_new_privs is not set");
}

/* A setuid copy of this program; executed, it reports who it is (ids_suid_report). */
enum verdict ids_suid(const struct inside *in)
{
	static char name[] = "suid", report[] = "E38/suid-report";
	char *argv[] = { name, report, NULL }, *env[] = { NULL };
	struct stat st;

	if (stat(below(in, 0, "ro/suid"), &st) < 0 || !(st.st_mode & S_ISUID) ||
	    st.st_uid == geteuid())
		return untried("there is no setuid program of somebody else");
	acted("executing a setuid program");
	long r = OUTCOME(execve(below(in, 0, "ro/suid"), argv, env));
	return stopped("execve: %s", errno_word((int)-r));
}

enum verdict ids_suid_report(const struct inside *in)
{
	(void)in;
	if (geteuid() != getuid() || geteuid() == 0)
		return escaped("a setuid program runs with euid %u, uid %u", geteuid(), getuid());
	return stopped("a setuid program runs with euid %u", geteuid());
}

static int leave_suid(struct stage *s)
{
	if (geteuid() != 0)
		return -EPERM;
	return stage_copy_self(s, "ro/suid", 04755);
}

/* unconfined it must be somebody else who executes it */
static void be_nobody_unconfined(struct stage *s)
{
	if (s->control && setresuid(NOBODY, NOBODY, NOBODY) < 0)
		_exit(125);
}

const struct drama drama_suid = { .prepare = leave_suid, .before_exec = be_nobody_unconfined };

enum verdict ids_label(const struct inside *in)
{
	char label[256] = "";
	const char *wanted = fact(in, "label");

	if (!wanted[0])
		return untried("no AppArmor or SELinux label was asked for");
	if (slurp("/proc/self/attr/current", label, sizeof(label)) < 0)
		return untried("no security module with labels");
	if (strncmp(label, wanted, strlen(wanted)) != 0)
		return escaped("the label is %s, wanted %s", label, wanted);
	return stopped("the label is %s", label);
}

enum verdict ids_drop_group(const struct inside *in)
{
	struct tally t = TALLY(in);
	char text[16] = "";

	/* giving up a group can be gaining: a file may refuse just that group */
	tally_add(&t, "setgroups(0)", OUTCOME(syscall(SYS_setgroups, 0, NULL)), NO_CALL);
	long n = slurp("/proc/self/setgroups", text, sizeof(text));
	char map[128] = "";
	slurp("/proc/self/uid_map", map, sizeof(map));
	bool own_ns = map[0] && !strstr(map, "4294967295");
	if (n > 0 && own_ns)
		tally_add(&t, "setgroups is allowed in the user namespace",
			  strncmp(text, "deny", 4) == 0 ? -EPERM : 0, NO_CALL);
	return tally_end(&t);
}

enum verdict ids_map(const struct inside *in)
{
	unsigned inner = 0, outer = 0, count = 0;
	char text[512] = "";
	int n = 0;

	if (slurp("/proc/self/uid_map", text, sizeof(text)) < 0)
		return untried("no /proc");
	if (sscanf(text, "%u %u %u%n", &inner, &outer, &count, &n) != 3)
		return untried("the map is not understood: %s", text);
	bool initial = count == UINT32_MAX;
	bool host_root = initial ? getuid() == 0 : outer == 0;
	if (!initial && (count != 1 || strspn(text + n, " \n") != strlen(text + n)))
		return escaped("more than one user is mapped: %s", text);
	if (host_root && fact_number(in, "uid", 0) != 0)
		return escaped("uid %u inside is root outside", getuid());
	return stopped("uid %u is uid %u outside, %s", getuid(), initial ? getuid() : outer,
		       initial ? "no user namespace" : "alone in the map");
}

const struct drama drama_want_nobody = { .prepare = want_nobody };

/* Judged outside: only there is the table of users. */
enum verdict ids_own_user(const struct inside *in)
{
	(void)in;
	if (!ask_outside("who"))
		return untried("nobody outside looked");
	return acted("the outside has seen the user id");
}

static void look_at_user(struct stage *s, const char *word)
{
	char path[64];

	(void)word;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)play_inner_pid(s));
	char line[128];
	unsigned uid = 0;
	if (status_line(path, "Uid", line, sizeof(line)) && sscanf(line, "%u", &uid) == 1)
		s->scratch = (int)uid;
	play_reply(s);
}

static enum verdict nobody_has_it(struct stage *s, enum verdict v)
{
	char *users = malloc(1 << 20), number[32];
	unsigned uid = (unsigned)s->scratch;

	s->scratch = -1;
	if (v != ACTED || !users || slurp("/etc/passwd", users, 1 << 20) < 0) {
		free(users);
		return v;
	}
	snprintf(number, sizeof(number), ":%u:", uid);
	bool known = strstr(users, number) != NULL;
	free(users);
	snprintf(s->note, sizeof(s->note), "the user id is %u", uid);
	return known || uid == 0 || uid == NOBODY || uid == UINT32_MAX || uid == geteuid()
		       ? ESCAPED
		       : STOPPED;
}

const struct drama drama_own_user = { .answer = look_at_user, .judge = nobody_has_it };
