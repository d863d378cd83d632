#include "first_screen.h"

#include "client/terminal.h"
#include "proto/cursor.h"

#include <string.h>

#define MINUTES_A_DAY 1440
#define DAY_SECONDS   86400
#define NOT_ANSWERED  "not answered"

static void put_text(struct buffer *out, const char *text)
{
	terminal_safe(text, strlen(text), out);
}

/* Codes and texts of an array in a row; anything else alone. */
static void put_value(struct buffer *out, const json_t *value)
{
	size_t at;
	const json_t *each;

	if (json_is_string(value)) {
		put_text(out, json_string_value(value));
	} else if (json_is_array(value)) {
		json_array_foreach(value, at, each)
		{
			if (at > 0)
				buffer_put_string(out, ", ");
			put_value(out, each);
		}
	} else {
		buffer_put_string(out, NOT_ANSWERED);
	}
}

static void put_line(struct buffer *out, const char *label, const json_t *value)
{
	buffer_put_format(out, "%s: ", label);
	put_value(out, value);
	buffer_put_string(out, "\n");
}

/* Two digits, a colon, two digits: checked by the schema. */
static int minutes_of(const char *clock)
{
	return ((clock[0] - '0') * 10 + clock[1] - '0') * 60 + (clock[3] - '0') * 10 + clock[4] - '0';
}

static bool has_day(int64_t days, int64_t day)
{
	/* 1970-01-01 was a Thursday; Monday is bit 1. */
	return ((days >> ((day % 7 + 10) % 7)) & 1) != 0;
}

static bool is_in_window(const json_t *window, int64_t now)
{
	const char *from = json_string_value(json_object_get(window, "from"));
	const char *to = json_string_value(json_object_get(window, "to"));
	const char *offset = json_string_value(json_object_get(window, "utc_offset"));
	int64_t days = json_integer_value(json_object_get(window, "days")), local, day, minute;

	if (from == NULL || to == NULL || offset == NULL || strlen(from) < 5 || strlen(to) < 5 ||
		strlen(offset) < 6)
		return false;
	local = now + (offset[0] == '-' ? -60 : 60) * minutes_of(offset + 1);
	day = local / DAY_SECONDS;
	minute = local % DAY_SECONDS / 60;
	if (minutes_of(from) <= minutes_of(to))
		return has_day(days, day) && minute >= minutes_of(from) && minute < minutes_of(to);
	return (has_day(days, day) && minute >= minutes_of(from)) ||
	       (has_day(days, day + 6) && minute < minutes_of(to));
}

bool window_is_open(const json_t *windows, int64_t now)
{
	size_t at;
	const json_t *window;

	json_array_foreach(windows, at, window)
	{
		if (is_in_window(window, now))
			return true;
	}
	return false;
}

static void put_contact(struct buffer *out, const json_t *contact, int64_t now)
{
	const json_t *channel;
	size_t at;

	put_line(out, "Contact", json_object_get(contact, "mode"));
	json_array_foreach(json_object_get(contact, "channels"), at, channel)
	{
		const json_t *windows = json_object_get(channel, "windows");

		buffer_put_string(out, "  channel: ");
		put_value(out, json_object_get(channel, "type"));
		buffer_put_string(out, "\n");
		if (json_is_string(json_object_get(channel, "handle")))
			put_line(out, "  at", json_object_get(channel, "handle"));
		put_line(out, "  others can see it", json_object_get(channel, "others_can_see"));
		buffer_put_format(out, "  safe to contact now: %s\n",
			json_array_size(windows) == 0  ? "UNKNOWN, no time was given"
			: window_is_open(windows, now) ? "YES"
						       : "NO");
	}
	put_line(out, "  message may be left", json_object_get(contact, "message_ok"));
	put_line(out, "  cover", json_object_get(contact, "cover"));
	if (json_object_get(contact, "word_danger") != NULL)
		buffer_put_string(
			out, "  words were agreed: read them in report.json when nobody looks on\n");
}

static void put_persons(struct buffer *out, const json_t *report)
{
	const json_t *person;
	size_t at;

	json_array_foreach(json_object_get(report, "persons"), at, person)
	{
		buffer_put_string(out, "Person ");
		put_value(out, json_object_get(person, "ref"));
		buffer_put_string(out, ": ");
		put_value(out, json_object_get(person, "status_now"));
		buffer_put_string(out, "\n");
	}
	put_line(out, "Going on", json_object_get(report, "ongoing"));
}

static void put_consent(struct buffer *out, const json_t *report)
{
	const json_t *consent = json_object_get(report, "consent"), *purpose;
	const char *name;

	if (consent == NULL)
		buffer_put_string(out, "Consent: only to respond (nothing else was answered)\n");
	/* A const object is not changed by being read. */
	json_object_foreach(json_object_get(report, "consent"), name, purpose)
	{
		buffer_put_string(out, "Consent to ");
		put_text(out, name);
		buffer_put_string(out, ": ");
		put_value(out, json_object_get(purpose, "state"));
		buffer_put_string(out, "\n");
	}
	if (json_array_size(json_object_get(report, "exclude")) > 0)
		put_line(out, "NEVER to be shown to", json_object_get(report, "exclude"));
}

static void put_acts(struct buffer *out, const json_t *report)
{
	const json_t *each;
	size_t at;

	json_array_foreach(json_object_get(report, "acts"), at, each)
		put_line(out, "Act", json_object_get(each, "kind"));
	put_line(out, "When", json_object_get(report, "occurred_from"));
	json_array_foreach(json_object_get(report, "place"), at, each)
	{
		put_line(out, "Country", json_object_get(each, "country"));
		if (json_object_get(each, "locality") != NULL)
			put_line(out, "Locality", json_object_get(each, "locality"));
	}
	json_array_foreach(json_object_get(report, "perpetrators"), at, each)
	{
		put_line(out, "Perpetrator", json_object_get(each, "type"));
		put_line(out, "  can reach her", json_object_get(each, "can_reach_her"));
	}
}

void first_screen(const json_t *report, const struct history *history, int64_t now, bool with_narrative,
	struct buffer *out)
{
	const char *narrative = json_string_value(json_object_get(report, "narrative"));

	put_line(out, "Urgency", json_object_get(report, "urgency"));
	buffer_put_format(out, "State: %s%s%s\n", state_word(history->state),
		history->owner[0] != '\0' ? ", " : "", history->owner);
	put_contact(out, json_object_get(report, "contact"), now);
	put_persons(out, report);
	put_line(out, "Needs", json_object_get(report, "needs"));
	put_line(out, "Refuses", json_object_get(report, "refuse"));
	put_consent(out, report);
	put_line(out, "Summary", json_object_get(report, "summary"));
	put_acts(out, report);
	if (json_array_size(json_object_get(report, "links")) > 0)
		buffer_put_format(
			out, "Linked reports: %zu\n", json_array_size(json_object_get(report, "links")));
	if (narrative == NULL || narrative[0] == '\0')
		return;
	if (with_narrative) {
		buffer_put_string(out, "The whole story:\n");
		terminal_safe_lines(narrative, strlen(narrative), "  ", out);
		buffer_put_string(out, "\n");
	} else {
		buffer_put_string(out, "The whole story is in report.json; --narrative shows it.\n");
	}
}
