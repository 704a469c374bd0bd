/* SPDX-License-Identifier: ISC */
/* The exported functions on policies, as a program sees them: ambit.h and nothing else. */
#include "../../include/ambit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../tap.h"

static struct ambit_policy *parsed(const char *text)
{
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_error err;

	CHECK(p != NULL);
	CHECK_INT(ambit_policy_parse(p, text, strlen(text), NULL, &err), AMBIT_OK);
	CHECK_INT(err.code, AMBIT_OK);
	return p;
}

static void check_text(const struct ambit_policy *p, const char *expected)
{
	char *text = NULL;

	CHECK_INT(ambit_policy_print(p, &text, NULL), AMBIT_OK);
	CHECK_STR(text, expected);
	free(text);
}

TEST(life)
{
	struct ambit_policy *p = parsed("read /b /a");

	check_text(p, "read /a\nread /b\n");
	ambit_policy_free(p);
	ambit_policy_free(NULL);
	p = ambit_policy_new();
	check_text(p, "");
	ambit_policy_free(p);
}

TEST(refusals)
{
	struct ambit_policy *p = parsed("user a"), *other = parsed("user b");
	struct ambit_error err;

	memset(&err, 0x5a, sizeof(err)); /* what was there before does not matter */
	CHECK_INT(ambit_policy_parse(p, "raed", 4, NULL, &err), AMBIT_E_POLICY);
	CHECK_STR(err.text, "policy:1:1: unknown keyword 'raed'");
	CHECK_STR(err.hint, "did you mean 'read'?");
	CHECK_INT(err.line, 1);
	CHECK_INT(ambit_policy_parse(p, "user b", 6, "mine", &err), AMBIT_E_CONFLICT);
	CHECK_STR(err.text, "mine:1:6: 'user b' contradicts 'user a' at policy:1:6");
	CHECK_INT(ambit_policy_load(p, "/nonexistent/x", &err), AMBIT_E_NOT_FOUND);
	CHECK_STR(err.text, "cannot read the policy file '/nonexistent/x'");
	CHECK_INT(err.line, 0);
	CHECK_INT(ambit_policy_add(p, "tmp", "x", &err), AMBIT_E_POLICY);
	CHECK_STR(err.text, "--tmp: not a size: 'x'");
	CHECK_INT(ambit_policy_merge(p, other, &err), AMBIT_E_CONFLICT);
	CHECK_INT(ambit_policy_merge(p, other, NULL), AMBIT_E_CONFLICT);
	check_text(p, "user a\n");
	CHECK_INT(ambit_policy_add(p, "read", "/a b", &err), AMBIT_OK);
	CHECK_INT(err.code, AMBIT_OK);
	CHECK_STR(err.text, "");
	check_text(p, "read \"/a b\"\nuser a\n");
	ambit_policy_free(p);
	ambit_policy_free(other);
}

TEST(null_arguments)
{
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_error err;
	char *text = NULL;
	bool is = false;

	CHECK_INT(ambit_policy_load(NULL, "x", &err), AMBIT_E_USAGE);
	CHECK_STR(err.text, "ambit_policy_load() was called with a NULL argument");
	CHECK_INT(ambit_policy_load(p, NULL, NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_policy_parse(NULL, "", 0, NULL, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_policy_parse(p, NULL, 1, NULL, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_policy_parse(p, NULL, 0, NULL, &err), AMBIT_OK);
	CHECK_INT(ambit_policy_add(NULL, "jit", NULL, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_policy_add(p, NULL, NULL, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_policy_merge(NULL, p, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_policy_merge(p, NULL, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_policy_print(NULL, &text, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_policy_print(p, NULL, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_policy_within(NULL, p, &is, &text, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_policy_within(p, NULL, &is, &text, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_policy_within(p, p, NULL, &text, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_policy_within(p, p, &is, NULL, &err), AMBIT_OK);
	CHECK_INT(ambit_policy_format(NULL, 1, NULL, &text, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_policy_format("", 0, NULL, NULL, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_help("read", NULL, &err), AMBIT_E_USAGE);
	CHECK(!ambit_keyword_at(0, NULL));
	CHECK(text == NULL);
	ambit_policy_free(p);
}

/* Who did not ask whether the thing was made is told so, and does not crash. */
TEST(handles_that_are_not_there)
{
	struct ambit_status status = { sizeof(status), 0, 0, false };
	struct ambit_group_event event = AMBIT_GROUP_EVENT_INIT;
	struct ambit_untrusted u = AMBIT_UNTRUSTED_INIT;
	struct ambit_report_line line = { .size = sizeof(line) };
	struct ambit_error err;

	CHECK_INT(ambit_plan_gaps(NULL), 0);
	CHECK(!ambit_report_at(NULL, 0, &line));
	CHECK_INT(ambit_box_pidfd(NULL), -1);
	CHECK_INT(ambit_box_wait(NULL, 0, &status, &err), AMBIT_E_USAGE);
	CHECK_STR(err.text, "a box or a result is NULL");
	CHECK_INT(ambit_box_status(NULL, &status, NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_box_signal(NULL, 9, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_worker_fd(NULL), -1);
	CHECK_INT(ambit_call(NULL, "x", 1, &u, 0, &err), AMBIT_E_USAGE);
	CHECK_INT(ambit_pool_call(NULL, "x", 1, &u, 0, &err), AMBIT_E_USAGE);
	ambit_channel_begin(NULL, "x");
	ambit_channel_put_integer(NULL, "x", 1);
	ambit_channel_put_bytes(NULL, "x", "y", 1);
	ambit_channel_put_text(NULL, "x", "y");
	ambit_channel_put_descriptor(NULL, "x", 0);
	CHECK_INT(ambit_channel_send(NULL, 0, &err), AMBIT_E_USAGE);
	ambit_channel_phase(NULL, 1);
	CHECK_INT(ambit_channel_receive(NULL, 0, &err), AMBIT_E_USAGE);
	CHECK(!ambit_channel_message(NULL));
	CHECK_INT(ambit_channel_fd(NULL), -1);
	CHECK_STR(ambit_process_name(NULL), "");
	CHECK(!ambit_process_channel(NULL, AMBIT_CALLER));
	CHECK_INT(ambit_process_fd(NULL), -1);
	CHECK_INT(ambit_group_fd(NULL), -1);
	CHECK_INT(ambit_group_wait(NULL, 0, &event, &err), AMBIT_E_USAGE);
}

TEST(within)
{
	struct ambit_policy *p = parsed("read /a/b\nspawn"), *q = parsed("read /a");
	char *more = NULL;
	bool is = true;

	CHECK_INT(ambit_policy_within(p, q, &is, &more, NULL), AMBIT_OK);
	CHECK(!is);
	CHECK_STR(more, "spawn\n");
	free(more);
	CHECK_INT(ambit_policy_add(q, "spawn", NULL, NULL), AMBIT_OK);
	CHECK_INT(ambit_policy_within(p, q, &is, &more, NULL), AMBIT_OK);
	CHECK(is);
	CHECK_STR(more, "");
	free(more);
	CHECK_INT(ambit_policy_merge(p, q, NULL), AMBIT_OK);
	check_text(p, "read /a\nread /a/b\nspawn\n");
	ambit_policy_free(p);
	ambit_policy_free(q);
}

/* No line grants it, and every program may see it all the same. */
TEST(within_what_every_program_gets)
{
	struct ambit_policy *none = parsed(""), *less = parsed("hide /usr/share/zoneinfo");
	char *more = NULL;
	bool is = true;

	CHECK_INT(ambit_policy_within(none, less, &is, &more, NULL), AMBIT_OK);
	CHECK(!is);
	CHECK_STR(more, "without hide /usr/share/zoneinfo\n");
	CHECK_INT(ambit_policy_within(less, none, &is, NULL, NULL), AMBIT_OK);
	CHECK(is);
	free(more);
	ambit_policy_free(none);
	ambit_policy_free(less);
}

TEST(format)
{
	struct ambit_error err;
	char *text = NULL;

	CHECK_INT(ambit_policy_format(" spawn  # x", 11, NULL, &text, &err), AMBIT_OK);
	CHECK_STR(text, "spawn # x\n");
	free(text);
	text = NULL;
	CHECK_INT(ambit_policy_format("user", 4, "f", &text, &err), AMBIT_E_POLICY);
	CHECK_STR(err.text, "f:1:1: 'user' needs more words after it");
	CHECK(text == NULL);
}

TEST(keywords)
{
	struct ambit_keyword k = { .size = sizeof(k) };
	size_t count = 0;
	bool spawn = false;

	for (; ambit_keyword_at(count, &k); count++) {
		CHECK(k.size == sizeof(k) && k.name[0] && k.help[0]);
		CHECK_INT(k.takes_argument, k.arguments[0] != '\0');
		CHECK(strcmp(k.name, "compute") != 0);
		spawn |= !strcmp(k.name, "spawn") && !k.takes_argument;
	}
	CHECK_INT(count, 30);
	CHECK(spawn);
	/* a caller that knows less is given less */
	k = (struct ambit_keyword){ .size = offsetof(struct ambit_keyword, help), .help = "mine" };
	CHECK(ambit_keyword_at(0, &k));
	CHECK_STR(k.name, "read");
	CHECK_STR(k.help, "mine");
}

TEST(help)
{
	struct ambit_error err;
	char *text = NULL;

	CHECK_INT(ambit_help(NULL, &text, &err), AMBIT_OK);
	CHECK_HAS(text, "connect tcp|udp HOST PORT");
	free(text);
	CHECK_INT(ambit_help("locale", &text, &err), AMBIT_OK);
	CHECK_HAS(text, "zoneinfo");
	free(text);
	text = NULL;
	CHECK_INT(ambit_help("locael", &text, &err), AMBIT_E_NOT_FOUND);
	CHECK_STR(err.hint, "did you mean 'locale'?");
	CHECK(text == NULL);
}

/* Nobody wants the sentence: the code is the same. */
TEST(codes_do_not_need_an_error)
{
	struct ambit_policy *p = ambit_policy_new();
	char missing[] = "/nonexistent/program", text[] = "/etc/passwd";
	char *argv_missing[] = { missing, NULL }, *argv_text[] = { text, NULL };
	struct ambit_status status = { sizeof(status), 0, 0, false };
	struct ambit_plan *plan = NULL;
	struct ambit_box *box = NULL;

	CHECK_INT(ambit_policy_add(p, "raed", "/x", NULL), AMBIT_E_POLICY);
	CHECK_INT(ambit_policy_load(p, "/nonexistent", NULL), AMBIT_E_NOT_FOUND);
	CHECK_INT(ambit_policy_load(p, NULL, NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_plan_build(p, argv_missing, NULL, &plan, NULL), AMBIT_E_NOT_FOUND);
	CHECK_INT(ambit_spawn(p, argv_missing, NULL, &box, NULL), AMBIT_E_NOT_FOUND);
	CHECK_INT(ambit_spawn(p, argv_text, NULL, &box, NULL), AMBIT_E_NOT_EXECUTABLE);
	CHECK_INT(ambit_run(p, argv_missing, NULL, &status, NULL), AMBIT_E_NOT_FOUND);
	CHECK(!plan && !box);
	ambit_policy_free(p);
}

/* A result is needed before the program runs, not after; nobody stays to write a status. */
TEST(what_cannot_be_told_is_not_begun)
{
	struct ambit_options options = AMBIT_OPTIONS_INIT;
	struct ambit_policy *p = ambit_policy_new();
	char program[] = "true";
	char *argv[] = { program, NULL };
	struct ambit_box *box = NULL;
	struct ambit_error err;

	CHECK_INT(ambit_run(p, argv, NULL, NULL, &err), AMBIT_E_USAGE);
	CHECK_STR(err.text, "a result is needed");
	options.status_fd = 1;
	CHECK_INT(ambit_run(p, argv, &options, NULL, NULL), AMBIT_E_USAGE);
	CHECK_INT(ambit_spawn(p, argv, &options, &box, &err), AMBIT_E_USAGE);
	CHECK_HAS(err.text, "status_fd");
	CHECK_HAS(err.hint, "ambit_run()");
	CHECK(!box);
	ambit_policy_free(p);
}

/* Or the program would write the status in our place. */
TEST(what_the_status_goes_to_does_not_pass)
{
	struct ambit_options options = AMBIT_OPTIONS_INIT;
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_status status = { .size = sizeof(status) };
	char program[] = "true", text[256] = "";
	char *argv[] = { program, NULL };
	struct ambit_error err;
	int ends[2];

	CHECK(!pipe(ends));
	(void)snprintf(text, sizeof(text), "fd %d\n", ends[0]);
	CHECK_INT(ambit_policy_parse(p, text, strlen(text), "p", &err), AMBIT_OK);
	options.status_fd = ends[1];
	CHECK_INT(ambit_run(p, argv, &options, &status, &err), AMBIT_E_POLICY);
	CHECK_INT(err.layer, AMBIT_LAYER_FDS);
	CHECK_INT(err.sys_errno, 0);
	CHECK_HAS(err.text, "p:1:");
	CHECK_HAS(err.text, "is what the status is written to");
	CHECK(read(ends[0], text, sizeof(text) - 1) > 0);
	CHECK_HAS(text, "\"refused\"");
	ambit_policy_free(p);
}

TEST(a_program_that_is_not_found_leaves_the_results)
{
	char directory[64], program[96], here[] = "here";
	char *path = here;
	int fd = 77;

	tap_directory(directory, sizeof(directory));
	(void)snprintf(program, sizeof(program), "%s/none", directory);
	CHECK_INT(ambit_program_open(program, NULL, &fd, &path, NULL), AMBIT_E_NOT_FOUND);
	CHECK_INT(ambit_program_open(directory, NULL, &fd, &path, NULL), AMBIT_E_NOT_EXECUTABLE);
	CHECK(fd == 77 && path == here);
	/* The control. */
	CHECK_INT(ambit_program_open("/proc/self/exe", NULL, &fd, &path, NULL), AMBIT_OK);
	CHECK(fd != 77 && path != here && close(fd) == 0);
	free(path);
}

TEST(a_program_is_open_for_reading)
{
	static const int flags[] = { O_PATH, O_WRONLY };
	struct ambit_policy *p = parsed("");
	char directory[64], program[96];
	struct ambit_error err;
	bool found = true;

	tap_directory(directory, sizeof(directory));
	(void)snprintf(program, sizeof(program), "%s/program", directory);
	CHECK_INT(ambit_policy_embed(p, "/proc/self/exe", program, &err), AMBIT_OK);
	for (size_t i = 0; i <= sizeof(flags) / sizeof(*flags); i++) {
		int fd = i < 2 ? open(program, flags[i] | O_CLOEXEC) : -1; /* and one closed */

		CHECK_INT(ambit_policy_embedded(p, fd, "it", &found, &err), AMBIT_E_USAGE);
		CHECK_HAS(err.text, "not open for reading");
		CHECK(found);
		if (fd >= 0)
			close(fd);
	}
	ambit_policy_free(p);
}

/* What is said of a program's policy is said of one that was taken. */
TEST(an_embedded_policy_that_fails_leaves_the_result)
{
	struct ambit_policy *p = parsed("user a"), *carried = parsed("user b");
	char directory[64], program[96];
	struct ambit_error err;
	int fd, none = open("/dev/null", O_RDONLY | O_CLOEXEC);

	tap_directory(directory, sizeof(directory));
	(void)snprintf(program, sizeof(program), "%s/program", directory);
	CHECK_INT(ambit_policy_embed(carried, "/proc/self/exe", program, &err), AMBIT_OK);
	fd = open(program, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	for (int preset = 0; preset < 2; preset++) {
		bool found = preset;

		CHECK_INT(ambit_policy_embedded(p, fd, "it", &found, NULL), AMBIT_E_CONFLICT);
		CHECK_INT(found, preset);
		CHECK_INT(chmod(program, 0777), 0);
		CHECK_INT(ambit_policy_embedded(carried, fd, "it", &found, NULL), AMBIT_E_DENIED);
		CHECK_INT(found, preset);
		CHECK_INT(chmod(program, 0755), 0);
		CHECK_INT(ambit_policy_embedded(carried, fd, "it", &found, NULL), AMBIT_OK);
		CHECK(found);
		CHECK_INT(ambit_policy_embedded(carried, none, "it", &found, NULL), AMBIT_OK);
		CHECK(!found);
	}
	check_text(p, "user a\n");
	ambit_policy_free(p);
	ambit_policy_free(carried);
	close(fd);
	close(none);
}
