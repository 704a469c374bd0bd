/* SPDX-License-Identifier: ISC */
/* The lexer: what is one word, and where it stands. */
#include "util.h"

#include "../../src/policy/lex.h"

/* The words of one line, joined by '|'. */
static void check_words(const char *text, const char *expected)
{
	struct arena arena = { 0 };
	struct ambit_error err = { 0 };
	struct lexer lx = { .arena = &arena, .err = &err };
	struct buf out = { 0 };
	struct unit u;

	lex_init(&lx, "t", text, strlen(text));
	CHECK_INT(lex_unit(&lx, &u), AMBIT_OK);
	for (size_t i = 0; i < u.count; i++) {
		buf_add_string(&out, i ? "|" : "");
		buf_add(&out, u.words[i].text, u.words[i].length);
	}
	CHECK_STR(buf_text(&out), expected);
	buf_done(&out);
	arena_done(&arena);
}

TEST(words)
{
	check_words("", "");
	check_words("  \t ", "");
	check_words("a", "a");
	check_words(" a\tbc  d ", "a|bc|d");
	check_words("a # b c", "a");
	check_words("a#b c", "a#b|c");
	check_words("a \"b c\" 'd e'", "a|b c|d e");
	check_words("A=\"b c\"d'e f'", "A=b cde f");
	check_words("'a\\n\"' \"'\"", "a\\n\"|'");
	check_words("a\\ b \\# \\{ \\\"x\\'", "a b|#|{|\"x'");
	check_words("\"\\\"\\\\\\n\\r\\t\\x41\\xff\"", "\"\\\n\r\tA\xff");
	check_words("\"\" ''", "|");
	check_words("'{' \"}\" '#'", "{|}|#");
	check_words("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		    "caf\xc3\xa9|\xe2\x82\xac|\xf0\x9f\x98\x80");
	check_words("'\xff\x1b'", "\xff\x1b");
	check_words("a;b $c (d)", "a;b|$c|(d)");
}

TEST(places)
{
	static const char text[] = "one  'two' # x\n\n\t{ three\n}";
	static const struct {
		size_t count;
		enum unit_end end;
		uint32_t line, column; /* of the last word, or of the brace */
		bool fresh;
	} units[] = {
		{ 2, UNIT_LINE, 1, 6, true },  { 0, UNIT_LINE, 0, 0, true },
		{ 0, UNIT_OPEN, 3, 2, true },  { 1, UNIT_LINE, 3, 4, false },
		{ 0, UNIT_CLOSE, 4, 1, true }, { 0, UNIT_END, 0, 0, false },
	};
	struct arena arena = { 0 };
	struct ambit_error err = { 0 };
	struct lexer lx = { .arena = &arena, .err = &err };
	struct unit u;

	lex_init(&lx, "t", text, sizeof(text) - 1);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		const struct word *word = &u.brace;

		CHECK_INT(lex_unit(&lx, &u), AMBIT_OK);
		CHECK_INT(u.count, units[i].count);
		CHECK_INT(u.end, units[i].end);
		CHECK_INT(u.fresh, units[i].fresh);
		if (u.count)
			word = &u.words[u.count - 1];
		if (units[i].line) {
			CHECK_INT(word->line, units[i].line);
			CHECK_INT(word->column, units[i].column);
		}
	}
	CHECK_INT(lex_unit(&lx, &u), AMBIT_OK);
	CHECK_INT(u.end, UNIT_END);
	arena_done(&arena);
}

/* The limits are inclusive: one byte less than what errors.c sees refused. */
TEST(longest_line)
{
	struct ambit_policy p = { 0 };
	char text[8193];

	memset(text, '#', 8192);
	text[8192] = '\n';
	CHECK_INT(parse_from(&p, text, sizeof(text), (struct text_origin){ "t", "/", NULL, false },
			     NULL),
		  AMBIT_OK);
	memset(text, 'a', 8192);
	memcpy(text, "read /", 6);
	CHECK_INT(
		parse_from(&p, text, 5 + 4095, (struct text_origin){ "t", "/", NULL, false }, NULL),
		AMBIT_OK);
	CHECK_INT(strlen(p.grants[0].path), 4095);
	policy_done(&p);
}
