#include "mailbox.h"

#include "proto/age_file.h"
#include "proto/encode.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAILBOX_ANSWER_MAX (64 * 1024 * 1024)
#define MAILBOX_FILE_MAX   (256 * 1024) /* of one sealed message */

/* The rosters that messages name: mostly one or two. */
struct judge {
	struct session *session;
	const struct receipt_keys *keys;
	const struct known_report *known;
	struct roster *roster; /* the last that was needed */
};

static int get_mailbox(struct session *session, const struct receipt_keys *keys,
	struct link_answer *ret_answer, struct failure *failure)
{
	char key[BASE64_CHARS(MAILBOX_KEY_BYTES) + 1], path[64];
	struct link_request request = { .method = "GET",
		.path = path,
		.headers = { { "Mailbox-Key", key } },
		.header_count = 1,
		.answer_max = MAILBOX_ANSWER_MAX };
	int rc;

	(void)snprintf(path, sizeof path, "mailboxes/%s", keys->mailbox);
	base64_encode(BASE64_URL, keys->mailbox_key, MAILBOX_KEY_BYTES, key);
	rc = organisation_call(session->organisation, &request, ret_answer, failure);
	sodium_memzero(key, sizeof key);
	if (rc == 0 && ret_answer->status != 200)
		rc = link_refused(ret_answer, "the answers can't be read", failure);
	return rc;
}

/* NULL for what isn't an age file to this receipt, or doesn't hold a message. */
static struct mailbox_message *open_message(const json_t *item, const struct receipt_keys *keys)
{
	const json_t *text = json_object_get(item, "message");
	struct mailbox_message *message = NULL;
	uint8_t *file = malloc(MAILBOX_FILE_MAX), *plaintext = NULL;
	struct fault fault;
	size_t file_len, len;

	if (file != NULL && json_is_string(text) &&
		base64_decode(BASE64_PADDED, json_string_value(text), json_string_length(text), file,
			MAILBOX_FILE_MAX, &file_len) == 0 &&
		age_file_open(file, file_len, &keys->replies, &plaintext, &len, &fault) == 0 &&
		mailbox_message_parse((const char *)plaintext, len, &message, &fault) != 0)
		message = NULL;
	sodium_free(plaintext);
	free(file);
	return message;
}

static int find_roster(struct judge *judge, uint64_t version, struct failure *failure)
{
	if (judge->roster != NULL && judge->roster->version == version)
		return 0;
	roster_free(judge->roster);
	judge->roster = NULL;
	return organisation_roster_at(judge->session->organisation, version, &judge->roster, failure);
}

/* The report went to the officers of its desk and, in danger, to those of its fallback. */
static bool is_by(const struct judge *judge, const struct mailbox_message *message, const char *report,
	const char *desk, const struct roster_officer **ret_officer)
{
	return desk != NULL && desk[0] != '\0' &&
	       mailbox_message_prove(
		       message, judge->keys->mailbox, report, judge->roster, desk, ret_officer) == 0;
}

/* Where a desk transferred the report, an officer of it has signed to which one: from `desk` on, to the desk
 * that may write. -1 with a failure only where the line breaks; ret_desk is "" where it isn't proven. */
static int follow(struct judge *judge, const struct mailbox_message *message, const char *report,
	const char *desk, char ret_desk[NAME_SIZE], struct failure *failure)
{
	char fingerprint[FINGERPRINT_SIZE];

	(void)snprintf(ret_desk, NAME_SIZE, "%s", desk);
	for (size_t at = 0; at < message->via_count && ret_desk[0] != '\0'; at++) {
		const struct delegation *word = &message->via[at];
		const struct roster_officer *by;

		if (find_roster(judge, word->roster, failure) != 0) {
			ret_desk[0] = '\0';
			return failure->exit_code == EX_UNAVAILABLE || failure->exit_code == EX_TEMPFAIL ? -1
													 : 0;
		}
		by = roster_officer_by_key(judge->roster, word->keyid);
		if (by == NULL || !officer_serves(by, ret_desk) ||
			roster_fingerprint(judge->roster, fingerprint) != 0 ||
			delegation_verify(word, fingerprint, report) != 0)
			ret_desk[0] = '\0';
		else
			memcpy(ret_desk, word->desk, NAME_SIZE);
	}
	return 0;
}

/* A home that knows the first report believes of this mailbox only what is about one of its reports. */
static bool is_proven(const struct judge *judge, const struct mailbox_message *message,
	const char *known_desk, const struct roster_officer **ret_officer)
{
	const struct roster_officer *signer = roster_officer_by_key(judge->roster, message->keyid);
	const struct roster_desk *desk;

	if (known_desk != NULL) {
		desk = roster_desk(judge->roster, known_desk);
		return is_by(judge, message, message->report, known_desk, ret_officer) ||
		       (desk != NULL && is_by(judge, message, message->report, desk->fallback, ret_officer));
	}
	for (size_t at = 0; signer != NULL && at < signer->desk_count; at++)
		if (is_by(judge, message, message->report, signer->desks[at], ret_officer))
			return true;
	return false;
}

/* A version that the server can't show or prove leaves the message unproven; a line that breaks is a failure.
 */
static int prove(struct judge *judge, struct letter *letter, struct letters *letters, struct failure *failure)
{
	const struct roster_officer *officer;
	struct known_report about;
	char desk[NAME_SIZE] = "";

	if (letter->message == NULL)
		return 0;
	if (judge->known != NULL) {
		if (queue_find_report(judge->session->queue, judge->keys->mailbox, letter->message->report,
			    &about) != 0)
			return 0;
		if (follow(judge, letter->message, about.id, about.desk, desk, failure) != 0)
			return -1;
	}
	if (find_roster(judge, letter->message->roster, failure) != 0)
		return failure->exit_code == EX_UNAVAILABLE || failure->exit_code == EX_TEMPFAIL ? -1 : 0;
	if (!is_proven(judge, letter->message, judge->known == NULL ? NULL : desk, &officer))
		return 0;
	memcpy(letter->from, officer->name, sizeof letter->from);
	if (letter->message->state != STATE_NEW)
		letters->is_acknowledged = true;
	return 0;
}

static int open_all(struct judge *judge, const json_t *list, struct letters *letters, struct failure *failure)
{
	size_t count = json_array_size(list);

	if (count > LETTERS_MAX)
		return failure_set(failure, EX_PROTOCOL,
			"the mailbox holds more messages than it may: tell your organisation's admin");
	letters->list = calloc(count + 1, sizeof *letters->list);
	if (letters->list == NULL)
		return failure_memory(failure);
	for (size_t at = 0; at < count; at++) {
		struct letter *letter = &letters->list[letters->count++];

		letter->message = open_message(json_array_get(list, at), judge->keys);
		if (prove(judge, letter, letters, failure) != 0)
			return -1;
	}
	return 0;
}

int letters_fetch(struct session *session, const struct receipt_keys *keys, const struct known_report *known,
	struct letters *ret_letters, struct failure *failure)
{
	struct judge judge = { session, keys, known, NULL };
	struct link_answer answer = { 0 };
	json_t *list = NULL;
	int rc = -1;

	*ret_letters = (struct letters){ 0 };
	if (get_mailbox(session, keys, &answer, failure) != 0)
		goto cleanup;
	list = json_loadb((const char *)answer.body.data, answer.body.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_array(list)) {
		rc = failure_set(failure, EX_PROTOCOL,
			"the server's answer isn't a mailbox: try again, then tell your organisation's "
			"admin");
		goto cleanup;
	}
	rc = open_all(&judge, list, ret_letters, failure);
cleanup:
	roster_free(judge.roster);
	json_decref(list);
	link_answer_free(&answer);
	return rc;
}

void letters_free(struct letters *letters)
{
	for (size_t at = 0; at < letters->count; at++)
		mailbox_message_free(letters->list[at].message);
	free(letters->list);
	*letters = (struct letters){ 0 };
}
