/* What `report.json` may hold (docs/report-schema.md). The rules are tables, so that a practitioner's review
 * changes data and not code. */
#ifndef PROTO_REPORT_SCHEMA_H
#define PROTO_REPORT_SCHEMA_H

#include "proto/base.h"

#include <jansson.h>

#define REPORT_JSON_MAX       (60 * 1024) /* so that it fits the first chunk of the sealed file */
#define REPORT_SCHEMA_VERSION 1
#define REPORT_SUMMARY_MAX    280

enum schema_type {
	SCHEMA_CODE,    /* a word of field->codes; UNK and WHD too where it isn't required */
	SCHEMA_TEXT,    /* one line of min to max bytes */
	SCHEMA_LINES,   /* the same with line feeds */
	SCHEMA_DATE,    /* YYYY, YYYY-MM or YYYY-MM-DD; UNK and WHD too where it isn't required */
	SCHEMA_PATTERN, /* text that field->pattern accepts */
	SCHEMA_NUMBER,  /* a whole number from min to max */
	SCHEMA_TRUE,    /* true, where it isn't left out */
	SCHEMA_BLOCK,   /* an object with the fields of field->block */
};

struct schema_codes {
	const char *const *words;
	size_t count;
};

struct schema_block;

struct schema_field {
	const char *name;
	enum schema_type type;
	const struct schema_codes *codes;
	const struct schema_block *block;
	bool (*pattern)(const char *text, size_t len);
	const char *shown; /* what the pattern allows, in words */
	uint64_t min, max; /* bytes of a text, size of a number */
	bool required;     /* where its block is present */
	bool list;
	bool nullable;
	size_t list_min, list_max;
};

struct schema_block {
	const char *name;
	const struct schema_field *fields;
	size_t count;
};

/* The top of the tables, and one field of a block; NULL where it isn't one of ours ("unknown" for a reader).
 */
const struct schema_block *report_schema_root(void);
const struct schema_field *schema_field(const struct schema_block *block, const char *name);

/* What a report is beside what it says; REPORT_ORDINARY for nearly all. */
enum report_kind { REPORT_ORDINARY, REPORT_COVER, REPORT_CANARY, REPORT_DRILL, REPORT_DURESS };
enum report_kind report_kind(const json_t *report);
/* The member that says so; NULL for REPORT_ORDINARY. */
const char *report_kind_word(enum report_kind kind);

/* *ret_report is a new reference. The fault names the field's path (`acts[2].kind`) and what is allowed
 * there; it never repeats a value. Unknown fields are kept. */
MUST_USE int report_schema_check(const char *json, size_t len, json_t **ret_report, struct fault *fault);

/* The same for a report that is being built. */
MUST_USE int report_schema_check_value(const json_t *report, struct fault *fault);

#endif
