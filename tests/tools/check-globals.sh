#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# No variable outlives a call, but for main.c and the rows of
# tests/tools/globals.txt: OBJECT VARIABLE reason. Asks the objects of the normal
# build, where statics inside functions show too (name.0). Constant tables with
# pointers lie in .data.rel.ro and are no variables.
set -eu
. "$(dirname "$0")/lib.sh"

objects=$(room_objects | grep -v '/main\.o$') || true
if [ -z "$objects" ]; then
	echo 'no objects in build/obj: run make first' >"$findings"
	finish globals
fi

for object in $objects; do
	objdump -t "$object" | awk -v object="${object#build/obj/}" '
	NR == FNR { if ($0 !~ /^#/ && NF > 2) allow[$1 " " $2] = 1; next }
	# VALUE FLAGS SECTION SIZE NAME, the flag O for an object, none for one
	# of a thread, d for the section itself
	/ [O ] (\.data|\.bss|\*COM\*|\.tbss|\.tdata)/ && !/ O \.data\.rel\.ro/ {
		name = $NF
		sub(/\.[0-9]+$/, "", name)
		if (!((object " " name) in allow))
			print object ": " name " is a variable"
	}' tests/tools/globals.txt - >>"$findings"
done
finish globals
