#include "proto/invitation.h"

#include "proto/cursor.h"
#include "proto/encode.h"

#include <sodium.h>
#include <string.h>

#define SCHEME "clarion:"

/* FINGERPRINT.PIN.VERSION[.SECRET] */
static int take_trust(struct reader *reader, struct invitation *invitation)
{
	uint8_t bytes[FINGERPRINT_BYTES];
	const char *field = NULL;
	size_t len = 0;

	if (reader_field(reader, '.', &field, &len) != 0 ||
		base64_decode_fixed(BASE64_URL, field, len, bytes, sizeof(bytes)) != 0)
		return -1;
	memcpy(invitation->fingerprint, field, FINGERPRINT_SIZE - 1);
	invitation->fingerprint[FINGERPRINT_SIZE - 1] = '\0';
	if (reader_field(reader, '.', &field, &len) != 0 ||
		base64_decode_fixed(BASE64_URL, field, len, invitation->pin, INVITATION_PIN_BYTES) != 0)
		return -1;
	if (reader_decimal(reader, &invitation->version) != 0 || invitation->version == 0)
		return -1;
	invitation->has_secret = reader_literal(reader, ".") == 0;
	if (!invitation->has_secret)
		return reader_end(reader);
	return base64_decode_fixed(BASE64_URL, (const char *)reader->at, reader->left, invitation->secret,
		INVITATION_SECRET_BYTES);
}

int invitation_parse(const char *text, size_t len, struct invitation **ret_invitation, struct fault *fault)
{
	struct invitation *invitation = NULL;
	struct reader reader = reader_of(text, len);
	const char *place = NULL;
	size_t place_len = 0;
	int rc = -1;

	if (len > INVITATION_MAX || reader_literal(&reader, SCHEME) != 0)
		return fault_set(
			fault, "this is not an invitation: it begins with %s, copy all of it", SCHEME);
	invitation = sodium_malloc(sizeof(*invitation));
	if (invitation == NULL)
		return fault_set(fault, "there is not enough memory for a secret");
	sodium_memzero(invitation, sizeof(*invitation));
	if (reader_field(&reader, '#', &place, &place_len) != 0 ||
		server_place_parse(place, place_len, &invitation->url, fault) != 0 ||
		take_trust(&reader, invitation) != 0) {
		rc = fault_set(fault, "the invitation is damaged: copy all of it, or ask for a new one");
		goto cleanup;
	}
	*ret_invitation = invitation;
	invitation = NULL;
	rc = 0;
cleanup:
	invitation_free(invitation);
	return rc;
}

void invitation_free(struct invitation *invitation)
{
	sodium_free(invitation);
}

int invitation_write(const struct invitation *invitation, struct buffer *out)
{
	char place[SERVER_URL_SIZE], pin[BASE64_CHARS(INVITATION_PIN_BYTES) + 1];
	char secret[BASE64_CHARS(INVITATION_SECRET_BYTES) + 1] = "";
	struct server_url again;
	struct fault fault;
	uint8_t bytes[FINGERPRINT_BYTES];
	int rc = -1;

	server_place_format(&invitation->url, place);
	if (server_place_parse(place, strlen(place), &again, &fault) != 0 || invitation->version == 0 ||
		base64_decode_fixed(BASE64_URL, invitation->fingerprint, strlen(invitation->fingerprint),
			bytes, sizeof(bytes)) != 0)
		goto cleanup;
	base64_encode(BASE64_URL, invitation->pin, INVITATION_PIN_BYTES, pin);
	if (invitation->has_secret)
		base64_encode(BASE64_URL, invitation->secret, INVITATION_SECRET_BYTES, secret);
	buffer_put_format(out, SCHEME "%s#%s.%s.%llu", place, invitation->fingerprint, pin,
		(unsigned long long)invitation->version);
	if (invitation->has_secret) {
		buffer_put_string(out, ".");
		buffer_put_string(out, secret);
	}
	rc = buffer_ok(out);
cleanup:
	sodium_memzero(secret, sizeof(secret));
	return rc;
}
