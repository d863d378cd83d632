/* An extract as JSON, for keeping it beyond the report that it is of. */
#ifndef OFFICER_EXTRACT_JSON_H
#define OFFICER_EXTRACT_JSON_H

#include "extract.h"

/* A new reference; NULL where memory is short. */
MUST_USE json_t *extract_json(const struct extract *extract);
/* -1 for anything that extract_json doesn't write. */
MUST_USE int extract_parse(const json_t *json, struct extract *ret_extract);

#endif
