#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What has a name for other files is used by another one: functions and tables
# that only their own file takes are static, and what none takes goes. Asks the
# objects of the normal build; of the tests, which may use a part that the
# programs only use inside, the sources.
set -eu
. "$(dirname "$0")/lib.sh"

objects=$(room_objects)
if [ -z "$objects" ]; then
	echo 'no objects in build/obj: run make first' >"$findings"
	finish unused
fi

# nm -A: OBJECT: [VALUE] TYPE NAME
# shellcheck disable=SC2086
unused=$(nm -A -g $objects | awk '
{ object = $1; sub(/:.*/, "", object); name = $NF; type = $(NF - 1) }
type == "U" { taken[name] = 1; next }
object !~ /\/gen\// && name != "main" { from[name] = object }
END { for (name in from) if (!(name in taken)) print from[name], name }' | sort)

echo "$unused" | while read -r object name; do
	[ -n "$name" ] || continue
	grep -qrw --include='*.[ch]' "$name" tests/unit tests/fuzz ||
		echo "${object#build/obj/}: $name is used by no other file"
done >>"$findings"
finish unused
