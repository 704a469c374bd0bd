/* SPDX-License-Identifier: ISC */
/* names.c - what must be known of the C library by name */
#include <string.h>

#include "../policy/libc.h"
#include "summary.h"

/* clang-format off: tables */
/* Beside what the table of libc functions says: these run what was handed over before. */
static const char *const runners[] = {
	"error", "error_at_line", "_obstack_newchunk", "quick_exit", "setcontext", "swapcontext",
};

static const char *const loaders[] = {
	"__libc_dlopen_mode",
	"dlmopen",
	"dlopen",
};

static const char *const registrars[] = {
	"__cxa_at_quick_exit", "__cxa_atexit", "at_quick_exit", "atexit", "on_exit",
};

/* Of those that call back, these have done so when they return. */
static const char *const at_once[] = {
	"__libc_start_main",
	"__pthread_once",
	"argp_parse",
	"bsearch",
	"call_once",
	"dl_iterate_phdr",
	"error",
	"error_at_line",
	"ftw",
	"ftw64",
	"glob",
	"glob64",
	"lfind",
	"lsearch",
	"nftw",
	"nftw64",
	"pthread_once",
	"qsort",
	"qsort_r",
	"quick_exit",
	"scandir",
	"scandir64",
	"scandirat",
	"scandirat64",
	"tdelete",
	"tdestroy",
	"tfind",
	"tsearch",
	"twalk",
	"twalk_r",
	"xdr_array",
	"xdr_pointer",
	"xdr_reference",
	"xdr_union",
	"xdr_vector",
};

/* Handlers and destructors run before the process is gone. */
static const char *const enders[] = {
	"err",		"error",      "error_at_line", "errx", "exit",
	"pthread_exit", "quick_exit", "thrd_exit",     "verr", "verrx",
};

static const char *const last_calls[] = {
	"_Exit",
	"_Unwind_Resume",
	"__assert",
	"__assert_fail",
	"__assert_perror_fail",
	"__chk_fail",
	"__cxa_bad_cast",
	"__cxa_rethrow",
	"__cxa_throw",
	"__fortify_fail",
	"__libc_start_main",
	"__longjmp_chk",
	"__stack_chk_fail",
	"__stack_chk_fail_local",
	"_exit",
	"_longjmp",
	"abort",
	"err",
	"errx",
	"exit",
	"longjmp",
	"pthread_exit",
	"quick_exit",
	"siglongjmp",
	"thrd_exit",
	"verr",
	"verrx",
};
/* clang-format on */

static bool listed(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

unsigned libc_callbacks(const char *name)
{
	const struct libc_function *row = libc_lookup(name);
	unsigned arguments = row ? libc_arguments(row, LIBC_CALLBACK) & 0x3fU : 0;

	if ((row && libc_arguments(row, LIBC_CALLBACKS_IN)) ||
	    listed(runners, ARRAY_COUNT(runners), name))
		arguments |= CALLBACK_IN_DATA;
	return arguments;
}

bool libc_finds(const char *name)
{
	const struct libc_function *row = libc_lookup(name);

	return row && libc_arguments(row, LIBC_SYMBOL) == 2U;
}

bool libc_loads(const char *name)
{
	return listed(loaders, ARRAY_COUNT(loaders), name);
}

bool runs_last(const char *name)
{
	return listed(registrars, ARRAY_COUNT(registrars), name);
}

bool runs_later(const char *name)
{
	return libc_callbacks(name) && !runs_last(name) &&
	       !listed(at_once, ARRAY_COUNT(at_once), name);
}

bool starts_thread(const char *name)
{
	return name && (!strcmp(name, "pthread_create") || !strcmp(name, "thrd_create"));
}

bool ends_process(const char *name)
{
	return listed(enders, ARRAY_COUNT(enders), name);
}

bool never_returns(const char *name)
{
	return listed(last_calls, ARRAY_COUNT(last_calls), name);
}

const char *function_name(const struct graph *g, uint32_t function)
{
	uint64_t entry = g->functions.at[function].entry;
	const struct object *o = object_of(g->program, entry);
	const struct symbol *s = o ? symbol_at(o, entry) : NULL;

	if (summary_is_pointers(g->program, entry))
		return "what it was given a pointer to";
	return s && s->address == entry ? s->name : "";
}

/* Of the names at one address, the plainest that the table of libc functions has; else any. */
static const char *best_name(const struct object *o, uint64_t entry)
{
	const struct symbol *s = symbol_at(o, entry);
	const char *best = NULL;
	bool best_known = false;

	if (!s || s->address != entry)
		return NULL;
	while (s > o->symbols.at && s[-1].address == entry)
		s--;
	for (; s < o->symbols.at + o->symbols.count && s->address == entry; s++) {
		bool known = libc_lookup(s->name) != NULL;

		if (!best || (known && !best_known) ||
		    (known == best_known && strspn(s->name, "_") < strspn(best, "_")) ||
		    (known == best_known && strspn(s->name, "_") == strspn(best, "_") &&
		     strlen(s->name) < strlen(best))) {
			best = s->name;
			best_known = known;
		}
	}
	return best;
}

const char *libc_name(struct graph *g, uint32_t function)
{
	struct function *f = &g->functions.at[function];
	const struct object *o = object_of(g->program, f->entry);
	const char *name;

	if (!f->libc || !o)
		return NULL;
	if (!f->name) {
		name = best_name(o, f->entry);
		*vec_add(&g->names) = name;
		f->name = g->names.count;
	}
	return g->names.at[f->name - 1];
}
