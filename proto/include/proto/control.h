/* What goes over HOME/daemon/control.sock: an act on the daemon's own keys and data, signed by admins, and
 * its answer (docs/protocol.md, "Control socket").
 *
 * A frame is a 32-bit big-endian length, a kind byte, and content. The client sends one CONTROL_REQUEST; the
 * daemon answers with any number of CONTROL_PROGRESS and CONTROL_BODY and then exactly one CONTROL_DONE or
 * CONTROL_REFUSED: an answer that ends without one of these was cut. A body flows as fast as the client
 * reads.
 *
 * A request may be signed on several machines, one admin after the other, before somebody sends it: its frame
 * is also what such a file holds. */
#ifndef PROTO_CONTROL_H
#define PROTO_CONTROL_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/cursor.h"
#include "proto/message_signature.h"
#include "proto/words.h"

#define CONTROL_ARGUMENTS_MAX  8
#define CONTROL_VALUE_MAX      1024        /* bytes of an argument's value: one line of text */
#define CONTROL_SIGNATURES_MAX 32          /* as many as a roster has admins */
#define CONTROL_REQUEST_MAX    (16 * 1024) /* frame of a request: all of the above */
#define CONTROL_JSON_MAX       (64 * 1024) /* what PROGRESS, DONE and REFUSED hold */
#define CONTROL_BODY_MAX       (64 * 1024) /* bytes of a body in one frame */
#define CONTROL_SKEW_SECONDS   300         /* as for signed HTTP requests */

enum control_kind { CONTROL_REQUEST = 1, CONTROL_PROGRESS, CONTROL_BODY, CONTROL_DONE, CONTROL_REFUSED };

struct control_argument {
	char name[NAME_SIZE];
	char value[CONTROL_VALUE_MAX + 1];
};

struct control_signature {
	uint8_t keyid[ED25519_PUBLIC_BYTES]; /* of an admin of the roster in force */
	uint8_t signature[ED25519_SIGNATURE_BYTES];
};

struct control_request {
	char act[NAME_SIZE];
	uint64_t roster; /* the version in force, whose admins sign */
	int64_t created;
	char nonce[NONCE_SIZE];
	struct control_argument arguments[CONTROL_ARGUMENTS_MAX]; /* each name once */
	size_t argument_count;
	struct control_signature signatures[CONTROL_SIGNATURES_MAX]; /* each keyid once; 0 in a draft */
	size_t signature_count;
};

/* Adds an argument; -1 where name or value breaks the rules, the name is there already, or there are too
 * many.
 */
MUST_USE int control_argument_add(struct control_request *request, const char *name, const char *value);
/* NULL where it isn't there. */
const char *control_argument(const struct control_request *request, const char *name);

/* The frame. */
MUST_USE int control_request_put(struct buffer *out, const struct control_request *request);
/* The content of a CONTROL_REQUEST. */
MUST_USE int control_request_get(struct reader *in, struct control_request *ret_request);

/* Adds a signature over everything but the signatures. organisation is the fingerprint of the roster version
 * that the request names; secret_key is 64 bytes, libsodium's form. -1 where this key has signed already. */
MUST_USE int control_request_sign(
	struct control_request *request, const char *organisation, const uint8_t secret_key[64]);
/* 0 where the signature at this place is by its keyid. Who that is, clock and nonce are the caller's. */
MUST_USE int control_request_verify(
	const struct control_request *request, const char *organisation, size_t at);

/* A frame of an answer: JSON for all kinds but CONTROL_BODY. */
MUST_USE int control_answer_put(struct buffer *out, enum control_kind kind, const void *content, size_t len);

/* Takes one frame from what has arrived: 1 where it is all there, 0 where more must arrive (in is untouched),
 * -1 for an unknown kind or more content than that kind may have. */
MUST_USE int control_frame_next(struct reader *in, enum control_kind *ret_kind, struct reader *ret_content);

/* Why an act was not done: CONTROL_REFUSED's JSON, {"code", "detail"}. code is one of sysexits.h, detail one
 * sentence. */
struct control_refusal {
	int code;
	struct fault fault;
};

MUST_USE int control_refusal_write(const struct control_refusal *refusal, struct buffer *out);
MUST_USE int control_refusal_parse(
	const char *json, size_t len, struct control_refusal *ret_refusal, struct fault *fault);

#endif
