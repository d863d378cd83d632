/* `clarion duress`: a second passphrase. */
#include "duress.h"

#include "client/output.h"
#include "client/terminal.h"
#include "compose.h"
#include "cover.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "purse.h"
#include "queue_json.h"
#include "verbs.h"

#include <sodium.h>
#include <string.h>

#define ITEM_DURESS  "duress"
#define TOKENS_GIVEN 10 /* for two signals, and reports that work */
#define SUMMARY      "I was made to open my home. I prepared this silent alarm in advance."

/* What a home that has just joined holds. */
static const char *const shared_items[] = { "organisation", "roster", "rosters-seen" };

/* What the signals are sealed from, in the everyday home, and which they are. */
struct signal {
	json_t *report;
	json_t *ids;
	uint8_t *seed; /* of the receipt number: sodium_malloc */
};

static void signal_free(struct signal *signal)
{
	json_decref(signal->report);
	json_decref(signal->ids);
	sodium_free(signal->seed);
	*signal = (struct signal){ 0 };
}

static int signal_save(struct session *session, const struct signal *signal, struct failure *failure)
{
	char seed[HEX_CHARS(RECEIPT_SEED_BYTES) + 1];
	json_t *json;
	int rc;

	hex_encode(signal->seed, RECEIPT_SEED_BYTES, seed);
	json = json_pack("{s:O, s:O, s:s}", "report", signal->report, "ids", signal->ids, "seed", seed);
	sodium_memzero(seed, sizeof seed);
	rc = json == NULL ? failure_memory(failure) : json_store(session->vault, ITEM_DURESS, json, failure);
	json_decref(json);
	return rc;
}

/* ret_signal->report NULL where there is none. */
static int signal_load(struct session *session, struct signal *ret_signal, struct failure *failure)
{
	json_t *json = NULL;
	int rc = 0;

	*ret_signal = (struct signal){ 0 };
	if (json_fetch(session->vault, ITEM_DURESS, &json, failure) != 0)
		return -1;
	if (json == NULL)
		return 0;
	ret_signal->seed = sodium_malloc(RECEIPT_SEED_BYTES);
	ret_signal->report = json_incref(json_object_get(json, "report"));
	ret_signal->ids = json_incref(json_object_get(json, "ids"));
	if (ret_signal->seed == NULL || member_hex(json, "seed", ret_signal->seed, RECEIPT_SEED_BYTES) != 0 ||
		ret_signal->report == NULL || ret_signal->ids == NULL) {
		signal_free(ret_signal);
		rc = failure_set(failure, EX_DATAERR, "the home is damaged: join again in a new folder");
	}
	json_decref(json);
	return rc;
}

bool duress_is_set(struct session *session)
{
	struct vault *second = NULL;
	struct failure ignored;
	/* What can't be known counts as set: the two homes stay alike. */
	bool is_set = vault_second_open(session->vault, &second, &ignored) != 0 || second != NULL;

	vault_free(second);
	return is_set;
}

/* The first is `urgent', so that it climbs soon where no tool looks into it; the others as dummies are. Those
 * that were there before go once the new ones are. */
static int seal_signals(
	struct session *harmless, struct signal *signal, const struct cover *cover, struct failure *failure)
{
	size_t before = cover_count(harmless);
	struct receipt_keys *keys = receipt_keys_of(signal->seed);
	json_t *report = json_deep_copy(signal->report);
	int rc = keys == NULL || report == NULL ? failure_memory(failure) : 0;

	for (size_t at = 0; rc == 0 && at < COVER_AHEAD; at++) {
		enum urgency urgency = at == 0 ? URGENCY_URGENT : cover_urgency();

		rc = json_object_set_new(report, "urgency", json_string(urgency_word(urgency))) == 0
			     ? cover_seal(harmless, report, cover->desk, keys, failure)
			     : failure_memory(failure);
	}
	if (rc == 0)
		rc = cover_drop(harmless, before, failure);
	if (rc == 0) {
		json_decref(signal->ids);
		signal->ids = cover_ids(harmless);
		rc = signal->ids == NULL ? failure_memory(failure) : 0;
	}
	receipt_keys_free(keys);
	json_decref(report);
	return rc;
}

/* The harmless home as verbs see one, with the everyday home's organisation. */
static int harmless_open(const struct session *session, struct vault *second, struct session *ret_harmless,
	struct failure *failure)
{
	*ret_harmless = (struct session){ .home = session->home,
		.vault = second,
		.items = vault_items(second),
		.organisation = session->organisation };
	return queue_load(second, &ret_harmless->queue, failure);
}

static int copy_items(const struct session *session, const struct session *harmless, struct failure *failure)
{
	for (size_t at = 0; at < COUNT_OF(shared_items); at++) {
		struct buffer bytes = buffer_of(ITEM_MAX);
		bool found = false;
		int rc = items_get(&session->items, shared_items[at], &bytes, &found, failure);

		if (rc == 0 && found)
			rc = items_put(&harmless->items, shared_items[at], bytes.data, bytes.len, failure);
		buffer_free(&bytes);
		if (rc != 0)
			return -1;
	}
	return 0;
}

static int give_tokens(struct session *session, struct session *harmless, struct failure *failure)
{
	struct purse *mine = NULL, *hers = NULL;
	int rc = -1;

	if (purse_load(session->vault, session->queue, &mine, failure) == 0 &&
		purse_load(harmless->vault, harmless->queue, &hers, failure) == 0 &&
		purse_give(mine, hers, organisation_roster(session->organisation),
			organisation_now(session->organisation), TOKENS_GIVEN, failure) == 0)
		rc = purse_keep(hers, failure);
	purse_free(mine);
	purse_free(hers);
	return rc;
}

static int furnish(struct session *session, struct session *harmless, struct signal *signal,
	const struct cover *cover, struct failure *failure)
{
	struct cover hers = *cover;

	cover_draw(session, &hers);
	if (copy_items(session, harmless, failure) != 0 || give_tokens(session, harmless, failure) != 0 ||
		seal_signals(harmless, signal, cover, failure) != 0 ||
		signal_save(session, signal, failure) != 0 || cover_save(harmless, &hers, failure) != 0)
		return -1;
	return receipt_prepare(harmless->queue, failure);
}

static int make(struct session *session, const char *passphrase, struct signal *signal,
	const struct cover *cover, struct failure *failure)
{
	struct session harmless = { 0 };
	struct vault *second = NULL;
	struct failure ignored;
	int rc = -1;

	if (vault_second_create(session->vault, passphrase, &second, failure) != 0)
		return -1;
	if (harmless_open(session, second, &harmless, failure) == 0)
		rc = furnish(session, &harmless, signal, cover, failure);
	queue_free(harmless.queue);
	vault_free(second);
	/* Half a harmless home would be a trap. */
	if (rc != 0 && vault_second_destroy(session->vault, &ignored) != 0)
		rc = -1;
	if (rc != 0)
		say_aside(session->invocation, "there is no second passphrase now");
	return rc;
}

static int take_second(const struct invocation *invocation, char **ret_passphrase, struct failure *failure)
{
	struct invocation second = *invocation;

	second.passphrase_file = arguments_option(invocation->arguments, "duress-passphrase-file");
	second.no_passphrase = false;
	if (second.passphrase_file == NULL)
		say(invocation, "The second passphrase, under which a harmless home opens:\n");
	return take_passphrase(&second, true, ret_passphrase, failure);
}

static int check(struct session *session, struct cover *ret_cover, struct failure *failure)
{
	bool found = false;

	if (vault_is_open_to_all(session->vault))
		return failure_set(failure, EX_CONFIG,
			"this home has no passphrase, so a second one would hide nothing: join in a new "
			"folder "
			"with one");
	if (cover_load(session, ret_cover, &found, failure) != 0)
		return -1;
	if (!found)
		return failure_set(failure, EX_CONFIG,
			"a home without cover has no silent signal, because anything it sent would be "
			"noticed: "
			"`cover set' first");
	return 0;
}

/* What officers shall know then, and the number with which she reads their answers. */
static int compose_signal(const struct invocation *invocation, struct session *session,
	const struct cover *cover, struct receipt_ahead *receipt, struct signal *ret_signal,
	struct failure *failure)
{
	const struct compose_wish wish = { .desk = cover->desk,
		.urgency = "urgent",
		.is_urgency_fixed = true,
		.summary = terminal_is_there() ? NULL : SUMMARY };
	struct composed composed = { 0 };
	int rc = compose(invocation, organisation_roster(session->organisation), &wish, &composed, failure);

	if (rc == 0 && json_object_set_new(composed.report, "duress", json_true()) != 0)
		rc = failure_memory(failure);
	ret_signal->seed = sodium_malloc(RECEIPT_SEED_BYTES);
	if (rc == 0 && ret_signal->seed == NULL)
		rc = failure_memory(failure);
	if (rc == 0) {
		memcpy(ret_signal->seed, receipt->seed, RECEIPT_SEED_BYTES);
		ret_signal->report = json_incref(composed.report);
	}
	composed_free(&composed);
	return rc;
}

static int set(const struct invocation *invocation, struct session *session, struct receipt_ahead *receipt,
	struct signal *signal, struct failure *failure)
{
	char *passphrase = NULL;
	struct failure line;
	struct cover cover;
	int rc;

	if (check(session, &cover, failure) != 0)
		return -1;
	if (organisation_refresh(session->organisation, NULL, &line) != 0 && line.exit_code != EX_UNAVAILABLE)
		return failure_of(failure, line.exit_code, &line.fault);
	if (organisation_fresh(session->organisation, failure) != 0 ||
		compose_signal(invocation, session, &cover, receipt, signal, failure) != 0 ||
		cover_fits(signal->report, failure) != 0 ||
		take_second(invocation, &passphrase, failure) != 0)
		return -1;
	rc = make(session, passphrase, signal, &cover, failure);
	sodium_free(passphrase);
	if (rc != 0)
		return -1;
	say(invocation,
		"Set. The second passphrase opens a harmless home; the first session there tells officers, "
		"at "
		"its "
		"end, and needs the network.\nYour receipt number for their answers: %s\nWrite it down and "
		"hide it; the harmless home doesn't know it.\nUse both passphrases now and then: what isn't "
		"opened for %d sessions in a row may be lost. While a report with evidence waits to be sent, "
		"its file shows that there is more than the harmless home.\n",
		receipt->number, VAULT_SESSIONS_MAX);
	return output_result(
		invocation, json_pack("{s:b, s:s}", "set", 1, "receipt", receipt->number), failure);
}

int run_duress_set(const struct invocation *invocation, struct failure *failure)
{
	struct session session = { 0 };
	struct receipt_ahead *receipt = NULL;
	struct signal signal = { 0 };
	int rc = session_open(invocation, &session, failure);

	if (rc == 0)
		rc = receipt_fresh(&receipt, failure);
	if (rc == 0)
		rc = set(invocation, &session, receipt, &signal, failure);
	signal_free(&signal);
	sodium_free(receipt);
	session_close(&session);
	return rc;
}

int run_duress_off(const struct invocation *invocation, struct failure *failure)
{
	struct session session = { 0 };
	int rc = session_open(invocation, &session, failure);

	if (rc == 0 && (vault_second_destroy(session.vault, failure) != 0 ||
			       vault_remove(session.vault, ITEM_DURESS, failure) != 0))
		rc = -1;
	if (rc == 0)
		rc = output_result(invocation, json_pack("{s:b}", "set", 0), failure);
	session_close(&session);
	return rc;
}

/* Sealed to an older roster, or sent: what waits now isn't what was sealed here. */
static bool is_old(const struct session *harmless, const struct signal *signal)
{
	json_t *ids = cover_ids(harmless);
	bool is_old = ids == NULL || !json_equal(ids, signal->ids) ||
		      cover_roster(harmless) < organisation_roster(harmless->organisation)->version;

	json_decref(ids);
	return is_old;
}

static int renew(struct session *session, struct vault *second, struct failure *failure)
{
	struct session harmless = { 0 };
	struct signal signal = { 0 };
	struct cover cover;
	bool found = false;
	int rc = -1;

	if (harmless_open(session, second, &harmless, failure) != 0 ||
		signal_load(session, &signal, failure) != 0 ||
		cover_load(&harmless, &cover, &found, failure) != 0)
		goto cleanup;
	if (!found || signal.report == NULL || !is_old(&harmless, &signal))
		rc = 0;
	else if (copy_items(session, &harmless, failure) == 0 &&
		 seal_signals(&harmless, &signal, &cover, failure) == 0)
		rc = signal_save(session, &signal, failure);
cleanup:
	signal_free(&signal);
	queue_free(harmless.queue);
	return rc;
}

void duress_renew(struct session *session)
{
	struct vault *second = NULL;
	struct failure ignored;

	if (vault_second_open(session->vault, &second, &ignored) == 0 && second != NULL &&
		renew(session, second, &ignored) != 0)
		session->has_no_cover = true;
	vault_free(second);
}
