/* SPDX-License-Identifier: ISC */
/*
 * Policy text: no input crashes; a refusal says where and why in printable words and leaves the
 * policy as it was; what is accepted survives printing, formatting and merging unchanged.
 */
#include "../../src/policy/policy.h"

#include <string.h>

#include "../../src/base/str.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum ambit_code parse(struct ambit_policy *p, const char *text, size_t size,
			     struct ambit_error *err)
{
	static const struct text_origin from = { "fuzz", "/usr/share", "/home/user", false };

	return policy_parse_text(p, text, size, &from, err);
}

static void check_refusal(const struct ambit_policy *p, enum ambit_code code,
			  const struct ambit_error *err)
{
	require(p->count == 0);
	require(err->code == code && err->layer == AMBIT_LAYER_POLICY);
	require(err->text[0] && err->hint[0]);
	require_visible(err->text, false);
	require_visible(err->hint, false);
}

/* Does @text read as a policy that prints as @printed? */
static void require_prints(const char *text, size_t size, const char *printed)
{
	struct ambit_policy p = { 0 };
	struct ambit_error err = { 0 };
	struct buf out = { 0 };

	require(parse(&p, text, size, &err) == AMBIT_OK);
	policy_print(&p, &out);
	require(!out.failed && str_equal(buf_text(&out), printed));
	buf_done(&out);
	policy_done(&p);
}

static void check_format(const char *text, size_t size, const char *printed)
{
	struct buf once = { 0 }, twice = { 0 };

	require(policy_format(text, size, "fuzz", &once, NULL) == AMBIT_OK);
	require(policy_format(buf_text(&once), once.length, "fuzz", &twice, NULL) == AMBIT_OK);
	require(str_equal(buf_text(&once), buf_text(&twice)));
	require_prints(buf_text(&once), once.length, printed);
	buf_done(&once);
	buf_done(&twice);
}

static void check_merge(const struct ambit_policy *p, const char *printed)
{
	struct ambit_policy copy = { 0 };
	struct buf out = { 0 };
	bool is = false;

	require(policy_merge(&copy, p, NULL) == AMBIT_OK);
	policy_print(&copy, &out);
	require(str_equal(buf_text(&out), printed));
	require(policy_within(p, &copy, NULL, &is, NULL, NULL) == AMBIT_OK && is);
	require(policy_within(&copy, p, NULL, &is, NULL, NULL) == AMBIT_OK && is);
	buf_done(&out);
	policy_done(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ambit_policy p = { 0 };
	struct ambit_error err = { 0 };
	struct buf printed = { 0 };
	const char *text = (const char *)data;
	enum ambit_code code;

	/* Not to read whatever files this machine has. */
	if (memmem(data, size, "include", 7))
		return 0;
	code = parse(&p, text, size, &err);
	if (code != AMBIT_OK) {
		check_refusal(&p, code, &err);
	} else {
		policy_print(&p, &printed);
		require(!printed.failed);
		require_prints(buf_text(&printed), printed.length, buf_text(&printed));
		check_format(text, size, buf_text(&printed));
		check_merge(&p, buf_text(&printed));
	}
	buf_done(&printed);
	policy_done(&p);
	return 0;
}
