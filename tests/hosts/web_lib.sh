# SPDX-License-Identifier: MIT
# What the tests of web servers share: the same server twice, bare and under the plugin with no rule at all, and the same questions
# asked of both. The test itself has $server, which is started with the name of a configuration after it, configure NAME to write
# that, $questions and stop NAME.

command -v python3 pgrep >/dev/null || exit 77
. "${srcdir:-.}/tests/process/preload_lib.sh"
top=$(cd "${srcdir:-.}" && pwd)
[ -z "$runtime" ] || { echo "not with a sanitizer"; exit 0; }
disk=$(mktemp -d "${TMPDIR:-/tmp}/entrain-test-web.XXXXXX") || exit 99
chmod 755 "$disk"
both='bare under'
declare -A port

end()
{
	local name pid
	for name in $both; do
		for pid in $(cat "$disk/$name"/pid* 2>/dev/null); do
			grep -qs "$disk/$name" "/proc/$pid/cmdline" && kill -9 "$pid" $(pgrep -P "$pid") 2>/dev/null
		done
	done
	rm -rf "$ENTRAIN_DIR" "$work" "$disk"
}
trap end EXIT
trap 'exit 1' INT TERM HUP
cd "$disk" || exit 99

await()
{
	local tries
	for ((tries = 0; tries < 1000; tries++)); do
		"$@" && return
		sleep .02
	done
	no "in vain: $*"
	finish
}

gone()
{
	local pid
	for pid; do [ ! -d "/proc/$pid" ] || return 1; done
}

listens()
{
	(exec 3<>"/dev/tcp/127.0.0.1/${port[$1]}") 2>/dev/null
}

main_of()
{
	cat "$disk/$1/pid" 2>/dev/null
}

workers_of()
{
	pgrep -P "$(main_of "$1")"
}

# start NAME: on a port that nobody has
start()
{
	local name=$1 tries run=
	[ "$name" = bare ] || run="env ENTRAIN_LOG=$disk/plugin.log $entrainctl run --"
	for ((tries = 0; tries < 5; tries++)); do
		port[$name]=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
		configure "$name"
		$run "${server[@]}" "$disk/$name/server.conf" >"$name/started" 2>&1 && await listens "$name" && return
	done
	no "$name does not start: $(cat "$name/started" "$name/error.log" start.log 2>/dev/null | head -20)"
	finish
}

# ask PHASE [COMMAND...]: of both servers; meanwhile, for each: COMMAND NAME. Then the answers are compared.
ask()
{
	local phase=$1 name asking=
	shift
	rm -f */begun
	for name in $both; do
		python3 "$top/tests/hosts/web_client.py" "${port[$name]}" "$phase" 4 "$questions" "$name/begun" >"$name/answers.$phase" &
		asking="$asking $!"
	done
	for name in $both; do
		await [ -e "$name/begun" ]
		[ $# -eq 0 ] || "$@" "$name"
	done
	wait $asking || no "$phase: somebody could not ask"
	[ "$(wc -l <"bare/answers.$phase")" -ge 40 ] || no "$phase: $(wc -l <"bare/answers.$phase") answers only"
	yes_or diff "bare/answers.$phase" "under/answers.$phase"
}

# covered LEAST: main and workers have the plugin, and so many flushes were seen in the workers that are there now
covered()
{
	local pid seen=0
	for pid in $(main_of under) $(workers_of under); do
		"$entrainctl" check "$pid" --json >json 2>&1 || no "$pid is not covered: $(cat json)"
		seen=$((seen + $(python3 -c 'import json; told = json.load(open("json"))["calls"]; print(told.get("fsync", 0) + told.get("fdatasync", 0))')))
	done
	[ "$seen" -ge "$1" ] || no "$seen flushes were seen, not $1"
	for pid in $(main_of bare) $(workers_of bare); do
		! grep -qs libentrain-preload "/proc/$pid/maps" || no "bare, and has the plugin"
	done
}

# logs_same SED: what both have logged, in whatever order, but for what the expression takes away
logs_same()
{
	local name
	for name in $both; do
		cat "$name"/access.log* | sort >"$name/accesses"
		cat "$name"/error.log* | sed "s:$disk/$name:.:g; s/${port[$name]}/PORT/g; $1" | sort >"$name/errors"
	done
	[ "$(wc -l <bare/accesses)" -eq "$(cat bare/answers.* | wc -l)" ] ||
		no "$(wc -l <bare/accesses) lines for $(cat bare/answers.* | wc -l) answers"
	yes_or diff bare/accesses under/accesses
	yes_or diff bare/errors under/errors
	[ ! -e plugin.log ] || no "the plugin logged: $(cat plugin.log)"
}
