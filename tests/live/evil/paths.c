/* SPDX-License-Identifier: ISC */
/* paths.c - E03 to E09, E15, E16, E17, E18, E23: other ways to a path that was not granted */
#include "attempts.h"
#include "outside.h"

#include <linux/openat2.h>
#include <sys/stat.h>

/* Hands on what refused: the canary itself, or another file under the same name. */
static const int no_path[] = { EPERM, EACCES, ENOSYS, ENOENT, EROFS, EXDEV, ENOTDIR, EBADMSG, 0 };

enum verdict paths_cwd(const struct inside *in)
{
	struct tally t = TALLY(in);
	char cwd[512] = "";
	long r = OUTCOME(syscall(SYS_getcwd, cwd, sizeof(cwd)));

	tally_add(&t, "open(victim) from the inherited cwd", read_canary(in, "victim"), no_path);
	tally_add(&t, "open(../out/victim)", read_canary(in, "../out/victim"), no_path);
	tally_add(&t, "open(/proc/self/cwd/victim)", read_canary(in, "/proc/self/cwd/victim"),
		  no_path);
	if (r >= 0 && strncmp(cwd, "(unreachable)", 13) == 0)
		return escaped("the working directory is outside the root: %s", cwd);
	return tally_end(&t);
}

static void stand_in_out(struct stage *s)
{
	if (chdir(stage_path(s, 0, "out")) < 0)
		_exit(125);
}

const struct drama drama_cwd_outside = { .before_exec = stand_in_out };

static long double_chroot(const struct inside *in, void *unused)
{
	(void)unused;
	mkdir(below(in, 0, "rw/x"), 0777); /* EEXIST is as good */
	if (chdir("/") < 0 || chroot(below(in, 0, "rw/x")) < 0)
		return -errno;
	/* cwd is now outside the root: up to the real one */
	for (int i = 0; i < 64; i++) {
		if (chdir("..") < 0)
			return -errno;
	}
	return chroot(".") < 0 ? -errno : 0;
}

enum verdict paths_double_chroot(const struct inside *in)
{
	long r = in_child(double_chroot, in, NULL);

	return judge(in, "mkdir x; chroot x; cd ..; chroot .", r, NO_CALL);
}

/* Every mount point that mountinfo shows, and the usual places of an old root. */
enum verdict paths_old_root(const struct inside *in)
{
	static char text[65536];
	char path[1024];
	unsigned tried = 0;

	long n = slurp("/proc/self/mountinfo", text, sizeof(text));
	for (char *line = text; n > 0 && *line;) {
		char *end = line + strcspn(line, "\n"), *at = line;
		for (int field = 0; field < 4 && at; field++)
			at = strchr(at + 1, ' ');
		if (at && at < end) {
			snprintf(path, sizeof(path), "%.*s%s/out/victim",
				 (int)strcspn(at + 1, " \n"), at + 1, fact(in, "dir"));
			tried++;
			if (read_canary(in, path) == 0)
				return escaped("the host's tree shows at %s", path);
		}
		line = *end ? end + 1 : end;
	}
	static const char *const places[] = { "",	   "/..",      "/oldroot",     "/.oldroot",
					      "/old_root", "/put_old", "/.pivot_root", "/host" };
	for (size_t i = 0; i < COUNT(places); i++, tried++) {
		snprintf(path, sizeof(path), "%s%s/out/victim", places[i], fact(in, "dir"));
		if (read_canary(in, path) == 0)
			return escaped("the host's tree shows at %s", path);
	}
	return stopped("not below any of %u places", tried);
}

/* mountinfo itself must not tell of, or offer, mounts of the host. */
enum verdict paths_mountinfo(const struct inside *in)
{
	static char text[65536];
	long n = slurp("/proc/self/mountinfo", text, sizeof(text));

	if (n < 0)
		return judge(in, "/proc/self/mountinfo", n, NO_PATH);
	if (strstr(text, "shared:") || strstr(text, "master:"))
		return escaped("a mount still exchanges events with the host");
	if (strstr(text, " /sys ") || strstr(text, "/sys/fs/cgroup"))
		return escaped("mounts of the host are in the view");
	return stopped("mountinfo shows only private mounts, none of /sys");
}

enum verdict paths_renamed_cwd(const struct inside *in)
{
	if (chdir(below(in, 0, "rw/a/b")) < 0)
		return untried("chdir into the granted directory: %s", errno_word(errno));
	if (!ask_outside("move"))
		return untried("nobody outside moved the directory");
	struct tally t = TALLY(in);
	tally_add(&t, "open(../victim) after the move", read_canary(in, "../victim"), no_path);
	tally_add(&t, "open(../../out/victim)", read_canary(in, "../../out/victim"), no_path);
	return tally_end(&t);
}

static void move_directory(struct stage *s, const char *word)
{
	(void)word;
	rename(stage_path(s, 0, "rw/a/b"), stage_path(s, 1, "out/b"));
	play_reply(s);
}

static enum verdict really_moved(struct stage *s, enum verdict v)
{
	if (v == ESCAPED || access(stage_path(s, 0, "out/b"), F_OK) == 0)
		return v;
	return UNTRIED;
}

const struct drama drama_move_cwd = { .answer = move_directory, .judge = really_moved };

enum verdict paths_magic_links(const struct inside *in)
{
	static const char *const links[] = {
		"/proc/self/root",	    "/proc/1/root",
		"/proc/thread-self/root",   "/proc/self/cwd/../../../../../..",
		"/proc/self/fd/9/../../..", "/dev/fd/9/../../.."
	};
	struct tally t = TALLY(in);
	char path[512], parent[64];

	for (size_t i = 0; i < COUNT(links); i++) {
		/* unconfined, only the first is sure to exist */
		if (in->control && i != 0)
			continue;
		snprintf(path, sizeof(path), "%s%s/out/victim", links[i], fact(in, "dir"));
		tally_add(&t, links[i], read_canary(in, path), no_path);
	}
	snprintf(parent, sizeof(parent), "/proc/%d/root", (int)getppid());
	snprintf(path, sizeof(path), "%s%s/out/victim", parent, fact(in, "dir"));
	tally_add(&t, "/proc/PARENT/root", read_canary(in, path), no_path);
	return tally_end(&t);
}

enum verdict paths_victim_links(const struct inside *in)
{
	static const char *const links[] = { "root", "cwd", "exe", "fd/0", "ns/net" };
	struct tally t = TALLY(in);
	long victim = fact_number(in, "victim", 0);
	char path[512], target[512];

	if (victim <= 0)
		return untried("no victim given");
	for (size_t i = 0; i < COUNT(links); i++) {
		snprintf(path, sizeof(path), "/proc/%ld/%s", victim, links[i]);
		tally_add(&t, path, OUTCOME(readlink(path, target, sizeof(target))), NO_PATH);
	}
	snprintf(path, sizeof(path), "/proc/%ld/root%s/out/victim", victim, fact(in, "dir"));
	tally_add(&t, "open below /proc/VICTIM/root", read_canary(in, path), no_path);
	return tally_end(&t);
}

enum verdict paths_oracle(const struct inside *in)
{
	const char *path = below(in, 0, "out/victim");
	struct tally t = TALLY(in);
	struct stat st;
	char x[128];

	tally_add(&t, "stat", OUTCOME(stat(path, &st)), NO_PATH);
	tally_add(&t, "statx", OUTCOME(syscall(SYS_statx, AT_FDCWD, path, 0, 1, x)),
		  REFUSALS(EPERM, EACCES, ENOSYS, ENOENT));
	tally_add(&t, "open(O_PATH)", OUTCOME(open(path, O_PATH | O_CLOEXEC)), NO_PATH);
	tally_add(&t, "access", OUTCOME(access(path, F_OK)), NO_PATH);
	long r = OUTCOME(readlink(path, x, sizeof(x)));
	tally_add(&t, "readlink tells that it exists", r == -EINVAL ? 0 : r, NO_PATH);
	return tally_end(&t);
}

enum verdict paths_link_out(const struct inside *in)
{
	struct tally t = TALLY(in);

	tally_add(&t, "link(out/second, rw/link)",
		  OUTCOME(link(below(in, 0, "out/second"), below(in, 1, "rw/link"))), NO_PATH);
	tally_add(&t, "link(ro/file, rw/link2)",
		  OUTCOME(link(below(in, 0, "ro/file"), below(in, 1, "rw/link2"))), NO_PATH);
	return tally_end(&t);
}

enum verdict paths_rename_across(const struct inside *in)
{
	struct tally t = TALLY(in);

	tally_add(&t, "rename(ro/second, rw/second)",
		  OUTCOME(rename(below(in, 0, "ro/second"), below(in, 1, "rw/second"))), NO_PATH);
	tally_add(&t, "rename(out/second, rw/taken)",
		  OUTCOME(rename(below(in, 0, "out/second"), below(in, 1, "rw/taken"))), NO_PATH);
	tally_add(&t, "rename(rw/a, out/a)",
		  OUTCOME(rename(below(in, 0, "rw/a"), below(in, 1, "out/a"))), NO_PATH);
	return tally_end(&t);
}

enum verdict paths_remove(const struct inside *in)
{
	struct tally t = TALLY(in);

	tally_add(&t, "unlink(out/second)", OUTCOME(unlink(below(in, 0, "out/second"))), NO_PATH);
	tally_add(&t, "rmdir(out/empty)", OUTCOME(rmdir(below(in, 0, "out/empty"))), NO_PATH);
	tally_add(&t, "unlink(ro/second)", OUTCOME(unlink(below(in, 0, "ro/second"))), NO_PATH);
	return tally_end(&t);
}

/* @shape with D, F and N replaced by the stage's directory, a folder and a file name. */
static void spelled(char *path, size_t size, const char *shape, const char *const names[3])
{
	static const char letters[] = "DFN";
	size_t at = 0;

	for (; *shape && at < size - 1; shape++) {
		const char *which = strchr(letters, *shape);
		int n = which ? snprintf(path + at, size - at, "%s", names[which - letters])
			      : snprintf(path + at, size - at, "%c", *shape);
		at += (size_t)n;
	}
}

static void spell(const struct inside *in, struct tally *t, const char *folder, const char *file)
{
	static const char *const shapes[] = {
		"D/F/N",
		"D//F//N",
		"D/./F/./N",
		"D/rw/../F/N",
		"D/F/../../F/N",
		"D/F/../F/N",
		"D/F/N/",
		"/proc/self/rootD/F/N",
		"/.D/F/N",
		"//D/F/N",
		"/../../..D/F/N",
		"/proc/..D/F/N",
		"/dev/..D/F/N",
		"/proc/thread-self/rootD/F/N",
		"D/rw/a/b/../../../F/N",
		"/usr/..D/F/N",
		"/proc/1/rootD/F/N",
		"/proc/self/cwd/../../../../..D/F/N",
	};
	const char *const names[3] = { fact(in, "dir"), folder, file };
	char path[1024];

	for (size_t i = 0; i < COUNT(shapes); i++) {
		spelled(path, sizeof(path), shapes[i], names);
		long r = read_canary(in, path);
		/* unconfined, only spellings that resolve here prove anything */
		if (!in->control || r == 0)
			tally_add(t, shapes[i], r, no_path);
	}
}

static long by_openat2(const struct inside *in, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC };
	long fd = OUTCOME(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));

	return fd < 0 ? fd : fd_holds_canary(in, (int)fd);
}

static long by_symlink(const struct inside *in, const char *target)
{
	const char *name = below(in, 3, "rw/symlink");

	unlink(name); /* ENOENT the first time */
	long r = OUTCOME(symlink(target, name));
	return r < 0 ? r : read_canary(in, name);
}

enum verdict paths_spellings_outside(const struct inside *in)
{
	struct tally t = TALLY(in);

	spell(in, &t, "out", "victim");
	tally_add(&t, "openat2", by_openat2(in, below(in, 0, "out/victim")), no_path);
	tally_add(&t, "symbolic link", by_symlink(in, below(in, 0, "out/victim")), no_path);
	tally_add(&t, "symbolic link to the folder/..",
		  by_symlink(in, below(in, 0, "rw/../out/victim")), no_path);
	return tally_end(&t);
}

enum verdict paths_spellings_hidden(const struct inside *in)
{
	struct tally t = TALLY(in);

	spell(in, &t, "rw/private", "secret");
	tally_add(&t, "openat2", by_openat2(in, below(in, 0, "rw/private/secret")), no_path);
	tally_add(&t, "symbolic link", by_symlink(in, below(in, 0, "rw/private/secret")), no_path);
	if (rename(below(in, 0, "rw/private"), below(in, 1, "rw/public")) == 0)
		tally_add(&t, "renamed away", read_canary(in, below(in, 1, "rw/public/secret")),
			  no_path);
	return tally_end(&t);
}
