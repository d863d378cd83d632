#include "referral.h"

#include "readers.h"
#include "view.h"

#include "client/recipients.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "proto/report_schema.h"
#include "proto/sealed_report.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PUT_MAX       (1024 * 1024) /* what one PUT takes; above it: an upload */
#define PUT_PATH_SIZE 320
#define NOT_TAKEN     "the other desk's report wasn't taken"

/* One on its way. */
struct sending {
	const struct officer *officer;
	struct organisation *organisation;
	bool is_partner;
	const struct referral *referral;
};

struct referral *referral_new(void)
{
	struct referral *referral = sodium_malloc(sizeof *referral);

	if (referral == NULL)
		return NULL;
	*referral = (struct referral){ .sealed = buffer_of(SEALED_VIEW_MAX) };
	return referral;
}

void referral_free(struct referral *referral)
{
	if (referral == NULL)
		return;
	buffer_free(&referral->sealed);
	sodium_free(referral);
}

static int fresh_keys(char ret_number[RECEIPT_SIZE], struct receipt_keys **ret_keys, struct failure *failure)
{
	uint8_t *seed = sodium_malloc(RECEIPT_SEED_BYTES);
	int rc = -1;

	if (seed == NULL)
		return failure_memory(failure);
	receipt_new(ret_number);
	if (receipt_stretch(ret_number, seed) != 0 || (*ret_keys = receipt_keys_of(seed)) == NULL)
		rc = failure_memory(failure);
	else
		rc = 0;
	sodium_free(seed);
	return rc;
}

static int add_envelope(json_t *view, const struct referral *referral, const struct receipt_keys *keys,
	struct failure *failure)
{
	const struct destination *to = &referral->destination;
	char salt[SALT_HEX_SIZE], hand_key[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1],
		recipient[AGE_RECIPIENT_SIZE];
	json_t *envelope;

	hex_encode(to->salt, SALT_BYTES, salt);
	base64_encode(BASE64_URL, keys->hand_key, ED25519_PUBLIC_BYTES, hand_key);
	age_recipient_text(keys->replies.recipient, recipient);
	envelope = json_pack("{s:s, s:s, s:s, s:n, s:n, s:s, s:I, s:{s:s, s:s, s:s}}", "organisation",
		to->organisation, "desk", to->desk, "urgency", urgency_word(to->urgency), "release",
		"hold_key", "salt", salt, "roster", (json_int_t)referral->roster, "mailbox", "id",
		keys->mailbox, "recipient", recipient, "hand_key", hand_key);
	return json_object_set_new(view, "envelope", envelope) == 0 ? 0 : failure_memory(failure);
}

static int take_sealed(void *context, const uint8_t *data, size_t len)
{
	struct referral *referral = context;

	buffer_put(&referral->sealed, data, len);
	return buffer_ok(&referral->sealed);
}

static int seal(const struct referral_order *order, const struct recipients *recipients,
	const struct buffer *text, struct referral *referral, struct failure *failure)
{
	struct report_sealer_options options = { .recipients = recipients->keys,
		.recipient_count = recipients->count,
		.destination = &referral->destination,
		.sink = take_sealed,
		.sink_context = referral };
	struct report_sealer *sealer = NULL;
	uint8_t id[REPORT_ID_BYTES];
	int rc = -1;

	if (report_sealer_new(&options, &sealer) != 0 ||
		report_sealer_entry(sealer, ARCHIVE_REPORT, text->len) != 0 ||
		report_sealer_content(sealer, text->data, text->len) != 0)
		rc = failure_memory(failure);
	else if (shared_evidence_seal(order->report, order->evidence, sealer, failure) == 0)
		rc = report_sealer_finish(sealer, id) == 0
			     ? 0
			     : failure_set(failure, EX_DATAERR,
				       "the attachments are too large for a referral: send them another way");
	report_sealer_free(sealer);
	if (rc == 0)
		hex_encode(id, sizeof id, referral->id);
	return rc;
}

static int seal_view(const struct referral_order *order, struct referral *referral, struct failure *failure)
{
	const struct roster *roster = organisation_roster(order->organisation);
	struct buffer text = buffer_of(REPORT_JSON_MAX);
	struct recipients recipients;
	struct fault fault;
	int rc = -1;

	/* A partner's desks are not those that she could name. */
	const json_t *agreed = order->is_partner ? NULL : view_agreed(order->report->json);

	if (readers_choose(roster, order->view, agreed, &referral->destination, &recipients, failure) != 0)
		goto cleanup;
	if (report_schema_check_value(order->view, &fault) != 0)
		rc = failure_of(failure, EX_DATAERR, &fault);
	else if (json_put(order->view, &text) != 0)
		rc = failure_set(
			failure, EX_DATAERR, "the note is too long for a referral: write a shorter one");
	else
		rc = seal(order, &recipients, &text, referral, failure);
cleanup:
	buffer_free(&text);
	return rc;
}

static int prove(const struct sending *sending, const struct link_answer *answer,
	struct acceptance_answer *ret_accepted, struct failure *failure)
{
	const struct roster *roster = organisation_roster(sending->organisation);
	const struct referral *referral = sending->referral;
	struct acceptance acceptance = { .urgency = referral->destination.urgency };
	struct acceptance_answer accepted;
	struct fault fault;

	if (acceptance_parse((const char *)answer->body.data, answer->body.len, &accepted, &fault) != 0)
		return failure_of(failure, EX_PROTOCOL, &fault);
	memcpy(acceptance.organisation, referral->destination.organisation, FINGERPRINT_SIZE);
	memcpy(acceptance.id, referral->id, sizeof acceptance.id);
	memcpy(acceptance.desk, referral->destination.desk, sizeof acceptance.desk);
	memcpy(acceptance.accepted, accepted.accepted, sizeof acceptance.accepted);
	if (strcmp(accepted.id, referral->id) != 0 ||
		acceptance_verify(&acceptance, roster->receipt_key, accepted.signature) != 0)
		return failure_set(failure, EX_PROTOCOL,
			"ALARM: the server's acceptance of the referral isn't what it should be: tell your "
			"organisation's admin");
	*ret_accepted = accepted;
	return 0;
}

/* A desk that asks for tokens takes an officer's signature instead; where nothing is asked, none is given. */
static int call(const struct sending *sending, const struct link_request *request,
	struct link_answer *ret_answer, struct failure *failure)
{
	const struct officer *officer = sending->officer;
	struct organisation *organisation = sending->organisation;
	const struct roster_desk *desk =
		roster_desk(organisation_roster(organisation), sending->referral->destination.desk);
	struct signed_prepared prepared;
	int rc = failure_set(
		failure, EX_PROTOCOL, "the roster names no server: tell your organisation's admin");

	if (sending->is_partner || desk == NULL || desk->admission == ADMISSION_OPEN)
		return organisation_call(organisation, request, ret_answer, failure);
	for (size_t server = 0; server < organisation_servers(organisation); server++) {
		struct link *link = NULL;

		rc = organisation_link(organisation, server, &link, failure);
		if (rc == 0)
			rc = signed_call_prepare(
				link, officer->identity->signing_key, request, &prepared, failure);
		if (rc == 0)
			rc = link_call(link, &prepared.request, ret_answer, failure);
		link_close(link);
		if (rc == 0 || failure->exit_code != EX_UNAVAILABLE)
			break;
	}
	return rc;
}

/* `desk=…&urgency=…&salt=…&roster=…` behind what goes before it. */
static void set_path(const struct referral *referral, const char *before, char ret_path[PUT_PATH_SIZE])
{
	char salt[SALT_HEX_SIZE];

	hex_encode(referral->destination.salt, SALT_BYTES, salt);
	(void)snprintf(ret_path, PUT_PATH_SIZE, "%sdesk=%s&urgency=%s&salt=%s&roster=%llu", before,
		referral->destination.desk, urgency_word(referral->destination.urgency), salt,
		(unsigned long long)referral->roster);
}

static int put_whole(const struct sending *sending, struct link_answer *ret_answer, struct failure *failure)
{
	const struct referral *referral = sending->referral;
	char path[PUT_PATH_SIZE], before[ID_SIZE + 16];
	struct link_request request = {
		.method = "PUT", .path = path, .body = referral->sealed.data, .body_len = referral->sealed.len
	};

	(void)snprintf(before, sizeof before, "reports/%s?", referral->id);
	set_path(referral, before, path);
	return call(sending, &request, ret_answer, failure);
}

/* From where one that broke off has come to. */
static int upload(const struct sending *sending, struct link_answer *ret_answer, struct failure *failure)
{
	const struct referral *referral = sending->referral;
	char path[PUT_PATH_SIZE], before[ID_SIZE + 64], offset[24];
	struct link_request create = { .method = "POST",
		.path = path,
		.headers = { { "Upload-Key", referral->upload_key } },
		.header_count = 1 };
	struct link_request patch = { .method = "PATCH",
		.path = path,
		.headers = { { "Upload-Key", referral->upload_key }, { "Upload-Offset", offset },
			{ "Upload-Complete", "?1" }, { "Content-Type", "application/partial-upload" } },
		.header_count = 4 };
	uint64_t from;
	int rc;

	(void)snprintf(
		before, sizeof before, "uploads?id=%s&length=%zu&", referral->id, referral->sealed.len);
	set_path(referral, before, path);
	rc = call(sending, &create, ret_answer, failure);
	if (rc != 0 || !ret_answer->has_upload_offset ||
		(ret_answer->status != 201 && ret_answer->status != 200))
		return rc;
	from = ret_answer->upload_offset;
	link_answer_free(ret_answer);
	if (from >= referral->sealed.len)
		return failure_set(failure, EX_PROTOCOL,
			"the server says something about the upload that can't be: try again later");
	patch.body = referral->sealed.data + from;
	patch.body_len = referral->sealed.len - from;
	(void)snprintf(offset, sizeof offset, "%llu", (unsigned long long)from);
	(void)snprintf(path, sizeof path, "reports/%s", referral->id);
	return organisation_call(sending->organisation, &patch, ret_answer, failure);
}

int referral_deliver(struct officer *officer, struct organisation *organisation, bool is_partner,
	struct referral *referral, struct failure *failure)
{
	const struct sending sending = { officer, organisation, is_partner, referral };
	struct link_answer answer = { 0 };
	struct acceptance_answer accepted;
	int rc = referral->sealed.len <= PUT_MAX ? put_whole(&sending, &answer, failure)
						 : upload(&sending, &answer, failure);

	if (rc != 0)
		return -1;
	rc = answer.status == 201 || answer.status == 200 ? prove(&sending, &answer, &accepted, failure)
							  : link_refused(&answer, NOT_TAKEN, failure);
	link_answer_free(&answer);
	if (rc == 0)
		referral->accepted = accepted;
	return rc;
}

int referral_make(const struct referral_order *order, struct referral **ret_referral, struct failure *failure)
{
	struct referral *referral = referral_new();
	struct receipt_keys *keys = NULL;
	uint8_t upload_key[UPLOAD_KEY_BYTES];
	int rc = -1;

	if (referral == NULL)
		return failure_memory(failure);
	referral->destination.urgency = order->urgency;
	referral->roster = organisation_roster(order->organisation)->version;
	memcpy(referral->destination.organisation, organisation_fingerprint(order->organisation),
		FINGERPRINT_SIZE);
	memcpy(referral->destination.desk, order->desk, strlen(order->desk) + 1);
	randombytes_buf(referral->destination.salt, SALT_BYTES);
	randombytes_buf(upload_key, sizeof upload_key);
	base64_encode(BASE64_URL, upload_key, sizeof upload_key, referral->upload_key);
	sodium_memzero(upload_key, sizeof upload_key);
	if (fresh_keys(referral->receipt, &keys, failure) != 0 ||
		add_envelope(order->view, referral, keys, failure) != 0 ||
		seal_view(order, referral, failure) != 0)
		goto cleanup;
	*ret_referral = referral;
	referral = NULL;
	rc = 0;
cleanup:
	receipt_keys_free(keys);
	referral_free(referral);
	return rc;
}
