#!/bin/sh
# SPDX-License-Identifier: ISC
#
# view.sh IDENTITY - what the caller has about it does not change what the view shows: by which name
# the program is called, the umask, and what is mounted below what is granted.
# shellcheck disable=SC2016 # the scripts are for the shells inside

. "${SRC:-.}/tests/lib/tap.sh"

identity=${1:-root}
as=$BUILD/tests/as/as

# run STATUS OPTION... -- COMMAND...: in $W, as the identity
run() {
	run_status=$1
	shift
	expect "$run_status" sh -c 'cd "$0" && exec "$@"' "$W" "$as" "$identity" -- \
		"$AMBIT" run -q "$@"
}

setup() {
	chmod 755 "$T"
	W=$T/w
	mkdir -p "$W/bin" "$W/sub"
	printf '#!/usr/bin/../bin/sh\necho local "$0" "$@"\n' >"$W/bin/echo"
	cp /bin/true "$W/bin/true"
	ln -s echo "$W/bin/link"
	chmod -R 755 "$W"
	W=$(cd "$W" && pwd -P)
}

by_a_path_with_dots() {
	setup
	run 0 -- bin/echo x
	has out "local $W/bin/echo x"
	# A shell runs the one in the directory, and /bin/echo is another.
	run 0 -- .//bin/echo x
	has out "local $W/bin/echo x"
	run 0 -- sub/../bin/./link
	has out "local $W/bin/link"
	for name in ".//bin/true" "sub/../bin/true" "bin//true" "bin/./true" /usr//bin/true \
		"$W/sub/../bin/true" /usr/../usr/bin/true; do
		run 0 -- "$name"
	done
	# What a shell does not find is not found.
	run 127 -- bin/true/
	run 127 -- bin/true/../true
	run 127 -- none/../bin/true
}

by_a_search_path_with_dots() {
	setup
	for search in /usr/bin/ /usr/../usr/bin /usr//bin; do
		expect 0 "$as" "$identity" -- /usr/bin/env "PATH=$search" "$AMBIT" run -q -- true
	done
}

in_a_directory_with_dots() {
	setup
	for name in . ./ sub/.. "$W//" "$W/sub/../"; do
		run 0 --read "$W" -C "$name" -- /bin/pwd
		[ "$(cat "$T/out")" = "$W" ] || fail "-C $name: $(cat "$T/out")"
	done
	for name in "$W/./sub" "$W//sub" "$W/bin/../sub" ./sub/; do
		run 0 --read "$W/sub" -C "$name" -- /bin/pwd
		[ "$(cat "$T/out")" = "$W/sub" ] || fail "-C $name: $(cat "$T/out")"
	done
	run 125 --read "$W" -C bin/true/ -- /bin/true
	has err 'Not a directory'
}

grants_with_dots() {
	setup
	for name in . ./ .//bin/ ./bin/. "$W//bin/./"; do
		run 0 --read "$name" -- cat bin/echo
		has out local
	done
	run 0 --read "$W/bin/." -- /bin/true
	run 125 --read "$W/sub/../bin" -- /bin/true
	has err "'..' inside a path"
}

# Nothing is relative to a directory that has been removed; least of all to the root.
in_a_removed_directory() {
	setup
	mkdir -m 777 "$W/gone"
	gone() {
		mkdir -p "$W/gone"
		chmod 777 "$W/gone"
		expect "$1" sh -c 'cd "$1/gone" && rmdir ../gone && shift && exec "$@"' - "$W" \
			"$as" "$identity" -- "$AMBIT" run -q "$2" "$3" "$4" "$5"
	}
	gone 0 -e 'use shell' -- true
	gone 127 -e 'use shell' -- bin/true
	has err 'cannot tell what the relative path bin/true is relative to'
	has err 'hint: '
	gone 125 -C usr -- /bin/true
	has err 'cannot tell what the relative path usr is relative to'
}

# masked UMASK STATUS OPTION... -- COMMAND...: with that umask, as the identity
masked() {
	masked_umask=$1 masked_status=$2
	shift 2
	expect "$masked_status" "$as" "$identity" -- sh -c 'umask "$0" && exec "$@"' \
		"$masked_umask" "$AMBIT" run -q "$@"
}

# The view is made by one who may do all, and the program may be somebody else.
under_any_umask() {
	setup
	other=
	[ "$identity" != root ] || other='--user nobody'
	for mask in 0022 0027 0077 0177 0777 0000; do
		# Three ways of making the program's process: the usual one, a copy, no view.
		for way in '--read /usr' '--connect "tcp 127.0.0.1 9"' '-e "need mount-view off"'; do
			# Nobody can judge addresses where pidfd_getfd is refused.
			case $identity$way in container*connect*) continue ;; esac
			eval "masked $mask 0 $other $way -- /bin/sh -c umask"
			[ "$(cat "$T/out")" = "$mask" ] || fail "umask $mask, $way: $(cat "$T/out")"
		done
		# shellcheck disable=SC2086 # two words or none
		masked "$mask" 0 $other --read /usr/bin -- /bin/ls /usr/bin
		masked "$mask" 0 -e 'use compute' -- "$W/bin/true"
	done
}

modes_do_not_depend_on_the_umask() {
	setup
	"$as" "$identity" -- "$AMBIT" plan --tmp 1M -- /bin/true >"$T/plan" || :
	grep -q '^ .*mount-view  *build' "$T/plan" || return 0
	for mask in 022 077; do
		masked "$mask" 0 --tmp 1M --read /usr/bin --read "$W/bin" -- \
			/usr/bin/stat -c '%a %n' / /usr /tmp "$T" "$W"
		cp "$T/out" "$T/modes-$mask"
	done
	grep -qx '1777 /tmp' "$T/modes-022" || fail "$(cat "$T/modes-022")"
	grep -qx "755 $W" "$T/modes-022" || fail "$(cat "$T/modes-022")"
	cmp "$T/modes-022" "$T/modes-077"
}

# amid STATUS OPTION... -- COMMAND...: with a mount in $W/a/b/c that has the file $W/a/b/c/f
amid() {
	amid_status=$1
	shift
	expect "$amid_status" unshare -m sh -c 'mount -t tmpfs -o mode=777 c "$1/a/b/c" &&
		echo inside >"$1/a/b/c/f" && chmod 666 "$1/a/b/c/f" || exit 99
		shift && exec "$@"' - "$W" "$as" "$identity" -- \
		${without:+"$BUILD/tests/compat/without" "$without" --} "$AMBIT" run -q "$@"
}

amid_grants() {
	[ "$(id -u)" = 0 ] || skip 'needs root to mount'
	setup
	mkdir -p "$W/a/b/c"
	chmod -R 777 "$W/a"
	# The inner grant decides, and does so for what is mounted below it.
	for outer in "$W/a" "$W" /; do
		amid 0 --read "$outer" --write "$W/a/b" -- /bin/sh -c \
			'cd "$1/a/b/c" && echo changed >f && read -r line <f && echo "$line"' - "$W"
		has out changed
		amid 2 --read "$outer" --write "$W/a/b" -- /bin/sh -c 'echo >"$1/a/f"' - "$W"
	done
	amid 0 --write "$W/a" --exec "$W/a/b" -- /bin/cat "$W/a/b/c/f"
	has out inside
	# The control of what follows.
	amid 0 --write "$W/a" -- /bin/cat "$W/a/b/c/f"
	has out inside
	"$as" "$identity" -- "$AMBIT" plan --read "$W" -- /bin/true >"$T/plan" || :
	grep -q '^ .*mount-view  *build' "$T/plan" || return 0
	for outer in --read --write; do
		amid 1 "$outer" "$W/a" --hide "$W/a/b" -- /bin/cat "$W/a/b/c/f"
		lacks out inside
		has err 'Permission denied'
		amid 1 "$outer" "$W/a" --hide "$W/a/b/c/f" -- /bin/cat "$W/a/b/c/f"
		lacks out inside
	done
}

grants_around_a_mount() { amid_grants; }

# There the flags are set by path, and each path has to lead to the mount that is meant.
grants_around_a_mount_without_mount_setattr() {
	without=mount_setattr
	amid_grants
}

# A mount is read as a whole, and written to in every way: what a line grants less is a gap.
lines_that_only_landlock_tells_apart() {
	setup
	echo inside >"$W/f"
	"$as" "$identity" -- "$AMBIT" plan -- /bin/true >"$T/plan" || :
	grep -q '^ .*mount-view  *build' "$T/plan" || skip 'there is no view here'
	while read -r gap line; do
		run 0 -e "$line" -- /bin/true
		case $gap in
		none) run 0 -e "$line" -e 'need landlock off' -- /bin/true ;;
		*)
			run 125 -e "$line" -e 'need landlock off' -- /bin/true
			has err "only Landlock $gap"
			;;
		esac
	done <<-END
		keeps unix $W
		keeps unix $W/f
		keeps modify $W/f
		tells create $W/sub
		tells promises "stdio rpath wpath"
		tells promises "stdio wpath"
		tells promises "stdio cpath"
		none promises "stdio rpath"
		none promises "stdio rpath wpath cpath"
		none promises "stdio tmppath"
		none write $W/sub
		none write $W/f
		none read $W
	END
	run 125 --modify "$W/f" --create "$W/sub" -e 'need landlock off' -- /bin/true
	run 0 --read "$W" --modify "$W" --create "$W" -e 'need landlock off' -- /bin/true
}

# Whoever may write there can change the code that runs, however it is mapped.
writing_own_memory_is_said() {
	said='reaches /proc/self/mem'
	setup
	plan() { expect 0 "$as" "$identity" -- "$AMBIT" plan "$@" -- /bin/true; }
	plan --write /proc
	has out "writing below /proc $said"
	# The view's own /proc is mounted over what the host has there, and read-only.
	plan --write /
	if grep -q '^ .*mount-view  *build' "$T/out"; then
		lacks out "$said"
	else
		has out "writing below / $said"
	fi
	plan --write /proc --jit
	lacks out "$said"
	plan --read / --modify "$W"
	lacks out "$said"
	run 125 --strict --write /proc -- /bin/true
}

run_as_identity by_a_path_with_dots by_a_search_path_with_dots in_a_directory_with_dots grants_with_dots \
	in_a_removed_directory under_any_umask modes_do_not_depend_on_the_umask \
	grants_around_a_mount grants_around_a_mount_without_mount_setattr \
	lines_that_only_landlock_tells_apart writing_own_memory_is_said
