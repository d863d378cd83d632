#include "proto/time.h"

#include "proto/cursor.h"

#include <string.h>

#define DAY_SECONDS    86400
#define YEAR_FIRST     1970
#define YEAR_LAST      9999
#define DAYS_IN_400_YR 146097

static const int month_days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
	return month_days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Leap days from year 1 up to the end of this year. */
static int64_t leap_days_through(int year)
{
	return year / 4 - year / 100 + year / 400;
}

static int64_t days_before_year(int year)
{
	return (int64_t)365 * (year - YEAR_FIRST) + leap_days_through(year - 1) -
	       leap_days_through(YEAR_FIRST - 1);
}

/* Exactly this many digits, which RFC 3339 pads with zeros. */
static int take_number(struct reader *reader, size_t digits, int low, int high, int *ret_value)
{
	const uint8_t *text = NULL;
	int value = 0;

	if (reader_view(reader, digits, &text) != 0)
		return -1;
	for (size_t i = 0; i < digits; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	if (value < low || value > high)
		return -1;
	*ret_value = value;
	return 0;
}

int time_parse(const char *text, size_t len, int64_t *ret_seconds)
{
	struct reader reader = reader_of(text, len);
	int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
	int64_t days = 0;

	if (take_number(&reader, 4, YEAR_FIRST, YEAR_LAST, &year) != 0 || reader_literal(&reader, "-") != 0 ||
		take_number(&reader, 2, 1, 12, &month) != 0 || reader_literal(&reader, "-") != 0 ||
		take_number(&reader, 2, 1, 31, &day) != 0 || reader_literal(&reader, "T") != 0 ||
		take_number(&reader, 2, 0, 23, &hour) != 0 || reader_literal(&reader, ":") != 0 ||
		take_number(&reader, 2, 0, 59, &minute) != 0 || reader_literal(&reader, ":") != 0 ||
		take_number(&reader, 2, 0, 59, &second) != 0 || reader_literal(&reader, "Z") != 0 ||
		reader_end(&reader) != 0 || day > days_in_month(year, month))
		return -1;
	days = days_before_year(year) + day - 1;
	for (int before = 1; before < month; before++)
		days += days_in_month(year, before);
	*ret_seconds = days * DAY_SECONDS + hour * 3600 + minute * 60 + second;
	return 0;
}

static void put_number(char *text, int value, size_t digits)
{
	for (size_t i = digits; i > 0; i--) {
		text[i - 1] = (char)('0' + value % 10);
		value /= 10;
	}
}

void time_format(int64_t seconds, char ret_text[TIME_SIZE])
{
	int64_t held = seconds < 0 ? 0 : seconds > TIME_LATEST ? TIME_LATEST : seconds;
	int64_t days = held / DAY_SECONDS;
	int rest = (int)(held % DAY_SECONDS), month = 1;
	int year = YEAR_FIRST + (int)(days * 400 / DAYS_IN_400_YR);

	while (days_before_year(year) > days)
		year--;
	while (days_before_year(year + 1) <= days)
		year++;
	days -= days_before_year(year);
	while (days >= days_in_month(year, month)) {
		days -= days_in_month(year, month);
		month++;
	}
	memcpy(ret_text, "0000-00-00T00:00:00Z", TIME_SIZE);
	put_number(ret_text, year, 4);
	put_number(ret_text + 5, month, 2);
	put_number(ret_text + 8, (int)days + 1, 2);
	put_number(ret_text + 11, rest / 3600, 2);
	put_number(ret_text + 14, rest / 60 % 60, 2);
	put_number(ret_text + 17, rest % 60, 2);
}

int64_t time_cut(int64_t seconds, int64_t step)
{
	int64_t over = seconds % step;

	return seconds - (over < 0 ? over + step : over);
}
