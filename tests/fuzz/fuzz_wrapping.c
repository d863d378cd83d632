/* A wrapping that an officer's tool sends, what a server says about one, and its list of what waits: what is
 * taken comes out the same after writing and reading once more. */
#include "fuzz.h"

#include "proto/header_list.h"
#include "proto/wrapping.h"

#include <stdlib.h>

static void one_wrapping(const uint8_t *data, size_t size)
{
	static const struct event_subject subject = { .organisation = "o", .report = "r" };
	struct buffer out = buffer_of(WRAPPING_MAX), again = buffer_of(WRAPPING_MAX);
	struct wrapping *wrapping = NULL, *second = NULL;
	struct fault fault;

	if (wrapping_parse((const char *)data, size, &wrapping, &fault) == 0) {
		must(wrapping_write(wrapping, &out) == 0);
		must(wrapping_parse((const char *)out.data, out.len, &second, &fault) == 0);
		must(wrapping_write(second, &again) == 0);
		must(out.len == again.len && bytes_equal(out.data, again.data, out.len));
		either(wrapping_verify(wrapping, &subject, NULL));
	}
	wrapping_free(wrapping);
	wrapping_free(second);
	buffer_free(&out);
	buffer_free(&again);
}

static void one_state(const uint8_t *data, size_t size)
{
	struct buffer out = buffer_of(WRAPPING_STATE_MAX);
	struct wrapping_state state = { .wrapping = NULL }, second = { .wrapping = NULL };
	struct fault fault;

	if (wrapping_state_parse((const char *)data, size, &state, &fault) == 0) {
		must(state.is_confirmed == (state.replaced == NULL));
		must(wrapping_state_write(&state, &out) == 0);
		must(wrapping_state_parse((const char *)out.data, out.len, &second, &fault) == 0);
		must(second.replaced_len == state.replaced_len);
	}
	wrapping_state_free(&state);
	wrapping_state_free(&second);
	buffer_free(&out);
}

static void one_list(const uint8_t *data, size_t size)
{
	struct header_list *list = calloc(2, sizeof *list);
	struct buffer out = buffer_of(HEADER_LIST_MAX);
	struct fault fault;

	must(list != NULL);
	if (header_list_parse((const char *)data, size, &list[0], &fault) == 0) {
		must(list[0].count <= HEADERS_MAX);
		must(header_list_write(&list[0], &out) == 0);
		must(header_list_parse((const char *)out.data, out.len, &list[1], &fault) == 0);
		must(list[1].count == list[0].count && list[1].after == list[0].after);
	}
	free(list);
	buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_start();
	one_wrapping(data, size);
	one_state(data, size);
	one_list(data, size);
	return 0;
}
