# SPDX-License-Identifier: ISC
# code.awk - what the checkers share: a line of C without its comments and literals
#
# code(line) must see every line of a file in order; a file begins at FNR == 1.

function code(line,   out, token) {
	if (FNR == 1)
		code_comment = 0
	out = ""
	while (line != "") {
		if (code_comment) {
			if (!match(line, /\*\//))
				return out
			line = substr(line, RSTART + 2)
			code_comment = 0
			out = out " "
			continue
		}
		if (!match(line, /"([^"\\]|\\.)*"|'([^'\\]|\\.)*'|\/\*|\/\/.*/))
			return out line
		token = substr(line, RSTART, 2)
		out = out substr(line, 1, RSTART - 1)
		if (token == "/*")
			code_comment = 1
		else if (token != "//")
			out = out substr(token, 1, 1) substr(token, 1, 1)
		line = substr(line, RSTART + RLENGTH)
	}
	return out
}

function complain(text) {
	print FILENAME ":" FNR ": " text
	complaints++
}
