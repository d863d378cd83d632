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

#define PUT_MAX          (1024 * 1024) /* what one PUT takes; above it: an upload */
#define SEALED_VIEW_MAX  (64 * 1024 * 1024)
#define PUT_PATH_SIZE    320
#define UPLOAD_KEY_BYTES 32
#define NOT_TAKEN        "the other desk's report wasn't taken"

/* One on its way. */
struct sending {
	struct officer *officer;
	const struct referral_order *order;
	struct destination destination;
	uint64_t roster;
	struct buffer sealed;
	char id[ID_SIZE];
};

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

static int add_envelope(
	json_t *view, const struct sending *sending, const struct receipt_keys *keys, struct failure *failure)
{
	const struct destination *to = &sending->destination;
	char salt[SALT_HEX_SIZE], hand_key[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1],
		recipient[AGE_RECIPIENT_SIZE];
	json_t *envelope;

	hex_encode(to->salt, SALT_BYTES, salt);
	base64_encode(BASE64_URL, keys->hand_key, ED25519_PUBLIC_BYTES, hand_key);
	age_recipient_text(keys->replies.recipient, recipient);
	envelope = json_pack("{s:s, s:s, s:s, s:n, s:n, s:s, s:I, s:{s:s, s:s, s:s}}", "organisation",
		to->organisation, "desk", to->desk, "urgency", urgency_word(to->urgency), "release",
		"hold_key", "salt", salt, "roster", (json_int_t)sending->roster, "mailbox", "id",
		keys->mailbox, "recipient", recipient, "hand_key", hand_key);
	return json_object_set_new(view, "envelope", envelope) == 0 ? 0 : failure_memory(failure);
}

static int take_sealed(void *context, const uint8_t *data, size_t len)
{
	struct sending *sending = context;

	buffer_put(&sending->sealed, data, len);
	return buffer_ok(&sending->sealed);
}

static int seal(struct sending *sending, const struct recipients *recipients, const struct buffer *text,
	struct failure *failure)
{
	struct report_sealer_options options = { .recipients = recipients->keys,
		.recipient_count = recipients->count,
		.destination = &sending->destination,
		.sink = take_sealed,
		.sink_context = sending };
	struct report_sealer *sealer = NULL;
	uint8_t id[REPORT_ID_BYTES];
	int rc = -1;

	if (report_sealer_new(&options, &sealer) != 0 ||
		report_sealer_entry(sealer, ARCHIVE_REPORT, text->len) != 0 ||
		report_sealer_content(sealer, text->data, text->len) != 0)
		rc = failure_memory(failure);
	else if (shared_evidence_seal(sending->order->report, sending->order->evidence, sealer, failure) == 0)
		rc = report_sealer_finish(sealer, id) == 0
			     ? 0
			     : failure_set(failure, EX_DATAERR,
				       "the attachments are too large for a referral: send them another way");
	report_sealer_free(sealer);
	if (rc == 0)
		hex_encode(id, sizeof id, sending->id);
	return rc;
}

static int seal_view(struct sending *sending, const json_t *view, struct failure *failure)
{
	const struct roster *roster = organisation_roster(sending->order->organisation);
	struct buffer text = buffer_of(REPORT_JSON_MAX);
	struct recipients recipients;
	struct fault fault;
	int rc = -1;

	/* A partner's desks are not those that she could name. */
	const json_t *agreed = sending->order->is_partner ? NULL : view_agreed(sending->order->report->json);

	if (readers_choose(roster, view, agreed, &sending->destination, &recipients, failure) != 0)
		goto cleanup;
	if (report_schema_check_value(view, &fault) != 0)
		rc = failure_of(failure, EX_DATAERR, &fault);
	else if (json_put(view, &text) != 0)
		rc = failure_set(
			failure, EX_DATAERR, "the note is too long for a referral: write a shorter one");
	else
		rc = seal(sending, &recipients, &text, failure);
cleanup:
	buffer_free(&text);
	return rc;
}

static int prove(const struct sending *sending, const struct link_answer *answer,
	struct acceptance_answer *ret_accepted, struct failure *failure)
{
	const struct roster *roster = organisation_roster(sending->order->organisation);
	struct acceptance acceptance = { .urgency = sending->destination.urgency };
	struct acceptance_answer accepted;
	struct fault fault;

	if (acceptance_parse((const char *)answer->body.data, answer->body.len, &accepted, &fault) != 0)
		return failure_of(failure, EX_PROTOCOL, &fault);
	memcpy(acceptance.organisation, sending->destination.organisation, FINGERPRINT_SIZE);
	memcpy(acceptance.id, sending->id, sizeof acceptance.id);
	memcpy(acceptance.desk, sending->destination.desk, sizeof acceptance.desk);
	memcpy(acceptance.accepted, accepted.accepted, sizeof acceptance.accepted);
	if (strcmp(accepted.id, sending->id) != 0 ||
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
	struct organisation *organisation = sending->order->organisation;
	const struct roster_desk *desk =
		roster_desk(organisation_roster(organisation), sending->destination.desk);
	struct signed_prepared prepared;
	int rc = failure_set(
		failure, EX_PROTOCOL, "the roster names no server: tell your organisation's admin");

	if (sending->order->is_partner || desk == NULL || desk->admission == ADMISSION_OPEN)
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
static void set_path(const struct sending *sending, const char *before, char ret_path[PUT_PATH_SIZE])
{
	char salt[SALT_HEX_SIZE];

	hex_encode(sending->destination.salt, SALT_BYTES, salt);
	(void)snprintf(ret_path, PUT_PATH_SIZE, "%sdesk=%s&urgency=%s&salt=%s&roster=%llu", before,
		sending->destination.desk, urgency_word(sending->destination.urgency), salt,
		(unsigned long long)sending->roster);
}

static int put_whole(const struct sending *sending, struct link_answer *ret_answer, struct failure *failure)
{
	char path[PUT_PATH_SIZE], before[ID_SIZE + 16];
	struct link_request request = {
		.method = "PUT", .path = path, .body = sending->sealed.data, .body_len = sending->sealed.len
	};

	(void)snprintf(before, sizeof before, "reports/%s?", sending->id);
	set_path(sending, before, path);
	return call(sending, &request, ret_answer, failure);
}

/* In one piece: a referral that breaks off is made anew. */
static int upload(const struct sending *sending, struct link_answer *ret_answer, struct failure *failure)
{
	char path[PUT_PATH_SIZE], before[ID_SIZE + 64], key[BASE64_CHARS(UPLOAD_KEY_BYTES) + 1];
	uint8_t random[UPLOAD_KEY_BYTES];
	struct link_request create = {
		.method = "POST", .path = path, .headers = { { "Upload-Key", key } }, .header_count = 1
	};
	struct link_request patch = { .method = "PATCH",
		.path = path,
		.headers = { { "Upload-Key", key }, { "Upload-Offset", "0" }, { "Upload-Complete", "?1" },
			{ "Content-Type", "application/partial-upload" } },
		.header_count = 4,
		.body = sending->sealed.data,
		.body_len = sending->sealed.len };
	int rc;

	randombytes_buf(random, sizeof random);
	base64_encode(BASE64_URL, random, sizeof random, key);
	(void)snprintf(before, sizeof before, "uploads?id=%s&length=%zu&", sending->id, sending->sealed.len);
	set_path(sending, before, path);
	rc = call(sending, &create, ret_answer, failure);
	if (rc != 0 || ret_answer->status != 201)
		return rc;
	link_answer_free(ret_answer);
	(void)snprintf(path, sizeof path, "reports/%s", sending->id);
	return organisation_call(sending->order->organisation, &patch, ret_answer, failure);
}

static int send_sealed(
	const struct sending *sending, struct acceptance_answer *ret_accepted, struct failure *failure)
{
	struct link_answer answer = { 0 };
	int rc = sending->sealed.len <= PUT_MAX ? put_whole(sending, &answer, failure)
						: upload(sending, &answer, failure);

	if (rc != 0)
		return -1;
	rc = answer.status == 201 || answer.status == 200 ? prove(sending, &answer, ret_accepted, failure)
							  : link_refused(&answer, NOT_TAKEN, failure);
	link_answer_free(&answer);
	return rc;
}

int referral_send(struct officer *officer, const struct referral_order *order, struct referral *ret_referral,
	struct failure *failure)
{
	struct sending sending = { .officer = officer,
		.order = order,
		.destination = { .urgency = order->urgency },
		.roster = organisation_roster(order->organisation)->version,
		.sealed = buffer_of(SEALED_VIEW_MAX) };
	struct receipt_keys *keys = NULL;
	int rc = -1;

	memcpy(sending.destination.organisation, organisation_fingerprint(order->organisation),
		FINGERPRINT_SIZE);
	memcpy(sending.destination.desk, order->desk, strlen(order->desk) + 1);
	randombytes_buf(sending.destination.salt, SALT_BYTES);
	if (fresh_keys(ret_referral->receipt, &keys, failure) != 0 ||
		add_envelope(order->view, &sending, keys, failure) != 0 ||
		seal_view(&sending, order->view, failure) != 0 ||
		send_sealed(&sending, &ret_referral->accepted, failure) != 0)
		goto cleanup;
	memcpy(ret_referral->id, sending.id, sizeof ret_referral->id);
	rc = 0;
cleanup:
	receipt_keys_free(keys);
	buffer_free(&sending.sealed);
	return rc;
}
