/* Key files written again under the passphrase that opened them once. */
#include "cmocka_all.h"

#include "proto/age_file.h"
#include "proto/age_lock.h"

#include <sodium.h>
#include <string.h>

#define FILE_MAX   (64 * 1024)
#define WORK       4 /* quick; what is secure is the caller's choice */
#define PASSPHRASE "correct horse"
#define OLD        "the old keys"
#define NEW        "the new keys, and one more"

static const uint8_t *bytes_of(const char *text)
{
	return (const uint8_t *)text;
}

static struct buffer sealed(const char *text)
{
	struct buffer file = buffer_of(FILE_MAX);

	assert_int_equal(age_file_seal_passphrase(
				 PASSPHRASE, strlen(PASSPHRASE), WORK, bytes_of(text), strlen(text), &file),
		0);
	return file;
}

static int open_lock(const struct buffer *file, const char *passphrase, struct age_lock **ret_lock)
{
	uint8_t *plain = NULL;
	size_t len = 0;
	struct fault fault;
	int rc = age_lock_open(
		file->data, file->len, passphrase, strlen(passphrase), ret_lock, &plain, &len, &fault);

	if (rc == 0)
		assert_memory_equal(plain, OLD, len);
	else
		assert_null(plain);
	sodium_free(plain);
	return rc;
}

static void the_passphrase_opens_what_is_written_again(void **state)
{
	struct buffer file = sealed(OLD), again = buffer_of(FILE_MAX), third = buffer_of(FILE_MAX);
	struct age_lock *lock = NULL;
	struct fault fault;
	uint8_t *plain = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(open_lock(&file, PASSPHRASE, &lock), 0);
	assert_int_equal(age_lock_seal(lock, bytes_of(NEW), strlen(NEW), &again), 0);
	assert_int_equal(age_file_open_passphrase(
				 again.data, again.len, PASSPHRASE, strlen(PASSPHRASE), &plain, &len, &fault),
		0);
	assert_int_equal(len, strlen(NEW));
	assert_memory_equal(plain, NEW, len);
	sodium_free(plain);
	/* the same content never looks the same: the payload's key is fresh */
	assert_int_equal(age_lock_seal(lock, bytes_of(NEW), strlen(NEW), &third), 0);
	assert_int_equal(third.len, again.len);
	assert_memory_not_equal(third.data + third.len - strlen(NEW) - 16,
		again.data + again.len - strlen(NEW) - 16, strlen(NEW));
	age_lock_free(lock);
	buffer_free(&file);
	buffer_free(&again);
	buffer_free(&third);
}

static void another_passphrase_gives_no_lock(void **state)
{
	struct buffer file = sealed(OLD);
	struct age_lock *lock = NULL;

	(void)state;
	assert_int_equal(open_lock(&file, "incorrect horse", &lock), -1);
	file.data[file.len - 1] ^= 1;
	assert_int_equal(open_lock(&file, PASSPHRASE, &lock), -1);
	file.len = 40;
	assert_int_equal(open_lock(&file, PASSPHRASE, &lock), -1);
	assert_null(lock);
	age_lock_free(lock);
	buffer_free(&file);
}

/* One stretching for many files, and none for those that come back. */
static void a_fresh_lock_opens_what_it_sealed(void **state)
{
	struct buffer file = buffer_of(FILE_MAX), others = sealed(OLD);
	struct age_lock *lock = NULL, *copy = NULL;
	uint8_t *plain = NULL;
	size_t len = 0;
	struct fault fault;

	(void)state;
	assert_int_equal(age_lock_new(PASSPHRASE, strlen(PASSPHRASE), WORK, &lock), 0);
	copy = age_lock_copy(lock);
	assert_non_null(copy);
	assert_int_equal(age_lock_seal(copy, bytes_of(NEW), strlen(NEW), &file), 0);
	age_lock_free(copy);
	assert_int_equal(age_lock_open_again(lock, file.data, file.len, &plain, &len, &fault), 0);
	assert_int_equal(len, strlen(NEW));
	assert_memory_equal(plain, NEW, len);
	sodium_free(plain);
	plain = NULL;
	assert_int_equal(age_file_open_passphrase(
				 file.data, file.len, PASSPHRASE, strlen(PASSPHRASE), &plain, &len, &fault),
		0);
	sodium_free(plain);
	plain = NULL;
	/* the same passphrase, but another file key; less than a header; a changed byte */
	assert_int_equal(age_lock_open_again(lock, others.data, others.len, &plain, &len, &fault), -1);
	assert_int_equal(age_lock_open_again(lock, file.data, 20, &plain, &len, &fault), -1);
	file.data[file.len - 1] ^= 1;
	assert_int_equal(age_lock_open_again(lock, file.data, file.len, &plain, &len, &fault), -1);
	assert_null(plain);
	age_lock_free(lock);
	buffer_free(&file);
	buffer_free(&others);
}

static void a_full_buffer_is_told(void **state)
{
	struct buffer file = sealed(OLD), small = buffer_of(100);
	struct age_lock *lock = NULL;

	(void)state;
	assert_int_equal(open_lock(&file, PASSPHRASE, &lock), 0);
	assert_int_equal(age_lock_seal(lock, bytes_of(NEW), strlen(NEW), &small), -1);
	age_lock_free(lock);
	buffer_free(&file);
	buffer_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_passphrase_opens_what_is_written_again),
		cmocka_unit_test(another_passphrase_gives_no_lock),
		cmocka_unit_test(a_fresh_lock_opens_what_it_sealed),
		cmocka_unit_test(a_full_buffer_is_told),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
