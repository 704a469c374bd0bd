/* SPDX-License-Identifier: ISC */
/* What a child reported of its start, in words and as a code. */
#include <errno.h>
#include <string.h>

#include "../../src/run/run.h"
#include "../tap.h"

static const struct {
	enum kit_where where;
	bool verifying;
	int sys_errno;
	enum ambit_code code;
	const char *says;
} told[] = {
	/* The leader was killed before the program's process asked to end with it. */
	{ WHERE_START, false, ESRCH, AMBIT_E_CHILD, "cannot start the confined process" },
	/* A directory to start in that is not there: the same place, and a name that is missing. */
	{ WHERE_START, false, ENOENT, AMBIT_E_NOT_FOUND, "cannot start the confined process: x" },
	{ WHERE_START, false, EPERM, AMBIT_E_DENIED, "cannot start the confined process" },
	{ WHERE_EXEC, false, ENOENT, AMBIT_E_NOT_FOUND, "cannot execute x" },
	{ WHERE_EXEC, false, EACCES, AMBIT_E_NOT_EXECUTABLE, "cannot execute x" },
	{ WHERE_START, true, EPROTO, AMBIT_E_INTERNAL, "\"x\" does not hold when checked" },
	{ WHERE_STEP, true, EPERM, AMBIT_E_INTERNAL, "does not hold when checked from inside" },
};

TEST(a_report_has_its_code_and_its_words)
{
	const struct ambit_plan plan = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(told); i++) {
		struct kit_report r = { .magic = KIT_REPORT_MAGIC,
					.where = (uint8_t)told[i].where,
					.verifying = told[i].verifying,
					.sys_errno = told[i].sys_errno,
					.path = "x" };
		struct ambit_error err = { 0 };

		CHECK_INT(run_explain(&plan, &r, &err), told[i].code);
		CHECK_INT(err.code, told[i].code);
		CHECK_INT(err.sys_errno, told[i].sys_errno);
		CHECK(strstr(err.text, told[i].says) != NULL);
	}
}
