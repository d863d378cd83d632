#include "proto/problem.h"

#include "proto/cursor.h"
#include "proto/json.h"
#include "proto/text.h"

#include <string.h>

#define TYPE_START "/problems/"

/* Plain ASCII without quotes or backslashes: written into JSON as it stands. */
static const struct row {
	const char *word;
	unsigned status;
	const char *title;
	const char *detail;
} rows[PROBLEM_COUNT] = {
	[PROBLEM_BAD_REQUEST] = { "bad-request", 400, "The request is malformed",
		"Send exactly the parameters and fields that the protocol names." },
	[PROBLEM_NOT_SIGNED] = { "not-signed", 401, "The request is not validly signed",
		"Set the clock right and sign the request again with a fresh nonce." },
	[PROBLEM_NOT_PERMITTED] = { "not-permitted", 403, "This is not permitted",
		"Ask an admin whether your key and your desk are on the roster in force." },
	[PROBLEM_NOT_FOUND] = { "not-found", 404, "There is no such thing here",
		"Check what you asked for; it may have been removed." },
	[PROBLEM_ROSTER_CONFLICT] = { "roster-conflict", 409, "Another roster came first",
		"Fetch the roster in force, make the change on top of it, and sign again." },
	[PROBLEM_EVENT_CONFLICT] = { "event-conflict", 409, "Something else happened to this report first",
		"Fetch the report's events, look at them, and try again." },
	[PROBLEM_HEADER_CONFLICT] = { "header-conflict", 409, "Another header or another roster came first",
		"Fetch the roster and the report's header, and wrap it again." },
	[PROBLEM_WRONG_OFFSET] = { "wrong-offset", 409, "The upload does not continue where it stopped",
		"Go on from the offset that this answer names." },
	[PROBLEM_LENGTH_REQUIRED] = { "length-required", 411, "The length is missing",
		"Send Content-Length." },
	[PROBLEM_TOO_LARGE] = { "too-large", 413, "This is larger than the server takes",
		"Send fewer or smaller attachments, or use a resumable upload." },
	[PROBLEM_BAD_ROSTER] = { "bad-roster", 422, "The roster is not well-formed",
		"Check it with roster verify, and publish it again." },
	[PROBLEM_RECEIPT_KEY] = { "receipt-key", 422,
		"The roster names a receipt key that this server doesn't hold",
		"Draft it again from the roster in force; a new receipt key begins with rotate receipt." },
	[PROBLEM_WRONG_ID] = { "wrong-id", 422, "The report is not the one that was announced",
		"It was damaged on the way: send it again." },
	[PROBLEM_NOT_SEALED] = { "not-sealed", 422, "This is not a sealed report",
		"Send an age v1 file that is sealed to officers." },
	[PROBLEM_WRONG_DESTINATION] = { "wrong-destination", 422,
		"The report was sealed for another destination",
		"Send desk, urgency, salt and release as they were when it was sealed." },
	[PROBLEM_UNKNOWN_DESK] = { "unknown-desk", 422, "There is no such desk",
		"Fetch the newest roster and choose one of its desks." },
	[PROBLEM_TOO_MANY] = { "too-many", 429, "Too many requests", "Wait a little and try again." },
	[PROBLEM_BUSY] = { "busy", 503, "The server is busy", "Wait a little and try again." },
	[PROBLEM_TOKEN_NEEDED] = { "token-needed", 403, "This desk takes a report only with a token",
		"Join again with a new invitation, then send the report again." },
	[PROBLEM_TOKEN_REFUSED] = { "token-refused", 403, "The token is not good, or no longer",
		"Send the report again with another token; where there is none, join again with a new "
		"invitation." },
	[PROBLEM_INVITATION_REFUSED] = { "invitation-refused", 403,
		"The invitation is not good, or no longer",
		"It was used already, or is too old: ask for a new one." },
	[PROBLEM_BAD_TOKENS] = { "bad-tokens", 422, "The request for tokens is not well-formed",
		"Fetch the newest roster and ask again, for tokens of a key that is in it." },
	[PROBLEM_DESTROYED] = { "destroyed", 410, "The report was destroyed",
		"It was here once, and nobody can bring it back: what is new goes into a new report." },
	[PROBLEM_EXPIRED] = { "expired", 410, "The report was destroyed",
		"It was here once, and nobody can bring it back: what is new goes into a new report." },
	[PROBLEM_STORAGE_FULL] = { "storage-full", 507, "The server's storage is full",
		"Keep the report and try again later; an admin must make room." },
	[PROBLEM_ROTA_CONFLICT] = { "rota-conflict", 409, "Another rota came first",
		"Fetch the desk's rota, make the change on top of it, and sign again." },
	[PROBLEM_RELEASED] = { "released", 409, "The report has been released already",
		"Officers see it now: send a further report, or reach them." },
	[PROBLEM_HOLD_CONFLICT] = { "hold-conflict", 409, "A later order came first",
		"Count on from a higher number and try again." },
	[PROBLEM_TOO_FAR] = { "too-far", 422, "The release lies too far ahead",
		"At most 7 days a step, and 30 days after the report was accepted." },
	[PROBLEM_BAD_WAKE] = { "bad-wake", 422, "This server can not wake anybody in this way",
		"Choose another way, or ask an admin which ways the server is set up for." },
};

const char *problem_word(enum problem problem)
{
	return rows[problem].word;
}

unsigned problem_status(enum problem problem)
{
	return rows[problem].status;
}

const char *problem_title(enum problem problem)
{
	return rows[problem].title;
}

const char *problem_detail(enum problem problem)
{
	return rows[problem].detail;
}

int problem_write(enum problem problem, struct buffer *out)
{
	const struct row *row = &rows[problem];

	buffer_put_format(out,
		"{\"detail\":\"%s\",\"status\":%u,\"title\":\"%s\",\"type\":\"" TYPE_START "%s\"}",
		row->detail, row->status, row->title, row->word);
	return buffer_ok(out);
}

static int take_type(const json_t *object, struct problem_answer *answer)
{
	const char *text = NULL;
	size_t len = 0;
	struct reader reader;

	if (member_text(object, "type", &text, &len) != 0)
		return -1;
	reader = reader_of(text, len);
	if (reader_literal(&reader, TYPE_START) != 0)
		return -1;
	for (size_t i = 0; i < PROBLEM_COUNT; i++) {
		if (strlen(rows[i].word) == reader.left &&
			bytes_equal(rows[i].word, reader.at, reader.left)) {
			answer->known = true;
			answer->problem = (enum problem)i;
		}
	}
	return 0;
}

int problem_parse(const char *json, size_t len, struct problem_answer *ret_answer, struct fault *fault)
{
	struct problem_answer answer = { .known = false };
	json_t *object = NULL;
	const char *detail = NULL;
	size_t detail_len = 0;
	int rc = -1;

	if (json_parse(json, len, PROBLEM_MAX, &object, fault) != 0)
		return -1;
	if (take_type(object, &answer) != 0) {
		rc = fault_set(fault, "the server's problem report is malformed");
		goto cleanup;
	}
	if (member_text(object, "detail", &detail, &detail_len) == 0 && detail_len <= PROBLEM_DETAIL_MAX &&
		text_is_line(detail, detail_len))
		memcpy(answer.detail, detail, detail_len);
	*ret_answer = answer;
	rc = 0;
cleanup:
	json_decref(object);
	return rc;
}
