// SPDX-License-Identifier: GPL-2.0-only
#include "user/config/haproxy_condition.h"

#include <string.h>

#include "user/config/config.h"

#define EXPRESSION_BYTES 1024

struct expression {
	const char *at;
	const struct haproxy_environment *environment;
	unsigned int depth;
	bool is_bad; /* its end is not known: nothing behind it counts */
};

static enum haproxy_truth evaluate_or(struct expression *expression);

static enum haproxy_truth negate(enum haproxy_truth truth)
{
	if (truth == HAPROXY_UNKNOWN)
		return truth;
	return truth == HAPROXY_TRUE ? HAPROXY_FALSE : HAPROXY_TRUE;
}

static enum haproxy_truth truth_of(bool is_true)
{
	return is_true ? HAPROXY_TRUE : HAPROXY_FALSE;
}

static bool takes(struct expression *expression, const char *text)
{
	size_t length = strlen(text);

	if (strncmp(expression->at, text, length) != 0)
		return false;
	expression->at += length;
	return true;
}

/* What stands between "name(" and its ")". */
static bool take_arguments(struct expression *expression, const char **arguments, size_t *length)
{
	*arguments = expression->at;
	*length = strcspn(expression->at, ")");
	if (!expression->at[*length]) {
		expression->is_bad = true;
		return false;
	}
	expression->at += *length + 1;
	return true;
}

static enum haproxy_truth is_defined(struct expression *expression)
{
	const char *name;
	size_t length;

	if (!take_arguments(expression, &name, &length))
		return HAPROXY_UNKNOWN;
	if (haproxy_environment_get(expression->environment, name, length))
		return HAPROXY_TRUE;
	return HAPROXY_UNKNOWN;
}

static enum haproxy_truth is_same(struct expression *expression)
{
	const char *left, *comma;
	size_t length, left_length, right_length;

	if (!take_arguments(expression, &left, &length))
		return HAPROXY_UNKNOWN;
	comma = memchr(left, ',', length);
	if (!comma || memchr(left, '$', length))
		return HAPROXY_UNKNOWN;
	left_length = (size_t)(comma - left);
	right_length = length - left_length - 1;
	return truth_of(left_length == right_length && !memcmp(left, comma + 1, left_length));
}

static enum haproxy_truth evaluate_number(struct expression *expression)
{
	bool is_true = false;

	for (; *expression->at >= '0' && *expression->at <= '9'; expression->at++)
		is_true |= *expression->at != '0';
	return truth_of(is_true);
}

static enum haproxy_truth evaluate_call(struct expression *expression)
{
	const char *arguments;
	size_t length;

	if (takes(expression, "defined("))
		return is_defined(expression);
	if (takes(expression, "streq("))
		return is_same(expression);
	if (takes(expression, "strneq("))
		return negate(is_same(expression));
	if (takes(expression, "true"))
		return HAPROXY_TRUE;
	if (takes(expression, "false"))
		return HAPROXY_FALSE;
	expression->at += strcspn(expression->at, "()&|");
	if (takes(expression, "("))
		take_arguments(expression, &arguments, &length);
	return HAPROXY_UNKNOWN;
}

static enum haproxy_truth evaluate_factor(struct expression *expression)
{
	enum haproxy_truth truth;
	bool is_negated = false;

	while (takes(expression, "!"))
		is_negated = !is_negated;
	if (takes(expression, "(")) {
		if (++expression->depth > CONFIG_DEPTH_MOST) {
			expression->is_bad = true;
			return HAPROXY_UNKNOWN;
		}
		truth = evaluate_or(expression);
		expression->depth--;
		if (!takes(expression, ")"))
			expression->is_bad = true;
	} else if (*expression->at >= '0' && *expression->at <= '9') {
		truth = evaluate_number(expression);
	} else {
		truth = evaluate_call(expression);
	}
	return is_negated ? negate(truth) : truth;
}

static enum haproxy_truth evaluate_and(struct expression *expression)
{
	enum haproxy_truth truth = evaluate_factor(expression);

	while (!expression->is_bad && takes(expression, "&&")) {
		enum haproxy_truth right = evaluate_factor(expression);

		if (truth == HAPROXY_FALSE || right == HAPROXY_FALSE)
			truth = HAPROXY_FALSE;
		else if (right == HAPROXY_UNKNOWN)
			truth = right;
	}
	return truth;
}

static enum haproxy_truth evaluate_or(struct expression *expression)
{
	enum haproxy_truth truth = evaluate_and(expression);

	while (!expression->is_bad && takes(expression, "||")) {
		enum haproxy_truth right = evaluate_and(expression);

		if (truth == HAPROXY_TRUE || right == HAPROXY_TRUE)
			truth = HAPROXY_TRUE;
		else if (right == HAPROXY_UNKNOWN)
			truth = right;
	}
	return truth;
}

enum haproxy_truth haproxy_condition_evaluate(const char *text,
					      const struct haproxy_environment *environment)
{
	struct expression expression = { .at = text, .environment = environment };
	enum haproxy_truth truth;

	if (!*text)
		return HAPROXY_FALSE;
	truth = evaluate_or(&expression);
	return expression.is_bad || *expression.at ? HAPROXY_UNKNOWN : truth;
}

bool haproxy_conditions_read(const struct haproxy_conditions *conditions)
{
	return !conditions->depth || conditions->open[conditions->depth - 1].is_read;
}

/* The words behind the first, without blanks between; none that is longer is known. */
static enum haproxy_truth evaluate_words(const struct haproxy_words *words,
					 const struct haproxy_environment *environment)
{
	char text[EXPRESSION_BYTES];
	size_t used = 0;

	for (size_t i = 1; i < words->count; i++) {
		size_t length = strlen(words->word[i]);

		if (used + length >= sizeof(text))
			return HAPROXY_UNKNOWN;
		memcpy(text + used, words->word[i], length);
		used += length;
	}
	text[used] = '\0';
	return words->is_cut ? HAPROXY_UNKNOWN : haproxy_condition_evaluate(text, environment);
}

static enum haproxy_directive begin_branch(struct haproxy_condition *condition,
					   enum haproxy_truth truth)
{
	bool matters = condition->is_outer_read && !condition->is_decided;

	condition->is_read = matters && truth != HAPROXY_FALSE;
	condition->is_decided |= truth == HAPROXY_TRUE;
	return matters && truth == HAPROXY_UNKNOWN ? HAPROXY_DIRECTIVE_UNKNOWN : HAPROXY_DIRECTIVE;
}

static enum haproxy_directive open_condition(struct haproxy_conditions *conditions,
					     const struct haproxy_words *words,
					     const struct haproxy_environment *environment)
{
	struct haproxy_condition *condition = &conditions->open[conditions->depth];
	bool is_outer_read = haproxy_conditions_read(conditions);

	if (conditions->depth == HAPROXY_CONDITIONS_MOST) {
		conditions->beyond++;
		return is_outer_read ? HAPROXY_DIRECTIVE_UNKNOWN : HAPROXY_DIRECTIVE;
	}
	*condition = (struct haproxy_condition){ .is_outer_read = is_outer_read };
	conditions->depth++;
	return begin_branch(condition, evaluate_words(words, environment));
}

enum haproxy_directive haproxy_conditions_take(struct haproxy_conditions *conditions,
					       const struct haproxy_words *words,
					       const struct haproxy_environment *environment)
{
	const char *word = haproxy_word(words, 0);
	struct haproxy_condition *condition;

	if (*word != '.')
		return HAPROXY_NO_DIRECTIVE;
	if (!strcmp(word, ".if"))
		return open_condition(conditions, words, environment);
	if (conditions->beyond) {
		conditions->beyond -= !strcmp(word, ".endif");
		return HAPROXY_DIRECTIVE;
	}
	if (!conditions->depth)
		return HAPROXY_DIRECTIVE;
	condition = &conditions->open[conditions->depth - 1];
	if (!strcmp(word, ".elif"))
		return begin_branch(condition, evaluate_words(words, environment));
	if (!strcmp(word, ".else"))
		begin_branch(condition, HAPROXY_TRUE);
	if (!strcmp(word, ".endif"))
		conditions->depth--;
	return HAPROXY_DIRECTIVE;
}
