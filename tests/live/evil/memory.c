/* SPDX-License-Identifier: ISC */
/* memory.c - E54, E70 to E75, E77: code from data, what is executed, environment, core dumps */
#include "attempts.h"
#include "outside.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const int no_code[] = { EPERM, EACCES, ENOSYS, ENODEV, 0 };
enum { PAGE = 4096 };

static long map(size_t size, int prot, int flags, int fd)
{
	void *p = mmap(NULL, size, prot, flags, fd, 0);

	return p == MAP_FAILED ? -errno : (long)(intptr_t)p;
}

static long write_then_execute(int first, int then)
{
	long p = map(PAGE, first, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (p < 0)
		return -ENOMEM; /* the plain mapping must work: anything else proves nothing */
	*(volatile char *)(intptr_t)p = 1;
	return OUTCOME(mprotect((void *)(intptr_t)p, PAGE, then));
}

static long pkey_then_execute(void)
{
	long p = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (p < 0)
		return -ENOMEM;
	return OUTCOME(syscall(SYS_pkey_mprotect, p, PAGE, PROT_READ | PROT_EXEC, -1));
}

static long dual_mapping(void)
{
	long fd = OUTCOME(memfd_create("evil", MFD_CLOEXEC));

	if (fd < 0)
		return fd;
	if (ftruncate((int)fd, PAGE) < 0)
		return -EIO;
	if (map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd) < 0)
		return -EIO;
	long r = map(PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, (int)fd);
	close((int)fd);
	return r;
}

enum verdict memory_write_execute(const struct inside *in)
{
	const int rw = PROT_READ | PROT_WRITE, rx = PROT_READ | PROT_EXEC;
	const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
	struct tally t = TALLY(in);

	tally_add(&t, "mmap rwx", map(PAGE, rw | PROT_EXEC, anonymous, -1), no_code);
	tally_add(&t, "mmap wx", map(PAGE, PROT_WRITE | PROT_EXEC, anonymous, -1), no_code);
	tally_add(&t, "mmap rwx shared", map(PAGE, rw | PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS, -1),
		  no_code);
	tally_add(&t, "rw to rx", write_then_execute(rw, rx), no_code);
	tally_add(&t, "rw to x", write_then_execute(rw, PROT_EXEC), no_code);
	tally_add(&t, "rw to rwx", write_then_execute(rw, rw | PROT_EXEC), no_code);
	tally_add(&t, "pkey_mprotect rw to rx", pkey_then_execute(), no_code);
	return tally_end(&t);
}

enum verdict memory_dual(const struct inside *in)
{
	return judge(in, "one memfd mapped rw and rx", dual_mapping(), no_code);
}

enum verdict memory_prot_flags(const struct inside *in)
{
	/* near misses of a test for "prot == PROT_EXEC": extra and unused bits */
	const int base = PROT_READ | PROT_WRITE | PROT_EXEC;
	struct tally t = TALLY(in);

	tally_add(&t, "rwx and PROT_SEM", map(PAGE, base | 8, MAP_PRIVATE | MAP_ANONYMOUS, -1),
		  no_code);
	long p = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	tally_add(&t, "mprotect with a high word",
		  OUTCOME(syscall(SYS_mprotect, p, (long)PAGE, (long)(PROT_READ | PROT_EXEC) | 8L)),
		  no_code);
	tally_add(&t, "stack to rwx",
		  OUTCOME(mprotect((void *)((uintptr_t)&t & ~(uintptr_t)(PAGE - 1)), PAGE, base)),
		  no_code);
	return tally_end(&t);
}

/* The address goes back through two files: a rw one of our own, and shared memory. */
enum verdict memory_file_execute(const struct inside *in)
{
	struct tally t = TALLY(in);
	long fd = OUTCOME(open(below(in, 0, "rw/code"), O_CREAT | O_RDWR | O_CLOEXEC, 0755));

	if (fd < 0 || ftruncate((int)fd, PAGE) < 0)
		return untried("the granted directory cannot be written to: %s", errno_word(errno));
	tally_add(&t, "mmap rx of a file written before",
		  map(PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, (int)fd), no_code);
	tally_add(&t, "mmap rx shared", map(PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, (int)fd),
		  no_code);
	long p = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd);
	if (p >= 0)
		tally_add(&t, "mprotect of a shared file mapping",
			  OUTCOME(mprotect((void *)(intptr_t)p, PAGE, PROT_READ | PROT_EXEC)),
			  no_code);
	return tally_end(&t);
}

enum verdict memory_shm_execute(const struct inside *in)
{
	struct tally t = TALLY(in);
	long id = OUTCOME(shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0700));
	long r = id;

	if (id >= 0) {
		void *p = shmat((int)id, NULL, SHM_EXEC);
		r = p == (void *)-1 ? -errno : 0;
		shmctl((int)id, IPC_RMID, NULL);
	}
	tally_add(&t, "shmat(SHM_EXEC)", r, no_code);
	long fd = OUTCOME(open("/dev/shm/evil-code", O_CREAT | O_RDWR | O_CLOEXEC, 0700));
	if (fd >= 0) {
		unlink("/dev/shm/evil-code");
		fd = ftruncate((int)fd, PAGE) < 0
			     ? -EIO
			     : map(PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, (int)fd);
	}
	tally_add(&t, "mmap rx of a file in /dev/shm", fd, NO_PATH);
	return tally_end(&t);
}

enum verdict memory_zero_page(const struct inside *in)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	return judge(in, "mmap at address 0", p == MAP_FAILED ? -errno : 0, no_code);
}

static char payload_name[] = "payload", payload_option[] = "--payload";

static long execute(int fd, const char *path, int flags, char *text)
{
	static char echoed[] = "ESCAPED:";
	char *option = strcmp(path, "/bin/echo") == 0 ? echoed : payload_option;
	char *argv[] = { payload_name, option, text, NULL }, *env[] = { NULL };

	/* only on failure does it come back: the payload says ESCAPED itself */
	return OUTCOME(flags < 0 ? execve(path, argv, env)
				 : (int)syscall(SYS_execveat, fd, path, argv, env, flags));
}

enum verdict memory_own_program(const struct inside *in)
{
	static char text[] = "a program written by the confined side was executed";
	const char *path = below(in, 0, "rw/program");
	long fd = OUTCOME(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755));

	if (fd < 0)
		return untried("the granted directory cannot be written to");
	long r = copy_self(in, (int)fd);
	close((int)fd);
	if (r < 0)
		return untried("the own image cannot be copied: %s", errno_word((int)-r));
	return judge(in, "execve of a program written into the granted directory",
		     execute(-1, path, -1, text), NO_CALL);
}

/* ld.so is granted: asked to run a program from the writable directory, it maps it itself. */
enum verdict memory_by_loader(const struct inside *in)
{
	static const char *const loaders[] = { "/lib64/ld-linux-x86-64.so.2",
					       "/lib/ld-linux-aarch64.so.1" };
	static char loader_name[] = "ld.so", text[] = "ESCAPED: the loader ran a writable program";
	char program[512];
	char *argv[] = { loader_name, program, text, NULL }, *env[] = { NULL };

	snprintf(program, sizeof(program), "%s", below(in, 0, "rw/echo"));
	if (access(program, R_OK) < 0)
		return untried("there is no program to run");
	acted("asking the loader to run a writable program");
	long r = -ENOENT;
	for (size_t i = 0; i < COUNT(loaders) && r == -ENOENT; i++)
		r = OUTCOME(execve(loaders[i], argv, env));
	return judge(in, "execve of the loader", r, NO_CALL);
}

/* outside: a dynamic program, copied to where the inside may write */
static int leave_echo(struct stage *s)
{
	char *argv[] = { (char[]){ "cp" }, (char[]){ "/bin/echo" }, NULL, NULL };
	char target[512];

	snprintf(target, sizeof(target), "%s", stage_path(s, 0, "rw/echo"));
	argv[2] = target;
	pid_t pid = fork();
	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return access(target, X_OK) < 0 ? -ENOENT : 0;
}

const struct drama drama_echo = { .prepare = leave_echo };

enum verdict memory_memfd_execute(const struct inside *in)
{
	static char text[] = "an image that lives in memory was executed";
	long fd = OUTCOME(memfd_create("evil", MFD_CLOEXEC));

	if (fd < 0)
		return judge(in, "memfd_create", fd, NO_CALL);
	long r = copy_self(in, (int)fd);
	if (r < 0)
		return untried("the own image cannot be copied: %s", errno_word((int)-r));
	r = execute((int)fd, "", AT_EMPTY_PATH, text);
	char path[64];
	if (r < 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%ld", fd);
		long again = execute(-1, path, -1, text);
		if (again != -ENOENT)
			r = again;
	}
	return judge(in, "execveat(memfd)", r, NO_CALL);
}

struct execution {
	int fd;
	const char *path;
	int flags; /* of execveat; -1 for execve */
};

static long execute_one(const struct inside *in, void *argument)
{
	static char text[] = "a program was executed without a grant";
	const struct execution *e = argument;

	(void)in;
	return execute(e->fd, e->path, e->flags, text);
}

/* Without an exec grant even a system program is out of reach, and so is this one. */
enum verdict memory_execute_any(const struct inside *in)
{
	const struct execution list[] = { { -1, "/bin/echo", -1 },
					  { AT_FDCWD, "/bin/echo", 0 },
					  { -1, in->self, -1 },
					  { open(in->self, O_RDONLY | O_CLOEXEC), "",
					    AT_EMPTY_PATH } };
	static const char *const names[] = { "execve(/bin/echo)", "execveat(/bin/echo)",
					     "execve(self)", "execveat(self, AT_EMPTY_PATH)" };
	struct tally t = TALLY(in);

	for (size_t i = 0; i < COUNT(list); i++) {
		struct execution e = list[i];
		if (e.flags == AT_EMPTY_PATH && e.fd < 0)
			continue; /* the own image cannot even be opened */
		/* unconfined each needs a process of its own; one that executed reports nothing */
		long r = in->control ? in_child(execute_one, in, &e) : execute_one(in, &e);
		tally_add(&t, names[i], in->control && r == -EPIPE ? 0 : r, NO_PATH);
	}
	return tally_end(&t);
}

enum verdict memory_environment(const struct inside *in)
{
	const char *canary = fact(in, "canary");

	for (char **e = environ; *e; e++) {
		if (canary[0] && strstr(*e, canary))
			return escaped("the environment carries %s", *e);
	}
	return stopped("none of the caller's variables is in the environment");
}

static void dangerous_environment(struct stage *s)
{
	static const char *const names[] = { "SECRET_TOKEN",  "LD_AUDIT_NOT", "GCONV_PATH_NOT",
					     "PYTHONPATH",    "BASH_ENV",     "GIT_SSH_COMMAND",
					     "SSH_AUTH_SOCK", "PERL5OPT",     "NODE_OPTIONS" };

	for (size_t i = 0; i < COUNT(names); i++)
		setenv(names[i], s->canary, 1);
	/* in LD_ variables the text must not disturb the launchers of the controls */
	setenv("LD_LIBRARY_PATH", s->canary, 1);
}

const struct drama drama_environment = { .before_exec = dangerous_environment };

/* The same secret in the launcher's own memory, shown by /proc. */
enum verdict memory_launcher_environment(const struct inside *in)
{
	const long targets[] = { (long)getppid(), 1, fact_number(in, "victim", 0) };
	static char text[65536];
	struct tally t = TALLY(in);
	char path[64];

	for (size_t i = 0; i < COUNT(targets); i++) {
		if (targets[i] <= 0 || (in->control && i > 0))
			continue;
		snprintf(path, sizeof(path), "/proc/%ld/environ", targets[i]);
		long n = slurp(path, text, sizeof(text));
		bool found = n > 0 && memmem(text, (size_t)n, fact(in, "canary"),
					     strlen(fact(in, "canary")));
		tally_add(&t, path,
			  n < 0	  ? n
			  : found ? 0
				  : -EBADMSG,
			  REFUSALS(EPERM, EACCES, ENOENT, ESRCH, EBADMSG));
	}
	return tally_end(&t);
}

enum verdict memory_core_dump(const struct inside *in)
{
	struct rlimit core;

	(void)in;
	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = core.rlim_max;
		setrlimit(RLIMIT_CORE, &core);
	}
	if (chdir(below(in, 0, "rw")) < 0)
		return untried("chdir into the granted directory: %s", errno_word(errno));
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* EPERM is as well: the core file decides */
	acted("dying of SIGSEGV, core limit %lu", (unsigned long)core.rlim_max);
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	return UNTRIED;
}

static void allow_core(struct stage *s)
{
	struct rlimit core;

	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = core.rlim_max;
		setrlimit(RLIMIT_CORE, &core);
	}
	if (chdir(stage_path(s, 0, "rw")) < 0)
		_exit(125);
}

static enum verdict no_core(struct stage *s, enum verdict v)
{
	char pattern[256] = "", name[300];

	if (v != ACTED)
		return v;
	snprintf(name, sizeof(name), "rw/core.%d", (int)s->child);
	if (access(stage_path(s, 0, "rw/core"), F_OK) == 0 ||
	    access(stage_path(s, 1, name), F_OK) == 0) {
		snprintf(s->note, sizeof(s->note), "a core file was written");
		return ESCAPED;
	}
	slurp("/proc/sys/kernel/core_pattern", pattern, sizeof(pattern));
	if (strncmp(pattern, "core", 4) == 0)
		return STOPPED;
	snprintf(s->note, sizeof(s->note), "cores go to %s: nothing to see here", pattern);
	return UNTRIED;
}

const struct drama drama_core = { .before_exec = allow_core, .judge = no_core };

/* ---- the same where dumps go to a program: the kernel runs it outside, as root */

enum { PATTERN_SIZE = 128 };
static const char pattern_file[] = "/proc/sys/kernel/core_pattern";
static const char own_name[] = "evil-core-pipe";

enum verdict memory_core_pipe(const struct inside *in)
{
	prctl(PR_SET_NAME, own_name, 0, 0, 0); /* tells this death from others' */
	return memory_core_dump(in);
}

static bool set_pattern(const char *text)
{
	int fd = open(pattern_file, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(text);
	bool done = fd >= 0 && write(fd, text, length) == (ssize_t)length;

	if (fd >= 0)
		close(fd);
	return done;
}

/* The handler leaves a file named after who died. The pattern is the machine's: not for long. */
static enum verdict pipe_play(struct stage *s)
{
	char before[PATTERN_SIZE] = "", pattern[PATTERN_SIZE], left[96];

	snprintf(left, sizeof(left), "out/core-%s", own_name);
	int n = snprintf(pattern, sizeof(pattern), "|/bin/touch %s/out/core-%%e", s->dir);
	if (n >= (int)sizeof(pattern) || slurp(pattern_file, before, sizeof(before)) <= 0 ||
	    !set_pattern(pattern)) {
		snprintf(s->note, sizeof(s->note), "core_pattern cannot be set here");
		return UNTRIED;
	}
	enum verdict v = play_once(s);
	for (int i = 0; i < 20 && access(stage_path(s, 0, left), F_OK) < 0; i++)
		nap_ms(25); /* the handler is nobody's child here */
	if (!set_pattern(before)) {
		snprintf(s->note, sizeof(s->note), "core_pattern cannot be put back: %s", before);
		return UNTRIED;
	}
	if (access(stage_path(s, 0, left), F_OK) == 0) {
		unlink(stage_path(s, 0, left));
		snprintf(s->note, sizeof(s->note), "the handler ran outside");
		return ESCAPED;
	}
	return v;
}

const struct drama drama_core_pipe = { .before_exec = allow_core, .play = pipe_play };

/* Sealed against execve it can still be mapped: no page is ever writable and executable. */
static long written_file_as_code(void)
{
	static const char code[PAGE] = { 0 };
	long fd = OUTCOME(syscall(SYS_memfd_create, "evil", 8 /* MFD_NOEXEC_SEAL */));

	if (fd == -EINVAL) /* before 6.3 */
		fd = OUTCOME(syscall(SYS_memfd_create, "evil", 0));
	if (fd < 0)
		return fd;
	if (write((int)fd, code, sizeof(code)) != (ssize_t)sizeof(code))
		return -EIO;
	return map(PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, (int)fd);
}

enum verdict memory_memfd_code(const struct inside *in)
{
	return judge(in, "a memfd written and mapped as code", written_file_as_code(), no_code);
}
