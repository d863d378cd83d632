#include "wrapped.h"

#include "proto/digest.h"
#include "proto/encode.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE        128
#define STATUS_OK        200
#define STATUS_CREATED   201
#define STATUS_NOT_FOUND 404
#define STATUS_CONFLICT  409

int wrapped_fetch(struct officer *officer, const char *report, struct wrapping_state *ret_state,
	bool *ret_found, struct failure *failure)
{
	char path[PATH_SIZE];
	struct link_request request = { .method = "GET", .path = path, .answer_max = WRAPPING_STATE_MAX };
	struct link_answer answer = { 0 };
	struct fault fault;
	int rc = -1;

	(void)snprintf(path, sizeof path, "reports/%s/wrapping", report);
	if (officer_call(officer, &request, NULL, &answer, failure) != 0)
		return -1;
	if (answer.status == STATUS_NOT_FOUND) {
		*ret_found = false;
		rc = 0;
	} else if (answer.status != STATUS_OK) {
		rc = link_refused(&answer, "the report's header couldn't be checked", failure);
	} else if (wrapping_state_parse((const char *)answer.body.data, answer.body.len, ret_state, &fault) !=
		   0) {
		rc = failure_of(failure, EX_PROTOCOL, &fault);
	} else {
		*ret_found = true;
		rc = 0;
	}
	link_answer_free(&answer);
	return rc;
}

/* The proof key's two halves; *ret_secret is NULL where the header has no proof stanza. */
static int proof_key_of(const struct opened_header *opened, uint8_t **ret_secret,
	uint8_t ret_public[ED25519_PUBLIC_BYTES], struct failure *failure)
{
	uint8_t *secret = NULL;
	struct proof proof;
	bool found = false;
	int rc = -1;

	*ret_secret = NULL;
	if (proof_find(opened->header, &proof, &found) != 0)
		return failure_set(failure, EX_PROTOCOL, WRAPPED_ALARM, "proof");
	if (!found)
		return 0;
	secret = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	if (secret == NULL || proof_signing_key(opened->file_key, secret, ret_public) != 0)
		rc = failure_memory(failure);
	else if (!bytes_equal(proof.public_key, ret_public, sizeof proof.public_key))
		rc = failure_set(failure, EX_PROTOCOL, WRAPPED_ALARM, "proof key");
	else
		rc = 0;
	if (rc == 0)
		*ret_secret = secret;
	else
		sodium_free(secret);
	return rc;
}

/* What was uploaded: an age header under the same file key, for the same proof. */
static int check_first(const struct opened_header *opened, const struct wrapping *wrapping,
	struct buffer *first, struct failure *failure)
{
	struct age_header *header = NULL;
	struct proof then, now;
	struct fault fault;
	bool cut_short, was = false, is = false;
	const char *wrong = NULL;

	if (first_header_open(opened->file_key, wrapping->first, wrapping->first_len, first) != 0)
		wrong = "first header";
	else if (age_header_parse(first->data, first->len, &header, &cut_short, &fault) != 0 ||
		 header->len != first->len || age_header_verify(header, opened->file_key) != 0)
		wrong = "first header's MAC";
	else if (proof_find(header, &then, &was) != 0 || proof_find(opened->header, &now, &is) != 0 ||
		 was != is || (is && !bytes_equal(&then, &now, sizeof now)))
		wrong = "proof";
	age_header_free(header);
	return wrong == NULL ? 0 : failure_set(failure, EX_PROTOCOL, WRAPPED_ALARM, wrong);
}

static int check_signatures(const struct opened_header *opened, const struct wrapping *wrapping,
	const struct roster *roster, struct failure *failure)
{
	uint8_t *secret = NULL, proof_key[ED25519_PUBLIC_BYTES];
	struct event_subject subject;
	int verified;

	if (roster_fingerprint(roster, subject.organisation) != 0)
		return failure_memory(failure);
	memcpy(subject.report, opened->report, sizeof subject.report);
	if (proof_key_of(opened, &secret, proof_key, failure) != 0)
		return -1;
	verified = wrapping_verify(wrapping, &subject, secret != NULL ? proof_key : NULL);
	sodium_free(secret);
	return verified == 0 ? 0 : failure_set(failure, EX_PROTOCOL, WRAPPED_ALARM, "signature");
}

int wrapped_check(struct officer *officer, const struct opened_header *opened,
	const struct wrapping *wrapping, struct buffer *first, struct roster_officer *ret_by,
	struct failure *failure)
{
	const struct roster *roster = NULL;
	const struct roster_officer *by;

	if (wrapping->header_len != opened->header->len ||
		!bytes_equal(wrapping->header, opened->header->text, wrapping->header_len))
		return failure_set(failure, EX_PROTOCOL, WRAPPED_ALARM, "header");
	if (officer_roster_at(officer, wrapping->roster, &roster, failure) != 0)
		return failure->exit_code == EX_DATAERR
			       ? failure_set(failure, EX_PROTOCOL, WRAPPED_ALARM, "roster")
			       : -1;
	by = roster_officer_by_key(roster, wrapping->keyid);
	if (by == NULL)
		return failure_set(failure, EX_PROTOCOL, WRAPPED_ALARM, "no officer");
	if (check_signatures(opened, wrapping, roster, failure) != 0 ||
		check_first(opened, wrapping, first, failure) != 0)
		return -1;
	*ret_by = *by;
	return 0;
}

static int sign(struct officer *officer, const struct opened_header *opened, struct wrapping *wrapping,
	struct failure *failure)
{
	uint8_t *secret = NULL, proof_key[ED25519_PUBLIC_BYTES];
	const struct age_header *newest = opened->replaces != NULL ? opened->replaces : opened->header;
	struct event_subject subject;
	int rc = 0;

	memcpy(subject.organisation, organisation_fingerprint(officer->organisation), FINGERPRINT_SIZE);
	memcpy(subject.report, opened->report, sizeof subject.report);
	wrapping->roster = organisation_roster(officer->organisation)->version;
	if (sha256_once(newest->text, newest->len, wrapping->old_header) != 0)
		return failure_memory(failure);
	if (wrapping_is_confirmation(wrapping))
		memcpy(wrapping->new_header, wrapping->old_header, SHA256_BYTES);
	if (proof_key_of(opened, &secret, proof_key, failure) != 0)
		return -1;
	if (wrapping_sign(wrapping, &subject, officer->identity->signing_key, secret) != 0)
		rc = failure_memory(failure);
	sodium_free(secret);
	return rc;
}

int wrapped_put(struct officer *officer, const struct opened_header *opened, struct wrapping *wrapping,
	struct failure *failure)
{
	char path[PATH_SIZE];
	struct buffer body = buffer_of(WRAPPING_MAX);
	struct link_request request = { .method = "PUT", .path = path };
	struct link_answer answer = { 0 };
	int rc = -1;

	if (sign(officer, opened, wrapping, failure) != 0)
		goto cleanup;
	if (wrapping_write(wrapping, &body) != 0) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	(void)snprintf(
		path, sizeof path, "reports/%s/header?roster=%" PRIu64, opened->report, wrapping->roster);
	request.body = body.data;
	request.body_len = body.len;
	if (officer_call(officer, &request, NULL, &answer, failure) != 0)
		goto cleanup;
	if (answer.status == STATUS_CONFLICT)
		rc = failure_set(failure, EX_TEMPFAIL,
			"somebody else was faster, or the roster has changed: try again");
	else if (answer.status != STATUS_OK && answer.status != STATUS_CREATED)
		rc = link_refused(&answer, "the new header wasn't taken", failure);
	else
		rc = 0;
	link_answer_free(&answer);
cleanup:
	buffer_free(&body);
	return rc;
}

int wrapped_confirm(struct officer *officer, const struct opened_header *opened, struct failure *failure)
{
	struct wrapping *wrapping = wrapping_new();
	int rc = wrapping == NULL ? failure_memory(failure) : wrapped_put(officer, opened, wrapping, failure);

	wrapping_free(wrapping);
	return rc;
}
