#include "keys/token_keys.h"

#include <sodium.h>
#include <string.h>

#define KEY_INFO    "clarion-token/1"
#define DAY_SECONDS 86400

int token_keys_of(const struct token_seed *seed, uint8_t ret_secret_key[VOPRF_SCALAR_BYTES],
	uint8_t ret_public_key[VOPRF_ELEMENT_BYTES])
{
	_Static_assert(sizeof seed->seed == VOPRF_SEED_BYTES, "the seed is RFC 9497's");
	return voprf_key_pair(seed->seed, KEY_INFO, ret_secret_key, ret_public_key);
}

int token_key_line(const struct token_seed *seed, struct roster_token_key *ret_line)
{
	struct roster_token_key line = {
		.epoch = seed->epoch, .not_before = seed->not_before, .not_after = seed->not_after
	};
	uint8_t secret_key[VOPRF_SCALAR_BYTES];
	int rc = token_keys_of(seed, secret_key, line.public_key);

	sodium_memzero(secret_key, sizeof secret_key);
	if (rc == 0)
		*ret_line = line;
	return rc;
}

const struct token_seed *token_epoch_newest(const struct keyring *keyring)
{
	return keyring->token_count == 0 ? NULL : &keyring->tokens[keyring->token_count - 1];
}

static void drop_ended(struct keyring *keyring, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < keyring->token_count; i++) {
		if (keyring->tokens[i].not_after > now)
			keyring->tokens[kept++] = keyring->tokens[i];
	}
	sodium_memzero(&keyring->tokens[kept], (keyring->token_count - kept) * sizeof keyring->tokens[0]);
	keyring->token_count = kept;
}

static int key_id_of(const struct token_seed *seed, uint8_t ret_key_id[TOKEN_KEY_ID_BYTES])
{
	struct roster_token_key line;

	return token_key_line(seed, &line) != 0 ? -1 : token_key_id(line.public_key, ret_key_id);
}

/* A request names its key by the last byte of the key's id: no two epochs may share it. 1 where this one
 * does. */
static int is_ambiguous(const struct keyring *keyring, const struct token_seed *fresh)
{
	uint8_t ours[TOKEN_KEY_ID_BYTES], theirs[TOKEN_KEY_ID_BYTES];

	if (key_id_of(fresh, ours) != 0)
		return -1;
	for (size_t i = 0; i < keyring->token_count; i++) {
		if (key_id_of(&keyring->tokens[i], theirs) != 0)
			return -1;
		if (ours[TOKEN_KEY_ID_BYTES - 1] == theirs[TOKEN_KEY_ID_BYTES - 1])
			return 1;
	}
	return 0;
}

int token_epoch_new(struct keyring *keyring, int64_t now, struct fault *fault)
{
	const struct token_seed *newest = token_epoch_newest(keyring);
	struct token_seed fresh = { .epoch = newest == NULL ? 1 : newest->epoch + 1,
		.not_before = now,
		.not_after = now + (int64_t)TOKEN_EPOCH_DAYS * DAY_SECONDS };
	int rc;

	drop_ended(keyring, now);
	if (keyring->token_count == KEYRING_TOKENS_MAX)
		return fault_set(fault, "%d token keys are still good: wait until the oldest has ended",
			KEYRING_TOKENS_MAX);
	do {
		randombytes_buf(fresh.seed, sizeof fresh.seed);
		rc = is_ambiguous(keyring, &fresh);
	} while (rc == 1);
	if (rc == 0)
		keyring->tokens[keyring->token_count++] = fresh;
	sodium_memzero(&fresh, sizeof fresh);
	return rc == 0 ? 0 : fault_set(fault, "a token key can't be made: try again");
}

int token_key_lines_put(const struct roster_token_key *lines, size_t count, struct roster *roster)
{
	roster_touch(roster);
	roster->token_key_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (roster_add_token_key(roster, &lines[i]) != 0)
			return -1;
	}
	return 0;
}

int token_key_lines(const struct keyring *keyring, struct roster *roster)
{
	struct roster_token_key lines[KEYRING_TOKENS_MAX];

	for (size_t i = 0; i < keyring->token_count; i++) {
		if (token_key_line(&keyring->tokens[i], &lines[i]) != 0)
			return -1;
	}
	return token_key_lines_put(lines, keyring->token_count, roster);
}

bool token_epoch_is_named(const struct token_seed *seed, const struct roster *roster)
{
	struct roster_token_key line;

	if (token_key_line(seed, &line) != 0)
		return false;
	for (size_t i = 0; i < roster->token_key_count; i++) {
		if (roster->token_keys[i].epoch == line.epoch &&
			bytes_equal(
				roster->token_keys[i].public_key, line.public_key, sizeof line.public_key))
			return true;
	}
	return false;
}

static bool is_good(const struct roster_token_key *key, int64_t now)
{
	return key->not_before <= now && now < key->not_after;
}

const struct roster_token_key *token_key_newest(const struct roster *roster, int64_t now)
{
	for (size_t i = roster->token_key_count; i > 0; i--) {
		if (is_good(&roster->token_keys[i - 1], now))
			return &roster->token_keys[i - 1];
	}
	return NULL;
}

const struct roster_token_key *token_key_good(
	const struct roster *roster, const uint8_t key_id[TOKEN_KEY_ID_BYTES], int64_t now)
{
	uint8_t theirs[TOKEN_KEY_ID_BYTES];

	for (size_t i = 0; i < roster->token_key_count; i++) {
		const struct roster_token_key *key = &roster->token_keys[i];

		if (is_good(key, now) && token_key_id(key->public_key, theirs) == 0 &&
			bytes_equal(theirs, key_id, sizeof theirs))
			return key;
	}
	return NULL;
}
