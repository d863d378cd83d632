/* A sealed report as a stream, both ways: an age file around an archive, whatever its size in constant
 * memory.
 *
 * The sealer pushes sealed bytes to a sink and hashes them on the way: the hash is the report's id. The
 * opener takes the sealed file in any pieces and pushes plaintext to a sink, a chunk only after it was
 * authenticated. Neither buffers more than one chunk. */
#ifndef PROTO_SEALED_REPORT_H
#define PROTO_SEALED_REPORT_H

#include "proto/age_header.h"
#include "proto/age_recipient.h"
#include "proto/age_stream.h"
#include "proto/archive.h"
#include "proto/base.h"
#include "proto/proof.h"

#define REPORT_ID_BYTES SHA256_BYTES

/* Takes all len bytes and returns 0, or -1 to stop. */
typedef int report_sink(void *context, const uint8_t *data, size_t len);

struct report_sealer;

struct report_sealer_options {
	/* Who can read: the officers, and a throw-away key in the place of each excluded one. Shuffled here.
	 */
	const uint8_t (*recipients)[AGE_RECIPIENT_BYTES];
	size_t recipient_count;
	const struct destination *destination;
	report_sink *sink;
	void *sink_context;
};

/* Writes header and nonce to the sink at once. -1 for no or too many recipients, or where the sink stopped.
 */
MUST_USE int report_sealer_new(
	const struct report_sealer_options *options, struct report_sealer **ret_sealer);
void report_sealer_free(struct report_sealer *sealer);

/* One entry after the other, `report.json` first, no name twice, at most ARCHIVE_ENTRIES_MAX in all; each
 * entry's content in any pieces, exactly size bytes in all. Once the sink stopped, all calls are refused. */
MUST_USE int report_sealer_entry(struct report_sealer *sealer, const char *name, uint64_t size);
MUST_USE int report_sealer_content(struct report_sealer *sealer, const uint8_t *data, size_t len);

/* Ends the archive, extends it with zeros to its padded length, seals the last chunk. */
MUST_USE int report_sealer_finish(struct report_sealer *sealer, uint8_t ret_id[REPORT_ID_BYTES]);

/* Length of the padded plaintext for an archive whose entries add up to entries_len (archive_entry_len). */
uint64_t report_plaintext_len(uint64_t entries_len);

struct report_opener;

/* identity must outlive the opener. NULL where memory is short. */
MUST_USE struct report_opener *report_opener_new(
	const struct age_identity *identity, report_sink *plaintext_sink, void *sink_context);
void report_opener_free(struct report_opener *opener);

MUST_USE int report_opener_feed(
	struct report_opener *opener, const uint8_t *data, size_t len, struct fault *fault);

/* The file has ended: opens the last chunk. ret_id is the SHA-256 of all that was fed. */
MUST_USE int report_opener_finish(
	struct report_opener *opener, uint8_t ret_id[REPORT_ID_BYTES], struct fault *fault);

/* NULL until the header is complete and its MAC has verified. */
const struct age_header *report_opener_header(const struct report_opener *opener);
const uint8_t *report_opener_file_key(const struct report_opener *opener);

#endif
