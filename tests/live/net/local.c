/* SPDX-License-Identifier: ISC */
/* local.c - local sockets by path: what the path leads to counts, not what it is called */
#include "box.h"

#include "../../tap.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *at(const char *directory, const char *name)
{
	return text("%s/%s", directory, name);
}

TEST_TIMEOUT(granted_path_only, 60)
{
	const char *d = shared_directory();
	struct server *granted, *other, *deep, *abstract;
	const char *acts;

	CHECK(!mkdir(at(d, "sub"), 0755) && !symlink("a.sock", at(d, "link")) &&
	      !symlink("b.sock", at(d, "bad-link")));
	granted = serve_local(at(d, "a.sock"), SOCK_STREAM);
	other = serve_local(at(d, "b.sock"), SOCK_STREAM);
	deep = serve_local(at(d, "sub/c.sock"), SOCK_STREAM);
	abstract = serve_local(text("@ambit-net-%d", (int)getpid()), SOCK_STREAM);
	acts = text("local %s/a.sock;local %s/b.sock;local %s/link;local %s/bad-link;local "
		    "%s/sub/../a.sock;"
		    "local %s/sub/c.sock;local-in %s a.sock;local-in %s/sub "
		    "../b.sock;local-abstract ambit-net-%d",
		    d, d, d, d, d, d, d, d, (int)getpid());
	serve();
	CHECK_STR(bare(acts), "ok ok ok ok ok ok ok ok ok");
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		/* "read" puts all of them into the view: only the judge tells them apart. */
		CHECK_STR(box(id, text("read %s\nunix %s/a.sock", d, d), acts),
			  "ok EACCES ok EACCES ok EACCES ok EACCES EACCES");
		CHECK_STR(box(id, text("read %s\nunix %s/sub", d, d),
			      text("local %s/sub/c.sock;local %s/a.sock", d, d)),
			  "ok EACCES");
		CHECK_STR(box(id, text("read %s\nunix %s/a.sock", d, d),
			      text("local %s/missing;local %s", d, d)),
			  "ENOENT EACCES");
		CHECK_STR(box(id, text("read %s\nconnect tcp 127.0.0.1 9", d),
			      text("local %s/a.sock", d)),
			  "EACCES");
	}
	CHECK_INT(came_to(granted), 4 + 3 * 4);
	CHECK_INT(came_to(other), 3);
	CHECK_INT(came_to(deep), 1 + 3);
	CHECK_INT(came_to(abstract), 1);
	remove_directory(d);
}

/* A view that holds nothing but the granted socket needs no judge; the answers are the same. */
TEST_TIMEOUT(alone_in_the_view, 60)
{
	const char *d = shared_directory();
	struct server *granted = serve_local(at(d, "a.sock"), SOCK_STREAM);
	struct server *other = serve_local(at(d, "b.sock"), SOCK_STREAM);

	serve();
	FOR_IDENTITIES(id)
	{
		const char *out;

		NOTE("%s", id);
		out = box(id, text("unix %s/a.sock", d),
			  text("local %s/a.sock;local %s/b.sock", d, d));
		CHECK(!__builtin_strcmp(out, "ok EACCES") || !__builtin_strcmp(out, "ok ENOENT"));
	}
	CHECK_INT(came_to(granted), 3);
	CHECK_INT(came_to(other), 0);
	remove_directory(d);
}

/* Promises and privileges show all of them, and a path that is read may be a socket itself. */
TEST_TIMEOUT(whatever_shows_them, 60)
{
	const char *d = shared_directory();
	const char *const shown[] = { "promises \"stdio rpath\"", "promises \"stdio tmppath\"",
				      "privileges basic,!net_access", text("read %s/b.sock", d) };
	struct server *granted = serve_local(at(d, "a.sock"), SOCK_STREAM);
	struct server *other = serve_local(at(d, "b.sock"), SOCK_STREAM);
	const char *acts = text("local %s/a.sock;local %s/b.sock", d, d);
	int asked = 0;

	serve();
	FOR_IDENTITIES(id)
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		NOTE("%s, %s", id, shown[i]);
		CHECK_STR(box(id, text("%s\nunix %s/a.sock", shown[i], d), acts), "ok EACCES");
		asked++;
	}
	CHECK_INT(came_to(granted), asked);
	CHECK_INT(came_to(other), 0);
	remove_directory(d);
}

TEST_TIMEOUT(datagrams, 60)
{
	const char *d = shared_directory();
	struct server *granted = serve_local(at(d, "a.sock"), SOCK_DGRAM);
	struct server *other = serve_local(at(d, "b.sock"), SOCK_DGRAM);
	const char *acts = text("local-datagram %s/a.sock;local-datagram %s/b.sock", d, d);

	serve();
	CHECK_STR(bare(acts), "ok ok");
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, text("read %s\nunix %s/a.sock", d, d), acts), "ok EACCES");
	}
	CHECK_INT(came_to(granted), 4);
	CHECK_INT(came_to(other), 1);
	remove_directory(d);
}

/* Where datagrams exist every message is judged: also those that only pass a descriptor on. */
TEST_TIMEOUT(pairs, 60)
{
	const char *d = shared_directory();

	(void)serve_local(at(d, "a.sock"), SOCK_STREAM);
	CHECK_STR(bare("local-pass;pair-full;pair-broken"), "passed EAGAIN whole EPIPE 0 EPIPE 1");
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, text("read %s\nunix %s/a.sock", d, d),
			      "local-pass;pair-full;pair-broken"),
			  "passed EAGAIN whole EPIPE 0 EPIPE 1");
		CHECK_STR(box(id, "", "local-pass;pair-full;pair-broken"),
			  "passed EAGAIN whole EPIPE 0 EPIPE 1");
	}
	remove_directory(d);
}
