#!/bin/sh
# SPDX-License-Identifier: ISC
#
# limits.sh IDENTITY - a limit is of what the program may have: ambit's own part does not count
# shellcheck disable=SC2016 # the scripts are for the shells inside

. "${SRC:-.}/tests/lib/tap.sh"
. "$SRC/tests/lib/group.sh"

identity=${1:-root}
as=$BUILD/tests/as/as

run() {
	limit=$1 want=$2
	shift 2
	expect "$want" "$how" timeout -k 1 20 "$AMBIT" run -q --use shell --limit "processes $limit" "$@"
}

# holds OPTION...: N processes, and not one more, whoever carries the limit
holds() {
	run 1 0 "$@" -- true
	run 1 0 "$@" -- sh -c 'echo alone'
	has out alone
	run 1 2 "$@" -- sh -c 'sleep 0.1; echo went on'
	has err fork
	lacks out 'went on'
	run 2 0 "$@" -- sh -c 'sleep 0.1; sleep 0.1; echo went on'
	has out 'went on'
	run 2 2 "$@" -- sh -c 'sleep 5 & sleep 5 & echo went on'
	has err fork
	lacks out 'went on'
	run 3 0 "$@" -- sh -c 'sleep 0.1 & sleep 0.1 & wait; echo went on'
	has out 'went on'
	run 9 0 "$@" -- sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 0.2 & done; wait; echo went on'
	has out 'went on'
	run 8 2 "$@" -- sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; wait; echo went on'
	has err fork
}

by_a_control_group() {
	own_group
	how='grouped'
	holds
	holds --need 'mount-view off'
	holds --need 'namespaces off' --need 'mount-view off'
}

# 61234 is nobody's: the kernel counts what this user has.
by_the_users_limit() {
	set -- --need 'cgroup off' --user 61234
	[ "$identity" = root ] || skip 'only root can give an id away'
	"$AMBIT" plan --use shell --limit 'processes 9' "$@" -- true >"$T/plan"
	grep -q 'processes are limited: rlimits' "$T/plan" || fail "$(cat "$T/plan")"
	how='env'
	holds "$@"
	judged "$@"
}

# judged OPTION...: the threads that judge addresses are there, and at most one more of the program's
judged() {
	for limit in 1 2; do
		run "$limit" 0 "$@" -e 'connect udp 127.0.0.1 9' --use python -- /usr/bin/python3 -c '
import socket
socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))
print("sent")'
		has out sent
	done
	run 2 0 "$@" -e 'connect udp 127.0.0.1 9' --use python -- /usr/bin/python3 -c '
import errno, os, time
n = 1
try:
    while n < 9:
        os.fork() or time.sleep(60)
        n += 1
except OSError as e:
    print(errno.errorcode[e.errno], n)'
	grep -qx 'EAGAIN [23]' "$T/out" || fail "$(cat "$T/out")"
}

where_addresses_are_judged() {
	own_group
	how='grouped'
	judged
}

# What is beside the program counts as well, and a limit that kills it is named.
too_little_memory() {
	"$as" "$identity" -- "$AMBIT" doctor --json >"$T/doctor"
	grep -q '"memory":{"version":[12]' "$T/doctor" || skip 'no memory hierarchy may be written here'
	for limit in 1K 64K; do
		expect 125 "$as" "$identity" -- timeout -k 1 20 "$AMBIT" run -q --limit "memory $limit" -- true
		has err 'hint: the kernel killed it, for limit memory'
	done
	expect 0 "$as" "$identity" -- timeout -k 1 20 "$AMBIT" run -q --limit 'memory 64M' -- true
}

# of_memory STATUS LIMIT OPTION... -- COMMAND...: without a control group
of_memory() {
	want=$1 limit=$2
	shift 2
	expect "$want" "$as" "$identity" -- timeout -k 1 20 "$AMBIT" run -q --need 'cgroup off' \
		--limit "memory $limit" "$@"
}

# What is written to /tmp is memory, too: the two together have no more than the limit.
memory_and_tmp() {
	"$as" "$identity" -- "$AMBIT" plan --tmp 1M -- true >"$T/plan" || : # not without a view
	if grep -q '+ /tmp is its own' "$T/plan"; then
		of_memory 125 32M --tmp 300M -- echo STARTED
		lacks out STARTED
		has err 'memory is limited'
		has err 'what tmp leaves'
		of_memory 125 '32M prefer' --strict --tmp 300M -- echo STARTED
		of_memory 0 64M --tmp 32M --read /proc -- cat /proc/self/limits
		grep -q '^Max address space  *33554432  *33554432 ' "$T/out" || fail "$(cat "$T/out")"
		of_memory 0 64M --tmp 32M -- dd if=/dev/zero of=/tmp/big bs=1M count=30
		of_memory 1 64M --tmp 32M -- dd if=/dev/zero of=/tmp/big bs=1M count=40
		has err 'No space left'
		of_memory 1 64M --tmp 32M -- dd if=/dev/zero of=/dev/null bs=40M count=1
		has err 'memory exhausted'
	fi
	# The control: without a /tmp the address space has it all, for an ordinary user and strictly.
	of_memory 0 64M --read /proc -- cat /proc/self/limits
	grep -q '^Max address space  *67108864  *67108864 ' "$T/out" || fail "$(cat "$T/out")"
	of_memory 0 64M -- dd if=/dev/zero of=/dev/null bs=40M count=1
	of_memory 0 '32M prefer' --tmp '300M prefer' -- true
}

run_as_identity memory_and_tmp by_a_control_group by_the_users_limit where_addresses_are_judged \
	too_little_memory
