/* SPDX-License-Identifier: ISC */
#include "words.h"

const char *const capability_names[CAPABILITIES] = {
	"chown",
	"dac_override",
	"dac_read_search",
	"fowner",
	"fsetid",
	"kill",
	"setgid",
	"setuid",
	"setpcap",
	"linux_immutable",
	"net_bind_service",
	"net_broadcast",
	"net_admin",
	"net_raw",
	"ipc_lock",
	"ipc_owner",
	"sys_module",
	"sys_rawio",
	"sys_chroot",
	"sys_ptrace",
	"sys_pacct",
	"sys_admin",
	"sys_boot",
	"sys_nice",
	"sys_resource",
	"sys_time",
	"sys_tty_config",
	"mknod",
	"lease",
	"audit_write",
	"audit_control",
	"setfcap",
	"mac_override",
	"mac_admin",
	"syslog",
	"wake_alarm",
	"block_suspend",
	"audit_read",
	"perfmon",
	"bpf",
	"checkpoint_restore",
};

const char *const family_names[FAMILIES] = {
	"unix", "inet",	   "inet6", "netlink", "packet", "bluetooth", "can",	 "vsock", "alg",
	"key",	"netbeui", "rds",   "tipc",    "nfc",	 "kcm",	      "qipcrtr", "smc",	  "xdp",
};

const char *const socket_type_names[SOCKET_TYPES] = { "stream", "dgram", "seqpacket",
						      "rdm",	"raw",	 "packet" };

const char *const signal_names[SIGNALS] = {
	"hup",	 "int",	 "quit", "ill",	 "trap",   "abrt", "bus",    "fpe",    "kill",
	"usr1",	 "segv", "usr2", "pipe", "alrm",   "term", "stkflt", "chld",   "cont",
	"stop",	 "stp",	 "ttin", "ttou", "urg",	   "xcpu", "xfsz",   "vtalrm", "prof",
	"winch", "io",	 "pwr",	 "sys",	 "exists", "emt",
};

const char *const signal_sides[SIDES] = { "send", "receive" };
const char *const ptrace_sides[SIDES] = { "read", "trace", "readby", "tracedby" };
