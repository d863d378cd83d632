/* Every message that two processes of clariond exchange: one struct, one put, one get, and nothing left over.
 *
 * A frame is a 32-bit big-endian length, a type byte, and the message's fields as proto/buffer.h writes them,
 * a text as a blob that ends with its NUL (no control characters inside; requests and answers: ASCII). Text
 * and bytes in a struct that _get filled point into the frame and live as long as it. A _get returns -1 for
 * anything malformed, too long, or with bytes left over; the receiver then closes the channel. Who may send
 * what to whom stands in rules.h. */
#ifndef CHANNEL_MESSAGES_H
#define CHANNEL_MESSAGES_H

#include "channel/figures.h"
#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/cursor.h"
#include "proto/wake_way.h"
#include "proto/words.h"

#define CHANNEL_FILE_MAX  (1024 * 1024)             /* a decoy page, a roster, a keyring */
#define CHANNEL_FRAME_MAX (CHANNEL_FILE_MAX + 4096) /* from the supervisor */
#define CHANNEL_BODY_MAX  (64 * 1024)               /* bytes of a body in one message */
#define CHANNEL_PEER_FRAME_MAX                                                                               \
	(CHANNEL_BODY_MAX + 4096) /* from anybody else; a request's fields are fewer bytes */
#define CHANNEL_TEXT_MAX 1024     /* names and values of settings, names of files, a last sentence */
#define CHANNEL_FIRST_CREDIT                                                                                 \
	(32 * 1024)             /* of a body that front may send unasked: a one-page report comes in one go */
#define CHANNEL_FIELD_MAX  4096 /* one header field of a request */
#define CHANNEL_TARGET_MAX 2048

enum message_type {
	/* supervisor to a role */
	MESSAGE_SETTING = 1, /* one name and value of the configuration */
	MESSAGE_FILE,        /* one file that the role needs: TLS key, decoy page, roster, keyring */
	MESSAGE_SOCKET,      /* a descriptor travels with it: a listener, or the channel to a sibling */
	MESSAGE_START,       /* set-up is complete: lock in and work */
	MESSAGE_DRAIN,       /* take nothing new, finish, exit */
	MESSAGE_RELOAD,      /* new MESSAGE_FILEs have been sent before this */
	MESSAGE_PING,        /* are you there? */
	/* a role to the supervisor */
	MESSAGE_READY,
	MESSAGE_FAILED, /* a last sentence before the role exits, shown to the person who started clariond */
	MESSAGE_PONG,   /* answers MESSAGE_PING: figures.h */
	/* store to supervisor, which answers each with one MESSAGE_KEPT or MESSAGE_TLS_STATE, in order */
	MESSAGE_KEEP_KEYRING = 16, /* make it durable */
	MESSAGE_TLS,               /* the server's TLS key: look, make the next, switch to it */
	/* supervisor to store */
	MESSAGE_KEPT,
	MESSAGE_TLS_STATE,
	/* front to store */
	MESSAGE_REQUEST = 32,
	MESSAGE_REQUEST_BODY,
	MESSAGE_REQUEST_GONE, /* the client left, or its deadline passed */
	MESSAGE_ANSWER_TAKEN, /* front wrote that many bytes of an answer's body to the client */
	/* store to front */
	MESSAGE_BODY_WANTED = 64, /* credit: front may send that many more bytes of the request's body */
	MESSAGE_ANSWER,
	MESSAGE_ANSWER_BODY,
	MESSAGE_DECOY, /* answer as if this server had never heard of the path */
	/* store to notify */
	MESSAGE_WAKE = 96,
	/* notify to store */
	MESSAGE_WOKEN,
	/* notify to supervisor: run the operator's command, one at a time; answered when it has ended */
	MESSAGE_RUN = 112,
	/* supervisor to notify */
	MESSAGE_RAN,
};

struct message_setting {
	const char *name;
	const char *value;
};

/* What a file is for; `name` tells files of one kind apart (a decoy page's path, a roster's version). */
enum file_kind {
	FILE_TLS_KEY = 1,
	FILE_TLS_CERTIFICATE,
	FILE_DECOY,
	FILE_ROSTER,
	FILE_KEYRING,
	FILE_WAKE_CA,          /* that mail servers and webhooks are checked against */
	FILE_WAKE_CREDENTIALS, /* of the mail server */
};

struct message_file {
	enum file_kind kind;
	const char *name;
	const uint8_t *data;
	size_t len;
};

enum socket_kind {
	SOCKET_LISTEN = 1,    /* TLS from the internet */
	SOCKET_LISTEN_SHARED, /* TLS from a proxy or onion service: all clients share an address */
	SOCKET_STORE,
	SOCKET_FRONT,
	SOCKET_NOTIFY,
	SOCKET_CONTROL, /* the Unix socket on which admins' acts come in */
};

struct message_socket {
	enum socket_kind kind;
};

struct message_failed {
	const char *text;
	uint8_t exit_code;
};

/* The whole keyring, as keys/keyring.h writes it. */
struct message_keyring {
	const uint8_t *data;
	size_t len;
};

/* What came of it: it is durable, or nothing has changed and text says why. */
struct message_kept {
	bool done;
	const char *text;
};

enum tls_step {
	TLS_LOOK = 1, /* which keys there are */
	TLS_MAKE,     /* the next key, where there is none yet */
	TLS_SWITCH,   /* to the next key, which must be the one of this pin */
};

struct message_tls {
	enum tls_step step;
	const char *host; /* MAKE: for the certificate */
	uint8_t pin[SHA256_BYTES];
};

struct message_tls_state {
	bool done;
	const char *text;              /* why not */
	uint8_t current[SHA256_BYTES]; /* pins; all of these only where it is done */
	bool has_next;
	uint8_t next[SHA256_BYTES];
};

enum http_method { METHOD_GET = 1, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE };

/* The method as HTTP writes it. */
const char *http_method_word(enum http_method method);

/* A request under the base path, as front parsed it. front has checked the grammar and nothing else. A field
 * that wasn't sent is "". target is as received, base path included; the store checks it again. */
struct message_request {
	uint32_t id; /* front's own number, unique among its requests that are open */
	enum http_method method;
	const char *target;
	const char *authority; /* Host, lower case */
	bool has_body;         /* a Content-Length was sent, 0 included */
	uint64_t content_length;
	const char *content_digest;
	const char *signature_input;
	const char *signature;
	const char *authorization;
	const char *mailbox_key;
	const char *hold_key;
	const char *upload_key;
	const char *upload_offset;
	const char *upload_complete;
	const char *content_type;
};

struct message_request_body {
	uint32_t id;
	const uint8_t *data;
	size_t len;
};

struct message_request_id {
	uint32_t id;
};

struct message_credit {
	uint32_t id;
	uint32_t bytes;
};

/* The start of an answer. The body follows in MESSAGE_ANSWER_BODY, content_length bytes in all; front counts.
 */
struct message_answer {
	uint32_t id;
	uint16_t status;
	const char *content_type; /* "" for an answer without one */
	uint64_t content_length;
	const char *content_digest; /* "" or the field's value, as for all below */
	const char *answer_signature;
	const char *upload_offset;
	const char *upload_complete;
	const char *location;
	bool close; /* end the connection behind this answer: the request's body was not read */
};

/* Wake somebody, once. notify answers each with one MESSAGE_WOKEN. */
struct message_wake {
	uint64_t number; /* the store's own */
	enum wake_kind kind;
	const char *address;
	const char *desk; /* "" where the message is to say nothing but that it came */
	enum urgency urgency;
};

enum wake_outcome {
	WAKE_DELIVERED = 1, /* somebody else has taken it over */
	WAKE_LATER,         /* not now: it may work if it is tried again */
	WAKE_REFUSED,       /* it won't */
};

struct message_ran {
	bool done; /* it ended with status 0, in time */
};

struct message_woken {
	uint64_t number;
	enum wake_outcome outcome;
};

/* The framing: begin writes a frame's place-holder, end fills in the length. */
void frame_begin(struct buffer *out, enum message_type type, size_t *ret_mark);
MUST_USE int frame_end(struct buffer *out, size_t mark);

/* Takes one frame of at most max bytes (its length not counted) from what has arrived: 1 where it is all
 * there, 0 where more must arrive (in is untouched), -1 where no frame begins like this. */
MUST_USE int frame_next(
	struct reader *in, size_t max, enum message_type *ret_type, struct reader *ret_message);

/* A _put that fails leaves either the buffer as it was or the buffer failed (buffer_ok). */

MUST_USE int message_setting_put(struct buffer *out, const struct message_setting *message);
MUST_USE int message_setting_get(struct reader *in, struct message_setting *ret_message);
MUST_USE int message_file_put(struct buffer *out, const struct message_file *message);
MUST_USE int message_file_get(struct reader *in, struct message_file *ret_message);
MUST_USE int message_socket_put(struct buffer *out, const struct message_socket *message);
MUST_USE int message_socket_get(struct reader *in, struct message_socket *ret_message);
/* START, DRAIN, RELOAD, READY, RUN: no fields. */
MUST_USE int message_empty_put(struct buffer *out, enum message_type type);
MUST_USE int message_empty_get(struct reader *in);
MUST_USE int message_failed_put(struct buffer *out, const struct message_failed *message);
MUST_USE int message_failed_get(struct reader *in, struct message_failed *ret_message);
MUST_USE int message_keyring_put(struct buffer *out, const struct message_keyring *message);
MUST_USE int message_keyring_get(struct reader *in, struct message_keyring *ret_message);
MUST_USE int message_kept_put(struct buffer *out, const struct message_kept *message);
MUST_USE int message_kept_get(struct reader *in, struct message_kept *ret_message);
MUST_USE int message_tls_put(struct buffer *out, const struct message_tls *message);
MUST_USE int message_tls_get(struct reader *in, struct message_tls *ret_message);
MUST_USE int message_tls_state_put(struct buffer *out, const struct message_tls_state *message);
MUST_USE int message_tls_state_get(struct reader *in, struct message_tls_state *ret_message);
MUST_USE int message_request_put(struct buffer *out, const struct message_request *message);
MUST_USE int message_request_get(struct reader *in, struct message_request *ret_message);
MUST_USE int message_request_body_put(
	struct buffer *out, enum message_type type, const struct message_request_body *message);
MUST_USE int message_request_body_get(struct reader *in, struct message_request_body *ret_message);
/* REQUEST_GONE, DECOY */
MUST_USE int message_request_id_put(
	struct buffer *out, enum message_type type, const struct message_request_id *message);
MUST_USE int message_request_id_get(struct reader *in, struct message_request_id *ret_message);
/* BODY_WANTED, ANSWER_TAKEN */
MUST_USE int message_credit_put(
	struct buffer *out, enum message_type type, const struct message_credit *message);
MUST_USE int message_credit_get(struct reader *in, struct message_credit *ret_message);
MUST_USE int message_answer_put(struct buffer *out, const struct message_answer *message);
MUST_USE int message_answer_get(struct reader *in, struct message_answer *ret_message);
MUST_USE int message_wake_put(struct buffer *out, const struct message_wake *message);
MUST_USE int message_wake_get(struct reader *in, struct message_wake *ret_message);
MUST_USE int message_pong_put(struct buffer *out, const struct message_pong *message);
MUST_USE int message_pong_get(struct reader *in, struct message_pong *ret_message);
MUST_USE int message_ran_put(struct buffer *out, const struct message_ran *message);
MUST_USE int message_ran_get(struct reader *in, struct message_ran *ret_message);
MUST_USE int message_woken_put(struct buffer *out, const struct message_woken *message);
MUST_USE int message_woken_get(struct reader *in, struct message_woken *ret_message);

#endif
