#!/bin/sh
# SPDX-License-Identifier: ISC
# Every difficulty of reading machine code as a small program, with the answer expected: the table.
# The policy of all is `read /etc`.
. "${SRC:-.}/tests/lib/tap.sh"
here=$SRC/tests/check
check=$(dirname "$AMBIT")/ambit-check
musl=/usr/include/x86_64-linux-musl
[ "$(uname -m)" = x86_64 ] || { echo "1..0 # SKIP x86-64 only" && exit 0; }

# compile NAME "FLAGS" - into $T/NAME
compile() {
	if [ "$2" = musl ]; then
		set -- "$1" "-O2 -nostdinc -isystem $musl -nostdlib -static -no-pie"
		# shellcheck disable=SC2086 # flags
		gcc $2 -w -o "$T/$1" "$here/programs/$1.c" /usr/lib/x86_64-linux-musl/crt1.o \
			/usr/lib/x86_64-linux-musl/libc.a /usr/lib/x86_64-linux-musl/libc.a
		return
	fi
	# shellcheck disable=SC2086 # flags
	gcc -w -g $2 -o "$T/$1" "$here/programs/$1.c" -lpthread -ldl
}

# One row: name, flags, options, status, texts
row() {
	name=$1
	[ "$2" != musl ] || [ -d "$musl" ] || skip "no musl"
	compile "$name" "$2"
	echo "read /etc" >"$T/policy"
	# shellcheck disable=SC2086 # options
	expect "$4" timeout 20 "$check" "$T/policy" "$T/$name" $3
	cat "$T/err" >>"$T/out"
	echo "$5" | tr ';' '\n' | sed 's/^ *//; s/ *$//' >"$T/texts"
	while read -r text; do
		case $text in
		'') ;;
		!*) lacks out "${text#!}" ;;
		*) has out "$text" ;;
		esac
	done <"$T/texts"
}

trim() { printf '%s\n' "$1" | sed 's/^ *//; s/ *$//'; }

number=0
tests=
while IFS='|' read -r name flags options status texts; do
	case $name in '#'* | '') continue ;; esac
	number=$((number + 1))
	name=$(trim "$name") flags=$(trim "$flags") options=$(trim "$options") status=$(trim "$status")
	test="row_${number}_${name}"
	eval "$test() { row '$name' '$flags' '$options' '$status' '$texts'; }"
	tests="$tests $test"
done <"$here/table"
# shellcheck disable=SC2086 # a list
run_tests $tests
