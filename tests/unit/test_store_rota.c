/* Who is on duty: the desk's rota as the store takes it, and who is woken by it. */
#include "escalation_fixture.h"

#include "rota.h"

static struct rota *rota_for(struct scene *scene, uint64_t number, const struct rota *before)
{
	struct rota *rota = rota_new();
	struct buffer sealed = buffer_of(4096);
	uint8_t recipient[AGE_RECIPIENT_BYTES];

	assert_non_null(rota);
	fixture_recipient(OLGA, recipient);
	assert_int_equal(age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipient, 1,
				 (const uint8_t *)"{}", 2, &sealed),
		0);
	assert_int_equal(rota_set_content(rota, sealed.data, sealed.len), 0);
	buffer_free(&sealed);
	memcpy(rota->desk, "intake", sizeof "intake");
	rota->number = number;
	rota->roster = 1;
	rota->created = store_now(&scene->store);
	if (before != NULL)
		assert_int_equal(rota_digest(before, scene->store.fingerprint, rota->previous), 0);
	return rota;
}

static unsigned put_raw(struct scene *scene, const struct rota *rota, enum person signer)
{
	struct buffer json = buffer_of(ROTA_MAX);
	unsigned status;

	assert_int_equal(rota_write(rota, &json), 0);
	status = scene_ask(scene, &(struct scene_ask){ .method = METHOD_PUT,
					  .path = "desks/intake/rota",
					  .body = json.data,
					  .len = json.len,
					  .signer = signer })
			 ->status;
	buffer_free(&json);
	return status;
}

static unsigned put(struct scene *scene, struct rota *rota, enum person signer)
{
	uint8_t public_key[32], secret_key[64];

	fixture_key((uint8_t)signer, public_key, secret_key);
	assert_int_equal(rota_sign(rota, scene->store.fingerprint, secret_key), 0);
	return put_raw(scene, rota, signer);
}

static struct duty duty_of(const char *officer, int64_t from, int64_t to)
{
	struct duty duty = { .from = from, .to = to };

	memcpy(duty.officer, officer, strlen(officer) + 1);
	return duty;
}

static void put_duties(struct scene *scene, const struct duty *duties, size_t count)
{
	struct rota *rota = rota_for(scene, 1, NULL);

	assert_int_equal(rota_set_duties(rota, duties, count), 0);
	assert_int_equal(put(scene, rota, OLGA), 201);
	rota_free(rota);
}

/* Whoever is on duty is woken, whatever her tier; tier 1 behind her as soon as it climbs. */
static void test_who_is_on_duty_is_woken_first(void **state)
{
	struct scene *scene = *state;
	int64_t now = store_now(&scene->store);
	const struct duty duties[] = { duty_of("tina", now - HOUR, now + 12 * MINUTE) };
	struct sealed sealed;
	int64_t began;

	put_duties(scene, duties, 1);
	restart(scene);
	began = send(scene, URGENCY_IMMEDIATE, &sealed);
	expect_woken("t");
	scene_set_now(scene, began + 5 * MINUTE);
	expect_woken("t");
	scene_set_now(scene, began + 10 * MINUTE);
	expect_woken("t");
	/* Her duty has ended, and nobody else's has begun: all of tier 1, and tier 2, whose time has come. */
	scene_set_now(scene, began + 15 * MINUTE);
	expect_woken("ot");
	sealed_free(&sealed);
}

/* Whoever is on duty and has chosen no way to be woken is no reason to wake nobody. */
static void test_who_can_not_be_woken_is_stood_in_for(void **state)
{
	struct scene *scene = *state;
	int64_t now = store_now(&scene->store);
	const struct duty duties[] = { duty_of("tina", now - HOUR, now + HOUR) };
	struct sealed sealed;
	int64_t began;

	put_duties(scene, duties, 1);
	woken.unreachable = "t";
	began = send(scene, URGENCY_IMMEDIATE, &sealed);
	expect_woken("o");
	/* Nor can any of her tier: the next one that can. */
	woken.unreachable = "ot";
	scene_set_now(scene, began + 5 * MINUTE);
	expect_woken("h");
	/* Nobody can: their own programs alert them, and the desk that it falls back to is woken all the
	 * same.
	 */
	woken.unreachable = "hot";
	scene_set_now(scene, began + 10 * MINUTE);
	expect_woken("");
	scene_set_now(scene, began + 60 * MINUTE);
	expect_woken("m");
	woken.unreachable = "o";
	scene_set_now(scene, began + 65 * MINUTE);
	expect_woken("hmtt");
	sealed_free(&sealed);
}

static void test_priority_waits_for_the_next_duty(void **state)
{
	struct scene *scene = *state;
	int64_t now = store_now(&scene->store), start = time_cut(now, HOUR) + 9 * HOUR;
	const struct duty duties[] = { duty_of("olga", start, start + 8 * HOUR),
		duty_of("tina", start + 8 * HOUR, start + 9 * HOUR) };
	struct sealed sealed;
	int64_t began;

	put_duties(scene, duties, 2);
	began = send(scene, URGENCY_PRIORITY, &sealed);
	expect_woken("");
	expect_stage(scene, ESCALATION_NONE, 0);
	scene_set_now(scene, start - JUST_BEFORE);
	expect_woken("");
	restart(scene);
	scene_set_now(scene, start);
	expect_woken("o");
	scene_set_now(scene, start + 8 * HOUR - JUST_BEFORE);
	expect_woken("");
	scene_set_now(scene, start + 8 * HOUR);
	expect_woken("t");
	/* Nobody is on duty then, nor will be: a day, as without a rota. */
	scene_set_now(scene, began + DAY);
	expect_woken("ot");
	sealed_free(&sealed);
}

/* A rota that comes later counts for what waits already. */
static void test_a_change_counts_at_once(void **state)
{
	struct scene *scene = *state;
	int64_t now = time_cut(store_now(&scene->store), MINUTE);
	const struct duty late[] = { duty_of("olga", now + 20 * HOUR, now + 21 * HOUR) };
	const struct duty soon[] = { duty_of("olga", now + 2 * HOUR, now + 3 * HOUR) };
	struct rota *first = rota_for(scene, 1, NULL), *second;
	struct sealed sealed;

	assert_int_equal(rota_set_duties(first, late, 1), 0);
	assert_int_equal(put(scene, first, OLGA), 201);
	send(scene, URGENCY_PRIORITY, &sealed);
	second = rota_for(scene, 2, first);
	assert_int_equal(rota_set_duties(second, soon, 1), 0);
	assert_int_equal(put(scene, second, TINA), 201);
	scene_set_now(scene, now + 2 * HOUR - JUST_BEFORE);
	expect_woken("");
	scene_set_now(scene, now + 2 * HOUR);
	expect_woken("o");
	rota_free(first);
	rota_free(second);
	sealed_free(&sealed);
}

/* A shift that begins within a minute rings at the next: the store rang again and again until then. */
static void test_a_start_within_a_minute_rings_at_the_next(void **state)
{
	struct scene *scene = *state;
	int64_t minute = time_cut(store_now(&scene->store), MINUTE) + HOUR;
	const struct duty duties[] = { duty_of("olga", minute - 59, minute + 8 * HOUR) };
	struct sealed sealed;

	put_duties(scene, duties, 1);
	send(scene, URGENCY_PRIORITY, &sealed);
	scene_set_now(scene, minute - 2 * JUST_BEFORE);
	expect_woken("");
	scene_set_now(scene, minute);
	expect_woken("o");
	sealed_free(&sealed);
}

static void test_only_who_may_changes_it(void **state)
{
	struct scene *scene = *state;
	int64_t now = store_now(&scene->store);
	const struct duty strangers[] = { duty_of("maria", now, now + HOUR) };
	struct rota *rota = rota_for(scene, 1, NULL);
	const struct scene_answer *answer;

	assert_int_equal(put(scene, rota, MARIA), 403);
	assert_int_equal(put(scene, rota, STRANGER), 403);
	/* Carried by a colleague under her own request, it is still the signer's. */
	assert_int_equal(put_raw(scene, rota, OLGA), 403);
	assert_int_equal(rota_set_duties(rota, strangers, 1), 0);
	assert_int_equal(put(scene, rota, OLGA), 403);
	assert_int_equal(rota_set_duties(rota, NULL, 0), 0);
	assert_int_equal(rota_set_content(rota, (const uint8_t *)"plain", 5), 0);
	assert_int_equal(put(scene, rota, OLGA), 422);
	answer = list(scene, "desks/intake/rota", OLGA);
	assert_int_equal(answer->status, 404);
	assert_int_equal(list(scene, "desks/intake/rota", MARIA)->status, 403);
	assert_int_equal(audited(scene, "\"kind\":\"rota\""), 0);
	rota_free(rota);
}

/* Nobody's change is lost: whoever hasn't seen the newest is told so. */
static void test_of_two_changes_one_is_told(void **state)
{
	struct scene *scene = *state;
	struct rota *first = rota_for(scene, 1, NULL), *second, *other;
	const struct scene_answer *answer;
	struct rota *read = NULL;
	struct fault fault;

	assert_int_equal(put(scene, first, OLGA), 201);
	assert_int_equal(put(scene, first, OLGA), 409);
	second = rota_for(scene, 2, first);
	other = rota_for(scene, 2, first);
	assert_int_equal(put(scene, second, OLGA), 201);
	assert_int_equal(put(scene, other, TINA), 409);
	other->number = 3;
	assert_int_equal(put(scene, other, TINA), 409);
	restart(scene);
	answer = list(scene, "desks/intake/rota", TINA);
	assert_int_equal(answer->status, 200);
	assert_int_equal(rota_parse((const char *)answer->body.data, answer->body.len, &read, &fault), 0);
	assert_int_equal(read->number, 2);
	assert_int_equal(rota_verify(read, scene->store.fingerprint), 0);
	assert_int_equal(audited(scene, "\"kind\":\"rota\""), 2);
	rota_free(first);
	rota_free(second);
	rota_free(other);
	rota_free(read);
}

/* A group that fails takes the new rota with it. */
static void test_a_rota_that_was_not_kept_counts_for_nothing(void **state)
{
	struct scene *scene = *state;
	int64_t now = store_now(&scene->store);
	const struct duty duties[] = { duty_of("tina", now - HOUR, now + HOUR) };
	struct rota *rota = rota_for(scene, 1, NULL);
	struct sealed sealed;

	assert_int_equal(rota_set_duties(rota, duties, 1), 0);
	scene_break_disk(scene, true);
	assert_int_not_equal(put(scene, rota, OLGA), 201);
	scene_break_disk(scene, false);
	send(scene, URGENCY_IMMEDIATE, &sealed);
	expect_woken("o");
	assert_int_equal(put(scene, rota, OLGA), 201);
	rota_free(rota);
	sealed_free(&sealed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_DESK(test_who_is_on_duty_is_woken_first),
		IN_DESK(test_who_can_not_be_woken_is_stood_in_for),
		IN_DESK(test_priority_waits_for_the_next_duty),
		IN_DESK(test_a_change_counts_at_once),
		IN_DESK(test_a_start_within_a_minute_rings_at_the_next),
		IN_DESK(test_only_who_may_changes_it),
		IN_DESK(test_of_two_changes_one_is_told),
		IN_DESK(test_a_rota_that_was_not_kept_counts_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
