#!/bin/sh
# SPDX-License-Identifier: ISC
#
# hide.sh IDENTITY - what is hidden in a writable tree stays hidden over two runs: neither it nor a
# directory on the way can be given another name inside. Without a mount view hide is refused.
# shellcheck disable=SC2016 # the scripts are for the programs inside

. "${SRC:-.}/tests/lib/tap.sh"

identity=${1:-root}
as=$BUILD/tests/as/as

# run POLICY-OPTION... -- COMMAND...
run() { "$as" "$identity" -- "$AMBIT" run -q --use shell "$@"; }

setup() {
	chmod 755 "$T"
	W=$T/w
	mkdir -p "$W/a/b" "$W/other"
	echo secret >"$W/a/b/secret"
	chmod -R 777 "$W"
	cat >"$T/rename" <<-'EOF'
		cd "$1" || exit 9
		shift
		for act; do $act 2>/dev/null && echo "DONE $act"; done
		echo end
	EOF
	chmod 644 "$T/rename"
}

# Where there is no view hide is refused: that is the whole test there.
has_view() {
	"$as" "$identity" -- "$AMBIT" plan --write "$W" -- /bin/true >"$T/plan" || :
	grep -q '^ .*mount-view  *build' "$T/plan" && return
	expect 125 run --write "$W" --hide "$W/a/b/secret" -- true
	has err 'needs a mount view'
	false
}

renames='mv -nT a elsewhere|mv -nT a/b other/b|mv -nT a/b/secret other/secret|rm -rf a|rmdir a/b
mv --exchange a other|ln a/b/secret other/hard|rm -f a/b/secret|mv -fT other a/b'

acts() { printf '%s' "$renames" | tr '\n' '|'; }

attack() {
	hide=$1
	(
		IFS='|'
		set -f
		# shellcheck disable=SC2046 # one argument an act
		set -- $(acts)
		unset IFS
		expect 0 run --write "$W" ${hide:+--hide "$hide"} --read "$T/rename" -- sh "$T/rename" "$W" "$@"
	)
	has out end
}

# The control: nothing hidden, and the first act has its effect.
without_hide_it_moves() {
	setup
	attack ''
	has out 'DONE mv -nT a elsewhere'
	[ "$(cat "$W/elsewhere/b/secret")" = secret ] || fail 'it did not move'
}

a_hidden_file_keeps_its_name() {
	setup
	has_view || return 0
	inode=$(stat -c %i "$W/a/b/secret")
	attack "$W/a/b/secret"
	lacks out 'DONE'
	[ "$(cat "$W/a/b/secret")" = secret ] || fail 'the hidden file is another one'
	[ "$(find "$W" -inum "$inode")" = "$W/a/b/secret" ] || fail "another name: $(find "$W")"
	# The second run, and a control that would see it.
	expect 0 run --write "$W" -- grep -r secret "$W"
	expect 2 run --write "$W" --hide "$W/a/b/secret" -- grep -rs secret "$W"
	lacks out secret
}

a_hidden_directory_keeps_its_name() {
	setup
	has_view || return 0
	attack "$W/a/b"
	lacks out 'DONE'
	[ "$(cat "$W/a/b/secret")" = secret ] || fail 'the hidden file is another one'
}

# Ordinary work goes on beside and inside the directories that are held.
the_rest_stays_writable() {
	setup
	has_view || return 0
	expect 0 run --write "$W" --hide "$W/a/b/secret" -- sh -c '
		cd "$1" && echo x >a/new && mv a/new a/newer && mkdir a/b/c && echo y >a/b/c/y &&
		mv a/b/c a/b/d && mv -T other moved && mv a/newer moved/ && rm -r a/b/d' - "$W"
	[ "$(cat "$W/moved/newer")" = x ] || fail 'the work was not done'
}

an_exec_grant_between() {
	setup
	has_view || return 0
	expect 1 run --write "$W" --exec "$W/a/b" --hide "$W/a/b/secret" -- \
		sh -c 'cd "$1" && mv -T a elsewhere' - "$W"
	has err busy
	[ -e "$W/a/b/secret" ] || fail 'a directory above the exec grant was renamed'
}

links_on_the_way() {
	setup
	has_view || return 0
	ln -s a "$W/link"
	expect 125 run --write "$W" --hide "$W/link/b/secret" -- true
	has err "the link $W/link can be changed by the code"
	has err 'hint: '
	# Nobody may change a link in a directory that is only read.
	expect 0 run --read "$W" --hide "$W/link/b/secret" -- true
}

what_is_not_there_is_said() {
	setup
	has_view || return 0
	expect 125 run --write "$W" --hide "$W/none" -- true
	has err "$W/none does not exist"
	expect 0 "$as" "$identity" -- "$AMBIT" run --use shell --write "$W" -e "hide $W/none optional" -- true
	has err "$W/none does not exist, so nothing hides it"
	expect 125 "$as" "$identity" -- "$AMBIT" run --strict --use shell --write "$W" -e "hide $W/none optional" -- true
}

the_plan_says_so() {
	setup
	has_view || return 0
	expect 0 "$as" "$identity" -- "$AMBIT" plan --write "$W" --hide "$W/a/b/secret" -- /bin/true
	has out "$W/a/b/secret stays where it is"
	grep -q "^ *$W/a  *held" "$T/out" || fail "no held directory: $(cat "$T/out")"
	grep -q "^ *$W/a/b  *held" "$T/out" || fail "no held directory: $(cat "$T/out")"
	expect 0 "$as" "$identity" -- "$AMBIT" plan --read "$W" --hide "$W/a/b/secret" -- /bin/true
	lacks out held
}

# The program, its loader and the link to that are told as the cause, by the plan and by the run.
what_the_start_needs() {
	setup
	has_view || return 0
	for path in "$(readlink -f "$(command -v true)")" /usr/lib /lib64; do
		[ -e "$path" ] || continue
		expect 0 "$as" "$identity" -- "$AMBIT" plan --hide "$path" -- true
		has out 'the program cannot start: this line hides'
		tap_status=0
		run --hide "$path" -- true >"$T/out" 2>"$T/err" || tap_status=$?
		[ "$tap_status" -ge 125 ] || fail "$path: $tap_status"
		has err "hint: 'hide $path' hides the program, its interpreter or its loader"
	done
	expect 0 "$as" "$identity" -- "$AMBIT" plan --hide "$W" -- true
	lacks out 'cannot start'
}

an_interpreter_that_is_not_there() {
	setup
	printf '#!/nosuch/interp\n' >"$T/script"
	chmod 755 "$T/script"
	expect 127 "$as" "$identity" -- "$AMBIT" run -q "$T/script"
	has err 'hint: its interpreter does not exist: /nosuch/interp'
}

run_as_identity without_hide_it_moves a_hidden_file_keeps_its_name a_hidden_directory_keeps_its_name \
	the_rest_stays_writable an_exec_grant_between links_on_the_way what_is_not_there_is_said the_plan_says_so \
	what_the_start_needs an_interpreter_that_is_not_there
