/* Signed requests and signed events against the store's own code: each part that is signed counts, strangers
 * use nothing up, and a chain of events has one next link. */
#include "store_scene.h"

#include "proto/digest.h"
#include "proto/event.h"

#define ALERTS "desks/intake/alerts"

static const struct scene_answer *get_signed_as(
	struct scene *scene, const char *path, const char *signed_path, enum person signer)
{
	return scene_ask(scene,
		&(struct scene_ask){
			.method = METHOD_GET, .path = path, .signed_path = signed_path, .signer = signer });
}

static void test_a_signature_is_for_its_path_and_query(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(get_signed_as(scene, ALERTS, ALERTS, OLGA)->status, 200);
	assert_int_equal(get_signed_as(scene, ALERTS "?after=1", ALERTS "?after=1", OLGA)->status, 200);
	assert_int_equal(get_signed_as(scene, ALERTS, "desks/legal/alerts", OLGA)->status, 401);
	assert_int_equal(get_signed_as(scene, ALERTS, ALERTS "?after=1", OLGA)->status, 401);
	assert_int_equal(get_signed_as(scene, ALERTS "?after=1", ALERTS, OLGA)->status, 401);
	assert_int_equal(get_signed_as(scene, ALERTS "?after=2", ALERTS "?after=1", OLGA)->status, 401);
	assert_int_equal(get_signed_as(scene, "status", ALERTS, ADA)->status, 401);
}

/* The body that was signed, and another of the same length that comes. */
static void test_a_signature_is_for_its_body(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct buffer json = buffer_of(EVENT_MAX);
	struct scene_ask ask;
	uint32_t id;

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	write_ack(scene, &sealed, OLGA, 1, &json);
	ask = (struct scene_ask){ .method = METHOD_POST,
		.path = sealed.events,
		.body = json.data,
		.len = json.len,
		.send = json.len - 1,
		.signer = OLGA };
	id = scene_put(scene, &ask);
	scene_put_body(scene, id, (const uint8_t *)" ", 1);
	scene_run(scene);
	assert_int_equal(scene->answers[id].status, 401);
	ask.send = 0;
	assert_int_equal(scene_ask(scene, &ask)->status, 201);
	buffer_free(&json);
	sealed_free(&sealed);
}

/* Whoever knows the base path can sign with a key of her own: that must cost officers nothing. */
static void test_a_stranger_uses_no_nonce_up(void **state)
{
	struct scene *scene = *state;
	struct scene_ask ask = {
		.method = METHOD_GET, .path = ALERTS, .signer = STRANGER, .nonce = "0123456789abcdef"
	};

	for (int again = 0; again < 2; again++) {
		const struct scene_answer *answer = scene_ask(scene, &ask);

		assert_int_equal(answer->status, 403);
		assert_true(answer_says(answer, "not-permitted"));
	}
	ask.signer = OLGA; /* the same nonce, and she has not used it */
	assert_int_equal(scene_ask(scene, &ask)->status, 200);
	assert_int_equal(scene_ask(scene, &ask)->status, 401);
}

static const struct scene_answer *post_event(
	struct scene *scene, const struct sealed *sealed, const struct report_event *event)
{
	struct buffer json = buffer_of(EVENT_MAX);
	const struct scene_answer *answer;

	assert_int_equal(event_write(event, &json), 0);
	answer = scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
					  .path = sealed->events,
					  .body = json.data,
					  .len = json.len,
					  .signer = OLGA });
	buffer_free(&json);
	return answer;
}

static void expect_events(struct scene *scene, const struct sealed *sealed, size_t count)
{
	const struct scene_answer *answer = get_signed_as(scene, sealed->events, NULL, OLGA);
	const char *at = (const char *)answer->body.data, *end = at + answer->body.len;
	size_t found = 0;

	assert_int_equal(answer->status, 200);
	while ((at = memmem(at, (size_t)(end - at), "\"proof\":", 8)) != NULL) {
		at += 8;
		found++;
	}
	assert_int_equal(found, count);
}

static void test_an_event_needs_both_signatures(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct report_event *event;

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	event = event_for(scene, &sealed);
	sign_event(scene, &sealed, OLGA, event);
	event->proof[7] ^= 1;
	assert_true(answer_says(post_event(scene, &sealed, event), "not-permitted"));
	event->proof[7] ^= 1;
	event->signature[7] ^= 1;
	assert_true(answer_says(post_event(scene, &sealed, event), "not-permitted"));
	event->signature[7] ^= 1;
	event->has_proof = false;
	assert_true(answer_says(post_event(scene, &sealed, event), "not-permitted"));
	event->has_proof = true;
	event->created++; /* it was signed with another time */
	assert_true(answer_says(post_event(scene, &sealed, event), "not-permitted"));
	event->created--;
	expect_events(scene, &sealed, 0);
	assert_int_equal(post_event(scene, &sealed, event)->status, 201);
	expect_events(scene, &sealed, 1);
	report_event_free(event);
	sealed_free(&sealed);
}

static void test_an_event_is_about_the_newest_header_and_a_known_roster(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct report_event *event;

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	event = event_for(scene, &sealed);
	event->header[3] ^= 1;
	sign_event(scene, &sealed, OLGA, event);
	assert_true(answer_says(post_event(scene, &sealed, event), "event-conflict"));
	event->header[3] ^= 1;
	event->roster = 2;
	sign_event(scene, &sealed, OLGA, event);
	assert_true(answer_says(post_event(scene, &sealed, event), "not-permitted"));
	event->roster = 1;
	event->type = EVENT_TRIAGE; /* before anybody has acknowledged, and without a word */
	sign_event(scene, &sealed, OLGA, event);
	assert_true(answer_says(post_event(scene, &sealed, event), "not-sealed"));
	expect_events(scene, &sealed, 0);
	report_event_free(event);
	sealed_free(&sealed);
}

static void digest_of(struct scene *scene, const struct sealed *sealed, const struct report_event *event,
	uint8_t ret_digest[SHA256_BYTES])
{
	struct event_subject subject;

	memcpy(subject.organisation, scene->store.fingerprint, sizeof subject.organisation);
	memcpy(subject.report, sealed->hex, sizeof subject.report);
	assert_int_equal(event_digest(event, &subject, ret_digest), 0);
}

/* Each event names the one before: a second one in the same place has lost. */
static void test_a_chain_has_one_next_link(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct report_event *first, *second, *fork;

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	first = event_for(scene, &sealed);
	sign_event(scene, &sealed, OLGA, first);
	assert_int_equal(post_event(scene, &sealed, first)->status, 201);
	second = event_for(scene, &sealed);
	second->number = 2;
	memset(second->previous, 7, sizeof second->previous);
	sign_event(scene, &sealed, OLGA, second);
	assert_true(answer_says(post_event(scene, &sealed, second), "event-conflict"));
	digest_of(scene, &sealed, first, second->previous);
	sign_event(scene, &sealed, OLGA, second);
	scene_restart(scene); /* the chain's end is kept */
	scene->store.start_wall -= 10;
	scene->store.start_boot_ms -= 10000;
	assert_int_equal(post_event(scene, &sealed, second)->status, 201);
	fork = event_for(scene, &sealed);
	fork->number = 2;
	fork->created++;
	digest_of(scene, &sealed, first, fork->previous);
	sign_event(scene, &sealed, OLGA, fork);
	assert_true(answer_says(post_event(scene, &sealed, fork), "event-conflict"));
	fork->number = 4;
	digest_of(scene, &sealed, second, fork->previous);
	sign_event(scene, &sealed, OLGA, fork);
	assert_true(answer_says(post_event(scene, &sealed, fork), "event-conflict"));
	expect_events(scene, &sealed, 2);
	report_event_free(first);
	report_event_free(second);
	report_event_free(fork);
	sealed_free(&sealed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_a_signature_is_for_its_path_and_query),
		IN_SCENE(test_a_signature_is_for_its_body),
		IN_SCENE(test_a_stranger_uses_no_nonce_up),
		IN_SCENE(test_an_event_needs_both_signatures),
		IN_SCENE(test_an_event_is_about_the_newest_header_and_a_known_roster),
		IN_SCENE(test_a_chain_has_one_next_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
