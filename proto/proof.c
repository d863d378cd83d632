#include "proto/proof.h"
#include "proto/digest.h"
#include "proto/encode.h"

#include <sodium.h>
#include <string.h>

#define PROOF_TYPE      "proof"
#define PROOF_KEY_INFO  "open/1"
#define DESTINATION_MAX 1024 /* all its fields together, and the words between them */

int destination_commitment(const struct destination *destination, uint8_t ret_commitment[SHA256_BYTES])
{
	struct buffer text = buffer_of(DESTINATION_MAX);
	char salt[SALT_HEX_SIZE];
	int rc = -1;

	hex_encode(destination->salt, SALT_BYTES, salt);
	buffer_put_format(&text, "to/1\n%s\n%s\n%s\n%s\n%s\n%s\n", destination->organisation,
		destination->desk, urgency_word(destination->urgency),
		destination->release[0] == '\0' ? "-" : destination->release,
		destination->hold_key[0] == '\0' ? "-" : destination->hold_key, salt);
	if (buffer_ok(&text) == 0)
		rc = sha256_once(text.data, text.len, ret_commitment);
	buffer_free(&text);
	return rc;
}

int proof_signing_key(const uint8_t file_key[AGE_FILE_KEY_BYTES], uint8_t ret_secret_key[64],
	uint8_t ret_public_key[ED25519_PUBLIC_BYTES])
{
	uint8_t seed[crypto_sign_SEEDBYTES];
	int rc = hkdf_sha256(file_key, AGE_FILE_KEY_BYTES, NULL, 0, PROOF_KEY_INFO, seed, sizeof seed);

	if (rc == 0)
		rc = crypto_sign_seed_keypair(ret_public_key, ret_secret_key, seed);
	sodium_memzero(seed, sizeof seed);
	return rc;
}

int proof_put_stanza(
	struct buffer *out, const uint8_t file_key[AGE_FILE_KEY_BYTES], const struct destination *destination)
{
	uint8_t *secret_key = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	struct proof proof;
	char key_text[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1],
		commitment_text[BASE64_CHARS(SHA256_BYTES) + 1];
	struct age_arg args[3] = { { PROOF_TYPE, strlen(PROOF_TYPE) }, { key_text, 0 },
		{ commitment_text, 0 } };
	int rc = -1;

	if (secret_key == NULL || proof_signing_key(file_key, secret_key, proof.public_key) != 0)
		goto cleanup;
	if (destination_commitment(destination, proof.commitment) != 0)
		goto cleanup;
	base64_encode(BASE64_RAW, proof.public_key, sizeof proof.public_key, key_text);
	base64_encode(BASE64_RAW, proof.commitment, sizeof proof.commitment, commitment_text);
	args[1].len = strlen(key_text);
	args[2].len = strlen(commitment_text);
	age_header_put_stanza(out, args, COUNT_OF(args), NULL, 0);
	rc = buffer_ok(out);
cleanup:
	sodium_free(secret_key);
	return rc;
}

static int parse_proof(const struct age_stanza *stanza, struct proof *ret_proof)
{
	if (stanza->arg_count != 3 || stanza->body_len != 0)
		return -1;
	if (base64_decode_fixed(BASE64_RAW, stanza->args[1].text, stanza->args[1].len, ret_proof->public_key,
		    sizeof ret_proof->public_key) != 0)
		return -1;
	return base64_decode_fixed(BASE64_RAW, stanza->args[2].text, stanza->args[2].len,
		ret_proof->commitment, sizeof ret_proof->commitment);
}

int proof_find(const struct age_header *header, struct proof *ret_proof, bool *ret_found)
{
	struct proof proof = { { 0 }, { 0 } };
	bool found = false;

	for (size_t i = 0; i < header->count; i++) {
		if (!age_stanza_is(&header->stanzas[i], PROOF_TYPE))
			continue;
		if (found || parse_proof(&header->stanzas[i], &proof) != 0)
			return -1;
		found = true;
	}
	if (found)
		*ret_proof = proof;
	*ret_found = found;
	return 0;
}

int proof_matches(const struct proof *proof, const struct destination *destination)
{
	uint8_t commitment[SHA256_BYTES];

	if (destination_commitment(destination, commitment) != 0)
		return -1;
	return sodium_memcmp(commitment, proof->commitment, sizeof commitment) == 0 ? 0 : -1;
}
