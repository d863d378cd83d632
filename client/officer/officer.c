#include "officer.h"

#include "client/terminal.h"
#include "proto/encode.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void officer_close(struct officer *officer)
{
	if (officer == NULL)
		return;
	link_close(officer->link);
	organisation_free(officer->organisation);
	identity_free(officer->identity);
	home_close(officer->home);
	free(officer);
}

/* An exit code for what identity_load says in errno. */
static int identity_code(int error)
{
	switch (error) {
	case ENOENT:
		return EX_NOINPUT;
	case EKEYREJECTED:
		return EX_NOPERM;
	case EBADMSG:
		return EX_DATAERR;
	case ENOMEM:
		return EX_TEMPFAIL;
	default:
		return EX_CONFIG;
	}
}

static int load_identity(struct officer *officer, struct failure *failure)
{
	char path[PATH_MAX], *passphrase = NULL;
	struct fault fault;
	int len = snprintf(path, sizeof path, "%s/%s", home_path(officer->home), IDENTITY_FILE), rc;

	if (len < 0 || (size_t)len >= sizeof path)
		return failure_set(
			failure, EX_CONFIG, "the home's path is too long: give --home another one");
	rc = identity_load(path, NULL, 0, &officer->identity, &fault);
	if (rc != 0 && errno == ENOKEY) {
		if (take_passphrase(officer->invocation, false, &passphrase, failure) != 0)
			return -1;
		rc = identity_load(path, passphrase, passphrase == NULL ? 0 : strlen(passphrase),
			&officer->identity, &fault);
	}
	if (rc != 0)
		rc = failure_of(failure, identity_code(errno), &fault);
	sodium_free(passphrase);
	return rc;
}

int officer_open_unjoined(
	const struct invocation *invocation, struct officer **ret_officer, struct failure *failure)
{
	struct officer *officer = calloc(1, sizeof *officer);

	if (officer == NULL)
		return failure_memory(failure);
	officer->invocation = invocation;
	if (home_open(invocation, HOME_EXISTING, &officer->home, failure) != 0 ||
		load_identity(officer, failure) != 0) {
		officer_close(officer);
		return -1;
	}
	officer->items = items_in_folder(officer->home);
	*ret_officer = officer;
	return 0;
}

int officer_open(const struct invocation *invocation, struct officer **ret_officer, struct failure *failure)
{
	struct officer *officer = NULL;

	if (officer_open_unjoined(invocation, &officer, failure) != 0)
		return -1;
	if (organisation_load(&officer->items, &officer->organisation, failure) != 0) {
		officer_close(officer);
		return -1;
	}
	*ret_officer = officer;
	return 0;
}

static const struct roster_officer *me_in(const struct officer *officer)
{
	return roster_officer_by_key(
		organisation_roster(officer->organisation), officer->identity->public_key);
}

int officer_me(struct officer *officer, const struct roster_officer **ret_me, struct failure *failure)
{
	const struct roster_officer *me = me_in(officer);

	if (me == NULL) {
		if (organisation_refresh(officer->organisation, NULL, failure) != 0)
			return -1;
		me = me_in(officer);
	}
	if (me == NULL)
		return failure_set(failure, EX_NOPERM,
			"you are not in the organisation's roster: ask your admin to add your card");
	*ret_me = me;
	return 0;
}

/* A kept connection that the server has ended meanwhile looks like no connection: one more try on a new one.
 */
static int call_kept(struct officer *officer, const struct link_request *request,
	struct link_answer *ret_answer, struct failure *failure)
{
	if (officer->link == NULL)
		return failure_set(failure, EX_UNAVAILABLE, "no connection to the server: try again later");
	if (signed_call(officer->organisation, officer->link, officer->identity->signing_key, request,
		    ret_answer, failure) == 0)
		return 0;
	link_close(officer->link);
	officer->link = NULL;
	return -1;
}

int officer_call(struct officer *officer, const struct link_request *request,
	void (*restart)(void *sink_owner), struct link_answer *ret_answer, struct failure *failure)
{
	size_t servers = organisation_servers(officer->organisation);
	int rc = -1;

	if (restart != NULL)
		restart(request->sink_owner);
	rc = call_kept(officer, request, ret_answer, failure);
	for (size_t server = 0; rc != 0 && failure->exit_code == EX_UNAVAILABLE && server < servers;
		server++) {
		if (organisation_link(officer->organisation, server, &officer->link, failure) != 0)
			return -1;
		if (restart != NULL)
			restart(request->sink_owner);
		rc = call_kept(officer, request, ret_answer, failure);
	}
	return rc;
}

int officer_post(struct officer *officer, const char *path, const struct buffer *body, const char *why,
	struct failure *failure)
{
	struct link_request request = {
		.method = "POST", .path = path, .body = body->data, .body_len = body->len
	};
	struct link_answer answer = { 0 };
	int rc = officer_call(officer, &request, NULL, &answer, failure);

	if (rc == 0 && answer.status != 201)
		rc = link_refused(&answer, why, failure);
	link_answer_free(&answer);
	return rc;
}

int report_argument(const struct invocation *invocation, char ret_id[ID_SIZE], struct failure *failure)
{
	const char *text = arguments_operand(invocation->arguments, 0);
	uint8_t id[ID_BYTES];

	if (strlen(text) != ID_SIZE - 1 || hex_decode(text, ID_SIZE - 1, id, sizeof id) != 0)
		return failure_set(
			failure, EX_DATAERR, "that is no report: give the 64 characters that `pull' shows");
	memcpy(ret_id, text, ID_SIZE);
	return 0;
}
