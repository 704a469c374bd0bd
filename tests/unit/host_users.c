/* SPDX-License-Identifier: ISC */
/* passwd and group files, good and bad: the file itself, for its inner functions. */
#include "../../src/host/users.c"

#include "../tap.h"

static const char passwd[] = "# comment\n"
			     "\n"
			     "rootless:x:7:8:::\n"
			     "root:x:0:0:root:/root:/bin/sh\n"
			     "+nis::::::\n"
			     "no-id:x:::::\n"
			     "negative:x:-1:5:::\n"
			     "huge:x:4294967296:5:::\n"
			     "last-id:x:4294967295:5:::\n"
			     "short:x:9\n"
			     "twice:x:20:21:::\n"
			     "twice:x:22:23:::\n"
			     "tail:x:30:31";

static bool find(const char *name, bool is_group, struct host_user *ret)
{
	uint64_t id = 0;
	bool by_id = num_parse(name, strlen(name), UINT32_MAX - 1, &id) == 0;

	*ret = (struct host_user){ .name = name, .is_group = is_group, .uid = 99, .gid = 99 };
	return search(passwd, ret, by_id, (uint32_t)id);
}

TEST(by_name)
{
	struct host_user u;

	CHECK(find("root", false, &u) && u.uid == 0 && u.gid == 0);
	CHECK(find("rootless", false, &u) && u.uid == 7 && u.gid == 8);
	CHECK(find("twice", false, &u) && u.uid == 20);
	CHECK(find("tail", false, &u) && u.uid == 30 && u.gid == 31);
	CHECK(find("rootless", true, &u) && u.uid == 7 && u.gid == 7);
}

TEST(by_number)
{
	struct host_user u;

	CHECK(find("7", false, &u) && u.uid == 7 && u.gid == 8);
	CHECK(find("22", false, &u) && u.gid == 23);
	CHECK(!find("12345", false, &u));
}

TEST(not_there_or_not_right)
{
	static const char *const names[] = { "roo",   "ROOT",	   "",	    "x",
					     "no-id", "negative",  "huge",  "last-id",
					     "short", "# comment", "nobody" };
	struct host_user u;

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		NOTE("%s", names[i]);
		CHECK(!find(names[i], false, &u));
	}
	CHECK(find("short", true, &u) && u.uid == 9);
}

static struct host_user the_user(const struct host *h, const char *name, bool is_group)
{
	const struct host_user *u = host_user(h, name, is_group);

	if (!u)
		tap_fail(__FILE__, __LINE__, "%s is not known", name);
	return *u;
}

TEST(on_this_machine)
{
	struct host h = { 0 };

	CHECK_INT(host_add_user(&h, "root", false, NULL), AMBIT_OK);
	CHECK_INT(host_add_user(&h, "root", true, NULL), AMBIT_OK);
	CHECK_INT(host_add_user(&h, "4000000001", false, NULL), AMBIT_OK);
	CHECK_INT(host_add_user(&h, "no-such-user-here", false, NULL), AMBIT_OK);
	CHECK_INT(host_add_user(&h, "root", false, NULL), AMBIT_OK);
	CHECK_INT(h.user_count, 4);
	CHECK(the_user(&h, "root", false).found && the_user(&h, "root", false).uid == 0);
	CHECK(the_user(&h, "root", true).is_group);
	CHECK(the_user(&h, "4000000001", false).found);
	CHECK_INT(the_user(&h, "4000000001", false).gid, 4000000001);
	CHECK(!the_user(&h, "no-such-user-here", false).found);
	CHECK(host_user(&h, "nobody", false) == NULL);
	host_done(&h);
}
