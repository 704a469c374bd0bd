/* SPDX-License-Identifier: ISC */
/*
 * raw.c - the process that has the socket: frames in, frames out, and no look inside them
 *
 * The socket was opened and bound by main() while that still had the right to. What this process
 * could do with it, were it somebody else's: send any frame on this one link, and read DHCP.
 */
#include "privsep.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

/* From the link to the parser. False: there is no more link. */
static bool hand_in(int link, struct ambit_channel *to_parser)
{
	unsigned char frame[FRAME_MAX];
	ssize_t n = recv(link, frame, sizeof(frame), MSG_DONTWAIT);

	if (n < FRAME_MIN)
		return n != 0;
	ambit_channel_begin(to_parser, "received");
	ambit_channel_put_bytes(to_parser, "frame", frame, (size_t)n);
	/* A parser that is not there, or slow, misses a frame: networks lose some, too. */
	(void)!ambit_channel_send(to_parser, 0, NULL);
	return true;
}

/* From the parser to the link. */
static enum ambit_code hand_out(struct ambit_channel *from_parser, int link,
				struct ambit_untrusted *bytes)
{
	enum ambit_code code = ambit_channel_receive(from_parser, 0, NULL);
	const void *frame;
	size_t length;

	if (code == AMBIT_OK)
		code = ambit_channel_get_bytes(from_parser, "frame", bytes, NULL);
	if (code == AMBIT_OK)
		code = ambit_validate_bytes(bytes, FRAME_MAX, &frame, &length, NULL);
	if (code == AMBIT_OK)
		(void)!send(link, frame, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	return code == AMBIT_E_TIMEOUT ? AMBIT_OK : code;
}

int raw(struct ambit_process *self)
{
	struct ambit_channel *parser_end = ambit_process_channel(self, "parser");
	struct ambit_untrusted bytes = AMBIT_UNTRUSTED_INIT;
	const int link = (int)strtol(setting("LINK_FD"), NULL, 10);
	time_t minute = -1;

	take_over(self);
	for (;;) {
		struct pollfd fds[] = {
			{ link, POLLIN, 0 },
			{ ambit_channel_fd(parser_end), POLLIN, 0 },
			{ ambit_process_fd(self), POLLIN, 0 },
		};
		enum ambit_code code = AMBIT_OK;

		if (poll(fds, 3, -1) < 0)
			return 1;
		if (fds[0].revents && !hand_in(link, parser_end))
			return 2;
		new_minute(parser_end, &minute);
		if (fds[1].revents)
			code = hand_out(parser_end, link, &bytes);
		if ((code == AMBIT_E_CLOSED || fds[2].revents) && !wait_for_another(parser_end))
			return 0;
		if (code == AMBIT_E_PROTOCOL)
			return 3;
	}
}
AMBIT_PROCESS(raw)
