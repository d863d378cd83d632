/* An attacker who holds all tables of a situation report at once, or of two that were given out one after the
 * other, and knows one case: no hidden cell may follow. */
#include "cmocka_all.h"

#include "release.h"
#include "situation_attack.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CAME    INT64_C(1795509000) /* 2026-11-24T08:30:00Z */
#define YEAR    INT64_C(31536000)
#define REPORTS 260
#define WORLDS  12

static unsigned seed = 20261124;

static unsigned any(unsigned below)
{
	seed = seed * 1103515245U + 12345U;
	return (seed >> 16) % below;
}

/* Much is common and some is rare, so that there is something to hide. */
static uint8_t mostly(unsigned count)
{
	unsigned one = any(count), other = any(count), third = any(count);
	unsigned least = one < other ? one : other;

	return (uint8_t)(least < third ? least : third);
}

static void fill_report(struct extract *extract)
{
	*extract = (struct extract){ .came = CAME - (int64_t)any(300) * 86400,
		.may_be_counted = any(10) > 0,
		.is_linked_to_work = any(12) > 0,
		.is_verified = any(3) == 0,
		.is_named = any(4) == 0,
		.has_earlier = any(7) == 0,
		.urgency = mostly(URGENCY_COUNT),
		.is_acknowledged = any(12) > 0,
		.waited = (int64_t)any(400) * any(400),
		.is_contacted = any(5) > 0,
		.contact_waited = (int64_t)any(400) * any(400),
		.tier = mostly(LEVEL_COUNT),
		.referral_count = mostly(4),
		.transfers = mostly(3),
		.rights = 1U << mostly(RIGHTS),
		.entities = any(3) == 0 ? 1U << mostly(ENTITIES) : 0,
		.needs = 1U << mostly(NEEDS) | 1U << mostly(NEEDS),
		.reason = (uint8_t)(any(2) == 0 ? 1 + mostly(10) : 0),
		.state = STATE_CLOSED,
		.person_count = 1 + mostly(4) };
	for (size_t at = 0; at < extract->referral_count; at++) {
		extract->referrals[at].is_handled = any(2) == 0;
		extract->referrals[at].is_closed = any(2) == 0;
	}
	extract->accepted = extract->transfers > 0 ? (uint32_t)any(2) : 0;
	(void)snprintf(extract->adm1, ADM1_SIZE, "XX%u", (unsigned)mostly(5));
	for (size_t at = 0; at < NEEDS; at++)
		extract->outcomes[at] = mostly(OUTCOMES);
	for (size_t at = 0; at < extract->person_count; at++) {
		struct person_extract *person = &extract->persons[at];

		*person = (struct person_extract){ .bucket = (uint8_t)(BUCKETS - mostly(BUCKETS)),
			.gbvims = mostly(7),
			.families = 1U << mostly(FAMILIES) | 1U << mostly(FAMILIES),
			.category = mostly(7),
			.gender = mostly(4),
			.age = mostly(7),
			.unit = mostly(8) / 2,
			.perpetrator = mostly(8) };
		extract->act_units[mostly(FAMILIES)][person->unit]++;
	}
}

/* She knows one case of each table: somebody stands in this cell. */
static void know_one(struct attack *attack)
{
	for (size_t at = 0; at < attack->count; at++) {
		struct view *view = &attack->views[at];
		size_t row = any((unsigned)view->rows), column = any((unsigned)view->columns);

		if (view->is[row][column] > 0 && view->low[row][column] == 0)
			view->low[row][column] = 1;
	}
}

enum publication { PUBLISHED, SMALL_ONLY };

static void hide_small_only(const struct table *table, struct published *published)
{
	*published = (struct published){ .is_dropped = false };
	for (size_t row = 0; row < table->rows; row++) {
		for (size_t column = 0; column < table->columns; column++) {
			uint32_t number = table->cell[row][column];

			published->number[row][table->columns] += number;
			published->number[table->rows][column] += number;
			published->number[table->rows][table->columns] += number;
			published->number[row][column] = number;
		}
	}
	for (size_t row = 0; row <= table->rows; row++) {
		for (size_t column = 0; column <= table->columns; column++) {
			uint32_t *number = &published->number[row][column];

			if (*number == 0 || *number >= THRESHOLD)
				continue;
			*number = 0;
			published->shown[row][column] = SHOWN_SMALL;
		}
	}
}

static struct situation count_world(const struct extract *extracts, unsigned count)
{
	static const struct target target = { { 900, 7200, 86400, 259200, 900 },
		{ 900, 7200, 86400, 259200, 900 } };
	struct situation situation = { .parts = { { .part = PART_QUARTERS }, { .part = PART_REPRISALS } } };

	for (size_t at = 0; at < PARTS; at++) {
		situation.parts[at].period = period_of_quarters(CAME - YEAR, CAME);
		situation.parts[at].threshold = THRESHOLD;
		assert_int_equal(situation_count(&situation.parts[at], extracts, count, &target), 0);
	}
	return situation;
}

/* What the attacker sees of tables by what was published of them. */
static struct attack see(struct situation *truth, struct situation *seen, enum publication how)
{
	struct attack attack = { .views = calloc((size_t)SITUATION_TABLES * PARTS, sizeof *attack.views) };

	assert_non_null(attack.views);
	for (size_t part = 0; part < PARTS; part++) {
		for (size_t at = 0; at < truth->parts[part].table_count; at++) {
			const struct table *table = &truth->parts[part].tables[at];
			struct published *published = &seen->parts[part].published[at];

			if (!table->adds_up)
				continue;
			if (how == SMALL_ONLY)
				hide_small_only(table, published);
			look(table, published, how == SMALL_ONLY ? 0 : ROUNDED_TO / 2,
				&attack.views[attack.count++]);
		}
	}
	return attack;
}

static void add_attack(struct attack *sum, struct attack *attack)
{
	share(attack);
	know_one(attack);
	attack_all(attack);
	sum->hidden += attack->hidden;
	sum->found += attack->found;
	free(attack->views);
}

static struct extract *new_world(unsigned reports)
{
	struct extract *extracts = calloc(reports, sizeof *extracts);

	assert_non_null(extracts);
	for (unsigned at = 0; at < reports; at++)
		fill_report(&extracts[at]);
	return extracts;
}

static void attack_world(struct attack *sum, unsigned reports, enum publication how)
{
	struct extract *extracts = new_world(reports);
	struct situation situation = count_world(extracts, reports);
	struct attack attack = see(&situation, &situation, how);

	add_attack(sum, &attack);
	situation_free(&situation);
	free(extracts);
}

/* She knows what became of one case, and with it by how much each number differs. */
static void compare(struct attack *first, const struct attack *second)
{
	assert_int_equal(first->count, second->count);
	for (size_t at = 0; at < first->count; at++) {
		struct view *one = &first->views[at];
		const struct view *other = &second->views[at];

		for (size_t row = 0; row <= one->rows; row++) {
			for (size_t column = 0; column <= one->columns; column++) {
				int more = other->is[row][column] - one->is[row][column];
				int low = other->low[row][column] - more,
				    high = other->high[row][column] - more;

				if (low > one->low[row][column])
					one->low[row][column] = low;
				if (high < one->high[row][column])
					one->high[row][column] = high;
			}
		}
	}
}

/* A year is given out; one report goes on; the same year is asked for again. */
static void attack_over_time(struct attack *sum, unsigned reports, bool is_frozen)
{
	struct extract *extracts = new_world(reports), *changed = &extracts[any(reports)];
	struct situation before = count_world(extracts, reports), after, again;
	struct attack first, second;
	struct home *home = NULL;
	struct failure failure;
	enum release release;
	struct period other;
	struct items items;

	assert_int_equal(home_open_temporary(&home, &failure), 0);
	items = items_in_folder(home);
	for (size_t at = 0; at < PARTS; at++)
		assert_int_equal(release_keep(&items, &before.parts[at], &failure), 0);
	changed->is_verified = !changed->is_verified;
	changed->may_be_counted = true;
	changed->has_earlier = !changed->has_earlier;
	changed->is_named = !changed->is_named;
	changed->is_acknowledged = !changed->is_acknowledged;
	memset(changed->outcomes, 0, sizeof changed->outcomes);
	after = count_world(extracts, reports);
	again = (struct situation){ .parts = { { .part = PART_QUARTERS }, { .part = PART_REPRISALS } } };
	for (size_t at = 0; at < PARTS; at++) {
		again.parts[at].period = before.parts[at].period;
		assert_int_equal(release_find(&items, &again.parts[at], &release, &other, &failure), 0);
		assert_int_equal(release, RELEASE_SAME);
	}
	first = see(&before, &before, PUBLISHED);
	second = is_frozen ? see(&before, &again, PUBLISHED) : see(&after, &after, PUBLISHED);
	compare(&first, &second);
	add_attack(sum, &first);
	free(second.views);
	situation_free(&before);
	situation_free(&after);
	situation_free(&again);
	home_close(home);
	free(extracts);
}

static void a_later_version_tells_no_more(void **state)
{
	struct attack frozen = { .hidden = 0 }, counted_anew = { .hidden = 0 };
	unsigned before = seed;

	(void)state;
	for (unsigned world = 0; world < WORLDS; world++)
		attack_over_time(&frozen, 30 + any(REPORTS), true);
	seed = before;
	for (unsigned world = 0; world < WORLDS; world++)
		attack_over_time(&counted_anew, 30 + any(REPORTS), false);
	print_message("%zu hidden cells, %zu found; counted anew %zu\n", frozen.hidden, frozen.found,
		counted_anew.found);
	assert_true(frozen.hidden > 1000);
	assert_int_equal(frozen.found, 0);
	assert_true(counted_anew.found > 0);
}

static void no_hidden_cell_follows_from_all_tables(void **state)
{
	struct attack sum = { .hidden = 0 };

	(void)state;
	for (unsigned world = 0; world < WORLDS; world++)
		attack_world(&sum, 30 + any(REPORTS), PUBLISHED);
	print_message("%zu hidden cells, %zu found\n", sum.hidden, sum.found);
	assert_true(sum.hidden > 1000);
	assert_int_equal(sum.found, 0);
}

/* The attacker does find what there is to find. */
static void she_finds_what_is_hidden_alone(void **state)
{
	struct attack sum = { .hidden = 0 };

	(void)state;
	for (unsigned world = 0; world < 3; world++)
		attack_world(&sum, 30 + any(REPORTS), SMALL_ONLY);
	print_message("%zu hidden cells, %zu found\n", sum.hidden, sum.found);
	assert_true(sum.found > 10);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_hidden_cell_follows_from_all_tables),
		cmocka_unit_test(she_finds_what_is_hidden_alone),
		cmocka_unit_test(a_later_version_tells_no_more),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
