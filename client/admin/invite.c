/* invite: prints invitations, one a line. */
#include "invitations.h"
#include "options.h"
#include "qr.h"
#include "verbs.h"

#include "client/output.h"
#include "keys/trust.h"
#include "proto/invitation.h"

#include <sodium.h>
#include <string.h>

#define QR_MAX (64 * 1024)

/* Invitations in the making. */
struct inviting {
	struct admin *admin;
	struct invitation invitation;
	const struct roster_desk *desk;              /* NULL where nobody needs a token */
	uint8_t (*secrets)[INVITATION_SECRET_BYTES]; /* one each, for a desk that admits with tokens */
	size_t count;
};

/* Without a name: the invited are somebody who reports, wherever that needs a token. */
static const struct roster_desk *any_desk(const struct roster *roster)
{
	for (size_t at = 0; at < roster->desk_count; at++)
		if (roster->desks[at].admission == ADMISSION_TOKEN)
			return &roster->desks[at];
	return NULL;
}

static int find_desk(const struct admin *admin, const struct roster_desk **ret_desk, struct failure *failure)
{
	const char *name = arguments_option(admin->invocation->arguments, "desk");
	bool is_officer = arguments_flag(admin->invocation->arguments, "officer");

	if (name != NULL && is_officer)
		return failure_set(failure, EX_USAGE,
			"an officer's desks are in the roster: give --officer or --desk, not both");
	*ret_desk = is_officer     ? NULL
		    : name == NULL ? any_desk(admin->newest)
				   : roster_desk(admin->newest, name);
	if (name != NULL && *ret_desk == NULL)
		return failure_set(failure, EX_DATAERR,
			"there is no such desk in force: add it with `desk add', then `roster publish'");
	return 0;
}

static int show_code(const struct invocation *invocation, const char *text, struct failure *failure)
{
	struct buffer drawing = buffer_of(QR_MAX);
	const char *lines = qr_draw(text, &drawing) == 0 ? buffer_text(&drawing) : NULL;

	if (lines != NULL)
		say(invocation, "%s", lines);
	buffer_free(&drawing);
	return lines != NULL ? 0 : failure_memory(failure);
}

static int print_one(const struct invocation *invocation, const struct invitation *invitation, json_t *list,
	struct failure *failure)
{
	struct buffer line = buffer_of(INVITATION_MAX);
	const char *text = invitation_write(invitation, &line) == 0 ? buffer_text(&line) : NULL;
	int rc = -1;

	if (text == NULL || json_array_append_new(list, json_string(text)) != 0) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (!invocation->json)
		say(invocation, "%s\n", text);
	rc = arguments_flag(invocation->arguments, "qr") ? show_code(invocation, text, failure) : 0;
cleanup:
	buffer_free(&line);
	return rc;
}

/* Each person gets a SECRET of her own, so that one of them can't use up another's. */
static int make_secrets(struct inviting *inviting, struct failure *failure)
{
	if (inviting->desk == NULL || inviting->desk->admission == ADMISSION_OPEN)
		return 0;
	inviting->secrets = sodium_malloc(inviting->count * sizeof *inviting->secrets);
	if (inviting->secrets == NULL)
		return failure_memory(failure);
	return invitations_make(inviting->admin, inviting->desk, inviting->secrets, inviting->count, failure);
}

static int invite(struct inviting *inviting, json_t *list, struct failure *failure)
{
	struct invitation *invitation = &inviting->invitation;

	if (find_desk(inviting->admin, &inviting->desk, failure) != 0 ||
		invitation_of(inviting->admin->newest, invitation, failure) != 0 ||
		make_secrets(inviting, failure) != 0)
		return -1;
	for (size_t at = 0; at < inviting->count; at++) {
		invitation->has_secret = inviting->secrets != NULL;
		if (invitation->has_secret)
			memcpy(invitation->secret, inviting->secrets[at], sizeof invitation->secret);
		if (print_one(inviting->admin->invocation, invitation, list, failure) != 0)
			return -1;
	}
	return 0;
}

int verb_invite(const struct invocation *invocation, struct failure *failure)
{
	const char *count_text = arguments_option(invocation->arguments, "count");
	struct inviting *inviting = sodium_malloc(sizeof *inviting);
	json_t *list = json_array();
	uint64_t count = 1;
	struct fault fault;
	int rc = -1;

	if (list == NULL || inviting == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	sodium_memzero(inviting, sizeof *inviting);
	if ((count_text != NULL &&
		    option_number(count_text, "--count", 1, INVITATION_LIST_MAX, &count, failure) != 0) ||
		admin_open(invocation, &inviting->admin, failure) != 0)
		goto cleanup;
	inviting->count = (size_t)count;
	if (invite(inviting, list, failure) != 0)
		goto cleanup;
	if (trust_fresh(inviting->admin->newest, admin_now(inviting->admin), &fault) != 0)
		say_aside(invocation, "%s", fault.text);
	rc = output_result(invocation, json_pack("{s:O}", "invitations", list), failure);
cleanup:
	json_decref(list);
	if (inviting != NULL) {
		sodium_free(inviting->secrets);
		admin_close(inviting->admin);
	}
	sodium_free(inviting);
	return rc;
}
