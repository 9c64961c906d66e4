# SPDX-License-Identifier: BSD-2-Clause
# C without comments and with empty strings, line for line: what the checks
# look for must not be found in prose. Prints FILE:LINE:text.
function strip(line,    out, c, two, i, quote) {
	out = ""
	quote = ""
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		two = substr(line, i, 2)
		if (in_comment) {
			if (two == "*/") {
				in_comment = 0
				i++
			}
		} else if (quote != "") {
			if (c == "\\")
				i++
			else if (c == quote) {
				quote = ""
				out = out c
			}
		} else if (two == "/*") {
			in_comment = 1
			i++
		} else if (two == "//") {
			break
		} else {
			if (c == "\"" || c == "'")
				quote = c
			out = out c
		}
	}
	return out
}
FNR == 1 { in_comment = 0 }
{ print FILENAME ":" FNR ":" strip($0) }
