/* SPDX-License-Identifier: ISC */
/*
 * embedded.c - a policy that a program carries
 *
 * What is in the note is canonical text: absolute paths, nothing included. Whatever else is found
 * there was not written by policy_embed(), and is refused.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/str.h"
#include "elf_note.h"
#include "policy.h"

enum { SHOW_SIZE = 200, PROGRAM_MAX = 512 << 20, TABLES_ROOM = 8 << 20 };

static const struct {
	int sys_errno;
	enum ambit_code code;
	const char *text;
} reading[] = {
	{ EBADMSG, AMBIT_E_POLICY, "carries a policy that is damaged" },
	{ EEXIST, AMBIT_E_POLICY, "carries more than one policy" },
	{ EFBIG, AMBIT_E_POLICY, "carries a policy of more than 64 KiB" },
};

static const char own_policy[] = "give a policy of your own, as in: ambit run -p FILE";

static enum ambit_code read_error(struct ambit_error *err, const char *shown, int r)
{
	if (r == -EBADF) {
		(void)err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_POLICY, EBADF,
			      "the descriptor of %s is not open for reading", shown);
		return err_hint(err, "open it with O_RDONLY, and without O_PATH");
	}
	for (size_t i = 0; i < ARRAY_COUNT(reading); i++)
		if (reading[i].sys_errno == -r) {
			(void)err_set(err, reading[i].code, AMBIT_LAYER_POLICY, 0, "%s %s", shown,
				      reading[i].text);
			return err_hint(err, own_policy);
		}
	(void)err_set(err, err_code_of_errno(-r), AMBIT_LAYER_HOST, -r,
		      "cannot read what policy %s carries", shown);
	return err_hint(err, own_policy);
}

/* Who may write the file may write the policy: then it is nobody's word. */
static enum ambit_code check_owner(int fd, const char *shown, struct ambit_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return read_error(err, shown, -errno);
	if ((st.st_uid == 0 || st.st_uid == geteuid()) && !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return AMBIT_OK;
	(void)err_set(err, AMBIT_E_DENIED, AMBIT_LAYER_POLICY, 0,
		      "%s carries a policy, and others may write the file", shown);
	return err_hint(err,
			"chmod go-w it, or give a policy of your own, as in: ambit run -p FILE");
}

static enum ambit_code parse(struct ambit_policy *p, const struct buf *text, const char *name,
			     const char *shown, struct ambit_error *err)
{
	const struct text_origin from = { .name = name, .directory = "/", .sealed = true };
	AUTO_BUF struct buf canonical = { 0 };
	enum ambit_code code = policy_parse_text(p, buf_text(text), text->length, &from, err);

	if (code != AMBIT_OK)
		return code;
	policy_print(p, &canonical);
	if (canonical.failed)
		return err_memory(err, AMBIT_LAYER_POLICY);
	if (canonical.length == text->length && str_equal(buf_text(&canonical), buf_text(text)))
		return AMBIT_OK;
	(void)err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_POLICY, 0,
		      "%s carries a policy that is not in canonical form", shown);
	return err_hint(err, "'ambit embed' writes it so");
}

enum ambit_code policy_embedded(struct ambit_policy *p, int fd, const char *name, bool *ret_found,
				struct ambit_error *err)
{
	AUTO_BUF struct buf text = { 0 };
	struct ambit_policy carried = { 0 };
	char shown[SHOW_SIZE];
	enum ambit_code code;
	int r = elf_note_read(fd, &text);

	str_escape(shown, sizeof(shown), name, strlen(name));
	if (r < 0)
		return read_error(err, shown, r);
	if (!r) {
		*ret_found = false;
		return AMBIT_OK;
	}
	code = check_owner(fd, shown, err);
	if (code == AMBIT_OK)
		code = parse(&carried, &text, name, shown, err);
	if (code == AMBIT_OK)
		code = policy_merge(p, &carried, err);
	if (code == AMBIT_OK)
		*ret_found = true;
	policy_done(&carried);
	return code;
}

/* ---- writing ------------------------------------------------------------------------------- */

static enum ambit_code unreadable(struct ambit_error *err, const char *what, const char *shown,
				  int sys_errno)
{
	(void)err_set(err, AMBIT_E_RESOURCE, AMBIT_LAYER_POLICY, sys_errno, "cannot %s %s", what,
		      shown);
	return err_hint(err, "copy it to where it can be read");
}

static enum ambit_code read_program(int fd, const char *shown, unsigned char **ret,
				    size_t *ret_size, struct ambit_error *err)
{
	unsigned char *data;
	size_t done = 0;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return unreadable(err, "look at", shown, errno);
	if (!S_ISREG(st.st_mode) || st.st_size > PROGRAM_MAX) {
		(void)err_set(err, AMBIT_E_UNSUPPORTED, AMBIT_LAYER_POLICY, 0,
			      "%s is not a file of at most 512 MiB", shown);
		return err_hint(err, "name the program that the linker made");
	}
	data = malloc((size_t)st.st_size + 1);
	*ret = data;
	while (data && done < (size_t)st.st_size) {
		ssize_t n = pread(fd, data + done, (size_t)st.st_size - done, (off_t)done);

		if (n <= 0)
			return unreadable(err, "read to its end", shown, n < 0 ? errno : 0);
		done += (size_t)n;
	}
	*ret_size = done;
	return data ? AMBIT_OK : err_memory(err, AMBIT_LAYER_POLICY);
}

enum ambit_code policy_embed(const struct ambit_policy *p, int fd, const char *name,
			     struct buf *out, struct ambit_error *err)
{
	AUTO_FREE unsigned char *program = NULL;
	AUTO_BUF struct buf text = { 0 };
	char shown[SHOW_SIZE];
	enum ambit_code code;
	size_t size = 0;
	int r;

	str_escape(shown, sizeof(shown), name, strlen(name));
	policy_print(p, &text);
	if (text.length > ELF_NOTE_TEXT_MAX) {
		(void)err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_POLICY, 0,
			      "a policy of more than 64 KiB cannot be embedded");
		return err_hint(err, "name directories in place of the files in them");
	}
	code = text.failed ? err_memory(err, AMBIT_LAYER_POLICY)
			   : read_program(fd, shown, &program, &size, err);
	if (code != AMBIT_OK)
		return code;
	out->maximum = size + TABLES_ROOM;
	r = elf_note_write(program, size, buf_text(&text), text.length, out);
	if (r == -E2BIG) {
		(void)err_set(err, AMBIT_E_UNSUPPORTED, AMBIT_LAYER_POLICY, 0,
			      "%s has more than %d sections: a policy would not be found among "
			      "them",
			      shown, ELF_NOTE_SECTIONS_MAX - 1);
		return err_hint(err, "keep the policy in a file, as for: ambit run -p FILE");
	}
	if (r == -ENOEXEC || r == -EBADMSG) {
		(void)err_set(err, AMBIT_E_UNSUPPORTED, AMBIT_LAYER_POLICY, 0,
			      r == -ENOEXEC ? "%s is no 64-bit ELF program"
					    : "the section table of %s is damaged",
			      shown);
		return err_hint(err, "name the program that the linker made");
	}
	return r < 0 ? err_memory(err, AMBIT_LAYER_POLICY) : AMBIT_OK;
}
