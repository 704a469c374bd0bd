/* SPDX-License-Identifier: ISC */
/*
 * main.c - a DHCP client as four processes: see README.md
 *
 *	privsep [-1] (-i INTERFACE | -l FD:MAC) LEASE-DIRECTORY STATE-DIRECTORY SCRIPT
 *
 * -1 ends after the first lease. -l takes a link that is open already, as 3:020000000001.
 */
#include "privsep.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct options {
	const char *interface, *link, *lease_directory, *state_directory, *script;
	bool once;
	int link_fd;
	char mac[13];
};

static _Noreturn void fail(const char *what, const char *why)
{
	fprintf(stderr, "privsep: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

/* ---- the link: the only thing that needs a privilege, and only here ------------------------ */

/* IPv4, UDP, not a later fragment, to the client's port: the kernel drops the rest. */
static void filter(int fd)
{
	static struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_IP, 0, 8),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 4, 0),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 68, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, FRAME_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };
	const int one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof(one)) < 0)
		fail("link", "cannot attach the filter");
}

static void open_interface(struct options *o)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
	struct ifreq request = { 0 };
	const unsigned char *mac = (const unsigned char *)request.ifr_hwaddr.sa_data;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* receives nothing until bound */

	if (fd < 0)
		fail(o->interface, "cannot open a packet socket: be root, or have CAP_NET_RAW");
	filter(fd);
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", o->interface);
	address.sll_ifindex = (int)if_nametoindex(o->interface);
	if (!address.sll_ifindex || ioctl(fd, SIOCGIFHWADDR, &request) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		fail(o->interface, "no such interface");
	(void)snprintf(o->mac, sizeof(o->mac), "%02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2],
		       mac[3], mac[4], mac[5]);
	o->link_fd = fd;
}

static void take_link(struct options *o)
{
	char *end;

	o->link_fd = (int)strtol(o->link, &end, 10);
	if (*end != ':' || strlen(end + 1) != 12)
		fail(o->link, "is not FD:MAC");
	memcpy(o->mac, end + 1, 13);
}

/* ---- the group ----------------------------------------------------------------------------- */

static void check(enum ambit_code code, const struct ambit_error *err)
{
	if (code != AMBIT_OK) {
		fprintf(stderr, "privsep: %s\n  hint: %s\n", err->text, err->hint);
		exit(EXIT_FAILURE);
	}
}

/* What each of them is told: facts, no rights. */
static void tell(struct ambit_policy *p, const struct options *o)
{
	const char *const facts[][2] = { { "LINK_MAC", o->mac },
					 { "LEASE_DIR", o->lease_directory },
					 { "STATE_DIR", o->state_directory },
					 { "SCRIPT", o->script } };
	struct ambit_error err;
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", o->link_fd);
	check(ambit_set_env(p, "LINK_FD", number, &err), &err);
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		check(ambit_set_env(p, facts[i][0], facts[i][1], &err), &err);
}

/*
 * What each of them may do. Names from outside are arguments of calls, never text of a policy: in
 * that a blank or a line's end would be more than a name.
 */
static void allow_raw(struct ambit_policy *p, const struct options *o)
{
	struct ambit_error err;

	check(ambit_pass_fd(p, o->link_fd, AMBIT_ANY, &err), &err);
}

static void allow_nothing(struct ambit_policy *p, const struct options *o)
{
	(void)p, (void)o;
}

static void allow_writer(struct ambit_policy *p, const struct options *o)
{
	struct ambit_error err;

	check(ambit_allow_write(p, o->lease_directory, &err), &err);
}

static void allow_runner(struct ambit_policy *p, const struct options *o)
{
	struct ambit_error err;

	check(ambit_allow_exec(p, "/bin/sh", &err), &err);
	check(ambit_allow_spawn(p, &err), &err);
	check(ambit_allow_read(p, o->script, &err), &err);
	check(ambit_allow_write(p, o->state_directory, &err), &err);
}

/* A packet that crashes the parser is no reason to be without a network. */
static const struct part {
	const char *name;
	ambit_process_fn *function;
	void (*allow)(struct ambit_policy *p, const struct options *o);
	enum ambit_reaction reaction;
} parts[] = {
	{ "raw", raw, allow_raw, AMBIT_END_GROUP },
	{ "parser", parser, allow_nothing, AMBIT_RESTART },
	{ "writer", writer, allow_writer, AMBIT_END_GROUP },
	{ "runner", runner, allow_runner, AMBIT_END_GROUP },
};

static void add(struct ambit_group *g, const struct options *o, const struct part *part)
{
	struct ambit_process_options options = AMBIT_PROCESS_OPTIONS_INIT;
	struct ambit_policy *policy = ambit_policy_new();
	struct ambit_error err;

	if (!policy)
		fail(part->name, "out of memory");
	options.reaction = part->reaction;
	tell(policy, o);
	part->allow(policy, o);
	check(ambit_group_add(g, part->name, policy, part->function, &options, &err), &err);
	ambit_policy_free(policy);
}

static struct ambit_group *declare(const struct options *o)
{
	struct ambit_group *g = ambit_group_new();
	struct ambit_error err;

	if (!g)
		fail("group", "out of memory");
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		add(g, o, &parts[i]);
	check(ambit_group_connect(g, "raw", "parser", &raw_and_parser, &err), &err);
	check(ambit_group_connect(g, "parser", "writer", &parser_to_writer, &err), &err);
	check(ambit_group_connect(g, "writer", "runner", &writer_to_runner, &err), &err);
	check(ambit_group_connect(g, "runner", AMBIT_CALLER, &runner_to_caller, &err), &err);
	return g;
}

/* What the runner says. False: what no honest runner does. */
static bool hear(struct ambit_channel *from_runner, bool *ret_done)
{
	struct ambit_error err;
	enum ambit_code code = ambit_channel_receive(from_runner, 0, &err);
	int64_t status;

	if (code == AMBIT_E_PROTOCOL)
		fprintf(stderr, "privsep: %s\n", err.text);
	if (code != AMBIT_OK ||
	    ambit_channel_get_integer(from_runner, "status", &status, NULL) != AMBIT_OK)
		return code != AMBIT_E_PROTOCOL; /* its end is an event of the group */
	printf("a lease: the script ended with %lld\n", (long long)status);
	(void)fflush(stdout);
	*ret_done = true;
	return true;
}

static int supervise(struct ambit_group *g, bool once)
{
	struct ambit_channel *from_runner = ambit_group_channel(g, "runner");
	time_t minute = -1;
	bool done = false;

	for (;;) {
		struct ambit_group_event event = AMBIT_GROUP_EVENT_INIT;
		struct pollfd fds[] = { { ambit_group_fd(g), POLLIN, 0 },
					{ ambit_channel_fd(from_runner), POLLIN, 0 } };
		struct ambit_error err;
		enum ambit_code code;

		if (poll(fds, 2, -1) < 0)
			return EXIT_FAILURE;
		new_minute(from_runner, &minute);
		if (fds[1].revents && !hear(from_runner, &done))
			return EXIT_FAILURE;
		if (done && once)
			return EXIT_SUCCESS;
		code = ambit_group_wait(g, 0, &event, &err);
		if (code == AMBIT_E_TIMEOUT)
			continue;
		check(code, &err);
		printf("%s ended with %d, signal %d: %s\n", event.process, event.exit_code,
		       event.signal,
		       event.kind == AMBIT_GROUP_ENDED ? "so does the client" : "started anew");
		(void)fflush(stdout);
		if (event.kind == AMBIT_GROUP_ENDED)
			return EXIT_FAILURE;
	}
}

static void read_options(struct options *o, int argc, char **argv)
{
	for (int c; (c = getopt(argc, argv, "1i:l:")) != -1;) {
		if (c == '1')
			o->once = true;
		else if (c == 'i')
			o->interface = optarg;
		else if (c == 'l')
			o->link = optarg;
		else
			exit(EXIT_FAILURE);
	}
	if (argc - optind != 3 || !o->interface == !o->link)
		fail("usage", "privsep [-1] (-i INTERFACE | -l FD:MAC) LEASE-DIRECTORY "
			      "STATE-DIRECTORY SCRIPT");
	o->lease_directory = argv[optind];
	o->state_directory = argv[optind + 1];
	o->script = argv[optind + 2];
}

int main(int argc, char **argv)
{
	struct options o = { .link_fd = -1 };
	struct ambit_group *g;
	struct ambit_error err;
	int status;

	read_options(&o, argc, argv);
	if (o.interface)
		open_interface(&o);
	else
		take_link(&o);
	take_over(NULL);
	g = declare(&o);
	check(ambit_group_start(g, &err), &err);
	status = supervise(g, o.once);
	ambit_group_free(g);
	return status;
}
