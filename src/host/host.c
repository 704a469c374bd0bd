/* SPDX-License-Identifier: ISC */
#include "host.h"

#include <string.h>

#include "../base/fd.h"

static const struct {
	const char *word, *text, *cure;
} fact_rows[] = {
#define HOST_FACT_ROW(name, word, text, cure) [FACT_##name] = { word, text, cure },
	HOST_FACTS(HOST_FACT_ROW)
#undef HOST_FACT_ROW
};
_Static_assert(ARRAY_COUNT(fact_rows) == FACT_COUNT, "a row a fact");

const char *host_fact_word(enum host_fact fact)
{
	return fact_rows[fact].word;
}

const char *host_fact_text(enum host_fact fact)
{
	return fact_rows[fact].text;
}

const char *host_fact_cure(enum host_fact fact)
{
	return fact_rows[fact].cure;
}

bool host_correct(struct host *h, enum host_fact fact, int cause_errno)
{
	if (h->facts[fact].answer != HOST_ASSUMED)
		return false;
	h->facts[fact] = (struct host_answer_of){ HOST_NO, cause_errno, NULL };
	return true;
}

void host_forget_kept(struct host *h)
{
	for (size_t i = 0; i < h->path_count && h->kept_count > 0; i++) {
		int fd = h->paths[i].kept - 1;

		h->kept_count -= fd >= 0;
		h->paths[i].kept = 0;
		fd_close(&fd);
	}
}

static int first_kept(const struct host *h)
{
	for (size_t i = 0; i < h->path_count; i++)
		if (h->paths[i].kept)
			return h->paths[i].kept - 1;
	return -1;
}

void host_leave_room(struct host *h)
{
	const int kept = first_kept(h);
	int one = kept < 0 ? -1 : fd_duplicate(kept), other = one < 0 ? -1 : fd_duplicate(kept);

	if (other < 0)
		host_forget_kept(h);
	fd_close(&one);
	fd_close(&other);
}

void host_done(struct host *h)
{
	host_forget_kept(h);
	arena_done(&h->arena);
	memset(h, 0, sizeof(*h));
}
