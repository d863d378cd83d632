/* No home at all (--memory): the invitation is typed, the key of what has to be written lies in memory alone,
 * and everything is gone at the end. */
#include "client/terminal.h"
#include "exchange.h"
#include "proto/invitation.h"
#include "session.h"

#include <sodium.h>
#include <string.h>

/* Tokens are taken only where a report is going to need one: a SECRET is good once. */
static int take_tokens(struct session *session, const struct invitation *invitation, struct failure *failure)
{
	struct purse *purse = NULL;
	int rc = purse_load(session->vault, session->queue, &purse, failure);

	if (rc == 0)
		rc = tokens_take(session, invitation, purse, failure);
	purse_free(purse);
	/* A used invitation is still good for what needs no token. */
	return rc != 0 && failure->exit_code != EX_NOPERM ? -1 : 0;
}

static bool has_token_desk(const struct roster *roster)
{
	for (size_t at = 0; at < roster->desk_count; at++)
		if (roster->desks[at].admission == ADMISSION_TOKEN)
			return true;
	return false;
}

static int join(const struct invocation *invocation, struct session *session,
	const struct invitation *invitation, struct failure *failure)
{
	const char *proxy = arguments_option(invocation->arguments, "proxy");

	if ((proxy != NULL && link_proxy_check(proxy, failure) != 0) ||
		home_open_temporary(&session->home, failure) != 0 ||
		vault_create_in_memory(session->home, &session->vault, failure) != 0)
		return -1;
	session->items = vault_items(session->vault);
	if (organisation_join(&session->items, invitation, proxy == NULL ? "" : proxy, &session->organisation,
		    failure) != 0)
		return -1;
	return queue_load(session->vault, &session->queue, failure);
}

int session_open_in_memory(const struct invocation *invocation, const char *argument,
	struct session *ret_session, struct failure *failure)
{
	/* Whoever only reads answers leaves the SECRET to a report. */
	bool brings_report = !arguments_knows(invocation->arguments, "receipt-file") ||
			     arguments_knows(invocation->arguments, "attach");
	struct invitation *invitation = NULL;
	struct fault fault;
	char *text = NULL;
	int rc = take_value(argument, "the invitation", &text, failure);

	ret_session->is_in_memory = true;
	if (rc == 0 && invitation_parse(text, strlen(text), &invitation, &fault) != 0)
		rc = failure_of(failure, EX_DATAERR, &fault);
	if (rc == 0)
		rc = join(invocation, ret_session, invitation, failure);
	if (rc == 0 && brings_report && invitation->has_secret &&
		has_token_desk(organisation_roster(ret_session->organisation)))
		rc = take_tokens(ret_session, invitation, failure);
	invitation_free(invitation);
	sodium_free(text);
	return rc;
}
