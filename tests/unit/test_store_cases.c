/* What officers do with a report, against the store's own code: every cell of the state table, what is
 * refused, the list that a closed report leaves and comes back to, and a history longer than one answer. */
#include "store_scene.h"

#include "proto/age_file.h"
#include "proto/event.h"

/* A report and the end of its chain. */
struct dossier {
	struct scene *scene;
	struct sealed sealed;
	uint64_t number;
	uint8_t last[SHA256_BYTES];
};

static void open_dossier(struct scene *scene, struct dossier *dossier)
{
	*dossier = (struct dossier){ .scene = scene };
	seal_report(scene, "intake", 1000, 0, &dossier->sealed);
	assert_int_equal(scene_send(scene, &dossier->sealed)->status, 201);
}

static void add_content(struct report_event *event, size_t len)
{
	struct buffer sealed = buffer_of(EVENT_CONTENT_MAX);
	struct age_identity *reader = age_identity_new();
	uint8_t *plain = calloc(1, len);

	assert_non_null(reader);
	assert_non_null(plain);
	assert_int_equal(age_file_seal(&reader->recipient, 1, plain, len, &sealed), 0);
	assert_int_equal(event_set_content(event, sealed.data, sealed.len), 0);
	free(plain);
	age_identity_free(reader);
	buffer_free(&sealed);
}

static const struct scene_answer *post(struct dossier *dossier, struct report_event *event)
{
	struct buffer json = buffer_of(EVENT_MAX);
	struct event_subject subject;
	const struct scene_answer *answer;

	event->number = dossier->number + 1;
	memcpy(event->previous, dossier->last, sizeof event->previous);
	sign_event(dossier->scene, &dossier->sealed, OLGA, event);
	assert_int_equal(event_write(event, &json), 0);
	answer = scene_ask(dossier->scene, &(struct scene_ask){ .method = METHOD_POST,
						   .path = dossier->sealed.events,
						   .body = json.data,
						   .len = json.len,
						   .signer = OLGA });
	buffer_free(&json);
	if (answer->status == 201) {
		memcpy(subject.organisation, dossier->scene->store.fingerprint, sizeof subject.organisation);
		memcpy(subject.report, dossier->sealed.hex, sizeof subject.report);
		assert_int_equal(event_digest(event, &subject, dossier->last), 0);
		dossier->number++;
	}
	return answer;
}

static const struct scene_answer *post_type(struct dossier *dossier, enum event_type type, size_t content_len)
{
	struct report_event *event = event_for(dossier->scene, &dossier->sealed);
	const struct scene_answer *answer;

	event->type = type;
	if (type == EVENT_TRANSFER)
		memcpy(event->desk, "legal", sizeof "legal");
	if (content_len > 0)
		add_content(event, content_len);
	answer = post(dossier, event);
	report_event_free(event);
	return answer;
}

static bool says(const struct scene_answer *answer, const char *text)
{
	return memmem(answer->body.data, answer->body.len, text, strlen(text)) != NULL;
}

static void expect_state(struct dossier *dossier, enum event_type type, const char *state)
{
	const struct scene_answer *answer = post_type(dossier, type, event_needs_content(type) ? 100 : 0);
	char wanted[40];

	assert_int_equal(answer->status, 201);
	(void)snprintf(wanted, sizeof wanted, "\"state\":\"%s\"", state);
	assert_true(says(answer, wanted));
}

static const struct scene_answer *alerts(struct scene *scene)
{
	return scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_GET, .path = "desks/intake/alerts", .signer = OLGA });
}

static void test_a_case_goes_its_way(void **state)
{
	struct scene *scene = *state;
	struct dossier dossier;

	open_dossier(scene, &dossier);
	expect_state(&dossier, EVENT_ASSIGN, "new");
	expect_state(&dossier, EVENT_NOTE, "new");
	expect_state(&dossier, EVENT_ACK, "ack");
	expect_state(&dossier, EVENT_TRIAGE, "triaged");
	expect_state(&dossier, EVENT_WAIT, "waiting");
	expect_state(&dossier, EVENT_ACTIVATE, "active");
	expect_state(&dossier, EVENT_MONITOR, "monitor");
	expect_state(&dossier, EVENT_ACTIVATE, "active");
	expect_state(&dossier, EVENT_HANDOVER, "handover");
	expect_state(&dossier, EVENT_REFER, "handover");
	scene_restart(scene);
	expect_state(&dossier, EVENT_ACTIVATE, "active");
	expect_state(&dossier, EVENT_CLOSE, "closed");
	expect_state(&dossier, EVENT_NOTE, "closed");
	expect_state(&dossier, EVENT_REOPEN, "reopened");
	expect_state(&dossier, EVENT_ACTIVATE, "active");
	sealed_free(&dossier.sealed);
}

static void test_what_a_state_does_not_allow_is_a_conflict(void **state)
{
	struct scene *scene = *state;
	struct dossier dossier;

	open_dossier(scene, &dossier);
	for (int type = EVENT_TRIAGE; type <= EVENT_REJECT; type++)
		assert_true(answer_says(post_type(&dossier, (enum event_type)type, 100), "event-conflict"));
	expect_state(&dossier, EVENT_ACK, "ack");
	assert_true(answer_says(post_type(&dossier, EVENT_MONITOR, 100), "event-conflict"));
	expect_state(&dossier, EVENT_CLOSE, "closed");
	assert_true(answer_says(post_type(&dossier, EVENT_ACK, 0), "event-conflict"));
	assert_true(answer_says(post_type(&dossier, EVENT_CLOSE, 100), "event-conflict"));
	assert_int_equal(dossier.number, 2);
	sealed_free(&dossier.sealed);
}

static void test_words_must_be_there_and_sealed(void **state)
{
	struct scene *scene = *state;
	struct dossier dossier;
	struct report_event *event;

	open_dossier(scene, &dossier);
	assert_true(answer_says(post_type(&dossier, EVENT_NOTE, 0), "not-sealed"));
	event = event_for(scene, &dossier.sealed);
	event->type = EVENT_NOTE;
	assert_int_equal(event_set_content(event, (const uint8_t *)"she is at her aunt's", 20), 0);
	assert_true(answer_says(post(&dossier, event), "not-sealed"));
	report_event_free(event);
	assert_int_equal(dossier.number, 0);
	sealed_free(&dossier.sealed);
}

static void test_a_closed_report_leaves_the_list_and_comes_back(void **state)
{
	struct scene *scene = *state;
	struct dossier dossier;

	open_dossier(scene, &dossier);
	expect_state(&dossier, EVENT_ACK, "ack");
	assert_true(says(alerts(scene), dossier.sealed.hex));
	expect_state(&dossier, EVENT_CLOSE, "closed");
	assert_false(says(alerts(scene), dossier.sealed.hex));
	scene_restart(scene);
	assert_false(says(alerts(scene), dossier.sealed.hex));
	expect_state(&dossier, EVENT_REOPEN, "reopened");
	assert_true(says(alerts(scene), dossier.sealed.hex));
	assert_true(says(alerts(scene), "\"state\":\"reopened\""));
	sealed_free(&dossier.sealed);
}

/* Until somebody acknowledges, the time it came stays exact to the minute, whatever else is done. */
static void test_a_note_moves_no_deadline(void **state)
{
	struct scene *scene = *state;
	struct dossier dossier;
	char accepted[TIME_SIZE];

	scene->store.start_wall = time_cut(scene->store.start_wall, 3600) + 25 * 60 + 30;
	time_format(time_cut(store_now(&scene->store), 60), accepted);
	open_dossier(scene, &dossier);
	expect_state(&dossier, EVENT_NOTE, "new");
	assert_true(says(alerts(scene), accepted));
	expect_state(&dossier, EVENT_ACK, "ack");
	assert_false(says(alerts(scene), accepted));
	sealed_free(&dossier.sealed);
}

static size_t count_of(const struct scene_answer *answer, const char *text)
{
	const uint8_t *at = answer->body.data, *end = at + answer->body.len;
	size_t count = 0;

	while ((at = memmem(at, (size_t)(end - at), text, strlen(text))) != NULL) {
		at += strlen(text);
		count++;
	}
	return count;
}

/* Long notes: far more than one answer may hold. */
static void test_a_long_history_comes_in_pages(void **state)
{
	struct scene *scene = *state;
	struct dossier dossier;
	size_t seen = 0, pages = 0;
	bool more = true;

	open_dossier(scene, &dossier);
	for (int at = 0; at < 30; at++)
		assert_int_equal(post_type(&dossier, EVENT_NOTE, 120 * 1024)->status, 201);
	while (more) {
		char path[200];
		const struct scene_answer *answer;

		(void)snprintf(path, sizeof path, "%s?after=%zu", dossier.sealed.events, seen);
		answer = scene_ask(
			scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = OLGA });
		assert_int_equal(answer->status, 200);
		assert_true(count_of(answer, "\"proof\":") > 0);
		seen += count_of(answer, "\"proof\":");
		more = says(answer, "\"more\":true");
		pages++;
	}
	assert_int_equal(seen, 30);
	assert_true(pages > 2);
	sealed_free(&dossier.sealed);
}

/* For counting: open and closed alike, of this desk only. */
static void test_all_reports_of_a_desk_are_listed(void **state)
{
	struct scene *scene = *state;
	struct dossier closed, open;
	struct sealed other;
	const struct scene_answer *answer;
	struct scene_ask ask = { .method = METHOD_GET, .path = "desks/intake/reports", .signer = OLGA };

	open_dossier(scene, &closed);
	open_dossier(scene, &open);
	seal_report(scene, "legal", 1000, 0, &other);
	assert_int_equal(scene_send(scene, &other)->status, 201);
	expect_state(&closed, EVENT_ACK, "ack");
	expect_state(&closed, EVENT_CLOSE, "closed");
	answer = scene_ask(scene, &ask);
	assert_int_equal(answer->status, 200);
	assert_true(says(answer, closed.sealed.hex) && says(answer, open.sealed.hex));
	assert_false(says(answer, other.hex));
	assert_true(says(answer, "{\"next\":0,"));
	ask.path = "desks/intake/reports?after=9223372036854775807";
	assert_true(says(scene_ask(scene, &ask), "{\"next\":0,\"reports\":[]}"));
	ask.path = "desks/legal/reports";
	assert_true(answer_says(scene_ask(scene, &ask), "not-permitted"));
	sealed_free(&closed.sealed);
	sealed_free(&open.sealed);
	sealed_free(&other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_a_case_goes_its_way),
		IN_SCENE(test_what_a_state_does_not_allow_is_a_conflict),
		IN_SCENE(test_words_must_be_there_and_sealed),
		IN_SCENE(test_a_closed_report_leaves_the_list_and_comes_back),
		IN_SCENE(test_a_note_moves_no_deadline),
		IN_SCENE(test_a_long_history_comes_in_pages),
		IN_SCENE(test_all_reports_of_a_desk_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
