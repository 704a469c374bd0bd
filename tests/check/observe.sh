# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# observe.sh - system calls that a program was seen to make, beside those reported; sourced

check=$(dirname "$AMBIT")/ambit-check
[ "$(uname -m)" = x86_64 ] || { echo "1..0 # SKIP x86-64 only" && exit 0; }
command -v strace >/dev/null || { echo "1..0 # SKIP no strace" && exit 0; }
all_calls=$(grep -o 'NUMBER(' "$SRC/src/filter/calls_x86_64.def" | wc -l)

# trace COMMAND... - into a file for each process, $T/trace.PID
trace() {
	timeout "${seconds:-60}" strace -ff -qq -o "$T/trace" "$@" </dev/null >"$T/printed" 2>&1 ||
		true
}
trace_briefly() { seconds=5 trace "$@"; }

# The calls of the program that was started, of its threads, and of the processes it forked until
# they executed another program.
of_image() {
	awk 'FNR == 1 {
			pid = FILENAME
			sub(/.*\./, "", pid)
			if (!root || pid + 0 < root + 0)
				root = pid
		}
		/^[a-z0-9_]+\(/ { line[pid, ++count[pid]] = $0 }
		function walk(pid,   i, name, text) {
			for (i = 1; i <= count[pid]; i++) {
				name = text = line[pid, i]
				sub(/\(.*/, "", name)
				if (pid == root && i == 1)
					continue # the execve() that started it
				print name
				if (name == "execve" && text ~ /= 0$/)
					return
				if (name ~ /^(clone|clone3|fork|vfork)$/ && match(text, /[0-9]+$/))
					walk(substr(text, RSTART))
			}
		}
		END { walk(root) }' "$T"/trace.* | sort -u
	rm -f "$T"/trace.*
}

# observe PROGRAM WORKLOAD... - each workload is a shell function or command that calls
# trace; in $T/missing what was seen and not said.
observe() {
	program=$(readlink -f "$1")
	shift
	: >"$T/policy"
	timeout 100 "$check" "$T/policy" "$program" --calls >"$T/said" 2>"$T/why" || true
	[ -s "$T/said" ] || fail "$program: $(cat "$T/why")"
	sort -u "$T/said" >"$T/reachable"
	: >"$T/seen"
	for workload; do
		(cd "$T" && eval "$workload")
		set -- "$T"/trace.*
		[ ! -e "$1" ] || of_image >>"$T/seen"
	done
	sort -u "$T/seen" >"$T/observed"
	[ -s "$T/observed" ] || fail "$program: nothing was observed: $(cat "$T/printed")"
	comm -23 "$T/observed" "$T/reachable" >"$T/missing"
	note "$program: $(wc -l <"$T/reachable") reachable, $(wc -l <"$T/observed") observed," \
		"$all_calls in all"
	echo "$(wc -l <"$T/reachable") $(wc -l <"$T/observed") $program" >>"$T/figures"
}

# What was missed is excused by an answer that says it may be: code that was not read is loaded, or
# a number is not known. What cannot be told then is in the answer, with its place.
is_sound() {
	[ -s "$T/missing" ] || return 0
	timeout 100 "$check" "$T/policy" "$program" >"$T/answer" 2>&1 || true
	if grep -qE '^cannot tell: .*(loads code that was not read|number of a system call)' "$T/answer"
	then
		note "$program: seen, and said to be unknown: $(tr '\n' ' ' <"$T/missing")"
		return 0
	fi
	note "$program was seen to make $(tr '\n' ' ' <"$T/missing")"
	return 1
}

sound() {
	observe "$@"
	is_sound || fail "$program: more than was said"
}

# middle COLUMN - of the figures
middle() {
	sort -n -k "$1" "$T/figures" |
		awk -v c="$1" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}
