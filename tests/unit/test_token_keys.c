/* keys/token_keys: epochs overlap, end, and are never mistaken for one another. */
#include "cmocka_all.h"

#include "keys/token_keys.h"
#include "roster_fixture.h"

#include <sodium.h>

#define DAY 86400
#define NOW INT64_C(1795000000)

static struct keyring *with_epoch(int64_t now)
{
	struct keyring *keyring = NULL;
	struct fault fault;

	assert_int_equal(keyring_new(&keyring), 0);
	assert_null(token_epoch_newest(keyring));
	assert_int_equal(token_epoch_new(keyring, now, &fault), 0);
	return keyring;
}

static void epochs_overlap_and_end(void **state)
{
	struct keyring *keyring = with_epoch(NOW);
	struct fault fault;

	(void)state;
	assert_int_equal(token_epoch_newest(keyring)->epoch, 1);
	assert_int_equal(token_epoch_newest(keyring)->not_before, NOW);
	assert_int_equal(token_epoch_newest(keyring)->not_after, NOW + TOKEN_EPOCH_DAYS * DAY);
	assert_int_equal(token_epoch_new(keyring, NOW + DAY, &fault), 0);
	assert_int_equal(keyring->token_count, 2);
	assert_int_equal(token_epoch_newest(keyring)->epoch, 2);
	assert_int_equal(keyring->tokens[0].not_after, NOW + TOKEN_EPOCH_DAYS * DAY);
	assert_memory_not_equal(keyring->tokens[0].seed, keyring->tokens[1].seed, TOKEN_SEED_BYTES);
	/* The first one has ended: it goes, and its number isn't given again. */
	assert_int_equal(token_epoch_new(keyring, NOW + TOKEN_EPOCH_DAYS * DAY, &fault), 0);
	assert_int_equal(keyring->token_count, 2);
	assert_int_equal(keyring->tokens[0].epoch, 2);
	assert_int_equal(keyring->tokens[1].epoch, 3);
	assert_true(sodium_is_zero((const uint8_t *)&keyring->tokens[2], sizeof keyring->tokens[2]));
	assert_int_equal(token_epoch_new(keyring, NOW + 5 * TOKEN_EPOCH_DAYS * DAY, &fault), 0);
	assert_int_equal(keyring->token_count, 1);
	assert_int_equal(keyring->tokens[0].epoch, 4);
	keyring_free(keyring);
}

static void no_epoch_that_is_good_is_dropped(void **state)
{
	struct keyring *keyring = with_epoch(NOW);
	struct fault fault;

	(void)state;
	for (size_t i = 1; i < KEYRING_TOKENS_MAX; i++)
		assert_int_equal(token_epoch_new(keyring, NOW, &fault), 0);
	assert_int_equal(token_epoch_new(keyring, NOW, &fault), -1);
	assert_int_equal(keyring->token_count, KEYRING_TOKENS_MAX);
	for (size_t i = 0; i < KEYRING_TOKENS_MAX; i++) {
		struct roster_token_key mine, other;
		uint8_t id[TOKEN_KEY_ID_BYTES], other_id[TOKEN_KEY_ID_BYTES];

		assert_int_equal(token_key_line(&keyring->tokens[i], &mine), 0);
		assert_int_equal(token_key_id(mine.public_key, id), 0);
		for (size_t before = 0; before < i; before++) {
			assert_int_equal(token_key_line(&keyring->tokens[before], &other), 0);
			assert_int_equal(token_key_id(other.public_key, other_id), 0);
			assert_int_not_equal(id[31], other_id[31]);
		}
	}
	keyring_free(keyring);
}

static void the_roster_has_the_keyring_s_lines(void **state)
{
	struct keyring *keyring = with_epoch(NOW);
	struct roster *roster = fixture_roster();
	uint8_t secret_key[32], public_key[32], id[TOKEN_KEY_ID_BYTES], stranger[TOKEN_KEY_ID_BYTES] = { 1 };
	struct fault fault;

	(void)state;
	assert_int_equal(token_epoch_new(keyring, NOW + 10, &fault), 0);
	assert_int_equal(token_key_lines(keyring, roster), 0);
	assert_int_equal(token_key_lines(keyring, roster), 0); /* not twice */
	assert_int_equal(roster->token_key_count, 2);
	assert_int_equal(roster_check(roster, &fault), 0);
	assert_int_equal(token_keys_of(&keyring->tokens[1], secret_key, public_key), 0);
	assert_memory_equal(roster->token_keys[1].public_key, public_key, sizeof public_key);
	assert_int_equal(roster->token_keys[1].epoch, 2);

	assert_true(token_epoch_is_named(&keyring->tokens[1], roster));
	roster->token_keys[1].public_key[0] ^= 1;
	assert_false(token_epoch_is_named(&keyring->tokens[1], roster));
	roster->token_keys[1].public_key[0] ^= 1;
	assert_false(token_epoch_is_named(&(struct token_seed){ .epoch = 2 }, roster));

	assert_null(token_key_newest(roster, NOW - 1));
	assert_ptr_equal(token_key_newest(roster, NOW), &roster->token_keys[0]);
	assert_ptr_equal(token_key_newest(roster, NOW + 10), &roster->token_keys[1]);
	assert_null(token_key_newest(roster, NOW + 10 + TOKEN_EPOCH_DAYS * DAY));
	assert_int_equal(token_key_id(public_key, id), 0);
	assert_null(token_key_good(roster, id, NOW + 9));
	assert_ptr_equal(token_key_good(roster, id, NOW + 10), &roster->token_keys[1]);
	assert_ptr_equal(
		token_key_good(roster, id, NOW + 9 + TOKEN_EPOCH_DAYS * DAY), &roster->token_keys[1]);
	assert_null(token_key_good(roster, id, NOW + 10 + TOKEN_EPOCH_DAYS * DAY));
	assert_null(token_key_good(roster, stranger, NOW + 10));
	roster_free(roster);
	keyring_free(keyring);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(epochs_overlap_and_end),
		cmocka_unit_test(no_epoch_that_is_good_is_dropped),
		cmocka_unit_test(the_roster_has_the_keyring_s_lines),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
