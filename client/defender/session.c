#include "session.h"

#include "cover.h"

#include <sodium.h>

static bool is_given(const struct invocation *invocation, const char *option)
{
	return arguments_knows(invocation->arguments, option) &&
	       arguments_option(invocation->arguments, option) != NULL;
}

int session_open(const struct invocation *invocation, struct session *ret_session, struct failure *failure)
{
	const char *memory = arguments_option(invocation->arguments, "memory");

	*ret_session = (struct session){ 0 };
	if (memory != NULL && invocation->home != NULL)
		return failure_set(
			failure, EX_USAGE, "--home and --memory contradict each other: give one of them");
	if (memory == NULL && arguments_knows(invocation->arguments, "memory") &&
		arguments_option(invocation->arguments, "proxy") != NULL)
		return failure_set(failure, EX_USAGE,
			"--proxy goes with --memory: a home has the proxy that it joined with");
	if (memory != NULL)
		return session_open_in_memory(invocation, memory, ret_session, failure);
	if (home_open(invocation, HOME_EXISTING, &ret_session->home, failure) != 0 ||
		vault_open(ret_session->home, invocation, &ret_session->vault, failure) != 0)
		return -1;
	ret_session->items = vault_items(ret_session->vault);
	if (organisation_load(&ret_session->items, &ret_session->organisation, failure) != 0)
		return -1;
	organisation_listen(ret_session->organisation, invocation, NULL);
	if (queue_load(ret_session->vault, &ret_session->queue, failure) != 0)
		return -1;
	ret_session->invocation = invocation;
	ret_session->has_no_cover = is_given(invocation, "out") || is_given(invocation, "delay");
	return 0;
}

void session_close(struct session *session)
{
	if (session->invocation != NULL && !session->has_no_cover)
		cover_at_end(session);
	queue_free(session->queue);
	organisation_free(session->organisation);
	vault_free(session->vault);
	home_close(session->home);
	*session = (struct session){ 0 };
}

int receipt_fresh(struct receipt_ahead **ret_receipt, struct failure *failure)
{
	struct receipt_ahead *receipt = sodium_malloc(sizeof *receipt);

	if (receipt == NULL)
		return failure_memory(failure);
	receipt_new(receipt->number);
	if (receipt_stretch(receipt->number, receipt->seed) != 0) {
		sodium_free(receipt);
		return failure_memory(failure);
	}
	*ret_receipt = receipt;
	return 0;
}

int receipt_take(struct queue *queue, struct receipt_ahead **ret_receipt, struct failure *failure)
{
	struct receipt_ahead *receipt;

	if (!queue_has_receipt(queue))
		return receipt_fresh(ret_receipt, failure);
	receipt = sodium_malloc(sizeof *receipt);
	if (receipt == NULL)
		return failure_memory(failure);
	if (!queue_take_receipt(queue, receipt)) {
		sodium_free(receipt);
		return receipt_fresh(ret_receipt, failure);
	}
	*ret_receipt = receipt;
	return 0;
}

int receipt_prepare(struct queue *queue, struct failure *failure)
{
	struct receipt_ahead *receipt = NULL;
	int rc;

	if (queue_has_receipt(queue))
		return 0;
	if (receipt_fresh(&receipt, failure) != 0)
		return -1;
	rc = queue_put_receipt(queue, receipt, failure);
	sodium_free(receipt);
	return rc;
}
