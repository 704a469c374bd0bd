/* SPDX-License-Identifier: ISC */
/* What a process that has been taken over sends, and what the receiver makes of it. */
#include "group.h"

#include "../../src/broker/message.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

/* ---- tables -------------------------------------------------------------------------------- */

static const struct ambit_field integer_fields[] = { { "n", AMBIT_FIELD_INTEGER, -5, 10 } };
static const struct ambit_field text_fields[] = { { "t", AMBIT_FIELD_TEXT, 1, 16 } };
static const struct ambit_field name_fields[] = { { "c", AMBIT_FIELD_COMPONENT, 1, 64 } };
static const struct ambit_field bytes_fields[] = { { "b", AMBIT_FIELD_BYTES, 0, 256 } };
static const struct ambit_field mixed_fields[] = {
	{ "a", AMBIT_FIELD_INTEGER, INT64_MIN, INT64_MAX },
	{ "t", AMBIT_FIELD_TEXT, 0, 100 },
	{ "b", AMBIT_FIELD_BYTES, 0, 1000 },
	{ "c", AMBIT_FIELD_COMPONENT, 0, 255 },
};
static const struct ambit_field file_fields[] = {
	{ "d", AMBIT_FIELD_DESCRIPTOR, 0, AMBIT_KIND_FILE },
};

static const struct ambit_message_type integer = AMBIT_MESSAGE("integer", integer_fields);
static const struct ambit_message_type text = AMBIT_MESSAGE("text", text_fields);
static const struct ambit_message_type name = AMBIT_MESSAGE("name", name_fields);
static const struct ambit_message_type bytes = AMBIT_MESSAGE("bytes", bytes_fields);
static const struct ambit_message_type mixed = AMBIT_MESSAGE("mixed", mixed_fields);
static const struct ambit_message_type file = AMBIT_MESSAGE("file", file_fields);
static const struct ambit_message_type late = { "late", NULL, 0 };
static const struct ambit_message_type never = { "never", NULL, 0 };

enum { INTEGER, TEXT, NAME, BYTES, MIXED, LATE, NEVER, FILE_ }; /* as in the table below */
static const struct ambit_permit from_process[] = {
	{ &integer, AMBIT_PHASE(0) | AMBIT_PHASE(1), 2, 3 },
	{ &text, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, AMBIT_UNLIMITED },
	{ &name, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, AMBIT_UNLIMITED },
	{ &bytes, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, 1000 },
	{ &mixed, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, AMBIT_UNLIMITED },
	{ &late, AMBIT_PHASE(1), AMBIT_UNLIMITED, AMBIT_UNLIMITED },
	{ &never, 0, AMBIT_UNLIMITED, AMBIT_UNLIMITED },
	{ &file, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, AMBIT_UNLIMITED },
};
enum { PLAIN_COUNT = FILE_ };

/* What the process is to do: a letter. */
static const struct ambit_field act_fields[] = { { "act", AMBIT_FIELD_INTEGER, 0, 127 } };
static const struct ambit_message_type act = AMBIT_MESSAGE("act", act_fields);
static const struct ambit_permit to_process[] = {
	{ &act, AMBIT_ANY_PHASE, AMBIT_UNLIMITED, AMBIT_UNLIMITED },
};

/* ---- the process --------------------------------------------------------------------------- */

struct raw {
	int fd;
	size_t used;
	char data[400000];
};

static void put(struct raw *r, const void *data, size_t length)
{
	memcpy(r->data + r->used, data, length);
	r->used += length;
}

static void begin(struct raw *r, uint32_t number)
{
	const struct frame_header header = { number, 0 };

	r->used = 0;
	put(r, &header, sizeof(header));
}

/* As a field: length, bytes, NUL. */
static void put_bytes(struct raw *r, const void *data, uint32_t length)
{
	put(r, &length, sizeof(length));
	put(r, data, length);
	put(r, "", 1);
}

static void put_integer(struct raw *r, int64_t number)
{
	put(r, &number, sizeof(number));
}

static void transmit(struct raw *r, const int *fds, size_t fd_count)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * 32)];
		struct cmsghdr head;
	} control = { .bytes = { 0 } };
	struct iovec part = { r->data, r->used };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd_count) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(&control.head), fds, sizeof(int) * fd_count);
	}
	if (sendmsg(r->fd, &message, MSG_NOSIGNAL) < 0)
		_exit(90);
}

/* With the length that it has, + @lie. */
static void finish(struct raw *r, int lie)
{
	const uint32_t length = (uint32_t)((int)r->used + lie);

	memcpy(r->data + offsetof(struct frame_header, length), &length, sizeof(length));
	transmit(r, NULL, 0);
}

static void finish_with(struct raw *r, const int *fds, size_t fd_count)
{
	const uint32_t length = (uint32_t)r->used;

	memcpy(r->data + offsetof(struct frame_header, length), &length, sizeof(length));
	transmit(r, fds, fd_count);
}

static void act_integer(struct raw *r, int64_t number)
{
	begin(r, INTEGER);
	put_integer(r, number);
	finish(r, 0);
}

static void act_text(struct raw *r, uint32_t number, const char *data, size_t length)
{
	begin(r, number);
	put_bytes(r, data, (uint32_t)length);
	finish(r, 0);
}

static void act_empty(struct raw *r, uint32_t number)
{
	begin(r, number);
	finish(r, 0);
}

static void act_frame(struct raw *r, int what)
{
	begin(r, INTEGER);
	put_integer(r, 1);
	switch (what) {
	case 'e': /* one byte more than it says, and one less */
		finish(r, 1);
		break;
	case 'E':
		finish(r, -1);
		break;
	case 'l': /* left over, and honest about it */
		put(r, "x", 1);
		finish(r, 0);
		break;
	case 's': /* too short for its field */
		r->used -= 3;
		finish(r, 0);
		break;
	case 'h': /* too short for a header */
		r->used = 3;
		transmit(r, NULL, 0);
		break;
	case 'z': /* nothing at all */
		r->used = 0;
		transmit(r, NULL, 0);
		break;
	default: /* far longer than anything in the table */
		r->used = 100000;
		finish(r, 0);
	}
}

static void act_lengths(struct raw *r, int what)
{
	const uint32_t huge = UINT32_MAX, most = 256;

	begin(r, BYTES);
	if (what == 'H') {
		put(r, &huge, sizeof(huge));
	} else if (what == 'M') {
		put(r, &most, sizeof(most)); /* and nothing behind it */
	} else {
		put_bytes(r, "abc", 3);
		r->data[r->used - 1] = 'x'; /* no NUL */
	}
	finish(r, 0);
}

static void act_descriptors(struct raw *r, int what)
{
	int fds[20], pipes[2] = { -1, -1 };
	const int opened = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	for (int i = 0; i < 20; i++)
		fds[i] = opened;
	if (pipe2(pipes, O_CLOEXEC) < 0 || opened < 0)
		_exit(91);
	begin(r, what == 'x' || what == 'X' ? INTEGER : FILE_);
	if (what == 'x' || what == 'X')
		put_integer(r, 1);
	if (what == 'p')
		fds[0] = pipes[0];
	finish_with(r, fds,
		    what == 'd' || what == 'p' || what == 'x' ? 1
		    : what == 'm'			      ? 0
		    : what == '2'			      ? 2
							      : 20);
}

static void do_act(struct raw *r, int what)
{
	if (strchr("eElshzt", what))
		act_frame(r, what);
	else if (strchr("HMN", what))
		act_lengths(r, what);
	else if (strchr("dpmxX2D", what))
		act_descriptors(r, what);
	else if (what == '1' || what == '9')
		act_integer(r, what == '1' ? -5 : 11);
	else if (what == 'u')
		act_text(r, TEXT, "\xff\xfe", 2);
	else if (what == 'U')
		act_text(r, TEXT, "12345678901234567", 17);
	else if (what == '0')
		act_text(r, TEXT, "", 0);
	else if (what == 'c')
		act_text(r, NAME, "../escape", 9);
	else if (what == '.')
		act_text(r, NAME, "..", 2);
	else if (what == 'a')
		act_empty(r, LATE);
	else if (what == 'v')
		act_empty(r, NEVER);
	else if (what == '?')
		act_empty(r, 4711);
	else if (what == '-')
		act_empty(r, UINT32_MAX);
	else if (what == 'S')
		(void)shutdown(r->fd, SHUT_WR);
	else if (what == 'C')
		(void)close(r->fd);
	else if (what == 'K')
		(void)raise(SIGKILL);
	else if (what == 'f')
		for (;;)
			act_text(r, BYTES, "flood", 5);
}

static int puppet(struct ambit_process *self)
{
	struct ambit_channel *caller = ambit_process_channel(self, AMBIT_CALLER);
	struct raw *r = calloc(1, sizeof(*r));

	r->fd = ambit_channel_fd(caller);
	for (;;) {
		int64_t what = 0;

		if (ambit_channel_receive(caller, -1, NULL) != AMBIT_OK ||
		    ambit_channel_get_integer(caller, "act", &what, NULL) != AMBIT_OK)
			return 0;
		do_act(r, (int)what);
	}
}
AMBIT_PROCESS(puppet)

/* Sends back what the library lets it: one of each. */
static int honest(struct ambit_process *self)
{
	struct ambit_channel *c = ambit_process_channel(self, AMBIT_CALLER);
	const int opened = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	ambit_channel_begin(c, "mixed");
	ambit_channel_put_integer(c, "a", INT64_MIN);
	ambit_channel_put_text(c, "t", "gr\xc3\xbc\xc3\x9f");
	ambit_channel_put_bytes(c, "b", "\0\1\2", 3);
	ambit_channel_put_text(c, "c", "file.txt");
	if (ambit_channel_send(c, 1000, NULL) != AMBIT_OK)
		return 2;
	ambit_channel_begin(c, "file");
	ambit_channel_put_descriptor(c, "d", opened);
	if (ambit_channel_send(c, 1000, NULL) != AMBIT_OK)
		return 3;
	ambit_channel_begin(c, "late");
	return ambit_channel_send(c, 1000, NULL) == AMBIT_OK ? 0 : 4;
}
AMBIT_PROCESS(honest)

/* ---- the receiver -------------------------------------------------------------------------- */

static struct ambit_group *group_of(ambit_process_fn *function, bool descriptors)
{
	const struct ambit_channel_protocol protocol = {
		sizeof(protocol),
		to_process,
		1,
		from_process,
		descriptors ? PLAIN_COUNT + 1 : PLAIN_COUNT,
		descriptors,
	};
	struct ambit_process_options options = AMBIT_PROCESS_OPTIONS_INIT;
	struct ambit_group *g = ambit_group_new();

	options.may_finish = true;
	add(g, "other", "read /etc/passwd\n", function, &options);
	MUST(ambit_group_connect(g, AMBIT_CALLER, "other", &protocol, &must));
	MUST(ambit_group_start(g, &must));
	return g;
}

static void command(struct ambit_channel *c, int what)
{
	ambit_channel_begin(c, "act");
	ambit_channel_put_integer(c, "act", what);
	MUST(ambit_channel_send(c, 1000, &must));
}

static const struct {
	const char *acts; /* all but the last are permitted */
	bool descriptors;
	enum ambit_code code;
	const char *text;
} misfits[] = {
	{ "9", false, AMBIT_E_PROTOCOL, "11 is not from -5 to 10" },
	{ "u", false, AMBIT_E_PROTOCOL, "field t" },
	{ "U", false, AMBIT_E_PROTOCOL, "17 bytes are not from 1 to 16" },
	{ "0", false, AMBIT_E_PROTOCOL, "0 bytes are not from 1 to 16" },
	{ "c", false, AMBIT_E_PROTOCOL, "field c" },
	{ ".", false, AMBIT_E_PROTOCOL, "field c" },
	{ "e", false, AMBIT_E_PROTOCOL, "length is wrong" },
	{ "E", false, AMBIT_E_PROTOCOL, "length is wrong" },
	{ "l", false, AMBIT_E_PROTOCOL, "1 bytes are left over" },
	{ "s", false, AMBIT_E_PROTOCOL, "ends too early" },
	{ "h", false, AMBIT_E_PROTOCOL, "length is wrong" },
	{ "z", false, AMBIT_E_CLOSED, "is closed" },
	{ "t", false, AMBIT_E_PROTOCOL, "too long" },
	{ "H", false, AMBIT_E_PROTOCOL, "4294967295 bytes are not" },
	{ "M", false, AMBIT_E_PROTOCOL, "ends too early" },
	{ "N", false, AMBIT_E_PROTOCOL, "no NUL" },
	{ "a", false, AMBIT_E_PROTOCOL, "message late: not in this phase" },
	{ "v", false, AMBIT_E_PROTOCOL, "message never: not in this phase" },
	{ "?", false, AMBIT_E_PROTOCOL, "message number 4711" },
	{ "-", false, AMBIT_E_PROTOCOL, "message number 4294967295" },
	{ "111", false, AMBIT_E_PROTOCOL, "too often in this phase" },
	{ "x", false, AMBIT_E_PROTOCOL, "descriptors that may not come" },
	{ "X", false, AMBIT_E_PROTOCOL, "descriptors that may not come" },
	{ "x", true, AMBIT_E_PROTOCOL, "came with 1 descriptors instead of 0" },
	{ "X", true, AMBIT_E_PROTOCOL, "descriptors that may not come" },
	{ "m", true, AMBIT_E_PROTOCOL, "came with 0 descriptors instead of 1" },
	{ "d2", true, AMBIT_E_PROTOCOL, "came with 2 descriptors instead of 1" },
	{ "D", true, AMBIT_E_PROTOCOL, "descriptors that may not come" },
	{ "p", true, AMBIT_E_PROTOCOL, "another kind" },
	{ "1S", false, AMBIT_E_CLOSED, "is closed" },
	{ "1C", false, AMBIT_E_CLOSED, "is closed" },
	{ "1K", false, AMBIT_E_CLOSED, "is closed" },
};

static void check_misfit(const char *acts, bool descriptors, enum ambit_code code, const char *part)
{
	struct ambit_group *g = group_of(puppet, descriptors);
	struct ambit_channel *c = ambit_group_channel(g, "other");
	struct ambit_error err = { 0 };

	for (; acts[1]; acts++) {
		command(c, acts[0]);
		MUST(ambit_channel_receive(c, 5000, &must));
	}
	command(c, acts[0]);
	CHECK_INT(ambit_channel_receive(c, 5000, &err), code);
	NOTE("%s: %s", acts, err.text);
	CHECK_HAS(err.text, part);
	CHECK_HAS(err.text, "other");
	CHECK(!ambit_channel_message(c));
	CHECK_INT(ambit_channel_fd(c), -1);
	CHECK_INT(ambit_channel_receive(c, 0, &err), AMBIT_E_CLOSED);
	ambit_channel_begin(c, "act");
	ambit_channel_put_integer(c, "act", 1);
	CHECK_INT(ambit_channel_send(c, 0, &err), AMBIT_E_CLOSED);
	ambit_group_free(g);
}

TEST_TIMEOUT(what_does_not_fit_closes_the_channel, 60)
{
	const int before = open_descriptors();

	for (size_t i = 0; i < sizeof(misfits) / sizeof(*misfits); i++) {
		check_misfit(misfits[i].acts, misfits[i].descriptors, misfits[i].code,
			     misfits[i].text);
		check_nothing_left(before);
	}
}

TEST(quotas_and_phases)
{
	struct ambit_group *g = group_of(puppet, false);
	struct ambit_channel *c = ambit_group_channel(g, "other");
	struct ambit_error err;

	for (int i = 0; i < 2; i++) {
		command(c, '1');
		MUST(ambit_channel_receive(c, 5000, &must));
	}
	ambit_channel_phase(c, 1);
	command(c, 'a');
	MUST(ambit_channel_receive(c, 5000, &must));
	CHECK_STR(ambit_channel_message(c), "late");
	command(c, '1');
	MUST(ambit_channel_receive(c, 5000, &must)); /* the third in all */
	command(c, '1');
	CHECK_INT(ambit_channel_receive(c, 5000, &err), AMBIT_E_PROTOCOL);
	CHECK_HAS(err.text, "integer: too often");
	ambit_group_free(g);
	g = group_of(puppet, false);
	c = ambit_group_channel(g, "other");
	ambit_channel_phase(c, 32); /* none: nothing may come */
	command(c, '1');
	CHECK_INT(ambit_channel_receive(c, 5000, &err), AMBIT_E_PROTOCOL);
	ambit_group_free(g);
}

TEST(a_flood_ends_at_its_quota)
{
	struct ambit_group *g = group_of(puppet, false);
	struct ambit_channel *c = ambit_group_channel(g, "other");
	struct ambit_untrusted u = AMBIT_UNTRUSTED_INIT;
	struct ambit_error err;
	int count = 0;

	command(c, 'f');
	while (ambit_channel_receive(c, 5000, &err) == AMBIT_OK) {
		const void *data;
		size_t length;

		count++;
		MUST(ambit_channel_get_bytes(c, "b", &u, &must));
		CHECK_INT(ambit_validate_bytes(&u, 5, &data, &length, &err), AMBIT_OK);
		CHECK(length == 5 && memcmp(data, "flood", 5) == 0);
	}
	CHECK_INT(err.code, AMBIT_E_PROTOCOL);
	CHECK_INT(count, 1000);
	ambit_untrusted_done(&u);
	ambit_group_free(g);
}

/* The fields of the message mixed, asked about once; after a failure there is nothing more. */
static void check_taking(struct ambit_channel *c, struct ambit_untrusted *u)
{
	const void *data = NULL;
	struct ambit_error err;
	size_t length = 0;

	CHECK(ambit_channel_take_integer(c, "a") == INT64_MIN);
	CHECK_STR(ambit_channel_take_text(c, "c"), "file.txt");
	ambit_channel_take_bytes(c, "b", u);
	MUST(ambit_validate_bytes(u, 3, &data, &length, &must));
	CHECK(length == 3 && memcmp(data, "\0\1\2", 3) == 0);
	CHECK_INT(ambit_channel_taken(c, &err), AMBIT_OK);
	MUST(ambit_untrusted_set(u, "old", 3, &must));
	CHECK_STR(ambit_channel_take_text(c, "first-missed"), "");
	CHECK(ambit_channel_take_integer(c, "then-missed") == 0);
	CHECK(ambit_channel_take_integer(c, "a") == 0);
	CHECK_STR(ambit_channel_take_text(c, "c"), "");
	ambit_channel_take_bytes(c, "b", u);
	MUST(ambit_validate_bytes(u, 3, &data, &length, &must));
	CHECK(length == 3 && memcmp(data, "old", 3) == 0);
	CHECK_INT(ambit_channel_taken(c, &err), AMBIT_E_USAGE);
	CHECK_HAS(err.text, "first-missed");
	CHECK_INT(ambit_channel_taken(NULL, &err), AMBIT_E_USAGE);
}

/* The same bytes from a process that means well: the control of all above. */
TEST(what_fits_comes_through)
{
	const int before = open_descriptors();
	struct ambit_group *g = group_of(honest, true);
	struct ambit_channel *c = ambit_group_channel(g, "other");
	struct ambit_untrusted u = AMBIT_UNTRUSTED_INIT;
	const char *string = NULL;
	const void *data = NULL;
	struct stat here, there;
	size_t length = 0;
	int64_t number = 0;
	int fd = -1;

	MUST(ambit_channel_receive(c, 5000, &must));
	CHECK_STR(ambit_channel_message(c), "mixed");
	MUST(ambit_channel_get_integer(c, "a", &number, &must));
	CHECK(number == INT64_MIN);
	MUST(ambit_channel_get_text(c, "t", &string, &must));
	CHECK_STR(string, "gr\xc3\xbc\xc3\x9f");
	MUST(ambit_channel_get_text(c, "c", &string, &must));
	CHECK_STR(string, "file.txt");
	MUST(ambit_channel_get_bytes(c, "b", &u, &must));
	MUST(ambit_validate_bytes(&u, 3, &data, &length, &must));
	CHECK(length == 3 && memcmp(data, "\0\1\2", 3) == 0);
	CHECK_INT(ambit_channel_get_text(c, "a", &string, NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_channel_get_integer(c, "none", &number, NULL), AMBIT_E_USAGE);
	check_taking(c, &u);
	MUST(ambit_channel_receive(c, 5000, &must));
	CHECK_INT(ambit_channel_taken(c, NULL), AMBIT_OK); /* another message */
	CHECK_INT(ambit_channel_get_text(c, "t", &string, NULL), AMBIT_E_USAGE);
	MUST(ambit_channel_get_descriptor(c, "d", &fd, &must));
	CHECK_INT(ambit_channel_get_descriptor(c, "d", &fd, NULL), AMBIT_E_USAGE);
	CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_INT(fstat(fd, &there), 0);
	CHECK_INT(stat("/etc/passwd", &here), 0);
	CHECK(here.st_ino == there.st_ino && here.st_size == there.st_size);
	(void)close(fd);
	ambit_channel_phase(c, 1);
	MUST(ambit_channel_receive(c, 5000, &must));
	CHECK_STR(ambit_channel_message(c), "late");
	CHECK_INT(ambit_channel_receive(c, 5000, NULL), AMBIT_E_CLOSED);
	ambit_untrusted_done(&u);
	ambit_group_free(g);
	check_nothing_left(before);
}

/* What a program sends by mistake is said to it, and is not sent. */
TEST(mistakes_are_said_to_the_sender)
{
	struct ambit_group *g = group_of(puppet, false);
	struct ambit_channel *c = ambit_group_channel(g, "other");
	struct ambit_error err;

	CHECK_INT(ambit_channel_send(c, 0, &err), AMBIT_E_USAGE);
	ambit_channel_begin(c, "integer"); /* is of the other direction */
	CHECK_INT(ambit_channel_send(c, 0, &err), AMBIT_E_USAGE);
	CHECK_HAS(err.text, "integer");
	ambit_channel_begin(c, "act");
	CHECK_INT(ambit_channel_send(c, 0, &err), AMBIT_E_USAGE);
	CHECK_HAS(err.text, "ends too early");
	ambit_channel_begin(c, "act");
	ambit_channel_put_text(c, "act", "1");
	CHECK_INT(ambit_channel_send(c, 0, &err), AMBIT_E_USAGE);
	ambit_channel_begin(c, "act");
	ambit_channel_put_integer(c, "other", 1);
	CHECK_INT(ambit_channel_send(c, 0, &err), AMBIT_E_USAGE);
	ambit_channel_begin(c, "act");
	ambit_channel_put_integer(c, "act", 1);
	ambit_channel_put_integer(c, "act", 1);
	CHECK_INT(ambit_channel_send(c, 0, &err), AMBIT_E_USAGE);
	ambit_channel_begin(c, "act");
	ambit_channel_put_integer(c, "act", 128);
	CHECK_INT(ambit_channel_send(c, 0, &err), AMBIT_E_USAGE);
	CHECK_HAS(err.text, "128 is not from 0 to 127");
	ambit_channel_begin(c, NULL);
	ambit_channel_put_bytes(c, NULL, NULL, 1);
	CHECK_INT(ambit_channel_send(c, 0, &err), AMBIT_E_USAGE);
	command(c, '1'); /* and the channel is as it was */
	MUST(ambit_channel_receive(c, 5000, &must));
	ambit_group_free(g);
}

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

TEST(deadlines_hold)
{
	struct ambit_group *g = group_of(puppet, false);
	struct ambit_channel *c = ambit_group_channel(g, "other");
	struct pollfd fd = { ambit_channel_fd(c), POLLIN, 0 };
	int64_t before = now_ms();
	enum ambit_code code;

	CHECK_INT(ambit_channel_receive(c, 60, NULL), AMBIT_E_TIMEOUT);
	CHECK_INT(ambit_channel_receive(c, 60, NULL), AMBIT_E_TIMEOUT);
	CHECK(now_ms() - before >= 120 && now_ms() - before < 5000);
	CHECK_INT(ambit_channel_receive(c, 0, NULL), AMBIT_E_TIMEOUT);
	CHECK_INT(poll(&fd, 1, 0), 0);
	command(c, '1');
	CHECK_INT(poll(&fd, 1, 5000), 1);
	MUST(ambit_channel_receive(c, 0, &must));
	/* One that floods never reads, and nobody receives what it sends. */
	command(c, 'f');
	before = now_ms();
	do {
		ambit_channel_begin(c, "act");
		ambit_channel_put_integer(c, "act", 1);
		code = ambit_channel_send(c, 60, NULL);
	} while (code == AMBIT_OK);
	CHECK_INT(code, AMBIT_E_TIMEOUT);
	CHECK(now_ms() - before >= 60);
	ambit_group_free(g);
}
