/* SPDX-License-Identifier: ISC */
/* The kit: offsets that hold after it is put together, alignment, too much of something. */
#include "../../src/layer/layer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tap.h"

static const char *at(const struct kit *k, uint64_t offset)
{
	return (const char *)k + offset;
}

TEST(offsets_hold)
{
	struct kit_builder b = { 0 };
	uint32_t one = kit_add_string(&b, "one"), two = kit_add_string(&b, "two");
	struct kit_op op = {
		.layer = AMBIT_LAYER_MOUNT, .op = 7, .data = two, .a = 1, .b = 2, .c = 3
	};
	uint64_t table[] = { one, two, 0 };
	const struct kit_op *ops;
	struct kit *k;

	CHECK(one && two && one % 8 == 0 && two % 8 == 0);
	b.step = 3;
	kit_add_op(&b, &op);
	op.data = 0;
	kit_add_op(&b, &op);
	b.header.program = one;
	b.header.argv = kit_add_data(&b, table, sizeof(table));
	k = kit_finish(&b);
	CHECK(k != NULL);
	CHECK_INT(k->magic, KIT_MAGIC);
	CHECK_INT(k->op_count, 2);
	CHECK_STR(at(k, k->program), "one");
	ops = (const struct kit_op *)(const void *)at(k, k->ops);
	CHECK_STR(at(k, ops[0].data), "two");
	CHECK_INT(ops[0].step, 3);
	CHECK(ops[0].a == 1 && ops[0].b == 2 && ops[0].c == 3 && ops[0].op == 7);
	CHECK_INT(ops[1].data, 0);
	memcpy(table, at(k, k->argv), sizeof(table));
	CHECK_STR(at(k, table[0]), "one");
	CHECK_STR(at(k, table[1]), "two");
	CHECK(!table[2] && !k->envp && !k->directory);
	CHECK(k->size > ops[0].data && k->argv + sizeof(table) <= k->size);
	free(k);
	kit_builder_done(&b);
}

TEST(an_empty_kit)
{
	struct kit_builder b = { 0 };
	struct kit *k = kit_finish(&b);

	CHECK(k != NULL);
	CHECK_INT(k->op_count, 0);
	CHECK_INT(k->size, sizeof(struct kit));
	free(k);
	kit_builder_done(&b);
}

TEST(data_stays_aligned)
{
	struct kit_builder b = { 0 };

	for (size_t n = 0; n < 40; n++)
		CHECK_INT(kit_add_data(&b, "0123456789012345678901234567890123456789", n) % 8, 0);
	kit_builder_done(&b);
}

TEST(descriptors_are_closed_with_it)
{
	struct kit_builder b = { 0 };
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	CHECK_INT(kit_add_fd(&b, fd), fd);
	CHECK(fcntl(fd, F_GETFD) >= 0);
	kit_builder_done(&b);
	CHECK(fcntl(fd, F_GETFD) < 0);
}

TEST(more_descriptors_than_there_is_room_for)
{
	struct kit_builder b = { 0 };

	for (size_t i = 0; i < ARRAY_COUNT(b.fds); i++)
		(void)kit_add_fd(&b, open("/dev/null", O_RDONLY | O_CLOEXEC));
	CHECK(!b.overflow);
	(void)kit_add_fd(&b, -1);
	CHECK(b.overflow);
	CHECK(kit_finish(&b) == NULL);
	kit_builder_done(&b);
}

TEST(data_beyond_the_maximum)
{
	struct kit_builder b = { .data.maximum = 64 };

	(void)kit_add_data(&b, "0123456789012345678901234567890123456789012345678901234567890123",
			   64);
	CHECK(b.data.failed);
	CHECK(kit_finish(&b) == NULL);
	kit_builder_done(&b);
}
