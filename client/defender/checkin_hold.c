/* What is held at the server: uploaded, put off, called off. What is about to be asked is written down first,
 * so that a crash or a lost answer leaves nothing at the server that this home can't call off. */
#include "checkin.h"
#include "hold_order.h"
#include "proto/encode.h"
#include "submit.h"

#include <sodium.h>
#include <string.h>

#define MINUTE 60

static int remember_old(struct checkin *checkin, struct failure *failure)
{
	if (checkin->held.id[0] == '\0')
		return 0;
	if (checkin->old_count == HELD_OLD_MAX)
		return failure_set(failure, EX_TEMPFAIL,
			"too many held reports still have to be called off: `checkin cancel' when there is a "
			"network");
	checkin->old[checkin->old_count++] = checkin->held;
	checkin->held = (struct held){ 0 };
	return 0;
}

static int new_hold(struct held *held, struct seal_hold *ret_hold, struct failure *failure)
{
	uint8_t *secret = sodium_malloc(crypto_sign_SECRETKEYBYTES), public[crypto_sign_PUBLICKEYBYTES];
	int rc = -1;

	randombytes_buf(held->seed, sizeof held->seed);
	if (secret != NULL)
		rc = crypto_sign_seed_keypair(public, secret, held->seed);
	sodium_free(secret);
	if (rc != 0)
		return failure_memory(failure);
	time_format(held->release, ret_hold->release);
	base64_encode(BASE64_URL, public, sizeof public, ret_hold->hold_key);
	return 0;
}

/* Nothing that is held may wait in the queue: it would be released as it arrives. */
static int upload(struct reporting *reporting, struct checkin *checkin, const struct queued *entry,
	struct failure *failure)
{
	struct session *session = &reporting->session;
	struct acceptance_answer accepted;
	enum submitted outcome = SUBMIT_LATER;
	struct failure why = reporting->line;
	int64_t when;

	if (!reporting->is_offline && submit(session->organisation, session->vault, session->queue, entry,
					      &accepted, &outcome, &why) != 0)
		return failure_of(failure, why.exit_code, &why.fault);
	if (outcome == SUBMIT_LATER && queue_drop(session->queue, entry, failure) != 0)
		return -1;
	if (outcome != SUBMIT_ACCEPTED)
		return failure_of(failure, why.exit_code, &why.fault);
	checkin->held.is_accepted = true;
	if (checkin_save(session, checkin, failure) != 0)
		return -1;
	if (time_parse(accepted.accepted, TIME_CHARS, &when) != 0)
		return 0;
	if (when >= checkin->held.release)
		return failure_set(failure, EX_DATAERR,
			"this device's clock is behind, so the report is released already: set the clock, "
			"and "
			"tell your organisation");
	return organisation_saw(session->organisation, when, failure);
}

int checkin_hold(struct reporting *reporting, struct checkin *checkin, int64_t now, struct failure *failure)
{
	struct session *session = &reporting->session;
	const struct queued *entry = NULL;
	struct seal_hold hold;
	int rc;

	if (remember_old(checkin, failure) != 0)
		return -1;
	checkin->held.began = now;
	checkin->held.release = now + (int64_t)checkin->every * MINUTE;
	checkin->held.roster = organisation_roster(session->organisation)->version;
	if (new_hold(&checkin->held, &hold, failure) != 0)
		return -1;
	/* cppcheck-suppress autoVariables ; it is taken back behind the call */
	reporting->hold = &hold;
	rc = reporting_seal(reporting, &entry, failure);
	reporting->hold = NULL;
	if (rc != 0)
		return -1;
	memcpy(checkin->held.id, entry->id, sizeof checkin->held.id);
	if (checkin_save(session, checkin, failure) != 0)
		return -1;
	return upload(reporting, checkin, entry, failure);
}

static int order(struct session *session, const struct checkin *checkin, struct held *held, int64_t release,
	enum ordered *ret_outcome, struct failure *failure)
{
	struct hold_order order = { .is_cancel = release == 0, .release = release };

	held->counter++;
	order.counter = held->counter;
	memcpy(order.id, held->id, sizeof order.id);
	if (checkin_save(session, checkin, failure) != 0)
		return -1;
	return hold_order_send(session->organisation, &order, held->seed, ret_outcome, failure);
}

int checkin_put_off(struct session *session, struct checkin *checkin, int64_t now, bool *ret_is_held,
	struct failure *failure)
{
	int64_t release = now + (int64_t)checkin->every * MINUTE;
	enum ordered outcome;

	*ret_is_held = false;
	if (!checkin->held.is_accepted ||
		checkin->held.roster != organisation_roster(session->organisation)->version ||
		release > checkin->held.began + HOLD_IN_ALL_MAX)
		return 0;
	if (order(session, checkin, &checkin->held, release, &outcome, failure) != 0)
		return -1;
	if (outcome == ORDER_RELEASED)
		return failure_set(failure, EX_NOPERM,
			"too late, the report has been released and officers see it: tell them with "
			"`follow-up', then `checkin cancel' and start anew");
	*ret_is_held = outcome == ORDER_DONE;
	if (outcome != ORDER_DONE)
		return 0;
	checkin->held.release = release;
	return checkin_save(session, checkin, failure);
}

int checkin_call_off(struct session *session, struct checkin *checkin, bool is_all, size_t *ret_released,
	struct failure *failure)
{
	enum ordered outcome;

	*ret_released = 0;
	while (checkin->old_count > 0) {
		if (order(session, checkin, &checkin->old[checkin->old_count - 1], 0, &outcome, failure) != 0)
			return -1;
		*ret_released += outcome == ORDER_RELEASED;
		checkin->old_count--;
		if (checkin_save(session, checkin, failure) != 0)
			return -1;
	}
	if (!is_all)
		return 0;
	if (order(session, checkin, &checkin->held, 0, &outcome, failure) != 0)
		return -1;
	*ret_released += outcome == ORDER_RELEASED;
	return checkin_forget(session, failure);
}
