#include "cover.h"

#include "duress.h"
#include "proto/json.h"
#include "purse.h"
#include "queue_json.h"
#include "seal.h"
#include "submit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEM_COVER      "cover"
#define TOKENS_KEPT     4 /* for reports */
#define MINUTES_AN_HOUR 60
#define MINUTE          60
#define SUMMARY         "A dummy report."

int cover_load(struct session *session, struct cover *ret_cover, bool *ret_found, struct failure *failure)
{
	json_t *json = NULL;
	const char *desk;
	size_t len;
	uint64_t next;
	int rc = 0;

	*ret_found = false;
	if (json_fetch(session->vault, ITEM_COVER, &json, failure) != 0)
		return -1;
	if (json == NULL || json_object_get(json, "desk") == NULL) {
		json_decref(json);
		return 0;
	}
	if (member_text(json, "desk", &desk, &len) != 0 || name_of(desk, len, ret_cover->desk) != 0 ||
		member_number(json, "every", &ret_cover->every) != 0 ||
		member_number(json, "next", &next) != 0) {
		rc = failure_set(failure, EX_DATAERR, "the home is damaged: join again in a new folder");
	} else {
		ret_cover->next = (int64_t)next;
		*ret_found = true;
	}
	json_decref(json);
	return rc;
}

int cover_save(struct session *session, const struct cover *cover, struct failure *failure)
{
	json_t *json = cover == NULL ? json_object()
				     : json_pack("{s:s, s:I, s:I}", "desk", cover->desk, "every",
					       (json_int_t)cover->every, "next", (json_int_t)cover->next);
	int rc = json == NULL ? failure_memory(failure)
			      : json_store(session->vault, ITEM_COVER, json, failure);

	json_decref(json);
	return rc;
}

void cover_draw(struct session *session, struct cover *cover)
{
	uint32_t minutes = (uint32_t)cover->every * MINUTES_AN_HOUR;
	int64_t wait = 1;

	while (randombytes_uniform(minutes) != 0)
		wait++;
	cover->next = organisation_now(session->organisation) + wait * MINUTE;
}

/* None that wakes people at once: those would be woken for nothing. */
enum urgency cover_urgency(void)
{
	uint32_t drawn = randombytes_uniform(100);

	return drawn < 15 ? URGENCY_URGENT : drawn < 60 ? URGENCY_PRIORITY : URGENCY_RECORD;
}

/* What can't be sent with a token isn't kept: a report needs the room. */
static int settle(struct session *session, const struct queued *entry, struct failure *failure)
{
	struct failure ignored;

	if (submit_reserve(session->organisation, session->vault, session->queue, entry, failure) == 0)
		return 0;
	/* Where it can't be dropped either, it is sent without one and refused. */
	if (queue_drop(session->queue, entry, &ignored) != 0)
		return -1;
	return -1;
}

int cover_fits(const json_t *report, struct failure *failure)
{
	if (json_dumpb(report, NULL, 0, JSON_COMPACT) <= COVER_JSON_MAX)
		return 0;
	return failure_set(failure, EX_DATAERR,
		"the report is longer than %d bytes, and would be longer than others: shorten it",
		COVER_JSON_MAX);
}

int cover_seal(struct session *session, const json_t *report, const char *desk,
	const struct receipt_keys *keys, struct failure *failure)
{
	const struct roster *roster = organisation_roster(session->organisation);
	struct recipients *recipients = calloc(1, sizeof *recipients);
	struct composed composed = { 0 };
	const struct queued *entry = NULL;
	struct sealing sealing = { .roster = roster,
		.organisation = organisation_fingerprint(session->organisation),
		.composed = &composed,
		.recipients = recipients,
		.keys = keys,
		.is_cover = true };
	int rc = -1;

	if (recipients == NULL)
		return failure_memory(failure);
	if (cover_fits(report, failure) == 0 &&
		compose_again(report, desk, roster, &composed, failure) == 0 &&
		recipients_choose(roster, desk, composed.urgency, composed.excluded, composed.excluded_count,
			recipients, failure) == 0 &&
		seal_report(&sealing, session->vault, session->queue, &entry, failure) == 0)
		rc = settle(session, entry, failure);
	composed_free(&composed);
	free(recipients);
	return rc;
}

/* With a mailbox like all others, which nobody will ever look into. */
static int seal_dummy(struct session *session, const struct cover *cover, struct failure *failure)
{
	uint8_t seed[RECEIPT_SEED_BYTES];
	struct receipt_keys *keys;
	json_t *report = json_pack("{s:i, s:s, s:s, s:b}", "schema", 1, "summary", SUMMARY, "urgency",
		urgency_word(cover_urgency()), "cover", 1);
	int rc;

	randombytes_buf(seed, sizeof seed);
	keys = receipt_keys_of(seed);
	rc = report == NULL || keys == NULL ? failure_memory(failure)
					    : cover_seal(session, report, cover->desk, keys, failure);
	receipt_keys_free(keys);
	sodium_memzero(seed, sizeof seed);
	json_decref(report);
	return rc;
}

size_t cover_count(const struct session *session)
{
	size_t count = 0;

	for (size_t at = 0; at < queue_count(session->queue); at++)
		count += queue_at(session->queue, at)->is_cover;
	return count;
}

/* Where the desk asks for tokens, some are left for what she has to say. */
static int check_tokens(struct session *session, const struct cover *cover, struct failure *failure)
{
	const struct roster *roster = organisation_roster(session->organisation);
	const struct roster_desk *desk = roster_desk(roster, cover->desk);
	struct purse *purse = NULL;
	size_t count;

	if (desk == NULL || desk->admission == ADMISSION_OPEN)
		return 0;
	if (purse_load(session->vault, session->queue, &purse, failure) != 0)
		return -1;
	count = purse_count(purse, roster, organisation_now(session->organisation));
	purse_free(purse);
	return count > TOKENS_KEPT
		       ? 0
		       : failure_set(failure, EX_NOPERM,
				 translated_count("the %zu admission token that is left is kept for "
						  "a report: join with a new invitation to send "
						  "dummies again",
					 "the %zu admission tokens that are left are kept for "
					 "reports: join with a new invitation to send dummies "
					 "again",
					 count),
				 count);
}

int cover_fill(struct session *session, const struct cover *cover, struct failure *failure)
{
	if (organisation_fresh(session->organisation, failure) != 0)
		return -1;
	while (cover_count(session) < COVER_AHEAD) {
		if (check_tokens(session, cover, failure) != 0 || seal_dummy(session, cover, failure) != 0)
			return -1;
	}
	return 0;
}

static const struct queued *next_of(const struct session *session)
{
	for (size_t at = 0; at < queue_count(session->queue); at++) {
		if (queue_at(session->queue, at)->is_cover)
			return queue_at(session->queue, at);
	}
	return NULL;
}

json_t *cover_ids(const struct session *session)
{
	json_t *ids = json_array();

	for (size_t at = 0; ids != NULL && at < queue_count(session->queue); at++) {
		const struct queued *entry = queue_at(session->queue, at);

		if (entry->is_cover && json_array_append_new(ids, json_string(entry->id)) != 0) {
			json_decref(ids);
			ids = NULL;
		}
	}
	return ids;
}

uint64_t cover_roster(const struct session *session)
{
	uint64_t oldest = UINT64_MAX;

	for (size_t at = 0; at < queue_count(session->queue); at++) {
		const struct queued *entry = queue_at(session->queue, at);

		if (entry->is_cover && entry->roster < oldest)
			oldest = entry->roster;
	}
	return oldest;
}

int cover_drop(struct session *session, size_t count, struct failure *failure)
{
	const struct queued *entry;

	for (; count > 0 && (entry = next_of(session)) != NULL; count--) {
		if (queue_drop(session->queue, entry, failure) != 0)
			return -1;
	}
	return 0;
}

int cover_send(struct session *session, bool *ret_sent, struct failure *failure)
{
	const struct queued *entry = next_of(session);
	struct acceptance_answer accepted;
	enum submitted outcome = SUBMIT_LATER;

	*ret_sent = false;
	session->has_no_cover = true;
	if (entry == NULL)
		return 0;
	if (submit(session->organisation, session->vault, session->queue, entry, &accepted, &outcome,
		    failure) != 0 ||
		outcome != SUBMIT_ACCEPTED)
		return -1;
	*ret_sent = true;
	return 0;
}

void cover_at_end(struct session *session)
{
	struct cover cover;
	struct failure ignored;
	bool found = false, sent;

	if (cover_load(session, &cover, &found, &ignored) != 0 || !found)
		return;
	/* She has what she came for. */
	(void)fflush(NULL);
	if (cover_send(session, &sent, &ignored) != 0 || !sent)
		sent = false;
	if (sent) {
		cover_draw(session, &cover);
		if (cover_save(session, &cover, &ignored) != 0)
			return;
	}
	if (cover_fill(session, &cover, &ignored) != 0)
		session->has_no_cover = true; /* no tokens, or an expired roster: `cover send' says it */
	duress_renew(session);
}
