/* SPDX-License-Identifier: ISC */
/*
 * label.c - AppArmor: is it there, and is the caller under a profile already?
 *
 * The directory attr/apparmor is of Linux 5.1; before it attr/current belongs to whichever security
 * module has the say, and the module's own switch tells whether that is AppArmor.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "../base/fd.h"
#include "../base/sys.h"
#include "host.h"

/* The file's first line into @text: its length, or -errno. */
static int first_line(const char *path, char *text, size_t size)
{
	int r = fd_read_file(AT_FDCWD, path, text, size);

	return r < 0 ? r : (int)strcspn(text, "\n");
}

static bool is_switched_on(void)
{
	char text[16];

	return first_line("/sys/module/apparmor/parameters/enabled", text, sizeof(text)) > 0 &&
	       text[0] == 'Y';
}

enum ambit_code host_probe_label(struct host *h, struct ambit_error *err)
{
	char text[512];
	int r = first_line("/proc/self/attr/apparmor/current", text, sizeof(text));

	if (r == -ENOENT && is_switched_on())
		r = first_line("/proc/self/attr/current", text, sizeof(text));
	if (r < 0 && !host_is_absence(r) && !host_is_refusal(r))
		return err_set(err, err_code_of_errno(-r), AMBIT_LAYER_HOST, -r,
			       "cannot find out about AppArmor labels");
	h->facts[FACT_APPARMOR] = (struct host_answer_of){
		r > 0 ? HOST_YES : HOST_NO, r < 0 ? -r : 0,
		r > 0 ? NULL : "no AppArmor in this kernel, or it is switched off"
	};
	/* "NAME (MODE)"; without a profile "unconfined", which has no mode. */
	if (r <= 0 || (r == 10 && !memcmp(text, "unconfined", 10)))
		return AMBIT_OK;
	h->label = arena_copy(&h->arena, text, (size_t)r);
	return h->label ? AMBIT_OK : err_memory(err, AMBIT_LAYER_HOST);
}
