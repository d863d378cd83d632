/* Both sides of giving out a batch of tokens. */
#include "proto/token.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum derived { DERIVED_NONCE = 1, DERIVED_BLIND };

/* 64 bytes that follow from the seed. */
static int derive(const struct token_batch *batch, enum derived which, size_t number, uint8_t ret_bytes[64])
{
	const uint8_t place[2] = { (uint8_t)which, (uint8_t)number };

	return crypto_generichash(ret_bytes, 64, place, sizeof place, batch->seed, sizeof batch->seed);
}

/* The token-to-be, its authenticator still missing, and its blind. */
static int prepare(const struct token_batch *batch, size_t number, struct token *token,
	uint8_t ret_blind[VOPRF_SCALAR_BYTES])
{
	uint8_t bytes[64];
	int rc = -1;

	if (derive(batch, DERIVED_NONCE, number, bytes) == 0) {
		memcpy(token->nonce, bytes, sizeof token->nonce);
		rc = derive(batch, DERIVED_BLIND, number, bytes);
	}
	if (rc == 0)
		rc = voprf_scalar_of(bytes, ret_blind);
	if (rc == 0)
		rc = token_challenge_digest(token->challenge_digest);
	if (rc == 0)
		rc = token_key_id(batch->public_key, token->key_id);
	sodium_memzero(bytes, sizeof bytes);
	return rc;
}

int token_batch_request(const struct token_batch *batch, struct token_request *ret_request)
{
	struct token token = { .nonce = { 0 } };
	uint8_t blind[VOPRF_SCALAR_BYTES], input[TOKEN_INPUT_BYTES];
	int rc = batch->count >= 1 && batch->count <= TOKEN_BATCH_MAX ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < batch->count; i++) {
		rc = prepare(batch, i, &token, blind);
		if (rc != 0)
			break;
		token_input(&token, input);
		rc = voprf_blind(input, sizeof input, blind, ret_request->blinded[i]);
	}
	if (rc == 0) {
		ret_request->count = batch->count;
		ret_request->key_id_end = token.key_id[TOKEN_KEY_ID_BYTES - 1];
	}
	sodium_memzero(blind, sizeof blind);
	sodium_memzero(input, sizeof input);
	sodium_memzero(&token, sizeof token);
	return rc;
}

static int unblind_all(const struct token_batch *batch, const struct token_response *response,
	struct token tokens[TOKEN_BATCH_MAX])
{
	uint8_t blind[VOPRF_SCALAR_BYTES], input[TOKEN_INPUT_BYTES];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < batch->count; i++) {
		rc = prepare(batch, i, &tokens[i], blind);
		if (rc != 0)
			break;
		token_input(&tokens[i], input);
		rc = voprf_finalize(
			input, sizeof input, blind, response->evaluated[i], tokens[i].authenticator);
	}
	if (rc != 0)
		sodium_memzero(tokens, TOKEN_BATCH_MAX * sizeof *tokens);
	sodium_memzero(blind, sizeof blind);
	sodium_memzero(input, sizeof input);
	return rc;
}

int token_batch_finish(const struct token_batch *batch, const struct token_response *response,
	struct token ret_tokens[TOKEN_BATCH_MAX])
{
	struct token_request *request = malloc(sizeof *request);
	int rc = -1;

	if (request == NULL || token_batch_request(batch, request) != 0 || response->count != request->count)
		goto cleanup;
	const struct voprf_batch proven = { .public_key = batch->public_key,
		.blinded = request->blinded,
		.evaluated = response->evaluated,
		.count = request->count };
	if (voprf_verify(&proven, response->proof) != 0)
		goto cleanup;
	rc = unblind_all(batch, response, ret_tokens);
cleanup:
	free(request);
	return rc;
}

int token_issue(const struct token_request *request, const uint8_t secret_key[VOPRF_SCALAR_BYTES],
	const uint8_t public_key[VOPRF_ELEMENT_BYTES], struct token_response *ret_response)
{
	const struct voprf_batch batch = { .public_key = public_key,
		.blinded = request->blinded,
		.evaluated = ret_response->evaluated,
		.count = request->count };
	uint8_t random[VOPRF_SCALAR_BYTES];
	int rc;

	if (voprf_evaluate_blinded(secret_key, request->blinded, request->count, ret_response->evaluated) !=
		0)
		return -1;
	ret_response->count = request->count;
	voprf_scalar_random(random);
	rc = voprf_prove(&batch, secret_key, random, ret_response->proof);
	sodium_memzero(random, sizeof random);
	return rc;
}
