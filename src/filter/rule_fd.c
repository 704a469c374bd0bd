/* SPDX-License-Identifier: ISC */
/* rule_fd.c - rules of the multiplexers: ioctl, fcntl, prctl, seccomp */
#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/prctl.h>
#include <linux/sockios.h>
#include <signal.h>

#include "../base/abi.h"
#include "rule_words.h"

/* clang-format off */
/*
 * ioctl. The request is 32 bits wide whatever the caller put above (CVE-2019-10063). What every
 * program may ask of a file, pipe, socket or terminal it holds; setting a terminal's modes is
 * among it (ambit puts them back); feeding it input, halting it or taking it over is not.
 */
static const uint32_t ioctl_common[] = {
	TCGETS, TCSETS, TCSETSW, TCSETSF, TCGETA, TCSETA, TCSETAW, TCSETAF, TCFLSH,
	TIOCGPGRP, TIOCOUTQ, TIOCGWINSZ, FIONREAD, FIONBIO, TIOCGSID,
	FIONCLEX, FIOCLEX,
	FICLONE, FICLONERANGE,
	0x402c542b /* TCSETS2 */, 0x402c542c /* TCSETSW2 */, 0x402c542d /* TCSETSF2 */,
	FS_IOC_GETFLAGS,
	0x802c542a /* TCGETS2 */,
	0xc020660b /* FS_IOC_FIEMAP */,
};
static const uint32_t ioctl_compute[] = { TCGETS, TIOCGWINSZ, FIONREAD };
static const uint32_t ioctl_socket[] = {
	FIOGETOWN, SIOCGPGRP, SIOCATMARK, 0x8906 /* SIOCGSTAMP */, 0x8907 /* SIOCGSTAMPNS */,
};
/* Any socket answers these, a local pair too. */
static const uint32_t ioctl_interfaces[] = {
	SIOCGIFNAME, SIOCGIFCONF, SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFDSTADDR, SIOCGIFBRDADDR,
	SIOCGIFNETMASK, SIOCGIFMETRIC, SIOCGIFMTU, SIOCGIFHWADDR, SIOCGIFINDEX, SIOCGIFTXQLEN,
};
static const uint32_t ioctl_pair[] = { FIOGETOWN, SIOCGPGRP, SIOCATMARK };
static const uint32_t ioctl_terminal[] = {
	TCSBRK, TCXONC, TIOCEXCL, TIOCNXCL, TIOCSCTTY, TIOCSPGRP, TIOCSWINSZ, TIOCPKT, TIOCNOTTY,
	TCSBRKP, TIOCGPTPEER,
	TIOCSPTLCK, TIOCGPTN, TIOCGPKT, TIOCGPTLCK,
};
/* An owner is who gets a signal: see F_SETOWN. */
static const uint32_t ioctl_owner[] = { FIOSETOWN, SIOCSPGRP };
static const uint32_t ioctl_attributes[] = { FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR };
/* KDSKBENT and its like; TIOCSTI, TIOCLINUX, TIOCSETD, TIOCCONS; VT_ACTIVATE and its like */
#define REQUEST_FAMILY 0xffffff00
static const uint32_t ioctl_hostile[] = { 0x4b00, 0x5400, 0x5600 };

const struct rule ioctl_rules[IOCTL_RULES] = {
	{ .hasnt = FACT_COMPUTE, ALLOW, CONDS(IN(1, ioctl_common)),
	  .reason = "questions about files, pipes and terminals, terminal modes" },
	{ .has = FACT_COMPUTE, ALLOW, CONDS(IN(1, ioctl_compute)), .reason = "what is this?" },
	{ .has = CALL_BIT(SOCKET_IO), .hasnt = FACT_PAIRS, ALLOW, CONDS(IN(1, ioctl_socket)),
	  .reason = "questions about sockets" },
	{ .has = CALL_BIT(SOCKET_IO) | FACT_PAIRS, ALLOW, CONDS(IN(1, ioctl_pair)),
	  .reason = "questions about local pairs" },
	{ .has = CALL_BIT(SOCKET_IO) | FACT_INET, ALLOW, CONDS(IN(1, ioctl_interfaces)),
	  .reason = "questions about interfaces" },
	{ .hasnt = FACT_COMPUTE, ALLOW, CONDS(EQ(1, TCSBRK), NE(2, 0)),
	  .reason = "waits until output is out, sends no break" },
	{ .has = FACT_TERMINAL, ALLOW, CONDS(IN(1, ioctl_terminal)), .reason = "its own terminal" },
	{ .has = CALL_BIT(SIGNAL), ALLOW, CONDS(IN(1, ioctl_owner)),
	  .reason = "SIGIO to an owner" },
	{ .has = CALL_BIT(SIGNAL) | FACT_SCOPED, ALLOW, CONDS(EQ(1, FIOASYNC)),
	  .reason = "SIGIO to nobody outside" },
	{ .has = CALL_BIT(ATTRIBUTES), ALLOW, CONDS(IN(1, ioctl_attributes)),
	  .reason = "file flags" },
	{ REFUSE(EPERM), CONDS(IN_MASK(1, REQUEST_FAMILY, ioctl_hostile)),
	  .reason = "typing into or taking a terminal, the console" },
	{ PROBE(ENOTTY), .reason = "as from a driver that does not know the request" },
};

/*
 * fcntl. The owner of a descriptor gets signals, whoever that is; O_ASYNC on a terminal makes
 * its foreground group the owner, whatever pid namespace that is in. A lease lets others wait at
 * their open().
 */
static const uint32_t fcntl_common[] = {
	F_GETFD, F_SETFD, F_GETFL, F_GETOWN, F_GETSIG, F_GETOWN_EX, F_GETLEASE,
	1027 /* F_DUPFD_QUERY */,
	1028 /* F_CREATED_QUERY */, F_SETPIPE_SZ, F_GETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS,
	F_GET_RW_HINT, F_SET_RW_HINT, F_GET_FILE_RW_HINT, F_SET_FILE_RW_HINT,
};
static const uint32_t fcntl_locks[] = {
	F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW,
};
static const uint32_t fcntl_dup[] = { F_DUPFD, F_DUPFD_CLOEXEC };
static const uint32_t fcntl_owner[] = { F_SETOWN, F_SETSIG, F_SETOWN_EX, F_NOTIFY };
static const uint32_t fcntl_hostile[] = {
	F_DUPFD, F_SETFL, F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY, F_DUPFD_CLOEXEC,
};

const struct rule fcntl_rules[FCNTL_RULES] = {
	{ ALLOW, CONDS(IN(1, fcntl_common)), .reason = "flags, pipe sizes, seals" },
	{ .hasnt = FACT_PLEDGED, ALLOW, CONDS(IN(1, fcntl_locks)), .reason = "locks" },
	{ .has = FACT_PLEDGED | FACT_LOCKS, ALLOW, CONDS(IN(1, fcntl_locks)), .reason = "locks" },
	{ .has = FACT_PLEDGED, REFUSE(EPERM), CONDS(IN(1, fcntl_locks)), .reason = "locks" },
	{ .hasnt = FACT_COMPUTE, ALLOW, CONDS(IN(1, fcntl_dup)),
	  .reason = "another number for it" },
	{ ALLOW, CONDS(EQ(1, F_SETFL), MASK(2, O_ASYNC, 0)), .reason = "flags, but no SIGIO" },
	{ .has = CALL_BIT(SIGNAL) | FACT_SCOPED, ALLOW, CONDS(EQ(1, F_SETFL)),
	  .reason = "SIGIO to nobody outside" },
	{ .has = CALL_BIT(SIGNAL), ALLOW, CONDS(IN(1, fcntl_owner)),
	  .reason = "SIGIO to an owner" },
	/* Only where refusals kill are these told apart from commands nobody knows yet. */
	{ .has = FACT_KILL, REFUSE(EPERM), CONDS(IN(1, fcntl_hostile)),
	  .reason = "signals to others, leases" },
	{ PROBE(EPERM), .reason = "signals to others, leases, unknown commands" },
};

/*
 * prctl. Facts about oneself, and what only narrows. Not: what opens one's memory to others or
 * to a dump (DUMPABLE, PTRACER), what rearranges it (MM), what undoes hardening (SECUREBITS,
 * KEEPCAPS, speculation), what catches or hides system calls (SYSCALL_USER_DISPATCH).
 */
#define PR_SET_SHADOW_STACK 75 /* 6.13 */
static const uint32_t prctl_common[] = {
	PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_GET_KEEPCAPS, PR_GET_TIMING, PR_SET_NAME, PR_GET_NAME,
	PR_GET_SECCOMP, PR_SET_SECCOMP, PR_CAPBSET_READ, PR_GET_TSC, PR_GET_SECUREBITS,
	PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, PR_TASK_PERF_EVENTS_DISABLE,
	PR_TASK_PERF_EVENTS_ENABLE, PR_MCE_KILL_GET, PR_SET_CHILD_SUBREAPER,
	PR_GET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_GET_TID_ADDRESS,
	PR_SET_THP_DISABLE, PR_GET_THP_DISABLE, PR_GET_FP_MODE, PR_SVE_SET_VL, PR_SVE_GET_VL,
	PR_GET_SPECULATION_CTRL, PR_PAC_RESET_KEYS, PR_SET_TAGGED_ADDR_CTRL,
	PR_GET_TAGGED_ADDR_CTRL, PR_PAC_SET_ENABLED_KEYS, PR_PAC_GET_ENABLED_KEYS,
	63 /* PR_SME_SET_VL */, 64 /* PR_SME_GET_VL */, ABI_PR_SET_MDWE, ABI_PR_GET_MDWE,
	68 /* PR_GET_MEMORY_MERGE */, 74 /* PR_GET_SHADOW_STACK_STATUS */, PR_SET_SHADOW_STACK,
	76 /* PR_LOCK_SHADOW_STACK_STATUS */, 0x41555856 /* PR_GET_AUXV */, PR_SET_VMA,
};
static const uint32_t prctl_hostile[] = {
	PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_UNALIGN, PR_SET_KEEPCAPS, PR_SET_FPEMU,
	PR_SET_FPEXC, PR_SET_TIMING, PR_SET_ENDIAN, PR_CAPBSET_DROP, PR_SET_TSC, PR_SET_SECUREBITS,
	PR_MCE_KILL, PR_SET_MM, PR_SET_FP_MODE, PR_CAP_AMBIENT, PR_SET_SPECULATION_CTRL,
	PR_SET_IO_FLUSHER, PR_SET_SYSCALL_USER_DISPATCH, PR_SCHED_CORE,
	67 /* PR_SET_MEMORY_MERGE */, PR_SET_PTRACER,
};
#define SPECULATION_OFF (uint64_t)(PR_SPEC_DISABLE | PR_SPEC_FORCE_DISABLE)
static const uint32_t prctl_ids[] = { PR_SET_KEEPCAPS, PR_CAPBSET_DROP };

const struct rule prctl_rules[PRCTL_RULES] = {
	{ ALLOW, CONDS(IN(0, prctl_common)), .reason = "facts about itself, and what narrows" },
	{ .has = CALL_BIT(FORK), ALLOW, CONDS(EQ(0, PR_SET_PDEATHSIG)),
	  .reason = "for its children" },
	/* Of a single process ambit may rely on the signal itself: it can only become SIGKILL. */
	{ .hasnt = CALL_BIT(FORK), ALLOW, CONDS(EQ(0, PR_SET_PDEATHSIG), EQ(1, SIGKILL)),
	  .reason = "dies with its parent" },
	{ .has = FACT_KEEP_DUMPABLE, ALLOW, CONDS(EQ(0, PR_SET_DUMPABLE)), .reason = "granted" },
	{ .hasnt = FACT_KEEP_DUMPABLE, ALLOW, CONDS(EQ(0, PR_SET_DUMPABLE), EQ(1, 0)),
	  .reason = "closes its memory to others" },
	{ .has = CALL_BIT(IDS), ALLOW, CONDS(IN(0, prctl_ids)),
	  .reason = "to give up capabilities" },
	/* The kernel compares the whole word with four values: this leaves it the other three. */
	{ ALLOW, CONDS(EQ(0, PR_CAP_AMBIENT), NE(1, PR_CAP_AMBIENT_RAISE)),
	  .reason = "a question, or narrows" },
	{ ALLOW, CONDS(EQ(0, PR_SET_SPECULATION_CTRL), MASK(2, ~SPECULATION_OFF, 0)),
	  .reason = "hardens" },
	{ .has = FACT_KILL, REFUSE(EPERM), CONDS(IN(0, prctl_hostile)),
	  .reason = "would widen or undo hardening" },
	{ PROBE(EPERM), .reason = "would widen or undo hardening, or is unknown" },
};

/*
 * Further filters only narrow: file, man, sshd and browsers bring their own. A listener of one's
 * own would answer for children; SPEC_ALLOW lifts a mitigation.
 */
static const uint32_t seccomp_narrowing[] = {
	SECCOMP_SET_MODE_STRICT, SECCOMP_GET_ACTION_AVAIL, SECCOMP_GET_NOTIF_SIZES,
};
#define FILTER_FLAGS \
	(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC_ESRCH)
const struct rule seccomp_rules[SECCOMP_RULES] = {
	{ ALLOW, CONDS(EQ(0, SECCOMP_SET_MODE_FILTER), MASK(1, UINT32_MAX & ~FILTER_FLAGS, 0)),
	  .reason = "a filter of its own, without a listener" },
	{ ALLOW, CONDS(IN(0, seccomp_narrowing)), .reason = "narrows, or a question" },
	{ .has = FACT_PLEDGED, PROBE(EPERM), .reason = "whether there are listeners" },
};
/* clang-format on */
