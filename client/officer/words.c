#include "words.h"

#include "client/terminal.h"
#include "proto/cursor.h"
#include "proto/event_content.h"
#include "proto/text.h"
#include "proto/time.h"

#include <ctype.h>
#include <string.h>

#define MINUTE    60
#define HOUR      3600
#define DAY       86400
#define AHEAD_MAX (INT64_C(10) * 366 * DAY)
#define CODE_SIZE 16

int text_operand(const struct invocation *invocation, size_t at, const char *what, struct buffer *out,
	struct failure *failure)
{
	const char *given = arguments_operand(invocation->arguments, at);

	if (strcmp(given, "-") != 0) {
		buffer_put_string(out, given);
		if (buffer_ok(out) != 0)
			return failure_set(failure, EX_DATAERR, "the text is too long: send it in parts");
	} else if (take_file("-", what, out->max - 1, out, failure) != 0) {
		return -1;
	}
	while (out->len > 0 && out->data[out->len - 1] == '\n')
		out->len--;
	if (out->len == 0)
		return failure_set(failure, EX_DATAERR, "%s is empty: write something", what);
	if (!text_is_lines((const char *)out->data, out->len))
		return failure_set(failure, EX_DATAERR,
			"%s must be plain UTF-8 text: leave out control characters", what);
	return 0;
}

int text_member(const struct invocation *invocation, size_t at, json_t *content, struct failure *failure)
{
	struct buffer text = buffer_of(CONTENT_TEXT_MAX + 1);
	int rc = -1;

	if (arguments_operand(invocation->arguments, at) == NULL)
		return 0;
	if (text_operand(invocation, at, "the text", &text, failure) == 0)
		rc = json_object_set_new(content, "text", json_stringn((const char *)text.data, text.len)) ==
				     0
			     ? 0
			     : failure_memory(failure);
	buffer_free(&text);
	return rc;
}

/* `+90m`, `+4h`, `+3d`. */
static int ahead_of(const char *text, int64_t now, int64_t *ret_time)
{
	struct reader reader = reader_of(text, strlen(text));
	uint64_t count = 0;
	uint8_t unit = 0;
	int64_t seconds;

	if (reader_literal(&reader, "+") != 0 || reader_decimal(&reader, &count) != 0 ||
		reader_u8(&reader, &unit) != 0 || reader_end(&reader) != 0 || count > AHEAD_MAX)
		return -1;
	seconds = unit == 'm' ? MINUTE : unit == 'h' ? HOUR : unit == 'd' ? DAY : 0;
	if (seconds == 0 || (int64_t)count > AHEAD_MAX / seconds)
		return -1;
	*ret_time = now + (int64_t)count * seconds;
	return 0;
}

int time_member(const struct invocation *invocation, const char *name, int64_t now, json_t *content,
	struct failure *failure)
{
	const char *given = arguments_option(invocation->arguments, name);
	char text[TIME_SIZE];
	int64_t when = 0;

	if (given == NULL)
		return failure_set(failure, EX_USAGE,
			"--%s is missing: give a time, like 2026-11-24T08:30:00Z or +4h", name);
	if (time_parse(given, strlen(given), &when) != 0 && ahead_of(given, now, &when) != 0)
		return failure_set(failure, EX_USAGE,
			"--%s isn't a time: give one like 2026-11-24T08:30:00Z or +4h", name);
	if (when <= now)
		return failure_set(failure, EX_DATAERR, "--%s has passed already: give a later time", name);
	time_format(when, text);
	return json_object_set_new(content, "until", json_string(text)) == 0 ? 0 : failure_memory(failure);
}

int code_member(
	const struct invocation *invocation, const char *name, json_t *content, struct failure *failure)
{
	const char *given = arguments_option(invocation->arguments, name);
	char code[CODE_SIZE];
	size_t len;

	if (given == NULL)
		return 0;
	len = strlen(given);
	if (len >= sizeof code)
		return failure_set(failure, EX_USAGE, "--%s isn't one of its codes: see --help", name);
	for (size_t at = 0; at <= len; at++)
		code[at] = (char)toupper((unsigned char)given[at]);
	return json_object_set_new(content, name, json_string(code)) == 0
		       ? 0
		       : failure_set(failure, EX_USAGE, "--%s isn't one of its codes: see --help", name);
}

void plain_where_asked(const struct invocation *invocation)
{
	if (arguments_flag(invocation->arguments, "plain") && !arguments_flag(invocation->arguments, "ascii"))
		display_choose(DISPLAY_PLAIN);
}
