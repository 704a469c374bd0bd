#!/bin/sh
# SPDX-License-Identifier: ISC
#
# terminal.sh IDENTITY - the right terminal when the caller's terminal takes nothing, never blocks
# or is somebody else's, and when the program lets its own go.

. "${SRC:-.}/tests/lib/tap.sh"

identity=${1:-root}
as=$BUILD/tests/as/as

# on_pty SCRIPT ARGUMENT... - a python script after what starts ambit on a pty of its own:
# start() returns its process and the master; wait() its status, None when it does not end;
# everything() all that it prints.
on_pty() {
	command -v python3 >/dev/null || skip 'python3 is not installed'
	chmod o+rx "$T"
	cat - >"$T/script.py" <<-'EOF'
		import fcntl, os, select, signal, sys, termios, time

		def start(*program, controlling=True, blocking=True, full=False, uid=None, options=()):
		    master, slave = os.openpty()
		    pid = os.fork()
		    if pid == 0:
		        signal.alarm(60)
		        os.setsid()
		        if controlling:
		            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
		        for fd in 0, 1, 2:
		            os.dup2(slave, fd)
		        os.close(master)
		        os.set_blocking(slave, False)
		        try:
		            while full:
		                os.write(slave, b'full' * 1024)
		        except BlockingIOError:
		            pass
		        os.set_blocking(slave, blocking)
		        if uid is not None:
		            os.setgroups([])
		            os.setgid(uid)
		            os.setuid(uid)
		        os.execv(sys.argv[1], [sys.argv[1], 'run', '-q', '--use', 'shell', '--terminal',
		            *options, '--', *program])
		    return pid, master, slave

		def wait(pid, seconds=20):
		    for _ in range(seconds * 20):
		        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
		            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
		        time.sleep(0.05)
		    os.kill(pid, signal.SIGKILL)
		    os.waitpid(pid, 0)

		def everything(master, slave, size=65536, pause=0):
		    text = b''
		    os.close(slave)
		    while True:
		        try:
		            text += os.read(master, size)
		        except OSError:
		            return text
		        time.sleep(pause)

		def until(master, word):
		    text = b''
		    while word not in text:
		        if not select.select([master], [], [], 10)[0]:
		            sys.exit('%r instead of %r' % (text, word))
		        text += os.read(master, 4096)

		def same(what, is_so, wanted):
		    if is_so != wanted:
		        sys.exit('%s: %r, not %r' % (what, is_so, wanted))
	EOF
	printf '%s\n' "$1" >>"$T/script.py"
	expect 0 timeout -k 1 80 "$as" "$identity" -- python3 "$T/script.py" "$AMBIT"
}

# Full for good: the program waits, and signals and limits hold all the same.
takes_nothing() {
	on_pty '
for options in {}, {"blocking": False}:
    pid, master, slave = start("yes", **options)
    time.sleep(1)
    os.kill(pid, signal.SIGTERM)
    same("SIGTERM", wait(pid), 143)
    pid, master, slave = start("yes", options=("--limit", "wall-time 1s"), **options)
    same("the limit", wait(pid), 137)
    pid, master, slave = start("sh", "-c", "echo unread; exit 3", full=True, **options)
    same("its own end", wait(pid), 3)'
}

# All arrives, however slowly it is read, and who shares the open file finds it as it was.
never_blocks() {
	on_pty '
for blocking in False, True:
    pid, master, slave = start("seq", "40000", blocking=blocking)
    time.sleep(0.5)
    same("blocking", os.get_blocking(slave), blocking)
    text = everything(master, slave, 1024, 0.001)
    same("lines", text.count(b"\n"), 40000)
    same("the last", text[-7:], b"40000\r\n")
    same("status", wait(pid), 0)'
}

# Who may not open the terminal again, neither by its name nor as its session's own.
of_another_user() {
	[ "$identity" = root ] || skip 'needs root for the terminal of another user'
	on_pty '
stranger = {"controlling": False, "uid": 65534}
pid, master, slave = start("seq", "4000", **stranger)
text = everything(master, slave)
same("lines", text.count(b"\n"), 4000)
same("status", wait(pid), 0)
pid, master, slave = start("yes", **stranger)
time.sleep(1)
os.kill(pid, signal.SIGTERM)
same("SIGTERM", wait(pid), 143)'
}

# The program lets its terminal go, which costs nothing; it opens it again, and is heard.
let_go_and_opened_again() {
	on_pty '
pid, master, slave = start("sh", "-c",
    "exec </dev/null >/dev/null 2>&1; sleep 3; exec <>/dev/tty >&0; echo again; read x; echo got $x")
time.sleep(2)
os.write(master, b"typed\r")
fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
ticks = int(fields[11]) + int(fields[12])
if ticks * 2 > os.sysconf("SC_CLK_TCK"):
    sys.exit("%d ticks" % ticks)
until(master, b"got typed")
same("status", wait(pid), 0)'
}

run_as_identity takes_nothing never_blocks of_another_user let_go_and_opened_again
