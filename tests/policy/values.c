/* SPDX-License-Identifier: ISC */
/* What each kind of line becomes in memory, and how it prints. */
#include "../../src/policy/check_class.h"
#include "util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/ioctl.h>

/* The one grant of @text. */
static const struct grant *only(struct ambit_policy *p, const char *text)
{
	policy_done(p);
	add_text(p, text);
	CHECK_INT(p->count, 1);
	return &p->grants[0];
}

TEST(places)
{
	struct ambit_policy p = { 0 };
	char text[64];

	add_text(&p, "\n  read /a /b\n");
	CHECK_STR(p.grants[0].origin.file, "t");
	CHECK_STR(origin_text(&p.grants[0].origin, text, sizeof(text)), "t:2:8");
	CHECK_STR(origin_text(&p.grants[1].origin, text, sizeof(text)), "t:2:11");
	CHECK(p.grants[0].bundle == NULL && !p.grants[0].optional && !p.grants[0].prefer);
	policy_done(&p);
}

TEST(limits)
{
	static const struct {
		const char *text;
		enum limit_kind kind;
		uint64_t number;
		const char *printed;
	} rows[] = {
		{ "limit memory 256M", LIMIT_MEMORY, 256ULL << 20, "limit memory 256M\n" },
		{ "limit memory 1024K", LIMIT_MEMORY, 1ULL << 20, "limit memory 1M\n" },
		{ "limit memory 1025", LIMIT_MEMORY, 1025, "limit memory 1025\n" },
		{ "limit memory 2T", LIMIT_MEMORY, 2ULL << 40, "limit memory 2T\n" },
		{ "limit processes 16", LIMIT_PROCESSES, 16, "limit processes 16\n" },
		{ "limit open-files 64", LIMIT_OPEN_FILES, 64, "limit open-files 64\n" },
		{ "limit cpu-time 10", LIMIT_CPU_TIME, 10000, "limit cpu-time 10s\n" },
		{ "limit cpu-time 90s", LIMIT_CPU_TIME, 90000, "limit cpu-time 90s\n" },
		{ "limit wall-time 1500ms", LIMIT_WALL_TIME, 1500, "limit wall-time 1500ms\n" },
		{ "limit wall-time 120m", LIMIT_WALL_TIME, 7200000, "limit wall-time 2h\n" },
		{ "limit file-size 0", LIMIT_FILE_SIZE, 0, "limit file-size 0\n" },
		{ "limit cpu 150%", LIMIT_CPU, 1500, "limit cpu 150%\n" },
		{ "limit cpu 0.5%", LIMIT_CPU, 5, "limit cpu 0.5%\n" },
		{ "limit stack 8M prefer", LIMIT_STACK, 8ULL << 20, "limit stack 8M prefer\n" },
	};
	struct ambit_policy p = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct grant *g = only(&p, rows[i].text);

		CHECK_INT(g->right, RIGHT_LIMIT);
		CHECK_INT(g->limit, rows[i].kind);
		CHECK_INT(g->number, rows[i].number);
		check_prints(&p, rows[i].printed);
	}
	policy_done(&p);
}

static const struct {
	const char *text;
	enum net_protocol protocol;
	const char *address; /* NULL for any or a name */
	unsigned bits, first, last;
	const char *name, *printed;
} endpoints[] = {
	{ "connect tcp 192.0.2.7 443", NET_TCP, "192.0.2.7", 32, 443, 443, NULL,
	  "connect tcp 192.0.2.7 443\n" },
	{ "connect udp 10.0.0.0/8 53-54", NET_UDP, "10.0.0.0", 8, 53, 54, NULL,
	  "connect udp 10.0.0.0/8 53-54\n" },
	{ "connect tcp 10.0.0.1/32 *", NET_TCP, "10.0.0.1", 32, 0, 65535, NULL,
	  "connect tcp 10.0.0.1 *\n" },
	{ "connect tcp 0.0.0.0/0 1", NET_TCP, "0.0.0.0", 0, 1, 1, NULL,
	  "connect tcp 0.0.0.0/0 1\n" },
	{ "connect tcp * 1-65535", NET_TCP, NULL, 0, 1, 65535, NULL, "connect tcp * 1-65535\n" },
	{ "connect tcp 2001:DB8::/32 1", NET_TCP, "2001:db8::", 32, 1, 1, NULL,
	  "connect tcp 2001:db8::/32 1\n" },
	{ "connect tcp 0:0:0:0:0:0:0:1 1", NET_TCP, "::1", 128, 1, 1, NULL, "connect tcp ::1 1\n" },
	{ "connect tcp ::ffff:10.1.2.3 1", NET_TCP, "10.1.2.3", 32, 1, 1, NULL,
	  "connect tcp 10.1.2.3 1\n" },
	{ "connect tcp ::ffff:a00:0/104 1", NET_TCP, "10.0.0.0", 8, 1, 1, NULL,
	  "connect tcp 10.0.0.0/8 1\n" },
	{ "connect tcp ::ffff:0:0/96 1", NET_TCP, "0.0.0.0", 0, 1, 1, NULL,
	  "connect tcp 0.0.0.0/0 1\n" },
	{ "connect tcp ::/0 1", NET_TCP, "::", 0, 1, 1, NULL, "connect tcp ::/0 1\n" },
	{ "connect tcp Example.COM. 443", NET_TCP, NULL, 0, 443, 443, "example.com",
	  "connect tcp example.com 443\n" },
	{ "connect tcp *.example.com 443 prefer", NET_TCP, NULL, 0, 443, 443, "*.example.com",
	  "connect tcp *.example.com 443 prefer\n" },
	{ "connect tcp localhost 1", NET_TCP, NULL, 0, 1, 1, "localhost",
	  "connect tcp localhost 1\n" },
	{ "connect tcp 3com.example 1", NET_TCP, NULL, 0, 1, 1, "3com.example",
	  "connect tcp 3com.example 1\n" },
	{ "listen tcp 8443", NET_TCP, NULL, 0, 8443, 8443, NULL, "listen tcp 8443\n" },
	{ "listen udp 127.0.0.1 0", NET_UDP, "127.0.0.1", 32, 0, 0, NULL,
	  "listen udp 127.0.0.1 0\n" },
	{ "listen tcp * *", NET_TCP, NULL, 0, 0, 65535, NULL, "listen tcp *\n" },
};

TEST(endpoints)
{
	struct ambit_policy p = { 0 };

	for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		const struct endpoint *e = &only(&p, endpoints[i].text)->net;
		char text[INET6_ADDRSTRLEN] = "";

		NOTE("%s", endpoints[i].text);
		CHECK_INT(e->protocol, endpoints[i].protocol);
		CHECK_INT(e->family != 0, endpoints[i].address != NULL);
		if (endpoints[i].address) {
			CHECK(inet_ntop(e->family, e->address, text, sizeof(text)) != NULL);
			CHECK_STR(text, endpoints[i].address);
		}
		CHECK_INT(e->prefix_bits, endpoints[i].bits);
		CHECK_INT(e->port_first, endpoints[i].first);
		CHECK_INT(e->port_last, endpoints[i].last);
		CHECK_INT(e->name != NULL, endpoints[i].name != NULL);
		if (endpoints[i].name)
			CHECK_STR(e->name, endpoints[i].name);
		check_prints(&p, endpoints[i].printed);
	}
	policy_done(&p);
}

TEST(names)
{
	struct ambit_policy p = { 0 };
	const struct grant *g;

	CHECK_STR(only(&p, "user nobody")->name, "nobody");
	CHECK_STR(only(&p, "user 007")->name, "7");
	CHECK_STR(only(&p, "group 4294967294")->name, "4294967294");
	CHECK_STR(only(&p, "user DOM\\\\me@x.y-z")->name, "DOM\\me@x.y-z");
	CHECK_STR(only(&p, "broker resolve")->name, "resolve");
	g = only(&p, "keep-capability CAP_NET_BIND_SERVICE");
	CHECK_STR(g->name, "net_bind_service");
	CHECK_INT(g->number, 10);
	CHECK_INT(only(&p, "keep-capability checkpoint_restore")->number, 40);
	g = only(&p, "env LANG");
	CHECK_STR(g->name, "LANG");
	CHECK(g->value == NULL);
	g = only(&p, "env A=b=c");
	CHECK_STR(g->name, "A");
	CHECK_STR(g->value, "b=c");
	CHECK_STR(only(&p, "env A=")->value, "");
	policy_done(&p);
}

TEST(words_of_a_list)
{
	struct ambit_policy p = { 0 };
	const struct grant *g;

	CHECK_INT(only(&p, "on-denial error")->on_denial, ON_DENIAL_ERROR);
	CHECK_INT(only(&p, "on-denial kill")->on_denial, ON_DENIAL_KILL);
	CHECK_INT(only(&p, "on-denial report")->on_denial, ON_DENIAL_REPORT);
	CHECK_INT(only(&p, "check-fails none")->number, 0);
	CHECK_INT(only(&p, "check-fails direct")->number, 1 << CHECK_DIRECT);
	CHECK_INT(only(&p, "check-fails library callback library")->number,
		  1 << CHECK_LIBRARY | 1 << CHECK_CALLBACK);
	CHECK_INT(policy_check_fails(&p), 1 << CHECK_LIBRARY | 1 << CHECK_CALLBACK);
	CHECK_INT(only(&p, "spawn")->right, RIGHT_SPAWN);
	CHECK_INT(policy_check_fails(&p), 7);
	CHECK_INT(policy_check_fails(NULL), 7);
	g = only(&p, "need user-namespace prefer");
	CHECK_INT(g->layer, AMBIT_LAYER_USERNS);
	CHECK_INT(g->need, NEED_PREFER);
	g = only(&p, "need seccomp must");
	CHECK_INT(g->layer, AMBIT_LAYER_SECCOMP);
	CHECK_INT(g->need, NEED_MUST);
	CHECK_INT(only(&p, "need fds off")->need, NEED_OFF);
	CHECK_INT(only(&p, "need seccomp off")->layer, AMBIT_LAYER_SECCOMP);
	g = only(&p, "fd 7 write");
	CHECK_INT(g->number, 7);
	CHECK_INT(g->fd_mode, FD_WRITE);
	CHECK_INT(only(&p, "fd 3")->fd_mode, FD_ANY);
	CHECK_INT(only(&p, "tmp 64M")->number, 64 << 20);
	policy_done(&p);
}

TEST(syscalls)
{
	struct ambit_policy p = { 0 };
	const struct grant *g = only(&p, "syscall keyctl");

	CHECK_STR(g->name, "keyctl");
	CHECK_INT(g->number, 0);
	CHECK_INT(g->cond_count, 0);
	g = only(&p, "syscall ioctl {\n\targ 1 = TIOCGWINSZ\n\targ 0 != 010\n\n # why\n"
		     "\targ 2 & 0xff00 = 256\n\tanswer ENOTTY\n}");
	CHECK_INT(g->cond_count, 3);
	CHECK_INT(g->conds[0].argument, 1);
	CHECK_INT(g->conds[0].op, COND_EQ);
	CHECK_INT(g->conds[0].value, TIOCGWINSZ);
	CHECK_INT(g->conds[1].op, COND_NE);
	CHECK_INT(g->conds[1].value, 8);
	CHECK_INT(g->conds[2].op, COND_MASK_EQ);
	CHECK_INT(g->conds[2].mask, 0xff00);
	CHECK_INT(g->conds[2].value, 0x100);
	CHECK_INT(g->number, ENOTTY);
	check_prints(&p, "syscall ioctl {\n\targ 1 = 0x5413\n\targ 0 != 0x8\n"
			 "\targ 2 & 0xff00 = 0x100\n\tanswer ENOTTY\n}\n");
	CHECK_INT(only(&p, "syscall x { arg 5 = 0xffffffffffffffff }")->conds[0].value, UINT64_MAX);
	CHECK_INT(only(&p, "syscall x { }")->cond_count, 0);
	policy_done(&p);
}

TEST(conditions_end)
{
	struct buf text = { 0 };
	struct ambit_policy p = { 0 };
	struct ambit_error err = { 0 };

	buf_add_string(&text, "syscall x {\n");
	for (int i = 0; i < 16; i++)
		buf_add_string(&text, "arg 0 = 1\n");
	buf_add_string(&text, "}");
	CHECK_INT(only(&p, buf_text(&text))->cond_count, 16);
	text.length--;
	buf_add_string(&text, "arg 0 = 1\n}");
	CHECK_INT(try_parse(&p, buf_text(&text), &err), AMBIT_E_POLICY);
	CHECK_STR(err.text, "t:18:1: more than 16 conditions");
	buf_done(&text);
	policy_done(&p);
}

TEST(errno_names)
{
	struct ambit_policy p = { 0 };

	CHECK_INT(only(&p, "syscall x { answer EPERM }")->number, EPERM);
	CHECK_INT(only(&p, "syscall x { answer ENOSYS }")->number, ENOSYS);
	CHECK_INT(only(&p, "syscall x { answer ENOKEY }")->number, ENOKEY);
	policy_done(&p);
}

/* Order never matters, nor does saying a thing twice. */
TEST(canonical_text)
{
	check_canonical("spawn\nuse locale\nread /b /a\nread /a\nspawn\nuser x\nuser x\n",
			"read /a\nread /b\nspawn\nuser x\nuse locale\n");
	check_canonical("env 'A=b c' B=\"\\x01\" C='#' D=~x E='$' F=\xc3\xa9 G=\"\xff\"",
			"env \"A=b c\"\nenv \"B=\\x01\"\nenv \"C=#\"\nenv D=~x\nenv E=$\n"
			"env F=\xc3\xa9\nenv \"G=\\xff\"\n");
	check_canonical("read \"/a\\\"b\\\\\" '/c*' /optional '/{}'",
			"read \"/a\\\"b\\\\\"\nread \"/c*\"\nread /optional\nread \"/{}\"\n");
	check_canonical("limit memory 1M\nlimit memory 1024K", "limit memory 1M\n");
	/* whoever insists wins over whoever does not */
	check_canonical("user x prefer\nuser x\nuser x prefer", "user x\n");
	check_canonical("tmp 1M prefer\ntmp 1M prefer", "tmp 1M prefer\n");
}
