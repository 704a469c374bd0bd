/* SPDX-License-Identifier: ISC */
/* attempts.h - the attempts of the table, and what their stages need beyond the usual */
#ifndef EVIL_ATTEMPTS_H
#define EVIL_ATTEMPTS_H

#include "evil.h"

typedef enum verdict attempt_function(const struct inside *in);

/* fds.c */
attempt_function fds_directory, fds_fchdir, fds_execveat, fds_any, fds_write, fds_reopen_wider,
	fds_setns, fds_setns_victim;
/* paths.c */
attempt_function paths_cwd, paths_double_chroot, paths_old_root, paths_mountinfo, paths_renamed_cwd,
	paths_magic_links, paths_victim_links, paths_oracle, paths_link_out, paths_rename_across,
	paths_remove, paths_spellings_outside, paths_spellings_hidden;
/* launcher.c */
attempt_function launcher_swapped, launcher_churn, launcher_wait, launcher_found_policy,
	launcher_option_name, launcher_started;
/* system.c */
attempt_function system_launcher_image, system_own_mem, system_knobs, system_proc_read,
	system_proc_stat, system_handle, system_cgroup, system_mknod, system_node, system_devices;
/* changes.c */
attempt_function changes_truncate, changes_attributes, changes_attributes_fd, changes_setuid_bit,
	changes_run_later, changes_policy_file, changes_submount, changes_propagation;
/* ids.c */
attempt_function ids_all_equal, ids_groups, ids_regain, ids_threads, ids_capability_sets,
	ids_bounding_set, ids_securebits, ids_no_new_privs, ids_suid, ids_suid_report, ids_label,
	ids_drop_group, ids_map, ids_own_user;
/* namespaces.c */
attempt_function namespaces_user, namespaces_user_clone, namespaces_clone3, namespaces_unshare_each,
	namespaces_clone_each, namespaces_unshare_with_user, namespaces_clone_with_user,
	namespaces_kcmp;
/* filter.c */
attempt_function filter_keys, filter_i386, filter_x32, filter_listener, filter_io_uring,
	filter_denied_calls, filter_unknown_calls, filter_ptrace_child, filter_prctl,
	filter_personality, filter_personality_inherited, filter_perf, filter_high_words,
	filter_level_and_name;
/* terminal.c */
attempt_function terminal_push_high_word, terminal_push, terminal_push_dev_tty,
	terminal_console_calls, terminal_take_over;
/* memory.c */
attempt_function memory_prot_flags, memory_execute_any, memory_own_program, memory_by_loader,
	memory_memfd_execute, memory_file_execute, memory_shm_execute, memory_write_execute,
	memory_dual, memory_zero_page, memory_environment, memory_launcher_environment,
	memory_core_dump, memory_core_pipe, memory_memfd_code;
/* routes.c */
attempt_function routes_open, routes_names, routes_fork;
/* processes.c */
attempt_function processes_ptrace, processes_read_memory, processes_take_fd, processes_signal,
	processes_signal_all, processes_signal_parent, processes_sigio, processes_sigio_terminal,
	processes_limits, processes_daemon, processes_daemon_killed, processes_zombies,
	processes_other_box;
/* network.c */
attempt_function network_abstract, network_pathname, network_tcp, network_mptcp,
	network_other_streams, network_fast_open, network_fast_open_option, network_udp,
	network_families_none, network_families_tcp, network_protocols, network_unspec,
	network_listen_unbound, network_listen_bound, network_spellings, network_interfaces;
/* channels.c */
attempt_function channels_sysv_shm, channels_sysv_other, channels_mqueue, channels_dev_shm,
	channels_tmp, channels_lock, channels_inotify, channels_vsock;
/* limits.c */
attempt_function limits_fork_bomb, limits_anonymous, limits_children, limits_memfd, limits_buffers,
	limits_tmp_size, limits_tmp_inodes, limits_file_size, limits_descriptors, limits_inotify,
	limits_cpu_time, limits_wall_time, limits_realtime, limits_blocked_output,
	limits_memory_bomb, limits_raise;

extern const struct drama drama_open_fds, drama_open_fds_program, drama_stdin_file,
	drama_cwd_outside, drama_move_cwd, drama_swap, drama_launcher_image, drama_handle,
	drama_run_later, drama_policy_file, drama_submount, drama_propagation, drama_node,
	drama_groups, drama_regain, drama_ambient, drama_suid, drama_want_nobody, drama_kcmp,
	drama_own_user, drama_input, drama_personality, drama_echo, drama_environment, drama_core,
	drama_type, drama_daemon, drama_daemon_killed, drama_kill, drama_zombies, drama_modes,
	drama_shm, drama_queue, drama_dev_shm, drama_tmp, drama_locks, drama_touch, drama_two_boxes,
	drama_packets, drama_knock, drama_spellings, drama_never_read, drama_memory_bomb,
	drama_policies, drama_option, drama_used_up, drama_label, drama_core_pipe;

#endif
