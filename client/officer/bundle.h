/* A tar file in the making, for people with stock tools: one folder, in it files whose SHA-256 are listed in
 * SHA256SUMS at its end. Never overwrites; what isn't finished is taken away again. */
#ifndef OFFICER_BUNDLE_H
#define OFFICER_BUNDLE_H

#include "client/failure.h"
#include "proto/buffer.h"

struct bundle;

/* 73 where there is something at path. folder is the name of the one folder inside. */
MUST_USE int bundle_new(
	const char *path, const char *folder, struct bundle **ret_bundle, struct failure *failure);
/* Takes the file away again unless it was said to be kept. */
void bundle_free(struct bundle *bundle);

/* A file; name may have folders. */
MUST_USE int bundle_put(
	struct bundle *bundle, const char *name, const void *data, size_t len, struct failure *failure);
MUST_USE int bundle_put_text(
	struct bundle *bundle, const char *name, const char *text, struct failure *failure);
/* The first size bytes of an open file. */
MUST_USE int bundle_put_file(
	struct bundle *bundle, const char *name, int file, uint64_t size, struct failure *failure);

/* A file in pieces: exactly size bytes before bundle_end. */
MUST_USE int bundle_begin(struct bundle *bundle, const char *name, uint64_t size, struct failure *failure);
MUST_USE int bundle_more(struct bundle *bundle, const void *data, size_t len, struct failure *failure);
MUST_USE int bundle_end(struct bundle *bundle, struct failure *failure);

/* SHA256SUMS and the archive's end, durable. ret_digest is of the whole tar file. */
MUST_USE int bundle_finish(struct bundle *bundle, uint8_t ret_digest[SHA256_BYTES], struct failure *failure);

/* Finished, and all that belongs to it is done: the file stays. */
void bundle_keep(struct bundle *bundle);

/* An Ed25519 public key as `openssl` reads it, appended. */
void put_public_key_pem(const uint8_t key[ED25519_PUBLIC_BYTES], struct buffer *out);

#endif
