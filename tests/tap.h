/* SPDX-License-Identifier: ISC */
/*
 * tap.h - the test harness: one process a test, the exit status is the verdict
 *
 * A file defines tests with TEST(name) { ... }; main() is in tap.c. Each test runs forked, in a
 * process group of its own, with a timeout; what it leaves in that group is killed. 0 passes, 77
 * skips, all else fails, so a test may install a filter that allows nothing but exit_group. A
 * failing CHECK ends the process it stands in, and fails the test even where that is a child
 * whose status nobody looks at. Standard output and error are the stream of diagnostics.
 *
 * PROGRAM [NAME...] runs the tests whose names begin with a NAME. AMBIT_MUST=1 makes skips
 * failures; TAP_SLOW=N (1 to 9) makes every timeout N times as long.
 */
#ifndef AMBIT_TESTS_TAP_H
#define AMBIT_TESTS_TAP_H

#include <stdbool.h>
#include <stddef.h>

struct tap_test {
	const char *name;
	void (*run)(void);
	int line, seconds;
};

#define TEST(name) TEST_TIMEOUT(name, 20)
#define TEST_TIMEOUT(name, seconds)                                                                \
	static void test_##name(void);                                                             \
	static const struct tap_test tap_of_##name = { #name, test_##name, __LINE__, (seconds) };  \
	static const struct tap_test *tap_entry_##name                                             \
		__attribute__((used, section("tap_tests"))) = &tap_of_##name;                      \
	static void test_##name(void)

/* Tests that load filters are left out under a sanitizer: its runtime makes calls of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define TAP_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TAP_SANITIZED 1
#endif
#endif
#ifndef TAP_SANITIZED
#define TAP_SANITIZED 0
#endif

/* The condition holds; two integers, or strings, are equal; @part occurs in @text. */
#define CHECK(condition) ((condition) ? (void)0 : tap_fail(__FILE__, __LINE__, "%s", #condition))
#define CHECK_INT(actual, expected)                                                                \
	tap_int(__FILE__, __LINE__, #actual, (long long)(actual), (long long)(expected))
#define CHECK_STR(actual, expected) tap_str(__FILE__, __LINE__, #actual, (actual), (expected), true)
#define CHECK_HAS(text, part)	    tap_str(__FILE__, __LINE__, #text, (text), (part), false)
/* End the test as skipped. */
#define SKIP(why) tap_skip(why)
/* A diagnostic, shown with the log of a failing test. */
#define NOTE(...) tap_note(__VA_ARGS__)

_Noreturn void tap_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
_Noreturn void tap_skip(const char *why);
/*
 * Make a directory, 0755, whose name goes to @ret_path. The runner removes it, with all that is in
 * it, when the test has ended: a test that confined itself cannot.
 */
void tap_directory(char *ret_path, size_t size);
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tap_int(const char *file, int line, const char *what, long long actual, long long expected);
void tap_str(const char *file, int line, const char *what, const char *actual, const char *expected,
	     bool whole);

#endif
