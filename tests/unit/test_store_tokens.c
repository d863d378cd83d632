/* Admission tokens against the store's own code: what one is good for, and what is forgotten. */
#include "token_scene.h"

#include <event2/event.h>

static void test_a_token_is_good_for_one_report(void **state)
{
	struct scene *scene = *state;
	char fields[2][TOKEN_FIELD_SIZE];
	struct sealed first, second, elsewhere;

	take_fields(scene, 2, fields);
	seal_report(scene, "legal", 1000, 0, &first);
	seal_report(scene, "legal", 1000, 0, &second);
	seal_report(scene, "intake", 1000, 0, &elsewhere);
	assert_true(answer_says(send_with(scene, &first, ""), "token-needed"));
	assert_true(answer_says(send_with(scene, &first, "PrivateToken token=\"AAAA\""), "token-refused"));
	assert_int_equal(send_with(scene, &first, fields[0])->status, 201);
	/* Its answer was lost: it stays good for this report. */
	assert_int_equal(send_with(scene, &first, fields[0])->status, 200);
	scene_restart(scene);
	for (size_t i = 0; i < scene->store.roster->desk_count; i++)
		scene->store.roster->desks[i].admission = ADMISSION_TOKEN;
	assert_int_equal(send_with(scene, &first, fields[0])->status, 200);
	/* It is good for no other, at no desk. */
	assert_true(answer_says(send_with(scene, &second, fields[0]), "token-refused"));
	assert_true(answer_says(send_with(scene, &elsewhere, fields[0]), "token-refused"));
	assert_int_equal(send_with(scene, &elsewhere, fields[1])->status, 201);
	/* Who has the whole report is told that it is here, whatever her token. */
	assert_int_equal(send_with(scene, &first, "")->status, 200);
	assert_int_equal(send_with(scene, &first, fields[1])->status, 200);
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
	assert_true(answer_says(send_with(scene, &damaged, fields[0]), "wrong-id"));
	id = scene_put(scene, &(struct scene_ask){ .method = METHOD_PUT,
				      .path = lost.put,
				      .body = lost.file.data,
				      .len = lost.file.len,
				      .authorization = fields[0] });
	scene_break_disk(scene, true);
	scene_run(scene);
	scene_break_disk(scene, false);
	assert_int_equal(scene->answers[id].status, 503);
	assert_int_equal(send_with(scene, &good, fields[0])->status, 201);
	sealed_free(&damaged);
	sealed_free(&lost);
	sealed_free(&good);
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
	assert_true(answer_says(send_with(scene, &held, ""), "token-needed"));
	assert_int_equal(send_with(scene, &held, fields[0])->status, 201);
	assert_int_equal(send_with(scene, &held, fields[0])->status, 200);
	assert_true(answer_says(send_with(scene, &other, fields[0]), "token-refused"));
	sealed_free(&held);
	sealed_free(&other);
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
	assert_int_equal(send_with(scene, &sealed[0], fields[0])->status, 201);
	scene->store.start_wall += 100 * DAY;
	rotate(scene);
	assert_int_equal(scene->store.roster->token_key_count, 2);
	/* Tokens of the first epoch are good beside those of the second. */
	assert_int_equal(send_with(scene, &sealed[1], fields[1])->status, 201);
	make_invitation(scene, SECRET + 1);
	batch = batch_of(scene, 7, 1);
	finish(exchange(scene, SECRET + 1, &batch), &batch, tokens);
	/* An epoch that the admins take out of the roster is over at once; what was spent isn't forgotten, it
	 * might come back. */
	scene->store.roster->token_key_count = 0;
	assert_true(answer_says(send_with(scene, &sealed[2], fields[2]), "token-refused"));
	assert_true(answer_says(exchange(scene, SECRET + 1, &batch), "bad-tokens"));
	token_epochs_expire(&scene->store);
	scene_run(scene);
	assert_int_equal(rows_of(scene, SHELF_SPENT), 2);
	assert_int_equal(token_key_lines(scene->keyring, scene->store.roster), 0);
	assert_int_equal(send_with(scene, &sealed[2], fields[2])->status, 201);
	/* Then it ends, and everything that was spent in it is forgotten. */
	scene->store.start_wall += (TOKEN_EPOCH_DAYS - 100) * DAY;
	assert_true(answer_says(send_with(scene, &sealed[3], fields[3]), "token-refused"));
	assert_true(answer_says(send_with(scene, &sealed[3], fields[0]), "token-refused"));
	assert_int_equal(rows_of(scene, SHELF_SPENT), 3);
	token_epochs_expire(&scene->store);
	scene_run(scene);
	assert_int_equal(rows_of(scene, SHELF_SPENT), 0);
	/* A report of then is still told to be here. */
	assert_int_equal(send_with(scene, &sealed[0], fields[0])->status, 200);
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
	assert_int_equal(send_with(scene, &sealed, fields[0])->status, 201);
	scene->store.start_wall += (TOKEN_EPOCH_DAYS - 1) * DAY;
	token_epochs_expire(&scene->store);
	scene_run(scene);
	assert_int_equal(rows_of(scene, SHELF_SPENT), 1);
	assert_true(answer_says(send_with(scene, &other, fields[0]), "token-refused"));
	sealed_free(&sealed);
	sealed_free(&other);
}

/* Rows of both kinds are sealed again with all others when the storage key is rotated. */
static void test_a_new_storage_key_changes_nothing(void **state)
{
	struct scene *scene = *state;
	struct keyring *keyring = scene->keyring;
	struct token_batch batch = batch_of(scene, 1, 2), other = batch_of(scene, 2, 2);
	struct token tokens[TOKEN_BATCH_MAX];
	char fields[2][TOKEN_FIELD_SIZE];
	struct sealed sealed, second;
	struct fault fault;

	take_fields(scene, 2, fields);
	seal_report(scene, "legal", 1000, 0, &sealed);
	seal_report(scene, "legal", 1000, 0, &second);
	assert_int_equal(send_with(scene, &sealed, fields[0])->status, 201);
	keyring->storage[1] = (struct storage_key){ .epoch = keyring->storage[0].epoch + 1, .key = { 7 } };
	keyring->storage_count = 2;
	seal_free(scene->store.seal);
	assert_int_equal(seal_new(keyring, &scene->store.seal, &fault), 0);
	assert_int_equal(rewrap_begin(&scene->store), 0);
	while (rewrap_is_running(&scene->store))
		assert_true(event_base_loop(scene->store.base, EVLOOP_ONCE) >= 0);
	keyring->storage[0] = keyring->storage[1]; /* the old key is gone */
	keyring->storage_count = 1;
	seal_free(scene->store.seal);
	assert_int_equal(seal_new(keyring, &scene->store.seal, &fault), 0);
	assert_int_equal(send_with(scene, &sealed, fields[0])->status, 200);
	assert_true(answer_says(send_with(scene, &second, fields[0]), "token-refused"));
	finish(exchange(scene, SECRET, &batch), &batch, tokens);
	assert_true(answer_says(exchange(scene, SECRET, &other), "invitation-refused"));
	sealed_free(&sealed);
	sealed_free(&second);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_a_token_is_good_for_one_report),
		IN_SCENE(test_two_at_once_with_one_token),
		IN_SCENE(test_what_is_not_taken_spends_nothing),
		IN_SCENE(test_uploads),
		IN_SCENE(test_a_held_report_spends_one_too),
		IN_SCENE(test_epochs_overlap_and_end),
		IN_SCENE(test_an_epoch_that_runs_keeps_what_was_spent),
		IN_SCENE(test_a_new_storage_key_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
