/* Tokens in a store scene: invitations made, exchanged, and their tokens spent. */
#ifndef TESTS_TOKEN_SCENE_H
#define TESTS_TOKEN_SCENE_H

#include "store_scene.h"

#include "keys/token_keys.h"
#include "proto/encode.h"
#include "proto/invitation_list.h"

#define KEY    "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
#define DAY    86400
#define SECRET 9 /* of the invitation that most tests use: this byte, sixteen times */

static inline const struct scene_answer *post_list(
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
static inline void list_of(struct scene *scene, uint8_t secret_byte, struct invitation_list *ret_list)
{
	uint8_t secret[INVITATION_SECRET_BYTES];

	memset(secret, secret_byte, sizeof secret);
	memset(ret_list, 0, sizeof *ret_list);
	memcpy(ret_list->desk, "legal", sizeof "legal");
	ret_list->expires = store_now(&scene->store) + 30 * DAY;
	ret_list->count = 1;
	assert_int_equal(invitation_hash(secret, ret_list->hashes[0]), 0);
}

static inline void make_invitation(struct scene *scene, uint8_t secret_byte)
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

static inline struct token_batch batch_of(const struct scene *scene, uint8_t seed, uint8_t count)
{
	struct token_batch batch = { .count = count };

	memset(batch.seed, seed, sizeof batch.seed);
	memcpy(batch.public_key,
		scene->store.roster->token_keys[scene->store.roster->token_key_count - 1].public_key,
		sizeof batch.public_key);
	return batch;
}

static inline uint32_t put_exchange(struct scene *scene, uint8_t secret_byte, const struct token_batch *batch)
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

static inline const struct scene_answer *exchange(
	struct scene *scene, uint8_t secret_byte, const struct token_batch *batch)
{
	uint32_t id = put_exchange(scene, secret_byte, batch);

	scene_run(scene);
	return &scene->answers[id];
}

static inline void finish(const struct scene_answer *answer, const struct token_batch *batch,
	struct token tokens[TOKEN_BATCH_MAX])
{
	struct token_response response;

	assert_int_equal(answer->status, 200);
	assert_string_equal(answer->content_type, TOKEN_RESPONSE_TYPE);
	assert_int_equal(token_response_parse(answer->body.data, answer->body.len, &response), 0);
	assert_int_equal(token_batch_finish(batch, &response, tokens), 0);
}

/* The fields of so many tokens, through an invitation of their own. */
static inline void take_fields(struct scene *scene, size_t count, char (*ret_fields)[TOKEN_FIELD_SIZE])
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

static inline const struct scene_answer *send_with(
	struct scene *scene, const struct sealed *sealed, const char *field)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_PUT,
					.path = sealed->put,
					.body = sealed->file.data,
					.len = sealed->file.len,
					.hold_key = sealed->destination.hold_key,
					.authorization = field });
}

static inline const struct scene_answer *create(
	struct scene *scene, const struct sealed *sealed, const char *field)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
					.path = sealed->upload,
					.upload_key = KEY,
					.authorization = field });
}

static inline int count_row(
	void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len)
{
	(void)name;
	(void)name_len;
	(void)data;
	(void)len;
	(*(size_t *)context)++;
	return 0;
}

static inline size_t rows_of(struct scene *scene, enum backend_shelf shelf)
{
	size_t count = 0;

	assert_int_equal(backend_each(scene->store.backend, shelf, count_row, &count), 0);
	return count;
}

#endif
