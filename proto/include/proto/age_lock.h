/* A passphrase file that has been opened once, to be written again with other content: the header stays as it
 * was, with the file key in it, and the payload gets a fresh nonce, so that the passphrase isn't stretched
 * again (a second of work, and 256 MiB). Whoever holds the lock can open every file that it sealed. */
#ifndef PROTO_AGE_LOCK_H
#define PROTO_AGE_LOCK_H

#include "proto/base.h"
#include "proto/buffer.h"

struct age_lock; /* in guarded memory */

/* As age_file_open_passphrase, and keeps what opened it. */
MUST_USE int age_lock_open(const uint8_t *file, size_t len, const char *passphrase, size_t passphrase_len,
	struct age_lock **ret_lock, uint8_t **ret_plaintext, size_t *ret_len, struct fault *fault);

/* A fresh one, for new files under this passphrase: stretches it once for all of them. */
MUST_USE int age_lock_new(
	const char *passphrase, size_t passphrase_len, unsigned work_factor, struct age_lock **ret_lock);

/* The same for a file that this lock has sealed, without the passphrase. -1 where another one has. */
MUST_USE int age_lock_open_again(const struct age_lock *lock, const uint8_t *file, size_t len,
	uint8_t **ret_plaintext, size_t *ret_len, struct fault *fault);
/* NULL where memory is short. */
MUST_USE struct age_lock *age_lock_copy(const struct age_lock *lock);

/* Appends a whole file, which the same passphrase opens. */
MUST_USE int age_lock_seal(
	const struct age_lock *lock, const uint8_t *plaintext, size_t len, struct buffer *out);

void age_lock_free(struct age_lock *lock);

#endif
