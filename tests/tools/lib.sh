# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Common to the checks: read with `. tests/tools/lib.sh` from the repository's
# root. A check prints one line per finding and exits 1 when there was one.

LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.." || exit 2

rooms='base grammar runtime mcc/model lint dnscheck mcc/emit mcc mccd'
findings=$(mktemp)
trap 'rm -f "$findings"' EXIT
trap 'exit 2' HUP INT TERM

# room_files PATTERN...: files of all rooms that fit, e.g. '*.c' '*.h'
room_files() {
	for room in $rooms; do
		for pattern; do
			find "$room" -maxdepth 1 -type f -name "$pattern"
		done
	done | sort
}

# Objects of all rooms and of what is generated, of the normal build; not those
# that stayed behind when their source went.
room_objects() {
	for room in $rooms gen gen/grammar; do
		[ ! -d "build/obj/$room" ] ||
			find "build/obj/$room" -maxdepth 1 -name '*.o'
	done | sort | while read -r object; do
		source=${object#build/obj/}
		source=${source%.o}.c
		if [ -f "$source" ] || [ -f "build/$source" ]; then
			echo "$object"
		fi
	done
}

# Ends the check named $1: prints what was found.
finish() {
	[ -s "$findings" ] || exit 0
	sed "s/^/$1: /" "$findings"
	exit 1
}
