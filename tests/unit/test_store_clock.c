/* The server's clock is a year wrong at a start: back, it is refused; ahead, nothing is released, destroyed
 * or forgotten for a day, and set right within it everything is as it was. */
#include "destroy_fixture.h"

#define YEAR       (365 * DAY)
#define UPLOAD_KEY "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"

static struct sealed held, upload, closed;

static unsigned head_upload(struct scene *scene)
{
	return scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_HEAD, .path = upload.report, .upload_key = UPLOAD_KEY })
		->status;
}

static void send_all(struct scene *scene)
{
	seal_report(scene, "intake", 300, store_now(&scene->store) / 60 * 60 + 10 * DAY, &held);
	assert_int_equal(scene_send(scene, &held)->status, 201);
	seal_report(scene, "intake", 300, 0, &upload);
	assert_int_equal(scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
						  .path = upload.upload,
						  .upload_key = UPLOAD_KEY })
				 ->status,
		201);
	seal_report(scene, "intake", 300, 0, &closed);
	assert_int_equal(scene_send(scene, &closed)->status, 201);
	close_report(scene, &closed);
}

static void free_all(void)
{
	sealed_free(&held);
	sealed_free(&upload);
	sealed_free(&closed);
}

/* What the store does each minute. */
static void pass_a_minute(struct scene *scene)
{
	struct store *store = &scene->store;

	releases_run(store);
	uploads_expire(store);
	invitations_expire(store);
	token_epochs_expire(store);
	retention_look(store);
	while (retention_is_looking(store))
		assert_int_equal(retention_step(store), 0);
	group_commit(store);
	scene_run(scene);
}

static void test_a_clock_that_went_back_is_refused(void **state)
{
	struct scene *scene = *state;
	struct fault fault;

	send_all(scene);
	scene->store.start_wall -= YEAR;
	assert_int_equal(store_clock_check(&scene->store, &fault), -1);
	assert_non_null(strstr(fault.text, "set it right, then start again"));
	scene->store.start_wall += YEAR;
	assert_int_equal(store_clock_check(&scene->store, &fault), 0);
	assert_false(store_clock_is_doubted(&scene->store));
	free_all();
}

static void test_a_clock_that_is_ahead_does_no_harm_for_a_day(void **state)
{
	struct scene *scene = *state;
	struct sealed meanwhile;

	send_all(scene);
	scene->ahead += YEAR;
	scene_restart(scene);
	assert_true(store_clock_is_doubted(&scene->store));
	pass_a_minute(scene);
	seal_report(scene, "intake", 300, 0, &meanwhile);
	assert_int_equal(scene_send(scene, &meanwhile)->status, 201);
	assert_int_equal(fetch(scene, &held, OLGA), 403);
	assert_int_equal(fetch(scene, &closed, OLGA), 200);
	assert_int_equal(head_upload(scene), 204);
	scene->ahead -= YEAR;
	scene_restart(scene);
	assert_false(store_clock_is_doubted(&scene->store));
	pass_a_minute(scene);
	assert_int_equal(fetch(scene, &held, OLGA), 403);
	assert_int_equal(fetch(scene, &closed, OLGA), 200);
	assert_int_equal(fetch(scene, &meanwhile, OLGA), 200);
	assert_int_equal(head_upload(scene), 204);
	sealed_free(&meanwhile);
	free_all();
}

/* The server was really off for a year. */
static void test_after_a_day_it_is_believed(void **state)
{
	struct scene *scene = *state;

	send_all(scene);
	scene->ahead += YEAR;
	scene_restart(scene);
	scene_set_now(scene, store_now(&scene->store) + DAY + 60);
	assert_false(store_clock_is_doubted(&scene->store));
	pass_a_minute(scene);
	assert_int_equal(fetch(scene, &held, OLGA), 200);
	assert_int_equal(fetch(scene, &closed, OLGA), 410);
	assert_int_equal(head_upload(scene), 404);
	free_all();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_a_clock_that_went_back_is_refused),
		IN_SCENE(test_a_clock_that_is_ahead_does_no_harm_for_a_day),
		IN_SCENE(test_after_a_day_it_is_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
