/* Mailboxes against the store's own code: officers post, the key reads and empties, and an unknown one looks
 * like an empty one. */
#include "store_scene.h"

#include "proto/age_file.h"
#include "proto/digest.h"
#include "proto/encode.h"

#define MESSAGES_MAX 60
#define BODY_MAX     (256 * 1024)

/* A mailbox by its key: the id is the start of the key's hash. */
struct box {
	char key[BASE64_CHARS(32) + 1];
	char path[64];
};

static struct box box_of(uint8_t seed)
{
	uint8_t key[32], digest[SHA256_BYTES];
	char id[MAILBOX_ID_SIZE];
	struct box box;

	memset(key, seed, sizeof key);
	base64_encode(BASE64_URL, key, sizeof key, box.key);
	assert_int_equal(sha256_once(key, sizeof key, digest), 0);
	hex_encode(digest, MAILBOX_ID_BYTES, id);
	snprintf(box.path, sizeof box.path, "mailboxes/%s", id);
	return box;
}

static struct buffer sealed_message(size_t len)
{
	struct buffer out = buffer_of(2 * BODY_MAX);
	uint8_t recipient[1][AGE_RECIPIENT_BYTES], *plain = calloc(1, len + 1);

	assert_non_null(plain);
	fixture_recipient(OLGA, recipient[0]);
	assert_int_equal(
		age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipient, 1, plain, len, &out), 0);
	free(plain);
	return out;
}

static const struct scene_answer *post(
	struct scene *scene, const struct box *box, const struct buffer *message, enum person signer)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
					.path = box->path,
					.body = message->data,
					.len = message->len,
					.signer = signer });
}

static const struct scene_answer *with_key(
	struct scene *scene, enum http_method method, const struct box *box, const char *key)
{
	return scene_ask(
		scene, &(struct scene_ask){ .method = method, .path = box->path, .mailbox_key = key });
}

static const struct scene_answer *read_box(struct scene *scene, const struct box *box)
{
	return with_key(scene, METHOD_GET, box, box->key);
}

static void expect_text(const struct scene_answer *answer, const char *text)
{
	assert_int_equal(answer->status, 200);
	assert_int_equal(answer->body.len, strlen(text));
	assert_memory_equal(answer->body.data, text, strlen(text));
}

static void test_what_was_posted_is_read_until_it_is_deleted(void **state)
{
	struct scene *scene = *state;
	struct box box = box_of(1), other = box_of(2);
	struct buffer messages[] = { sealed_message(0), sealed_message(5000) };
	struct buffer expected = buffer_of(64 * 1024);
	char text[16 * 1024];

	expect_text(read_box(scene, &box), "[]"); /* as one that nobody ever wrote to */
	buffer_put_string(&expected, "[");
	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		const struct scene_answer *answer = post(scene, &box, &messages[i], i == 0 ? OLGA : MARIA);

		assert_int_equal(answer->status, 201);
		snprintf(text, sizeof text, "{\"seq\":%zu}", i + 1);
		assert_int_equal(answer->body.len, strlen(text));
		assert_memory_equal(answer->body.data, text, strlen(text));
		base64_encode(BASE64_PADDED, messages[i].data, messages[i].len, text);
		buffer_put_format(&expected, "%s{\"seq\":%zu,\"message\":\"", i == 0 ? "" : ",", i + 1);
		buffer_put_string(&expected, text);
		buffer_put_string(&expected, "\"}");
	}
	buffer_put_string(&expected, "]");
	expect_text(read_box(scene, &box), buffer_text(&expected));
	expect_text(read_box(scene, &other), "[]");
	scene_restart(scene);
	expect_text(read_box(scene, &box), buffer_text(&expected));
	assert_int_equal(with_key(scene, METHOD_DELETE, &other, other.key)->status, 204);
	expect_text(read_box(scene, &box), buffer_text(&expected));
	assert_int_equal(with_key(scene, METHOD_DELETE, &box, box.key)->status, 204);
	expect_text(read_box(scene, &box), "[]");
	assert_int_equal(with_key(scene, METHOD_DELETE, &box, box.key)->status, 204);
	for (size_t i = 0; i < COUNT_OF(messages); i++)
		buffer_free(&messages[i]);
	buffer_free(&expected);
}

/* A seq that was seen is never given twice, so that a client knows what is new. */
static void test_a_seq_is_given_once(void **state)
{
	struct scene *scene = *state;
	struct box box = box_of(1);
	struct buffer message = sealed_message(1);

	assert_int_equal(post(scene, &box, &message, OLGA)->status, 201);
	assert_int_equal(with_key(scene, METHOD_DELETE, &box, box.key)->status, 204);
	scene_restart(scene);
	scene->store.start_wall -= 10; /* so that the answer isn't that it was signed before the start */
	scene->store.start_boot_ms -= 10000;
	assert_memory_equal(post(scene, &box, &message, OLGA)->body.data, "{\"seq\":2}", 9);
	buffer_free(&message);
}

static void test_only_its_key_opens_a_mailbox(void **state)
{
	struct scene *scene = *state;
	struct box box = box_of(1), other = box_of(2);
	struct buffer message = sealed_message(1);
	char almost[sizeof box.key];
	const char *const keys[] = { NULL, "", "AAAA", other.key, almost };
	const enum http_method methods[] = { METHOD_GET, METHOD_DELETE };

	memcpy(almost, box.key, sizeof almost);
	almost[5] = almost[5] == 'A' ? 'B' : 'A';
	assert_int_equal(post(scene, &box, &message, OLGA)->status, 201);
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		for (size_t j = 0; j < COUNT_OF(methods); j++) {
			const struct scene_answer *answer = with_key(scene, methods[j], &box, keys[i]);

			assert_int_equal(answer->status, 403);
			assert_true(answer_says(answer, "not-permitted"));
		}
	}
	assert_true(read_box(scene, &box)->body.len > 2);
	buffer_free(&message);
}

static void test_only_officers_post_and_only_age_files(void **state)
{
	struct scene *scene = *state;
	struct box box = box_of(1);
	struct buffer message = sealed_message(1), large = sealed_message(BODY_MAX), none = buffer_of(1);
	struct buffer text = buffer_of(100), passphrase = buffer_of(4096);
	const struct scene_answer *answer;

	assert_int_equal(post(scene, &box, &message, NOBODY)->status, 401);
	assert_int_equal(post(scene, &box, &message, ADA)->status, 403);
	assert_int_equal(post(scene, &box, &message, STRANGER)->status, 403);
	buffer_put_string(&text, "not sealed");
	assert_true(answer_says(post(scene, &box, &text, OLGA), "not-sealed"));
	assert_true(answer_says(post(scene, &box, &none, OLGA), "not-sealed"));
	assert_int_equal(age_file_seal_passphrase("word", 4, 4, (const uint8_t *)"help", 4, &passphrase), 0);
	assert_true(answer_says(post(scene, &box, &passphrase, OLGA), "not-sealed"));
	answer = post(scene, &box, &large, OLGA);
	assert_int_equal(answer->status, 413);
	assert_true(answer->close);
	expect_text(read_box(scene, &box), "[]");
	buffer_free(&message);
	buffer_free(&large);
	buffer_free(&text);
	buffer_free(&passphrase);
}

static void test_a_mailbox_holds_so_many_messages(void **state)
{
	struct scene *scene = *state;
	struct box box = box_of(1), other = box_of(2);
	struct buffer message = sealed_message(1);

	for (size_t i = 0; i < MESSAGES_MAX; i++)
		assert_int_equal(post(scene, &box, &message, OLGA)->status, 201);
	assert_int_equal(post(scene, &box, &message, OLGA)->status, 429);
	assert_int_equal(post(scene, &other, &message, OLGA)->status, 201);
	assert_int_equal(with_key(scene, METHOD_DELETE, &box, box.key)->status, 204);
	assert_int_equal(post(scene, &box, &message, OLGA)->status, 201);
	buffer_free(&message);
}

/* A mailbox that is as full as can be is still read in one answer. */
static void test_a_mailbox_holds_so_many_bytes(void **state)
{
	struct scene *scene = *state;
	struct box box = box_of(1);
	struct buffer message = sealed_message(BODY_MAX - 1000);
	struct buffer rest = sealed_message(1);
	const struct scene_answer *answer;

	assert_in_range(message.len, BODY_MAX - 1000, BODY_MAX);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(post(scene, &box, &message, OLGA)->status, 201);
	answer = post(scene, &box, &message, OLGA);
	assert_int_equal(answer->status, 429);
	assert_true(answer_says(answer, "too-many"));
	assert_int_equal(post(scene, &box, &rest, OLGA)->status, 201);
	answer = read_box(scene, &box);
	assert_int_equal(answer->status, 200);
	assert_true(answer->body.len > 4 * BASE64_CHARS(message.len));
	buffer_free(&message);
	buffer_free(&rest);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_what_was_posted_is_read_until_it_is_deleted),
		IN_SCENE(test_a_seq_is_given_once),
		IN_SCENE(test_only_its_key_opens_a_mailbox),
		IN_SCENE(test_only_officers_post_and_only_age_files),
		IN_SCENE(test_a_mailbox_holds_so_many_messages),
		IN_SCENE(test_a_mailbox_holds_so_many_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
