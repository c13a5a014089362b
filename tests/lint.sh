#!/bin/bash
# SPDX-License-Identifier: MIT
# What the compiler does not check: dependencies point one way, the library never exits or prints, names are exported on
# purpose, files stay readable.
set -u
top=$1 build=$2 findings=0

finding() {
	echo "lint: $*"
	findings=$((findings + 1))
}

cd "$top" || exit 1

# tool, examples and plugins use the library through its public header; the simulator is made of the pure part besides
while read -r line; do
	finding "reaches past entrain.h: $line"
done < <(grep -nE '#include "(\.\./)*(libshm/)?(layout|slot|segment|roster|process|agent|measure|swarm|strategy/.*)\.h"' \
	-r cli examples plugin 2>/dev/null | grep -v '^cli/simulate/.*strategy/')

# strategies know no shared memory
while read -r line; do
	finding "a strategy knows more than its inputs: $line"
done < <(grep -nE '#include "(layout|slot|segment|roster|process|agent|clock|measure)' libshm/strategy/* |
	grep -v '"measure_')
while read -r line; do
	finding "floating point in a decision: $line"
done < <(grep -nwE 'float|double' libshm/strategy/*.[ch] libshm/energy.[ch])

# a folder's README names its files: as `name.c`, `name.[ch]` or, in libshm, `name`
for folder in libshm libshm/strategy libshm/text tests/process tests/virtual; do
	readme=$folder/README.md
	[ -e "$readme" ] || readme=libshm/README.md
	for file in "$folder"/*.[ch] "$folder"/*.sh "$folder"/*.py "$folder"/*.awk; do
		name=${file##*/}
		[ ! -e "$file" ] || grep -qE "[\`/]${name%.*}(\.[^\`]*)?\`" "$readme" ||
			finding "$readme does not name $name"
	done
done

# below the agent nothing knows the agent
for file in layout slot segment segment_create liveness roster process measure settings; do
	grep -n '#include "agent.h"' "libshm/$file".[ch] 2>/dev/null &&
		finding "libshm/$file includes agent.h: arrows point one way"
done

# shared structs: fixed-width integers only
if sed -n '/^struct shm_/,/^};/p' libshm/layout.h | sed 's:/\*.*\*/::' |
	grep -nwE 'bool|size_t|long|int|char|enum|pthread_[a-z]*' | grep -vE '^\s*[0-9]+:\s*(\*|/\*)' |
	grep -vE 'enum shm_|\* ' ; then
	finding "libshm/layout.h: a shared struct holds something that is not of fixed width"
fi

# the library prints nothing and never ends its host
library=$build/.libs/libentrain.so
if [ -e "$library" ]; then
	for name in exit _exit abort printf puts fprintf vprintf perror setenv putenv system kill __assert_fail; do
		nm -D --undefined-only "$library" | grep -qE " $name(@|\$)" &&
			finding "libentrain.so calls $name"
	done
	while read -r name; do
		finding "libentrain.so exports $name"
	done < <(nm -D --defined-only "$library" | awk '$2 ~ /[TDBR]/ { print $3 }' | sed 's/@.*//' |
		grep -vE '^entrain_|^ENTRAIN_1$')
	# every exported function is in the header, and the other way round
	diff <(nm -D --defined-only "$library" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort) \
		<(sed '/^#/d' libshm/include/entrain.h | tr '\n' ' ' | grep -oE 'ENTRAIN_API[^;]*;' |
			grep -oE '\bentrain_[a-z_]+\(' | tr -d '(' | sort) ||
		finding "exported functions (<) and entrain.h (>) differ"
else
	finding "no library in $build"
fi

# every atomic operation in the library names its order
while read -r line; do
	finding "an atomic without its order: $line"
done < <(grep -nE 'atomic_(load|store|exchange|fetch_[a-z]+|compare_exchange_(weak|strong))\(' -r libshm)

while read -r lines file; do
	most=500
	[[ $file == tests/* ]] && most=700
	[ "$file" != total ] && [ "$lines" -gt $most ] && finding "$file has $lines lines: one idea a file"
done < <(git ls-files '*.c' '*.h' | grep -v '^libshm/include/' | xargs wc -l)

while read -r file; do
	sed -n 1,2p "$file" | grep -q 'SPDX-License-Identifier: MIT' || finding "$file has no SPDX line"
done < <(git ls-files '*.c' '*.h' '*.sh' '*.mk' '*.am' '*.ac' quickstart)

if command -v clang-format >/dev/null; then
	while read -r file; do
		clang-format --dry-run -Werror "$file" 2>/dev/null || finding "$file: run make format"
	done < <(git ls-files '*.c' '*.h')
fi
if command -v mandoc >/dev/null; then
	while read -r file; do
		mandoc -T lint -W error "$file" >/dev/null || finding "$file: mandoc finds errors"
	done < <(git ls-files 'doc/*.[1357]')
fi

[ "$findings" -eq 0 ] && echo "lint: nothing found"
[ "$findings" -eq 0 ]
