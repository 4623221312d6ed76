// SPDX-License-Identifier: GPL-2.0-only
/* Lines of HAProxy's configuration as words, and its conditions. What is expected is what HAProxy 2.6
 * makes of the same lines. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_plus.h"
#include "user/config/haproxy_condition.h"
#include "user/config/haproxy_words.h"

static struct haproxy_environment environment;
static struct haproxy_words words;

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(haproxy_environment_set(&environment, "A", "x y"), 0);
	assert_int_equal(haproxy_environment_set(&environment, "B", "old"), 0);
	assert_int_equal(haproxy_environment_set(&environment, "B", "b"), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	haproxy_environment_clear(&environment);
	return 0;
}

/* The words between bars. */
static void expect(const char *line, const char *expected)
{
	char found[1024] = "";

	assert_int_equal(haproxy_split(line, strlen(line), &environment, &words), 0);
	for (size_t i = 0; i < words.count; i++) {
		strcat(found, i ? "|" : "");
		strcat(found, words.word[i]);
	}
	assert_string_equal(found, expected);
	assert_string_equal(haproxy_word(&words, words.count), "");
}

static void test_blanks(void **state)
{
	(void)state;
	expect("", "");
	expect("  \t server\ta  b\v c\r\n", "server|a|b|c");
	expect("a\nb", "a");
	assert_int_equal(words.length, 1);
	expect("a b # c", "a|b");
	assert_int_equal(words.length, 4);
	expect("a#b", "a");
	expect("# all", "");
}

static void test_quoted(void **state)
{
	(void)state;
	expect("a' b'c\" d\"e", "a bc de");
	expect("'a\\b\\'c", "a\\b\\c");
	expect("\"a#b\"#c", "a#b");
	expect("'' a \"\"", "|a|");
	expect("\"it's\" 'say \"x\"'", "it's|say \"x\"");
}

static void test_escapes(void **state)
{
	(void)state;
	expect("a\\ b\\#c\\\\d", "a b#c\\d");
	expect("\\\"a\\'", "\"a'");
	expect("a\\x41b\\n\\t", "aAb\n\t");
	expect("a\\q\\", "a\\q\\");
	expect("\"a\\\"b\\$B\"", "a\"b$B");
	expect("a\\$B", "a\\$B");
}

static void test_variables(void **state)
{
	(void)state;
	expect("$B ${B} '$B'", "$B|${B}|$B");
	expect("\"$B-${B}.x\"", "b-b.x");
	expect("\"$A\" \"${A[*]}\"", "x y|x|y");
	expect("\"${B-other}\" \"${NO-other}\" \"$NO\"", "b|${NO-other}|$NO");
	expect("\"${B\" \"$\" \"$1\" \"${}\"", "${B|$|$1|${}");
}

static void test_refused(void **state)
{
	static const char *const lines[] = { "server a\"b", "server 'a", "server \\xy",
					     "server \\x4", "server \\x00" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
		assert_int_equal(haproxy_split(lines[i], strlen(lines[i]), &environment, &words),
				 -EINVAL);
		assert_string_equal(haproxy_word(&words, 0), "server");
	}
}

static void test_bounds(void **state)
{
	static char line[2 * HAPROXY_LINE_BYTES];

	(void)state;
	for (size_t i = 0; i + 1 < 2 * (HAPROXY_WORDS_MOST + 1); i += 2)
		memcpy(line + i, "a ", 2);
	expect("a", "a");
	assert_false(words.is_cut);
	assert_int_equal(haproxy_split(line, strlen(line), &environment, &words), 0);
	assert_int_equal(words.count, HAPROXY_WORDS_MOST);
	assert_true(words.is_cut);
	memset(line, 'x', sizeof(line) - 1);
	assert_int_equal(haproxy_split(line, strlen(line), &environment, &words), 0);
	assert_int_equal(words.count, 1);
	assert_int_equal(strlen(words.word[0]), HAPROXY_LINE_BYTES - 1);
	assert_true(words.is_cut);
	assert_int_equal(haproxy_split("a\0b c", 5, &environment, &words), 0);
	assert_int_equal(words.count, 1);
}

static void test_expand(void **state)
{
	char text[8];

	(void)state;
	assert_true(haproxy_environment_expand(&environment, "${B}:$B", text, sizeof(text)));
	assert_string_equal(text, "b:b");
	assert_true(haproxy_environment_expand(&environment, "$NO", text, sizeof(text)));
	assert_string_equal(text, "$NO");
	assert_false(haproxy_environment_expand(&environment, "1234567890", text, sizeof(text)));
	assert_string_equal(text, "1234567");
}

static void test_environment_bounds(void **state)
{
	static struct haproxy_environment many;
	char name[32];

	(void)state;
	for (int i = 0; i < HAPROXY_VARIABLES_MOST + 5; i++) {
		snprintf(name, sizeof(name), "V%d", i);
		assert_int_equal(haproxy_environment_set(&many, name, name), 0);
	}
	assert_int_equal(many.count, HAPROXY_VARIABLES_MOST);
	assert_string_equal(haproxy_environment_get(&many, "V12x", 3), "V12");
	assert_null(haproxy_environment_get(&many, "V", 1));
	haproxy_environment_clear(&many);
	assert_int_equal(many.count, 0);
}

static void test_conditions(void **state)
{
	static const struct {
		const char *text;
		enum haproxy_truth truth;
	} cases[] = {
		{ "", HAPROXY_FALSE },
		{ "0", HAPROXY_FALSE },
		{ "12", HAPROXY_TRUE },
		{ "true", HAPROXY_TRUE },
		{ "!true", HAPROXY_FALSE },
		{ "!!1", HAPROXY_TRUE },
		{ "defined(B)", HAPROXY_TRUE },
		{ "defined(NO)", HAPROXY_UNKNOWN },
		{ "feature(OPENSSL)", HAPROXY_UNKNOWN },
		{ "!version_atleast(2.4)", HAPROXY_UNKNOWN },
		{ "feature(A)||1", HAPROXY_TRUE },
		{ "feature(A)&&0", HAPROXY_FALSE },
		{ "feature(A)&&1", HAPROXY_UNKNOWN },
		{ "0||0&&1", HAPROXY_FALSE },
		{ "(0||1)&&!(0)", HAPROXY_TRUE },
		{ "streq(a,a)", HAPROXY_TRUE },
		{ "streq(a,b)", HAPROXY_FALSE },
		{ "strneq(a,b)", HAPROXY_TRUE },
		{ "streq($NO,b)", HAPROXY_UNKNOWN },
		{ "streq(a", HAPROXY_UNKNOWN },
		{ "(1", HAPROXY_UNKNOWN },
		{ "1)", HAPROXY_UNKNOWN },
		{ "1||", HAPROXY_TRUE },
		{ ")", HAPROXY_UNKNOWN },
		{ "((((((((((((((((((((1))))))))))))))))))))", HAPROXY_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		if (haproxy_condition_evaluate(cases[i].text, &environment) != cases[i].truth)
			fail_msg("%s", cases[i].text);
	}
}

static enum haproxy_directive take(struct haproxy_conditions *conditions, const char *line)
{
	assert_int_equal(haproxy_split(line, strlen(line), &environment, &words), 0);
	return haproxy_conditions_take(conditions, &words, &environment);
}

static void test_branches(void **state)
{
	struct haproxy_conditions conditions = { 0 };

	(void)state;
	assert_int_equal(take(&conditions, "server a b"), HAPROXY_NO_DIRECTIVE);
	assert_int_equal(take(&conditions, ".endif"), HAPROXY_DIRECTIVE);
	assert_int_equal(take(&conditions, ".if 0"), HAPROXY_DIRECTIVE);
	assert_false(haproxy_conditions_read(&conditions));
	/* Within what is not read nothing matters. */
	assert_int_equal(take(&conditions, ".if feature(X)"), HAPROXY_DIRECTIVE);
	assert_false(haproxy_conditions_read(&conditions));
	take(&conditions, ".endif");
	assert_int_equal(take(&conditions, ".elif feature(X)"), HAPROXY_DIRECTIVE_UNKNOWN);
	assert_true(haproxy_conditions_read(&conditions));
	assert_int_equal(take(&conditions, ".elif true"), HAPROXY_DIRECTIVE);
	assert_true(haproxy_conditions_read(&conditions));
	take(&conditions, ".else");
	assert_false(haproxy_conditions_read(&conditions));
	take(&conditions, ".endif");
	assert_true(haproxy_conditions_read(&conditions));
	assert_int_equal(take(&conditions, ".notice \"hello\""), HAPROXY_DIRECTIVE);
}

static void test_deep_branches(void **state)
{
	struct haproxy_conditions conditions = { 0 };

	(void)state;
	for (int i = 0; i < HAPROXY_CONDITIONS_MOST; i++)
		assert_int_equal(take(&conditions, ".if 1"), HAPROXY_DIRECTIVE);
	assert_int_equal(take(&conditions, ".if 0"), HAPROXY_DIRECTIVE_UNKNOWN);
	assert_true(haproxy_conditions_read(&conditions));
	take(&conditions, ".else");
	assert_true(haproxy_conditions_read(&conditions));
	take(&conditions, ".endif");
	take(&conditions, ".else");
	assert_false(haproxy_conditions_read(&conditions));
	for (int i = 0; i < HAPROXY_CONDITIONS_MOST; i++)
		take(&conditions, ".endif");
	assert_int_equal(conditions.depth, 0);
	assert_true(haproxy_conditions_read(&conditions));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blanks),	      cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_escapes),	      cmocka_unit_test(test_variables),
		cmocka_unit_test(test_refused),	      cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_expand),	      cmocka_unit_test(test_environment_bounds),
		cmocka_unit_test(test_conditions),    cmocka_unit_test(test_branches),
		cmocka_unit_test(test_deep_branches),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
