/* How an officer chooses to be woken, and the steady beat: what goes out, when, and that it tells nothing. */
#include "notify_end.h"

#include "proto/wake_letter.h"

#define BEAT_MINUTES 60

/* --- choosing */

static const struct scene_answer *put(struct scene *scene, enum person signer, const char *officer,
	const char *way, const uint8_t *recipient)
{
	struct wake_letter letter = { .waiting = 0 };
	struct buffer sealed = buffer_of(WAKE_SEALED_BYTES);
	uint8_t ours[AGE_RECIPIENT_BYTES];
	struct fault fault;
	const struct scene_answer *answer;

	assert_int_equal(wake_way_of(way, &letter.way, &fault), 0);
	snprintf(letter.officer, sizeof letter.officer, "%s", officer);
	assert_int_equal(wake_recipient(scene->store.receipt_key, ours), 0);
	assert_int_equal(wake_letter_seal(&letter, recipient == NULL ? ours : recipient, &sealed), 0);
	answer = scene_ask(scene, &(struct scene_ask){ .method = METHOD_PUT,
					  .path = "wake",
					  .body = sealed.data,
					  .len = sealed.len,
					  .signer = signer });
	buffer_free(&sealed);
	return answer;
}

static const struct scene_answer *ask(struct scene *scene, enum http_method method, enum person signer)
{
	return scene_ask(scene, &(struct scene_ask){ .method = method, .path = "wake", .signer = signer });
}

static void read_back(struct scene *scene, enum person signer, struct wake_letter *ret_letter)
{
	const struct scene_answer *answer = ask(scene, METHOD_GET, signer);
	struct age_identity *identity;
	uint8_t scalar[32];
	struct fault fault;

	memset(scalar, signer, sizeof scalar);
	identity = age_identity_of(scalar);
	assert_non_null(identity);
	assert_int_equal(answer->status, 200);
	assert_null(memmem(answer->body.data, answer->body.len, "example.org", 11));
	assert_int_equal(
		wake_letter_open(answer->body.data, answer->body.len, identity, ret_letter, &fault), 0);
	age_identity_free(identity);
}

static void test_chosen_shown_and_off(void **state)
{
	struct scene *scene = *state;
	struct wake_letter letter;

	assert_int_equal(ask(scene, METHOD_GET, OLGA)->status, 404);
	assert_int_equal(ask(scene, METHOD_POST, OLGA)->status, 404);
	assert_int_equal(put(scene, OLGA, "olga", "smtp:olga@example.org", NULL)->status, 204);
	assert_int_equal(put(scene, MARIA, "maria", "smtp:maria@example.org", NULL)->status, 204);
	read_back(scene, OLGA, &letter);
	assert_string_equal(letter.officer, "olga");
	assert_string_equal(letter.way.address, "olga@example.org");
	assert_int_equal(letter.waiting, 0);
	wake(scene, "olga", URGENCY_URGENT);
	read_back(scene, OLGA, &letter);
	assert_int_equal(letter.waiting, 1);
	scene_restart(scene);
	read_back(scene, MARIA, &letter);
	assert_string_equal(letter.way.address, "maria@example.org");
	assert_int_equal(ask(scene, METHOD_DELETE, OLGA)->status, 204);
	assert_int_equal(ask(scene, METHOD_GET, OLGA)->status, 404);
	read_back(scene, MARIA, &letter);
}

static void test_nobody_chooses_for_another(void **state)
{
	struct scene *scene = *state;
	const struct scene_answer *answer;
	uint8_t other[AGE_RECIPIENT_BYTES];

	fixture_recipient(STRANGER, other);
	/* Sealed by olga, carried along by maria, who would read it back. */
	answer = put(scene, MARIA, "olga", "smtp:olga@example.org", NULL);
	assert_int_equal(answer->status, 422);
	assert_true(answer_says(answer, "bad-wake"));
	answer = put(scene, OLGA, "olga", "smtp:olga@example.org", other);
	assert_int_equal(answer->status, 422);
	assert_true(answer_says(answer, "not-sealed"));
	assert_int_equal(put(scene, STRANGER, "olga", "command", NULL)->status, 403);
	assert_int_equal(put(scene, ADA, "ada", "command", NULL)->status, 403);
	assert_int_equal(ask(scene, METHOD_GET, OLGA)->status, 404);
}

static void test_a_trial_goes_out_once(void **state)
{
	struct scene *scene = *state;
	struct notify_end end;

	assert_int_equal(put(scene, OLGA, "olga", "command", NULL)->status, 204);
	attach(scene, &end);
	assert_int_equal(ask(scene, METHOD_POST, OLGA)->status, 204);
	scene_run(scene);
	assert_int_equal(end.count, 1);
	assert_string_equal(end.wakes[0].desk, "");
	say(&end, end.wakes[0].number, WAKE_DELIVERED);
	pass(scene, 24 * HOUR);
	assert_int_equal(end.count, 1);
	detach(&end);
}

/* --- the beat */

/* Goes on minute by minute, and delivers what comes; how many came. */
static size_t minutes(struct scene *scene, struct notify_end *end, unsigned count)
{
	const size_t before = end->count;

	for (unsigned i = 0; i < count; i++) {
		size_t told = end->count;

		pass(scene, 60);
		for (; told < end->count; told++)
			say(end, end->wakes[told].number, WAKE_DELIVERED);
	}
	return end->count - before;
}

static void test_a_beat_tells_nothing(void **state)
{
	struct scene *scene = *state;
	struct notify_end end;

	choose(scene, "olga", "smtp:olga@example.org", BEAT_MINUTES);
	attach(scene, &end);
	assert_int_equal(minutes(scene, &end, 5 * BEAT_MINUTES), 5);
	/* The same while something waits, and it is delivered with the beat. */
	wake(scene, "olga", URGENCY_IMMEDIATE);
	wake(scene, "olga", URGENCY_RECORD);
	scene_run(scene);
	assert_int_equal(end.count, 5);
	assert_true(outbox_is_waiting(&scene->store, "olga", "intake"));
	assert_int_equal(minutes(scene, &end, BEAT_MINUTES), 1);
	assert_false(outbox_is_waiting(&scene->store, "olga", "intake"));
	for (size_t i = 0; i < end.count; i++) {
		assert_string_equal(end.wakes[i].desk, "");
		assert_string_equal(end.wakes[i].address, "olga@example.org");
		assert_int_equal(end.wakes[i].urgency, end.wakes[0].urgency);
	}
	detach(&end);
	/* And across a restart, at the same minutes. */
	wake(scene, "olga", URGENCY_URGENT);
	scene_restart(scene);
	attach(scene, &end);
	scene_run(scene);
	assert_int_equal(end.count, 0);
	assert_true(outbox_is_waiting(&scene->store, "olga", "intake"));
	assert_int_equal(minutes(scene, &end, BEAT_MINUTES), 1);
	assert_false(outbox_is_waiting(&scene->store, "olga", "intake"));
	detach(&end);
}

static size_t lost_count;

static int on_lost(struct store *store, const struct outbox_lost *lost)
{
	(void)store;
	assert_string_equal(lost->officer, "olga");
	lost_count++;
	return 0;
}

static void until_one_comes(struct scene *scene, struct notify_end *end)
{
	const size_t before = end->count;

	while (end->count == before)
		pass(scene, 30);
}

static void test_a_beat_that_fails(void **state)
{
	struct scene *scene = *state;
	struct notify_end end;

	lost_count = 0;
	outbox_on_lost(&scene->store, on_lost);
	choose(scene, "olga", "smtp:olga@example.org", BEAT_MINUTES);
	attach(scene, &end);
	until_one_comes(scene, &end);
	/* What comes while it is on its way waits for the next one. */
	wake(scene, "olga", URGENCY_URGENT);
	say(&end, end.wakes[0].number, WAKE_LATER);
	assert_true(outbox_is_waiting(&scene->store, "olga", "intake"));
	until_one_comes(scene, &end);
	say(&end, end.wakes[1].number, WAKE_DELIVERED);
	assert_false(outbox_is_waiting(&scene->store, "olga", "intake"));
	assert_int_equal(lost_count, 0);
	/* Refused: what waited climbs. A beat that nothing waited for climbs nowhere. */
	wake(scene, "olga", URGENCY_URGENT);
	until_one_comes(scene, &end);
	say(&end, end.wakes[2].number, WAKE_REFUSED);
	assert_int_equal(lost_count, 1);
	assert_false(outbox_is_waiting(&scene->store, "olga", "intake"));
	until_one_comes(scene, &end);
	say(&end, end.wakes[3].number, WAKE_REFUSED);
	assert_int_equal(lost_count, 1);
	detach(&end);
}

static void test_from_a_beat_to_none_and_back(void **state)
{
	struct scene *scene = *state;
	struct notify_end end;

	choose(scene, "olga", "command", WAKE_BEAT_MAX);
	attach(scene, &end);
	wake(scene, "olga", URGENCY_URGENT);
	assert_int_equal(end.count, 0);
	choose(scene, "olga", "command", 0);
	assert_int_equal(end.count, 1);
	assert_string_equal(end.wakes[0].desk, "intake");
	say(&end, end.wakes[0].number, WAKE_LATER);
	choose(scene, "olga", "command", WAKE_BEAT_MAX);
	pass(scene, HOUR);
	assert_true(end.count <= 2); /* the beat's own, where its minute was just now */
	assert_string_equal(end.wakes[end.count - 1].desk, end.count == 1 ? "intake" : "");
	detach(&end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(test_chosen_shown_and_off),
		IN_SCENE(test_nobody_chooses_for_another),
		IN_SCENE(test_a_trial_goes_out_once),
		IN_SCENE(test_a_beat_tells_nothing),
		IN_SCENE(test_a_beat_that_fails),
		IN_SCENE(test_from_a_beat_to_none_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
