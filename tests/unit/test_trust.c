/* keys/trust: the root-role rules of TUF, step by step along the chain of rosters. Each refusal is a test. */
#include "trust_fixture.h"

static void assert_refused(const struct roster *trusted, const struct roster *next, const char *why)
{
	struct fault fault = { "" };

	assert_int_equal(trust_next(trusted, next, &fault), -1);
	if (strstr(fault.text, why) == NULL)
		fail_msg("\"%s\" doesn't say \"%s\"", fault.text, why);
}

static void test_a_plain_step(void **state)
{
	struct chain chain = plain_chain(2);
	struct fault fault;

	(void)state;
	assert_int_equal(trust_next(chain.at[1], chain.at[2], &fault), 0);
	assert_refused(chain.at[1], chain.at[1], "can't follow");
	assert_refused(chain.at[2], chain.at[1], "can't follow");
	chain_free(&chain);
}

static void test_a_gap_is_no_step(void **state)
{
	struct chain chain = plain_chain(3);

	(void)state;
	assert_refused(chain.at[1], chain.at[3], "can't follow");
	chain_free(&chain);
}

static void test_bad_previous(void **state)
{
	struct chain chain = plain_chain(1);
	struct roster *draft = next_draft(chain.at[1]), *next = NULL;

	(void)state;
	draft->previous[31] ^= 1;
	sign(draft, "ada", ADA);
	next = published(draft);
	assert_refused(chain.at[1], next, "doesn't continue");
	roster_free(next);
	chain_free(&chain);
}

static void test_unsigned_and_strangers(void **state)
{
	struct chain chain = plain_chain(1);
	struct roster *bare = published(next_draft(chain.at[1])), *draft = next_draft(chain.at[1]),
		      *forged = NULL;

	(void)state;
	assert_refused(chain.at[1], bare, "signatures");
	add_admin(draft, "bea", BEA);
	sign(draft, "bea", BEA); /* an admin only by her own word */
	forged = published(draft);
	assert_refused(chain.at[1], forged, "signatures");
	roster_free(bare);
	roster_free(forged);
	chain_free(&chain);
}

static void test_old_and_new_admins_must_sign(void **state)
{
	struct roster *one = first(), *both = two_admins(one, true, true),
		      *old_only = two_admins(one, true, false), *new_only = two_admins(one, false, true);
	struct fault fault;

	(void)state;
	assert_int_equal(trust_next(one, both, &fault), 0);
	assert_refused(one, old_only, "of 2)");
	assert_refused(one, new_only, "of 1)");
	roster_free(one);
	roster_free(both);
	roster_free(old_only);
	roster_free(new_only);
}

static void test_replacing_the_only_admin(void **state)
{
	struct roster *one = first();
	struct fault fault;

	(void)state;
	for (unsigned signers = 0; signers < 4; signers++) {
		struct roster *draft = next_draft(one), *next = NULL;

		add_admin(draft, "bea", BEA);
		assert_int_equal(roster_remove_admin(draft, "ada"), 0);
		if ((signers & 1) != 0)
			sign(draft, "ada", ADA); /* no longer in the roster she signs */
		if ((signers & 2) != 0)
			sign(draft, "bea", BEA);
		next = published(draft);
		assert_int_equal(trust_next(one, next, &fault), signers == 3 ? 0 : -1);
		roster_free(next);
	}
	roster_free(one);
}

/* One key under two names, or one signature line twice, is one signature. */
static void test_a_key_counts_once(void **state)
{
	struct roster *one = first(), *two = two_admins(one, true, true), *draft = next_draft(two),
		      *next = NULL;
	uint8_t public[32], secret[64];
	struct buffer note = buffer_of(ROSTER_MAX_BYTES), body = buffer_of(ROSTER_MAX_BYTES);
	struct note_signature by_other_name;
	struct fault fault;

	(void)state;
	fixture_key(ADA, public, secret);
	sign(draft, "ada", ADA);
	assert_int_equal(roster_write_note(draft, &note), 0);
	assert_int_equal(roster_write_body(draft, &body), 0);
	assert_int_equal(note_sign(body.data, body.len, "bea", secret, &by_other_name), 0);
	note_put_signature(&note, &by_other_name);
	assert_int_equal(roster_parse(note.data, note.len, &next, &fault), 0);
	assert_refused(two, next, "1 of 2)");
	roster_free(next);
	next = NULL;
	buffer_clear(&note);
	assert_int_equal(roster_write_note(draft, &note), 0);
	note_put_signature(&note, &draft->signatures[0]);
	assert_int_equal(roster_parse(note.data, note.len, &next, &fault), -1);
	assert_null(next);
	roster_free(draft);
	roster_free(one);
	roster_free(two);
	buffer_free(&note);
	buffer_free(&body);
}

static void test_lowering_the_threshold_needs_the_old_one(void **state)
{
	struct roster *one = first(), *two = two_admins(one, true, true), *draft = next_draft(two),
		      *next = NULL;
	struct fault fault;

	(void)state;
	draft->threshold = 1;
	sign(draft, "bea", BEA);
	next = published(draft);
	assert_refused(two, next, "1 of 2)");
	sign(next, "ada", ADA);
	next = published(next);
	assert_int_equal(trust_next(two, next, &fault), 0);
	roster_free(one);
	roster_free(two);
	roster_free(next);
}

static void test_a_changed_body_voids_the_signature(void **state)
{
	struct roster *one = first(), *draft = next_draft(one), *next = NULL;
	struct buffer note = buffer_of(ROSTER_MAX_BYTES);
	struct fault fault;
	char *title = NULL;

	(void)state;
	sign(draft, "ada", ADA);
	assert_int_equal(roster_write_note(draft, &note), 0);
	assert_non_null(buffer_text(&note));
	title = strstr((char *)note.data, "Legal aid");
	assert_non_null(title);
	title[0] = 'R';
	assert_int_equal(roster_parse(note.data, note.len, &next, &fault), 0);
	assert_refused(one, next, "0 of 1)");
	roster_free(one);
	roster_free(draft);
	roster_free(next);
	buffer_free(&note);
}

static void test_advance_takes_the_newest(void **state)
{
	struct chain chain = plain_chain(2);
	struct trust_source source = source_of(&chain);
	struct roster *now = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(trust_advance(chain.at[1], chain.at[2], &source, &now, &fault), 0);
	assert_int_equal(now->version, 2);
	assert_int_equal(chain.fetched, 0);
	assert_int_equal(chain.kept, 1);
	roster_free(now);
	chain_free(&chain);
}

static void test_advance_to_the_same(void **state)
{
	struct chain chain = plain_chain(1);
	struct trust_source source = source_of(&chain);
	struct roster *now = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(trust_advance(chain.at[1], chain.at[1], &source, &now, &fault), 0);
	assert_int_equal(now->version, 1);
	assert_int_equal(chain.kept, 0);
	roster_free(now);
	chain_free(&chain);
}

static void test_rollback(void **state)
{
	struct chain chain = plain_chain(2);
	struct trust_source source = source_of(&chain);
	struct roster *now = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(trust_advance(chain.at[2], chain.at[1], &source, &now, &fault), -1);
	assert_non_null(strstr(fault.text, "old or lying"));
	assert_null(now);
	chain_free(&chain);
}

static void test_fork(void **state)
{
	struct chain chain = plain_chain(2);
	struct trust_source source = source_of(&chain);
	struct roster *draft = next_draft(chain.at[1]), *other = NULL, *now = NULL;
	struct fault fault;

	(void)state;
	draft->expires += DAY;
	sign(draft, "ada", ADA);
	other = published(draft);
	assert_int_equal(trust_advance(chain.at[2], other, &source, &now, &fault), -1);
	assert_non_null(strstr(fault.text, "two different"));
	assert_null(now);
	roster_free(other);
	chain_free(&chain);
}

static void test_catching_up_one_by_one(void **state)
{
	struct chain chain = changing_chain();
	struct trust_source source = source_of(&chain);
	struct roster *now = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(trust_advance(chain.at[1], chain.at[4], &source, &now, &fault), 0);
	assert_int_equal(now->version, 4);
	assert_int_equal(chain.fetched, 2);
	assert_int_equal(chain.kept, 3);
	roster_free(now);
	chain_free(&chain);
}

static void test_catching_up_stops_at_a_bad_one(void **state)
{
	struct chain chain = changing_chain();
	struct trust_source source = source_of(&chain);
	struct roster *now = NULL, *right = chain.at[3];
	struct fault fault;

	(void)state;
	chain.at[3] = chain.at[2]; /* the server answers with another version */
	assert_int_equal(trust_advance(chain.at[1], chain.at[4], &source, &now, &fault), -1);
	chain.at[3] = NULL; /* the server doesn't have it */
	assert_int_equal(trust_advance(chain.at[2], chain.at[4], &source, &now, &fault), -1);
	assert_null(now);
	chain.at[3] = right;
	chain.keep_fails = true;
	assert_int_equal(trust_advance(chain.at[1], chain.at[4], &source, &now, &fault), -1);
	assert_null(now);
	chain_free(&chain);
}

static void test_the_end_is_announced_in_steps(void **state)
{
	static const struct {
		int64_t life_days, left_seconds;
		int step;
	} cases[] = {
		{ 30, 30 * DAY, TRUST_NOT_SOON },
		{ 30, 14 * DAY + 1, TRUST_NOT_SOON },
		{ 30, 14 * DAY, 14 },
		{ 30, 7 * DAY + 1, 14 },
		{ 30, 7 * DAY, 7 },
		{ 30, 3 * DAY, 3 },
		{ 30, DAY + 1, 3 },
		{ 30, DAY, 1 },
		{ 30, 1, 1 },
		{ 30, 0, 0 },
		{ 30, -5 * DAY, 0 },
		{ 92, 30 * DAY + 1, TRUST_NOT_SOON },
		{ 92, 30 * DAY, 30 },
		{ 92, 14 * DAY, 14 },
		{ 7, 7 * DAY, TRUST_NOT_SOON },
		{ 7, 3 * DAY, 3 },
	};
	struct roster *roster = fixture_roster();

	(void)state;
	for (size_t at = 0; at < COUNT_OF(cases); at++) {
		roster->expires = roster->issued + cases[at].life_days * DAY;
		assert_int_equal(
			trust_expiry_step(roster, roster->expires - cases[at].left_seconds), cases[at].step);
	}
	roster_free(roster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_plain_step),
		cmocka_unit_test(test_a_gap_is_no_step),
		cmocka_unit_test(test_bad_previous),
		cmocka_unit_test(test_unsigned_and_strangers),
		cmocka_unit_test(test_old_and_new_admins_must_sign),
		cmocka_unit_test(test_replacing_the_only_admin),
		cmocka_unit_test(test_a_key_counts_once),
		cmocka_unit_test(test_lowering_the_threshold_needs_the_old_one),
		cmocka_unit_test(test_a_changed_body_voids_the_signature),
		cmocka_unit_test(test_advance_takes_the_newest),
		cmocka_unit_test(test_advance_to_the_same),
		cmocka_unit_test(test_rollback),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_catching_up_one_by_one),
		cmocka_unit_test(test_catching_up_stops_at_a_bad_one),
		cmocka_unit_test(test_the_end_is_announced_in_steps),
	};

	if (proto_init() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
