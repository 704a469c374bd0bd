# SPDX-License-Identifier: ISC
# shellcheck shell=dash
#
# What the checks inside a guest are written with. busybox sh; no state outside /tmp.

who=$1	# the identity: root, user, or group (the user with a subtree of control groups)

# Print a test's result. $1 name, $2 function, which prints why it fails; 77 = skip.
# A name that ends in "!" is a denial: it must go red when nothing confines (run --control).
check() {
	if said=$("$2" 2>&1); then
		echo "ok - $who: $1"
		return 0
	else
		status=$?
	fi
	if [ "$status" -eq 77 ]; then
		echo "skip - $who: $1 # $(echo "$said" | tail -n 1)"
		return 0
	fi
	echo "not ok - $who: $1"
	echo "$said" | tail -n 12 | sed 's/^/#   /'
}

skip() {
	echo "$1"
	exit 77
}

fail() {
	echo "$1"
	exit 1
}

# Does a fact of the probe hold for this identity? $1 as "listener=ok"
fact() {
	grep -q -x "fact $1" "/tmp/facts-$who"
}

has_landlock() {
	grep -q -x 'fact landlock=[0-9]*' "/tmp/facts-$who"
}

# Run a command; leaves what it wrote in $out and $err and its status in $rc. Files, not pipes: a
# process left behind would hold a pipe open. The time limit only keeps a hang from taking the
# checks after it along.
try() {
	timeout -s KILL 30 "$@" >"/tmp/out-$who" 2>"/tmp/err-$who" </dev/null && rc=0 || rc=$?
	out=$(cat "/tmp/out-$who")
	err=$(cat "/tmp/err-$who")
}

tell() {
	echo "status $rc"
	echo "stdout: $out"
	echo "stderr: $err"
}

# The last command must have ended with a status, and (where given) have written a text.
must() {
	[ "$rc" -eq "$1" ] || { tell; fail "expected status $1"; }
	[ $# -lt 2 ] || case $out in
	*"$2"*) ;;
	*) tell; fail "expected the output to contain '$2'" ;;
	esac
}

# The program must have started (no status of ambit itself) and have failed.
must_be_denied() {
	case $rc in
	0 | 125 | 126 | 127) tell; fail "expected the program to run and to be denied" ;;
	esac
}

# ambit must have refused to start the program, and its sentence must name the line.
must_refuse() {
	[ "$rc" -eq 125 ] || { tell; fail "expected a refusal (125)"; }
	case $err in
	*"$1"*) ;;
	*) tell; fail "expected the refusal to name '$1'" ;;
	esac
	[ -z "$out" ] || { tell; fail "the program wrote something: it was started"; }
}
