/* Queue entries and acceptances as the vault keeps them. */
#ifndef DEFENDER_QUEUE_JSON_H
#define DEFENDER_QUEUE_JSON_H

#include "queue.h"

json_t *queued_to_json(const struct queued *entry);
MUST_USE int queued_of_json(const json_t *json, struct queued *ret_entry);

/* Names of the list `excluded`, as many as there are; unknown ones are left out. */
json_t *excluded_to_json(const struct queued *entry);
size_t excluded_of_json(const json_t *json, char ret_excluded[EXCLUDED_MAX][NAME_SIZE]);

json_t *accepted_to_json(
	const struct queued *entry, const struct acceptance_answer *answer, uint64_t signed_by);

/* Puts a JSON document into the vault, and gets it: *ret_json is NULL where there is none. */
MUST_USE int json_store(struct vault *vault, const char *name, const json_t *json, struct failure *failure);
MUST_USE int json_fetch(struct vault *vault, const char *name, json_t **ret_json, struct failure *failure);

#endif
