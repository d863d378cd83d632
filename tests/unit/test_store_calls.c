/* Every call of the store and its refusals, against its own code: who may, what is said, what is kept. */
#include "store_scene.h"

#include "proto/digest.h"
#include "proto/encode.h"

#define MINUTE 60
#define HOUR   3600

static bool says(const struct scene_answer *answer, const char *text)
{
	return answer->body.data != NULL &&
	       memmem(answer->body.data, answer->body.len, text, strlen(text)) != NULL;
}

static const struct scene_answer *get(struct scene *scene, const char *path, enum person signer)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = signer });
}

/* Content-Digest is the body's, and the signature the receipt key's over this nonce. */
static bool is_signed(const struct scene *scene, const struct scene_answer *answer)
{
	const struct signed_answer subject = {
		.nonce = scene->nonce, .status = answer->status, .content_digest = answer->content_digest
	};
	uint8_t digest[SHA256_BYTES];
	char expected[CONTENT_DIGEST_SIZE];

	assert_int_equal(sha256_once(answer->body.len == 0 ? (const uint8_t *)"" : answer->body.data,
				 answer->body.len, digest),
		0);
	content_digest_format(digest, expected);
	return strcmp(expected, answer->content_digest) == 0 &&
	       answer_verify(
		       &subject, scene->store.receipt_key, answer->signature, strlen(answer->signature)) == 0;
}

/* Officers' and admins' calls */

static void test_who_may_call(void **state)
{
	static const struct {
		const char *path;
		unsigned nobody, olga, maria, ada, stranger;
	} calls[] = {
		{ "desks/intake/alerts", 401, 200, 403, 403, 403 },
		{ "desks/legal/alerts", 401, 403, 200, 403, 403 },
		{ "desks/none/alerts", 401, 403, 403, 403, 403 },
		{ "status", 401, 403, 403, 200, 403 },
		{ "roster", 200, 200, 200, 200, 200 },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		const unsigned statuses[] = { calls[i].nobody, calls[i].ada, calls[i].olga, calls[i].maria,
			calls[i].stranger };

		for (enum person person = NOBODY; person <= STRANGER; person++) {
			const struct scene_answer *answer = get(scene, calls[i].path, person);

			assert_int_equal(answer->status, statuses[person]);
			if (strcmp(calls[i].path, "roster") != 0 && person != NOBODY)
				assert_true(is_signed(scene, answer)); /* refusals too */
		}
	}
}

static void test_a_report_is_its_desks(void **state)
{
	static const char *const parts[] = { "", "/header", "/events" };
	struct scene *scene = *state;
	struct sealed sealed;
	const struct scene_answer *answer;
	char path[160], unknown[160];

	seal_report(scene, "intake", 200000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		const struct scene_answer *hers, *not_hers, *no_ones;

		snprintf(path, sizeof path, "%s%s", sealed.report, parts[i]);
		snprintf(unknown, sizeof unknown, "reports/%064d%s", 7, parts[i]);
		hers = get(scene, path, OLGA);
		assert_int_equal(hers->status, 200);
		assert_true(is_signed(scene, hers));
		assert_int_equal(get(scene, path, NOBODY)->status, 401);
		not_hers = get(scene, path, MARIA);
		no_ones = get(scene, unknown, MARIA);
		assert_int_equal(not_hers->status, 403);
		assert_int_equal(no_ones->status, 403);
		assert_int_equal(not_hers->body.len, no_ones->body.len);
		assert_memory_equal(not_hers->body.data, no_ones->body.data, no_ones->body.len);
	}
	snprintf(path, sizeof path, "%s/header", sealed.report);
	answer = get(scene, path, OLGA);
	assert_in_range(answer->body.len, 65568 + 100, 65568 + 1000); /* header, nonce, one sealed chunk */
	assert_memory_equal(answer->body.data, sealed.file.data, answer->body.len);
	sealed_free(&sealed);
}

/* It is found and opened as another desk's report is, so that it costs the same. */
static void test_what_stands_in_for_no_report(void **state)
{
	struct scene *scene = *state;
	struct report_facts *facts = report_stand_in(&scene->store);
	struct sealed sealed;

	assert_null(facts);
	for (int i = 0; i < 2; i++) {
		seal_report(scene, i == 0 ? "intake" : "legal", 2000, 0, &sealed);
		assert_int_equal(scene_send(scene, &sealed)->status, 201);
		sealed_free(&sealed);
	}
	facts = report_stand_in(&scene->store);
	assert_non_null(facts);
	assert_string_equal(facts->desk, "legal");
	facts_free(facts);
}

static void test_signatures_that_are_refused(void **state)
{
	struct scene *scene = *state;
	struct scene_ask ask = { .method = METHOD_GET, .path = "desks/intake/alerts", .signer = OLGA };
	const struct scene_answer *answer;

	ask.authority = "other.example.org";
	answer = scene_ask(scene, &ask);
	assert_true(answer_says(answer, "not-signed"));
	assert_string_equal(answer->signature, ""); /* nothing that she asked is answered for */
	ask.authority = NULL;
	ask.nonce = "0123456789abcdef0123";
	assert_int_equal(scene_ask(scene, &ask)->status, 200);
	assert_true(answer_says(scene_ask(scene, &ask), "not-signed")); /* again */
	ask.nonce = NULL;
	scene->store.start_wall -= 1000; /* a store that runs for a while */
	scene->store.start_boot_ms -= 1000000;
	ask.skew = 301;
	assert_true(answer_says(scene_ask(scene, &ask), "not-signed"));
	ask.skew = -301;
	assert_true(answer_says(scene_ask(scene, &ask), "not-signed"));
	ask.skew = -299;
	assert_int_equal(scene_ask(scene, &ask)->status, 200);
	ask.skew = 299;
	assert_int_equal(scene_ask(scene, &ask)->status, 200);
	scene->store.start_wall += 1000;
	scene->store.start_boot_ms += 1000000;
	ask.skew = -2; /* before the store began */
	assert_true(answer_says(scene_ask(scene, &ask), "not-signed"));
}

/* Acknowledging */

static const struct scene_answer *post_event(
	struct scene *scene, const struct sealed *sealed, enum person signer, const struct buffer *json)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
					.path = sealed->events,
					.body = json->data,
					.len = json->len,
					.signer = signer });
}

static void test_an_acknowledgement(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct buffer json = buffer_of(EVENT_MAX);
	const struct scene_answer *answer;
	char accepted[TIME_SIZE], due[TIME_SIZE];
	int64_t now;

	scene->store.start_wall = time_cut(scene->store.start_wall, HOUR) + 25 * MINUTE + 30;
	now = store_now(&scene->store);
	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	answer = get(scene, "desks/intake/alerts", OLGA);
	time_format(time_cut(now, MINUTE), accepted);
	time_format(time_cut(now, MINUTE) + 120 * MINUTE, due);
	assert_true(says(answer, "\"state\":\"new\"") && says(answer, accepted) && says(answer, due));
	write_ack(scene, &sealed, OLGA, 1, &json);
	answer = post_event(scene, &sealed, OLGA, &json);
	assert_int_equal(answer->status, 201);
	assert_true(says(answer, "\"state\":\"ack\"") && says(answer, "\"number\":1") &&
		    is_signed(scene, answer));
	answer = get(scene, "desks/intake/alerts", OLGA);
	time_format(time_cut(now, HOUR), accepted);
	assert_true(
		says(answer, "\"state\":\"ack\"") && says(answer, accepted) && says(answer, "\"due\":null"));
	assert_true(says(get(scene, sealed.events, OLGA), "\"type\":\"ack\""));
	assert_true(
		answer_says(post_event(scene, &sealed, OLGA, &json), "event-conflict")); /* the same again */
	buffer_free(&json);
	sealed_free(&sealed);
}

static void test_acknowledgements_that_are_refused(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed, other;
	struct buffer json = buffer_of(EVENT_MAX);

	seal_report(scene, "intake", 1000, 0, &sealed);
	seal_report(scene, "intake", 1000, 0, &other);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	write_ack(scene, &sealed, OLGA, 2, &json);
	assert_true(answer_says(post_event(scene, &sealed, OLGA, &json), "event-conflict"));
	buffer_clear(&json);
	write_ack(scene, &sealed, MARIA, 1, &json);
	assert_true(answer_says(
		post_event(scene, &sealed, OLGA, &json), "not-permitted")); /* another's signature */
	assert_true(
		answer_says(post_event(scene, &sealed, MARIA, &json), "not-permitted")); /* another desk's */
	buffer_clear(&json);
	write_ack(scene, &other, OLGA, 1, &json);
	assert_true(
		answer_says(post_event(scene, &sealed, OLGA, &json), "not-permitted")); /* another's report */
	assert_true(
		answer_says(post_event(scene, &other, OLGA, &json), "not-permitted")); /* that isn't here */
	buffer_clear(&json);
	buffer_put_string(&json, "{}");
	assert_true(answer_says(post_event(scene, &sealed, OLGA, &json), "bad-request"));
	assert_true(says(get(scene, sealed.events, OLGA), "{\"events\":[],\"more\":false}"));
	assert_true(says(get(scene, "desks/intake/alerts", OLGA), "\"state\":\"new\""));
	buffer_free(&json);
	sealed_free(&sealed);
	sealed_free(&other);
}

/* Reports that are refused */

static void test_reports_that_are_refused(void **state)
{
	static const struct {
		const char *from, *to, *problem;
	} changes[] = {
		{ "desk=intake", "desk=legal", "wrong-destination" },
		{ "desk=intake", "desk=nobody", "unknown-desk" },
		{ "urgency=urgent", "urgency=record", "wrong-destination" },
		{ "urgency=urgent", "urgency=soon", "bad-request" },
		{ "roster=1", "roster=2", "wrong-destination" },
		{ "&roster=1", "", "bad-request" },
	};
	struct scene *scene = *state;
	struct sealed sealed;

	seal_report(scene, "intake", 1000, 0, &sealed);
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		struct sealed changed = sealed;
		char *at = strstr(sealed.put, changes[i].from);

		assert_non_null(at);
		snprintf(changed.put, sizeof changed.put, "%.*s%s%s", (int)(at - sealed.put), sealed.put,
			changes[i].to, at + strlen(changes[i].from));
		assert_true(answer_says(scene_send(scene, &changed), changes[i].problem));
	}
	assert_true(says(get(scene, "desks/intake/alerts", OLGA), "\"alerts\":[]"));
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	sealed_free(&sealed);
}

static const struct scene_answer *put_bytes(struct scene *scene, const void *data, size_t len)
{
	uint8_t digest[SHA256_BYTES];
	char hex[ID_SIZE], path[256];

	assert_int_equal(sha256_once(data, len, digest), 0);
	hex_encode(digest, sizeof digest, hex);
	snprintf(path, sizeof path, "reports/%s?desk=intake&urgency=urgent&roster=1", hex);
	return scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_PUT, .path = path, .body = data, .len = len });
}

static void test_bodies_that_are_no_reports(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	uint8_t *large = calloc(1, REPORT_PUT_MAX + 1);

	assert_non_null(large);
	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_true(answer_says(put_bytes(scene, "x", 1), "not-sealed"));
	assert_true(answer_says(put_bytes(scene, sealed.file.data, 100), "not-sealed"));
	assert_true(answer_says(put_bytes(scene, "x", 0), "not-sealed"));
	assert_true(answer_says(put_bytes(scene, large, REPORT_PUT_MAX), "not-sealed"));
	assert_true(answer_says(put_bytes(scene, large, REPORT_PUT_MAX + 1), "too-large"));
	/* A payload that ends within a tag. */
	assert_true(answer_says(put_bytes(scene, sealed.file.data, sealed.file.len - 16389), "not-sealed"));
	/* With a proof but without its salt. */
	assert_true(answer_says(put_bytes(scene, sealed.file.data, sealed.file.len), "wrong-destination"));
	free(large);
	sealed_free(&sealed);
}

static void test_what_is_not_a_call(void **state)
{
	struct scene *scene = *state;

	assert_true(get(scene, "nothing", NOBODY)->is_decoy);
	assert_true(get(scene, "reports/short", NOBODY)->is_decoy);
	assert_int_equal(get(scene, "audit", OLGA)->status, 403); /* for admins */
	assert_true(
		scene_ask(scene, &(struct scene_ask){ .method = METHOD_DELETE, .path = "roster" })->is_decoy);
	assert_true(answer_says(get(scene, "desks/intake/alerts?wait=9999", OLGA), "bad-request"));
	assert_true(answer_says(get(scene, "roster/9", NOBODY), "not-found"));
	assert_int_equal(get(scene, "roster/1", NOBODY)->status, 200);
}

/* Limits */

static void test_room_is_kept_for_officers(void **state)
{
	struct scene *scene = *state;
	struct buffer json = buffer_of(EVENT_MAX);
	struct sealed sealed[40];
	const struct scene_answer *answer = NULL;
	uint64_t used;
	size_t count = 0;

	store_set_capacity(&scene->store, 16 * 1024 * 1024);
	do {
		assert_true(count < COUNT_OF(sealed));
		seal_report(scene, "intake", 900000, 0, &sealed[count]);
		answer = scene_send(scene, &sealed[count++]);
	} while (answer->status == 201);
	assert_true(answer_says(answer, "storage-full"));
	assert_true(count > 10);
	used = backend_bytes(scene->store.backend);
	assert_in_range(
		used, 13 * 1024 * 1024, 15 * 1024 * 1024); /* a sixteenth is left, and a report doesn't fit */
	for (size_t i = 0; i + 1 < count; i++) {
		buffer_clear(&json);
		write_ack(scene, &sealed[i], OLGA, 1, &json);
		assert_int_equal(post_event(scene, &sealed[i], OLGA, &json)->status, 201);
	}
	store_set_capacity(&scene->store, 64 * 1024 * 1024);
	assert_int_equal(scene_send(scene, &sealed[count - 1])->status, 201);
	buffer_free(&json);
	for (size_t i = 0; i < count; i++)
		sealed_free(&sealed[i]);
}

/* Several files that each fit when they begin. */
static void test_bodies_that_come_together_do_not_overrun(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed[20];
	unsigned taken = 0, refused = 0;

	store_set_capacity(&scene->store, 8 * 1024 * 1024);
	for (size_t i = 0; i < COUNT_OF(sealed); i++) {
		seal_report(scene, "intake", 900000, 0, &sealed[i]);
		(void)scene_put(scene, &(struct scene_ask){ .method = METHOD_PUT,
					       .path = sealed[i].put,
					       .body = sealed[i].file.data,
					       .len = sealed[i].file.len });
	}
	scene_run(scene);
	for (size_t i = 0; i < COUNT_OF(sealed); i++) {
		taken += scene->answers[i].status == 201;
		refused += answer_says(&scene->answers[i], "storage-full");
		sealed_free(&sealed[i]);
	}
	assert_int_equal(taken + refused, COUNT_OF(sealed)); /* those that fit were not spoilt */
	assert_in_range(taken, 5, 9);
	assert_true(backend_bytes(scene->store.backend) <= 8 * 1024 * 1024);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_who_may_call),
		IN_SCENE(test_a_report_is_its_desks),
		IN_SCENE(test_what_stands_in_for_no_report),
		IN_SCENE(test_signatures_that_are_refused),
		IN_SCENE(test_an_acknowledgement),
		IN_SCENE(test_acknowledgements_that_are_refused),
		IN_SCENE(test_reports_that_are_refused),
		IN_SCENE(test_bodies_that_are_no_reports),
		IN_SCENE(test_what_is_not_a_call),
		IN_SCENE(test_room_is_kept_for_officers),
		IN_SCENE(test_bodies_that_come_together_do_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
