#include "link_internal.h"

#include "proto/cursor.h"
#include "proto/problem.h"

#include <string.h>
#include <strings.h>

void link_answer_free(struct link_answer *answer)
{
	if (answer == NULL)
		return;
	buffer_free(&answer->body);
	*answer = (struct link_answer){ 0 };
}

/* A header's value, once: a second one is a lie, whatever it says. */
static void keep(struct link *link, char *ret_text, size_t size, const char *value, size_t len)
{
	if (ret_text[0] != '\0' || len == 0 || len >= size || memchr(value, '\0', len) != NULL) {
		link->is_lying = true;
		return;
	}
	memcpy(ret_text, value, len);
	ret_text[len] = '\0';
}

static void keep_offset(struct link *link, const char *value, size_t len)
{
	struct reader reader = reader_of(value, len);

	if (link->answer.has_upload_offset || reader_decimal(&reader, &link->answer.upload_offset) != 0 ||
		reader_end(&reader) != 0)
		link->is_lying = true;
	link->answer.has_upload_offset = true;
}

static bool is_named(const char *line, size_t name_len, const char *name)
{
	return strlen(name) == name_len && strncasecmp(line, name, name_len) == 0;
}

static void take_field(struct link *link, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len), *value;
	size_t name_len, value_len;

	if (colon == NULL)
		return;
	value = colon + 1;
	name_len = (size_t)(colon - line);
	value_len = len - name_len - 1;
	for (; value_len > 0 && (*value == ' ' || *value == '\t'); value_len--)
		value++;
	while (value_len > 0 && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t'))
		value_len--;
	if (is_named(line, name_len, "content-length"))
		link->has_length = true;
	else if (is_named(line, name_len, "transfer-encoding"))
		link->is_lying = true;
	else if (is_named(line, name_len, "upload-offset"))
		keep_offset(link, value, value_len);
	else if (is_named(line, name_len, "upload-complete"))
		link->answer.upload_complete = value_len == 2 && bytes_equal(value, "?1", 2);
	else if (is_named(line, name_len, "content-digest"))
		keep(link, link->answer.content_digest, sizeof link->answer.content_digest, value, value_len);
	else if (is_named(line, name_len, "answer-signature"))
		keep(link, link->answer.answer_signature, sizeof link->answer.answer_signature, value,
			value_len);
}

size_t link_take_header(char *line, size_t size, size_t count, void *owner)
{
	struct link *link = owner;
	size_t len = size * count, text = len;

	while (text > 0 && (line[text - 1] == '\n' || line[text - 1] == '\r'))
		text--;
	if (text >= 5 && bytes_equal(line, "HTTP/", 5)) {
		struct buffer body = link->answer.body;

		link->answer = (struct link_answer){ .body = body };
		link->has_length = false;
	} else {
		take_field(link, line, text);
	}
	return len;
}

static unsigned status_of(struct link *link)
{
	long status = 0;

	(void)curl_easy_getinfo(link->curl, CURLINFO_RESPONSE_CODE, &status);
	return status < 100 || status > 599 ? 0 : (unsigned)status;
}

static int give_body(struct link *link, const uint8_t *bytes, size_t len)
{
	const struct link_request *request = link->request;
	bool to_sink = request->sink != NULL && status_of(link) == 200;
	size_t max = (request->sink == NULL || to_sink) && request->answer_max != 0 ? request->answer_max
										    : LINK_ANSWER_MAX;

	if (len > max - link->body_got)
		return failure_set(&link->failure, EX_PROTOCOL,
			"the server's answer is longer than it may be: tell your organisation's admin");
	link->body_got += len;
	if (sha256_update(link->digest, bytes, len) != 0)
		return failure_memory(&link->failure);
	if (to_sink)
		return request->sink(request->sink_owner, bytes, len, &link->failure);
	buffer_put(&link->answer.body, bytes, len);
	return buffer_ok(&link->answer.body) == 0 ? 0 : failure_memory(&link->failure);
}

size_t link_take_body(char *bytes, size_t size, size_t count, void *owner)
{
	struct link *link = owner;

	if (link->has_failed)
		return 0;
	if (give_body(link, (const uint8_t *)bytes, size * count) != 0) {
		link->has_failed = true;
		return 0;
	}
	return size * count;
}

static int judge_code(struct link *link, CURLcode code, struct failure *failure)
{
	bool has_proxy = link->target.proxy[0] != '\0';

	switch (code) {
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_PROXY:
		return failure_set(failure, EX_UNAVAILABLE,
			"the proxy can't be reached: start it; nothing is ever sent around it");
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return has_proxy ? failure_set(failure, EX_UNAVAILABLE,
					   "no connection to the server through the proxy: try again later")
				 : failure_set(failure, EX_UNAVAILABLE,
					   "no connection to the server: try again later");
	case CURLE_OPERATION_TIMEDOUT:
		return failure_set(failure, EX_UNAVAILABLE, "nothing moved for %d seconds: try again later",
			LINK_STALL_SECONDS);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
		return failure_set(failure, EX_UNAVAILABLE,
			"no safe connection to the server came about: try again later");
	case CURLE_OUT_OF_MEMORY:
		return failure_memory(failure);
	case CURLE_SEND_ERROR:
	case CURLE_SEND_FAIL_REWIND:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
		if (status_of(link) == 0)
			return failure_set(
				failure, EX_UNAVAILABLE, "the connection broke off: try again later");
		__attribute__((fallthrough));
	case CURLE_PARTIAL_FILE:
		return failure_set(failure, EX_PROTOCOL, "the server's answer was cut off: try again later");
	default:
		return failure_set(failure, EX_PROTOCOL,
			"the server's answer doesn't follow the protocol: try again, then tell your "
			"organisation's admin");
	}
}

int link_judge(struct link *link, CURLcode code, struct link_answer *ret_answer, struct failure *failure)
{
	unsigned status = status_of(link);

	if (link->is_wrong_key)
		return failure_set(failure, EX_PROTOCOL,
			"the server showed another key than your organisation's, nothing was sent: somebody "
			"may be in between; try another network, then ask for a new invitation and `join' "
			"with it");
	if (link->has_failed)
		return failure_of(failure, link->failure.exit_code, &link->failure.fault);
	if (code != CURLE_OK)
		return judge_code(link, code, failure);
	if (status == 0 || link->is_lying ||
		(!link->has_length && status != 204 && strcmp(link->request->method, "HEAD") != 0))
		return judge_code(link, CURLE_WEIRD_SERVER_REPLY, failure);
	if (sha256_final(link->digest, link->answer.digest) != 0)
		return failure_memory(failure);
	link->answer.status = status;
	*ret_answer = link->answer;
	link->answer = (struct link_answer){ 0 };
	return 0;
}

static int refusal_code(unsigned status)
{
	switch (status) {
	case 401:
	case 403:
		return EX_NOPERM;
	case 404:
	case 410:
		return EX_NOINPUT;
	case 413:
	case 422:
		return EX_DATAERR;
	case 409:
	case 429:
	case 503:
		return EX_TEMPFAIL;
	case 507:
		return EX_CANTCREAT;
	default:
		return EX_PROTOCOL;
	}
}

/* The words are this program's own, not the server's: of what it wrote, only the problem's name is taken. */
void link_refusal(const struct link_answer *answer, const char *what, struct failure *failure)
{
	struct problem_answer problem;
	struct fault fault;

	if (problem_parse((const char *)answer->body.data, answer->body.len, &problem, &fault) != 0 ||
		!problem.known)
		failure_write(failure, EX_PROTOCOL,
			"%s: the server answered %u, as no server of this organisation should: ask for a new "
			"invitation",
			translated(what), answer->status);
	else
		failure_write(failure, refusal_code(problem_status(problem.problem)), "%s: %s: %s",
			translated(what), translated(problem_title(problem.problem)),
			translated(problem_detail(problem.problem)));
}
