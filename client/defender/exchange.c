#include "exchange.h"

#include "proto/problem.h"

#include <sodium.h>

#define DONE 200

/* What one exchange needs, in sodium_malloc memory. */
struct exchange {
	struct token_batch batch;
	struct token_request asked;
	struct token_response given;
	struct token tokens[TOKEN_BATCH_MAX];
	char field[SECRET_FIELD_SIZE];
};

static int call(struct session *session, const struct exchange *exchange, struct link_answer *ret_answer,
	struct failure *failure)
{
	struct buffer body = buffer_of(TOKEN_REQUEST_MAX);
	struct link_request request = { .method = "POST",
		.path = "tokens",
		.headers = { { "Authorization", exchange->field }, { "Content-Type", TOKEN_REQUEST_TYPE } },
		.header_count = 2,
		.answer_max = PROBLEM_MAX };
	int rc;

	_Static_assert(PROBLEM_MAX >= TOKEN_RESPONSE_MAX, "either answer fits");
	if (token_request_write(&exchange->asked, &body) != 0) {
		rc = failure_memory(failure);
	} else {
		request.body = body.data;
		request.body_len = body.len;
		rc = organisation_call(session->organisation, &request, ret_answer, failure);
	}
	buffer_free(&body);
	return rc;
}

/* What no answer will come to is forgotten, so that another try begins anew. */
static int refused(const struct link_answer *answer, struct purse *purse, struct failure *failure)
{
	struct failure ignored;
	struct problem_answer problem = { .known = false };
	struct fault fault;

	if (problem_parse((const char *)answer->body.data, answer->body.len, &problem, &fault) != 0)
		problem.known = false;
	if (problem.known &&
		(problem.problem == PROBLEM_INVITATION_REFUSED || problem.problem == PROBLEM_BAD_TOKENS) &&
		purse_take(purse, NULL, 0, &ignored) != 0)
		problem.known = false;
	if (problem.known && problem.problem == PROBLEM_INVITATION_REFUSED)
		return failure_set(failure, EX_NOPERM,
			"this invitation gives no admission tokens, it was used already or is too old: to "
			"report to a desk that asks for a token, ask for a new one");
	return link_refused(answer, "no admission tokens came", failure);
}

static int judge(struct exchange *exchange, const struct link_answer *answer, struct purse *purse,
	struct failure *failure)
{
	if (answer->status != DONE)
		return refused(answer, purse, failure);
	if (token_response_parse(answer->body.data, answer->body.len, &exchange->given) != 0 ||
		token_batch_finish(&exchange->batch, &exchange->given, exchange->tokens) != 0)
		return failure_set(failure, EX_PROTOCOL,
			"the server's tokens aren't made with your organisation's key, they could have "
			"marked "
			"you and weren't kept: tell its admin, then join again with the same invitation");
	return purse_take(purse, exchange->tokens, exchange->batch.count, failure);
}

int tokens_take(struct session *session, const struct invitation *invitation, struct purse *purse,
	struct failure *failure)
{
	struct exchange *exchange = sodium_malloc(sizeof *exchange);
	struct link_answer answer = { 0 };
	int rc = -1;

	if (exchange == NULL)
		return failure_memory(failure);
	if (purse_ask(purse, invitation->secret, organisation_roster(session->organisation),
		    organisation_now(session->organisation), &exchange->batch, failure) != 0)
		goto cleanup;
	if (token_batch_request(&exchange->batch, &exchange->asked) != 0) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	secret_field_write(invitation->secret, exchange->field);
	rc = call(session, exchange, &answer, failure);
	if (rc == 0)
		rc = judge(exchange, &answer, purse, failure);
cleanup:
	link_answer_free(&answer);
	sodium_free(exchange);
	return rc;
}
