#!/bin/sh
# SPDX-License-Identifier: ISC
#
# once.sh IDENTITY - without exec the program is executed once: it finds no key to do it again (E71)
# shellcheck disable=SC2317 # the functions are called by name

. "${SRC:-.}/tests/lib/tap.sh"

identity=${1:-root}
as=$BUILD/tests/as/as
once=$BUILD/tests/live/once

# run OPTIONS... - with a leader; becomes - without one; judged - where addresses are judged, too
run() { "$as" "$identity" -- "$AMBIT" run -q "$@" -- "$once" "$once"; }
becomes() { run --need 'namespaces off' --need 'mount-view off' --need 'user-namespace off' "$@"; }
judged() { run --connect 'tcp 127.0.0.1 9' "$@"; }

# The control: nobody refuses it, and the first of its tries succeeds.
bare() {
	expect 7 "$once" "$once"
	has out executed
}

# holds HOW - thousands of keys are tried, and no register has anything
holds() {
	expect 0 "$1"
	lacks out executed
	has out 'registers 0'
	[ "$(sed -n 's/^refused //p' "$T/out")" -gt 400 ] || fail "$(cat "$T/out")"
}
with_a_leader() { holds run; }
without_a_leader() { holds becomes; }
with_a_judge() {
	[ "$identity" != container ] || skip "pidfd_getfd, which a judge needs, is refused there"
	holds judged
}

# Nor where somebody outside keeps the one listener there can be (EBUSY), or a kernel has none.
without_a_listener() {
	for error in EBUSY EINVAL; do
		expect 0 "$as" "$identity" -- "$BUILD/tests/compat/without" seccomp-listener \
			--errno "$error" -- "$AMBIT" run -q -- "$once" "$once"
		lacks out executed
		has out refused
	done
}

# And it is that key alone which is in the way: with exec the same try succeeds.
granted() {
	ways='run becomes judged'
	[ "$identity" != container ] || ways='run becomes'
	for how in $ways; do
		expect 7 "$how" --exec "$once"
		has out executed
	done
}

# Refusals that kill, or that say that there is no such call, are no other way in.
other_refusals() {
	expect 159 run -e 'on-denial kill'
	lacks out executed
	expect 159 becomes -e 'on-denial kill'
	lacks out executed
}

run_as_identity bare with_a_leader without_a_leader with_a_judge without_a_listener granted other_refusals
