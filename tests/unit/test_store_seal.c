/* Sealing at rest: nothing opens anywhere but where it was put, under no other key, and nothing lies
 * readable in the files. */
#include "backend_fixture.h"

#include "seal.h"

#include <fcntl.h>
#include <sodium.h>

#define WORDS "they wait outside the house at night"

struct scene {
	struct keyring *keyring;
	struct seal *seal;
	uint8_t identity[BLIND_INDEX_BYTES], other[BLIND_INDEX_BYTES];
	uint8_t key[DATA_KEY_BYTES], wrapped[WRAPPED_KEY_BYTES];
	uint32_t epoch;
	struct buffer sealed, plain;
};

static struct seal *seal_of(const struct keyring *keyring)
{
	struct seal *seal = NULL;
	struct fault fault;

	assert_int_equal(seal_new(keyring, &seal, &fault), 0);
	return seal;
}

static void begin(struct scene *scene)
{
	*scene = (struct scene){
		.identity = { 1 }, .other = { 2 }, .sealed = buffer_of(1024), .plain = buffer_of(1024)
	};
	assert_int_equal(keyring_new(&scene->keyring), 0);
	scene->seal = seal_of(scene->keyring);
	assert_int_equal(
		seal_key_new(scene->seal, scene->identity, scene->key, scene->wrapped, &scene->epoch), 0);
}

static void end(struct scene *scene)
{
	sodium_memzero(scene->key, sizeof scene->key);
	buffer_free(&scene->sealed);
	buffer_free(&scene->plain);
	seal_free(scene->seal);
	keyring_free(scene->keyring);
}

/* One more epoch, as a rotation adds it. */
static void rotate(struct scene *scene)
{
	struct keyring *keyring = scene->keyring;
	struct storage_key *key = &keyring->storage[keyring->storage_count];

	key->epoch = keyring->storage[keyring->storage_count - 1].epoch + 1;
	randombytes_buf(key->key, sizeof key->key);
	keyring->storage_count++;
	seal_free(scene->seal);
	scene->seal = seal_of(keyring);
}

static struct place place_of(const uint8_t *identity, enum column column, uint64_t number)
{
	return (struct place){ column, identity, BLIND_INDEX_BYTES, number };
}

static void put(struct scene *scene, const struct place *place)
{
	buffer_clear(&scene->sealed);
	assert_int_equal(seal_put(scene->key, place, WORDS, sizeof WORDS, &scene->sealed), 0);
	assert_int_equal(scene->sealed.len, sizeof WORDS + SEAL_OVERHEAD);
}

static int get(struct scene *scene, const struct place *place)
{
	int rc;

	buffer_clear(&scene->plain);
	rc = seal_get(scene->key, place, scene->sealed.data, scene->sealed.len, &scene->plain);
	assert_int_equal(scene->plain.len, rc == 0 ? sizeof WORDS : 0);
	if (rc == 0)
		assert_memory_equal(scene->plain.data, WORDS, sizeof WORDS);
	return rc;
}

static void test_a_value_opens_only_in_its_place(void **state)
{
	struct scene scene;
	struct place here, row, column, number, shorter;

	(void)state;
	begin(&scene);
	here = place_of(scene.identity, COLUMN_CHUNK, 4);
	row = place_of(scene.other, COLUMN_CHUNK, 4);
	column = place_of(scene.identity, COLUMN_EVENT, 4);
	number = place_of(scene.identity, COLUMN_CHUNK, 5);
	shorter = here;
	shorter.identity_len--;
	put(&scene, &here);
	assert_int_equal(get(&scene, &here), 0);
	assert_int_equal(get(&scene, &row), -1);
	assert_int_equal(get(&scene, &column), -1);
	assert_int_equal(get(&scene, &number), -1);
	assert_int_equal(get(&scene, &shorter), -1);
	end(&scene);
}

static void test_swapped_chunks_do_not_open(void **state)
{
	struct scene scene;
	struct place first, second;
	struct buffer kept = buffer_of(1024);

	(void)state;
	begin(&scene);
	first = place_of(scene.identity, COLUMN_CHUNK, 0);
	second = place_of(scene.identity, COLUMN_CHUNK, 1);
	put(&scene, &first);
	buffer_put(&kept, scene.sealed.data, scene.sealed.len);
	put(&scene, &second);
	assert_int_equal(get(&scene, &first), -1);
	buffer_clear(&scene.sealed);
	buffer_put(&scene.sealed, kept.data, kept.len);
	assert_int_equal(get(&scene, &second), -1);
	assert_int_equal(get(&scene, &first), 0);
	buffer_free(&kept);
	end(&scene);
}

static void test_every_bit_counts(void **state)
{
	struct scene scene;
	struct place here;

	(void)state;
	begin(&scene);
	here = place_of(scene.identity, COLUMN_FACTS, 0);
	put(&scene, &here);
	for (size_t i = 0; i < scene.sealed.len * 8; i++) {
		scene.sealed.data[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_int_equal(get(&scene, &here), -1);
		scene.sealed.data[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t len = 0; len < scene.sealed.len; len++)
		assert_int_equal(seal_get(scene.key, &here, scene.sealed.data, len, &scene.plain), -1);
	assert_int_equal(get(&scene, &here), 0);
	end(&scene);
}

static void test_equal_values_do_not_look_equal(void **state)
{
	struct scene scene;
	struct place here;
	struct buffer before = buffer_of(1024);

	(void)state;
	begin(&scene);
	here = place_of(scene.identity, COLUMN_FACTS, 0);
	put(&scene, &here);
	buffer_put(&before, scene.sealed.data, scene.sealed.len);
	put(&scene, &here);
	assert_memory_not_equal(scene.sealed.data, before.data, before.len);
	buffer_free(&before);
	end(&scene);
}

static int open_key(struct scene *scene, const uint8_t *identity, uint32_t epoch)
{
	uint8_t key[DATA_KEY_BYTES] = { 0 };
	int rc = seal_key_open(scene->seal, identity, epoch, scene->wrapped, sizeof scene->wrapped, key);

	if (rc == 0)
		assert_memory_equal(key, scene->key, sizeof key);
	else
		assert_true(sodium_is_zero(key, sizeof key));
	sodium_memzero(key, sizeof key);
	return rc;
}

static void test_a_data_key_opens_only_for_its_row_and_epoch(void **state)
{
	struct scene scene;
	uint8_t key[DATA_KEY_BYTES];

	(void)state;
	begin(&scene);
	assert_int_equal(open_key(&scene, scene.identity, scene.epoch), 0);
	assert_int_equal(open_key(&scene, scene.other, scene.epoch), -1);
	assert_int_equal(open_key(&scene, scene.identity, scene.epoch + 1), -1); /* there is none */
	rotate(&scene);
	assert_int_equal(open_key(&scene, scene.identity, scene.epoch + 1), -1); /* there is another */
	assert_int_equal(open_key(&scene, scene.identity, scene.epoch), 0);
	assert_int_equal(seal_key_open(scene.seal, scene.identity, scene.epoch, scene.wrapped,
				 sizeof scene.wrapped - 1, key),
		-1);
	scene.wrapped[sizeof scene.wrapped - 1] ^= 1;
	assert_int_equal(open_key(&scene, scene.identity, scene.epoch), -1);
	end(&scene);
}

static void test_new_rows_are_of_the_newest_epoch(void **state)
{
	struct scene scene;
	uint8_t key[DATA_KEY_BYTES], wrapped[WRAPPED_KEY_BYTES];
	uint32_t epoch;

	(void)state;
	begin(&scene);
	rotate(&scene);
	assert_int_equal(seal_key_new(scene.seal, scene.identity, key, wrapped, &epoch), 0);
	assert_int_equal(epoch, scene.epoch + 1);
	assert_memory_not_equal(key, scene.key, sizeof key);
	sodium_memzero(key, sizeof key);
	end(&scene);
}

static int get_row(struct scene *scene, const struct place *place)
{
	buffer_clear(&scene->plain);
	return seal_get_row(scene->seal, place, scene->sealed.data, scene->sealed.len, &scene->plain);
}

static void test_rows_of_no_report_keep_to_place_and_epoch(void **state)
{
	struct scene scene;
	struct place here, moved;

	(void)state;
	begin(&scene);
	here = place_of(scene.identity, COLUMN_MESSAGE, 0);
	moved = place_of(scene.other, COLUMN_MESSAGE, 0);
	assert_int_equal(seal_put_row(scene.seal, &here, WORDS, sizeof WORDS, &scene.sealed), 0);
	assert_int_equal(get_row(&scene, &moved), -1);
	assert_int_equal(get_row(&scene, &here), 0);
	rotate(&scene);
	assert_int_equal(get_row(&scene, &here), 0);
	assert_memory_equal(scene.plain.data, WORDS, sizeof WORDS);
	scene.sealed.data[3]++; /* the epoch's last byte: the other key */
	assert_int_equal(get_row(&scene, &here), -1);
	scene.sealed.data[3]++; /* no such key */
	assert_int_equal(get_row(&scene, &here), -1);
	scene.sealed.len = 3;
	assert_int_equal(get_row(&scene, &here), -1);
	end(&scene);
}

static void test_indexes_differ_by_domain_key_and_value(void **state)
{
	struct scene scene, stranger;
	uint8_t index[BLIND_INDEX_BYTES], other[BLIND_INDEX_BYTES], bare[BLIND_INDEX_BYTES];

	(void)state;
	begin(&scene);
	begin(&stranger);
	assert_int_equal(seal_index(scene.seal, INDEX_REPORT, "intake", 6, index), 0);
	assert_int_equal(seal_index(scene.seal, INDEX_REPORT, "intake", 6, other), 0);
	assert_memory_equal(index, other, sizeof index);
	for (int which = INDEX_OPEN_DESK; which <= INDEX_NONCE; which++) {
		assert_int_equal(seal_index(scene.seal, (enum index_of)which, "intake", 6, other), 0);
		assert_memory_not_equal(index, other, sizeof index);
	}
	assert_int_equal(seal_index(scene.seal, INDEX_REPORT, "intakf", 6, other), 0);
	assert_memory_not_equal(index, other, sizeof index);
	assert_int_equal(seal_index(stranger.seal, INDEX_REPORT, "intake", 6, other), 0);
	assert_memory_not_equal(index, other, sizeof index);
	assert_int_equal(crypto_generichash(bare, sizeof bare, (const uint8_t *)"\1intake", 7, NULL, 0), 0);
	assert_memory_not_equal(index, bare, sizeof index);
	end(&scene);
	end(&stranger);
}

/* Whether the bytes stand in any file of the folder's database. */
static bool lies_readable(const void *bytes, size_t len)
{
	static const char *const names[] = { NAME, NAME "-wal", NAME "-shm" };
	bool found = false;
	size_t read_files = 0;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		FILE *file = fopen(names[i], "rb");
		static uint8_t content[1024 * 1024];
		size_t content_len;

		if (file == NULL)
			continue;
		content_len = fread(content, 1, sizeof content, file);
		assert_true(feof(file) != 0); /* all of it was looked at */
		fclose(file);
		read_files++;
		found = found || memmem(content, content_len, bytes, len) != NULL;
	}
	assert_true(read_files >= 2);
	return found;
}

static void test_nothing_lies_readable(void **state)
{
	struct scene scene;
	struct backend *backend = opened();
	struct place here;
	static const char control[] = "this was put there in the clear";

	(void)state;
	begin(&scene);
	here = place_of(scene.identity, COLUMN_CHUNK, 0);
	put(&scene, &here);
	for (int moved = 0; moved < 2; moved++) { /* in the log, then in the database */
		assert_int_equal(backend_begin(backend), 0);
		assert_int_equal(
			backend_add_chunk(backend, 1, (uint32_t)moved, scene.sealed.data, scene.sealed.len),
			0);
		assert_int_equal(
			backend_add_chunk(backend, 2, (uint32_t)moved, scene.wrapped, sizeof scene.wrapped),
			0);
		assert_int_equal(backend_add_event(backend, 1, (uint32_t)moved, (const uint8_t *)control,
					 sizeof control),
			0);
		assert_int_equal(backend_commit(backend), 0);
		assert_true(lies_readable(control, sizeof control)); /* or the search finds nothing at all */
		assert_true(lies_readable(scene.sealed.data, scene.sealed.len));
		assert_false(lies_readable(WORDS, sizeof WORDS - 1));
		assert_false(lies_readable(scene.key, sizeof scene.key));
		assert_int_equal(backend_checkpoint(backend), 0);
	}
	assert_true(lies_readable(control, sizeof control));
	assert_false(lies_readable(WORDS, sizeof WORDS - 1));
	assert_false(lies_readable(scene.key, sizeof scene.key));
	end(&scene);
	backend_close(backend);
}

static int start(void **state)
{
	(void)state;
	return proto_init();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_value_opens_only_in_its_place),
		cmocka_unit_test(test_swapped_chunks_do_not_open),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_equal_values_do_not_look_equal),
		cmocka_unit_test(test_a_data_key_opens_only_for_its_row_and_epoch),
		cmocka_unit_test(test_new_rows_are_of_the_newest_epoch),
		cmocka_unit_test(test_rows_of_no_report_keep_to_place_and_epoch),
		cmocka_unit_test(test_indexes_differ_by_domain_key_and_value),
		IN_FOLDER(test_nothing_lies_readable),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
