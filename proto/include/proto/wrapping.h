/* A report wrapped again: a new age header for the same payload, so that other people can open it. Signed by
 * the officer who made it and by the proof key (docs/protocol.md, "A report wrapped again").
 *
 * A wrapping without a header whose old and new are the same is a confirmation: "I have opened the report
 * with this header". */
#ifndef PROTO_WRAPPING_H
#define PROTO_WRAPPING_H

#include "proto/age_header.h"
#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/event.h"

#define FIRST_HEADER_OVERHEAD 40                                       /* nonce and tag */
#define FIRST_HEADER_MAX      (AGE_HEADER_MAX + FIRST_HEADER_OVERHEAD) /* as it is sealed */
#define WRAPPING_MAX          (192 * 1024) /* both headers in base64, and the rest */
#define WRAPPING_STATE_MAX    (288 * 1024) /* a third header */

struct wrapping {
	uint64_t roster;
	uint8_t old_header[SHA256_BYTES];
	uint8_t new_header[SHA256_BYTES];
	uint8_t *header; /* NULL in a confirmation */
	size_t header_len;
	uint8_t *first; /* the report's first header, sealed; NULL in a confirmation */
	size_t first_len;
	uint8_t keyid[ED25519_PUBLIC_BYTES];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	bool has_proof;
	uint8_t proof[ED25519_SIGNATURE_BYTES];
};

/* NULL where memory is short. */
MUST_USE struct wrapping *wrapping_new(void);
void wrapping_free(struct wrapping *wrapping);
/* Copies; new_header becomes the header's SHA-256. -1 for an empty or too long one. */
MUST_USE int wrapping_set_header(struct wrapping *wrapping, const uint8_t *header, size_t len);
MUST_USE int wrapping_set_first(struct wrapping *wrapping, const uint8_t *first, size_t len);
bool wrapping_is_confirmation(const struct wrapping *wrapping);

/* The lines that are signed. The subject's organisation is that of roster version wrapping->roster. */
MUST_USE int wrapping_put_lines(
	const struct wrapping *wrapping, const struct event_subject *subject, struct buffer *out);
/* Fills in keyid and the signatures. proof_secret_key is NULL for a report without a proof stanza. */
MUST_USE int wrapping_sign(struct wrapping *wrapping, const struct event_subject *subject,
	const uint8_t secret_key[64], const uint8_t *proof_secret_key);
/* 0 where keyid has signed and, unless proof_key is NULL, the proof key has too. With NULL a proof is
 * refused. */
MUST_USE int wrapping_verify(
	const struct wrapping *wrapping, const struct event_subject *subject, const uint8_t *proof_key);

MUST_USE int wrapping_write(const struct wrapping *wrapping, struct buffer *out);
MUST_USE int wrapping_parse(
	const char *json, size_t len, struct wrapping **ret_wrapping, struct fault *fault);

/* What the daemon keeps of a report's newest wrapping, and of the header that it replaced until somebody else
 * has confirmed. */
struct wrapping_state {
	struct wrapping *wrapping;
	bool is_confirmed;
	uint8_t *replaced; /* NULL once confirmed */
	size_t replaced_len;
};

void wrapping_state_free(struct wrapping_state *state);
MUST_USE int wrapping_state_write(const struct wrapping_state *state, struct buffer *out);
MUST_USE int wrapping_state_parse(
	const char *json, size_t len, struct wrapping_state *ret_state, struct fault *fault);

/* The header that lets these people open what `header` opens, its proof stanza (where there is one) taken
 * along, in an order that tells nothing; appended to out. -1 for nobody, or for more than a header holds. */
MUST_USE int wrapping_make_header(const struct age_header *header, const uint8_t file_key[AGE_FILE_KEY_BYTES],
	const uint8_t (*recipients)[AGE_RECIPIENT_BYTES], size_t count, struct buffer *out);

/* The report's first header under HKDF-SHA-256(file key, `first-header/1`): whoever can open the report can
 * prove what was uploaded, and the daemon learns nothing of who could open it then. Appended to out. */
MUST_USE int first_header_seal(
	const uint8_t file_key[AGE_FILE_KEY_BYTES], const uint8_t *header, size_t len, struct buffer *out);
MUST_USE int first_header_open(
	const uint8_t file_key[AGE_FILE_KEY_BYTES], const uint8_t *sealed, size_t len, struct buffer *out);

#endif
