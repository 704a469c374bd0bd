#!/bin/sh
# SPDX-License-Identifier: ISC
#
# tests/vm/run fetch [all]: the only step of the suite that uses the network.
#
# Installs what the guests run on (as root; anybody else is told the line), then downloads the
# kernels of the table `kernels`: required ones, with `all` the optional ones too. Kernels are
# only unpacked into the cache, never installed. apt gets a configuration of its own, so that
# the system's lists, sources and architectures stay as they are; the archive's addresses are
# the ones this machine already uses.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ambit-vm
apt=$cache/apt
which_rows=${1:-required}

die() {
	echo "fetch: $1" >&2
	exit 1
}

install_tools() {
	missing=
	command -v qemu-system-x86_64 >/dev/null || missing="$missing qemu-system-x86"
	command -v busybox >/dev/null || missing="$missing busybox-static"
	command -v cpio >/dev/null || missing="$missing cpio"
	if [ "$which_rows" = all ]; then
		command -v qemu-system-aarch64 >/dev/null || missing="$missing qemu-system-arm"
		command -v aarch64-linux-gnu-gcc >/dev/null ||
			missing="$missing gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
	fi
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "fetch: missing; as root: apt-get install --no-install-recommends$missing" >&2
		return 0
	fi
	# shellcheck disable=SC2086 # a list of names
	apt-get install -y --no-install-recommends $missing
}

# The archive addresses of this machine that end in a given word, "debian" or "debian-security";
# both formats of apt's sources, the first one wins.
source_uri() {
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
		/etc/apt/sources.list.d/*.sources; do
		[ -r "$f" ] || continue
		sed -n -e 's/^deb  *\(\[[^]]*\]  *\)\{0,1\}\([^ ]*\) .*/\2/p' \
			-e 's/^URIs:  *//p' "$f"
	done | tr ' ' '\n' | sed 's,/*$,,' | grep "/$1\$" | head -n 1
}

apt_setup() {
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	main=$(source_uri debian)
	security=$(source_uri debian-security)
	[ -r "$keyring" ] || die "no $keyring: kernels are fetched on Debian only"
	[ -n "$main" ] || die "no Debian archive among this machine's apt sources"
	# Where the main archive is a mirror without security updates the two differ.
	[ -n "$security" ] || security=$main-security
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/debs" "$apt/empty"
	: >"$apt/status"
	{
		for s in bullseye-security bookworm-security trixie-security; do
			echo "deb [arch=amd64,arm64 signed-by=$keyring] $security $s main"
		done
		echo "deb [arch=amd64,arm64 signed-by=$keyring] $main trixie-backports main"
		# for AppArmor's parser, and the other architecture's busybox
		echo "deb [arch=amd64,arm64 signed-by=$keyring] $main bookworm main"
	} >"$apt/sources.list"
	cat >"$apt/apt.conf" <<-END
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "$apt/empty";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "$apt/empty";
		Dir::State::Lists "$apt/lists";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		APT::Architectures { "amd64"; "arm64"; };
		APT::Sandbox::User "";
		Acquire::Languages "none";
	END
	export APT_CONFIG="$apt/apt.conf"
	apt-get update -qq || die "apt-get update failed"
}

# "VERSION PACKAGE" of every cloud kernel in the index for an architecture, oldest first. From
# 6.19 on linux-image-* is empty and linux-binary-*, which sorts first, holds the kernel.
kernel_list() {
	apt-cache pkgnames linux- |
		sed -n "s/^\(linux-image-\|linux-binary-\)\([0-9].*\)-cloud-$1\$/\2 \1\2-cloud-$1/p" |
		sort -V | awk '!seen[$1]++'
}

# The package that a row wants, or nothing: $1 series, $2 list
pick() {
	if [ "$1" = newest ]; then
		tail -n 1 "$2"
		return
	fi
	awk -v s="$1" 'index($1, s ".") == 1 || index($1, s "-") == 1' "$2" | tail -n 1
}

# Lines "ARCH VERSION PACKAGE", one for each kernel that some row wants
wanted() {
	kernel_list amd64 >"$apt/amd64"
	kernel_list arm64 >"$apt/arm64"
	sed -n 's/ *| */|/g; /^[^#]/p' "$here/kernels" | while IFS='|' read -r name series arch need _; do
		[ "$need" = required ] || [ "$which_rows" = all ] || continue
		found=$(pick "$series" "$apt/$arch")
		if [ -z "$found" ]; then
			echo "fetch: $name: no kernel $series for $arch in the archive" >&2
			continue
		fi
		echo "$arch $found"
	done | sort -u
}

# Unpack the kernel image alone: $1 package file, $2 directory
unpack() {
	rm -rf "$2.new"
	mkdir -p "$2.new"
	dpkg-deb --fsys-tarfile "$1" |
		tar -x -C "$2.new" --wildcards --no-anchored 'vmlinuz*' || return 1
	image=$(find "$2.new" -type f -name 'vmlinuz*' | head -n 1)
	[ -n "$image" ] || return 1
	mkdir -p "$2"
	mv "$image" "$2/vmlinuz"
	rm -rf "$2.new"
}

download() {
	set --
	while read -r arch version package; do
		[ -s "$cache/kernels/$arch/$version/vmlinuz" ] || set -- "$@" "$package:$arch"
	done <"$apt/wanted"
	if [ "$which_rows" = all ] && [ ! -x "$cache/busybox/arm64/busybox" ]; then
		set -- "$@" busybox-static:arm64
	fi
	[ -x "$cache/apparmor/sbin/apparmor_parser" ] || set -- "$@" apparmor:amd64
	[ $# -gt 0 ] || return 0
	cd "$apt/debs"
	# One call, since each reads all lists; but one file that is gone fails the whole call.
	apt-get download -qq "$@" && return 0
	for p in "$@"; do
		apt-get download -qq "$p" || echo "fetch: $p is gone from the archive" >&2
	done
}

unpack_all() {
	while read -r arch version package; do
		dir=$cache/kernels/$arch/$version
		[ ! -s "$dir/vmlinuz" ] || continue
		deb=$(find "$apt/debs" -name "${package}_*_$arch.deb" | head -n 1)
		[ -n "$deb" ] || continue
		unpack "$deb" "$dir" || echo "fetch: $deb holds no kernel" >&2
		rm -f "$deb"
	done <"$apt/wanted"
}

# busybox for guests of the other architecture
unpack_busybox() {
	deb=$(find "$apt/debs" -name 'busybox-static_*_arm64.deb' | head -n 1)
	[ -n "$deb" ] || return 0
	mkdir -p "$cache/busybox/arm64"
	dpkg-deb --fsys-tarfile "$deb" | tar -x -O ./bin/busybox >"$cache/busybox/arm64/busybox"
	chmod 0755 "$cache/busybox/arm64/busybox"
	rm -f "$deb"
}

# The compiler of AppArmor's profiles, for the host: it is unpacked, not installed.
unpack_apparmor() {
	deb=$(find "$apt/debs" -name 'apparmor_*_amd64.deb' | sort -V | head -n 1)
	[ -n "$deb" ] || return 0
	rm -rf "$cache/apparmor"
	dpkg-deb -x "$deb" "$cache/apparmor"
	rm -f "$deb"
}

install_tools
apt_setup
wanted >"$apt/wanted"
download
unpack_all
unpack_busybox
unpack_apparmor
find "$cache/kernels" -name vmlinuz | sort -V
