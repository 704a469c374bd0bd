#!/bin/sh
# SPDX-License-Identifier: ISC
#
# gate.sh - what stays beside the program is confined before the program's first instruction: each
# call by which the leader gives something up fails once, and the program must not have started. The
# leader stands still before that call until the program runs or waits: without a step in which it
# waits it would always run first, as the launcher "hasty" shows.

. "${SRC:-.}/tests/lib/tap.sh"

inject=$BUILD/tests/fault/inject
program=$BUILD/tests/fault/program

# each LAUNCHER POLICY... - as root: fail the leader's calls one after the other; $T/started
# has those after which the program had started all the same
each() {
	launcher=$1
	shift
	[ "$(id -u)" = 0 ] || skip 'needs root'
	command -v jq >/dev/null || skip 'jq is not installed'
	chmod 755 "$T"
	# Who does not wait may start the program before the leader has given up anything.
	for _ in $(seq 20); do
		timeout 30 "$inject" --until-exec "$program" --log "$T/log" --report 3 -- \
			"$launcher" run -q "$@" -- "$program" 3>"$T/report" >/dev/null 2>&1
		[ "$(jq .started "$T/report")" = true ] ||
			fail "the control did not start: $(cat "$T/report")"
		# The process that is told to drop its capabilities and to load a filter of its own.
		sed -n 's/^ *[0-9]* \(2\.[0-9]*\) \(seccomp(0x1,\|capset(\|prctl(0x26,\|prctl(0x4,\|setres[ug]id(\|setgroups(\).*/\1/p' \
			"$T/log" >"$T/sites"
		[ "$(wc -l <"$T/sites")" -lt 3 ] || break
	done
	grep -q . "$T/sites" || fail 'the leader gives nothing up?'
	while read -r site; do
		timeout 30 "$inject" --hold 300 --until-exec "$program" --site "$site" --report 3 -- \
			"$launcher" run -q "$@" -- "$program" 3>"$T/report" >/dev/null 2>&1
		[ "$(jq .faults "$T/report")" = 1 ] || continue # it came out in another order
		[ "$(jq .started "$T/report")" = false ] || jq -c .fault "$T/report" >>"$T/started"
		[ "$(jq .left "$T/report")" = 0 ] || fail "somebody is left: $(cat "$T/report")"
		echo "$site" >>"$T/tried"
	done <"$T/sites"
}

held() {
	each "$AMBIT" "$@"
	[ "$(wc -l <"$T/tried")" -ge 3 ] || fail "only $(wc -l <"$T/tried") calls were tried"
	[ ! -e "$T/started" ] || fail "it started though the leader failed: $(cat "$T/started")"
}

# The control: with that step taken out the program is seen to start before the leader is confined.
hasty_is_seen() {
	for _ in 1 2 3 4 5; do
		[ -e "$T/started" ] || each "$BUILD/tests/live/review/hasty" --exec /bin/true --spawn
	done
	[ -e "$T/started" ] || fail 'the launcher that does not wait was not found out'
}

exec_once() { held; }
exec_granted() { held --exec /bin/true --spawn; }
judged() { held --connect 'tcp 127.0.0.9 443'; }
judged_exec_granted() { held --connect 'tcp 127.0.0.9 443' --exec /bin/true --spawn; }
judged_other_user() { held --connect 'tcp 127.0.0.9 443' --exec /bin/true --user 65534; }

run_tests hasty_is_seen exec_once exec_granted judged judged_exec_granted judged_other_user
