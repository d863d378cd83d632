/* RFC 9457 problem details: the words of docs/protocol.md, each with its status, title and what to do. */
#ifndef PROTO_PROBLEM_H
#define PROTO_PROBLEM_H

#include "proto/base.h"
#include "proto/buffer.h"

#define PROBLEM_MAX        4096
#define PROBLEM_DETAIL_MAX 512

enum problem {
	PROBLEM_BAD_REQUEST,
	PROBLEM_NOT_SIGNED,
	PROBLEM_NOT_PERMITTED,
	PROBLEM_NOT_FOUND,
	PROBLEM_ROSTER_CONFLICT,
	PROBLEM_EVENT_CONFLICT,
	PROBLEM_HEADER_CONFLICT,
	PROBLEM_WRONG_OFFSET,
	PROBLEM_LENGTH_REQUIRED,
	PROBLEM_TOO_LARGE,
	PROBLEM_BAD_ROSTER,
	PROBLEM_RECEIPT_KEY,
	PROBLEM_WRONG_ID,
	PROBLEM_NOT_SEALED,
	PROBLEM_WRONG_DESTINATION,
	PROBLEM_UNKNOWN_DESK,
	PROBLEM_TOO_MANY,
	PROBLEM_BUSY,
	PROBLEM_STORAGE_FULL,
	PROBLEM_TOKEN_NEEDED,
	PROBLEM_TOKEN_REFUSED,
	PROBLEM_INVITATION_REFUSED,
	PROBLEM_BAD_TOKENS,
	PROBLEM_DESTROYED,
	PROBLEM_RELEASED,
	PROBLEM_HOLD_CONFLICT,
	PROBLEM_TOO_FAR,
	PROBLEM_BAD_WAKE,
	PROBLEM_ROTA_CONFLICT,
	PROBLEM_EXPIRED,
};
#define PROBLEM_COUNT 30

const char *problem_word(enum problem problem);
unsigned problem_status(enum problem problem);
const char *problem_title(enum problem problem);
const char *problem_detail(enum problem problem);

MUST_USE int problem_write(enum problem problem, struct buffer *out);

struct problem_answer {
	bool known; /* false where a newer server used a word that isn't in the table */
	enum problem problem;
	char detail[PROBLEM_DETAIL_MAX + 1]; /* one line without control characters, or "" */
};

/* Reads `type` and `detail` only; everything else is ignored. */
MUST_USE int problem_parse(
	const char *json, size_t len, struct problem_answer *ret_answer, struct fault *fault);

#endif
