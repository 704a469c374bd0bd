/* SPDX-License-Identifier: ISC */
/*
 * inherited.c - descriptors 0 to 2 point outside every view: what can be done through them
 *
 * Each test has a process of its own, so it may put what it likes on its descriptor 0. The acts
 * are inside.c's; unconfined, every one of them succeeds, or nothing is claimed.
 */
#include "../../compat/outside.h"
#include "../../tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 24 };
static const char *const identities[] = { "root", "user" };
static const char *const all_identities[] = { "root", "user", "user-nons", "container" };
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *inside(void)
{
	return outside_built("tests/live/review/inside");
}

static int run_as(const char *identity, bool confine, const char *const *more, char *out,
		  size_t size)
{
	const char *argv[ARGUMENTS_MAX] = { outside_built("tests/as/as"), identity, "--" };
	size_t n = 3;

	if (confine) {
		argv[n++] = getenv("AMBIT");
		argv[n++] = "run";
	}
	for (; *more && n < ARGUMENTS_MAX - 1; more++)
		argv[n++] = *more;
	memset(out, 0, size);
	return outside_run(argv, out, size);
}

#define CONFINED(identity, out, ...)                                                               \
	run_as(identity, true, (const char *const[]){ __VA_ARGS__, NULL }, out, sizeof(out))
#define FREE(identity, out, ...)                                                                   \
	run_as(identity, false, (const char *const[]){ __VA_ARGS__, NULL }, out, sizeof(out))

static void needs_root(void)
{
	if (geteuid())
		SKIP("needs root");
}

static void onto_0(int fd)
{
	CHECK(fd >= 0);
	if (fd == 0)
		return;
	CHECK(dup2(fd, 0) == 0);
	CHECK(!close(fd));
}

static uid_t uid_of(const char *identity)
{
	char out[512];
	const char *act[] = { outside_built("tests/as/as"), identity, "--", "id", "-u", NULL };

	CHECK_INT(outside_run(act, out, sizeof(out)), 0);
	return (uid_t)strtoul(out, NULL, 10);
}

static const char *const acts[] = { "fchmod",	"chmod",  "copy",    "times",
				    "futimens", "fchown", "fchownat" };

static void all_answer(const char *out, const char *value)
{
	for (size_t i = 0; i < COUNT(acts); i++)
		outside_has(out, acts[i], value);
}

struct place {
	char directory[64], inner[80], file[80], within[96];
};

/* A directory to be granted, a file beside it and one in it, all of @uid. */
static void make_place(struct place *p, uid_t uid)
{
	(void)snprintf(p->directory, sizeof(p->directory), "/tmp/ambit-inherited-XXXXXX");
	CHECK(mkdtemp(p->directory) && !chmod(p->directory, 0755));
	(void)snprintf(p->inner, sizeof(p->inner), "%s/w", p->directory);
	(void)snprintf(p->file, sizeof(p->file), "%s/f", p->directory);
	(void)snprintf(p->within, sizeof(p->within), "%s/g", p->inner);
	CHECK(!mkdir(p->inner, 0755) && !chown(p->inner, uid, uid));
	for (int i = 0; i < 2; i++) {
		int fd = open(i ? p->within : p->file, O_CREAT | O_WRONLY, 0644);

		CHECK(fd >= 0 && !fchown(fd, uid, uid) && !close(fd));
	}
}

static void remove_place(const struct place *p)
{
	CHECK(!unlink(p->within) && !rmdir(p->inner) && !unlink(p->file) && !rmdir(p->directory));
}

/* The host's /dev/null, every root process's first descriptor, is root's to chmod. */
TEST(a_device_is_taken_from_the_view)
{
	char out[512];
	struct place p;

	needs_root();
	for (size_t i = 0; i < COUNT(identities); i++) {
		make_place(&p, uid_of(identities[i]));
		onto_0(open("/dev/null", O_RDWR));
		if (i == 0) {
			CHECK_INT(FREE(identities[i], out, inside(), "fd", "0"), 0);
			all_answer(out, "0");
		}
		CHECK_INT(
			CONFINED(identities[i], out, "--write", p.inner, "--", inside(), "fd", "0"),
			0);
		all_answer(out, "EROFS");
		remove_place(&p);
	}
}

static int new_terminal(uid_t uid)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;

	CHECK(master >= 0 && !grantpt(master) && !unlockpt(master));
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	CHECK(slave >= 0 && !fchown(slave, uid, (gid_t)-1));
	return slave;
}

/* So is the caller's terminal: only its own user could open it to others, but that is who runs. */
TEST(a_terminal_is_taken_from_the_view)
{
	char out[512];
	struct place p;

	needs_root();
	for (size_t i = 0; i < COUNT(identities); i++) {
		make_place(&p, uid_of(identities[i]));
		onto_0(new_terminal(uid_of(identities[i])));
		CHECK_INT(FREE(identities[i], out, inside(), "fd", "0"), 0);
		all_answer(out, "0");
		CHECK_INT(
			CONFINED(identities[i], out, "--write", p.inner, "--", inside(), "fd", "0"),
			0);
		all_answer(out, "EROFS");
		remove_place(&p);
	}
}

/* A file shares its position with the caller, so it stays what it is, and nobody's mode changes. */
TEST(a_file_takes_the_right_to_attributes_away)
{
	char out[512], name[96];
	struct place p;

	needs_root();
	for (size_t i = 0; i < COUNT(identities); i++) {
		make_place(&p, uid_of(identities[i]));
		onto_0(open(p.file, O_RDONLY));
		CHECK_INT(FREE(identities[i], out, inside(), "fd", "0"), 0);
		all_answer(out, "0");
		CHECK_INT(CONFINED(identities[i], out, "-q", "--write", p.inner, "--", inside(),
				   "fd", "0"),
			  0);
		all_answer(out, "EPERM");
		(void)snprintf(name, sizeof(name), "%s", p.within);
		CHECK_INT(CONFINED(identities[i], out, "-q", "--write", p.inner, "--", inside(),
				   "chmod", name, "0600"),
			  0);
		outside_has(out, "chmod", "EPERM");
		remove_place(&p);
	}
}

/* Older kernels' Landlock does not judge what is cut short: the filter does, view or not. */
TEST(a_file_is_not_emptied_by_its_name)
{
	const char *without = outside_built("tests/compat/without"), *ambit = getenv("AMBIT");
	char out[512];
	struct place p;

	needs_root();
	for (size_t i = 0; i < COUNT(identities); i++) {
		make_place(&p, uid_of(identities[i]));
		onto_0(open(p.file, O_RDONLY));
		CHECK_INT(FREE(identities[i], out, inside(), "reopen"), 0);
		outside_has(out, "wider", "0");
		outside_has(out, "emptied", "0");
		outside_has(out, "cut", "0");
		CHECK_INT(FREE(identities[i], out, without, "--landlock-abi", "2", "--", ambit,
			       "run", "-q", "--write", p.inner, "--", inside(), "reopen"),
			  0);
		outside_has(out, "wider", "EACCES");
		outside_has(out, "emptied", "EACCES");
		outside_has(out, "cut", "EACCES");
		remove_place(&p);
	}
}

/* Without Landlock only words are left: they are said, and --strict refuses. A pipe has no name. */
TEST(what_can_be_opened_wider_is_said)
{
	char out[1024];
	struct place p;
	int ends[2];

	needs_root();
	make_place(&p, 0);
	onto_0(open(p.file, O_RDONLY));
	CHECK_INT(CONFINED("root", out, "-e", "need landlock off", "--", inside(), "reopen"), 0);
	outside_has(out, "wider", "0");
	CHECK_INT(WEXITSTATUS(CONFINED("root", out, "--strict", "-e", "need landlock off", "--fd",
				       "0 read", "--", inside(), "reopen")),
		  125);
	CHECK(!pipe(ends));
	onto_0(ends[0]);
	CHECK_INT(CONFINED("root", out, "--strict", "-e", "need landlock off", "--", inside(),
			   "reopen"),
		  0);
	remove_place(&p);
}

/* It lies on a mount of the host's, whose code may run: what is written there may run as well. */
TEST(a_file_that_is_written_may_be_code)
{
	char out[1024];
	struct place p;

	needs_root();
	make_place(&p, 0);
	onto_0(open(p.file, O_RDWR));
	CHECK_INT(CONFINED("root", out, "--", inside(), "code"), 0);
	outside_has(out, "code", "0");
	CHECK_INT(WEXITSTATUS(CONFINED("root", out, "--strict", "--", inside(), "code")), 125);
	/* Only written to: it is read by its name where the policy lets it be read. */
	onto_0(open(p.file, O_WRONLY));
	CHECK_INT(WEXITSTATUS(CONFINED("root", out, "--strict", "--read", p.directory, "--",
				       inside(), "code")),
		  125);
	CHECK_INT(CONFINED("root", out, "--strict", "--", inside(), "code"), 0);
	outside_has(out, "code", "EACCES");
	remove_place(&p);
}

/* With the right, named, they are back, and what that reaches is said: --strict refuses. */
TEST(the_right_by_name_brings_them_back)
{
	char out[512];
	struct place p;

	needs_root();
	make_place(&p, 0);
	onto_0(open(p.file, O_RDONLY));
	CHECK_INT(CONFINED("root", out, "-q", "--write", p.inner, "--attributes", "--", inside(),
			   "fd", "0"),
		  0);
	all_answer(out, "0");
	CHECK_INT(WEXITSTATUS(CONFINED("root", out, "-q", "--strict", "--write", p.inner,
				       "--attributes", "--", inside(), "fd", "0")),
		  125);
	remove_place(&p);
}

/* A capability makes somebody else's file as good as one's own, whichever line it is kept by. */
TEST(a_kept_capability_reaches_files_of_others)
{
	static const char *const lines[] = { "privileges file_owner", "privileges file_chown",
					     "privileges file_dac_write",
					     "keep-capability fowner" };
	char out[512];
	struct place p;

	needs_root();
	make_place(&p, uid_of("user"));
	onto_0(open(p.file, O_RDONLY));
	for (size_t i = 0; i < COUNT(lines); i++)
		CHECK_INT(WEXITSTATUS(CONFINED("root", out, "-q", "--strict", "--write", p.inner,
					       "--attributes", "-e", lines[i], "--", inside(), "fd",
					       "0")),
			  125);
	CHECK_INT(CONFINED("root", out, "-q", "-e", lines[0], "--", inside(), "fd", "0"), 0);
	outside_has(out, "fchmod", "0");
	/* Without one, and with one that is nothing to a file, the owner is somebody else. */
	CHECK_INT(CONFINED("root", out, "--strict", "--write", p.inner, "-e",
			   "privileges net_privaddr", "--", inside(), "fd", "0"),
		  0);
	outside_has(out, "fchmod", "EPERM");
	CHECK_INT(CONFINED("root", out, "-q", "--strict", "--write", p.inner, "--attributes", "--",
			   inside(), "fd", "0"),
		  0);
	outside_has(out, "fchmod", "EPERM");
	remove_place(&p);
}

/* One that the policy lets it write, a pipe, somebody else's: no harm, and no right is lost. */
TEST(what_does_no_harm_takes_nothing_away)
{
	int pipe_fds[2];
	char out[512];
	struct place p;

	needs_root();
	make_place(&p, uid_of("user"));
	onto_0(open(p.within, O_RDONLY));
	CHECK_INT(CONFINED("user", out, "--write", p.inner, "--", inside(), "chmod", p.within,
			   "0600"),
		  0);
	outside_has(out, "chmod", "0");
	CHECK(!pipe(pipe_fds));
	onto_0(pipe_fds[0]);
	CHECK_INT(CONFINED("user", out, "--write", p.inner, "--", inside(), "chmod", p.within,
			   "0600"),
		  0);
	outside_has(out, "chmod", "0");
	onto_0(open("/etc/passwd", O_RDONLY));
	CHECK_INT(CONFINED("user", out, "--write", p.inner, "--", inside(), "chmod", p.within,
			   "0600"),
		  0);
	outside_has(out, "chmod", "0");
	remove_place(&p);
}

/* ---- sockets and objects ----------------------------------------------------------------- */

static int loopback(int type, bool listens)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type, 0);

	CHECK(fd >= 0 && !bind(fd, (struct sockaddr *)&at, sizeof(at)));
	CHECK(!listens || !listen(fd, 1));
	return fd;
}

static int one_of_pair(int type)
{
	int fds[2];

	CHECK(!socketpair(AF_UNIX, type, 0, fds));
	return fds[0]; /* the other end stays open */
}

static int connected(void)
{
	struct sockaddr_in at;
	socklen_t length = sizeof(at);
	int server = loopback(SOCK_STREAM, true), fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(!getsockname(server, (struct sockaddr *)&at, &length));
	CHECK(fd >= 0 && !connect(fd, (struct sockaddr *)&at, length));
	return fd;
}

/* Another server's ends and streams are what inetd, ssh and the journal give: they pass. */
TEST(connected_streams_pass)
{
	const int fds[] = { one_of_pair(SOCK_STREAM), one_of_pair(SOCK_SEQPACKET), connected() };
	char out[512];

	needs_root();
	for (size_t i = 0; i < COUNT(fds); i++)
		for (size_t j = 0; j < COUNT(all_identities); j++) {
			CHECK(dup2(fds[i], 0) == 0);
			CHECK_INT(CONFINED(all_identities[j], out, "-q", "--", inside(),
					   "death-signal"),
				  0);
		}
}

/* Through these more is reached than one peer: they pass when the policy names them. */
TEST(other_sockets_and_objects_have_to_be_named)
{
	const int fds[] = {
		one_of_pair(SOCK_DGRAM),
		loopback(SOCK_DGRAM, false),
		loopback(SOCK_STREAM, true),
		loopback(SOCK_STREAM, false),
		socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE),
		epoll_create1(0),
		open("/etc/passwd", O_PATH),
	};
	char out[512];

	needs_root();
	for (size_t i = 0; i < COUNT(fds); i++)
		for (size_t j = 0; j < COUNT(all_identities); j++) {
			const char *who = all_identities[j];

			CHECK(fds[i] >= 0 && dup2(fds[i], 0) == 0);
			CHECK_INT(WEXITSTATUS(
					  CONFINED(who, out, "-q", "--", inside(), "death-signal")),
				  125);
			CHECK_STR(out, "");
			CHECK_INT(CONFINED(who, out, "-q", "--fd", "0", "--", inside(),
					   "death-signal"),
				  0);
			CHECK_INT(WEXITSTATUS(CONFINED(who, out, "-q", "--strict", "--fd", "0",
						       "--", inside(), "death-signal")),
				  125);
		}
}

/* Multipath TCP can be connected anew past Landlock: a stream, but none that passes unasked. */
TEST(multipath_streams_have_to_be_named)
{
	struct sockaddr_in at;
	socklen_t length = sizeof(at);
	int server = loopback(SOCK_STREAM, true), fd = socket(AF_INET, SOCK_STREAM, 262);
	char out[512];

	if (fd < 0)
		SKIP("no multipath TCP here");
	CHECK(!getsockname(server, (struct sockaddr *)&at, &length));
	CHECK(!connect(fd, (struct sockaddr *)&at, length));
	onto_0(fd);
	CHECK_INT(WEXITSTATUS(CONFINED("root", out, "-q", "--", inside(), "death-signal")), 125);
}

/* A socket that listens and is named is there to be accepted on; no other one can be made. */
TEST(a_named_listener_accepts)
{
	char out[512];

	onto_0(loopback(SOCK_STREAM, true));
	CHECK_INT(CONFINED("root", out, "-q", "--fd", "0", "--", inside(), "accept"), 0);
	outside_has(out, "accept", "EAGAIN");
	onto_0(connected());
	CHECK_INT(CONFINED("root", out, "-q", "--", inside(), "accept"), 0);
	outside_has(out, "accept", "EACCES");
}

/* ---- the terminal ------------------------------------------------------------------------ */

/* Its size and modes are everybody's; whose it is, and whether it goes on, is the caller's. */
TEST(a_terminal_is_not_taken_over)
{
	static const char *const open_acts[] = { "size", "modes", "set-modes", "drain" };
	static const char *const closed[] = { "group", "halt", "break", "exclusive" };
	char out[512];

	needs_root();
	for (size_t j = 0; j < COUNT(all_identities); j++) {
		onto_0(new_terminal(uid_of(all_identities[j])));
		CHECK_INT(FREE(all_identities[j], out, inside(), "terminal"), 0);
		outside_has(out, "halt", "0");
		outside_has(out, "break", "0");
		outside_has(out, "exclusive", "0");
		CHECK_INT(CONFINED(all_identities[j], out, "-q", "--", inside(), "terminal"), 0);
		for (size_t i = 0; i < COUNT(open_acts); i++)
			outside_has(out, open_acts[i], "0");
		for (size_t i = 0; i < COUNT(closed); i++)
			outside_has(out, closed[i], "EPERM");
	}
}
