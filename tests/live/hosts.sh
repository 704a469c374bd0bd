#!/bin/sh
# SPDX-License-Identifier: ISC
#
# hosts.sh IDENTITY - hosts that lack something get another plan: the program runs and is confined.
# shellcheck disable=SC2016 # the scripts are for the shells inside

. "${SRC:-.}/tests/lib/tap.sh"

identity=${1:-root}
as=$BUILD/tests/as/as

setup() {
	[ "$(id -u)" = 0 ] || skip 'needs root to change the mounts of a namespace'
	chmod 755 "$T"
	echo secret >"$T/secret"
	echo granted >"$T/granted"
	chmod 644 "$T/secret" "$T/granted"
}

# on CHANGE STATUS OPTION... -- COMMAND...: in a mount namespace after CHANGE, as the identity
on() {
	on_change=$1 on_status=$2
	shift 2
	expect "$on_status" unshare -m sh -c "$on_change"' || exit 99; exec "$@"' - "$as" "$identity" -- "$@"
}

# confined CHANGE: there, what is granted can be read, what is not cannot, and it could outside
confined() {
	on "$1" 0 cat "$T/secret"
	has out secret
	on "$1" 0 "$AMBIT" run --read "$T/granted" -- cat "$T/granted"
	has out granted
	on "$1" 1 "$AMBIT" run -q --read "$T/granted" -- cat "$T/secret"
	lacks out secret
	on "$1" 0 "$AMBIT" run -q --use shell --read "$T/granted" -- sh -c "cat '$T/granted' & wait"
	has out granted
	on "$1" 0 "$AMBIT" plan --read "$T/granted" -- cat
	lacks out gap:
}

without_proc() {
	setup
	confined 'umount -l /proc'
}

# none_left NUMBER - nobody sleeps for so long, or no longer than 10 s
none_left() {
	for _ in $(seq 200); do
		pgrep -fx "sleep $1" >"$T/left" || return 0
		sleep 0.05
	done
	pkill -KILL -fx "sleep $1" || :
	fail "$(wc -l <"$T/left") were left"
}

# Twelve that the program leaves behind, without a pid namespace: the leader has to find them.
off='need namespaces off'
leave='i=0; while [ $i -lt 12 ]; do setsid sleep $1 & i=$((i + 1)); done; exit 3'

nobody_is_left_without_proc() {
	setup
	number=$((81000000 + $$))
	on 'umount -l /proc' 3 timeout -k 1 20 "$AMBIT" run -q -e "$off" -e 'need mount-view off' \
		--use shell -- sh -c "$leave" - "$number"
	none_left "$number"
}

# Where /proc has the numbers of another pid namespace, these are others' here.
strangers='number=$1
	shift
	for i in $(seq 100); do "$1" "$2" -- sleep "$number" & done
	status=0
	timeout -k 1 20 "$@" || status=$?
	echo strangers $(jobs -r | wc -l), left $(pgrep -fxc "sleep $((number + 1))")
	kill -KILL $(jobs -p)
	exit $status'

with_the_proc_of_another_namespace() {
	setup
	number=$((82000000 + $$))
	# The numbers inside go ahead of those outside, which are at the strangers' when they are used.
	expect 3 timeout -k 1 40 unshare -p -f bash -c '
		last=$(sh -c "readlink /proc/self")
		echo $((last + 60)) >/proc/sys/kernel/ns_last_pid || exit 77
		'"$strangers" - "$number" "$as" "$identity" -- \
		"$AMBIT" run -q -e "$off" -e 'need mount-view off' --use shell -- \
		sh -c "$leave" - "$((number + 1))"
	has out 'strangers 100, left 0'
}

with_a_read_only_root() {
	setup
	confined 'mount --bind /tmp /tmp && mount -o remount,bind,ro / && ! touch /root/x 2>/dev/null && ! touch /usr/x 2>/dev/null'
}

# Id maps and the core dump filter are written there: the plan does without, and says so.
with_a_read_only_proc() {
	setup
	for change in 'mount -t proc -o ro proc /proc' \
		'mount --bind /proc /proc && mount -o remount,bind,ro /proc'; do
		confined "$change"
		on "$change" 0 "$AMBIT" run -- true
		has err 'note: the core dump filter stays as it is: /proc is read-only here'
		on "$change" 0 "$AMBIT" plan true
		has out 'reported: the core dump filter stays as it is: /proc is read-only here'
		tr -s " \n" " " <"$T/out" | grep -qF "no core dump: rlimits" || fail "$(cat "$T/out")"
		lacks out 'empty the core dump filter'
		on "$change" 0 "$AMBIT" doctor
		tr -s ' \n' ' ' <"$T/out" >"$T/flat"
		grep -qF '/proc is read-only: no id maps' "$T/flat" || fail "$(cat "$T/out")"
	done
	[ "$identity" = user ] || return 0
	grep -qF 'a read-only /proc: the id maps cannot be written' "$T/flat" || fail "$(cat "$T/out")"
	grep -qF 'has to be mounted writable' "$T/flat" || fail "$(cat "$T/out")"
}

# Nowhere to write at all: what /tmp and its like are for is not needed.
with_nothing_writable() {
	setup
	# The identities of a user make themselves a home in /tmp.
	case $identity in user*) return 0 ;; esac
	confined 'mount -o remount,bind,ro / || exit 97; for at in /dev/shm /run /tmp /var/tmp; do
		mount --bind "$at" "$at" && mount -o remount,bind,ro "$at" || exit 98; done
		! touch /dev/shm/x 2>/dev/null && ! touch /tmp/x 2>/dev/null'
}

without_cgroups() {
	setup
	[ "$identity" != container ] || return 0 # its /sys is part of what it is
	confined 'umount -Rl /sys'
	on 'umount -Rl /sys' 125 "$AMBIT" run --use shell --limit 'cpu 50%' -- true
	has err 'the share of the processor is limited'
	has err 'hint: '
}

# in_chroot STATUS COMMAND...: where "/" is no mount point, as the identity
in_chroot() {
	chroot_status=$1
	shift
	expect "$chroot_status" unshare -m sh -c 'cd "$1" && shift &&
		mount --bind /usr usr && mount --rbind /proc proc && mount --rbind /dev dev || exit 99
		exec chroot . "$@"' - "$T/root" /as "$identity" -- "$@"
}

# No view can be made there, and who could have one elsewhere is told so, not to become root.
in_a_chroot() {
	setup
	[ "$identity" != container ] || return 0 # it marks "/" as private itself
	mkdir -m 755 "$T/root"
	(cd "$T/root" && mkdir usr proc dev tmp etc && ln -s usr/bin usr/lib usr/lib64 .)
	cp "$AMBIT" "$as" "$T/root"
	echo granted >"$T/root/granted"
	echo secret >"$T/root/secret"
	cp /etc/passwd /etc/group "$T/root/etc"
	in_chroot 0 cat /secret
	has out secret
	in_chroot 0 /ambit run --read /granted -- cat /granted
	has out granted
	in_chroot 1 /ambit run -q --read /granted -- cat /secret
	lacks out secret
	in_chroot 125 /ambit run --read /granted --hide /secret -- cat /granted
	has err 'hidden paths are out of reach'
	[ "$identity" = root ] || return 0
	has err 'as in a chroot or an initramfs: start ambit outside'
	lacks err 'root, or user namespaces'
	in_chroot 0 /ambit doctor
	tr -s ' \n' ' ' <"$T/out" >"$T/flat"
	grep -qF 'cause / is no mount point that can be replaced' "$T/flat" || fail "$(cat "$T/out")"
	grep -qF 'in a chroot the kernel makes none' "$T/flat" || fail "$(cat "$T/out")"
}

run_as_identity without_proc nobody_is_left_without_proc with_the_proc_of_another_namespace with_a_read_only_proc with_a_read_only_root \
	with_nothing_writable without_cgroups \
	in_a_chroot
