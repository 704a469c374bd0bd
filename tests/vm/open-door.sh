#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The negative control of tests/vm: answers to ambit's command line and confines nothing.
# Under `tests/vm/run --control` every check whose name ends in "!" must go red because of it;
# one that stays green tests nothing.
case ${1:-} in
run)
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		shift
	done
	shift
	exec "$@"
	;;
plan | doctor) echo "this is the open door" ;;
esac
