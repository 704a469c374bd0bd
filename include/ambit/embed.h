/* SPDX-License-Identifier: ISC */
/*
 * embed.h - a program that is looked at before it runs, and a policy that a program carries
 *
 * An ELF program can carry the policy that its author wrote for it: in a note that nothing loads.
 * ambit-embed(1) says what it is good for and whom it is to be believed.
 */
#ifndef AMBIT_EMBED_H
#define AMBIT_EMBED_H

#ifndef AMBIT_H
#error "include <ambit.h>, which includes this file"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/**
 * ambit_program_open() - The file that a run would execute, open for reading
 * @name:        As argv[0] of ambit_run()
 * @search_path: As in struct ambit_options
 * @ret_fd:      Close-on-exec; to be closed by the caller
 * @ret_path:    Where it was found, to be ended with free()
 * @err:         Filled on failure; may be NULL
 *
 * As program_fd of struct ambit_options the descriptor keeps a run to this very file.
 *
 * Return: AMBIT_OK; AMBIT_E_NOT_FOUND and AMBIT_E_NOT_EXECUTABLE as of ambit_spawn();
 * AMBIT_E_DENIED for one that may be executed and not read; AMBIT_E_RESOURCE.
 * Threads: safe. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_program_open(const char *name,
								 const char *search_path,
								 int *ret_fd, char **ret_path,
								 struct ambit_error *err);

/**
 * ambit_policy_embedded() - Add the policy that an ELF program carries
 * @policy:    Changed only on success
 * @fd:        The program, open for reading; borrowed, its offset is not moved
 * @name:      How messages and plans call it
 * @ret_found: Does it carry one? Set on success
 * @err:       Filled on failure; may be NULL
 *
 * The program's author wrote it, not the caller: it is for who would believe the program itself.
 * It is read only from a file that nobody but root and the caller may write.
 *
 * Return: AMBIT_OK, also for a file that is no program; AMBIT_E_POLICY for one that carries
 * something else than ambit_policy_embed() writes; AMBIT_E_DENIED where others may write the
 * file; AMBIT_E_CONFLICT with another line; AMBIT_E_RESOURCE.
 * Threads: one thread at a time per policy. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_policy_embedded(struct ambit_policy *policy,
								    int fd, const char *name,
								    bool *ret_found,
								    struct ambit_error *err);

/**
 * ambit_policy_embed() - Write a program that carries a policy
 * @policy:  Borrowed; bundles stay named, includes are inlined
 * @program: An ELF program; one that it carries already is replaced
 * @output:  The new file, replaced as a whole when it exists; NULL for @program itself
 * @err:     Filled on failure; may be NULL
 *
 * What is loaded of the program does not change. The new file has the permissions of @program,
 * without set-user-ID and set-group-ID, and belongs to the caller.
 *
 * Return: AMBIT_OK; AMBIT_E_POLICY for a policy of more than 64 KiB; AMBIT_E_UNSUPPORTED for a
 * file that is no 64-bit ELF program or library, or has more than 4095 sections;
 * AMBIT_E_NOT_FOUND; AMBIT_E_DENIED; AMBIT_E_RESOURCE.
 * Threads: one thread at a time per output. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_policy_embed(const struct ambit_policy *policy,
								 const char *program,
								 const char *output,
								 struct ambit_error *err);

#ifdef __cplusplus
}
#endif

#endif /* AMBIT_EMBED_H */
