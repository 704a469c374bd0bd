#!/bin/sh
# SPDX-License-Identifier: ISC
#
# programs.sh IDENTITY - real, unmodified programs under the policies of examples/policies: each
# does its work, and one act outside its policy is refused. Run as IDENTITY of tests/as.
# shellcheck disable=SC2016 # the scripts are for the programs inside

. "${SRC:-.}/tests/lib/tap.sh"

identity=${1:-root}
as=$BUILD/tests/as/as
policies=$SRC/examples/policies

need() {
	for need_program; do
		command -v "$need_program" >/dev/null || skip "$need_program is not installed"
	done
}

# confined POLICY [OPTION...] -- COMMAND... : in $W, as the identity
confined() {
	confined_policy=$1
	shift
	(cd "$W" && exec "$as" "$identity" -- "$AMBIT" run --quiet -p "$policies/$confined_policy.ambit" "$@")
}

# A directory the identity owns, outside anybody's home, and a secret beside it.
setup() {
	chmod 755 "$T"
	W=$T/work
	mkdir "$W"
	chmod 777 "$W"
	printf 'b\na\nc\n' >"$W/in.txt"
	echo secret >"$T/secret"
	chmod 644 "$T/secret" "$W/in.txt"
	# The control of every denial below: outside, the secret is readable.
	"$as" "$identity" -- cat "$T/secret" >/dev/null || fail 'the secret is not readable outside'
}

# What a program prints that was refused: the view hides, Landlock refuses.
refused() {
	grep -qE 'No such file|Permission denied|ENOENT|EACCES|not permitted|cannot open|unable to open|annot (open|stat|access)' \
		"$T/err" "$T/out" || fail "not refused: $(cat "$T/err" "$T/out")"
	lacks out secret
}

shell_pipeline() {
	setup
	expect 0 confined shell --write "$W" -- sh -c 'sort in.txt | tr a-z A-Z >out.txt && cat out.txt | wc -l'
	has out 3
	[ "$(cat "$W/out.txt")" = "A
B
C" ] || fail 'the pipeline wrote something else'
	expect 1 confined shell --write "$W" -- cat ../secret
	refused
}

perl_script() {
	need perl
	setup
	expect 0 confined perl --read "$W" -- perl -MPOSIX -MFile::Spec -e \
		'open F, "<in.txt" or die $!; print sort <F>; print POSIX::floor(2.5), "\n"'
	has out 2
	expect 1 confined perl --read "$W" -- perl -e 'open F, "../secret" or print("$!\n"), exit 1; print <F>'
	refused
}

python_script() {
	[ -x /usr/bin/python3 ] || skip 'no /usr/bin/python3'
	setup
	cat >"$W/w.py" <<'PY'
import json, os, socket, sqlite3, subprocess, sys, threading
seen = []
t = threading.Thread(target=lambda: seen.append(open('in.txt').read()))
t.start(); t.join()
assert seen == ['b\na\nc\n'], seen
r = subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True, text=True)
assert r.stdout == '42\n', r
open('py.out', 'w').write(json.dumps(seen))
try:
    socket.create_connection(('127.0.0.1', 9))
except PermissionError as e:
    print('network:', e)
print('written')
PY
	chmod 644 "$W/w.py"
	expect 0 confined python --write "$W" -- /usr/bin/python3 w.py
	has out written
	has out 'network: [Errno 13]'
	expect 1 confined python --write "$W" -- /usr/bin/python3 -c 'print(open("../secret").read())'
	refused
}

node_script() {
	need node
	setup
	expect 0 confined node --read "$W" -- node -e \
		'setTimeout(() => console.log(require("fs").readFileSync("in.txt", "utf8").length), 5)'
	has out 6
	expect 1 confined node --read "$W" -- node -e 'require("fs").readFileSync("../secret")'
	refused
}

gcc_hello() {
	need gcc
	setup
	export TMPDIR="$W" # as the policy says
	printf '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n' >"$W/h.c"
	chmod 644 "$W/h.c"
	expect 0 confined gcc --write "$W" -- gcc -O1 -o hello h.c
	# A written file does not run until exec names it.
	expect 126 confined shell --write "$W" -- sh -c ./hello
	expect 0 confined shell --write "$W" --exec "$W/hello" -- ./hello
	has out hello
	printf '#include "../secret"\n' >"$W/x.c"
	expect 1 confined gcc --write "$W" -- gcc -c x.c
	refused
}

# It gives its children the ids they have (POSIX_SPAWN_RESETIDS).
make_hello() {
	need make
	need gcc
	setup
	export TMPDIR="$W"
	printf 'hello: h.c\n\tgcc -o $@ h.c\n' >"$W/Makefile"
	printf 'int main(void) { return 0; }\n' >"$W/h.c"
	chmod 644 "$W/Makefile" "$W/h.c"
	expect 0 confined gcc --write "$W" --exec "$(command -v make)" -- make
	[ -e "$W/hello" ] || fail 'nothing was made'
}

git_clone() {
	need git
	setup
	"$as" "$identity" -- sh -c "cd '$W' && git init -q repo && cd repo && git -c user.name=n -c user.email=e \
		commit -q --allow-empty -m first" 2>/dev/null || fail 'no repository to clone'
	expect 0 confined git --write "$W" -- git clone repo clone
	[ -e "$W/clone/.git/HEAD" ] || fail 'nothing was cloned'
	expect 0 confined git --write "$W" -- git -C clone log --oneline
	has out first
	expect 128 confined git --write "$W" -- git hash-object ../secret
	refused
}

sqlite_database() {
	need sqlite3
	setup
	expect 0 confined sqlite --write "$W" -- sqlite3 t.db 'create table t(a); insert into t values(1),(2); select sum(a) from t;'
	has out 3
	expect 1 confined sqlite --write "$W" -- sqlite3 ../other.db 'create table t(a);'
	[ ! -e "$T/other.db" ] || fail 'a database was made outside'
	expect 0 confined sqlite --write "$W" -- sqlite3 t.db '.shell echo started'
	lacks out started
}

tar_xz() {
	need tar xz
	setup
	expect 0 confined archive --write "$W" -- tar cJf a.tar.xz in.txt
	expect 0 confined archive --write "$W" -- tar tJf a.tar.xz
	has out in.txt
	expect 2 confined archive --write "$W" -- tar cf b.tar ../secret
	refused
}

picture() {
	convert=$(command -v convert-im6.q16) || skip 'ImageMagick 6 is not installed'
	setup
	export TMPDIR="$W"
	expect 0 confined imagemagick --write "$W" -- "$convert" -size 32x32 gradient:red-blue in.png
	expect 0 confined imagemagick --write "$W" -- "$convert" in.png -resize 16x16 out.jpg
	[ -s "$W/out.jpg" ] || fail 'no picture'
	# So little memory that its pixels go into a temporary file.
	expect 0 confined imagemagick --write "$W" -- "$convert" -limit memory 1kB -limit map 1kB \
		-size 320x320 gradient:red-blue big.png
	expect 1 confined imagemagick --write "$W" -- "$convert" "text:../secret" o.png
	refused
}

openssl_certificate() {
	need openssl
	setup
	expect 0 confined openssl --write "$W" -- openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout k.pem -out c.pem -days 1 -subj /CN=localhost
	expect 0 confined openssl --read "$W" -- openssl x509 -in c.pem -noout -subject
	has out localhost
	expect 1 confined openssl --read "$W" -- openssl dgst ../secret
	refused
}

# free_port NAME - two loopback ports that nobody uses now
ports() {
	port=$((20000 + $$ * 20 % 20000 + tap_number * 2))
	other=$((port + 1))
	# Without pidfd_getfd (Docker's filter refuses it) nobody can judge addresses: then any address
	# of the port, and listening with what Landlock alone carries.
	address=127.0.0.1
	weaker=
	[ "$identity" != container ] || address='*' weaker=' prefer'
}

serve() { # serve LOG POLICY [OPTION...] -- COMMAND... : in the background; its pid in $served
	serve_log=$1
	serve_policy=$2
	shift 2
	(cd "$W" && exec "$as" "$identity" -- "$AMBIT" run --quiet -p "$policies/$serve_policy.ambit" "$@") \
		>"$serve_log" 2>&1 </dev/null &
	served=$!
	trap 'kill $served 2>/dev/null || :' EXIT
}

stop_serving() {
	kill "$served"
	wait "$served" || :
}

until_port() {
	for until_try in $(seq 100); do
		# 7: could not connect. A server that speaks no HTTP ends with another status.
		until_status=0
		curl -s -o /dev/null --max-time 1 "http://127.0.0.1:$1/" || until_status=$?
		[ "$until_status" = 7 ] || return 0
		sleep 0.05
	done
	fail "nobody listens on $1 after $until_try tries: $(cat "$T"/*.log 2>/dev/null)"
}

curl_loopback() {
	need curl perl
	setup
	ports
	perl -MIO::Socket::INET -e '
		my @s = map { IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1", LocalPort => $_, ReuseAddr => 1) or die } @ARGV;
		my $rin = ""; vec($rin, fileno $_, 1) = 1 for @s;
		while (select(my $r = $rin, undef, undef, 20)) {
			for (@s) { next unless vec($r, fileno $_, 1); my $c = $_->accept; sysread $c, my $q, 4096;
				print $c "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nserved"; close $c } }' "$port" "$other" >"$T/server.log" 2>&1 </dev/null &
	served=$!
	trap 'kill $served 2>/dev/null || :' EXIT
	until_port "$port"
	expect 0 confined curl --connect "tcp $address $port" -- curl -sS "http://127.0.0.1:$port/"
	has out served
	expect 7 confined curl --connect "tcp $address $port" -- curl -sS "http://127.0.0.1:$other/"
	lacks out served
	expect 0 curl -sS "http://127.0.0.1:$other/" # the control
	has out served
	kill "$served"
}

nginx_serves() {
	need curl nginx
	setup
	ports
	mkdir -m 777 "$W/run" "$W/www"
	echo 'the page' >"$W/www/index.html"
	cat >"$W/nginx.conf" <<NGINX
daemon off; pid $W/run/nginx.pid; error_log $W/run/error.log; worker_processes 1;
events { worker_connections 64; }
http { access_log off; client_body_temp_path $W/run/b; proxy_temp_path $W/run/p; fastcgi_temp_path $W/run/f;
	uwsgi_temp_path $W/run/u; scgi_temp_path $W/run/s;
	server { listen 127.0.0.1:$port; root $W/www; location /up { alias $T/; } } }
NGINX
	# As uid 0 nginx wants to change owners and ids, as the policy says.
	user=
	if [ "$identity" = root ] || [ "$identity" = container ]; then
		expect 1 confined nginx --listen "tcp $address $port$weaker" --read "$W" --write "$W/run" -- \
			nginx -c "$W/nginx.conf" -e "$W/run/error.log"
		has err 'chown('
		rm -rf "$W/run"
		mkdir -m 755 "$W/run"
		chown nobody "$W/run"
		user='--user nobody'
	fi
	# shellcheck disable=SC2086 # $user is two words or none
	serve "$T/nginx.log" nginx $user --listen "tcp $address $port$weaker" --read "$W" --write "$W/run" -- \
		nginx -c "$W/nginx.conf" -e "$W/run/error.log"
	until_port "$port"
	expect 0 curl -sS "http://127.0.0.1:$port/"
	has out 'the page'
	expect 22 curl -sSf "http://127.0.0.1:$port/up/secret"
	stop_serving
	sed -i "s/:$port;/:$other;/" "$W/nginx.conf"
	# shellcheck disable=SC2086
	expect 1 confined nginx $user --listen "tcp $address $port$weaker" --read "$W" --write "$W/run" -- \
		nginx -c "$W/nginx.conf" -e "$W/run/error.log"
	grep -q 'ermission denied' "$W/run/error.log" "$T/err" || fail "not refused: $(cat "$T/err")"
}

redis_serves() {
	need redis-server redis-cli
	setup
	ports
	serve "$T/redis.log" redis --listen "tcp $address $port$weaker" --write "$W" -- \
		redis-server --port "$port" --bind 127.0.0.1 --dir "$W"
	for redis_try in $(seq 100); do
		redis-cli -p "$port" ping >/dev/null 2>&1 && break
		[ "$redis_try" != 100 ] || fail "redis does not answer: $(cat "$T/redis.log")"
		sleep 0.05
	done
	expect 0 redis-cli -p "$port" set k v
	expect 0 redis-cli -p "$port" get k
	has out v
	expect 0 redis-cli -p "$port" bgsave
	stop_serving
	expect 1 confined redis --listen "tcp $address $port$weaker" --write "$W" -- \
		redis-server --port "$other" --bind 127.0.0.1 --dir "$W"
}

run_as_identity shell_pipeline perl_script python_script node_script gcc_hello make_hello git_clone sqlite_database tar_xz picture \
	openssl_certificate curl_loopback nginx_serves redis_serves
