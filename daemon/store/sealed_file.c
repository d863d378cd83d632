#include "store_state.h"

#include "proto/age_stream.h"
#include "proto/digest.h"
#include "proto/encode.h"

#include <string.h>

/* Chunks of 64 KiB and a tag, the last one shorter but never empty behind others. */
static bool payload_length_fits(uint64_t len)
{
	uint64_t rest;

	if (len < AGE_NONCE_BYTES + AGE_TAG_BYTES)
		return false;
	len -= AGE_NONCE_BYTES;
	rest = len % AGE_SEALED_CHUNK_BYTES;
	return rest == 0 || rest > AGE_TAG_BYTES || (rest == AGE_TAG_BYTES && len == AGE_TAG_BYTES);
}

static bool has_passphrase(const struct age_header *header)
{
	for (size_t i = 0; i < header->count; i++) {
		if (age_stanza_is(&header->stanzas[i], "scrypt"))
			return true;
	}
	return false;
}

int sealed_header_check(const uint8_t *data, size_t len, struct sealed_file *ret_file)
{
	struct sealed_file file = { 0 };
	struct age_header *header = NULL;
	struct fault fault;
	bool cut_short;
	int rc = -1;

	if (age_header_parse(data, len, &header, &cut_short, &fault) != 0 || has_passphrase(header))
		goto cleanup;
	if (proof_find(header, &file.proof, &file.has_proof) != 0 ||
		sha256_once(data, header->len, file.header_digest) != 0)
		goto cleanup;
	file.header_len = header->len;
	*ret_file = file;
	rc = 0;
cleanup:
	age_header_free(header);
	return rc;
}

int sealed_file_check(const uint8_t *data, size_t len, uint64_t length, struct sealed_file *ret_file,
	enum problem *ret_problem)
{
	struct sealed_file file;

	*ret_problem = PROBLEM_NOT_SEALED;
	if (sealed_header_check(data, len, &file) != 0 || length < file.header_len ||
		!payload_length_fits(length - file.header_len))
		return -1;
	*ret_file = file;
	return 0;
}

int sealed_file_destined(
	struct store *store, const struct sealed_file *file, const struct report_facts *facts)
{
	struct destination destination = { .urgency = facts->urgency };

	/* Stock age sealed it: there is nothing that a salt could be compared with, and nothing that may be
	 * held. */
	if (!file->has_proof)
		return facts->release != 0 ? -1 : 0;
	if (!facts->has_salt || rosters_fingerprint(store, facts->roster, destination.organisation) != 0)
		return -1;
	memcpy(destination.desk, facts->desk, sizeof destination.desk);
	memcpy(destination.hold_key, facts->hold_key, sizeof destination.hold_key);
	memcpy(destination.salt, facts->salt, sizeof destination.salt);
	if (facts->release != 0)
		time_format(facts->release, destination.release);
	return proof_matches(&file->proof, &destination);
}
