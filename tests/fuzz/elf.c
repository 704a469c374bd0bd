/* SPDX-License-Identifier: ISC */
/* Any bytes as a program: the check of machine code ends, within memory, whatever they say. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../src/base/fd.h"
#include "../../src/check/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn void store_exhausted(void)
{
	abort(); /* a small file must not come near the maximum */
}

static void look_at(struct program *p)
{
	struct graph graph = { 0 };
	struct reach reach = { .graph = &graph }, deep = { .graph = &graph, .deep = true };
	struct comparison comparison = { .graph = &graph, .reach = &reach };
	struct report report = { .comparison = &comparison,
				 .deep = &deep,
				 .program = "program",
				 .policy = "policy",
				 .from = "its start",
				 .chains = 2 };
	AUTO_BUF struct buf out = { 0 };

	graph_begin(&graph, p);
	graph_build(&graph);
	for (size_t i = 0; i < graph.roots.count; i++) {
		reach_start(&reach, graph.roots.at[i]);
		reach_start(&deep, graph.roots.at[i]);
	}
	if (graph.functions.count)
		(void)reach_after(&reach, (uint32_t)graph.functions.count - 1);
	reach_run(&reach);
	reach_run(&deep);
	compare(&comparison);
	report_text(&report, &out);
	report_json(&report, &out);
	compare_done(&comparison);
	reach_done(&reach);
	reach_done(&deep);
	graph_done(&graph);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program program = { .alone = true };
	struct ambit_error err = { 0 };
	AUTO_FD int fd = memfd_create("program", MFD_CLOEXEC);
	char path[64];

	if (fd < 0 || fd_write_all(fd, data, size) < 0)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (program_load(&program, path, &err) == AMBIT_OK) {
		program_link(&program);
		look_at(&program);
	}
	program_done(&program);
	return 0;
}
