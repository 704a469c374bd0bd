/* SPDX-License-Identifier: ISC */
/* privsep.h - what the processes of the client say to each other, and who they are */
#ifndef PRIVSEP_H
#define PRIVSEP_H

#include <ambit.h>
#include <stdlib.h>
#include <time.h>

enum { FRAME_MIN = 14, FRAME_MAX = 1514, DOMAIN_MAX = 253, MINUTE_MS = 60000 };
enum { LEASE_SECONDS_MAX = 31536000 };

/* raw.c, parser.c, writer.c, runner.c: a process each */
int raw(struct ambit_process *self);
int parser(struct ambit_process *self);
int writer(struct ambit_process *self);
int runner(struct ambit_process *self);

/* protocol.c: who may say what */
extern const struct ambit_channel_protocol raw_and_parser;
extern const struct ambit_channel_protocol parser_to_writer;
extern const struct ambit_channel_protocol writer_to_runner;
extern const struct ambit_channel_protocol runner_to_caller;

/*
 * What the table cannot ask. The parser tells nothing else, so that no stranger's packet ends who
 * hears it; who hears it asks again, as the parser may be somebody else's.
 */
bool is_lease(int64_t address, int64_t prefix, int64_t router);
bool is_domain(const char *domain);

/*
 * In the program: nothing. In a test's build one of the processes is somebody else's from the
 * moment it has started: takeover.c has what an attacker would do. @self is NULL in main().
 */
#ifdef TAKEOVER
void take_over(struct ambit_process *self);
#else
static inline void take_over(struct ambit_process *self)
{
	(void)self;
}
#endif

/* What main() said to this process; its policy lets nothing else into the environment. */
static inline const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* Wait for the one that was started in the place of the other. False: the group has ended. */
static inline bool wait_for_another(struct ambit_channel *channel)
{
	return ambit_channel_reopen(channel, -1, NULL) == AMBIT_OK;
}

/*
 * What a minute may bring is counted by phase, so a new minute is a new phase. @minute is the
 * receiver's own.
 */
static inline void new_minute(struct ambit_channel *channel, time_t *minute)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0 || now.tv_sec / 60 == *minute)
		return;
	*minute = now.tv_sec / 60;
	ambit_channel_phase(channel, 0);
}

#endif
