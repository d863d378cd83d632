#include "purse.h"

#include "keys/token_keys.h"
#include "proto/cursor.h"
#include "proto/invitation_list.h"

#include <sodium.h>
#include <string.h>

#define ITEM_TOKENS   "tokens"
#define PURSE_VERSION 1
#define PURSE_BYTES   (PURSE_MAX * (TOKEN_BYTES + PAYLOAD_SIZE + 5) + 256)

struct coin {
	uint8_t token[TOKEN_BYTES];
	char payload[PAYLOAD_SIZE]; /* of the report that it is bound to; "" while it is free */
	bool was_shown;             /* a server may have seen it */
};

/* In sodium_malloc memory. */
struct purse {
	struct vault *vault;
	struct coin coins[PURSE_MAX];
	size_t count;
	bool is_asking; /* a batch whose answer isn't here yet */
	uint8_t invitation[SHA256_BYTES];
	struct token_batch batch;
};

void purse_free(struct purse *purse)
{
	sodium_free(purse);
}

static int save(struct purse *purse, struct failure *failure)
{
	struct buffer bytes = buffer_of(PURSE_BYTES);
	struct items items = vault_items(purse->vault);
	int rc;

	buffer_put_u8(&bytes, PURSE_VERSION);
	buffer_put_u32(&bytes, (uint32_t)purse->count);
	for (size_t at = 0; at < purse->count; at++) {
		buffer_put(&bytes, purse->coins[at].token, TOKEN_BYTES);
		buffer_put_text(&bytes, purse->coins[at].payload);
		buffer_put_u8(&bytes, purse->coins[at].was_shown ? 1 : 0);
	}
	buffer_put_u8(&bytes, purse->is_asking ? 1 : 0);
	buffer_put(&bytes, purse->invitation, sizeof purse->invitation);
	buffer_put(&bytes, purse->batch.seed, sizeof purse->batch.seed);
	buffer_put(&bytes, purse->batch.public_key, sizeof purse->batch.public_key);
	buffer_put_u8(&bytes, purse->batch.count);
	rc = buffer_ok(&bytes) == 0 ? items_put(&items, ITEM_TOKENS, bytes.data, bytes.len, failure)
				    : failure_memory(failure);
	buffer_free(&bytes);
	return rc;
}

int purse_keep(struct purse *purse, struct failure *failure)
{
	return save(purse, failure);
}

static int parse(const struct buffer *bytes, struct purse *purse)
{
	struct reader in = reader_of(bytes->data, bytes->len);
	uint8_t version, asking;
	uint32_t count;

	if (reader_u8(&in, &version) != 0 || version != PURSE_VERSION || reader_u32(&in, &count) != 0 ||
		count > PURSE_MAX)
		return -1;
	for (; purse->count < count; purse->count++) {
		struct coin *coin = &purse->coins[purse->count];
		uint8_t shown;

		if (reader_fixed(&in, coin->token, sizeof coin->token) != 0 ||
			reader_text(&in, coin->payload, sizeof coin->payload) != 0 ||
			reader_u8(&in, &shown) != 0 || shown > 1)
			return -1;
		coin->was_shown = shown == 1;
	}
	if (reader_u8(&in, &asking) != 0 || asking > 1 ||
		reader_fixed(&in, purse->invitation, sizeof purse->invitation) != 0 ||
		reader_fixed(&in, purse->batch.seed, sizeof purse->batch.seed) != 0 ||
		reader_fixed(&in, purse->batch.public_key, sizeof purse->batch.public_key) != 0 ||
		reader_u8(&in, &purse->batch.count) != 0)
		return -1;
	purse->is_asking = asking == 1;
	return reader_end(&in);
}

static void drop(struct purse *purse, size_t at)
{
	purse->coins[at] = purse->coins[--purse->count];
	sodium_memzero(&purse->coins[purse->count], sizeof purse->coins[0]);
}

static bool is_queued(const struct queue *queue, const char *payload)
{
	for (size_t at = 0; at < queue_count(queue); at++)
		if (strcmp(queue_at(queue, at)->payload, payload) == 0)
			return true;
	return false;
}

/* Reports may be gone from the queue since: sent, or dropped, or never finished. */
static void put_straight(struct purse *purse, const struct queue *queue)
{
	for (size_t at = purse->count; at > 0; at--) {
		struct coin *coin = &purse->coins[at - 1];

		if (coin->payload[0] == '\0' || is_queued(queue, coin->payload))
			continue;
		if (coin->was_shown)
			drop(purse, at - 1);
		else
			coin->payload[0] = '\0';
	}
}

int purse_load(
	struct vault *vault, const struct queue *queue, struct purse **ret_purse, struct failure *failure)
{
	struct purse *purse = sodium_malloc(sizeof *purse);
	struct buffer bytes = buffer_of(PURSE_BYTES);
	struct items items = vault_items(vault);
	bool found = false;
	int rc = -1;

	if (purse == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	memset(purse, 0, sizeof *purse);
	purse->vault = vault;
	if (items_get(&items, ITEM_TOKENS, &bytes, &found, failure) != 0)
		goto cleanup;
	if (found && parse(&bytes, purse) != 0) {
		rc = failure_set(failure, EX_DATAERR, "the home is damaged: join again in a new folder");
		goto cleanup;
	}
	put_straight(purse, queue);
	*ret_purse = purse;
	purse = NULL;
	rc = 0;
cleanup:
	buffer_free(&bytes);
	purse_free(purse);
	return rc;
}

static bool is_good(const struct coin *coin, const struct roster *roster, int64_t now)
{
	struct token token;
	bool is_good = token_parse(coin->token, sizeof coin->token, &token) == 0 &&
		       token_key_good(roster, token.key_id, now) != NULL;

	sodium_memzero(&token, sizeof token);
	return is_good;
}

static bool is_free(const struct coin *coin)
{
	return coin->payload[0] == '\0';
}

size_t purse_count(const struct purse *purse, const struct roster *roster, int64_t now)
{
	size_t count = 0;

	for (size_t at = 0; at < purse->count; at++)
		count += is_free(&purse->coins[at]) && is_good(&purse->coins[at], roster, now) ? 1 : 0;
	return count;
}

/* Where its token lies; behind the last where it has none. */
static size_t place_of(const struct purse *purse, const struct queued *report)
{
	size_t at = 0;

	while (at < purse->count && strcmp(purse->coins[at].payload, report->payload) != 0)
		at++;
	return at;
}

bool purse_has_bound(const struct purse *purse, const struct queued *report)
{
	return place_of(purse, report) < purse->count;
}

static size_t place_of_free(const struct purse *purse, const struct roster *roster, int64_t now)
{
	size_t at = 0;

	while (at < purse->count && (!is_free(&purse->coins[at]) || !is_good(&purse->coins[at], roster, now)))
		at++;
	return at;
}

/* Where its token lies, after binding a free one where it has none (which is not written down yet). */
static int settle(struct purse *purse, const struct roster *roster, int64_t now, const struct queued *report,
	size_t *ret_at, bool *ret_is_new, struct failure *failure)
{
	size_t at = place_of(purse, report);

	*ret_is_new = at == purse->count;
	if (*ret_is_new) {
		at = place_of_free(purse, roster, now);
		if (at == purse->count)
			return failure_set(failure, EX_NOPERM,
				"the desk asks for an admission token, and this home has none left: ask for "
				"a "
				"new invitation, join with it, then send");
		memcpy(purse->coins[at].payload, report->payload, sizeof purse->coins[at].payload);
	}
	*ret_at = at;
	return 0;
}

int purse_bind(struct purse *purse, const struct roster *roster, int64_t now, const struct queued *report,
	struct failure *failure)
{
	size_t at;
	bool is_new;

	if (settle(purse, roster, now, report, &at, &is_new, failure) != 0)
		return -1;
	return is_new ? save(purse, failure) : 0;
}

int purse_show(struct purse *purse, const struct roster *roster, int64_t now, const struct queued *report,
	uint8_t ret_token[TOKEN_BYTES], struct failure *failure)
{
	size_t at;
	bool is_new;

	if (settle(purse, roster, now, report, &at, &is_new, failure) != 0)
		return -1;
	if (is_new || !purse->coins[at].was_shown) {
		purse->coins[at].was_shown = true;
		if (save(purse, failure) != 0)
			return -1;
	}
	memcpy(ret_token, purse->coins[at].token, TOKEN_BYTES);
	return 0;
}

int purse_spent(struct purse *purse, const struct queued *report, struct failure *failure)
{
	size_t at = place_of(purse, report);

	if (at == purse->count)
		return 0;
	drop(purse, at);
	return save(purse, failure);
}

int purse_give(struct purse *from, struct purse *to, const struct roster *roster, int64_t now, size_t count,
	struct failure *failure)
{
	size_t had = to->count;

	for (; count > 0 && to->count < PURSE_MAX; count--) {
		size_t at = place_of_free(from, roster, now);

		if (at == from->count)
			break;
		to->coins[to->count++] = from->coins[at];
		drop(from, at);
	}
	if (to->count == had)
		return 0;
	return save(from, failure) == 0 ? save(to, failure) : -1;
}

static void drop_ended(struct purse *purse, const struct roster *roster, int64_t now)
{
	for (size_t at = purse->count; at > 0; at--)
		if (is_free(&purse->coins[at - 1]) && !is_good(&purse->coins[at - 1], roster, now))
			drop(purse, at - 1);
}

static bool is_asked(const struct purse *purse, const uint8_t invitation[SHA256_BYTES],
	const struct roster *roster, int64_t now)
{
	uint8_t key_id[TOKEN_KEY_ID_BYTES];

	return purse->is_asking &&
	       sodium_memcmp(purse->invitation, invitation, sizeof purse->invitation) == 0 &&
	       token_key_id(purse->batch.public_key, key_id) == 0 &&
	       token_key_good(roster, key_id, now) != NULL;
}

int purse_ask(struct purse *purse, const uint8_t secret[INVITATION_SECRET_BYTES], const struct roster *roster,
	int64_t now, struct token_batch *ret_batch, struct failure *failure)
{
	const struct roster_token_key *key = token_key_newest(roster, now);
	uint8_t invitation[SHA256_BYTES];

	if (key == NULL)
		return failure_set(failure, EX_TEMPFAIL,
			"the organisation gives out no admission tokens now: tell its admin, then join again "
			"with the same invitation");
	if (invitation_hash(secret, invitation) != 0)
		return failure_memory(failure);
	drop_ended(purse, roster, now);
	if (purse->count + TOKEN_BATCH_MAX > PURSE_MAX)
		return failure_set(failure, EX_CANTCREAT,
			"this home has %zu admission tokens: use them before taking more", purse->count);
	if (!is_asked(purse, invitation, roster, now)) {
		purse->is_asking = true;
		memcpy(purse->invitation, invitation, sizeof purse->invitation);
		randombytes_buf(purse->batch.seed, sizeof purse->batch.seed);
		memcpy(purse->batch.public_key, key->public_key, sizeof purse->batch.public_key);
		purse->batch.count = TOKEN_BATCH_MAX;
		if (save(purse, failure) != 0)
			return -1;
	}
	*ret_batch = purse->batch;
	return 0;
}

int purse_take(struct purse *purse, const struct token *tokens, size_t count, struct failure *failure)
{
	for (size_t at = 0; tokens != NULL && at < count && purse->count < PURSE_MAX; at++) {
		struct coin *coin = &purse->coins[purse->count++];

		token_write(&tokens[at], coin->token);
		coin->payload[0] = '\0';
		coin->was_shown = false;
	}
	purse->is_asking = false;
	sodium_memzero(purse->invitation, sizeof purse->invitation);
	sodium_memzero(&purse->batch, sizeof purse->batch);
	return save(purse, failure);
}
