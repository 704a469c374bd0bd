/* SPDX-License-Identifier: ISC */
/*
 * inject - make the n-th system call of a command's set-up fail, from outside
 *
 *	inject [--nth N | --site P.I] [--onward] [--errno NAME] [--hold MS] [--until-exec PROGRAM]
 *	       [--only CALL] [--log FILE] [--report FD] [--deadline MS] [--] COMMAND [ARG...]
 *	inject --exceptions
 *
 * Follows the command and all its processes and threads by ptrace, and numbers every system call
 * of set-up in the order of arrival: from the first instruction of the command's own executable
 * (which libc's start before main() precedes: not counted) until a process of it has executed
 * PROGRAM, given by path or as DEV:INO. Without --until-exec set-up never ends. Call N, or the
 * I-th call of the P-th process in order of creation (which does not depend on how processes
 * happen to be scheduled), is not executed and returns the errno, EPERM if none is named; with
 * --onward so do all later ones. Without --nth or --site everything is only counted. With --only
 * nothing but that system call, a name or a number, is numbered, and so failed.
 *
 * With --hold MS whoever makes that call stands still before it, and all others go on, until
 * PROGRAM has been executed, one of them waits in futex(2) again and again, or nothing happens
 * for MS.
 *
 * The result is one JSON object on FD (default 2), written after everything has ended:
 *   calls, passed     of set-up: numbered, and never failed (--exceptions lists those)
 *   processes         processes and threads followed
 *   faults, fault     how many calls were failed, and the first: n, site, call, args, text
 *   started           whether PROGRAM was executed
 *   outcome, status   "exited" and its status, or "killed" and the signal
 *   left              processes still there 0.4 s after the command had ended, or 3 s when one of
 *                     them is running; they are killed
 *   hung              whether the deadline (default 10 s) had to end the run
 * inject itself exits 0 when the run could be observed, 125 otherwise.
 *
 * The kernel stops a call for its tracer before it asks seccomp, so calls that a filter refuses are
 * seen, and failed, like others; a thread that has loaded a filter makes a harmless call instead of
 * none, as the filter might punish number -1. EINTR with --onward is
 * given to one call three times in a row at most, and to a process fifty times, as no storm of
 * signals lasts for ever.
 *
 * What it cannot do. The command cannot trace, nor be traced by anybody else. A process created
 * with CLONE_UNTRACED would be missed (it is still counted as left). vDSO calls are not system
 * calls. Which string argument a call had is only told where memory may be read. A call that is
 * restarted after a signal counts twice.
 */
#include "calls.h"
#include "errnos.h"
#include "except.h"
#include "trace.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_FAILED = 125 };

struct order {
	struct trace_job job;
	struct trace_target target;
	int report;
};

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	dprintf(2, "inject: ");
	vdprintf(2, fmt, ap);
	dprintf(2, "\n");
	va_end(ap);
	exit(EXIT_FAILED);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end)
		fail("%s: not a number", text);
	return n;
}

static int list_exceptions(void)
{
	static const char *const hows[] = {
		[HOW_SKIP] = "not executed",	   [HOW_AFTER] = "executed, then failed",
		[HOW_NEVER] = "never failed",	   [HOW_START] = "not failed at the very beginning",
		[HOW_ONCE] = "spared by --onward",
	};

	for (size_t i = 0; i < except_count; i++)
		printf("%s: %s: %s\n", call_name(excepts[i].nr), hows[excepts[i].how],
		       excepts[i].reason);
	return 0;
}

static void set_site(struct order *o, const char *text)
{
	unsigned process, index;
	char end;

	if (sscanf(text, "%u.%u%c", &process, &index, &end) != 2 || !process)
		fail("%s: not a site (as 2.17)", text);
	o->job.site = (struct trace_site){ (uint16_t)process, (uint16_t)index };
}

static void set_target(struct order *o, const char *spec)
{
	int e = target_read(&o->target, spec);

	if (e)
		fail("%s: %s", spec, strerrordesc_np(-e));
	o->job.target = &o->target;
}

static void set_only(struct order *o, const char *name)
{
	o->job.only = true;
	o->job.only_nr = call_number(name);
	if (o->job.only_nr < 0)
		fail("%s: no such system call", name);
}

static void set_log(struct order *o, const char *path)
{
	o->job.log = fopen(path, "we");
	if (!o->job.log)
		fail("%s: %s", path, strerrordesc_np(errno));
}

enum option_key {
	KEY_COUNT = 1,
	KEY_NTH,
	KEY_SITE,
	KEY_ONWARD,
	KEY_ERRNO,
	KEY_UNTIL,
	KEY_LOG,
	KEY_REPORT,
	KEY_DEADLINE,
	KEY_HOLD,
	KEY_ONLY,
	KEY_EXCEPTIONS
};

static const struct option options[] = {
	{ "count", no_argument, NULL, KEY_COUNT },
	{ "nth", required_argument, NULL, KEY_NTH },
	{ "site", required_argument, NULL, KEY_SITE },
	{ "onward", no_argument, NULL, KEY_ONWARD },
	{ "errno", required_argument, NULL, KEY_ERRNO },
	{ "until-exec", required_argument, NULL, KEY_UNTIL },
	{ "log", required_argument, NULL, KEY_LOG },
	{ "report", required_argument, NULL, KEY_REPORT },
	{ "deadline", required_argument, NULL, KEY_DEADLINE },
	{ "hold", required_argument, NULL, KEY_HOLD },
	{ "only", required_argument, NULL, KEY_ONLY },
	{ "exceptions", no_argument, NULL, KEY_EXCEPTIONS },
	{ NULL, 0, NULL, 0 },
};

static void take(struct order *o, int key, const char *value)
{
	if (key == KEY_NTH)
		o->job.nth = number(value);
	else if (key == KEY_SITE)
		set_site(o, value);
	else if (key == KEY_ONWARD)
		o->job.onward = true;
	else if (key == KEY_ERRNO && !(o->job.error = errno_by_name(value)))
		fail("%s: no such errno", value);
	else if (key == KEY_UNTIL)
		set_target(o, value);
	else if (key == KEY_LOG)
		set_log(o, value);
	else if (key == KEY_REPORT)
		o->report = (int)number(value);
	else if (key == KEY_DEADLINE)
		o->job.deadline_ms = (unsigned)number(value);
	else if (key == KEY_HOLD)
		o->job.hold_ms = (unsigned)number(value);
	else if (key == KEY_ONLY)
		set_only(o, value);
	else if (key == KEY_EXCEPTIONS)
		exit(list_exceptions());
	else if (key == '?')
		exit(EXIT_FAILED);
}

static const char *truth(bool b)
{
	return b ? "true" : "false";
}

static void report(int fd, const struct trace_result *r)
{
	const struct trace_fault *f = &r->first;

	dprintf(fd, "{\"calls\":%lu,\"passed\":%lu,\"processes\":%u,\"faults\":%lu", r->calls,
		r->passed, r->processes, r->faults);
	if (r->faults) {
		dprintf(fd, ",\"fault\":{\"n\":%lu,\"site\":\"%u.%u\",\"call\":\"%s\",\"nr\":%ld",
			f->n, f->site.process, f->site.index, call_name(f->nr), f->nr);
		for (int i = 0; i < 6; i++)
			dprintf(fd, "%s\"%#lx\"", i ? "," : ",\"args\":[",
				(unsigned long)f->args[i]);
		dprintf(fd, "],\"text\":\"%s\"}", f->text);
	}
	dprintf(fd, ",\"started\":%s,\"outcome\":\"%s\",\"status\":%d,\"left\":%u,\"hung\":%s}\n",
		truth(r->started), WIFEXITED(r->status) ? "exited" : "killed",
		WIFEXITED(r->status) ? WEXITSTATUS(r->status) : WTERMSIG(r->status), r->left,
		truth(r->hung));
}

int main(int argc, char **argv)
{
	static struct trace_result result;
	struct order o = {
		.job = { .error = EPERM,
			 .deadline_ms = 10000,
			 .in_fd = -1,
			 .out_fd = -1,
			 .err_fd = -1 },
		.report = 2,
	};
	int key;

	/* "+": options end where the command begins. */
	while ((key = getopt_long(argc, argv, "+", options, NULL)) != -1)
		take(&o, key, optarg);
	if (optind >= argc)
		fail("usage: inject [OPTION...] [--] COMMAND [ARG...]");
	o.job.argv = argv + optind;

	int e = trace_run(&o.job, &result);

	if (e)
		fail("%s: %s", argv[optind], strerrordesc_np(-e));
	report(o.report, &result);
	if (o.job.log && fclose(o.job.log))
		fail("the log could not be written");
	return 0;
}
