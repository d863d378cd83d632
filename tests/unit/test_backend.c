/* The database behind the store: what was written is found again, and nothing else is. */
#include "backend_fixture.h"

static void assert_view(struct backend_view view, const char *text)
{
	assert_int_equal(view.len, strlen(text));
	assert_memory_equal(view.data, text, view.len);
}

static void assert_header(struct backend *backend, uint64_t body, const char *text)
{
	struct buffer out = buffer_of(100);

	assert_int_equal(backend_header(backend, body, &out), 0);
	assert_view((struct backend_view){ out.data, out.len }, text);
	buffer_free(&out);
}

struct listing {
	uint64_t seqs[8], bodies[8];
	size_t count, stop_after;
};

static int list(void *context, const struct backend_report *report)
{
	struct listing *listing = context;

	assert_true(listing->count < COUNT_OF(listing->seqs));
	listing->seqs[listing->count] = report->seq;
	listing->bodies[listing->count++] = report->body;
	return listing->count == listing->stop_after ? 1 : 0;
}

static struct listing open_at(struct backend *backend, uint8_t desk, uint64_t after, size_t stop_after)
{
	struct listing listing = { .stop_after = stop_after };
	uint8_t whole[BLIND_INDEX_BYTES] = { desk };

	assert_int_equal(backend_each_open(backend, whole, after, list, &listing), 0);
	return listing;
}

static void test_a_report_is_found_as_it_was_written(void **state)
{
	struct backend *backend = opened();
	struct backend_report found = { .body = 99 };
	uint8_t id[BLIND_INDEX_BYTES] = { 1 }, desk[BLIND_INDEX_BYTES] = { 5 };
	uint64_t seq = add(backend, 1, 5);

	(void)state;
	for (int reopened = 0; reopened < 2; reopened++) {
		assert_int_equal(find(backend, 1, &found), 0);
		assert_int_equal(found.seq, seq);
		assert_memory_equal(found.id, id, sizeof id);
		assert_true(found.is_open);
		assert_memory_equal(found.open_desk, desk, sizeof desk);
		assert_int_equal(found.epoch, 7);
		assert_view(found.data_key, "wrapped");
		assert_view(found.facts, "facts");
		assert_header(backend, found.body, "header");
		backend_close(backend);
		backend = opened();
	}
	found.body = 99;
	assert_int_equal(find(backend, 2, &found), -1);
	assert_int_equal(backend_error(backend), BACKEND_MISSING);
	assert_int_equal(found.body, 99);
	backend_close(backend);
}

static void test_an_id_stands_once(void **state)
{
	struct backend *backend = opened();
	struct backend_report again = report_of(1, 5);
	uint64_t seq = add(backend, 1, 5);

	(void)state;
	assert_int_equal(backend_begin(backend), 0);
	assert_int_equal(backend_add_report(backend, &again), -1);
	backend_rollback(backend);
	assert_false(backend_in_group(backend));
	assert_int_equal(add(backend, 2, 5), seq + 1); /* a failed one leaves no gap */
	backend_close(backend);
}

static void test_open_reports_are_listed_in_order(void **state)
{
	struct backend *backend = opened();
	uint64_t first = add(backend, 1, 5), other = add(backend, 2, 6), second = add(backend, 3, 5);
	uint64_t third = add(backend, 4, 5), reports, open;
	struct listing listing = open_at(backend, 5, 0, 0);

	(void)state;
	assert_int_equal(listing.count, 3);
	assert_int_equal(listing.seqs[0], first);
	assert_int_equal(listing.seqs[1], second);
	assert_int_equal(listing.seqs[2], third);
	assert_int_equal(open_at(backend, 5, first, 0).count, 2);
	assert_int_equal(open_at(backend, 5, first, 1).seqs[0], second);
	assert_int_equal(open_at(backend, 5, first, 1).count, 1);
	assert_int_equal(open_at(backend, 5, UINT64_MAX, 0).count, 0);
	assert_int_equal(open_at(backend, 6, 0, 0).seqs[0], other);
	assert_int_equal(open_at(backend, 7, 0, 0).count, 0);
	assert_int_equal(backend_count(backend, &reports, &open), 0);
	assert_int_equal(reports, 4);
	assert_int_equal(open, 4);
	backend_close(backend);
}

static void test_a_change_closes_moves_and_opens_again(void **state)
{
	struct backend *backend = opened();
	struct backend_report report = report_of(1, 0), found;
	uint64_t reports, open;

	(void)state;
	report.body = add(backend, 1, 5);
	report.facts = text_view("closed");
	report.header = (struct backend_view){ 0 };
	assert_int_equal(backend_change(backend, &report), 0);
	assert_int_equal(open_at(backend, 5, 0, 0).count, 0);
	assert_int_equal(find(backend, 1, &found), 0);
	assert_false(found.is_open);
	assert_view(found.facts, "closed");
	assert_header(backend, report.body, "header");
	assert_int_equal(backend_count(backend, &reports, &open), 0);
	assert_int_equal(reports, 1);
	assert_int_equal(open, 0);
	report.is_open = true;
	report.open_desk[0] = 6;
	report.header = text_view("another");
	assert_int_equal(backend_change(backend, &report), 0);
	assert_int_equal(open_at(backend, 6, 0, 0).count, 1);
	assert_header(backend, report.body, "another");
	report.body++;
	assert_int_equal(backend_change(backend, &report), -1);
	assert_int_equal(backend_error(backend), BACKEND_MISSING);
	backend_close(backend);
}

static struct listing pending(struct backend *backend)
{
	struct listing listing = { 0 };

	assert_int_equal(backend_each_upload(backend, list, &listing), 0);
	return listing;
}

static int read_chunk(struct backend *backend, uint64_t body, uint32_t number, const char *text)
{
	struct buffer out = buffer_of(100);
	int rc = backend_chunk(backend, body, number, &out);

	if (rc == 0)
		assert_view((struct backend_view){ out.data, out.len }, text);
	buffer_free(&out);
	return rc;
}

static void test_an_upload_becomes_a_report(void **state)
{
	struct backend *backend = opened();
	struct backend_report upload = report_of(1, 0), found;
	uint64_t before = add(backend, 2, 5), body;

	(void)state;
	upload.header = (struct backend_view){ 0 };
	assert_int_equal(backend_add_upload(backend, &upload), 0);
	body = upload.body;
	assert_int_equal(upload.seq, 0);
	assert_int_equal(backend_add_chunk(backend, body, 0, (const uint8_t *)"first", 5), 0);
	assert_int_equal(backend_add_chunk(backend, body, 1, (const uint8_t *)"sec", 3), 0);
	assert_int_equal(backend_change_chunk(backend, body, 1, (const uint8_t *)"second", 6), 0);
	assert_int_equal(find(backend, 1, &found), 0);
	assert_int_equal(found.seq, 0);
	assert_int_equal(found.body, body);
	assert_int_equal(pending(backend).count, 1);
	assert_int_equal(pending(backend).bodies[0], body);
	upload = report_of(1, 5);
	upload.body = body;
	assert_int_equal(backend_finish_upload(backend, &upload), 0);
	assert_true(upload.seq > before);
	assert_int_equal(pending(backend).count, 0);
	assert_int_equal(open_at(backend, 5, before, 0).seqs[0], upload.seq);
	assert_int_equal(read_chunk(backend, body, 0, "first"), 0);
	assert_int_equal(read_chunk(backend, body, 1, "second"), 0);
	assert_int_equal(backend_finish_upload(backend, &upload), -1); /* only once */
	assert_int_equal(backend_error(backend), BACKEND_MISSING);
	backend_close(backend);
	backend = opened(); /* the counter goes on behind a seq that is higher than any body */
	assert_int_equal(add(backend, 3, 5), upload.seq + 1);
	backend_close(backend);
}

static void test_a_dropped_upload_leaves_nothing_and_takes_nothing_else(void **state)
{
	struct backend *backend = opened();
	struct backend_report upload = report_of(1, 0), next = report_of(2, 0), found;

	(void)state;
	assert_int_equal(backend_add_upload(backend, &upload), 0);
	assert_int_equal(backend_add_upload(backend, &next), 0);
	for (uint32_t number = 0; number < 3; number++) {
		assert_int_equal(backend_add_chunk(backend, upload.body, number, (const uint8_t *)"a", 1), 0);
		assert_int_equal(backend_add_chunk(backend, next.body, number, (const uint8_t *)"b", 1), 0);
	}
	assert_int_equal(backend_drop_upload(backend, upload.body), 0);
	assert_int_equal(find(backend, 1, &found), -1);
	assert_int_equal(find(backend, 2, &found), 0);
	for (uint32_t number = 0; number < 3; number++) {
		assert_int_equal(read_chunk(backend, upload.body, number, ""), -1);
		assert_int_equal(backend_error(backend), BACKEND_MISSING);
		assert_int_equal(read_chunk(backend, next.body, number, "b"), 0);
	}
	backend_close(backend);
}

static void test_events_have_their_numbers(void **state)
{
	struct backend *backend = opened();
	struct buffer out = buffer_of(100);

	(void)state;
	assert_int_equal(backend_add_event(backend, 4, 1, (const uint8_t *)"one", 3), 0);
	assert_int_equal(backend_add_event(backend, 5, 1, (const uint8_t *)"other", 5), 0);
	assert_int_equal(backend_add_event(backend, 4, 1, (const uint8_t *)"anew", 4), -1);
	assert_int_equal(backend_event(backend, 4, 1, &out), 0);
	assert_view((struct backend_view){ out.data, out.len }, "one");
	assert_int_equal(backend_event(backend, 4, 2, &out), -1);
	assert_int_equal(backend_error(backend), BACKEND_MISSING);
	buffer_free(&out);
	backend_close(backend);
}

struct joined {
	struct buffer text;
	uint64_t last_seq;
};

static int join_message(void *context, uint64_t seq, const uint8_t *data, size_t len)
{
	struct joined *joined = context;

	assert_true(seq > joined->last_seq);
	joined->last_seq = seq;
	buffer_put(&joined->text, data, len);
	return 0;
}

static uint64_t assert_box(struct backend *backend, const uint8_t *box, const char *text)
{
	struct joined joined = { .text = buffer_of(100) };

	assert_int_equal(backend_each_in_box(backend, box, join_message, &joined), 0);
	assert_string_equal(buffer_text(&joined.text), text);
	buffer_free(&joined.text);
	return joined.last_seq;
}

static void test_boxes_keep_their_messages_apart(void **state)
{
	struct backend *backend = opened();
	uint8_t box[BLIND_INDEX_BYTES] = { 1 }, other[BLIND_INDEX_BYTES] = { 2 };
	uint64_t seq;

	(void)state;
	assert_int_equal(backend_add_message(backend, box, (const uint8_t *)"a", 1, &seq), 0);
	assert_int_equal(backend_add_message(backend, other, (const uint8_t *)"x", 1, &seq), 0);
	assert_int_equal(backend_add_message(backend, box, (const uint8_t *)"b", 1, &seq), 0);
	assert_int_equal(assert_box(backend, box, "ab"), seq);
	assert_int_equal(backend_empty_box(backend, box), 0);
	assert_box(backend, box, "");
	assert_box(backend, other, "x");
	backend_close(backend);
	backend = opened(); /* a seq is never given twice, though its message is gone */
	assert_int_equal(backend_add_message(backend, other, (const uint8_t *)"y", 1, &seq), 0);
	assert_int_equal(seq, 4);
	backend_close(backend);
}

static int join_named(void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len)
{
	buffer_put(context, name, name_len);
	buffer_put(context, "=", 1);
	buffer_put(context, data, len);
	return 0;
}

static void test_shelves(void **state)
{
	struct backend *backend = opened();
	struct buffer out = buffer_of(100), all = buffer_of(100);
	const uint8_t a[] = "a", b[] = "b", one[] = "1", two[] = "2";

	(void)state;
	assert_int_equal(backend_put(backend, SHELF_NONCES, b, 1, one, 1), 0);
	assert_int_equal(backend_put(backend, SHELF_NONCES, a, 1, one, 1), 0);
	assert_int_equal(backend_put(backend, SHELF_NONCES, a, 1, two, 1), 0);
	assert_int_equal(backend_put(backend, SHELF_OWN, b, 1, two, 0), 0);
	assert_int_equal(backend_each(backend, SHELF_NONCES, join_named, &all), 0);
	assert_string_equal(buffer_text(&all), "a=2b=1");
	assert_int_equal(backend_get(backend, SHELF_OWN, a, 1, &out), -1);
	assert_int_equal(backend_error(backend), BACKEND_MISSING);
	assert_int_equal(backend_get(backend, SHELF_OWN, b, 1, &out), 0);
	assert_int_equal(out.len, 0);
	assert_int_equal(backend_remove(backend, SHELF_NONCES, b, 1), 0);
	assert_int_equal(backend_get(backend, SHELF_NONCES, b, 1, &out), -1);
	assert_int_equal(backend_get(backend, SHELF_OWN, b, 1, &out), 0);
	buffer_free(&out);
	buffer_free(&all);
	backend_close(backend);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_FOLDER(test_a_report_is_found_as_it_was_written),
		IN_FOLDER(test_an_id_stands_once),
		IN_FOLDER(test_open_reports_are_listed_in_order),
		IN_FOLDER(test_a_change_closes_moves_and_opens_again),
		IN_FOLDER(test_an_upload_becomes_a_report),
		IN_FOLDER(test_a_dropped_upload_leaves_nothing_and_takes_nothing_else),
		IN_FOLDER(test_events_have_their_numbers),
		IN_FOLDER(test_boxes_keep_their_messages_apart),
		IN_FOLDER(test_shelves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
