/* SPDX-License-Identifier: ISC */
/* merge and within: rows of pairs, then properties over all of them. */
#include "util.h"

#include <limits.h>
#include <stdio.h>

#include "../../src/base/str.h"
#include "../../src/policy/path.h"

/* What every program may see on the host of these tests. */
static const char *always(size_t index)
{
	static const char *const paths[] = { "/etc/localtime", "/usr/share/zoneinfo" };

	return index < ARRAY_COUNT(paths) ? paths[index] : NULL;
}

/* Its links: only /a/s stays where the directory that it is in is granted, too. */
static bool follow(const char *path, char *real)
{
	static const char *const links[][2] = { { "/link", "/etc" },
						{ "/d/link", "/e" },
						{ "/a/s", "/a/b" } };

	for (size_t i = 0; i < ARRAY_COUNT(links); i++)
		if (path_covers(links[i][0], path)) {
			(void)snprintf(real, PATH_MAX, "%s%s", links[i][1],
				       path + strlen(links[i][0]));
			return true;
		}
	return false;
}

static const struct within_place host = { always, follow };

static void check_within(const char *inner, const char *outer, const char *more)
{
	struct ambit_policy a = { 0 }, b = { 0 };
	struct ambit_error err = { 0 };
	struct buf out = { 0 };
	bool is = !more[0], alone = is;

	NOTE("[%s] within [%s]", inner, outer);
	is = !is;
	alone = !alone;
	add_text(&a, inner);
	add_text(&b, outer);
	CHECK_INT(policy_within(&a, &b, &host, &is, &out, &err), AMBIT_OK);
	CHECK_STR(buf_text(&out), more);
	CHECK_INT(is, !more[0]);
	CHECK_INT(policy_within(&a, &b, &host, &alone, NULL, NULL), AMBIT_OK);
	CHECK_INT(alone, is);
	buf_done(&out);
	policy_done(&a);
	policy_done(&b);
}

/* inner, outer, what inner has and outer has not ("" = within) */
static const char *const rows[][3] = {
	{ "", "", "" },
	{ "", "read /", "" },
	{ "read /a", "", "read /a\n" },
	{ "read /a", "read /a", "" },
	{ "read /a/b", "read /a", "" },
	{ "read /a", "read /a/b", "read /a\n" },
	{ "read /ab", "read /a", "read /ab\n" },
	{ "read /a", "read /", "" },
	{ "read /a", "write /a", "" },
	{ "write /a", "read /a", "write /a\n" },
	{ "modify /a", "write /a", "" },
	{ "create /a", "write /a", "" },
	{ "write /a", "modify /a\ncreate /a", "write /a\n" },
	{ "write /a", "read /a\nmodify /a\ncreate /", "" },
	{ "modify /a", "create /a", "modify /a\n" },
	{ "create /a", "read /a\nmodify /a", "create /a\n" },
	{ "read /a", "modify /a", "read /a\n" },
	{ "read /a", "promises rpath", "" },
	{ "promises \"rpath inet\"", "promises rpath", "promises inet\n" },
	{ "write /a", "promises \"rpath wpath\"", "write /a\n" },
	{ "connect tcp * 1", "promises inet", "" },
	{ "privileges file_read", "privileges basic,!net_access", "" },
	{ "read /a", "exec /a", "" },
	{ "exec /a", "read /a", "exec /a\n" },
	{ "exec /a", "write /a", "exec /a\n" },
	{ "write /a", "exec /a", "write /a\n" },
	{ "exec /a\nwrite /a", "write /\nexec /", "" },
	{ "unix /a", "write /a", "unix /a\n" },
	{ "unix /a/b", "unix /a", "" },
	{ "read /a", "unix /a", "read /a\n" },
	{ "read /a optional", "read /a", "" },
	/* hide */
	{ "read /a", "read /a\nhide /a/b", "without hide /a/b\n" },
	{ "read /a\nhide /a/b", "read /a\nhide /a/b", "" },
	{ "read /a\nhide /a/b", "read /a\nhide /a/b/c", "" },
	{ "read /a\nhide /a/b/c", "read /a\nhide /a/b", "without hide /a/b\n" },
	{ "read /a\nhide /a/b prefer", "read /a\nhide /a/b", "without hide /a/b\n" },
	{ "read /a\nhide /a/b prefer", "read /a\nhide /a/b prefer", "" },
	{ "read /a/b", "read /a\nhide /a/b/c/d prefer", "without hide /a/b/c/d prefer\n" },
	{ "read /a/x", "read /a\nhide /a/b", "" },
	{ "read /a/b/c", "read /a\nhide /a/b", "read /a/b/c\n" },
	{ "read /a\nhide /a/b", "read /a", "" },
	{ "use locale\nhide /etc prefer", "use locale\nhide /etc",
	  "read /etc/locale.alias optional\nread /etc/localtime optional\n"
	  "read /etc/timezone optional\nwithout hide /etc\n" },
	{ "use locale\nhide /etc prefer", "use locale\nhide /etc prefer", "" },
	{ "use locale", "use locale\nhide /etc/localtime prefer",
	  "read /etc/localtime optional\nwithout hide /etc/localtime prefer\n" },
	{ "read /a\nhide /a/b optional", "read /a\nhide /a/b", "without hide /a/b\n" },
	{ "read /a\nhide /a/b", "read /a\nhide /a/b optional", "" },
	{ "read /a\nhide /a/b optional", "read /a\nhide /a/b optional", "" },
	{ "read /a\nhide /a/b optional", "read /a\nhide /a/b prefer",
	  "without hide /a/b prefer\n" },
	{ "read /a\nhide /a/b prefer", "read /a\nhide /a/b optional",
	  "without hide /a/b optional\n" },
	{ "read /a/b", "read /a\nhide /a/b optional", "read /a/b\n" },
	/* what every program may see is hidden from it */
	{ "", "hide /usr/share/zoneinfo", "without hide /usr/share/zoneinfo\n" },
	{ "", "hide /usr/share/zoneinfo/UTC", "without hide /usr/share/zoneinfo/UTC\n" },
	{ "", "hide /usr", "without hide /usr\n" },
	{ "hide /usr", "hide /usr/share/zoneinfo", "" },
	{ "", "hide /usr/share/zone", "" },
	/* a /tmp of one's own hides the host's, but for what is named below it */
	{ "read /tmp", "read /tmp\ntmp 1M", "without tmp 1M\n" },
	{ "read /", "read /\ntmp 1M", "without tmp 1M\n" },
	{ "read /tmp/x", "read /tmp\ntmp 1M", "read /tmp/x\n" },
	{ "read /tmp/x\ntmp 1M", "read /\ntmp 1M", "read /tmp/x\n" },
	{ "read /tmp/x", "read /tmp/x\ntmp 1M", "" },
	{ "read /tmp/x/y", "read /tmp/x\ntmp 1M", "" },
	{ "read /tmp\ntmp 1M", "read /\ntmp 1M", "" },
	{ "read /\nhide /tmp", "read /\ntmp 1M", "" },
	{ "read /tmpx /a", "read /\ntmp 1M", "" },
	{ "read /\ntmp 1M prefer", "read /\ntmp 1M", "without tmp 1M\n" },
	{ "read /\ntmp 1M prefer", "read /\ntmp 1M prefer", "" },
	/* through links: as they are written, and as what they lead to */
	{ "read /d/link", "read /d", "read /d/link\n" },
	{ "read /d/link/x optional", "read /d", "read /d/link/x optional\n" },
	{ "read /d/link", "read /d /e", "" },
	{ "read /d/link", "read /d/link", "" },
	{ "read /d/link/x", "read /d/link", "" },
	{ "read /d/link", "read /e", "read /d/link\n" },
	{ "read /e", "read /d/link", "read /e\n" },
	{ "read /a/s", "read /a", "" },
	{ "exec /d/link", "read /e\nexec /d", "exec /d/link\n" },
	{ "unix /d/link", "unix /d", "unix /d/link\n" },
	{ "read /e", "read /e\nhide /d/link", "read /e\n" },
	{ "read /e/x", "read /e\nhide /d/link", "read /e/x\n" },
	{ "read /e\nhide /d/link", "read /e\nhide /e/x", "without hide /e/x\n" },
	{ "read /d\nhide /d/link", "read /d\nhide /d/link", "" },
	{ "", "hide /link/localtime", "without hide /link/localtime\n" },
	/* single words and sizes */
	{ "spawn\njit\nterminal\nattributes", "", "attributes\nspawn\njit\nterminal\n" },
	{ "spawn\njit", "jit\nspawn", "" },
	{ "tmp 1M", "", "tmp 1M\n" },
	{ "tmp 1M", "tmp 2M", "" },
	{ "tmp 2M", "tmp 1M", "tmp 2M\n" },
	{ "", "limit memory 1M", "without limit memory 1M\n" },
	{ "limit memory 1M", "", "" },
	{ "limit memory 1M", "limit memory 1M", "" },
	{ "limit memory 1M", "limit memory 2M", "" },
	{ "limit memory 2M", "limit memory 1M", "without limit memory 1M\n" },
	{ "limit memory 1M prefer", "limit memory 1M", "without limit memory 1M\n" },
	{ "limit memory 1M", "limit processes 1", "without limit processes 1\n" },
	/* network */
	{ "connect tcp 10.0.0.1 80", "connect tcp 10.0.0.0/8 80", "" },
	{ "connect tcp 10.0.0.0/8 80", "connect tcp 10.0.0.1 80", "connect tcp 10.0.0.0/8 80\n" },
	{ "connect tcp 10.0.0.1 80", "connect udp 10.0.0.1 80", "connect tcp 10.0.0.1 80\n" },
	{ "connect tcp 10.0.0.1 80", "connect tcp 10.0.0.1 81", "connect tcp 10.0.0.1 80\n" },
	{ "connect tcp 10.0.0.1 80", "connect tcp * *", "" },
	{ "connect tcp * 80", "connect tcp 0.0.0.0/0 80", "connect tcp * 80\n" },
	{ "connect tcp 10.0.0.1 80", "connect tcp ::/0 80", "connect tcp 10.0.0.1 80\n" },
	{ "connect tcp 11.0.0.0/9 80", "connect tcp 10.0.0.0/7 80", "" },
	{ "connect tcp 12.0.0.0/9 80", "connect tcp 10.0.0.0/7 80", "connect tcp 12.0.0.0/9 80\n" },
	{ "connect tcp 2001:db8::1 80", "connect tcp 2001:db8::/33 80", "" },
	{ "connect tcp 10.0.0.1 80-90", "connect tcp 10.0.0.1 1-100", "" },
	{ "connect tcp 10.0.0.1 80-90", "connect tcp * 86-90\nconnect tcp 10.0.0.0/8 70-85", "" },
	{ "connect tcp 10.0.0.1 80-90", "connect tcp * 80-84\nconnect tcp * 86-90",
	  "connect tcp 10.0.0.1 80-90\n" },
	{ "connect tcp 10.0.0.1 *", "connect tcp 10.0.0.1 1-65535", "connect tcp 10.0.0.1 *\n" },
	{ "connect tcp a.example 80", "connect tcp *.example 80", "" },
	{ "connect tcp *.a.example 80", "connect tcp *.example 80", "" },
	{ "connect tcp example 80", "connect tcp *.example 80", "connect tcp example 80\n" },
	{ "connect tcp badexample 80", "connect tcp *.example 80", "connect tcp badexample 80\n" },
	{ "connect tcp *.example 80", "connect tcp a.example 80", "connect tcp *.example 80\n" },
	{ "connect tcp a.example 80", "connect tcp 0.0.0.0/0 80", "connect tcp a.example 80\n" },
	{ "connect tcp 10.0.0.1 80", "connect tcp a.example 80", "connect tcp 10.0.0.1 80\n" },
	{ "connect tcp a.example 80", "connect tcp * 80", "" },
	{ "connect tcp * 80 prefer", "connect tcp * 80", "connect tcp * 80 prefer\n" },
	{ "connect tcp * 80", "connect tcp * 80 prefer", "" },
	{ "listen tcp 80 prefer", "listen tcp 80 prefer", "" },
	{ "unix /a prefer", "unix /a", "unix /a prefer\n" },
	{ "unix /a", "unix /a prefer", "" },
	{ "listen tcp 127.0.0.1 80", "listen tcp 80", "" },
	{ "listen tcp 80", "listen tcp 127.0.0.1 80", "listen tcp 80\n" },
	{ "listen tcp 80", "connect tcp * 80", "listen tcp 80\n" },
	/* who, and what is passed in */
	{ "user a", "user a", "" },
	{ "user a", "user b", "user a\nwithout user b\n" },
	{ "user a", "", "user a\n" },
	{ "", "user a", "without user a\n" },
	{ "user a prefer", "user a", "without user a\n" },
	{ "group a", "group b", "group a\nwithout group b\n" },
	{ "keep-capability chown kill", "keep-capability kill", "keep-capability chown\n" },
	{ "env A B=1", "env A B=1 C", "" },
	{ "env A", "env A=1", "env A\n" },
	{ "env A=1", "env A", "env A=1\n" },
	{ "env A=1", "env A=2", "env A=1\n" },
	{ "fd 3", "fd 3", "" },
	{ "fd 3 read", "fd 3", "" },
	{ "fd 3", "fd 3 read", "fd 3\n" },
	{ "fd 3 read", "fd 3 write", "fd 3 read\n" },
	{ "fd 3", "fd 4", "fd 3\n" },
	{ "", "fd 0 read", "without fd 0 read\n" },
	{ "fd 0", "fd 0 read", "fd 0\nwithout fd 0 read\n" },
	{ "", "fd 0", "" },
	{ "", "fd 3 read", "" },
	{ "broker open", "broker open log", "" },
	{ "broker open", "broker log", "broker open\n" },
	/* the policy itself */
	{ "label a", "", "" },
	{ "label a", "label b", "without label b\n" },
	{ "", "label a", "without label a\n" },
	{ "need time-namespace must", "", "" },
	{ "on-denial error", "", "" },
	{ "on-denial kill", "", "on-denial kill\n" },
	{ "", "on-denial kill", "without on-denial kill\n" },
	{ "check-fails direct callback indirect", "", "" },
	{ "", "check-fails indirect callback direct", "" },
	{ "check-fails direct callback indirect library", "", "" },
	{ "check-fails callback direct", "", "check-fails direct callback\n" },
	{ "check-fails none", "", "check-fails none\n" },
	{ "", "check-fails none", "" },
	{ "", "check-fails direct library", "without check-fails direct library\n" },
	{ "check-fails direct callback", "check-fails direct library",
	  "check-fails direct callback\nwithout check-fails direct library\n" },
	{ "check-fails direct library", "check-fails library", "" },
	{ "need landlock must", "", "" },
	{ "", "need landlock must", "without need landlock must\n" },
	{ "need landlock prefer", "", "need landlock prefer\n" },
	{ "need landlock off", "need landlock prefer",
	  "need landlock off\nwithout need landlock prefer\n" },
	{ "need landlock must", "need landlock off", "" },
	{ "", "need landlock prefer", "" },
	/* made only where they are asked for */
	{ "", "need time-namespace prefer", "without need time-namespace prefer\n" },
	{ "", "need time-namespace must", "without need time-namespace must\n" },
	{ "", "need time-namespace off", "" },
	{ "need time-namespace off", "", "" },
	{ "need time-namespace prefer", "", "" },
	{ "need time-namespace must", "need time-namespace prefer", "" },
	{ "", "need net-namespace prefer", "without need net-namespace prefer\n" },
	{ "need net-namespace prefer", "", "need net-namespace prefer\n" },
	{ "need net-namespace must", "", "" },
	{ "", "need net-namespace off", "" },
	{ "syscall a", "syscall a", "" },
	{ "syscall a", "", "syscall a\n" },
	{ "syscall a { arg 0 = 1 }", "syscall a", "" },
	{ "syscall a", "syscall a { arg 0 = 1 }", "syscall a\n" },
	{ "syscall a { arg 0 = 1\narg 1 != 2 }", "syscall a { arg 1 != 2 }", "" },
	{ "syscall a { arg 0 = 1 }", "syscall a { arg 0 = 2 }", "syscall a {\n\targ 0 = 0x1\n}\n" },
	{ "syscall a { answer EPERM }", "", "" },
	{ "", "syscall a { answer EPERM }", "without syscall a {\n\tanswer EPERM\n}\n" },
	/* bundles count by what they hold, and are named when nothing of them is covered */
	{ "use locale", "use locale", "" },
	{ "use locale", "read /usr /etc", "" },
	{ "use locale", "", "use locale\n" },
	{ "use locale", "read /usr",
	  "read /etc/locale.alias optional\nread /etc/localtime optional\n"
	  "read /etc/timezone optional\n" },
	{ "read /usr/share/locale", "use locale", "" },
	{ "use compute", "use compute", "" },
	{ "use compute", "", "" },
	{ "", "use compute", "without compute\n" },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

TEST(pairs)
{
	for (size_t i = 0; i < ROWS; i++)
		check_within(rows[i][0], rows[i][1], rows[i][2]);
}

TEST(within_itself)
{
	for (size_t i = 0; i < ROWS; i++) {
		check_within(rows[i][0], rows[i][0], "");
		check_within(rows[i][1], rows[i][1], "");
	}
}

/* Restrictions and single values aside, a union holds both its parts. */
static bool only_grants(const char *text)
{
	static const char *const not [] = { "hide",    "limit", "user",	      "group",	"on-denial",
					    "need",    "tmp",	"env",	      "answer", "fd",
					    "compute", "label", "check-fails" };

	for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		if (strstr(text, not [i]))
			return false;
	return true;
}

static bool merged(struct ambit_policy *p, const char *a, const char *b)
{
	struct ambit_policy second = { 0 };
	enum ambit_code code;

	add_text(p, a);
	add_text(&second, b);
	code = policy_merge(p, &second, NULL);
	policy_done(&second);
	return code == AMBIT_OK;
}

TEST(union_holds_its_parts)
{
	int unions = 0;

	for (size_t i = 0; i < ROWS * ROWS; i++) {
		const char *a = rows[i / ROWS][0], *b = rows[i % ROWS][1];
		struct ambit_policy p = { 0 }, part = { 0 };
		bool is = false;

		if (!only_grants(a) || !only_grants(b))
			continue;
		CHECK(merged(&p, a, b));
		add_text(&part, i % 2 ? a : b);
		CHECK_INT(policy_within(&part, &p, &host, &is, NULL, NULL), AMBIT_OK);
		CHECK(is);
		unions++;
		policy_done(&p);
		policy_done(&part);
	}
	CHECK(unions > 1000);
}

/* Order does not matter: a with b is b with a, and both are what parsing both gives. */
TEST(merge_is_a_union)
{
	int equal = 0, refused = 0;

	for (size_t i = 0; i < ROWS * ROWS; i++) {
		const char *a = rows[i / ROWS][0], *b = rows[i % ROWS][1];
		struct ambit_policy ab = { 0 }, ba = { 0 }, both = { 0 };
		bool good = merged(&ab, a, b);
		struct buf x = { 0 }, y = { 0 };

		CHECK_INT(merged(&ba, b, a), good);
		add_text(&both, a);
		CHECK_INT(try_parse(&both, b, NULL) == AMBIT_OK, good);
		policy_print(&ab, &x);
		policy_print(good ? &ba : &both, &y);
		CHECK_STR(buf_text(&x), buf_text(&y));
		equal += good;
		refused += !good;
		buf_done(&x);
		buf_done(&y);
		policy_done(&ab);
		policy_done(&ba);
		policy_done(&both);
	}
	CHECK(equal > 1000);
	CHECK(refused > 40);
}

/* Take any one grant out, and what is left no longer covers the whole. */
TEST(every_grant_counts)
{
	static const char text[] =
		"read /a\nwrite /b\nexec /c\nunix /d\ntmp 1M\nattributes\nspawn\njit\nterminal\n"
		"connect tcp 10.0.0.1 1\nconnect udp example 2\nlisten tcp 3\nuser u\ngroup g\n"
		"keep-capability chown\nenv A B=1\nfd 3\nbroker log\non-denial kill\n"
		"check-fails direct\n"
		"syscall s\nneed landlock off\n";
	struct ambit_policy whole = { 0 };

	add_text(&whole, text);
	for (size_t i = 0; i < whole.count; i++) {
		struct ambit_policy less = whole;
		struct grant grants[32];
		bool is = true;

		CHECK(whole.count <= 32);
		memcpy(grants, whole.grants, whole.count * sizeof(grants[0]));
		grants[i] = grants[whole.count - 1];
		less.grants = grants;
		less.count--;
		CHECK_INT(policy_within(&whole, &less, &host, &is, NULL, NULL), AMBIT_OK);
		NOTE("grant %zu of right %u", i, (unsigned)whole.grants[i].right);
		CHECK(!is);
		is = false;
		CHECK_INT(policy_within(&whole, &whole, &host, &is, NULL, NULL), AMBIT_OK);
		CHECK(is);
	}
	policy_done(&whole);
}

/* The copy stands alone: the other policy may end, and may be the same one. */
TEST(merge_copies)
{
	struct ambit_policy p = { 0 }, other = { 0 };
	static const char text[] = "read /a\nconnect tcp h 1\nenv A=b\nuse locale\n";
	char place[32];

	add_text(&other, text);
	add_text(&other, "syscall a { arg 1 = 2 }");
	CHECK_INT(policy_merge(&p, &other, NULL), AMBIT_OK);
	CHECK_INT(p.count, other.count);
	policy_done(&other);
	check_prints(&p, "read /a\nconnect tcp h 1\nenv A=b\nsyscall a {\n\targ 1 = 0x2\n}\n"
			 "use locale\n");
	CHECK_STR(origin_text(&p.grants[0].origin, place, sizeof(place)), "t:1:6");
	CHECK_INT(policy_merge(&p, &p, NULL), AMBIT_OK);
	check_prints(&p, "read /a\nconnect tcp h 1\nenv A=b\nsyscall a {\n\targ 1 = 0x2\n}\n"
			 "use locale\n");
	policy_done(&p);
}

TEST(merge_refused)
{
	struct ambit_policy p = { 0 }, other = { 0 };
	struct ambit_error err = { 0 };

	add_text(&p, "user a\nread /a");
	add_text(&other, "read /b\nuser b");
	CHECK_INT(policy_merge(&p, &other, &err), AMBIT_E_CONFLICT);
	CHECK_STR(err.text, "t:2:6: 'user b' contradicts 'user a' at t:1:6");
	check_prints(&p, "read /a\nuser a\n");
	policy_done(&p);
	policy_done(&other);
}

TEST(merge_too_much)
{
	struct ambit_policy p = { 0 }, other = { 0 };
	struct ambit_error err = { 0 };
	struct buf text = { 0 };

	for (int i = 0; i < 6000; i++)
		buf_add_format(&text, "read /%d\n", i);
	add_text(&p, buf_text(&text));
	add_text(&other, buf_text(&text));
	CHECK_INT(policy_merge(&p, &other, &err), AMBIT_E_RESOURCE);
	CHECK_STR(err.text, "more than 10000 grants in one policy");
	CHECK_INT(p.count, 6000);
	policy_done(&p);
	policy_done(&other);
	buf_done(&text);
}
