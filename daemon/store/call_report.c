/* PUT reports/{id}: a whole sealed file in one request. */
#include "store_state.h"

#include "base/log.h"
#include "proto/digest.h"
#include "proto/encode.h"

#include <string.h>

#define MINUTE 60
#define HOUR   3600

bool report_may_come(struct request *request, uint64_t length)
{
	struct store *store = request->front->store;
	const struct roster_desk *desk =
		store->roster == NULL ? NULL : roster_desk(store->roster, request->route.desk);
	char fingerprint[FINGERPRINT_SIZE];

	if (desk == NULL || rosters_fingerprint(store, request->route.roster, fingerprint) != 0) {
		request_refuse(request, desk == NULL ? PROBLEM_UNKNOWN_DESK : PROBLEM_WRONG_DESTINATION);
		return false;
	}
	if (length > store->max_report_bytes) {
		request_refuse(request, PROBLEM_TOO_LARGE);
		return false;
	}
	if (!store_has_room(store, length)) {
		request_refuse(request, PROBLEM_STORAGE_FULL);
		return false;
	}
	return admission_check(request, desk) == 0;
}

/* Answers with the acceptance again where the report is here already; false where it isn't. */
static bool answered_again(struct request *request)
{
	struct store *store = request->front->store;
	struct report_facts *facts = NULL;
	struct backend_report row;
	int found = report_find(store, request->route.report_id, &facts, &row);
	bool answered = true;

	if (found < 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else if (found == 0)
		answered = tombstone_answered(request);
	else if (facts->stage == STAGE_UPLOADING)
		answered = false;
	else if (report_accepted_again(store, facts, &request->answer.body) != 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else
		request_answer(request, 200, "application/json");
	facts_free(facts);
	return answered;
}

bool call_put_report_begins(struct request *request)
{
	if (request->content_length == 0) {
		request_answer_problem(request, PROBLEM_NOT_SEALED);
		return false;
	}
	return report_may_come(request, request->content_length);
}

struct report_facts *report_facts_of(struct request *request, uint64_t length)
{
	struct report_facts *facts = facts_new();
	const struct route *route = &request->route;

	if (facts == NULL)
		return NULL;
	memcpy(facts->id, route->report_id, sizeof facts->id);
	memcpy(facts->desk, route->desk, sizeof facts->desk);
	facts->urgency = route->urgency;
	facts->state = STATE_NEW;
	facts->release = route->has_release ? route->release : 0;
	facts->roster = route->roster;
	facts->header_roster = route->roster;
	facts->header_stage = HEADER_FIRST;
	facts->length = length;
	facts->has_salt = route->has_salt;
	memcpy(facts->salt, route->salt, sizeof facts->salt);
	/* A key of another form can't match what the stanza commits to. */
	if (route->has_release && strlen(request->fields.hold_key) == sizeof facts->hold_key - 1)
		memcpy(facts->hold_key, request->fields.hold_key, sizeof facts->hold_key);
	return facts;
}

/* With the key of the roster in force. */
static int sign(struct store *store, struct report_facts *facts)
{
	struct acceptance acceptance = { .urgency = facts->urgency };

	hex_encode(facts->id, sizeof facts->id, acceptance.id);
	memcpy(acceptance.desk, facts->desk, sizeof acceptance.desk);
	memcpy(acceptance.accepted, facts->accepted_hour, sizeof acceptance.accepted);
	if (facts->release != 0)
		time_format(facts->release, acceptance.release);
	if (rosters_fingerprint(store, facts->roster, acceptance.organisation) != 0)
		return -1;
	return acceptance_sign(&acceptance, store->receipt_secret_key, facts->signature);
}

int report_accept(struct store *store, struct report_facts *facts)
{
	int64_t now = store_now(store);

	facts->accepted = time_cut(now, MINUTE);
	facts->listed = facts->release > now ? facts->release : facts->accepted;
	facts->changed = time_cut(now, HOUR);
	facts->stage = facts->release > now ? STAGE_HELD : STAGE_LISTED;
	time_format(time_cut(now, HOUR), facts->accepted_hour);
	return sign(store, facts);
}

int report_accepted_again(struct store *store, struct report_facts *facts, struct buffer *out)
{
	return sign(store, facts) != 0 ? -1 : report_acceptance(store, facts, out);
}

static int write_report(struct request *request, struct report_facts *facts, const struct sealed_file *file)
{
	struct store *store = request->front->store;
	const uint8_t *payload = request->body.data + file->header_len;
	size_t left = request->body.len - file->header_len;

	facts->chunk_count = (uint32_t)((left + CHUNK_BYTES - 1) / CHUNK_BYTES);
	if (report_add(store, facts, request->body.data, file->header_len, facts->stage == STAGE_HELD) != 0)
		return -1;
	for (uint32_t number = 0; number < facts->chunk_count; number++) {
		size_t take = left < CHUNK_BYTES ? left : CHUNK_BYTES;

		if (report_add_chunk(store, facts, number, payload, take, false) != 0)
			return -1;
		payload += take;
		left -= take;
	}
	return report_acceptance(store, facts, &request->answer.body);
}

/* An upload of the same file that was begun and not finished has become needless. */
static int drop_unfinished(struct store *store, const uint8_t id[SHA256_BYTES])
{
	struct report_facts *facts = NULL;
	struct backend_report row;
	int found = report_find(store, id, &facts, &row);
	int rc = found < 0 ? -1 : 0;

	if (found == 1) {
		uploads_stop(store, id);
		rc = backend_drop_upload(store->backend, facts->body);
	}
	facts_free(facts);
	return rc;
}

/* Everything that can be wrong has been looked for: from here on only storage can fail. */
static void accept_report(struct request *request, const struct sealed_file *file)
{
	struct store *store = request->front->store;
	int spent;

	/* Others may have taken the room while its body came. */
	if (!store_has_room(store, request->body.len)) {
		request_answer_problem(request, PROBLEM_STORAGE_FULL);
		return;
	}
	if (group_enter(request) != 0)
		return;
	spent = admission_spend(request);
	if (spent == 1)
		return;
	if (spent != 0 || drop_unfinished(store, request->facts->id) != 0 ||
		write_report(request, request->facts, file) != 0) {
		request->answer.body.len = 0;
		request_answer_problem(request, PROBLEM_BUSY);
		group_fail(store);
		return;
	}
	request->committed = report_on_committed;
	request_answer(request, 201, "application/json");
}

void call_put_report(struct request *request)
{
	struct store *store = request->front->store;
	uint8_t digest[SHA256_BYTES];
	struct sealed_file file;
	enum problem problem = PROBLEM_BUSY;

	if (buffer_ok(&request->body) != 0 ||
		sha256_once(request->body.data, request->body.len, digest) != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		return;
	}
	if (!bytes_equal(digest, request->route.report_id, sizeof digest)) {
		request_answer_problem(request, PROBLEM_WRONG_ID);
		return;
	}
	if (answered_again(request))
		return;
	request->facts = report_facts_of(request, request->body.len);
	if (request->facts == NULL || sealed_file_check(request->body.data, request->body.len,
					      request->body.len, &file, &problem) != 0) {
		request_answer_problem(request, problem);
		return;
	}
	if (sealed_file_destined(store, &file, request->facts) != 0) {
		request_answer_problem(request, PROBLEM_WRONG_DESTINATION);
		return;
	}
	if (request->facts->release > store_now(store) + HOLD_IN_ALL_MAX) {
		request_answer_problem(request, PROBLEM_TOO_FAR);
		return;
	}
	request->facts->has_proof = file.has_proof;
	memcpy(request->facts->proof_key, file.proof.public_key, sizeof file.proof.public_key);
	memcpy(request->facts->header_digest, file.header_digest, sizeof file.header_digest);
	if (report_accept(store, request->facts) != 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else
		accept_report(request, &file);
}
