/* SPDX-License-Identifier: ISC */
#include "../../src/base/buf.h"
#include "../tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

TEST(empty_is_text)
{
	struct buf b = { .maximum = 0 };
	char *taken;

	CHECK_STR(buf_text(&b), "");
	taken = buf_take(&b);
	CHECK_STR(taken, "");
	free(taken);
}

TEST(appends)
{
	struct buf b = { .maximum = 0 };

	buf_add_string(&b, "read ");
	buf_add_char(&b, '/');
	buf_add(&b, "usrXX", 3);
	buf_add_format(&b, " %d%s", 7, "!");
	CHECK_STR(buf_text(&b), "read /usr 7!");
	CHECK_INT(b.length, strlen("read /usr 7!"));
	buf_done(&b);
}

TEST(holds_zero_bytes)
{
	struct buf b = { .maximum = 0 };

	buf_add(&b, "a\0b", 3);
	CHECK_INT(b.length, 3);
	CHECK(!memcmp(b.data, "a\0b", 4));
	buf_done(&b);
}

TEST(grows_over_every_size)
{
	struct buf b = { .maximum = 0 };

	for (size_t i = 0; i < 5000; i++) {
		buf_add_char(&b, (char)('a' + i % 26));
		CHECK_INT(strlen(buf_text(&b)), i + 1);
	}
	for (size_t i = 0; i < 5000; i++)
		CHECK_INT(b.data[i], 'a' + i % 26);
	buf_add_format(&b, "%4096d", 1);
	CHECK_INT(b.length, 5000 + 4096);
	buf_done(&b);
}

TEST(the_maximum_is_hard_and_sticks)
{
	struct buf b = { .maximum = 8 };

	buf_add_string(&b, "1234567");
	CHECK_INT(b.failed, 0);
	buf_add_char(&b, '8');
	CHECK_INT(b.failed, -EFBIG);
	CHECK_STR(buf_text(&b), "1234567");
	buf_add(&b, "", 0);
	CHECK_INT(b.failed, -EFBIG);
	CHECK(buf_take(&b) == NULL);
	CHECK_INT(b.failed, 0);
	CHECK_INT(b.maximum, 8);
	buf_add_format(&b, "%s", "12345678");
	CHECK_INT(b.failed, -EFBIG);
	buf_done(&b);
}

TEST(clear_starts_again)
{
	struct buf b = { .maximum = 4 };

	buf_clear(&b);
	buf_add_string(&b, "abc");
	buf_add_string(&b, "d");
	CHECK_INT(b.failed, -EFBIG);
	buf_clear(&b);
	CHECK_STR(buf_text(&b), "");
	buf_add_string(&b, "xyz");
	CHECK_STR(buf_text(&b), "xyz");
	buf_done(&b);
}

TEST(take_empties)
{
	struct buf b = { .maximum = 100 };
	char *taken;

	buf_add_string(&b, "once");
	taken = buf_take(&b);
	CHECK_STR(taken, "once");
	CHECK(b.data == NULL);
	CHECK_INT(b.length, 0);
	CHECK_INT(b.maximum, 100);
	free(taken);
}

TEST(done_twice_is_harmless)
{
	struct buf b = { .maximum = 0 };

	buf_add_string(&b, "x");
	buf_done(&b);
	buf_done(&b);
	CHECK_STR(buf_text(&b), "");
}

TEST(sentences_with_names_of_others)
{
	struct buf out = { .maximum = 0 };

	buf_add_visible(&out, "a \"b\\\" \xc3\xa9 \033[2J\n\x9b\xc2\x9b\xe2\x80\xae.");
	CHECK_STR(buf_text(&out), "a \"b\\\" \xc3\xa9 \\x1b[2J\\x0a\\x9b\\xc2\\x9b"
				  "\\xe2\\x80\\xae.");
	buf_done(&out);
}
