#include "client/signed_call.h"

#include "keys/clock.h"
#include "proto/digest.h"
#include "proto/route.h"

#include <stdio.h>
#include <string.h>

int signed_call_prepare(const struct link *link, const uint8_t secret_key[64],
	const struct link_request *request, struct signed_prepared *ret_prepared, struct failure *failure)
{
	const struct link_target *target = link_target(link);
	char authority[AUTHORITY_SIZE], path[ROUTE_TARGET_MAX];
	const char *mark = strchr(request->path, '?');
	int path_len = mark == NULL ? (int)strlen(request->path) : (int)(mark - request->path);
	int len = snprintf(path, sizeof path, "/%s/v1/%.*s", target->url.base, path_len, request->path);
	struct signed_request signing = { .method = request->method,
		.authority = authority,
		.path = path,
		.query = mark == NULL ? "" : mark + 1 };

	if (len < 0 || (size_t)len >= sizeof path || request->source != NULL ||
		request->header_count > LINK_HEADERS_MAX - 3)
		return failure_set(failure, EX_SOFTWARE, "this request can't be signed: report it");
	server_url_authority(&target->url, authority);
	if (sha256_once(request->body, request->body == NULL ? 0 : request->body_len, signing.digest) != 0)
		return failure_memory(failure);
	ret_prepared->request = *request;
	request_nonce_new(ret_prepared->nonce);
	ret_prepared->asked_ms = clock_boot_ms();
	if (request_signature_make(&signing, clock_wall_ms() / 1000, ret_prepared->nonce, secret_key,
		    &ret_prepared->fields) != 0)
		return failure_set(failure, EX_SOFTWARE, "this request can't be signed: report it");
	struct link_header *headers = &ret_prepared->request.headers[request->header_count];
	headers[0] = (struct link_header){ "Content-Digest", ret_prepared->fields.content_digest };
	headers[1] = (struct link_header){ "Signature-Input", ret_prepared->fields.signature_input };
	headers[2] = (struct link_header){ "Signature", ret_prepared->fields.signature };
	ret_prepared->request.header_count += 3;
	return 0;
}

static int is_proven(const struct organisation *organisation, const struct signed_prepared *prepared,
	const struct link_answer *answer)
{
	struct signed_answer lines = { prepared->nonce, answer->status, answer->content_digest };

	const uint8_t *before = organisation_receipt_key_before(organisation, prepared->asked_ms);
	const size_t len = strlen(answer->answer_signature);

	if (answer_verify(&lines, organisation_roster(organisation)->receipt_key, answer->answer_signature,
		    len) == 0)
		return 0;
	/* Several calls may have been under way when the key changed. */
	return before == NULL ? -1 : answer_verify(&lines, before, answer->answer_signature, len);
}

int signed_call_check(struct organisation *organisation, const struct signed_prepared *prepared,
	const struct link_answer *answer, struct failure *failure)
{
	char digest[CONTENT_DIGEST_SIZE];

	if (answer->answer_signature[0] == '\0') {
		if (answer->status == 401 || answer->status == 403 || answer->status == 429 ||
			answer->status >= 500)
			return link_refused(answer, "the server refused", failure);
		return failure_set(failure, EX_PROTOCOL,
			"the server's answer isn't signed: try again, then tell your organisation's admin");
	}
	content_digest_format(answer->digest, digest);
	if (strcmp(digest, answer->content_digest) != 0)
		return failure_set(failure, EX_PROTOCOL,
			"the server's answer was changed on its way: try again, then tell your "
			"organisation's admin");
	if (is_proven(organisation, prepared, answer) == 0)
		return 0;
	/* The receipt key may have been rotated since: the newest roster decides. */
	if (organisation_refresh(organisation, NULL, failure) != 0)
		return -1;
	if (is_proven(organisation, prepared, answer) == 0)
		return 0;
	return failure_set(failure, EX_PROTOCOL,
		"the answer isn't signed by your organisation's server: try again, then tell your "
		"organisation's admin");
}

int signed_call(struct organisation *organisation, struct link *link, const uint8_t secret_key[64],
	const struct link_request *request, struct link_answer *ret_answer, struct failure *failure)
{
	struct signed_prepared prepared;
	struct link_answer answer = { 0 };

	if (signed_call_prepare(link, secret_key, request, &prepared, failure) != 0 ||
		link_call(link, &prepared.request, &answer, failure) != 0)
		return -1;
	if (signed_call_check(organisation, &prepared, &answer, failure) != 0) {
		link_answer_free(&answer);
		return -1;
	}
	*ret_answer = answer;
	return 0;
}
