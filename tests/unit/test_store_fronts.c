/* What a front may say: whoever breaks a rule loses her channel and nothing else, and neither side sends more
 * of a body than the other has asked for. The second front here is the test itself, byte by byte. */
#include "raw_front.h"

#define KEY          "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
#define CREDIT_BYTES (512 * 1024)
#define LARGE_BYTES  (3 * 1024 * 1024)

static bool is_listed(struct scene *scene, const struct sealed *sealed)
{
	const struct scene_answer *answer = scene_ask(scene,
		&(struct scene_ask){ .method = METHOD_GET, .path = "desks/intake/alerts", .signer = OLGA });

	return memmem(answer->body.data, answer->body.len, sealed->hex, strlen(sealed->hex)) != NULL;
}

static void break_by_number(struct raw *raw, const struct sealed *sealed)
{
	put_report(raw, 7, sealed);
	put_report(raw, 7, sealed);
}

static void break_by_length(struct raw *raw, const struct sealed *sealed)
{
	put_report(raw, 7, sealed);
	put_body(raw, 7, sealed->file.data, sealed->file.len - 1);
	put_body(raw, 7, sealed->file.data, 2);
}

static void break_by_body_of_get(struct raw *raw, const struct sealed *sealed)
{
	(void)sealed;
	put_signed_get(raw, 8, "desks/intake/alerts?wait=300&after=1000");
	put_body(raw, 8, (const uint8_t *)"x", 1);
}

static void break_by_an_answer(struct raw *raw, const struct sealed *sealed)
{
	(void)sealed;
	assert_int_equal(
		message_credit_put(&raw->out, MESSAGE_BODY_WANTED, &(struct message_credit){ 8, 1 }), 0);
}

static void break_by_anothers_message(struct raw *raw, const struct sealed *sealed)
{
	(void)sealed;
	assert_int_equal(message_woken_put(&raw->out, &(struct message_woken){ 1, WAKE_DELIVERED }), 0);
}

static void break_by_bytes(struct raw *raw, const struct sealed *sealed)
{
	(void)sealed;
	buffer_put(&raw->out, "\0\0\0\3\x20\1\1", 7); /* a request that is cut short */
}

static void break_by_no_frame(struct raw *raw, const struct sealed *sealed)
{
	(void)sealed;
	buffer_put(&raw->out, "\xff\xff\xff\xff\x20", 5);
}

/* Each of them loses its own channel; the other front's requests, half done as they are, go on. */
static void test_who_breaks_a_rule_loses_only_her_channel(void **state)
{
	static void (*const breaks[])(struct raw * raw, const struct sealed *sealed) = { break_by_number,
		break_by_length, break_by_body_of_get, break_by_an_answer, break_by_anothers_message,
		break_by_bytes, break_by_no_frame };
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT_OF(breaks); i++) {
		struct sealed hers, others;
		struct raw raw;
		uint32_t id;

		seal_report(scene, "intake", 50000, 0, &hers);
		seal_report(scene, "intake", 1000, 0, &others);
		raw_begin(&raw, scene);
		id = scene_put(scene, &(struct scene_ask){ .method = METHOD_PUT,
					      .path = hers.put,
					      .body = hers.file.data,
					      .len = hers.file.len,
					      .send = 1000 });
		scene_run(scene);
		breaks[i](&raw, &others);
		raw_run(&raw);
		assert_true(raw.ended);
		scene_put_body(scene, id, hers.file.data + 1000, hers.file.len - 1000);
		scene_run(scene);
		assert_int_equal(scene->answers[id].status, 201);
		assert_non_null(scene->store.fronts);
		assert_null(scene->store.fronts->next);
		assert_int_equal(scene->store.body_in_memory, 0);
		raw_end(&raw);
		sealed_free(&hers);
		sealed_free(&others);
	}
}

/* What was whole before the rule was broken is kept: its sender may have got through. */
static void test_what_came_before_is_kept(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct raw raw;

	seal_report(scene, "intake", 1000, 0, &sealed);
	raw_begin(&raw, scene);
	put_report(&raw, 1, &sealed);
	put_body(&raw, 1, sealed.file.data, sealed.file.len);
	break_by_bytes(&raw, &sealed);
	raw_run(&raw);
	assert_true(raw.ended);
	assert_true(is_listed(scene, &sealed));
	raw_end(&raw);
	sealed_free(&sealed);
}

/* Two fronts number their requests apart. */
static void test_fronts_have_numbers_of_their_own(void **state)
{
	struct scene *scene = *state;
	struct sealed one, other;
	struct raw raw;
	uint32_t id;

	seal_report(scene, "intake", 50000, 0, &one);
	seal_report(scene, "intake", 50000, 0, &other);
	raw_begin(&raw, scene);
	id = scene_put(scene, &(struct scene_ask){ .method = METHOD_PUT,
				      .path = one.put,
				      .body = one.file.data,
				      .len = one.file.len,
				      .send = 100 });
	scene_run(scene);
	put_report(&raw, id, &other);
	put_body(&raw, id, other.file.data, other.file.len);
	raw_run(&raw);
	assert_int_equal(raw.status, 201);
	assert_false(scene->answers[id].is_here);
	scene_put_body(scene, id, one.file.data + 100, one.file.len - 100);
	scene_run(scene);
	assert_int_equal(scene->answers[id].status, 201);
	assert_int_equal(raw.answers, 1);
	raw_end(&raw);
	sealed_free(&one);
	sealed_free(&other);
}

/* A body for a number that nobody has any more crossed with its answer. */
static void test_late_messages_are_nothing(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct raw raw;

	seal_report(scene, "intake", 1000, 0, &sealed);
	raw_begin(&raw, scene);
	put_body(&raw, 9, (const uint8_t *)"late", 4);
	put_taken(&raw, 9, 1000);
	assert_int_equal(
		message_request_id_put(&raw.out, MESSAGE_REQUEST_GONE, &(struct message_request_id){ 9 }), 0);
	put_report(&raw, 1, &sealed);
	put_body(&raw, 1, sealed.file.data, sealed.file.len);
	raw_run(&raw);
	assert_false(raw.ended);
	assert_int_equal(raw.status, 201);
	raw_end(&raw);
	sealed_free(&sealed);
}

static void test_a_body_needs_its_length(void **state)
{
	static const enum http_method methods[] = { METHOD_PUT, METHOD_POST, METHOD_PATCH };
	struct scene *scene = *state;
	struct sealed sealed;
	struct raw raw;

	seal_report(scene, "intake", 1000, 0, &sealed);
	raw_begin(&raw, scene);
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		const char *const paths[] = { sealed.put, sealed.upload, sealed.report };
		struct message_request message = request_of((uint32_t)i, methods[i], target_of(paths[i]), 0);

		message.has_body = false;
		message.upload_key = KEY;
		put_request(&raw, &message);
		raw_run(&raw);
		assert_int_equal(raw.status, 411);
		assert_true(raw.close);
		assert_int_equal(raw.answered, i);
	}
	raw_end(&raw);
	sealed_free(&sealed);
}

static void test_a_small_body_is_not_asked_for_and_a_larger_one_is(void **state)
{
	struct scene *scene = *state;
	struct sealed small, large;
	struct raw raw;

	seal_report(scene, "intake", 1000, 0, &small);
	seal_report(scene, "intake", 400000, 0, &large);
	assert_true(small.file.len < CHANNEL_FIRST_CREDIT);
	raw_begin(&raw, scene);
	put_report(&raw, 1, &small);
	raw_run(&raw);
	assert_int_equal(raw.wanted, 0);
	put_report(&raw, 2, &large);
	raw_run(&raw);
	assert_int_equal(raw.wanted, large.file.len - CHANNEL_FIRST_CREDIT);
	raw_end(&raw);
	sealed_free(&small);
	sealed_free(&large);
}

/* Whatever the upload's length, the store has asked for half a mebibyte more than it has. */
static void test_an_upload_is_asked_for_in_parts(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct raw raw;
	struct message_request message;
	size_t sent = 0;

	seal_report(scene, "intake", LARGE_BYTES, 0, &sealed);
	assert_int_equal(scene_ask(scene,
				 &(struct scene_ask){
					 .method = METHOD_POST, .path = sealed.upload, .upload_key = KEY })
				 ->status,
		201);
	raw_begin(&raw, scene);
	message = request_of(1, METHOD_PATCH, target_of(sealed.report), sealed.file.len);
	message.upload_key = KEY;
	message.upload_offset = "0";
	message.upload_complete = "?1";
	message.content_type = "application/partial-upload";
	put_request(&raw, &message);
	raw_run(&raw);
	while (raw.status == 0) {
		size_t allowed = CHANNEL_FIRST_CREDIT + (size_t)raw.wanted;

		assert_true(allowed > sent); /* or nothing would ever go on */
		assert_true(allowed - sent <= CREDIT_BYTES);
		assert_true(allowed <= sealed.file.len);
		put_body(&raw, 1, sealed.file.data + sent, allowed - sent);
		sent = allowed;
		raw_run(&raw);
	}
	assert_int_equal(sent, sealed.file.len);
	assert_int_equal(raw.status, 201);
	raw_end(&raw);
	sealed_free(&sealed);
}

static void store_large(struct scene *scene, struct sealed *sealed)
{
	struct scene_ask ask;

	seal_report(scene, "intake", LARGE_BYTES, 0, sealed);
	assert_int_equal(scene_ask(scene,
				 &(struct scene_ask){
					 .method = METHOD_POST, .path = sealed->upload, .upload_key = KEY })
				 ->status,
		201);
	ask = (struct scene_ask){ .method = METHOD_PATCH,
		.path = sealed->report,
		.upload_key = KEY,
		.upload_offset = "0",
		.upload_complete = "?1",
		.body = sealed->file.data,
		.len = sealed->file.len };
	assert_int_equal(scene_ask(scene, &ask)->status, 201);
}

/* A slow officer's answer waits in the database, not in memory. */
static void test_a_stream_goes_as_fast_as_it_is_taken(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct raw raw;
	uint64_t taken = 0;

	store_large(scene, &sealed);
	raw_begin(&raw, scene);
	put_signed_get(&raw, 1, sealed.report);
	raw_run(&raw);
	assert_int_equal(raw.status, 200);
	assert_int_equal(raw.content_length, sealed.file.len);
	while (taken < sealed.file.len) {
		uint32_t now = (uint32_t)(raw.body_bytes - taken);

		assert_in_range(now, 1, ANSWER_WINDOW + CHANNEL_BODY_MAX);
		now = now < 300000 ? now : 300000;
		put_taken(&raw, 1, now);
		taken += now;
		raw_run(&raw);
	}
	assert_int_equal(raw.body_bytes, sealed.file.len);
	assert_false(raw.ended);
	/* Whoever leaves in the middle leaves nothing behind. */
	put_signed_get(&raw, 2, sealed.report);
	raw_run(&raw);
	assert_int_equal(
		message_request_id_put(&raw.out, MESSAGE_REQUEST_GONE, &(struct message_request_id){ 2 }), 0);
	put_signed_get(&raw, 2, sealed.report); /* the number is free again */
	raw_run(&raw);
	assert_int_equal(raw.answers, 3);
	raw_end(&raw); /* a stream is under way */
	sealed_free(&sealed);
}

static void test_more_was_taken_than_was_sent(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct raw raw;

	store_large(scene, &sealed);
	raw_begin(&raw, scene);
	put_signed_get(&raw, 1, sealed.report);
	raw_run(&raw);
	put_taken(&raw, 1, (uint32_t)raw.body_bytes + 1);
	raw_run(&raw);
	assert_true(raw.ended);
	assert_true(is_listed(scene, &sealed));
	raw_end(&raw);
	sealed_free(&sealed);
}

/* A front that dies with everything open. */
static void test_a_front_dies(void **state)
{
	struct scene *scene = *state;
	struct sealed large, other;
	struct raw raw;
	struct message_request message;
	const struct scene_answer *answer;

	store_large(scene, &large);
	seal_report(scene, "intake", 300000, 0, &other);
	assert_int_equal(
		scene_ask(scene,
			&(struct scene_ask){ .method = METHOD_POST, .path = other.upload, .upload_key = KEY })
			->status,
		201);
	raw_begin(&raw, scene);
	put_signed_get(&raw, 1, large.report);
	put_signed_get(&raw, 2, "desks/intake/alerts?wait=300&after=1000");
	message = request_of(3, METHOD_PATCH, target_of(other.report), other.file.len);
	message.upload_key = KEY;
	message.upload_offset = "0";
	message.upload_complete = "?1";
	message.content_type = "application/partial-upload";
	put_request(&raw, &message);
	put_body(&raw, 3, other.file.data, 80000);
	put_report(&raw, 4, &other);
	raw_run(&raw);
	assert_non_null(scene->store.uploads);
	assert_non_null(scene->store.waiting);
	raw_end(&raw);
	assert_null(scene->store.fronts->next);
	assert_null(scene->store.uploads);
	assert_null(scene->store.waiting);
	assert_int_equal(scene->store.body_in_memory, 0);
	answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_HEAD, .path = other.report, .upload_key = KEY });
	assert_string_equal(answer->offset, "80000");
	assert_int_equal(answer->body.len, 0);
	sealed_free(&large);
	sealed_free(&other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_who_breaks_a_rule_loses_only_her_channel),
		IN_SCENE(test_what_came_before_is_kept),
		IN_SCENE(test_fronts_have_numbers_of_their_own),
		IN_SCENE(test_late_messages_are_nothing),
		IN_SCENE(test_a_body_needs_its_length),
		IN_SCENE(test_a_small_body_is_not_asked_for_and_a_larger_one_is),
		IN_SCENE(test_an_upload_is_asked_for_in_parts),
		IN_SCENE(test_a_stream_goes_as_fast_as_it_is_taken),
		IN_SCENE(test_more_was_taken_than_was_sent),
		IN_SCENE(test_a_front_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
