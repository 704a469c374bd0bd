#!/bin/busybox sh
# SPDX-License-Identifier: ISC
# shellcheck shell=dash
#
# The test inside a guest: prepares the machine as root, then runs checks.sh under each
# identity. `init` starts it; what it prints goes to the serial console.
set -u

/bin/busybox --install -s /bin 2>/dev/null
ip link set lo up
chmod 1777 /var/tmp

# One file to be granted, one that is not, a directory to write to and one not, for each user
for who in root user group; do
	mkdir -p "/data/$who/in" "/data/$who/out" "/data/$who/w" "/data/$who/x"
	echo inside >"/data/$who/in/file"
	echo outside >"/data/$who/out/file"
	mkdir "/data/$who/in/private"
	echo secret >"/data/$who/in/private/file"
	echo secret >"/data/$who/in/labelled"
	[ "$who" = root ] || chown -R 65534:65534 "/data/$who"
done

# Profiles, where there is AppArmor: each in one write.
labels=/sys/kernel/security/apparmor/.replace
if [ -s /test/profiles.bin ] && [ -e $labels ]; then
	dd if=/test/profiles.bin of=$labels bs=1M 2>/dev/null || echo "# the profiles were not loaded"
fi

cg=/sys/fs/cgroup
# What systemd does: hand the controllers down, and give a user a subtree of its own, with the
# session in a leaf, since a group with processes cannot pass controllers on.
for controller in cpu memory pids; do
	echo "+$controller" >$cg/cgroup.subtree_control 2>/dev/null
done
mkdir -p $cg/user/session
for controller in cpu memory pids; do
	echo "+$controller" >$cg/user/cgroup.subtree_control 2>/dev/null
done
for f in '' /cgroup.procs /cgroup.subtree_control /cgroup.threads; do
	chown 65534:65534 "$cg/user$f" "$cg/user/session$f"
done

# $1 identity; the rest starts its checks
identity() {
	who=$1
	shift
	"$@" /test/probe >"/tmp/facts-$who"
	chmod 0644 "/tmp/facts-$who"
	sed "s/^/$who /" "/tmp/facts-$who"
	[ -x /bin/ambit ] || return 0
	"$@" /bin/busybox sh /test/checks.sh "$who"
}

/test/act serve >/tmp/serving &
server=$!
while ! grep -q serving /tmp/serving; do
	usleep 10000
done

identity root env
identity user /test/act as 65534
# The same user inside the subtree that was handed to it
# shellcheck disable=SC2016 # the inner shell expands these
identity group /bin/busybox sh -c 'echo $$ >"$0"; exec "$@"' "$cg/user/session/cgroup.procs" \
	/test/act as 65534
kill "$server"
exit 0
