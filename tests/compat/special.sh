#!/bin/sh
# SPDX-License-Identifier: ISC
#
# special.sh - hosts that lack more than calls (/proc, a root to write to, memory to execute from),
# and paths that are hard to say. Each has another plan, says so, and works.
# shellcheck disable=SC2016,SC2086 # scripts for shells inside; lists of words

. "${SRC:-.}/tests/lib/tap.sh"

as=$BUILD/tests/as/as
without=$BUILD/tests/compat/without

need_mounts() {
	unshare -m true 2>/dev/null || skip 'needs root with mount namespaces'
}

# A place the identity may read, and a secret beside it; the control of every denial is here.
setup() {
	chmod 755 "$T"
	mkdir "$T/in" "$T/w"
	chmod 777 "$T/w"
	echo words >"$T/in/file"
	echo secret >"$T/secret"
	chmod 644 "$T/in/file" "$T/secret"
	"$as" "${1:-root}" -- cat "$T/secret" >/dev/null || fail 'the secret is not readable outside'
}

# altered SCRIPT COMMAND...: in a mount namespace that SCRIPT has changed
altered() {
	altered_script=$1
	shift
	timeout 60 unshare -m --propagation private sh -c "$altered_script"' && exec "$@"' sh "$@"
}

# works COMMAND-PREFIX...: under it, what is granted works and what is not is denied
works() {
	expect 0 "$@" "$AMBIT" run --read "$T/in" --write "$T/w" -- cat "$T/in/file"
	has out words
	cp "$T/err" "$T/notes"
	expect 1 "$@" "$AMBIT" run --read "$T/in" --write "$T/w" -- cat "$T/in/file" "$T/secret"
	lacks out secret
	# What the run noted is what the plan says, but for its own descriptors.
	expect 0 "$@" "$AMBIT" plan --read "$T/in" --write "$T/w" -- cat
	sed -n '/: descriptor [0-9] is /d; s/^ambit: note: //p' "$T/notes" | sort >"$T/said"
	sed -n '/: descriptor [0-9] is /d; s/^  reported: //p; s/^  skipped: //p' "$T/out" |
		sort >"$T/planned"
	cmp -s "$T/said" "$T/planned" || fail "run and plan differ: $(diff "$T/said" "$T/planned")"
}

notes() {
	grep -qF -- "$1" "$T/said" || fail "not said: $1"
}

no_proc='umount -l /proc'

no_proc_root() {
	need_mounts
	setup
	works altered "$no_proc"
	works altered "$no_proc" "$without" mount_setattr --
	# The view is there, and was read back: by a /proc of its own.
	expect 2 altered "$no_proc" "$AMBIT" run --read "$T/in" -- ls "$T/secret"
	has err 'No such file'
	expect 0 altered "$no_proc" "$AMBIT" run --read "$T/in" -- cat /proc/self/mountinfo
	has out " $T/in ro,"
}

no_proc_user() {
	need_mounts
	setup user
	works altered "$no_proc" "$as" user --
	notes 'files outside the policy cannot be seen'
}

# A directory in its place, as some hosts mask it.
covered_proc() {
	need_mounts
	setup user
	works altered 'mount -t tmpfs none /proc' "$as" user --
	works altered 'mount -t tmpfs none /proc'
}

# Only the root; and with it every place that is written to by everybody.
read_only_alone='mount -o remount,bind,ro / && ! (: >/ambit-special) 2>/dev/null'
read_only="$read_only_alone"' || exit
	for at in /tmp /run /dev/shm /var/tmp; do
		mountpoint -q $at && ! grep -q "$at .*noexec" /proc/self/mountinfo &&
			mount -o remount,bind,ro $at
	done
	! (: >/tmp/ambit-special) 2>/dev/null'

read_only_root() {
	need_mounts
	setup user
	works altered "$read_only"
	# The instrument makes a home there.
	works altered "mount --bind /tmp /tmp && $read_only_alone" "$as" user --
}

# Neither memory nor a file to execute from: nothing stays beside the program.
nothing_to_execute_from() {
	need_mounts
	setup user
	for prefix in "$without memfd_create --" "$without memfd_create,tmpfile -- $as user --"; do
		change=$read_only
		[ "${prefix%user --}" = "$prefix" ] || change="mount --bind /tmp /tmp && $read_only_alone"
		works altered "$change" $prefix
		notes 'nothing can be executed from memory here'
		expect 125 altered "$change" $prefix "$AMBIT" run --limit 'wall-time 5s' -- true
		has err '--limit: nothing on this host can enforce this line: the run is limited in time'
		has err 'hint: '
	done
}

# Files may be written, and not executed.
nowhere_executable() {
	need_mounts
	setup
	works altered 'for at in /dev/shm /run; do
			mount -t tmpfs -o noexec none $at || exit
		done
		'"$read_only" "$without" memfd_create --
	notes 'nothing can be executed from memory here'
}

# The setting itself, in a pid namespace that has its own.
memfd_noexec() {
	need_mounts
	[ -e /proc/sys/vm/memfd_noexec ] || skip 'before Linux 6.3'
	setup
	expect 0 timeout 60 unshare -mpf --mount-proc sh -c \
		'echo 2 >/proc/sys/vm/memfd_noexec && exec "$@"' sh \
		"$AMBIT" run --read "$T/in" -- cat "$T/in/file"
	has out words
	lacks err note
}

# Without mount_setattr every mount has the very same flags in the end.
late_flags() {
	chmod 755 "$T"
	for identity in root user; do
		setup_once=$(mktemp -d "$T/XXXXXX")
		echo words >"$setup_once/file"
		chmod -R a+rX "$setup_once"
		expect 0 "$as" $identity -- "$AMBIT" run --read "$setup_once" --hide "$setup_once/file" \
			--tmp 1M -- cat /proc/self/mountinfo
		cut -d' ' -f4-6 "$T/out" >"$T/whole"
		expect 0 "$without" mount_setattr -- "$as" $identity -- "$AMBIT" run \
			--read "$setup_once" --hide "$setup_once/file" --tmp 1M -- \
			cat /proc/self/mountinfo
		cut -d' ' -f4-6 "$T/out" >"$T/late"
		grep -q ' /tmp ' "$T/whole" || fail "no view: $(cat "$T/whole")"
		cmp -s "$T/whole" "$T/late" || fail "$(diff "$T/whole" "$T/late")"
	done
}

whole_root() {
	setup user
	for identity in root user user-nons; do
		expect 0 "$as" $identity -- "$AMBIT" run --quiet --read / -- cat "$T/secret"
		has out secret
		expect 2 "$as" $identity -- "$AMBIT" run --quiet --read / --use shell -- \
			sh -c ': >"$0"' "$T/w/new"
		[ ! -e "$T/w/new" ] || fail 'written below a root that is granted for reading'
		# The control: where it is granted it is written.
		expect 0 "$as" $identity -- "$AMBIT" run --quiet --read / --write "$T/w" --use shell -- \
			sh -c ': >"$0"' "$T/w/new"
		rm "$T/w/new"
	done
}

odd_paths() {
	setup user
	newline='
'
	for name in 'a blank' 'two  blanks ' '100%s%n' 'back\slash' 'quo"te' "tick'" 'hash # no' \
		"new${newline}line" 'ta	b' '{brace}' '~tilde' 'ünïcode' '\040'; do
		odd=$T/in/$name
		mkdir "$odd" "$odd.not"
		echo words >"$odd/file"
		echo secret >"$odd.not/file"
		chmod 777 "$odd"
		chmod 644 "$odd/file"
		for prefix in "$as root --" "$as user --" "$as user-nons --" \
			"$without mount_setattr -- $as user --"; do
			expect 0 $prefix "$AMBIT" run --quiet --write "$odd" --use shell -- \
				sh -c 'cat "$0/file" && : >"$0/new"' "$odd"
			has out words
			[ -e "$odd/new" ] || fail "not written: $name"
			rm "$odd/new"
			expect 1 $prefix "$AMBIT" run --quiet --write "$odd" -- cat "$odd.not/file"
			lacks out secret
		done
	done
}

# Where neither a pid namespace nor Landlock keeps signals inside, the filter knows the one number of
# a program that makes no processes; of others it cannot, and the plan says so.
own_signals() {
	"$as" user-nons -- true 2>/dev/null || skip 'the identity user-nons cannot be had here'
	case $(uname -m) in
	x86_64) numbers='234 200' ;;
	aarch64) numbers='131 130' ;;
	*) skip 'the numbers of tgkill and tkill are not known here' ;;
	esac
	# shellcheck disable=SC2016 # perl's
	say='my ($g, $t, $other) = map { $_ + 0 } @ARGV; my $own = $$ + 0; $| = 1; sub say { print "$_[0]=", ($_[1] == 0 ? 1 : 0), "\n" }
		say("other", syscall($g, $other, $other, 0)); say("other-thread", syscall($t, $other, 0));
		say("own", syscall($g, $own, $own, 0)); say("own-thread", syscall($t, $own, 0));
		use POSIX; POSIX::abort()'
	old() {
		old_status=$1
		shift
		expect "$old_status" "$without" --landlock-abi 5 -- "$as" user-nons -- sh -c \
			'sleep 30 >/dev/null 2>&1 & say=$1 numbers=$2; shift 2; "$@" perl -e "$say" $numbers $!
			status=$?; kill $!; exit $status' - "$say" "$numbers" "$@"
	}
	old 134
	has out other=1
	has out other-thread=1
	old 134 "$AMBIT" run --use perl --
	has out other=0
	has out other-thread=0
	has out own=1
	has out own-thread=1
	lacks err tgkill
	old 134 "$AMBIT" run --use perl --spawn --
	has out own=1
	has out other=1
	has err 'tgkill may still signal processes of the same user'
}

# One call closes them all; where it is refused they are looked for, and a limit that was lowered
# since is no bound.
descriptors_above_the_limit() {
	need_mounts
	setup
	above='exec 500<"$0" && ulimit -n 256 && exec "$@"' reader='cat <&500'
	expect 0 bash -c "$above" "$T/secret" "$without" close_range -- bash -c "$reader" # the control
	has out secret
	for errno in ENOSYS EPERM; do
		for host in true "$no_proc" 'mount -t tmpfs none /proc'; do
			set -- altered "$host" bash -c "$above" "$T/secret" \
				"$without" close_range --errno $errno -- "$AMBIT" run -q --use shell
			expect 0 "$@" --fd 500 -- bash -c "$reader"
			has out secret
			for options in --spawn '-e need\ mount-view\ off -e need\ namespaces\ off'; do
				eval "expect 1 \"\$@\" $options -- bash -c '$reader'"
				has err '500: Bad file descriptor'
				lacks out secret
			done
		done
	done
}

# A filter of whoever starts the command may refuse what it does before all else.
refused_from_the_start() {
	for errno in EPERM ENOSYS; do
		expect 0 "$without" getpriority --errno "$errno" -- "$AMBIT" run --use shell -- true # the control
		expect 125 "$without" rt_sigaction --errno "$errno" -- "$AMBIT" run --use shell -- true
		has err "cannot wait for children: SIGCHLD stays as it is"
		has err "hint: whoever started ambit has a filter that refuses rt_sigaction"
	done
	set -- sh -c 'exec "$0" open,openat --errno "$@" <&-' "$without"
	expect 0 "$without" open,openat --errno EPERM -- "$AMBIT" --version
	expect 125 "$@" EPERM -- "$AMBIT" --version
	has err "cannot open /dev/null in place of a closed standard descriptor"
	has err "hint: start it with descriptors 0 to 2 open"
	expect 125 "$@" EMFILE -- "$AMBIT" --version
	has err "hint: "
	lacks err "start it with"
}

# Looked at once more when nothing can be listed any more: no further than the highest there was.
few_looks_without_close_range() {
	setup user
	for identity in user-nons container; do
		"$as" "$identity" -- true || skip "the identity $identity cannot be had here"
		: >"$T/calls"
		chmod 666 "$T/calls"
		expect 0 "$as" "$identity" -- "$without" close_range -- strace -f -qq -e trace=fcntl \
			-o "$T/calls" "$AMBIT" run -q --use compute -- /bin/true 7</dev/null
		[ "$(grep -c F_SETFD "$T/calls")" -gt 0 ] || fail "nothing was marked: $(cat "$T/calls")"
		[ "$(wc -l <"$T/calls")" -lt 20000 ] || fail "$(wc -l <"$T/calls") looks"
	done
}

run_tests no_proc_root no_proc_user covered_proc read_only_root nothing_to_execute_from \
	nowhere_executable memfd_noexec late_flags whole_root odd_paths own_signals \
	descriptors_above_the_limit few_looks_without_close_range \
	refused_from_the_start
