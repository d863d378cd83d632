/* Signatures under a roster: made, counted, named, and brought together from several copies. */
#include "roster_internal.h"

#include <stdlib.h>
#include <string.h>

/* Replaces the signature of this name and key, or adds one. */
static int keep_signature(struct roster *roster, const struct note_signature *signature)
{
	struct note_signature *grown = NULL;
	size_t place = 0;

	while (place < roster->signature_count &&
		(strcmp(roster->signatures[place].name, signature->name) != 0 ||
			!bytes_equal(roster->signatures[place].key_id, signature->key_id, NOTE_KEY_ID_BYTES)))
		place++;
	if (place == roster->signature_count) {
		if (place == ROSTER_SIGNATURES_MAX)
			return -1;
		grown = realloc(roster->signatures, (place + 1) * sizeof(*grown));
		if (grown == NULL)
			return -1;
		roster->signatures = grown;
		roster->signature_count++;
	}
	roster->signatures[place] = *signature;
	return 0;
}

int roster_sign(struct roster *roster, const char *admin, const uint8_t secret_key[64], struct fault *fault)
{
	struct buffer body = buffer_of(ROSTER_MAX_BYTES);
	struct note_signature signature;
	int rc = -1;

	if (roster_check(roster, fault) != 0)
		goto cleanup;
	if (roster_put_signed_part(roster, &body) != 0) {
		rc = fault_set(fault, "the roster is longer than %d bytes", ROSTER_MAX_BYTES);
		goto cleanup;
	}
	if (note_sign(body.data, body.len, admin, secret_key, &signature) != 0 ||
		keep_signature(roster, &signature) != 0) {
		rc = fault_set(fault, "the roster can't be signed: wrong name, or too many signatures");
		goto cleanup;
	}
	rc = 0;
cleanup:
	buffer_free(&body);
	return rc;
}

/* The first valid signature of this admin; NULL where there is none. */
static const struct note_signature *signature_of(
	const struct roster *roster, const struct buffer *body, const struct roster_admin *admin)
{
	for (size_t i = 0; i < roster->signature_count; i++) {
		if (strcmp(roster->signatures[i].name, admin->name) == 0 &&
			note_verify(body->data, body->len, &roster->signatures[i], admin->public_key) == 0)
			return &roster->signatures[i];
	}
	return NULL;
}

static size_t count_signers(
	const struct roster *roster, const struct buffer *body, const struct roster *admins_of)
{
	size_t count = 0;

	for (size_t i = 0; i < admins_of->admin_count; i++) {
		/* a draft's admins may repeat a key: it counts for the first only */
		if (roster_admin_by_key(admins_of, admins_of->admins[i].public_key) == &admins_of->admins[i])
			count += signature_of(roster, body, &admins_of->admins[i]) != NULL;
	}
	return count;
}

size_t roster_signed_by(const struct roster *roster, const struct roster *admins_of)
{
	struct buffer body = buffer_of(ROSTER_MAX_BYTES);
	size_t count =
		roster_put_signed_part(roster, &body) == 0 ? count_signers(roster, &body, admins_of) : 0;

	buffer_free(&body);
	return count;
}

bool roster_same_body(const struct roster *one, const struct roster *other)
{
	struct buffer left = buffer_of(ROSTER_MAX_BYTES), right = buffer_of(ROSTER_MAX_BYTES);
	bool same = roster_put_signed_part(one, &left) == 0 && roster_put_signed_part(other, &right) == 0 &&
		    left.len == right.len && bytes_equal(left.data, right.data, left.len);

	buffer_free(&left);
	buffer_free(&right);
	return same;
}

int roster_merge(struct roster *roster, const struct roster *other, const struct roster *admins_of)
{
	struct buffer body = buffer_of(ROSTER_MAX_BYTES);
	int rc = roster_same_body(roster, other) ? roster_put_signed_part(other, &body) : -1;

	for (size_t i = 0; rc == 0 && i < admins_of->admin_count; i++) {
		const struct note_signature *found = signature_of(other, &body, &admins_of->admins[i]);

		if (found != NULL)
			rc = keep_signature(roster, found);
	}
	buffer_free(&body);
	return rc;
}

int roster_signers(const struct roster *roster, const struct roster *admins_of, struct buffer *out)
{
	struct buffer body = buffer_of(ROSTER_MAX_BYTES);
	size_t left = 0, named = 0;
	int rc = -1;

	if (roster_put_signed_part(roster, &body) != 0)
		goto cleanup;
	left = count_signers(roster, &body, admins_of);
	for (size_t i = 0; left > 0 && i < admins_of->admin_count; i++) {
		if (signature_of(roster, &body, &admins_of->admins[i]) == NULL)
			continue;
		if (named++ > 0)
			buffer_put_string(out, --left == 1 ? " and " : ", ");
		buffer_put_string(out, admins_of->admins[i].name);
	}
	if (named == 0)
		buffer_put_string(out, "nobody");
	rc = buffer_ok(out);
cleanup:
	buffer_free(&body);
	return rc;
}
