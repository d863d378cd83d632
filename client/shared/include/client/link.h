/* HTTP to an organisation's server: TLS 1.3 only, to a pinned key, checked before a byte of HTTP is sent;
 * nothing that names the product; no redirect, no resumption, no environment's proxy. link.c and link_tls.c
 * are the only files that know libcurl and OpenSSL.
 *
 * Failures: 69 no connection, or nothing moved for 20 s; 76 another key, a lying or a cut answer. */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include "client/failure.h"
#include "proto/buffer.h"
#include "proto/message_signature.h"
#include "proto/signed_objects.h"
#include "proto/url.h"

#define LINK_PINS_MAX      4
#define LINK_STALL_SECONDS 20
#define LINK_ANSWER_MAX    (1024 * 1024) /* what an answer may hold where the request doesn't say */
#define LINK_HEADERS_MAX   8
#define PROXY_MAX          300

/* The start of the SHA-256 of a server key's SPKI: all 32 bytes from a roster, 16 from an invitation. */
struct link_pin {
	uint8_t bytes[SHA256_BYTES];
	size_t len;
};

struct link_target {
	struct server_url url;
	struct link_pin pins[LINK_PINS_MAX];
	size_t pin_count;
	char proxy[PROXY_MAX + 1]; /* "" for none */
};

/* socks5h://HOST:PORT (names are resolved there) or http://HOST:PORT; anything else is 64. */
MUST_USE int link_proxy_check(const char *proxy, struct failure *failure);

struct link_header {
	const char *name;
	const char *value;
};

/* Gives up to size of the next bytes of a body; *ret_len 0 only at the end. */
typedef int (*link_source)(
	void *owner, uint8_t *bytes, size_t size, size_t *ret_len, struct failure *failure);
/* Takes the next bytes of a body whose status is 200. */
typedef int (*link_sink)(void *owner, const uint8_t *bytes, size_t len, struct failure *failure);

struct link_request {
	const char *method;
	const char *path; /* behind /BASE/v1/, query included: `roster/3` */
	struct link_header headers[LINK_HEADERS_MAX];
	size_t header_count;
	const uint8_t *body; /* NULL where there is none, or where source gives it */
	size_t body_len;     /* of body, or what source gives in all */
	link_source source;
	void *source_owner;
	size_t answer_max; /* 0: LINK_ANSWER_MAX. With a sink: what the sink may get */
	link_sink sink;    /* NULL: everything into the answer's body */
	void *sink_owner;
	unsigned wait_seconds; /* a long poll: how long the server may keep silent besides */
};

struct link_answer {
	unsigned status;
	struct buffer body;           /* without a sink; with one, what came with another status than 200 */
	uint8_t digest[SHA256_BYTES]; /* of the whole body, wherever it went */
	bool has_upload_offset;
	uint64_t upload_offset;
	bool upload_complete;                         /* `?1` */
	char content_digest[CONTENT_DIGEST_SIZE];     /* "" without one */
	char answer_signature[ANSWER_SIGNATURE_SIZE]; /* "" without one */
};
void link_answer_free(struct link_answer *answer);

/* One connection at most, for one purpose; calls go one after the other. Nothing is sent before the first
 * call. */
struct link;

MUST_USE int link_open(const struct link_target *target, struct link **ret_link, struct failure *failure);
void link_close(struct link *link);

/* Every answer of the server is 0, whatever its status. */
MUST_USE int link_call(struct link *link, const struct link_request *request, struct link_answer *ret_answer,
	struct failure *failure);

const struct link_target *link_target(const struct link *link);

/* The last call ended because the server showed a key that isn't pinned. */
bool link_met_wrong_key(const struct link *link);
/* The server showed a pinned key that isn't the first: its roster has changed, or will soon. */
bool link_met_next_key(const struct link *link);

/* What an answer that isn't the wished one means: sets exit code and sentence from the problem and the
 * status. Always -1. what is the verb: "the report wasn't taken". */
void link_refusal(const struct link_answer *answer, const char *what, struct failure *failure);
#define link_refused(...) (link_refusal(__VA_ARGS__), -1)

/* Several calls under way at once, one a link: for long polls. request (and what it points to) must live
 * until its end was reported. */
struct link_multi;

MUST_USE int link_multi_new(struct link_multi **ret_multi, struct failure *failure);
void link_multi_free(struct link_multi *multi); /* ends what is under way; links stay the caller's */
MUST_USE int link_multi_start(struct link_multi *multi, struct link *link, const struct link_request *request,
	struct failure *failure);

struct link_ended {
	struct link *link;
	int result; /* 0: answer is filled in. -1: failure is */
	struct link_answer answer;
	struct failure failure;
};

/* Waits up to timeout_ms for a call to end. *ret_some false: none has yet; it may come back earlier than
 * that. */
MUST_USE int link_multi_next(struct link_multi *multi, int timeout_ms, struct link_ended *ret_ended,
	bool *ret_some, struct failure *failure);

#endif
