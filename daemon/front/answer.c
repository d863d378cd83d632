#include "answer.h"

#include <inttypes.h>

static const struct {
	unsigned status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 204, "No Content" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 409, "Conflict" },
	{ 411, "Length Required" },
	{ 413, "Content Too Large" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 503, "Service Unavailable" },
	{ 507, "Insufficient Storage" },
};

static const char *reason_of(unsigned status)
{
	for (size_t i = 0; i < COUNT_OF(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

static void put_field(struct buffer *out, const char *name, const char *value)
{
	if (value[0] == '\0')
		return;
	buffer_put_string(out, name);
	buffer_put_string(out, ": ");
	buffer_put_string(out, value);
	buffer_put_string(out, "\r\n");
}

void answer_head(struct buffer *out, const struct message_answer *answer, bool close)
{
	buffer_put_format(out, "HTTP/1.1 %u %s\r\n", (unsigned)answer->status, reason_of(answer->status));
	put_field(out, "Content-Type", answer->content_type);
	/* RFC 9110, 8.6: a 204 has no Content-Length. */
	if (answer->status != 204)
		buffer_put_format(out, "Content-Length: %" PRIu64 "\r\n", answer->content_length);
	put_field(out, "Connection", close ? "close" : "keep-alive");
	put_field(out, "Content-Digest", answer->content_digest);
	put_field(out, "Answer-Signature", answer->answer_signature);
	put_field(out, "Upload-Offset", answer->upload_offset);
	put_field(out, "Upload-Complete", answer->upload_complete);
	put_field(out, "Location", answer->location);
	buffer_put_string(out, "\r\n");
}

void answer_page_head(struct buffer *out, const struct decoy_page *page, bool close)
{
	const struct message_answer answer = {
		.status = (uint16_t)page->status,
		.content_type = page->content_type,
		.content_length = page->len,
		.content_digest = "",
		.answer_signature = "",
		.upload_offset = "",
		.upload_complete = "",
		.location = "",
	};
	answer_head(out, &answer, close);
}

void answer_problem(struct buffer *out, enum problem problem, bool with_body)
{
	struct buffer body = buffer_of(PROBLEM_MAX);
	/* Where memory is short the status alone must do. */
	if (problem_write(problem, &body) != 0)
		buffer_free(&body);
	const struct decoy_page page = { problem_status(problem), "application/problem+json", body.data,
		body.len };
	answer_page_head(out, &page, true);
	if (with_body)
		buffer_put(out, body.data, body.len);
	buffer_free(&body);
}
