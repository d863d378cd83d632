/* Check-ins at the store: who has the hold key puts a held report off or calls it off, nobody else does, and
 * what was answered is so after a restart too. */
#include "store_scene.h"

#include "build_config.h"
#include "keys/clock.h"
#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/hold.h"

#include <inttypes.h>

#define DAY      86400
#define MANY     (CLARION_SANITIZED ? 5000 : 100000)
#define DUE      (MANY / 100)
#define AGAIN_MS 60000 /* nobody waits longer for a missed check-in */

static bool is_listed(struct scene *scene, const struct sealed *sealed)
{
	const struct scene_answer *answer = scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_GET, .path = "desks/intake/alerts", .signer = OLGA });

	return memmem(answer->body.data, answer->body.len, sealed->hex, strlen(sealed->hex)) != NULL;
}

static void pass(struct scene *scene, int64_t seconds)
{
	scene->store.start_wall += seconds;
	releases_run(&scene->store);
	scene_run(scene);
}

/* The scene's clock begins anew. */
static void restart(struct scene *scene, int64_t passed)
{
	scene_restart(scene);
	pass(scene, passed);
}

static struct hold_order order_for(const struct sealed *sealed, uint64_t counter, int64_t release)
{
	struct hold_order order = { .counter = counter, .is_cancel = release == 0, .release = release };
	uint8_t secret[64], public[ED25519_PUBLIC_BYTES];

	scene_hold_key(secret, public);
	memcpy(order.id, sealed->hex, sizeof order.id);
	assert_int_equal(hold_sign(&order, HOLD_ORDER, secret), 0);
	return order;
}

static const struct scene_answer *send_order(
	struct scene *scene, const struct sealed *sealed, const struct hold_order *order)
{
	struct buffer body = buffer_of(HOLD_ORDER_MAX);
	const struct scene_answer *answer;
	char path[sizeof sealed->report + 8];

	assert_int_equal(hold_write(order, &body), 0);
	snprintf(path, sizeof path, "%s/hold", sealed->report);
	answer = scene_ask(
		scene, &(struct scene_ask){
			       .method = METHOD_POST, .path = path, .body = body.data, .len = body.len });
	buffer_free(&body);
	return answer;
}

static void expect_done(struct scene *scene, const struct sealed *sealed, const struct hold_order *order)
{
	const struct scene_answer *answer = send_order(scene, sealed, order);
	struct hold_order said;
	struct fault fault;

	assert_int_equal(answer->status, 200);
	assert_int_equal(
		hold_parse((const char *)answer->body.data, answer->body.len, sealed->hex, &said, &fault), 0);
	assert_int_equal(hold_verify(&said, HOLD_ANSWER, scene->store.receipt_key), 0);
	assert_int_equal(hold_verify(&said, HOLD_ORDER, scene->store.receipt_key), -1);
	assert_int_equal(said.counter, order->counter);
	assert_int_equal(said.release, order->release);
	assert_int_equal(said.is_cancel, order->is_cancel);
}

static void expect_refused(struct scene *scene, const struct sealed *sealed, const struct hold_order *order,
	unsigned status, const char *word)
{
	const struct scene_answer *answer = send_order(scene, sealed, order);

	assert_int_equal(answer->status, status);
	assert_true(answer_says(answer, word));
}

static int64_t hold(struct scene *scene, int64_t in, struct sealed *ret_sealed)
{
	const int64_t release = store_now(&scene->store) + in;

	seal_report(scene, "intake", 1000, release, ret_sealed);
	assert_int_equal(scene_send(scene, ret_sealed)->status, 201);
	return release;
}

static void test_it_is_put_off_again_and_again(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	int64_t release = hold(scene, DAY, &sealed);

	for (uint64_t counter = 1; counter <= 3; counter++) {
		struct hold_order order = order_for(&sealed, counter, release + DAY);

		release += DAY;
		expect_done(scene, &sealed, &order);
		pass(scene, DAY);
		assert_false(is_listed(scene, &sealed));
		if (counter == 2)
			restart(scene, 2 * DAY);
	}
	pass(scene, DAY);
	assert_true(is_listed(scene, &sealed));
	sealed_free(&sealed);
}

static void test_a_missed_one_comes_out_after_a_restart_at_the_later_time(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	int64_t release = hold(scene, DAY, &sealed);
	struct hold_order order = order_for(&sealed, 1, release + DAY);

	expect_done(scene, &sealed, &order);
	scene_restart(scene);
	pass(scene, DAY + 60);
	assert_false(is_listed(scene, &sealed));
	restart(scene, 2 * DAY);
	assert_true(is_listed(scene, &sealed));
	sealed_free(&sealed);
}

static void test_it_may_come_earlier(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed, other;
	int64_t release = hold(scene, 2 * DAY, &sealed);
	struct hold_order order = order_for(&sealed, 1, release - DAY);

	hold(scene, 3 * DAY, &other);
	expect_done(scene, &sealed, &order);
	pass(scene, DAY + 1);
	assert_true(is_listed(scene, &sealed));
	pass(scene, DAY); /* the time before: it is out once */
	assert_false(is_listed(scene, &other));
	pass(scene, DAY);
	assert_true(is_listed(scene, &other));
	sealed_free(&sealed);
	sealed_free(&other);
}

static void test_called_off_it_never_comes(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct hold_order order;

	hold(scene, DAY, &sealed);
	order = order_for(&sealed, 1, 0);
	expect_done(scene, &sealed, &order);
	expect_refused(scene, &sealed, &order, 410, "destroyed");
	assert_int_equal(scene_send(scene, &sealed)->status, 410); /* nor for whoever kept its bytes */
	scene_restart(scene);
	pass(scene, 2 * DAY);
	assert_false(is_listed(scene, &sealed));
	sealed_free(&sealed);
}

static void test_only_who_has_the_key(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed, other, open;
	int64_t release = hold(scene, DAY, &sealed);
	struct hold_order order = order_for(&sealed, 1, release + DAY), forged = order;
	uint8_t seed[32] = { 7 }, secret[64], public[ED25519_PUBLIC_BYTES];

	assert_int_equal(crypto_sign_seed_keypair(public, secret, seed), 0);
	assert_int_equal(hold_sign(&forged, HOLD_ORDER, secret), 0);
	expect_refused(scene, &sealed, &forged, 403, "not-permitted");
	forged = order;
	forged.release += DAY;
	expect_refused(scene, &sealed, &forged, 403, "not-permitted");
	forged = order;
	forged.is_cancel = true;
	expect_refused(scene, &sealed, &forged, 403, "not-permitted");
	/* An order for one report is none for another, and unknown ones look the same. */
	hold(scene, DAY, &other);
	expect_refused(scene, &other, &order, 403, "not-permitted");
	seal_report(scene, "intake", 1000, release, &open);
	expect_refused(scene, &open, &order, 403, "not-permitted");
	sealed_free(&open);
	seal_report(scene, "intake", 1000, 0, &open);
	assert_int_equal(scene_send(scene, &open)->status, 201);
	forged = order_for(&open, 1, release);
	expect_refused(scene, &open, &forged, 403, "not-permitted");
	pass(scene, DAY + 1);
	assert_true(is_listed(scene, &sealed));
	sealed_free(&sealed);
	sealed_free(&other);
	sealed_free(&open);
}

static void test_the_counter_rises(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	int64_t release = hold(scene, DAY, &sealed);
	struct hold_order order = order_for(&sealed, 5, release + DAY),
			  older = order_for(&sealed, 4, release + 60);

	expect_done(scene, &sealed, &order);
	expect_refused(scene, &sealed, &order, 409, "hold-conflict");
	expect_refused(scene, &sealed, &older, 409, "hold-conflict");
	scene_restart(scene);
	expect_refused(scene, &sealed, &older, 409, "hold-conflict");
	pass(scene, DAY + 120);
	assert_false(is_listed(scene, &sealed));
	sealed_free(&sealed);
}

static void test_too_late_and_too_far(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed, far;
	int64_t release = hold(scene, DAY, &sealed);
	struct hold_order order = order_for(&sealed, 1, release + HOLD_STEP_MAX + 1);

	expect_refused(scene, &sealed, &order, 422, "too-far");
	order = order_for(&sealed, 1, store_now(&scene->store));
	expect_refused(scene, &sealed, &order, 400, "bad-request");
	for (uint64_t counter = 1; counter <= 4; counter++) {
		release += HOLD_STEP_MAX;
		order = order_for(&sealed, counter, release);
		expect_done(scene, &sealed, &order);
	}
	order = order_for(&sealed, 5, release + 2 * DAY); /* 1 + 4 * 7 + 2 days */
	expect_refused(scene, &sealed, &order, 422, "too-far");
	pass(scene, 29 * DAY + 1);
	assert_true(is_listed(scene, &sealed));
	order = order_for(&sealed, 6, store_now(&scene->store) + DAY);
	expect_refused(scene, &sealed, &order, 409, "released");
	order = order_for(&sealed, 7, 0);
	expect_refused(scene, &sealed, &order, 409, "released");
	seal_report(scene, "intake", 1000, store_now(&scene->store) + HOLD_IN_ALL_MAX + 60, &far);
	assert_true(answer_says(scene_send(scene, &far), "too-far"));
	sealed_free(&sealed);
	sealed_free(&far);
}

static void test_what_is_no_order(void **state)
{
	static const char *const bodies[] = { "", "{}", "[]", "{\"counter\":1,\"release\":\"cancel\"}",
		"{\"counter\":0,\"release\":\"cancel\",\"signature\":\"\"}" };
	struct scene *scene = *state;
	struct sealed sealed;
	char path[sizeof sealed.report + 8];

	hold(scene, DAY, &sealed);
	snprintf(path, sizeof path, "%s/hold", sealed.report);
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		assert_true(answer_says(scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
								 .path = path,
								 .body = bodies[i],
								 .len = strlen(bodies[i]) }),
			"bad-request"));
	sealed_free(&sealed);
}

/* What was answered is on the disk; what can't be written isn't answered as done. */
static void test_a_full_disk_puts_nothing_off(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	int64_t release = hold(scene, DAY, &sealed);
	struct hold_order order = order_for(&sealed, 1, release + DAY);

	scene_break_disk(scene, true);
	assert_int_equal(send_order(scene, &sealed, &order)->status, 503);
	scene_break_disk(scene, false);
	scene_restart(scene);
	pass(scene, DAY + 1);
	assert_true(is_listed(scene, &sealed));
	sealed_free(&sealed);
}

static void add_held(struct store *store, uint32_t number, int64_t release)
{
	struct report_facts *facts = facts_new();
	const uint8_t header[64] = { 0 };

	assert_non_null(facts);
	memcpy(facts->id, &number, sizeof number);
	assert_int_equal(sha256_once(header, sizeof header, facts->header_digest), 0);
	memcpy(facts->desk, "intake", sizeof "intake");
	facts->urgency = URGENCY_IMMEDIATE;
	facts->stage = STAGE_HELD;
	facts->accepted = store_now(store);
	facts->release = facts->listed = release;
	facts->roster = 1;
	assert_int_equal(report_add(store, facts, header, sizeof header, true), 0);
	facts_free(facts);
}

/* Many women are on their way at once: each missed check-in comes out in time, and the others cost nothing.
 */
static void test_very_many(void **state)
{
	struct scene *scene = *state;
	const int64_t now = store_now(&scene->store);
	uint64_t reports, open;
	int64_t began;

	assert_int_equal(backend_begin(scene->store.backend), 0);
	for (uint32_t number = 0; number < MANY; number++)
		add_held(
			&scene->store, number, now + (number % 100 == 0 ? DAY : 2 * DAY) + number / 100 % 60);
	assert_int_equal(backend_commit(scene->store.backend), 0);
	scene_restart(scene);
	began = clock_boot_ms();
	for (int i = 0; i < 1000; i++)
		releases_run(&scene->store); /* nothing is due: nobody looks through them */
	assert_true(clock_boot_ms() - began < AGAIN_MS / 10);
	began = clock_boot_ms();
	scene->store.start_wall += DAY + 61;
	do {
		releases_run(&scene->store);
		assert_int_equal(backend_count(scene->store.backend, &reports, &open), 0);
	} while (open < DUE && clock_boot_ms() - began < AGAIN_MS);
	assert_int_equal(open, DUE);
	releases_run(&scene->store);
	assert_int_equal(backend_count(scene->store.backend, &reports, &open), 0);
	assert_int_equal(open, DUE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_it_is_put_off_again_and_again),
		IN_SCENE(test_a_missed_one_comes_out_after_a_restart_at_the_later_time),
		IN_SCENE(test_it_may_come_earlier),
		IN_SCENE(test_called_off_it_never_comes),
		IN_SCENE(test_only_who_has_the_key),
		IN_SCENE(test_the_counter_rises),
		IN_SCENE(test_too_late_and_too_far),
		IN_SCENE(test_what_is_no_order),
		IN_SCENE(test_a_full_disk_puts_nothing_off),
		IN_SCENE(test_very_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
