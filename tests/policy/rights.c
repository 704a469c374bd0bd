/* SPDX-License-Identifier: ISC */
/* The rights table, and the help that is made of it. */
#include "util.h"

#include "../../src/base/abi.h"
#include "../../src/base/class.h"
#include "../../src/base/str.h"
#include "../../src/policy/bundle.h"
#include "../../src/policy/promise.h"

TEST(rows)
{
	for (int i = 0; i < RIGHT_COUNT; i++) {
		const struct right_row *row = right_row((enum right)i);
		const struct right_row *found;

		CHECK(row != NULL);
		CHECK_INT(row->right, i);
		NOTE("%s", row->keyword);
		CHECK(row->keyword[0] && row->help[0] && row->detail[0] && row->example[0]);
		CHECK(strlen(row->help) <= 48 && row->help[strlen(row->help) - 1] != '.');
		CHECK(row->detail[strlen(row->detail) - 1] == '.');
		found = right_by_keyword(row->keyword, strlen(row->keyword));
		CHECK(found == row);
		CHECK(right_by_keyword(row->keyword, strlen(row->keyword) - 1) != row);
		CHECK((row->calls >> CALL_CLASS_COUNT) == 0);
		CHECK(!(row->landlock_file & ~LL_FS_ON_FILES));
		CHECK(!(row->landlock_file & ~row->landlock_dir));
	}
	CHECK(right_row(RIGHT_COUNT) == NULL);
	CHECK(right_by_keyword("readx", 5) == NULL);
	CHECK(right_by_keyword("", 0) == NULL);
}

/* No right makes device nodes or speaks of what no ABI knows. */
TEST(landlock_bits)
{
	uint64_t all = 0;

	for (int i = 0; i < RIGHT_COUNT; i++)
		all |= right_row((enum right)i)->landlock_dir;
	CHECK(!(all & (LL_FS_MAKE_CHAR | LL_FS_MAKE_BLOCK | LL_FS_IOCTL_DEV)));
	CHECK_INT(all | LL_FS_MAKE_CHAR | LL_FS_MAKE_BLOCK | LL_FS_IOCTL_DEV,
		  (LL_FS_RESOLVE_UNIX << 1) - 1);
	CHECK_INT(right_row(RIGHT_READ)->landlock_dir & LL_FS_WRITE_FILE, 0);
	CHECK_INT(right_row(RIGHT_WRITE)->landlock_dir & LL_FS_EXECUTE, 0);
}

TEST(examples)
{
	for (int i = 0; i < RIGHT_COUNT; i++) {
		const struct right_row *row = right_row((enum right)i);
		struct ambit_policy p = { 0 };

		if (row->right == RIGHT_INCLUDE || (row->flags & ROW_HIDDEN))
			continue;
		CHECK(str_starts(row->example, row->keyword));
		add_text(&p, row->example);
		CHECK(policy_has(&p, row->right));
		policy_done(&p);
	}
}

/* Every name of OpenBSD parses, by itself and with others; what it brings is in the table. */
TEST(promises)
{
	static const char all[] = "promises \"stdio rpath wpath cpath dpath tmppath inet mcast "
				  "fattr chown flock unix "
				  "dns getpw sendfd recvfd tape tty proc exec prot_exec settime ps "
				  "vminfo id pf route "
				  "wroute audio video bpf unveil error disklabel drm vmm\"";
	struct ambit_policy p = { 0 }, one = { 0 };
	const struct promise *row;
	size_t count = 0, at = 0;

	add_text(&p, all);
	while (policy_next(&p, RIGHT_PROMISES, &at))
		count++;
	for (size_t i = 0; i < count; i++) {
		row = promise_at(FAMILY_PROMISE, i);
		CHECK(row && row->help[0] && row->lines && strlen(row->help) <= 48);
		CHECK(!(row->flags & PROMISE_NOTHING) || (!row->calls && !row->landlock));
		CHECK((row->calls >> CALL_CLASS_COUNT) == 0);
		CHECK(!(row->landlock & (LL_FS_MAKE_CHAR | LL_FS_MAKE_BLOCK)));
	}
	CHECK(!promise_at(FAMILY_PROMISE, count));
	add_text(&one, "promises audio");
	CHECK_INT(one.count, 1);
	policy_done(&one);
	policy_done(&p);
}

static bool has_privilege(const struct ambit_policy *p, const char *name)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(p, RIGHT_PRIVILEGES, &at)) != NULL;)
		if (str_equal(g->name, name))
			return true;
	return false;
}

TEST(privileges)
{
	struct ambit_policy p = { 0 }, q = { 0 };
	struct ambit_error err = { 0 };

	add_text(&p, "privileges basic,!net_access,sys_time");
	CHECK(has_privilege(&p, "file_read") && has_privilege(&p, "sys_time"));
	CHECK(!has_privilege(&p, "net_access") && !has_privilege(&p, "net_privaddr"));
	CHECK(!policy_has(&p, RIGHT_CONNECT) && policy_has(&p, RIGHT_SPAWN));
	add_text(&q, "privileges all,!basic");
	CHECK(!has_privilege(&q, "proc_fork") && has_privilege(&q, "net_privaddr"));
	CHECK_INT(policy_add_directive(&q, "privileges", "basic,!nothing_such", &err),
		  AMBIT_E_POLICY);
	policy_done(&p);
	policy_done(&q);
}

/* Each modifier works on exactly the rows that say so. */
TEST(modifiers)
{
	for (int i = 0; i < RIGHT_COUNT; i++) {
		const struct right_row *row = right_row((enum right)i);
		static const char *const words[] = { " optional", " prefer" };
		static const uint32_t flags[] = { ROW_OPTIONAL, ROW_PREFER };

		/* there the word is an argument like others */
		if (row->flags & (ROW_HIDDEN | ROW_PATHS) || row->right == RIGHT_ENV ||
		    row->right == RIGHT_BROKER)
			continue;
		for (int m = 0; m < 2; m++) {
			struct ambit_policy p = { 0 };
			char text[128];

			CHECK(strlen(row->example) < 100);
			memcpy(text, row->example, strlen(row->example) + 1);
			memcpy(text + strlen(text), words[m], strlen(words[m]) + 1);
			NOTE("%s", text);
			CHECK_INT(try_parse(&p, text, NULL) == AMBIT_OK,
				  (row->flags & flags[m]) != 0);
			policy_done(&p);
		}
	}
}

TEST(names)
{
	CHECK_STR(limit_name(LIMIT_WALL_TIME), "wall-time");
	CHECK_STR(limit_name(LIMIT_KIND_COUNT), "?");
	CHECK_STR(layer_word(AMBIT_LAYER_MOUNT), "mount-view");
	CHECK_STR(layer_word((enum ambit_layer)99), "?");
}

TEST(suggestions)
{
	static const char *const rows[][2] = {
		{ "raed", "read" },	     { "wirte", "write" },
		{ "conect", "connect" },     { "terminl", "terminal" },
		{ "ondenial", "on-denial" }, { "checkfails", "check-fails" },
		{ "sycall", "syscall" },     { "pyhton", "python" },
		{ "dns-file", "dns-files" }, { "keepcapability", "keep-capability" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(policy_suggest(rows[i][0]), rows[i][1]);
	CHECK(policy_suggest("") == NULL);
	CHECK(policy_suggest("qqqq") == NULL);
	CHECK(policy_suggest("somethingelse") == NULL);
}

static void check_page(const char *topic, const char *part)
{
	struct ambit_error err = { 0 };
	struct buf page = { 0 };
	const char *line;

	CHECK_INT(policy_help(topic, &page, &err), AMBIT_OK);
	CHECK_HAS(buf_text(&page), part);
	for (line = buf_text(&page); *line; line = strchr(line, '\n') + 1) {
		NOTE("page of %s", topic ? topic : "all");
		CHECK(strcspn(line, "\n") <= 80);
	}
	buf_done(&page);
}

TEST(pages)
{
	const struct bundle *b;

	for (int i = 0; i < RIGHT_COUNT; i++) {
		const struct right_row *row = right_row((enum right)i);

		if (row->flags & ROW_HIDDEN)
			continue;
		check_page(NULL, row->help);
		check_page(row->keyword, row->help);
		check_page(row->keyword, row->example);
	}
	for (size_t i = 0; (b = bundle_at(i)); i++) {
		check_page(NULL, b->help);
		check_page(b->name, b->help);
		check_page(b->name, "version 1");
	}
	check_page("read", "Option:   --read PATH\n");
	check_page("spawn", "Option:   --spawn\n");
	check_page("connect", "Option:   --connect 'tcp|udp HOST PORT'\n");
	check_page("check-fails",
		   "Option:   --check-fails none|direct|callback|indirect|library\n");
	check_page("tls", "    read /etc/ssl/certs");
	/* a keyword and a bundle share the name */
	check_page("terminal", "TIOCSTI");
	check_page("terminal", "use terminal");
}

TEST(no_page)
{
	struct ambit_error err = { 0 };
	struct buf page = { 0 };

	CHECK_INT(policy_help("qqqq\x1b", &page, &err), AMBIT_E_NOT_FOUND);
	CHECK_STR(err.text, "no keyword or bundle is called 'qqqq\\x1b'");
	CHECK_STR(err.hint, "'ambit help' lists them");
	err = (struct ambit_error){ 0 };
	CHECK_INT(policy_help("raed", &page, &err), AMBIT_E_NOT_FOUND);
	CHECK_STR(err.hint, "did you mean 'read'?");
	CHECK_INT(page.length, 0);
	buf_done(&page);
}
