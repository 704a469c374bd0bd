#!/bin/sh
# SPDX-License-Identifier: ISC
#
# run.sh - the escape catalogue against ambit, one test an attempt and identity
#
#	run.sh EVIL AMBIT WEAK AS IDENTITY [WHICH...]
#
# EVIL is the program of attempts, AMBIT the launcher, WEAK the launcher that forgives gaps, AS the
# program that runs a command under an IDENTITY. WHICH are entries (E41) or attempts (E41/clone3).
#
# What is expected stands in the file "matrix". For each kind of line:
#
#  stopped LAYER[+LAYER]  it is stopped under its policy. With the layers of the attempt's table row
#                         off, or with no launcher at all where the row says "-", it escapes. With
#                         all of them off but these LAYERs it is still stopped.
#  gap LINE               ambit plan prints LINE for that policy, and it is not stopped.
#  n/a REASON             it cannot get out as this identity, unconfined or not: no claim is made.

set -u
here=$(dirname "$0")
if [ $# -lt 5 ]; then
	echo "usage: run.sh EVIL AMBIT WEAK AS IDENTITY [WHICH...]" >&2
	exit 2
fi
# The attempts change directories.
evil=$(readlink -f "$1") ambit=$(readlink -f "$2") weak=$(readlink -f "$3") as=$(readlink -f "$4")
identity=$5
shift 5

count=0
failed=0

# verdict N: what evil's exit status N says
verdict() {
	case $1 in
	0) echo stopped ;;
	1) echo escaped ;;
	*) echo untried ;;
	esac
}

# evil_as ARGUMENTS: run it under the identity; its line in $said, its verdict in $got
evil_as() {
	said=$("$as" "$identity" -- "$evil" "$@" </dev/null 2>&1)
	got=$(verdict $?)
}

# must VERDICT WHAT: else the test fails, with what was said instead
must() {
	[ "$got" = "$1" ] && return 0
	why="$why
# $2: $got instead of $1: $(echo "$said" | tail -n 1 | cut -c1-400)"
}

# off_list LAYER...: "--off LAYER" for each, those of $kept left out
off_list() {
	for layer; do
		case "+$kept+" in
		*"+$layer+"*) ;;
		*) printf ' --off %s' "$layer" ;;
		esac
	done
}

check_stopped() {
	evil_as --outside "$id" --ambit "$ambit"
	must stopped "under its policy"
	case ",$needs," in
	*,no-control,*) return ;;
	esac
	if [ "$off" = - ]; then
		evil_as --control "$id"
		must escaped "without a launcher"
		return
	fi
	kept=
	# shellcheck disable=SC2046,SC2086 # lists of words
	evil_as --outside "$id" --ambit "$weak" $(off_list $off)
	must escaped "without $off"
	# what only grants more is not a layer that could be left on
	layers=$(echo "$off" | tr ' ' '\n' | grep -v '^+' | tr '\n' ' ')
	kept=$1
	# shellcheck disable=SC2086
	rest=$(off_list $layers)
	[ -n "$rest" ] || return
	# shellcheck disable=SC2086
	evil_as --outside "$id" --ambit "$weak" $rest
	must stopped "by $1 alone"
}

check_gap() {
	plan=$("$as" "$identity" -- "$evil" --plan "$id" --ambit "$ambit" </dev/null 2>&1)
	case $plan in
	*"$1"*) ;;
	*) why="$why
# the plan does not say: $1" ;;
	esac
	evil_as --outside "$id" --ambit "$ambit"
	[ "$got" != stopped ] || why="$why
# it is stopped: $(echo "$said" | cut -c1-300)"
}

check_na() {
	evil_as --outside "$id" --ambit "$ambit"
	[ "$got" != escaped ] || must stopped "under its policy"
	evil_as --control "$id"
	[ "$got" != escaped ] || why="$why
# it escapes unconfined, so a claim is due: $(echo "$said" | cut -c1-300)"
}

one() {
	id=$1 needs=$2 off=$3 kind=$4 detail=$5 why=
	case $kind in
	stopped) check_stopped "$detail" ;;
	gap) check_gap "$detail" ;;
	n/a) check_na ;;
	*) why="
# the matrix has no line for it" ;;
	esac
	count=$((count + 1))
	if [ -z "$why" ]; then
		echo "ok $count - $id as $identity: $kind $detail"
	else
		failed=$((failed + 1))
		echo "not ok $count - $id as $identity: $kind $detail$why"
	fi
}

# The attempts with their expectation: id, needs, off, kind, detail, TAB-separated.
worklist() {
	"$evil" --list | awk -F '\t' -v identity="$identity" -v which="$*" '
		BEGIN { OFS = "\t"; some = split(which, wanted, " ") }
		FILENAME != "-" {
			if ($0 ~ /^#/ || $0 == "" ||
			    ($2 != "*" && index("," $2 ",", "," identity ",") == 0))
				next
			space = index($3, " ")
			kind[$1] = substr($3, 1, space - 1)
			detail[$1] = substr($3, space + 1)
			next
		}
		$3 == "elsewhere" { next }
		{
			id = $1 "/" $2
			take = some == 0
			for (i in wanted)
				take = take || wanted[i] == id || wanted[i] == $1
			if (take)
				print id, $3, $4, (id in kind) ? kind[id] : "none",
				      (id in detail) ? detail[id] : "-"
		}' "$here/matrix" -
}

# What is proved by other tests stands in a file of theirs.
for where in $("$evil" --list | awk -F '\t' '$3 == "elsewhere" { print $5 }'); do
	[ -e "$here/../../../$where" ] || {
		echo "Bail out! no test $where"
		exit 1
	}
done

"$as" "$identity" -- true
if [ $? -eq 77 ]; then
	echo "1..0 # SKIP the identity $identity cannot be had here"
	exit 0
fi
work=$(mktemp)
trap 'rm -f "$work"' EXIT
worklist "$@" >"$work"
echo "1..$(wc -l <"$work")"
tab=$(printf '\t')
while IFS=$tab read -r a b c d e <&3; do
	one "$a" "$b" "$c" "$d" "$e"
done 3<"$work"
[ "$failed" -eq 0 ]
