/* PUT reports against the store's own code: what is taken, what its acceptance says, and each thing that is
 * refused. */
#include "store_scene.h"

#include "keys/trust.h"
#include "proto/age_file.h"
#include "proto/digest.h"
#include "proto/encode.h"

#define KEY "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"

/* The arguments of a request, of which a test changes one. */
struct arguments {
	const char *desk, *urgency, *release, *hold_key, *rest;
	char salt[SALT_HEX_SIZE];
	unsigned roster;
};

static struct arguments arguments_of(const struct sealed *sealed)
{
	const struct destination *destination = &sealed->destination;
	struct arguments arguments = { .desk = destination->desk,
		.urgency = urgency_word(destination->urgency),
		.release = destination->release,
		.hold_key = destination->hold_key,
		.rest = "",
		.roster = 1 };

	hex_encode(destination->salt, sizeof destination->salt, arguments.salt);
	return arguments;
}

static void write_path(const char *hex, const struct arguments *arguments, char ret_path[512])
{
	snprintf(ret_path, 512, "reports/%s?desk=%s&urgency=%s&roster=%u%s%s%s%s%s", hex, arguments->desk,
		arguments->urgency, arguments->roster, arguments->salt[0] != '\0' ? "&salt=" : "",
		arguments->salt, arguments->release[0] != '\0' ? "&release=" : "", arguments->release,
		arguments->rest);
}

static const struct scene_answer *put(
	struct scene *scene, const void *data, size_t len, const struct arguments *arguments)
{
	uint8_t id[SHA256_BYTES];
	char hex[ID_SIZE], path[512];

	assert_int_equal(sha256_once(data, len, id), 0);
	hex_encode(id, sizeof id, hex);
	write_path(hex, arguments, path);
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_PUT,
					.path = path,
					.body = data,
					.len = len,
					.hold_key = arguments->hold_key });
}

static const struct scene_answer *put_sealed(
	struct scene *scene, const struct sealed *sealed, const struct arguments *arguments)
{
	return put(scene, sealed->file.data, sealed->file.len, arguments);
}

/* A file without a proof stanza, as stock age writes it. */
static void seal_stock(struct buffer *out)
{
	uint8_t recipient[1][AGE_RECIPIENT_BYTES];

	fixture_recipient(OLGA, recipient[0]);
	assert_int_equal(age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipient, 1,
				 (const uint8_t *)"help", 4, out),
		0);
}

static void expect(const struct scene_answer *answer, unsigned status, const char *word)
{
	assert_int_equal(answer->status, status);
	assert_string_equal(answer->content_type, "application/problem+json");
	assert_true(answer_says(answer, word));
	assert_string_equal(answer->signature, "");
}

static void expect_acceptance(
	struct scene *scene, const struct sealed *sealed, const struct scene_answer *answer)
{
	struct acceptance acceptance = { .urgency = sealed->destination.urgency };
	struct acceptance_answer parsed;
	struct fault fault;
	char hour[TIME_SIZE];

	assert_string_equal(answer->content_type, "application/json");
	assert_int_equal(
		acceptance_parse((const char *)answer->body.data, answer->body.len, &parsed, &fault), 0);
	assert_string_equal(parsed.id, sealed->hex);
	time_format(time_cut(store_now(&scene->store), 3600), hour);
	assert_string_equal(parsed.accepted, hour);
	memcpy(acceptance.organisation, sealed->destination.organisation, sizeof acceptance.organisation);
	memcpy(acceptance.id, sealed->hex, sizeof acceptance.id);
	memcpy(acceptance.desk, sealed->destination.desk, sizeof acceptance.desk);
	memcpy(acceptance.release, sealed->destination.release, sizeof acceptance.release);
	memcpy(acceptance.accepted, parsed.accepted, sizeof acceptance.accepted);
	assert_int_equal(acceptance_verify(&acceptance, scene->store.receipt_key, parsed.signature), 0);
	acceptance.urgency = URGENCY_RECORD; /* or it would verify anything */
	assert_int_equal(acceptance_verify(&acceptance, scene->store.receipt_key, parsed.signature), -1);
}

static void test_an_accepted_report_has_one_signed_acceptance(void **state)
{
	struct scene *scene = *state;
	const size_t lengths[] = { 1, 60000, 130000, 900000 };

	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		struct sealed sealed;
		const struct scene_answer *first, *again, *other_way;

		seal_report(scene, "intake", lengths[i], 0, &sealed);
		first = scene_send(scene, &sealed);
		assert_int_equal(first->status, 201);
		assert_false(first->close);
		expect_acceptance(scene, &sealed, first);
		if (i == 1)
			scene_restart(scene);
		again = scene_send(scene, &sealed);
		other_way = scene_ask(
			scene, &(struct scene_ask){
				       .method = METHOD_POST, .path = sealed.upload, .upload_key = KEY });
		assert_int_equal(again->status, 200);
		assert_int_equal(other_way->status, 200);
		assert_int_equal(again->body.len, first->body.len);
		assert_memory_equal(again->body.data, first->body.data, first->body.len);
		assert_int_equal(other_way->body.len, first->body.len);
		assert_memory_equal(other_way->body.data, first->body.data, first->body.len);
		sealed_free(&sealed);
	}
}

static void test_another_id_is_refused(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;

	seal_report(scene, "intake", 1000, 0, &sealed);
	sealed.file.data[sealed.file.len - 1] ^= 1;
	expect(scene_send(scene, &sealed), 422, "wrong-id");
	sealed.file.data[sealed.file.len - 1] ^= 1;
	assert_int_equal(scene_send(scene, &sealed)->status, 201); /* nothing was left behind */
	sealed_free(&sealed);
}

static void test_what_is_no_age_file_is_refused(void **state)
{
	static const char *const texts[] = { "help", "age-encryption.org/v1\n",
		"age-encryption.org/v2\n-> X25519 a\nb\n--- c\n" };
	struct scene *scene = *state;
	struct buffer stock = buffer_of(4096), passphrase = buffer_of(4096);
	struct arguments arguments = {
		.desk = "intake", .urgency = "urgent", .release = "", .hold_key = "", .rest = "", .roster = 1
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		expect(put(scene, texts[i], strlen(texts[i]), &arguments), 422, "not-sealed");
	seal_stock(&stock);
	/* `help` and its tag, then the nonce: without them it's no payload. */
	expect(put(scene, stock.data, stock.len - 5, &arguments), 422, "not-sealed");
	expect(put(scene, stock.data, stock.len - 4 - 32, &arguments), 422, "not-sealed");
	assert_int_equal(age_file_seal_passphrase("word", 4, 4, (const uint8_t *)"help", 4, &passphrase), 0);
	expect(put(scene, passphrase.data, passphrase.len, &arguments), 422, "not-sealed");
	expect(put(scene, NULL, 0, &arguments), 422, "not-sealed");
	buffer_free(&stock);
	buffer_free(&passphrase);
}

static void test_a_payload_that_age_cannot_have_written(void **state)
{
	struct scene *scene = *state;
	struct buffer file = buffer_of(256 * 1024);
	struct arguments arguments = {
		.desk = "intake", .urgency = "urgent", .release = "", .hold_key = "", .rest = "", .roster = 1
	};
	const size_t nonce_and_chunk = 16 + 65536 + 16;
	size_t header_len;

	seal_stock(&file);
	header_len = file.len - 16 - 4 - 16;
	file.len = header_len;
	assert_non_null(buffer_grow(&file, nonce_and_chunk + 17));
	/* A last chunk that is empty behind another. */
	expect(put(scene, file.data, header_len + nonce_and_chunk + 16, &arguments), 422, "not-sealed");
	expect(put(scene, file.data, header_len + nonce_and_chunk + 15, &arguments), 422, "not-sealed");
	assert_int_equal(put(scene, file.data, header_len + nonce_and_chunk, &arguments)->status, 201);
	assert_int_equal(put(scene, file.data, header_len + nonce_and_chunk + 17, &arguments)->status, 201);
	buffer_free(&file);
}

static void test_a_stock_file_is_taken_but_not_held(void **state)
{
	struct scene *scene = *state;
	struct buffer stock = buffer_of(4096);
	struct arguments arguments = { .desk = "intake",
		.urgency = "urgent",
		.release = "2099-01-01T00:00:00Z",
		.hold_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		.rest = "",
		.roster = 1 };

	seal_stock(&stock);
	expect(put(scene, stock.data, stock.len, &arguments), 422, "wrong-destination");
	arguments.release = "";
	assert_int_equal(put(scene, stock.data, stock.len, &arguments)->status, 201);
	memcpy(arguments.salt, "00000000000000000000000000000000", SALT_HEX_SIZE);
	assert_int_equal(put(scene, stock.data, stock.len, &arguments)->status, 200);
	buffer_free(&stock);
}

static void test_each_part_of_the_destination_counts(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct arguments right, wrong;

	seal_report(scene, "intake", 1000, store_now(&scene->store) + 86400, &sealed);
	right = arguments_of(&sealed);
	wrong = right;
	wrong.desk = "legal";
	expect(put_sealed(scene, &sealed, &wrong), 422, "wrong-destination");
	wrong = right;
	wrong.urgency = "record";
	expect(put_sealed(scene, &sealed, &wrong), 422, "wrong-destination");
	wrong = right;
	wrong.salt[0] = wrong.salt[0] == '0' ? '1' : '0';
	expect(put_sealed(scene, &sealed, &wrong), 422, "wrong-destination");
	wrong.salt[0] = '\0';
	expect(put_sealed(scene, &sealed, &wrong), 422, "wrong-destination");
	wrong = right;
	wrong.release = "2099-01-01T00:00:00Z";
	expect(put_sealed(scene, &sealed, &wrong), 422, "wrong-destination");
	wrong.release = "";
	expect(put_sealed(scene, &sealed, &wrong), 422, "wrong-destination");
	wrong = right;
	wrong.hold_key = "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	expect(put_sealed(scene, &sealed, &wrong), 422, "wrong-destination");
	wrong.hold_key = "";
	expect(put_sealed(scene, &sealed, &wrong), 422, "wrong-destination");
	wrong.hold_key = "AAAA";
	expect(put_sealed(scene, &sealed, &wrong), 422, "wrong-destination");
	assert_int_equal(put_sealed(scene, &sealed, &right)->status, 201);
	sealed_free(&sealed);
}

static void test_another_organisation_and_an_unknown_roster(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct arguments arguments;
	char ours = scene->store.fingerprint[0];

	scene->store.fingerprint[0] = ours == 'A' ? 'B' : 'A';
	seal_report(scene, "intake", 1000, 0, &sealed);
	scene->store.fingerprint[0] = ours;
	arguments = arguments_of(&sealed);
	expect(put_sealed(scene, &sealed, &arguments), 422, "wrong-destination");
	sealed_free(&sealed);
	seal_report(scene, "intake", 1000, 0, &sealed);
	arguments = arguments_of(&sealed);
	arguments.roster = 2;
	expect(put_sealed(scene, &sealed, &arguments), 422, "wrong-destination");
	sealed_free(&sealed);
}

static void test_a_desk_that_is_not_there_or_asks_for_a_token(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;

	seal_report(scene, "nowhere", 1000, 0, &sealed);
	expect(scene_send(scene, &sealed), 422, "unknown-desk");
	sealed_free(&sealed);
	assert_string_equal(scene->store.roster->desks[1].name, "legal");
	scene->store.roster->desks[1].admission = ADMISSION_TOKEN;
	seal_report(scene, "legal", 1000, 0, &sealed);
	expect(scene_send(scene, &sealed), 403, "token-needed");
	expect(scene_ask(scene,
		       &(struct scene_ask){
			       .method = METHOD_POST, .path = sealed.upload, .upload_key = KEY }),
		403, "token-needed");
	sealed_free(&sealed);
}

static void test_what_is_too_large(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	const struct scene_answer *answer;

	seal_report(scene, "intake", 1024 * 1024, 0, &sealed);
	answer = scene_send(scene, &sealed); /* a resumable upload must be used above 1 MiB */
	expect(answer, 413, "too-large");
	assert_true(answer->close); /* the body wasn't read */
	sealed_free(&sealed);
	seal_report(scene, "intake", 20000, 0, &sealed);
	scene->store.max_report_bytes = sealed.file.len - 1;
	expect(scene_send(scene, &sealed), 413, "too-large");
	expect(scene_ask(scene,
		       &(struct scene_ask){
			       .method = METHOD_POST, .path = sealed.upload, .upload_key = KEY }),
		413, "too-large");
	scene->store.max_report_bytes++;
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	sealed_free(&sealed);
}

/* An age header of exactly this length, and a payload that age could have written. */
static void write_long_header(size_t len, struct buffer *out)
{
	static uint8_t body[AGE_STANZA_BODY_MAX];
	const struct age_arg junk = { "junk", 4 };
	uint8_t file_key[AGE_FILE_KEY_BYTES] = { 1 }, recipient[AGE_RECIPIENT_BYTES];
	char filler[16384];
	struct age_arg args[] = { { "fill", 4 }, { filler, 0 } };
	struct buffer trial = buffer_of(2 * AGE_HEADER_MAX);

	memset(filler, 'x', sizeof filler);
	fixture_recipient(OLGA, recipient);
	for (int measured = 0; measured < 2; measured++) {
		buffer_clear(&trial);
		age_header_begin(&trial);
		assert_int_equal(age_header_put_x25519(&trial, recipient, file_key), 0);
		for (int i = 0; i < 10; i++)
			age_header_put_stanza(&trial, &junk, 1, body, sizeof body);
		age_header_put_stanza(&trial, args, 2, NULL, 0);
		assert_int_equal(age_header_end(&trial, file_key), 0);
		if (measured == 0)
			args[1].len = len - trial.len;
		assert_true(args[1].len > 0 && args[1].len < sizeof filler);
	}
	assert_int_equal(trial.len, len);
	buffer_put(out, trial.data, trial.len);
	buffer_free(&trial);
	assert_non_null(buffer_grow(out, 16 + 2 * (65536 + 16)));
	randombytes_buf(out->data + len, out->len - len);
}

static void upload(struct scene *scene, const struct buffer *file, char ret_path[512])
{
	uint8_t id[SHA256_BYTES];
	char hex[ID_SIZE];

	assert_int_equal(sha256_once(file->data, file->len, id), 0);
	hex_encode(id, sizeof id, hex);
	snprintf(ret_path, 512, "uploads?id=%s&length=%zu&desk=intake&urgency=urgent&roster=1", hex,
		file->len);
	assert_int_equal(
		scene_ask(scene,
			&(struct scene_ask){ .method = METHOD_POST, .path = ret_path, .upload_key = KEY })
			->status,
		201);
	snprintf(ret_path, 512, "reports/%s", hex);
	assert_int_equal(scene_ask(scene, &(struct scene_ask){ .method = METHOD_PATCH,
						  .path = ret_path,
						  .upload_key = KEY,
						  .upload_offset = "0",
						  .upload_complete = "?1",
						  .body = file->data,
						  .len = file->len })
				 ->status,
		201);
}

/* Around the length of a chunk, where the first chunk's payload is short or empty. */
static void test_a_header_as_long_as_can_be(void **state)
{
	static const size_t lengths[] = { 60000, 65503, 65520, 65535, 65536 };
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		struct buffer file = buffer_of(512 * 1024);
		const size_t header_and_chunk = lengths[i] + 16 + 65536 + 16;
		const struct scene_answer *answer;
		char path[512], header_path[520];

		write_long_header(lengths[i], &file);
		upload(scene, &file, path);
		answer = scene_ask(
			scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = OLGA });
		assert_int_equal(answer->status, 200);
		assert_int_equal(answer->body.len, file.len);
		assert_memory_equal(answer->body.data, file.data, file.len);
		snprintf(header_path, sizeof header_path, "%s/header", path);
		answer = scene_ask(scene,
			&(struct scene_ask){ .method = METHOD_GET, .path = header_path, .signer = OLGA });
		assert_int_equal(answer->status, 200);
		assert_int_equal(answer->body.len, header_and_chunk);
		assert_memory_equal(answer->body.data, file.data, header_and_chunk);
		buffer_free(&file);
	}
}

static void test_malformed_arguments_and_unknown_paths(void **state)
{
	static const char *const rests[] = { "&desk=intake", "&other=1", "&release=tomorrow", "&after=1", "&",
		"&salt=0" };
	struct scene *scene = *state;
	struct sealed sealed;
	struct arguments arguments;
	static const char *const unknown[] = { "", "nothing", "reports", "tokens", "roster/", "Roster" };

	seal_report(scene, "intake", 1000, 0, &sealed);
	for (size_t i = 0; i < COUNT_OF(rests); i++) {
		arguments = arguments_of(&sealed);
		arguments.rest = rests[i];
		expect(put_sealed(scene, &sealed, &arguments), 400, "bad-request");
	}
	arguments = arguments_of(&sealed);
	arguments.urgency = "soon";
	expect(put_sealed(scene, &sealed, &arguments), 400, "bad-request");
	for (size_t i = 0; i < COUNT_OF(unknown); i++) {
		const struct scene_answer *answer =
			scene_ask(scene, &(struct scene_ask){ .method = METHOD_GET, .path = unknown[i] });

		assert_true(answer->is_decoy);
	}
	sealed_free(&sealed);
}

/* Bodies that are being collected take no more memory than a bound, and give it back. */
static void test_many_bodies_at_once(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	uint32_t ids[65];
	const size_t len = 1024 * 1024;
	uint8_t *data = calloc(1, len);

	assert_non_null(data);
	seal_report(scene, "intake", 1000, 0, &sealed);
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		ids[i] = scene_put(scene, &(struct scene_ask){ .method = METHOD_PUT,
						  .path = sealed.put,
						  .body = data,
						  .len = len,
						  .send = 1 });
	scene_run(scene);
	for (size_t i = 0; i < COUNT_OF(ids) - 1; i++)
		assert_false(scene->answers[ids[i]].is_here);
	expect(&scene->answers[ids[64]], 503, "busy");
	assert_true(scene->answers[ids[64]].close);
	for (size_t i = 0; i < COUNT_OF(ids) - 1; i++)
		scene_put_gone(scene, ids[i]);
	scene_run(scene);
	assert_int_equal(scene->store.body_in_memory, 0);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	free(data);
	sealed_free(&sealed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_an_accepted_report_has_one_signed_acceptance),
		IN_SCENE(test_another_id_is_refused),
		IN_SCENE(test_what_is_no_age_file_is_refused),
		IN_SCENE(test_a_payload_that_age_cannot_have_written),
		IN_SCENE(test_a_stock_file_is_taken_but_not_held),
		IN_SCENE(test_each_part_of_the_destination_counts),
		IN_SCENE(test_another_organisation_and_an_unknown_roster),
		IN_SCENE(test_a_desk_that_is_not_there_or_asks_for_a_token),
		IN_SCENE(test_what_is_too_large),
		IN_SCENE(test_a_header_as_long_as_can_be),
		IN_SCENE(test_malformed_arguments_and_unknown_paths),
		IN_SCENE(test_many_bodies_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
