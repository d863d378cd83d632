#include "view.h"

#include "proto/time.h"

#include <stdio.h>
#include <string.h>

#define DATE_CHARS 10

/* What a partner needs to help. Everything else stays: who she is, how she is reached, her own story, her
 * evidence. */
static const char *const shared[] = { "schema", "summary", "urgency", "report_lang", "contact_langs",
	"officer_pref", "reporter_relation", "occurred_from", "occurred_to", "date_precision", "ongoing",
	"urgency_reason", "acts", "perpetrators", "link_to_work", "rights_area", "needs", "refuse", "consent",
	"exclude" };

/* Of a person: what changes the help she needs. */
static const char *const shared_of_person[] = { "ref", "unit", "category", "gender", "age_band", "status_now",
	"support", "size_band" };

/* From which precision on a field of a place is told. */
static const struct place_field {
	const char *name;
	int from;
} place_fields[] = { { "country", 1 }, { "site_type", 1 }, { "adm1", 2 }, { "adm2", 3 }, { "locality", 4 } };

static const json_t *refer_of(const json_t *report)
{
	return json_object_get(json_object_get(report, "consent"), "refer");
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

static bool has_word(const json_t *list, const char *word)
{
	const json_t *each;
	size_t at;

	json_array_foreach(list, at, each)
	{
		if (json_is_string(each) && strcmp(json_string_value(each), word) == 0)
			return true;
	}
	return false;
}

/* `until` is a date, or the start of one: it lasts to its end. */
static bool has_run_out(const char *until, int64_t now)
{
	char today[TIME_SIZE];
	size_t len = strlen(until);

	time_format(now, today);
	return len >= 4 && len <= DATE_CHARS && strncmp(today, until, len) > 0;
}

const json_t *view_agreed(const json_t *report)
{
	return json_object_get(refer_of(report), "recipients");
}

int view_permitted(const json_t *report, const char *desk, int64_t now, struct failure *failure)
{
	const json_t *refer = refer_of(report), *named = json_object_get(refer, "recipients");

	if (has_word(json_object_get(report, "exclude"), desk))
		return failure_set(failure, EX_NOPERM,
			"the report's sender excluded that desk from it: it must not see it");
	if (strcmp(text_of(refer, "state"), "ASK") == 0)
		return failure_set(failure, EX_NOPERM,
			"the report's sender wants to be asked before it is referred: ask her with `reply'");
	if (strcmp(text_of(refer, "state"), "Y") != 0)
		return failure_set(failure, EX_NOPERM,
			"the report's sender has not agreed that it is referred: ask her with `reply'");
	if (text_of(refer, "until")[0] >= '0' && text_of(refer, "until")[0] <= '9' &&
		has_run_out(text_of(refer, "until"), now))
		return failure_set(failure, EX_NOPERM,
			"the sender's agreement that it is referred has run out: ask her with `reply'");
	if (json_array_size(named) > 0 && !has_word(named, desk))
		return failure_set(failure, EX_NOPERM,
			"the report's sender agreed to other desks than this one: ask her with `reply'");
	return 0;
}

int view_fits_agency(const json_t *report, struct failure *failure)
{
	const json_t *perpetrator;
	size_t at;

	json_array_foreach(json_object_get(report, "perpetrators"), at, perpetrator)
	{
		if (strncmp(text_of(perpetrator, "type"), "IO.", 3) == 0)
			return failure_set(failure, EX_NOPERM,
				"a perpetrator belongs to an international organisation: this must not go to "
				"an "
				"agency by itself, ask the head of your desk whom to tell");
	}
	return 0;
}

static int precision_of(const char *code, int otherwise)
{
	return code[0] == 'P' && code[1] >= '0' && code[1] <= '5' && code[2] == '\0' ? code[1] - '0'
										     : otherwise;
}

static json_t *fields_of(const json_t *object, const char *const *names, size_t count)
{
	json_t *copy = json_object();

	for (size_t at = 0; at < count; at++) {
		json_t *value = json_object_get(object, names[at]);

		if (value != NULL && json_object_set(copy, names[at], value) != 0) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

static json_t *blurred(const json_t *place, int most)
{
	int own = precision_of(text_of(place, "share_precision"), 0);
	int precision = own < most ? own : most;
	char code[3] = { 'P', (char)('0' + precision), '\0' };
	json_t *copy = json_pack("{s:s, s:s}", "precision", code, "share_precision", code);

	for (size_t at = 0; copy != NULL && at < COUNT_OF(place_fields); at++) {
		json_t *value = json_object_get(place, place_fields[at].name);

		if (value == NULL || precision < place_fields[at].from)
			continue;
		if (json_object_set(copy, place_fields[at].name, value) != 0) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

static int add_places(const json_t *report, json_t *view)
{
	int most = precision_of(text_of(refer_of(report), "place_max"), 5);
	const json_t *places = json_object_get(report, "place"), *place;
	json_t *list = json_array();
	size_t at;

	json_array_foreach(places, at, place)
	{
		if (json_array_append_new(list, blurred(place, most)) != 0) {
			json_decref(list);
			return -1;
		}
	}
	if (places == NULL) {
		json_decref(list);
		return 0;
	}
	return json_object_set_new(view, "place", list);
}

/* Her alias only where she said that she may be called by it. */
static int add_persons(const json_t *report, json_t *view)
{
	const char *identity = text_of(refer_of(report), "identity");
	bool with_alias = strcmp(identity, "ALIAS") == 0 || strcmp(identity, "NAME") == 0;
	const json_t *persons = json_object_get(report, "persons"), *person;
	json_t *list = persons == NULL ? NULL : json_array();
	size_t at;

	json_array_foreach(persons, at, person)
	{
		json_t *copy = fields_of(person, shared_of_person, COUNT_OF(shared_of_person));
		json_t *alias = with_alias ? json_object_get(person, "alias") : NULL;

		if ((alias != NULL && json_object_set(copy, "alias", alias) != 0) ||
			json_array_append_new(list, copy) != 0) {
			json_decref(list);
			return -1;
		}
	}
	return persons == NULL ? 0 : json_object_set_new(view, "persons", list);
}

json_t *view_of(const json_t *report, const char *first, const char *note)
{
	json_t *view = fields_of(report, shared, COUNT_OF(shared));
	json_t *links = json_pack("[{s:s, s:s}]", "report_id", first, "rel", "SAME");

	if (view == NULL || add_places(report, view) != 0 || add_persons(report, view) != 0 ||
		json_object_set(view, "links", links) != 0 ||
		(note != NULL && json_object_set_new(view, "narrative", json_string(note)) != 0)) {
		json_decref(view);
		view = NULL;
	}
	json_decref(links);
	return view;
}
