/* SPDX-License-Identifier: ISC */
/* What a program compiled against 0.1 relies on: these numbers never change. */
#include "../../include/ambit.h"
#include "../tap.h"

#include <limits.h>

TEST(codes)
{
	CHECK_INT(AMBIT_OK, 0);
	CHECK_INT(AMBIT_E_USAGE, 1);
	CHECK_INT(AMBIT_E_POLICY, 2);
	CHECK_INT(AMBIT_E_CONFLICT, 3);
	CHECK_INT(AMBIT_E_UNSUPPORTED, 4);
	CHECK_INT(AMBIT_E_DENIED, 5);
	CHECK_INT(AMBIT_E_NOT_FOUND, 6);
	CHECK_INT(AMBIT_E_RESOURCE, 7);
	CHECK_INT(AMBIT_E_TIMEOUT, 8);
	CHECK_INT(AMBIT_E_PROTOCOL, 9);
	CHECK_INT(AMBIT_E_CHILD, 10);
	CHECK_INT(AMBIT_E_INTERNAL, 11);
	CHECK_INT(AMBIT_E_NOT_EXECUTABLE, 12);
	CHECK_INT(AMBIT_E_THREADS, 13);
	CHECK_INT(AMBIT_E_CRASHED, 14);
	CHECK_INT(AMBIT_E_WORKER, 15);
	CHECK_INT(AMBIT_E_CLOSED, 16);
}

TEST(layers)
{
	CHECK_INT(AMBIT_LAYER_NONE, 0);
	CHECK_INT(AMBIT_LAYER_FDS, 5);
	CHECK_INT(AMBIT_LAYER_MOUNT, 9);
	CHECK_INT(AMBIT_LAYER_LANDLOCK, 17);
	CHECK_INT(AMBIT_LAYER_SECCOMP, 18);
	CHECK_INT(AMBIT_LAYER_SUPERVISOR, 20);
}

TEST(classes_of_findings)
{
	CHECK_INT(AMBIT_CHECK_DIRECT, 1);
	CHECK_INT(AMBIT_CHECK_CALLBACK, 2);
	CHECK_INT(AMBIT_CHECK_INDIRECT, 4);
	CHECK_INT(AMBIT_CHECK_LIBRARY, 8);
}

TEST(structures)
{
	CHECK_INT(sizeof(struct ambit_error), 1056);
	CHECK_INT(offsetof(struct ambit_error, text), 24);
	CHECK_INT(offsetof(struct ambit_error, hint), 536);
	CHECK(sizeof(struct ambit_error) < PIPE_BUF);
	CHECK_INT(offsetof(struct ambit_options, size), 0);
	CHECK_INT(offsetof(struct ambit_status, size), 0);
	CHECK_INT(offsetof(struct ambit_keyword, size), 0);
	CHECK_INT(((struct ambit_options)AMBIT_OPTIONS_INIT).size, sizeof(struct ambit_options));
	CHECK_INT(((struct ambit_options)AMBIT_OPTIONS_INIT).status_fd, -1);
}

TEST(structures_of_the_library)
{
	CHECK_INT(sizeof(struct ambit_untrusted), 32);
	CHECK_INT(sizeof(struct ambit_report_line), 32);
	CHECK_INT(sizeof(struct ambit_worker_options), 48);
	CHECK_INT(offsetof(struct ambit_worker_options, calls), 40);
	CHECK_INT(offsetof(struct ambit_worker_options, flags), 32);
	CHECK_INT(AMBIT_INHERIT, 1);
	CHECK_INT(AMBIT_KEEPER, 2);
	CHECK_INT(sizeof(struct ambit_worker_entry), 24);
	CHECK_INT(((struct ambit_worker_options)AMBIT_WORKER_OPTIONS_INIT).size,
		  sizeof(struct ambit_worker_options));
	CHECK_INT(AMBIT_PERSISTENT, 0);
	CHECK_INT(AMBIT_FRESH, 1);
	CHECK_INT(AMBIT_REPORT_STEP, 0);
	CHECK_INT(AMBIT_REPORT_CHOICE, 5);
	CHECK_INT(AMBIT_REPORT_NARROWER, 6);
	CHECK_INT(AMBIT_TCP, 1);
	CHECK_INT(AMBIT_UDP, 2);
}

TEST(names_cover_every_number)
{
#define ROW(name, number, text) CHECK_STR(ambit_code_name(AMBIT_##name), #name);
	AMBIT_CODES(ROW)
#undef ROW
#define ROW(name, number, word, text) CHECK_STR(ambit_layer_name(AMBIT_LAYER_##name), word);
	AMBIT_LAYERS(ROW)
#undef ROW
	CHECK_STR(ambit_code_name((enum ambit_code)9999), "?");
	CHECK_STR(ambit_layer_name((enum ambit_layer)9999), "?");
}
