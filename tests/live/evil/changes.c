/* SPDX-License-Identifier: ISC */
/* changes.c - E19 to E22, E24, E25: changing what may only be read, or planting what runs later */
#include "attempts.h"
#include "outside.h"

#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

enum { NR_FCHMODAT2 = 452, NR_SETXATTRAT = 463, SPECIAL_BITS = 06000 };

enum verdict changes_truncate(const struct inside *in)
{
	struct tally t = TALLY(in);

	tally_add(&t, "truncate(ro/file)", OUTCOME(truncate(below(in, 0, "ro/file"), 0)), NO_PATH);
	tally_add(&t, "truncate(out/second)", OUTCOME(truncate(below(in, 0, "out/second"), 0)),
		  NO_PATH);
	tally_add(&t, "open(ro/second, O_TRUNC)",
		  OUTCOME(open(below(in, 0, "ro/second"), O_RDONLY | O_TRUNC | O_CLOEXEC)),
		  NO_PATH);
	return tally_end(&t);
}

static void attributes_by_path(struct tally *t, const char *name, const char *path)
{
	const struct timespec now[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };
	const struct {
		const char *call;
		long outcome;
	} acts[] = {
		{ "chmod", OUTCOME(chmod(path, 0640)) },
		{ "fchmodat", OUTCOME(syscall(SYS_fchmodat, AT_FDCWD, path, 0640)) },
		{ "fchmodat2", OUTCOME(syscall(NR_FCHMODAT2, AT_FDCWD, path, 0640, 0)) },
		{ "chown", OUTCOME(chown(path, geteuid(), getegid())) },
		{ "fchownat", OUTCOME(fchownat(AT_FDCWD, path, geteuid(), getegid(), 0)) },
		{ "utimensat", OUTCOME(utimensat(AT_FDCWD, path, now, 0)) },
		{ "utimes", OUTCOME(syscall(SYS_utimensat, AT_FDCWD, path, NULL, 0)) },
		{ "setxattr", OUTCOME(setxattr(path, "user.evil", "1", 1, 0)) },
		{ "removexattr", OUTCOME(removexattr(path, "user.evil")) },
	};
	char what[64];

	for (size_t i = 0; i < COUNT(acts); i++) {
		snprintf(what, sizeof(what), "%s(%s)", acts[i].call, name);
		/* "no such attribute" comes after permission was checked */
		long r = acts[i].outcome == -ENODATA ? 0 : acts[i].outcome;
		tally_add(t, what, r, NO_PATH);
	}
}

enum verdict changes_attributes(const struct inside *in)
{
	struct tally t = TALLY(in);

	attributes_by_path(&t, "out/second", below(in, 0, "out/second"));
	attributes_by_path(&t, "ro/file", below(in, 0, "ro/file"));
	return tally_end(&t);
}

/* A descriptor open for reading is enough for the kernel: only a filter or a mount refuses. */
enum verdict changes_attributes_fd(const struct inside *in)
{
	const struct timespec now[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };
	struct tally t = TALLY(in);
	long opened = OUTCOME(open(below(in, 0, "ro/second"), O_RDONLY | O_CLOEXEC));
	int fd = (int)opened;

	if (opened < 0)
		return untried("the granted file cannot be opened: %s", errno_word(-fd));
	tally_add(&t, "fchmod", OUTCOME(fchmod(fd, 0640)), NO_PATH);
	tally_add(&t, "fchown", OUTCOME(fchown(fd, geteuid(), getegid())), NO_PATH);
	tally_add(&t, "futimens", OUTCOME(futimens(fd, now)), NO_PATH);
	tally_add(&t, "fsetxattr", OUTCOME(fsetxattr(fd, "user.evil", "1", 1, 0)), NO_PATH);
	tally_add(&t, "fchmodat2(AT_EMPTY_PATH)",
		  OUTCOME(syscall(NR_FCHMODAT2, fd, "", 0644, AT_EMPTY_PATH)), NO_PATH);
	return tally_end(&t);
}

/* The outcome of an act that should leave no special bit on @path: >= 0 when one stands. */
static long special_bits(const char *path, long made)
{
	struct stat st;

	if (made < 0)
		return made;
	if (stat(path, &st) < 0)
		return -errno;
	return (st.st_mode & SPECIAL_BITS) ? 0 : -EPERM;
}

static long made_plain(const char *path)
{
	long fd = OUTCOME(open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0700));

	if (fd >= 0)
		close((int)fd);
	return fd < 0 ? fd : 0;
}

enum verdict changes_setuid_bit(const struct inside *in)
{
	struct tally t = TALLY(in);
	const char *path = below(in, 0, "rw/opened");
	long fd = OUTCOME(open(path, O_CREAT | O_RDWR | O_CLOEXEC, 06755));

	tally_add(&t, "open(O_CREAT, 06755)", special_bits(path, fd), NO_PATH);
	path = below(in, 0, "rw/made");
	tally_add(&t, "mknod(06755)", special_bits(path, OUTCOME(mknod(path, S_IFREG | 06755, 0))),
		  NO_PATH);
	path = below(in, 0, "rw/folder");
	tally_add(&t, "mkdir and chmod(02755)",
		  special_bits(path, mkdir(path, 0755) < 0 ? -errno : OUTCOME(chmod(path, 02755))),
		  NO_PATH);
	path = below(in, 0, "rw/plain");
	long r = made_plain(path);
	if (r < 0)
		return untried("no file can be made in the granted directory: %s",
			       errno_word((int)-r));
	tally_add(&t, "chmod(06755)", special_bits(path, OUTCOME(chmod(path, 06755))), NO_PATH);
	chmod(path, 0700); /* each way starts from a file without the bits */
	int plain = open(path, O_RDONLY | O_CLOEXEC);
	tally_add(&t, "fchmod(06755)", special_bits(path, OUTCOME(fchmod(plain, 06755))), NO_PATH);
	fchmod(plain, 0700);
	tally_add(&t, "fchmodat2(06755)",
		  special_bits(path, OUTCOME(syscall(NR_FCHMODAT2, AT_FDCWD, path, 06755, 0))),
		  NO_PATH);
	return tally_end(&t);
}

static long create(const char *path)
{
	long fd = OUTCOME(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0755));

	if (fd < 0)
		return fd;
	long r = OUTCOME(write((int)fd, "evil\n", 5));
	close((int)fd);
	return r;
}

/* Names that a tool outside executes later, in a folder the policy hides. */
enum verdict changes_run_later(const struct inside *in)
{
	static const char *const names[] = { "rw/private/post-commit", "rw/private/.bashrc",
					     "rw/private/secret" };
	struct tally t = TALLY(in);

	for (size_t i = 0; i < COUNT(names); i++)
		tally_add(&t, names[i], create(below(in, 0, names[i])), NO_PATH);
	tally_add(&t, "mkdir(rw/private/hooks)",
		  OUTCOME(mkdir(below(in, 0, "rw/private/hooks"), 0755)), NO_PATH);
	long r = OUTCOME(rename(below(in, 0, "rw/private"), below(in, 1, "rw/moved")));
	tally_add(&t, "the hidden folder renamed away", r,
		  REFUSALS(EPERM, EACCES, ENOSYS, ENOENT, EROFS, EXDEV, EBUSY));
	return tally_end(&t);
}

static enum verdict nothing_planted(struct stage *s, enum verdict v)
{
	static const char *const names[] = { "rw/private/post-commit", "rw/private/.bashrc",
					     "rw/private/hooks", "rw/moved/secret" };

	for (size_t i = 0; i < COUNT(names); i++) {
		if (access(stage_path(s, 0, names[i]), F_OK) == 0) {
			snprintf(s->note, sizeof(s->note), "%s now exists outside", names[i]);
			return ESCAPED;
		}
	}
	return v;
}

const struct drama drama_run_later = { .judge = nothing_planted };

/* The policy file itself, and names ambit might look for in a directory it starts in. */
enum verdict changes_policy_file(const struct inside *in)
{
	struct tally t = TALLY(in);

	tally_add(&t, "write to ro/policy.ambit", create(below(in, 0, "ro/policy.ambit")), NO_PATH);
	tally_add(&t, "create ro/ambit.conf", create(below(in, 0, "ro/ambit.conf")), NO_PATH);
	return tally_end(&t);
}

static int policy_in_ro(struct stage *s)
{
	char text[512];

	snprintf(text, sizeof(text), "read %s/ro\n", s->dir);
	return stage_file(s, "ro/policy.ambit", text, 0666);
}

const struct drama drama_policy_file = { .prepare = policy_in_ro };

enum verdict changes_submount(const struct inside *in)
{
	struct tally t = TALLY(in);

	tally_add(&t, "create ro/sub/new", create(below(in, 0, "ro/sub/new")), NO_PATH);
	tally_add(&t, "mkdir(ro/sub/folder)", OUTCOME(mkdir(below(in, 0, "ro/sub/folder"), 0755)),
		  NO_PATH);
	return tally_end(&t);
}

/* outside: mounts of our own, seen by nobody else */
static int private_mounts(struct stage *s, const char *where)
{
	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	return mount("evil", stage_path(s, 0, where), "tmpfs", 0, "size=1m,mode=0777") < 0 ? -errno
											   : 0;
}

static int mount_below_ro(struct stage *s)
{
	return private_mounts(s, "ro/sub");
}

const struct drama drama_submount = { .prepare = mount_below_ro };

enum verdict changes_propagation(const struct inside *in)
{
	static const int hidden[] = { ENOENT, EACCES, EPERM, 0 };

	if (!ask_outside("mount"))
		return untried("nobody outside mounted anything");
	return judge(in, "a mount made outside after the start shows inside",
		     read_canary(in, below(in, 0, "ro/later/canary")), hidden);
}

static int shared_tree(struct stage *s)
{
	const char *path = stage_path(s, 0, "ro");

	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(path, path, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, path, NULL, MS_SHARED, NULL) < 0)
		return -errno;
	return 0;
}

static void mount_later(struct stage *s, const char *word)
{
	(void)word;
	if (mount("evil", stage_path(s, 0, "ro/later"), "tmpfs", 0, "size=1m,mode=0777") == 0 &&
	    stage_file(s, "ro/later/canary", s->canary, 0666) == 0) {
		play_reply(s);
		return;
	}
	close(s->to); /* no answer: the inside reports it */
	s->to = -1;
}

const struct drama drama_propagation = { .prepare = shared_tree, .answer = mount_later };
