/* SPDX-License-Identifier: ISC */
/* doctor.c - what this kernel and this caller offer, for a person and for a program */
#include "../base/buf.h"
#include "../host/host.h"
#include "api.h"

enum ambit_code ambit_doctor(bool json, bool color, char **ret_text, struct ambit_error *err)
{
	(void)json;
	(void)color;
	err_clear(err);
	if (!ret_text)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_HOST, 0, "a result is needed");
	return err_set(err, AMBIT_E_UNSUPPORTED, AMBIT_LAYER_HOST, 0, "not yet");
}
