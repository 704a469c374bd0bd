# SPDX-License-Identifier: ISC
# libc-reach.awk - which classes of system calls a libc's functions reach by direct calls
#
# Reads, in this order: src/filter's calls.def and calls_x86_64.def, the text of "objdump -d
# --no-show-raw-insn" of the library, and a file of "address name", the functions asked for.
# Prints "name" for those that reach harmless calls only (class START: memory, threads, clocks,
# open descriptors), and "name CLASS..." for the others; ? is a number it could not tell.
#
# Not followed: calls through pointers (stdio's tables, callbacks, NSS), and the functions below,
# which nearly everything reaches and which are rows of the table themselves.
BEGIN {
	n = split("malloc free calloc realloc abort __stack_chk_fail __chk_fail __assert_fail " \
		"__assert_perror_fail __libc_fatal __fortify_fail _exit __libc_alloca_cutoff", list, " ")
	for (i = 1; i <= n; i++)
		cut[list[i]] = 1
	digits = "0123456789abcdef"
}

FILENAME ~ /calls\.def$/ {
	if (split($0, part, /[(), ]+/) > 3 && part[1] == "CALL")
		class[part[2]] = part[3]
	next
}

FILENAME ~ /calls_x86_64\.def$/ {
	n = split($0, part, /[(), ]+/)
	for (i = 1; i + 2 <= n; i += 3)
		if (part[i] == "NUMBER")
			call_name[part[i + 1] + 0] = part[i + 2]
	next
}

# "address <name>:" begins what has a symbol
/^[0-9a-f]+ <.*>:$/ {
	sub(/^0+/, "", $1)
	gsub(/[<>:]|@.*/, "", $2)
	if ($2 in cut)
		stop[$1] = 1
	next
}

function number_of(text,   n, i) {
	n = 0
	for (i = 1; i <= length(text); i++)
		n = n * 16 + index(digits, substr(text, i, 1)) - 1
	return n
}

# One name for a register in all its widths: eax and rax are ax, r9d is r9
function register(text) {
	sub(/^.*%/, "", text)
	if (text ~ /^r[0-9]/)
		sub(/[dwb]$/, "", text)
	else
		sub(/^[er]/, "", text)
	return text
}

# The constants that registers hold, in the order of the text: enough for what compilers make of
# a system call, whose number is set a few instructions before, at times in another register.
function track(op, text,   to, from) {
	to = register(text)
	if (op == "xor")
		held[to] = 0
	else if (match(text, /\$0x[0-9a-f]+,%/))
		held[to] = number_of(substr(text, RSTART + 3, RLENGTH - 5))
	else if (text ~ /^mov +%[a-z0-9]+,%/) {
		from = text
		sub(/,.*/, "", from)
		held[to] = held[register(from)]
	} else
		held[to] = ""
}

function target_of(text) {
	sub(/^[a-z]+ +/, "", text)
	if (text !~ /^[0-9a-f]+( |$)/)
		return "" # through a register or memory
	sub(/ .*/, "", text)
	return text
}

/^ *[0-9a-f]+:\t/ {
	split($0, part, "\t")
	address = part[1]
	gsub(/[ :]/, "", address)
	if (last != "")
		next_of[last] = address
	last = address
	text = part[2]
	sub(/^(bnd|notrack|lock|repz) /, "", text)
	op = text
	sub(/ .*/, "", op)
	if (op == "mov" && text ~ /,%[a-z0-9]+$/ || op == "xor" && text ~ /%([a-z0-9]+),%/)
		track(op, text)
	else if (op ~ /^(syscall|int|sysenter)$/)
		insn[address] = "S " (op == "syscall" ? held["ax"] : "")
	else if (op ~ /^(ret|hlt|ud2)$/)
		insn[address] = "R"
	else if (op == "call" || op ~ /^j/) {
		t = target_of(text)
		insn[address] = (op == "call" ? "C " : op == "jmp" ? "J " : "B ") t
		if (op == "call" && t != "")
			entry[t] = 1
	}
	next
}

NF == 2 && /^[0-9a-f]+ [A-Za-z_]/ {
	asked_at[++asked_count] = $1
	asked[asked_count] = $2
	entry[$1] = 1
}

function class_of(number) {
	if (number == "" || !(number in call_name))
		return "?"
	return class[call_name[number]]
}

# What @start does itself, and whom it calls
function walk(start,   top, address, kind, t, been, stack, c) {
	top = 1
	stack[1] = start
	while (top > 0) {
		address = stack[top--]
		while (address != "" && !(address in been)) {
			been[address] = 1
			if (address in insn) {
				kind = substr(insn[address], 1, 1)
				t = substr(insn[address], 3)
				if (kind == "S") {
					c = class_of(t)
					if (c != "START" && !((start, c) in does)) {
						does[start, c] = 1
						who[c] = who[c] " " start
					}
				} else if (kind == "C") {
					if (t != "" && !(t in stop))
						callers[t] = callers[t] " " start
				} else if (kind != "R" && t != "" && !(t in stop))
					stack[++top] = t
				if (kind == "R" || kind == "J")
					break
			}
			address = next_of[address]
		}
	}
}

# Everybody who calls somebody who does @c, does it
function spread(c,   n, i, top, stack, address, list) {
	n = split(who[c], stack, " ")
	for (top = n; top > 0;) {
		address = stack[top--]
		n = split(callers[address], list, " ")
		for (i = 1; i <= n; i++)
			if (!((list[i], c) in does)) {
				does[list[i], c] = 1
				stack[++top] = list[i]
			}
	}
}

END {
	for (e in entry)
		walk(e)
	for (c in who)
		spread(c)
	for (i = 1; i <= asked_count; i++) {
		line = asked[i]
		if (line in cut) {
			print line, "cut"
			continue
		}
		for (c in who)
			if ((asked_at[i], c) in does)
				line = line " " c
		print line
	}
}
