/* SPDX-License-Identifier: ISC */
/* main.c - reader POLICY FILE: confine this process to the policy, then read the configuration */
#include <ambit.h>

#include "parse.h"

#include <stdio.h>
#include <stdlib.h>

static int fail(const struct ambit_error *err)
{
	fprintf(stderr, "reader: %s\n", err->text);
	return EXIT_FAILURE;
}

/* Trusted until it has entered: it makes the handle and takes everything else away. */
int main(int argc, char **argv) AMBIT_UNCHECKED;
int main(int argc, char **argv)
{
	struct ambit_policy *policy = ambit_policy_new();
	struct settings settings = { "", 0 };
	struct config_reader files;
	struct ambit_error err;
	int r;

	if (argc != 3) {
		fprintf(stderr, "usage: reader POLICY FILE\n");
		return EXIT_FAILURE;
	}
	if (config_reader_init(&files) < 0) {
		perror("reader: conf");
		return EXIT_FAILURE;
	}
	if (ambit_policy_load(policy, argv[1], &err) != AMBIT_OK ||
	    ambit_enter(policy, NULL, &err) != AMBIT_OK)
		return fail(&err);
	ambit_policy_free(policy);
	r = parse(&files, argv[2], &settings);
	if (r == 0)
		printf("name %s, %u connections\n", settings.name, settings.connections);
	config_reader_done(&files);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
