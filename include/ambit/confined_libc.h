/* SPDX-License-Identifier: ISC */
/* confined_libc.h - libc functions and the rights they need; by tools/confined-header --write */
/* clang-format off */
#if !defined(AMBIT_N1)
#error "include <ambit/confined.h>, which includes this file"
#endif

AMBIT_RIGHT(read) /* open a path for reading, or list it */
AMBIT_RIGHT(look) /* look at a path's metadata, or make it the working directory */
AMBIT_RIGHT(modify) /* open a path for writing, or cut it short */
AMBIT_RIGHT(create) /* create, remove, rename or link a path */
AMBIT_RIGHT(attributes) /* change mode, owner, times, extended attributes */
AMBIT_RIGHT(exec) /* execute a program */
AMBIT_RIGHT(load) /* load code from a file */
AMBIT_RIGHT(names) /* look up users, services, hosts: files, and modules of NSS */
AMBIT_RIGHT(socket) /* make a socket */
AMBIT_RIGHT(connect) /* connect, or send to an address */
AMBIT_RIGHT(listen) /* bind, listen, accept */
AMBIT_RIGHT(resolve) /* ask a name server */
AMBIT_RIGHT(interfaces) /* list network interfaces */
AMBIT_RIGHT(log) /* write to the system log */
AMBIT_RIGHT(spawn) /* create a process */
AMBIT_RIGHT(signal) /* signal another process */
AMBIT_RIGHT(session) /* process groups, sessions */
AMBIT_RIGHT(terminal) /* make a terminal, or change its settings */
AMBIT_RIGHT(jit) /* make memory both writable and executable */
AMBIT_RIGHT(splice) /* move data between descriptors, or its own pages into a pipe */
AMBIT_RIGHT(memory_file) /* make a file that lives in memory */
AMBIT_RIGHT(ids) /* change user, group or capability sets */
AMBIT_RIGHT(syscall) /* make a system call by number */
AMBIT_RIGHT(time) /* set or steer the clock */
AMBIT_RIGHT(priority) /* change scheduling priority and affinity */
AMBIT_RIGHT(watch) /* watch files for changes */
AMBIT_RIGHT(sysv) /* System V shared memory, semaphores and queues */
AMBIT_RIGHT(queue) /* POSIX message queues */
AMBIT_RIGHT(trace) /* trace another process, or touch its memory */
AMBIT_RIGHT(mount) /* mount and unmount */
AMBIT_RIGHT(namespace) /* namespaces and the root directory */
AMBIT_RIGHT(admin) /* administration of the system */

/* What gcc refuses in a file of confined code, unless the policy made it empty. */
#ifndef AMBIT_REFUSED_read
#define AMBIT_REFUSED_read AMBIT_REFUSED("read")
#endif
#ifndef AMBIT_REFUSED_look
#define AMBIT_REFUSED_look AMBIT_REFUSED("look")
#endif
#ifndef AMBIT_REFUSED_modify
#define AMBIT_REFUSED_modify AMBIT_REFUSED("modify")
#endif
#ifndef AMBIT_REFUSED_create
#define AMBIT_REFUSED_create AMBIT_REFUSED("create")
#endif
#ifndef AMBIT_REFUSED_attributes
#define AMBIT_REFUSED_attributes AMBIT_REFUSED("attributes")
#endif
#ifndef AMBIT_REFUSED_exec
#define AMBIT_REFUSED_exec AMBIT_REFUSED("exec")
#endif
#ifndef AMBIT_REFUSED_load
#define AMBIT_REFUSED_load AMBIT_REFUSED("load")
#endif
#ifndef AMBIT_REFUSED_names
#define AMBIT_REFUSED_names AMBIT_REFUSED("names")
#endif
#ifndef AMBIT_REFUSED_socket
#define AMBIT_REFUSED_socket AMBIT_REFUSED("socket")
#endif
#ifndef AMBIT_REFUSED_connect
#define AMBIT_REFUSED_connect AMBIT_REFUSED("connect")
#endif
#ifndef AMBIT_REFUSED_listen
#define AMBIT_REFUSED_listen AMBIT_REFUSED("listen")
#endif
#ifndef AMBIT_REFUSED_resolve
#define AMBIT_REFUSED_resolve AMBIT_REFUSED("resolve")
#endif
#ifndef AMBIT_REFUSED_interfaces
#define AMBIT_REFUSED_interfaces AMBIT_REFUSED("interfaces")
#endif
#ifndef AMBIT_REFUSED_log
#define AMBIT_REFUSED_log AMBIT_REFUSED("log")
#endif
#ifndef AMBIT_REFUSED_spawn
#define AMBIT_REFUSED_spawn AMBIT_REFUSED("spawn")
#endif
#ifndef AMBIT_REFUSED_signal
#define AMBIT_REFUSED_signal AMBIT_REFUSED("signal")
#endif
#ifndef AMBIT_REFUSED_session
#define AMBIT_REFUSED_session AMBIT_REFUSED("session")
#endif
#ifndef AMBIT_REFUSED_terminal
#define AMBIT_REFUSED_terminal AMBIT_REFUSED("terminal")
#endif
#ifndef AMBIT_REFUSED_jit
#define AMBIT_REFUSED_jit AMBIT_REFUSED("jit")
#endif
#ifndef AMBIT_REFUSED_splice
#define AMBIT_REFUSED_splice AMBIT_REFUSED("splice")
#endif
#ifndef AMBIT_REFUSED_memory_file
#define AMBIT_REFUSED_memory_file AMBIT_REFUSED("memory_file")
#endif
#ifndef AMBIT_REFUSED_ids
#define AMBIT_REFUSED_ids AMBIT_REFUSED("ids")
#endif
#ifndef AMBIT_REFUSED_syscall
#define AMBIT_REFUSED_syscall AMBIT_REFUSED("syscall")
#endif
#ifndef AMBIT_REFUSED_time
#define AMBIT_REFUSED_time AMBIT_REFUSED("time")
#endif
#ifndef AMBIT_REFUSED_priority
#define AMBIT_REFUSED_priority AMBIT_REFUSED("priority")
#endif
#ifndef AMBIT_REFUSED_watch
#define AMBIT_REFUSED_watch AMBIT_REFUSED("watch")
#endif
#ifndef AMBIT_REFUSED_sysv
#define AMBIT_REFUSED_sysv AMBIT_REFUSED("sysv")
#endif
#ifndef AMBIT_REFUSED_queue
#define AMBIT_REFUSED_queue AMBIT_REFUSED("queue")
#endif
#ifndef AMBIT_REFUSED_trace
#define AMBIT_REFUSED_trace AMBIT_REFUSED("trace")
#endif
#ifndef AMBIT_REFUSED_mount
#define AMBIT_REFUSED_mount AMBIT_REFUSED("mount")
#endif
#ifndef AMBIT_REFUSED_namespace
#define AMBIT_REFUSED_namespace AMBIT_REFUSED("namespace")
#endif
#ifndef AMBIT_REFUSED_admin
#define AMBIT_REFUSED_admin AMBIT_REFUSED("admin")
#endif
#ifndef AMBIT_REFUSED_by_flags
#define AMBIT_REFUSED_by_flags AMBIT_REFUSED("read, modify or create")
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_E : AMBIT_HAS_E
AMBIT_F1(realpath, look) AMBIT_N1(endgrent, names) AMBIT_N1(endpwent, names)
AMBIT_N1(getgrent, names) AMBIT_N1(getpwent, names) AMBIT_N1(killpg, signal) AMBIT_N1(mknod, create)
AMBIT_N1(mknodat, create) AMBIT_N1(nice, priority) AMBIT_N1(setgrent, names)
AMBIT_N1(setpgrp, session) AMBIT_N1(setpwent, names) AMBIT_N1(setregid, ids) AMBIT_N1(setreuid, ids)
AMBIT_N1(tempnam, look)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_G : AMBIT_HAS_G
AMBIT_D3(fopen64, read, modify, create) AMBIT_D3(freopen64, read, modify, create)
AMBIT_N1(clone, spawn) AMBIT_N1(eaccess, look) AMBIT_N1(euidaccess, look) AMBIT_N1(fstatat64, look)
AMBIT_N1(lstat64, look) AMBIT_N1(memfd_create, memory_file) AMBIT_N1(process_vm_readv, trace)
AMBIT_N1(process_vm_writev, trace) AMBIT_N1(pthread_setaffinity_np, priority)
AMBIT_N1(sched_setaffinity, priority) AMBIT_N1(semtimedop, sysv) AMBIT_N1(setns, namespace)
AMBIT_N1(setresgid, ids) AMBIT_N1(setresuid, ids) AMBIT_N1(splice, splice) AMBIT_N1(stat64, look)
AMBIT_N1(statfs64, look) AMBIT_N1(statvfs64, look) AMBIT_N1(tee, splice)
AMBIT_N1(truncate64, modify) AMBIT_N1(unshare, namespace) AMBIT_N1(vmsplice, splice)
AMBIT_N2(creat64, create, modify) AMBIT_N2(ftw64, read, look) AMBIT_N2(glob64, read, look)
AMBIT_N2(name_to_handle_at, admin, look) AMBIT_N2(nftw64, read, look)
AMBIT_N2(open_by_handle_at, admin, read) AMBIT_N2(scandir64, read, look)
AMBIT_N3(mkostemp64, read, modify, create) AMBIT_N3(mkostemps64, read, modify, create)
AMBIT_N3(mkstemp64, read, modify, create) AMBIT_N3(mkstemps64, read, modify, create)
AMBIT_N3(tmpfile64, read, modify, create) AMBIT_W3(open64, read, modify, create)
AMBIT_W3(openat64, read, modify, create)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_G : AMBIT_HAS_M
AMBIT_N1(cuserid, read) AMBIT_N1(futimesat, attributes) AMBIT_N2(execvpe, exec, look)
AMBIT_N2(updwtmpx, read, modify) AMBIT_N3(mkostemps, read, modify, create)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_G : AMBIT_HAS_N
AMBIT_N1(canonicalize_file_name, look) AMBIT_N1(dlmopen, load) AMBIT_N1(execveat, exec)
AMBIT_N1(getdate_r, read) AMBIT_N1(getgrent_r, names) AMBIT_N1(getpw, names)
AMBIT_N1(renameat2, create) AMBIT_N1(statx, look) AMBIT_N1(tgkill, signal)
AMBIT_N2(fts64_children, read, look) AMBIT_N2(fts64_open, read, look)
AMBIT_N2(fts64_read, read, look) AMBIT_N2(getaddrinfo_a, names, resolve)
AMBIT_N2(scandirat, read, look) AMBIT_N2(scandirat64, read, look)
AMBIT_N3(getpt, terminal, read, modify)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_G : AMBIT_HAS_P
AMBIT_N3(mkostemp, read, modify, create)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_G : AMBIT_HAS_S
AMBIT_N1(_Fork, spawn) AMBIT_N1(accept4, listen) AMBIT_N1(clock_adjtime, time)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_M : AMBIT_HAS_M
AMBIT_F1(vsyslog, log) AMBIT_N1(adjtime, time) AMBIT_N1(chroot, namespace)
AMBIT_N1(endusershell, read) AMBIT_N1(futimes, attributes) AMBIT_N1(getgrouplist, names)
AMBIT_N1(getservbyname_r, names) AMBIT_N1(getservbyport_r, names) AMBIT_N1(getusershell, read)
AMBIT_N1(lchmod, attributes) AMBIT_N1(lutimes, attributes) AMBIT_N1(mktemp, look)
AMBIT_N1(setdomainname, admin) AMBIT_N1(setgroups, ids) AMBIT_N1(sethostname, admin)
AMBIT_N1(settimeofday, time) AMBIT_N1(setusershell, read) AMBIT_N1(syscall, syscall)
AMBIT_N1(vfork, spawn) AMBIT_N1(vhangup, admin) AMBIT_N2(gethostbyaddr_r, names, resolve)
AMBIT_N2(gethostbyname2, names, resolve) AMBIT_N2(gethostbyname2_r, names, resolve)
AMBIT_N2(gethostbyname_r, names, resolve) AMBIT_N2(initgroups, names, ids)
AMBIT_N3(daemon, spawn, session, look) AMBIT_N3(getpass, terminal, read, modify)
AMBIT_N3(mkstemps, read, modify, create)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_M : AMBIT_HAS_N
AMBIT_N1(bindresvport, listen) AMBIT_N1(endnetgrent, names) AMBIT_N1(endrpcent, names)
AMBIT_N1(getnetbyaddr_r, names) AMBIT_N1(getnetbyname_r, names) AMBIT_N1(getnetent_r, names)
AMBIT_N1(getnetgrent, names) AMBIT_N1(getnetgrent_r, names) AMBIT_N1(getprotobyname_r, names)
AMBIT_N1(getprotobynumber_r, names) AMBIT_N1(getprotoent_r, names) AMBIT_N1(getpwent_r, names)
AMBIT_N1(getrpcbyname, names) AMBIT_N1(getrpcbyname_r, names) AMBIT_N1(getrpcbynumber, names)
AMBIT_N1(getrpcbynumber_r, names) AMBIT_N1(getrpcent, names) AMBIT_N1(getrpcent_r, names)
AMBIT_N1(getservent_r, names) AMBIT_N1(getsgent_r, names) AMBIT_N1(getsgnam_r, names)
AMBIT_N1(getspent_r, names) AMBIT_N1(getutent_r, read) AMBIT_N1(getutid_r, read)
AMBIT_N1(getutline_r, read) AMBIT_N1(innetgr, names) AMBIT_N1(revoke, admin)
AMBIT_N1(sethostid, admin) AMBIT_N1(setnetgrent, names) AMBIT_N1(setrpcent, names)
AMBIT_N1(tmpnam_r, look) AMBIT_N1(ttyslot, read) AMBIT_N2(gethostent_r, names, resolve)
AMBIT_N2(iruserok, names, resolve) AMBIT_N2(iruserok_af, names, resolve)
AMBIT_N2(rresvport, socket, listen) AMBIT_N2(rresvport_af, socket, listen)
AMBIT_N2(ruserok, names, resolve) AMBIT_N2(ruserok_af, names, resolve)
AMBIT_N4(rcmd, names, resolve, socket, connect) AMBIT_N4(rcmd_af, names, resolve, socket, connect)
AMBIT_N4(rexec, names, resolve, socket, connect) AMBIT_N4(rexec_af, names, resolve, socket, connect)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_M : AMBIT_HAS_S
AMBIT_N1(getspnam_r, names) AMBIT_N2(ether_hostton, names, resolve)
AMBIT_N2(ether_ntohost, names, resolve)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_N : AMBIT_HAS_M
AMBIT_N1(stime, time)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_P : AMBIT_HAS_P
AMBIT_N1(clock_settime, time) AMBIT_N1(kill, signal) AMBIT_N1(mkdtemp, create)
AMBIT_N1(renameat, create) AMBIT_N1(sigqueue, signal) AMBIT_N2(popen, spawn, exec)
AMBIT_N3(mkstemp, read, modify, create)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_P : AMBIT_HAS_S
AMBIT_F1(getlogin_r, read) AMBIT_F1(readlink, look) AMBIT_F1(readlinkat, look)
AMBIT_N1(faccessat, look) AMBIT_N1(fchmod, attributes) AMBIT_N1(fchmodat, attributes)
AMBIT_N1(fchown, attributes) AMBIT_N1(fchownat, attributes) AMBIT_N1(fexecve, exec)
AMBIT_N1(fstatat, look) AMBIT_N1(futimens, attributes) AMBIT_N1(getgrgid_r, names)
AMBIT_N1(getgrnam_r, names) AMBIT_N1(getpwnam_r, names) AMBIT_N1(getpwuid_r, names)
AMBIT_N1(lchown, attributes) AMBIT_N1(linkat, create) AMBIT_N1(lstat, look)
AMBIT_N1(mkdirat, create) AMBIT_N1(mkfifoat, create) AMBIT_N1(mq_timedreceive, queue)
AMBIT_N1(mq_timedsend, queue) AMBIT_N1(setegid, ids) AMBIT_N1(seteuid, ids)
AMBIT_N1(symlink, create) AMBIT_N1(symlinkat, create) AMBIT_N1(truncate, modify)
AMBIT_N1(unlinkat, create) AMBIT_N1(utimensat, attributes) AMBIT_N2(getaddrinfo, names, resolve)
AMBIT_N2(getnameinfo, names, resolve) AMBIT_N2(scandir, read, look)
AMBIT_W3(openat, read, modify, create)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_S : AMBIT_HAS_M
AMBIT_N2(gethostbyaddr, names, resolve) AMBIT_N2(gethostbyname, names, resolve)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_S : AMBIT_HAS_N
AMBIT_N1(__hostalias, read) AMBIT_N1(__res_hostalias, read) AMBIT_N1(__res_init, read)
AMBIT_N1(__res_ninit, read) AMBIT_N1(endaliasent, names) AMBIT_N1(endfsent, read)
AMBIT_N1(endsgent, names) AMBIT_N1(endttyent, read) AMBIT_N1(getaliasbyname, names)
AMBIT_N1(getaliasbyname_r, names) AMBIT_N1(getaliasent, names) AMBIT_N1(getaliasent_r, names)
AMBIT_N1(getfsent, read) AMBIT_N1(getfsfile, read) AMBIT_N1(getfsspec, read)
AMBIT_N1(getsgent, names) AMBIT_N1(getsgnam, names) AMBIT_N1(getttyent, read)
AMBIT_N1(getttynam, read) AMBIT_N1(ntp_adjtime, time) AMBIT_N1(res_nmkquery, read)
AMBIT_N1(res_nquery, resolve) AMBIT_N1(res_nquerydomain, resolve) AMBIT_N1(res_nsearch, resolve)
AMBIT_N1(res_nsend, resolve) AMBIT_N1(setaliasent, names) AMBIT_N1(setfsent, read)
AMBIT_N1(setsgent, names) AMBIT_N1(setttyent, read) AMBIT_N2(login, read, modify)
AMBIT_N2(logout, read, modify) AMBIT_N2(logwtmp, read, modify)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_S : AMBIT_HAS_S
AMBIT_D3(fopen, read, modify, create) AMBIT_D3(freopen, read, modify, create)
AMBIT_D3(sem_open, read, modify, create) AMBIT_D3(setmntent, read, modify, create)
AMBIT_D3(shm_open, read, modify, create) AMBIT_F1(ttyname_r, look) AMBIT_N1(accept, listen)
AMBIT_N1(access, look) AMBIT_N1(acct, admin) AMBIT_N1(adjtimex, time) AMBIT_N1(bind, listen)
AMBIT_N1(catopen, read) AMBIT_N1(chdir, look) AMBIT_N1(chmod, attributes)
AMBIT_N1(chown, attributes) AMBIT_N1(connect, connect) AMBIT_N1(dlopen, load)
AMBIT_N1(endnetent, names) AMBIT_N1(endprotoent, names) AMBIT_N1(endservent, names)
AMBIT_N1(endspent, names) AMBIT_N1(endutent, read) AMBIT_N1(endutxent, read) AMBIT_N1(execl, exec)
AMBIT_N1(execle, exec) AMBIT_N1(execv, exec) AMBIT_N1(execve, exec) AMBIT_N1(fanotify_init, admin)
AMBIT_N1(fanotify_mark, admin) AMBIT_N1(fork, spawn) AMBIT_N1(fremovexattr, attributes)
AMBIT_N1(fsetxattr, attributes) AMBIT_N1(ftok, look) AMBIT_N1(getgrgid, names)
AMBIT_N1(getgrnam, names) AMBIT_N1(getifaddrs, interfaces) AMBIT_N1(getlogin, read)
AMBIT_N1(getnetbyaddr, names) AMBIT_N1(getnetbyname, names) AMBIT_N1(getnetent, names)
AMBIT_N1(getprotobyname, names) AMBIT_N1(getprotobynumber, names) AMBIT_N1(getprotoent, names)
AMBIT_N1(getpwnam, names) AMBIT_N1(getpwuid, names) AMBIT_N1(getservbyname, names)
AMBIT_N1(getservbyport, names) AMBIT_N1(getservent, names) AMBIT_N1(getspent, names)
AMBIT_N1(getspnam, names) AMBIT_N1(getutent, read) AMBIT_N1(getutid, read) AMBIT_N1(getutline, read)
AMBIT_N1(getutxent, read) AMBIT_N1(getutxid, read) AMBIT_N1(getutxline, read)
AMBIT_N1(getxattr, look) AMBIT_N1(iconv_open, load) AMBIT_N1(if_indextoname, interfaces)
AMBIT_N1(if_nameindex, interfaces) AMBIT_N1(if_nametoindex, interfaces)
AMBIT_N1(inotify_init, watch) AMBIT_N1(inotify_init1, watch) AMBIT_N1(inotify_rm_watch, watch)
AMBIT_N1(ioperm, admin) AMBIT_N1(iopl, admin) AMBIT_N1(klogctl, admin) AMBIT_N1(lgetxattr, look)
AMBIT_N1(link, create) AMBIT_N1(listen, listen) AMBIT_N1(listxattr, look) AMBIT_N1(llistxattr, look)
AMBIT_N1(lremovexattr, attributes) AMBIT_N1(lsetxattr, attributes) AMBIT_N1(mkdir, create)
AMBIT_N1(mkfifo, create) AMBIT_N1(mount, mount) AMBIT_N1(mq_getattr, queue)
AMBIT_N1(mq_notify, queue) AMBIT_N1(mq_receive, queue) AMBIT_N1(mq_send, queue)
AMBIT_N1(mq_setattr, queue) AMBIT_N1(mq_unlink, queue) AMBIT_N1(msgctl, sysv) AMBIT_N1(msgget, sysv)
AMBIT_N1(msgrcv, sysv) AMBIT_N1(msgsnd, sysv) AMBIT_N1(openlog, log) AMBIT_N1(pathconf, look)
AMBIT_N1(pthread_mutex_setprioceiling, priority) AMBIT_N1(pthread_setschedparam, priority)
AMBIT_N1(pthread_setschedprio, priority) AMBIT_N1(ptrace, trace) AMBIT_N1(quotactl, admin)
AMBIT_N1(reboot, admin) AMBIT_N1(remove, create) AMBIT_N1(removexattr, attributes)
AMBIT_N1(rename, create) AMBIT_N1(res_mkquery, read) AMBIT_N1(res_query, resolve)
AMBIT_N1(res_querydomain, resolve) AMBIT_N1(res_search, resolve) AMBIT_N1(res_send, resolve)
AMBIT_N1(rmdir, create) AMBIT_N1(sched_setparam, priority) AMBIT_N1(sched_setscheduler, priority)
AMBIT_N1(sem_unlink, create) AMBIT_N1(semctl, sysv) AMBIT_N1(semget, sysv) AMBIT_N1(semop, sysv)
AMBIT_N1(sendto, connect) AMBIT_N1(setfsgid, ids) AMBIT_N1(setfsuid, ids) AMBIT_N1(setgid, ids)
AMBIT_N1(setnetent, names) AMBIT_N1(setpgid, session) AMBIT_N1(setpriority, priority)
AMBIT_N1(setprotoent, names) AMBIT_N1(setservent, names) AMBIT_N1(setsid, session)
AMBIT_N1(setspent, names) AMBIT_N1(setuid, ids) AMBIT_N1(setutent, read) AMBIT_N1(setutxent, read)
AMBIT_N1(setxattr, attributes) AMBIT_N1(shm_unlink, create) AMBIT_N1(shmat, sysv)
AMBIT_N1(shmctl, sysv) AMBIT_N1(shmdt, sysv) AMBIT_N1(shmget, sysv) AMBIT_N1(socket, socket)
AMBIT_N1(stat, look) AMBIT_N1(statfs, look) AMBIT_N1(statvfs, look) AMBIT_N1(swapoff, admin)
AMBIT_N1(swapon, admin) AMBIT_N1(tcdrain, terminal) AMBIT_N1(tcflow, terminal)
AMBIT_N1(tcflush, terminal) AMBIT_N1(tcsendbreak, terminal) AMBIT_N1(tcsetattr, terminal)
AMBIT_N1(tcsetpgrp, session) AMBIT_N1(tmpnam, look) AMBIT_N1(ttyname, look) AMBIT_N1(umount, mount)
AMBIT_N1(umount2, mount) AMBIT_N1(unlink, create) AMBIT_N1(utime, attributes)
AMBIT_N1(utimes, attributes) AMBIT_N2(creat, create, modify) AMBIT_N2(endhostent, names, resolve)
AMBIT_N2(execlp, exec, look) AMBIT_N2(execvp, exec, look) AMBIT_N2(fts_children, read, look)
AMBIT_N2(fts_open, read, look) AMBIT_N2(fts_read, read, look) AMBIT_N2(ftw, read, look)
AMBIT_N2(gethostent, names, resolve) AMBIT_N2(glob, read, look)
AMBIT_N2(inotify_add_watch, watch, look) AMBIT_N2(lckpwdf, create, modify)
AMBIT_N2(login_tty, terminal, session) AMBIT_N2(opendir, read, look)
AMBIT_N2(posix_spawn, spawn, exec) AMBIT_N2(pututline, read, modify)
AMBIT_N2(pututxline, read, modify) AMBIT_N2(sethostent, names, resolve)
AMBIT_N2(system, spawn, exec) AMBIT_N2(updwtmp, read, modify)
AMBIT_N3(forkpty, spawn, session, terminal) AMBIT_N3(openpty, terminal, read, modify)
AMBIT_N3(posix_spawnp, spawn, exec, look) AMBIT_N3(tmpfile, read, modify, create)
AMBIT_N4(wordexp, read, look, spawn, exec) AMBIT_V1(mq_open, queue) AMBIT_V1(syslog, log)
AMBIT_W3(open, read, modify, create)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_W : AMBIT_HAS_N
AMBIT_N1(fsconfig, mount) AMBIT_N1(fsmount, mount) AMBIT_N1(fsopen, mount) AMBIT_N1(fspick, mount)
AMBIT_N1(mount_setattr, mount) AMBIT_N1(move_mount, mount) AMBIT_N1(open_tree, mount)
AMBIT_N1(pidfd_getfd, trace) AMBIT_N1(pidfd_open, spawn) AMBIT_N1(pidfd_send_signal, signal)
AMBIT_N1(process_madvise, trace) AMBIT_N1(process_mrelease, trace)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_X : AMBIT_HAS_E
AMBIT_N1(getdate, read) AMBIT_N1(grantpt, terminal) AMBIT_N1(unlockpt, terminal)
AMBIT_N3(posix_openpt, terminal, read, modify)
#endif

#if AMBIT_GLIBC ? AMBIT_HAS_X : AMBIT_HAS_S
AMBIT_N2(nftw, read, look)
#endif
