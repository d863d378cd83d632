/* wake set, wake show, wake off, wake test: how the server wakes this officer. Her address goes to it sealed;
 * whoever carries it, or takes the server's disk, can't read it. */
#include "officer.h"
#include "verbs.h"
#include "words.h"

#include "client/output.h"
#include "proto/cursor.h"
#include "proto/wake_letter.h"

#include <inttypes.h>
#include <string.h>

#define NOTHING_CHOSEN "you haven't chosen how to be woken: use `clarion-officer wake set'"

static int beat_option(const struct invocation *invocation, uint32_t *ret_minutes, struct failure *failure)
{
	const char *text = arguments_option(invocation->arguments, "beat");
	struct reader reader = reader_of(text, text == NULL ? 0 : strlen(text));
	uint64_t minutes = 0;

	if (text != NULL && (reader_decimal(&reader, &minutes) != 0 || reader_end(&reader) != 0 ||
				    minutes < WAKE_BEAT_MIN || minutes > WAKE_BEAT_MAX))
		return failure_set(failure, EX_USAGE, "--beat takes minutes, from %d to %d", WAKE_BEAT_MIN,
			WAKE_BEAT_MAX);
	*ret_minutes = (uint32_t)minutes;
	return 0;
}

static int way_operand(const struct invocation *invocation, struct wake_way *ret_way, struct failure *failure)
{
	struct buffer text = buffer_of(WAKE_ADDRESS_MAX + 32);
	struct fault fault;
	int rc = text_operand(invocation, 0, "the way", &text, failure);

	if (rc == 0 && wake_way_of(buffer_text(&text), ret_way, &fault) != 0)
		rc = failure_set(failure, EX_DATAERR, "%s", fault.text);
	buffer_free(&text);
	return rc;
}

/* A change without an answer's body. */
static int order(struct officer *officer, const struct link_request *request, struct failure *failure)
{
	struct link_answer answer = { 0 };
	int rc = officer_call(officer, request, NULL, &answer, failure);

	if (rc == 0 && answer.status == 404)
		rc = failure_set(failure, EX_NOINPUT, NOTHING_CHOSEN);
	else if (rc == 0 && answer.status != 204)
		rc = link_refused(&answer, "the server didn't take it", failure);
	link_answer_free(&answer);
	return rc;
}

static int put_letter(struct officer *officer, const struct wake_letter *letter, struct failure *failure)
{
	const struct roster *roster = organisation_roster(officer->organisation);
	struct buffer sealed = buffer_of(WAKE_SEALED_BYTES);
	uint8_t recipient[AGE_RECIPIENT_BYTES];
	int rc;

	if (wake_recipient(roster->receipt_key, recipient) != 0 ||
		wake_letter_seal(letter, recipient, &sealed) != 0) {
		rc = failure_set(failure, EX_SOFTWARE, "it can't be sealed to the server's key");
	} else {
		const struct link_request request = {
			.method = "PUT", .path = "wake", .body = sealed.data, .body_len = sealed.len
		};

		rc = order(officer, &request, failure);
	}
	buffer_free(&sealed);
	return rc;
}

static int output_way(const struct invocation *invocation, const struct wake_letter *letter, bool is_asked,
	struct failure *failure)
{
	struct buffer way = buffer_of(WAKE_ADDRESS_SIZE + 32);
	json_t *result = NULL;
	int rc;

	if (wake_way_text(&letter->way, &way) == 0)
		result = json_pack(
			"{s:s,s:I}", "way", buffer_text(&way), "beat", (json_int_t)letter->way.beat_minutes);
	if (result != NULL && is_asked &&
		json_object_set_new(result, "waiting", json_integer(letter->waiting)) != 0) {
		json_decref(result);
		result = NULL;
	}
	if (result != NULL && is_asked)
		say(invocation, "%s\n", buffer_text(&way));
	rc = output_result(invocation, result, failure);
	buffer_free(&way);
	return rc;
}

int verb_wake_set(const struct invocation *invocation, struct failure *failure)
{
	struct wake_letter letter = { .waiting = 0 };
	struct officer *officer = NULL;
	const struct roster_officer *me;
	uint32_t beat = 0;
	int rc = -1;

	if (way_operand(invocation, &letter.way, failure) != 0 ||
		beat_option(invocation, &beat, failure) != 0 ||
		officer_open(invocation, &officer, failure) != 0 || officer_me(officer, &me, failure) != 0)
		goto cleanup;
	letter.way.beat_minutes = beat;
	memcpy(letter.officer, me->name, sizeof letter.officer);
	if (put_letter(officer, &letter, failure) != 0)
		goto cleanup;
	say(invocation,
		beat > 0 ? translated_count("Set: every minute (%" PRIu32
					    "), whether or not something waits.\n",
				   "Set: every %" PRIu32 " minutes, whether or not something waits.\n", beat)
			 : "Set. Try it with `clarion-officer wake test'.\n",
		beat);
	rc = output_way(invocation, &letter, false, failure);
cleanup:
	officer_close(officer);
	return rc;
}

static int open_answer(const struct officer *officer, const struct link_answer *answer,
	struct wake_letter *ret_letter, struct failure *failure)
{
	struct fault fault = { "" };

	if (answer->status == 404)
		return failure_set(failure, EX_NOINPUT, NOTHING_CHOSEN);
	if (answer->status != 200)
		return link_refused(answer, "the server doesn't say", failure);
	for (const struct identity *one = officer->identities; one != NULL; one = one->older)
		if (wake_letter_open(answer->body.data, answer->body.len, one->age, ret_letter, &fault) == 0)
			return 0;
	return failure_set(
		failure, EX_PROTOCOL, "the server's answer doesn't open: tell your organisation's admin");
}

int verb_wake_show(const struct invocation *invocation, struct failure *failure)
{
	const struct link_request request = {
		.method = "GET", .path = "wake", .answer_max = WAKE_SEALED_BYTES
	};
	struct link_answer answer = { 0 };
	struct wake_letter letter;
	struct officer *officer = NULL;
	const struct roster_officer *me;
	int rc = -1;

	if (officer_open(invocation, &officer, failure) != 0 || officer_me(officer, &me, failure) != 0 ||
		officer_call(officer, &request, NULL, &answer, failure) != 0 ||
		open_answer(officer, &answer, &letter, failure) != 0)
		goto cleanup;
	if (letter.way.beat_minutes > 0)
		say(invocation,
			translated_count("Every minute (%" PRIu32 "): ", "Every %" PRIu32 " minutes: ",
				letter.way.beat_minutes),
			letter.way.beat_minutes);
	rc = output_way(invocation, &letter, true, failure);
	if (letter.waiting > 0)
		say(invocation, "%" PRIu32 " not delivered yet.\n", letter.waiting);
cleanup:
	link_answer_free(&answer);
	officer_close(officer);
	return rc;
}

static int simple(
	const struct invocation *invocation, const char *method, const char *said, struct failure *failure)
{
	const struct link_request request = { .method = method, .path = "wake" };
	struct officer *officer = NULL;
	const struct roster_officer *me;
	int rc = -1;

	if (officer_open(invocation, &officer, failure) == 0 && officer_me(officer, &me, failure) == 0 &&
		order(officer, &request, failure) == 0) {
		say(invocation, "%s\n", said);
		rc = output_result(invocation, json_object(), failure);
	}
	officer_close(officer);
	return rc;
}

int verb_wake_off(const struct invocation *invocation, struct failure *failure)
{
	return simple(invocation, "DELETE", "The server wakes you no more.", failure);
}

int verb_wake_test(const struct invocation *invocation, struct failure *failure)
{
	return simple(invocation, "POST",
		"On its way. Nothing came? `clarion-officer wake show' says whether it is still waiting.",
		failure);
}
