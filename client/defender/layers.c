#include "layers.h"

static bool is_neutral(const uint8_t point[POINT_BYTES])
{
	return sodium_is_zero(point, POINT_BYTES) == 1;
}

static void random_pair(struct layer_pair *pair)
{
	crypto_core_ristretto255_random(pair->first);
	crypto_core_ristretto255_random(pair->second);
}

/* factor × base; -1 where a point isn't one. */
static int times(
	const uint8_t factor[SCALAR_BYTES], const struct layer_pair *base, struct layer_pair *ret_pair)
{
	return crypto_scalarmult_ristretto255(ret_pair->first, factor, base->first) == 0 &&
			       crypto_scalarmult_ristretto255(ret_pair->second, factor, base->second) == 0
		       ? 0
		       : -1;
}

static int random_times(const struct layer_pair *base, struct layer_pair *ret_pair)
{
	uint8_t factor[SCALAR_BYTES];
	int rc;

	crypto_core_ristretto255_scalar_random(factor);
	rc = times(factor, base, ret_pair);
	sodium_memzero(factor, sizeof factor);
	return rc;
}

void layers_random(struct layer_head *head)
{
	random_pair(&head->base);
	for (size_t at = 0; at < LAYERS_MAX; at++)
		random_pair(&head->ring[at]);
}

int layers_fresh(const uint8_t key[SCALAR_BYTES], struct layer_head *ret_head)
{
	crypto_core_ristretto255_random(ret_head->base.first);
	if (crypto_scalarmult_ristretto255(ret_head->base.second, key, ret_head->base.first) != 0)
		return -1;
	for (size_t at = 0; at < LAYERS_MAX; at++) {
		if (random_times(&ret_head->base, &ret_head->ring[at]) != 0)
			return -1;
	}
	return 0;
}

bool layers_are_of(const struct layer_head *head, const uint8_t key[SCALAR_BYTES])
{
	uint8_t expected[POINT_BYTES];

	return crypto_scalarmult_ristretto255(expected, key, head->base.first) == 0 &&
	       sodium_memcmp(expected, head->base.second, POINT_BYTES) == 0;
}

static int turn_pair(const struct layer_pair *base, struct layer_pair *pair)
{
	struct layer_pair more;

	return random_times(base, &more) == 0 &&
			       crypto_core_ristretto255_add(pair->first, pair->first, more.first) == 0 &&
			       crypto_core_ristretto255_add(pair->second, pair->second, more.second) == 0
		       ? 0
		       : -1;
}

int layers_turn(struct layer_head *head, size_t at)
{
	struct layer_pair base;

	if (at < LAYERS_MAX)
		return turn_pair(&head->base, &head->ring[at]);
	for (size_t each = 0; each < LAYERS_MAX; each++) {
		if (turn_pair(&head->base, &head->ring[each]) != 0)
			return -1;
	}
	if (random_times(&head->base, &base) != 0)
		return -1;
	head->base = base;
	return 0;
}

static void mask(const uint8_t layer[POINT_BYTES], uint8_t *bytes, size_t len)
{
	static const uint8_t nonce[crypto_stream_xchacha20_NONCEBYTES];
	uint8_t key[crypto_stream_xchacha20_KEYBYTES];

	(void)crypto_generichash(key, sizeof key, layer, POINT_BYTES, NULL, 0);
	(void)crypto_stream_xchacha20_xor(bytes, bytes, len, nonce, key);
	sodium_memzero(key, sizeof key);
}

int layers_add(struct layer_head *head, size_t at, uint8_t *bytes, size_t len)
{
	struct layer_pair *pair = &head->ring[at];
	uint8_t layer[POINT_BYTES];
	int rc;

	crypto_core_ristretto255_random(layer);
	rc = crypto_core_ristretto255_add(pair->second, pair->second, layer);
	if (rc == 0)
		mask(layer, bytes, len);
	sodium_memzero(layer, sizeof layer);
	return rc == 0 ? 0 : -1;
}

int layers_strip(const struct layer_head *head, const uint8_t key[SCALAR_BYTES], uint8_t *bytes, size_t len)
{
	for (size_t at = 0; at < LAYERS_MAX; at++) {
		const struct layer_pair *pair = &head->ring[at];
		uint8_t shared[POINT_BYTES], layer[POINT_BYTES];

		if (crypto_scalarmult_ristretto255(shared, key, pair->first) != 0 ||
			crypto_core_ristretto255_sub(layer, pair->second, shared) != 0)
			return -1;
		if (!is_neutral(layer))
			mask(layer, bytes, len);
	}
	return 0;
}

void layers_whiten(struct layer_head *head, const uint8_t *salt, size_t salt_len, uint8_t slot)
{
	static const uint8_t nonce[crypto_stream_xchacha20_NONCEBYTES];
	uint8_t key[crypto_stream_xchacha20_KEYBYTES];

	(void)crypto_generichash(key, sizeof key, salt, salt_len, NULL, 0);
	key[0] ^= slot;
	(void)crypto_stream_xchacha20_xor((uint8_t *)head, (const uint8_t *)head, sizeof *head, nonce, key);
}
