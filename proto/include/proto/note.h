/* C2SP signed notes (c2sp.org/signed-note) with Ed25519 signatures: text, an empty line, then lines
 * `— NAME BASE64(key id || signature)`. Key names follow the rule of proto/words.h. Text is UTF-8 without
 * control characters other than LF, and ends with LF. Signatures of other kinds are refused. */
#ifndef PROTO_NOTE_H
#define PROTO_NOTE_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/words.h"

#define NOTE_SIGNATURES_MAX 64
#define NOTE_KEY_ID_BYTES   4

struct note_signature {
	char name[NAME_SIZE];
	uint8_t key_id[NOTE_KEY_ID_BYTES]; /* SHA-256(name LF 0x01 public key), first four bytes */
	uint8_t signature[ED25519_SIGNATURE_BYTES];
};

struct note {
	size_t text_len; /* the signed part from the note's start, its last LF included */
	struct note_signature signatures[NOTE_SIGNATURES_MAX];
	size_t signature_count; /* 0 for a draft */
};

/* Form only. One name and key id may sign once. */
MUST_USE int note_parse(const uint8_t *data, size_t len, struct note *ret_note, struct fault *fault);

MUST_USE int note_key_id(const char *name, const uint8_t public_key[ED25519_PUBLIC_BYTES],
	uint8_t ret_key_id[NOTE_KEY_ID_BYTES]);

/* secret_key is 64 bytes, libsodium's form. */
MUST_USE int note_sign(const uint8_t *text, size_t text_len, const char *name, const uint8_t secret_key[64],
	struct note_signature *ret_signature);

/* 0 where this signature is by this key over this text. The key id must be that of signature->name. */
MUST_USE int note_verify(const uint8_t *text, size_t text_len, const struct note_signature *signature,
	const uint8_t public_key[ED25519_PUBLIC_BYTES]);

/* The signature's line. Text and the empty line are the caller's. */
void note_put_signature(struct buffer *out, const struct note_signature *signature);

#endif
