/* Which call of the HTTP interface a request target is, with its arguments checked. */
#ifndef PROTO_ROUTE_H
#define PROTO_ROUTE_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/mailbox_message.h"
#include "proto/proof.h"
#include "proto/signed_objects.h"
#include "proto/url.h"
#include "proto/words.h"

#define ROUTE_TARGET_MAX 2048
#define ROUTE_WAIT_MAX   300
#define ROUTE_UPLOAD_MAX (UINT64_C(1) << 40)

enum call {
	CALL_NONE, /* not ours: the decoy site answers */
	CALL_GET_ROSTER,
	CALL_GET_ROSTER_VERSION,
	CALL_PUT_ROSTER,
	CALL_PUT_REPORT,
	CALL_CREATE_UPLOAD,
	CALL_HEAD_UPLOAD,
	CALL_PATCH_UPLOAD,
	CALL_GET_ALERTS,
	CALL_GET_REPORTS,
	CALL_GET_EXPIRING,
	CALL_GET_REPORT,
	CALL_GET_HEADER,
	CALL_GET_EVENTS,
	CALL_POST_EVENT,
	CALL_GET_MAILBOX,
	CALL_DELETE_MAILBOX,
	CALL_POST_MAILBOX,
	CALL_GET_STATUS,
	CALL_GET_AUDIT,
	CALL_GET_AUDIT_HEAD,
	/* reserved */
	CALL_POST_TOKENS,
	CALL_POST_HOLD,
	CALL_PUT_HEADER,
	CALL_POST_INVITATIONS,
	CALL_GET_WRAPPING,
	CALL_GET_HEADERS,
	CALL_GET_WAKE,
	CALL_PUT_WAKE,
	CALL_POST_WAKE,
	CALL_DELETE_WAKE,
	CALL_GET_ROTA,
	CALL_PUT_ROTA,
};
#define CALL_COUNT 33

/* Who may make a call: what the store checks first. */
enum caller { CALLER_ANYONE, CALLER_OFFICER, CALLER_ADMIN, CALLER_MEMBER /* officer or admin */ };

/* Only what the call takes is filled in; the rest is zero. */
struct route {
	enum call call;
	enum caller caller;
	const char *path; /* of target, up to the `?`; path_len bytes */
	size_t path_len;
	const char *query; /* behind the `?`; "" without one */
	uint64_t version;  /* roster/{version} */
	char report[ID_SIZE];
	uint8_t report_id[ID_BYTES];
	char mailbox[MAILBOX_ID_SIZE];
	uint8_t mailbox_id[MAILBOX_ID_BYTES];
	char desk[NAME_SIZE];
	enum urgency urgency;
	bool has_salt;
	uint8_t salt[SALT_BYTES];
	bool has_release;
	int64_t release;
	uint64_t roster;
	uint64_t length;
	uint64_t after; /* 0 where absent */
	uint32_t wait;  /* 0 where absent */
	bool has_raised;
	uint64_t raised; /* alerts that were raised since are wanted again */
};

/* method is a word (`GET`), target ends with a NUL and starts with `/`. 0 with CALL_NONE: not under
 * `/BASE/v1/`, no such path, or no such method there. -1: one of our calls with a query whose arguments are
 * unknown, double, missing or malformed. Nothing percent-encoded is taken anywhere. base is compared in
 * constant time.
 */
MUST_USE int route_parse(const char *method, const char *target, const char *base, struct route *ret_route);

/* Which call it is, for people: `GET reports/{report}/header`. */
void call_write(enum call call, struct buffer *out);

#endif
