/* Token keys over time: an epoch is a seed in the keyring and a `token-key` line in the roster, good from
 * not-before to not-after. A new epoch begins while the one before goes on, so that tokens that somebody
 * holds stay good until their own end. */
#ifndef KEYS_TOKEN_KEYS_H
#define KEYS_TOKEN_KEYS_H

#include "keys/keyring.h"
#include "proto/roster.h"
#include "proto/token.h"

#define TOKEN_EPOCH_DAYS 400 /* she who was invited once can report a year later, without asking again */

/* Adds an epoch that begins now, and drops those that have ended. -1 where all places are taken by epochs
 * that are still good. The caller saves the keyring and puts token_key_line into the next roster. */
MUST_USE int token_epoch_new(struct keyring *keyring, int64_t now, struct fault *fault);

/* The newest epoch; NULL where there is none. */
const struct token_seed *token_epoch_newest(const struct keyring *keyring);

/* Both keys of an epoch; the secret one goes into memory of the caller's that is guarded or wiped. */
MUST_USE int token_keys_of(const struct token_seed *seed, uint8_t ret_secret_key[VOPRF_SCALAR_BYTES],
	uint8_t ret_public_key[VOPRF_ELEMENT_BYTES]);

/* The roster's line of an epoch. */
MUST_USE int token_key_line(const struct token_seed *seed, struct roster_token_key *ret_line);

/* Gives the roster the lines of the keyring's epochs, and no others: what `rotate token` drafts. */
MUST_USE int token_key_lines(const struct keyring *keyring, struct roster *roster);

/* The same with lines that came from elsewhere. */
MUST_USE int token_key_lines_put(const struct roster_token_key *lines, size_t count, struct roster *roster);
/* The roster has this epoch's line. */
bool token_epoch_is_named(const struct token_seed *seed, const struct roster *roster);

/* The roster's newest key that is good at this time: the one to ask tokens of. NULL where there is none. */
const struct roster_token_key *token_key_newest(const struct roster *roster, int64_t now);
/* The key of this id, where it is good at this time; else NULL. */
const struct roster_token_key *token_key_good(
	const struct roster *roster, const uint8_t key_id[TOKEN_KEY_ID_BYTES], int64_t now);

#endif
