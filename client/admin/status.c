/* status: what this home knows, then what the daemon says (69 where it doesn't answer). */
#include "draft.h"
#include "next_identity.h"
#include "server.h"
#include "show.h"
#include "verbs.h"

#include "client/audit_memory.h"
#include "keys/token_keys.h"
#include "keys/trust.h"
#include "proto/json.h"

#define STATUS_MAX        (64 * 1024)
#define STATUS_DONE       200
#define DAY_SECONDS       86400
#define TOKEN_KEY_WARNING (60 * 86400) /* time to hand out new invitations */

/* Begun days count. */
static int64_t days_left(const struct admin *admin)
{
	int64_t left = admin->newest->expires - admin_now(admin);

	return left <= 0 ? 0 : (left + DAY_SECONDS - 1) / DAY_SECONDS;
}

static json_t *notice(const struct admin *admin)
{
	int step = trust_expiry_step(admin->newest, admin_now(admin));

	return step == TRUST_NOT_SOON ? json_null() : json_integer(step);
}

static int home_facts(
	const struct admin *admin, const struct roster *draft, json_t **ret_facts, struct failure *failure)
{
	const struct roster *newest = admin->newest;
	char fingerprint[FINGERPRINT_SIZE];
	json_t *facts = NULL;
	int rc = 0;

	if (roster_fingerprint(newest, fingerprint) != 0 || (facts = show_roster_facts(newest, NULL)) == NULL)
		return failure_memory(failure);
	rc |= json_object_set_new(facts, "organisation", json_string(newest->organisation));
	rc |= json_object_set_new(facts, "fingerprint", json_string(fingerprint));
	rc |= json_object_set_new(facts, "days_left", json_integer((json_int_t)days_left(admin)));
	rc |= json_object_set_new(facts, "expiry_notice", notice(admin));
	rc |= json_object_set_new(facts, "admins", json_integer((json_int_t)newest->admin_count));
	rc |= json_object_set_new(facts, "desks", json_integer((json_int_t)newest->desk_count));
	rc |= json_object_set_new(facts, "officers", json_integer((json_int_t)newest->officer_count));
	rc |= json_object_set_new(
		facts, "draft", draft == NULL ? json_null() : json_integer((json_int_t)draft->version));
	rc |= json_object_set_new(facts, "server", json_null());
	if (rc != 0) {
		json_decref(facts);
		return failure_memory(failure);
	}
	*ret_facts = facts;
	return 0;
}

/* Tokens end with their key, and who holds some must have time to get others. */
static void say_token_key(const struct admin *admin)
{
	const struct roster *newest = admin->newest;
	const struct roster_token_key *key = token_key_newest(newest, admin_now(admin));
	bool asks = false;

	for (size_t at = 0; at < newest->desk_count; at++)
		asks = asks || newest->desks[at].admission == ADMISSION_TOKEN;
	if (asks && key == NULL)
		say(admin->invocation, "no token key is in force, so that nobody can be invited to report: "
				       "`rotate token', then `roster publish'\n");
	else if (asks && key->not_after - admin_now(admin) < TOKEN_KEY_WARNING)
		say(admin->invocation, "the newest token key ends within two months: `rotate token', then "
				       "`roster publish', then invite again\n");
}

static void say_home(const struct admin *admin, const struct roster *draft)
{
	const struct roster *newest = admin->newest;
	struct fault fault;

	say(admin->invocation, translated_count("%zu admin, ", "%zu admins, ", newest->admin_count),
		newest->admin_count);
	say(admin->invocation, translated_count("%zu desk, ", "%zu desks, ", newest->desk_count),
		newest->desk_count);
	say(admin->invocation, translated_count("%zu officer\n", "%zu officers\n", newest->officer_count),
		newest->officer_count);
	show_roster_line(admin->invocation, "newest", newest, NULL);
	if (draft != NULL)
		show_roster_line(admin->invocation, "draft", draft, newest);
	if (newest->threshold == 1)
		say(admin->invocation, "one admin alone can publish a roster: add a second with `admin "
				       "add', then say `threshold 2'\n");
	if (trust_fresh(newest, admin_now(admin), &fault) != 0)
		say(admin->invocation, "%s\n", fault.text);
	else if (trust_expiry_step(newest, admin_now(admin)) != TRUST_NOT_SOON)
		say(admin->invocation,
			translated_count("the roster expires in %lld day, and clients refuse it then: renew "
					 "it with `roster %s'\n",
				"the roster expires in %lld days, and clients refuse it then: renew it with "
				"`roster %s'\n",
				(unsigned long)days_left(admin)),
			(long long)days_left(admin), newest->threshold == 1 ? "publish" : "sign");
	say_token_key(admin);
	if (next_identity_waits(admin))
		say(admin->invocation,
			"your next key waits for a roster that names it: `rotate admin' drafts it again\n");
}

static int check_audit(const struct admin *admin, struct server *server, struct failure *failure)
{
	const struct audit_asked asked = { .invocation = admin->invocation,
		.items = &admin->items,
		.organisation = server->organisation,
		.ask = server_call,
		.owner = server };

	return audit_check(&asked, failure);
}

static int ask_server(struct admin *admin, json_t **ret_status, struct failure *failure)
{
	const struct link_request request = { .method = "GET", .path = "status", .answer_max = STATUS_MAX };
	struct link_answer answer = { 0 };
	struct server server;
	struct fault fault;
	int rc = -1;

	if (server_open(admin, &server, failure) != 0)
		goto cleanup;
	rc = server_call(&server, &request, &answer, failure);
	if (rc == 0 && answer.status != STATUS_DONE)
		rc = link_refused(&answer, "the server didn't tell its status", failure);
	else if (rc == 0 && json_parse((const char *)answer.body.data, answer.body.len, STATUS_MAX,
				    ret_status, &fault) != 0)
		rc = failure_of(failure, EX_PROTOCOL, &fault);
	if (rc == 0)
		rc = check_audit(admin, &server, failure);
cleanup:
	link_answer_free(&answer);
	server_close(&server);
	return rc;
}

static void say_server(const struct admin *admin, const json_t *status)
{
	uint64_t rewrap = 0, version = 0, reports = 0, open = 0, bytes = 0, capacity = 0;
	const json_t *roster = json_object_get(status, "roster");

	if (roster == NULL || member_number(roster, "version", &version) != 0 ||
		member_number(status, "reports", &reports) != 0 ||
		member_number(status, "open", &open) != 0 || member_number(status, "bytes", &bytes) != 0 ||
		member_number(status, "capacity", &capacity) != 0) {
		say(admin->invocation, "server: answers, in a form that this version doesn't know\n");
		return;
	}
	say(admin->invocation,
		translated_count("server: roster %llu, %llu report (%llu open), %llu of %llu MiB used\n",
			"server: roster %llu, %llu reports (%llu open), %llu of %llu MiB used\n", reports),
		(unsigned long long)version, (unsigned long long)reports, (unsigned long long)open,
		(unsigned long long)(bytes >> 20), (unsigned long long)(capacity >> 20));
	if (member_number(status, "rewrap", &rewrap) == 0 && rewrap > 0)
		say(admin->invocation,
			translated_count("%llu report has a header older than this roster: officers of its "
					 "desk should run `clarion-officer rewrap'\n",
				"%llu reports have a header older than this roster: officers of their desks "
				"should run `clarion-officer rewrap'\n",
				rewrap),
			(unsigned long long)rewrap);
	if (version != admin->newest->version)
		say_aside(admin->invocation, "the server's roster is %llu, this home's %llu",
			(unsigned long long)version, (unsigned long long)admin->newest->version);
}

/* What this home knows by now, and what the server said (NULL where it said nothing). */
static int show(struct admin *admin, const json_t *status, struct failure *failure)
{
	struct roster *draft = NULL;
	json_t *facts = NULL;
	int rc = -1;

	if (draft_load(admin, &draft, failure) != 0 || home_facts(admin, draft, &facts, failure) != 0)
		goto cleanup;
	say_home(admin, draft);
	if (status != NULL) {
		say_server(admin, status);
		if (json_object_set_new(facts, "server", json_deep_copy(status)) != 0) {
			rc = failure_memory(failure);
			goto cleanup;
		}
	}
	rc = output_result(admin->invocation, json_incref(facts), failure);
cleanup:
	json_decref(facts);
	roster_free(draft);
	return rc;
}

/* The result is printed in either case; the failure to reach the server is what status then ends with. */
int verb_status(const struct invocation *invocation, struct failure *failure)
{
	struct admin *admin = NULL;
	json_t *status = NULL;
	struct failure reached;
	int asked, rc = -1;

	if (admin_open(invocation, &admin, failure) != 0)
		return -1;
	asked = ask_server(admin, &status, &reached);
	rc = show(admin, status, failure);
	if (rc == 0 && asked != 0)
		rc = failure_of(failure, reached.exit_code, &reached.fault);
	json_decref(status);
	admin_close(admin);
	return rc;
}
