/* GET and POST reports/{id}/events: what officers do with a report, a chain of signed events. */
#include "escalation.h"
#include "offers.h"
#include "outbox.h"
#include "store_state.h"

#include "proto/age_header.h"
#include "proto/encode.h"

#include <inttypes.h>
#include <string.h>

#define HOUR       3600
#define FIRST_TIER 1
#define EVENTS_MAX 100000
#define PAGE_BYTES (1024 * 1024) /* of a history in one answer; one event fits on top of it */

static int event_json(
	struct store *store, const struct report_facts *facts, uint32_t number, struct buffer *out)
{
	struct place place = { .column = COLUMN_EVENT,
		.identity = facts->blind_id,
		.identity_len = sizeof facts->blind_id,
		.number = number };
	struct buffer sealed = buffer_of(EVENT_MAX + SEAL_OVERHEAD);
	int rc = backend_event(store->backend, facts->body, number, &sealed);

	if (rc == 0)
		rc = seal_get(facts->key, &place, sealed.data, sealed.len, out);
	buffer_free(&sealed);
	return rc;
}

/* Events behind `after`, as many as fit a page. */
static int put_page(struct store *store, const struct report_facts *facts, uint64_t after, struct buffer *out)
{
	uint64_t number = after;

	buffer_put_string(out, "{\"events\":[");
	while (number < facts->event_count && out->len < PAGE_BYTES) {
		if (number > after)
			buffer_put_string(out, ",");
		number++;
		if (event_json(store, facts, (uint32_t)number, out) != 0)
			return -1;
	}
	buffer_put_format(out, "],\"more\":%s}", number < facts->event_count ? "true" : "false");
	return buffer_ok(out);
}

void call_get_events(struct request *request)
{
	struct report_facts *facts = report_for_officer(request);

	if (facts == NULL)
		return;
	if (put_page(request->front->store, facts, request->route.after, &request->answer.body) != 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else
		request_answer(request, 200, "application/json");
	facts_free(facts);
}

static int subject_of(struct store *store, const struct report_facts *facts, const struct report_event *event,
	struct event_subject *ret_subject)
{
	hex_encode(facts->id, sizeof facts->id, ret_subject->report);
	return rosters_fingerprint(store, event->roster, ret_subject->organisation);
}

/* Whose officers may do this: whether an offer is taken is for the desk that it was made to, and nothing else
 * is. */
static const char *desk_for(
	struct store *store, const struct report_facts *facts, const struct report_event *event)
{
	const struct offer *offer;

	if (event->type != EVENT_ACCEPT && event->type != EVENT_REJECT)
		return facts->desk;
	offer = offer_of(store, facts->blind_id);
	return offer == NULL ? facts->desk : offer->desk;
}

/* Of that desk; or of the one that the alert has climbed to, where this isn't about an offer. */
static bool may_do(struct store *store, const struct report_facts *facts, const struct report_event *event,
	const struct roster *roster)
{
	const struct roster_officer *officer = roster_officer_by_key(roster, event->keyid);
	const char *desk = desk_for(store, facts, event);

	return officer != NULL &&
	       (officer_serves(officer, desk) ||
		       (strcmp(desk, facts->desk) == 0 && escalation_may_act(roster, facts, officer)));
}

/* Her tool may know an older roster than the one in force, but she must be one who may do it in both. */
static bool was_one_who_may(
	struct store *store, const struct report_facts *facts, const struct report_event *event)
{
	struct roster *roster = NULL;
	bool was = rosters_at(store, event->roster, &roster) == 0 && may_do(store, facts, event, roster);

	roster_free(roster);
	return was;
}

/* Signed by the officer who asks and by whoever can open the report. */
static bool is_proven(
	struct request *request, const struct report_facts *facts, const struct report_event *event)
{
	struct store *store = request->front->store;
	struct event_subject subject;

	if (!bytes_equal(event->keyid, request->signer.keyid, sizeof event->keyid) ||
		!may_do(store, facts, event, store->roster) || !was_one_who_may(store, facts, event) ||
		subject_of(store, facts, event, &subject) != 0)
		return false;
	return event_verify(event, &subject, facts->has_proof ? facts->proof_key : NULL) == 0;
}

static bool is_next(const struct report_facts *facts, const struct report_event *event)
{
	return event->number == (uint64_t)facts->event_count + 1 &&
	       bytes_equal(event->previous, facts->last_event, sizeof event->previous) &&
	       bytes_equal(event->header, facts->header_digest, sizeof event->header);
}

/* What an officer wrote, sealed: the store can see no more of it than that. */
static bool has_form(const struct report_event *event)
{
	struct age_header *header = NULL;
	struct fault fault;
	bool is_short, is_age;

	if (event->content == NULL)
		return !event_needs_content(event->type);
	is_age = age_header_parse(event->content, event->content_len, &header, &is_short, &fault) == 0;
	age_header_free(header);
	return is_age;
}

/* Unless it does something else: to one that is still good. */
static bool answers_an_offer(
	struct store *store, const struct report_facts *facts, const struct report_event *event)
{
	const struct offer *offer = offer_of(store, facts->blind_id);

	return (event->type != EVENT_ACCEPT && event->type != EVENT_REJECT) ||
	       (offer != NULL && offer->until > store_now(store));
}

/* 0 where this event may happen; the state behind it is then in the facts. */
static int judge(struct request *request, struct report_facts *facts, const struct report_event *event,
	enum problem *ret_problem)
{
	enum report_state state;

	*ret_problem = PROBLEM_NOT_PERMITTED;
	if (!is_proven(request, facts, event))
		return -1;
	*ret_problem = PROBLEM_EVENT_CONFLICT;
	if (!is_next(facts, event) || facts->event_count >= EVENTS_MAX)
		return -1;
	*ret_problem = PROBLEM_NOT_SEALED;
	if (!has_form(event))
		return -1;
	*ret_problem = PROBLEM_EVENT_CONFLICT;
	if (event_next_state(facts->state, event->type, &state) != 0)
		return -1;
	if (!answers_an_offer(request->front->store, facts, event))
		return -1;
	*ret_problem = PROBLEM_UNKNOWN_DESK;
	if (event->type == EVENT_TRANSFER &&
		(strcmp(event->desk, facts->desk) == 0 ||
			roster_desk(request->front->store->roster, event->desk) == NULL))
		return -1;
	facts->state = state;
	return 0;
}

/* The other desk has it now. */
static void take_desk(struct store *store, struct report_facts *facts)
{
	const struct offer *offer = offer_of(store, facts->blind_id);

	if (offer == NULL)
		return;
	memcpy(facts->desk, offer->desk, sizeof facts->desk);
	/* How far it climbed there means nothing here. */
	facts->level = LEVEL_NONE;
}

/* An offer is made, or ends: whoever has the report then meets it as a new one. */
static int save(struct store *store, struct report_facts *facts, const struct report_event *event)
{
	if (event->type == EVENT_TRANSFER)
		return report_save(store, facts) == 0 ? offer_make(store, facts, event->desk) : -1;
	if (facts->state == STATE_HANDOVER || offer_of(store, facts->blind_id) == NULL)
		return report_save(store, facts);
	if (offer_end(store, facts->blind_id) != 0 || report_relist(store, facts) != 0)
		return -1;
	return event->type == EVENT_REJECT ? outbox_wake_tier(store, facts->desk, FIRST_TIER, facts->urgency)
					   : 0;
}

static void announce_move(struct request *request)
{
	struct store *store = request->front->store;
	const struct offer *offer = offer_of(store, request->facts->blind_id);

	alerts_wake(store, offer != NULL ? offer->desk : request->facts->desk);
}

static int write_event(struct request *request, struct report_facts *facts, const struct report_event *event)
{
	struct store *store = request->front->store;
	struct place place = { .column = COLUMN_EVENT,
		.identity = facts->blind_id,
		.identity_len = sizeof facts->blind_id,
		.number = event->number };
	struct buffer json = buffer_of(EVENT_MAX), sealed = buffer_of(EVENT_MAX + SEAL_OVERHEAD);
	struct event_subject subject;
	int rc = -1;

	if (subject_of(store, facts, event, &subject) != 0 ||
		event_digest(event, &subject, facts->last_event) != 0 || event_write(event, &json) != 0)
		goto cleanup;
	if (wrapping_confirm(store, facts, event->keyid) != 0)
		goto cleanup;
	facts->event_count = (uint32_t)event->number;
	/* First: from now on its clock is the other desk's. */
	if (event->type == EVENT_ACCEPT)
		take_desk(store, facts);
	escalation_on_event(store, facts, event);
	/* Once acknowledged, the minute has done its duty. */
	if (facts->state != STATE_NEW) {
		facts->accepted = time_cut(facts->accepted, HOUR);
		facts->listed = time_cut(facts->listed, HOUR);
		facts->changed = time_cut(store_now(store), HOUR);
	}
	if (seal_put(facts->key, &place, json.data, json.len, &sealed) != 0 ||
		backend_add_event(
			store->backend, facts->body, (uint32_t)event->number, sealed.data, sealed.len) != 0 ||
		save(store, facts, event) != 0 || authority_commit_nonce(request) != 0)
		goto cleanup;
	buffer_put_format(&request->answer.body, "{\"state\":\"%s\",\"number\":%" PRIu64 "}",
		state_word(facts->state), event->number);
	rc = 0;
cleanup:
	buffer_free(&json);
	buffer_free(&sealed);
	return rc;
}

static bool is_move(enum event_type type)
{
	return type == EVENT_TRANSFER || type == EVENT_ACCEPT || type == EVENT_REJECT;
}

static void take_event(struct request *request, struct report_facts *facts, const struct report_event *event)
{
	enum problem problem;

	if (judge(request, facts, event, &problem) != 0) {
		request_answer_problem(request, problem);
		return;
	}
	if (group_enter(request) != 0)
		return;
	if (is_move(event->type))
		request->committed = announce_move;
	if (write_event(request, facts, event) != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		group_fail(request->front->store);
		return;
	}
	request_answer(request, 201, "application/json");
}

void call_post_event(struct request *request)
{
	struct report_facts *facts = report_for_officer(request);
	struct report_event *event = NULL;
	struct fault fault;

	if (facts == NULL)
		return;
	request->facts = facts; /* ends with the request */
	if (event_parse((const char *)request->body.data, request->body.len, &event, &fault) != 0)
		request_answer_problem(request, PROBLEM_BAD_REQUEST);
	else
		take_event(request, facts, event);
	report_event_free(event);
}
