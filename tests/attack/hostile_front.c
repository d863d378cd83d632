/* A front that somebody has taken over, against the real store over its channel: what she may try, and that
 * nothing comes of it. hostile_front [ROUNDS [SEED]]: so many sessions of changed messages. */
#include "chance.h"
#include "raw_front.h"

#include <errno.h>

#define ROUNDS_TEST 300
#define SESSION_MAX 12
#define CHANGES_MAX 6

static const struct scene_answer *get(struct scene *scene, const char *path, enum person signer)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = signer });
}

/* What an officer signed and the front saw, sent once more, and for something else. */
static void test_a_caught_signature_opens_nothing_else(void **state)
{
	struct scene *scene = *state;
	struct sealed hers, others;
	struct scene_ask ask;

	seal_report(scene, "intake", 1000, 0, &hers);
	seal_report(scene, "legal", 1000, 0, &others);
	assert_int_equal(scene_send(scene, &hers)->status, 201);
	assert_int_equal(scene_send(scene, &others)->status, 201);
	ask = (struct scene_ask){
		.method = METHOD_GET, .path = hers.report, .signer = OLGA, .nonce = "0123456789abcdef"
	};
	assert_int_equal(scene_ask(scene, &ask)->status, 200);
	assert_int_equal(scene_ask(scene, &ask)->status, 401); /* again */
	ask.nonce = NULL;
	ask.path = others.report;
	ask.signed_path = hers.report;
	assert_int_equal(scene_ask(scene, &ask)->status, 401); /* for another report */
	assert_int_equal(get(scene, others.report, OLGA)->status, 403);
	assert_int_equal(get(scene, others.report, STRANGER)->status, 403);
	assert_int_equal(get(scene, others.report, NOBODY)->status, 401);
	sealed_free(&hers);
	sealed_free(&others);
}

/* She has every key but an officer's and an admin's. */
static void test_no_officer_and_no_roster_is_forged(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct buffer event = buffer_of(64 * 1024), note = buffer_of(ROSTER_MAX_BYTES);
	struct roster *next = NULL;
	uint8_t public_key[32], secret_key[64];
	struct fault fault;

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	write_ack(scene, &sealed, STRANGER, 1, &event);
	for (enum person signer = NOBODY; signer <= STRANGER; signer++) {
		/* OLGA's request around a stranger's event is no better than the stranger's own. */
		const struct scene_answer *answer =
			scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
						 .path = sealed.events,
						 .body = event.data,
						 .len = event.len,
						 .signer = signer });

		assert_in_range(answer->status, 401, 403);
	}
	assert_int_equal(roster_next(scene->store.roster, &next), 0);
	fixture_key(STRANGER, public_key, secret_key);
	memcpy(next->officers[0].public_key, public_key, sizeof public_key);
	memcpy(next->admins[0].public_key, public_key, sizeof public_key);
	assert_int_equal(roster_sign(next, "ada", secret_key, &fault), 0);
	assert_int_equal(roster_write_note(next, &note), 0);
	assert_in_range(
		scene_ask(scene,
			&(struct scene_ask){
				.method = METHOD_PUT, .path = "roster", .body = note.data, .len = note.len })
			->status,
		400, 499);
	assert_int_equal(scene->store.roster->version, 1);
	assert_int_equal(get(scene, sealed.report, STRANGER)->status, 403);
	roster_free(next);
	buffer_free(&event);
	buffer_free(&note);
	sealed_free(&sealed);
}

/* Every message of the channel that isn't a front's to send ends it, and nothing else. */
static void test_no_other_role_s_message_is_heard(void **state)
{
	static const uint8_t fronts_own[] = { MESSAGE_REQUEST, MESSAGE_REQUEST_BODY, MESSAGE_REQUEST_GONE,
		MESSAGE_ANSWER_TAKEN };
	struct scene *scene = *state;

	for (unsigned type = 0; type < 256; type++) {
		uint8_t frame[9] = { 0, 0, 0, 5, (uint8_t)type };
		struct raw raw;

		if (memchr(fronts_own, (int)type, sizeof fronts_own) != NULL)
			continue;
		raw_begin(&raw, scene);
		buffer_put(&raw.out, frame, sizeof frame);
		raw_run(&raw);
		assert_true(raw.ended);
		assert_int_equal(raw.answers, 0);
		raw_end(&raw);
	}
	assert_int_equal(get(scene, "desks/intake/alerts", OLGA)->status, 200);
}

/* --- sessions of her own making */

static void say_something(struct raw *raw, const struct sealed *sealed)
{
	static const char *const paths[] = { "roster", "status", "audit", "desks/intake/alerts?after=0",
		"desks/legal/reports", "mailboxes/00112233445566778899aabbccddeeff", "tokens", "uploads", "",
		"nothing" };
	uint32_t id = (uint32_t)pick(6);
	struct message_request message;

	switch (pick(7)) {
	case 0:
		put_report(raw, id, sealed);
		break;
	case 1:
		put_body(raw, id, sealed->file.data, sealed->file.len);
		break;
	case 2:
		put_taken(raw, id, (uint32_t)pick(UINT32_MAX));
		break;
	case 3:
		put_signed_get(raw, id, sealed->report);
		break;
	case 4:
		assert_int_equal(message_request_id_put(&raw->out, MESSAGE_REQUEST_GONE,
					 &(struct message_request_id){ .id = id }),
			0);
		break;
	default:
		message = request_of(id, (enum http_method)pick(METHOD_PATCH + 1),
			target_of(paths[pick(COUNT_OF(paths))]), pick(2) * pick(1000));
		put_request(raw, &message);
		break;
	}
}

static void one_session(struct scene *scene, const struct sealed *sealed)
{
	struct raw raw;
	uint64_t changes = pick(CHANGES_MAX), messages = 1 + pick(SESSION_MAX);

	raw_begin(&raw, scene);
	for (uint64_t i = 0; i < messages; i++)
		say_something(&raw, sealed);
	for (uint64_t i = 0; i < changes; i++)
		raw.out.data[pick(raw.out.len)] = (uint8_t)pick(256);
	/* What she hears may be anything that an honest front could hear: it is not looked at. */
	while (raw.out.len > 0 && !raw.ended) {
		uint8_t some[4096];
		ssize_t sent = send(raw.fd, raw.out.data, raw.out.len, MSG_DONTWAIT | MSG_NOSIGNAL), got;

		if (sent > 0)
			buffer_drop(&raw.out, (size_t)sent);
		scene_run(scene);
		do {
			got = recv(raw.fd, some, sizeof some, MSG_DONTWAIT);
		} while (got > 0);
		raw.ended = got == 0 || (sent < 0 && errno != EAGAIN);
	}
	raw_end(&raw);
}

static void test_sessions_of_changed_messages(void **state)
{
	struct scene *scene = *state;
	struct sealed hers, sealed;
	unsigned long round;

	seal_report(scene, "legal", 2000, 0, &hers);
	assert_int_equal(scene_send(scene, &hers)->status, 201);
	for (round = 0; round < rounds; round++) {
		if (round % 100 == 0)
			seal_report(scene, "intake", 500, 0, &sealed);
		one_session(scene, &sealed);
		scene_count_anew(scene);
		if (round % 100 == 99)
			sealed_free(&sealed);
		/* Every other front is served as ever. */
		assert_int_equal(get(scene, hers.report, MARIA)->body.len, hers.file.len);
	}
	if (rounds % 100 != 0)
		sealed_free(&sealed);
	assert_int_equal(scene->store.roster->version, 1);
	print_message("%lu sessions of a hostile front: the store served on\n", rounds);
	sealed_free(&hers);
}

int main(int argument_count, char **arguments)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(test_a_caught_signature_opens_nothing_else),
		IN_SCENE(test_no_officer_and_no_roster_is_forged),
		IN_SCENE(test_no_other_role_s_message_is_heard),
		IN_SCENE(test_sessions_of_changed_messages),
	};

	take_arguments(argument_count, arguments, ROUNDS_TEST);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
