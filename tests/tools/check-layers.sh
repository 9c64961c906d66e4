#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each file includes only what tests/tools/layers.txt lets it, and what mccd
# reaches over any number of headers is free of the compiler's rooms.
set -eu
. "$(dirname "$0")/lib.sh"

room_files '*.[chly]' '*.def' | xargs grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' \
	/dev/null | awk '
function room_of(path) { sub(/\/[^\/]*$/, "", path); return path }
function fits(path, pattern) {
	return room_of(path) == pattern || path == pattern
}
function row_of(path,    i) {
	for (i = 1; i <= rows; i++)
		if (fits(path, who[i]))
			return i
	return 0
}
function may(row, from, to,    i, n, list) {
	if (room_of(from) == room_of(to))
		return 1
	n = split(allowed[row], list, " ")
	for (i = 1; i <= n; i++)
		if (fits(to, list[i]))
			return 1
	return 0
}
FILENAME != "-" {
	sub(/#.*/, "")
	if (NF == 0)
		next
	who[++rows] = $1
	$1 = ""
	allowed[rows] = $0
	next
}
{
	split($0, part, ":")
	from = part[1]
	to = $0
	sub(/^[^"]*"/, "", to)
	sub(/".*/, "", to)
	place = from ":" part[2]
	edges[from] = edges[from] " " to
	row = row_of(from)
	if (to !~ /\//)
		print place ": \"" to "\" is not written from the root"
	else if (to ~ /\.(tab|lex)\.h$/ && room_of(from) != room_of(to))
		print place ": " to " is for its own room only"
	else if (!row)
		print place ": no row in layers.txt fits " from
	else if (!may(row, from, to))
		print place ": " who[row] " may not include " to
}
# Everything reachable from mccd, over headers; a header of dnscheck stands for
# the file that implements it, which the daemon links.
function walk(file, way,    i, n, list, impl) {
	if (file in seen)
		return
	seen[file] = 1
	if (file ~ /^(mcc|lint)\//)
		print file ": reached by the daemon, over" way
	n = split(edges[file], list, " ")
	for (i = 1; i <= n; i++)
		walk(list[i], way " " file)
	impl = file
	if (file ~ /^dnscheck\// && sub(/\.h$/, ".c", impl))
		walk(impl, way " " file)
}
END {
	for (file in edges)
		if (file ~ /^mccd\//)
			start[file] = 1
	for (file in start)
		walk(file, "")
}' tests/tools/layers.txt - | sort >"$findings"
finish layers
