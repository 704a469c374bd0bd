/* SPDX-License-Identifier: ISC */
/* Any bytes as BPF: the simulator stays inside program and data, and ends. */
#include <stdlib.h>
#include <string.h>

#include "../../src/filter/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seccomp_data call;
	struct sock_filter *code;
	size_t count;
	uint32_t answer;

	if (size < sizeof(call))
		return 0;
	memcpy(&call, data, sizeof(call));
	count = (size - sizeof(call)) / sizeof(*code);
	/* exactly as long as the program, so that a step outside is seen */
	code = malloc(count ? count * sizeof(*code) : 1);
	if (!code)
		return 0;
	memcpy(code, data + sizeof(call), count * sizeof(*code));
	answer = filter_simulate(code, count, &call);
	if (!filter_valid(code, count) && answer != SECCOMP_RET_KILL_PROCESS)
		abort();
	/* the same program, the same data, the same answer */
	if (filter_simulate(code, count, &call) != answer)
		abort();
	free(code);
	return 0;
}
