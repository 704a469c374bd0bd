/* SPDX-License-Identifier: ISC */
/* Every way a line can be wrong: code, place, sentence and cure. */
#include "util.h"

#include <stdio.h>

#define THESE_CAN                                                                                  \
	"fds, cgroup, user-namespace, mount-view, namespaces, net-namespace, time-namespace, "     \
	"rlimits, ids, capabilities, apparmor, landlock, seccomp"

static const struct {
	const char *text;
	enum ambit_code code;
	uint32_t line, column;
	const char *sentence, *hint;
} rows[] = {
	{ "raed /x", AMBIT_E_POLICY, 1, 1, "unknown keyword 'raed'", "did you mean 'read'?" },
	{ "Read /x", AMBIT_E_POLICY, 1, 1, "unknown keyword 'Read'", "did you mean 'read'?" },
	{ "READ /x", AMBIT_E_POLICY, 1, 1, "unknown keyword 'READ'", "did you mean 'read'?" },
	{ "rd /x", AMBIT_E_POLICY, 1, 1, "unknown keyword 'rd'", "did you mean 'fd'?" },
	{ "memory 64M", AMBIT_E_POLICY, 1, 1, "unknown keyword 'memory'",
	  "write: limit memory VALUE" },
	{ "locale", AMBIT_E_POLICY, 1, 1, "unknown keyword 'locale'", "write: use locale" },
	{ "locael", AMBIT_E_POLICY, 1, 1, "unknown keyword 'locael'",
	  "did you mean 'use locale'?" },
	{ "deny /x", AMBIT_E_POLICY, 1, 1, "unknown keyword 'deny'",
	  "everything not granted is denied; 'hide' takes a path out of a grant" },
	{ "zzzzzzzzzzz", AMBIT_E_POLICY, 1, 1, "unknown keyword 'zzzzzzzzzzz'",
	  "'ambit help' lists the keywords" },
	{ "compute", AMBIT_E_POLICY, 1, 1, "unknown keyword 'compute'", "write: use compute" },
	{ "read", AMBIT_E_POLICY, 1, 1, "'read' needs more words after it",
	  "write: read PATH..., as in: read /usr/share/fonts /etc/fonts" },
	{ "read /a optional optional\n read", AMBIT_E_POLICY, 2, 2,
	  "'read' needs more words after it",
	  "write: read PATH..., as in: read /usr/share/fonts /etc/fonts" },
	{ "spawn now", AMBIT_E_POLICY, 1, 7, "'now' is one word too many for 'spawn'",
	  "write: spawn" },
	{ "attributes /x", AMBIT_E_POLICY, 1, 12, "'/x' is one word too many for 'attributes'",
	  "write: attributes" },
	{ "read \"/a", AMBIT_E_POLICY, 1, 6, "quote without end",
	  "a quoted word ends on the line it begins" },
	{ "read '/a", AMBIT_E_POLICY, 1, 6, "quote without end",
	  "a quoted word ends on the line it begins" },
	{ "read \"/a\\q\"", AMBIT_E_POLICY, 1, 9, "unknown escape",
	  "inside double quotes: \\\" \\\\ \\n \\r \\t and \\xHH (not \\x00); single quotes are "
	  "literal" },
	{ "read \"/a\\x00\"", AMBIT_E_POLICY, 1, 9, "unknown escape",
	  "inside double quotes: \\\" \\\\ \\n \\r \\t and \\xHH (not \\x00); single quotes are "
	  "literal" },
	{ "read /a\\", AMBIT_E_POLICY, 1, 8, "backslash before nothing it can quote",
	  "outside quotes it goes before a blank or punctuation; \\n and \\xHH are understood "
	  "inside double quotes" },
	{ "read /a\\n", AMBIT_E_POLICY, 1, 8, "backslash before nothing it can quote",
	  "outside quotes it goes before a blank or punctuation; \\n and \\xHH are understood "
	  "inside double quotes" },
	{ "read /a{b", AMBIT_E_POLICY, 1, 8, "brace inside a word",
	  "put blanks around it, or quote the word" },
	{ "read /a {", AMBIT_E_POLICY, 1, 9, "'read' takes no block",
	  "write: read PATH..., as in: read /usr/share/fonts /etc/fonts" },
	{ "read /a { }", AMBIT_E_POLICY, 1, 9, "'read' takes no block",
	  "write: read PATH..., as in: read /usr/share/fonts /etc/fonts" },
	{ "}", AMBIT_E_POLICY, 1, 1, "'}' closes no block", "remove it" },
	{ "{", AMBIT_E_POLICY, 1, 1, "block without a directive",
	  "'{' stands at the end of the line it belongs to" },
	{ "read /a }", AMBIT_E_POLICY, 1, 9, "'}' closes no block", "remove it" },
	{ "syscall ioctl { } read /a", AMBIT_E_POLICY, 1, 19, "words after a block",
	  "put each directive on a line of its own" },
	{ "read \001", AMBIT_E_POLICY, 1, 6, "control character \\x01",
	  "write it as \"\\x01\" inside double quotes" },
	{ "read \377", AMBIT_E_POLICY, 1, 6, "byte \\xff is not part of UTF-8 text",
	  "write it as \"\\xff\" inside double quotes" },
	{ "read \342\200\256", AMBIT_E_POLICY, 1, 6,
	  "character U+202E, which hides or reorders text",
	  "remove it, or put the word that holds it in quotes" },
	{ "read /a\363\240\201\201", AMBIT_E_POLICY, 1, 8,
	  "character U+E0041, which hides or reorders text",
	  "remove it, or put the word that holds it in quotes" },
	{ "read \303(", AMBIT_E_POLICY, 1, 6, "byte \\xc3 is not part of UTF-8 text",
	  "write it as \"\\xc3\" inside double quotes" },
	{ "# \033[2J", AMBIT_E_POLICY, 1, 3, "control character \\x1b",
	  "write it as \"\\x1b\" inside double quotes" },
	{ "\357\273\277read /a", AMBIT_E_POLICY, 1, 1, "byte order mark",
	  "save the file as UTF-8 without it" },
	{ "read /a\r\n", AMBIT_E_POLICY, 1, 8, "carriage return",
	  "save the file with Unix line ends (LF), not Windows ones (CR LF)" },
	{ "read \"\"", AMBIT_E_POLICY, 1, 6, "empty path ''",
	  "write . for the policy's own directory" },
	{ "read *.c", AMBIT_E_POLICY, 1, 6, "patterns are not supported in paths: '*.c'",
	  "name the directory: all below it is covered; quote the word if the name really holds a "
	  "'*'" },
	{ "read $HOME/x", AMBIT_E_POLICY, 1, 6, "variables are not expanded: '$HOME/x'",
	  "write ~ for the home directory; quote the word if the name really begins with '$'" },
	{ "read ~bob/x", AMBIT_E_POLICY, 1, 6,
	  "the homes of other users are not looked up: '~bob/x'",
	  "write the path in full; quote the word if the name really begins with '~'" },
	{ "read /a/../b", AMBIT_E_POLICY, 1, 6, "'..' inside a path: '/a/../b'",
	  "write the path without it; it stands only at the front of a relative path" },
	{ "read a/../b", AMBIT_E_POLICY, 1, 6, "'..' inside a path: 'a/../b'",
	  "write the path without it; it stands only at the front of a relative path" },
	{ "unix @abstract", AMBIT_E_POLICY, 1, 6, "abstract sockets cannot be granted: '@abstract'",
	  "have the server listen on a path" },
	{ "hide /", AMBIT_E_POLICY, 1, 6, "nothing is left after hiding '/'",
	  "grant less instead: what is not granted is denied" },
	{ "tmp", AMBIT_E_POLICY, 1, 1, "'tmp' needs more words after it",
	  "write: tmp SIZE, as in: tmp 64M" },
	{ "tmp 5Q", AMBIT_E_POLICY, 1, 5, "not a size: '5Q'",
	  "write bytes, or a number with K, M, G or T: 64M" },
	{ "tmp 0", AMBIT_E_POLICY, 1, 5, "not a size: '0'",
	  "write bytes, or a number with K, M, G or T: 64M" },
	{ "tmp 99999999999999999999", AMBIT_E_POLICY, 1, 5,
	  "too large a size: '99999999999999999999'",
	  "write bytes, or a number with K, M, G or T: 64M" },
	{ "tmp 16777216T", AMBIT_E_POLICY, 1, 5, "too large a size: '16777216T'",
	  "write bytes, or a number with K, M, G or T: 64M" },
	{ "limit", AMBIT_E_POLICY, 1, 1, "'limit' needs more words after it",
	  "write: limit KIND VALUE, as in: limit memory 256M" },
	{ "limit memroy 3", AMBIT_E_POLICY, 1, 7, "unknown kind of limit 'memroy'",
	  "did you mean 'memory'?" },
	{ "limit everything 3", AMBIT_E_POLICY, 1, 7, "unknown kind of limit 'everything'",
	  "one of: memory, processes, open-files, cpu-time, wall-time, file-size, cpu, stack" },
	{ "limit memory", AMBIT_E_POLICY, 1, 1, "'limit' needs more words after it",
	  "write: limit KIND VALUE, as in: limit memory 256M" },
	{ "limit memory lots", AMBIT_E_POLICY, 1, 14, "not a size: 'lots'",
	  "write bytes, or a number with K, M, G or T: 256M" },
	{ "limit memory 0", AMBIT_E_POLICY, 1, 14, "'limit memory 0' lets nothing start",
	  "write bytes, or a number with K, M, G or T: 256M" },
	{ "limit memory 1 2", AMBIT_E_POLICY, 1, 16, "'2' is one word too many for 'limit'",
	  "write: limit KIND VALUE, as in: limit memory 256M" },
	{ "limit processes 1K", AMBIT_E_POLICY, 1, 17, "not a number: '1K'", "write how many: 16" },
	{ "limit open-files x", AMBIT_E_POLICY, 1, 18, "not a number: 'x'", "write how many: 64" },
	{ "limit cpu-time 10q", AMBIT_E_POLICY, 1, 16, "not a time: '10q'",
	  "write a number with ms, s, m or h: 10s" },
	{ "limit wall-time -1", AMBIT_E_POLICY, 1, 17, "not a time: '-1'",
	  "write a number with ms, s, m or h: 30s" },
	{ "limit cpu 2", AMBIT_E_POLICY, 1, 11, "not a share of processors: '2'",
	  "write per cent of one processor: 150%" },
	{ "limit cpu 150.55%", AMBIT_E_POLICY, 1, 11, "not a share of processors: '150.55%'",
	  "write per cent of one processor: 150%" },
	{ "limit stack 0", AMBIT_E_POLICY, 1, 13, "'limit stack 0' lets nothing start",
	  "write bytes, or a number with K, M, G or T: 8M" },
	{ "fd", AMBIT_E_POLICY, 1, 1, "'fd' needs more words after it",
	  "write: fd NUMBER... [read|write], as in: fd 3 read" },
	{ "fd read", AMBIT_E_POLICY, 1, 1, "'fd' needs more words after it",
	  "write: fd NUMBER... [read|write], as in: fd 3 read" },
	{ "fd x", AMBIT_E_POLICY, 1, 4, "not a descriptor: 'x'",
	  "write its number, as in: fd 3 read" },
	{ "fd 3 reed", AMBIT_E_POLICY, 1, 6, "not a descriptor: 'reed'",
	  "write its number, as in: fd 3 read" },
	{ "fd 1048576", AMBIT_E_POLICY, 1, 4, "too large a descriptor: '1048576'",
	  "write its number, as in: fd 3 read" },
	{ "on-denial", AMBIT_E_POLICY, 1, 1, "'on-denial' needs more words after it",
	  "write: on-denial error|kill|report, as in: on-denial error" },
	{ "on-denial explode", AMBIT_E_POLICY, 1, 11, "unknown answer to a denial 'explode'",
	  "one of: error, kill, report" },
	{ "on-denial kil", AMBIT_E_POLICY, 1, 11, "unknown answer to a denial 'kil'",
	  "did you mean 'kill'?" },
	{ "check-fails", AMBIT_E_POLICY, 1, 1, "'check-fails' needs more words after it",
	  "write: check-fails none|direct|callback|indirect|library..., as in: check-fails direct "
	  "callback indirect library" },
	{ "check-fails direct kallback", AMBIT_E_POLICY, 1, 20,
	  "unknown class of findings 'kallback'", "did you mean 'callback'?" },
	{ "check-fails all", AMBIT_E_POLICY, 1, 13, "unknown class of findings 'all'",
	  "one of: direct, callback, indirect, library, none" },
	{ "check-fails direct none", AMBIT_E_POLICY, 1, 20, "'none' stands alone",
	  "write: check-fails none|direct|callback|indirect|library..., as in: check-fails direct "
	  "callback indirect library" },
	{ "need", AMBIT_E_POLICY, 1, 1, "'need' needs more words after it",
	  "write: need LAYER must|prefer|off, as in: need user-namespace prefer" },
	{ "need landlok must", AMBIT_E_POLICY, 1, 6, "unknown layer 'landlok'",
	  "did you mean 'landlock'?" },
	{ "need everything must", AMBIT_E_POLICY, 1, 6, "unknown layer 'everything'",
	  "one of: fds, env, cgroup, user-namespace, mount-view, namespaces, net-namespace, "
	  "time-namespace, rlimits, ids, capabilities, process, apparmor, landlock, seccomp, "
	  "exec" },
	{ "need process off", AMBIT_E_POLICY, 1, 6, "'process' cannot be 'off': every run has it",
	  "these can: " THESE_CAN },
	{ "need env off", AMBIT_E_POLICY, 1, 6, "'env' cannot be 'off': every run has it",
	  "these can: " THESE_CAN },
	{ "need exec prefer", AMBIT_E_POLICY, 1, 6, "'exec' cannot be 'prefer': every run has it",
	  "these can: " THESE_CAN },
	{ "need supervisor must", AMBIT_E_POLICY, 1, 6, "unknown layer 'supervisor'",
	  "one of: fds, env, cgroup, user-namespace, mount-view, namespaces, net-namespace, "
	  "time-namespace, rlimits, ids, capabilities, process, apparmor, landlock, seccomp, "
	  "exec" },
	{ "need landlock", AMBIT_E_POLICY, 1, 1, "'need' needs more words after it",
	  "write: need LAYER must|prefer|off, as in: need user-namespace prefer" },
	{ "need landlock maybe", AMBIT_E_POLICY, 1, 15, "unknown need 'maybe'",
	  "one of: must, prefer, off" },
	{ "user", AMBIT_E_POLICY, 1, 1, "'user' needs more words after it",
	  "write: user NAME, as in: user nobody" },
	{ "user a b", AMBIT_E_POLICY, 1, 8, "'b' is one word too many for 'user'",
	  "write: user NAME, as in: user nobody" },
	{ "user a:b", AMBIT_E_POLICY, 1, 6, "not a user name: 'a:b'",
	  "name the group on a line: group NAME" },
	{ "user -x", AMBIT_E_POLICY, 1, 6, "not a name or number: '-x'",
	  "write it as in /etc/passwd or /etc/group" },
	{ "user 4294967295", AMBIT_E_POLICY, 1, 6, "not an id: '4294967295'",
	  "write a number up to 4294967294" },
	{ "group \"\"", AMBIT_E_POLICY, 1, 7, "not a name or number: ''",
	  "write it as in /etc/passwd or /etc/group" },
	{ "label", AMBIT_E_POLICY, 1, 1, "'label' needs more words after it",
	  "write: label NAME, as in: label thumbnailer" },
	{ "label a b", AMBIT_E_POLICY, 1, 9, "'b' is one word too many for 'label'",
	  "write: label NAME, as in: label thumbnailer" },
	{ "label unconfined", AMBIT_E_POLICY, 1, 7, "no confinement: 'unconfined'",
	  "name a profile that is loaded" },
	{ "label a//&b", AMBIT_E_POLICY, 1, 7, "not the name of a profile: 'a//&b'",
	  "write it as in /sys/kernel/security/apparmor/profiles" },
	{ "label \"a b\"", AMBIT_E_POLICY, 1, 7, "not the name of a profile: 'a b'",
	  "write it as in /sys/kernel/security/apparmor/profiles" },
	{ "label a\nlabel b", AMBIT_E_CONFLICT, 2, 7, "'label b' contradicts 'label a' at t:1:7",
	  "order does not matter, so neither can win: keep one" },
	{ "keep-capability", AMBIT_E_POLICY, 1, 1, "'keep-capability' needs more words after it",
	  "write: keep-capability NAME..., as in: keep-capability net_bind_service" },
	{ "keep-capability net_admn", AMBIT_E_POLICY, 1, 17, "unknown capability 'net_admn'",
	  "did you mean 'net_admin'?" },
	{ "keep-capability CAP_EVERYTHING", AMBIT_E_POLICY, 1, 17,
	  "unknown capability 'everything'",
	  "one of: chown, dac_override, dac_read_search, fowner, fsetid, kill, setgid, setuid, "
	  "setpcap, linux_immutable, net_bind_service, net_broadcast, net_admin, net_raw, "
	  "ipc_lock, ipc_owner, sys_module, ..." },
	{ "env", AMBIT_E_POLICY, 1, 1, "'env' needs more words after it",
	  "write: env NAME[=VALUE]..., as in: env LANG TERM HOME=/tmp" },
	{ "env 1A", AMBIT_E_POLICY, 1, 5, "not the name of a variable: '1A'",
	  "write NAME or NAME=VALUE; patterns are not supported" },
	{ "env LC_*", AMBIT_E_POLICY, 1, 5, "not the name of a variable: 'LC_*'",
	  "write NAME or NAME=VALUE; patterns are not supported" },
	{ "env =x", AMBIT_E_POLICY, 1, 5, "not the name of a variable: ''",
	  "write NAME or NAME=VALUE; patterns are not supported" },
	{ "broker", AMBIT_E_POLICY, 1, 1, "'broker' needs more words after it",
	  "write: broker SERVICE..., as in: broker resolve" },
	{ "broker \"a b\"", AMBIT_E_POLICY, 1, 8, "not the name of a service: 'a b'",
	  "write: broker resolve" },
	{ "use", AMBIT_E_POLICY, 1, 1, "'use' needs more words after it",
	  "write: use BUNDLE..., as in: use locale" },
	{ "use locael", AMBIT_E_POLICY, 1, 5, "unknown bundle 'locael'", "did you mean 'locale'?" },
	{ "use everything", AMBIT_E_POLICY, 1, 5, "unknown bundle 'everything'",
	  "'ambit help' lists the bundles" },
	{ "syscall", AMBIT_E_POLICY, 1, 1, "'syscall' needs more words after it",
	  "write: syscall NAME [{ ... }], as in: syscall keyctl" },
	{ "syscall a b", AMBIT_E_POLICY, 1, 11, "'b' is one word too many for 'syscall'",
	  "write: syscall NAME [{ ... }], as in: syscall keyctl" },
	{ "syscall IOCTL", AMBIT_E_POLICY, 1, 9, "not the name of a system call: 'IOCTL'",
	  "names are lower case, as in syscalls(2)" },
	{ "syscall ioctl {", AMBIT_E_POLICY, 1, 15, "block without end",
	  "close it with '}' on a line of its own" },
	{ "syscall ioctl {\n arg 1 = 2", AMBIT_E_POLICY, 1, 15, "block without end",
	  "close it with '}' on a line of its own" },
	{ "syscall ioctl { {", AMBIT_E_POLICY, 1, 17, "a block inside a block",
	  "in the block: arg N = VALUE, arg N != VALUE, arg N & MASK = VALUE, answer ERRNO" },
	{ "syscall ioctl { spawn", AMBIT_E_POLICY, 1, 17, "unknown word 'spawn' in a syscall block",
	  "in the block: arg N = VALUE, arg N != VALUE, arg N & MASK = VALUE, answer ERRNO" },
	{ "syscall ioctl { arg 6 = 1 }", AMBIT_E_POLICY, 1, 21,
	  "a system call has the arguments 0 to 5",
	  "in the block: arg N = VALUE, arg N != VALUE, arg N & MASK = VALUE, answer ERRNO" },
	{ "syscall ioctl { arg 1 == 1 }", AMBIT_E_POLICY, 1, 23,
	  "a condition compares with = or !=",
	  "in the block: arg N = VALUE, arg N != VALUE, arg N & MASK = VALUE, answer ERRNO" },
	{ "syscall ioctl { arg 1 & 3 != 1 }", AMBIT_E_POLICY, 1, 27,
	  "a condition compares with = or !=; after a mask with = only",
	  "in the block: arg N = VALUE, arg N != VALUE, arg N & MASK = VALUE, answer ERRNO" },
	{ "syscall ioctl { arg 1 = }", AMBIT_E_POLICY, 1, 17,
	  "a condition is not written like this",
	  "in the block: arg N = VALUE, arg N != VALUE, arg N & MASK = VALUE, answer ERRNO" },
	{ "syscall ioctl { arg 1 = TCGET }", AMBIT_E_POLICY, 1, 25,
	  "not a number or known constant: 'TCGET'",
	  "write the number: decimal, 0x hexadecimal or 0 octal" },
	{ "syscall ioctl { arg 1 = \"1\" }", AMBIT_E_POLICY, 1, 25,
	  "not a number or known constant: '1'",
	  "write the number: decimal, 0x hexadecimal or 0 octal" },
	{ "syscall ioctl { arg 1 & 0x3 = 0x4 }", AMBIT_E_POLICY, 1, 31,
	  "the value has bits outside the mask: never true",
	  "widen the mask, or take the bits out of the value" },
	{ "syscall ioctl { answer }", AMBIT_E_POLICY, 1, 17, "'answer' takes one word",
	  "in the block: arg N = VALUE, arg N != VALUE, arg N & MASK = VALUE, answer ERRNO" },
	{ "syscall ioctl { answer EWHAT }", AMBIT_E_POLICY, 1, 24, "unknown error 'EWHAT'",
	  "write its name, as EPERM, ENOSYS or EACCES" },
	{ "syscall ioctl { answer EPERM\nanswer EPERM }", AMBIT_E_POLICY, 2, 1, "a second answer",
	  "in the block: arg N = VALUE, arg N != VALUE, arg N & MASK = VALUE, answer ERRNO" },
	{ "connect", AMBIT_E_POLICY, 1, 1, "'connect' needs more words after it",
	  "write: connect tcp|udp HOST PORT, as in: connect tcp 192.0.2.7 443" },
	{ "connect example.com 443", AMBIT_E_POLICY, 1, 9, "unknown protocol 'example.com'",
	  "one of: tcp, udp" },
	{ "connect tcp example.com", AMBIT_E_POLICY, 1, 1, "'connect' needs more words after it",
	  "write: connect tcp|udp HOST PORT, as in: connect tcp 192.0.2.7 443" },
	{ "connect tcp example.com 443 80", AMBIT_E_POLICY, 1, 29,
	  "'80' is one word too many for 'connect'",
	  "write: connect tcp|udp HOST PORT, as in: connect tcp 192.0.2.7 443" },
	{ "connect tcp 127.1 80", AMBIT_E_POLICY, 1, 13, "not an IPv4 address: '127.1'",
	  "write it in full: 127.0.0.1" },
	{ "connect tcp 0x7f.1 80", AMBIT_E_POLICY, 1, 13, "not an IPv4 address: '0x7f.1'",
	  "write it in full: 127.0.0.1" },
	{ "connect tcp 010.0.0.1 80", AMBIT_E_POLICY, 1, 13, "not an IPv4 address: '010.0.0.1'",
	  "write it in full: 8.0.0.1" },
	{ "connect tcp 2130706433 80", AMBIT_E_POLICY, 1, 13, "not an IPv4 address: '2130706433'",
	  "write it in full: 127.0.0.1" },
	{ "connect tcp 127.0.0.1. 80", AMBIT_E_POLICY, 1, 13, "not an IPv4 address: '127.0.0.1.'",
	  "write four decimal numbers from 0 to 255, as in 192.0.2.7" },
	{ "connect tcp a.0X1. 80", AMBIT_E_POLICY, 1, 13, "not an IPv4 address: 'a.0X1.'",
	  "write four decimal numbers from 0 to 255, as in 192.0.2.7" },
	{ "connect tcp 256.1.1.1 80", AMBIT_E_POLICY, 1, 13, "not an IPv4 address: '256.1.1.1'",
	  "write four decimal numbers from 0 to 255, as in 192.0.2.7" },
	{ "connect tcp 1.2.3.4.5 80", AMBIT_E_POLICY, 1, 13, "not an IPv4 address: '1.2.3.4.5'",
	  "write four decimal numbers from 0 to 255, as in 192.0.2.7" },
	{ "connect tcp [::1] 80", AMBIT_E_POLICY, 1, 13, "not an IPv6 address: '[::1]'",
	  "write it without brackets" },
	{ "connect tcp fe80::1%eth0 80", AMBIT_E_POLICY, 1, 13,
	  "not an IPv6 address: 'fe80::1%eth0'", "write it without the scope after '%'" },
	{ "connect tcp example.com:443 *", AMBIT_E_POLICY, 1, 13,
	  "not an IPv6 address: 'example.com:443'",
	  "write the port as a word of its own: example.com 443" },
	{ "connect tcp https://example.com 443", AMBIT_E_POLICY, 1, 13,
	  "not a host but a URL: 'https://example.com'",
	  "write the host and the port: example.com 443" },
	{ "connect tcp :::: 80", AMBIT_E_POLICY, 1, 13, "not an IPv6 address: '::::'",
	  "write it as in 2001:db8::7" },
	{ "connect tcp 10.1.2.3/8 80", AMBIT_E_POLICY, 1, 13,
	  "address bits beyond the network's prefix in '10.1.2.3/8'",
	  "write 10.0.0.0/8 for the network, or the address without a prefix" },
	{ "connect tcp 2001:db8::1/32 80", AMBIT_E_POLICY, 1, 13,
	  "address bits beyond the network's prefix in '2001:db8::1/32'",
	  "write 2001:db8::/32 for the network, or the address without a prefix" },
	{ "connect tcp ::ffff:10.0.0.1/90 80", AMBIT_E_POLICY, 1, 13,
	  "address bits beyond the network's prefix in '::ffff:10.0.0.1/90'",
	  "write ::ffc0:0:0/90 for the network, or the address without a prefix" },
	{ "connect tcp 10.0.0.0/33 80", AMBIT_E_POLICY, 1, 13, "bad prefix length in '10.0.0.0/33'",
	  "write the number of bits: at most 32 for IPv4, 128 for IPv6" },
	{ "connect tcp 10.0.0.0/255.0.0.0 80", AMBIT_E_POLICY, 1, 13,
	  "bad prefix length in '10.0.0.0/255.0.0.0'",
	  "write the number of bits: at most 32 for IPv4, 128 for IPv6" },
	{ "connect tcp -bad-.example 80", AMBIT_E_POLICY, 1, 13, "not a host name: '-bad-.example'",
	  "names are letters, digits, '-' and dots (others in their xn-- form); '*.' only in "
	  "front" },
	{ "connect tcp www*.example.com 80", AMBIT_E_POLICY, 1, 13,
	  "not a host name: 'www*.example.com'",
	  "names are letters, digits, '-' and dots (others in their xn-- form); '*.' only in "
	  "front" },
	{ "connect tcp ex\303\244mple.com 80", AMBIT_E_POLICY, 1, 13,
	  "not a host name: 'ex\303\244mple.com'",
	  "names are letters, digits, '-' and dots (others in their xn-- form); '*.' only in "
	  "front" },
	{ "connect tcp \"\" 80", AMBIT_E_POLICY, 1, 13, "not a host: ''",
	  "write an address, a network, * or a name" },
	{ "connect tcp 10.0.0.1 https", AMBIT_E_POLICY, 1, 22, "not a port: 'https'",
	  "write its number: 443" },
	{ "connect tcp 10.0.0.1 65536", AMBIT_E_POLICY, 1, 22, "not a port: '65536'",
	  "write a number up to 65535, a range as 8000-8010, or *" },
	{ "connect tcp 10.0.0.1 0", AMBIT_E_POLICY, 1, 22, "nobody can be reached at port 0",
	  "write a number from 1 to 65535, a range, or *" },
	{ "connect tcp 10.0.0.1 0-80", AMBIT_E_POLICY, 1, 22, "nobody can be reached at port 0",
	  "write a number from 1 to 65535, a range, or *" },
	{ "connect tcp 10.0.0.1 20-10", AMBIT_E_POLICY, 1, 22,
	  "the range of ports ends before it begins", "write 10-20" },
	{ "connect tcp 10.0.0.1 10-", AMBIT_E_POLICY, 1, 22, "not a port: '10-'",
	  "write a number up to 65535, a range as 8000-8010, or *" },
	{ "connect tpc 10.0.0.1 10", AMBIT_E_POLICY, 1, 9, "unknown protocol 'tpc'",
	  "did you mean 'tcp'?" },
	{ "listen", AMBIT_E_POLICY, 1, 1, "'listen' needs more words after it",
	  "write: listen tcp|udp [ADDRESS] PORT, as in: listen tcp 8443" },
	{ "listen 80", AMBIT_E_POLICY, 1, 8, "unknown protocol '80'", "one of: tcp, udp" },
	{ "listen tcp", AMBIT_E_POLICY, 1, 1, "'listen' needs more words after it",
	  "write: listen tcp|udp [ADDRESS] PORT, as in: listen tcp 8443" },
	{ "listen tcp localhost 80", AMBIT_E_POLICY, 1, 12,
	  "not an address to listen on: 'localhost'", "write an address, or leave it out for all" },
	{ "listen tcp 80 x", AMBIT_E_POLICY, 1, 12, "not an IPv4 address: '80'",
	  "write four decimal numbers from 0 to 255, as in 192.0.2.7" },
	{ "listen tcp 1.2.3.4 80 90", AMBIT_E_POLICY, 1, 23,
	  "'90' is one word too many for 'listen'",
	  "write: listen tcp|udp [ADDRESS] PORT, as in: listen tcp 8443" },
	{ "include", AMBIT_E_POLICY, 1, 1, "'include' needs more words after it",
	  "write: include FILE..., as in: include common.ambit" },
	{ "user a\nuser b", AMBIT_E_CONFLICT, 2, 6, "'user b' contradicts 'user a' at t:1:6",
	  "order does not matter, so neither can win: keep one" },
	{ "group a\n group b", AMBIT_E_CONFLICT, 2, 8, "'group b' contradicts 'group a' at t:1:7",
	  "order does not matter, so neither can win: keep one" },
	{ "tmp 1\ntmp 2", AMBIT_E_CONFLICT, 2, 1, "'tmp 2' contradicts 'tmp 1' at t:1:1",
	  "order does not matter, so neither can win: keep one" },
	{ "on-denial kill\non-denial error", AMBIT_E_CONFLICT, 2, 1,
	  "'on-denial error' contradicts 'on-denial kill' at t:1:1",
	  "order does not matter, so neither can win: keep one" },
	{ "check-fails direct\ncheck-fails direct library", AMBIT_E_CONFLICT, 2, 1,
	  "'check-fails direct library' contradicts 'check-fails direct' at t:1:1",
	  "order does not matter, so neither can win: keep one" },
	{ "limit memory 1\nlimit memory 2", AMBIT_E_CONFLICT, 2, 1,
	  "'limit memory 2' contradicts 'limit memory 1' at t:1:1",
	  "order does not matter, so neither can win: keep one" },
	{ "need landlock must\nneed landlock off", AMBIT_E_CONFLICT, 2, 1,
	  "'need landlock off' contradicts 'need landlock must' at t:1:1",
	  "order does not matter, so neither can win: keep one" },
	{ "env A=1\nenv A=2", AMBIT_E_CONFLICT, 2, 5, "'env A=2' contradicts 'env A=1' at t:1:5",
	  "order does not matter, so neither can win: keep one" },
	{ "env A\nenv A=2", AMBIT_E_CONFLICT, 2, 5, "'env A=2' contradicts 'env A' at t:1:5",
	  "order does not matter, so neither can win: keep one" },
	{ "fd 3\nfd 3 read", AMBIT_E_CONFLICT, 2, 4, "'fd 3 read' contradicts 'fd 3' at t:1:4",
	  "order does not matter, so neither can win: keep one" },
	{ "syscall a { answer EPERM }\nsyscall a", AMBIT_E_CONFLICT, 2, 9,
	  "'syscall a' contradicts 'syscall a {' at t:1:9",
	  "order does not matter, so neither can win: keep one" },
	{ "read /a/b\nhide /a", AMBIT_E_CONFLICT, 2, 6,
	  "'hide /a' contradicts 'read /a/b' at t:1:6",
	  "hide wins over what is granted below it: remove one of the lines" },
	{ "hide /a\nwrite /a", AMBIT_E_CONFLICT, 2, 7, "'write /a' contradicts 'hide /a' at t:1:6",
	  "hide wins over what is granted below it: remove one of the lines" },
};

TEST(every_refusal)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ambit_policy p = { 0 };
		struct ambit_error err = { 0 };
		char text[600];

		add_text(&p, "read /before");
		NOTE("row %zu", i);
		CHECK_INT(try_parse(&p, rows[i].text, &err), rows[i].code);
		(void)snprintf(text, sizeof(text), "t:%u:%u: %s", rows[i].line, rows[i].column,
			       rows[i].sentence);
		CHECK_STR(err.text, text);
		CHECK_STR(err.hint, rows[i].hint);
		CHECK_INT(err.code, rows[i].code);
		CHECK_INT(err.line, rows[i].line);
		CHECK_INT(err.column, rows[i].column);
		CHECK_INT(err.layer, AMBIT_LAYER_POLICY);
		CHECK_INT(err.sys_errno, 0);
		check_prints(&p, "read /before\n");
		policy_done(&p);
	}
}

TEST(without_an_error_struct)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ambit_policy p = { 0 };

		CHECK_INT(try_parse(&p, rows[i].text, NULL), rows[i].code);
		CHECK_INT(p.count, 0);
		policy_done(&p);
	}
}

TEST(nul_bytes)
{
	static const char bare[] = "read /a\0b", quoted[] = "read \"/a\0\"", comment[] = "# a\0";
	const struct {
		const char *text;
		size_t length;
		uint32_t column;
	} texts[] = {
		{ bare, sizeof(bare) - 1, 8 },
		{ quoted, sizeof(quoted) - 1, 9 },
		{ comment, sizeof(comment) - 1, 4 },
	};

	for (size_t i = 0; i < 3; i++) {
		struct ambit_policy p = { 0 };
		struct ambit_error err = { 0 };

		CHECK_INT(parse_from(&p, texts[i].text, texts[i].length,
				     (struct text_origin){ "t", "/", NULL, false }, &err),
			  AMBIT_E_POLICY);
		CHECK_HAS(err.text, ": NUL byte");
		CHECK_STR(err.hint, "a policy is text; is this the right file?");
		CHECK_INT(err.line, 1);
		CHECK_INT(err.column, texts[i].column);
		policy_done(&p);
	}
}

static void check_long(const char *text, size_t length, const char *sentence, const char *hint)
{
	struct ambit_policy p = { 0 };
	struct ambit_error err = { 0 };

	CHECK_INT(parse_from(&p, text, length, (struct text_origin){ "t", "/", NULL, false }, &err),
		  AMBIT_E_POLICY);
	CHECK_STR(err.text, sentence);
	CHECK_STR(err.hint, hint);
	CHECK_INT(p.count, 0);
	policy_done(&p);
}

TEST(long_texts)
{
	enum { SIZE = (1 << 20) + 1 };
	char *text = malloc(SIZE);

	CHECK(text != NULL);
	memset(text, '#', SIZE);
	check_long(text, SIZE, "t: policy text longer than 1 MiB",
		   "grant directories instead of the files in them");
	check_long(text, 8193, "t:1:1: line longer than 8192 bytes", "use several lines");
	text[0] = '\n';
	check_long(text, 8194, "t:2:1: line longer than 8192 bytes", "use several lines");
	memset(text, 'a', SIZE);
	memcpy(text, "read /", 6);
	check_long(text, 5 + 4096,
		   "t:1:6: path longer than 4095 bytes '/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...'",
		   "the kernel takes no longer ones");
	free(text);
}

TEST(many_words)
{
	char text[1024] = "read";
	size_t used = 4;

	for (int i = 0; i < 127; i++, used += 3)
		memcpy(text + used, " /a", 3);
	{
		struct ambit_policy p = { 0 };

		CHECK_INT(parse_from(&p, text, used, (struct text_origin){ "t", "/", NULL, false },
				     NULL),
			  AMBIT_OK);
		CHECK_INT(p.count, 127);
		policy_done(&p);
	}
	memcpy(text + used, " /a", 3);
	check_long(text, used + 3, "t:1:387: more than 128 words on one line", "use several lines");
}

TEST(many_grants)
{
	enum { MOST = 10000 };
	char *text = malloc(MOST * 8 + 16);
	struct ambit_policy p = { 0 };
	struct ambit_error err = { 0 };
	size_t used = 0;

	CHECK(text != NULL);
	for (int i = 0; i < MOST; i++, used += 8)
		memcpy(text + used, "read /a\n", 8);
	CHECK_INT(parse_from(&p, text, used, (struct text_origin){ "t", "/", NULL, false }, &err),
		  AMBIT_OK);
	CHECK_INT(p.count, MOST);
	CHECK_INT(parse_from(&p, "spawn", 5, (struct text_origin){ "t", "/", NULL, false }, &err),
		  AMBIT_E_RESOURCE);
	CHECK_STR(err.text, "t:1:1: more than 10000 grants in one policy");
	CHECK_STR(err.hint, "grant directories instead of the files in them");
	CHECK_INT(p.count, MOST);
	policy_done(&p);
	free(text);
}
