/* GET, PUT, POST and DELETE wake: an officer chooses how she is woken. Her address comes and goes sealed:
 * front carries it, and doesn't see it. */
#include "audit.h"
#include "outbox.h"
#include "store_state.h"
#include "wake_ways.h"

#include "keys/keyring.h"
#include "proto/wake_letter.h"

#include <string.h>

static const char *officer_of(const struct request *request)
{
	return request->signer.officer->name;
}

static int open_with(const struct request *request, const struct receipt_seed *receipt, uint8_t *secret_key,
	struct wake_letter *ret_letter)
{
	uint8_t public_key[ED25519_PUBLIC_BYTES];
	struct age_identity *identity = NULL;
	struct fault fault;
	int rc = keyring_receipt_key(receipt, secret_key, public_key);

	if (rc == 0 && (identity = wake_identity(secret_key)) == NULL)
		rc = -1;
	if (rc == 0)
		rc = wake_letter_open(request->body.data, request->body.len, identity, ret_letter, &fault);
	age_identity_free(identity);
	return rc;
}

/* Sealed to the key of the roster in force, or of one just before or behind it. */
static int open_letter(const struct request *request, struct wake_letter *ret_letter)
{
	const struct keyring *keyring = request->front->store->keyring;
	uint8_t *secret_key = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	int rc = -1;

	for (size_t i = 0; secret_key != NULL && rc != 0 && i < keyring->receipt_count; i++)
		rc = open_with(request, &keyring->receipts[i], secret_key, ret_letter);
	sodium_free(secret_key);
	return rc;
}

static void told(struct store *store, const struct request *request, const char *details)
{
	struct audit_entry entry = audit_entry_by(store, request, "wake");

	(void)snprintf(entry.details, sizeof entry.details, "%s", details);
	audit_note(store, &entry);
}

/* That she changed it stands in the audit log, the address doesn't. */
static void change(struct request *request, const struct wake_way *way)
{
	struct store *store = request->front->store;
	char officer[NAME_SIZE];
	int rc;

	memcpy(officer, officer_of(request), sizeof officer);
	if (group_enter(request) != 0)
		return;
	rc = way != NULL ? wake_way_keep(store, officer, way) : wake_way_forget(store, officer);
	if (rc == 0)
		rc = authority_commit_nonce(request);
	if (rc != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		group_fail(store);
		return;
	}
	request_answer(request, 204, "");
	told(store, request, way == NULL ? "off" : way->beat_minutes > 0 ? "a steady beat" : "chosen");
	outbox_way_changed(store, officer);
}

void call_put_wake(struct request *request)
{
	struct wake_letter letter = { .waiting = 0 };

	if (open_letter(request, &letter) != 0)
		request_answer_problem(request, PROBLEM_NOT_SEALED);
	else if (strcmp(letter.officer, officer_of(request)) != 0 ||
		 !wake_way_is_allowed(request->front->store, letter.way.kind))
		request_answer_problem(request, PROBLEM_BAD_WAKE);
	else
		change(request, &letter.way);
	sodium_memzero(&letter, sizeof letter);
}

void call_delete_wake(struct request *request)
{
	change(request, NULL);
}

void call_get_wake(struct request *request)
{
	struct store *store = request->front->store;
	const struct roster_officer *officer = request->signer.officer;
	struct wake_letter letter = { .waiting = outbox_count(store, officer->name) };
	int found = wake_way_find(store, officer->name, &letter.way);

	memcpy(letter.officer, officer->name, sizeof letter.officer);
	if (found == 0)
		request_answer_problem(request, PROBLEM_NOT_FOUND);
	else if (found != 1 || wake_letter_seal(&letter, officer->recipient, &request->answer.body) != 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else
		request_answer(request, 200, "application/octet-stream");
	sodium_memzero(&letter, sizeof letter);
}

void call_post_wake(struct request *request)
{
	struct store *store = request->front->store;

	if (!outbox_reaches(store, officer_of(request)))
		request_answer_problem(request, PROBLEM_NOT_FOUND);
	else if (outbox_test(store, officer_of(request)) != 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else
		request_answer(request, 204, "");
}
