/* SPDX-License-Identifier: ISC */
/*
 * hints.c - {layer, errno} → the usual cause and its cure
 *
 * One table: a refusal of the kernel is one bare number, and what it means depends on who asked.
 * A row with errno 0 answers for every other errno of its layer.
 */
#include <errno.h>

#include "layer.h"

static const struct {
	enum ambit_layer layer;
	int sys_errno;
	const char *hint;
} rows[] = {
	{ AMBIT_LAYER_RUN, EPERM,
	  "the kernel or an outer sandbox refuses new namespaces, or a call that every start "
	  "makes: "
	  "ambit doctor names the switch" },
	{ AMBIT_LAYER_RUN, ENOSPC,
	  "a limit of /proc/sys/user (max_user_namespaces and its like) is used up, or namespaces "
	  "are nested too deep" },
	{ AMBIT_LAYER_RUN, EUSERS, "user namespaces are nested too deep" },
	{ AMBIT_LAYER_RUN, EAGAIN,
	  "too many processes for this user: raise RLIMIT_NPROC or the pids limit" },
	{ AMBIT_LAYER_RUN, EACCES,
	  "vm.memfd_noexec forbids executing from memory: set it below 2" },
	{ AMBIT_LAYER_RUN, EMFILE, "too many open descriptors: raise ulimit -n" },
	{ AMBIT_LAYER_RUN, ENFILE, "the system is out of descriptors: raise fs.file-max" },
	{ AMBIT_LAYER_RUN, EFBIG,
	  "the limit on the size of files is below that of what is executed from memory: raise "
	  "ulimit -f (RLIMIT_FSIZE)" },
	{ AMBIT_LAYER_RUN, ENOMEM, "memory is exhausted: try later" },
	{ AMBIT_LAYER_RUN, 0, "run ambit doctor to see what this host offers" },
	{ AMBIT_LAYER_USERNS, EPERM,
	  "AppArmor or a sysctl restricts user namespaces: "
	  "kernel.apparmor_restrict_unprivileged_userns=0" },
	{ AMBIT_LAYER_USERNS, ENOENT, "mount /proc: the id maps are written there" },
	{ AMBIT_LAYER_USERNS, 0, "switch the layer off with: need user-namespace off" },
	{ AMBIT_LAYER_MOUNT, EPERM,
	  "an outer sandbox refuses mounts: need mount-view off leaves files to Landlock" },
	{ AMBIT_LAYER_MOUNT, EACCES, "a directory on the way cannot be entered by this user" },
	{ AMBIT_LAYER_MOUNT, ESTALE, "the path was replaced while ambit looked: try again" },
	{ AMBIT_LAYER_MOUNT, ENOSPC,
	  "too many granted paths, or mounts (fs.mount-max): grant a directory above them" },
	{ AMBIT_LAYER_MOUNT, EPROTO,
	  "a mount appeared that was not planned: try again, or need mount-view off" },
	{ AMBIT_LAYER_MOUNT, 0, "switch the layer off with: need mount-view off" },
	{ AMBIT_LAYER_NAMESPACES, 0, "switch the layer off with: need namespaces off" },
	{ AMBIT_LAYER_NET, 0, "switch the layer off with: need net-namespace off" },
	{ AMBIT_LAYER_TIMENS, 0, "leave it out: need time-namespace off" },
	{ AMBIT_LAYER_APPARMOR, ENOENT,
	  "no such profile is loaded: apparmor_parser -r FILE loads it, aa-status lists them" },
	{ AMBIT_LAYER_APPARMOR, EACCES,
	  "the caller's own profile does not allow the change: it needs change_profile -> NAME" },
	{ AMBIT_LAYER_APPARMOR, 0, "check that the profile is loaded and in the right namespace" },
	{ AMBIT_LAYER_CGROUP, EACCES,
	  "run in a delegated cgroup: systemd-run --user --scope -p Delegate=yes" },
	{ AMBIT_LAYER_CGROUP, EBUSY,
	  "processes in the parent cgroup forbid controllers below it: delegate an empty one" },
	{ AMBIT_LAYER_CGROUP, 0,
	  "run in a delegated cgroup: systemd-run --user --scope -p Delegate=yes" },
	{ AMBIT_LAYER_RLIMITS, EPERM, "the hard limit is lower already: ask for less" },
	{ AMBIT_LAYER_RLIMITS, 0, "choose another value for the limit" },
	{ AMBIT_LAYER_IDS, EAGAIN, "RLIMIT_NPROC of that user is exceeded: raise it" },
	{ AMBIT_LAYER_IDS, EINVAL, "the id has no mapping in this user namespace" },
	{ AMBIT_LAYER_IDS, 0, "start ambit with CAP_SETUID and CAP_SETGID, or leave user out" },
	{ AMBIT_LAYER_CAPS, 0,
	  "an outer sandbox keeps ambit from its capability sets: let it call capset and prctl" },
	{ AMBIT_LAYER_PROCESS, 0,
	  "an outer sandbox filters prctl: allow PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE and "
	  "PR_SET_MDWE" },
	{ AMBIT_LAYER_LANDLOCK, E2BIG,
	  "sixteen Landlock layers are stacked already: leave one out, or need landlock off" },
	{ AMBIT_LAYER_LANDLOCK, ESTALE, "the path was replaced while ambit looked: try again" },
	{ AMBIT_LAYER_LANDLOCK, EMFILE, "raise limit open-files or ulimit -n" },
	{ AMBIT_LAYER_LANDLOCK, 0, "switch the layer off with: need landlock off" },
	{ AMBIT_LAYER_SECCOMP, EBUSY,
	  "an outer sandbox keeps a listener on this process: only one is possible" },
	{ AMBIT_LAYER_SECCOMP, 0,
	  "an outer sandbox keeps ambit from filters of its own: let it call seccomp and prctl" },
	{ AMBIT_LAYER_EXEC, ENOENT,
	  "the program or its interpreter does not exist in the view: grant it with exec" },
	{ AMBIT_LAYER_EXEC, EACCES,
	  "the program or its interpreter may not be executed: grant it with exec, and check its "
	  "mode" },
	{ AMBIT_LAYER_EXEC, ENOEXEC, "it is neither an ELF program nor a #! script" },
	{ AMBIT_LAYER_EXEC, E2BIG, "the arguments and the environment are too long" },
	{ AMBIT_LAYER_EXEC, ESTALE, "the program was replaced while ambit looked: try again" },
	{ AMBIT_LAYER_EXEC, EAGAIN, "too many tasks: raise limit processes" },
	{ AMBIT_LAYER_EXEC, ENOMEM,
	  "the memory limit is too low for the program to start: raise limit memory" },
	{ AMBIT_LAYER_EXEC, ENOSYS,
	  "an outer sandbox filters what a start needs: let ambit call execveat and getrandom" },
	{ AMBIT_LAYER_EXEC, EPERM,
	  "the file has capabilities that nobody gets here (getcap shows them), or an outer "
	  "sandbox refuses execveat or getrandom" },
	{ AMBIT_LAYER_EXEC, 0, "check that the program is intact and executable" },
	{ AMBIT_LAYER_FDS, 0, "check which descriptors ambit was given" },
};

const char *layer_hint(enum ambit_layer layer, int op, int sys_errno)
{
	(void)op;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (rows[i].layer == layer &&
		    (rows[i].sys_errno == sys_errno || rows[i].sys_errno == 0))
			return rows[i].hint;
	return NULL;
}
