#!/bin/sh
# SPDX-License-Identifier: ISC
#
# clocks.sh IDENTITY - need time-namespace: the clocks of the box begin at zero and limits hold by
# them, or the line is a gap; and a label is one where AppArmor is not there, or the name of no profile.
# shellcheck disable=SC2317 # the functions are called by name

. "${SRC:-.}/tests/lib/tap.sh"

identity=${1:-root}
PATH=/usr/bin:/bin # the system's python, which the bundle knows
as=$BUILD/tests/as/as

run() { "$as" "$identity" -- "$AMBIT" run -q "$@"; }

# Seconds since the start of the host, by the clock of the caller of this.
boot='import time; print(int(time.clock_gettime(time.CLOCK_BOOTTIME)))'
monotonic='import time; print(int(time.monotonic()))'

has_time() { "$as" "$identity" -- "$AMBIT" plan --need 'time-namespace must' >"$T/plan"; }

clocks_begin_at_zero() {
	has_time || skip "a gap here: $(grep gap: "$T/plan")"
	now=$(python3 -c "$boot")
	[ "$now" -gt 60 ] || skip "the host has only just started"
	for clock in "$boot" "$monotonic"; do
		# The control: without the line the program sees the host's clock.
		expect 0 run --use python -- python3 -c "$clock"
		[ "$(cat "$T/out")" -ge "$now" ] || fail "the control says $(cat "$T/out"), not $now"
		expect 0 run --use python --need 'time-namespace must' -- python3 -c "$clock"
		[ "$(cat "$T/out")" -lt "$now" ] || fail "the host's clock: $(cat "$T/out")"
	done
}

# Children of the program, its threads and the judge beside it live with it.
processes_and_judge() {
	has_time || skip "a gap here"
	expect 0 run --use python --spawn --exec /bin/sh --need 'time-namespace must' \
		--connect 'udp 127.0.0.1 9' --limit 'wall-time 60s' -- python3 -c '
import socket, subprocess, threading, time
t = threading.Thread(target=lambda: print("thread")); t.start(); t.join()
print(subprocess.run(["/bin/sh", "-c", "echo child"], stdout=subprocess.PIPE).stdout.decode())
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print("sent", s.sendto(b"x", ("127.0.0.1", 9)))
'
	has out thread
	has out child
	has out 'sent 1'
}

# The limit is held by the clock of the box, which is not the one it began with.
limits_hold() {
	has_time || skip "a gap here"
	expect 0 run --need 'time-namespace must' -- sleep 2
	expect 137 timeout -k 1 20 "$as" "$identity" -- "$AMBIT" run -q --limit 'wall-time 1s' \
		--need 'time-namespace must' -- sleep 30
	expect 137 timeout -k 1 20 "$as" "$identity" -- "$AMBIT" run -q --limit 'wall-time 1s' \
		--need 'time-namespace prefer' -- sleep 30
}

missing_is_said() {
	! has_time || skip "it is there"
	expect 125 run --need 'time-namespace must' -- true
	has err 'the layer time-namespace is not available here'
	expect 0 "$as" "$identity" -- "$AMBIT" run --need 'time-namespace prefer' -- true
	has err 'the layer time-namespace is not available here'
}

labels() {
	if "$as" "$identity" -- "$AMBIT" plan --label no-such-profile >"$T/plan"; then
		expect 125 run --label no-such-profile -- true
		has err 'no-such-profile'
		has err 'no such profile is loaded'
		return
	fi
	has_label='the program runs under the asked AppArmor profile'
	grep -q "gap: --label: not enforced here: $has_label" "$T/plan" || fail "$(cat "$T/plan")"
	expect 125 run --label no-such-profile -- true
	has err "$has_label"
	has err 'hint: needs AppArmor in this kernel'
	expect 0 "$as" "$identity" -- "$AMBIT" run --label 'no-such-profile prefer' -- true
	has err "not enforced here: $has_label"
	expect 125 run --strict --label 'no-such-profile prefer' -- true
}

run_as_identity clocks_begin_at_zero processes_and_judge limits_hold missing_is_said labels
