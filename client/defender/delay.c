#include "delay.h"

#include "proto/cursor.h"

#include <sodium.h>
#include <string.h>

static int wrong(struct failure *failure)
{
	return failure_set(
		failure, EX_USAGE, "--delay is a time such as 90m, 6h or 2d: give one of at most 7d");
}

static int64_t unit_of(char letter)
{
	return letter == 'm' ? 60 : letter == 'h' ? 3600 : letter == 'd' ? 86400 : 0;
}

int delay_of(const struct arguments *arguments, int64_t *ret_seconds, struct failure *failure)
{
	const char *text = arguments_option(arguments, "delay");
	size_t len = text == NULL ? 0 : strlen(text);
	struct reader reader = reader_of(text, len == 0 ? 0 : len - 1);
	uint64_t number;
	int64_t unit;

	*ret_seconds = 0;
	if (text == NULL)
		return 0;
	unit = len == 0 ? 0 : unit_of(text[len - 1]);
	if (unit == 0 || reader_decimal(&reader, &number) != 0 || reader_end(&reader) != 0 || number == 0 ||
		number > DELAY_MAX_S / (uint64_t)unit)
		return wrong(failure);
	if (arguments_option(arguments, "out") != NULL || arguments_option(arguments, "memory") != NULL)
		return failure_set(failure, EX_USAGE,
			"--delay needs the queue of a home: leave out --out and --memory, or --delay");
	*ret_seconds = (int64_t)number * unit;
	return 0;
}

int64_t delay_moment(int64_t now, int64_t window)
{
	return now + 1 + (int64_t)randombytes_uniform((uint32_t)window);
}

bool delay_is_over(int64_t not_before, int64_t now)
{
	return not_before <= now || not_before > now + DELAY_MAX_S + 1;
}
