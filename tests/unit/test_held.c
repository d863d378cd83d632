/* The heap of held reports: whatever order they come in, the earliest is first. */
#include "cmocka_all.h"

#include "held.h"

#include <sodium.h>
#include <string.h>

#define MANY 5000

static void blind_of(uint32_t number, uint8_t ret_blind[BLIND_INDEX_BYTES])
{
	memset(ret_blind, 0, BLIND_INDEX_BYTES);
	memcpy(ret_blind, &number, sizeof number);
}

static void they_come_out_in_order(void **state)
{
	struct held_heap *heap = held_new();
	int64_t last = -1;
	size_t count = 0;

	(void)state;
	assert_non_null(heap);
	assert_null(held_first(heap));
	for (uint32_t i = 0; i < MANY; i++) {
		uint8_t blind[BLIND_INDEX_BYTES];
		uint32_t release = randombytes_uniform(MANY / 2); /* many at one time */

		blind_of(release, blind);
		assert_int_equal(held_push(heap, release, blind), 0);
	}
	for (const struct held_entry *first; (first = held_first(heap)) != NULL; held_pop(heap), count++) {
		uint8_t blind[BLIND_INDEX_BYTES];

		assert_true(first->release >= last);
		last = first->release;
		blind_of((uint32_t)first->release, blind);
		assert_memory_equal(first->blind_id, blind, sizeof blind);
	}
	assert_int_equal(count, MANY);
	held_free(heap);
}

static void pushes_and_pops_mixed(void **state)
{
	struct held_heap *heap = held_new();
	uint8_t blind[BLIND_INDEX_BYTES] = { 0 };
	size_t there[101] = { 0 };

	(void)state;
	assert_non_null(heap);
	held_pop(heap); /* of none is none */
	for (int i = 0; i < MANY; i++) {
		if (randombytes_uniform(3) != 0) {
			uint32_t release = randombytes_uniform(101);

			there[release]++;
			assert_int_equal(held_push(heap, release, blind), 0);
		} else if (held_first(heap) != NULL) {
			size_t least = 0;

			while (there[least] == 0)
				least++;
			assert_int_equal(held_first(heap)->release, least);
			there[least]--;
			held_pop(heap);
		}
	}
	held_clear(heap);
	assert_null(held_first(heap));
	held_free(heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_come_out_in_order),
		cmocka_unit_test(pushes_and_pops_mixed),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
