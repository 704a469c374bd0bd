/* SPDX-License-Identifier: ISC */
/*
 * confined_headers.h - every header that declares a function of confined_libc.h
 *
 * All that a libc has are included: a declaration that comes later would be one without rights.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <fmtmsg.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <iconv.h>
#include <langinfo.h>
#include <libgen.h>
#include <mqueue.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <nl_types.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <syslog.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>
#include <utmpx.h>
#include <wordexp.h>
#if __has_include(<aliases.h>)
#include <aliases.h>
#endif
#if __has_include(<fstab.h>)
#include <fstab.h>
#endif
#if __has_include(<fts.h>)
#include <fts.h>
#endif
#if __has_include(<gshadow.h>)
#include <gshadow.h>
#endif
#if __has_include(<ifaddrs.h>)
#include <ifaddrs.h>
#endif
#if __has_include(<mntent.h>)
#include <mntent.h>
#endif
#if __has_include(<netinet/ether.h>)
#include <netinet/ether.h>
#endif
#if __has_include(<pty.h>)
#include <pty.h>
#endif
#if __has_include(<resolv.h>)
#include <resolv.h>
#endif
#if __has_include(<shadow.h>)
#include <shadow.h>
#endif
#if __has_include(<sys/acct.h>)
#include <sys/acct.h>
#endif
#if __has_include(<sys/fanotify.h>)
#include <sys/fanotify.h>
#endif
#if __has_include(<sys/fsuid.h>)
#include <sys/fsuid.h>
#endif
#if __has_include(<sys/inotify.h>)
#include <sys/inotify.h>
#endif
#if __has_include(<sys/io.h>)
#include <sys/io.h>
#endif
#if __has_include(<sys/klog.h>)
#include <sys/klog.h>
#endif
#if __has_include(<sys/mount.h>)
#include <sys/mount.h>
#endif
#if __has_include(<sys/pidfd.h>)
#include <sys/pidfd.h>
#endif
#if __has_include(<sys/prctl.h>)
#include <sys/prctl.h>
#endif
#if __has_include(<sys/ptrace.h>)
#include <sys/ptrace.h>
#endif
#if __has_include(<sys/quota.h>)
#include <sys/quota.h>
#endif
#if __has_include(<sys/reboot.h>)
#include <sys/reboot.h>
#endif
#if __has_include(<sys/statfs.h>)
#include <sys/statfs.h>
#endif
#if __has_include(<sys/swap.h>)
#include <sys/swap.h>
#endif
#if __has_include(<sys/timex.h>)
#include <sys/timex.h>
#endif
#if __has_include(<sys/vfs.h>)
#include <sys/vfs.h>
#endif
#if __has_include(<sys/xattr.h>)
#include <sys/xattr.h>
#endif
#if __has_include(<ttyent.h>)
#include <ttyent.h>
#endif
#if __has_include(<utmp.h>)
#include <utmp.h>
#endif
