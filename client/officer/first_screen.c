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

/* Her own words: on a line of their own, where nothing that they hold can be taken for a label. */
static void put_own(struct buffer *out, const char *label, const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL) {
		buffer_put_format(out, "%s: " NOT_ANSWERED "\n", label);
		return;
	}
	buffer_put_format(out, "%s:\n", label);
	terminal_safe_lines(text, strlen(text), "      ", out);
	buffer_put_string(out, "\n");
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

/* The window that is open now, or NULL. */
static const json_t *open_window(const json_t *windows, int64_t now)
{
	size_t at;
	const json_t *window;

	json_array_foreach(windows, at, window)
	{
		if (is_in_window(window, now))
			return window;
	}
	return NULL;
}

bool window_is_open(const json_t *windows, int64_t now)
{
	return open_window(windows, now) != NULL;
}

static void put_safe(struct buffer *out, const json_t *windows, int64_t now)
{
	const json_t *window = open_window(windows, now);

	buffer_put_string(out, "  safe to contact now: ");
	if (json_array_size(windows) == 0)
		buffer_put_string(out, "UNKNOWN, no time was given\n");
	else if (window == NULL)
		buffer_put_string(out, "NO\n");
	else
		buffer_put_format(
			out, "YES, until %s her time\n", json_string_value(json_object_get(window, "to")));
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
			put_own(out, "  at", json_object_get(channel, "handle"));
		put_line(out, "  others can see it", json_object_get(channel, "others_can_see"));
		put_safe(out, windows, now);
	}
	put_line(out, "  message may be left", json_object_get(contact, "message_ok"));
	put_own(out, "  cover", json_object_get(contact, "cover"));
	if (json_object_get(contact, "word_danger") != NULL)
		buffer_put_string(out,
			"  words were agreed: `word' says which one was said; read them in report.json when "
			"nobody looks on\n");
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
	const char *refer = json_string_value(json_object_get(json_object_get(consent, "refer"), "state"));
	const char *name;

	buffer_put_format(out, "Handling: %s\n",
		refer != NULL && strcmp(refer, "Y") == 0 ? "TLP:AMBER+STRICT" : "TLP:RED");
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

static void put_known(struct buffer *out, const char *label, const json_t *value)
{
	if (value != NULL)
		put_line(out, label, value);
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
		put_known(out, "Area", json_object_get(each, "adm1"));
		put_known(out, "District", json_object_get(each, "adm2"));
		put_known(out, "How exact", json_object_get(each, "precision"));
		if (json_object_get(each, "locality") != NULL)
			put_own(out, "Locality", json_object_get(each, "locality"));
	}
	json_array_foreach(json_object_get(report, "perpetrators"), at, each)
	{
		put_line(out, "Perpetrator", json_object_get(each, "type"));
		put_line(out, "  can reach her", json_object_get(each, "can_reach_her"));
	}
}

/* `3 d`, `2 h`, `5 min`: how long ago, or from now. */
static void put_span(struct buffer *out, int64_t seconds)
{
	if (seconds < 0)
		seconds = -seconds;
	if (seconds >= 2 * DAY_SECONDS)
		buffer_put_format(out, "%lld d", (long long)(seconds / DAY_SECONDS));
	else if (seconds >= 3600)
		buffer_put_format(
			out, "%lld h %02d min", (long long)(seconds / 3600), (int)(seconds % 3600 / 60));
	else
		buffer_put_format(out, "%d min", (int)(seconds / 60));
}

static void put_clock(struct buffer *out, const struct alert *alert, int64_t now)
{
	if (alert == NULL)
		return;
	buffer_put_string(out, "Came: ");
	put_span(out, now - alert->accepted);
	buffer_put_string(out, " ago");
	if (alert->has_due) {
		buffer_put_string(out,
			alert->due < now ? ", to be acknowledged: OVERDUE by " : ", to be acknowledged in ");
		put_span(out, alert->due - now);
	}
	buffer_put_string(out, "\n");
}

/* Her word, what officers made of it, how old it is, and whose. */
static void put_urgency(struct buffer *out, const struct screen *screen)
{
	const struct history *history = screen->history;

	put_line(out, "Urgency", json_object_get(screen->report, "urgency"));
	if (history->urgency[0] != '\0')
		buffer_put_format(out, "  judged here: %s\n", history->urgency);
	put_clock(out, screen->alert, screen->now);
	buffer_put_format(out, "State: %s%s%s\n", state_word(history->state),
		history->owner[0] != '\0' ? ", " : "", history->owner);
}

static void put_narrative(struct buffer *out, const json_t *report, bool is_wanted)
{
	const char *narrative = json_string_value(json_object_get(report, "narrative"));

	if (narrative == NULL || narrative[0] == '\0')
		return;
	if (is_wanted) {
		buffer_put_string(out, "The whole story:\n");
		terminal_safe_lines(narrative, strlen(narrative), "  ", out);
		buffer_put_string(out, "\n");
	} else {
		buffer_put_string(out, "The whole story is in report.json; --narrative shows it.\n");
	}
}

void first_screen(const struct screen *screen, struct buffer *out)
{
	const json_t *report = screen->report;

	put_urgency(out, screen);
	put_contact(out, json_object_get(report, "contact"), screen->now);
	put_persons(out, report);
	put_line(out, "Needs", json_object_get(report, "needs"));
	put_line(out, "Refuses", json_object_get(report, "refuse"));
	put_consent(out, report);
	put_own(out, "Summary", json_object_get(report, "summary"));
	put_acts(out, report);
	if (json_array_size(json_object_get(report, "links")) > 0)
		buffer_put_format(
			out, "Linked reports: %zu\n", json_array_size(json_object_get(report, "links")));
	if (screen->history->until[0] != '\0')
		buffer_put_format(out, "Next: due %s\n", screen->history->until);
	put_narrative(out, report, screen->with_narrative);
}
