/* What events come to: owner, heir, second signature. */
#include "cmocka_all.h"

#include "history.h"

#include <string.h>

static json_t *report_of(const char *urgency)
{
	return json_pack("{s:s}", "urgency", urgency);
}

static int apply(
	struct history *history, enum event_type type, const char *by, const char *member, const char *value)
{
	json_t *content = member == NULL ? NULL : json_pack("{s:s}", member, value);
	struct actor actor = { by, strncmp(by, "head", 4) == 0 };
	int rc = history_apply(history, type, &actor, content);

	json_decref(content);
	return rc;
}

static void whoever_acknowledges_first_owns_it(void **state)
{
	struct history history = history_of(NULL);

	(void)state;
	assert_int_equal(apply(&history, EVENT_ACK, "amina", NULL, NULL), 0);
	assert_int_equal(apply(&history, EVENT_ACK, "badia", NULL, NULL), 0);
	assert_string_equal(history.owner, "amina");
	assert_string_equal(history.acknowledged_by, "amina");
	assert_int_equal(history.decisions, 0);
	assert_int_equal(history.state, STATE_ACK);
}

static void an_assignment_before_the_acknowledgement_stays(void **state)
{
	struct history history = history_of(NULL);

	(void)state;
	assert_int_equal(apply(&history, EVENT_ASSIGN, "amina", "officer", "badia"), 0);
	assert_int_equal(apply(&history, EVENT_ACK, "amina", NULL, NULL), 0);
	assert_string_equal(history.owner, "badia");
	assert_string_equal(history.acknowledged_by, "amina");
	assert_int_equal(apply(&history, EVENT_ASSIGN, "carla", NULL, NULL), 0); /* unreadable */
	assert_string_equal(history.owner, "badia");
	assert_string_equal(history.decided_by, "carla");
}

static void a_handover_moves_ownership_only_when_it_is_taken_up(void **state)
{
	struct history history = history_of(NULL);

	(void)state;
	assert_int_equal(apply(&history, EVENT_ACK, "amina", NULL, NULL), 0);
	assert_int_equal(apply(&history, EVENT_TRIAGE, "amina", NULL, NULL), 0);
	assert_int_equal(apply(&history, EVENT_ACTIVATE, "amina", NULL, NULL), 0);
	assert_int_equal(apply(&history, EVENT_HANDOVER, "amina", "officer", "badia"), 0);
	assert_string_equal(history.owner, "amina");
	assert_string_equal(history.heir, "badia");
	assert_int_equal(apply(&history, EVENT_ACTIVATE, "badia", NULL, NULL), 0);
	assert_string_equal(history.owner, "badia");
	assert_string_equal(history.heir, "");
	assert_int_equal(apply(&history, EVENT_HANDOVER, "badia", "officer", "carla"), 0);
	assert_int_equal(apply(&history, EVENT_ACTIVATE, "badia", NULL, NULL), 0); /* takes it back */
	assert_string_equal(history.owner, "badia");
}

static void what_the_state_does_not_allow_changes_nothing(void **state)
{
	struct history history = history_of(NULL), before = history;

	(void)state;
	assert_int_equal(apply(&history, EVENT_CLOSE, "amina", "reason", "DUP"), -1);
	assert_memory_equal(&history, &before, sizeof history);
}

static void a_proposal_lasts_until_something_is_decided(void **state)
{
	struct history history = history_of(NULL);

	(void)state;
	assert_int_equal(apply(&history, EVENT_ACK, "amina", NULL, NULL), 0);
	assert_int_equal(apply(&history, EVENT_NOTE, "amina", "reason", "LOST"), 0);
	assert_int_equal(apply(&history, EVENT_NOTE, "badia", "text", "Are you sure?"), 0);
	assert_string_equal(history.proposed, "LOST");
	assert_string_equal(history.proposed_by, "amina");
	assert_int_equal(apply(&history, EVENT_TRIAGE, "amina", NULL, NULL), 0);
	assert_string_equal(history.proposed, "");
}

static void whether_it_ever_was_urgent_is_kept(void **state)
{
	static const struct {
		const char *urgency;
		bool urgent;
	} cases[] = { { "immediate", true }, { "urgent", true }, { "withheld", true }, { "priority", false },
		{ "record", false } };

	(void)state;
	for (size_t at = 0; at < COUNT_OF(cases); at++) {
		json_t *report = report_of(cases[at].urgency);
		struct history history = history_of(report);

		assert_int_equal(history.was_urgent, cases[at].urgent);
		assert_int_equal(apply(&history, EVENT_ACK, "amina", NULL, NULL), 0);
		assert_int_equal(apply(&history, EVENT_TRIAGE, "amina", "urgency", "record"), 0);
		assert_int_equal(history.was_urgent, cases[at].urgent);
		json_decref(report);
	}
	struct history history = history_of(NULL);

	assert_int_equal(apply(&history, EVENT_ACK, "amina", NULL, NULL), 0);
	assert_int_equal(apply(&history, EVENT_TRIAGE, "amina", "urgency", "immediate"), 0);
	assert_true(history.was_urgent);
}

static void whoever_reopens_owns_it(void **state)
{
	struct history history = history_of(NULL);

	(void)state;
	assert_int_equal(apply(&history, EVENT_ACK, "amina", NULL, NULL), 0);
	assert_int_equal(apply(&history, EVENT_CLOSE, "amina", "reason", "SAFE"), 0);
	assert_int_equal(apply(&history, EVENT_REOPEN, "badia", NULL, NULL), 0);
	assert_string_equal(history.owner, "badia");
	assert_int_equal(history.state, STATE_REOPENED);
}

static struct history active(void)
{
	struct history history = history_of(NULL);

	memcpy(history.desk, "urgent", sizeof "urgent");
	assert_int_equal(apply(&history, EVENT_ACK, "amina", NULL, NULL), 0);
	assert_int_equal(apply(&history, EVENT_TRIAGE, "amina", NULL, NULL), 0);
	assert_int_equal(apply(&history, EVENT_ACTIVATE, "amina", NULL, NULL), 0);
	return history;
}

static void a_transfer_moves_the_case_only_when_it_is_accepted(void **state)
{
	struct history history = active();

	(void)state;
	assert_int_equal(apply(&history, EVENT_ACCEPT, "carla", NULL, NULL), -1);
	assert_int_equal(apply(&history, EVENT_TRANSFER, "amina", "desk", "legal"), 0);
	assert_string_equal(history.owner, "amina");
	assert_string_equal(history.desk, "urgent");
	assert_string_equal(history.offered, "legal");
	assert_int_equal(apply(&history, EVENT_NOTE, "badia", "text", "x"), 0);
	assert_int_equal(apply(&history, EVENT_ASSIGN, "badia", "officer", "badia"), 0);
	assert_string_equal(history.offered, "legal");
	assert_int_equal(apply(&history, EVENT_ACCEPT, "carla", NULL, NULL), 0);
	assert_string_equal(history.owner, "carla");
	assert_string_equal(history.desk, "legal");
	assert_string_equal(history.offered, "");
	assert_int_equal(history.via_count, 1);
	assert_int_equal(history.state, STATE_ACTIVE);
	assert_int_equal(apply(&history, EVENT_REJECT, "carla", "text", "x"), -1);
}

static void what_is_not_accepted_stays_its_owners(void **state)
{
	static const struct {
		enum event_type type;
		const char *by;
	} ends[] = { { EVENT_REJECT, "carla" }, { EVENT_ACTIVATE, "amina" } };

	(void)state;
	for (size_t at = 0; at < COUNT_OF(ends); at++) {
		struct history history = active();

		assert_int_equal(apply(&history, EVENT_TRANSFER, "amina", "desk", "legal"), 0);
		assert_int_equal(apply(&history, ends[at].type, ends[at].by, "text", "x"), 0);
		assert_string_equal(history.owner, "amina");
		assert_string_equal(history.desk, "urgent");
		assert_int_equal(history.via_count, 0);
		assert_int_equal(apply(&history, EVENT_ACCEPT, "carla", NULL, NULL), -1);
	}
	struct history history = active();

	/* A colleague's handover is no offer to a desk. */
	assert_int_equal(apply(&history, EVENT_HANDOVER, "amina", "officer", "badia"), 0);
	assert_int_equal(apply(&history, EVENT_ACCEPT, "carla", NULL, NULL), -1);
}

/* How a case that was urgent or wasn't stands once amina has proposed a reason. */
static struct history proposed(const char *urgency, const char *reason, const char *by)
{
	json_t *report = report_of(urgency);
	struct history history = history_of(report);

	json_decref(report);
	assert_int_equal(apply(&history, EVENT_ACK, "amina", NULL, NULL), 0);
	if (by != NULL)
		assert_int_equal(apply(&history, EVENT_NOTE, by, "reason", reason), 0);
	return history;
}

static void closing_asks_for_those_who_have_to_sign(void **state)
{
	static const struct {
		const char *urgency, *reason, *proposed_by, *closed_by;
		enum closing closing;
	} cases[] = {
		{ "urgent", "SAFE", NULL, "amina", CLOSING_ENDS },
		{ "record", "LOST", NULL, "amina", CLOSING_ENDS },
		{ "urgent", "LOST", NULL, "amina", CLOSING_PROPOSES },
		{ "urgent", "LOST", NULL, "head", CLOSING_PROPOSES },
		{ "urgent", "LOST", "amina", "amina", CLOSING_PROPOSED },
		{ "urgent", "LOST", "amina", "badia", CLOSING_ENDS },
		{ "record", "FALSE", NULL, "amina", CLOSING_PROPOSES },
		{ "record", "FALSE", NULL, "head", CLOSING_ENDS },
		{ "record", "FALSE", "amina", "badia", CLOSING_RANKS },
		{ "record", "FALSE", "amina", "head", CLOSING_ENDS },
		{ "urgent", "FALSE", NULL, "head", CLOSING_PROPOSES },
		{ "urgent", "FALSE", "amina", "badia", CLOSING_RANKS },
		{ "urgent", "FALSE", "head", "badia", CLOSING_ENDS },
		{ "urgent", "FALSE", "head", "head", CLOSING_PROPOSED },
	};

	(void)state;
	for (size_t at = 0; at < COUNT_OF(cases); at++) {
		struct history history = proposed(cases[at].urgency, cases[at].reason, cases[at].proposed_by);
		struct actor actor = { cases[at].closed_by, strcmp(cases[at].closed_by, "head") == 0 };

		assert_int_equal(history_closing(&history, cases[at].reason, &actor), cases[at].closing);
		/* Whatever somebody's tool lets her do, the others' see what was missing. */
		assert_int_equal(
			apply(&history, EVENT_CLOSE, cases[at].closed_by, "reason", cases[at].reason), 0);
		assert_int_equal(history.lacks_signature, cases[at].closing != CLOSING_ENDS);
		assert_int_equal(apply(&history, EVENT_REOPEN, "badia", NULL, NULL), 0);
		assert_false(history.lacks_signature);
	}
}

static void a_proposal_is_not_taken_over_by_repeating_it(void **state)
{
	struct history history = proposed("urgent", "LOST", "amina");

	(void)state;
	assert_int_equal(apply(&history, EVENT_NOTE, "badia", "reason", "LOST"), 0);
	assert_string_equal(history.proposed_by, "amina");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_acknowledges_first_owns_it),
		cmocka_unit_test(an_assignment_before_the_acknowledgement_stays),
		cmocka_unit_test(a_handover_moves_ownership_only_when_it_is_taken_up),
		cmocka_unit_test(what_the_state_does_not_allow_changes_nothing),
		cmocka_unit_test(a_proposal_lasts_until_something_is_decided),
		cmocka_unit_test(whether_it_ever_was_urgent_is_kept),
		cmocka_unit_test(whoever_reopens_owns_it),
		cmocka_unit_test(a_transfer_moves_the_case_only_when_it_is_accepted),
		cmocka_unit_test(what_is_not_accepted_stays_its_owners),
		cmocka_unit_test(closing_asks_for_those_who_have_to_sign),
		cmocka_unit_test(a_proposal_is_not_taken_over_by_repeating_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
