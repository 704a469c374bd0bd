# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# tap.sh - the test harness for shell tests; sourced
#
#	. "${SRC:-.}/tests/lib/tap.sh"
#	name_of_test() { expect 125 "$AMBIT" run -p nosuch ls; has err "nosuch"; }
#	run_tests name_of_test ...
#
# Each test runs in a subshell, in a fresh directory $T that is removed afterwards; its exit
# status is the verdict: 0 passes, 77 skips, all else fails. AMBIT_MUST=1: a skip is a failure.

SRC=$(cd "${SRC:-.}" && pwd)
export SRC
tap_number=0
tap_failed=0

note() { printf '%s\n' "$*" | sed 's/^/# /' >&2; }
fail() {
	note "failed: $*"
	exit 1
}
skip() {
	printf '%s\n' "$*" >"$T/.why"
	exit 77
}

# expect STATUS COMMAND... - run it; its output is in $T/out and $T/err
expect() {
	tap_want=$1 tap_status=0
	shift
	"$@" >"$T/out" 2>"$T/err" </dev/null || tap_status=$?
	[ "$tap_status" = "$tap_want" ] && return
	note "stdout: $(head -c 2000 "$T/out")"
	note "stderr: $(head -c 2000 "$T/err")"
	fail "status $tap_status, not $tap_want: $*"
}

# has out|err TEXT, lacks out|err TEXT - fixed strings in the output of the last expect
has() {
	grep -qF -- "$2" "$T/$1" && return
	fail "std$1 lacks \"$2\": $(head -c 2000 "$T/$1")"
}
lacks() {
	grep -qF -- "$2" "$T/$1" || return 0
	fail "std$1 has \"$2\": $(head -c 2000 "$T/$1")"
}

run_tests() {
	for tap_name; do
		tap_number=$((tap_number + 1))
		T=$(mktemp -d)
		set +e # and no "|| status=$?": it would switch -e off inside
		(
			set -e
			"$tap_name"
		) >&2
		tap_status=$?
		if [ "$tap_status" = 77 ] && [ "${AMBIT_MUST:-0}" = 1 ]; then
			note "$tap_name: skipped, but AMBIT_MUST=1: $(cat "$T/.why")"
			tap_status=1
		fi
		case $tap_status in
		0) echo "ok $tap_number - $tap_name" ;;
		77) echo "ok $tap_number - $tap_name # SKIP $(cat "$T/.why")" ;;
		*)
			echo "not ok $tap_number - $tap_name"
			tap_failed=1
			;;
		esac
		rm -rf "$T"
	done
	echo "1..$tap_number"
	exit "$tap_failed"
}

# run_as_identity TEST... - those tests, or what $ONLY names, where $as can make $identity
run_as_identity() {
	timeout 10 "$as" "$identity" -- true 2>/dev/null || {
		echo "1..0 # SKIP identity $identity cannot be had here"
		exit 0
	}
	# shellcheck disable=SC2086 # one or more
	run_tests ${ONLY:-$*}
}
