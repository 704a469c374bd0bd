/* SPDX-License-Identifier: ISC */
/* Any file for the policy that it carries; what is read of it can be written, and read again. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../src/base/fd.h"
#include "../../src/policy/elf_note.h"
#include "../../src/policy/policy.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int file_of(const void *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	require(fd >= 0 && fd_write_all(fd, data, size) == 0);
	return fd;
}

/* What was written is what is read, and all that was there stays where it was. */
static void round_trip(const uint8_t *data, size_t size, const struct buf *text)
{
	AUTO_BUF struct buf out = { 0 };
	AUTO_BUF struct buf again = { 0 };
	int fd, r = elf_note_write(data, size, buf_text(text), text->length, &out);

	if (r < 0)
		return;
	require(out.length > size && !memcmp(out.data + 64, data + 64, size - 64));
	fd = file_of(out.data, out.length);
	r = elf_note_read(fd, &again);
	fd_close(&fd);
	/* A second note of ours under another name stays, and is refused. */
	require(r < 0 || (r == 1 && again.length == text->length &&
			  !memcmp(again.data, buf_text(text), text->length)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct text_origin from = { .name = "fuzz", .directory = "/", .sealed = true };
	struct ambit_policy policy = { 0 };
	struct ambit_error err = { 0 };
	AUTO_BUF struct buf text = { 0 };
	int fd = file_of(data, size);
	int r = elf_note_read(fd, &text);

	fd_close(&fd);
	require(r <= 1 && text.length <= ELF_NOTE_TEXT_MAX);
	if (r <= 0)
		buf_clear(&text);
	if (r == 1)
		require(policy_parse_text(&policy, buf_text(&text), text.length, &from, &err) ==
				AMBIT_OK ||
			err.text[0]);
	policy_done(&policy);
	round_trip(data, size, &text);
	return 0;
}
