#include "referral.h"

#include "readers.h"

#include "client/recipients.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "proto/report_schema.h"
#include "proto/sealed_report.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SEALED_VIEW_MAX (1024 * 1024) /* what one PUT takes; a view is far smaller */
#define PUT_PATH_SIZE   320

/* One on its way. */
struct sending {
	struct officer *officer;
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
		report_sealer_content(sealer, text->data, text->len) != 0 ||
		report_sealer_finish(sealer, id) != 0)
		rc = failure_memory(failure);
	else
		rc = 0;
	report_sealer_free(sealer);
	if (rc == 0)
		hex_encode(id, sizeof id, sending->id);
	return rc;
}

static int seal_view(struct sending *sending, const json_t *view, struct failure *failure)
{
	const struct roster *roster = organisation_roster(sending->officer->organisation);
	struct buffer text = buffer_of(REPORT_JSON_MAX);
	struct recipients recipients;
	struct fault fault;
	int rc = -1;

	if (readers_choose(roster, view, &sending->destination, &recipients, failure) != 0)
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

static int prove(const struct sending *sending, const struct link_answer *answer, struct failure *failure)
{
	const struct roster *roster = organisation_roster(sending->officer->organisation);
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
	return 0;
}

/* A desk that asks for tokens takes an officer's signature instead; where nothing is asked, none is given. */
static int call(const struct sending *sending, const struct link_request *request,
	struct link_answer *ret_answer, struct failure *failure)
{
	const struct officer *officer = sending->officer;
	const struct roster_desk *desk =
		roster_desk(organisation_roster(officer->organisation), sending->destination.desk);
	struct signed_prepared prepared;
	int rc = failure_set(
		failure, EX_PROTOCOL, "the roster names no server: tell your organisation's admin");

	if (desk == NULL || desk->admission == ADMISSION_OPEN)
		return organisation_call(officer->organisation, request, ret_answer, failure);
	for (size_t server = 0; server < organisation_servers(officer->organisation); server++) {
		struct link *link = NULL;

		rc = organisation_link(officer->organisation, server, &link, failure);
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

static int put(const struct sending *sending, struct failure *failure)
{
	char path[PUT_PATH_SIZE], salt[SALT_HEX_SIZE];
	struct link_request request = {
		.method = "PUT", .path = path, .body = sending->sealed.data, .body_len = sending->sealed.len
	};
	struct link_answer answer = { 0 };
	int rc;

	hex_encode(sending->destination.salt, SALT_BYTES, salt);
	(void)snprintf(path, sizeof path, "reports/%s?desk=%s&urgency=%s&salt=%s&roster=%llu", sending->id,
		sending->destination.desk, urgency_word(sending->destination.urgency), salt,
		(unsigned long long)sending->roster);
	if (call(sending, &request, &answer, failure) != 0)
		return -1;
	rc = answer.status == 201 || answer.status == 200
		     ? prove(sending, &answer, failure)
		     : link_refused(&answer, "the other desk's report wasn't taken", failure);
	link_answer_free(&answer);
	return rc;
}

int referral_send(struct officer *officer, json_t *view, const char *desk, enum urgency urgency,
	struct referral *ret_referral, struct failure *failure)
{
	const struct roster *roster = organisation_roster(officer->organisation);
	struct sending sending = { .officer = officer,
		.destination = { .urgency = urgency },
		.roster = roster->version,
		.sealed = buffer_of(SEALED_VIEW_MAX) };
	struct receipt_keys *keys = NULL;
	int rc = -1;

	memcpy(sending.destination.organisation, organisation_fingerprint(officer->organisation),
		FINGERPRINT_SIZE);
	memcpy(sending.destination.desk, desk, strlen(desk) + 1);
	randombytes_buf(sending.destination.salt, SALT_BYTES);
	if (fresh_keys(ret_referral->receipt, &keys, failure) != 0 ||
		add_envelope(view, &sending, keys, failure) != 0 || seal_view(&sending, view, failure) != 0 ||
		put(&sending, failure) != 0)
		goto cleanup;
	memcpy(ret_referral->id, sending.id, sizeof ret_referral->id);
	rc = 0;
cleanup:
	receipt_keys_free(keys);
	buffer_free(&sending.sealed);
	return rc;
}
