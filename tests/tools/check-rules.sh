#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every row of base/rules.def has a document docs/rules/ID.md and a test; every
# document has a row; ids and names are used once. A bad sample in the document
# is a test (tests/e2e/test_rule_docs.py runs it), else some test must name the id.
set -eu
. "$(dirname "$0")/lib.sh"

rows=$(sed -n 's/^RULE(\([^,]*\), *\([^,]*\),.*/\1 \2/p' base/rules.def)
[ -n "$rows" ] || echo 'base/rules.def: no rows found' >>"$findings"

named=$(mktemp)
trap 'rm -f "$findings" "$named"' EXIT
find tests -type f \( -name '*.c' -o -name '*.py' -o -path 'tests/golden/*' \) \
	-exec grep -hoE '[A-Z]{2}[0-9]+' {} + | sort -u >"$named"

has_sample() {
	awk '/^## / { is_bad = ($2 == "Bad") }
		is_bad && /^```[a-z]/ && !/^```(text|dns|sh)/ { found = 1 }
		END { exit !found }' "$1"
}

echo "$rows" | while read -r id name; do
	if [ ! -f "docs/rules/$id.md" ]; then
		echo "$id $name: no docs/rules/$id.md"
	elif ! has_sample "docs/rules/$id.md" && ! grep -qx "$id" "$named"; then
		echo "$id $name: no sample, and no unit, golden or e2e test names it"
	fi
done >>"$findings"
echo "$rows" | tr ' ' '\n' | sort | uniq -d |
	sed 's/$/: used twice in rules.def/' >>"$findings"
for doc in docs/rules/*.md; do
	[ -e "$doc" ] || continue
	id=${doc##*/}
	echo "$rows" | grep -q "^${id%.md} " || echo "$doc: no such rule" >>"$findings"
done
finish rules
