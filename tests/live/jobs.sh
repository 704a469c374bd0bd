#!/bin/sh
# SPDX-License-Identifier: ISC
#
# jobs.sh IDENTITY - terminal, signals and job control: bash on a pty, typed at by expect(1);
# pipelines, background, output piped, standard descriptors closed, PID 1 of a namespace.

. "${SRC:-.}/tests/lib/tap.sh"

identity=${1:-root}
as=$BUILD/tests/as/as

# typed SCRIPT - what is typed at a bash on a pty, as expect(1) commands; the prompt is "P> ". Every
# line `must "TEXT"` waits for the text; afterwards all of them must stand in the log, in this order.
typed() {
	command -v expect >/dev/null || skip 'expect is not installed'
	chmod o+rx "$T"
	printf '#!/bin/sh\nexec "%s" run -q --use shell "$@"\n' "$AMBIT" >"$T/run"
	chmod 755 "$T/run"
	{
		# in STATE COMMAND: wait until the program with just this command line is in one of the
		# states (R S T: runs, sleeps, stopped); there FILE: until it exists; 5 s each.
		cat <<-'EOF'
			proc in {states command} {
				for {set i 0} {$i < 100} {incr i} {
					if {![catch {exec ps -o stat= -p [exec pgrep -d , -fx $command]} found] &&
							[regexp "^\[$states\]" $found]} return
					after 50
				}
			}
			proc there {file} {
				for {set i 0} {$i < 100 && ![file exists $file]} {incr i} { after 50 }
			}
		EOF
		printf 'set timeout 5\nlog_user 1\nset stty_init "rows 33 columns 77"\n'
		printf 'spawn %s %s -- bash --norc --noprofile -i\n' "$as" "$identity"
		printf 'sleep 0.3\nsend "PATH=%s:\\$PATH; PS1='"'P> '"'\\r"\nexpect "P> "\nexpect "P> "\n' "$T"
		printf '%s\n' "$1" | sed 's/^must /expect /'
		printf 'send "exit\\r"\nexpect eof\n'
	} >"$T/script"
	timeout 60 expect -f "$T/script" 2>&1 | tr -d '\r' >"$T/log" || fail "expect failed"
	printf '%s\n' "$1" | sed -n 's/^must "\(.*\)"$/\1/p' | sed 's/\\r\\n$//; s/\\r\\n/\n/g' >"$T/wanted"
	awk -v log_file="$T/log" 'BEGIN { RS = "\001"; getline text < log_file; RS = "\n"; from = 1 }
		{ at = index(substr(text, from), $0); if (!at) { print "never saw: " $0; exit 1 } from += at }' "$T/wanted" >"$T/why" ||
		fail "$(cat "$T/why"; tail -n 12 "$T/log")"
}

ctrl_c() {
	typed '
send "run sleep 40\r"
in SR "sleep 40"
send "\003"
must "P> "
send "echo st=\$?\r"
must "st=130"
must "P> "'
}

ctrl_z_bg_fg() {
	typed '
send "run sleep 41\r"
in SR "sleep 41"
send "\032"
must "Stopped"
must "P> "
send "bg\r"
must "P> "
send "jobs\r"
must "Running"
must "P> "
send "fg\r"
must "sleep 41"
in SR "sleep 41"
send "\003"
must "P> "
send "echo st=\$?\r"
must "st=130"
must "P> "'
}

# Who ignores the stop is not stopped, and neither is the program, which inherits that.
ctrl_z_ignored() {
	typed '
send "(trap \"\" TSTP; exec run sleep 48)\r"
in SR "sleep 48"
send "\032"
sleep 0.5
in SR "sleep 48"
send "\003"
must "P> "
send "echo st=\$?\r"
must "st=130"
must "P> "'
}

# Nor is who leads its session: there is no shell that could continue it.
ctrl_z_without_shell() {
	command -v expect >/dev/null || skip 'expect is not installed'
	for terminal in '' --terminal; do
		cat >"$T/script" <<-EOF
			set timeout 10
			spawn "$AMBIT" run -q --use shell $terminal -- sh -c {echo up; sleep 2; echo went on}
			expect up
			after 500
			send "\\032"
			expect "went on"
			expect eof { exit 0 }
			exit 1
		EOF
		expect 0 timeout -k 1 20 expect -f "$T/script"
	done
}

# sudo stands between the shell and ambit, as Debian has it on a pty of its own: signals, stops and
# statuses go through.
under_sudo() {
	[ "$identity" = root ] || skip 'nobody else may use sudo without a password'
	command -v sudo >/dev/null || skip 'sudo is not installed'
	sudo -n true 2>/dev/null || skip 'sudo asks for a password'
	typed '
send "sudo -n '"$T"'/run sleep 46\r"
in SR "sleep 46"
send "\003"
must "P> "
send "echo st=\$?\r"
must "st=130"
must "P> "
send "sudo -n '"$T"'/run sleep 47\r"
in SR "sleep 47"
send "\032"
must "Stopped"
must "P> "
in T "sleep 47"
send "fg\r"
must "sleep 47"
in SR "sleep 47"
send "\003"
must "P> "
send "echo out | sudo -n '"$T"'/run sh -c '"'cat; exit 7'"' | cat; echo st=\${PIPESTATUS\[1\]}\r"
must "out\r\n"
must "st=7"
must "P> "'
}

# Reading the terminal from the background stops the job, as for any program.
background_read_stops() {
	typed '
send "run cat -u -u &\r"
must "P> "
in T "cat -u -u"
send "jobs\r"
must "Stopped"
must "P> "
send "fg\r"
in SR "cat -u -u"
send "hello\r"
must "hello\r\n"
must "hello\r\n"
send "\004"
must "P> "
send "echo st=\$?\r"
must "st=0"
must "P> "'
}

# kill %1 goes to the whole group: a handler inside runs once, not twice.
group_signal_once() {
	chmod 777 "$T"
	typed '
send "run --write '"$T"' sh -c '\''trap \"echo term >>'"$T"'/count\" TERM; echo >'"$T"'/up; for i in 1 2 3 4 5 6; do sleep 0.2; done'\'' &\r"
must "P> "
there '"$T"'/up
send "kill %1\r"
must "P> "
send "wait; echo waited\r"
must "waited\r\n"
must "P> "'
	[ "$(wc -l <"$T/count")" = 1 ] || fail "TERM arrived $(wc -l <"$T/count") times"
}

# With the right terminal: a pty of its own, of the right size, with job control inside.
own_terminal() {
	typed '
send "run --terminal -- bash --norc --noprofile -i\r"
expect -re {bash-[0-9.]+[$#] }
send "stty size\r"
must "33 77"
send "sleep 42\r"
in SR "sleep 42"
send "\032"
must "Stopped"
send "fg\r"
in SR "sleep 42"
send "\003"
expect -re {bash-[0-9.]+[$#] }
send "exit 7\r"
must "P> "
send "echo st=\$?\r"
must "st=7"
must "P> "
send "stty -a | grep -c -e \" icanon\"\r"
must "1\r\n"
must "P> "'
}

# A stop from there reaches the whole job, and ambit with it; the shell has its terminal back.
own_terminal_stops() {
	typed '
send "run --terminal -- sh -c '\''sleep 50; :'\''\r"
in SR "sleep 50"
send "\032"
must "Stopped"
must "P> "
in T "sleep 50"
send "stty -a | grep -c -e \" icanon\"\r"
must "1\r\n"
must "P> "
send "fg\r"
in SR "sleep 50"
send "\032"
must "Stopped"
must "P> "
send "fg\r"
in SR "sleep 50"
send "\003"
must "P> "
send "echo st=\$?\r"
must "st=130"
must "P> "'
}

# Without the right the program may set modes; afterwards they are what they were.
modes_are_put_back() {
	typed '
send "stty -isig; stty -a | grep -c -e -isig; stty isig\r"
must "1\r\n"
must "P> "
send "run -- sh -c '\''stty -isig; stty -a | grep -c -e -isig'\''\r"
must "1\r\n"
must "P> "
send "stty -a | grep -c -e -isig\r"
must "0\r\n"
must "P> "'
}

no_push_into_terminal() {
	command -v perl >/dev/null || skip 'perl is not installed'
	typed '
send "run --use perl -- perl -e '\''for (0x5412, 0x541c, 0x5412 | 1 << 32) { print ioctl(STDIN, \$_, my \$b = \"x\") ? \"PUSHED\" : \"kept\", \"\\n\" } print open(T, \"+<\", \"/dev/tty\") ? \"TTY\" : \"no tty\", \"\\n\"'\''\r"
must "kept\r\nkept\r\nkept\r\nno tty\r\n"
must "P> "'
}

forwarded_signals() {
	chmod 755 "$T"
	for signal in TERM INT HUP USR1 USR2 QUIT; do
		mkdir -m 777 "$T/$signal"
		# A shell starts what is in its background with INT and QUIT ignored.
		env --default-signal=INT,QUIT "$as" "$identity" -- "$AMBIT" run -q --use shell --write "$T/$signal" -- \
			sh -c "trap 'echo got >$T/$signal/got; exit 5' $signal; echo up >$T/$signal/up; while :; do sleep 0.1; done" &
		job=$!
		for try in $(seq 60); do
			[ ! -e "$T/$signal/up" ] || break
			sleep 0.05
		done
		kill -s "$signal" "$job"
		status=0
		wait "$job" || status=$?
		[ "$status" = 5 ] || fail "SIG$signal: status $status after $try tries"
		[ -e "$T/$signal/got" ] || fail "SIG$signal did not arrive"
	done
}

# blocked_by OPTION... - what a program finds blocked whose caller has blocked SIGUSR1
blocked_by() {
	expect 0 env --block-signal=USR1 timeout -k 1 20 "$as" "$identity" -- \
		"$AMBIT" run -q --use shell "$@" 3>/dev/null -- grep SigBlk /proc/self/status
}

# However it is started: as the command's own process, by the command, beside another process.
signal_mask_is_the_callers() {
	off='-e need_mount-view_off -e need_namespaces_off -e need_user-namespace_off'
	for options in '' '--limit wall-time_1m' '--status-fd 3' "$off" "$off --status-fd 3"; do
		set --
		for option in $options; do
			set -- "$@" "$(echo "$option" | tr _ ' ')"
		done
		blocked_by "$@"
		has out '00000200'
	done
}

died_by_signal() {
	expect 143 "$as" "$identity" -- "$AMBIT" run -q -- sh -c 'kill -TERM $$'
	expect 137 "$as" "$identity" -- "$AMBIT" run -q --use shell -- sh -c 'kill -KILL $$'
	expect 139 "$as" "$identity" -- "$AMBIT" run -q --use shell -- sh -c 'kill -SEGV $$'
}

broken_pipe() {
	status=$("$as" "$identity" -- bash -c "'$AMBIT' run -q --use shell yes | head -n 1 >/dev/null; echo \${PIPESTATUS[0]}")
	[ "$status" = 141 ] || fail "status $status, not 141"
}

standard_descriptors_closed() {
	for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
		status=0
		sh -c "exec $closed; exec '$as' '$identity' -- '$AMBIT' run -q --use shell -- sh -c 'exit 9'" 2>/dev/null || status=$?
		[ "$status" = 9 ] || fail "with $closed: status $status"
	done
	status=0
	sh -c "exec 2>&-; exec '$AMBIT' run --status-fd 7 -- /nonexistent 7>'$T/status'" || status=$?
	[ "$status" = 127 ] || fail "status $status, not 127"
	grep -q '"outcome":"refused"' "$T/status" || fail "no reason on --status-fd: $(cat "$T/status")"
}

as_pid_1() {
	[ "$identity" = root ] || skip 'needs root to be PID 1 of a namespace'
	expect 4 timeout 20 unshare -p -f --mount-proc "$AMBIT" run -q --use shell -- sh -c '(sleep 0.1 &) ; exit 4'
}

# Has the program with just this command line ended, or does it within 10 s?
gone() {
	for _ in $(seq 200); do
		pgrep -fx "$1" >/dev/null || return 0
		sleep 0.05
	done
	return 1
}

wall_clock() {
	expect 137 "$as" "$identity" -- "$AMBIT" run -q --use shell --limit 'wall-time 300ms' -- sh -c "sleep 43.$$ & sleep 43.$$"
	gone "sleep 43.$$" || fail 'the wall clock left somebody behind'
}

# The number of this shell tells its sleeps from those of a suite beside it.
nothing_survives_the_end() {
	expect 0 "$as" "$identity" -- "$AMBIT" run -q --use shell -- sh -c "(setsid sleep 44.$$ &) ; sleep 44.$$ & exit 0"
	gone "sleep 44.$$" || fail 'a descendant survived'
}

nothing_survives_a_kill() {
	"$as" "$identity" -- "$AMBIT" run -q --use shell -- sh -c "(setsid sleep 45.$$ &) ; sleep 45.$$" &
	job=$!
	for _ in $(seq 100); do
		[ "$(pgrep -fxc "sleep 45.$$")" != 2 ] || break
		sleep 0.05
	done
	[ "$(pgrep -fxc "sleep 45.$$")" = 2 ] || fail 'the control: two should be running'
	kill -KILL "$job"
	wait "$job" || :
	gone "sleep 45.$$" || fail 'somebody survived SIGKILL of ambit'
}

run_as_identity ctrl_c ctrl_z_bg_fg ctrl_z_ignored ctrl_z_without_shell under_sudo background_read_stops group_signal_once own_terminal own_terminal_stops \
	modes_are_put_back no_push_into_terminal forwarded_signals signal_mask_is_the_callers died_by_signal broken_pipe standard_descriptors_closed \
	as_pid_1 wall_clock \
	nothing_survives_the_end nothing_survives_a_kill
