/* keys/trust: the root-role rules of TUF over the chain of rosters. Each refusal is a test. */
#include "cmocka_all.h"

#include "keys/trust.h"
#include "proto/base.h"
#include "roster_fixture.h"

#include <stdio.h>

#define DAY       INT64_C(86400)
#define CHAIN_MAX 8

/* Admin keys by seed byte; ada (1) is the fixture's. */
#define ADA 1
#define BEA 11
#define CLO 12

/* The server's rosters by version, and what a client was told. */
struct chain {
	struct roster *at[CHAIN_MAX + 1];
	unsigned fetched, kept;
	uint64_t kept_last;
	bool is_silent; /* the next fetch fails */
	bool keep_fails;
};

static void add_admin(struct roster *roster, const char *name, uint8_t seed)
{
	struct roster_admin admin = { .name = "" };

	memcpy(admin.name, name, strlen(name) + 1);
	fixture_key(seed, admin.public_key, NULL);
	fixture_recipient(seed, admin.recipient);
	assert_int_equal(roster_add_admin(roster, &admin), 0);
}

static void sign(struct roster *roster, const char *name, uint8_t seed)
{
	uint8_t public[32], secret[64];
	struct fault fault;

	fixture_key(seed, public, secret);
	assert_int_equal(roster_sign(roster, name, secret, &fault), 0);
}

/* Written down and read again, as every roster is that is judged. Takes the draft. */
static struct roster *published(struct roster *draft)
{
	struct buffer note = buffer_of(ROSTER_MAX_BYTES);
	struct roster *roster = NULL;
	struct fault fault;

	assert_int_equal(roster_write_note(draft, &note), 0);
	if (roster_parse(note.data, note.len, &roster, &fault) != 0)
		fail_msg("%s", fault.text);
	buffer_free(&note);
	roster_free(draft);
	return roster;
}

static struct roster *next_draft(const struct roster *roster)
{
	struct roster *draft = NULL;

	assert_int_equal(roster_next(roster, &draft), 0);
	draft->issued = roster->issued + DAY;
	draft->expires = draft->issued + 30 * DAY;
	return draft;
}

static struct roster *first(void)
{
	struct roster *draft = fixture_roster();

	assert_non_null(draft);
	sign(draft, "ada", ADA);
	return published(draft);
}

/* Version 2 and its like: nothing changed, signed by ada. */
static struct roster *plain_next(const struct roster *roster)
{
	struct roster *draft = next_draft(roster);

	sign(draft, "ada", ADA);
	return published(draft);
}

static int fetch(void *owner, uint64_t version, struct buffer *out)
{
	struct chain *chain = owner;

	chain->fetched++;
	if (chain->is_silent || version > CHAIN_MAX || chain->at[version] == NULL)
		return -1;
	buffer_put(out, chain->at[version]->note, chain->at[version]->note_len);
	return buffer_ok(out);
}

static int keep(void *owner, const struct roster *roster)
{
	struct chain *chain = owner;

	if (chain->keep_fails)
		return -1;
	if (chain->kept > 0)
		assert_int_equal(roster->version, chain->kept_last + 1);
	chain->kept++;
	chain->kept_last = roster->version;
	return 0;
}

static struct trust_source source_of(struct chain *chain)
{
	return (struct trust_source){ .fetch = fetch, .keep = keep, .owner = chain };
}

static void chain_free(struct chain *chain)
{
	for (size_t version = 1; version <= CHAIN_MAX; version++)
		roster_free(chain->at[version]);
}

/* count plain rosters. */
static struct chain plain_chain(uint64_t count)
{
	struct chain chain = { .fetched = 0 };

	chain.at[1] = first();
	for (uint64_t version = 2; version <= count; version++)
		chain.at[version] = plain_next(chain.at[version - 1]);
	return chain;
}

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

/* ada, threshold 1 -> ada and bea, threshold 2. */
static struct roster *two_admins(const struct roster *roster, bool ada_signs, bool bea_signs)
{
	struct roster *draft = next_draft(roster);

	add_admin(draft, "bea", BEA);
	draft->threshold = 2;
	if (ada_signs)
		sign(draft, "ada", ADA);
	if (bea_signs)
		sign(draft, "bea", BEA);
	return published(draft);
}

static void test_old_and_new_admins_must_sign(void **state)
{
	struct roster *one = first(), *both = two_admins(one, true, true),
		      *old_only = two_admins(one, true, false), *new_only = two_admins(one, false, true);
	struct fault fault;

	(void)state;
	assert_int_equal(trust_next(one, both, &fault), 0);
	assert_refused(one, old_only, "of the 2");
	assert_refused(one, new_only, "of the 1");
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
	assert_refused(two, next, "1 of the 2");
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
	assert_refused(two, next, "1 of the 2");
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
	assert_refused(one, next, "0 of the 1");
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

/* ada -> ada and bea -> bea -> bea and clo: each step is signed by the admins of its time only. */
static struct chain changing_chain(void)
{
	struct chain chain = plain_chain(1);
	struct roster *draft = NULL;

	chain.at[2] = two_admins(chain.at[1], true, true);
	draft = next_draft(chain.at[2]);
	assert_int_equal(roster_remove_admin(draft, "ada"), 0);
	draft->threshold = 1;
	sign(draft, "ada", ADA);
	sign(draft, "bea", BEA);
	chain.at[3] = published(draft);
	draft = next_draft(chain.at[3]);
	add_admin(draft, "clo", CLO);
	sign(draft, "bea", BEA);
	chain.at[4] = published(draft);
	return chain;
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
