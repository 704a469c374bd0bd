#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# webserver_raw.pl PORT < BYTES - send them as they are, print what comes until the server closes
#
# With a second argument: a byte at a time, so many milliseconds apart.
use strict;
use warnings;
use IO::Socket::INET;

my ( $port, $pause ) = @ARGV;
local $/;
my $bytes = <STDIN>;
$SIG{ALRM} = sub { print "no end of the answer\n"; exit 1 };
$SIG{PIPE} = 'IGNORE';
alarm 20;
my $s = IO::Socket::INET->new( PeerAddr => '127.0.0.1', PeerPort => $port )
  or die "cannot connect: $!\n";
binmode $s;
binmode STDOUT;
if ($pause) {
	for my $byte ( split //, $bytes ) {
		last unless syswrite $s, $byte;
		my $mask = '';
		vec( $mask, fileno $s, 1 ) = 1;
		last if select $mask, undef, undef, $pause / 1000;    # it has answered already
	}
} else {
	while ( length $bytes ) {
		my $n = syswrite( $s, $bytes ) or last;
		substr $bytes, 0, $n, '';
	}
}
while ( sysread $s, my $part, 65536 ) { print $part }
