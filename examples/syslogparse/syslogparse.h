/* SPDX-License-Identifier: ISC */
/* syslogparse.h - what the processes say to each other, and who they are */
#ifndef SYSLOGPARSE_H
#define SYSLOGPARSE_H

#include <ambit.h>
#include <stdio.h>
#include <stdlib.h>

#include "rule.h"
#include "table.h"

/* scan.c: the process that reads a share of the log; the caller starts one for each core */
int scan(struct ambit_process *self);

/* protocol.c: what a scanner may say */
extern const struct ambit_channel_protocol scanner_to_caller;

/* What a scanner has seen: the fields of its last message, in their order. */
enum sum { SUM_LINES, SUM_REFUSED, SUM_TOO_LONG, SUM_LEFT_OUT, SUMS };
extern const char *const sum_names[SUMS];

/* receive.c: everything from one scanner. False: it is none of ours any more. */
bool receive_all(struct ambit_channel *scanner, struct table *rules, int64_t sums[SUMS],
		 struct ambit_error *err);

/* render.c: one file each, from rules in their order */
void render_iptables(FILE *file, const struct table *rules);
void render_ip6tables(FILE *file, const struct table *rules);
void render_nftables(FILE *file, const struct table *rules);
void render_apparmor(FILE *file, const struct table *rules);
/* danger.c: why a rule is broad; NULL: it is not. */
const char *danger_of_packet(const struct packet *p);
const char *danger_of_access(const struct access *a);

/* write.c: none is touched before all are complete; then each is replaced, one after another. */
bool write_all(int directory, const struct table *rules);

/* As in ../privsep: in a test's build a scanner is somebody else's. @self is NULL in main(). */
#ifdef TAKEOVER
void take_over(struct ambit_process *self, int log);
#else
static inline void take_over(struct ambit_process *self, int log)
{
	(void)self;
	(void)log;
}
#endif

/* What main() said to this process; its policy lets nothing else into the environment. */
static inline const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* scan.c: a rule as a message */
enum ambit_code send_rule(struct ambit_channel *caller, const struct entry *e, struct rule *room);

#endif
