/* The half of proto/age_header.h that needs a key: wrapping, unwrapping, and the MAC. */
#include "proto/age_header.h"
#include "proto/cursor.h"
#include "proto/digest.h"
#include "proto/encode.h"

#include <sodium.h>
#include <string.h>

#define WRAPPED_BYTES (AGE_FILE_KEY_BYTES + crypto_aead_chacha20poly1305_ietf_ABYTES)
#define SHARE_BYTES   32
#define SALT_LEN      16
#define X25519_INFO   "age-encryption.org/v1/X25519"
#define SCRYPT_LABEL  "age-encryption.org/v1/scrypt"
#define SCRYPT_R      8
#define SCRYPT_P      1

static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

static int header_mac(
	const uint8_t *data, size_t len, const uint8_t file_key[AGE_FILE_KEY_BYTES], uint8_t ret_mac[32])
{
	crypto_auth_hmacsha256_state state;
	uint8_t key[32];
	int rc = hkdf_sha256(file_key, AGE_FILE_KEY_BYTES, NULL, 0, "header", key, sizeof key);

	if (rc == 0) {
		crypto_auth_hmacsha256_init(&state, key, sizeof key);
		crypto_auth_hmacsha256_update(&state, data, len);
		crypto_auth_hmacsha256_final(&state, ret_mac);
	}
	sodium_memzero(&state, sizeof state);
	sodium_memzero(key, sizeof key);
	return rc;
}

int age_header_verify(const struct age_header *header, const uint8_t file_key[AGE_FILE_KEY_BYTES])
{
	uint8_t mac[32];

	if (header_mac(header->text, header->mac_covers, file_key, mac) != 0)
		return -1;
	return sodium_memcmp(mac, header->mac, sizeof mac) == 0 ? 0 : -1;
}

/* The key that wraps the file key for one recipient. */
static int x25519_wrap_key(const uint8_t shared[32], const uint8_t share[SHARE_BYTES],
	const uint8_t recipient[AGE_RECIPIENT_BYTES], uint8_t ret_key[32])
{
	uint8_t salt[SHARE_BYTES + AGE_RECIPIENT_BYTES];

	memcpy(salt, share, SHARE_BYTES);
	memcpy(salt + SHARE_BYTES, recipient, AGE_RECIPIENT_BYTES);
	return hkdf_sha256(shared, 32, salt, sizeof salt, X25519_INFO, ret_key, 32);
}

static int unwrap_body(
	const uint8_t key[32], const struct age_stanza *stanza, uint8_t ret_file_key[AGE_FILE_KEY_BYTES])
{
	return crypto_aead_chacha20poly1305_ietf_decrypt(
		ret_file_key, NULL, NULL, stanza->body, stanza->body_len, NULL, 0, zero_nonce, key);
}

/* 0 with *ret_match false for a stanza that is for somebody else; -1 for one that is malformed. */
static int unwrap_x25519(const struct age_stanza *stanza, const struct age_identity *identity,
	uint8_t ret_file_key[AGE_FILE_KEY_BYTES], bool *ret_match)
{
	uint8_t share[SHARE_BYTES], shared[32] = { 0 }, key[32] = { 0 };
	int rc = -1;

	if (stanza->arg_count != 2 || stanza->body_len != WRAPPED_BYTES)
		goto cleanup;
	if (base64_decode_fixed(BASE64_RAW, stanza->args[1].text, stanza->args[1].len, share, sizeof share) !=
		0)
		goto cleanup;
	if (crypto_scalarmult(shared, identity->secret_key, share) != 0)
		goto cleanup;
	if (x25519_wrap_key(shared, share, identity->recipient, key) != 0)
		goto cleanup;
	*ret_match = unwrap_body(key, stanza, ret_file_key) == 0;
	rc = 0;
cleanup:
	sodium_memzero(shared, sizeof shared);
	sodium_memzero(key, sizeof key);
	return rc;
}

static int hand_out(const struct age_header *header, const uint8_t *file_key,
	uint8_t ret_file_key[AGE_FILE_KEY_BYTES], struct fault *fault)
{
	if (age_header_verify(header, file_key) != 0)
		return fault_set(fault, "its header was changed: the MAC doesn't verify");
	memcpy(ret_file_key, file_key, AGE_FILE_KEY_BYTES);
	return 0;
}

int age_header_unwrap(const struct age_header *header, const struct age_identity *identity,
	uint8_t ret_file_key[AGE_FILE_KEY_BYTES], struct fault *fault)
{
	uint8_t *file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	bool match = false;
	int rc = -1;

	if (file_key == NULL) {
		rc = fault_set(fault, "memory is short");
		goto cleanup;
	}
	for (size_t i = 0; i < header->count && !match; i++) {
		if (!age_stanza_is(&header->stanzas[i], "X25519"))
			continue;
		if (unwrap_x25519(&header->stanzas[i], identity, file_key, &match) != 0) {
			rc = fault_set(fault, "not an age file: an X25519 stanza is malformed");
			goto cleanup;
		}
	}
	if (!match) {
		rc = fault_set(fault, "it is not sealed to this identity");
		goto cleanup;
	}
	rc = hand_out(header, file_key, ret_file_key, fault);
cleanup:
	sodium_free(file_key);
	return rc;
}

static int scrypt_key(const char *passphrase, size_t passphrase_len, const uint8_t salt[SALT_LEN],
	unsigned work_factor, uint8_t ret_key[32])
{
	uint8_t labelled[sizeof SCRYPT_LABEL - 1 + SALT_LEN];

	memcpy(labelled, SCRYPT_LABEL, sizeof SCRYPT_LABEL - 1);
	memcpy(labelled + sizeof SCRYPT_LABEL - 1, salt, SALT_LEN);
	return crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)passphrase, passphrase_len, labelled,
		sizeof labelled, UINT64_C(1) << work_factor, SCRYPT_R, SCRYPT_P, ret_key, 32);
}

static int parse_scrypt(
	const struct age_header *header, uint8_t ret_salt[SALT_LEN], unsigned *ret_work, struct fault *fault)
{
	const struct age_stanza *stanza = &header->stanzas[0];
	struct reader digits;
	uint64_t work;

	if (header->count != 1 || !age_stanza_is(stanza, "scrypt"))
		return fault_set(fault, "it is not sealed with a passphrase");
	if (stanza->arg_count != 3 || stanza->body_len != WRAPPED_BYTES ||
		base64_decode_fixed(
			BASE64_RAW, stanza->args[1].text, stanza->args[1].len, ret_salt, SALT_LEN) != 0)
		return fault_set(fault, "not an age file: its passphrase stanza is malformed");
	digits = reader_of(stanza->args[2].text, stanza->args[2].len);
	if (reader_decimal(&digits, &work) != 0 || reader_end(&digits) != 0 || work == 0)
		return fault_set(fault, "not an age file: its work factor is malformed");
	if (work > AGE_SCRYPT_WORK_MAX)
		return fault_set(fault, "its work factor is above %d: it would take too long to open",
			AGE_SCRYPT_WORK_MAX);
	*ret_work = (unsigned)work;
	return 0;
}

int age_header_unwrap_passphrase(const struct age_header *header, const char *passphrase,
	size_t passphrase_len, uint8_t ret_file_key[AGE_FILE_KEY_BYTES], struct fault *fault)
{
	uint8_t salt[SALT_LEN], key[32] = { 0 };
	uint8_t *file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	unsigned work = 0;
	int rc = -1;

	if (file_key == NULL) {
		rc = fault_set(fault, "memory is short");
		goto cleanup;
	}
	if (parse_scrypt(header, salt, &work, fault) != 0)
		goto cleanup;
	if (scrypt_key(passphrase, passphrase_len, salt, work, key) != 0) {
		rc = fault_set(fault, "memory is short for the passphrase's work factor");
		goto cleanup;
	}
	if (unwrap_body(key, &header->stanzas[0], file_key) != 0) {
		rc = fault_set(fault, "the passphrase is wrong");
		goto cleanup;
	}
	rc = hand_out(header, file_key, ret_file_key, fault);
cleanup:
	sodium_free(file_key);
	sodium_memzero(key, sizeof key);
	return rc;
}

static void wrap_body(
	const uint8_t key[32], const uint8_t file_key[AGE_FILE_KEY_BYTES], uint8_t ret_body[WRAPPED_BYTES])
{
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(
		ret_body, NULL, file_key, AGE_FILE_KEY_BYTES, NULL, 0, NULL, zero_nonce, key);
}

int age_header_put_x25519(struct buffer *out, const uint8_t recipient[AGE_RECIPIENT_BYTES],
	const uint8_t file_key[AGE_FILE_KEY_BYTES])
{
	struct age_identity *ephemeral = age_identity_new();
	uint8_t shared[32] = { 0 }, key[32] = { 0 }, body[WRAPPED_BYTES];
	char share[BASE64_CHARS(SHARE_BYTES) + 1];
	struct age_arg args[2] = { { "X25519", strlen("X25519") }, { share, 0 } };
	int rc = -1;

	if (ephemeral == NULL || crypto_scalarmult(shared, ephemeral->secret_key, recipient) != 0)
		goto cleanup;
	if (x25519_wrap_key(shared, ephemeral->recipient, recipient, key) != 0)
		goto cleanup;
	wrap_body(key, file_key, body);
	base64_encode(BASE64_RAW, ephemeral->recipient, SHARE_BYTES, share);
	args[1].len = strlen(share);
	age_header_put_stanza(out, args, COUNT_OF(args), body, sizeof body);
	rc = buffer_ok(out);
cleanup:
	age_identity_free(ephemeral);
	sodium_memzero(shared, sizeof shared);
	sodium_memzero(key, sizeof key);
	return rc;
}

int age_header_put_passphrase(struct buffer *out, const char *passphrase, size_t passphrase_len,
	unsigned work_factor, const uint8_t file_key[AGE_FILE_KEY_BYTES])
{
	uint8_t salt[SALT_LEN], key[32] = { 0 }, body[WRAPPED_BYTES];
	char salt_text[BASE64_CHARS(SALT_LEN) + 1], work[4];
	struct age_arg args[3] = { { "scrypt", strlen("scrypt") }, { salt_text, 0 }, { work, 0 } };
	int rc = -1;

	if (work_factor == 0 || work_factor > AGE_SCRYPT_WORK_MAX)
		return -1;
	randombytes_buf(salt, sizeof salt);
	if (scrypt_key(passphrase, passphrase_len, salt, work_factor, key) != 0)
		goto cleanup;
	wrap_body(key, file_key, body);
	base64_encode(BASE64_RAW, salt, sizeof salt, salt_text);
	args[1].len = strlen(salt_text);
	args[2].len = (size_t)snprintf(work, sizeof work, "%u", work_factor);
	age_header_put_stanza(out, args, COUNT_OF(args), body, sizeof body);
	rc = buffer_ok(out);
cleanup:
	sodium_memzero(key, sizeof key);
	return rc;
}

int age_header_end(struct buffer *out, const uint8_t file_key[AGE_FILE_KEY_BYTES])
{
	uint8_t mac[32];
	char text[BASE64_CHARS(sizeof mac) + 1];

	buffer_put_string(out, "---");
	if (buffer_ok(out) != 0 || header_mac(out->data, out->len, file_key, mac) != 0)
		return -1;
	base64_encode(BASE64_RAW, mac, sizeof mac, text);
	buffer_put_format(out, " %s\n", text);
	return buffer_ok(out);
}
