/* SPDX-License-Identifier: ISC */
/* bundle.h - named, versioned pieces of policy */
#ifndef AMBIT_POLICY_BUNDLE_H
#define AMBIT_POLICY_BUNDLE_H

#include "../base/attr.h"

struct bundle {
	const char *name;
	const char *origin;  /* "bundle NAME": what messages call it */
	const char *version; /* rises when what it grants changes */
	const char *help;    /* one sentence, without full stop */
	const char *text;    /* policy */
	size_t length;	     /* of @text */
};

const struct bundle *bundle_by_name(const char *name, size_t length);
/* NULL past the last. */
const struct bundle *bundle_at(size_t index);

#endif
