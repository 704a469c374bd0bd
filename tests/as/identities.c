/* SPDX-License-Identifier: ISC */
/* identities.c - each identity of as.c is what it says: asked from inside; root is the control */
#include "../compat/outside.h"
#include "../tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct fact {
	const char *name, *value;
};

static void check_facts(const char *identity, const struct fact *facts, size_t count)
{
	char out[4096];
	const char *argv[] = { outside_built("tests/as/as"), identity, "--",
			       outside_built("tests/as/probe"), NULL };
	int status = outside_run(argv, out, sizeof(out));

	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		SKIP("this identity needs root to begin with");
	CHECK_INT(status, 0);
	for (size_t i = 0; i < count; i++)
		outside_has(out, facts[i].name, facts[i].value);
}

#define CHECK_FACTS(identity, ...)                                                                 \
	do {                                                                                       \
		static const struct fact facts[] = { __VA_ARGS__ };                                \
		check_facts(identity, facts, sizeof(facts) / sizeof(facts[0]));                    \
	} while (0)

static void needs_root(void)
{
	if (geteuid())
		SKIP("needs root");
}

/* The control: what the other identities are refused is possible here. */
TEST(root_is_root)
{
	needs_root();
	CHECK_FACTS("root", { "gid", "0" }, { "NoNewPrivs", "0" }, { "unshare-user", "0" },
		    { "unshare-net", "0" }, { "clone-user", "0" }, { "clone3", "0" },
		    { "mount", "ENODEV" }, { "open-tree", "0" }, { "pivot-root", "ENOENT" },
		    { "setns", "EBADF" }, { "setgroups", "0" }, { "setuid", "0" },
		    { "proc-sys", "0" }, { "shadow", "0" }, { "masked", "0" }, { "chroot", "0" });
}

TEST(user_has_nothing_but_namespaces)
{
	CHECK_FACTS("user", { "NoNewPrivs", "0" }, { "Seccomp", "0" },
		    { "CapPrm", "0000000000000000" }, { "CapEff", "0000000000000000" },
		    { "CapInh", "0000000000000000" }, { "CapAmb", "0000000000000000" },
		    { "unshare-user", "0" }, { "clone-user", "0" }, { "clone3", "0" },
		    { "unshare-net", "EPERM" }, { "mount", "EPERM" }, { "setgroups", "EPERM" },
		    { "setuid", "EPERM" }, { "proc-sys", "EACCES" }, { "home", "0" },
		    { "shadow", "EACCES" }, { "chroot", "EPERM" });
}

TEST(user_has_no_groups)
{
	needs_root();
	CHECK_FACTS("user", { "groups", "0" }, { "gid", "10061" });
}

TEST(user_nons_is_refused_namespaces)
{
	CHECK_FACTS("user-nons", { "Seccomp", "2" }, { "CapPrm", "0000000000000000" },
		    { "unshare-user", "EPERM" }, { "unshare-time", "EPERM" },
		    { "clone-user", "EPERM" }, { "clone3", "ENOSYS" }, { "unshare-files", "0" },
		    { "mount", "EPERM" }, { "open-tree", "EPERM" }, { "pivot-root", "EPERM" },
		    { "setns", "EPERM" }, { "home", "0" });
}

/* As on a hardened host, whose processes do not have no_new_privs either. */
TEST(user_nons_made_by_root_has_no_no_new_privs)
{
	needs_root();
	CHECK_FACTS("user-nons", { "NoNewPrivs", "0" }, { "groups", "0" });
}

TEST(container_is_as_docker_makes_it)
{
	CHECK_FACTS("container", { "gid", "0" }, { "NoNewPrivs", "0" }, { "Seccomp", "2" },
		    { "CapPrm", "00000000a80425fb" }, { "CapEff", "00000000a80425fb" },
		    { "CapBnd", "00000000a80425fb" }, { "CapInh", "0000000000000000" },
		    { "CapAmb", "0000000000000000" }, { "unshare-user", "EPERM" },
		    { "unshare-files", "EPERM" }, { "unshare-net", "EPERM" },
		    { "clone-user", "EPERM" }, { "clone3", "ENOSYS" }, { "mount", "EPERM" },
		    { "open-tree", "EPERM" }, { "pivot-root", "EPERM" }, { "setns", "EPERM" },
		    { "setgroups", "0" }, { "setuid", "0" }, { "proc-sys", "EROFS" },
		    { "masked", "ENODATA" }, { "chroot", "0" });
}

TEST(container_cannot_write_cgroups)
{
	if (access("/sys/fs/cgroup/pids", F_OK))
		SKIP("no pids hierarchy at the usual place");
	CHECK_FACTS("container", { "cgroup", "EROFS" });
}

TEST(rootns_is_root_over_nobody_else)
{
	CHECK_FACTS("rootns", { "gid", "0" }, { "NoNewPrivs", "0" }, { "Seccomp", "0" },
		    { "unshare-user", "0" }, { "unshare-net", "0" }, { "mount", "EPERM" },
		    { "setgroups", "EPERM" }, { "setuid", "EINVAL" }, { "proc-sys", "EACCES" },
		    { "home", "0" }, { "shadow", "EACCES" }, { "chroot", "0" });
}

/* Nothing of what an identity does to its mounts may be seen outside. */
TEST(container_leaves_the_host_as_it_was)
{
	char out[4096];
	const char *argv[] = { outside_built("tests/as/as"), "container", "--",
			       outside_built("tests/as/probe"), NULL };

	needs_root();
	CHECK_INT(outside_run(argv, out, sizeof(out)), 0);
	CHECK_FACTS("root", { "proc-sys", "0" }, { "masked", "0" });
}

TEST(exit_status_and_signal_pass_through)
{
	static const char *const names[] = { "root", "user", "user-nons", "container", "rootns" };
	char out[256];

	needs_root();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *status[] = {
			outside_built("tests/as/as"), names[i], "--", "sh", "-c", "exit 41", NULL
		};
		const char *killed[] = {
			outside_built("tests/as/as"), names[i], "sh", "-c", "kill -9 $$", NULL
		};
		int ended = outside_run(status, out, sizeof(out));

		CHECK(WIFEXITED(ended));
		CHECK_INT(WEXITSTATUS(ended), 41);
		CHECK_STR(out, "");
		ended = outside_run(killed, out, sizeof(out));
		CHECK(WIFSIGNALED(ended));
		CHECK_INT(WTERMSIG(ended), SIGKILL);
	}
}

TEST(what_cannot_be_run_is_told_apart)
{
	char out[256];
	const char *missing[] = { outside_built("tests/as/as"), "user", "--", "/no/such/program",
				  NULL };
	const char *unknown[] = { outside_built("tests/as/as"), "nobody-knows", "--", "true",
				  NULL };

	CHECK_INT(WEXITSTATUS(outside_run(missing, out, sizeof(out))), 127);
	CHECK_INT(WEXITSTATUS(outside_run(unknown, out, sizeof(out))), 125);
}
