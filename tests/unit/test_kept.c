/* What outlives a report in an officer's home, and what doesn't. */
#include "cmocka_all.h"

#include "extract_json.h"
#include "kept.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define NOW   INT64_C(1795509000) /* 2026-11-24T08:30:00Z */
#define YEAR  INT64_C(31557600)
#define FIRST "1111111111111111111111111111111111111111111111111111111111111111"
#define OTHER "2222222222222222222222222222222222222222222222222222222222222222"

struct scene {
	struct home *home;
	struct items items;
	struct identity *identity;
	enum fate fate; /* of every report that is asked for */
	size_t asked;
};

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);
	struct failure failure;
	struct fault fault;

	assert_non_null(scene);
	assert_int_equal(home_open_temporary(&scene->home, &failure), 0);
	assert_int_equal(identity_new("amina", &scene->identity, &fault), 0);
	scene->items = items_in_folder(scene->home);
	*state = scene;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	identity_free(scene->identity);
	home_close(scene->home);
	free(scene);
	return 0;
}

static int ask(void *owner, const char *report, enum fate *ret_fate, struct failure *failure)
{
	struct scene *scene = owner;

	(void)failure;
	assert_int_equal(strlen(report), ID_SIZE - 1);
	scene->asked++;
	*ret_fate = scene->fate;
	return 0;
}

static struct extract some_extract(int64_t came)
{
	struct extract extract = { .came = came,
		.waited = 61,
		.may_be_counted = true,
		.is_verified = true,
		.is_acknowledged = true,
		.state = STATE_CLOSED,
		.reason = 1,
		.urgency = 2,
		.adm1 = "KE30",
		.rights = 1U << (RIGHTS - 1),
		.entities = 5,
		.needs = 1U << 20,
		.referral_count = 2,
		.referrals = { { .tag = "1111111111111111", .is_handled = true }, { .is_closed = true } },
		.transfers = 3,
		.accepted = 1,
		.rejected = 1,
		.tier = LEVEL_TIER_2,
		.is_contacted = true,
		.contact_waited = 59,
		.person_count = 2,
		.persons = { { 4, 6, 1U << 14, 6, 3, 6, 3, 7 }, { 1, 0, 3, 0, 0, 0, 0, 0 } } };

	extract.outcomes[20] = 6;
	extract.act_units[14][3] = 9;
	return extract;
}

/* Counts at a time, with what was read; what is counted then. */
static struct counted count_at(struct scene *scene, int64_t now, const char *const *reports, size_t count)
{
	const struct keeper keeper = {
		.items = &scene->items, .identities = scene->identity, .now = now, .ask = ask, .owner = scene
	};
	struct counted counted = { .count = 0 };
	struct failure failure;

	for (size_t at = 0; at < count; at++) {
		struct extract extract = some_extract(NOW);

		extract.may_be_counted = reports[at][0] != 'n';
		assert_int_equal(counted_add(&counted, &extract, &extract, reports[at], "box", &failure), 0);
	}
	assert_int_equal(kept_merge(&keeper, &counted, &failure), 0);
	return counted;
}

static size_t count_only(struct scene *scene, int64_t now, const char *const *reports, size_t count)
{
	struct counted counted = count_at(scene, now, reports, count);
	size_t all = counted.count;

	counted_free(&counted);
	return all;
}

static const char *const both[] = { FIRST, OTHER };

static void an_extract_is_the_same_again(void **state)
{
	struct extract extract = some_extract(NOW), again;
	json_t *json = extract_json(&extract), *other;

	(void)state;
	assert_int_equal(extract_parse(json, &again), 0);
	other = extract_json(&again);
	assert_true(json_equal(json, other));
	json_decref(other);
	assert_int_equal(again.referral_count, 2);
	assert_true(again.referrals[0].is_handled && again.referrals[1].is_closed);
	assert_string_equal(again.referrals[0].tag, "");
	json_object_set_new(json, "urgency", json_integer(URGENCY_COUNT));
	assert_int_equal(extract_parse(json, &again), -1);
	json_decref(json);
}

static void what_retention_destroyed_is_counted_without_a_trace(void **state)
{
	struct scene *scene = *state;
	struct counted counted;

	assert_int_equal(count_only(scene, NOW, both, 2), 2);
	assert_int_equal(scene->asked, 0);
	scene->fate = FATE_EXPIRED;
	counted = count_at(scene, NOW + YEAR, both, 1);
	assert_int_equal(counted.count, 2);
	assert_int_equal(scene->asked, 1);
	assert_string_equal(counted.keys[1].report, "");
	assert_int_equal(counted.extracts[1].persons[0].bucket, 4);
	assert_int_equal(counted.extracts[1].waited, 120);               /* no finer than a minute, */
	assert_int_equal(counted.extracts[1].came, INT64_C(1793491200)); /* or a month: 2026-11-01 */
	counted_free(&counted);
	/* Nobody can ask for it any more. */
	scene->fate = FATE_DESTROYED;
	assert_int_equal(count_only(scene, NOW + YEAR, both, 1), 2);
	assert_int_equal(scene->asked, 1);
}

static void what_was_destroyed_by_hand_is_forgotten(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(count_only(scene, NOW, both, 2), 2);
	scene->fate = FATE_DESTROYED;
	assert_int_equal(count_only(scene, NOW, both, 1), 1);
	scene->fate = FATE_EXPIRED;
	assert_int_equal(count_only(scene, NOW, both, 1), 1);
}

static void another_desks_is_counted_there(void **state)
{
	struct scene *scene = *state;

	assert_int_equal(count_only(scene, NOW, both, 2), 2);
	scene->fate = FATE_ELSEWHERE;
	assert_int_equal(count_only(scene, NOW, both, 1), 1);
	scene->fate = FATE_THERE;
	assert_int_equal(count_only(scene, NOW, both, 1), 2);
}

static void nothing_is_kept_without_her_word_or_for_ever(void **state)
{
	static const char *const without[] = { "no" };
	struct scene *scene = *state;

	assert_int_equal(count_only(scene, NOW, without, 1), 1);
	assert_int_equal(count_only(scene, NOW, both, 2), 2);
	scene->fate = FATE_EXPIRED;
	assert_int_equal(count_only(scene, NOW + 4 * YEAR, NULL, 0), 2);
	assert_int_equal(count_only(scene, NOW + 5 * YEAR + YEAR / 6, NULL, 0), 0);
	assert_int_equal(count_only(scene, NOW + 4 * YEAR, NULL, 0), 0);
}

static void a_word_taken_back_is_taken_from_what_is_kept(void **state)
{
	struct scene *scene = *state;
	const struct keeper keeper = {
		.items = &scene->items, .identities = scene->identity, .now = NOW, .ask = ask, .owner = scene
	};
	json_t *report = json_pack("{s:[{s:s, s:s}]}", "links", "report_id", FIRST, "rel", "WITHDRAWS");
	struct counted counted = { .count = 0 };
	struct failure failure;

	assert_int_equal(count_only(scene, NOW, both, 2), 2);
	scene->fate = FATE_EXPIRED;
	assert_int_equal(counted_withdraw(&counted, report, "", &failure), 0);
	assert_int_equal(kept_merge(&keeper, &counted, &failure), 0);
	assert_int_equal(counted.count, 1);
	counted_free(&counted);
	json_decref(report);
}

static void nobody_else_can_read_it(void **state)
{
	struct scene *scene = *state;
	const struct keeper keeper = { .items = &scene->items, .now = NOW, .ask = ask, .owner = scene };
	struct counted counted = { .count = 0 };
	struct keeper other = keeper;
	struct failure failure;
	struct fault fault;
	struct identity *identity;

	assert_int_equal(count_only(scene, NOW, both, 2), 2);
	assert_int_equal(identity_new("berta", &identity, &fault), 0);
	other.identities = identity;
	assert_int_equal(kept_merge(&other, &counted, &failure), -1);
	assert_int_equal(failure.exit_code, EX_CONFIG);
	/* Whoever has rotated her keys can. */
	identity->older = scene->identity;
	scene->fate = FATE_EXPIRED;
	assert_int_equal(kept_merge(&other, &counted, &failure), 0);
	assert_int_equal(counted.count, 2);
	identity->older = NULL;
	identity_free(identity);
	counted_free(&counted);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_extract_is_the_same_again),
		TEST(what_retention_destroyed_is_counted_without_a_trace),
		TEST(what_was_destroyed_by_hand_is_forgotten),
		TEST(another_desks_is_counted_there),
		TEST(nothing_is_kept_without_her_word_or_for_ever),
		TEST(a_word_taken_back_is_taken_from_what_is_kept),
		TEST(nobody_else_can_read_it),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
