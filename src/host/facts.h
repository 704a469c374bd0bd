/* SPDX-License-Identifier: ISC */
/* facts.h - what a host can have or lack, each with a word, a name and a cure: one table */
#ifndef AMBIT_HOST_FACTS_H
#define AMBIT_HOST_FACTS_H

/* Of the mount namespace: pivot_root(2) and the marking of "/" as private say EINVAL there. */
#define HOST_CAUSE_ROOT	  "/ is no mount point that can be replaced, as in a chroot or an initramfs"
#define HOST_CAUSE_FILTER "an outer system call filter"

/* X(name, word, what it is, cure when it is missing) */
#define HOST_FACTS(X)                                                                              \
	X(SECCOMP_FILTER, "seccomp-filter", "system call filters",                                 \
	  "use a kernel with CONFIG_SECCOMP_FILTER")                                               \
	X(SECCOMP_LISTENER, "seccomp-listener", "a listener for notified system calls",            \
	  "Linux 5.5 or later, and no outer sandbox that keeps a listener on this process")        \
	X(SECCOMP_KILLABLE, "seccomp-wait-killable", "notifications that a signal cannot restart", \
	  "Linux 5.19 or later")                                                                   \
	X(TAKE_SOCKETS, "take-sockets",                                                            \
	  "pidfd_open, pidfd_getfd and process_vm_readv on one's own processes",                   \
	  "Linux 5.6 or later, kernel.yama.ptrace_scope below 2; a container must allow the "      \
	  "calls (Docker: --cap-add SYS_PTRACE)")                                                  \
	X(USER_NAMESPACE, "user-namespace", "user namespaces for this caller",                     \
	  "raise user.max_user_namespaces, set kernel.unprivileged_userns_clone=1, or "            \
	  "kernel.apparmor_restrict_unprivileged_userns=0; in a container allow unshare; in a "    \
	  "chroot the kernel makes none; a /proc that is read-only has to be mounted writable")    \
	X(MOUNT_NAMESPACE, "mount-namespace", "mount namespaces",                                  \
	  "needs CAP_SYS_ADMIN or a user namespace")                                               \
	X(PID_NAMESPACE, "pid-namespace", "pid namespaces",                                        \
	  "needs CAP_SYS_ADMIN or a user namespace")                                               \
	X(NET_NAMESPACE, "net-namespace", "network namespaces",                                    \
	  "needs CAP_SYS_ADMIN or a user namespace")                                               \
	X(IPC_NAMESPACE, "ipc-namespace", "ipc namespaces",                                        \
	  "needs CAP_SYS_ADMIN or a user namespace")                                               \
	X(UTS_NAMESPACE, "uts-namespace", "uts namespaces",                                        \
	  "needs CAP_SYS_ADMIN or a user namespace")                                               \
	X(CGROUP_NAMESPACE, "cgroup-namespace", "cgroup namespaces",                               \
	  "needs CAP_SYS_ADMIN or a user namespace")                                               \
	X(TIME_NAMESPACE, "time-namespace", "time namespaces",                                     \
	  "Linux 5.6 or later, with CAP_SYS_ADMIN and CAP_SYS_TIME or a user namespace")           \
	X(MOUNT_API, "mount-api", "fsopen, open_tree and move_mount", "Linux 5.2 or later")        \
	X(PROC, "proc", "a mounted /proc", "mount proc on /proc")                                  \
	X(PROC_MOUNT, "proc-mount", "a fresh /proc in a pid namespace",                            \
	  "the outer container masks parts of /proc: run it without masked paths")                 \
	X(MDWE, "mdwe", "memory-deny-write-execute", "Linux 6.3 or later")                         \
	X(MEMFD_EXEC, "memfd-exec", "executing from a memory file", "set vm.memfd_noexec below 2") \
	X(APPARMOR, "apparmor", "AppArmor labels",                                                 \
	  "start the kernel with AppArmor among its security modules: lsm=...,apparmor")           \
	X(OPENAT2, "openat2", "openat2", "Linux 5.6 or later")                                     \
	X(CGROUP_MEMORY, "cgroup-memory", "a writable memory cgroup",                              \
	  "run in a delegated cgroup, for instance systemd-run --user --scope -p Delegate=yes")    \
	X(CGROUP_PIDS, "cgroup-pids", "a writable pids cgroup",                                    \
	  "run in a delegated cgroup, for instance systemd-run --user --scope -p Delegate=yes")    \
	X(CGROUP_CPU, "cgroup-cpu", "a writable cpu cgroup",                                       \
	  "run in a delegated cgroup, for instance systemd-run --user --scope -p Delegate=yes")

#endif
