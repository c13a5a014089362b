#!/bin/bash
# SPDX-License-Identifier: MIT
# The headers that nginx's own configure makes, for the nginx that Debian built. Usage: configure-nginx.sh SOURCE OBJECTS
set -eu
source=$1
mkdir -p "$2"
objects=$(cd "$2" && pwd)
cd "$source"
# nginx refuses a module that was built with other options, so they are Debian's: an array NGX_CONF_FLAGS.
. ./conf_flags
unset CC CFLAGS CPPFLAGS LDFLAGS MAKEFLAGS MAKELEVEL
if ! sh ./configure "${NGX_CONF_FLAGS[@]}" --builddir="$objects" >"$objects/configure.log" 2>&1; then
	tail -20 "$objects/configure.log" >&2
	exit 1
fi
