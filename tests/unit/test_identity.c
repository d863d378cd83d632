/* keys/identity: an age identity file with a signing key in its comments; nothing half-read is taken. */
#include "scratch_folder.h"

#include "keys/identity.h"
#include "proto/buffer.h"

#include <errno.h>
#include <sodium.h>

/* A seed of 32 bytes 1. */
#define KEY_LINE "# signing-key: AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"

static struct identity *made(const char *name)
{
	struct identity *identity = NULL;
	struct fault fault;

	assert_int_equal(identity_new(name, &identity, &fault), 0);
	return identity;
}

static int parses(const char *text)
{
	struct identity *identity = NULL;
	struct fault fault;
	int rc = identity_parse((const uint8_t *)text, strlen(text), &identity, &fault);

	if (rc != 0)
		assert_null(identity);
	identity_free(identity);
	return rc;
}

static void test_round_trip(void **state)
{
	struct identity *identity = made("amina"), *read = NULL;
	struct buffer text = buffer_of(IDENTITY_FILE_MAX);
	struct fault fault;

	(void)state;
	assert_int_equal(identity_write(identity, &text), 0);
	assert_int_equal(identity_parse(text.data, text.len, &read, &fault), 0);
	assert_string_equal(read->name, "amina");
	assert_memory_equal(read->signing_key, identity->signing_key, 64);
	assert_memory_equal(read->public_key, identity->signing_key + 32, 32);
	assert_memory_equal(read->age->secret_key, identity->age->secret_key, 32);
	assert_memory_equal(read->age->recipient, identity->age->recipient, 32);
	identity_free(read);
	identity_free(identity);
	buffer_free(&text);
}

static void test_names(void **state)
{
	struct identity *identity = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(identity_new("Amina", &identity, &fault), -1);
	assert_int_equal(identity_new("", &identity, &fault), -1);
	assert_int_equal(identity_new("-a", &identity, &fault), -1);
	assert_int_equal(identity_new("a b", &identity, &fault), -1);
	assert_null(identity);
}

static void test_two_are_different(void **state)
{
	struct identity *one = made("a"), *other = made("a");

	(void)state;
	assert_memory_not_equal(one->signing_key, other->signing_key, 32);
	assert_memory_not_equal(one->age->secret_key, other->age->secret_key, 32);
	identity_free(one);
	identity_free(other);
}

static void test_what_is_refused(void **state)
{
	struct identity *identity = made("amina");
	struct buffer text = buffer_of(IDENTITY_FILE_MAX);
	char key[AGE_IDENTITY_SIZE], whole[600];

	(void)state;
	age_identity_text(identity->age, key);
	assert_true(snprintf(whole, sizeof whole, "# name: a\n" KEY_LINE "%s\n", key) > 0);
	assert_int_equal(parses(whole), 0);
	assert_true(snprintf(whole, sizeof whole, "# a note\n\n# name: a\n" KEY_LINE "%s\n", key) > 0);
	assert_int_equal(parses(whole), 0);
	assert_int_equal(parses(""), -1);
	assert_true(snprintf(whole, sizeof whole, "# name: a\n%s\n", key) > 0);
	assert_int_equal(parses(whole), -1);
	assert_true(snprintf(whole, sizeof whole, KEY_LINE "%s\n", key) > 0);
	assert_int_equal(parses(whole), -1);
	assert_int_equal(parses("# name: a\n" KEY_LINE), -1);
	assert_true(snprintf(whole, sizeof whole, "# name: a\n" KEY_LINE "%s", key) > 0);
	assert_int_equal(parses(whole), -1);
	assert_true(snprintf(whole, sizeof whole, "# name: a\n# name: b\n" KEY_LINE "%s\n", key) > 0);
	assert_int_equal(parses(whole), -1);
	assert_true(snprintf(whole, sizeof whole, "# name: a\n" KEY_LINE KEY_LINE "%s\n", key) > 0);
	assert_int_equal(parses(whole), -1);
	assert_true(snprintf(whole, sizeof whole, "# name: a\n" KEY_LINE "%s\n%s\n", key, key) > 0);
	assert_int_equal(parses(whole), -1);
	assert_true(snprintf(whole, sizeof whole, "# name: A\n" KEY_LINE "%s\n", key) > 0);
	assert_int_equal(parses(whole), -1);
	assert_true(snprintf(whole, sizeof whole, "# name: a\n# signing-key: AQEB\n%s\n", key) > 0);
	assert_int_equal(parses(whole), -1);
	assert_int_equal(parses("# name: a\n" KEY_LINE "AGE-SECRET-KEY-1QQQQ\n"), -1);
	identity_free(identity);
	buffer_free(&text);
}

static void test_files(void **state)
{
	const char *path = scratch_path(state, "identity.age"), *locked = scratch_path(state, "locked.age");
	struct identity *identity = made("amina"), *read = NULL;
	struct fault fault;

	assert_int_equal(identity_save(path, identity, NULL, 0, &fault), 0);
	assert_int_equal(identity_save(path, identity, NULL, 0, &fault), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(identity_load(path, NULL, 0, &read, &fault), 0);
	identity_free(read);
	read = NULL;
	assert_int_equal(identity_save(locked, identity, "open", 4, &fault), 0);
	assert_int_equal(identity_load(locked, NULL, 0, &read, &fault), -1);
	assert_int_equal(errno, ENOKEY);
	assert_int_equal(identity_load(locked, "wrong", 5, &read, &fault), -1);
	assert_int_equal(errno, EKEYREJECTED);
	assert_null(read);
	assert_int_equal(identity_load(locked, "open", 4, &read, &fault), 0);
	assert_memory_equal(read->signing_key, identity->signing_key, 64);
	identity_free(read);
	identity_free(identity);
}

/* After a rotation: the newest first, those before behind it, each whole. */
static void test_older_ones(void **state)
{
	const char *path = scratch_path(state, "rotated.age");
	struct identity *identity = made("amina"), *read = NULL;
	struct buffer text = buffer_of(IDENTITY_FILE_MAX), cut = buffer_of(IDENTITY_FILE_MAX);
	struct fault fault;

	assert_int_equal(identity_save(path, identity, "open", 4, &fault), 0);
	for (int turn = 0; turn < 2; turn++) {
		struct identity *fresh = made("amina");

		fresh->older = identity;
		identity = fresh;
	}
	assert_int_equal(identity_replace(path, identity, "open", 4, &fault), 0);
	assert_int_equal(identity_load(path, NULL, 0, &read, &fault), -1);
	assert_int_equal(errno, ENOKEY);
	assert_int_equal(identity_load(path, "open", 4, &read, &fault), 0);
	for (const struct identity *is = read, *was = identity; is != NULL || was != NULL;
		is = is->older, was = was->older) {
		assert_true(is != NULL && was != NULL);
		assert_memory_equal(is->signing_key, was->signing_key, 64);
		assert_memory_equal(is->age->secret_key, was->age->secret_key, 32);
	}
	identity_free(read);
	read = NULL;
	/* One that is cut off is no identity, though the first is whole. */
	assert_int_equal(identity_write(identity, &text), 0);
	for (size_t len = text.len - 1; len > text.len / 2; len--) {
		buffer_clear(&cut);
		buffer_put(&cut, text.data, len);
		if (text.data[len - 1] == '\n' && identity_parse(cut.data, cut.len, &read, &fault) == 0) {
			/* Right behind one of them. */
			assert_memory_equal(text.data + len, "# name: ", 8);
			identity_free(read);
		}
	}
	buffer_free(&text);
	buffer_free(&cut);
	identity_free(identity);
}

static void test_card(void **state)
{
	struct identity *old = made("amina"), *identity = made("amina");
	struct buffer line = buffer_of(CARD_MAX);
	struct card card, read;
	struct fault fault;

	(void)state;
	assert_int_equal(identity_card(identity, NULL, &card), 0);
	assert_false(card.has_old_key);
	assert_int_equal(identity_card(identity, old->signing_key, &card), 0);
	assert_int_equal(card_write(&card, &line), 0);
	assert_int_equal(card_parse((const char *)line.data, line.len, &read, &fault), 0);
	assert_string_equal(read.name, "amina");
	assert_memory_equal(read.public_key, identity->public_key, 32);
	assert_memory_equal(read.old_key, old->public_key, 32);
	buffer_free(&line);
	identity_free(identity);
	identity_free(old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_two_are_different),
		cmocka_unit_test(test_what_is_refused),
		SCRATCH_TEST(test_files),
		SCRATCH_TEST(test_older_ones),
		cmocka_unit_test(test_card),
	};

	if (proto_init() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
