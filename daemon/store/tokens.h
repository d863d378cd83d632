/* Admission tokens in the store: the keys they are made with, and the invitations that they are given for.
 * Part of store_state.h. */
#ifndef STORE_TOKENS_H
#define STORE_TOKENS_H

#include "backend.h"
#include "keys/keyring.h"
#include "proto/token.h"
#include "proto/words.h"

struct request;
struct store;

/* --- token_epochs.c: the token keys, and which tokens were spent under them */
struct token_epoch {
	uint64_t epoch;
	int64_t not_before, not_after;
	uint8_t secret_key[VOPRF_SCALAR_BYTES];
	uint8_t public_key[VOPRF_ELEMENT_BYTES];
	uint8_t key_id[TOKEN_KEY_ID_BYTES];
};
/* Takes the keyring's token keys in place of those from before: at the start, and after a rotation. */
MUST_USE int token_epochs_load(struct store *store, const struct keyring *keyring, struct fault *fault);
void token_epochs_free(struct store *store);
/* The epoch of this key id, or whose key id ends so, that keyring and roster call good now; NULL else. */
const struct token_epoch *token_epoch_of(const struct store *store, const uint8_t key_id[TOKEN_KEY_ID_BYTES]);
const struct token_epoch *token_epoch_ending(const struct store *store, uint8_t key_id_end);
/* Where a spent token lies: by epoch, then by token. */
MUST_USE int token_spent_name(const struct store *store, const struct token_epoch *epoch,
	const struct token *token, uint8_t ret_name[2 * BLIND_INDEX_BYTES]);
/* Forgets what was spent in epochs that have ended, some at a time. */
void token_epochs_expire(struct store *store);

/* --- call_tokens.c, call_invitations.c */
void call_post_tokens(struct request *request);
void call_post_invitations(struct request *request);
/* What the store keeps of an invitation, under a blind index of its SECRET's hash. */
struct invitation_record {
	int64_t expires;
	char desk[NAME_SIZE]; /* "" once it is used */
	bool is_used;
	uint8_t request[SHA256_BYTES]; /* that it was used for */
};
/* 1 found, 0 none, -1 storage failed. */
MUST_USE int invitation_find(struct store *store, const uint8_t hash[SHA256_BYTES],
	uint8_t ret_name[BLIND_INDEX_BYTES], struct invitation_record *ret_record);
MUST_USE int invitation_keep(
	struct store *store, const uint8_t name[BLIND_INDEX_BYTES], const struct invitation_record *record);
/* Removes those that have expired, once an hour. */
void invitations_expire(struct store *store);

#endif
