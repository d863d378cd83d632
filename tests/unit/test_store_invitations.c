/* Invitations against the store's own code: who makes them, what one is exchanged for, once, and when it is
 * forgotten. */
#include "token_scene.h"

static void test_only_an_admin_makes_invitations(void **state)
{
	static struct invitation_list list;
	struct scene *scene = *state;

	list_of(scene, SECRET, &list);
	assert_int_equal(post_list(scene, &list, NOBODY)->status, 401);
	assert_int_equal(post_list(scene, &list, OLGA)->status, 403);
	assert_int_equal(post_list(scene, &list, STRANGER)->status, 403);
	memcpy(list.desk, "nowhere", sizeof "nowhere");
	assert_true(answer_says(post_list(scene, &list, ADA), "unknown-desk"));
	list_of(scene, SECRET, &list);
	list.expires = store_now(&scene->store);
	assert_true(answer_says(post_list(scene, &list, ADA), "bad-request"));
	list.expires = store_now(&scene->store) + (INVITATION_LIFE_MAX_DAYS + 1) * DAY;
	assert_true(answer_says(post_list(scene, &list, ADA), "bad-request"));
	assert_true(answer_says(scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
							 .path = "invitations",
							 .body = "{}",
							 .len = 2,
							 .signer = ADA }),
		"bad-request"));
	list_of(scene, SECRET, &list);
	list.count = INVITATION_LIST_MAX;
	for (size_t i = 0; i < list.count; i++)
		memset(list.hashes[i], (int)i, SHA256_BYTES / 2);
	assert_int_equal(post_list(scene, &list, ADA)->status, 201);
}

static void test_an_invitation_is_exchanged_once(void **state)
{
	struct scene *scene = *state;
	struct token_batch batch = batch_of(scene, 1, TOKEN_BATCH_MAX), other = batch_of(scene, 2, 1);
	struct token tokens[TOKEN_BATCH_MAX], again[TOKEN_BATCH_MAX];
	static struct invitation_list list;

	make_invitation(scene, SECRET);
	assert_true(answer_says(exchange(scene, SECRET + 1, &batch), "invitation-refused"));
	finish(exchange(scene, SECRET, &batch), &batch, tokens);
	/* The answer may have been lost: the same request gets the same tokens, also after a restart. */
	finish(exchange(scene, SECRET, &batch), &batch, again);
	assert_memory_equal(tokens, again, sizeof tokens);
	scene_restart(scene);
	finish(exchange(scene, SECRET, &batch), &batch, again);
	assert_memory_equal(tokens, again, sizeof tokens);
	/* Another one gets none, and naming the invitation once more doesn't make it new. */
	assert_true(answer_says(exchange(scene, SECRET, &other), "invitation-refused"));
	scene->store.start_wall -= 10;
	scene->store.start_boot_ms -= 10000;
	list_of(scene, SECRET, &list);
	assert_int_equal(post_list(scene, &list, ADA)->status, 201);
	assert_true(answer_says(exchange(scene, SECRET, &other), "invitation-refused"));
}

static void test_an_invitation_ends(void **state)
{
	struct scene *scene = *state;
	struct token_batch batch = batch_of(scene, 1, 3);

	make_invitation(scene, SECRET);
	make_invitation(scene, SECRET + 1);
	memcpy(scene->store.roster->desks[1].name, "other", sizeof "other");
	assert_true(
		answer_says(exchange(scene, SECRET, &batch), "invitation-refused")); /* its desk is gone */
	memcpy(scene->store.roster->desks[1].name, "legal", sizeof "legal");
	scene->store.start_wall += 30 * DAY + 1;
	assert_true(answer_says(exchange(scene, SECRET, &batch), "invitation-refused"));
}

static const struct scene_answer *raw_exchange(
	struct scene *scene, const char *field, const char *type, const void *body, size_t len)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
					.path = "tokens",
					.body = body,
					.len = len,
					.authorization = field,
					.content_type = type });
}

/* What is malformed is refused, and the invitation is still good. */
static void test_malformed_requests_use_nothing_up(void **state)
{
	struct scene *scene = *state;
	struct token_batch batch = batch_of(scene, 1, 2), stranger = batch;
	struct token tokens[TOKEN_BATCH_MAX];
	uint8_t secret[INVITATION_SECRET_BYTES], body[TOKEN_REQUEST_MAX] = { 0 }, key_id[TOKEN_KEY_ID_BYTES];
	char field[SECRET_FIELD_SIZE];

	make_invitation(scene, SECRET);
	memset(secret, SECRET, sizeof secret);
	secret_field_write(secret, field);
	assert_true(answer_says(raw_exchange(scene, field, TOKEN_REQUEST_TYPE, "", 0), "bad-tokens"));
	assert_true(answer_says(raw_exchange(scene, field, TOKEN_REQUEST_TYPE, "12345", 5), "bad-tokens"));
	assert_true(answer_says(raw_exchange(scene, field, "text/plain", "12345", 5), "bad-request"));
	assert_true(
		answer_says(raw_exchange(scene, "", TOKEN_REQUEST_TYPE, "12345", 5), "invitation-refused"));
	assert_int_equal(raw_exchange(scene, field, TOKEN_REQUEST_TYPE, body, sizeof body)->status, 422);
	/* Well-formed, for the right key, and no element. */
	assert_int_equal(token_key_id(batch.public_key, key_id), 0);
	memcpy(body, (const uint8_t[]){ 0, 5, key_id[31], 32 }, 4);
	assert_true(answer_says(raw_exchange(scene, field, TOKEN_REQUEST_TYPE, body, 4 + 32), "bad-tokens"));
	/* A key that nobody has. */
	stranger.public_key[0] ^= 1;
	do {
		stranger.public_key[1]++;
		assert_int_equal(token_key_id(stranger.public_key, key_id), 0);
	} while (token_epoch_ending(&scene->store, key_id[31]) != NULL);
	assert_true(answer_says(exchange(scene, SECRET, &stranger), "bad-tokens"));
	finish(exchange(scene, SECRET, &batch), &batch, tokens);
}

static void test_a_failed_commit_uses_nothing_up(void **state)
{
	struct scene *scene = *state;
	struct token_batch batch = batch_of(scene, 1, 2), other = batch_of(scene, 2, 2);
	struct token tokens[TOKEN_BATCH_MAX];
	uint32_t id;

	make_invitation(scene, SECRET);
	id = put_exchange(scene, SECRET, &batch);
	scene_break_disk(scene, true);
	scene_run(scene);
	scene_break_disk(scene, false);
	assert_true(answer_says(&scene->answers[id], "busy"));
	finish(exchange(scene, SECRET, &other), &other, tokens);
}

/* What is kept of an invitation goes with its end, used or not. */
static void test_ended_invitations_are_forgotten(void **state)
{
	struct scene *scene = *state;
	struct token_batch batch = batch_of(scene, 1, 1);
	struct token tokens[TOKEN_BATCH_MAX];

	make_invitation(scene, SECRET);
	make_invitation(scene, SECRET + 1);
	finish(exchange(scene, SECRET, &batch), &batch, tokens);
	invitations_expire(&scene->store);
	scene_run(scene);
	assert_int_equal(rows_of(scene, SHELF_INVITATIONS), 2);
	scene->store.start_wall += 31 * DAY;
	invitations_expire(&scene->store);
	scene_run(scene);
	assert_int_equal(rows_of(scene, SHELF_INVITATIONS), 0);
	assert_true(answer_says(exchange(scene, SECRET, &batch), "invitation-refused"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_only_an_admin_makes_invitations),
		IN_SCENE(test_an_invitation_is_exchanged_once),
		IN_SCENE(test_an_invitation_ends),
		IN_SCENE(test_malformed_requests_use_nothing_up),
		IN_SCENE(test_a_failed_commit_uses_nothing_up),
		IN_SCENE(test_ended_invitations_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
