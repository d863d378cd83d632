/* A bit flips in one of the database's indexes: what it led to is found all the same, at the start and while
 * the store serves. */
#include "store_scene.h"

#include "proto/digest.h"
#include "proto/encode.h"

#include <fcntl.h>

#define PAGE_LEN   4096
#define TABLE_LEAF 13
#define INDEX_LEAF 10
#define REPORTS    3

static struct sealed reports[REPORTS];

static void send_reports(struct scene *scene)
{
	for (size_t i = 0; i < REPORTS; i++) {
		seal_report(scene, "intake", 300, 0, &reports[i]);
		assert_int_equal(scene_send(scene, &reports[i])->status, 201);
	}
}

static void free_reports(void)
{
	for (size_t i = 0; i < REPORTS; i++)
		sealed_free(&reports[i]);
}

/* The first page of this kind that holds these bytes: a bit of them is flipped, from 0 to 1, so that a range
 * of an index ends before it. */
static void flip(const uint8_t *bytes, size_t len, uint8_t kind)
{
	uint8_t page[PAGE_LEN], *found = NULL;
	int fd = open(NAME, O_RDWR | O_CLOEXEC);
	off_t at = 0;

	assert_true(fd >= 0);
	for (; found == NULL && pread(fd, page, sizeof page, at) == PAGE_LEN; at += PAGE_LEN) {
		if (page[0] == kind)
			found = memmem(page, sizeof page, bytes, len);
	}
	assert_non_null(found);
	while (found[len - 1] == UINT8_MAX)
		len--;
	found[len - 1] |= found[len - 1] + 1;
	assert_int_equal(pwrite(fd, page, sizeof page, at - PAGE_LEN), PAGE_LEN);
	close(fd);
}

static void flip_index(struct scene *scene, enum index_of which, const void *value, size_t len, uint8_t kind)
{
	uint8_t blind[BLIND_INDEX_BYTES];

	assert_int_equal(seal_index(scene->store.seal, which, value, len, blind), 0);
	assert_int_equal(backend_checkpoint(scene->store.backend), 0);
	flip(blind, sizeof blind, kind);
	backend_rest(scene->store.backend); /* what it holds in memory is still right */
}

static unsigned status_of(struct scene *scene, size_t which)
{
	return scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_GET, .path = reports[which].report, .signer = OLGA })
		->status;
}

static size_t listed(struct scene *scene)
{
	const struct scene_answer *answer = scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_GET, .path = "desks/intake/alerts", .signer = OLGA });
	size_t count = 0;

	assert_int_equal(answer->status, 200);
	for (size_t i = 0; i < REPORTS; i++)
		count += memmem(answer->body.data, answer->body.len, reports[i].hex,
				 strlen(reports[i].hex)) != NULL;
	return count;
}

static void test_a_report_that_its_index_has_lost_is_found_while_the_store_serves(void **state)
{
	struct scene *scene = *state;

	send_reports(scene);
	flip_index(scene, INDEX_REPORT, reports[1].id, sizeof reports[1].id, INDEX_LEAF);
	assert_int_equal(status_of(scene, 1), 403); /* as if there were none */
	indexes_look(&scene->store, 0, UINT64_MAX);
	for (size_t i = 0; i < REPORTS; i++)
		assert_int_equal(status_of(scene, i), 200);
	assert_false(indexes_check(&scene->store, 0, UINT64_MAX));
	free_reports();
}

static void test_the_hourly_look_finds_it(void **state)
{
	struct scene *scene = *state;

	send_reports(scene);
	flip_index(scene, INDEX_REPORT, reports[0].id, sizeof reports[0].id, INDEX_LEAF);
	retention_look(&scene->store);
	assert_true(retention_is_looking(&scene->store));
	assert_int_equal(retention_step(&scene->store), 0);
	assert_int_equal(status_of(scene, 0), 200);
	free_reports();
}

static void test_a_start_mends_before_anything_is_read(void **state)
{
	struct scene *scene = *state;

	send_reports(scene);
	flip_index(scene, INDEX_REPORT, reports[2].id, sizeof reports[2].id, INDEX_LEAF);
	scene_restart(scene);
	assert_int_equal(status_of(scene, 2), 200);
	flip_index(scene, INDEX_OPEN_DESK, "intake", strlen("intake"), INDEX_LEAF);
	assert_int_equal(listed(scene), REPORTS - 1);
	scene_restart(scene);
	assert_int_equal(listed(scene), REPORTS);
	free_reports();
}

/* The index was right, and the row's own column isn't: making the index anew must not take the report from
 * its desk's list. */
static void test_a_wrong_column_is_put_right(void **state)
{
	struct scene *scene = *state;

	send_reports(scene);
	flip_index(scene, INDEX_OPEN_DESK, "intake", strlen("intake"), TABLE_LEAF);
	assert_true(indexes_check(&scene->store, 0, UINT64_MAX));
	assert_int_equal(listed(scene), REPORTS);
	assert_false(indexes_check(&scene->store, 0, UINT64_MAX));
	scene_restart(scene);
	assert_int_equal(listed(scene), REPORTS);
	free_reports();
}

static void test_a_held_report_is_released_all_the_same(void **state)
{
	struct scene *scene = *state;
	int64_t release = time_cut(store_now(&scene->store), 60) + 3600;

	seal_report(scene, "intake", 300, release, &reports[0]);
	assert_int_equal(scene_send(scene, &reports[0])->status, 201);
	flip_index(scene, INDEX_REPORT, reports[0].id, sizeof reports[0].id, INDEX_LEAF);
	indexes_look(&scene->store, 0, UINT64_MAX);
	scene_set_now(scene, release + 60);
	releases_run(&scene->store);
	assert_int_equal(status_of(scene, 0), 200);
	sealed_free(&reports[0]);
}

static void test_a_message_is_found(void **state)
{
	struct scene *scene = *state;
	struct store *store = &scene->store;
	uint8_t box[BLIND_INDEX_BYTES] = "a mailbox's hash";
	struct place place = { .column = COLUMN_MESSAGE, .identity = box, .identity_len = sizeof box };
	struct buffer sealed = buffer_of(4096);
	uint64_t seq;

	assert_int_equal(seal_put_row(store->seal, &place, (const uint8_t *)"answer", 6, &sealed), 0);
	assert_int_equal(backend_add_message(store->backend, box, sealed.data, sealed.len, &seq), 0);
	assert_int_equal(backend_checkpoint(store->backend), 0);
	assert_false(indexes_check(store, 0, UINT64_MAX));
	flip(box, sizeof box, INDEX_LEAF);
	backend_rest(store->backend);
	assert_true(indexes_check(store, 0, UINT64_MAX));
	assert_false(indexes_check(store, 0, UINT64_MAX));
	buffer_free(&sealed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_a_report_that_its_index_has_lost_is_found_while_the_store_serves),
		IN_SCENE(test_the_hourly_look_finds_it),
		IN_SCENE(test_a_start_mends_before_anything_is_read),
		IN_SCENE(test_a_wrong_column_is_put_right),
		IN_SCENE(test_a_held_report_is_released_all_the_same),
		IN_SCENE(test_a_message_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
