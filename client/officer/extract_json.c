#include "extract_json.h"

#include "proto/event_content.h"

#include <stddef.h>
#include <string.h>

/* A new field of an extract is written and read here too; then this number is set anew. */
_Static_assert(sizeof(void *) != 8 || sizeof(struct extract) == 840,
	"fields[] and flags[] name every field of an extract");

#define ROW_OF_PERSON 7
#define ROW_OF_ACTS   3 /* family, unit, how many */

#define FIELD(name, most)                                                                                    \
	{                                                                                                    \
#name, offsetof(struct extract, name), sizeof(((struct extract *)0)->name), most             \
	}

/* Numbers, each with the largest that makes sense. */
static const struct field {
	const char *name;
	size_t at, size;
	int64_t most;
} fields[] = {
	FIELD(came, TIME_LATEST),
	FIELD(waited, TIME_LATEST),
	FIELD(urgency, URGENCY_COUNT - 1),
	FIELD(reason, UINT8_MAX),
	FIELD(rights, UINT32_MAX),
	FIELD(entities, UINT32_MAX),
	FIELD(needs, UINT32_MAX),
	FIELD(contact_waited, TIME_LATEST),
	FIELD(tier, LEVEL_COUNT - 1),
	FIELD(transfers, UINT32_MAX),
	FIELD(accepted, UINT32_MAX),
	FIELD(rejected, UINT32_MAX),
};

static const struct flag {
	const char *name;
	size_t at;
} flags[] = {
	{ "is_linked_to_work", offsetof(struct extract, is_linked_to_work) },
	{ "is_named", offsetof(struct extract, is_named) },
	{ "is_verified", offsetof(struct extract, is_verified) },
	{ "is_repeated", offsetof(struct extract, is_repeated) },
	{ "is_followup", offsetof(struct extract, is_followup) },
	{ "has_earlier", offsetof(struct extract, has_earlier) },
	{ "may_be_counted", offsetof(struct extract, may_be_counted) },
	{ "is_acknowledged", offsetof(struct extract, is_acknowledged) },
	{ "is_contacted", offsetof(struct extract, is_contacted) },
};

static int64_t number_of(const struct extract *extract, const struct field *field)
{
	const uint8_t *at = (const uint8_t *)extract + field->at;
	uint32_t middle;
	int64_t large;

	if (field->size == sizeof(uint8_t))
		return *at;
	if (field->size == sizeof middle) {
		memcpy(&middle, at, sizeof middle);
		return middle;
	}
	memcpy(&large, at, sizeof large);
	return large;
}

static void set_number(struct extract *extract, const struct field *field, int64_t number)
{
	uint8_t *at = (uint8_t *)extract + field->at;
	uint32_t middle = (uint32_t)number;

	if (field->size == sizeof(uint8_t))
		*at = (uint8_t)number;
	else if (field->size == sizeof middle)
		memcpy(at, &middle, sizeof middle);
	else
		memcpy(at, &number, sizeof number);
}

static json_t *persons_json(const struct extract *extract)
{
	json_t *list = json_array();

	for (size_t at = 0; at < extract->person_count; at++) {
		const struct person_extract *person = &extract->persons[at];

		(void)json_array_append_new(
			list, json_pack("[i, i, i, i, i, i, i]", person->bucket, person->gbvims,
				      (int)person->families, person->category, person->gender, person->age,
				      person->unit * 16 + person->perpetrator));
	}
	return list;
}

static json_t *acts_json(const struct extract *extract)
{
	json_t *list = json_array();

	for (size_t family = 0; family < FAMILIES; family++)
		for (size_t unit = 0; unit < UNITS; unit++)
			if (extract->act_units[family][unit] != 0)
				(void)json_array_append_new(
					list, json_pack("[i, i, i]", (int)family, (int)unit,
						      (int)extract->act_units[family][unit]));
	return list;
}

/* What came of each, and nothing of which report it is. */
static json_t *referrals_json(const struct extract *extract)
{
	json_t *list = json_array();

	for (size_t at = 0; at < extract->referral_count; at++)
		(void)json_array_append_new(list, json_pack("[b, b]", extract->referrals[at].is_handled,
							  extract->referrals[at].is_closed));
	return list;
}

json_t *extract_json(const struct extract *extract)
{
	json_t *json = json_object(), *outcomes = json_array();

	for (size_t at = 0; at < COUNT_OF(fields); at++)
		(void)json_object_set_new(
			json, fields[at].name, json_integer(number_of(extract, &fields[at])));
	for (size_t at = 0; at < COUNT_OF(flags); at++)
		(void)json_object_set_new(
			json, flags[at].name, json_boolean(((const uint8_t *)extract)[flags[at].at]));
	for (size_t at = 0; at < NEEDS; at++)
		(void)json_array_append_new(outcomes, json_integer(extract->outcomes[at]));
	(void)json_object_set_new(json, "outcomes", outcomes);
	(void)json_object_set_new(json, "state", json_string(state_word(extract->state)));
	(void)json_object_set_new(json, "adm1", json_string(extract->adm1));
	(void)json_object_set_new(json, "persons", persons_json(extract));
	(void)json_object_set_new(json, "referrals", referrals_json(extract));
	if (json_object_set_new(json, "acts", acts_json(extract)) != 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* Numbers of a list, each below its own bound. */
static int parse_row(const json_t *row, const int64_t *below, size_t count, int64_t *ret_numbers)
{
	if (json_array_size(row) != count)
		return -1;
	for (size_t at = 0; at < count; at++) {
		const json_t *one = json_array_get(row, at);

		ret_numbers[at] = json_integer_value(one);
		if (!json_is_integer(one) || ret_numbers[at] < 0 || ret_numbers[at] >= below[at])
			return -1;
	}
	return 0;
}

static int parse_persons(const json_t *list, struct extract *extract)
{
	static const int64_t below[ROW_OF_PERSON] = { BUCKETS + 1, 7, INT64_C(1) << FAMILIES,
		COUNT_OF(extract_categories), COUNT_OF(extract_genders), COUNT_OF(extract_ages), UNITS * 16 };
	int64_t row[ROW_OF_PERSON];
	const json_t *each;
	size_t at;

	if (json_array_size(list) > EXTRACT_PERSONS)
		return -1;
	json_array_foreach(list, at, each)
	{
		if (parse_row(each, below, ROW_OF_PERSON, row) != 0 ||
			row[6] % 16 >= (int64_t)COUNT_OF(extract_perpetrators))
			return -1;
		extract->persons[extract->person_count++] =
			(struct person_extract){ .bucket = (uint8_t)row[0],
				.gbvims = (uint8_t)row[1],
				.families = (uint32_t)row[2],
				.category = (uint8_t)row[3],
				.gender = (uint8_t)row[4],
				.age = (uint8_t)row[5],
				.unit = (uint8_t)(row[6] / 16),
				.perpetrator = (uint8_t)(row[6] % 16) };
	}
	return 0;
}

static int parse_referrals(const json_t *list, struct extract *extract)
{
	const json_t *each;
	size_t at;

	if (!json_is_array(list) || json_array_size(list) > EXTRACT_REFERRALS)
		return -1;
	json_array_foreach(list, at, each)
	{
		if (json_array_size(each) != 2)
			return -1;
		extract->referrals[extract->referral_count++] =
			(struct referral_extract){ .is_handled = json_is_true(json_array_get(each, 0)),
				.is_closed = json_is_true(json_array_get(each, 1)) };
	}
	return 0;
}

static int parse_lists(const json_t *json, struct extract *extract)
{
	static const int64_t below[ROW_OF_ACTS] = { FAMILIES, UNITS, UINT16_MAX }, outcome = OUTCOMES;
	const json_t *outcomes = json_object_get(json, "outcomes"), *each;
	int64_t row[ROW_OF_ACTS];
	size_t at;

	if (json_array_size(outcomes) != NEEDS ||
		parse_persons(json_object_get(json, "persons"), extract) != 0 ||
		parse_referrals(json_object_get(json, "referrals"), extract) != 0)
		return -1;
	json_array_foreach(outcomes, at, each)
	{
		if (!json_is_integer(each) || json_integer_value(each) < 0 ||
			json_integer_value(each) >= outcome)
			return -1;
		extract->outcomes[at] = (uint8_t)json_integer_value(each);
	}
	json_array_foreach(json_object_get(json, "acts"), at, each)
	{
		if (parse_row(each, below, ROW_OF_ACTS, row) != 0)
			return -1;
		extract->act_units[row[0]][row[1]] = (uint32_t)row[2];
	}
	return 0;
}

int extract_parse(const json_t *json, struct extract *ret_extract)
{
	const char *state = json_string_value(json_object_get(json, "state"));
	const char *adm1 = json_string_value(json_object_get(json, "adm1"));
	struct extract extract = { .person_count = 0 };

	if (state == NULL || adm1 == NULL || strlen(adm1) >= ADM1_SIZE ||
		state_of(state, strlen(state), &extract.state) != 0 || parse_lists(json, &extract) != 0)
		return -1;
	for (size_t at = 0; at < COUNT_OF(fields); at++) {
		const json_t *number = json_object_get(json, fields[at].name);

		if (!json_is_integer(number) || json_integer_value(number) < 0 ||
			json_integer_value(number) > fields[at].most)
			return -1;
		set_number(&extract, &fields[at], json_integer_value(number));
	}
	for (size_t at = 0; at < COUNT_OF(flags); at++)
		((uint8_t *)&extract)[flags[at].at] = json_is_true(json_object_get(json, flags[at].name));
	if (extract.reason > closure_reason_count)
		return -1;
	memcpy(extract.adm1, adm1, strlen(adm1) + 1);
	*ret_extract = extract;
	return 0;
}
