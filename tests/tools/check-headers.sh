#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each header compiles alone, as the first thing a file includes, and has the
# guard that its path gives, after MCC_; a folder mcc or mccd in front may be
# left out or stand for that prefix.
set -eu
. "$(dirname "$0")/lib.sh"

for header in $(room_files '*.h'); do
	path=$(echo "$header" | tr 'a-z/.-' 'A-Z___')
	case $header in
	mcc/* | mccd/*) guards="MCC_$path|$path" ;;
	*) guards="MCC_$path" ;;
	esac
	grep -Eqx "#ifndef ($guards)" "$header" ||
		echo "$header: the guard should be $guards" >>"$findings"
	# Included twice: the guard must work. From a .c file, since a main
	# file with a guard is no header to the compiler.
	printf '#include "%s"\n#include "%s"\nextern int unused;\n' "$header" "$header" |
		${CC:-gcc} -std=c17 -D_GNU_SOURCE -DMCC_VERSION='"x"' -I. -Ibuild/gen \
			-Wall -Wextra -Wundef -Wstrict-prototypes -Werror \
			-fsyntax-only -x c - >>"$findings" 2>&1 ||
		echo "$header: does not compile alone" >>"$findings"
done
finish headers
