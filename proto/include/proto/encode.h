/* Bytes as text: hex, base64 and base64url, in constant time, in their one canonical form.
 *
 * Decoders refuse everything that the encoder would not write: wrong length, wrong padding, trailing bits,
 * white space, upper-case hex. */
#ifndef PROTO_ENCODE_H
#define PROTO_ENCODE_H

#include "proto/base.h"

#define HEX_CHARS(bytes)        ((bytes)*2)
#define BASE64_CHARS(bytes)     (((bytes) + 2) / 3 * 4)
#define BASE64_RAW_CHARS(bytes) (((bytes)*4 + 2) / 3)

enum base64_kind {
	BASE64_PADDED, /* RFC 4648 section 4, as in notes, rosters and HTTP fields */
	BASE64_RAW,    /* the same without padding, as in age */
	BASE64_URL,    /* RFC 4648 section 5 without padding, as in invitations */
};

/* ret_text takes HEX_CHARS(len) characters and a NUL. */
void hex_encode(const void *data, size_t len, char *ret_text);

/* Exactly HEX_CHARS(len) lower-case characters. */
MUST_USE int hex_decode(const char *text, size_t text_len, void *ret_data, size_t len);

/* ret_text takes BASE64_CHARS(len) characters and a NUL, whatever the kind. */
void base64_encode(enum base64_kind kind, const void *data, size_t len, char *ret_text);

/* At most max bytes; *ret_len says how many. */
MUST_USE int base64_decode(enum base64_kind kind, const char *text, size_t text_len, void *ret_data,
	size_t max, size_t *ret_len);

/* Exactly len bytes. */
MUST_USE int base64_decode_fixed(
	enum base64_kind kind, const char *text, size_t text_len, void *ret_data, size_t len);

#endif
