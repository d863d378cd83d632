/* What officers see of an alert that climbs, who may act on it, and what stops it. */
#include "escalation_fixture.h"

static bool holds(const struct alert_list *alerts, const struct sealed *sealed)
{
	for (size_t i = 0; i < alerts->count; i++)
		if (strcmp(alerts->alerts[i].report, sealed->hex) == 0)
			return true;
	return false;
}

static void test_the_list_says_how_far_it_is(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	int64_t began = send(scene, URGENCY_IMMEDIATE, &sealed);

	expect_stage(scene, ESCALATION_TIER_1, 1);
	scene_set_now(scene, began + 15 * MINUTE);
	expect_stage(scene, ESCALATION_TIER_2, 2);
	scene_set_now(scene, began + 30 * MINUTE);
	expect_stage(scene, ESCALATION_TIER_3, 3);
	scene_set_now(scene, began + HOUR);
	expect_stage(scene, ESCALATION_FALLBACK, 4);
	scene_set_now(scene, began + 65 * MINUTE);
	expect_stage(scene, ESCALATION_UNANSWERED, 4);
	sealed_free(&sealed);
}

/* --- acknowledged */

static const struct scene_answer *ack(
	struct scene *scene, const struct sealed *sealed, enum person who, uint64_t number)
{
	struct buffer json = buffer_of(EVENT_MAX);
	const struct scene_answer *answer;

	write_ack(scene, sealed, who, number, &json);
	answer = scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
					  .path = sealed->events,
					  .body = json.data,
					  .len = json.len,
					  .signer = who });
	buffer_free(&json);
	return answer;
}

/* What was promised has been kept, and then nobody goes on with it. */
static void test_an_acknowledgement_stops_the_climb_and_idleness_is_told(void **state)
{
	struct scene *scene = *state;
	struct dossier dossier = { .scene = scene };
	int64_t began = send(scene, URGENCY_IMMEDIATE, &dossier.sealed), acknowledged = began + 7 * MINUTE;

	scene_set_now(scene, acknowledged + 30);
	expect_woken("oo");
	post(&dossier, EVENT_ACK);
	expect_stage(scene, ESCALATION_NONE, 0);
	post(&dossier, EVENT_CONTACT);
	post(&dossier, EVENT_TRIAGE);
	scene_set_now(scene, acknowledged + HOUR - JUST_BEFORE);
	restart(scene);
	expect_woken("");
	scene_set_now(scene, acknowledged + HOUR);
	expect_woken("o");
	expect_stage(scene, ESCALATION_STALLED, 1);
	scene_set_now(scene, acknowledged + 2 * HOUR);
	expect_woken("ot");
	restart(scene);
	scene_set_now(scene, acknowledged + 3 * HOUR);
	expect_woken("hot");
	assert_int_equal(audited(scene, "\"kind\":\"stalled\""), 3);
	assert_int_equal(audited(scene, "\"kind\":\"overdue\""), 0);
	assert_int_equal(audited(scene, "\"kind\":\"climbed\""), 0);
	sealed_free(&dossier.sealed);
}

/* Two who acknowledge at once: one owns it, and the other is told that somebody was faster. */
static void test_of_two_who_acknowledge_at_once_one_is_told(void **state)
{
	struct scene *scene = *state;
	enum person who[] = { OLGA, TINA };
	struct sealed sealed;
	uint32_t ids[2];

	send(scene, URGENCY_IMMEDIATE, &sealed);
	for (size_t i = 0; i < 2; i++) {
		struct buffer json = buffer_of(EVENT_MAX);

		write_ack(scene, &sealed, who[i], 1, &json);
		ids[i] = scene_put(scene, &(struct scene_ask){ .method = METHOD_POST,
						  .path = sealed.events,
						  .body = json.data,
						  .len = json.len,
						  .signer = who[i] });
		buffer_free(&json);
	}
	scene_run(scene);
	assert_int_equal(scene->answers[ids[0]].status, 201);
	assert_int_equal(scene->answers[ids[1]].status, 409);
	assert_true(answer_says(&scene->answers[ids[1]], "event-conflict"));
	sealed_free(&sealed);
}

/* A stranger's signature, or one without the proof key, stops nothing. */
static void test_only_a_signed_and_proven_event_stops_it(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed, other;
	struct report_event *event;
	struct buffer json = buffer_of(EVENT_MAX);
	int64_t began = send(scene, URGENCY_IMMEDIATE, &sealed);

	seal_report(scene, "intake", 1000, 0, &other);
	/* Signed by OLGA, and by the proof key of another report. */
	event = event_for(scene, &other);
	sign_event(scene, &other, OLGA, event);
	assert_int_equal(event_write(event, &json), 0);
	assert_int_equal(scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
						  .path = sealed.events,
						  .body = json.data,
						  .len = json.len,
						  .signer = OLGA })
				 ->status,
		403);
	assert_int_equal(ack(scene, &sealed, STRANGER, 1)->status, 403);
	expect_woken("o");
	scene_set_now(scene, began + 5 * MINUTE);
	expect_woken("o");
	report_event_free(event);
	buffer_free(&json);
	sealed_free(&sealed);
	sealed_free(&other);
}

/* --- a report that stock age sealed: nobody can prove that she has opened it */

static void seal_stock(struct scene *scene, struct sealed *ret_sealed)
{
	uint8_t recipient[AGE_RECIPIENT_BYTES], plain[1000] = { 0 };

	(void)scene;
	memset(ret_sealed, 0, sizeof *ret_sealed);
	ret_sealed->file = buffer_of(65536);
	fixture_recipient(OLGA, recipient);
	assert_int_equal(age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipient, 1, plain,
				 sizeof plain, &ret_sealed->file),
		0);
	assert_int_equal(sha256_once(ret_sealed->file.data, ret_sealed->file.len, ret_sealed->id), 0);
	hex_encode(ret_sealed->id, sizeof ret_sealed->id, ret_sealed->hex);
	snprintf(ret_sealed->put, sizeof ret_sealed->put, "reports/%s?desk=intake&urgency=immediate&roster=1",
		ret_sealed->hex);
	snprintf(ret_sealed->events, sizeof ret_sealed->events, "reports/%s/events", ret_sealed->hex);
}

static void test_without_proof_it_takes_two(void **state)
{
	struct scene *scene = *state;
	struct report_event *event;
	struct event_subject subject;
	struct sealed sealed;
	uint8_t public_key[32], secret_key[64];
	enum person who[] = { OLGA, OLGA, TINA };
	int64_t began;

	seal_stock(scene, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	began = time_cut(store_now(&scene->store), MINUTE);
	memcpy(subject.organisation, scene->store.fingerprint, sizeof subject.organisation);
	memcpy(subject.report, sealed.hex, sizeof subject.report);
	event = event_for(scene, &sealed);
	expect_woken("o");
	for (uint64_t number = 1; number <= 3; number++) {
		struct buffer json = buffer_of(EVENT_MAX);

		event->number = number;
		fixture_key((uint8_t)who[number - 1], public_key, secret_key);
		assert_int_equal(event_sign(event, &subject, secret_key, NULL), 0);
		assert_int_equal(event_write(event, &json), 0);
		assert_int_equal(scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
							  .path = sealed.events,
							  .body = json.data,
							  .len = json.len,
							  .signer = who[number - 1] })
					 ->status,
			201);
		assert_int_equal(event_digest(event, &subject, event->previous), 0);
		buffer_free(&json);
		scene_set_now(scene, began + (int64_t)number * 5 * MINUTE);
		expect_woken(number < 3 ? "o" : "");
	}
	scene_set_now(scene, began + 40 * MINUTE);
	expect_woken("");
	report_event_free(event);
	sealed_free(&sealed);
}

/* --- at a desk that took it */

/* Tina serves both desks; what legal doesn't answer falls back to intake, what intake doesn't to press. */
static void two_fallbacks(struct roster *roster)
{
	struct roster_desk press = roster->desks[0];

	whole_desk(roster);
	memcpy(press.name, "press", sizeof "press");
	assert_int_equal(roster_add_desk(roster, &press), 0);
	for (size_t i = 0; i < roster->desk_count; i++)
		if (strcmp(roster->desks[i].name, "legal") == 0)
			memcpy(roster->desks[i].fallback, "intake", sizeof "intake");
	memcpy(roster->desks[0].fallback, "press", sizeof "press");
	for (size_t i = 0; i < roster->officer_count; i++)
		if (strcmp(roster->officers[i].name, "tina") == 0)
			memcpy(roster->officers[i].desks[roster->officers[i].desk_count++], "legal",
				sizeof "legal");
}

static int begin_with_two_fallbacks(void **state)
{
	shape = two_fallbacks;
	return begin(state);
}

static int hear_nothing(struct store *store, const char *officer, const char *desk, enum urgency urgency)
{
	(void)store;
	(void)officer;
	(void)desk;
	(void)urgency;
	return 0;
}

/* Signed by Tina alone, for a report without proof: its climb goes on. */
static void tina_does(
	struct scene *scene, const struct sealed *sealed, struct report_event *event, enum event_type type)
{
	struct buffer json = buffer_of(EVENT_MAX);
	struct event_subject subject;
	uint8_t public_key[32], secret_key[64];

	memcpy(subject.organisation, scene->store.fingerprint, sizeof subject.organisation);
	memcpy(subject.report, sealed->hex, sizeof subject.report);
	event->type = type;
	event->number++;
	event->desk[0] = '\0';
	if (type == EVENT_TRANSFER)
		memcpy(event->desk, "legal", sizeof "legal");
	fixture_key(TINA, public_key, secret_key);
	assert_int_equal(event_sign(event, &subject, secret_key, NULL), 0);
	assert_int_equal(event_write(event, &json), 0);
	assert_int_equal(scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
						  .path = sealed->events,
						  .body = json.data,
						  .len = json.len,
						  .signer = TINA })
				 ->status,
		201);
	assert_int_equal(event_digest(event, &subject, event->previous), 0);
	buffer_free(&json);
}

static void test_it_climbs_at_the_desk_that_took_it(void **state)
{
	static const enum event_type way[] = { EVENT_ACK, EVENT_TRIAGE, EVENT_ACTIVATE, EVENT_TRANSFER,
		EVENT_ACCEPT };
	struct scene *scene = *state;
	struct report_event *event;
	struct alert_list alerts;
	struct sealed sealed;
	int64_t began;

	scene->store.escalation->wake = hear_nothing;
	seal_stock(scene, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	began = time_cut(store_now(&scene->store), MINUTE);
	scene_set_now(scene, began + HOUR);
	expect_stage(scene, ESCALATION_FALLBACK, 4);
	event = event_for(scene, &sealed);
	event->number = 0;
	assert_int_equal(event_set_content(event, sealed.file.data, sealed.file.len), 0); /* any age file */
	for (size_t i = 0; i < COUNT_OF(way); i++)
		tina_does(scene, &sealed, event, way[i]);
	/* By legal's clock, at once, and not when intake would have been alerted again. */
	scene_set_now(scene, began + HOUR + MINUTE);
	parse(list(scene, "desks/legal/alerts", MARIA), &alerts);
	assert_int_equal(alerts.count, 1);
	assert_string_equal(alerts.alerts[0].desk, "legal");
	assert_int_equal(alerts.alerts[0].tier, 4);
	alert_list_free(&alerts);
	/* And it falls back to legal's own fallback desk. */
	parse(list(scene, "desks/intake/alerts", OLGA), &alerts);
	assert_true(holds(&alerts, &sealed));
	alert_list_free(&alerts);
	report_event_free(event);
	sealed_free(&sealed);
}

/* --- the fallback desk */

static void test_the_fallback_desk_sees_opens_and_acknowledges(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed, own;
	struct alert_list alerts;
	int64_t began = send(scene, URGENCY_IMMEDIATE, &sealed);
	char header[160];

	snprintf(header, sizeof header, "reports/%s/header", sealed.hex);
	scene_set_now(scene, began + 55 * MINUTE);
	parse(list(scene, "desks/legal/alerts", MARIA), &alerts);
	assert_int_equal(alerts.count, 0);
	alert_list_free(&alerts);
	assert_int_equal(list(scene, header, MARIA)->status, 403);
	assert_int_equal(ack(scene, &sealed, MARIA, 1)->status, 403);
	scene_set_now(scene, began + HOUR);
	restart(scene);
	seal_report(scene, "legal", 1000, 0, &own);
	parse(list(scene, "desks/legal/alerts", MARIA), &alerts);
	assert_int_equal(alerts.count, 1);
	assert_string_equal(alerts.alerts[0].desk, "intake");
	assert_true(holds(&alerts, &sealed));
	alert_list_free(&alerts);
	parse(list(scene, "desks/legal/alerts?after=1", MARIA), &alerts);
	assert_int_equal(alerts.count, 0);
	alert_list_free(&alerts);
	assert_int_equal(list(scene, header, MARIA)->status, 200);
	assert_int_equal(ack(scene, &sealed, MARIA, 1)->status, 201);
	expect_woken("hhmooott");
	scene_set_now(scene, began + HOUR + 44 * MINUTE);
	expect_woken("");
	/* It stays hers to work on. */
	assert_int_equal(list(scene, header, MARIA)->status, 200);
	parse(list(scene, "desks/legal/alerts", MARIA), &alerts);
	assert_true(holds(&alerts, &sealed));
	alert_list_free(&alerts);
	sealed_free(&sealed);
	sealed_free(&own);
}

/* --- heard again */

static uint64_t raised_now(struct scene *scene, const char *path, enum person who)
{
	struct alert_list alerts;
	uint64_t raised;

	parse(list(scene, path, who), &alerts);
	raised = alerts.raised;
	alert_list_free(&alerts);
	return raised;
}

static void expect_again(struct scene *scene, const char *desk, enum person who, uint64_t raised,
	size_t count, uint64_t *ret_raised)
{
	struct alert_list alerts;
	char path[128];

	snprintf(path, sizeof path, "desks/%s/alerts?after=1&raised=%llu", desk, (unsigned long long)raised);
	parse(list(scene, path, who), &alerts);
	assert_int_equal(alerts.count, 0);
	assert_int_equal(alerts.again_count, count);
	*ret_raised = alerts.raised;
	alert_list_free(&alerts);
}

static void test_a_climb_is_heard_again_once(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	int64_t began = send(scene, URGENCY_IMMEDIATE, &sealed);
	uint64_t raised = raised_now(scene, "desks/intake/alerts", TINA), legal, later;

	legal = raised_now(scene, "desks/legal/alerts", MARIA);
	expect_again(scene, "intake", TINA, raised, 0, &raised);
	scene_set_now(scene, began + 15 * MINUTE);
	expect_again(scene, "intake", TINA, raised, 1, &later);
	expect_again(scene, "intake", TINA, later, 0, &later);
	expect_again(scene, "legal", MARIA, legal, 0, &legal);
	/* Also for who asks again after a restart, and with what she knew before. */
	restart(scene);
	expect_again(scene, "intake", TINA, raised, 1, &raised);
	scene_set_now(scene, began + HOUR);
	expect_again(scene, "intake", TINA, later, 1, &later);
	expect_again(scene, "legal", MARIA, legal, 1, &legal);
	expect_again(scene, "legal", MARIA, legal, 0, &legal);
	sealed_free(&sealed);
}

static void test_who_waits_hears_a_climb(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct alert_list alerts;
	int64_t began = send(scene, URGENCY_IMMEDIATE, &sealed);
	uint32_t id, deaf;
	char path[128];

	snprintf(path, sizeof path, "desks/intake/alerts?after=1&wait=300&raised=%llu",
		(unsigned long long)raised_now(scene, "desks/intake/alerts", TINA));
	id = scene_put(scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = TINA });
	deaf = scene_put(scene, &(struct scene_ask){ .method = METHOD_GET,
					.path = "desks/intake/alerts?after=1&wait=300",
					.signer = OLGA });
	scene_run(scene);
	assert_false(scene->answers[id].is_here);
	scene_set_now(scene, began + 15 * MINUTE);
	assert_true(scene->answers[id].is_here);
	assert_false(scene->answers[deaf].is_here);
	parse(&scene->answers[id], &alerts);
	assert_int_equal(alerts.again_count, 1);
	assert_int_equal(alerts.again[0].tier, 2);
	alert_list_free(&alerts);
	sealed_free(&sealed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_DESK(test_the_list_says_how_far_it_is),
		IN_DESK(test_an_acknowledgement_stops_the_climb_and_idleness_is_told),
		IN_DESK(test_of_two_who_acknowledge_at_once_one_is_told),
		IN_DESK(test_only_a_signed_and_proven_event_stops_it),
		IN_DESK(test_without_proof_it_takes_two),
		cmocka_unit_test_setup_teardown(
			test_it_climbs_at_the_desk_that_took_it, begin_with_two_fallbacks, scene_end),
		IN_DESK(test_the_fallback_desk_sees_opens_and_acknowledges),
		IN_DESK(test_a_climb_is_heard_again_once),
		IN_DESK(test_who_waits_hears_a_climb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
