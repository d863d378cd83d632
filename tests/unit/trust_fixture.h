/* Chains of rosters with keys that the test knows, and a server that gives them out. */
#ifndef TESTS_TRUST_FIXTURE_H
#define TESTS_TRUST_FIXTURE_H

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

static inline void add_admin(struct roster *roster, const char *name, uint8_t seed)
{
	struct roster_admin admin = { .name = "" };

	memcpy(admin.name, name, strlen(name) + 1);
	fixture_key(seed, admin.public_key, NULL);
	fixture_recipient(seed, admin.recipient);
	assert_int_equal(roster_add_admin(roster, &admin), 0);
}

static inline void sign(struct roster *roster, const char *name, uint8_t seed)
{
	uint8_t public[32], secret[64];
	struct fault fault;

	fixture_key(seed, public, secret);
	assert_int_equal(roster_sign(roster, name, secret, &fault), 0);
}

/* Written down and read again, as every roster is that is judged. Takes the draft. */
static inline struct roster *published(struct roster *draft)
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

static inline struct roster *next_draft(const struct roster *roster)
{
	struct roster *draft = NULL;

	assert_int_equal(roster_next(roster, &draft), 0);
	draft->issued = roster->issued + DAY;
	draft->expires = draft->issued + 30 * DAY;
	return draft;
}

static inline struct roster *first(void)
{
	struct roster *draft = fixture_roster();

	assert_non_null(draft);
	sign(draft, "ada", ADA);
	return published(draft);
}

/* Version 2 and its like: nothing changed, signed by ada. */
static inline struct roster *plain_next(const struct roster *roster)
{
	struct roster *draft = next_draft(roster);

	sign(draft, "ada", ADA);
	return published(draft);
}

static inline int fetch(void *owner, uint64_t version, struct buffer *out)
{
	struct chain *chain = owner;

	chain->fetched++;
	if (chain->is_silent || version > CHAIN_MAX || chain->at[version] == NULL)
		return -1;
	buffer_put(out, chain->at[version]->note, chain->at[version]->note_len);
	return buffer_ok(out);
}

static inline int keep(void *owner, const struct roster *roster)
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

static inline struct trust_source source_of(struct chain *chain)
{
	return (struct trust_source){ .fetch = fetch, .keep = keep, .owner = chain };
}

static inline void chain_free(struct chain *chain)
{
	for (size_t version = 1; version <= CHAIN_MAX; version++)
		roster_free(chain->at[version]);
}

/* count plain rosters. */
static inline struct chain plain_chain(uint64_t count)
{
	struct chain chain = { .fetched = 0 };

	chain.at[1] = first();
	for (uint64_t version = 2; version <= count; version++)
		chain.at[version] = plain_next(chain.at[version - 1]);
	return chain;
}

/* ada, threshold 1 -> ada and bea, threshold 2. */
static inline struct roster *two_admins(const struct roster *roster, bool ada_signs, bool bea_signs)
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

/* ada -> ada and bea -> bea -> bea and clo: each step is signed by the admins of its time only. */
static inline struct chain changing_chain(void)
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

#endif
