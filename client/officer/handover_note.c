#include "handover_note.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

static void put_list(struct buffer *out, const char *label, const json_t *list)
{
	const json_t *each;
	size_t at;

	if (json_array_size(list) == 0)
		return;
	buffer_put_format(out, "%s:", label);
	json_array_foreach(list, at, each)
		buffer_put_format(out, " %s", json_is_string(each) ? json_string_value(each) : "?");
	buffer_put_string(out, "\n");
}

static void put_persons(struct buffer *out, const json_t *report)
{
	const json_t *person;
	size_t at;

	json_array_foreach(json_object_get(report, "persons"), at, person)
		buffer_put_format(out, "Now: %s %s\n", text_of(person, "ref"), text_of(person, "status_now"));
}

void handover_note(const struct report *report, const struct history *history, const char *from,
	const char *words, struct buffer *out)
{
	const json_t *json = report->json;

	buffer_put_format(out, "Handed over by %s, report %s.\n", from, report->id);
	buffer_put_format(
		out, "Urgency: %s. State there: %s.\n", text_of(json, "urgency"), state_word(history->state));
	if (history->until[0] != '\0')
		buffer_put_format(out, "The next step is due: %s.\n", history->until);
	put_persons(out, json);
	buffer_put_string(out, "Don't contact her: answer this report, and we tell her.\n");
	put_list(out, "Don't do", json_object_get(json, "refuse"));
	put_list(out, "Never to be shown to", json_object_get(json, "exclude"));
	if (words != NULL)
		buffer_put_format(out, "\n%s\n", words);
	while (out->len > 0 && out->data[out->len - 1] == '\n')
		out->len--;
}
