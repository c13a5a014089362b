#!/bin/bash
# SPDX-License-Identifier: MIT
# Beside libeatmydata, libfaketime, jemalloc and tcmalloc, before and after them: all is as with that library alone, it does its work,
# and the plugin does its own, but for the calls that a library before it keeps to itself.
# Needs those libraries; tests/process/preload_host, the tool and the plugin, built.

where=$(dirname "$(find /usr/lib -name libjemalloc.so.2 -print -quit 2>/dev/null)")
eatmydata=$where/libeatmydata.so
faketime=$where/faketime/libfaketime.so.1
jemalloc=$where/libjemalloc.so.2
tcmalloc=$where/libtcmalloc_minimal.so.4
for other in eatmydata faketime jemalloc tcmalloc; do
	[ -e "${!other}" ] || { echo "no $other"; exit 77; }
done
. "${srcdir:-.}/tests/process/preload_lib.sh"
[ -z "$runtime" ] || { echo "not with a sanitizer"; exit 0; }
pids=
# libfaketime leaves its objects behind wherever a process is killed or becomes another program.
faketime_tidy()
{
	local object

	find /dev/shm -maxdepth 1 -user "$(id -u)" -newer "$work/begin" -name '*faketime_s[eh]m_*' | while read -r object; do
		[ -e "/proc/${object##*_}" ] || rm -f "$object"
	done
}
end()
{
	[ -z "$pids" ] || { kill $pids 2>/dev/null; wait $pids 2>/dev/null; }
	faketime_tidy
	rm -rf "$ENTRAIN_DIR" "$work"
}
trap end EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 99
touch begin
# what makes each of them say that it is at work; the plugin's own clock is not to be a thousand days ahead
export FAKETIME=+1000d MALLOCSTATS=1 MALLOC_CONF=stats_print:true

# works NAME OUT ERR: what the host printed shows that the library was called
works()
{
	case $1 in
	eatmydata) grep -q '^fsync of a pipe 0' "$2" ;;
	faketime) [ $(($(LD_PRELOAD=$preload date +%s) - $(date +%s))) -gt 86000000 ] ;;
	jemalloc) grep -q 'Begin jemalloc statistics' "$3" ;;
	tcmalloc) grep -q '^MALLOC:' "$3" ;;
	esac
}

# What was seen of four calls of fsync by a process that stays; and that it has joined.
seen()
{
	LD_PRELOAD=$preload ENTRAIN_LOG=$work/log "$host" staying >ready 2>/dev/null &
	pids=$!
	for ((tries = 0; tries < 1000; tries++)); do
		grep -qs ready ready && break
		sleep .01
	done
	"$entrainctl" check $! --json >json || no "$other: $(cat json)"
	sed -n 's/.*"calls": {"fsync": \([0-9]*\),.*/\1/p' json
	# with a wrong clock it would have stayed outside
	"$entrainctl" events web | grep " joined as pid $!\$" >joined
	kill $pids
	wait $pids 2>/dev/null
}

scenarios='values forks cancelled closed'
"$host" values >bare 2>/dev/null
for other in eatmydata faketime jemalloc tcmalloc; do
	preload=${!other}
	for scenario in $scenarios; do LD_PRELOAD=$preload "$host" $scenario >alone.$scenario 2>alone.err || no "$other: $scenario fails by itself"; done
	LD_PRELOAD=$preload "$host" values >alone.values 2>alone.err
	works $other alone.values alone.err || no "$other does nothing even by itself"
	! works $other bare /dev/null || [ $other = faketime ] || no "$other: works without it"
	for rule in '' stagger; do
		tool create web --period 50ms --kind relative --capacity 512 || no "create"
		: >"$ENTRAIN_CONFIG"
		[ -z "$rule" ] || printf '[rule host]\nexe = */preload_host\nswarm = web\nmax_delay = 5ms\naction = %s\n' $rule >"$ENTRAIN_CONFIG"
		for preload in "$library:${!other}" "${!other}:$library"; do
			for scenario in $scenarios; do
				LD_PRELOAD=$preload ENTRAIN_LOG=$work/log "$host" $scenario >out 2>err ||
					no "$other: $scenario ends with $? ($rule, $preload)"
				yes_or diff alone.$scenario out
				grep -qx loaded err || no "$other: $scenario: $(grep -v MALLOC err | head -3) ($rule, $preload)"
				[ $scenario != values ] || works $other out err || no "$other does nothing ($rule, $preload)"
			done
			[ -n "$rule" ] || continue
			wanted=4
			[ "$preload" != "$eatmydata:$library" ] || wanted=0
			got=$(seen)
			[ "$got" = "$wanted" ] || no "$other: '$got' calls were seen, not '$wanted' ($rule, $preload)"
			[ "$wanted" = 0 ] || [ -s joined ] || no "$other: it did not join ($rule, $preload)"
		done
		tool rm web
	done
done
[ ! -e log ] || no "something was logged: $(cat log)"
finish
