/* Rosters and lists against the store's own code: which roster enters force, what it changes at once, and
 * what officers and admins see. */
#include "store_scene.h"

#include "proto/alert_list.h"
#include "proto/encode.h"

#define OTHER_SEED 77
#define LISTED     201 /* one more than a page */

static struct buffer note_of(const struct roster *roster)
{
	struct buffer note = buffer_of(ROSTER_MAX_BYTES);

	assert_int_equal(roster_write_note(roster, &note), 0);
	return note;
}

/* The next roster, not signed yet. */
static struct roster *next_of(struct scene *scene)
{
	struct roster *next = NULL;

	assert_int_equal(roster_next(scene->store.roster, &next), 0);
	return next;
}

static void sign_as(struct roster *roster, const char *name, enum person person)
{
	uint8_t public_key[32], secret_key[64];
	struct fault fault;

	fixture_key((uint8_t)person, public_key, secret_key);
	assert_int_equal(roster_sign(roster, name, secret_key, &fault), 0);
}

static const struct scene_answer *publish(struct scene *scene, const struct roster *roster)
{
	struct buffer note = note_of(roster);
	const struct scene_answer *answer = scene_ask(
		scene, &(struct scene_ask){
			       .method = METHOD_PUT, .path = "roster", .body = note.data, .len = note.len });

	buffer_free(&note);
	return answer;
}

static const struct scene_answer *get(struct scene *scene, const char *path, enum person signer)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = signer });
}

static void expect_note(struct scene *scene, const char *path, const struct buffer *note)
{
	const struct scene_answer *answer = get(scene, path, NOBODY);

	assert_int_equal(answer->status, 200);
	assert_string_equal(answer->content_type, "text/plain; charset=utf-8");
	assert_int_equal(answer->body.len, note->len);
	assert_memory_equal(answer->body.data, note->data, note->len);
}

static void test_every_roster_that_was_in_force_is_kept(void **state)
{
	struct scene *scene = *state;
	struct roster *next = next_of(scene);
	struct buffer first = buffer_of(ROSTER_MAX_BYTES), second;

	buffer_put(&first, scene->store.roster->note, scene->store.roster->note_len);
	expect_note(scene, "roster", &first);
	expect_note(scene, "roster/1", &first);
	assert_int_equal(get(scene, "roster/2", NOBODY)->status, 404);
	sign_as(next, "ada", ADA);
	second = note_of(next);
	assert_int_equal(publish(scene, next)->status, 201);
	assert_int_equal(publish(scene, next)->status, 200);
	for (int restarted = 0; restarted < 2; restarted++) {
		expect_note(scene, "roster", &second);
		expect_note(scene, "roster/2", &second);
		expect_note(scene, "roster/1", &first);
		assert_true(answer_says(get(scene, "roster/3", NOBODY), "not-found"));
		assert_true(answer_says(get(scene, "roster/9223372036854775807", NOBODY), "not-found"));
		scene_restart(scene);
	}
	buffer_free(&first);
	buffer_free(&second);
	roster_free(next);
}

static void test_rosters_that_are_refused(void **state)
{
	struct scene *scene = *state;
	struct roster *next = next_of(scene);
	const struct scene_answer *answer = publish(scene, next);

	assert_int_equal(answer->status, 403); /* nobody has signed it */
	assert_true(answer_says(answer, "not-permitted"));
	sign_as(next, "ada", ADA);
	next->signatures[0].signature[9] ^= 1;
	assert_int_equal(publish(scene, next)->status, 403);
	next->previous[0] ^= 1;
	roster_touch(next);
	sign_as(next, "ada", ADA);
	answer = publish(scene, next);
	assert_int_equal(answer->status, 409); /* it follows another one */
	assert_true(answer_says(answer, "roster-conflict"));
	next->previous[0] ^= 1;
	next->version = 3;
	roster_touch(next);
	sign_as(next, "ada", ADA);
	assert_int_equal(publish(scene, next)->status, 409);
	roster_free(next);
	answer = scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_PUT, .path = "roster", .body = "no roster", .len = 9 });
	assert_int_equal(answer->status, 422);
	assert_true(answer_says(answer, "bad-roster"));
	answer = scene_ask(scene, &(struct scene_ask){ .method = METHOD_PUT, .path = "roster" });
	assert_true(answer_says(answer, "bad-roster"));
	assert_int_equal(scene->store.roster->version, 1);
}

/* The same version with another content: the history would fork. */
/* At no length does a part of a roster change what is in force. */
static void test_a_roster_that_is_cut_short(void **state)
{
	struct scene *scene = *state;
	struct roster *next = next_of(scene);
	struct buffer note;
	struct fault fault;

	sign_as(next, "ada", ADA);
	note = note_of(next);
	for (size_t len = 0; len < note.len; len++) {
		uint8_t *part = malloc(len + 1); /* of its own, so that a sanitizer sees a read behind it */

		assert_non_null(part);
		memcpy(part, note.data, len);
		assert_int_equal(rosters_offer(&scene->store, part, len, &fault), -1);
		assert_true(fault.text[0] != '\0');
		assert_int_equal(scene->store.roster->version, 1);
		free(part);
	}
	assert_int_equal(rosters_offer(&scene->store, note.data, note.len, &fault), 0);
	assert_int_equal(scene->store.roster->version, 2);
	buffer_free(&note);
	roster_free(next);
}

static void test_a_second_version_one(void **state)
{
	struct scene *scene = *state;
	struct roster *other = fixture_roster();

	memcpy(other->receipt_key, scene->store.roster->receipt_key, sizeof other->receipt_key);
	other->organisation[0] = 'X';
	sign_as(other, "ada", ADA);
	assert_true(answer_says(publish(scene, other), "roster-conflict"));
	roster_free(other);
}

/* Acceptances would be signed by a key that no client takes. */
static void test_a_receipt_key_that_is_not_held(void **state)
{
	struct scene *scene = *state;
	struct roster *next = next_of(scene);

	roster_touch(next);
	fixture_key(OTHER_SEED, next->receipt_key, NULL);
	assert_true(answer_says(publish(scene, next), "not-permitted")); /* nobody has signed it */
	sign_as(next, "ada", ADA);
	assert_true(answer_says(publish(scene, next), "receipt-key"));
	assert_int_equal(scene->store.roster->version, 1);
	memcpy(next->receipt_key, scene->store.receipt_key, sizeof next->receipt_key);
	roster_touch(next);
	sign_as(next, "ada", ADA);
	assert_int_equal(publish(scene, next)->status, 201);
	roster_free(next);
}

/* A new admin alone can't make herself one. */
static void test_new_admins_need_the_old_ones(void **state)
{
	struct scene *scene = *state;
	struct roster *next = next_of(scene);
	struct roster_admin admin = { .name = "stranger" };
	struct sealed before, after;

	seal_report(scene, "intake", 1000, 0, &before);
	fixture_key(STRANGER, admin.public_key, NULL);
	fixture_recipient(STRANGER, admin.recipient);
	assert_int_equal(roster_add_admin(next, &admin), 0);
	sign_as(next, "stranger", STRANGER);
	assert_true(answer_says(publish(scene, next), "not-permitted"));
	sign_as(next, "ada", ADA);
	assert_int_equal(publish(scene, next)->status, 201);
	assert_int_equal(get(scene, "status", STRANGER)->status, 200);
	/* The organisation has another fingerprint now: each report is for that of the version it names. */
	seal_report(scene, "intake", 1000, 0, &after);
	assert_string_not_equal(before.destination.organisation, after.destination.organisation);
	assert_int_equal(scene_send(scene, &before)->status, 201);
	assert_true(answer_says(scene_send(scene, &after), "wrong-destination"));
	sealed_free(&before);
	sealed_free(&after);
	roster_free(next);
}

/* Who is no officer any more is told at once, even where she waits already; what was sealed to the roster
 * before is taken. */
static void test_a_new_roster_counts_at_once(void **state)
{
	struct scene *scene = *state;
	struct roster *next = next_of(scene);
	struct sealed before;
	const struct scene_answer *answer;
	uint32_t hers, others;

	seal_report(scene, "intake", 1000, 0, &before);
	hers = scene_put(scene,
		&(struct scene_ask){
			.method = METHOD_GET, .path = "desks/intake/alerts?wait=300", .signer = OLGA });
	others = scene_put(scene,
		&(struct scene_ask){
			.method = METHOD_GET, .path = "desks/legal/alerts?wait=300", .signer = MARIA });
	scene_run(scene);
	assert_int_equal(roster_remove_officer(next, "olga"), 0);
	assert_int_equal(fixture_officer(next, "nina", "intake", STRANGER), 0);
	sign_as(next, "ada", ADA);
	assert_int_equal(publish(scene, next)->status, 201);
	assert_int_equal(scene->answers[hers].status, 403);
	assert_int_equal(scene->answers[others].status, 200);
	assert_int_equal(get(scene, "desks/intake/alerts", OLGA)->status, 403);
	assert_int_equal(scene_send(scene, &before)->status, 201);
	answer = get(scene, "desks/intake/alerts", STRANGER);
	assert_non_null(memmem(answer->body.data, answer->body.len, before.hex, strlen(before.hex)));
	assert_int_equal(get(scene, before.report, OLGA)->status, 403);
	assert_int_equal(get(scene, before.report, STRANGER)->status, 200);
	sealed_free(&before);
	roster_free(next);
}

/* --- lists */

/* Rows as a report's way in leaves them, without the way. */
static void list_many(struct scene *scene, const char *desk, size_t count)
{
	struct store *store = &scene->store;

	assert_int_equal(backend_begin(store->backend), 0);
	for (size_t i = 0; i < count; i++) {
		struct report_facts *facts = facts_new();

		assert_non_null(facts);
		randombytes_buf(facts->id, sizeof facts->id);
		snprintf(facts->desk, sizeof facts->desk, "%s", desk);
		facts->urgency = (enum urgency)(i % URGENCY_COUNT);
		facts->stage = STAGE_LISTED;
		facts->roster = facts->header_roster = 1;
		facts->accepted = facts->listed = time_cut(store_now(store), 60);
		assert_int_equal(report_add(store, facts, (const uint8_t *)"header", 6, false), 0);
		facts_free(facts);
	}
	assert_int_equal(backend_commit(store->backend), 0);
}

static size_t page(struct scene *scene, const char *path, struct alert **ret_alerts, bool *ret_more)
{
	const struct scene_answer *answer = get(scene, path, OLGA);
	struct alert_list list;
	struct fault fault;

	assert_int_equal(answer->status, 200);
	assert_int_equal(
		alert_list_parse((const char *)answer->body.data, answer->body.len, &list, &fault), 0);
	*ret_alerts = list.alerts;
	*ret_more = list.more;
	free(list.again);
	return list.count;
}

static void test_a_desk_is_read_page_by_page(void **state)
{
	struct scene *scene = *state;
	struct alert *alerts = NULL, *rest = NULL;
	bool more = false;
	char path[64];

	list_many(scene, "legal", 3);
	list_many(scene, "intake", LISTED);
	assert_int_equal(page(scene, "desks/intake/alerts", &alerts, &more), ALERTS_MAX);
	assert_true(more);
	for (size_t i = 0; i < ALERTS_MAX; i++) {
		static const int64_t minutes[] = { 15, 120, 1440, 4320, 15 }; /* withheld: as immediate */
		const struct alert *alert = &alerts[i];

		assert_true(i == 0 || alert->seq > alerts[i - 1].seq);
		assert_string_equal(alert->desk, "intake");
		assert_int_equal(alert->urgency, i % URGENCY_COUNT);
		assert_int_equal(alert->due - alert->accepted, minutes[alert->urgency] * 60);
	}
	snprintf(path, sizeof path, "desks/intake/alerts?after=%llu",
		(unsigned long long)alerts[ALERTS_MAX - 1].seq);
	assert_int_equal(page(scene, path, &rest, &more), 1);
	assert_false(more);
	assert_true(rest[0].seq > alerts[ALERTS_MAX - 1].seq);
	free(rest);
	snprintf(path, sizeof path, "desks/intake/alerts?after=%llu", (unsigned long long)alerts[0].seq);
	assert_int_equal(page(scene, path, &rest, &more), ALERTS_MAX);
	assert_false(more);
	assert_string_equal(rest[0].report, alerts[1].report);
	free(rest);
	assert_int_equal(page(scene, "desks/intake/alerts?after=9223372036854775807", &rest, &more), 0);
	free(rest);
	free(alerts);
}

static void test_a_desk_that_the_roster_dropped_has_no_due(void **state)
{
	struct scene *scene = *state;
	struct alert *alerts = NULL;
	bool more;

	list_many(scene, "intake", 1);
	memcpy(scene->store.roster->desks[0].name, "outtake", sizeof "outtake");
	assert_int_equal(page(scene, "desks/intake/alerts", &alerts, &more), 1);
	assert_false(alerts[0].has_due);
	free(alerts);
}

static void test_status_is_for_admins_and_counts(void **state)
{
	struct scene *scene = *state;
	const struct scene_answer *answer;
	char expected[256], expires[TIME_SIZE];

	list_many(scene, "intake", 5);
	store_set_capacity(&scene->store, 12345678);
	time_format(scene->store.roster->expires, expires);
	for (uint64_t old; headers_old(&scene->store, &old) != 0;)
		scene_run(scene);
	answer = get(scene, "status", ADA);
	assert_int_equal(answer->status, 200);
	snprintf(expected, sizeof expected,
		"{\"roster\":{\"version\":1,\"expires\":\"%s\"},\"reports\":5,\"open\":5,\"rewrap\":0,"
		"\"bytes\":%llu,"
		"\"capacity\":12345678}",
		expires, (unsigned long long)backend_bytes(scene->store.backend));
	assert_int_equal(answer->body.len, strlen(expected));
	assert_memory_equal(answer->body.data, expected, strlen(expected));
	assert_int_equal(get(scene, "status", OLGA)->status, 403);
	assert_int_equal(get(scene, "status", NOBODY)->status, 401);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_every_roster_that_was_in_force_is_kept),
		IN_SCENE(test_rosters_that_are_refused),
		IN_SCENE(test_a_roster_that_is_cut_short),
		IN_SCENE(test_a_second_version_one),
		IN_SCENE(test_a_receipt_key_that_is_not_held),
		IN_SCENE(test_new_admins_need_the_old_ones),
		IN_SCENE(test_a_new_roster_counts_at_once),
		IN_SCENE(test_a_desk_is_read_page_by_page),
		IN_SCENE(test_a_desk_that_the_roster_dropped_has_no_due),
		IN_SCENE(test_status_is_for_admins_and_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
