/* What the store can see of a sealed file without opening it. */
#ifndef STORE_SEALED_FILE_H
#define STORE_SEALED_FILE_H

#include "facts.h"
#include "proto/problem.h"
#include "proto/proof.h"

struct store;

/* An age header without passphrase stanza, a proof stanza that
 * commits to what the request says, and a payload of a length that age could have written. */
struct sealed_file {
	size_t header_len;
	bool has_proof;
	struct proof proof;
	uint8_t header_digest[SHA256_BYTES];
};
/* The header alone; data may go on behind it. */
MUST_USE int sealed_header_check(const uint8_t *data, size_t len, struct sealed_file *ret_file);
/* data begins with the whole header; length is the whole file's. Returns -1 with *ret_problem. */
MUST_USE int sealed_file_check(const uint8_t *data, size_t len, uint64_t length, struct sealed_file *ret_file,
	enum problem *ret_problem);
/* The stanza commits to where these facts say it goes; a file without one can't be held. */
MUST_USE int sealed_file_destined(
	struct store *store, const struct sealed_file *file, const struct report_facts *facts);

#endif
