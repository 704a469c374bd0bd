#!/bin/sh
# SPDX-License-Identifier: ISC
#
# view.sh IDENTITY - what the caller has about it does not change what the view shows: by which name
# the program is called.

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

timeout 10 "$as" "$identity" -- true 2>/dev/null || {
	echo "1..0 # SKIP identity $identity cannot be had here"
	exit 0
}
run_tests by_a_path_with_dots by_a_search_path_with_dots in_a_directory_with_dots grants_with_dots \
	in_a_removed_directory
