/* SPDX-License-Identifier: ISC */
/* say.c - verdicts: printing them, and reaching them from errors */
#include "evil.h"

#include <stdarg.h>

static PRINTF(2, 0) enum verdict say(enum verdict v, const char *format, va_list args)
{
	static const char *const words[] = { "stopped: ", "ESCAPED: ", "untried: ", "acted: " };
	char line[4096];
	int at = snprintf(line, sizeof(line), "%s", words[v]);
	int more = vsnprintf(line + at, sizeof(line) - (size_t)at - 1, format, args);

	size_t length = (size_t)at + (more < 0 ? 0 : (size_t)more);
	if (length > sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	/* one write: several processes may share this descriptor; nowhere to report a failure */
	(void)!write(STDOUT_FILENO, line, length);
	return v;
}

#define SAY(name, kind)                                                                            \
	enum verdict name(const char *format, ...)                                                 \
	{                                                                                          \
		va_list args;                                                                      \
                                                                                                   \
		va_start(args, format);                                                            \
		enum verdict v = say(kind, format, args);                                          \
		va_end(args);                                                                      \
		return v;                                                                          \
	}

SAY(stopped, STOPPED)
SAY(escaped, ESCAPED)
SAY(untried, UNTRIED)
SAY(acted, ACTED)

const char *verdict_word(enum verdict v)
{
	static const char *const words[] = { "stopped", "ESCAPED", "untried", "acted" };

	return words[v];
}

const char *errno_word(int err)
{
	const char *word = strerrorname_np(err);

	return word ? word : "an unknown error";
}

static bool among(int err, const int *list)
{
	for (; *list; list++) {
		if (*list == err)
			return true;
	}
	return false;
}

/* Unconfined, these say that the machine lacks the thing, not that somebody refused it. */
static bool absent_here(const struct inside *in, int err)
{
	return in->control && among(err, REFUSALS(ENOENT, ENODEV, ENXIO, ENOSYS, EAFNOSUPPORT,
						  EPROTONOSUPPORT, ESOCKTNOSUPPORT, EOPNOTSUPP));
}

static enum verdict verdict_of(const struct inside *in, long outcome, const int *refusals)
{
	if (outcome >= 0)
		return ESCAPED;
	if (absent_here(in, (int)-outcome))
		return UNTRIED;
	return among((int)-outcome, refusals) ? STOPPED : UNTRIED;
}

enum verdict judge(const struct inside *in, const char *what, long outcome, const int *refusals)
{
	enum verdict v = verdict_of(in, outcome, refusals);

	if (v == ESCAPED)
		return escaped("%s", what);
	if (v == STOPPED)
		return stopped("%s: %s", what, errno_word((int)-outcome));
	return untried("%s: %s tells nothing", what, errno_word((int)-outcome));
}

static PRINTF(3, 4) void append(char *text, size_t size, const char *format, ...)
{
	size_t at = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + at, size - at, format, args);
	va_end(args);
}

void tally_add(struct tally *t, const char *what, long outcome, const int *refusals)
{
	const char *how = outcome < 0 ? errno_word((int)-outcome) : "";

	switch (verdict_of(t->in, outcome, refusals)) {
	case ESCAPED:
		t->escaped++;
		append(t->escaped_text, sizeof(t->escaped_text), "%s; ", what);
		return;
	case STOPPED:
		t->stopped++;
		append(t->stopped_text, sizeof(t->stopped_text), "%s %s; ", what, how);
		return;
	case UNTRIED:
	case ACTED:
		break;
	}
	t->untried++;
	append(t->untried_text, sizeof(t->untried_text), "%s %s; ", what, how);
}

enum verdict tally_end(const struct tally *t)
{
	if (t->in->control && t->stopped)
		return stopped("even unconfined: %s| out: %s| untried: %s", t->stopped_text,
			       t->escaped_text, t->untried_text);
	if (t->escaped)
		return escaped("%s| refused: %s| untried: %s", t->escaped_text, t->stopped_text,
			       t->untried_text);
	if (t->stopped)
		return stopped("%s| untried: %s", t->stopped_text, t->untried_text);
	return untried("%s", t->untried_text);
}
