/* SPDX-License-Identifier: ISC */
/* stage_image.h - the bytes of the stage, made by the build from src/sup/stage.c */
#ifndef AMBIT_RUN_STAGE_IMAGE_H
#define AMBIT_RUN_STAGE_IMAGE_H

#include <stddef.h>

extern const unsigned char stage_image[];
extern const size_t stage_image_size;

#endif
