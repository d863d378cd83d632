/* Admission tokens against the store's own code: who gets them, what they are good for, what is forgotten. */
#include "store_scene.h"

#include "keys/token_keys.h"
#include "proto/encode.h"
#include "proto/invitation_list.h"

#define KEY    "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
#define DAY    86400
#define SECRET 9 /* of the invitation that most tests use: this byte, sixteen times */

/* --- invitations */

static const struct scene_answer *post_list(
	struct scene *scene, const struct invitation_list *list, enum person signer)
{
	struct buffer body = buffer_of(INVITATION_LIST_BYTES);
	const struct scene_answer *answer;

	assert_int_equal(invitation_list_write(list, &body), 0);
	answer = scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
					  .path = "invitations",
					  .body = body.data,
					  .len = body.len,
					  .signer = signer });
	buffer_free(&body);
	return answer;
}

/* One invitation for `legal`, whose admission is by token from now on. */
static void list_of(struct scene *scene, uint8_t secret_byte, struct invitation_list *ret_list)
{
	uint8_t secret[INVITATION_SECRET_BYTES];

	memset(secret, secret_byte, sizeof secret);
	memset(ret_list, 0, sizeof *ret_list);
	memcpy(ret_list->desk, "legal", sizeof "legal");
	ret_list->expires = store_now(&scene->store) + 30 * DAY;
	ret_list->count = 1;
	assert_int_equal(invitation_hash(secret, ret_list->hashes[0]), 0);
}

static void make_invitation(struct scene *scene, uint8_t secret_byte)
{
	static struct invitation_list list;
	const struct scene_answer *answer;

	for (size_t i = 0; i < scene->store.roster->desk_count; i++)
		scene->store.roster->desks[i].admission = ADMISSION_TOKEN;
	list_of(scene, secret_byte, &list);
	answer = post_list(scene, &list, ADA);
	assert_int_equal(answer->status, 201);
	assert_int_equal(answer->body.len, strlen("{\"count\":1}"));
	assert_memory_equal(answer->body.data, "{\"count\":1}", answer->body.len);
}

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

/* --- tokens */

static struct token_batch batch_of(struct scene *scene, uint8_t seed, uint8_t count)
{
	struct token_batch batch = { .count = count };

	memset(batch.seed, seed, sizeof batch.seed);
	memcpy(batch.public_key,
		scene->store.roster->token_keys[scene->store.roster->token_key_count - 1].public_key,
		sizeof batch.public_key);
	return batch;
}

static uint32_t put_exchange(struct scene *scene, uint8_t secret_byte, const struct token_batch *batch)
{
	uint8_t secret[INVITATION_SECRET_BYTES];
	char field[SECRET_FIELD_SIZE];
	struct token_request request;
	struct buffer body = buffer_of(TOKEN_REQUEST_MAX);
	uint32_t id;

	memset(secret, secret_byte, sizeof secret);
	secret_field_write(secret, field);
	assert_int_equal(token_batch_request(batch, &request), 0);
	assert_int_equal(token_request_write(&request, &body), 0);
	id = scene_put(scene, &(struct scene_ask){ .method = METHOD_POST,
				      .path = "tokens",
				      .body = body.data,
				      .len = body.len,
				      .authorization = field,
				      .content_type = TOKEN_REQUEST_TYPE });
	buffer_free(&body);
	return id;
}

static const struct scene_answer *exchange(
	struct scene *scene, uint8_t secret_byte, const struct token_batch *batch)
{
	uint32_t id = put_exchange(scene, secret_byte, batch);

	scene_run(scene);
	return &scene->answers[id];
}

static void finish(const struct scene_answer *answer, const struct token_batch *batch,
	struct token tokens[TOKEN_BATCH_MAX])
{
	struct token_response response;

	assert_int_equal(answer->status, 200);
	assert_string_equal(answer->content_type, TOKEN_RESPONSE_TYPE);
	assert_int_equal(token_response_parse(answer->body.data, answer->body.len, &response), 0);
	assert_int_equal(token_batch_finish(batch, &response, tokens), 0);
}

/* The fields of so many tokens, through an invitation of their own. */
static void take_fields(struct scene *scene, size_t count, char (*ret_fields)[TOKEN_FIELD_SIZE])
{
	struct token_batch batch = batch_of(scene, 1, (uint8_t)count);
	struct token tokens[TOKEN_BATCH_MAX];
	uint8_t bytes[TOKEN_BYTES];

	make_invitation(scene, SECRET);
	finish(exchange(scene, SECRET, &batch), &batch, tokens);
	for (size_t i = 0; i < count; i++) {
		token_write(&tokens[i], bytes);
		token_field_write(bytes, ret_fields[i]);
	}
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

/* --- what a token is good for */

static const struct scene_answer *send(struct scene *scene, const struct sealed *sealed, const char *field)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_PUT,
					.path = sealed->put,
					.body = sealed->file.data,
					.len = sealed->file.len,
					.hold_key = sealed->destination.hold_key,
					.authorization = field });
}

static void test_a_token_is_good_for_one_report(void **state)
{
	struct scene *scene = *state;
	char fields[2][TOKEN_FIELD_SIZE];
	struct sealed first, second, elsewhere;

	take_fields(scene, 2, fields);
	seal_report(scene, "legal", 1000, 0, &first);
	seal_report(scene, "legal", 1000, 0, &second);
	seal_report(scene, "intake", 1000, 0, &elsewhere);
	assert_true(answer_says(send(scene, &first, ""), "token-needed"));
	assert_true(answer_says(send(scene, &first, "PrivateToken token=\"AAAA\""), "token-refused"));
	assert_int_equal(send(scene, &first, fields[0])->status, 201);
	/* Its answer was lost: it stays good for this report. */
	assert_int_equal(send(scene, &first, fields[0])->status, 200);
	scene_restart(scene);
	for (size_t i = 0; i < scene->store.roster->desk_count; i++)
		scene->store.roster->desks[i].admission = ADMISSION_TOKEN;
	assert_int_equal(send(scene, &first, fields[0])->status, 200);
	/* It is good for no other, at no desk. */
	assert_true(answer_says(send(scene, &second, fields[0]), "token-refused"));
	assert_true(answer_says(send(scene, &elsewhere, fields[0]), "token-refused"));
	assert_int_equal(send(scene, &elsewhere, fields[1])->status, 201);
	/* Who has the whole report is told that it is here, whatever her token. */
	assert_int_equal(send(scene, &first, "")->status, 200);
	assert_int_equal(send(scene, &first, fields[1])->status, 200);
	sealed_free(&first);
	sealed_free(&second);
	sealed_free(&elsewhere);
}

/* Both are let in as they come, before their bodies have; in one group, the second finds the token spent. */
static void test_two_at_once_with_one_token(void **state)
{
	struct scene *scene = *state;
	char fields[1][TOKEN_FIELD_SIZE];
	struct sealed sealed[2];
	uint32_t id[2];
	size_t accepted = 0, refused = 0;

	take_fields(scene, 1, fields);
	for (size_t i = 0; i < 2; i++) {
		seal_report(scene, "legal", 1000, 0, &sealed[i]);
		id[i] = scene_put(scene, &(struct scene_ask){ .method = METHOD_PUT,
						 .path = sealed[i].put,
						 .body = sealed[i].file.data,
						 .len = sealed[i].file.len,
						 .send = 100,
						 .authorization = fields[0] });
	}
	scene_run(scene);
	for (size_t i = 0; i < 2; i++) {
		assert_false(scene->answers[id[i]].is_here);
		scene_put_body(scene, id[i], sealed[i].file.data + 100, sealed[i].file.len - 100);
	}
	scene_run(scene);
	for (size_t i = 0; i < 2; i++) {
		accepted += scene->answers[id[i]].status == 201 ? 1 : 0;
		refused += answer_says(&scene->answers[id[i]], "token-refused") ? 1 : 0;
		sealed_free(&sealed[i]);
	}
	assert_int_equal(accepted, 1);
	assert_int_equal(refused, 1);
}

/* A report that isn't taken costs nothing: not one that doesn't fit its id, nor one whose commit failed. */
static void test_what_is_not_taken_spends_nothing(void **state)
{
	struct scene *scene = *state;
	char fields[1][TOKEN_FIELD_SIZE];
	struct sealed damaged, lost, good;
	uint32_t id;

	take_fields(scene, 1, fields);
	seal_report(scene, "legal", 1000, 0, &damaged);
	seal_report(scene, "legal", 1000, 0, &lost);
	seal_report(scene, "legal", 1000, 0, &good);
	damaged.file.data[damaged.file.len - 1] ^= 1;
	assert_true(answer_says(send(scene, &damaged, fields[0]), "wrong-id"));
	id = scene_put(scene, &(struct scene_ask){ .method = METHOD_PUT,
				      .path = lost.put,
				      .body = lost.file.data,
				      .len = lost.file.len,
				      .authorization = fields[0] });
	scene_break_disk(scene, true);
	scene_run(scene);
	scene_break_disk(scene, false);
	assert_int_equal(scene->answers[id].status, 503);
	assert_int_equal(send(scene, &good, fields[0])->status, 201);
	sealed_free(&damaged);
	sealed_free(&lost);
	sealed_free(&good);
}

static const struct scene_answer *create(struct scene *scene, const struct sealed *sealed, const char *field)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
					.path = sealed->upload,
					.upload_key = KEY,
					.authorization = field });
}

/* An upload spends its token as it begins; its bytes need none. */
static void test_uploads(void **state)
{
	struct scene *scene = *state;
	char fields[2][TOKEN_FIELD_SIZE];
	struct sealed sealed, other;

	take_fields(scene, 2, fields);
	seal_report(scene, "legal", 100000, 0, &sealed);
	seal_report(scene, "legal", 1000, 0, &other);
	assert_true(answer_says(create(scene, &sealed, ""), "token-needed"));
	assert_int_equal(create(scene, &sealed, fields[0])->status, 201);
	assert_int_equal(create(scene, &sealed, fields[0])->status, 200);
	assert_true(answer_says(create(scene, &other, fields[0]), "token-refused"));
	/* Dropped after a week, and begun again: the token is this report's still. */
	scene->store.start_wall += 8 * DAY;
	uploads_expire(&scene->store);
	scene_run(scene);
	assert_int_equal(create(scene, &sealed, fields[0])->status, 201);
	assert_int_equal(scene_ask(scene, &(struct scene_ask){ .method = METHOD_PATCH,
						  .path = sealed.report,
						  .upload_key = KEY,
						  .upload_offset = "0",
						  .upload_complete = "?1",
						  .body = sealed.file.data,
						  .len = sealed.file.len })
				 ->status,
		201);
	assert_int_equal(create(scene, &sealed, "")->status, 200);
	sealed_free(&sealed);
	sealed_free(&other);
}

static void test_a_held_report_spends_one_too(void **state)
{
	struct scene *scene = *state;
	char fields[1][TOKEN_FIELD_SIZE];
	struct sealed held, other;

	take_fields(scene, 1, fields);
	seal_report(scene, "legal", 1000, store_now(&scene->store) + DAY, &held);
	seal_report(scene, "legal", 1000, 0, &other);
	assert_true(answer_says(send(scene, &held, ""), "token-needed"));
	assert_int_equal(send(scene, &held, fields[0])->status, 201);
	assert_int_equal(send(scene, &held, fields[0])->status, 200);
	assert_true(answer_says(send(scene, &other, fields[0]), "token-refused"));
	sealed_free(&held);
	sealed_free(&other);
}

/* --- epochs */

static int count_row(void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len)
{
	(void)name;
	(void)name_len;
	(void)data;
	(void)len;
	(*(size_t *)context)++;
	return 0;
}

static size_t rows_of(struct scene *scene, enum backend_shelf shelf)
{
	size_t count = 0;

	assert_int_equal(backend_each(scene->store.backend, shelf, count_row, &count), 0);
	return count;
}

/* Adds an epoch as a rotation does: keyring, store, roster. */
static void rotate(struct scene *scene)
{
	struct fault fault;

	assert_int_equal(token_epoch_new(scene->keyring, store_now(&scene->store), &fault), 0);
	assert_int_equal(token_epochs_load(&scene->store, scene->keyring, &fault), 0);
	assert_int_equal(token_key_lines(scene->keyring, scene->store.roster), 0);
}

static void test_epochs_overlap_and_end(void **state)
{
	struct scene *scene = *state;
	char fields[4][TOKEN_FIELD_SIZE];
	struct token_batch batch;
	struct token tokens[TOKEN_BATCH_MAX];
	struct sealed sealed[4];

	take_fields(scene, 4, fields);
	for (size_t i = 0; i < COUNT_OF(sealed); i++)
		seal_report(scene, "legal", 1000, 0, &sealed[i]);
	assert_int_equal(send(scene, &sealed[0], fields[0])->status, 201);
	scene->store.start_wall += 100 * DAY;
	rotate(scene);
	assert_int_equal(scene->store.roster->token_key_count, 2);
	/* Tokens of the first epoch are good beside those of the second. */
	assert_int_equal(send(scene, &sealed[1], fields[1])->status, 201);
	make_invitation(scene, SECRET + 1);
	batch = batch_of(scene, 7, 1);
	finish(exchange(scene, SECRET + 1, &batch), &batch, tokens);
	/* An epoch that the admins take out of the roster is over at once; what was spent isn't forgotten, it
	 * might come back. */
	scene->store.roster->token_key_count = 0;
	assert_true(answer_says(send(scene, &sealed[2], fields[2]), "token-refused"));
	assert_true(answer_says(exchange(scene, SECRET + 1, &batch), "bad-tokens"));
	token_epochs_expire(&scene->store);
	scene_run(scene);
	assert_int_equal(rows_of(scene, SHELF_SPENT), 2);
	assert_int_equal(token_key_lines(scene->keyring, scene->store.roster), 0);
	assert_int_equal(send(scene, &sealed[2], fields[2])->status, 201);
	/* Then it ends, and everything that was spent in it is forgotten. */
	scene->store.start_wall += (TOKEN_EPOCH_DAYS - 100) * DAY;
	assert_true(answer_says(send(scene, &sealed[3], fields[3]), "token-refused"));
	assert_true(answer_says(send(scene, &sealed[3], fields[0]), "token-refused"));
	assert_int_equal(rows_of(scene, SHELF_SPENT), 3);
	token_epochs_expire(&scene->store);
	scene_run(scene);
	assert_int_equal(rows_of(scene, SHELF_SPENT), 0);
	/* A report of then is still told to be here. */
	assert_int_equal(send(scene, &sealed[0], fields[0])->status, 200);
	for (size_t i = 0; i < COUNT_OF(sealed); i++)
		sealed_free(&sealed[i]);
}

static void test_an_epoch_that_runs_keeps_what_was_spent(void **state)
{
	struct scene *scene = *state;
	char fields[1][TOKEN_FIELD_SIZE];
	struct sealed sealed, other;

	take_fields(scene, 1, fields);
	seal_report(scene, "legal", 1000, 0, &sealed);
	seal_report(scene, "legal", 1000, 0, &other);
	assert_int_equal(send(scene, &sealed, fields[0])->status, 201);
	scene->store.start_wall += (TOKEN_EPOCH_DAYS - 1) * DAY;
	token_epochs_expire(&scene->store);
	scene_run(scene);
	assert_int_equal(rows_of(scene, SHELF_SPENT), 1);
	assert_true(answer_says(send(scene, &other, fields[0]), "token-refused"));
	sealed_free(&sealed);
	sealed_free(&other);
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
		IN_SCENE(test_a_token_is_good_for_one_report),
		IN_SCENE(test_two_at_once_with_one_token),
		IN_SCENE(test_what_is_not_taken_spends_nothing),
		IN_SCENE(test_uploads),
		IN_SCENE(test_a_held_report_spends_one_too),
		IN_SCENE(test_epochs_overlap_and_end),
		IN_SCENE(test_an_epoch_that_runs_keeps_what_was_spent),
		IN_SCENE(test_ended_invitations_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
