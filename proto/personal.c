#include "proto/personal.h"

#include <string.h>

#define GROUPS_MAX     16
#define PHONE_LEAST    7 /* digits behind a + or a 0 */
#define GROUPED_LEAST  9 /* digits of a phone number without either */
#define NUMBER_LEAST   8 /* digits in one piece */
#define PASSPORT_LEAST 6 /* digits right behind one to three letters */
#define PREFIX_MAX     3
#define SEPARATORS_MAX 2 /* between two groups: `) ` */

/* Where the digits 0 to 9 of a script begin: Unicode's Nd, as far as phones and papers are written in it. */
static const uint32_t zeros[] = { '0', 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6,
	0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946,
	0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0,
	0xAA50, 0xABF0, 0xFF10 };

struct group {
	uint32_t value; /* cut at nine digits: dates and years are shorter */
	size_t digits;
	uint32_t before; /* the separator in front of it; 0 at the start */
};

/* Numbers that stand close together, as one. */
struct run {
	struct group groups[GROUPS_MAX];
	size_t count;
	bool has_plus;
	bool starts_with_zero;
	size_t letters; /* right before the first digit */
};

struct text {
	const uint8_t *at, *end;
};

/* One code point, 0 at the end; malformed bytes come as U+FFFD. */
static uint32_t next(struct text *text)
{
	static const uint32_t masks[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
	uint8_t first;
	size_t len;
	uint32_t point;

	if (text->at == text->end)
		return 0;
	first = *text->at++;
	len = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
	if (len == 0)
		return 0xFFFD;
	point = first & masks[len];
	while (--len > 0) {
		if (text->at == text->end || *text->at >> 6 != 2)
			return 0xFFFD;
		point = point << 6 | (*text->at++ & 0x3Fu);
	}
	return point == 0 ? 0xFFFD : point;
}

/* 0 to 9; 10 for what isn't a digit. */
static uint32_t digit_of(uint32_t point)
{
	for (size_t at = 0; at < COUNT_OF(zeros); at++)
		if (point >= zeros[at] && point < zeros[at] + 10)
			return point - zeros[at];
	return 10;
}

static bool is_letter(uint32_t point)
{
	return (point >= 'A' && point <= 'Z') || (point >= 'a' && point <= 'z');
}

static bool is_separator(uint32_t point)
{
	switch (point) {
	case ' ':
	case '-':
	case '.':
	case '/':
	case '(':
	case ')':
	case ',':
	case 0x00A0: /* no-break space */
	case 0x2009: /* thin space */
	case 0x2010: /* hyphen */
	case 0x2011: /* non-breaking hyphen */
	case 0x202F: /* narrow no-break space */
		return true;
	default:
		return false;
	}
}

static size_t digits_in(const struct run *run)
{
	size_t digits = 0;

	for (size_t at = 0; at < run->count; at++)
		digits += run->groups[at].digits;
	return digits;
}

static void take_out(struct run *run, size_t at, size_t count)
{
	memmove(&run->groups[at], &run->groups[at + count],
		(run->count - at - count) * sizeof run->groups[0]);
	run->count -= count;
}

static bool is_year(const struct group *group)
{
	return group->digits == 4 && group->value >= 1900 && group->value < 2100;
}

static bool is_day(const struct group *group)
{
	return group->digits <= 2 && group->value >= 1 && group->value <= 31;
}

static bool is_month(const struct group *group)
{
	return group->digits <= 2 && group->value >= 1 && group->value <= 12;
}

/* 2026-11-24, 24.11.2026, and in the calendars in which the year is 1447 or 2569 too; 11/24/26 only where
 * nothing else is there, for a phone number may be written in pairs. */
static bool is_date(const struct group *groups, bool is_all)
{
	const struct group *first = &groups[0], *middle = &groups[1], *last = &groups[2];
	bool is_divided = middle->before == last->before;

	if (!is_divided)
		return false;
	if (first->digits == 4)
		return is_month(middle) && is_day(last);
	if (last->digits == 4 || (last->digits == 2 && is_all))
		return (is_day(first) && is_month(middle)) || (is_month(first) && is_day(middle));
	return false;
}

/* 20261124, 24112026 */
static bool is_joined_date(const struct group *group)
{
	uint32_t value = group->value, year = value / 10000, month = value / 100 % 100, day = value % 100;

	if (group->digits != 8)
		return false;
	if (year >= 1900 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31)
		return true;
	year = value % 10000;
	month = value / 10000 % 100;
	day = value / 1000000;
	return year >= 1900 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* 1.500.000 and 250 000 000: thousands, whatever divides them. */
static bool is_sum(const struct run *run)
{
	if (run->count < 2 || run->has_plus || run->starts_with_zero || run->groups[0].digits > 3)
		return false;
	for (size_t at = 1; at < run->count; at++)
		if (run->groups[at].digits != 3 || run->groups[at].before != run->groups[1].before)
			return false;
	return run->groups[1].before == ',' || run->groups[1].before == '.' ||
	       run->groups[run->count - 1].value == 0;
}

static void take_out_dates(struct run *run)
{
	for (size_t at = 0; at + 3 <= run->count;) {
		if (is_date(&run->groups[at], run->count == 3))
			take_out(run, at, 3);
		else
			at++;
	}
	for (size_t at = 0; at < run->count;) {
		if (is_year(&run->groups[at]) || is_joined_date(&run->groups[at]))
			take_out(run, at, 1);
		else
			at++;
	}
}

static unsigned judge(struct run *run)
{
	size_t digits, longest = 0;

	if (run->count == 0)
		return 0;
	if (run->letters >= 1 && run->letters <= PREFIX_MAX && run->groups[0].digits >= PASSPORT_LEAST)
		return PERSONAL_NUMBER;
	if (run->has_plus && digits_in(run) >= PHONE_LEAST)
		return PERSONAL_PHONE;
	if (is_sum(run))
		return 0;
	take_out_dates(run);
	digits = digits_in(run);
	for (size_t at = 0; at < run->count; at++)
		longest = run->groups[at].digits > longest ? run->groups[at].digits : longest;
	if (run->starts_with_zero && digits >= PHONE_LEAST)
		return PERSONAL_PHONE;
	if (run->count > 1 && digits >= GROUPED_LEAST)
		return PERSONAL_PHONE;
	return longest >= NUMBER_LEAST ? PERSONAL_NUMBER : 0;
}

/* Digits that follow one another. The first is at hand; *ret_after is the code point behind them. */
static struct group take_group(struct text *text, uint32_t first, uint32_t before, uint32_t *ret_after)
{
	struct group group = { .before = before };
	uint32_t point = first;

	for (; digit_of(point) < 10; point = next(text)) {
		if (group.digits < 9)
			group.value = group.value * 10 + digit_of(point);
		group.digits++;
	}
	*ret_after = point;
	return group;
}

/* All groups from the first digit on. Returns the code point behind them. */
static uint32_t take_run(struct text *text, uint32_t first, struct run *run)
{
	uint32_t point = first, before = 0;

	run->starts_with_zero = digit_of(first) == 0;
	while (run->count < GROUPS_MAX) {
		size_t separators = 0;

		run->groups[run->count++] = take_group(text, point, before, &point);
		for (before = point; separators < SEPARATORS_MAX && is_separator(point); separators++)
			point = next(text);
		/* A time of day is no part of it. */
		if (separators == 0 || digit_of(point) == 10)
			break;
	}
	return point;
}

static unsigned find_numbers(struct text text)
{
	unsigned found = 0;
	uint32_t point = next(&text);
	struct run run = { .count = 0 };

	while (point != 0) {
		if (digit_of(point) < 10) {
			point = take_run(&text, point, &run);
			found |= judge(&run);
			run = (struct run){ .count = 0 };
			continue;
		}
		run.has_plus =
			point == '+' || point == 0xFF0B || (run.has_plus && (point == '(' || point == ' '));
		run.letters = is_letter(point) ? run.letters + 1 : 0;
		point = next(&text);
	}
	return found;
}

static bool is_of_address(uint32_t point)
{
	return is_letter(point) || digit_of(point) < 10 || point == '-' || point == '_' || point == '.' ||
	       point == '+' || (point >= 0x80 && point != 0xFFFD && !is_separator(point) && point < 0x2000);
}

/* Something, an at sign, and behind it a name with a dot and at least two letters. */
static bool has_email(struct text text)
{
	bool was_of_address = false;
	uint32_t point = next(&text);

	while (point != 0) {
		bool is_at = point == '@' || point == 0xFF20;

		if (is_at && was_of_address) {
			bool has_dot = false;
			size_t behind = 0;

			for (point = next(&text); is_of_address(point); point = next(&text)) {
				if (point == '.') {
					has_dot = true;
					behind = 0;
				} else {
					behind++;
				}
				if (has_dot && behind >= 2)
					return true;
			}
			was_of_address = false;
			continue;
		}
		was_of_address = is_of_address(point) && point != '.';
		point = next(&text);
	}
	return false;
}

unsigned personal_find(const char *text, size_t len)
{
	struct text whole = { (const uint8_t *)text, (const uint8_t *)text + len };

	return find_numbers(whole) | (has_email(whole) ? PERSONAL_EMAIL : 0);
}
