#include "period.h"

#include "proto/time.h"

#include <stdio.h>
#include <string.h>

#define DAY             86400
#define CYCLE_MONTH     5
#define QUARTERS_A_YEAR 4
#define MONTHS          3 /* of a quarter */

static int64_t time_of_date(int year, int month, int day)
{
	char text[TIME_SIZE + 32];
	int64_t seconds = 0;

	(void)snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
	return time_parse(text, strlen(text), &seconds) == 0 ? seconds : 0;
}

static void date_of(int64_t seconds, int *ret_year, int *ret_month)
{
	char text[TIME_SIZE];

	time_format(seconds, text);
	*ret_year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0';
	*ret_month = (text[5] - '0') * 10 + text[6] - '0';
}

int64_t quarter_at(int64_t seconds, int quarters_on)
{
	int year, month, quarter;

	date_of(seconds, &year, &month);
	quarter = (month - 1) / MONTHS + quarters_on + QUARTERS_A_YEAR;
	return time_of_date(year - 1 + quarter / QUARTERS_A_YEAR, quarter % QUARTERS_A_YEAR * MONTHS + 1, 1);
}

struct period period_of_quarters(int64_t from, int64_t last)
{
	return (struct period){ quarter_at(from, 0), quarter_at(last, 1) };
}

struct period period_of_last_year(int64_t now)
{
	return (struct period){ quarter_at(now, -QUARTERS_A_YEAR), quarter_at(now, 1) };
}

/* The one in which this moment lies, or one so many years before it. */
static struct period cycle_at(int64_t seconds, int years_before)
{
	int year, month;

	date_of(seconds, &year, &month);
	year -= years_before + (month < CYCLE_MONTH);
	return (struct period){ time_of_date(year, CYCLE_MONTH, 1), time_of_date(year + 1, CYCLE_MONTH, 1) };
}

struct period period_of_reprisals(struct period period, int64_t now)
{
	if (period_is_final(period, now))
		return cycle_at(period.to, 1);
	return cycle_at(period.to <= now ? period.to - 1 : now, 0);
}

int64_t period_cut_off(struct period period)
{
	return period.to + (int64_t)PERIOD_GRACE_DAYS * DAY;
}

bool period_is_final(struct period period, int64_t now)
{
	return now >= period_cut_off(period);
}

bool periods_overlap(struct period one, struct period other)
{
	return one.from < other.to && other.from < one.to;
}

static void date_text(int64_t seconds, char ret_date[DATE_SIZE])
{
	char text[TIME_SIZE];

	time_format(seconds, text);
	memcpy(ret_date, text, DATE_SIZE - 1);
	ret_date[DATE_SIZE - 1] = '\0';
}

void period_dates(struct period period, char ret_first[DATE_SIZE], char ret_last[DATE_SIZE])
{
	date_text(period.from, ret_first);
	date_text(period.to - 1, ret_last);
}
