/* The end of a report: by hand, or because it was kept as long as its desk wants. Nothing opens it any more,
 * nothing of it is left, and everybody who asks is told so. */
#include "destroy_fixture.h"

#define DISK_MAX (16 * 1024 * 1024)
#define KEY      "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"

static bool lies_on_disk(const void *bytes, size_t len)
{
	static const char *const names[] = { NAME, NAME "-wal" };
	bool found = false;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct buffer disk = buffer_of(DISK_MAX);
		FILE *file = fopen(names[i], "rb");
		static uint8_t some[64 * 1024];
		size_t got;

		assert_non_null(file);
		while ((got = fread(some, 1, sizeof some, file)) > 0)
			buffer_put(&disk, some, got);
		fclose(file);
		assert_int_equal(buffer_ok(&disk), 0);
		found = found || (disk.len > 0 && memmem(disk.data, disk.len, bytes, len) != NULL);
		buffer_free(&disk);
	}
	return found;
}

/* The data key goes at once, from database and log; what was sealed under it soon after. */
static void test_nothing_is_left_of_it(void **state)
{
	struct scene *scene = *state;
	struct sealed gone, kept;
	struct backend_report row;
	struct report_facts *facts = NULL;
	struct buffer header = buffer_of(AGE_HEADER_MAX), chunk = buffer_of(CHUNK_BYTES + SEAL_OVERHEAD);
	uint8_t wrapped[WRAPPED_KEY_BYTES];

	seal_report(scene, "intake", 300000, 0, &gone);
	seal_report(scene, "intake", 1000, 0, &kept);
	assert_int_equal(scene_send(scene, &gone)->status, 201);
	assert_int_equal(scene_send(scene, &kept)->status, 201);
	acknowledge(scene, &gone);
	row_of(scene, &gone, &row, wrapped);
	assert_int_equal(backend_header(scene->store.backend, row.body, &header), 0);
	assert_int_equal(backend_chunk(scene->store.backend, row.body, 2, &chunk), 0);
	for (int moved = 0; moved < 2; moved++) {
		assert_true(lies_on_disk(wrapped, sizeof wrapped)); /* the search finds it where it is */
		assert_true(lies_on_disk(header.data, 100));
		assert_true(lies_on_disk(chunk.data, 100));
		assert_int_equal(backend_checkpoint(scene->store.backend), 0);
	}
	destroy(scene, &gone);
	assert_int_equal(report_find(&scene->store, gone.id, &facts, &row), 0);
	assert_int_equal(number_of("SELECT count(*) FROM events"), 1);
	do_chores(scene);
	assert_int_equal(backend_checkpoint(scene->store.backend), 0);
	assert_false(lies_on_disk(wrapped, sizeof wrapped));
	assert_false(lies_on_disk(wrapped, 24));
	assert_false(lies_on_disk(header.data, 100));
	assert_false(lies_on_disk(chunk.data, 100));
	assert_int_equal(number_of("SELECT count(*) FROM events"), 0);
	assert_int_equal(number_of("SELECT count(*) FROM chunks"), 1);
	assert_int_equal(number_of("SELECT count(*) FROM remains"), 0);
	assert_int_equal(fetch(scene, &kept, OLGA), 200);
	buffer_free(&header);
	buffer_free(&chunk);
	sealed_free(&gone);
	sealed_free(&kept);
}

/* A crash right behind the commit: what remains is cleared away by the next start. */
static void test_a_crash_leaves_no_remains(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;

	seal_report(scene, "intake", 300000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	destroy(scene, &sealed);
	scene_restart(scene);
	assert_true(number_of("SELECT count(*) FROM chunks") > 1);
	assert_true(scene->store.remains_left);
	do_chores(scene);
	assert_int_equal(number_of("SELECT count(*) FROM chunks"), 0);
	assert_int_equal(fetch(scene, &sealed, OLGA), 410);
	sealed_free(&sealed);
}

static void test_everybody_is_told(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed, other;
	struct tombstone tombstone;
	const struct scene_answer *answer;

	seal_report(scene, "intake", 1000, 0, &sealed);
	seal_report(scene, "legal", 1000, 0, &other);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	assert_int_equal(tombstone_find(&scene->store, sealed.id, &tombstone), 0);
	destroy(scene, &sealed);
	answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = sealed.report, .signer = OLGA });
	assert_int_equal(answer->status, 410);
	assert_true(answer_says(answer, "destroyed"));
	answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = sealed.events, .signer = OLGA });
	assert_true(answer_says(answer, "destroyed"));
	assert_true(answer_says(scene_send(scene, &sealed), "destroyed"));
	answer = scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_POST, .path = sealed.upload, .upload_key = KEY });
	assert_true(answer_says(answer, "destroyed"));
	/* One that never was is one that never was. */
	answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = other.report, .signer = OLGA });
	assert_true(answer_says(answer, "not-permitted"));
	assert_int_equal(scene_send(scene, &other)->status, 201);
	assert_int_equal(tombstone_find(&scene->store, sealed.id, &tombstone), 1);
	assert_string_equal(tombstone.by, "ada");
	assert_string_equal(tombstone.reason, "she asked for it");
	assert_string_equal(tombstone.desk, "intake");
	assert_int_equal(tombstone.why, WHY_ADMINS);
	sealed_free(&sealed);
	sealed_free(&other);
}

/* Officers of another desk learn nothing from a tombstone. */
static void test_another_desk_is_told_nothing(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	const struct scene_answer *answer;

	seal_report(scene, "legal", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	{
		struct backend_report row;
		uint8_t wrapped[WRAPPED_KEY_BYTES];
		struct tombstone tombstone;

		row_of(scene, &sealed, &row, wrapped);
		tombstone = by_hand(scene, &row);
		snprintf(tombstone.desk, sizeof tombstone.desk, "legal");
		assert_int_equal(backend_begin(scene->store.backend), 0);
		assert_int_equal(report_destroy(&scene->store, &row, &tombstone), 0);
		assert_int_equal(backend_commit(scene->store.backend), 0);
	}
	answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = sealed.report, .signer = OLGA });
	assert_true(answer_says(answer, "not-permitted"));
	answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = sealed.report, .signer = MARIA });
	assert_true(answer_says(answer, "destroyed"));
	sealed_free(&sealed);
}

/* Officers count on it: what comes later has a higher number, also where the highest was destroyed. */
static void test_a_number_is_not_given_again(void **state)
{
	struct scene *scene = *state;
	struct sealed first, second;
	struct backend_report row;
	uint8_t wrapped[WRAPPED_KEY_BYTES];
	uint64_t seq;

	seal_report(scene, "intake", 1000, 0, &first);
	seal_report(scene, "intake", 1000, 0, &second);
	assert_int_equal(scene_send(scene, &first)->status, 201);
	row_of(scene, &first, &row, wrapped);
	seq = row.seq;
	destroy(scene, &first);
	scene_restart(scene);
	assert_int_equal(scene_send(scene, &second)->status, 201);
	row_of(scene, &second, &row, wrapped);
	assert_true(row.seq > seq);
	sealed_free(&first);
	sealed_free(&second);
}

static void test_it_is_final_once_the_epoch_is_gone(void **state)
{
	struct scene *scene = *state;
	struct keyring *keyring = scene->keyring;
	struct sealed sealed;
	struct tombstone tombstone;
	struct fault fault;

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	destroy(scene, &sealed);
	assert_int_equal(tombstone_find(&scene->store, sealed.id, &tombstone), 1);
	assert_false(tombstone_is_final(&scene->store, &tombstone));
	keyring->storage[1].epoch = 2;
	randombytes_buf(keyring->storage[1].key, STORAGE_KEY_BYTES);
	keyring->storage_count = 2;
	seal_free(scene->store.seal);
	assert_int_equal(seal_new(keyring, &scene->store.seal, &fault), 0);
	assert_int_equal(rewrap_begin(&scene->store), 0);
	assert_int_equal(tombstone_find(&scene->store, sealed.id, &tombstone), 1);
	assert_false(tombstone_is_final(&scene->store, &tombstone));
	while (rewrap_is_running(&scene->store))
		assert_true(event_base_loop(scene->store.base, EVLOOP_ONCE) >= 0);
	keyring->storage[0] = keyring->storage[1];
	keyring->storage_count = 1;
	seal_free(scene->store.seal);
	assert_int_equal(seal_new(keyring, &scene->store.seal, &fault), 0);
	assert_int_equal(tombstone_find(&scene->store, sealed.id, &tombstone), 1);
	assert_true(tombstone_is_final(&scene->store, &tombstone));
	assert_int_equal(tombstone.epoch, 1);
	sealed_free(&sealed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_nothing_is_left_of_it),
		IN_SCENE(test_a_crash_leaves_no_remains),
		IN_SCENE(test_everybody_is_told),
		IN_SCENE(test_another_desk_is_told_nothing),
		IN_SCENE(test_a_number_is_not_given_again),
		IN_SCENE(test_it_is_final_once_the_epoch_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
