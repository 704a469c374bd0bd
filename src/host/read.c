/* SPDX-License-Identifier: ISC */
#include "host.h"

enum ambit_code host_read(struct host *h, const char *text, size_t length, const char *name,
			  struct ambit_error *err)
{
	(void)h;
	(void)text;
	(void)length;
	return err_set(err, AMBIT_E_UNSUPPORTED, AMBIT_LAYER_HOST, 0, "cannot read %s", name);
}
