/* SPDX-License-Identifier: ISC */
/* ask.h - a worker under a policy, and a call as text */
#ifndef AMBIT_TESTS_WORKER_ASK_H
#define AMBIT_TESTS_WORKER_ASK_H

#include "../../include/ambit.h"
#include "../tap.h"

#include <string.h>

/* Under ThreadSanitizer mappings come and go, and malloc(3) is not the C library's. */
#if defined(__SANITIZE_THREAD__)
#define MEMORY_IS_SOMEBODYS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MEMORY_IS_SOMEBODYS 1
#endif
#endif
#ifndef MEMORY_IS_SOMEBODYS
#define MEMORY_IS_SOMEBODYS 0
#endif

static inline struct ambit_worker *worker_with(ambit_worker_fn *function, uint32_t mode,
					       uint32_t flags, const char *text)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_worker *w = NULL;
	struct ambit_error err;

	options.mode = mode;
	options.flags = flags;
	if (ambit_policy_parse(p, text, strlen(text), "test", &err) != AMBIT_OK ||
	    ambit_worker_new(p, function, &options, &w, &err) != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s: %s", err.text, err.hint);
	ambit_policy_free(p);
	return w;
}

static inline struct ambit_worker *worker_of(ambit_worker_fn *function, uint32_t mode,
					     const char *text)
{
	return worker_with(function, mode, 0, text);
}

/* The answer as text, or the code's name. */
static inline const char *ask_bytes(struct ambit_worker *w, const void *request, size_t length,
				    int timeout_ms)
{
	static struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	static struct ambit_error err;
	enum ambit_code code = ambit_call(w, request, length, &answer, timeout_ms, &err);
	const char *text = NULL;

	if (code != AMBIT_OK) {
		NOTE("%s", err.text);
		return ambit_code_name(code);
	}
	CHECK_INT(ambit_validate_string(&answer, 1 << 20, &text, &err), AMBIT_OK);
	return text;
}

static inline const char *ask(struct ambit_worker *w, const char *request, int timeout_ms)
{
	return ask_bytes(w, request, strlen(request), timeout_ms);
}

#endif
