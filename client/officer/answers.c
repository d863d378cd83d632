/* answers: what other desks, here or at partners, say of a report's referrals. Each is proven by the roster
 * of the organisation that it comes from, and kept with the case, once, as an event of this officer's. */
#include "history.h"
#include "partner.h"
#include "verbs.h"

#include "client/output.h"
#include "client/terminal.h"
#include "proto/age_file.h"
#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/event_content.h"
#include "proto/receipt.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAILBOX_ANSWER_MAX (64 * 1024 * 1024)
#define MAILBOX_FILE_MAX   (256 * 1024)
#define SHOWN_MAX          (1024 * 1024)

/* From the history: the referrals, and the digests of what was kept before. */
struct gathered {
	json_t *referrals; /* contents of `refer` events */
	json_t *kept;      /* an object with the digests as names */
};

static int gather(void *context, const struct history_entry *entry, struct failure *failure)
{
	struct gathered *gathered = context;
	json_t *message = json_object_get(entry->content, "message");

	if (entry->event->type == EVENT_REFER && json_object_get(entry->content, "receipt") != NULL &&
		json_array_append_new(gathered->referrals, json_deep_copy(entry->content)) != 0)
		return failure_memory(failure);
	if (json_is_string(message) &&
		json_object_set_new(gathered->kept, json_string_value(message), json_true()) != 0)
		return failure_memory(failure);
	return 0;
}

/* One referral's answers on their way in. */
struct answering {
	struct officer *officer;
	const struct report *report;
	struct history *history;
	struct gathered *gathered;
	const json_t *referral;
	struct partner partner;
	struct organisation *organisation; /* that answers */
	struct receipt_keys *keys;
	json_t *list;   /* of all answers, for the verb's own */
	json_t *failed; /* referrals whose answers couldn't be had */
};

static const char *member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

static int open_organisation(struct answering *answering, struct failure *failure)
{
	const char *name = member(answering->referral, "partner");

	answering->organisation = answering->officer->organisation;
	if (name[0] == '\0')
		return 0;
	if (partner_open(answering->officer, name, &answering->partner, failure) != 0)
		return -1;
	answering->organisation = answering->partner.organisation;
	return 0;
}

static int open_keys(struct answering *answering, struct failure *failure)
{
	uint8_t *seed = sodium_malloc(RECEIPT_SEED_BYTES);
	int rc = 0;

	if (seed == NULL || receipt_stretch(member(answering->referral, "receipt"), seed) != 0 ||
		(answering->keys = receipt_keys_of(seed)) == NULL)
		rc = failure_memory(failure);
	sodium_free(seed);
	return rc;
}

static int fetch(const struct answering *answering, json_t **ret_list, struct failure *failure)
{
	char key[BASE64_CHARS(MAILBOX_KEY_BYTES) + 1], path[64];
	struct link_request request = { .method = "GET",
		.path = path,
		.headers = { { "Mailbox-Key", key } },
		.header_count = 1,
		.answer_max = MAILBOX_ANSWER_MAX };
	struct link_answer answer = { 0 };
	json_t *list = NULL;
	int rc;

	(void)snprintf(path, sizeof path, "mailboxes/%s", answering->keys->mailbox);
	base64_encode(BASE64_URL, answering->keys->mailbox_key, MAILBOX_KEY_BYTES, key);
	rc = organisation_call(answering->organisation, &request, &answer, failure);
	sodium_memzero(key, sizeof key);
	if (rc != 0)
		return -1;
	if (answer.status == 200)
		list = json_loadb(
			(const char *)answer.body.data, answer.body.len, JSON_REJECT_DUPLICATES, NULL);
	if (answer.status != 200)
		rc = link_refused(&answer, "the answers can't be read", failure);
	else if (!json_is_array(list))
		rc = failure_set(failure, EX_PROTOCOL,
			"the server's answer isn't a mailbox: try again, then tell your organisation's "
			"admin");
	if (rc == 0)
		*ret_list = json_incref(list);
	json_decref(list);
	link_answer_free(&answer);
	return rc;
}

/* NULL for what isn't a message to this receipt. *ret_digest names the sealed file. */
static struct mailbox_message *open_message(
	const struct answering *answering, const json_t *item, char ret_digest[SHA256_HEX_CHARS + 1])
{
	const json_t *text = json_object_get(item, "message");
	struct mailbox_message *message = NULL;
	uint8_t *file = malloc(MAILBOX_FILE_MAX), *plain = NULL, digest[SHA256_BYTES];
	struct fault fault;
	size_t file_len, len;

	if (file != NULL && json_is_string(text) &&
		base64_decode(BASE64_PADDED, json_string_value(text), json_string_length(text), file,
			MAILBOX_FILE_MAX, &file_len) == 0 &&
		sha256_once(file, file_len, digest) == 0 &&
		age_file_open(file, file_len, &answering->keys->replies, &plain, &len, &fault) == 0 &&
		mailbox_message_parse((const char *)plain, len, &message, &fault) != 0)
		message = NULL;
	if (message != NULL)
		hex_encode(digest, sizeof digest, ret_digest);
	sodium_free(plain);
	free(file);
	return message;
}

/* *ret_from is "" where nothing proves who wrote it. */
static int prove(const struct answering *answering, const struct mailbox_message *message,
	char ret_from[NAME_SIZE], struct failure *failure)
{
	struct roster *roster = NULL;
	const struct roster_officer *by;

	ret_from[0] = '\0';
	if (organisation_roster_at(answering->organisation, message->roster, &roster, failure) != 0)
		return failure->exit_code == EX_UNAVAILABLE || failure->exit_code == EX_TEMPFAIL ? -1 : 0;
	if (mailbox_message_prove(message, answering->keys->mailbox, member(answering->referral, "report"),
		    roster, member(answering->referral, "desk"), &by) == 0)
		memcpy(ret_from, by->name, sizeof by->name);
	roster_free(roster);
	return 0;
}

/* Whoever has the case reads it there: what came of a referral doesn't depend on who asked for it. */
static int keep(struct answering *answering, const struct mailbox_message *message, const char *digest,
	const char *from, struct failure *failure)
{
	json_t *content = json_pack("{s:O, s:O, s:s, s:s, s:s}", "report",
		json_object_get(answering->referral, "report"), "desk",
		json_object_get(answering->referral, "desk"), "message", digest, "from", from, "says",
		state_word(message->state));
	json_t *partner = json_object_get(answering->referral, "partner");
	int rc = -1;

	if (content == NULL || (partner != NULL && json_object_set(content, "partner", partner) != 0) ||
		(message->text[0] != '\0' && strlen(message->text) <= CONTENT_TEXT_MAX &&
			json_object_set_new(content, "text", json_string(message->text)) != 0))
		rc = failure_memory(failure);
	else
		rc = history_add(answering->officer, answering->report, EVENT_NOTE, content,
			answering->history, failure);
	json_decref(content);
	return rc;
}

static int show(struct answering *answering, const struct mailbox_message *message, const char *from,
	struct failure *failure)
{
	const struct invocation *invocation = answering->officer->invocation;
	struct buffer text = buffer_of(SHOWN_MAX);
	char sent[TIME_SIZE];

	time_format(message->sent, sent);
	terminal_safe_lines(message->text, strlen(message->text), "    ", &text);
	say(invocation, "%s  %s%s%s: %s, %s\n%s%s", sent, member(answering->referral, "desk"),
		member(answering->referral, "partner")[0] != '\0' ? " of " : "",
		member(answering->referral, "partner"), from[0] != '\0' ? from : "NOT PROVEN",
		state_word(message->state), buffer_text(&text) == NULL ? "" : buffer_text(&text),
		message->text[0] != '\0' ? "\n" : "");
	buffer_free(&text);
	return json_array_append_new(answering->list,
		       json_pack("{s:s, s:s, s:s*, s:s?, s:s, s:s, s:s}", "report",
			       member(answering->referral, "report"), "desk",
			       member(answering->referral, "desk"), "partner",
			       json_string_value(json_object_get(answering->referral, "partner")), "from",
			       from[0] == '\0' ? NULL : from, "state", state_word(message->state), "text",
			       message->text, "sent", sent)) == 0
		       ? 0
		       : failure_memory(failure);
}

static int take_message(struct answering *answering, const json_t *item, struct failure *failure)
{
	char digest[SHA256_HEX_CHARS + 1], from[NAME_SIZE];
	struct mailbox_message *message = open_message(answering, item, digest);
	int rc = -1;

	if (message == NULL)
		return 0;
	if (prove(answering, message, from, failure) != 0 || show(answering, message, from, failure) != 0)
		goto cleanup;
	if (from[0] == '\0' || json_object_get(answering->gathered->kept, digest) != NULL)
		rc = 0;
	else
		rc = keep(answering, message, digest, from, failure);
cleanup:
	mailbox_message_free(message);
	return rc;
}

static int take_answers(struct answering *answering, struct failure *failure)
{
	json_t *list = NULL;
	const json_t *item;
	size_t at;
	int rc = -1;

	if (open_organisation(answering, failure) != 0 || open_keys(answering, failure) != 0 ||
		fetch(answering, &list, failure) != 0)
		goto cleanup;
	rc = 0;
	json_array_foreach(list, at, item)
	{
		rc = take_message(answering, item, failure);
		if (rc != 0)
			break;
	}
cleanup:
	json_decref(list);
	receipt_keys_free(answering->keys);
	answering->keys = NULL;
	partner_close(&answering->partner);
	return rc;
}

/* One that can't be asked keeps the others' answers from nobody. Of what went wrong the gravest is told at
 * the end: an alarm, else the first. */
static int go_on(struct answering *answering, const struct failure *why, struct failure *worst)
{
	const char *partner = member(answering->referral, "partner");

	if (why->exit_code == EX_OSERR) {
		*worst = *why;
		return -1;
	}
	say_aside(answering->officer->invocation, "no answers from %s%s%s: %s",
		member(answering->referral, "desk"), partner[0] != '\0' ? " of " : "", partner,
		why->fault.text);
	if (json_array_size(answering->failed) == 0 ||
		(why->exit_code == EX_PROTOCOL && worst->exit_code != EX_PROTOCOL))
		*worst = *why;
	return json_array_append_new(answering->failed,
		       json_pack("{s:s, s:s, s:s*}", "report", member(answering->referral, "report"), "desk",
			       member(answering->referral, "desk"), "partner",
			       json_string_value(json_object_get(answering->referral, "partner")))) == 0
		       ? 0
		       : failure_memory(worst);
}

static int take_all(struct answering *answering, struct failure *failure)
{
	struct failure worst = { .exit_code = 0 }, why;
	const struct invocation *invocation = answering->officer->invocation;
	size_t at;

	json_array_foreach(answering->gathered->referrals, at, answering->referral)
	{
		if (take_answers(answering, &why) != 0 && go_on(answering, &why, &worst) != 0) {
			*failure = worst;
			return -1;
		}
	}
	if (json_array_size(answering->list) == 0 && json_array_size(answering->failed) == 0)
		say(invocation, "%s\n",
			json_array_size(answering->gathered->referrals) == 0 ? "It was referred to nobody."
									     : "Nobody has answered yet.");
	if (output_result(invocation,
		    json_pack("{s:O, s:O}", "answers", answering->list, "failed", answering->failed),
		    failure) != 0)
		return -1;
	if (json_array_size(answering->failed) == 0)
		return 0;
	*failure = worst;
	return -1;
}

static int run(struct officer *officer, const char *id, struct failure *failure)
{
	struct gathered gathered = { json_array(), json_object() };
	struct answering answering = {
		.officer = officer, .gathered = &gathered, .list = json_array(), .failed = json_array()
	};
	const struct roster_officer *me;
	struct report *report = NULL;
	struct history history;
	int rc = -1;

	if (officer_me(officer, &me, failure) != 0 || report_take(officer, id, &report, failure) != 0 ||
		history_read(officer, report, gather, &gathered, &history, failure) != 0)
		goto cleanup;
	answering.report = report;
	answering.history = &history;
	rc = take_all(&answering, failure);
cleanup:
	report_free(report);
	json_decref(gathered.referrals);
	json_decref(gathered.kept);
	json_decref(answering.list);
	json_decref(answering.failed);
	return rc;
}

int verb_answers(const struct invocation *invocation, struct failure *failure)
{
	return officer_on_report(invocation, run, failure);
}
