/* SPDX-License-Identifier: ISC */
/* Addresses that are constants. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

static const struct sockaddr_in server = {
	.sin_family = AF_INET,
	.sin_port = __builtin_bswap16(8080),
	.sin_addr.s_addr = __builtin_bswap32(0xc0000207),
};
static const struct sockaddr_in6 own = {
	.sin6_family = AF_INET6,
	.sin6_port = __builtin_bswap16(53),
	.sin6_addr = IN6ADDR_LOOPBACK_INIT,
};
static const struct sockaddr_un local = { .sun_family = AF_UNIX, .sun_path = "/run/d.sock" };

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 2)
		return connect(argc, (const struct sockaddr *)&local, sizeof(local));
	if (argc > 1)
		return bind(argc, (const struct sockaddr *)&own, sizeof(own));
	return connect(argc, (const struct sockaddr *)&server, sizeof(server));
}
