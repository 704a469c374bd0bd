#!/bin/sh
# SPDX-License-Identifier: ISC
# example.sh - what a lease leads to: run by the runner with ADDRESS, PREFIX, ROUTER, DOMAIN
#
# It writes down what it was given. One that sets addresses needs more rights: see README.md.
printf '%s/%s via %s in %s\n' "$ADDRESS" "$PREFIX" "$ROUTER" "${DOMAIN:-no domain}" >"$STATE/bound"
