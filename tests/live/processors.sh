#!/bin/sh
# SPDX-License-Identifier: ISC
#
# processors.sh IDENTITY - the program may run on the processors that its caller may run on, though
# the process beside it was executed on one alone (src/run/processor.c).
# shellcheck disable=SC2317 # the functions are called by name

. "${SRC:-.}/tests/lib/tap.sh"

identity=${1:-root}
as=$BUILD/tests/as/as
mask='/^Cpus_allowed:/ { print $2 }'

several() { [ "$(nproc)" -ge "$1" ] || skip "there are only $(nproc) processors"; }

# nth N: the number of the N-th processor that we may run on
nth() {
	awk -v n="$1" '/^Cpus_allowed_list:/ {
		count = split($2, ranges, ",")
		for (i = 1; i <= count; i++) {
			ends = split(ranges[i], end, "-")
			for (cpu = end[1]; cpu <= end[ends]; cpu++)
				if (++seen == n)
					print cpu
		}
	}' /proc/self/status
}

# sees WANTED COMMAND...: a program that COMMAND starts may run there; with a leader, and without.
sees() {
	want=$1
	shift
	expect 0 "$@" "$as" "$identity" -- "$AMBIT" run -q --use shell --read /proc -- \
		awk "$mask" /proc/self/status
	[ "$(cat "$T/out")" = "$want" ] || fail "$(cat "$T/out") with a leader, not $want"
	expect 0 "$@" "$as" "$identity" -- "$AMBIT" run -q --use shell --read /proc \
		--need 'namespaces off' --need 'mount-view off' --need 'user-namespace off' -- \
		awk "$mask" /proc/self/status
	[ "$(cat "$T/out")" = "$want" ] || fail "$(cat "$T/out") without one, not $want"
}

all_of_them() { sees "$(awk "$mask" /proc/self/status)"; }

# The control of all_of_them: a caller who may run on one has a program that may, too.
one_alone() {
	several 2
	second=$(nth 2)
	one=$(taskset -c "$second" awk "$mask" /proc/self/status)
	[ "$one" != "$(awk "$mask" /proc/self/status)" ] || fail "taskset does nothing"
	sees "$one" taskset -c "$second"
}

# More than one, and not all: asking for all of them is taken back.
some_of_them() {
	several 3
	two=$(nth 1),$(nth 2)
	some=$(taskset -c "$two" awk "$mask" /proc/self/status)
	sees "$some" taskset -c "$two"
}

# And the stage is executed on one, or all of this shows nothing.
executed_on_one() {
	several 2
	[ "$identity" = root ] || skip "seen as root"
	expect 0 strace -f -qq -e trace=sched_setaffinity,execveat -o "$T/trace" \
		"$AMBIT" run -q --use shell -- true
	awk '/sched_setaffinity/ && !/execveat/ { n++ }
		n == 1 && !one { one = /\[[0-9]+\]/ }
		/execveat.*"ambit"/ { executed = n == 1 && one }
		END { exit !(executed && n >= 2) }' "$T/trace" || fail "$(cut -c 1-80 "$T/trace")"
}

run_as_identity all_of_them one_alone some_of_them executed_on_one
