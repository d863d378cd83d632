/* What a stranger sends about tokens: requests, answers, tokens, fields, an admin's list of invitations. The
 * first byte says which; what is taken is written as it was read. */
#include "fuzz.h"

#include "proto/invitation_list.h"
#include "proto/token.h"

static void request(const uint8_t *data, size_t size)
{
	struct buffer out = buffer_of(TOKEN_REQUEST_MAX);
	struct token_request parsed;
	struct token_response response;
	static const uint8_t seed[VOPRF_SEED_BYTES];
	uint8_t secret_key[VOPRF_SCALAR_BYTES], public_key[VOPRF_ELEMENT_BYTES];

	if (token_request_parse(data, size, &parsed) == 0) {
		must(token_request_write(&parsed, &out) == 0);
		must(out.len == size && bytes_equal(out.data, data, size));
		must(voprf_key_pair(seed, "fuzz", secret_key, public_key) == 0);
		if (token_issue(&parsed, secret_key, public_key, &response) == 0)
			must(response.count == parsed.count);
	}
	buffer_free(&out);
}

static void response(const uint8_t *data, size_t size)
{
	struct buffer out = buffer_of(TOKEN_RESPONSE_MAX);
	struct token_response parsed;
	struct token_batch batch = { .count = 1 };
	struct token tokens[TOKEN_BATCH_MAX];
	uint8_t secret_key[VOPRF_SCALAR_BYTES];

	if (token_response_parse(data, size, &parsed) == 0) {
		must(token_response_write(&parsed, &out) == 0);
		must(out.len == size && bytes_equal(out.data, data, size));
		batch.count = (uint8_t)parsed.count;
		must(voprf_key_pair(batch.seed, "fuzz", secret_key, batch.public_key) == 0);
		either(token_batch_finish(&batch, &parsed, tokens));
	}
	buffer_free(&out);
}

static void token(const uint8_t *data, size_t size)
{
	uint8_t bytes[TOKEN_BYTES];
	struct token parsed;

	if (token_parse(data, size, &parsed) == 0) {
		token_write(&parsed, bytes);
		must(size == sizeof bytes && bytes_equal(bytes, data, size));
	}
}

static void fields(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), again[TOKEN_FIELD_SIZE];
	uint8_t bytes[TOKEN_BYTES], secret[INVITATION_SECRET_BYTES];
	struct token parsed, same;

	must(text != NULL);
	for (size_t i = 0; i < size; i++)
		text[i] = (char)data[i];
	text[size] = '\0';
	if (token_field_parse(text, &parsed) == 0) {
		token_write(&parsed, bytes);
		token_field_write(bytes, again);
		must(token_field_parse(again, &same) == 0);
		must(bytes_equal(same.nonce, parsed.nonce, sizeof parsed.nonce));
	}
	if (secret_field_parse(text, secret) == 0)
		secret_field_write(secret, again);
	free(text);
}

static void list(const uint8_t *data, size_t size)
{
	struct invitation_list *parsed = malloc(sizeof *parsed), *again = malloc(sizeof *again);
	struct buffer out = buffer_of(INVITATION_LIST_BYTES);
	struct fault fault;

	must(parsed != NULL && again != NULL);
	if (invitation_list_parse(data, size, parsed, &fault) == 0) {
		must(invitation_list_write(parsed, &out) == 0);
		must(invitation_list_parse(out.data, out.len, again, &fault) == 0);
		must(again->count == parsed->count && again->expires == parsed->expires);
	}
	buffer_free(&out);
	free(parsed);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const targets[])(const uint8_t *, size_t) = { request, response, token, fields, list };

	fuzz_start();
	if (size > 0)
		targets[data[0] % COUNT_OF(targets)](data + 1, size - 1);
	return 0;
}
