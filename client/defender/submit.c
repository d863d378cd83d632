#include "submit.h"

#include "client/progress.h"
#include "proto/encode.h"
#include "proto/problem.h"
#include "purse.h"

#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE 512
#define NOT_TAKEN "the report wasn't taken"

struct submission {
	struct organisation *organisation;
	struct vault *vault;
	const struct queued *entry;
	struct link *link;
	struct vault_reader *reader;
	uint64_t given; /* how far it has been read: what the server has, and what is under way to it */
	char path[PATH_SIZE];
	char upload_key[BASE64_CHARS(UPLOAD_KEY_BYTES) + 1];
	struct purse *purse;
	char token[TOKEN_FIELD_SIZE]; /* "" where the desk asks for none */
};

static int give_payload(void *owner, uint8_t *bytes, size_t size, size_t *ret_len, struct failure *failure)
{
	struct submission *submission = owner;

	if (vault_reader_take(submission->reader, bytes, size, ret_len, failure) != 0)
		return -1;
	submission->given += *ret_len;
	progress_at(submission->given);
	return 0;
}

static int open_payload(struct submission *submission, uint64_t offset, struct failure *failure)
{
	vault_reader_free(submission->reader);
	submission->reader = NULL;
	submission->given = offset;
	if (vault_reader_new(submission->vault, submission->entry->payload, &submission->reader, failure) !=
		0)
		return -1;
	return vault_reader_skip(submission->reader, offset, failure);
}

/* `desk=…&urgency=…&salt=…&roster=…` behind what goes before it. */
static void set_path(struct submission *submission, const char *before)
{
	const struct destination *to = &submission->entry->destination;
	char salt[SALT_HEX_SIZE];

	hex_encode(to->salt, SALT_BYTES, salt);
	(void)snprintf(submission->path, sizeof submission->path, "%sdesk=%s&urgency=%s%s%s&roster=%llu%s%s",
		before, to->desk, urgency_word(to->urgency), submission->entry->has_salt ? "&salt=" : "",
		submission->entry->has_salt ? salt : "", (unsigned long long)submission->entry->roster,
		to->release[0] != '\0' ? "&release=" : "", to->release);
}

/* Token and hold key go with the request that brings the report, or creates its upload. */
static void add_keys(const struct submission *submission, struct link_request *request)
{
	if (submission->entry->destination.hold_key[0] != '\0')
		request->headers[request->header_count++] =
			(struct link_header){ "Hold-Key", submission->entry->destination.hold_key };
	if (submission->token[0] != '\0')
		request->headers[request->header_count++] =
			(struct link_header){ "Authorization", submission->token };
}

static int put_whole(struct submission *submission, struct link_answer *ret_answer, struct failure *failure)
{
	struct link_request request = { .method = "PUT",
		.path = submission->path,
		.headers = { { "Content-Type", "application/octet-stream" } },
		.header_count = 1,
		.body_len = (size_t)submission->entry->length,
		.source = give_payload,
		.source_owner = submission };
	char before[ID_SIZE + 16];

	(void)snprintf(before, sizeof before, "reports/%s?", submission->entry->id);
	set_path(submission, before);
	add_keys(submission, &request);
	if (open_payload(submission, 0, failure) != 0)
		return -1;
	return link_call(submission->link, &request, ret_answer, failure);
}

static int create_upload(
	struct submission *submission, struct link_answer *ret_answer, struct failure *failure)
{
	struct link_request request = { .method = "POST",
		.path = submission->path,
		.headers = { { "Upload-Key", submission->upload_key } },
		.header_count = 1 };
	char before[ID_SIZE + 64];

	(void)snprintf(before, sizeof before, "uploads?id=%s&length=%llu&", submission->entry->id,
		(unsigned long long)submission->entry->length);
	set_path(submission, before);
	add_keys(submission, &request);
	return link_call(submission->link, &request, ret_answer, failure);
}

static int patch(struct submission *submission, uint64_t offset, struct link_answer *ret_answer,
	struct failure *failure)
{
	char text[24];
	struct link_request request = { .method = "PATCH",
		.path = submission->path,
		.headers = { { "Upload-Key", submission->upload_key }, { "Upload-Offset", text },
			{ "Upload-Complete", "?1" }, { "Content-Type", "application/partial-upload" } },
		.header_count = 4,
		.body_len = (size_t)(submission->entry->length - offset),
		.source = give_payload,
		.source_owner = submission };

	(void)snprintf(text, sizeof text, "%llu", (unsigned long long)offset);
	(void)snprintf(submission->path, sizeof submission->path, "reports/%s", submission->entry->id);
	if (open_payload(submission, offset, failure) != 0)
		return -1;
	return link_call(submission->link, &request, ret_answer, failure);
}

static bool is_final(const struct link_answer *answer)
{
	return !answer->has_upload_offset || (answer->status != 200 && answer->status != 201 &&
						     answer->status != 204 && answer->status != 409);
}

/* While one network goes and another comes: some seconds, once the server has begun to take it. */
static const int pauses_ms[] = { 0, 500, 1000, 2500 };

static int next_link(struct submission *submission, size_t server, struct failure *failure)
{
	link_close(submission->link);
	submission->link = NULL;
	return organisation_link(submission->organisation, server, &submission->link, failure);
}

/* What the server has so far, from an answer that isn't final. */
static int next_offset(const struct submission *submission, const struct link_answer *answer, bool is_first,
	uint64_t *offset, struct failure *failure)
{
	uint64_t next = answer->upload_offset;

	if (next >= submission->entry->length || (!is_first && next < *offset))
		return failure_set(failure, EX_PROTOCOL,
			"the server doesn't know how much it has: try again, then tell your organisation's "
			"admin");
	if (!is_first && next == *offset)
		return failure_set(failure, EX_UNAVAILABLE, "the upload doesn't move on: try again later");
	*offset = next;
	return 0;
}

static int create_again(
	struct submission *submission, size_t server, struct link_answer *ret_answer, struct failure *failure)
{
	int rc = -1;

	for (size_t at = 0; at < COUNT_OF(pauses_ms); at++) {
		(void)poll(NULL, 0, pauses_ms[at]);
		rc = next_link(submission, server, failure);
		if (rc == 0)
			rc = create_upload(submission, ret_answer, failure);
		if (rc == 0 || failure->exit_code != EX_UNAVAILABLE)
			break;
	}
	return rc;
}

/* From the byte that the server has, until it has all. A break is followed by another try as long as each
 * brings it forward: creating the same upload again tells where it stands, or gives the acceptance. Ends with
 * an answer that tells no offset (the acceptance, or a refusal), or -1. */
static int upload(
	struct submission *submission, size_t server, struct link_answer *ret_answer, struct failure *failure)
{
	struct link_answer answer = { 0 };
	uint64_t offset = 0;
	int rc = create_upload(submission, &answer, failure);

	for (bool is_first = true; rc == 0 && !is_final(&answer); is_first = false) {
		rc = next_offset(submission, &answer, is_first, &offset, failure);
		link_answer_free(&answer);
		if (rc != 0)
			break;
		rc = patch(submission, offset, &answer, failure);
		if (rc != 0 && failure->exit_code == EX_UNAVAILABLE)
			rc = create_again(submission, server, &answer, failure);
	}
	if (rc == 0)
		*ret_answer = answer;
	return rc;
}

/* The organisation's fingerprint at the roster version that the report was sealed to: a carrier looks it up.
 */
static int fingerprint_of(struct organisation *organisation, const struct queued *entry,
	char ret_fingerprint[FINGERPRINT_SIZE], struct failure *failure)
{
	struct roster *roster = NULL;
	int rc = 0;

	memcpy(ret_fingerprint, entry->destination.organisation, FINGERPRINT_SIZE);
	if (ret_fingerprint[0] != '\0')
		return 0;
	if (organisation_roster_at(organisation, entry->roster, &roster, failure) != 0)
		return -1;
	if (roster_fingerprint(roster, ret_fingerprint) != 0)
		rc = failure_memory(failure);
	roster_free(roster);
	return rc;
}

static int acceptance_of(struct organisation *organisation, const struct queued *entry,
	const struct link_answer *answer, struct acceptance_answer *ret_accepted,
	struct acceptance *ret_acceptance, struct failure *failure)
{
	struct fault fault;

	*ret_acceptance = (struct acceptance){ .urgency = entry->destination.urgency };
	if (acceptance_parse((const char *)answer->body.data, answer->body.len, ret_accepted, &fault) != 0)
		return failure_of(failure, EX_PROTOCOL, &fault);
	if (strcmp(ret_accepted->id, entry->id) != 0)
		return failure_set(failure, EX_PROTOCOL, "the server confirmed another report: try again");
	memcpy(ret_acceptance->id, entry->id, sizeof ret_acceptance->id);
	memcpy(ret_acceptance->desk, entry->destination.desk, sizeof ret_acceptance->desk);
	memcpy(ret_acceptance->release, entry->destination.release, sizeof ret_acceptance->release);
	memcpy(ret_acceptance->accepted, ret_accepted->accepted, sizeof ret_acceptance->accepted);
	return fingerprint_of(organisation, entry, ret_acceptance->organisation, failure);
}

/* The signature is judged by the newest roster once the one at hand says no: the key may have been rotated.
 */
static int verify(struct organisation *organisation, const struct queued *entry,
	const struct link_answer *answer, struct acceptance_answer *ret_accepted, uint64_t *ret_signed_by,
	struct failure *failure)
{
	struct acceptance acceptance;
	bool is_proven;

	if (acceptance_of(organisation, entry, answer, ret_accepted, &acceptance, failure) != 0)
		return -1;
	is_proven = acceptance_verify(&acceptance, organisation_roster(organisation)->receipt_key,
			    ret_accepted->signature) == 0;
	if (!is_proven && organisation_refresh(organisation, NULL, failure) == 0)
		is_proven = acceptance_verify(&acceptance, organisation_roster(organisation)->receipt_key,
				    ret_accepted->signature) == 0;
	if (is_proven) {
		*ret_signed_by = organisation_roster(organisation)->version;
		return 0;
	}
	return failure_set(failure, EX_PROTOCOL,
		"the server's confirmation isn't signed by your organisation, the report stays queued: send "
		"it again later");
}

/* What the answer is a refusal for; PROBLEM_COUNT where it isn't one that we know. */
static enum problem problem_of(const struct link_answer *answer)
{
	struct problem_answer problem;
	struct fault fault;

	if (problem_parse((const char *)answer->body.data, answer->body.len, &problem, &fault) != 0 ||
		!problem.known || answer->status != problem_status(problem.problem))
		return PROBLEM_COUNT;
	return problem.problem;
}

/* What the bytes themselves are refused for won't be taken tomorrow either. */
static bool is_hopeless(const struct link_answer *answer)
{
	switch (problem_of(answer)) {
	case PROBLEM_TOO_LARGE:
	case PROBLEM_WRONG_ID:
	case PROBLEM_NOT_SEALED:
	case PROBLEM_WRONG_DESTINATION:
	case PROBLEM_UNKNOWN_DESK:
	case PROBLEM_DESTROYED:
		return true;
	default:
		return false;
	}
}

/* The report's token: the one that it has, or one from now on. 77 where there is none. */
static int take_token(struct submission *submission, struct failure *failure)
{
	uint8_t token[TOKEN_BYTES];
	int rc = purse_show(submission->purse, organisation_roster(submission->organisation),
		organisation_now(submission->organisation), submission->entry, token, failure);

	if (rc == 0)
		token_field_write(token, submission->token);
	sodium_memzero(token, sizeof token);
	return rc;
}

/* Where the roster says that the desk asks for one, or where one was bound when it did. */
static bool needs_token(const struct submission *submission)
{
	const struct roster_desk *desk = roster_desk(
		organisation_roster(submission->organisation), submission->entry->destination.desk);

	return (desk != NULL && desk->admission == ADMISSION_TOKEN) ||
	       purse_has_bound(submission->purse, submission->entry);
}

/* Server by server until one answers. */
static int transfer(struct submission *submission, struct link_answer *ret_answer, struct failure *failure)
{
	size_t servers = organisation_servers(submission->organisation);
	struct failure worst = { .exit_code = 0 };
	bool again = true;
	int rc = -1;

	for (size_t server = 0; again && server < servers; server++) {
		rc = next_link(submission, server, failure);
		if (rc == 0)
			rc = submission->entry->length <= SUBMIT_WHOLE_MAX
				     ? put_whole(submission, ret_answer, failure)
				     : upload(submission, server, ret_answer, failure);
		again = rc != 0 && organisation_try_next(submission->link, failure, &worst);
	}
	if (rc != 0)
		organisation_tried(&worst, failure);
	return rc;
}

/* Once more with another token, where the server wants one, or doesn't take this one: it was spent before a
 * home was put back from a copy, or its key was taken out of the roster. */
static int transfer_with_token(
	struct submission *submission, struct link_answer *ret_answer, struct failure *failure)
{
	enum problem problem;

	if (transfer(submission, ret_answer, failure) != 0)
		return -1;
	problem = problem_of(ret_answer);
	if (problem != PROBLEM_TOKEN_NEEDED && problem != PROBLEM_TOKEN_REFUSED)
		return 0;
	link_answer_free(ret_answer);
	if (purse_spent(submission->purse, submission->entry, failure) != 0 ||
		take_token(submission, failure) != 0)
		return -1;
	return transfer(submission, ret_answer, failure);
}

static int judge(const struct submission *submission, struct queue *queue, const struct link_answer *answer,
	struct acceptance_answer *ret_accepted, enum submitted *ret_outcome, struct failure *failure)
{
	uint64_t signed_by = 0;

	if (answer->status != 200 && answer->status != 201) {
		bool hopeless = is_hopeless(answer);

		if (link_refused(answer, NOT_TAKEN, failure) == 0 || !hopeless)
			return 0;
		*ret_outcome = SUBMIT_NEVER;
		return queue_drop(queue, submission->entry, failure);
	}
	if (verify(submission->organisation, submission->entry, answer, ret_accepted, &signed_by, failure) !=
		0)
		return 0;
	if (queue_accepted(queue, submission->entry, ret_accepted, signed_by, failure) != 0)
		return -1;
	*ret_outcome = SUBMIT_ACCEPTED;
	return 0;
}

int submit(struct organisation *organisation, struct vault *vault, struct queue *queue,
	const struct queued *entry, struct acceptance_answer *ret_accepted, enum submitted *ret_outcome,
	struct failure *failure)
{
	struct submission submission = { .organisation = organisation, .vault = vault, .entry = entry };
	const struct queued sent = *entry; /* the entry may be gone behind the answer */
	struct link_answer answer = { 0 };
	bool sent_it;
	int rc = 0;

	*ret_outcome = SUBMIT_LATER;
	base64_encode(BASE64_URL, entry->upload_key, sizeof entry->upload_key, submission.upload_key);
	if (purse_load(vault, queue, &submission.purse, failure) != 0)
		return -1;
	if (needs_token(&submission) && take_token(&submission, failure) != 0) {
		rc = failure->exit_code == EX_NOPERM ? 0 : -1;
		goto cleanup;
	}
	progress_begin(PROGRESS_SENDING, entry->length);
	sent_it = transfer_with_token(&submission, &answer, failure) == 0;
	progress_end();
	if (sent_it)
		rc = judge(&submission, queue, &answer, ret_accepted, ret_outcome, failure);
	if (rc == 0 && *ret_outcome != SUBMIT_LATER)
		rc = purse_spent(submission.purse, &sent, failure);
cleanup:
	sodium_memzero(submission.token, sizeof submission.token);
	purse_free(submission.purse);
	link_answer_free(&answer);
	link_close(submission.link);
	vault_reader_free(submission.reader);
	return rc;
}

int submit_reserve(struct organisation *organisation, struct vault *vault, struct queue *queue,
	const struct queued *entry, struct failure *failure)
{
	struct submission submission = { .organisation = organisation, .vault = vault, .entry = entry };
	int rc = purse_load(vault, queue, &submission.purse, failure);

	if (rc == 0 && needs_token(&submission))
		rc = purse_bind(submission.purse, organisation_roster(organisation),
			organisation_now(organisation), entry, failure);
	purse_free(submission.purse);
	return rc;
}
