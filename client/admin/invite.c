/* invite: prints invitations, one a line. */
#include "admin.h"
#include "options.h"
#include "qr.h"
#include "verbs.h"

#include "client/output.h"
#include "keys/trust.h"
#include "proto/invitation.h"

#include <string.h>

#define COUNT_MAX 1000
#define QR_MAX    (64 * 1024)

/* A desk that admits with tokens needs a SECRET that the daemon knows: one a person, so that one of them can
 * be stopped. Whoever adds admission tokens fills in has_secret and secret here, one call an invitation. */
static int admit(const struct roster_desk *desk, struct invitation *invitation, struct failure *failure)
{
	invitation->has_secret = false;
	if (desk == NULL || desk->admission == ADMISSION_OPEN)
		return 0;
	return failure_set(failure, EX_CONFIG,
		"the desk %s admits with tokens, which this version can't hand out: use a desk with "
		"--admission open",
		desk->name);
}

static int find_desk(const struct admin *admin, const struct roster_desk **ret_desk, struct failure *failure)
{
	const char *name = arguments_option(admin->invocation->arguments, "desk");

	if (name == NULL)
		return 0;
	if (arguments_flag(admin->invocation->arguments, "officer"))
		return failure_set(failure, EX_USAGE,
			"an officer's desks are in the roster: give --officer or --desk, not both");
	*ret_desk = roster_desk(admin->newest, name);
	if (*ret_desk == NULL)
		return failure_set(failure, EX_DATAERR,
			"there is no such desk in force: add it with `desk add', then `roster publish'");
	return 0;
}

static int fill(const struct roster *roster, struct invitation *ret_invitation, struct failure *failure)
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

static int invite(const struct admin *admin, uint64_t count, json_t *list, struct failure *failure)
{
	struct invitation invitation = { .version = 0 };
	const struct roster_desk *desk = NULL;

	if (find_desk(admin, &desk, failure) != 0 || fill(admin->newest, &invitation, failure) != 0)
		return -1;
	for (uint64_t at = 0; at < count; at++) {
		if (admit(desk, &invitation, failure) != 0 ||
			print_one(admin->invocation, &invitation, list, failure) != 0)
			return -1;
	}
	return 0;
}

int verb_invite(const struct invocation *invocation, struct failure *failure)
{
	const char *count_text = arguments_option(invocation->arguments, "count");
	struct admin *admin = NULL;
	json_t *list = json_array();
	uint64_t count = 1;
	struct fault fault;
	int rc = -1;

	if (list == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if ((count_text != NULL &&
		    option_number(count_text, "--count", 1, COUNT_MAX, &count, failure) != 0) ||
		admin_open(invocation, &admin, failure) != 0 || invite(admin, count, list, failure) != 0)
		goto cleanup;
	if (trust_fresh(admin->newest, admin_now(admin), &fault) != 0)
		say_aside(invocation, "%s", fault.text);
	rc = output_result(invocation, json_pack("{s:O}", "invitations", list), failure);
cleanup:
	json_decref(list);
	admin_close(admin);
	return rc;
}
