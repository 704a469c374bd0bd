/* SPDX-License-Identifier: ISC */
/*
 * Host text: no input crashes; a refusal says where and why in printable words; what is accepted
 * prints as text that reads as the same host.
 */
#include "../../src/host/host.h"

#include "../../src/base/buf.h"
#include "../../src/base/str.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct host *h)
{
	struct buf once = { 0 }, twice = { 0 };
	struct ambit_error err = { 0 };
	struct host copy = { 0 };

	host_print(h, &once);
	require(host_read(&copy, once.data, once.length, "fuzz", &err) == AMBIT_OK);
	host_print(&copy, &twice);
	require(!once.failed && str_equal(buf_text(&once), buf_text(&twice)));
	host_done(&copy);
	buf_done(&once);
	buf_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ambit_error err = { 0 };
	struct host h = { 0 };

	if (host_read(&h, (const char *)data, size, "fuzz", &err) == AMBIT_OK) {
		check_round_trip(&h);
	} else {
		require(err.code == AMBIT_E_POLICY && err.layer == AMBIT_LAYER_HOST && err.line &&
			err.column);
		require(err.text[0] && err.hint[0]);
		require_visible(err.text, false);
		require_visible(err.hint, false);
	}
	host_done(&h);
	return 0;
}
