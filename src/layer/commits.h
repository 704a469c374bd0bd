/* SPDX-License-Identifier: ISC */
/* commits.h - the halves of the layers that run in the child */
#ifndef AMBIT_LAYER_COMMITS_H
#define AMBIT_LAYER_COMMITS_H

#include "layer.h"

struct layer_commit {
	enum ambit_layer id;
	int (*commit)(struct child *child, const struct kit_op *op);
	int (*verify)(struct child *child, const struct kit_op *op);
};

const struct layer_commit *commit_by_id(int id);

#endif
