#include "proto/age_lock.h"

#include "proto/age_file.h"

#include <sodium.h>
#include <stdalign.h>
#include <string.h>

struct age_lock {
	uint8_t file_key[AGE_FILE_KEY_BYTES];
	size_t header_len;
	uint8_t header[];
};

static struct age_lock *lock_new(const uint8_t *header, size_t len)
{
	/* Guarded memory ends at a page's end, so that only a whole number of words begins at one. */
	size_t size = (sizeof(struct age_lock) + len + alignof(struct age_lock) - 1) &
		      ~(alignof(struct age_lock) - 1);
	struct age_lock *lock = sodium_malloc(size);

	if (lock == NULL)
		return NULL;
	lock->header_len = len;
	memcpy(lock->header, header, len);
	return lock;
}

int age_lock_open(const uint8_t *file, size_t len, const char *passphrase, size_t passphrase_len,
	struct age_lock **ret_lock, uint8_t **ret_plaintext, size_t *ret_len, struct fault *fault)
{
	struct age_header *header = NULL;
	struct age_lock *lock = NULL;
	bool cut_short;
	int rc = -1;

	if (age_header_parse(file, len, &header, &cut_short, fault) != 0)
		goto cleanup;
	lock = lock_new(file, header->len);
	if (lock == NULL) {
		rc = fault_set(fault, "memory is short");
		goto cleanup;
	}
	if (age_header_unwrap_passphrase(header, passphrase, passphrase_len, lock->file_key, fault) != 0 ||
		age_payload_open(file + header->len, len - header->len, lock->file_key, ret_plaintext,
			ret_len, fault) != 0)
		goto cleanup;
	*ret_lock = lock;
	lock = NULL;
	rc = 0;
cleanup:
	age_header_free(header);
	age_lock_free(lock);
	return rc;
}

int age_lock_new(
	const char *passphrase, size_t passphrase_len, unsigned work_factor, struct age_lock **ret_lock)
{
	struct buffer header = buffer_of(AGE_HEADER_MAX);
	uint8_t *file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	struct age_lock *lock = NULL;

	if (file_key == NULL)
		goto cleanup;
	randombytes_buf(file_key, AGE_FILE_KEY_BYTES);
	age_header_begin(&header);
	if (age_header_put_passphrase(&header, passphrase, passphrase_len, work_factor, file_key) == 0 &&
		age_header_end(&header, file_key) == 0)
		lock = lock_new(header.data, header.len);
	if (lock != NULL)
		memcpy(lock->file_key, file_key, AGE_FILE_KEY_BYTES);
cleanup:
	sodium_free(file_key);
	buffer_free(&header);
	if (lock == NULL)
		return -1;
	*ret_lock = lock;
	return 0;
}

int age_lock_open_again(const struct age_lock *lock, const uint8_t *file, size_t len, uint8_t **ret_plaintext,
	size_t *ret_len, struct fault *fault)
{
	if (len < lock->header_len || !bytes_equal(file, lock->header, lock->header_len))
		return fault_set(fault, "it is under another passphrase, or was encrypted anew");
	return age_payload_open(file + lock->header_len, len - lock->header_len, lock->file_key,
		ret_plaintext, ret_len, fault);
}

struct age_lock *age_lock_copy(const struct age_lock *lock)
{
	struct age_lock *copy = lock_new(lock->header, lock->header_len);

	if (copy != NULL)
		memcpy(copy->file_key, lock->file_key, sizeof copy->file_key);
	return copy;
}

int age_lock_seal(const struct age_lock *lock, const uint8_t *plaintext, size_t len, struct buffer *out)
{
	buffer_put(out, lock->header, lock->header_len);
	return age_payload_seal(out, lock->file_key, plaintext, len);
}

void age_lock_free(struct age_lock *lock)
{
	sodium_free(lock);
}
