/* What the store does by itself: held reports come out at their time, those who wait are answered, uploads
 * that nobody goes on with are dropped, and a store that ends keeps what it has. */
#include "store_scene.h"

#include <time.h>

#define KEY        "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
#define DAY        86400
#define PATIENCE_S 6 /* well below the fifteen seconds of the check that misses nothing */
#define STEP_MS    200

static const struct scene_answer *alerts(struct scene *scene, const char *arguments)
{
	char path[64];

	snprintf(path, sizeof path, "desks/intake/alerts%s", arguments);
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = OLGA });
}

static bool is_listed(struct scene *scene, const struct sealed *sealed)
{
	const struct scene_answer *answer = alerts(scene, "");

	return memmem(answer->body.data, answer->body.len, sealed->hex, strlen(sealed->hex)) != NULL;
}

static void pass_time(struct scene *scene)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };

	nanosleep(&step, NULL);
	scene_run(scene);
}

/* The report comes out, and not before this time. */
static void expect_release(struct scene *scene, const struct sealed *sealed, int64_t release)
{
	const int64_t deadline = store_now(&scene->store) + PATIENCE_S;
	bool listed = false;

	while (!listed && store_now(&scene->store) < deadline) {
		pass_time(scene);
		listed = is_listed(scene, sealed);
		assert_true(!listed || store_now(&scene->store) >= release);
	}
	assert_true(listed);
}

static void test_later_ones_do_not_put_off_a_release(void **state)
{
	struct scene *scene = *state;
	const int64_t release = store_now(&scene->store) + 2;
	struct sealed soon, late;

	seal_report(scene, "intake", 1000, release, &soon);
	seal_report(scene, "intake", 1000, release + DAY, &late);
	assert_int_equal(scene_send(scene, &soon)->status, 201);
	assert_int_equal(scene_send(scene, &late)->status, 201);
	assert_false(is_listed(scene, &soon));
	expect_release(scene, &soon, release);
	assert_false(is_listed(scene, &late));
	sealed_free(&soon);
	sealed_free(&late);
}

static void test_a_restart_does_not_put_off_a_release(void **state)
{
	struct scene *scene = *state;
	const int64_t release = store_now(&scene->store) + 2;
	struct sealed soon, late;

	seal_report(scene, "intake", 1000, release + DAY, &late);
	seal_report(scene, "intake", 1000, release, &soon);
	assert_int_equal(scene_send(scene, &late)->status, 201);
	assert_int_equal(scene_send(scene, &soon)->status, 201);
	scene_restart(scene);
	assert_false(is_listed(scene, &soon));
	expect_release(scene, &soon, release);
	sealed_free(&soon);
	sealed_free(&late);
}

/* One release behind another: each has its own time. */
static void test_releases_follow_each_other(void **state)
{
	struct scene *scene = *state;
	const int64_t release = store_now(&scene->store) + 1;
	struct sealed first, second;

	seal_report(scene, "intake", 1000, release, &first);
	seal_report(scene, "intake", 1000, release + 2, &second);
	assert_int_equal(scene_send(scene, &second)->status, 201);
	assert_int_equal(scene_send(scene, &first)->status, 201);
	expect_release(scene, &first, release);
	expect_release(scene, &second, release + 2);
	sealed_free(&first);
	sealed_free(&second);
}

static uint32_t wait_for_alerts(struct scene *scene, const char *arguments)
{
	char path[64];

	snprintf(path, sizeof path, "desks/intake/alerts%s", arguments);
	return scene_put(scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = OLGA });
}

static void test_who_waits_is_answered_in_the_end(void **state)
{
	struct scene *scene = *state;
	uint32_t id = wait_for_alerts(scene, "?wait=1");
	const int64_t began = store_now(&scene->store);
	const char *empty = "{\"alerts\":[],\"more\":false,\"again\":[],\"raised\":";

	scene_run(scene);
	assert_false(scene->answers[id].is_here);
	while (!scene->answers[id].is_here && store_now(&scene->store) < began + PATIENCE_S)
		pass_time(scene);
	assert_int_equal(scene->answers[id].status, 200);
	assert_true(scene->answers[id].body.len > strlen(empty));
	assert_memory_equal(scene->answers[id].body.data, empty, strlen(empty));
	assert_null(scene->store.waiting);
}

/* Who has left waits no more; the others go on, wherever in the list she stood. */
static void test_who_left_waits_no_more(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	uint32_t ids[3];

	seal_report(scene, "intake", 1000, 0, &sealed);
	for (size_t left = 0; left < COUNT_OF(ids); left++) {
		char arguments[32];

		/* Behind what is there already. */
		snprintf(arguments, sizeof arguments, "?wait=300&after=%zu", left);
		for (size_t i = 0; i < COUNT_OF(ids); i++)
			ids[i] = wait_for_alerts(scene, arguments);
		scene_run(scene);
		scene_put_gone(scene, ids[left]);
		scene_run(scene);
		assert_int_equal(scene_send(scene, &sealed)->status, 201);
		for (size_t i = 0; i < COUNT_OF(ids); i++)
			assert_int_equal(scene->answers[ids[i]].is_here, i != left);
		assert_null(scene->store.waiting);
		sealed_free(&sealed);
		seal_report(scene, "intake", 1000, 0, &sealed);
	}
	sealed_free(&sealed);
}

static void test_a_draining_store_lets_nobody_wait(void **state)
{
	struct scene *scene = *state;
	uint32_t id = wait_for_alerts(scene, "?wait=300");

	scene_run(scene);
	scene->store.draining = true;
	alerts_answer_all(&scene->store);
	scene_run(scene);
	assert_int_equal(scene->answers[id].status, 200);
	assert_int_equal(alerts(scene, "?wait=300")->status, 200);
}

static unsigned create(struct scene *scene, const struct sealed *sealed)
{
	return scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_POST, .path = sealed->upload, .upload_key = KEY })
		->status;
}

static const struct scene_answer *head(struct scene *scene, const struct sealed *sealed)
{
	return scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_HEAD, .path = sealed->report, .upload_key = KEY });
}

/* The first bytes of a PATCH of the whole file. */
static uint32_t begin_patch(struct scene *scene, const struct sealed *sealed, size_t send)
{
	return scene_put(scene, &(struct scene_ask){ .method = METHOD_PATCH,
					.path = sealed->report,
					.upload_key = KEY,
					.upload_offset = "0",
					.upload_complete = "?1",
					.body = sealed->file.data,
					.len = sealed->file.len,
					.send = send });
}

/* Somebody always sends something: that keeps nobody else's unfinished upload. */
static void test_an_old_upload_is_dropped_beside_one_that_runs(void **state)
{
	struct scene *scene = *state;
	struct sealed old, running, young;
	uint32_t id;

	seal_report(scene, "intake", 100000, 0, &old);
	seal_report(scene, "intake", 100000, 0, &running);
	seal_report(scene, "intake", 100000, 0, &young);
	assert_int_equal(create(scene, &old), 201);
	assert_int_equal(create(scene, &running), 201);
	scene->store.start_wall += 8 * DAY;
	assert_int_equal(create(scene, &young), 201);
	id = begin_patch(scene, &running, 70000);
	scene_run(scene);
	uploads_expire(&scene->store);
	scene_run(scene);
	assert_int_equal(head(scene, &old)->status, 404);
	assert_int_equal(head(scene, &young)->status, 204);
	scene_put_body(scene, id, running.file.data + 70000, running.file.len - 70000);
	scene_run(scene);
	assert_int_equal(scene->answers[id].status, 201);
	sealed_free(&old);
	sealed_free(&running);
	sealed_free(&young);
}

static void test_an_end_keeps_what_came(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	const struct scene_answer *answer;

	seal_report(scene, "intake", 300000, 0, &sealed);
	assert_int_equal(create(scene, &sealed), 201);
	begin_patch(scene, &sealed, 70001);
	scene_run(scene);
	scene_restart(scene);
	answer = head(scene, &sealed);
	assert_int_equal(answer->status, 204);
	assert_string_equal(answer->offset, "70001");
	sealed_free(&sealed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_later_ones_do_not_put_off_a_release),
		IN_SCENE(test_a_restart_does_not_put_off_a_release),
		IN_SCENE(test_releases_follow_each_other),
		IN_SCENE(test_who_waits_is_answered_in_the_end),
		IN_SCENE(test_who_left_waits_no_more),
		IN_SCENE(test_a_draining_store_lets_nobody_wait),
		IN_SCENE(test_an_old_upload_is_dropped_beside_one_that_runs),
		IN_SCENE(test_an_end_keeps_what_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
