#include "keys/locked_file.h"

#include "keys/secure_file.h"
#include "proto/age_file.h"
#include "proto/buffer.h"
#include "proto/cursor.h"
#include "proto/stretching.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>

#define AGE_FIRST_LINE "age-encryption.org/v1\n"
#define SEALED_MORE    4096 /* what a scrypt header, nonce and tags add to a file of one chunk or few */

bool locked_file_is_encrypted(const uint8_t *data, size_t len)
{
	struct reader reader = reader_of(data, len);

	return reader_literal(&reader, AGE_FIRST_LINE) == 0;
}

typedef int write_file(int folder, const char *path, const void *data, size_t len, struct fault *fault);

static int write_locked(write_file *write, const char *path, const struct reader *data,
	const struct reader *passphrase, struct fault *fault)
{
	struct buffer sealed = buffer_of(data->left + data->left / 1024 + SEALED_MORE);
	int rc = -1;
	int reason = 0;

	if (passphrase->at == NULL)
		return write(AT_FDCWD, path, data->at, data->left, fault);
	if (age_file_seal_passphrase((const char *)passphrase->at, passphrase->left, stretching_work_factor(),
		    data->at, data->left, &sealed) != 0) {
		rc = fault_set(fault, "%.120s: can't be encrypted: there is too little memory", path);
		errno = ENOMEM;
		goto cleanup;
	}
	rc = write(AT_FDCWD, path, sealed.data, sealed.len, fault);
cleanup:
	reason = errno;
	buffer_free(&sealed);
	errno = reason;
	return rc;
}

int locked_file_create(const char *path, const void *data, size_t len, const char *passphrase,
	size_t passphrase_len, struct fault *fault)
{
	const struct reader content = reader_of(data, len), words = reader_of(passphrase, passphrase_len);

	return write_locked(secure_file_create, path, &content, &words, fault);
}

int locked_file_replace(const char *path, const void *data, size_t len, const char *passphrase,
	size_t passphrase_len, struct fault *fault)
{
	const struct reader content = reader_of(data, len), words = reader_of(passphrase, passphrase_len);

	return write_locked(secure_file_replace, path, &content, &words, fault);
}

static int decrypt(const char *path, const char *passphrase, size_t passphrase_len, uint8_t **data,
	size_t *len, struct fault *fault)
{
	uint8_t *plain = NULL;
	size_t plain_len = 0;
	struct fault reason;

	if (passphrase == NULL) {
		int rc = fault_set(fault, "%.120s: is encrypted: give its passphrase", path);

		errno = ENOKEY;
		return rc;
	}
	if (age_file_open_passphrase(*data, *len, passphrase, passphrase_len, &plain, &plain_len, &reason) !=
		0) {
		int rc = fault_set(fault, "%.80s: %.140s", path, reason.text);

		errno = EKEYREJECTED;
		return rc;
	}
	sodium_free(*data);
	*data = plain;
	*len = plain_len;
	return 0;
}

int locked_file_read(const char *path, size_t max, const char *passphrase, size_t passphrase_len,
	uint8_t **ret_data, size_t *ret_len, struct fault *fault)
{
	uint8_t *data = NULL;
	size_t len = 0;

	if (secure_file_read(AT_FDCWD, path, max + SEALED_MORE, &data, &len, fault) != 0)
		return -1;
	if (locked_file_is_encrypted(data, len) &&
		decrypt(path, passphrase, passphrase_len, &data, &len, fault) != 0) {
		int reason = errno;

		sodium_free(data);
		errno = reason;
		return -1;
	}
	*ret_data = data;
	*ret_len = len;
	return 0;
}
