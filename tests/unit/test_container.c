/* The file that a defender's home is: what is in a slot survives whatever is done to the other, and nobody
 * can tell what that was. */
#include "cmocka_all.h"

#include "container.h"
#include "home_fixture.h"
#include "vault.h"

#include <sodium.h>

#define FIRST  "the slot of everyday"
#define SECOND "the harmless one"

static struct home *open_home(char *folder)
{
	struct invocation invocation = { .program = "clarion", .folder = "clarion", .home = folder };
	struct home *home = NULL;
	struct failure failure;

	assert_int_equal(home_open(&invocation, HOME_EXISTING, &home, &failure), 0);
	return home;
}

static struct slot_keys keys_new(void)
{
	struct slot_keys keys;

	crypto_core_ristretto255_scalar_random(keys.layers);
	randombytes_buf(keys.image, sizeof keys.image);
	return keys;
}

static void write_image(struct container *container, size_t slot, const char *text)
{
	uint8_t *image = calloc(1, CONTAINER_IMAGE_BYTES);
	struct failure failure;

	assert_non_null(image);
	memcpy(image, text, strlen(text));
	assert_int_equal(container_write(container, slot, image, &failure), 0);
	free(image);
}

static void holds(const struct container *container, const struct slot_keys *keys, const char *text)
{
	uint8_t *image = malloc(CONTAINER_IMAGE_BYTES);
	size_t slot;

	assert_non_null(image);
	assert_int_equal(container_find(container, keys, &slot), 0);
	assert_int_equal(container_read(container, slot, keys, image), 0);
	assert_string_equal((const char *)image, text);
	free(image);
}

/* One session: opened with keys, checked, written. */
static void session(struct home *home, const struct slot_keys *keys, const char *text, size_t writes)
{
	struct container *container = NULL;
	struct failure failure;
	size_t slot;

	assert_int_equal(container_load(home, &container, &failure), 0);
	assert_non_null(container);
	holds(container, keys, text);
	assert_int_equal(container_find(container, keys, &slot), 0);
	container_know(container, slot, keys);
	for (size_t at = 0; at < writes; at++)
		write_image(container, slot, text);
	container_free(container);
}

static void make(struct home *home, const struct slot_keys *first, const struct slot_keys *second)
{
	struct container *container = NULL;
	struct failure failure;

	assert_int_equal(container_new(home, &container, &failure), 0);
	assert_int_equal(container_claim(container, 0, first), 0);
	write_image(container, 0, FIRST);
	if (second != NULL) {
		assert_int_equal(container_claim(container, 1, second), 0);
		write_image(container, 1, SECOND);
	}
	container_free(container);
}

static void check_home(struct home *home, const struct slot_keys *keys, const char *text)
{
	session(home, keys, text, 0);
}

/* Any order of sessions with the one and the other. */
static void test_neither_harms_the_other(void **state)
{
	const struct slot_keys first = keys_new(), second = keys_new();
	struct home *home = open_home(*state);

	make(home, &first, &second);
	for (int at = 0; at < 12; at++) {
		if (randombytes_uniform(2) == 0)
			session(home, &first, FIRST, 1 + randombytes_uniform(3));
		else
			session(home, &second, SECOND, 1 + randombytes_uniform(3));
	}
	check_home(home, &first, FIRST);
	check_home(home, &second, SECOND);
	home_close(home);
}

/* The layers alone: a whole session for each would take long. */
static void test_as_often_as_it_says(void **state)
{
	const struct slot_keys keys = keys_new();
	struct layer_head *head = malloc(sizeof *head);
	uint8_t bytes[64] = { 0 };

	(void)state;
	assert_non_null(head);
	assert_int_equal(layers_fresh(keys.layers, head), 0);
	for (size_t at = 0; at < LAYERS_MAX; at++) {
		assert_int_equal(layers_add(head, at, bytes, sizeof bytes), 0);
		assert_int_equal(layers_turn(head, at), 0);
	}
	assert_int_equal(layers_turn(head, LAYERS_MAX), 0);
	assert_true(layers_are_of(head, keys.layers));
	assert_false(sodium_is_zero(bytes, sizeof bytes));
	assert_int_equal(layers_strip(head, keys.layers, bytes, sizeof bytes), 0);
	assert_true(sodium_is_zero(bytes, sizeof bytes));
	free(head);
}

static uint8_t *take_copy(struct home *home)
{
	struct container *container = NULL;
	struct failure failure;
	uint8_t *bytes = malloc(CONTAINER_BYTES);
	int fd;

	assert_non_null(bytes);
	assert_int_equal(container_load(home, &container, &failure), 0);
	fd = openat(home_descriptor(home), container_name(container), O_RDONLY);
	assert_int_equal(read(fd, bytes, CONTAINER_BYTES), (ssize_t)CONTAINER_BYTES);
	assert_int_equal(close(fd), 0);
	container_free(container);
	return bytes;
}

/* How many layers lie over the slot in the file. */
static size_t layers_over(struct home *home, size_t slot, const struct slot_keys *keys)
{
	uint8_t *bytes = take_copy(home);
	struct layer_head *head = malloc(sizeof *head);
	size_t count = 0;

	assert_non_null(head);
	memcpy(head, bytes + CONTAINER_HEAD_BYTES + slot * CONTAINER_SLOT_BYTES, sizeof *head);
	layers_whiten(head, bytes, CONTAINER_SALT_BYTES, (uint8_t)slot);
	for (size_t at = 0; at < LAYERS_MAX; at++) {
		uint8_t shared[POINT_BYTES];

		assert_int_equal(
			crypto_scalarmult_ristretto255(shared, keys->layers, head->ring[at].first), 0);
		count += memcmp(shared, head->ring[at].second, POINT_BYTES) != 0;
	}
	free(head);
	free(bytes);
	return count;
}

/* Whoever has both keys takes the layers off, so that she may write as often as she likes. */
static void test_with_both_keys(void **state)
{
	const struct slot_keys first = keys_new(), second = keys_new();
	struct home *home = open_home(*state);

	make(home, &first, &second);
	for (size_t at = 1; at < 4; at++) {
		session(home, &first, FIRST, 1);
		assert_int_equal(layers_over(home, 1, &second), at);
		assert_int_equal(layers_over(home, 0, &first), 0);
	}
	for (int at = 0; at < 4; at++) {
		struct container *container = NULL;
		struct failure failure;

		assert_int_equal(container_load(home, &container, &failure), 0);
		container_know(container, 0, &first);
		container_know(container, 1, &second);
		write_image(container, 0, FIRST);
		container_free(container);
		assert_int_equal(layers_over(home, 1, &second), 1);
	}
	check_home(home, &second, SECOND);
	home_close(home);
}

/* How many of the places of 32 bytes behind the file's head are the same in both. */
static size_t same_places(const uint8_t *one, const uint8_t *other)
{
	size_t count = 0;

	for (size_t at = CONTAINER_HEAD_BYTES; at + 32 <= CONTAINER_BYTES; at += 32)
		count += memcmp(one + at, other + at, 32) == 0;
	return count;
}

/* Pearson's test of the bytes' frequencies: 255 degrees of freedom, so that 400 is past one in a billion. */
static void looks_random(const uint8_t *bytes)
{
	size_t counts[256] = { 0 };
	double expected = (double)CONTAINER_BYTES / 256, sum = 0;

	for (size_t at = 0; at < CONTAINER_BYTES; at++)
		counts[bytes[at]]++;
	for (size_t at = 0; at < 256; at++)
		sum += ((double)counts[at] - expected) * ((double)counts[at] - expected) / expected;
	assert_true(sum < 400 && sum > 150);
}

/* Two copies from before and after a session are wholly different, whoever wrote and whatever is there. */
static void check_copies(struct home *home, const struct slot_keys *keys, const char *text, size_t writes)
{
	uint8_t *before = take_copy(home), *after;

	session(home, keys, text, writes);
	after = take_copy(home);
	assert_memory_equal(before, after, CONTAINER_SALT_BYTES);
	assert_int_equal(same_places(before, after), 0);
	looks_random(before);
	looks_random(after);
	free(before);
	free(after);
}

static void test_two_copies_say_no_more_than_one(void **state)
{
	const struct slot_keys first = keys_new(), second = keys_new();
	struct home *home = open_home(*state);

	make(home, &first, NULL);
	check_copies(home, &first, FIRST, 1);
	check_copies(home, &first, FIRST, 3);
	(void)fixture_files(*state, fixture_unlink);
	make(home, &first, &second);
	check_copies(home, &first, FIRST, 1);
	check_copies(home, &second, SECOND, 1);
	check_copies(home, &second, SECOND, 3);
	home_close(home);
}

/* Two generations of one session, as a disk may remember them, differ in the same places whoever wrote. */
static void differs_within(
	struct home *home, const struct slot_keys *keys, const char *text, uint8_t *ret_changed)
{
	struct container *container = NULL;
	struct failure failure;
	uint8_t *before, *after;
	size_t slot;

	assert_int_equal(container_load(home, &container, &failure), 0);
	assert_int_equal(container_find(container, keys, &slot), 0);
	container_know(container, slot, keys);
	write_image(container, slot, text);
	before = take_copy(home);
	write_image(container, slot, text);
	after = take_copy(home);
	for (size_t at = 0; at + 32 <= CONTAINER_BYTES; at += 32)
		ret_changed[at / 32] = memcmp(before + at, after + at, 32) != 0;
	container_free(container);
	free(before);
	free(after);
}

static size_t count_of(const uint8_t *changed, size_t from, size_t to)
{
	size_t count = 0;

	for (size_t at = from; at < to; at++)
		count += changed[at];
	return count;
}

static void test_writes_of_one_session(void **state)
{
	static uint8_t one[CONTAINER_BYTES / 32], other[CONTAINER_BYTES / 32];
	const struct slot_keys first = keys_new(), second = keys_new();
	const size_t half = CONTAINER_BYTES / 64;
	struct home *home = open_home(*state);

	make(home, &first, &second);
	differs_within(home, &first, FIRST, one);
	differs_within(home, &second, SECOND, other);
	/* A changed point of a head may lie in one place or over two. */
	for (size_t at = 0; at < 2; at++) {
		size_t of_one = count_of(one, at * half, (at + 1) * half),
		       of_other = count_of(other, at * half, (at + 1) * half);

		assert_in_range(of_one, of_other - 4, of_other + 4);
		assert_true(of_one > half / 2 && of_one < half);
	}
	home_close(home);
}

static void test_wrong_keys_open_nothing(void **state)
{
	const struct slot_keys first = keys_new(), wrong = keys_new();
	struct home *home = open_home(*state);
	struct container *container = NULL;
	struct failure failure;
	size_t slot;

	make(home, &first, NULL);
	assert_int_equal(container_load(home, &container, &failure), 0);
	assert_int_equal(container_find(container, &wrong, &slot), -1);
	container_free(container);
	home_close(home);
}

static void test_several_files(void **state)
{
	const struct slot_keys first = keys_new();
	struct home *home = open_home(*state);
	struct container *container = NULL;
	struct failure failure = { 0 };

	make(home, &first, NULL);
	make(home, &first, NULL);
	assert_int_equal(container_load(home, &container, &failure), -1);
	assert_int_equal(failure.exit_code, EX_CONFIG);
	home_close(home);
}

/* Through the vault: the second is a home of its own, and goes again. */
static void test_a_second_vault(void **state)
{
	struct home *home = open_home(*state);
	struct vault *vault = NULL, *second = NULL, *again = NULL;
	struct items items, harmless;
	struct failure failure = { 0 };
	struct buffer out = buffer_of(100);
	bool found;

	assert_int_equal(vault_create(home, "first", &vault, &failure), 0);
	items = vault_items(vault);
	assert_int_equal(items_put(&items, "roster", "of everyday", 11, &failure), 0);
	assert_int_equal(vault_second_create(vault, "first", &second, &failure), -1);
	assert_int_equal(failure.exit_code, EX_DATAERR);
	assert_int_equal(vault_second_create(vault, "other", &second, &failure), 0);
	harmless = vault_items(second);
	assert_int_equal(items_put(&harmless, "roster", "harmless", 8, &failure), 0);
	assert_int_equal(items_put(&items, "queue", "x", 1, &failure), 0);
	vault_free(second);
	assert_int_equal(vault_second_open(vault, &again, &failure), 0);
	assert_non_null(again);
	harmless = vault_items(again);
	assert_int_equal(items_get(&harmless, "roster", &out, &found, &failure), 0);
	assert_string_equal(buffer_text(&out), "harmless");
	assert_int_equal(items_get(&harmless, "queue", &out, &found, &failure), 0);
	assert_false(found);
	vault_free(again);
	assert_int_equal(vault_second_destroy(vault, &failure), 0);
	assert_int_equal(vault_second_open(vault, &again, &failure), 0);
	assert_null(again);
	buffer_free(&out);
	vault_free(vault);
	home_close(home);
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_HOME(test_neither_harms_the_other),
		WITH_HOME(test_as_often_as_it_says),
		WITH_HOME(test_with_both_keys),
		WITH_HOME(test_two_copies_say_no_more_than_one),
		WITH_HOME(test_writes_of_one_session),
		WITH_HOME(test_wrong_keys_open_nothing),
		WITH_HOME(test_several_files),
		WITH_HOME(test_a_second_vault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
