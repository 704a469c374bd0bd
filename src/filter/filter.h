/* SPDX-License-Identifier: ISC */
/*
 * filter.h - what the plan asks of the system call filter, and what comes out
 *
 * Pure: the same want gives the same bytes. table.c knows every system call of an architecture
 * and its class; set.c turns a want into rules; compile.c turns rules into BPF; sim.c runs BPF;
 * print.c shows it.
 */
#ifndef AMBIT_FILTER_FILTER_H
#define AMBIT_FILTER_FILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "../base/arena.h"
#include "../base/class.h"
#include "../base/err.h"

enum arch { ARCH_X86_64, ARCH_AARCH64, ARCH_COUNT };

/* One kind of socket that may be created; -1 is any. SOCK_NONBLOCK and SOCK_CLOEXEC never count. */
struct filter_socket {
	int family, type, protocol;
};

/* FILTER_ABSENT: every refusal is ENOSYS. */
enum filter_on_denial { FILTER_ERROR, FILTER_KILL, FILTER_REPORT, FILTER_ABSENT };

enum filter_op { FILTER_EQ, FILTER_NE, FILTER_MASK_EQ };
struct filter_cond {
	uint8_t argument;
	enum filter_op op;
	uint64_t mask, value;
};

/* The escape hatch: one more call, all conditions true; @answer_errno 0 allows it. */
struct filter_extra {
	const char *name;
	const struct filter_cond *conds;
	size_t cond_count;
	uint32_t answer_errno;
};

struct filter_want {
	enum arch arch;
	uint64_t allow; /* CALL_BIT()s of the classes that are allowed */
	uint64_t
		notify; /* classes whose address-taking calls go to the listener: CONNECT, LISTEN */
			/* (a class named here need not be in @allow) */
	bool exec_key;	/* execve and execveat pass with FILTER_KEY only (exec once) */
	bool jit;	/* writable-and-executable memory is allowed */
	bool terminal;	/* the program owns its terminal: job control ioctls are allowed */
	bool attributes_safe; /* attribute changes stay inside: CREATE brings ATTRIBUTES */
	bool scoped;	      /* Landlock keeps signals inside */
	bool keep_dumpable;   /* PR_SET_DUMPABLE may be used (never by default) */
	bool accept;	      /* an inherited socket listens: accept, but no bind or listen */
	bool pairs_only;      /* it comes to no socket but the ends of socketpair(2) */
	bool compute;	      /* the extreme sandbox: no new descriptors after start */
	bool pledged;	      /* what every program may do is judged more closely, too */
	bool own_signals;     /* tgkill and tkill reach nobody but FILTER_SELF */
	bool locks;	      /* where pledged: files may be locked */
	bool binds;	      /* bind, but no listen; where LISTEN is notified it is judged */
	bool any_port;	      /* to listen on: the range the kernel picks from is no matter */
	bool no_truncate;     /* by name, nothing is cut short but by an open for writing */
	const struct filter_socket *sockets;
	size_t socket_count;
	bool other_sockets; /* extras make more, whose messages can name addresses */
	const struct filter_extra *extras;
	size_t extra_count;
	enum filter_on_denial on_denial;
};

/* The process that loads the filter: it puts its own number there. Process numbers are smaller. */
#define FILTER_SELF 0x7e5e1f00
/*
 * What execve has to bring along in FILTER_KEY_ARGUMENT, a register that it does not read. The
 * process that loads the filter puts a random number in its place: the constants of the only
 * FILTER_KEY_CODE instructions, low half first.
 */
#define FILTER_KEY	UINT64_C(0x6b65796f66657865)
#define FILTER_KEY_CODE (BPF_ALU | BPF_XOR | BPF_K)
enum { FILTER_KEY_ARGUMENT = 5 };

/* A loadable program; instructions live in the arena given to filter_build(). */
struct filter_prog {
	struct sock_filter *code;
	size_t count;
};

/*
 * want → rules → BPF. E_POLICY for an extra that names no call, an argument it does not have or
 * a value that cannot occur; E_RESOURCE for no memory; E_INTERNAL past BPF_MAXINSNS, or when the
 * program does not answer as the rules say.
 */
enum ambit_code filter_build(struct arena *a, const struct filter_want *want,
			     struct filter_prog *ret_prog, struct ambit_error *err) MUST_CHECK;

/*
 * The answer of the rules themselves, without BPF: what every compiled program is compared with.
 * @a holds the rules afterwards; errors as filter_build().
 */
enum ambit_code filter_evaluate(struct arena *a, const struct filter_want *want,
				const struct seccomp_data *data, uint32_t *ret_answer,
				struct ambit_error *err) MUST_CHECK;

/* AUDIT_ARCH_... of an architecture. */
uint32_t filter_audit_arch(enum arch arch);

/* sim.c: would the kernel accept it as a seccomp program? */
bool filter_valid(const struct sock_filter *code, size_t count);
/* sim.c: the answer (SECCOMP_RET_...) to @data; SECCOMP_RET_KILL_PROCESS for a bad program. */
uint32_t filter_simulate(const struct sock_filter *code, size_t count,
			 const struct seccomp_data *data);

/* table.c */
/* A call, whatever its number: rules are written once for all architectures. */
enum call_id {
#define CALL(name, klass, major, minor, refusal, arguments) ID_##name,
#include "calls.def"
#undef CALL
	ID_COUNT
};

/* The number of a call, or -1 where the architecture has none. */
int call_number(enum arch arch, enum call_id id);
/* Without pointers: tables of them would be relocated at every start of the launcher. */
enum { CALL_NAME_SIZE = 26 };
struct call_row {
	uint16_t number;
	uint8_t klass;	     /* enum call_class */
	uint8_t since_major; /* kernel that brought it, 0 = before 3.0 */
	uint8_t since_minor;
	uint16_t refusal; /* errno when its class is not granted */
	uint16_t id;	  /* the same call on every architecture: enum call_id */
	char name[CALL_NAME_SIZE];
};
/* Rising by number. */
const struct call_row *call_table(enum arch arch, size_t *ret_count);
const struct call_row *call_by_name(enum arch arch, const char *name);
const struct call_row *call_by_number(enum arch arch, uint32_t number);
/* A letter for each argument: i 32 bits, h 16 bits, l 64 bits, p a pointer. */
const char *call_arguments(const struct call_row *row);
const char *call_class_name(enum call_class c);
const char *call_class_text(enum call_class c);
/* The architecture this is compiled for. */
enum arch arch_native(void);

/* print.c: one instruction a line, with the names of calls and answers. */
struct buf;
void filter_print(struct buf *out, enum arch arch, const struct filter_prog *prog);
/* The rules in words: calls whose arguments are looked at, each condition with its reason. */
void filter_print_rules(struct buf *out, const struct filter_want *want);

/*
 * The small filters of processes of ours: what is listed is allowed, everything else kills. The
 * first takes numbers; the second calls, each with at most one argument compared (@argument < 0:
 * none); rows of the same call stand together, and one of them must hold.
 */
enum ambit_code filter_build_list(struct arena *a, enum arch arch, const uint16_t *numbers,
				  size_t count, struct filter_prog *ret_prog,
				  struct ambit_error *err) MUST_CHECK;
struct filter_own {
	uint16_t call; /* enum call_id */
	int argument;
	uint64_t value;
};
enum ambit_code filter_build_own(struct arena *a, enum arch arch, const struct filter_own *calls,
				 size_t count, struct filter_prog *ret_prog,
				 struct ambit_error *err) MUST_CHECK;

#endif
