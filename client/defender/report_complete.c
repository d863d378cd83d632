#include "report_complete.h"

#include <string.h>

struct standard {
	const char *block, *field, *value;
};

static const struct standard standards[] = {
	{ "acts", "person_ref", "P1" },
	{ "acts", "perp_ref", "A1" },
	{ "persons", "ref", "P1" },
	{ "persons", "unit", "WHD" },
	{ "persons", "category", "WHD" },
	{ "persons", "gender", "WHD" },
	{ "persons", "age_band", "WHD" },
	{ "persons", "status_now", "WHD" },
	{ "perpetrators", "ref", "A1" },
	{ "perpetrators", "type", "UNK" },
	{ "place", "precision", "P0" },
};

/* Where a place leaves the desk it is one level blunter. */
static const struct standard blunter[] = {
	{ "place", "P0", "P0" },
	{ "place", "P1", "P0" },
	{ "place", "P2", "P1" },
	{ "place", "P3", "P2" },
	{ "place", "P4", "P3" },
	{ "place", "P5", "P4" },
};

static int set_missing(json_t *block, const char *field, const char *value)
{
	if (block == NULL || json_object_get(block, field) != NULL)
		return 0;
	return json_object_set_new(block, field, json_string(value));
}

static int blur(json_t *place)
{
	const char *precision = json_string_value(json_object_get(place, "precision"));

	for (size_t at = 0; precision != NULL && at < COUNT_OF(blunter); at++)
		if (strcmp(blunter[at].field, precision) == 0)
			return set_missing(place, "share_precision", blunter[at].value);
	return 0;
}

int report_complete(json_t *report)
{
	json_t *contact = json_object_get(report, "contact");
	const json_t *channel = json_array_get(json_object_get(contact, "channels"), 0);

	for (size_t at = 0; at < COUNT_OF(standards); at++) {
		json_t *block = json_array_get(json_object_get(report, standards[at].block), 0);

		if (set_missing(block, standards[at].field, standards[at].value) != 0)
			return -1;
	}
	/* A channel of no kind can't be used. */
	if (channel != NULL && json_object_get(channel, "type") == NULL &&
		json_object_del(contact, "channels") != 0)
		return -1;
	return blur(json_array_get(json_object_get(report, "place"), 0));
}
