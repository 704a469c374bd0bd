#!/bin/sh
# SPDX-License-Identifier: ISC
#
# killed.sh IDENTITY - SIGKILL of ambit in each of its modes: what survives, and what is left behind.
# shellcheck disable=SC2016 # the scripts are for the programs inside

. "${SRC:-.}/tests/lib/tap.sh"
. "$SRC/tests/lib/group.sh"

identity=${1:-root}
as=$BUILD/tests/as/as
off='need namespaces off'

# Programs are told apart by how long they would sleep: ours alone have such lengths.
base=$((70000000 + $$ % 100000 * 100))

# poll COMMAND... - until it succeeds; for 5 s, then it failed
poll() {
	for _ in $(seq 100); do
		! "$@" || return 0
		sleep 0.05
	done
	return 1
}
sleeps() { pgrep -fx "sleep $1" >"$T/pids"; }
gone() { ! pgrep -fx "sleep $1" >/dev/null; }

# start OPTION... -- COMMAND... : ambit in the background, in a session of its own; $job
start() {
	setsid "$as" "$identity" -- "$AMBIT" run -q "$@" >"$T/log" 2>&1 &
	job=$!
}

# killed NUMBER OPTION... : two processes, one of them detached; then SIGKILL of ambit
killed() {
	number=$((base + $1))
	shift
	start "$@" --use shell -- sh -c "(setsid sleep $number &) ; sleep $number"
	poll two_or_refused "$number" || fail "the control: two should be running: $(cat "$T/log")"
	! refused || return 0 # nothing runs
	kill -KILL "$job"
	wait "$job" || :
	poll gone "$number" || fail 'somebody survived SIGKILL of ambit'
}
refused() { grep -q 'nothing on this host' "$T/log"; }
two_or_refused() { two "$1" || refused; }
two() { [ "$(pgrep -fxc "sleep $1")" = 2 ]; }

with_a_leader() { killed 1; }
without_pid_namespace() { killed 2 -e "$off"; }
with_a_wall_clock() { killed 3 -e "$off" --limit 'wall-time 1h'; }
where_addresses_are_judged() { killed 4 -e "$off" --connect 'udp 127.0.0.1 9'; }

# Nothing stays: ambit is the program.
as_the_program() {
	number=$((base + 5))
	start -e "$off" -e 'need mount-view off' -e 'need user-namespace off' -- sleep "$number"
	poll sleeps "$number" || fail "it did not start: $(cat "$T/log")"
	[ "$(cat "$T/pids")" = "$job" ] || skip 'something stays beside it here'
	kill -KILL "$job"
	wait "$job" || :
	poll gone "$number" || fail 'it survived SIGKILL of itself'
}

# With --status-fd somebody has to wait, though nothing stays inside.
with_a_status() {
	number=$((base + 6))
	start -e "$off" -e 'need mount-view off' -e 'need user-namespace off' --status-fd 3 \
		-- sleep "$number" 3>"$T/status"
	poll sleeps "$number" || fail "it did not start: $(cat "$T/log")"
	[ "$(cat "$T/pids")" != "$job" ] || fail 'the control: ambit should be another process'
	kill -KILL "$job"
	wait "$job" || :
	poll gone "$number" || fail 'it survived SIGKILL of ambit'
	# The same with other ids, which the kernel takes for a reason to forget whom to die with.
	[ "$identity" = root ] || return 0
	start -e "$off" -e 'need mount-view off' --user nobody --status-fd 3 -- sleep "$number" 3>"$T/status"
	poll sleeps "$number" || fail "it did not start: $(cat "$T/log")"
	kill -KILL "$job"
	wait "$job" || :
	poll gone "$number" || fail 'it survived SIGKILL of ambit under other ids'
}

# The process beside the program is killed: how that one ended is not said of the program.
who_is_beside_is_killed() {
	number=$((base + 9))
	start --limit 'wall-time 1h' --status-fd 3 -- sleep "$number" 3>"$T/status"
	poll sleeps "$number" || fail "it did not start: $(cat "$T/log")"
	leader=$(pgrep -P "$job") || fail 'no process beside the program'
	kill -KILL "$leader"
	wait "$job" || :
	grep -q '^{"outcome":"lost","in_force":\[{' "$T/status" || fail "it says $(cat "$T/status")"
	poll gone "$number" || fail 'it survived who was beside it'
}

# Both killed at once: nobody is left to end the rest but a pid namespace. The plan says which.
both_are_killed() {
	number=$((base + 7))
	start --use shell -- sh -c "(setsid sleep $number &) ; sleep $number"
	poll two "$number" || fail "the control: two should be running: $(cat "$T/log")"
	leader=$(pgrep -P "$job") || fail 'no process beside the program'
	# shellcheck disable=SC2086 # one or more
	kill -STOP $job $leader
	# shellcheck disable=SC2086
	kill -KILL $leader $job
	wait "$job" || :
	"$as" "$identity" -- "$AMBIT" plan --use shell -- /bin/sh >"$T/plan" || :
	if grep -q 'are both killed' "$T/plan"; then
		poll sleeps "$number" || fail 'the plan says that something goes on, and nothing does'
		pkill -KILL -fx "sleep $number"
	else
		grep -qE '\+ nothing survives.*(namespaces|cgroup)' "$T/plan" || fail 'the plan is silent'
		poll gone "$number" || fail 'somebody survived where the plan says that nobody does'
	fi
}

# ---- what is left of control groups --------------------------------------------------------------

left() { find "$group" -mindepth 1 -name 'ambit-*'; }
limited() { grouped "$AMBIT" run -q --use shell --limit 'processes 9' "$@"; }

a_killed_run_is_swept() {
	own_group
	number=$((base + 8))
	sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' - "$group" "$as" "$identity" -- \
		"$AMBIT" run -q --use shell --limit 'processes 9' -- sleep "$number" &
	job=$!
	poll sleeps "$number" || fail 'it did not start'
	first=$(left)
	[ -n "$first" ] || fail 'the control: a run with a limit has a group'
	# While it runs nobody removes it, empty or not.
	expect 0 limited -- true
	[ "$(left)" = "$first" ] || fail "another run touched it: $(left)"
	kill -KILL "$job"
	wait "$job" || :
	poll gone "$number" || fail 'it survived'
	[ "$(left)" = "$first" ] || fail 'the control: a killed run leaves its group'
	expect 0 limited -- true
	poll nothing_left || fail "still there: $(left)"
}
nothing_left() { [ -z "$(left)" ]; }

# Only directories of that name, of nobody's, of this user, with nobody in them.
others_are_not_swept() {
	own_group
	for name in ambit-1 ambit-1-x ambit-1-2-3 xambit-1-2 ambit--1 ambit-77-0 ambit-78-0 ambit-79-0; do
		mkdir "$group/$name"
		chown "$uid" "$group/$name"
	done
	sleep 60 &
	inside=$!
	echo "$inside" >"$group/ambit-77-0/cgroup.procs"
	flock "$group/ambit-78-0" sh -c 'echo held; exec sleep 60' >"$T/held" &
	holder=$!
	poll grep -q held "$T/held" || fail 'no lock'
	expect 0 limited -- true
	kept=$(left | sed 's,.*/,,' | sort | tr '\n' ' ')
	pkill -KILL -P "$holder" || :
	kill -KILL "$inside" "$holder" 2>/dev/null || :
	wait "$inside" "$holder" || :
	[ "$kept" = "$(printf '%s\n' ambit-1 ambit-1-x ambit-1-2-3 ambit--1 ambit-77-0 ambit-78-0 | sort | tr '\n' ' ')" ] ||
		fail "left: $kept"
	find "$group" -mindepth 1 -type d -exec rmdir {} + || :
}

# Runs that start at once sweep past each other.
many_at_once() {
	own_group
	for i in $(seq 12); do
		(
			status=0
			limited -- sh -c 'exit 3' 2>"$T/err.$i" || status=$?
			echo "$status" >"$T/status.$i"
		) &
	done
	wait
	[ "$(cat "$T"/status.* | sort | uniq -c | tr -s ' ')" = ' 12 3' ] ||
		fail "$(cat "$T"/status.* "$T"/err.*)"
	poll nothing_left || fail "still there: $(left)"
}

run_as_identity with_a_leader without_pid_namespace with_a_wall_clock where_addresses_are_judged as_the_program \
	with_a_status who_is_beside_is_killed both_are_killed a_killed_run_is_swept others_are_not_swept many_at_once
