#!/bin/bash
# SPDX-License-Identifier: MIT
# Installed into an empty root, the library serves a program built with pkg-config alone, and uninstall leaves nothing.
set -eu
build=$1
root=$(mktemp -d)
swarm=install-check-$$
trap 'rm -rf "$root" /dev/shm/entrain."$swarm".*' EXIT

prefix=$(sed -n 's/^prefix = //p' "$build/Makefile")
make -s -C "$build" install DESTDIR="$root" >/dev/null
for file in bin/entrainctl include/entrain.h lib/libentrain.so lib/pkgconfig/entrain.pc lib/entrain/libentrain-preload.so; do
	[ -e "$root$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done
modules=$(sed -n 's/^nginxmoduledir = //p' "$build/Makefile")
if [ -n "$modules" ]; then
	[ -e "$root$modules/ngx_http_entrain_module.so" ] || { echo "no nginx module in $modules"; exit 1; }
	LD_LIBRARY_PATH=$root$prefix/lib ldd "$root$modules/ngx_http_entrain_module.so" |
		grep -q "libentrain.so.0 => $root" || { echo "the nginx module does not take the library"; exit 1; }
fi
[ "$(find "$root$prefix/include" -name '*.h' | wc -l)" -eq 1 ] || { echo "more than one header"; exit 1; }
objdump -p "$root$prefix/lib/libentrain.so" | grep -q 'SONAME *libentrain.so.0' || { echo "no SONAME"; exit 1; }

cat >"$root/five.c" <<'TEXT'
#include <entrain.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct entrain_settings settings;
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_error error;
	struct entrain_agent *agent;

	entrain_settings_init(&settings);
	settings.period_ns = 50000000;
	options.flags = ENTRAIN_CREATE;
	options.settings = &settings;
	agent = entrain_join(argv[argc - 1], &options, &error);
	for (int turn = 0; agent && turn < 3 && entrain_wait(agent) == 0; turn++) {
		entrain_begin(agent);
		entrain_end(agent);
	}
	printf("%s\n", agent ? "three turns" : error.why);
	entrain_leave(agent);
	return entrain_remove(NULL, argv[argc - 1], 1, NULL);
}
TEXT
export PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=$root$prefix/lib/pkgconfig
# shellcheck disable=SC2046
cc -Wall -Werror -o "$root/five" "$root/five.c" $(pkg-config --cflags --libs entrain)
[ "$(LD_LIBRARY_PATH=$root$prefix/lib "$root/five" "$swarm")" = "three turns" ] || { echo "it does not run"; exit 1; }

make -s -C "$build" uninstall DESTDIR="$root" >/dev/null
rm "$root/five" "$root/five.c"
left=$(find "$root" -type f -o -type l)
[ -z "$left" ] || { echo "left after uninstall: $left"; exit 1; }
echo "installed, used, uninstalled"
