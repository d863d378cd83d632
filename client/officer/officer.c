#include "officer.h"

#include "client/audit_memory.h"
#include "client/output.h"
#include "client/terminal.h"
#include "keys/trust.h"
#include "proto/encode.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_NOT_PERMITTED 403
#define EXPIRY_WARNED_DAYS   3

void officer_close(struct officer *officer)
{
	struct failure ignored;

	if (officer == NULL)
		return;
	link_close(officer->link);
	/* Whoever doesn't take the roster that follows a new key won't know the one after it. */
	if (officer->met_next_key && organisation_refresh(officer->organisation, NULL, &ignored) != 0)
		say_aside(officer->invocation, "the newest roster didn't come: %s", ignored.fault.text);
	organisation_free(officer->organisation);
	for (size_t at = 0; at < OFFICER_ROSTERS; at++)
		roster_free(officer->past[at]);
	identity_free(officer->identities);
	sodium_free(officer->passphrase);
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

static int identity_path(const struct officer *officer, char ret_path[PATH_MAX], struct failure *failure)
{
	int len = snprintf(ret_path, PATH_MAX, "%s/%s", home_path(officer->home), IDENTITY_FILE);

	if (len < 0 || len >= PATH_MAX)
		return failure_set(
			failure, EX_CONFIG, "the home's path is too long: give --home another one");
	return 0;
}

static int load_with(struct officer *officer, const char *path, struct fault *fault)
{
	return identity_load(path, officer->passphrase,
		officer->passphrase == NULL ? 0 : strlen(officer->passphrase), &officer->identities, fault);
}

static int load_identities(struct officer *officer, struct failure *failure)
{
	char path[PATH_MAX];
	struct fault fault;
	int rc;

	if (identity_path(officer, path, failure) != 0)
		return -1;
	rc = load_with(officer, path, &fault);
	if (rc != 0 && errno == ENOKEY) {
		if (take_passphrase(officer->invocation, false, &officer->passphrase, failure) != 0)
			return -1;
		rc = load_with(officer, path, &fault);
	}
	if (rc != 0)
		return failure_of(failure, identity_code(errno), &fault);
	officer->identity = officer->identities;
	return 0;
}

/* Another program of hers may have made new ones since (`rotate' beside a `watch'). Where they can't be read,
 * those that are known stay. */
static void reload_identities(struct officer *officer)
{
	struct identity *before = officer->identities;
	char path[PATH_MAX];
	struct failure ignored;
	struct fault fault;

	if (identity_path(officer, path, &ignored) != 0 || load_with(officer, path, &fault) != 0) {
		officer->identities = before;
		return;
	}
	identity_free(before);
	officer->identity = officer->identities;
}

/* Between a rotation and the roster that says so she is the one she was before. NULL where the roster knows
 * none of her keys. */
static const struct roster_officer *choose_identity(struct officer *officer)
{
	const struct roster *roster = organisation_roster(officer->organisation);

	for (struct identity *one = officer->identities; one != NULL; one = one->older) {
		const struct roster_officer *me = roster_officer_by_key(roster, one->public_key);

		if (me != NULL) {
			officer->identity = one;
			return me;
		}
	}
	return NULL;
}

int officer_open_unjoined(
	const struct invocation *invocation, struct officer **ret_officer, struct failure *failure)
{
	struct officer *officer = calloc(1, sizeof *officer);

	if (officer == NULL)
		return failure_memory(failure);
	officer->invocation = invocation;
	if (home_open(invocation, HOME_EXISTING, &officer->home, failure) != 0 ||
		load_identities(officer, failure) != 0) {
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
	(void)choose_identity(officer);
	organisation_listen(officer->organisation, invocation, officer->identity->public_key);
	*ret_officer = officer;
	return 0;
}

bool officer_is_me(const struct officer *officer, const uint8_t keyid[ED25519_PUBLIC_BYTES])
{
	for (const struct identity *one = officer->identities; one != NULL; one = one->older) {
		if (bytes_equal(one->public_key, keyid, ED25519_PUBLIC_BYTES))
			return true;
	}
	return false;
}

int officer_roster_at(
	struct officer *officer, uint64_t version, const struct roster **ret_roster, struct failure *failure)
{
	const struct roster *newest = organisation_roster(officer->organisation);
	struct roster *roster = NULL;

	if (newest->version == version) {
		*ret_roster = newest;
		return 0;
	}
	for (size_t at = 0; at < OFFICER_ROSTERS; at++) {
		if (officer->past[at] != NULL && officer->past[at]->version == version) {
			*ret_roster = officer->past[at];
			return 0;
		}
	}
	if (organisation_roster_at(officer->organisation, version, &roster, failure) != 0)
		return -1;
	roster_free(officer->past[officer->past_next]);
	officer->past[officer->past_next] = roster;
	officer->past_next = (officer->past_next + 1) % OFFICER_ROSTERS;
	*ret_roster = roster;
	return 0;
}

int officer_unwrap(const struct officer *officer, const struct age_header *header,
	uint8_t ret_file_key[AGE_FILE_KEY_BYTES], const struct age_identity **ret_identity,
	struct fault *fault)
{
	for (const struct identity *one = officer->identities; one != NULL; one = one->older) {
		if (age_header_unwrap(header, one->age, ret_file_key, fault) == 0) {
			*ret_identity = one->age;
			return 0;
		}
	}
	return -1;
}

/* Nobody can report once it has expired: an admin who forgets is reminded by those who notice. */
static void warn_of_expiry(const struct officer *officer)
{
	const struct roster *roster = organisation_roster(officer->organisation);
	int step = trust_expiry_step(roster, organisation_now(officer->organisation));

	if (step != TRUST_NOT_SOON && step <= EXPIRY_WARNED_DAYS)
		say_aside(officer->invocation,
			translated_count("the roster expires in %d day or less, and nobody can report then: "
					 "remind your admin",
				"the roster expires in %d days or less, and nobody can report then: remind "
				"your admin",
				(unsigned long)step),
			step);
}

int officer_me(struct officer *officer, const struct roster_officer **ret_me, struct failure *failure)
{
	const struct roster_officer *me = NULL;

	/* Without a network what is known does: the call that follows tells. */
	if (organisation_refresh(officer->organisation, NULL, failure) != 0 &&
		failure->exit_code != EX_UNAVAILABLE)
		return -1;
	if (organisation_fresh(officer->organisation, failure) != 0)
		return -1;
	warn_of_expiry(officer);
	me = choose_identity(officer);
	if (me == NULL) {
		reload_identities(officer);
		me = choose_identity(officer);
	}
	if (me == NULL)
		return failure_set(failure, EX_NOPERM,
			"you are not in the organisation's roster: ask your admin to add your card");
	*ret_me = me;
	return 0;
}

int officer_desks(struct officer *officer, char ret_desks[OFFICER_DESKS_MAX][NAME_SIZE], size_t *ret_count,
	struct failure *failure)
{
	const struct roster_officer *me;

	if (officer_me(officer, &me, failure) != 0)
		return -1;
	memcpy(ret_desks, me->desks, sizeof me->desks);
	*ret_count = me->desk_count;
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
		    ret_answer, failure) == 0) {
		officer->met_next_key |= link_met_next_key(officer->link);
		return 0;
	}
	return -1;
}

static int call_servers(struct officer *officer, const struct link_request *request,
	void (*restart)(void *sink_owner), struct link_answer *ret_answer, struct failure *failure)
{
	size_t servers = organisation_servers(officer->organisation);
	struct failure worst = { .exit_code = 0 };
	int rc = -1;

	if (restart != NULL)
		restart(request->sink_owner);
	rc = call_kept(officer, request, ret_answer, failure);
	for (size_t server = 0; rc != 0 && server < servers; server++) {
		const bool again = organisation_try_next(officer->link, failure, &worst);
		link_close(officer->link);
		officer->link = NULL;
		if (!again)
			break;
		if (organisation_link(officer->organisation, server, &officer->link, failure) != 0)
			return -1;
		if (restart != NULL)
			restart(request->sink_owner);
		rc = call_kept(officer, request, ret_answer, failure);
	}
	if (rc != 0) {
		link_close(officer->link);
		officer->link = NULL;
		organisation_tried(&worst, failure);
	}
	return rc;
}

/* The roster in force may know her by her next key already: the newest decides, once. */
int officer_call(struct officer *officer, const struct link_request *request,
	void (*restart)(void *sink_owner), struct link_answer *ret_answer, struct failure *failure)
{
	const struct identity *before = officer->identity;
	struct failure ignored;
	int rc = call_servers(officer, request, restart, ret_answer, failure);

	if (rc != 0 || ret_answer->status != STATUS_NOT_PERMITTED || officer->identities->older == NULL ||
		organisation_refresh(officer->organisation, NULL, &ignored) != 0)
		return rc;
	(void)choose_identity(officer);
	if (officer->identity == before)
		return rc;
	link_answer_free(ret_answer);
	return call_servers(officer, request, restart, ret_answer, failure);
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

static int ask(void *owner, const struct link_request *request, struct link_answer *ret_answer,
	struct failure *failure)
{
	return officer_call(owner, request, NULL, ret_answer, failure);
}

int officer_check_audit(struct officer *officer, struct failure *failure)
{
	const struct audit_asked asked = { .invocation = officer->invocation,
		.items = &officer->items,
		.organisation = officer->organisation,
		.ask = ask,
		.owner = officer };

	if (audit_check(&asked, failure) == 0)
		return 0;
	if (failure->exit_code == EX_PROTOCOL || failure->exit_code == EX_CONFIG)
		return -1;
	say_aside(officer->invocation, "the audit log could not be compared with what was seen of it (%s)",
		failure->fault.text);
	return 0;
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

int officer_on_report(const struct invocation *invocation,
	int (*run)(struct officer *officer, const char *id, struct failure *failure), struct failure *failure)
{
	struct officer *officer = NULL;
	char id[ID_SIZE];
	int rc = -1;

	if (report_argument(invocation, id, failure) == 0 && officer_open(invocation, &officer, failure) == 0)
		rc = run(officer, id, failure);
	officer_close(officer);
	return rc;
}
