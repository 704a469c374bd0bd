/* SPDX-License-Identifier: ISC */
/* The table of libc functions: complete in itself, and asked. */
#include "util.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/personality.h>

#include "../../src/policy/libc.h"

/* In order, or a search would miss some; the same name is in one part only. */
TEST(order)
{
	const struct libc_function *f, *before = NULL;
	size_t count = 0, doing = 0;

	for (size_t i = 0; (f = libc_at(i)); i++) {
		if (before && before->source == f->source)
			CHECK(strcmp(before->name, f->name) < 0);
		CHECK(libc_lookup(f->name) == f);
		CHECK(f->source == LIBC_BY_HAND || f->effects == 0);
		CHECK((f->effects >> (EFFECT_COUNT - 1)) <= 1);
		before = f;
		count++;
		doing += libc_effects_beyond(f->effects, 0) != 0;
	}
	NOTE("%zu functions, %zu exercise a right", count, doing);
	CHECK(count > 3000 && doing > 500);
	CHECK(libc_lookup("") == NULL);
	CHECK(libc_lookup("opeN") == NULL);
	CHECK(libc_lookup("no_such_function") == NULL);
}

TEST(effects)
{
	for (int i = 0; i < EFFECT_COUNT; i++) {
		const struct libc_effect_row *row = libc_effect_row((enum libc_effect)i);

		CHECK(row && row->name[0] && row->text[0] && row->rights);
		for (int right = 0; right < RIGHT_COUNT; right++)
			if (row->rights != ANY_RIGHT && (row->rights >> right & 1))
				CHECK(!(right_row((enum right)right)->flags & ROW_HIDDEN));
	}
	CHECK(libc_effect_row(EFFECT_COUNT) == NULL);
}

static uint64_t of(const char *name, uint64_t value)
{
	const struct libc_function *f = libc_lookup(name);

	CHECK(f != NULL);
	return libc_effects_of(f, value);
}

/* What a call does depends on its flags. */
TEST(flags)
{
	CHECK_INT(of("open", O_RDONLY), EFFECT_BIT(READ));
	CHECK_INT(of("open", O_WRONLY | O_CREAT), EFFECT_BIT(MODIFY) | EFFECT_BIT(CREATE));
	CHECK_INT(of("openat", O_RDWR), EFFECT_BIT(READ) | EFFECT_BIT(MODIFY));
	CHECK_INT(of("open", O_RDONLY | O_TRUNC), EFFECT_BIT(READ) | EFFECT_BIT(MODIFY));
	CHECK_INT(of("open", O_TMPFILE | O_RDWR),
		  EFFECT_BIT(READ) | EFFECT_BIT(MODIFY) | EFFECT_BIT(CREATE));
	CHECK_INT(of("open", O_RDONLY | O_DIRECTORY), EFFECT_BIT(READ));
	CHECK_INT(of("open", O_PATH), EFFECT_BIT(LOOK));
	CHECK_INT(of("mq_open", O_RDONLY), EFFECT_BIT(QUEUE));
	CHECK_INT(of("strlen", 0), 0);
}

/* What the filter refuses by an argument; where it cannot be told, all of that. */
TEST(judged)
{
	const struct libc_function *map = libc_lookup("mmap"), *device = libc_lookup("ioctl");
	const uint64_t memory = EFFECT_BIT(MEMORY), jit = memory | EFFECT_BIT(JIT);

	CHECK_INT(of("mprotect", PROT_READ), memory);
	CHECK_INT(of("mprotect", PROT_READ | PROT_EXEC), jit);
	CHECK_INT(of("pkey_mprotect", PROT_EXEC), jit);
	CHECK_INT(libc_effects_of_mapping(map, PROT_READ | PROT_WRITE, MAP_SHARED), memory);
	CHECK_INT(libc_effects_of_mapping(map, PROT_READ | PROT_EXEC, MAP_PRIVATE), memory);
	CHECK_INT(libc_effects_of_mapping(map, PROT_READ | PROT_EXEC, MAP_SHARED), jit);
	CHECK_INT(libc_effects_of_mapping(map, PROT_WRITE | PROT_EXEC, MAP_PRIVATE), jit);
	CHECK_INT(libc_effects_all(map), jit);
	CHECK_INT(libc_effects_all(libc_lookup("mprotect")), jit);
	CHECK_INT(of("personality", PER_LINUX), EFFECT_BIT(SELF));
	CHECK_INT(of("personality", 0xffffffff), EFFECT_BIT(SELF));
	CHECK_INT(of("personality", READ_IMPLIES_EXEC), EFFECT_BIT(SELF) | EFFECT_BIT(ADMIN));
	CHECK_INT(of("ioctl", TCGETS), EFFECT_BIT(DEVICE));
	CHECK_INT(of("ioctl", TIOCSTI), EFFECT_BIT(DEVICE) | EFFECT_BIT(ADMIN));
	CHECK_INT(of("ioctl", TIOCSTI | UINT64_C(1) << 32), of("ioctl", TIOCSTI));
	CHECK_INT(of("ioctl", TIOCSCTTY), EFFECT_BIT(DEVICE) | EFFECT_BIT(TERMINAL));
	CHECK_INT(libc_effects_all(device), EFFECT_BIT(DEVICE) | EFFECT_BIT(ADMIN));
	CHECK_INT(libc_effects_all(libc_lookup("open")), libc_lookup("open")->effects);
}

TEST(modes)
{
	const struct libc_function *f = libc_lookup("fopen");
	const uint64_t all = EFFECT_BIT(READ) | EFFECT_BIT(MODIFY) | EFFECT_BIT(CREATE);

	CHECK_INT(libc_effects_of_mode(f, "r"), EFFECT_BIT(READ));
	CHECK_INT(libc_effects_of_mode(f, "rbe"), EFFECT_BIT(READ));
	CHECK_INT(libc_effects_of_mode(f, "r+"), EFFECT_BIT(READ) | EFFECT_BIT(MODIFY));
	CHECK_INT(libc_effects_of_mode(f, "a"), EFFECT_BIT(MODIFY) | EFFECT_BIT(CREATE));
	CHECK_INT(libc_effects_of_mode(f, "w+"), all);
	CHECK_INT(libc_effects_of_mode(libc_lookup("system"), "r"), of("system", 0));
}

TEST(arguments)
{
	const struct libc_function *f = libc_lookup("renameat2");

	CHECK_INT(libc_arguments(f, LIBC_PATH), 1 << 1 | 1 << 3);
	CHECK_INT(libc_arguments(libc_lookup("qsort"), LIBC_CALLBACK), 1 << 3);
	CHECK_INT(libc_arguments(libc_lookup("pthread_create"), LIBC_CALLBACK), 1 << 2);
	CHECK_INT(libc_arguments(libc_lookup("sigaction"), LIBC_CALLBACKS_IN), 1 << 1);
	CHECK_INT(libc_arguments(libc_lookup("posix_spawnp"), LIBC_PROGRAM), 1 << 1);
	CHECK_INT(libc_arguments(libc_lookup("getaddrinfo"), LIBC_HOST), 1 << 0);
	CHECK_INT(libc_arguments(libc_lookup("connect"), LIBC_ADDRESS), 1 << 1);
	CHECK_INT(libc_arguments(libc_lookup("dlsym"), LIBC_SYMBOL), 1 << 1);
	f = libc_lookup("syscall");
	CHECK_INT(f->decides, DECIDE_NUMBER);
	CHECK_INT(f->decider, 0);
	f = libc_lookup("openat");
	CHECK_INT(f->decides, DECIDE_FLAGS);
	CHECK_INT(f->decider, 2);
}

/* One of several rights is enough; what every program may do is never beyond. */
TEST(beyond)
{
	const uint64_t reads = RIGHT_BIT(READ);

	CHECK_INT(libc_effects_beyond(of("open", O_RDONLY), reads), 0);
	CHECK_INT(libc_effects_beyond(of("open", O_RDWR), reads), EFFECT_BIT(MODIFY));
	CHECK_INT(libc_effects_beyond(of("open", O_RDWR), RIGHT_BIT(WRITE)), 0);
	CHECK_INT(libc_effects_beyond(of("system", 0), RIGHT_BIT(SPAWN)), EFFECT_BIT(EXEC));
	CHECK_INT(libc_effects_beyond(of("settimeofday", 0), reads), EFFECT_BIT(TIME));
	CHECK_INT(libc_effects_beyond(of("read", 0) | of("mprotect", PROT_READ), 0), 0);
}
