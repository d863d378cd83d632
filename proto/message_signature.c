#include "proto/message_signature.h"

#include "proto/cursor.h"
#include "proto/encode.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define COVERED     "(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\")"
#define LABEL       "c"
#define LABEL_MAX   32
#define BASE_MAX    8192                     /* a target of 2048 bytes, a host, and the parameters */
#define CREATED_MAX INT64_C(999999999999999) /* a structured field's integer has 15 digits */
#define NONCE_BYTES 16
#define KEYID_CHARS 43

static bool is_nonce(const char *text, size_t len)
{
	if (len < NONCE_MIN_CHARS || len > NONCE_MAX_CHARS)
		return false;
	for (size_t i = 0; i < len; i++) {
		char at = text[i];

		if (!(at >= 'a' && at <= 'z') && !(at >= 'A' && at <= 'Z') && !(at >= '0' && at <= '9') &&
			at != '-' && at != '_')
			return false;
	}
	return true;
}

void request_nonce_new(char ret_nonce[NONCE_SIZE])
{
	uint8_t bytes[NONCE_BYTES];
	char text[BASE64_CHARS(NONCE_BYTES) + 1];

	randombytes_buf(bytes, sizeof(bytes));
	base64_encode(BASE64_URL, bytes, sizeof(bytes), text);
	memcpy(ret_nonce, text, strlen(text) + 1);
}

static int put_base(const struct signed_request *request, const char *params, struct buffer *out)
{
	char query[BASE_MAX / 2], digest[CONTENT_DIGEST_SIZE];
	struct signature_component components[] = {
		{ "@method", request->method },
		{ "@authority", request->authority },
		{ "@path", request->path },
		{ "@query", query },
		{ "content-digest", digest },
	};

	if (strlen(request->query) + 2 > sizeof(query))
		return -1;
	(void)snprintf(query, sizeof(query), "?%s", request->query);
	content_digest_format(request->digest, digest);
	return signature_base(components, COUNT_OF(components), params, out);
}

int request_signature_make(const struct signed_request *request, int64_t created, const char *nonce,
	const uint8_t secret_key[64], struct signature_fields *ret_fields)
{
	struct buffer base = buffer_of(BASE_MAX);
	uint8_t public_key[ED25519_PUBLIC_BYTES], signature[ED25519_SIGNATURE_BYTES];
	char keyid[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1], params[SIGNATURE_PARAMS_SIZE];
	char signature_text[BASE64_CHARS(ED25519_SIGNATURE_BYTES) + 1];
	int rc = -1;

	if (created < 0 || created > CREATED_MAX || !is_nonce(nonce, strlen(nonce)) ||
		crypto_sign_ed25519_sk_to_pk(public_key, secret_key) != 0)
		goto cleanup;
	base64_encode(BASE64_URL, public_key, sizeof(public_key), keyid);
	(void)snprintf(params, sizeof(params), ";created=%lld;nonce=\"%s\";keyid=\"%s\";tag=\"clarion\"",
		(long long)created, nonce, keyid);
	if (put_base(request, params, &base) != 0 ||
		crypto_sign_detached(signature, NULL, base.data, base.len, secret_key) != 0)
		goto cleanup;
	base64_encode(BASE64_PADDED, signature, sizeof(signature), signature_text);
	content_digest_format(request->digest, ret_fields->content_digest);
	(void)snprintf(ret_fields->signature_input, SIGNATURE_INPUT_SIZE, LABEL "=" COVERED "%s", params);
	(void)snprintf(ret_fields->signature, SIGNATURE_FIELD_SIZE, LABEL "=:%s:", signature_text);
	rc = 0;
cleanup:
	buffer_free(&base);
	return rc;
}

/* A structured field's key and its `=`. */
static int take_label(struct reader *reader, char ret_label[LABEL_MAX + 1])
{
	const char *label = NULL;
	size_t len = 0;

	if (reader_field(reader, '=', &label, &len) != 0 || len == 0 || len > LABEL_MAX)
		return -1;
	for (size_t i = 0; i < len; i++) {
		char at = label[i];
		bool begins = (at >= 'a' && at <= 'z') || at == '*';

		if (!begins && (i == 0 || (!(at >= '0' && at <= '9') && at != '_' && at != '-' && at != '.')))
			return -1;
	}
	memcpy(ret_label, label, len);
	ret_label[len] = '\0';
	return 0;
}

/* A quoted string without escapes. */
static int take_quoted(struct reader *reader, const char **ret_text, size_t *ret_len)
{
	const uint8_t *end = NULL;

	if (reader_literal(reader, "\"") != 0 || reader->left == 0)
		return -1;
	end = memchr(reader->at, '"', reader->left);
	return end == NULL ? -1 : reader_field(reader, '"', ret_text, ret_len);
}

enum parameter { PARAMETER_CREATED, PARAMETER_NONCE, PARAMETER_KEYID, PARAMETER_TAG, PARAMETER_COUNT };

static const char *const parameter_starts[PARAMETER_COUNT] = {
	[PARAMETER_CREATED] = ";created=",
	[PARAMETER_NONCE] = ";nonce=",
	[PARAMETER_KEYID] = ";keyid=",
	[PARAMETER_TAG] = ";tag=",
};

static int take_created(struct reader *reader, int64_t *ret_created)
{
	uint64_t created = 0;

	if (reader_decimal(reader, &created) != 0 || created > (uint64_t)CREATED_MAX)
		return -1;
	*ret_created = (int64_t)created;
	return 0;
}

static int take_value(struct reader *reader, enum parameter parameter, struct request_signature *signature)
{
	const char *text = NULL;
	size_t len = 0;

	if (parameter == PARAMETER_CREATED)
		return take_created(reader, &signature->created);
	if (take_quoted(reader, &text, &len) != 0)
		return -1;
	if (parameter == PARAMETER_KEYID)
		return len == KEYID_CHARS ? base64_decode_fixed(BASE64_URL, text, len, signature->keyid,
						    sizeof(signature->keyid))
					  : -1;
	if (parameter == PARAMETER_TAG)
		return len == strlen("clarion") && bytes_equal(text, "clarion", len) ? 0 : -1;
	if (!is_nonce(text, len))
		return -1;
	memcpy(signature->nonce, text, len);
	signature->nonce[len] = '\0';
	return 0;
}

/* All four, in any order, each once, to the end. */
static int take_parameters(struct reader *reader, struct request_signature *signature)
{
	bool seen[PARAMETER_COUNT] = { false };

	for (size_t taken = 0; taken < PARAMETER_COUNT; taken++) {
		size_t which = 0;

		while (which < PARAMETER_COUNT && reader_literal(reader, parameter_starts[which]) != 0)
			which++;
		if (which == PARAMETER_COUNT || seen[which] ||
			take_value(reader, (enum parameter)which, signature) != 0)
			return -1;
		seen[which] = true;
	}
	return reader_end(reader);
}

int request_signature_parse(const char *signature_input, const char *signature,
	struct request_signature *ret_signature, struct fault *fault)
{
	struct request_signature parsed = { .created = 0 };
	struct reader input = reader_of(signature_input, strlen(signature_input));
	struct reader value = reader_of(signature, strlen(signature));
	char label[LABEL_MAX + 1], other_label[LABEL_MAX + 1];
	const uint8_t *base64 = NULL;
	size_t chars = BASE64_CHARS(ED25519_SIGNATURE_BYTES);

	if (take_label(&input, label) != 0 || reader_literal(&input, COVERED) != 0)
		return fault_set(fault, "Signature-Input does not cover exactly what the protocol names");
	if (input.left >= sizeof(parsed.params))
		return fault_set(fault, "Signature-Input is too long");
	memcpy(parsed.params, input.at, input.left);
	if (take_parameters(&input, &parsed) != 0)
		return fault_set(fault, "Signature-Input must have created, nonce, keyid and tag, each once, "
					"and nothing else");
	if (take_label(&value, other_label) != 0 || strcmp(label, other_label) != 0)
		return fault_set(fault, "Signature and Signature-Input have different labels");
	if (reader_literal(&value, ":") != 0 || reader_view(&value, chars, &base64) != 0 ||
		reader_literal(&value, ":") != 0 || reader_end(&value) != 0 ||
		base64_decode_fixed(BASE64_PADDED, (const char *)base64, chars, parsed.signature,
			sizeof(parsed.signature)) != 0)
		return fault_set(fault, "Signature is malformed");
	*ret_signature = parsed;
	return 0;
}

int request_signature_verify(const struct request_signature *signature, const struct signed_request *request)
{
	struct buffer base = buffer_of(BASE_MAX);
	int rc = -1;

	if (put_base(request, signature->params, &base) == 0 &&
		crypto_sign_verify_detached(signature->signature, base.data, base.len, signature->keyid) == 0)
		rc = 0;
	buffer_free(&base);
	return rc;
}
