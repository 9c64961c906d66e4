#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Words that must not get into the repository: unfinished work, and places that
# exist on one machine only. (Brackets keep this file from finding itself.)
set -eu
. "$(dirname "$0")/lib.sh"

files=$(git ls-files -co --exclude-standard 2>/dev/null || find . -type f -not -path './build/*' | sed 's|^\./||')
# search PATTERN: over text files; samples and seeds may hold anything.
search() {
	echo "$files" | grep -Ev '^(tests/fuzz/seeds|tests/tools/check-words)' |
		tr '\n' '\0' | xargs -0 grep -nIE "$1" /dev/null || true
}

{
	search '\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b'
	search '/wor[k]/(main|share[d]|\.library)|/roo[t]/\.'
	# Tests may look for the reference data; nothing else knows of it.
	search '\.\./share[d]' | grep -v '^tests/' || true
	search 'MCC_REFERENC[E]' | grep -Ev '^(tests/|CONTRIBUTING)' || true
	search '\b(Claud[e]|ChatGP[T]|Anthropi[c]|language mode[l]|as an A[I])\b'
	search '^(<<<<<<[<]|>>>>>>[>]) '
} >"$findings"
finish words
