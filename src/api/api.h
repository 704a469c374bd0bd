/* SPDX-License-Identifier: ISC */
/* api.h - shared by the exported functions */
#ifndef AMBIT_API_API_H
#define AMBIT_API_API_H

#include "../base/err.h"

#endif
