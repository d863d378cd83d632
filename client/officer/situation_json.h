/* A situation report as JSON, and a part of it back from what was kept. */
#ifndef OFFICER_SITUATION_JSON_H
#define OFFICER_SITUATION_JSON_H

#include "situation.h"

#include <jansson.h>

/* What a release keeps of a part: nothing but what may be published. A new reference; NULL where memory is
 * short. */
MUST_USE json_t *situation_part_json(const struct situation_part *part);

/* The same back into a part, whose part and period say what it must be; the part keeps the value. -1 for
 * anything that situation_part_json doesn't write, or where memory is short. */
MUST_USE int situation_part_parse(json_t *json, struct situation_part *part);

/* The whole as `--json` gives it. A new reference; NULL where memory is short. */
MUST_USE json_t *situation_json(const struct situation *situation);

#endif
