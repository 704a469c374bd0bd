/* SPDX-License-Identifier: ISC */
/* confine.c - see README.md; everything else in this directory would be the same without ambit */
#include "confine.h"

#include <ambit.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MEMORY = 256 << 20, PARSER_MEMORY = 64 << 20, OPEN_FILES = 2200 };

/* A process that is confined in part, or not as it was meant to be, must not go on. */
__attribute__((noreturn)) static void fail(const struct ambit_error *err)
{
	fprintf(stderr, "webserver: %s\n", err->text);
	if (err->hint[0])
		fprintf(stderr, "  hint: %s\n", err->hint);
	exit(EXIT_FAILURE);
}

/* ---- phases -------------------------------------------------------------------------------- */

/* What the phase still needs to get to the next: root's privileges, one by one. */
static enum ambit_code keep(struct ambit_policy *p, const char *const names[],
			    struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;

	for (; *names && code == AMBIT_OK; names++)
		code = ambit_keep_capability(p, *names, err);
	return code;
}

static enum ambit_code start_policy(struct ambit_policy *p, const struct settings *s,
				    struct ambit_error *err)
{
	static const char *const names[] = {
		"net_bind_service", "setuid", "setgid", "dac_override", "chown", "fowner", NULL
	};
	enum ambit_code code = ambit_allow_listen(p, AMBIT_TCP, NULL, 1, 65535, err);

	if (code == AMBIT_OK && s->log)
		code = ambit_allow_write(p, s->log, err);
	if (code == AMBIT_OK && s->log)
		code = ambit_allow_attributes(p, err); /* its owner */
	return code == AMBIT_OK && geteuid() == 0 ? keep(p, names, err) : code;
}

static enum ambit_code bind_policy(struct ambit_policy *p, const struct settings *s,
				   struct ambit_error *err)
{
	static const char *const names[] = { "net_bind_service", "setuid", "setgid", NULL };
	enum ambit_code code = ambit_allow_listen(p, AMBIT_TCP, NULL, s->port, s->port, err);

	return code == AMBIT_OK && geteuid() == 0 ? keep(p, names, err) : code;
}

static enum ambit_code serve_policy(struct ambit_policy *p, const struct settings *s, int listener,
				    struct ambit_error *err)
{
	char id[16];
	enum ambit_code code =
		ambit_pass_fd(p, listener, AMBIT_ANY, err); /* accept on it, bind no other */

	if (code == AMBIT_OK)
		code = ambit_limit_bytes(p, AMBIT_MEMORY, MEMORY, err);
	if (code == AMBIT_OK)
		code = ambit_limit_count(p, AMBIT_OPEN_FILES, OPEN_FILES, err);
	if (code != AMBIT_OK || geteuid() != 0)
		return code;
	(void)snprintf(id, sizeof(id), "%u", (unsigned)s->user);
	code = ambit_set_user(p, id, err);
	if (code != AMBIT_OK)
		return code;
	(void)snprintf(id, sizeof(id), "%u", (unsigned)s->group);
	return ambit_set_group(p, id, err);
}

static void show(const struct ambit_report *report)
{
	struct ambit_error err;
	char *text;

	if (ambit_report_print(report, &text, &err) != AMBIT_OK)
		fail(&err);
	fputs(text, stderr);
	free(text);
}

void confine_enter(enum phase phase, const struct settings *s, int listener)
{
	static const char *const names[] = { "start", "bind", "serve" };
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_report *report = NULL;
	struct ambit_error err;
	enum ambit_code code = ambit_allow_read(p, s->root, &err);

	if (code == AMBIT_OK)
		code = phase == PHASE_START  ? start_policy(p, s, &err)
		       : phase == PHASE_BIND ? bind_policy(p, s, &err)
					     : serve_policy(p, s, listener, &err);
	if (code == AMBIT_OK)
		code = ambit_enter(p, &report, &err);
	ambit_policy_free(p);
	if (code != AMBIT_OK)
		fail(&err);
	if (s->verbose) {
		fprintf(stderr, "webserver: %s:\n", names[phase]);
		show(report);
	}
	ambit_report_free(report);
}

/* ambit has tried each way back itself before it called a phase entered; this is our own word. */
void confine_prove(bool was_root)
{
	const bool back = was_root && (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 ||
				       setgroups(0, NULL) == 0 || getuid() == 0 || geteuid() == 0);

	if (back || open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 ||
	    socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 || kill(getppid(), 0) == 0) {
		fprintf(stderr, "webserver: what was given up is still to be had\n");
		exit(EXIT_FAILURE);
	}
}

/* ---- the parser ---------------------------------------------------------------------------- */

/* In a process of its own, which has seen nothing but heads and can reach nothing at all. */
static int parse(const void *in, size_t length, struct ambit_reply *reply)
{
	const struct batch *batch = in;
	const char *head = batch->heads;
	struct http_request *requests =
		ambit_reply_room(reply, batch->count * sizeof(struct http_request));

	(void)length; /* the caller is not hostile, its callers are */
	for (uint32_t i = 0; requests && i < batch->count; i++) {
		http_parse(head, batch->lengths[i], &requests[i]);
		head += batch->lengths[i];
	}
	return requests ? 0 : 1;
}
AMBIT_WORKER(parse)

struct parser {
	struct ambit_worker *worker;
	struct ambit_untrusted answer;
};

struct parser *parser_new(void)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_policy *policy = ambit_policy_new();
	struct parser *parser = calloc(1, sizeof(*parser));
	struct ambit_error err = { 0 };

	if (!policy || !parser)
		abort();
	parser->answer = (struct ambit_untrusted)AMBIT_UNTRUSTED_INIT;
	options.max_in = sizeof(struct batch);
	options.max_out = PARSER_BATCH * sizeof(struct http_request);
	options.flags = AMBIT_KEEPER; /* in the last phase nobody here can start another */
	/* The extreme: no files, no network, no new descriptors, no processes. */
	if (ambit_use(policy, "compute", &err) != AMBIT_OK ||
	    ambit_limit_bytes(policy, AMBIT_MEMORY, PARSER_MEMORY, &err) != AMBIT_OK ||
	    ambit_worker_new(policy, parse, &options, &parser->worker, &err) != AMBIT_OK)
		fail(&err);
	ambit_policy_free(policy);
	return parser;
}

void parser_free(struct parser *parser)
{
	ambit_worker_free(parser->worker);
	ambit_untrusted_done(&parser->answer);
	free(parser);
}

int parser_fd(const struct parser *parser)
{
	return ambit_worker_fd(parser->worker);
}

/* Whatever goes wrong: a process that parses is not to be believed twice. */
static bool lost(const struct ambit_error *err)
{
	fprintf(stderr, "webserver: a parser is lost: %s\n", err->text);
	return false;
}

bool parser_begin(struct parser *parser, const struct batch *batch)
{
	size_t length = offsetof(struct batch, heads);
	struct ambit_error err;

	for (uint32_t i = 0; i < batch->count; i++)
		length += batch->lengths[i];
	return ambit_call_begin(parser->worker, batch, length, &err) == AMBIT_OK || lost(&err);
}

/* What comes back is nobody's word: as many as asked, each one that http_parse() could make. */
static bool are_requests(const void *data, size_t length, void *argument)
{
	const uint32_t count = *(const uint32_t *)argument;
	const struct http_request *requests = data;

	if (length != count * sizeof(*requests))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!http_request_is_sane(&requests[i]))
			return false;
	return true;
}

const struct http_request *parser_end(struct parser *parser, uint32_t count)
{
	const void *requests = NULL;
	struct ambit_error err;
	size_t length;

	if (ambit_call_end(parser->worker, &parser->answer, 0, &err) != AMBIT_OK ||
	    ambit_validate_with(&parser->answer, are_requests, &count, &requests, &length, &err) !=
		    AMBIT_OK) {
		(void)lost(&err);
		ambit_worker_replace(parser->worker); /* a lie leaves its process where it was */
	}
	return requests;
}

void parser_replace(struct parser *parser)
{
	ambit_worker_replace(parser->worker);
}
