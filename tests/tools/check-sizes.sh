#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Caps on the length of files and functions: what is longer does more than one
# thing; and on the width of lines, tabs being of 8 columns. Exceptions stand in tests/tools/sizes.txt: FILE[:FUNCTION] LINES reason.
# A function is what stands between `{` and `}` in the first column.
set -eu
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2046 # no blanks in our file names
awk '
FILENAME == "tests/tools/sizes.txt" {
	if ($0 !~ /^#/ && NF > 2)
		allow[$1] = $2
	next
}
function over(what, lines, cap) {
	if (what in allow)
		cap = allow[what]
	if (lines > cap)
		print what ": " lines " lines, at most " cap
}
function cap_of(file) {
	if (file ~ /\.h$/)
		return 250
	return file ~ /\.l$/ ? 300 : 500
}
FNR == 1 {
	if (last)
		over(last, count, cap_of(last))
	last = FILENAME
	start = 0
}
{ count = FNR }
length($0) > 40 {
	columns = 0
	for (i = 1; i <= length($0); i++)
		columns += substr($0, i, 1) == "\t" ? 8 - columns % 8 : 1
	if (FILENAME ~ /\.[ch]$/ && columns > 100)
		print FILENAME ":" FNR ": " columns " columns, at most 100"
}
/^[a-zA-Z_].*\(/ {
	name = $0
	sub(/\(.*/, "", name)
	sub(/.*[ *]/, "", name)
}
/^\{/ { start = FNR }
/^\}/ {
	if (start && FILENAME ~ /\.c$/)
		over(FILENAME ":" name, FNR - start - 1, 60)
	start = 0
}
END { over(last, count, cap_of(last)) }
' tests/tools/sizes.txt $(room_files '*.[chly]') >"$findings"
finish sizes
