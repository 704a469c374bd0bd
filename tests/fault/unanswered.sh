#!/bin/sh
# SPDX-License-Identifier: ISC
#
# unanswered.sh IDENTITY - the judge cannot answer a call, nor tell anybody: the run ends
#
# While one of its threads fails, another waits at the listener, as it does between two calls. So it
# is the answer to a connect(2), well after the start, that fails, and every call after it.
# shellcheck disable=SC2317 # the functions are called by name

. "${SRC:-.}/tests/lib/tap.sh"

identity=${1:-root}
as=$BUILD/tests/as/as

# injected OPTION...: one result in $T/result
injected() {
	"$as" "$identity" -- "$BUILD/tests/fault/inject" --deadline 8000 "$@" -- "$AMBIT" run -q \
		--use shell --read /dev/null --connect 'udp 127.0.0.1 53' -- \
		bash -c 'sleep 0.3; exec 3<>/dev/udp/127.0.0.1/53 && echo made' \
		>"$T/out" 2>"$T/result"
}

nobody_waits_for_ever() {
	: >"$T/log"
	chmod 755 "$T" && chmod 666 "$T/log"
	injected --log "$T/log" || skip "cannot be followed here: $(cat "$T/result")"
	[ "$(cat "$T/out")" = made ] || skip "no judge here: $(tail -n 1 "$T/result")"
	# The number of SECCOMP_IOCTL_NOTIF_SEND; the last one is the answer to connect.
	site=$(awk '/0xc0182101/ { at = $2 } END { print at }' "$T/log")
	[ -n "$site" ] || skip "nothing was answered: nobody judges here"
	for error in EPERM EMFILE; do
		injected --site "$site" --onward --errno "$error" || fail "$(cat "$T/result")"
		grep -q '"hung":false' "$T/result" || fail "it hung: $(tail -n 1 "$T/result")"
		grep -q '"left":0' "$T/result" || fail "somebody is left: $(tail -n 1 "$T/result")"
		grep -q '"outcome":"exited","status":125' "$T/result" ||
			fail "$(tail -n 1 "$T/result")"
		! grep -q made "$T/out" || fail "it was made"
	done
}

"$as" "$identity" -- true || exit 77
run_tests nobody_waits_for_ever
