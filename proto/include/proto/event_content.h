/* What an officer wrote in an event, for whoever can open the report and nobody else: a JSON object, padded,
 * in an age file whose one recipient follows from the report's file key (docs/protocol.md, "What is in an
 * event"). A colleague who gets the report's header later can read what was written before, and nothing is
 * wrapped again.
 *
 * Members, all of which may be missing: `text`, `officer`, `desk`, `partner`, `from`, `report`, `receipt`,
 * `reason`, `urgency`, `until`, `threat`, `vulnerability`, `capacity`, `verification`, `need`, `outcome`,
 * `delegation`, `follow_up`. Others are left alone: a later version's. */
#ifndef PROTO_EVENT_CONTENT_H
#define PROTO_EVENT_CONTENT_H

#include "proto/age_recipient.h"
#include "proto/base.h"
#include "proto/event.h"

#include <jansson.h>

#define CONTENT_TEXT_MAX (32 * 1024) /* so that the worst JSON of it, padded and sealed, fits an event */

/* Why a report is closed (DOMAIN 2.5). */
struct closure_reason {
	const char *code, *meaning;
	bool needs_second;     /* another officer signs too where the report was ever urgent or worse */
	bool needs_supervisor; /* one who signs is a supervisor, however urgent the report is */
};
#define SUPERVISOR_TIER 2 /* an officer of this tier or above */
extern const struct closure_reason closure_reasons[];
extern const size_t closure_reason_count;
/* NULL where it isn't one. */
const struct closure_reason *closure_reason(const char *code);

/* Codes that an officer may give besides. */
bool is_verification(const char *code);
bool is_need_outcome(const char *code);

/* Every known member has its form. The fault never repeats a value. */
MUST_USE int event_content_check(const json_t *content, struct fault *fault);

/* Who reads events of the report with this file key; in guarded memory, NULL where memory is short. */
MUST_USE struct age_identity *event_reader(const uint8_t file_key[AGE_FILE_KEY_BYTES]);

/* Sets event->content. */
MUST_USE int event_content_seal(struct report_event *event, const json_t *content,
	const uint8_t recipient[AGE_RECIPIENT_BYTES], struct fault *fault);

/* *ret_content is a new reference. -1 for what isn't sealed to reader, or isn't what an officer's tool
 * writes. */
MUST_USE int event_content_open(const struct report_event *event, const struct age_identity *reader,
	json_t **ret_content, struct fault *fault);

#endif
