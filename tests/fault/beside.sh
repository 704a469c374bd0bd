#!/bin/sh
# SPDX-License-Identifier: ISC
#
# beside.sh IDENTITY - what two processes do beside each other: calls that fail once the program
# runs, where what waits there ends the run and says so, and calls that take long before. The walks
# fail the calls of set-up as they come.
# shellcheck disable=SC2317 # the functions are called by name

. "${SRC:-.}/tests/lib/tap.sh"

identity=${1:-root}
as=$BUILD/tests/as/as

# injected OPTION... -- COMMAND...: what it wrote is in $T/out and, with one result, in $T/result
injected() {
	"$as" "$identity" -- "$BUILD/tests/fault/inject" --deadline 5000 "$@" \
		>"$T/out" 2>"$T/result"
}

# first COMMAND...: without a fault; its calls are in $T/log
first() {
	: >"$T/log"
	chmod 755 "$T" && chmod 666 "$T/log"
	"$@" --log "$T/log" || skip "cannot be followed here: $(cat "$T/result")"
}

result() { tail -n 1 "$T/result"; }

# over: the run came to its end by itself, and nobody is left of it
over() {
	grep -q '"faults":[1-9]' "$T/result" || return 1
	grep -q '"hung":false' "$T/result" || fail "it hung: $(result)"
	grep -q '"left":0' "$T/result" || fail "somebody is left: $(result)"
}

# refused SENTENCE: it was one of ours that ended it, and it was said
refused() {
	grep -q '"outcome":"exited","status":125' "$T/result" || fail "$(result)"
	grep -q "$1" "$T/result" || fail "nothing of \"$1\" was said: $(cat "$T/result")"
}

judged() {
	injected "$@" -- "$AMBIT" run -q --use shell --read /dev/null \
		--connect 'udp 127.0.0.1 53' -- \
		bash -c 'sleep 0.3; exec 3<>/dev/udp/127.0.0.1/53 && echo made'
}

# While one thread of the judge fails, another waits at the listener, as it does between two calls.
# So it is the answer to a connect(2), well after the start, that fails, and every call after it.
nobody_waits_for_ever() {
	first judged
	[ "$(cat "$T/out")" = made ] || skip "no judge here: $(result)"
	# The number of SECCOMP_IOCTL_NOTIF_SEND; the last one is the answer to connect.
	site=$(awk '/0xc0182101/ { at = $2 } END { print at }' "$T/log")
	[ -n "$site" ] || skip "nothing was answered: nobody judges here"
	for error in EPERM EMFILE; do
		judged --site "$site" --onward --errno "$error" || fail "$(cat "$T/result")"
		over || fail "no call failed: $(result)"
		grep -q '"outcome":"exited","status":125' "$T/result" || fail "$(result)"
		! grep -q made "$T/out" || fail "it was made"
	done
}

# The process beside the program is the first to make a signalfd.
leader() { awk 'index($3, "signalfd4(") == 1 { print int($2); exit }' "$T/log"; }

timed() { injected "$@" -- "$AMBIT" run -q --limit 'wall-time 500ms' -- sleep 30; }

# The first question is set-up's, and refused before the program starts.
no_clock_no_limit() {
	first timed
	leader=$(leader) i=2
	while :; do
		timed --only clock_gettime --site "$leader.$i" --onward || fail "$(cat "$T/result")"
		over || break
		refused 'Operation not permitted'
		i=$((i + 1))
	done
	[ "$i" -gt 2 ] || fail "the clock was not read: $(cat "$T/result")"
}

waited() { injected "$@" -- "$AMBIT" run -q --spawn -- sleep 0.2; }

# Who cannot wait any more says so; who was interrupted, when the signal that tells of an end is gone,
# asks again. Nobody waits for an end that was already told.
no_end_is_missed() {
	first waited
	leader=$(leader) i=1
	while :; do
		waited --only wait4 --site "$leader.$i" --onward || fail "$(cat "$T/result")"
		over || break
		refused 'Operation not permitted'
		waited --only wait4 --site "$leader.$i" --errno EINTR || fail "$(cat "$T/result")"
		over || true # one call fewer this time
		grep -q '"outcome":"exited","status":0' "$T/result" || fail "$(result)"
		i=$((i + 1))
	done
	[ "$i" -gt 1 ] || fail "nobody was waited for: $(cat "$T/result")"
}

# restricted: whether another process than the leader has come to its own part of the view
restricted() {
	awk -v leader="$1" 'int($2) != leader && $3 ~ /^(landlock_restrict_self|chdir)\(/ { n++ }
		END { exit !n }' "$T/log"
}

# The program's process, made while the view is built, waits for it however long that takes, and
# goes no further when it fails.
nothing_begins_without_the_view() {
	first waited
	site=$(awk '/pivot_root\(/ { print $2 }' "$T/log")
	[ -n "$site" ] || skip "there is no view here"
	restricted "${site%.*}" || fail "nobody entered the view: $(result)"
	: >"$T/log"
	waited --site "$site" --hold 300 --log "$T/log" || fail "$(cat "$T/result")"
	over || fail "no call failed: $(result)"
	refused 'mount-view.*Operation not permitted'
	grep -q 'prctl(0x18,' "$T/log" || fail "nothing was done ahead"
	! restricted "${site%.*}" || fail "$(grep 'landlock\|chdir(' "$T/log")"
}

run_as_identity nobody_waits_for_ever no_clock_no_limit no_end_is_missed \
	nothing_begins_without_the_view
