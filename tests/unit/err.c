/* SPDX-License-Identifier: ISC */
#include "../../src/base/err.h"
#include "../tap.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

TEST(set_fills_every_field)
{
	struct ambit_error err = { 0 };

	errno = EBUSY;
	CHECK_INT(err_set(&err, AMBIT_E_DENIED, AMBIT_LAYER_MOUNT, EPERM, "cannot bind %s", "/usr"),
		  AMBIT_E_DENIED);
	CHECK_INT(err.code, AMBIT_E_DENIED);
	CHECK_INT(err.layer, AMBIT_LAYER_MOUNT);
	CHECK_INT(err.sys_errno, EPERM);
	CHECK_STR(err.text, "cannot bind /usr");
	CHECK_STR(err.hint, "");
}

TEST(the_first_failure_wins)
{
	struct ambit_error err = { 0 };

	(void)err_set(&err, AMBIT_E_POLICY, 0, 0, "first");
	CHECK_INT(err_set(&err, AMBIT_E_RESOURCE, 0, ENOMEM, "second"), AMBIT_E_RESOURCE);
	CHECK_INT(err.code, AMBIT_E_POLICY);
	CHECK_INT(err.sys_errno, 0);
	CHECK_STR(err.text, "first");
	(void)err_hint(&err, "cure");
	CHECK_INT(err_hint(&err, "another"), AMBIT_E_POLICY);
	CHECK_STR(err.hint, "cure");
	err_at(&err, 3, 7);
	err_at(&err, 9, 9);
	CHECK_INT(err.line, 3);
	CHECK_INT(err.column, 7);
}

TEST(null_is_allowed_everywhere)
{
	CHECK_INT(err_set(NULL, AMBIT_E_POLICY, 0, 0, "x"), AMBIT_E_POLICY);
	CHECK_INT(err_memory(NULL, 0), AMBIT_E_RESOURCE);
	CHECK_INT(err_hint(NULL, "x"), AMBIT_E_INTERNAL);
	CHECK_INT(err_prefix(NULL, "x"), AMBIT_E_INTERNAL);
	CHECK_INT(err_exhausted(NULL), AMBIT_E_INTERNAL);
	err_at(NULL, 1, 1);
	err_clear(NULL);
}

TEST(prefix_puts_context_before)
{
	struct ambit_error err = { 0 };

	(void)err_set(&err, AMBIT_E_NOT_FOUND, 0, ENOENT, "no such file");
	CHECK_INT(err_prefix(&err, "include %d", 4), AMBIT_E_NOT_FOUND);
	CHECK_STR(err.text, "include 4: no such file");
}

/* A name may be anything, and a sentence that is too long is cut anywhere. */
TEST(sentences_are_text)
{
	static const char pound[] = "\xc2\xa3";
	struct ambit_error err = { 0 };
	char longer[sizeof(err.text) + 8] = "";

	(void)err_set(&err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_NONE, 0, "%s",
		      "\xc3\xa9\033[\x9b\xc2\x9b\xe2\x80\xae.");
	CHECK_STR(err.text, "\xc3\xa9?[??"
			    "????.");
	(void)err_hint(&err, "%s", "\xc2\x85!");
	CHECK_STR(err.hint, "?"
			    "?!");
	for (size_t i = 0; i + 2 < sizeof(longer); i += 2)
		memcpy(longer + i, pound, 2);
	err = (struct ambit_error){ 0 };
	(void)err_set(&err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_NONE, 0, "%s", longer);
	CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
	CHECK_STR(err.text + sizeof(err.text) - 4, "\xc2\xa3?");
}

TEST(long_sentences_are_cut_not_overrun)
{
	struct ambit_error err = { 0 };
	char longer[sizeof(err.text) * 2];

	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	(void)err_set(&err, AMBIT_E_POLICY, 0, 0, "%s", longer);
	CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
	(void)err_hint(&err, "%s", longer);
	CHECK_INT(strlen(err.hint), sizeof(err.hint) - 1);
	(void)err_prefix(&err, "where");
	CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
	CHECK(!strncmp(err.text, "where: aaa", 10));
	(void)err_prefix(&err, "%s", longer);
	CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
}

TEST(clear_leaves_zeros)
{
	static const struct ambit_error zero;
	struct ambit_error err;

	memset(&err, 0xff, sizeof(err));
	err_clear(&err);
	CHECK(!memcmp(&err, &zero, sizeof(err)));
}

TEST(memory_is_a_resource)
{
	struct ambit_error err = { 0 };

	CHECK_INT(err_memory(&err, AMBIT_LAYER_SECCOMP), AMBIT_E_RESOURCE);
	CHECK_INT(err.layer, AMBIT_LAYER_SECCOMP);
	CHECK_INT(err.sys_errno, ENOMEM);
	CHECK_STR(err.text, "out of memory");
}

TEST(exhausted_never_looks_like_missing)
{
	static const int exhausted[] = { ENOMEM, EAGAIN, ENOSPC, EMFILE, ENFILE, EUSERS, EDQUOT };
	static const int missing[] = { ENOSYS, EOPNOTSUPP, EINVAL };

	for (size_t i = 0; i < ARRAY_COUNT(exhausted); i++)
		CHECK_INT(err_code_of_errno(exhausted[i]), AMBIT_E_RESOURCE);
	for (size_t i = 0; i < ARRAY_COUNT(missing); i++)
		CHECK_INT(err_code_of_errno(missing[i]), AMBIT_E_UNSUPPORTED);
}

TEST(what_is_used_up_has_a_cure)
{
	struct ambit_error err = { 0 };

	CHECK_INT(err_set(&err, err_code_of_errno(EMFILE), AMBIT_LAYER_HOST, EMFILE, "x"),
		  AMBIT_E_RESOURCE);
	CHECK_INT(err_exhausted(&err), AMBIT_E_RESOURCE);
	CHECK(strstr(err.hint, "ulimit -n") != NULL);
	/* Killed while it asked about the host: no resource, and it has a cure all the same. */
	err = (struct ambit_error){ 0 };
	CHECK_INT(err_set(&err, err_code_of_errno(ECHILD), AMBIT_LAYER_HOST, ECHILD, "x"),
		  AMBIT_E_CHILD);
	CHECK_INT(err_exhausted(&err), AMBIT_E_CHILD);
	CHECK(strstr(err.hint, "killed") != NULL);
	/* The control: what is neither keeps what it has. */
	err = (struct ambit_error){ 0 };
	CHECK_INT(err_set(&err, err_code_of_errno(EACCES), AMBIT_LAYER_HOST, EACCES, "x"),
		  AMBIT_E_DENIED);
	CHECK_INT(err_exhausted(&err), AMBIT_E_DENIED);
	CHECK_STR(err.hint, "");
}

TEST(other_errnos)
{
	CHECK_INT(err_code_of_errno(EPERM), AMBIT_E_DENIED);
	CHECK_INT(err_code_of_errno(EACCES), AMBIT_E_DENIED);
	CHECK_INT(err_code_of_errno(ENOENT), AMBIT_E_NOT_FOUND);
	CHECK_INT(err_code_of_errno(ENOEXEC), AMBIT_E_NOT_EXECUTABLE);
	CHECK_INT(err_code_of_errno(EXDEV), AMBIT_E_INTERNAL);
	CHECK_INT(err_code_of_errno(INT_MIN), AMBIT_E_INTERNAL);
}

TEST(crosses_a_pipe_in_one_write)
{
	CHECK(sizeof(struct ambit_error) < PIPE_BUF);
}
