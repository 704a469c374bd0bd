# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2016
# group.sh - a pids control group of the identity's own; sourced after tap.sh, with $as, $identity

# Makes $group, in the caller's group or as root anywhere; it goes when the test ends.
own_group() {
	[ "$(id -u)" = 0 ] || skip 'needs root to hand a control group on'
	parent=$("$AMBIT" doctor --json | sed -n 's/.*"pids":{"version":[12],"directory":"\([^"]*\)".*/\1/p')
	[ -n "$parent" ] || skip 'no pids hierarchy may be written here'
	group=$(mktemp -d "$parent/t-group-XXXXXX")
	trap clear_group EXIT
	"$as" "$identity" -- test -w /sys/fs/cgroup || [ "$identity" != container ] || skip 'no control groups in a container'
	uid=$("$as" "$identity" -- id -u)
	chown -R "$uid" "$group"
}

# What ran in it may be ending just now.
clear_group() {
	for _ in $(seq 100); do
		find "$group" -mindepth 1 -type d -exec rmdir {} + 2>/dev/null || :
		! rmdir "$group" 2>/dev/null || return 0
		sleep 0.1
	done
	note "$group is still there"
}

# grouped COMMAND... - in that group, as the identity
grouped() { sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' - "$group" "$as" "$identity" -- "$@"; }
