/* `clarion join`: pins the organisation that an invitation names. */
#include "client/output.h"
#include "client/terminal.h"
#include "exchange.h"
#include "verbs.h"

#include <sodium.h>
#include <string.h>

/* The vault that is there, or a new one. */
static int take_vault(const struct invocation *invocation, struct session *session, bool *ret_is_new,
	struct failure *failure)
{
	char *passphrase = NULL;
	int rc;

	*ret_is_new = !vault_is_there(session->home);
	if (!*ret_is_new)
		return vault_open(session->home, invocation, &session->vault, failure);
	if (take_passphrase(invocation, true, &passphrase, failure) != 0)
		return -1;
	rc = vault_create(session->home, passphrase, &session->vault, failure);
	sodium_free(passphrase);
	return rc;
}

static void show(const struct invocation *invocation, const struct organisation *organisation)
{
	const struct roster *roster = organisation_roster(organisation);
	struct buffer text = buffer_of(ROSTER_MAX_BYTES);

	buffer_put_string(&text, translated("You have joined: "));
	terminal_safe(roster->organisation, strlen(roster->organisation), &text);
	buffer_put_string(&text, translated("\nIts desks:\n"));
	for (size_t at = 0; at < roster->desk_count; at++) {
		buffer_put_format(&text, "  %s  ", roster->desks[at].name);
		terminal_safe(roster->desks[at].title, strlen(roster->desks[at].title), &text);
		buffer_put_string(&text, "\n");
	}
	if (buffer_text(&text) != NULL)
		say(invocation, "%s", buffer_text(&text));
	buffer_free(&text);
}

static int answer(const struct invocation *invocation, const struct organisation *organisation, size_t tokens,
	struct failure *failure)
{
	const struct roster *roster = organisation_roster(organisation);
	json_t *desks = json_array();
	json_t *result = json_pack("{s:s, s:s, s:I, s:I, s:o}", "organisation", roster->organisation,
		"fingerprint", organisation_fingerprint(organisation), "version", (json_int_t)roster->version,
		"tokens", (json_int_t)tokens, "desks", desks);

	for (size_t at = 0; result != NULL && at < roster->desk_count; at++)
		if (json_array_append_new(desks, json_pack("{s:s, s:s}", "desk", roster->desks[at].name,
							 "title", roster->desks[at].title)) != 0) {
			json_decref(result);
			result = NULL;
		}
	return output_result(invocation, result, failure);
}

/* The organisation is pinned whatever becomes of the tokens: with an invitation that was used she reads her
 * answers on a device that is new. In a home that has joined before, tokens are all that she can have come
 * for. Says in the end what she has. */
static int take_tokens(const struct invocation *invocation, struct session *session,
	const struct invitation *invitation, bool is_new, struct failure *failure)
{
	struct failure refused = { .exit_code = 0 };
	struct purse *purse = NULL;
	size_t count;
	int rc;

	if (queue_load(session->vault, &session->queue, failure) != 0 ||
		purse_load(session->vault, session->queue, &purse, failure) != 0)
		return -1;
	rc = invitation->has_secret ? tokens_take(session, invitation, purse, &refused)
				    : purse_keep(purse, &refused);
	count = purse_count(
		purse, organisation_roster(session->organisation), organisation_now(session->organisation));
	if (count > 0)
		say(invocation, "Admission tokens, one for each report: %zu.\n", count);
	if (invitation->has_secret && rc == 0)
		say(invocation, "If you can, report an hour from now or later: nobody can tell then by the "
				"time that it was you.\n");
	purse_free(purse);
	if (rc != 0 && is_new && refused.exit_code == EX_NOPERM) {
		say_aside(invocation, "%s", refused.fault.text);
		rc = 0;
	}
	if (answer(invocation, session->organisation, count, failure) != 0)
		return -1;
	return rc == 0 ? 0 : failure_of(failure, refused.exit_code, &refused.fault);
}

int run_join(const struct invocation *invocation, struct failure *failure)
{
	const char *proxy = arguments_option(invocation->arguments, "proxy");
	struct session session = { 0 };
	struct invitation *invitation = NULL;
	bool is_new = false;
	int rc = -1;

	if ((proxy != NULL && link_proxy_check(proxy, failure) != 0) ||
		take_invitation(invocation, &invitation, failure) != 0 ||
		home_open(invocation, HOME_CREATE, &session.home, failure) != 0)
		goto cleanup;
	if (take_vault(invocation, &session, &is_new, failure) != 0)
		goto cleanup;
	session.items = vault_items(session.vault);
	if (organisation_join(&session.items, invitation, proxy == NULL ? "" : proxy, &session.organisation,
		    failure) != 0) {
		if (is_new)
			vault_discard(session.vault);
		goto cleanup;
	}
	show(invocation, session.organisation);
	rc = take_tokens(invocation, &session, invitation, is_new, failure);
	if (rc == 0)
		rc = receipt_prepare(session.queue, failure);
cleanup:
	invitation_free(invitation);
	session_close(&session);
	return rc;
}
