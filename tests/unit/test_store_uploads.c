/* Resumable uploads against the store's own code: nothing that was answered as accepted has a hole, whatever
 * failed while its bytes came. */
#include "store_scene.h"

#define KEY   "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
#define OTHER "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI"

static const struct scene_answer *create(struct scene *scene, const struct sealed *sealed, const char *key)
{
	return scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_POST, .path = sealed->upload, .upload_key = key });
}

static const struct scene_answer *head(struct scene *scene, const struct sealed *sealed, const char *key)
{
	return scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_HEAD, .path = sealed->report, .upload_key = key });
}

/* The request of a PATCH from here to the end of the file, or to `end`. */
static struct scene_ask patch(const struct sealed *sealed, const char *offset, size_t end)
{
	size_t begin = (size_t)strtoul(offset, NULL, 10);

	return (struct scene_ask){ .method = METHOD_PATCH,
		.path = sealed->report,
		.upload_key = KEY,
		.upload_offset = offset,
		.upload_complete = end == sealed->file.len ? "?1" : "?0",
		.body = sealed->file.data + begin,
		.len = end - begin };
}

static void expect_whole(struct scene *scene, const struct sealed *sealed)
{
	const struct scene_answer *answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = sealed->report, .signer = OLGA });

	assert_int_equal(answer->status, 200);
	assert_int_equal(answer->body.len, sealed->file.len);
	assert_memory_equal(answer->body.data, sealed->file.data, sealed->file.len);
}

static void test_an_upload_in_odd_parts_is_the_file(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	const size_t ends[] = { 1, 65535, 65536, 65537, 200000 };
	char offset[24] = "0";

	seal_report(scene, "intake", 300000, 0, &sealed);
	assert_int_equal(create(scene, &sealed, KEY)->status, 201);
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		struct scene_ask ask = patch(&sealed, offset, ends[i]);
		const struct scene_answer *answer = scene_ask(scene, &ask);

		assert_int_equal(answer->status, 204);
		snprintf(offset, sizeof offset, "%zu", ends[i]);
		assert_string_equal(answer->offset, offset);
		scene_restart(scene);
		assert_string_equal(head(scene, &sealed, KEY)->offset, offset);
	}
	struct scene_ask last = patch(&sealed, offset, sealed.file.len);
	assert_int_equal(scene_ask(scene, &last)->status, 201);
	expect_whole(scene, &sealed);
	assert_int_equal(create(scene, &sealed, KEY)->status, 200); /* the acceptance again */
	assert_int_equal(head(scene, &sealed, KEY)->status, 404);
	sealed_free(&sealed);
}

/* A group fails that holds a part of an upload; `durable` bytes of it came in a group before. */
static void expect_no_hole(struct scene *scene, size_t durable, const char *offset)
{
	struct sealed sealed;
	struct scene_ask ask;
	const size_t until = 220000;
	uint32_t id;

	seal_report(scene, "intake", 300000, 0, &sealed);
	assert_int_equal(create(scene, &sealed, KEY)->status, 201);
	ask = patch(&sealed, "0", sealed.file.len);
	ask.send = durable;
	id = scene_put(scene, &ask);
	scene_run(scene);
	scene_put_body(scene, id, sealed.file.data + durable, until - durable);
	scene_break_disk(scene, true);
	scene_run(scene);
	scene_break_disk(scene, false);
	scene_put_body(scene, id, sealed.file.data + until, sealed.file.len - until);
	scene_run(scene);
	assert_true(scene->answers[id].is_here);
	assert_int_equal(scene->answers[id].status, 503);
	assert_true(scene->answers[id].close);
	assert_string_equal(head(scene, &sealed, KEY)->offset, offset);
	ask = patch(&sealed, offset, sealed.file.len);
	assert_int_equal(scene_ask(scene, &ask)->status, 201);
	expect_whole(scene, &sealed);
	sealed_free(&sealed);
}

static void test_a_failed_group_leaves_no_hole(void **state)
{
	expect_no_hole(*state, 140000, "131072");
}

static void test_a_failed_group_leaves_no_hole_at_the_start(void **state)
{
	expect_no_hole(*state, 1, "0");
}

/* The group that failed held nothing of an upload whose earlier bytes are durable. */
static void test_a_failed_group_of_others_stops_no_upload(void **state)
{
	struct scene *scene = *state;
	struct sealed large, small;
	struct scene_ask ask;
	uint32_t id, other;

	seal_report(scene, "intake", 300000, 0, &large);
	seal_report(scene, "intake", 3000, 0, &small);
	assert_int_equal(create(scene, &large, KEY)->status, 201);
	ask = patch(&large, "0", large.file.len);
	ask.send = 150000;
	id = scene_put(scene, &ask);
	scene_run(scene);
	other = scene_put(scene, &(struct scene_ask){ .method = METHOD_PUT,
					 .path = small.put,
					 .body = small.file.data,
					 .len = small.file.len });
	scene_break_disk(scene, true);
	scene_run(scene);
	scene_break_disk(scene, false);
	assert_int_equal(scene->answers[other].status, 503);
	assert_false(scene->answers[id].is_here);
	scene_put_body(scene, id, large.file.data + 150000, large.file.len - 150000);
	scene_run(scene);
	assert_int_equal(scene->answers[id].status, 201);
	expect_whole(scene, &large);
	sealed_free(&large);
	sealed_free(&small);
}

static void test_what_came_before_the_line_broke_is_kept(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct scene_ask ask;
	uint32_t id;

	seal_report(scene, "intake", 300000, 0, &sealed);
	assert_int_equal(create(scene, &sealed, KEY)->status, 201);
	ask = patch(&sealed, "0", sealed.file.len);
	ask.send = 100001;
	id = scene_put(scene, &ask);
	scene_put_gone(scene, id);
	scene_run(scene);
	assert_false(scene->answers[id].is_here);
	assert_string_equal(head(scene, &sealed, KEY)->offset, "100001");
	ask = patch(&sealed, "100001", sealed.file.len);
	assert_int_equal(scene_ask(scene, &ask)->status, 201);
	expect_whole(scene, &sealed);
	sealed_free(&sealed);
}

static void test_a_second_patch_takes_the_place_of_the_first(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct scene_ask ask;
	uint32_t id;

	seal_report(scene, "intake", 300000, 0, &sealed);
	assert_int_equal(create(scene, &sealed, KEY)->status, 201);
	ask = patch(&sealed, "0", sealed.file.len);
	ask.send = 70000;
	id = scene_put(scene, &ask);
	scene_run(scene);
	assert_string_equal(head(scene, &sealed, KEY)->offset, "70000");
	assert_int_equal(scene->answers[id].status, 503);
	assert_true(scene->answers[id].close);
	ask = patch(&sealed, "70000", sealed.file.len);
	assert_int_equal(scene_ask(scene, &ask)->status, 201);
	expect_whole(scene, &sealed);
	sealed_free(&sealed);
}

static void test_the_key_opens_only_its_own_upload(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct scene_ask ask;

	seal_report(scene, "intake", 300000, 0, &sealed);
	assert_int_equal(head(scene, &sealed, KEY)->status, 404); /* unknown */
	assert_int_equal(create(scene, &sealed, KEY)->status, 201);
	assert_int_equal(head(scene, &sealed, OTHER)->status, 404);
	assert_int_equal(head(scene, &sealed, "")->status, 404);
	ask = patch(&sealed, "0", 1000);
	ask.upload_key = OTHER;
	assert_int_equal(scene_ask(scene, &ask)->status, 404);
	ask = patch(&sealed, "0", 1000);
	assert_int_equal(scene_ask(scene, &ask)->status, 204);
	assert_int_equal(create(scene, &sealed, KEY)->status, 200);
	assert_string_equal(head(scene, &sealed, KEY)->offset, "1000");
	sealed_free(&sealed);
}

/* Somebody who knows an id but not the key can't even disturb the upload. */
static void test_a_wrong_key_stops_no_patch(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct scene_ask ask, wrong;
	uint32_t id;

	seal_report(scene, "intake", 300000, 0, &sealed);
	assert_int_equal(create(scene, &sealed, KEY)->status, 201);
	ask = patch(&sealed, "0", sealed.file.len);
	ask.send = 70000;
	id = scene_put(scene, &ask);
	scene_run(scene);
	assert_int_equal(head(scene, &sealed, OTHER)->status, 404);
	wrong = patch(&sealed, "0", 1000);
	wrong.upload_key = OTHER;
	assert_int_equal(scene_ask(scene, &wrong)->status, 404);
	scene_put_body(scene, id, sealed.file.data + 70000, sealed.file.len - 70000);
	scene_run(scene);
	assert_int_equal(scene->answers[id].status, 201);
	expect_whole(scene, &sealed);
	sealed_free(&sealed);
}

static void test_offsets_that_are_wrong(void **state)
{
	static const char *const offsets[] = { "1", "999999999", "00", "-1", "0x0", "" };
	struct scene *scene = *state;
	struct sealed sealed;
	struct scene_ask ask;

	seal_report(scene, "intake", 300000, 0, &sealed);
	assert_int_equal(create(scene, &sealed, KEY)->status, 201);
	for (size_t i = 0; i < COUNT_OF(offsets); i++) {
		const struct scene_answer *answer;

		ask = patch(&sealed, "0", 1000);
		ask.upload_offset = offsets[i];
		answer = scene_ask(scene, &ask);
		assert_int_equal(answer->status, i < 2 ? 409 : 400);
		if (i < 2)
			assert_string_equal(answer->offset, "0");
	}
	ask = patch(&sealed, "0", 1000);
	ask.upload_complete = "?1"; /* it isn't */
	assert_int_equal(scene_ask(scene, &ask)->status, 409);
	ask = patch(&sealed, "0", 1000);
	ask.upload_complete = "1";
	assert_int_equal(scene_ask(scene, &ask)->status, 400);
	sealed_free(&sealed);
}

/* What was promised at the start isn't what came. */
static void test_a_wrong_id_at_the_end(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct scene_ask ask;

	seal_report(scene, "intake", 100000, 0, &sealed);
	assert_int_equal(create(scene, &sealed, KEY)->status, 201);
	ask = patch(&sealed, "0", sealed.file.len);
	sealed.file.data[sealed.file.len - 1] ^= 1;
	assert_true(answer_says(scene_ask(scene, &ask), "wrong-id"));
	assert_int_equal(head(scene, &sealed, KEY)->status, 404); /* it takes no room any more */
	sealed_free(&sealed);
}

static void test_a_whole_file_ends_an_upload_of_it(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct scene_ask ask;

	seal_report(scene, "intake", 100000, 0, &sealed);
	assert_int_equal(create(scene, &sealed, KEY)->status, 201);
	ask = patch(&sealed, "0", 70000);
	assert_int_equal(scene_ask(scene, &ask)->status, 204);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	expect_whole(scene, &sealed);
	assert_int_equal(head(scene, &sealed, KEY)->status, 404);
	sealed_free(&sealed);
}

/* The same while bytes of it are still coming: they go nowhere, and the report stays whole. */
static void test_a_whole_file_beside_a_patch(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct scene_ask ask;
	uint32_t id;

	seal_report(scene, "intake", 300000, 0, &sealed);
	assert_int_equal(create(scene, &sealed, KEY)->status, 201);
	ask = patch(&sealed, "0", sealed.file.len);
	ask.send = 70000;
	id = scene_put(scene, &ask);
	scene_run(scene);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	scene_put_body(scene, id, sealed.file.data + 70000, sealed.file.len - 70000);
	scene_run(scene);
	assert_true(scene->answers[id].is_here);
	assert_true(scene->answers[id].status == 503 || scene->answers[id].status == 404);
	expect_whole(scene, &sealed);
	sealed_free(&sealed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_an_upload_in_odd_parts_is_the_file),
		IN_SCENE(test_a_failed_group_leaves_no_hole),
		IN_SCENE(test_a_failed_group_leaves_no_hole_at_the_start),
		IN_SCENE(test_a_failed_group_of_others_stops_no_upload),
		IN_SCENE(test_what_came_before_the_line_broke_is_kept),
		IN_SCENE(test_a_second_patch_takes_the_place_of_the_first),
		IN_SCENE(test_the_key_opens_only_its_own_upload),
		IN_SCENE(test_a_wrong_key_stops_no_patch),
		IN_SCENE(test_offsets_that_are_wrong),
		IN_SCENE(test_a_wrong_id_at_the_end),
		IN_SCENE(test_a_whole_file_ends_an_upload_of_it),
		IN_SCENE(test_a_whole_file_beside_a_patch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
