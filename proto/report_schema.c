#include "proto/report_schema.h"

#include "proto/buffer.h"
#include "proto/json.h"
#include "proto/text.h"
#include "report_patterns.h"
#include "report_tables.h"

#include <stdio.h>
#include <string.h>

#define PATH_SIZE  96 /* the longest path of the tables: contact.channels[3].windows[6].utc_offset */
#define SHOWN_SIZE 120

/* Where in the report we are, for the fault. */
struct walk {
	struct fault *fault;
	char path[PATH_SIZE];
};

const struct schema_block *report_schema_root(void)
{
	return &report_block;
}

const struct schema_field *schema_field(const struct schema_block *block, const char *name)
{
	for (size_t i = 0; i < block->count; i++) {
		if (strcmp(block->fields[i].name, name) == 0)
			return &block->fields[i];
	}
	return NULL;
}

/* Adds to the path and returns its old length, to go back to. */
static size_t walk_into(struct walk *walk, const char *name)
{
	size_t len = strlen(walk->path);

	(void)snprintf(walk->path + len, PATH_SIZE - len, "%s%s", len > 0 ? "." : "", name);
	return len;
}

static size_t walk_into_item(struct walk *walk, size_t place)
{
	size_t len = strlen(walk->path);

	(void)snprintf(walk->path + len, PATH_SIZE - len, "[%zu]", place);
	return len;
}

static int refuse(struct walk *walk, const char *allowed)
{
	return fault_set(walk->fault, "the report's %s must be %s", walk->path, translated(allowed));
}

static bool is_withheld(const struct schema_field *field, const char *text)
{
	return !field->required && (strcmp(text, "UNK") == 0 || strcmp(text, "WHD") == 0);
}

static int refuse_code(const struct schema_field *field, struct walk *walk)
{
	char shown[SHOWN_SIZE] = "";
	size_t len = 0;

	for (size_t i = 0; i < field->codes->count; i++) {
		const char *word = field->codes->words[i];

		if (len + strlen(word) + sizeof(" ...") > SHOWN_SIZE) {
			(void)snprintf(shown + len, SHOWN_SIZE - len, " ...");
			break;
		}
		len += (size_t)snprintf(shown + len, SHOWN_SIZE - len, "%s%s", i > 0 ? " " : "", word);
	}
	return field->required
		       ? fault_set(walk->fault, "the report's %s must be one of %s", walk->path, shown)
		       : fault_set(walk->fault, "the report's %s must be one of %s, or UNK or WHD",
				 walk->path, shown);
}

static int check_code(const struct schema_field *field, const char *text, struct walk *walk)
{
	if (text != NULL && is_withheld(field, text))
		return 0;
	for (size_t i = 0; text != NULL && i < field->codes->count; i++) {
		if (strcmp(field->codes->words[i], text) == 0)
			return 0;
	}
	return refuse_code(field, walk);
}

static int check_text(const struct schema_field *field, const json_t *value, struct walk *walk)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);
	bool lines = field->type == SCHEMA_LINES;

	if (text == NULL || len < field->min || len > field->max ||
		!(lines ? text_is_lines(text, len) : text_is_line(text, len)))
		return fault_set(walk->fault,
			lines ? translated("the report's %s must be text of %llu to %llu bytes without "
					   "control characters but line feeds")
			      : translated("the report's %s must be text of %llu to %llu bytes without "
					   "control characters"),
			walk->path, (unsigned long long)field->min, (unsigned long long)field->max);
	return 0;
}

static int check_number(const struct schema_field *field, const json_t *value, struct walk *walk)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 0 || (uint64_t)number < field->min ||
		(uint64_t)number > field->max)
		return fault_set(walk->fault, "the report's %s must be a whole number from %llu to %llu",
			walk->path, (unsigned long long)field->min, (unsigned long long)field->max);
	return 0;
}

static int check_date(const struct schema_field *field, const json_t *value, struct walk *walk)
{
	const char *text = json_string_value(value);

	if (text != NULL && (is_withheld(field, text) || is_partial_date(text, json_string_length(value))))
		return 0;
	return refuse(walk,
		field->required ? translated("a date such as 2026, 2026-11 or 2026-11-24")
				: translated("a date such as 2026, 2026-11 or 2026-11-24, or UNK or WHD"));
}

static int check_block(const struct schema_block *block, const json_t *value, struct walk *walk);

static int check_true(const json_t *value, struct walk *walk)
{
	return json_is_true(value) ? 0 : refuse(walk, "true, or left out");
}

static int check_value(const struct schema_field *field, const json_t *value, struct walk *walk)
{
	switch (field->type) {
	case SCHEMA_CODE:
		return check_code(field, json_string_value(value), walk);
	case SCHEMA_TEXT:
	case SCHEMA_LINES:
		return check_text(field, value, walk);
	case SCHEMA_DATE:
		return check_date(field, value, walk);
	case SCHEMA_NUMBER:
		return check_number(field, value, walk);
	case SCHEMA_TRUE:
		return check_true(value, walk);
	case SCHEMA_PATTERN:
		if (json_is_string(value) &&
			field->pattern(json_string_value(value), json_string_length(value)))
			return 0;
		return refuse(walk, field->shown);
	case SCHEMA_BLOCK:
		return check_block(field->block, value, walk);
	}
	return refuse(walk, "left out");
}

static int check_list(const struct schema_field *field, const json_t *list, struct walk *walk)
{
	size_t count = json_array_size(list);

	if (!json_is_array(list) || count < field->list_min || count > field->list_max)
		return fault_set(walk->fault, "the report's %s must be a list of %zu to %zu", walk->path,
			field->list_min, field->list_max);
	for (size_t i = 0; i < count; i++) {
		size_t back = walk_into_item(walk, i);

		if (check_value(field, json_array_get(list, i), walk) != 0)
			return -1;
		walk->path[back] = '\0';
	}
	return 0;
}

static int check_field(const struct schema_field *field, const json_t *value, struct walk *walk)
{
	if (value == NULL)
		return field->required ? fault_set(walk->fault, "the report's %s is missing", walk->path) : 0;
	if (field->nullable && json_is_null(value))
		return 0;
	return field->list ? check_list(field, value, walk) : check_value(field, value, walk);
}

static int check_block(const struct schema_block *block, const json_t *value, struct walk *walk)
{
	if (!json_is_object(value))
		return refuse(walk, "an object");
	for (size_t i = 0; i < block->count; i++) {
		size_t back = walk_into(walk, block->fields[i].name);

		if (check_field(&block->fields[i], json_object_get(value, block->fields[i].name), walk) != 0)
			return -1;
		walk->path[back] = '\0';
	}
	return 0;
}

/* What one field alone can't tell. By now every field has its form. */

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static bool has_ref(const json_t *list, const char *ref, size_t before)
{
	for (size_t i = 0; i < before; i++) {
		if (strcmp(text_of(json_array_get(list, i), "ref"), ref) == 0)
			return true;
	}
	return false;
}

static int check_refs_differ(const json_t *report, const char *name, struct fault *fault)
{
	const json_t *list = json_object_get(report, name);

	for (size_t i = 0; i < json_array_size(list); i++) {
		if (has_ref(list, text_of(json_array_get(list, i), "ref"), i))
			return fault_set(fault, "the report's %s[%zu].ref must not be used twice", name, i);
	}
	return 0;
}

static int check_acts_refer(const json_t *report, const char *ref, const char *name, struct fault *fault)
{
	const json_t *acts = json_object_get(report, "acts"), *list = json_object_get(report, name);

	for (size_t i = 0; list != NULL && i < json_array_size(acts); i++) {
		if (!has_ref(list, text_of(json_array_get(acts, i), ref), json_array_size(list)))
			return fault_set(
				fault, "the report's acts[%zu].%s must name an entry of %s", i, ref, name);
	}
	return 0;
}

/* Places: P0 to P5 sort as text. */
static int check_places(const json_t *report, struct fault *fault)
{
	const json_t *list = json_object_get(report, "place");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *place = json_array_get(list, i);
		const char *precision = text_of(place, "precision");

		if (strcmp(text_of(place, "share_precision"), precision) > 0)
			return fault_set(fault,
				"the report's place[%zu].share_precision must not be finer than its "
				"precision",
				i);
		if (json_object_get(place, "locality") != NULL && strcmp(precision, "P4") < 0)
			return fault_set(fault,
				"the report's place[%zu].locality must be left out below precision P4", i);
	}
	return 0;
}

/* A sign of distress beats whatever else stands beside it. */
enum report_kind report_kind(const json_t *report)
{
	for (int kind = REPORT_DURESS; kind > REPORT_ORDINARY; kind--) {
		if (json_is_true(json_object_get(report, report_kind_word((enum report_kind)kind))))
			return (enum report_kind)kind;
	}
	return REPORT_ORDINARY;
}

const char *report_kind_word(enum report_kind kind)
{
	static const char *const words[] = { NULL, "cover", "canary", "drill", "duress" };

	return words[kind];
}

int report_schema_check_value(const json_t *report, struct fault *fault)
{
	struct walk walk = { .fault = fault, .path = "" };

	if (!json_is_object(report))
		return fault_set(fault, "the report must be a JSON object");
	if (check_block(&report_block, report, &walk) != 0 ||
		check_refs_differ(report, "persons", fault) != 0 ||
		check_refs_differ(report, "perpetrators", fault) != 0 ||
		check_acts_refer(report, "person_ref", "persons", fault) != 0 ||
		check_acts_refer(report, "perp_ref", "perpetrators", fault) != 0 ||
		check_places(report, fault) != 0)
		return -1;
	return 0;
}

int report_schema_check(const char *json, size_t len, json_t **ret_report, struct fault *fault)
{
	json_t *report = NULL;

	if (json_parse(json, len, REPORT_JSON_MAX, &report, fault) != 0)
		return -1;
	if (report_schema_check_value(report, fault) != 0) {
		json_decref(report);
		return -1;
	}
	*ret_report = report;
	return 0;
}
