/* `clarion cover`: dummy reports. */
#include "client/output.h"
#include "cover.h"
#include "duress.h"
#include "proto/cursor.h"
#include "purse.h"
#include "verbs.h"

#include <string.h>

#define EVERY_USUAL 24
#define NO_COVER    "no cover is scheduled: `cover set' begins it"

static int take_every(const struct invocation *invocation, uint64_t *ret_every, struct failure *failure)
{
	const char *text = arguments_option(invocation->arguments, "every");
	struct reader reader = reader_of(text, text == NULL ? 0 : strlen(text));

	*ret_every = EVERY_USUAL;
	if (text == NULL || (reader_decimal(&reader, ret_every) == 0 && reader_end(&reader) == 0 &&
				    *ret_every >= 1 && *ret_every <= COVER_EVERY_MAX))
		return 0;
	return failure_set(failure, EX_USAGE, "--every is a number of hours: give 1 to %d", COVER_EVERY_MAX);
}

static int choose_desk(const struct invocation *invocation, const struct roster *roster, struct cover *cover,
	struct failure *failure)
{
	const char *name = arguments_option(invocation->arguments, "desk");

	if (name == NULL && roster->desk_count == 1)
		name = roster->desks[0].name;
	if (name == NULL)
		return failure_set(failure, EX_USAGE,
			"your organisation has several desks: choose one with --desk (`join` shows them)");
	if (name_of(name, strlen(name), cover->desk) != 0 || roster_desk(roster, cover->desk) == NULL)
		return failure_set(
			failure, EX_DATAERR, "no desk has that name: `join` shows the desks' names");
	return 0;
}

static int say_tokens(const struct invocation *invocation, struct session *session, struct failure *failure)
{
	const struct roster *roster = organisation_roster(session->organisation);
	struct purse *purse = NULL;

	if (purse_load(session->vault, session->queue, &purse, failure) != 0)
		return -1;
	say(invocation,
		"Where the desk asks for admission tokens, each of them takes one: this home has %zu more, "
		"and "
		"keeps the last for reports. `join' with a new invitation takes more.\n",
		purse_count(purse, roster, organisation_now(session->organisation)));
	purse_free(purse);
	return 0;
}

static int answer(const struct invocation *invocation, const struct session *session,
	const struct cover *cover, struct failure *failure)
{
	char next[TIME_SIZE];

	if (cover == NULL)
		return output_result(invocation, json_pack("{s:b}", "scheduled", 0), failure);
	time_format(cover->next, next);
	return output_result(invocation,
		json_pack("{s:b, s:s, s:I, s:s, s:I}", "scheduled", 1, "desk", cover->desk, "every",
			(json_int_t)cover->every, "next", next, "ready", (json_int_t)cover_count(session)),
		failure);
}

static int set(const struct invocation *invocation, struct session *session, struct failure *failure)
{
	struct failure line;
	struct cover cover;

	if (take_every(invocation, &cover.every, failure) != 0)
		return -1;
	/* Without a network what is known does. */
	if (organisation_refresh(session->organisation, NULL, &line) != 0 && line.exit_code != EX_UNAVAILABLE)
		return failure_of(failure, line.exit_code, &line.fault);
	if (choose_desk(invocation, organisation_roster(session->organisation), &cover, failure) != 0)
		return -1;
	cover_draw(session, &cover);
	if (cover_drop(session, QUEUE_MAX, failure) != 0 || cover_fill(session, &cover, failure) != 0 ||
		cover_save(session, &cover, failure) != 0)
		return -1;
	say(invocation,
		translated_count(
			"From now on each use of this home sends one dummy report at its end, as long as a "
			"report without evidence, and `%s cover send`, started every quarter of an hour or "
			"so, "
			"sends one each hour (%llu) on average.\n",
			"From now on each use of this home sends one dummy report at its end, as long as a "
			"report without evidence, and `%s cover send`, started every hour or so, sends one "
			"each "
			"%llu hours on average.\n",
			(unsigned long)cover.every),
		invocation->program, (unsigned long long)cover.every);
	if (say_tokens(invocation, session, failure) != 0)
		return -1;
	return answer(invocation, session, &cover, failure);
}

int run_cover_set(const struct invocation *invocation, struct failure *failure)
{
	struct session session = { 0 };
	int rc = session_open(invocation, &session, failure);

	if (rc == 0)
		rc = set(invocation, &session, failure);
	session_close(&session);
	return rc;
}

static int send(const struct invocation *invocation, struct session *session, struct failure *failure)
{
	bool found = false, sent = false;
	struct failure ignored;
	struct cover cover;

	if (cover_load(session, &cover, &found, failure) != 0)
		return -1;
	if (!found)
		return failure_set(failure, EX_NOINPUT, NO_COVER);
	session->has_no_cover = true;
	if (!arguments_flag(invocation->arguments, "now") &&
		organisation_now(session->organisation) < cover.next)
		return output_result(invocation, json_pack("{s:i}", "sent", 0), failure);
	/* For one that could not be sealed at the last session's end. */
	if (cover_count(session) == 0 && cover_fill(session, &cover, failure) != 0)
		return -1;
	if (cover_send(session, &sent, failure) != 0)
		return -1;
	cover_draw(session, &cover);
	if (cover_save(session, &cover, failure) != 0)
		return -1;
	if (cover_fill(session, &cover, &ignored) != 0)
		say_aside(invocation, "%s", ignored.fault.text);
	duress_renew(session);
	return output_result(invocation, json_pack("{s:i}", "sent", sent ? 1 : 0), failure);
}

int run_cover_send(const struct invocation *invocation, struct failure *failure)
{
	struct session session = { 0 };
	int rc = session_open(invocation, &session, failure);

	if (rc == 0)
		rc = send(invocation, &session, failure);
	session_close(&session);
	return rc;
}

int run_cover_off(const struct invocation *invocation, struct failure *failure)
{
	struct session session = { 0 };
	int rc = session_open(invocation, &session, failure);

	/* Else the one home would send dummies and the other not. */
	if (rc == 0 && duress_is_set(&session))
		rc = failure_set(failure, EX_CONFIG,
			"the second passphrase's signal looks like cover, and needs it: `duress off' first");
	if (rc == 0 &&
		(cover_drop(&session, QUEUE_MAX, failure) != 0 || cover_save(&session, NULL, failure) != 0))
		rc = -1;
	if (rc == 0)
		rc = answer(invocation, &session, NULL, failure);
	session_close(&session);
	return rc;
}

int run_cover_status(const struct invocation *invocation, struct failure *failure)
{
	struct session session = { 0 };
	bool found = false;
	struct cover cover;
	char next[TIME_SIZE];
	int rc = session_open(invocation, &session, failure);

	if (rc == 0)
		rc = cover_load(&session, &cover, &found, failure);
	if (rc == 0 && found) {
		time_format(cover.next, next);
		say(invocation,
			"Each use of this home sends a dummy report to %s; `%s cover send` sends one from %s "
			"on.\n",
			cover.desk, invocation->program, next);
	} else if (rc == 0) {
		say(invocation, "No dummy reports are sent.\n");
	}
	if (rc == 0)
		rc = answer(invocation, &session, found ? &cover : NULL, failure);
	session_close(&session);
	return rc;
}
