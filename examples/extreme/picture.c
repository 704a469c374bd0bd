/* SPDX-License-Identifier: ISC */
/* picture.c - libpng and libjpeg, used plainly: what they do with hostile bytes is contained */
#include "picture.h"

#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h> /* after stdio.h, whose names it uses */

enum { PIXELS_MAX = 64 << 20 };

/* Every n-th pixel of every n-th row: small enough, and simple. */
static int shrink(struct picture *p)
{
	const unsigned most = p->width > p->height ? p->width : p->height;
	const unsigned step = (most + PICTURE_SIDE_MAX - 1) / PICTURE_SIDE_MAX;
	const unsigned width = p->width / (step ? step : 1), height = p->height / (step ? step : 1);

	if (!width || !height)
		return PICTURE_BROKEN;
	for (unsigned y = 0; y < height; y++)
		for (unsigned x = 0; x < width; x++)
			memmove(p->pixels + 3 * ((size_t)y * width + x),
				p->pixels + 3 * ((size_t)y * step * p->width + (size_t)x * step),
				3);
	p->width = width;
	p->height = height;
	return 0;
}

static int decode_png(const void *data, size_t length, struct picture *ret)
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	int r = 0;

	if (!png_image_begin_read_from_memory(&image, data, length))
		return PICTURE_BROKEN;
	image.format = PNG_FORMAT_RGB;
	if ((size_t)image.width * image.height > PIXELS_MAX)
		r = PICTURE_TOO_LARGE;
	ret->pixels = r ? NULL : malloc(PNG_IMAGE_SIZE(image));
	if (!r && !ret->pixels)
		r = PICTURE_NO_MEMORY;
	if (!r && !png_image_finish_read(&image, NULL, ret->pixels, 0, NULL))
		r = PICTURE_BROKEN;
	png_image_free(&image);
	ret->width = image.width;
	ret->height = image.height;
	return r;
}

struct jpeg_errors {
	struct jpeg_error_mgr manager;
	jmp_buf out;
};

static void on_error(j_common_ptr info)
{
	longjmp(((struct jpeg_errors *)(void *)info->err)->out, 1);
}

static void on_message(j_common_ptr info)
{
	(void)info; /* warnings of hostile pictures are of no interest */
}

static int read_rows(struct jpeg_decompress_struct *jpeg, struct picture *ret)
{
	jpeg->out_color_space = JCS_RGB;
	(void)jpeg_start_decompress(jpeg);
	if ((size_t)jpeg->output_width * jpeg->output_height > PIXELS_MAX)
		return PICTURE_TOO_LARGE;
	ret->width = jpeg->output_width;
	ret->height = jpeg->output_height;
	ret->pixels = malloc((size_t)3 * ret->width * ret->height);
	if (!ret->pixels)
		return PICTURE_NO_MEMORY;
	while (jpeg->output_scanline < jpeg->output_height) {
		JSAMPROW row = ret->pixels + (size_t)3 * ret->width * jpeg->output_scanline;

		(void)jpeg_read_scanlines(jpeg, &row, 1);
	}
	return 0;
}

static int decode_jpeg(const void *data, size_t length, struct picture *ret)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_errors errors;
	int r;

	jpeg.err = jpeg_std_error(&errors.manager);
	errors.manager.error_exit = on_error;
	errors.manager.output_message = on_message;
	if (setjmp(errors.out)) {
		jpeg_destroy_decompress(&jpeg);
		return PICTURE_BROKEN;
	}
	jpeg_create_decompress(&jpeg);
	jpeg_mem_src(&jpeg, data, length);
	(void)jpeg_read_header(&jpeg, TRUE);
	r = read_rows(&jpeg, ret);
	jpeg_destroy_decompress(&jpeg);
	return r;
}

int picture_decode(const void *data, size_t length, struct picture *ret)
{
	static const struct {
		const char *magic;
		size_t length;
		int (*decode)(const void *data, size_t length, struct picture *ret);
	} kinds[] = { { "\x89PNG", 4, decode_png }, { "\xff\xd8\xff", 3, decode_jpeg } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (length > kinds[i].length &&
		    memcmp(data, kinds[i].magic, kinds[i].length) == 0) {
			int r = kinds[i].decode(data, length, ret);

			return r ? r : shrink(ret);
		}
	return PICTURE_UNKNOWN;
}

int picture_encode(const struct picture *p, unsigned char **ret, size_t *ret_length)
{
	png_image image = { .version = PNG_IMAGE_VERSION,
			    .width = p->width,
			    .height = p->height,
			    .format = PNG_FORMAT_RGB,
			    .flags = PNG_IMAGE_FLAG_FAST };
	png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);

	*ret = malloc(size);
	if (!*ret)
		return PICTURE_NO_MEMORY;
	if (!png_image_write_to_memory(&image, *ret, &size, 0, p->pixels, 0, NULL))
		return PICTURE_BROKEN;
	*ret_length = size;
	return 0;
}
