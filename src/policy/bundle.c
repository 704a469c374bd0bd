/* SPDX-License-Identifier: ISC */
/*
 * bundle.c - the bundles that come with ambit
 *
 * Each is policy text, read by the same parser. All paths are optional: a bundle names what
 * distributions have, and what this one lacks is skipped. What every program may use anyway
 * (system libraries, locale and time zone data, /dev/null and its like) is repeated only where
 * a run with --bare should still work.
 */
#include "bundle.h"

#include <string.h>

/* clang-format off */
static const char locale_text[] =
	"# character sets, translations, time zones\n"
	"read /usr/share/locale /usr/share/locale-langpack /usr/share/i18n optional\n"
	"read /usr/lib/locale /usr/share/zoneinfo optional\n"
	"read /etc/localtime /etc/timezone /etc/locale.alias optional\n"
	"read /usr/lib/x86_64-linux-gnu/gconv optional\n"
	"read /usr/lib/aarch64-linux-gnu/gconv optional\n"
	"read /usr/lib64/gconv /usr/lib/gconv optional\n";

static const char tls_text[] =
	"# certificates of authorities and OpenSSL's settings; no private keys\n"
	"read /etc/ssl/certs /etc/ssl/cert.pem /etc/ssl/openssl.cnf optional\n"
	"read /usr/share/ca-certificates optional\n"
	"read /usr/local/share/ca-certificates optional\n"
	"read /usr/lib/ssl/certs /usr/lib/ssl/cert.pem optional\n"
	"read /usr/lib/ssl/openssl.cnf /etc/crypto-policies /etc/gnutls optional\n"
	"read /etc/pki/tls/certs /etc/pki/tls/cert.pem optional\n"
	"read /etc/pki/tls/openssl.cnf /etc/pki/ca-trust/extracted optional\n";

static const char dns_text[] =
	"# how names are looked up; asking a server needs: connect udp ADDRESS 53\n"
	"read /etc/resolv.conf /etc/hosts /etc/host.conf /etc/nsswitch.conf optional\n"
	"read /etc/gai.conf /etc/services /etc/protocols /etc/networks optional\n"
	"read /run/systemd/resolve/stub-resolv.conf optional\n"
	"read /run/systemd/resolve/resolv.conf optional\n"
	"read /run/resolvconf/resolv.conf /run/NetworkManager/resolv.conf optional\n";

static const char terminal_text[] =
	"# a terminal of its own, and what full-screen programs know of terminals\n"
	"terminal\n"
	"read /usr/share/terminfo /usr/lib/terminfo optional\n"
	"read /lib/terminfo /etc/terminfo /etc/inputrc optional\n";

static const char shell_text[] =
	"# a shell script and the system's tools, as processes\n"
	"spawn\n"
	"exec /bin /usr/bin /usr/local/bin /usr/libexec/coreutils optional\n"
	"read /etc/alternatives /etc/passwd /etc/group /etc/nsswitch.conf optional\n"
	"read /etc/profile /etc/profile.d /etc/bash.bashrc /etc/shells optional\n"
	"read /usr/share/awk /usr/share/misc optional\n"
	"read /usr/share/terminfo /usr/lib/terminfo optional\n"
	"read /lib/terminfo /etc/terminfo optional\n"
	"use locale\n";

static const char compiler_text[] =
	"# C and C++ by gcc or clang: drivers, assembler, linker, headers, libraries\n"
	"spawn\n"
	"tmp 512M prefer\n"
	"exec /usr/bin/gcc /usr/bin/g++ /usr/bin/cc /usr/bin/c++ optional\n"
	"exec /usr/bin/cpp /usr/bin/clang /usr/bin/clang++ optional\n"
	"exec /usr/bin/as /usr/bin/ld /usr/bin/ld.bfd /usr/bin/ld.gold optional\n"
	"exec /usr/bin/lld /usr/bin/ld.lld /usr/bin/ar /usr/bin/nm optional\n"
	"exec /usr/bin/ranlib /usr/bin/strip /usr/bin/objcopy optional\n"
	"exec /usr/lib/gcc /usr/libexec/gcc optional\n"
	"read /usr/include /usr/local/include /usr/lib /usr/lib64 optional\n"
	"read /lib64 /usr/local/lib optional\n"
	"read /usr/x86_64-linux-gnu /usr/aarch64-linux-gnu optional\n"
	"read /etc/alternatives /etc/os-release /etc/debian_version optional\n";

static const char python_text[] =
	"# the interpreter, the standard library and installed packages\n"
	"exec /usr/bin/python3 /usr/bin/python /usr/local/bin/python3 optional\n"
	"read /usr/lib /usr/lib64 /usr/local/lib optional\n"
	"read /usr/share/python3 /usr/share/python-wheels /etc/mime.types optional\n"
	"read /etc/python3 /etc/python3.9 /etc/python3.10 /etc/python3.11 optional\n"
	"read /etc/python3.12 /etc/python3.13 /etc/python3.14 optional\n"
	"# what pyenv built; its shims are shell scripts and also need: use shell\n"
	"exec ~/.pyenv optional\n"
	"use locale\n";

static const char node_text[] =
	"# the interpreter, its just-in-time compiler and installed packages\n"
	"jit\n"
	"exec /usr/bin/node /usr/bin/nodejs /usr/local/bin/node optional\n"
	"read /usr/lib /usr/lib64 /usr/local/lib optional\n"
	"read /usr/share/nodejs /usr/share/node_modules /usr/share/icu optional\n"
	"read /etc/ssl/openssl.cnf optional\n"
	"use locale\n";

static const char perl_text[] =
	"# the interpreter, its library and installed modules\n"
	"exec /usr/bin/perl /usr/local/bin/perl optional\n"
	"read /usr/lib /usr/lib64 /usr/local/lib optional\n"
	"read /usr/share/perl /usr/share/perl5 /usr/local/share/perl optional\n"
	"read /etc/perl optional\n"
	"use locale\n";

static const char compute_text[] =
	"# nothing but computing: reads descriptor 0, writes 1 and 2; no files, no\n"
	"# network, no new descriptors, no processes\n"
	"compute\n";
/* clang-format on */

#define BUNDLE(word, version_word, help_text, policy)                                              \
	{                                                                                          \
		.name = (word), .origin = "bundle " word, .version = (version_word),               \
		.help = (help_text), .text = (policy), .length = sizeof(policy) - 1,               \
	}

static const struct bundle bundles[] = {
	BUNDLE("locale", "1", "translations, character sets and time zones", locale_text),
	BUNDLE("tls", "1", "certificates of authorities", tls_text),
	BUNDLE("dns-files", "1", "how host names are looked up", dns_text),
	BUNDLE("terminal", "1", "a terminal of its own for full-screen programs", terminal_text),
	BUNDLE("shell", "1", "a shell script and the system's tools", shell_text),
	BUNDLE("compiler", "1", "gcc or clang, to compile and link", compiler_text),
	BUNDLE("python", "1", "the python3 interpreter and its library", python_text),
	BUNDLE("perl", "1", "the perl interpreter and its library", perl_text),
	BUNDLE("node", "1", "the node interpreter, with jit: W^X is off", node_text),
	BUNDLE("compute", "1", "the extreme sandbox: computes, nothing else", compute_text),
};

const struct bundle *bundle_by_name(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_COUNT(bundles); i++)
		if (strlen(bundles[i].name) == length && !memcmp(bundles[i].name, name, length))
			return &bundles[i];
	return NULL;
}

const struct bundle *bundle_at(size_t index)
{
	return index < ARRAY_COUNT(bundles) ? &bundles[index] : NULL;
}
