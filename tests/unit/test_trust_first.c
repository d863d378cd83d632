/* keys/trust: where trust begins, older versions, and expiry. Each refusal is a test. */
#include "trust_fixture.h"

static struct trust_anchor anchor_at(const struct roster *roster)
{
	struct trust_anchor anchor = { .version = roster->version };

	assert_int_equal(roster_fingerprint(roster, anchor.fingerprint), 0);
	return anchor;
}

static void test_first_trust_of_the_newest(void **state)
{
	struct chain chain = plain_chain(3);
	struct trust_source source = source_of(&chain);
	struct trust_anchor anchor = anchor_at(chain.at[3]);
	struct roster *now = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(trust_first(&anchor, chain.at[3], &source, &now, &fault), 0);
	assert_int_equal(now->version, 3);
	assert_int_equal(chain.fetched, 0);
	assert_int_equal(chain.kept, 1);
	roster_free(now);
	chain_free(&chain);
}

static void test_first_trust_walks_back_and_forward(void **state)
{
	struct chain chain = changing_chain();
	struct trust_source source = source_of(&chain);
	struct trust_anchor anchor = anchor_at(chain.at[1]);
	struct roster *now = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(trust_first(&anchor, chain.at[4], &source, &now, &fault), 0);
	assert_int_equal(now->version, 4);
	assert_int_equal(chain.kept, 4);
	roster_free(now);
	chain_free(&chain);
}

static void test_first_trust_never_takes_an_older_one(void **state)
{
	struct chain chain = plain_chain(3);
	struct trust_source source = source_of(&chain);
	struct trust_anchor anchor = anchor_at(chain.at[3]);
	struct roster *now = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(trust_first(&anchor, chain.at[2], &source, &now, &fault), -1);
	assert_non_null(strstr(fault.text, "older than the invitation"));
	assert_null(now);
	chain_free(&chain);
}

static void test_first_trust_of_other_admins(void **state)
{
	struct chain chain = plain_chain(3);
	struct trust_source source = source_of(&chain);
	struct trust_anchor anchor = anchor_at(chain.at[2]);
	struct roster *now = NULL;
	struct fault fault;

	(void)state;
	anchor.fingerprint[0] = anchor.fingerprint[0] == 'A' ? 'B' : 'A';
	assert_int_equal(trust_first(&anchor, chain.at[3], &source, &now, &fault), -1);
	assert_non_null(strstr(fault.text, "invitation"));
	assert_int_equal(chain.fetched, 1); /* not back beyond the invitation's version */
	assert_null(now);
	chain_free(&chain);
}

/* The admin set of the invitation doesn't help who can't sign with its keys. */
static void test_first_trust_of_a_forged_roster(void **state)
{
	struct chain chain = plain_chain(1);
	struct trust_source source = source_of(&chain);
	struct trust_anchor anchor = anchor_at(chain.at[1]);
	struct roster *draft = next_draft(chain.at[1]), *forged = NULL, *now = NULL;
	struct fault fault;

	(void)state;
	forged = published(draft);
	assert_int_equal(trust_first(&anchor, forged, &source, &now, &fault), -1);
	assert_non_null(strstr(fault.text, "signatures"));
	assert_null(now);
	roster_free(forged);
	chain_free(&chain);
}

static void test_first_trust_of_a_broken_chain(void **state)
{
	struct chain chain = changing_chain();
	struct trust_source source = source_of(&chain);
	struct trust_anchor anchor = anchor_at(chain.at[1]);
	struct roster *right = chain.at[3], *draft = next_draft(chain.at[2]), *now = NULL;
	struct fault fault;

	(void)state;
	sign(draft, "ada", ADA);
	sign(draft, "bea", BEA);
	chain.at[3] = published(draft); /* well signed, but not what 4 continues */
	assert_int_equal(trust_first(&anchor, chain.at[4], &source, &now, &fault), -1);
	assert_non_null(strstr(fault.text, "continues"));
	roster_free(chain.at[3]);
	chain.at[3] = right;
	chain.is_silent = true;
	assert_int_equal(trust_first(&anchor, chain.at[4], &source, &now, &fault), -1);
	assert_null(now);
	chain_free(&chain);
}

static void test_an_older_version(void **state)
{
	struct chain chain = changing_chain();
	struct trust_source source = source_of(&chain);
	struct roster *roster = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(trust_at(chain.at[4], 4, &source, &roster, &fault), 0);
	assert_int_equal(chain.fetched, 0);
	roster_free(roster);
	assert_int_equal(trust_at(chain.at[4], 2, &source, &roster, &fault), 0);
	assert_int_equal(roster->version, 2);
	assert_int_equal(chain.fetched, 2);
	roster_free(roster);
	roster = NULL;
	assert_int_equal(trust_at(chain.at[4], 5, &source, &roster, &fault), -1);
	assert_int_equal(trust_at(chain.at[4], 0, &source, &roster, &fault), -1);
	roster_free(chain.at[2]);
	chain.at[2] = plain_next(chain.at[1]);
	assert_int_equal(trust_at(chain.at[4], 2, &source, &roster, &fault), -1);
	assert_null(roster);
	chain_free(&chain);
}

static void test_now_and_fresh(void **state)
{
	struct roster *roster = first();
	struct fault fault;

	(void)state;
	assert_int_equal(trust_now(3, 2, 1), 3);
	assert_int_equal(trust_now(1, 3, 2), 3);
	assert_int_equal(trust_now(1, 2, 3), 3);
	assert_int_equal(trust_fresh(roster, roster->expires - 1, &fault), 0);
	assert_int_equal(trust_fresh(roster, roster->expires, &fault), -1);
	assert_non_null(strstr(fault.text, "expired"));
	assert_non_null(strstr(fault.text, "admin"));
	roster_free(roster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_trust_of_the_newest),
		cmocka_unit_test(test_first_trust_walks_back_and_forward),
		cmocka_unit_test(test_first_trust_never_takes_an_older_one),
		cmocka_unit_test(test_first_trust_of_other_admins),
		cmocka_unit_test(test_first_trust_of_a_forged_roster),
		cmocka_unit_test(test_first_trust_of_a_broken_chain),
		cmocka_unit_test(test_an_older_version),
		cmocka_unit_test(test_now_and_fresh),
	};

	if (proto_init() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
