/* SPDX-License-Identifier: ISC */
/*
 * promise.c - promise by promise, privilege by privilege: what it is made of on Linux
 *
 * The names and their meaning are those of pledge(2) of OpenBSD and privileges(7) of Solaris. What
 * has no equivalent parses and grants nothing. ambit-promises(7) is checked against this table.
 */
#include "promise.h"

#include <linux/capability.h>
#include <string.h>

#include "../base/abi.h"
#include "../base/class.h"
#include "../base/str.h"

#define CAP(name) (UINT64_C(1) << CAP_##name)
/* Which request reaches a device is for the filter. */
#define LL_READ	  (LL_FS_READ_FILE | LL_FS_READ_DIR | LL_FS_IOCTL_DEV)
#define LL_MODIFY (LL_FS_WRITE_FILE | LL_FS_TRUNCATE)
#define LL_CREATE                                                                                  \
	(LL_FS_REMOVE_DIR | LL_FS_REMOVE_FILE | LL_FS_MAKE_DIR | LL_FS_MAKE_REG | LL_FS_MAKE_SYM | \
	 LL_FS_REFER)
#define CALLS_PATH (CALL_BIT(OPEN) | CALL_BIT(STAT) | CALL_BIT(CWD))
#define CALLS_NET  (CALL_BIT(SOCKET) | CALL_BIT(SOCKET_IO) | CALL_BIT(CONNECT) | CALL_BIT(LISTEN))
#define ANY_HOST   "connect tcp * *\nconnect udp * *\nlisten tcp *\nlisten udp *\n"
/* getaddrinfo() and getifaddrs() ask which addresses there are: NETLINK_ROUTE, read only */
#define ASK_ROUTES "syscall socket {\n arg 0 = 16\n arg 2 = 0\n}\n"
#define PROGRAMS                                                                                   \
	"exec /bin /sbin /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin optional\n"             \
	"exec /usr/lib /usr/libexec optional\n"
#define SET_TIME                                                                                   \
	"syscall clock_settime\nsyscall settimeofday\nsyscall adjtimex\nsyscall clock_adjtime\n"
/* setsockopt(): level, then the options that join and leave groups */
#define GROUP(level, option) "syscall setsockopt {\n arg 1 = " level "\n arg 2 = " option "\n}\n"
/* The modules of glibc before 2.34; newer ones have them inside. */
#define NSS_FILES                                                                                  \
	"read /etc/ld.so.cache /lib/x86_64-linux-gnu/libnss_files.so.2 optional\n"                 \
	"read /lib/aarch64-linux-gnu/libnss_files.so.2 /lib64/libnss_files.so.2 optional\n"
#define NSS_DNS                                                                                    \
	"read /lib/x86_64-linux-gnu/libnss_dns.so.2 optional\n"                                    \
	"read /lib/aarch64-linux-gnu/libnss_dns.so.2 /lib64/libnss_dns.so.2 optional\n"

#define PROMISE(word)	.name = (word), .origin = "promise " word, .family = FAMILY_PROMISE
#define PRIVILEGE(word) .name = (word), .origin = "privilege " word, .family = FAMILY_PRIVILEGE
#define NOTHING(why)                                                                               \
	.lines = "", .help = "accepted, grants nothing", .differs = (why), .flags = PROMISE_NOTHING
#define NO_SUCH_DEVICE "OpenBSD's device or interface does not exist on Linux"

/* clang-format off */
static const struct promise rows[] = {
	{ PROMISE("stdio"), .help = "open descriptors, memory, time, threads, pipes",
	  .differs = "opening another path than those of locale and time zone is EACCES, not the "
		     "end: no filter sees which path is meant",
	  .lines = "use locale\nread /dev/null /dev/zero /dev/random /dev/urandom optional\n",
	  .calls = CALL_BIT(PIPE) | CALL_BIT(SOCKETPAIR) | CALL_BIT(SOCKET_IO) | CALL_BIT(OPEN) },
	{ PROMISE("rpath"), .help = "read files and directories, look at metadata",
	  .differs = "without it opening for reading is EACCES, not the end", .lines = "",
	  .calls = CALLS_PATH | CALL_BIT(WATCH), .landlock = LL_READ,
	  .capabilities = CAP(DAC_OVERRIDE) | CAP(DAC_READ_SEARCH) },
	{ PROMISE("wpath"), .help = "write to and truncate existing files",
	  .differs = "without it opening for writing is EACCES, not the end", .lines = "",
	  .calls = CALLS_PATH | CALL_BIT(TRUNCATE) | CALL_BIT(SPLICE), .landlock = LL_MODIFY,
	  .capabilities = CAP(DAC_OVERRIDE) },
	{ PROMISE("cpath"), .help = "create, rename, link and remove",
	  .lines = "", .calls = CALLS_PATH | CALL_BIT(CREATE), .landlock = LL_CREATE,
	  .capabilities = CAP(DAC_OVERRIDE) | CAP(FOWNER) },
	{ PROMISE("dpath"), .help = "make FIFOs",
	  .differs = "device nodes are made by nobody", .lines = "",
	  .calls = CALLS_PATH | CALL_BIT(CREATE), .landlock = LL_FS_MAKE_FIFO,
	  .capabilities = CAP(DAC_OVERRIDE) },
	{ PROMISE("tmppath"), .help = "all but executing, below /tmp",
	  .differs = "OpenBSD allows less there: no directories, no links",
	  .lines = "write /tmp optional\n",
	  .calls = CALLS_PATH | CALL_BIT(CREATE) | CALL_BIT(TRUNCATE) },
	{ PROMISE("inet"), .help = "TCP and UDP over IPv4 and IPv6", .lines = ANY_HOST ASK_ROUTES,
	  .calls = CALLS_NET, .capabilities = CAP(NET_BIND_SERVICE) },
	{ PROMISE("mcast"), .help = "join and leave multicast groups",
	  .lines = GROUP("0", "35") GROUP("0", "36") GROUP("41", "20") GROUP("41", "21"),
	  .calls = CALL_BIT(SOCKET_IO) },
	{ PROMISE("fattr"), .help = "change mode, times and attributes of files",
	  .differs = "attributes are bound to no path, neither by unveil nor by other promises",
	  .lines = "attributes\n", .calls = CALLS_PATH | CALL_BIT(ATTRIBUTES),
	  .capabilities = CAP(FOWNER) | CAP(DAC_OVERRIDE) },
	{ PROMISE("chown"), .help = "change the owner of files",
	  .differs = "the filter does not tell it from fattr; the capability does",
	  .lines = "attributes\n", .calls = CALL_BIT(ATTRIBUTES),
	  .capabilities = CAP(CHOWN) | CAP(FOWNER) },
	{ PROMISE("flock"), .help = "file locks", .lines = "", .flags = PROMISE_LOCKS },
	{ PROMISE("unix"), .help = "local sockets",
	  .differs = "abstract sockets of others stay out of reach; before Landlock ABI 9 "
		     "connecting is bound to no path; where a line grants connecting by TCP, a "
		     "port that the kernel picks can be listened on; where addresses are judged "
		     "no path can be bound to",
	  .lines = "unix /\n", .calls = CALLS_NET | CALL_BIT(STAT),
	  .landlock = LL_FS_MAKE_SOCK | LL_FS_RESOLVE_UNIX,
	  .capabilities = CAP(DAC_OVERRIDE), .flags = PROMISE_UNIX },
	{ PROMISE("dns"), .help = "look names up",
	  .differs = "of a process that confines itself datagrams can go to any address and any "
		     "port can be bound to: only TCP connects to port 53 alone",
	  .lines = "use dns-files\nconnect tcp * 53\nconnect udp * 53\n"
		   ASK_ROUTES NSS_FILES NSS_DNS,
	  .calls = CALL_BIT(SOCKET) | CALL_BIT(SOCKET_IO) | CALL_BIT(CONNECT) | CALL_BIT(STAT),
	  .flags = PROMISE_BIND },
	{ PROMISE("getpw"), .help = "look users and groups up",
	  .differs = "from files only: no module of another name service is loaded",
	  .lines = "read /etc/passwd /etc/group /etc/nsswitch.conf /etc/netgroup optional\n"
		   NSS_FILES, .calls = CALL_BIT(STAT) },
	{ PROMISE("sendfd"), .help = "send descriptors",
	  .differs = "no filter looks into messages: stdio sends them, too", .lines = "" },
	{ PROMISE("recvfd"), .help = "receive descriptors",
	  .differs = "no filter looks into messages: stdio receives them, too", .lines = "" },
	{ PROMISE("tape"), .help = "move tapes",
	  .differs = "without it a request to a tape is ENOTTY, not the end",
	  .lines = "syscall ioctl {\n arg 1 = 0x40086d01\n}\n"
		   "syscall ioctl {\n arg 1 = 0x80306d02\n}\n" },
	{ PROMISE("tty"), .help = "job control and size of a terminal, /dev/tty",
	  .differs = "terminal modes can be set without it; input is never pushed",
	  .lines = "terminal\n", .calls = CALL_BIT(STAT) },
	{ PROMISE("proc"), .help = "fork, signals, process groups, priorities",
	  .lines = "spawn\n",
	  .calls = CALL_BIT(STAT) | CALL_BIT(FORK) | CALL_BIT(SIGNAL) | CALL_BIT(SESSION) |
		   CALL_BIT(PRIORITY),
	  .capabilities = CAP(KILL) | CAP(SYS_NICE), .flags = PROMISE_SIGNALS },
	{ PROMISE("exec"), .help = "execute programs",
	  .differs = "Landlock lets be executed only what may be read: the system's programs and "
		     "libraries become readable, programs elsewhere need rpath; no privilege "
		     "comes by set-id",
	  .lines = PROGRAMS, .calls = CALL_BIT(EXEC) | CALL_BIT(STAT), .landlock = LL_FS_EXECUTE,
	  .capabilities = CAP(DAC_OVERRIDE) },
	{ PROMISE("prot_exec"), .help = "make memory executable",
	  .differs = "without it memory can still be mapped executable, but not written to",
	  .lines = "jit\n" },
	{ PROMISE("settime"), .help = "set the clock", .lines = SET_TIME,
	  .capabilities = CAP(SYS_TIME) },
	{ PROMISE("ps"), .help = "look at processes",
	  .differs = "through /proc, which tells more", .lines = "read /proc optional\n",
	  .calls = CALLS_PATH },
	{ PROMISE("vminfo"), .help = "look at the system's memory",
	  .lines = "read /proc/meminfo /proc/vmstat /proc/stat /proc/loadavg optional\n"
		   "read /proc/swaps /proc/uptime /sys/devices/system optional\n",
	  .calls = CALL_BIT(STAT) },
	{ PROMISE("id"), .help = "change user and group ids, priorities",
	  .lines = "", .calls = CALL_BIT(IDS) | CALL_BIT(PRIORITY),
	  .capabilities = CAP(SETUID) | CAP(SETGID) | CAP(SYS_NICE) | CAP(SYS_RESOURCE) },
	{ PROMISE("route"), .help = "look at routes and interfaces", .lines = ASK_ROUTES,
	  .calls = CALL_BIT(SOCKET_IO) | CALL_BIT(CONNECT), .flags = PROMISE_BIND },
	{ PROMISE("wroute"), .help = "change routes and interfaces",
	  .differs = "where addresses are judged a message that names where it goes only asks",
	  .lines = ASK_ROUTES,
	  .calls = CALL_BIT(SOCKET_IO) | CALL_BIT(CONNECT), .flags = PROMISE_BIND,
	  .capabilities = CAP(NET_ADMIN) },
	{ PROMISE("unveil"), .help = "call unveil",
	  .differs = "what is unveiled binds from the call that drops it on", .lines = "",
	  .calls = CALL_BIT(STAT) },
	{ PROMISE("error"), .help = "a violation is ENOSYS, not the end", .lines = "",
	  .differs = "where Landlock refuses it is EACCES", .flags = PROMISE_ERROR },
	{ PROMISE("audio"), NOTHING(NO_SUCH_DEVICE) },
	{ PROMISE("video"), NOTHING(NO_SUCH_DEVICE) },
	{ PROMISE("bpf"), NOTHING(NO_SUCH_DEVICE) },
	{ PROMISE("pf"), NOTHING(NO_SUCH_DEVICE) },
	{ PROMISE("disklabel"), NOTHING(NO_SUCH_DEVICE) },
	{ PROMISE("drm"), NOTHING(NO_SUCH_DEVICE) },
	{ PROMISE("vmm"), NOTHING(NO_SUCH_DEVICE) },

	{ PRIVILEGE("file_read"), .help = "read files and directories", .lines = "",
	  .calls = CALLS_PATH | CALL_BIT(WATCH), .landlock = LL_READ, .flags = PROMISE_BASIC },
	{ PRIVILEGE("file_write"), .help = "change, create, rename and remove files",
	  .lines = "attributes\n",
	  .calls = CALLS_PATH | CALL_BIT(CREATE) | CALL_BIT(TRUNCATE) | CALL_BIT(SPLICE),
	  .landlock = LL_MODIFY | LL_CREATE | LL_FS_MAKE_FIFO | LL_FS_MAKE_SOCK,
	  .flags = PROMISE_BASIC },
	{ PRIVILEGE("file_link_any"), .lines = "", .help = "accepted, grants nothing",
	  .differs = "the sysctl fs.protected_hardlinks decides",
	  .flags = PROMISE_BASIC | PROMISE_NOTHING },
	{ PRIVILEGE("net_access"), .help = "TCP and UDP over IPv4 and IPv6",
	  .lines = ANY_HOST ASK_ROUTES, .calls = CALLS_NET, .flags = PROMISE_BASIC },
	{ PRIVILEGE("proc_exec"), .help = "execute programs",
	  .differs = "only of files that may be read; the system's programs and libraries may",
	  .lines = PROGRAMS,
	  .calls = CALL_BIT(EXEC), .landlock = LL_FS_EXECUTE, .flags = PROMISE_BASIC },
	{ PRIVILEGE("proc_fork"), .help = "create processes", .lines = "spawn\n",
	  .calls = CALL_BIT(FORK), .flags = PROMISE_BASIC },
	{ PRIVILEGE("proc_info"), .help = "look at other processes",
	  .lines = "read /proc optional\n",
	  .differs = "file_read brings it, too, where it covers /proc", .flags = PROMISE_BASIC },
	{ PRIVILEGE("proc_session"), .help = "sessions, process groups, signals between them",
	  .differs = "no signal leaves for who is not under the same policy", .lines = "",
	  .calls = CALL_BIT(SESSION) | CALL_BIT(SIGNAL), .flags = PROMISE_BASIC },
	{ PRIVILEGE("file_chown"), .help = "give files away", .lines = "attributes\n",
	  .capabilities = CAP(CHOWN) },
	{ PRIVILEGE("file_dac_execute"), .help = "execute files whatever their mode", .lines = "",
	  .differs = "the capability covers reading and writing, too",
	  .capabilities = CAP(DAC_OVERRIDE) },
	{ PRIVILEGE("file_dac_read"), .help = "read files whatever their mode", .lines = "",
	  .differs = "the capability covers searching, too", .capabilities = CAP(DAC_READ_SEARCH) },
	{ PRIVILEGE("file_dac_search"), .help = "search directories whatever their mode",
	  .lines = "", .differs = "the capability covers reading, too",
	  .capabilities = CAP(DAC_READ_SEARCH) },
	{ PRIVILEGE("file_dac_write"), .help = "write files whatever their mode", .lines = "",
	  .differs = "the capability covers reading, too", .capabilities = CAP(DAC_OVERRIDE) },
	{ PRIVILEGE("file_owner"), .help = "act as the owner of files", .lines = "attributes\n",
	  .capabilities = CAP(FOWNER) },
	{ PRIVILEGE("net_privaddr"), .help = "bind ports below 1024", .lines = "",
	  .capabilities = CAP(NET_BIND_SERVICE) },
	{ PRIVILEGE("net_rawaccess"), .help = "raw sockets",
	  .differs = "where addresses are judged nothing is sent through them",
	  .lines = "syscall socket {\n arg 0 = 2\n arg 1 & 15 = 3\n}\n"
		   "syscall socket {\n arg 0 = 10\n arg 1 & 15 = 3\n}\n",
	  .calls = CALL_BIT(SOCKET_IO), .capabilities = CAP(NET_RAW) },
	{ PRIVILEGE("net_icmpaccess"), .help = "ICMP sockets",
	  .lines = "syscall socket {\n arg 0 = 2\n arg 1 & 15 = 2\n arg 2 = 1\n}\n"
		   "syscall socket {\n arg 0 = 10\n arg 1 & 15 = 2\n arg 2 = 58\n}\n",
	  .differs = "the sysctl net.ipv4.ping_group_range decides, too; where addresses are "
		     "judged nothing is sent through them",
	  .calls = CALL_BIT(SOCKET_IO) },
	{ PRIVILEGE("proc_chroot"), .help = "change the root directory",
	  .lines = "syscall chroot\n", .calls = CALL_BIT(CWD), .capabilities = CAP(SYS_CHROOT) },
	{ PRIVILEGE("proc_lock_memory"), .help = "lock memory", .lines = "",
	  .differs = "a limited amount is locked without it", .capabilities = CAP(IPC_LOCK) },
	{ PRIVILEGE("proc_owner"), .help = "signal processes of others", .lines = "",
	  .differs = "no signal leaves for who is not under the same policy",
	  .calls = CALL_BIT(SIGNAL), .capabilities = CAP(KILL) },
	{ PRIVILEGE("proc_priocntl"), .help = "raise priorities", .lines = "",
	  .calls = CALL_BIT(PRIORITY), .capabilities = CAP(SYS_NICE) },
	{ PRIVILEGE("proc_setid"), .help = "change user and group ids", .lines = "",
	  .calls = CALL_BIT(IDS), .capabilities = CAP(SETUID) | CAP(SETGID) },
	{ PRIVILEGE("sys_resource"), .help = "raise resource limits", .lines = "",
	  .capabilities = CAP(SYS_RESOURCE) },
	{ PRIVILEGE("sys_time"), .help = "set the clock", .lines = SET_TIME,
	  .capabilities = CAP(SYS_TIME) },
	{ PRIVILEGE("file_chown_self"), NOTHING("nobody gives files away unprivileged") },
	{ PRIVILEGE("file_setid"), NOTHING("nobody makes set-id files") },
	{ PRIVILEGE("ipc_dac_read"), NOTHING("System V IPC needs a syscall line") },
	{ PRIVILEGE("ipc_dac_write"), NOTHING("System V IPC needs a syscall line") },
	{ PRIVILEGE("ipc_owner"), NOTHING("System V IPC needs a syscall line") },
	{ PRIVILEGE("proc_audit"), NOTHING("no right names auditing") },
	{ PRIVILEGE("proc_clock_highres"), NOTHING("every timer has full resolution") },
	{ PRIVILEGE("proc_taskid"), NOTHING("there are no tasks and projects") },
	{ PRIVILEGE("proc_zone"), NOTHING("there are no zones") },
	{ PRIVILEGE("sys_acct"), NOTHING("no right names administration") },
	{ PRIVILEGE("sys_admin"), NOTHING("no right names administration") },
	{ PRIVILEGE("sys_audit"), NOTHING("no right names auditing") },
	{ PRIVILEGE("sys_config"), NOTHING("no right names administration") },
	{ PRIVILEGE("sys_devices"), NOTHING("no right names administration") },
	{ PRIVILEGE("sys_ip_config"), NOTHING("no right names administration") },
	{ PRIVILEGE("sys_ipc_config"), NOTHING("no right names administration") },
	{ PRIVILEGE("sys_linkdir"), NOTHING("directories have no second name") },
	{ PRIVILEGE("sys_mount"), NOTHING("no right names mounting") },
	{ PRIVILEGE("sys_net_config"), NOTHING("no right names administration") },
	{ PRIVILEGE("sys_nfs"), NOTHING("no right names administration") },
	{ PRIVILEGE("sys_res_config"), NOTHING("no right names administration") },
	{ PRIVILEGE("sys_suser_compat"), NOTHING("modules are loaded by nobody") },
};
/* clang-format on */

const struct promise *promise_at(enum promise_family family, size_t index)
{
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (rows[i].family == family && !index--)
			return &rows[i];
	return NULL;
}

const struct promise *promise_by_name(enum promise_family family, const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (rows[i].family == family && strlen(rows[i].name) == length &&
		    !memcmp(rows[i].name, name, length))
			return &rows[i];
	return NULL;
}

const struct promise *grant_promise(const struct grant *g)
{
	if (g->right != RIGHT_PROMISES && g->right != RIGHT_PRIVILEGES)
		return NULL;
	return promise_by_name(g->right == RIGHT_PROMISES ? FAMILY_PROMISE : FAMILY_PRIVILEGE,
			       g->name, strlen(g->name));
}

uint64_t grant_calls(const struct grant *g)
{
	const struct promise *p = grant_promise(g);

	if (g->right == RIGHT_UNVEIL)
		return g->number & LL_FS_EXECUTE ? CALL_BIT(EXEC) : 0;
	return p ? p->calls : right_row(g->right)->calls;
}

uint64_t grant_landlock(const struct grant *g, bool is_dir)
{
	const struct right_row *row = right_row(g->right);
	const struct promise *p = grant_promise(g);
	uint64_t access = is_dir ? row->landlock_dir : row->landlock_file;

	if (p || g->right == RIGHT_UNVEIL)
		access = p ? p->landlock : g->number;
	return is_dir ? access : access & LL_FS_ON_FILES;
}

bool grant_is_promised(const struct grant *g)
{
	return g->bundle &&
	       (str_starts(g->bundle, "promise ") || str_starts(g->bundle, "privilege "));
}

/* Pipes and sockets that are made hold nothing. */
#define LL_CONTENTS (LL_MODIFY | LL_CREATE)

const struct grant *policy_next_writer(const struct ambit_policy *p, size_t *at)
{
	while (*at < p->count) {
		const struct grant *g = &p->grants[(*at)++];

		if (g->path && (grant_landlock(g, true) & LL_CONTENTS))
			return g;
	}
	return NULL;
}

uint32_t policy_promise_flags(const struct ambit_policy *p)
{
	uint32_t flags = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct promise *row = grant_promise(&p->grants[i]);

		flags |= row ? row->flags : 0;
	}
	return flags;
}

bool policy_may_exec(const struct ambit_policy *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (grant_calls(&p->grants[i]) & CALL_BIT(EXEC))
			return true;
	return false;
}
