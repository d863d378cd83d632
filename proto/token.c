#include "proto/token.h"

#include "proto/cursor.h"
#include "proto/digest.h"
#include "proto/encode.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

#define TOKEN_CHARS    BASE64_CHARS(TOKEN_BYTES)
#define VECTOR_ONE_MAX 63 /* a length that fits one byte of a variable-size header */

_Static_assert(TOKEN_BYTES % 3 == 0, "the field's value has no padding");
_Static_assert(TOKEN_CHARS + sizeof "PrivateToken token=\"\"" <= TOKEN_FIELD_SIZE, "the field fits");

/* Type 0x0005, issuer `clarion-token/1`, no redemption context, no origin: RFC 9577, section 2.1. */
static const uint8_t challenge[] = { 0x00, 0x05, 0x00, 0x0f, 'c', 'l', 'a', 'r', 'i', 'o', 'n', '-', 't', 'o',
	'k', 'e', 'n', '/', '1', 0x00, 0x00, 0x00 };

int token_challenge_digest(uint8_t ret_digest[SHA256_BYTES])
{
	return sha256_once(challenge, sizeof challenge, ret_digest);
}

int token_key_id(const uint8_t public_key[VOPRF_ELEMENT_BYTES], uint8_t ret_key_id[TOKEN_KEY_ID_BYTES])
{
	return sha256_once(public_key, VOPRF_ELEMENT_BYTES, ret_key_id);
}

int token_parse(const uint8_t *data, size_t len, struct token *ret_token)
{
	struct reader in = reader_of(data, len);
	struct token token;
	uint16_t type;
	int rc = -1;

	if (reader_u16(&in, &type) != 0 || type != TOKEN_TYPE ||
		reader_fixed(&in, token.nonce, sizeof token.nonce) != 0 ||
		reader_fixed(&in, token.challenge_digest, sizeof token.challenge_digest) != 0 ||
		reader_fixed(&in, token.key_id, sizeof token.key_id) != 0 ||
		reader_fixed(&in, token.authenticator, sizeof token.authenticator) != 0 ||
		reader_end(&in) != 0)
		goto cleanup;
	*ret_token = token;
	rc = 0;
cleanup:
	sodium_memzero(&token, sizeof token);
	return rc;
}

void token_input(const struct token *token, uint8_t ret_input[TOKEN_INPUT_BYTES])
{
	uint8_t *at = ret_input;

	*at++ = TOKEN_TYPE >> 8;
	*at++ = TOKEN_TYPE & 0xff;
	memcpy(at, token->nonce, sizeof token->nonce);
	at += sizeof token->nonce;
	memcpy(at, token->challenge_digest, sizeof token->challenge_digest);
	at += sizeof token->challenge_digest;
	memcpy(at, token->key_id, sizeof token->key_id);
}

void token_write(const struct token *token, uint8_t ret_bytes[TOKEN_BYTES])
{
	token_input(token, ret_bytes);
	memcpy(ret_bytes + TOKEN_INPUT_BYTES, token->authenticator, sizeof token->authenticator);
}

int token_verify(const struct token *token, const uint8_t secret_key[VOPRF_SCALAR_BYTES],
	const uint8_t key_id[TOKEN_KEY_ID_BYTES])
{
	uint8_t input[TOKEN_INPUT_BYTES], expected[VOPRF_OUTPUT_BYTES], digest[SHA256_BYTES];
	int rc = -1;

	if (token_challenge_digest(digest) != 0 ||
		!bytes_equal(digest, token->challenge_digest, sizeof digest) ||
		!bytes_equal(key_id, token->key_id, TOKEN_KEY_ID_BYTES))
		return -1;
	token_input(token, input);
	if (voprf_evaluate(input, sizeof input, secret_key, expected) == 0)
		rc = sodium_memcmp(expected, token->authenticator, sizeof expected);
	sodium_memzero(expected, sizeof expected);
	return rc;
}

/* --- vectors with a variable-size length (RFC 9000, section 16, in its shortest form) */

static void put_elements(struct buffer *out, const uint8_t (*elements)[VOPRF_ELEMENT_BYTES], size_t count)
{
	size_t bytes = count * VOPRF_ELEMENT_BYTES;

	if (bytes <= VECTOR_ONE_MAX)
		buffer_put_u8(out, (uint8_t)bytes);
	else
		buffer_put_u16(out, (uint16_t)(0x4000 | bytes));
	buffer_put(out, elements, bytes);
}

static int get_length(struct reader *in, size_t *ret_bytes)
{
	uint8_t first, second;

	if (reader_u8(in, &first) != 0 || first >> 6 > 1)
		return -1;
	*ret_bytes = first & 0x3f;
	if (first >> 6 == 0)
		return 0;
	if (reader_u8(in, &second) != 0)
		return -1;
	*ret_bytes = *ret_bytes << 8 | second;
	return *ret_bytes > VECTOR_ONE_MAX ? 0 : -1;
}

static int get_elements(struct reader *in, uint8_t (*elements)[VOPRF_ELEMENT_BYTES], size_t *ret_count)
{
	size_t bytes;

	if (get_length(in, &bytes) != 0 || bytes == 0 || bytes % VOPRF_ELEMENT_BYTES != 0 ||
		bytes > TOKEN_BATCH_MAX * VOPRF_ELEMENT_BYTES || reader_fixed(in, elements, bytes) != 0)
		return -1;
	*ret_count = bytes / VOPRF_ELEMENT_BYTES;
	return 0;
}

int token_request_write(const struct token_request *request, struct buffer *out)
{
	if (request->count < 1 || request->count > TOKEN_BATCH_MAX)
		return -1;
	buffer_put_u16(out, TOKEN_TYPE);
	buffer_put_u8(out, request->key_id_end);
	put_elements(out, request->blinded, request->count);
	return buffer_ok(out);
}

int token_request_parse(const uint8_t *data, size_t len, struct token_request *ret_request)
{
	struct reader in = reader_of(data, len);
	struct token_request request = { .count = 0 };
	uint16_t type;

	if (reader_u16(&in, &type) != 0 || type != TOKEN_TYPE || reader_u8(&in, &request.key_id_end) != 0 ||
		get_elements(&in, request.blinded, &request.count) != 0 || reader_end(&in) != 0)
		return -1;
	*ret_request = request;
	return 0;
}

int token_response_write(const struct token_response *response, struct buffer *out)
{
	if (response->count < 1 || response->count > TOKEN_BATCH_MAX)
		return -1;
	put_elements(out, response->evaluated, response->count);
	buffer_put(out, response->proof, sizeof response->proof);
	return buffer_ok(out);
}

int token_response_parse(const uint8_t *data, size_t len, struct token_response *ret_response)
{
	struct reader in = reader_of(data, len);
	struct token_response response = { .count = 0 };

	if (get_elements(&in, response.evaluated, &response.count) != 0 ||
		reader_fixed(&in, response.proof, sizeof response.proof) != 0 || reader_end(&in) != 0)
		return -1;
	*ret_response = response;
	return 0;
}

/* --- fields */

void token_field_write(const uint8_t token[TOKEN_BYTES], char ret_field[TOKEN_FIELD_SIZE])
{
	static const char start[] = "PrivateToken token=\"";
	size_t at = sizeof start - 1;

	memcpy(ret_field, start, at);
	base64_encode(BASE64_URL, token, TOKEN_BYTES, ret_field + at);
	at += TOKEN_CHARS;
	memcpy(ret_field + at, "\"", sizeof "\"");
}

/* Scheme and parameter names have no case; one or more spaces stand behind the scheme. */
static const char *behind(const char *field, const char *name)
{
	size_t len = strlen(name);

	return strncasecmp(field, name, len) == 0 ? field + len : NULL;
}

static const char *behind_scheme(const char *field, const char *scheme)
{
	const char *rest = behind(field, scheme);

	if (rest == NULL || *rest != ' ')
		return NULL;
	while (*rest == ' ')
		rest++;
	return rest;
}

int token_field_parse(const char *field, struct token *ret_token)
{
	uint8_t bytes[TOKEN_BYTES];
	const char *value = behind_scheme(field, "PrivateToken");
	size_t len;
	int rc = -1;

	if (value != NULL)
		value = behind(value, "token=");
	if (value == NULL)
		return -1;
	len = strlen(value);
	if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
		value++;
		len -= 2;
	}
	if (base64_decode_fixed(BASE64_URL, value, len, bytes, sizeof bytes) == 0)
		rc = token_parse(bytes, sizeof bytes, ret_token);
	sodium_memzero(bytes, sizeof bytes);
	return rc;
}

void secret_field_write(const uint8_t secret[INVITATION_SECRET_BYTES], char ret_field[SECRET_FIELD_SIZE])
{
	static const char start[] = "Bearer ";

	memcpy(ret_field, start, sizeof start - 1);
	base64_encode(BASE64_URL, secret, INVITATION_SECRET_BYTES, ret_field + sizeof start - 1);
}

int secret_field_parse(const char *field, uint8_t ret_secret[INVITATION_SECRET_BYTES])
{
	const char *value = behind_scheme(field, "Bearer");

	if (value == NULL)
		return -1;
	return base64_decode_fixed(BASE64_URL, value, strlen(value), ret_secret, INVITATION_SECRET_BYTES);
}
