/* Groups: nobody is told before the sync, one request's failure is not another's, and what waits is told
 * right after. Held reports, and nonces, which are parts of a group too. */
#include "store_scene.h"

#include <event2/event.h>
#include <sqlite3.h>

#define MANY 20
#define DAY  86400

static uint32_t put_report(struct scene *scene, const struct sealed *sealed)
{
	return scene_put(scene, &(struct scene_ask){ .method = METHOD_PUT,
					.path = sealed->put,
					.body = sealed->file.data,
					.len = sealed->file.len,
					.hold_key = sealed->destination.hold_key });
}

static const struct scene_answer *alerts(struct scene *scene)
{
	return scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_GET, .path = "desks/intake/alerts", .signer = OLGA });
}

static bool mentions(const struct scene_answer *answer, const struct sealed *sealed)
{
	return answer->body.data != NULL &&
	       memmem(answer->body.data, answer->body.len, sealed->hex, strlen(sealed->hex)) != NULL;
}

static void seal_many(struct scene *scene, struct sealed sealed[MANY])
{
	for (size_t i = 0; i < MANY; i++)
		seal_report(scene, "intake", 1000, 0, &sealed[i]);
}

static void free_many(struct sealed sealed[MANY])
{
	for (size_t i = 0; i < MANY; i++)
		sealed_free(&sealed[i]);
}

static void test_what_comes_together_is_one_group(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed[MANY];
	uint32_t id[MANY];
	uint64_t before = scene->store.group_number;

	seal_many(scene, sealed);
	for (size_t i = 0; i < MANY; i++)
		id[i] = put_report(scene, &sealed[i]);
	scene_run(scene);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(scene->answers[id[i]].status, 201);
	/* A group takes at most so many milliseconds: a slow machine may need a few. */
	assert_in_range(scene->store.group_number - before, 1, MANY / 2);
	free_many(sealed);
}

static void test_a_bad_one_does_not_spoil_the_others(void **state)
{
	struct scene *scene = *state;
	struct sealed good, bad, other;
	uint32_t id[3];

	seal_report(scene, "intake", 1000, 0, &good);
	seal_report(scene, "intake", 1000, 0, &bad);
	seal_report(scene, "intake", 1000, 0, &other);
	bad.file.data[bad.file.len - 1] ^= 1;
	id[0] = put_report(scene, &good);
	id[1] = put_report(scene, &bad);
	id[2] = put_report(scene, &other);
	scene_run(scene);
	assert_int_equal(scene->answers[id[0]].status, 201);
	assert_true(answer_says(&scene->answers[id[1]], "wrong-id"));
	assert_int_equal(scene->answers[id[2]].status, 201);
	sealed_free(&good);
	sealed_free(&bad);
	sealed_free(&other);
}

static void test_twice_in_one_group_is_one_report(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	uint32_t first, second;

	seal_report(scene, "intake", 1000, 0, &sealed);
	first = put_report(scene, &sealed);
	second = put_report(scene, &sealed);
	scene_run(scene);
	assert_int_equal(scene->answers[first].status, 201);
	assert_int_equal(scene->answers[second].status, 200);
	assert_int_equal(scene->answers[first].body.len, scene->answers[second].body.len);
	assert_memory_equal(scene->answers[first].body.data, scene->answers[second].body.data,
		scene->answers[first].body.len);
	sealed_free(&sealed);
}

static void test_nothing_is_told_before_the_commit(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed[MANY];
	uint32_t id[MANY], again;

	seal_many(scene, sealed);
	for (size_t i = 0; i < MANY; i++)
		id[i] = put_report(scene, &sealed[i]);
	again = put_report(scene, &sealed[0]); /* its answer would tell of what isn't durable */
	scene_break_disk(scene, true);
	scene_run(scene);
	scene_break_disk(scene, false);
	for (size_t i = 0; i < MANY; i++)
		assert_true(answer_says(&scene->answers[id[i]], "busy"));
	assert_true(answer_says(&scene->answers[again], "busy"));
	for (size_t i = 0; i < MANY; i++)
		assert_false(mentions(alerts(scene), &sealed[i]));
	assert_int_equal(scene_send(scene, &sealed[0])->status, 201);
	scene_restart(scene);
	assert_true(mentions(alerts(scene), &sealed[0]));
	assert_false(mentions(alerts(scene), &sealed[1]));
	free_many(sealed);
}

static void test_a_full_database_says_so_and_serves(void **state)
{
	struct scene *scene = *state;
	struct sealed first, large;

	seal_report(scene, "intake", 1000, 0, &first);
	seal_report(scene, "intake", 900000, 0, &large);
	assert_int_equal(scene_send(scene, &first)->status, 201);
	backend_limit(scene->store.backend, 512 * 1024);
	assert_true(answer_says(scene_send(scene, &large), "storage-full"));
	assert_true(mentions(alerts(scene), &first));
	backend_limit(scene->store.backend, 0);
	assert_int_equal(scene_send(scene, &large)->status, 201);
	sealed_free(&first);
	sealed_free(&large);
}

static void test_a_sender_who_left_has_sent(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	uint32_t id;

	seal_report(scene, "intake", 1000, 0, &sealed);
	id = put_report(scene, &sealed);
	scene_put_gone(scene, id);
	scene_run(scene);
	assert_false(scene->answers[id].is_here);
	assert_true(mentions(alerts(scene), &sealed));
	sealed_free(&sealed);
}

static uint32_t put_wait(struct scene *scene, const char *desk, enum person officer)
{
	char path[64];

	snprintf(path, sizeof path, "desks/%s/alerts?wait=300", desk);
	return scene_put(scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = officer });
}

static void test_who_waits_is_told_after_the_commit(void **state)
{
	struct scene *scene = *state;
	struct sealed lost, kept;
	uint32_t here = put_wait(scene, "intake", OLGA), left = put_wait(scene, "intake", OLGA),
		 elsewhere = put_wait(scene, "legal", MARIA);

	scene_run(scene);
	scene_put_gone(scene, left);
	seal_report(scene, "intake", 1000, 0, &lost);
	seal_report(scene, "intake", 1000, 0, &kept);
	(void)put_report(scene, &lost);
	scene_break_disk(scene, true);
	scene_run(scene);
	scene_break_disk(scene, false);
	assert_false(scene->answers[here].is_here);
	assert_int_equal(scene_send(scene, &kept)->status, 201);
	assert_int_equal(scene->answers[here].status, 200);
	assert_true(mentions(&scene->answers[here], &kept));
	assert_false(mentions(&scene->answers[here], &lost));
	assert_false(scene->answers[left].is_here);
	assert_false(scene->answers[elsewhere].is_here);
	alerts_answer_all(&scene->store); /* as at the end of the store */
	scene_run(scene);
	assert_int_equal(scene->answers[elsewhere].status, 200);
	assert_false(mentions(&scene->answers[elsewhere], &kept));
	sealed_free(&lost);
	sealed_free(&kept);
}

static void test_a_held_report_is_not_there_before_its_time(void **state)
{
	struct scene *scene = *state;
	struct sealed held, after;
	const struct scene_answer *listed;
	uint32_t waiting;

	seal_report(scene, "intake", 1000, store_now(&scene->store) + DAY, &held);
	seal_report(scene, "intake", 1000, 0, &after);
	assert_int_equal(scene_send(scene, &held)->status, 201);
	assert_int_equal(scene_send(scene, &held)->status, 200);
	assert_int_equal(scene_send(scene, &after)->status, 201);
	assert_false(mentions(alerts(scene), &held));
	assert_true(answer_says(
		scene_ask(scene,
			&(struct scene_ask){ .method = METHOD_GET, .path = held.report, .signer = OLGA }),
		"not-permitted"));
	scene_restart(scene);
	releases_run(&scene->store);
	assert_false(mentions(alerts(scene), &held));
	waiting = scene_put(scene, &(struct scene_ask){ .method = METHOD_GET,
					   .path = "desks/intake/alerts?after=2&wait=300",
					   .signer = OLGA });
	scene_run(scene);
	assert_false(scene->answers[waiting].is_here);
	scene->store.start_wall += DAY + 1;
	releases_run(&scene->store);
	scene_run(scene);
	assert_true(
		mentions(&scene->answers[waiting], &held)); /* a seq of its own: no cursor has passed it */
	listed = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = held.report, .signer = OLGA });
	assert_int_equal(listed->status, 200);
	assert_memory_equal(listed->body.data, held.file.data, held.file.len);
	sealed_free(&held);
	sealed_free(&after);
}

static void test_a_release_that_passed_while_nobody_ran(void **state)
{
	struct scene *scene = *state;
	struct sealed held;

	seal_report(scene, "intake", 1000, store_now(&scene->store) + 1, &held);
	assert_int_equal(scene_send(scene, &held)->status, 201);
	usleep(1100000);
	scene_restart(scene);
	assert_true(mentions(alerts(scene), &held));
	sealed_free(&held);
}

static void test_the_timer_releases(void **state)
{
	struct scene *scene = *state;
	struct sealed held;
	struct timeval enough = { .tv_sec = 3 };

	seal_report(scene, "intake", 1000, store_now(&scene->store) + 1, &held);
	assert_int_equal(scene_send(scene, &held)->status, 201);
	assert_false(mentions(alerts(scene), &held));
	assert_int_equal(event_base_loopexit(scene->store.base, &enough), 0);
	assert_true(event_base_dispatch(scene->store.base) >= 0);
	assert_true(mentions(alerts(scene), &held));
	sealed_free(&held);
}

static void test_who_carries_it_cannot_change_the_release(void **state)
{
	struct scene *scene = *state;
	struct sealed held;
	char *release;

	seal_report(scene, "intake", 1000, store_now(&scene->store) + DAY, &held);
	release = strstr(held.put, "&release=");
	assert_non_null(release);
	release[strlen("&release=")] = '3'; /* a thousand years later */
	assert_true(answer_says(scene_send(scene, &held), "wrong-destination"));
	*release = '\0'; /* at once */
	held.destination.hold_key[0] = '\0';
	assert_true(answer_says(scene_send(scene, &held), "wrong-destination"));
	sealed_free(&held);
}

static off_t log_size(void)
{
	struct stat status;

	return stat(NAME "-wal", &status) == 0 ? status.st_size : 0;
}

/* Nobody else copies it here, as under commits that never pause. */
static void test_the_log_is_bounded(void **state)
{
	struct scene *scene = *state;
	const off_t bound = 64 * 1024 * 1024, one = 2 * 1024 * 1024;
	off_t largest = 0;

	for (int i = 0; i < 90; i++) {
		struct sealed sealed;

		seal_report(scene, "intake", 900000, 0, &sealed);
		assert_int_equal(scene_send(scene, &sealed)->status, 201);
		if (log_size() > largest)
			largest = log_size();
		sealed_free(&sealed);
	}
	assert_in_range(largest, bound / 2, bound + one);
	assert_in_range(backend_log_bytes(scene->store.backend), 0, bound);
}

static void test_the_log_is_begun_anew_when_nobody_reads_it(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	sqlite3 *other = NULL;

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(sqlite3_open(NAME, &other), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(other, "BEGIN; SELECT count(*) FROM reports", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	assert_false(backend_restart_log(scene->store.backend));
	assert_true(backend_log_bytes(scene->store.backend) > 0);
	assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_true(backend_restart_log(scene->store.backend));
	assert_int_equal(backend_log_bytes(scene->store.backend), 0);
	sqlite3_close(other);
	scene_restart(scene);
	assert_true(mentions(alerts(scene), &sealed));
	sealed_free(&sealed);
}

static int count_one(void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len)
{
	(void)name;
	(void)name_len;
	(void)data;
	(void)len;
	++*(size_t *)context;
	return 0;
}

static size_t stored_nonces(struct scene *scene)
{
	size_t count = 0;

	assert_int_equal(backend_each(scene->store.backend, SHELF_NONCES, count_one, &count), 0);
	return count;
}

static const struct scene_answer *acknowledge(
	struct scene *scene, const struct sealed *sealed, const char *nonce)
{
	struct buffer json = buffer_of(EVENT_MAX);
	const struct scene_answer *answer;

	write_ack(scene, sealed, OLGA, 1, &json);
	answer = scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
					  .path = sealed->events,
					  .body = json.data,
					  .len = json.len,
					  .signer = OLGA,
					  .nonce = nonce });
	buffer_free(&json);
	return answer;
}

static void test_a_nonce_is_taken_once_and_forgotten_in_time(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	char nonce[NONCE_SIZE];

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	assert_int_equal(acknowledge(scene, &sealed, NULL)->status, 201);
	memcpy(nonce, scene->nonce, sizeof nonce);
	assert_int_equal(stored_nonces(scene), 1);
	assert_true(answer_says(acknowledge(scene, &sealed, nonce), "not-signed"));
	scene_restart(scene); /* committed with its effect: a restart forgets nothing */
	assert_true(answer_says(acknowledge(scene, &sealed, nonce), "not-signed"));
	nonces_expire(&scene->store);
	scene_run(scene);
	assert_int_equal(stored_nonces(scene), 1);
	/* Nothing else is being written: the old ones go all the same. */
	scene->store.start_wall += 601;
	nonces_expire(&scene->store);
	scene_run(scene);
	assert_int_equal(stored_nonces(scene), 0);
	sealed_free(&sealed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_what_comes_together_is_one_group),
		IN_SCENE(test_a_bad_one_does_not_spoil_the_others),
		IN_SCENE(test_twice_in_one_group_is_one_report),
		IN_SCENE(test_nothing_is_told_before_the_commit),
		IN_SCENE(test_a_full_database_says_so_and_serves),
		IN_SCENE(test_a_sender_who_left_has_sent),
		IN_SCENE(test_who_waits_is_told_after_the_commit),
		IN_SCENE(test_a_held_report_is_not_there_before_its_time),
		IN_SCENE(test_a_release_that_passed_while_nobody_ran),
		IN_SCENE(test_the_timer_releases),
		IN_SCENE(test_who_carries_it_cannot_change_the_release),
		IN_SCENE(test_the_log_is_bounded),
		IN_SCENE(test_the_log_is_begun_anew_when_nobody_reads_it),
		IN_SCENE(test_a_nonce_is_taken_once_and_forgotten_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
