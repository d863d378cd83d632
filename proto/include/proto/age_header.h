/* The header of an age v1 file (age-encryption.org/v1, "Header"): stanzas and the MAC over them.
 *
 * Parsing follows the specification to the letter and accepts only what age_header_write would have written:
 * canonical unpadded base64, 64-column bodies with a short last line, LF line ends, arguments of visible
 * ASCII. A header with an scrypt stanza has that one stanza only. */
#ifndef PROTO_AGE_HEADER_H
#define PROTO_AGE_HEADER_H

#include "proto/age_recipient.h"
#include "proto/base.h"
#include "proto/buffer.h"

#define AGE_FILE_KEY_BYTES  16
#define AGE_HEADER_MAX      (64 * 1024)
#define AGE_STANZAS_MAX     256
#define AGE_STANZA_ARGS_MAX 8
#define AGE_STANZA_BODY_MAX 4096 /* room for an mlkem768x25519 body and to spare */

struct age_arg {
	const char *text; /* points into the parsed bytes, not ended with a NUL */
	size_t len;
};

struct age_stanza {
	struct age_arg args[AGE_STANZA_ARGS_MAX]; /* args[0] is the type */
	size_t arg_count;
	uint8_t *body;
	size_t body_len;
};

struct age_header {
	struct age_stanza *stanzas;
	size_t count;
	size_t len;        /* of the whole header, the LF behind the MAC included */
	size_t mac_covers; /* bytes from the start up to and including `---` */
	uint8_t mac[32];
	uint8_t *text; /* the header's own copy of its bytes, len long */
};

/* data may go on behind the header. Refuses what the specification refuses; more than AGE_HEADER_MAX bytes
 * without an end is refused too. A header that isn't complete yet is refused with *ret_short set (it is
 * written always). */
MUST_USE int age_header_parse(const uint8_t *data, size_t len, struct age_header **ret_header,
	bool *ret_short, struct fault *fault);
void age_header_free(struct age_header *header);

/* 0 where the MAC verifies under this file key. */
MUST_USE int age_header_verify(const struct age_header *header, const uint8_t file_key[AGE_FILE_KEY_BYTES]);

/* True where the stanza's type is this word. */
bool age_stanza_is(const struct age_stanza *stanza, const char *type);

/* Tries each stanza in turn. Verifies the MAC before it answers. ret_file_key must be sodium_malloc memory.
 * -1 where no stanza is for this identity or the MAC is wrong (the fault says which). */
MUST_USE int age_header_unwrap(const struct age_header *header, const struct age_identity *identity,
	uint8_t ret_file_key[AGE_FILE_KEY_BYTES], struct fault *fault);

/* The same for a header whose one stanza is scrypt. The work factor may be at most AGE_SCRYPT_WORK_MAX. */
MUST_USE int age_header_unwrap_passphrase(const struct age_header *header, const char *passphrase,
	size_t passphrase_len, uint8_t ret_file_key[AGE_FILE_KEY_BYTES], struct fault *fault);

/* The numbers below count in an order that tells nothing: who is sealed to isn't told by who comes first. */
void age_stanza_order(size_t *ret_order, size_t count);

/* Writing: begin, any number of stanzas, end (which adds the MAC). Failures stay in out (buffer_ok). */
void age_header_begin(struct buffer *out);
void age_header_put_stanza(struct buffer *out, const struct age_arg *args, size_t arg_count,
	const uint8_t *body, size_t body_len);
MUST_USE int age_header_put_x25519(struct buffer *out, const uint8_t recipient[AGE_RECIPIENT_BYTES],
	const uint8_t file_key[AGE_FILE_KEY_BYTES]);
MUST_USE int age_header_put_passphrase(struct buffer *out, const char *passphrase, size_t passphrase_len,
	unsigned work_factor, const uint8_t file_key[AGE_FILE_KEY_BYTES]);
MUST_USE int age_header_end(struct buffer *out, const uint8_t file_key[AGE_FILE_KEY_BYTES]);

#endif
