/* SPDX-License-Identifier: ISC */
/*
 * allow.h - every keyword of the policy language as a typed call
 *
 * What a program knows as values it need not turn into text: no quoting to forget, and the
 * compiler sees the types. Each call adds one directive, exactly as the language has it;
 * ambit-policy(5) says what it grants and what it does not stop.
 *
 *	ambit_allow_read(p, "/srv/www", &err);
 *	ambit_allow_listen(p, AMBIT_TCP, NULL, 8443, 8443, &err);
 *	ambit_limit_bytes(p, AMBIT_MEMORY, 256 << 20, &err);
 *
 * Return, of all of them: AMBIT_OK; AMBIT_E_USAGE for a NULL that has no meaning;
 * AMBIT_E_POLICY for a value the language does not have; AMBIT_E_CONFLICT with another line;
 * AMBIT_E_RESOURCE. ambit_include() reads a file: AMBIT_E_NOT_FOUND when it is missing, or one
 * that it includes, AMBIT_E_DENIED when it cannot be read. The policy is changed only on success,
 * strings are copied.
 */
#ifndef AMBIT_ALLOW_H
#define AMBIT_ALLOW_H

#ifndef AMBIT_H
#error "include <ambit.h>, which includes this file"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Append only; the numbers are ABI. No kind of limit has the number of one of another unit. */
enum ambit_protocol { AMBIT_TCP = 1, AMBIT_UDP = 2 };
enum ambit_bytes { AMBIT_MEMORY = 0, AMBIT_FILE_SIZE = 1, AMBIT_STACK = 2 };
enum ambit_count { AMBIT_PROCESSES = 8, AMBIT_OPEN_FILES = 9 };
enum ambit_time { AMBIT_CPU_TIME = 16, AMBIT_WALL_TIME = 17 };
enum ambit_denial { AMBIT_DENIAL_ERROR = 0, AMBIT_DENIAL_KILL = 1, AMBIT_DENIAL_REPORT = 2 };
enum ambit_check_class { /* bits: how sure a finding of `ambit check` is */
			 AMBIT_CHECK_DIRECT = 1,
			 AMBIT_CHECK_CALLBACK = 2,
			 AMBIT_CHECK_INDIRECT = 4,
			 AMBIT_CHECK_LIBRARY = 8
};
enum ambit_need { AMBIT_MUST = 0, AMBIT_PREFER = 1, AMBIT_OFF = 2 };
enum ambit_direction { AMBIT_ANY = 0, AMBIT_READ_ONLY = 1, AMBIT_WRITE_ONLY = 2 };

/**
 * ambit_allow_read() - Read a file, or a directory with all below it
 * @policy: Changed only on success
 * @path:   An absolute path; the whole string, blanks included
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_allow_read(struct ambit_policy *policy, const char *path, struct ambit_error *err);

/**
 * ambit_allow_write() - Read, write, create, remove below a path
 * @policy: Changed only on success
 * @path:   An absolute path; the whole string, blanks included
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_allow_write(struct ambit_policy *policy, const char *path, struct ambit_error *err);

/**
 * ambit_allow_modify() - Write to and truncate existing files at or below a path
 * @policy: Changed only on success
 * @path:   An absolute path; the whole string, blanks included
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_allow_modify(struct ambit_policy *policy, const char *path, struct ambit_error *err);

/**
 * ambit_allow_create() - Create, rename, remove below a directory; contents untouched
 * @policy: Changed only on success
 * @path:   An absolute path; the whole string, blanks included
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_allow_create(struct ambit_policy *policy, const char *path, struct ambit_error *err);

/**
 * ambit_allow_exec() - Execute a program, or those below a path
 * @policy: Changed only on success
 * @path:   An absolute path; the whole string, blanks included
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_allow_exec(struct ambit_policy *policy, const char *path, struct ambit_error *err);

/**
 * ambit_allow_unix() - Connect to a local socket, or those below a path
 * @policy: Changed only on success
 * @path:   An absolute path; the whole string, blanks included
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_allow_unix(struct ambit_policy *policy, const char *path, struct ambit_error *err);

/**
 * ambit_hide() - Take a path out of what other lines grant
 * @policy: Changed only on success
 * @path:   An absolute path; the whole string, blanks included
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_hide(struct ambit_policy *policy,
							 const char *path, struct ambit_error *err);

/**
 * ambit_allow_tmp() - A private /tmp
 * @policy: Changed only on success
 * @bytes:  Its size
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_allow_tmp(struct ambit_policy *policy, uint64_t bytes, struct ambit_error *err);

/**
 * ambit_allow_attributes() - Change mode, owner, times, extended attributes
 * @policy: Changed only on success
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_allow_attributes(struct ambit_policy *policy,
								     struct ambit_error *err);

/**
 * ambit_allow_spawn() - Create processes, and signal them
 * @policy: Changed only on success
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_allow_spawn(struct ambit_policy *policy,
								struct ambit_error *err);

/**
 * ambit_allow_jit() - Make memory executable after writing to it
 * @policy: Changed only on success
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_allow_jit(struct ambit_policy *policy,
							      struct ambit_error *err);

/**
 * ambit_allow_terminal() - Use a terminal of its own
 * @policy: Changed only on success
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_allow_terminal(struct ambit_policy *policy,
								   struct ambit_error *err);

/**
 * ambit_allow_connect() - Connect, or send datagrams, to a host and ports
 * @policy:     Changed only on success
 * @protocol:   TCP or UDP
 * @host:       An address, a network as 10.0.0.0/8, or a name; NULL for any
 * @port_first: The first port
 * @port_last:  The last port, the same for one; 0 to 65535 is any
 * @err:        Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_allow_connect(struct ambit_policy *policy, enum ambit_protocol protocol, const char *host,
		    uint16_t port_first, uint16_t port_last, struct ambit_error *err);

/**
 * ambit_allow_listen() - Accept connections or datagrams on ports
 * @policy:     Changed only on success
 * @protocol:   TCP or UDP
 * @address:    Of this host; NULL for any
 * @port_first: The first port; 0 for one the kernel picks
 * @port_last:  The last port, the same for one
 * @err:        Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_allow_listen(struct ambit_policy *policy, enum ambit_protocol protocol, const char *address,
		   uint16_t port_first, uint16_t port_last, struct ambit_error *err);

/**
 * ambit_limit_bytes() - Bound memory, file size or stack
 * @policy: Changed only on success
 * @kind:   What
 * @bytes:  How much
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_limit_bytes(struct ambit_policy *policy,
								enum ambit_bytes kind,
								uint64_t bytes,
								struct ambit_error *err);

/**
 * ambit_limit_count() - Bound processes or open files
 * @policy: Changed only on success
 * @kind:   What
 * @count:  How many
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_limit_count(struct ambit_policy *policy,
								enum ambit_count kind,
								uint64_t count,
								struct ambit_error *err);

/**
 * ambit_limit_time() - Bound processor or wall-clock time
 * @policy:       Changed only on success
 * @kind:         Which
 * @milliseconds: How long
 * @err:          Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_limit_time(struct ambit_policy *policy,
							       enum ambit_time kind,
							       uint64_t milliseconds,
							       struct ambit_error *err);

/**
 * ambit_limit_cpu() - Bound the share of the processors
 * @policy:  Changed only on success
 * @percent: Of one processor: 150 is one and a half
 * @err:     Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_limit_cpu(struct ambit_policy *policy, unsigned percent, struct ambit_error *err);

/**
 * ambit_set_user() - Run as a user
 * @policy: Changed only on success
 * @user:   A name or number
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_set_user(struct ambit_policy *policy, const char *user, struct ambit_error *err);

/**
 * ambit_set_group() - Run with a group
 * @policy: Changed only on success
 * @group:  A name or number
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_set_group(struct ambit_policy *policy, const char *group, struct ambit_error *err);

/**
 * ambit_keep_capability() - Keep a capability that the caller has
 * @policy:     Changed only on success
 * @capability: As in capabilities(7)
 * @err:        Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_keep_capability(struct ambit_policy *policy, const char *capability, struct ambit_error *err);

/**
 * ambit_set_label() - Run under an AppArmor profile
 * @policy: Changed only on success
 * @label:  Name of a profile that is loaded
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_set_label(struct ambit_policy *policy, const char *label, struct ambit_error *err);

/**
 * ambit_pass_env() - Pass a variable of the environment
 * @policy: Changed only on success
 * @name:   Its name
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_pass_env(struct ambit_policy *policy, const char *name, struct ambit_error *err);

/**
 * ambit_set_env() - Set a variable of the environment
 * @policy: Changed only on success
 * @name:   Its name
 * @value:  Its value
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_set_env(struct ambit_policy *policy,
							    const char *name, const char *value,
							    struct ambit_error *err);

/**
 * ambit_pass_fd() - Pass an open descriptor
 * @policy:    Changed only on success
 * @fd:        Its number
 * @direction: What it must be open for
 * @err:       Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_pass_fd(struct ambit_policy *policy, int fd,
							    enum ambit_direction direction,
							    struct ambit_error *err);

/**
 * ambit_allow_broker() - Ask a service of the broker
 * @policy:  Changed only on success
 * @service: Its name
 * @err:     Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_allow_broker(struct ambit_policy *policy, const char *service, struct ambit_error *err);

/**
 * ambit_on_denial() - What a refused act does
 * @policy: Changed only on success
 * @denial: Fail, kill, or fail and be told of in the kernel's log, which nobody here reads
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_on_denial(struct ambit_policy *policy, enum ambit_denial denial, struct ambit_error *err);

/**
 * ambit_check_fails() - Which findings of `ambit check` fail; the others warn
 * @policy:  Changed only on success
 * @classes: AMBIT_CHECK_... or'ed; 0: none fails
 * @err:     Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_check_fails(struct ambit_policy *policy, unsigned classes, struct ambit_error *err);

/**
 * ambit_allow_syscall() - Escape hatch: allow a system call by name
 * @policy: Changed only on success
 * @name:   Of the call; conditions need ambit_policy_parse()
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_allow_syscall(struct ambit_policy *policy, const char *name, struct ambit_error *err);

/**
 * ambit_need() - Insist on a layer, or let it be missing
 * @policy: Changed only on success
 * @layer:  A layer
 * @need:   Must, prefer or off
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_need(struct ambit_policy *policy,
							 enum ambit_layer layer,
							 enum ambit_need need,
							 struct ambit_error *err);

/**
 * ambit_allow_promises() - What promises of pledge(2) name
 * @policy: Changed only on success
 * @names: As "stdio rpath"
 * @err:    Filled on failure; may be NULL
 *
 * ambit-promises(7) says what each is made of, and what Linux cannot match.
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_allow_promises(struct ambit_policy *policy, const char *names, struct ambit_error *err);

/**
 * ambit_allow_privileges() - What privileges of Solaris name
 * @policy: Changed only on success
 * @list: As "basic,!net_access"
 * @err:    Filled on failure; may be NULL
 *
 * ambit-promises(7) says what each is made of, and what Linux cannot match.
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_allow_privileges(struct ambit_policy *policy, const char *list, struct ambit_error *err);

/**
 * ambit_use() - Take in a bundle of lines
 * @policy: Changed only on success
 * @bundle: Its name
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_use(struct ambit_policy *policy, const char *bundle, struct ambit_error *err);

/**
 * ambit_include() - Take in the lines of a file
 * @policy: Changed only on success
 * @file:   Its path
 * @err:    Filled on failure; may be NULL
 *
 * Return: as above, or AMBIT_E_NOT_FOUND or AMBIT_E_DENIED of the file.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_include(struct ambit_policy *policy, const char *file, struct ambit_error *err);

#ifdef __cplusplus
}
#endif

#endif /* AMBIT_ALLOW_H */
