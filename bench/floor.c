/* SPDX-License-Identifier: ISC */
/*
 * floor.c - the kernel operations ambit must do, by hand, with nothing else
 *
 *	floor [-t] [-p] [-q] [-w WAYS] a|b|c PROGRAM [ARGUMENT...]
 *
 *	a  Landlock, seccomp, capabilities, limits; no namespaces; becomes the program
 *	b  full isolation: user (without privileges), mount, pid, net, ipc and uts namespaces, a
 *	   root of its own, then as (a); an init that stays and reaps, the program as its child
 *	c  as (b) without the network namespace
 *
 * No policy, no plan, no error text. The filter is as strong as ambit's (floor_filter.h); with -p
 * it is a plain one, which looks at no arguments. With -q it first asks what ambit has to ask, and
 * makes nothing of it (floor_ask.c). -t prints what each step took, in ns. -w turns on cheaper ways
 * to the same isolation, any of:
 *
 *	v  init and program start as clones that share the memory: nothing is copied
 *	t  /tmp is a second mount of the root's tmpfs, not a tmpfs of its own
 *	d  the old root is detached by a task beside the program's own set-up (wants v)
 *	n  a thread makes the network namespace, beside the mounts and the program's own set-up;
 *	   both join it when they must (wants v and i)
 *	i  init answers the exec-once listener; no thread is made for it (wants v)
 *	s  with -p, the leaves of the filter's tree are shared: half the instructions
 *	m  with privileges, device nodes are made by mknod instead of bound
 *	g  the mount namespace is taken apart by the kernel's socket garbage collector, not by the
 *	   exit of init, which its parent waits for (wants v)
 *	r  init reads the mount table back beside the program's own set-up (wants v, i and d)
 *	x  all of them
 */
#define RAW_START
#include "floor.h"

static bool net_beside(const struct floor *f)
{
	return f->shape == 'b' && way(f, 'n');
}

/* A thread of init: make the network namespace and leave a descriptor of it. */
static int net_thread(void *argument)
{
	struct floor *f = argument;

	step(f, "unshare net", RAW(__NR_unshare, CLONE_NEWNET));
	long s = step(f, "socket", RAW(__NR_socket, AF_UNIX_, SOCK_DGRAM_ | O_CLOEXEC, 0));
	f->net_fd = (int)step(f, "SIOCGSKNS", RAW(__NR_ioctl, s, SIOCGSKNS, 0));
	RAW(__NR_close, s);
	set_word(&f->net_done);
	return 0;
}

static void join_net(struct floor *f)
{
	wait_word(&f->net_done);
	step(f, "setns net", RAW(__NR_setns, f->net_fd, CLONE_NEWNET));
}

static int program(void *argument)
{
	struct floor *f = argument;
	long mountinfo = -1;

	step(f, "program task starts", 0);
	step(f, "chdir", RAW(__NR_chdir, "/"));
	if (f->shape != 'a' && !way(f, 'r'))
		mountinfo = open_mounts(f);
	rlimits(f);
	step(f, "no_new_privs", RAW(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	if (RAW(__NR_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		die("no_new_privs", 0);
	if (f->shape == 'a')
		harden(f);
	bounding_set(f);
	exec_thread(f);
	landlock(f);
	if (net_beside(f))
		join_net(f);
	capabilities(f);
	seccomp(f);
	if (mountinfo >= 0)
		verify_mounts(f, mountinfo);
	die("execve", RAW(__NR_execve, f->program, f->argv, f->envp));
}

static void write_file(struct floor *f, const char *path, const char *text)
{
	long fd = step(f, path, RAW(__NR_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0));

	step(f, "map write", RAW(__NR_write, fd, text, raw_length(text)));
	RAW(__NR_close, fd);
}

static void id_maps(struct floor *f)
{
	char map[64];
	size_t n = raw_append_number(map, 0, f->gid);

	write_file(f, "/proc/self/setgroups", "deny");
	n = raw_append(map, n, " ");
	n = raw_append_number(map, n, f->gid);
	raw_append(map, n, " 1");
	write_file(f, "/proc/self/gid_map", map);
	n = raw_append_number(map, 0, f->uid);
	n = raw_append(map, n, " ");
	n = raw_append_number(map, n, f->uid);
	raw_append(map, n, " 1");
	write_file(f, "/proc/self/uid_map", map);
}

/* The program, as a child: the number of the process. */
static long start_program(struct floor *f)
{
	unsigned long flags =
		SIGCHLD | (way(f, 'v') ? CLONE_VM : 0) | (way(f, 'i') ? CLONE_FILES : 0);

	return step(f, "clone program", raw_clone(flags, f->stacks[1] + STACK, program, f));
}

/*
 * Keep the mount namespace in a message that waits in a socket's own queue. When init exits, that
 * cycle is garbage and a kernel worker takes it apart, and with it the namespace.
 */
static void defer_teardown(struct floor *f)
{
	int pair[2];
	long ns = step(f, "open ns/mnt",
		       RAW(__NR_openat, AT_FDCWD, "/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC, 0));
	step(f, "socketpair", RAW(__NR_socketpair, AF_UNIX_, SOCK_DGRAM_ | O_CLOEXEC, 0, pair));
	struct {
		size_t length;
		int level, type;
		int fds[2];
	} control = { 24, 1 /* SOL_SOCKET */, 1 /* SCM_RIGHTS */, { pair[1], (int)ns } };
	char byte = 0;
	struct {
		void *base;
		size_t length;
	} part = { &byte, 1 };
	struct {
		void *name;
		uint64_t name_length;
		void *parts;
		size_t part_count;
		void *control;
		size_t control_length;
		uint64_t flags;
	} message = { NULL, 0, &part, 1, &control, sizeof(control), 0 };

	step(f, "sendmsg", RAW(__NR_sendmsg, pair[0], &message, 0));
	RAW(__NR_close, ns);
	RAW(__NR_close, pair[0]);
}

static int init(void *argument)
{
	struct floor *f = argument;
	int status = 0;

	step(f, "init starts", 0);
	step(f, "death signal", RAW(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
	if (f->user)
		id_maps(f);
	harden(f);
	if (net_beside(f))
		step(f, "thread", raw_clone(THREAD, f->stacks[3] + STACK, net_thread, f));
	view(f);
	long child = start_program(f);
	if (way(f, 'd'))
		detach(f);
	if (way(f, 'r'))
		verify_mounts(f, open_mounts(f));
	if (way(f, 'i')) {
		answer_exec(f);
		RAW(__NR_close, f->listener);
	}
	if (net_beside(f))
		join_net(f);
	if (way(f, 'g'))
		defer_teardown(f);
	while (RAW(__NR_wait4, -1, &status, 0, 0) != child)
		continue;
	step(f, "execve, program, reaped", 0);
	RAW(__NR_exit_group, (status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8 & 0xff);
	__builtin_unreachable();
}

/* The exit status of init, which is that of the program. */
static int isolate(struct floor *f)
{
	unsigned long flags = SIGCHLD | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
	int status = 0;

	if (f->user)
		flags |= CLONE_NEWUSER;
	if (f->shape == 'b' && !net_beside(f))
		flags |= CLONE_NEWNET;
	if (way(f, 'v'))
		flags |= CLONE_VM;
	long child = step(f, "clone init", raw_clone(flags, f->stacks[0] + STACK, init, f));
	RAW(__NR_wait4, child, &status, 0, 0);
	step(f, "init reaped", 0);
	return (status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

/* When each step was done, in ns since the start, and after the one before it. */
static void print_steps(const struct step *steps)
{
	char line[128];
	uint64_t before = steps[1].ns;

	for (uint64_t i = 1; i <= steps[0].ns && i < STEPS; i++) {
		size_t n = raw_append_number(line, 0, steps[i].ns - steps[1].ns);
		line[n++] = '\t';
		n = raw_append_number(line, n, steps[i].ns - before);
		line[n++] = '\t';
		n = raw_append(line, n, steps[i].name);
		line[n++] = '\n';
		RAW(__NR_write, 2, line, n);
		before = steps[i].ns;
	}
}

static void options(struct floor *f, int argc, char **argv)
{
	int at = 1;

	for (; at < argc && argv[at][0] == '-'; at++) {
		if (argv[at][1] == 't')
			f->steps = (struct step *)RAW(__NR_mmap, 0, sizeof(struct step) * STEPS,
						      PROT_READ | PROT_WRITE,
						      MAP_SHARED | MAP_ANONYMOUS);
		else if (argv[at][1] == 'p')
			f->plain = true;
		else if (argv[at][1] == 'q')
			f->asks = true;
		else if (argv[at][1] == 'w' && at + 1 < argc)
			f->ways = argv[++at];
		else
			die("floor [-t] [-p] [-q] [-w WAYS] a|b|c PROGRAM [ARGUMENT...]", 0);
	}
	if (at + 1 >= argc || argv[at][0] < 'a' || argv[at][0] > 'c')
		die("floor [-t] [-p] [-q] [-w WAYS] a|b|c PROGRAM [ARGUMENT...]", 0);
	f->shape = argv[at][0];
	f->argv = argv + at + 1;
	f->program = argv[at + 1];
}

int raw_main(int argc, char **argv, char **envp)
{
	char stacks[4][STACK] __attribute__((aligned(16), uninitialized));
	struct floor f = { .ways = "", .envp = envp, .listener = -1, .stacks = stacks };

	options(&f, argc, argv);
	f.uid = (uint32_t)RAW(__NR_geteuid);
	f.gid = (uint32_t)RAW(__NR_getegid);
	f.user = f.uid != 0;
	step(&f, "start", 0);
	if (f.asks)
		ask(&f);
	step(&f, "asked", 0);
	step(&f, "close_range", RAW(__NR_close_range, 3, ~0U, 0));
	if (f.shape == 'a')
		return program(&f);
	int status = isolate(&f);
	if (f.steps != NULL)
		print_steps(f.steps);
	return status;
}
