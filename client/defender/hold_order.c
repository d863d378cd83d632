#include "hold_order.h"

#include "proto/problem.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static int sign(struct hold_order *order, const uint8_t seed[32], struct failure *failure)
{
	uint8_t *secret = sodium_malloc(crypto_sign_SECRETKEYBYTES), public[crypto_sign_PUBLICKEYBYTES];
	int rc = -1;

	if (secret != NULL && crypto_sign_seed_keypair(public, secret, seed) == 0)
		rc = hold_sign(order, HOLD_ORDER, secret);
	sodium_free(secret);
	return rc == 0 ? 0 : failure_memory(failure);
}

/* The signature is judged by the newest roster once the one at hand says no: the key may have been rotated.
 */
static int verify(struct organisation *organisation, const struct hold_order *order,
	const struct link_answer *answer, struct failure *failure)
{
	struct hold_order said;
	struct fault fault;

	if (hold_parse((const char *)answer->body.data, answer->body.len, order->id, &said, &fault) != 0)
		return failure_of(failure, EX_PROTOCOL, &fault);
	if (said.counter == order->counter && said.is_cancel == order->is_cancel &&
		said.release == order->release) {
		if (hold_verify(&said, HOLD_ANSWER, organisation_roster(organisation)->receipt_key) == 0)
			return 0;
		if (organisation_refresh(organisation, NULL, failure) == 0 &&
			hold_verify(&said, HOLD_ANSWER, organisation_roster(organisation)->receipt_key) == 0)
			return 0;
	}
	return failure_set(failure, EX_PROTOCOL,
		"the server's answer isn't signed by your organisation: try again, then tell its admin");
}

static bool is_problem(const struct link_answer *answer, enum problem wanted)
{
	struct problem_answer problem;
	struct fault fault;

	return answer->status == problem_status(wanted) &&
	       problem_parse((const char *)answer->body.data, answer->body.len, &problem, &fault) == 0 &&
	       problem.known && problem.problem == wanted;
}

static int judge(struct organisation *organisation, const struct hold_order *order,
	const struct link_answer *answer, enum ordered *ret_outcome, struct failure *failure)
{
	if (answer->status == 200) {
		*ret_outcome = ORDER_DONE;
		return verify(organisation, order, answer, failure);
	}
	if (is_problem(answer, PROBLEM_RELEASED))
		*ret_outcome = ORDER_RELEASED;
	else if (is_problem(answer, PROBLEM_NOT_PERMITTED) || is_problem(answer, PROBLEM_DESTROYED))
		*ret_outcome = ORDER_UNKNOWN;
	else
		return link_refused(answer, "the server didn't take it", failure);
	return 0;
}

int hold_order_send(struct organisation *organisation, struct hold_order *order, const uint8_t seed[32],
	enum ordered *ret_outcome, struct failure *failure)
{
	struct buffer body = buffer_of(HOLD_ORDER_MAX);
	char path[ID_SIZE + 16];
	struct link_request request = { .method = "POST",
		.path = path,
		.headers = { { "Content-Type", "application/json" } },
		.header_count = 1 };
	struct link_answer answer = { 0 };
	int rc;

	(void)snprintf(path, sizeof path, "reports/%s/hold", order->id);
	rc = sign(order, seed, failure);
	if (rc == 0 && hold_write(order, &body) != 0)
		rc = failure_memory(failure);
	request.body = body.data;
	request.body_len = body.len;
	if (rc == 0)
		rc = organisation_call(organisation, &request, &answer, failure);
	if (rc == 0)
		rc = judge(organisation, order, &answer, ret_outcome, failure);
	link_answer_free(&answer);
	buffer_free(&body);
	return rc;
}
