/* keys/keyring: every byte counts; order and counts are checked. */
#include "scratch_folder.h"

#include "keys/keyring.h"
#include "proto/time.h"

#include <errno.h>
#include <sodium.h>

static struct keyring *full(void)
{
	struct keyring *keyring = NULL;

	assert_int_equal(keyring_new(&keyring), 0);
	keyring->storage[1] = (struct storage_key){ .epoch = 7, .key = { 3 } };
	keyring->storage_count = 2;
	keyring->receipts[1] = (struct receipt_seed){ .epoch = 4, .seed = { 2 } };
	keyring->receipt_count = 2;
	keyring->tokens[0] =
		(struct token_seed){ .epoch = 1, .seed = { 4 }, .not_before = 5, .not_after = 6 };
	keyring->tokens[1] =
		(struct token_seed){ .epoch = 2, .seed = { 5 }, .not_before = 6, .not_after = 9 };
	keyring->token_count = 2;
	return keyring;
}

static int parses_as_written(const struct keyring *keyring)
{
	struct buffer bytes = buffer_of(KEYRING_MAX_BYTES), again = buffer_of(KEYRING_MAX_BYTES);
	struct keyring *read = NULL;
	struct fault fault;
	int rc;

	assert_int_equal(keyring_write(keyring, &bytes), 0);
	rc = keyring_parse(bytes.data, bytes.len, &read, &fault);
	if (rc == 0) {
		assert_int_equal(keyring_write(read, &again), 0);
		assert_int_equal(again.len, bytes.len);
		assert_memory_equal(again.data, bytes.data, bytes.len);
	} else {
		assert_null(read);
	}
	keyring_free(read);
	buffer_free(&bytes);
	buffer_free(&again);
	return rc;
}

static void test_new(void **state)
{
	struct keyring *one = NULL, *other = NULL;

	(void)state;
	assert_int_equal(keyring_new(&one), 0);
	assert_int_equal(keyring_new(&other), 0);
	assert_int_equal(one->storage_count, 1);
	assert_int_equal(keyring_storage_newest(one)->epoch, 1);
	assert_int_equal(one->token_count, 0);
	assert_memory_not_equal(one->storage[0].key, other->storage[0].key, STORAGE_KEY_BYTES);
	assert_memory_not_equal(one->index_key, other->index_key, INDEX_KEY_BYTES);
	assert_memory_not_equal(one->receipts[0].seed, other->receipts[0].seed, ED25519_SEED_BYTES);
	assert_int_equal(parses_as_written(one), 0);
	keyring_free(one);
	keyring_free(other);
}

static void test_epochs(void **state)
{
	struct keyring *keyring = full();

	(void)state;
	assert_int_equal(parses_as_written(keyring), 0);
	assert_int_equal(keyring_storage_newest(keyring)->epoch, 7);
	assert_ptr_equal(keyring_storage(keyring, 7), &keyring->storage[1]);
	assert_ptr_equal(keyring_storage(keyring, 1), &keyring->storage[0]);
	assert_null(keyring_storage(keyring, 2));
	keyring_free(keyring);
}

static void test_what_is_refused(void **state)
{
	struct keyring *keyring = full();

	(void)state;
	keyring->storage[1].epoch = 1;
	assert_int_equal(parses_as_written(keyring), -1);
	keyring->storage[1].epoch = 0;
	assert_int_equal(parses_as_written(keyring), -1);
	keyring->storage[1].epoch = 2;
	keyring->storage_count = 0;
	assert_int_equal(parses_as_written(keyring), -1);
	keyring->storage_count = 2;
	keyring->receipts[1].epoch = 1;
	assert_int_equal(parses_as_written(keyring), -1);
	keyring->receipts[1].epoch = 4;
	keyring->receipt_count = 0;
	assert_int_equal(parses_as_written(keyring), -1);
	keyring->receipt_count = 2;
	keyring->tokens[1].epoch = 1;
	assert_int_equal(parses_as_written(keyring), -1);
	keyring->tokens[1].epoch = 2;
	keyring->tokens[1].not_after = 6;
	assert_int_equal(parses_as_written(keyring), -1);
	keyring->tokens[1].not_after = TIME_LATEST + 1;
	assert_int_equal(parses_as_written(keyring), -1);
	keyring->tokens[1].not_after = TIME_LATEST;
	assert_int_equal(parses_as_written(keyring), 0);
	keyring_free(keyring);
}

static void test_every_length_but_the_right_one_is_refused(void **state)
{
	struct keyring *keyring = full(), *read = NULL;
	struct buffer bytes = buffer_of(KEYRING_MAX_BYTES);
	struct fault fault;
	size_t whole;

	(void)state;
	assert_int_equal(keyring_write(keyring, &bytes), 0);
	whole = bytes.len;
	buffer_put_u8(&bytes, 0);
	for (size_t len = 0; len <= whole + 1; len++)
		if (len != whole)
			assert_int_equal(keyring_parse(bytes.data, len, &read, &fault), -1);
	bytes.data[whole - 1 - 2 * 56 - 3] = 200; /* more token keys than there can be */
	assert_int_equal(keyring_parse(bytes.data, whole, &read, &fault), -1);
	bytes.data[0] = 'C';
	assert_int_equal(keyring_parse(bytes.data, whole, &read, &fault), -1);
	assert_null(read);
	buffer_free(&bytes);
	keyring_free(keyring);
}

static void test_receipt_key(void **state)
{
	struct keyring *keyring = full();
	uint8_t secret[64], public[32], signature[64];

	(void)state;
	assert_int_equal(keyring_receipt_key(&keyring->receipts[0], secret, public), 0);
	assert_memory_equal(secret, keyring->receipts[0].seed, 32);
	assert_int_equal(crypto_sign_detached(signature, NULL, public, 1, secret), 0);
	assert_int_equal(crypto_sign_verify_detached(signature, public, 1, public), 0);
	keyring_free(keyring);
}

static void test_files(void **state)
{
	const char *plain = scratch_path(state, "keyring"), *locked = scratch_path(state, "keyring.age"),
		   *none = scratch_path(state, "none");
	struct keyring *keyring = full(), *read = NULL;
	struct fault fault;

	assert_int_equal(keyring_save(plain, keyring, NULL, 0, &fault), 0);
	assert_int_equal(keyring_load(plain, NULL, 0, &read, &fault), 0);
	assert_memory_equal(read, keyring, sizeof *read);
	keyring_free(read);
	read = NULL;
	assert_int_equal(keyring_save(locked, keyring, "open", 4, &fault), 0);
	assert_int_equal(keyring_save(locked, keyring, "open", 4, &fault), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(keyring_load(locked, "shut", 4, &read, &fault), -1);
	assert_int_equal(errno, EKEYREJECTED);
	assert_int_equal(keyring_load(none, NULL, 0, &read, &fault), -1);
	assert_int_equal(errno, ENOENT);
	assert_null(read);
	assert_int_equal(keyring_load(locked, "open", 4, &read, &fault), 0);
	assert_memory_equal(read, keyring, sizeof *read);
	keyring_free(read);
	keyring_free(keyring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_epochs),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_every_length_but_the_right_one_is_refused),
		cmocka_unit_test(test_receipt_key),
		SCRATCH_TEST(test_files),
	};

	if (proto_init() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
