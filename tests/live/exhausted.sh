#!/bin/sh
# SPDX-License-Identifier: ISC
#
# exhausted.sh IDENTITY - something runs out while ambit starts a program: for every amount of it,
# either the program runs, confined, or ambit refuses (125) with one sentence and a hint, the
# program has not started and nothing is left. Never a lesser sandbox: exhaustion is an error.
# shellcheck disable=SC2016 # the scripts are for the shells inside

. "${SRC:-.}/tests/lib/tap.sh"

identity=${1:-root}
as=$BUILD/tests/as/as

# The program is static, so that what runs out does not hit its loader: ambit itself.
setup() {
	chmod 755 "$T"
	mkdir -m 777 "$T/tmp"
	cp "$AMBIT" "$T/payload"
	said=$("$T/payload" --version)
	ran=0 refused=0
}

# one WHAT STATUS: judge the last run, whose output is in $T/out and $T/err
one() {
	if [ "$2" = 0 ]; then
		[ "$(cat "$T/out")" = "$said" ] || fail "$1: status 0, and it said: $(cat "$T/out" "$T/err")"
		ran=$((ran + 1))
		return
	fi
	[ "$2" = 125 ] || fail "$1: status $2: $(cat "$T/out" "$T/err")"
	[ ! -s "$T/out" ] || fail "$1: refused, and the program ran: $(cat "$T/out")"
	[ "$(wc -l <"$T/err")" = 2 ] && sed -n 1p "$T/err" | grep -q '^ambit: .' && sed -n 2p "$T/err" | grep -q '^  hint: .' ||
		fail "$1: not a sentence and a hint: $(cat "$T/err")"
	refused=$((refused + 1))
	awk -v what="$1" '{ print what ": " $0 }' "$T/err" >>"$T/said"
}

# both HINT: after the last. Both must have been seen, or the sweep proves nothing; a hint names
# what ran out; nothing is left.
both() {
	grep -q -e "$1" "$T/said" || fail "no hint has \"$1\": $(cat "$T/said")"
	[ "$ran" -gt 0 ] || fail "it never ran: $(cat "$T/said")"
	[ "$refused" -gt 0 ] || fail 'it was never refused'
	[ -z "$(ls -A "$T/tmp")" ] || fail "temporary files: $(ls -A "$T/tmp")"
	for _ in $(seq 40); do
		pgrep -f "^$T/payload" >"$T/pids" || return 0
		sleep 0.05
	done
	fail "processes: $(xargs ps -fp <"$T/pids")"
}

# measure WHAT COMMAND...: run the payload as COMMAND... says, which may begin with the identity
measure() {
	measured=$1
	shift
	status=0
	TMPDIR=$T/tmp timeout 20 "$@" >"$T/out" 2>"$T/err" </dev/null || status=$?
	one "$measured" "$status"
}

# box OPTION...: the rest of the command line
box='run -q --bare --exec'

# limited LIMIT OPTION...: under a limit as prlimit(1) has them
limited() {
	limited_by=$1
	shift
	# shellcheck disable=SC2086 # words
	measure "$limited_by $*" "$as" "$identity" -- prlimit "$limited_by" -- \
		"$AMBIT" $box "$T/payload" "$@" -- "$T/payload" --version
}

descriptors() {
	setup
	for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 18 20 22 24 28 32 40; do
		limited "--nofile=$n"
		limited "--nofile=$n" --spawn --connect 'tcp 127.0.0.1 9' -e 'connect udp 127.0.0.1 9 prefer'
	done
	both 'ulimit -n'
}

# What is said goes to pipes, which that limit does not concern.
file_size() {
	setup
	for n in 0 1 4096 20000 100000; do
		for more in '' --spawn; do
			# shellcheck disable=SC2086 # words
			measure "--fsize=$n $more" bash -c '{ "$@" 2>&1 >&3 3>&- | cat >&2 3>&-
				exit "${PIPESTATUS[0]}"; } 3>&1 | cat; exit "${PIPESTATUS[0]}"' - \
				"$as" "$identity" -- prlimit "--fsize=$n" -- \
				"$AMBIT" $box "$T/payload" $more -- "$T/payload" --version
		done
	done
	both 'ulimit -f'
}

# The limit counts all processes of a user that is not root.
processes() {
	case $identity in user*) ;; *) return 0 ;; esac
	setup
	for n in 0 1 2 3 4 5 6 8 12 64; do
		limited "--nproc=$n"
		limited "--nproc=$n" --spawn
	done
	both 'RLIMIT_NPROC'
}

memory() {
	setup
	# Below some size the kernel cannot execute the launcher at all: begin there.
	least=400
	until sh -c 'prlimit "--as=$1" -- "$2" --version' - "${least}000" "$AMBIT" >/dev/null 2>&1; do
		least=$((least + 20))
		[ "$least" -lt 16000 ] || fail 'the launcher does not start in 16 MB'
	done
	for more in $(seq 0 20 460) 860 1360 3360; do
		n=$((least + more))
		limited "--as=${n}000"
		limited "--as=${n}000" --spawn
	done
	both 'memory'
}

# The group of pids(7) that everything is in: a container's limit, say.
pids_group() {
	[ "$(id -u)" = 0 ] || skip 'needs root to make a control group'
	parent=$("$AMBIT" doctor --json | sed -n 's/.*"pids":{"version":[12],"directory":"\([^"]*\)".*/\1/p')
	[ -n "$parent" ] || skip 'no pids hierarchy may be written here'
	setup
	group=$parent/t-exhausted-$$
	mkdir "$group"
	trap 'poll rmdir "$group" 2>/dev/null || note "$group is still there"' EXIT
	for n in 1 2 3 4 5 6 8 16; do
		echo "$n" >"$group/pids.max"
		for more in '' --spawn; do
			# shellcheck disable=SC2086 # words
			measure "pids.max $n $more" sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' - "$group" \
				"$as" "$identity" -- "$AMBIT" $box "$T/payload" $more -- "$T/payload" --version
		done
	done
	both 'pids limit'
}
poll() {
	for _ in $(seq 40); do
		! "$@" || return 0
		sleep 0.05
	done
	return 1
}

# Every kind of namespace, in a user namespace that may have no more of them. A count that is used
# up is no missing feature: with max 0 the system has switched user namespaces off (another plan).
namespaces() {
	[ "$identity" = user ] || return 0
	setup
	for kind in mnt pid ipc uts cgroup; do
		for more in '' 'echo 1 >"/proc/sys/user/max_${0}_namespaces";'; do
			flag=$kind
			[ "$kind" != mnt ] || flag=mount
			[ "$kind" != pid ] || flag='pid --fork'
			# shellcheck disable=SC2086 # words
			measure "$kind namespaces" "$as" user -- unshare -Ur --$flag sh -c "$more"' exec "$@"' $kind \
				"$AMBIT" $box "$T/payload" -- "$T/payload" --version
		done
	done
	for max in 2 1; do
		# shellcheck disable=SC2086 # words
		measure "user namespaces: $max" "$as" user -- unshare -Ur sh -c \
			'echo "$0" >/proc/sys/user/max_user_namespaces; exec unshare -U --map-user=1000 "$@"' $max \
			"$AMBIT" $box "$T/payload" -- "$T/payload" --version
	done
	both '/proc/sys/user'
}

# Nothing of ambit needs a disk; a reader of the status that cannot take it changes nothing.
disk() {
	[ "$(id -u)" = 0 ] || skip 'needs root to fill a file system'
	setup
	for full in no yes; do
		# shellcheck disable=SC2086 # words
		measure "full: $full" unshare -m sh -c '
			[ "$1" = no ] || for at in "$TMPDIR" /var/tmp /dev/shm /run; do
				# A checkout that lies there is not to be hidden.
				case $2 in "$at"/*) continue ;; esac
				mount -t tmpfs -o size=4k,mode=1777 none "$at" || exit 9
				cat /dev/zero >"$at/fill" 2>/dev/null
				! echo x 2>/dev/null >"$at/more" || exit 8
			done
			shift; cd "$TMPDIR" && exec "$@"' - "$full" \
			"$as" "$identity" -- "$AMBIT" $box "$T/payload" -- "$T/payload" --version
	done
	[ "$ran" = 2 ] || fail "it did not run: $(cat "$T/said")"
	# shellcheck disable=SC2086 # words
	measure 'status' "$as" "$identity" -- sh -c 'exec "$@" 3>/dev/full' - \
		"$AMBIT" run -q --status-fd 3 --bare --exec "$T/payload" -- "$T/payload" --version
}

# The view has a root of bounded size.
grants() {
	setup
	mkdir "$T/many"
	(cd "$T/many" && seq 6000 | xargs touch)
	chmod 755 "$T/many"
	for n in 20 6000; do
		seq "$n" | sed "s,^,read $T/many/," >"$T/policy"
		# shellcheck disable=SC2086 # words
		measure "$n grants" "$as" "$identity" -- "$AMBIT" $box "$T/payload" -p "$T/policy" -- "$T/payload" --version
	done
	[ "$ran" -gt 0 ] || fail "it never ran: $(cat "$T/said")"
}

run_as_identity descriptors file_size processes memory pids_group namespaces disk grants
