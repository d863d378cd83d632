/* What lies on the disk after every kind of call: nothing that anybody said, in no form. */
#include "token_scene.h"

#include "proto/age_file.h"
#include "proto/digest.h"
#include "proto/encode.h"

#define NONCE    "a-nonce-that-stands-out-0123456789"
#define CONTROL  "this was put there in the clear"
#define DISK_MAX (8 * 1024 * 1024)
#define PART     32 /* of a sealed file: enough to be no accident */
#define MAILBOX  "00112233445566778899aabbccddeeff"

/* Everything in the files of the database. */
static struct buffer read_disk(void)
{
	static const char *const names[] = { NAME, NAME "-wal" };
	struct buffer disk = buffer_of(DISK_MAX);

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		FILE *file = fopen(names[i], "rb");
		static uint8_t some[64 * 1024];
		size_t got;

		assert_non_null(file);
		while ((got = fread(some, 1, sizeof some, file)) > 0)
			buffer_put(&disk, some, got);
		fclose(file);
	}
	assert_int_equal(buffer_ok(&disk), 0);
	return disk;
}

static bool lies_in(const struct buffer *disk, const void *bytes, size_t len)
{
	return memmem(disk->data, disk->len, bytes, len) != NULL;
}

static void expect_no_text(const struct buffer *disk, const char *text)
{
	if (lies_in(disk, text, strlen(text)))
		fail_msg("%s lies readable", text);
}

/* A time as text, and as a number in both orders. */
static void expect_no_time(const struct buffer *disk, int64_t time)
{
	char text[TIME_SIZE];
	uint8_t big[8], little[8];

	time_format(time, text);
	expect_no_text(disk, text);
	for (int i = 0; i < 8; i++) {
		little[i] = (uint8_t)((uint64_t)time >> (8 * i));
		big[7 - i] = little[i];
	}
	/* Four bytes and the zero beside them: fewer would be found by accident. */
	assert_false(lies_in(disk, big + 3, 5));
	assert_false(lies_in(disk, little, 5));
}

static void expect_nothing_of(const struct buffer *disk, const struct sealed *sealed)
{
	uint8_t digest[SHA256_BYTES];
	char salt[SALT_HEX_SIZE];

	expect_no_text(disk, sealed->hex);
	expect_no_text(disk, sealed->destination.organisation);
	assert_false(lies_in(disk, sealed->id, sizeof sealed->id));
	assert_false(lies_in(disk, sealed->id, 8));
	assert_int_equal(sha256_once(sealed->id, sizeof sealed->id, digest), 0);
	assert_false(lies_in(disk, digest, 8));
	hex_encode(sealed->destination.salt, SALT_BYTES, salt);
	expect_no_text(disk, salt);
	assert_false(lies_in(disk, sealed->destination.salt, SALT_BYTES));
	for (size_t at = 0; at + PART < sealed->file.len && at < 70000; at += 4096)
		assert_false(lies_in(disk, sealed->file.data + at, PART));
}

struct story {
	struct sealed report, large, held, admitted;
	char field[1][TOKEN_FIELD_SIZE]; /* of the token that it was admitted with */
	struct buffer message;
	struct buffer acceptance;
	int64_t now, release;
};

/* Every call that writes. */
static void tell(struct scene *scene, struct story *story)
{
	uint8_t recipient[1][AGE_RECIPIENT_BYTES];
	struct buffer ack = buffer_of(EVENT_MAX);
	const struct scene_answer *answer;

	story->now = store_now(&scene->store);
	story->release = story->now + DAY;
	story->message = buffer_of(4096);
	story->acceptance = buffer_of(4096);
	seal_report(scene, "intake", 20000, 0, &story->report);
	seal_report(scene, "legal", 200000, 0, &story->large);
	seal_report(scene, "intake", 2000, story->release, &story->held);
	answer = scene_send(scene, &story->report);
	assert_int_equal(answer->status, 201);
	buffer_put(&story->acceptance, answer->body.data, answer->body.len);
	assert_int_equal(scene_send(scene, &story->held)->status, 201);
	assert_int_equal(scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
						  .path = story->large.upload,
						  .upload_key = KEY })
				 ->status,
		201);
	assert_int_equal(scene_ask(scene, &(struct scene_ask){ .method = METHOD_PATCH,
						  .path = story->large.report,
						  .upload_key = KEY,
						  .upload_offset = "0",
						  .upload_complete = "?0",
						  .body = story->large.file.data,
						  .len = 100000 })
				 ->status,
		204);
	write_ack(scene, &story->report, OLGA, 1, &ack);
	assert_int_equal(scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
						  .path = story->report.events,
						  .body = ack.data,
						  .len = ack.len,
						  .signer = OLGA,
						  .nonce = NONCE })
				 ->status,
		201);
	take_fields(scene, 1, story->field);
	seal_report(scene, "legal", 1000, 0, &story->admitted);
	assert_int_equal(send_with(scene, &story->admitted, story->field[0])->status, 201);
	fixture_recipient(OLGA, recipient[0]);
	assert_int_equal(age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipient, 1,
				 (const uint8_t *)"an answer", 9, &story->message),
		0);
	assert_int_equal(scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
						  .path = "mailboxes/" MAILBOX,
						  .body = story->message.data,
						  .len = story->message.len,
						  .signer = MARIA })
				 ->status,
		201);
	buffer_free(&ack);
}

static void end_story(struct story *story)
{
	sealed_free(&story->report);
	sealed_free(&story->large);
	sealed_free(&story->held);
	sealed_free(&story->admitted);
	buffer_free(&story->message);
	buffer_free(&story->acceptance);
}

/* Neither of the invitation, nor of what it was exchanged for, nor of the token that came of it. */
static void expect_nothing_of_tokens(const struct buffer *disk, const struct scene *scene, const char *field)
{
	const struct token_batch batch = batch_of(scene, 1, 1);
	uint8_t secret[INVITATION_SECRET_BYTES], hash[SHA256_BYTES], bytes[TOKEN_BYTES], secret_key[32];
	uint8_t public_key[32];
	struct token_request request;
	struct buffer body = buffer_of(TOKEN_REQUEST_MAX);
	struct token token;

	memset(secret, SECRET, sizeof secret);
	assert_int_equal(invitation_hash(secret, hash), 0);
	assert_false(lies_in(disk, secret, sizeof secret));
	assert_false(lies_in(disk, hash, 8));
	assert_int_equal(token_batch_request(&batch, &request), 0);
	assert_int_equal(token_request_write(&request, &body), 0);
	assert_int_equal(sha256_once(body.data, body.len, hash), 0);
	assert_false(lies_in(disk, hash, 8));
	assert_false(lies_in(disk, request.blinded[0], 8));
	assert_int_equal(token_field_parse(field, &token), 0);
	token_write(&token, bytes);
	for (size_t at = 2; at + 8 <= sizeof bytes; at += 8)
		assert_false(lies_in(disk, bytes + at, 8));
	assert_int_equal(token_keys_of(&scene->keyring->tokens[0], secret_key, public_key), 0);
	assert_false(lies_in(disk, secret_key, 8));
	assert_false(lies_in(disk, scene->keyring->tokens[0].seed, 8));
	buffer_free(&body);
}

static void expect_nothing(const struct buffer *disk, const struct scene *scene, const struct story *story)
{
	static const char *const words[] = { "intake", "legal", "urgent", "olga", "maria", "Help Line",
		"First contact", "On call", "clarion-roster", "officer ", "age-encryption", "X25519",
		"\"ack\"", "signature", KEY, NONCE, MAILBOX, FIXTURE_URL };
	uint8_t key[32], digest[SHA256_BYTES], mailbox[16], public_key[32];

	for (size_t i = 0; i < COUNT_OF(words); i++)
		expect_no_text(disk, words[i]);
	expect_nothing_of(disk, &story->report);
	expect_nothing_of(disk, &story->large);
	expect_nothing_of(disk, &story->held);
	expect_nothing_of(disk, &story->admitted);
	expect_nothing_of_tokens(disk, scene, story->field[0]);
	expect_no_text(disk, story->held.destination.hold_key);
	expect_no_time(disk, time_cut(story->now, 60));
	expect_no_time(disk, time_cut(story->now, 3600));
	expect_no_time(disk, story->release);
	memset(key, 1, sizeof key);
	assert_int_equal(sha256_once(key, sizeof key, digest), 0);
	assert_false(lies_in(disk, key, sizeof key));
	assert_false(lies_in(disk, digest, sizeof digest));
	assert_int_equal(hex_decode(MAILBOX, strlen(MAILBOX), mailbox, sizeof mailbox), 0);
	assert_false(lies_in(disk, mailbox, sizeof mailbox));
	fixture_key(OLGA, public_key, NULL);
	assert_false(lies_in(disk, public_key, sizeof public_key));
	assert_false(lies_in(disk, story->message.data, PART));
	assert_false(lies_in(disk, story->message.data + story->message.len - PART, PART));
	assert_false(lies_in(disk, story->acceptance.data, PART));
	for (size_t i = 0; i < scene->keyring->storage_count; i++)
		assert_false(lies_in(disk, scene->keyring->storage[i].key, STORAGE_KEY_BYTES));
	assert_false(lies_in(disk, scene->keyring->index_key, INDEX_KEY_BYTES));
	assert_false(lies_in(disk, scene->keyring->receipts[0].seed, ED25519_SEED_BYTES));
}

static void look(struct scene *scene, const struct story *story, size_t least)
{
	struct buffer disk = read_disk();

	assert_true(disk.len > least);
	expect_nothing(&disk, scene, story);
	buffer_free(&disk);
}

static void test_nothing_that_was_said_lies_readable(void **state)
{
	struct scene *scene = *state;
	struct story story;

	tell(scene, &story);
	look(scene, &story, story.report.file.len + 100000); /* in the log */
	assert_int_equal(backend_checkpoint(scene->store.backend), 0);
	look(scene, &story, story.report.file.len + 100000); /* in the database */
	scene_restart(scene);
	look(scene, &story, story.report.file.len + 100000);
	end_story(&story);
}

/* The same search finds what was put there in the clear, through the same rows. */
static void test_the_search_would_find_it(void **state)
{
	struct scene *scene = *state;
	struct backend *backend = scene->store.backend;
	struct buffer disk;

	for (int moved = 0; moved < 2; moved++) {
		assert_int_equal(backend_begin(backend), 0);
		assert_int_equal(backend_add_chunk(backend, 100, (uint32_t)moved, (const uint8_t *)CONTROL,
					 sizeof CONTROL),
			0);
		assert_int_equal(backend_commit(backend), 0);
		disk = read_disk();
		assert_true(lies_in(&disk, CONTROL, sizeof CONTROL));
		buffer_free(&disk);
		assert_int_equal(backend_checkpoint(backend), 0);
	}
	disk = read_disk();
	assert_true(lies_in(&disk, CONTROL, sizeof CONTROL));
	buffer_free(&disk);
}

/* An emptied mailbox and a dropped upload leave no sealed bytes either, once the log is begun anew. */
static void test_what_was_deleted_is_gone(void **state)
{
	struct scene *scene = *state;
	struct backend *backend = scene->store.backend;
	struct buffer disk;
	uint8_t box[BLIND_INDEX_BYTES] = { 1 };
	uint64_t seq;

	assert_int_equal(backend_begin(backend), 0);
	assert_int_equal(
		backend_add_message(backend, box, (const uint8_t *)CONTROL, sizeof CONTROL, &seq), 0);
	assert_int_equal(backend_commit(backend), 0);
	assert_int_equal(backend_checkpoint(backend), 0);
	assert_int_equal(backend_begin(backend), 0);
	assert_int_equal(backend_empty_box(backend, box), 0);
	assert_int_equal(backend_commit(backend), 0);
	assert_int_equal(backend_checkpoint(backend), 0);
	disk = read_disk();
	assert_false(lies_in(&disk, CONTROL, sizeof CONTROL));
	buffer_free(&disk);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_nothing_that_was_said_lies_readable),
		IN_SCENE(test_the_search_would_find_it),
		IN_SCENE(test_what_was_deleted_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
