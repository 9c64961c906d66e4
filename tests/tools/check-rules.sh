#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every row of base/rules.def has a document docs/rules/ID.md and a test that
# names it, every document has a row, ids and names are used once.
set -eu
. "$(dirname "$0")/lib.sh"

rows=$(sed -n 's/^RULE(\([^,]*\), *\([^,]*\),.*/\1 \2/p' base/rules.def)
[ -n "$rows" ] || echo 'base/rules.def: no rows found' >>"$findings"

named=$(mktemp)
trap 'rm -f "$findings" "$named"' EXIT
find tests/unit tests/golden tests/e2e -type f \( -name '*.c' -o -name '*.py' \
	-o -path 'tests/golden/*' \) -exec grep -hoE 'MC[0-9]+' {} + | sort -u >"$named"

echo "$rows" | while read -r id name; do
	[ -f "docs/rules/$id.md" ] || echo "$id $name: no docs/rules/$id.md"
	grep -qx "$id" "$named" || echo "$id $name: no unit, golden or e2e test names it"
done >>"$findings"
echo "$rows" | tr ' ' '\n' | sort | uniq -d |
	sed 's/$/: used twice in rules.def/' >>"$findings"
for doc in docs/rules/*.md; do
	[ -e "$doc" ] || continue
	id=${doc##*/}
	echo "$rows" | grep -q "^${id%.md} " || echo "$doc: no such rule" >>"$findings"
done
finish rules
