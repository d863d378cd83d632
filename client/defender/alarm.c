/* `clarion alarm`: one step in an emergency. Everything but the network is done before, by `alarm set'. What
 * the home keeps of it, it keeps under its passphrase. */
#include "client/output.h"
#include "client/terminal.h"
#include "keys/clock.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "queue_json.h"
#include "reporting.h"
#include "submit.h"
#include "verbs.h"

#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define ITEM_ALARM     "alarm"
#define PATIENCE_MS    20000 /* as long as `report' waits without progress */
#define FIRST_PAUSE_MS 500
#define LONGEST_PAUSE  8000
#define STILL_TRUE_S   86400 /* a sent alarm is shown as such for a day */
#define SUMMARY        "I am in danger and need help now. I prepared this alarm in advance."
#define SUMMARY_CANCEL "False alarm: I call it off."

enum alarm_state { ALARM_PREPARED, ALARM_FIRED, ALARM_CALLED_OFF };

/* In sodium_malloc memory. */
struct alarm {
	char id[ID_SIZE];
	char desk[NAME_SIZE];
	enum alarm_state state;
	struct receipt_ahead receipt;
	json_t *exclude; /* NULL, or names */
};

static void alarm_free(struct alarm *alarm)
{
	if (alarm == NULL)
		return;
	json_decref(alarm->exclude);
	sodium_free(alarm);
}

static struct alarm *alarm_new(void)
{
	struct alarm *alarm = sodium_malloc(sizeof *alarm);

	if (alarm != NULL)
		memset(alarm, 0, sizeof *alarm);
	return alarm;
}

static int save(struct session *session, const struct alarm *alarm, struct failure *failure)
{
	char seed[HEX_CHARS(RECEIPT_SEED_BYTES) + 1];
	json_t *json;
	int rc;

	hex_encode(alarm->receipt.seed, RECEIPT_SEED_BYTES, seed);
	json = json_pack("{s:s, s:s, s:i, s:s, s:s, s:O*}", "id", alarm->id, "desk", alarm->desk, "state",
		(int)alarm->state, "number", alarm->receipt.number, "seed", seed, "exclude", alarm->exclude);
	sodium_memzero(seed, sizeof seed);
	rc = json == NULL ? failure_memory(failure) : json_store(session->vault, ITEM_ALARM, json, failure);
	json_decref(json);
	return rc;
}

static int of_json(const json_t *json, struct alarm *alarm)
{
	const char *id, *desk, *number;
	size_t id_len, desk_len, number_len;
	uint64_t state;

	if (member_text(json, "id", &id, &id_len) != 0 || id_len != ID_SIZE - 1 ||
		member_text(json, "desk", &desk, &desk_len) != 0 ||
		name_of(desk, desk_len, alarm->desk) != 0 || member_number(json, "state", &state) != 0 ||
		state > ALARM_CALLED_OFF || member_text(json, "number", &number, &number_len) != 0 ||
		number_len != RECEIPT_SIZE - 1 ||
		member_hex(json, "seed", alarm->receipt.seed, RECEIPT_SEED_BYTES) != 0)
		return -1;
	memcpy(alarm->id, id, ID_SIZE);
	memcpy(alarm->receipt.number, number, RECEIPT_SIZE);
	alarm->state = (enum alarm_state)state;
	alarm->exclude = json_incref(json_object_get(json, "exclude"));
	return 0;
}

static int not_prepared(struct failure *failure)
{
	return failure_set(failure, EX_NOINPUT, "no alarm is prepared: `alarm set' prepares one");
}

/* 66 where none is prepared. */
static int load(struct session *session, struct alarm **ret_alarm, struct failure *failure)
{
	struct alarm *alarm = NULL;
	json_t *json = NULL;
	int rc = -1;

	if (json_fetch(session->vault, ITEM_ALARM, &json, failure) != 0)
		return -1;
	if (json == NULL)
		return not_prepared(failure);
	alarm = alarm_new();
	if (alarm == NULL)
		rc = failure_memory(failure);
	else if (of_json(json, alarm) != 0)
		rc = failure_set(failure, EX_DATAERR, "the home is damaged: join again in a new folder");
	else
		rc = 0;
	json_decref(json);
	if (rc == 0)
		*ret_alarm = alarm;
	else
		alarm_free(alarm);
	return rc;
}

/* One prepared alarm at a time: the newest. */
static int drop_others(struct queue *queue, const char *id, struct failure *failure)
{
	for (size_t at = 0; at < queue_count(queue);) {
		const struct queued *entry = queue_at(queue, at);

		if (!entry->is_prepared || strcmp(entry->id, id) == 0)
			at++;
		else if (queue_drop(queue, entry, failure) != 0)
			return -1;
	}
	return 0;
}

/* An alarm that no token is left for isn't ready. */
static int reserve(struct session *session, const struct queued *entry, struct failure *failure)
{
	struct failure ignored;
	int rc = submit_reserve(session->organisation, session->vault, session->queue, entry, failure);

	/* What can't be dropped now, the next `alarm set' drops. */
	if (rc != 0 && queue_drop(session->queue, entry, &ignored) != 0)
		rc = -1;
	return rc;
}

static int prepare(struct reporting *reporting, struct alarm *alarm, struct failure *failure)
{
	const struct queued *entry;

	if (reporting_prepare(reporting, failure) != 0 || reporting_take_receipt(reporting, failure) != 0 ||
		reporting_seal(reporting, &entry, failure) != 0 ||
		reserve(&reporting->session, entry, failure) != 0)
		return -1;
	memcpy(alarm->id, entry->id, sizeof alarm->id);
	memcpy(alarm->desk, entry->destination.desk, sizeof alarm->desk);
	alarm->receipt = *reporting->receipt;
	alarm->exclude = json_incref(json_object_get(reporting->composed.report, "exclude"));
	if (save(&reporting->session, alarm, failure) != 0 ||
		drop_others(reporting->session.queue, alarm->id, failure) != 0)
		return -1;
	reporting_say_readers(reporting);
	say(reporting->invocation,
		"Your receipt number: %s\nWrite it down and hide it: with it you read the answers. Until the "
		"next "
		"`alarm set' it is also kept in this home.\nReady. `%s alarm` sends it, in one step; nothing "
		"was "
		"sent yet.\n",
		reporting->receipt->number, reporting->invocation->program);
	return output_result(reporting->invocation,
		json_pack("{s:s, s:s, s:s}", "id", reporting->id, "receipt", reporting->receipt->number,
			"state", "prepared"),
		failure);
}

int run_alarm_set(const struct invocation *invocation, struct failure *failure)
{
	struct reporting reporting = { .invocation = invocation,
		.is_prepared = true,
		.wish = { .urgency = "immediate",
			.is_urgency_fixed = true,
			.summary = terminal_is_there() ? NULL : SUMMARY } };
	struct alarm *alarm = alarm_new();
	int rc = alarm == NULL ? failure_memory(failure)
			       : session_open(invocation, &reporting.session, failure);

	if (rc == 0)
		rc = prepare(&reporting, alarm, failure);
	if (rc == 0)
		reporting_keep_next(&reporting);
	alarm_free(alarm);
	reporting_free(&reporting);
	return rc;
}

static int take_receipt(struct reporting *reporting, const struct alarm *alarm, struct failure *failure)
{
	reporting->receipt = sodium_malloc(sizeof *reporting->receipt);
	if (reporting->receipt == NULL)
		return failure_memory(failure);
	*reporting->receipt = alarm->receipt;
	return 0;
}

/* Again and again, until it is accepted or patience ends. It stays queued then. */
static int insist(
	struct reporting *reporting, const struct queued *entry, bool *ret_show, struct failure *failure)
{
	int64_t until = clock_boot_ms() + PATIENCE_MS;
	int pause = FIRST_PAUSE_MS, rc;

	for (;;) {
		rc = reporting_deliver(reporting, entry, ret_show, failure);
		if (rc == 0 || failure->exit_code != EX_TEMPFAIL || clock_boot_ms() + pause > until)
			return rc;
		(void)poll(NULL, 0, pause);
		pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
	}
}

/* It isn't in the queue any more: `send' or an earlier `alarm' brought it. */
static int show_sent(struct reporting *reporting, const struct alarm *alarm, struct failure *failure)
{
	struct session *session = &reporting->session;
	struct known_report known;
	struct receipt_keys *keys = receipt_keys_of(alarm->receipt.seed);
	int64_t when;
	int found;

	if (keys == NULL)
		return failure_memory(failure);
	found = queue_find_report(session->queue, keys->mailbox, alarm->id, &known);
	receipt_keys_free(keys);
	if (found != 0 || alarm->state != ALARM_FIRED || time_parse(known.accepted, TIME_CHARS, &when) != 0 ||
		when + STILL_TRUE_S < organisation_now(session->organisation))
		return not_prepared(failure);
	memcpy(reporting->accepted, known.accepted, sizeof reporting->accepted);
	say(reporting->invocation, "ACCEPTED at %s\n", known.accepted);
	return reporting_answer(reporting, failure);
}

/* Given again after it was called off: what would call it off and isn't sent yet is gone. */
static int drop_calling_off(struct queue *queue, const char *id, struct failure *failure)
{
	for (size_t at = 0; at < queue_count(queue);) {
		const struct queued *entry = queue_at(queue, at);

		if (strcmp(entry->after, id) != 0)
			at++;
		else if (queue_drop(queue, entry, failure) != 0)
			return -1;
	}
	return 0;
}

static int fire(struct reporting *reporting, struct alarm *alarm, struct failure *failure)
{
	struct session *session = &reporting->session;
	struct queued *entry = queue_find(session->queue, alarm->id);
	struct failure ignored;
	bool show;
	int rc;

	memcpy(reporting->id, alarm->id, sizeof reporting->id);
	if (entry == NULL)
		return show_sent(reporting, alarm, failure);
	if (drop_calling_off(session->queue, alarm->id, failure) != 0)
		return -1;
	/* From here on `send' sends it too. */
	entry->is_prepared = false;
	alarm->state = ALARM_FIRED;
	if (save(session, alarm, failure) != 0 || queue_save(session->queue, failure) != 0)
		return -1;
	rc = insist(reporting, entry, &show, failure);
	say(reporting->invocation, "%s\n",
		rc == 0 ? translated("ACCEPTED")
		: show  ? translated("QUEUED")
			: translated("REFUSED"));
	if (show && reporting_answer(reporting, rc == 0 ? failure : &ignored) != 0)
		rc = -1;
	return rc;
}

int run_alarm(const struct invocation *invocation, struct failure *failure)
{
	struct reporting reporting = { .invocation = invocation };
	struct alarm *alarm = NULL;
	int rc = session_open(invocation, &reporting.session, failure);

	if (rc == 0)
		rc = load(&reporting.session, &alarm, failure);
	if (rc == 0)
		rc = take_receipt(&reporting, alarm, failure);
	if (rc == 0)
		rc = fire(&reporting, alarm, failure);
	alarm_free(alarm);
	reporting_free(&reporting);
	return rc;
}

/* The alarm first, whatever happens: a calling off that came alone would hide it. */
static int deliver_both(struct reporting *reporting, const struct queued *entry, struct failure *failure)
{
	struct session *session = &reporting->session;
	const struct queued *before = queue_find(session->queue, entry->after);
	struct failure ignored;
	bool show = true;
	int rc = before == NULL ? 0 : reporting_deliver(reporting, before, &show, failure);

	reporting->accepted[0] = '\0';
	if (rc == 0)
		rc = reporting_deliver(reporting, entry, &show, failure);
	say(reporting->invocation, "%s\n", rc == 0 ? translated("CALLED OFF") : translated("QUEUED"));
	if (show && reporting_answer(reporting, rc == 0 ? failure : &ignored) != 0)
		rc = -1;
	return rc;
}

static int call_off(struct reporting *reporting, struct alarm *alarm, struct failure *failure)
{
	const struct queued *entry;

	if (alarm->state != ALARM_FIRED)
		return failure_set(failure, EX_NOINPUT,
			"no alarm was sent, so there is none to call off: `alarm set' prepares a new one");
	reporting->keys = receipt_keys_of(alarm->receipt.seed);
	if (reporting->keys == NULL)
		return failure_memory(failure);
	reporting->wish.desk = alarm->desk;
	reporting->wish.exclude = alarm->exclude;
	reporting->after = alarm->id;
	reporting->follows.counter = reporting_counter(reporting);
	memcpy(reporting->follows.report, alarm->id, sizeof reporting->follows.report);
	if (take_receipt(reporting, alarm, failure) != 0 || reporting_prepare(reporting, failure) != 0 ||
		reporting_seal(reporting, &entry, failure) != 0)
		return -1;
	alarm->state = ALARM_CALLED_OFF;
	if (save(&reporting->session, alarm, failure) != 0)
		return -1;
	return deliver_both(reporting, entry, failure);
}

int run_alarm_cancel(const struct invocation *invocation, struct failure *failure)
{
	struct reporting reporting = { .invocation = invocation,
		.follows = { .is_cancel = true },
		.wish = { .urgency = "urgent", .summary = SUMMARY_CANCEL } };
	struct alarm *alarm = NULL;
	int rc = session_open(invocation, &reporting.session, failure);

	if (rc == 0)
		rc = load(&reporting.session, &alarm, failure);
	if (rc == 0)
		rc = call_off(&reporting, alarm, failure);
	alarm_free(alarm);
	reporting_free(&reporting);
	return rc;
}
