/* SPDX-License-Identifier: ISC */
/*
 * channels.c - E91: ways for two boxes to talk past their policies
 *
 * The outside plays the other box: what can be seen of it inside is a channel.
 */
#include "attempts.h"
#include "outside.h"

#include <linux/vm_sockets.h>
#include <mqueue.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>

static const int no_channel[] = { EPERM, EACCES, ENOSYS, ENOENT, EROFS, 0 };

static key_t stage_key(const char *canary)
{
	/* the canary is "canary-" and 16 hexadecimal digits */
	return (key_t)(strtoul(canary + 7, NULL, 16) & 0x7fffffff) | 1;
}

enum verdict channels_sysv_shm(const struct inside *in)
{
	long id = OUTCOME(shmget(stage_key(fact(in, "canary")), 64, 0));

	if (id >= 0) {
		const char *p = shmat((int)id, NULL, SHM_RDONLY);
		id = p == (void *)-1 ? -errno : strcmp(p, fact(in, "canary")) == 0 ? 0 : -EBADMSG;
	}
	return judge(in, "shmget of a key outside", id, no_channel);
}

static int make_shm(struct stage *s)
{
	int id = shmget(stage_key(s->canary), 64, IPC_CREAT | IPC_EXCL | 0666);

	if (id < 0)
		return -errno;
	char *p = shmat(id, NULL, 0);
	if (p == (void *)-1)
		return -errno;
	snprintf(p, 64, "%s", s->canary);
	s->scratch = -1;
	return 0;
}

static void remove_shm(struct stage *s)
{
	shmctl(shmget(stage_key(s->canary), 64, 0), IPC_RMID, NULL);
}

const struct drama drama_shm = { .prepare = make_shm, .finish = remove_shm };

enum verdict channels_mqueue(const struct inside *in)
{
	char name[80];

	snprintf(name, sizeof(name), "/%s", fact(in, "canary"));
	long q = OUTCOME(mq_open(name, O_RDWR));
	return judge(in, "mq_open of a queue outside", q, no_channel);
}

static int make_queue(struct stage *s)
{
	char name[80];

	snprintf(name, sizeof(name), "/%s", s->canary);
	return mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0666, NULL) < 0 ? -errno : 0;
}

static void remove_queue(struct stage *s)
{
	char name[80];

	snprintf(name, sizeof(name), "/%s", s->canary);
	mq_unlink(name);
}

const struct drama drama_queue = { .prepare = make_queue, .finish = remove_queue };

/* A folder that everybody on the machine has; a name that the other box would know. */
static const char *shared_name(const char *folder, const char *canary)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s/%s", folder, canary);
	return path;
}

enum verdict channels_dev_shm(const struct inside *in)
{
	const char *path = shared_name("/dev/shm", fact(in, "canary"));

	return judge(in, path, read_canary(in, path), no_channel);
}

enum verdict channels_tmp(const struct inside *in)
{
	const char *path = shared_name("/tmp", fact(in, "canary"));

	return judge(in, path, read_canary(in, path), no_channel);
}

static int leave_canary(const char *path, const char *canary)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	int r = write(fd, canary, strlen(canary)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static int make_dev_shm(struct stage *s)
{
	return leave_canary(shared_name("/dev/shm", s->canary), s->canary);
}

static void remove_dev_shm(struct stage *s)
{
	unlink(shared_name("/dev/shm", s->canary));
}

static int make_tmp(struct stage *s)
{
	return leave_canary(shared_name("/tmp", s->canary), s->canary);
}

static void remove_tmp(struct stage *s)
{
	unlink(shared_name("/tmp", s->canary));
}

const struct drama drama_dev_shm = { .prepare = make_dev_shm, .finish = remove_dev_shm };
const struct drama drama_tmp = { .prepare = make_tmp, .finish = remove_tmp };

/* One bit: is the file locked? Both may only read it. */
enum verdict channels_lock(const struct inside *in)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	struct tally t = TALLY(in);
	long fd = OUTCOME(open(below(in, 0, "ro/file"), O_RDONLY | O_CLOEXEC));

	if (fd < 0)
		return untried("the granted file cannot be opened: %s", errno_word((int)-fd));
	/* "would block" is the bit; so is success, for then it is not locked */
	long r = OUTCOME(flock((int)fd, LOCK_SH | LOCK_NB));
	tally_add(&t, "flock shows a lock held outside", r == -EWOULDBLOCK ? 0 : r, no_channel);
	r = OUTCOME(fcntl((int)fd, F_GETLK, &lock));
	tally_add(&t, "F_GETLK tells who holds a lock",
		  r < 0			   ? r
		  : lock.l_type == F_UNLCK ? -EPERM
					   : 0,
		  no_channel);
	return tally_end(&t);
}

static int hold_locks(struct stage *s)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(stage_path(s, 0, "ro/file"), O_RDWR | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX) < 0 || fcntl(fd, F_SETLK, &lock) < 0)
		return -errno;
	s->scratch = fd; /* held until the stage ends */
	return 0;
}

const struct drama drama_locks = { .prepare = hold_locks };

/* What happens to a readable file outside, told by the kernel. */
enum verdict channels_inotify(const struct inside *in)
{
	struct inotify_event *event;
	char block[4096] __attribute__((aligned(8)));
	long fd = OUTCOME(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));

	if (fd < 0)
		return judge(in, "inotify_init1", fd, no_channel);
	long r = OUTCOME(inotify_add_watch((int)fd, below(in, 0, "out"), IN_ALL_EVENTS));
	if (r < 0)
		return judge(in, "inotify_add_watch(out)", r, no_channel);
	if (!ask_outside("touch"))
		return untried("nobody outside touched the folder");
	ssize_t n = read((int)fd, block, sizeof(block));
	event = (struct inotify_event *)(void *)block;
	if (n <= 0)
		return stopped("no event from outside");
	return escaped("event %x of a folder that was not granted", event->mask);
}

static void touch_outside(struct stage *s, const char *word)
{
	(void)word;
	stage_file(s, "out/touched", "x", 0666);
	play_reply(s);
}

const struct drama drama_touch = { .answer = touch_outside };

enum verdict channels_vsock(const struct inside *in)
{
	long fd = OUTCOME(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));

	return judge(in, "socket(AF_VSOCK)", fd,
		     REFUSALS(EPERM, EACCES, ENOSYS, EAFNOSUPPORT, EPROTONOSUPPORT));
}

/* System V semaphores and message queues by number: any id may be guessed. */
enum verdict channels_sysv_other(const struct inside *in)
{
	struct tally t = TALLY(in);
	long r = OUTCOME(syscall(SYS_semget, IPC_PRIVATE, 1, 0600));

	if (r >= 0)
		semctl((int)r, 0, IPC_RMID);
	tally_add(&t, "semget", r, no_channel);
	r = OUTCOME(syscall(SYS_msgget, IPC_PRIVATE, 0600));
	if (r >= 0)
		syscall(SYS_msgctl, r, 0, NULL); /* IPC_RMID */
	tally_add(&t, "msgget", r, no_channel);
	return tally_end(&t);
}
