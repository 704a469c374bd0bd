/* SPDX-License-Identifier: ISC */
/*
 * keyword.c - THE rights table
 *
 * One row a keyword. The parser, command line options, `ambit help`, ambit-policy(5), the shell
 * completions, the system call groups and the Landlock rules all read it: adding a right is
 * adding a row.
 */
#include <string.h>

#include "../base/abi.h"
#include "../base/class.h"
#include "model.h"

#define LL_READ	  (LL_FS_READ_FILE | LL_FS_READ_DIR)
#define LL_MODIFY (LL_FS_WRITE_FILE | LL_FS_TRUNCATE)
#define LL_CREATE                                                                                  \
	(LL_FS_REMOVE_DIR | LL_FS_REMOVE_FILE | LL_FS_MAKE_DIR | LL_FS_MAKE_REG |                  \
	 LL_FS_MAKE_SOCK | LL_FS_MAKE_FIFO | LL_FS_MAKE_SYM | LL_FS_REFER)
#define LL_WRITE (LL_READ | LL_MODIFY | LL_CREATE)

#define CALLS_READ   (CALL_BIT(OPEN) | CALL_BIT(STAT) | CALL_BIT(CWD))
#define CALLS_SOCKET (CALL_BIT(SOCKET) | CALL_BIT(SOCKET_IO) | CALL_BIT(SPLICE))

static const struct right_row rows[RIGHT_COUNT] = {
	[RIGHT_READ] = {
		.right = RIGHT_READ,
		.call = "ambit_allow_read",
		.keyword = "read", .arguments = "PATH...",
		.help = "read files and list directories, all below too",
		.detail = "Grants opening for reading what PATH names: a file, or a directory "
			"with all below it. It stops neither looking at metadata elsewhere "
			"(size, owner, times) where only Landlock carries paths, nor reading "
			"what can be reached by a descriptor the program was given.",
		.example = "read /usr/share/fonts /etc/fonts",
		.calls = CALLS_READ,
		.landlock_dir = LL_READ, .landlock_file = LL_FS_READ_FILE,
		.flags = ROW_PATHS | ROW_OPTIONAL | ROW_WHOLE,
	},
	[RIGHT_WRITE] = {
		.right = RIGHT_WRITE,
		.call = "ambit_allow_write",
		.keyword = "write", .arguments = "PATH...",
		.help = "read, write, create, rename, remove below a path",
		.detail = "Grants everything `read` does, and changing, creating, renaming and "
			"removing below PATH: regular files, directories, links, sockets and "
			"pipes, never device nodes. What is written there cannot be executed "
			"unless `exec` covers it. Mode, owner, times and extended attributes "
			"need `attributes` where only Landlock carries paths. It does not "
			"bound how much is written: see `limit file-size`.",
		.example = "write /var/cache/thumbs",
		.calls = CALLS_READ | CALL_BIT(CREATE) | CALL_BIT(TRUNCATE) | CALL_BIT(SPLICE),
		.landlock_dir = LL_WRITE,
		.landlock_file = LL_FS_READ_FILE | LL_MODIFY,
		.flags = ROW_PATHS | ROW_OPTIONAL | ROW_WHOLE,
	},
	[RIGHT_MODIFY] = {
		.right = RIGHT_MODIFY,
		.call = "ambit_allow_modify",
		.keyword = "modify", .arguments = "PATH...",
		.help = "write to and truncate existing files",
		.detail = "Grants opening for writing, and cutting short, the files that exist "
			"at PATH and below it. It creates, renames and removes nothing and "
			"reads nothing: add `read` or `create` for that; all three are "
			"`write`. Needs Landlock: a file system view alone cannot tell "
			"changing a file from making one.",
		.example = "modify /var/lib/app/state",
		.calls = CALLS_READ | CALL_BIT(TRUNCATE) | CALL_BIT(SPLICE),
		.landlock_dir = LL_MODIFY, .landlock_file = LL_MODIFY,
		.flags = ROW_PATHS | ROW_OPTIONAL | ROW_WHOLE,
	},
	[RIGHT_CREATE] = {
		.right = RIGHT_CREATE,
		.call = "ambit_allow_create",
		.keyword = "create", .arguments = "PATH...",
		.help = "create, rename and remove below a directory",
		.detail = "Grants creating, linking, renaming and removing below PATH, a "
			"directory: regular files, directories, links, sockets and pipes, "
			"never device nodes. It neither reads nor writes what is in files: a "
			"file opened for writing as it is created needs `modify`, too. "
			"Renaming or linking from one directory into another needs it at "
			"both, and that neither gains a right by its new place. Needs "
			"Landlock; before ABI 2 nothing moves between directories.",
		.example = "create /var/spool/app",
		.calls = CALLS_READ | CALL_BIT(CREATE),
		.landlock_dir = LL_CREATE,
		.flags = ROW_PATHS | ROW_OPTIONAL | ROW_WHOLE,
	},
	[RIGHT_EXEC] = {
		.right = RIGHT_EXEC,
		.call = "ambit_allow_exec",
		.keyword = "exec", .arguments = "PATH...",
		.help = "execute programs, and read them",
		.detail = "Grants executing PATH, or every program below it, in place of the "
			"running one; a new process needs `spawn` too. The program's "
			"interpreter and the system library directories come with it. What is"
			" executed stays under this very policy. It does not stop a granted "
			"interpreter (a shell, python, the dynamic loader) from running any "
			"file it may read.",
		.example = "exec /usr/bin/convert",
		.calls = CALL_BIT(EXEC) | CALL_BIT(OPEN) | CALL_BIT(STAT),
		.landlock_dir = LL_FS_EXECUTE | LL_READ,
		.landlock_file = LL_FS_EXECUTE | LL_FS_READ_FILE,
		.flags = ROW_PATHS | ROW_OPTIONAL | ROW_WHOLE,
	},
	[RIGHT_HIDE] = {
		.right = RIGHT_HIDE,
		.call = "ambit_hide",
		.keyword = "hide", .arguments = "PATH...",
		.help = "take a path out of what other lines grant",
		.detail = "Denies PATH and all below it although a line above grants it: an "
			"empty node is put over it in the program's own file system view. "
			"Without such a view it is a gap. It wins over every grant at or "
			"below it, those of bundles included; granting and hiding the same "
			"path is a contradiction. Where the code may write above PATH, PATH and"
			" the directories above it cannot be renamed or removed inside. It "
			"does not reach other names of the same file (hard links).",
		.example = "hide /var/cache/thumbs/private",
		.flags = ROW_PATHS | ROW_OPTIONAL | ROW_PREFER | ROW_WHOLE,
	},
	[RIGHT_TMP] = {
		.right = RIGHT_TMP,
		.call = "ambit_allow_tmp",
		.keyword = "tmp", .arguments = "SIZE",
		.help = "a private /tmp of its own, of bounded size",
		.detail = "Grants an empty /tmp that nobody else sees, held in memory, gone at "
			"the end. SIZE is a number of bytes, or with K, M, G or T. It counts "
			"as memory used. Nothing in it can be executed.",
		.example = "tmp 64M",
		.calls = CALLS_READ | CALL_BIT(CREATE) | CALL_BIT(TRUNCATE),
		.landlock_dir = LL_WRITE,
		.flags = ROW_ONCE | ROW_PREFER,
	},
	[RIGHT_ATTRIBUTES] = {
		.right = RIGHT_ATTRIBUTES,
		.call = "ambit_allow_attributes",
		.keyword = "attributes", .arguments = "",
		.help = "change mode, owner, times, extended attributes",
		.detail = "Grants chmod, chown, utimes and setxattr in all their forms. With a "
			"file system view they reach only what `write` covers; where only "
			"Landlock carries paths they are not bound to any path, and the plan "
			"says so. Set-user-id bits have no effect inside: no new privileges, "
			"ever.",
		.example = "attributes",
		.calls = CALL_BIT(ATTRIBUTES),
	},
	[RIGHT_CONNECT] = {
		.right = RIGHT_CONNECT,
		.call = "ambit_allow_connect",
		.keyword = "connect", .arguments = "tcp|udp HOST PORT",
		.help = "connect, or send datagrams, to a host and port",
		.detail = "HOST is an address, a network as 10.0.0.0/8, * for any, a name, or "
			"*.suffix. PORT is a number, a range as 8000-8010, or *. Addresses "
			"are judged in their binary form, however they were written. Names "
			"need the broker; until it exists they are refused. It bounds who is "
			"talked to, not what is said.",
		.example = "connect tcp 192.0.2.7 443",
		.calls = CALLS_SOCKET | CALL_BIT(CONNECT),
		.flags = ROW_PREFER,
	},
	[RIGHT_LISTEN] = {
		.right = RIGHT_LISTEN,
		.call = "ambit_allow_listen",
		.keyword = "listen", .arguments = "tcp|udp [ADDRESS] PORT",
		.help = "accept connections or datagrams on a port",
		.detail = "Grants binding PORT, on ADDRESS or on any, and serving who comes. "
			"PORT is a number, a range, * or 0 for one the kernel picks. Ports "
			"below 1024 need a caller with CAP_NET_BIND_SERVICE; the program gets "
			"none. Answering datagrams needs `connect udp`, too. It does not choose "
			"who may connect: that is the firewall's.",
		.example = "listen tcp 8443",
		.calls = CALLS_SOCKET | CALL_BIT(LISTEN),
		.flags = ROW_PREFER,
	},
	[RIGHT_UNIX] = {
		.right = RIGHT_UNIX,
		.call = "ambit_allow_unix",
		.keyword = "unix", .arguments = "PATH...",
		.help = "connect to a local socket, or those below a path",
		.detail = "Grants connecting to the socket PATH names. Whoever serves it acts "
			"with its own rights, not under this policy: a message bus or a "
			"container daemon is a way out. Abstract sockets stay out of reach. A "
			"directory needs Landlock: without it a file system view lets what else "
			"is there be read.",
		.example = "unix /run/postgresql/.s.PGSQL.5432",
		.calls = CALLS_SOCKET | CALL_BIT(CONNECT),
		.landlock_dir = LL_FS_RESOLVE_UNIX, .landlock_file = LL_FS_RESOLVE_UNIX,
		.flags = ROW_PATHS | ROW_OPTIONAL | ROW_PREFER | ROW_WHOLE,
	},
	[RIGHT_SPAWN] = {
		.right = RIGHT_SPAWN,
		.call = "ambit_allow_spawn",
		.keyword = "spawn", .arguments = "",
		.help = "create processes, and signal them",
		.detail = "Grants fork and its kin, process groups and signals between the "
			"processes of this run. Threads are always allowed and need no line. "
			"Every process created stays under this policy, and may set the ids "
			"that it has. It does not bound how many there are: see `limit "
			"processes`.",
		.example = "spawn",
		.calls = CALL_BIT(FORK) | CALL_BIT(SESSION) | CALL_BIT(SIGNAL),
	},
	[RIGHT_JIT] = {
		.right = RIGHT_JIT,
		.call = "ambit_allow_jit",
		.keyword = "jit", .arguments = "",
		.help = "make memory executable after writing to it",
		.detail = "Turns off the rule that memory is either writable or executable, "
			"which just-in-time compilers break (node, java, luajit, pcre2 with "
			"jit), and lets it make files in memory (memfd_create), which could "
			"be mapped as code. It gives the program no further resource, but "
			"makes taking it over easier; the plan says that W^X is off.",
		.example = "jit",
	},
	[RIGHT_TERMINAL] = {
		.right = RIGHT_TERMINAL,
		.call = "ambit_allow_terminal",
		.keyword = "terminal", .arguments = "",
		.help = "use a terminal of its own, job control included",
		.detail = "Grants a new terminal that ambit relays to the real one: full-screen"
			" programs and interactive shells work, resizing included. Pushing "
			"input into the caller's terminal (TIOCSTI, TIOCLINUX) stays "
			"impossible. It does not filter escape sequences that the program "
			"prints.",
		.example = "terminal",
		.calls = CALL_BIT(SESSION),
	},
	[RIGHT_LIMIT] = {
		.right = RIGHT_LIMIT,
		.call = "ambit_limit_bytes ambit_limit_count ambit_limit_time ambit_limit_cpu",
		.keyword = "limit", .arguments = "KIND VALUE",
		.help = "bound memory, processes, time and more",
		.detail = "KIND is memory, processes, open-files, cpu-time, wall-time, "
			"file-size, cpu or stack. Sizes take K, M, G or T; times ms, s, m or "
			"h (a bare number is seconds); cpu is in per cent of one processor, "
			"as 150%. memory, processes and cpu are for the whole run and need a "
			"control group, or what the plan names in its place; cpu-time, "
			"open-files, file-size and stack are for each process. A limit gives "
			"no right.",
		.example = "limit memory 256M",
		.flags = ROW_ONCE | ROW_PREFER,
	},
	[RIGHT_USER] = {
		.right = RIGHT_USER,
		.call = "ambit_set_user",
		.keyword = "user", .arguments = "NAME",
		.help = "run as this user, by name or number",
		.detail = "Sets all user ids, the user's primary group unless `group` names "
			"another, and no supplementary groups; then proves that going back "
			"fails. Needs the capability to set ids; without it any user but the "
			"caller is a gap.",
		.example = "user nobody",
		.flags = ROW_ONCE | ROW_PREFER,
	},
	[RIGHT_GROUP] = {
		.right = RIGHT_GROUP,
		.call = "ambit_set_group",
		.keyword = "group", .arguments = "NAME",
		.help = "run with this group, by name or number",
		.detail = "Sets all group ids and drops the supplementary groups. Needs the "
			"capability to set group ids; without it the groups that remain are "
			"listed in the plan.",
		.example = "group www-data",
		.flags = ROW_ONCE | ROW_PREFER,
	},
	[RIGHT_KEEP_CAPABILITY] = {
		.right = RIGHT_KEEP_CAPABILITY,
		.call = "ambit_keep_capability",
		.keyword = "keep-capability", .arguments = "NAME...",
		.help = "keep a capability that the caller has",
		.detail = "By default every capability set is emptied. NAME is as in "
			"capabilities(7), with or without CAP_. The filter still refuses the "
			"calls of administration that no right names, so few capabilities are"
			" of use: net_bind_service; setuid and setgid for servers that drop "
			"ids themselves.",
		.example = "keep-capability net_bind_service",
		.calls = CALL_BIT(IDS),
	},
	[RIGHT_LABEL] = {
		.right = RIGHT_LABEL,
		.call = "ambit_set_label",
		.keyword = "label", .arguments = "NAME",
		.help = "run under this AppArmor profile, too",
		.detail = "NAME is a profile that is loaded. It is taken at the start of the "
			"program, beside everything else; a caller that is confined itself "
			"keeps its own profile, and NAME is stacked on it. Without AppArmor it "
			"is a gap. It grants nothing that this policy does not.",
		.example = "label thumbnailer",
		.flags = ROW_ONCE | ROW_PREFER,
	},
	[RIGHT_ENV] = {
		.right = RIGHT_ENV,
		.call = "ambit_pass_env ambit_set_env",
		.keyword = "env", .arguments = "NAME[=VALUE]...",
		.help = "pass or set environment variables",
		.detail = "Only PATH HOME USER LOGNAME SHELL LANG LC_* TERM TZ COLORTERM and "
			"NO_COLOR pass by themselves. NAME passes the caller's value, "
			"NAME=VALUE sets one. Secrets in the environment can be read by every"
			" process of the run.",
		.example = "env LANG TERM HOME=/tmp",
		.flags = ROW_WHOLE,
	},
	[RIGHT_FD] = {
		.right = RIGHT_FD,
		.call = "ambit_pass_fd",
		.keyword = "fd", .arguments = "NUMBER... [read|write]",
		.help = "pass an open descriptor",
		.detail = "Descriptors 0, 1 and 2 are passed unless they are sockets that reach "
			"more than one peer, or kernel objects: those, and all others, have to "
			"be named. With read or write the descriptor must be open for just "
			"that. What it refers to is reached whatever the rest of the policy "
			"says, so a directory is never passed.",
		.example = "fd 3 read",
		.calls = CALL_BIT(SOCKET_IO),
	},
	[RIGHT_BROKER] = {
		.right = RIGHT_BROKER,
		.call = "ambit_allow_broker",
		.keyword = "broker", .arguments = "SERVICE...",
		.help = "ask a service of the broker process",
		.detail = "SERVICE is open, connect, resolve, exec, log or one of the "
			"application's own. It needs the broker; until that exists the line "
			"is refused.",
		.example = "broker resolve",
		.calls = CALL_BIT(SOCKET_IO),
		.flags = ROW_LATER,
	},
	[RIGHT_ON_DENIAL] = {
		.right = RIGHT_ON_DENIAL,
		.call = "ambit_on_denial",
		.keyword = "on-denial", .arguments = "error|kill|report",
		.help = "what a refused act does: fail, kill, be reported",
		.detail = "error, the default: the call fails with the error its callers handle"
			" best. kill: the filter ends the program. report: it fails and the "
			"kernel's log tells of it (type=1326, unless errno is not in "
			"kernel.seccomp.actions_logged). Refusals by Landlock, mounts "
			"and ids, and of addresses that are judged, are always errors.",
		.example = "on-denial error",
		.flags = ROW_ONCE,
	},
	[RIGHT_CHECK_FAILS] = {
		.right = RIGHT_CHECK_FAILS,
		.call = "ambit_check_fails",
		.keyword = "check-fails",
		.arguments = "none|direct|callback|indirect|library...",
		.help = "what makes a check fail",
		.detail = "Which findings of `ambit check` fail, by how sure they are; the others "
			"are warnings. direct: by calls alone. callback: through a function "
			"that is handed to one that calls it. indirect: by a pointer, in the "
			"program. library: by a pointer, in a library. Without the line the "
			"first three fail; with none, nothing does. It grants nothing: what "
			"the program may do is the same.",
		.example = "check-fails direct callback indirect library",
		.flags = ROW_ONCE,
	},
	[RIGHT_SYSCALL] = {
		.right = RIGHT_SYSCALL,
		.call = "ambit_allow_syscall",
		.keyword = "syscall", .arguments = "NAME [{ ... }]",
		.help = "escape hatch: allow a system call by name",
		.detail = "In the block, `arg N = VALUE`, `arg N != VALUE` and `arg N & MASK = "
			"VALUE` say when; all must hold. `answer ERRNO` refuses with that "
			"error instead of allowing. Values are numbers or the names of common"
			" constants. What it allows stands before every other rule of the "
			"filter, and the plan warns of what is lost with it. Other layers "
			"still stand; paths behind a pointer are not seen. Prefer any other "
			"keyword.",
		.example = "syscall keyctl",
	},
	[RIGHT_NEED] = {
		.right = RIGHT_NEED,
		.call = "ambit_need",
		.keyword = "need", .arguments = "LAYER must|prefer|off",
		.help = "insist on a layer, or let it be missing",
		.detail = "must: refuse to start without it. prefer: it may be missing, and "
			"every report says so. off: do not use it. What then carries nothing "
			"becomes a gap. env, process and exec are part of every run.",
		.example = "need user-namespace prefer",
		.flags = ROW_ONCE,
	},
	[RIGHT_USE] = {
		.right = RIGHT_USE,
		.call = "ambit_use",
		.keyword = "use", .arguments = "BUNDLE...",
		.help = "take in a bundle of lines by name",
		.detail = "Bundles hold what a kind of program needs; `ambit help BUNDLE` "
			"prints one. Their paths are all optional: what a system lacks is "
			"skipped. A line of your own that sets a single value (tmp, limit) "
			"wins over the bundle's.",
		.example = "use locale",
	},
	[RIGHT_PROMISES] = {
		.right = RIGHT_PROMISES,
		.call = "ambit_allow_promises",
		.keyword = "promises", .arguments = "NAME...",
		.help = "take in what OpenBSD's pledge promises name",
		.detail = "NAME is a promise of pledge(2): stdio, rpath, inet and so on, several "
			"between quotes or as words. Each stands for lines and system calls; "
			"those of files reach every path. It adds to the rest of the policy, "
			"and what every run may use stays. ambit-promises(7) says what Linux "
			"cannot match.",
		.example = "promises \"stdio rpath inet\"",
	},
	[RIGHT_PRIVILEGES] = {
		.right = RIGHT_PRIVILEGES,
		.call = "ambit_allow_privileges",
		.keyword = "privileges", .arguments = "NAME,!NAME...",
		.help = "take in Solaris privileges, less some",
		.detail = "A list with commas as ppriv -s takes it: names of privileges, basic "
			"for what every process has, all; with ! in front a name is taken out "
			"of what stands before it. Capabilities that belong to one are kept "
			"where the caller has them. ambit-promises(7) says what Linux cannot "
			"match.",
		.example = "privileges basic,!net_access",
	},
	[RIGHT_INCLUDE] = {
		.right = RIGHT_INCLUDE,
		.call = "ambit_include",
		.keyword = "include", .arguments = "FILE...",
		.help = "take in the lines of another file",
		.detail = "FILE is relative to the file that includes it; paths inside are "
			"relative to FILE. Including adds, never takes away. The same file "
			"twice counts once.",
		.example = "include common.ambit",
		.flags = ROW_PATHS | ROW_OPTIONAL | ROW_WHOLE,
	},
	[RIGHT_COMPUTE] = {
		.right = RIGHT_COMPUTE,
		.keyword = "compute", .arguments = "",
		.help = "only computing, on descriptors 0, 1 and 2",
		.detail = "Set by the bundle of that name.",
		.example = "use compute",
		.flags = ROW_HIDDEN,
	},
	[RIGHT_PLEDGE] = {
		.right = RIGHT_PLEDGE,
		.keyword = "pledge", .arguments = "",
		.help = "promises are all there is",
		.detail = "Set by pledge(3).",
		.example = "pledge",
		.flags = ROW_HIDDEN,
	},
	[RIGHT_UNVEIL] = {
		.right = RIGHT_UNVEIL,
		.keyword = "unveil", .arguments = "PATH",
		.help = "what unveil(3) grants at a path",
		.detail = "Set by unveil(3).",
		.example = "unveil /",
		.flags = ROW_HIDDEN,
	},
};

const struct right_row *right_row(enum right right)
{
	return (unsigned)right < RIGHT_COUNT ? &rows[right] : NULL;
}

const struct right_row *right_by_keyword(const char *keyword, size_t length)
{
	if (!length)
		return NULL;
	for (size_t i = 0; i < RIGHT_COUNT; i++) {
		const char *name = rows[i].keyword;

		if (name[0] == keyword[0] && !strncmp(name, keyword, length) && !name[length])
			return &rows[i];
	}
	return NULL;
}

static const char *const limit_names[] = {
	[LIMIT_MEMORY] = "memory",
	[LIMIT_PROCESSES] = "processes",
	[LIMIT_OPEN_FILES] = "open-files",
	[LIMIT_CPU_TIME] = "cpu-time",
	[LIMIT_WALL_TIME] = "wall-time",
	[LIMIT_FILE_SIZE] = "file-size",
	[LIMIT_CPU] = "cpu",
	[LIMIT_STACK] = "stack",
};

_Static_assert(ARRAY_COUNT(limit_names) == LIMIT_KIND_COUNT, "a name for each kind of limit");

const char *limit_name(enum limit_kind kind)
{
	return (unsigned)kind < LIMIT_KIND_COUNT ? limit_names[kind] : "?";
}
