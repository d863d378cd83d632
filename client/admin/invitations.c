#include "invitations.h"

#include "client/signed_call.h"
#include "keys/token_keys.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CREATED     201
#define DAY_SECONDS 86400

static int fill(const struct admin *admin, const struct roster_desk *desk,
	uint8_t (*secrets)[INVITATION_SECRET_BYTES], size_t count, struct invitation_list *list)
{
	memcpy(list->desk, desk->name, sizeof list->desk);
	list->expires = admin_now(admin) + (int64_t)INVITATION_LIFE_DAYS * DAY_SECONDS;
	list->count = count;
	for (size_t i = 0; i < count; i++) {
		randombytes_buf(secrets[i], INVITATION_SECRET_BYTES);
		if (invitation_hash(secrets[i], list->hashes[i]) != 0)
			return -1;
	}
	return 0;
}

/* The first server of the roster that can be reached. */
static int call(struct organisation *organisation, const struct identity *identity,
	const struct link_request *request, struct link_answer *ret_answer, struct failure *failure)
{
	int rc = -1;

	for (size_t server = 0; server < organisation_servers(organisation); server++) {
		struct link *link = NULL;

		if (organisation_link(organisation, server, &link, failure) != 0)
			return -1;
		rc = signed_call(organisation, link, identity->signing_key, request, ret_answer, failure);
		link_close(link);
		if (rc == 0 || failure->exit_code != EX_UNAVAILABLE)
			break;
	}
	return rc;
}

static int tell(struct admin *admin, const struct invitation_list *list, struct failure *failure)
{
	struct buffer body = buffer_of(INVITATION_LIST_BYTES);
	struct link_request request = { .method = "POST", .path = "invitations" };
	struct link_answer answer = { 0 };
	struct organisation *organisation = NULL;
	struct identity *identity = NULL;
	int rc = -1;

	if (invitation_list_write(list, &body) != 0) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (organisation_load(&admin->items, &organisation, failure) != 0 ||
		admin_identity(admin, &identity, failure) != 0)
		goto cleanup;
	request.body = body.data;
	request.body_len = body.len;
	rc = call(organisation, identity, &request, &answer, failure);
	if (rc == 0 && answer.status != CREATED)
		rc = link_refused(&answer, "the server took no invitations", failure);
cleanup:
	link_answer_free(&answer);
	identity_free(identity);
	organisation_free(organisation);
	buffer_free(&body);
	return rc;
}

int invitations_make(struct admin *admin, const struct roster_desk *desk,
	uint8_t (*secrets)[INVITATION_SECRET_BYTES], size_t count, struct failure *failure)
{
	struct invitation_list *list = calloc(1, sizeof *list);
	int rc;

	if (token_key_newest(admin->newest, admin_now(admin)) == NULL)
		rc = failure_set(failure, EX_CONFIG,
			"no token key is in force, so that an invitation would give no tokens: `rotate "
			"token', then "
			"`roster publish'");
	else if (list == NULL || fill(admin, desk, secrets, count, list) != 0)
		rc = failure_memory(failure);
	else
		rc = tell(admin, list, failure);
	free(list);
	return rc;
}

int invitation_of(const struct roster *roster, struct invitation *ret_invitation, struct failure *failure)
{
	const struct roster_server *server = &roster->servers[0];
	struct fault fault;

	if (server_url_parse(server->url, strlen(server->url), &ret_invitation->url, &fault) != 0)
		return failure_of(failure, EX_DATAERR, &fault);
	if (roster_fingerprint(roster, ret_invitation->fingerprint) != 0)
		return failure_memory(failure);
	memcpy(ret_invitation->pin, server->pin, INVITATION_PIN_BYTES);
	ret_invitation->version = roster->version;
	return 0;
}

int invitations_text(
	struct admin *admin, const struct roster_desk *desk, struct buffer *out, struct failure *failure)
{
	struct invitation *invitation = sodium_malloc(sizeof *invitation);
	uint8_t(*secret)[INVITATION_SECRET_BYTES] = sodium_malloc(sizeof *secret);
	int rc = -1;

	if (invitation == NULL || secret == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	sodium_memzero(invitation, sizeof *invitation);
	if (invitation_of(admin->newest, invitation, failure) != 0)
		goto cleanup;
	invitation->has_secret = desk->admission == ADMISSION_TOKEN;
	if (invitation->has_secret) {
		if (invitations_make(admin, desk, secret, 1, failure) != 0)
			goto cleanup;
		memcpy(invitation->secret, secret, sizeof invitation->secret);
	}
	rc = invitation_write(invitation, out) == 0 ? 0 : failure_memory(failure);
cleanup:
	sodium_free(invitation);
	sodium_free(secret);
	return rc;
}
