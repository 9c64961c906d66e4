#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Functions that are not used here: those that cannot know how much room there
# is, those that cannot report an error, those that run a shell, and ending the
# program or printing where that is somebody else's job. Exceptions stand in
# tests/tools/banned.txt: FILE FUNCTION reason.
set -eu
. "$(dirname "$0")/lib.sh"

unsafe='(strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|alloca|system|popen|tmpnam|mktemp|tempnam|rand|srand|setjmp|longjmp)[ \t]*[(]'
ends='(exit|_exit|_Exit|quick_exit|abort|err|errx|verr|verrx)[ \t]*[(]'
prints='(printf|puts|putchar|perror|vprintf)[ \t]*[(]|(fprintf|vfprintf)[ \t]*[(] *std(out|err)|(fputs|fputc|fwrite)[ \t]*[(].*[ ,]std(out|err)[)]'

# report CALLS TEXT FILE...
report() {
	calls=$1
	text=$2
	shift 2
	[ $# -gt 0 ] || return 0
	awk -f tests/tools/strip.awk "$@" |
		awk -v calls="(^|[^a-zA-Z0-9_.>])($calls)" -v text="$text" '
		NR == FNR { if ($0 !~ /^#/ && NF > 2) allow[$1 " " $2] = 1; next }
		{
			match($0, /^[^:]*:[0-9]+:/)
			place = substr($0, 1, RLENGTH - 1)
			line = substr($0, RLENGTH + 1)
			file = place
			sub(/:.*/, "", file)
			while (match(line, calls)) {
				name = substr(line, RSTART, RLENGTH)
				line = substr(line, RSTART + RLENGTH)
				sub(/^[^a-zA-Z_]*/, "", name)
				sub(/[^a-zA-Z0-9_].*/, "", name)
				if (!((file " " name) in allow))
					print place ": " name ": " text
			}
		}' tests/tools/banned.txt - >>"$findings"
}

# shellcheck disable=SC2046 # no blanks in our file names
{
	report "$unsafe" 'is banned' $(room_files '*.[chly]')
	report "$ends" 'only main.c ends the program' \
		$(room_files '*.[chly]' | grep -v '/main\.c$')
	report "$prints" 'only diag_render, log and the commands print' \
		$(room_files '*.[chly]' | grep -Ev '^(mcc/[^/]*|mccd/main\.c)$')
}
finish banned
