# SPDX-License-Identifier: ISC
# shellcheck shell=dash
#
# What is checked in a guest, once for each identity ($1: root, user, group). The facts of the
# probe decide what must be so: a line that some mechanism of this kernel carries is enforced,
# any other is refused by name. A name that ends in "!" is a denial (see harness.sh).

# shellcheck source=tests/vm/harness.sh
. /test/harness.sh

data=/data/$who
cg=/sys/fs/cgroup

landlock_abi() {
	sed -n 's/^fact landlock=\([0-9]*\)$/\1/p' "/tmp/facts-$who" | grep . || echo 0
}

# Can files be carried: by Landlock, or by a mount view? Before ABI 3 the filter stops truncation.
files_carried() {
	[ "$(landlock_abi)" -ge 1 ] || fact view=ok
}

need_files() {
	files_carried || skip "nothing carries files here"
}

# Is there a group to write to, and a controller in it?
can_limit() {
	[ "$who" != user ] || return 1
	sed -n 's/^fact controllers=//p' "/tmp/facts-$who" | tr , '\n' | grep -q -x "$1"
}

doctor() {
	try ambit doctor
	must 0
	abi=$(sed -n 's/^fact landlock=\([0-9]*\)$/\1/p' "/tmp/facts-$who")
	line=$(echo "$out" | grep -E '^  [a-z]+ +landlock ')
	[ -n "$line" ] || { tell; fail "doctor does not speak of Landlock"; }
	[ -n "$abi" ] || return 0
	case $line in
	*"$abi"*) ;;
	*) fail "Landlock's ABI is $abi, doctor says: $line" ;;
	esac
}

plan() {
	try ambit plan --read "$data/in" -- /bin/busybox cat "$data/in/file"
	if ! files_carried; then
		case $out$err in
		*gap*) return 0 ;;
		esac
		tell
		fail "nothing carries files here, but the plan names no gap"
	fi
	must 0 seccomp
	if ! has_landlock; then
		must 0 mount-view
		case $out in
		*[Ll]andlock*gap* | *"fs.landlock"*) tell; fail "plans Landlock, which is not there" ;;
		esac
	fi
}

starts() {
	need_files
	try ambit run -- /bin/busybox true
	must 0
	try ambit run -- /bin/busybox false
	must 1
	try ambit run -- /bin/busybox sh -c 'kill -TERM $$'
	# Where nothing tells its own processes from others kill(2) is refused altogether.
	if fact view=ok || [ "$(landlock_abi)" -ge 6 ]; then
		must 143
	else
		must 1
	fi
	try ambit run -- /no/such/program
	must 127
}

reads() {
	need_files
	try ambit run --read "$data/in" -- /bin/busybox cat "$data/in/file"
	must 0 inside
}

# "/" itself, with all that is mounted on it; only a view keeps a covered /proc out of reach
reads_all() {
	need_files
	try ambit run --read / -- /bin/busybox cat "$data/out/file"
	must 0 outside
	try ambit run --read / -- /bin/busybox sh -c "echo x >$data/w/new"
	must_be_denied
	[ ! -e "$data/w/new" ] || fail "a read grant let it write"
	fact view=ok || return 0
	try ambit run --read / --tmp 1M -- /bin/busybox sh -c 'echo x >/tmp/private && echo made'
	must 0 made
	[ ! -e /tmp/private ] || fail "the private /tmp is the one that all share"
}

reads_outside() {
	need_files
	try ambit run --read "$data/in" -- /bin/busybox cat "$data/out/file"
	must_be_denied
	try ambit run --read "$data/in" -- /bin/busybox cat "$data/in/../out/file"
	must_be_denied
}

writes() {
	need_files
	# No touch(1): it sets times, which only a view can let it do
	try ambit run --write "$data/w" -- /bin/busybox sh -c "echo x >$data/w/new"
	must 0
	[ -e "$data/w/new" ] || fail "the file was not made"
	rm -f "$data/w/new"
}

writes_outside() {
	need_files
	rm -f "$data/x/new"
	try ambit run --write "$data/w" -- /bin/busybox sh -c "echo x >$data/x/new"
	[ ! -e "$data/x/new" ] || fail "a file was made outside the grant"
	must_be_denied
	try ambit run --read "$data/in" -- /bin/busybox sh -c "echo x >$data/in/file"
	must_be_denied
	[ "$(cat "$data/in/file")" = inside ] || fail "a read grant let it write"
}

# What Landlock does not see, or not at every ABI: sizes by path, modes, times
changes_outside() {
	need_files
	chmod 0640 "$data/out/file"
	for change in 'truncate -s 0' 'chmod 0600' 'rm -f'; do
		# shellcheck disable=SC2086 # words
		try ambit run --write "$data/w" -- /bin/busybox $change "$data/out/file"
		[ "$(cat "$data/out/file")" = outside ] || fail "$change changed a file outside"
		[ "$(stat -c %a "$data/out/file")" = 640 ] || fail "$change changed a mode outside"
		case $change in
		rm*) ;; # what is not there needs no removing
		*) must_be_denied ;;
		esac
	done
}

no_core_dumps() {
	need_files
	try ambit run -- /bin/busybox cat /proc/self/coredump_filter
	must 0 00000000
	try ambit run -- /bin/busybox grep -E 'Max core file size +1 +1 ' /proc/self/limits
	must 0
}

# A descriptor that nobody granted, not even close-on-exec
descriptors() {
	need_files
	# shellcheck disable=SC2016 # the inner shell expands these
	try sh -c 'exec 9<"$0"; exec ambit run -- /bin/busybox sh -c "cat <&9"' "$data/out/file"
	must_be_denied
	[ -z "$out" ] || { tell; fail "a descriptor passed"; }
}

signals() {
	need_files
	sleep 60 &
	other=$!
	try ambit run -- /bin/busybox sh -c "kill -TERM $other"
	kill -0 $other || fail "a process outside was ended"
	kill -KILL $other
	must_be_denied
}

# By MDWE where there is one, else by the filter alone
writable_code() {
	need_files
	try /test/act wx
	must 0 'mapped both'
	try ambit run -- /test/act wx
	must_be_denied
}

# Only a mount view can take something out of a grant; elsewhere its line is refused.
hides() {
	printf 'read %s\nhide %s\n' "$data/in" "$data/in/private" >"/tmp/policy-$who"
	try ambit run -p "/tmp/policy-$who" -- /bin/busybox cat "$data/in/file"
	if ! files_carried; then
		must_refuse 'files outside the policy cannot be'
		return
	fi
	if ! fact view=ok; then
		must_refuse "/tmp/policy-$who:"
		return
	fi
	must 0 inside
	try ambit run -p "/tmp/policy-$who" -- /bin/busybox cat "$data/in/private/file"
	must_be_denied
}

refuses_gap() {
	! files_carried || skip "files are carried here"
	try ambit run --read "$data/in" -- /bin/busybox echo started
	must_refuse 'files outside the policy cannot be'
}

groups_now() {
	find $cg -type d | sort
}

# Is there a group with a fifth of a processor that was held back?
throttled() {
	find $cg -name cpu.max >"/tmp/cpu-$who"
	while read -r max; do
		read -r quota period 2>/dev/null <"$max" || continue
		[ "$quota" != max ] || continue
		[ $((quota * 5)) -eq "$period" ] || continue
		grep -q '^nr_throttled [1-9]' "${max%cpu.max}cpu.stat" 2>/dev/null && return 0
	done <"/tmp/cpu-$who"
	return 1
}

# The same limits made with nothing but the files of control groups: that the guest can enforce
# them at all, and this identity too, so that a failure below is ambit's.
by_hand() {
	can_limit memory || skip "no controller for this identity"
	group=$cg/hand
	[ "$who" = root ] || group=$cg/user/hand
	mkdir "$group" || fail "cannot make $group"
	echo 16M >"$group/memory.max"
	echo 4 >"$group/pids.max"
	echo '20000 100000' >"$group/cpu.max"
	# shellcheck disable=SC2016 # the inner shell expands these
	enter='echo $$ >"$0/cgroup.procs" && exec /test/act "$@"'
	try sh -c "$enter" "$group" eat 64
	must 137
	try sh -c "$enter" "$group" fork 20
	must 1 EAGAIN
	try sh -c "$enter" "$group" spin 300
	must 0
	throttled || fail "the group was not throttled"
	rmdir "$group"
}

limits_memory() {
	need_files
	before=$(groups_now)
	if ! can_limit memory; then
		try ambit run --spawn --limit 'memory 16M' -- /test/act eat 4
		must_refuse 'memory is limited'
		return
	fi
	try ambit run --spawn --limit 'memory 16M' -- /test/act eat 4
	must 0 'ate 4'
	try ambit run --spawn --limit 'memory 16M' -- /test/act eat 64
	must 137
	try ambit run --spawn --limit 'memory 64K' -- /test/act eat 1
	must_refuse 'the kernel killed it, for limit memory'
	[ "$(groups_now)" = "$before" ] || fail "a control group was left behind"
}

limits_processes() {
	need_files
	before=$(groups_now)
	if ! can_limit pids; then
		try ambit run --spawn --limit 'processes 4' -- /test/act fork 1
		must_refuse 'processes are limited'
		return
	fi
	try ambit run --spawn --limit 'processes 16' -- /test/act fork 4
	must 0 'had 4'
	try ambit run --spawn --limit 'processes 4' -- /test/act fork 20
	must 1 EAGAIN
	[ "$(groups_now)" = "$before" ] || fail "a control group was left behind"
}

limits_cpu() {
	need_files
	before=$(groups_now)
	if ! can_limit cpu; then
		try ambit run --limit 'cpu 20%' -- /test/act spin 1
		must_refuse 'share of the processor is limited'
		return
	fi
	ambit run --limit 'cpu 20%' -- /test/act spin 300 </dev/null >/dev/null 2>&1 &
	running=$!
	seen=no
	while kill -0 $running 2>/dev/null; do
		! throttled || seen=yes
		usleep 20000
	done
	wait $running || fail "the program ended with $?"
	[ $seen = yes ] || fail "no group with a fifth of a processor was ever throttled"
	[ "$(groups_now)" = "$before" ] || fail "a control group was left behind"
}

# Outside a box everything answers: without this the denials below would prove nothing.
network_control() {
	for what in 'tcp 4000' 'tcp 4001' 'udp 4000' 'abstract 0'; do
		# shellcheck disable=SC2086 # two words
		try /test/act reach $what
		must 0 reached
	done
}

network_none() {
	need_files
	for what in 'tcp 4000' 'udp 4000' 'abstract 0'; do
		# shellcheck disable=SC2086 # two words
		try ambit run -- /test/act reach $what
		must_be_denied
	done
}

# TCP ports: by Landlock's rules, else by judging notified calls, which must not be restarted
ports_carried() {
	[ "$(landlock_abi)" -ge 4 ] || fact wait-killable=ok
}

network_granted() {
	need_files
	if ! ports_carried; then
		try ambit run --connect 'tcp 127.0.0.1 4000' -- /test/act reach tcp 4000
		must_refuse 'only to granted addresses and ports'
		return
	fi
	try ambit run --connect 'tcp 127.0.0.1 4000' -- /test/act reach tcp 4000
	must 0 reached
}

network_other() {
	need_files
	ports_carried || skip "nothing carries ports here: refused"
	for what in 'tcp 4001' 'udp 4000' 'abstract 0'; do
		# shellcheck disable=SC2086 # two words
		try ambit run --connect 'tcp 127.0.0.1 4000' -- /test/act reach $what
		must_be_denied
	done
}

sweep() {
	for pid in $(/test/act tagged "$1"); do
		kill -KILL "$pid" 2>/dev/null
	done
}

leaves_nobody() {
	need_files
	try ambit run --spawn -- /test/act leave left
	left=$(/test/act tagged left)
	sweep left
	must 0
	[ -z "$left" ] || fail "processes were left behind: $left"
}

killed_leaves_nobody() {
	need_files
	fact pidns=ok || can_limit pids || skip "neither a pid namespace nor a group to kill"
	ambit run --spawn -- /test/act stay killed </dev/null >/dev/null 2>&1 &
	running=$!
	tries=0
	while [ "$(/test/act tagged killed | wc -l)" -lt 3 ]; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || { kill $running; fail "the program did not come up"; }
		usleep 50000
	done
	kill -KILL $running
	wait $running
	tries=0
	while [ -n "$(/test/act tagged killed)" ] && [ $tries -lt 60 ]; do
		tries=$((tries + 1))
		usleep 50000
	done
	left=$(/test/act tagged killed)
	sweep killed
	[ -z "$left" ] || fail "a killed ambit left processes: $left"
}

# Wait until as many as $1 processes of tag $2 are there; 5 s.
come_to() {
	tries=0
	while [ "$(/test/act tagged "$2" | wc -l)" -ne "$1" ]; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || return 1
		usleep 50000
	done
}

# Without a pid namespace the group is what can be killed (version 2, Linux 5.14): also when not
# ambit but the process beside the program is killed, which is the one that knows its children.
killed_in_a_group() {
	need_files
	can_limit pids || skip "no group for this identity"
	try ambit plan -e 'need namespaces off' --spawn --limit 'processes 20' -- /test/act stay group
	must 0
	if [ ! -e "$cg/user/cgroup.kill" ]; then
		must 0 'are both killed'
		return
	fi
	echo "$out" | grep -q '+ nothing survives.*cgroup' || { tell; fail "the plan names no group"; }
	before=$(groups_now)
	for whom in ambit leader; do
		ambit run -e 'need namespaces off' --spawn --limit 'processes 20' -- \
			/test/act stay group </dev/null >/dev/null 2>&1 &
		running=$!
		come_to 3 group || { kill $running; fail "the program did not come up"; }
		victim=$running
		[ $whom = ambit ] || victim=$(cat "/proc/$running/task/$running/children")
		# shellcheck disable=SC2086 # one number and a blank
		kill -KILL $victim || fail "cannot kill the $whom"
		wait $running
		come_to 0 group || { sweep group; fail "a killed $whom left processes"; }
	done
	# The group of a killed ambit is the next run's to remove.
	try ambit run --limit 'processes 20' -- /bin/busybox true
	must 0
	[ "$(groups_now)" = "$before" ] || fail "a control group was left behind"
}

executes_once() {
	need_files
	fact listener=ok || skip "no seccomp listener"
	try ambit run -- /test/act again /test/act spin 1
	must 1 again
}

executes_granted() {
	need_files
	try ambit run --exec /bin/busybox -- /test/act again /bin/busybox echo second
	if ! has_landlock; then
		must_refuse 'granted programs can be executed'
		return
	fi
	must 0 second
}

no_user_namespace() {
	need_files
	fact userns=ok || skip "user namespaces are off"
	try ambit run -- /bin/busybox unshare -U /bin/busybox true
	must_be_denied
	case $err in
	*unshare*) ;;
	*) tell; fail "it failed, but not at unshare" ;;
	esac
}

has_apparmor() {
	grep -q '^fact lsm=.*apparmor' /tmp/facts-root
}

need_profiles() {
	need_files
	has_apparmor || skip "no AppArmor here: refused"
	[ -s /test/profiles.bin ] || skip "no profiles: run tests/vm/run fetch"
}

# Which label the program has, asked from inside; the name of none is refused before it starts.
labels() {
	need_files
	if ! has_apparmor; then
		try ambit run --label ambit_test -- /bin/busybox true
		must_refuse 'the program runs under the asked AppArmor profile'
		return
	fi
	need_profiles
	try ambit run --label ambit_test -- /bin/busybox cat /proc/self/attr/current
	must 0 'ambit_test (enforce)'
	try ambit run -- /bin/busybox cat /proc/self/attr/current
	must 0 unconfined
	try ambit run --label no-such-profile -- /bin/busybox echo started
	must_refuse 'no-such-profile'
}

label_denies() {
	need_profiles
	try ambit run --read "$data/in" --label ambit_test -- /bin/busybox cat "$data/in/file"
	must 0 inside
	try ambit run --read "$data/in" -- /bin/busybox cat "$data/in/labelled"
	must 0 secret
	try ambit run --read "$data/in" --label ambit_test -- /bin/busybox cat "$data/in/labelled"
	must_be_denied
}

# A caller under a profile keeps it: with no_new_privs the kernel allows only what narrows.
label_stacks() {
	need_profiles
	# shellcheck disable=SC2016 # the inner shell expands these
	try sh -c 'echo "exec ambit_outer" >/proc/self/attr/exec && exec "$@"' sh \
		ambit run --label ambit_test -- /bin/busybox cat /proc/self/attr/current
	must 0 ambit_outer
	must 0 ambit_test
}

clocks() {
	need_files
	if ! [ -e /proc/self/ns/time ] || ! fact pidns=ok; then
		skip "no time namespace here"
	fi
	try /test/act uptime
	must 0
	outside=$out
	try ambit run --need 'time-namespace must' -- /test/act uptime
	must 0
	[ "$out" -lt "$outside" ] || fail "inside it is $out, outside $outside"
}

# Everything a run could leave: groups, mounts, temporary files, processes of ambit
state_now() {
	groups_now
	cat /proc/mounts
	find /tmp /var/tmp /dev/shm ! -name "*-$who" ! -name "*-$who-after" | sort
	for dir in /proc/[0-9]*; do
		readlink "$dir/exe" | grep '^/bin/ambit'
	done
}

nothing_left() {
	state_now >"/tmp/state-$who-after" 2>/dev/null
	diff "/tmp/state-$who" "/tmp/state-$who-after"
}

state_now >"/tmp/state-$who" 2>/dev/null

check 'doctor !' doctor
check 'plan !' plan
check 'starts, passes statuses on' starts
check 'read grant' reads
check 'read grant of everything !' reads_all
check 'read outside is denied !' reads_outside
check 'write grant' writes
check 'write outside is denied !' writes_outside
check 'changes outside are denied !' changes_outside
check 'no core dumps !' no_core_dumps
check 'descriptors are closed !' descriptors
check 'signals stay inside !' signals
check 'no writable code !' writable_code
check 'hide, in a policy file !' hides
check 'a gap in files is refused !' refuses_gap
check 'limits made by hand' by_hand
check 'limit memory !' limits_memory
check 'limit processes !' limits_processes
check 'limit cpu !' limits_cpu
check 'network answers outside' network_control
check 'no network without a grant !' network_none
check 'network grant' network_granted
check 'network beside the grant !' network_other
check 'no survivors !' leaves_nobody
check 'no survivors of a killed ambit !' killed_leaves_nobody
check 'no survivors in a group !' killed_in_a_group
check 'one execve only !' executes_once
check 'exec grant' executes_granted
check 'no nested user namespace !' no_user_namespace
check 'AppArmor label' labels
check 'AppArmor label denies !' label_denies
check 'AppArmor label stacks' label_stacks
check 'clocks begin at zero !' clocks

check 'nothing left behind' nothing_left
