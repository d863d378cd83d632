/* A sound roster with keys that the test knows: one admin, two desks, two officers. Key n has the seed n n n
 * … */
#ifndef TESTS_ROSTER_FIXTURE_H
#define TESTS_ROSTER_FIXTURE_H

#include "cmocka_all.h"

#include "proto/roster.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURE_URL    "https://help.example.org:8443/AAAAAAAAAAAAAAAAAAAAAA"
#define FIXTURE_ISSUED INT64_C(1795000000)

/* secret_key may be NULL. */
static inline void fixture_key(uint8_t seed_byte, uint8_t public_key[32], uint8_t *secret_key)
{
	uint8_t seed[32], secret[64];

	memset(seed, seed_byte, sizeof(seed));
	(void)crypto_sign_seed_keypair(public_key, secret, seed);
	if (secret_key != NULL)
		memcpy(secret_key, secret, sizeof(secret));
}

static inline void fixture_recipient(uint8_t seed_byte, uint8_t recipient[32])
{
	uint8_t secret[32];

	memset(secret, seed_byte, sizeof(secret));
	(void)crypto_scalarmult_base(recipient, secret);
	recipient[31] &= 0x7f;
}

static inline int fixture_desk(struct roster *roster, const char *name, const char *title)
{
	struct roster_desk desk = {
		.admission = ADMISSION_OPEN, .ack_minutes = { 15, 120, 1440, 4320 }, .retention_days = 90
	};

	memcpy(desk.name, name, strlen(name) + 1);
	memcpy(desk.title, title, strlen(title) + 1);
	return roster_add_desk(roster, &desk);
}

static inline int fixture_officer(
	struct roster *roster, const char *name, const char *desk, uint8_t seed_byte)
{
	struct roster_officer officer = { .desk_count = 1, .tier = 1, .title = "On call" };

	memcpy(officer.name, name, strlen(name) + 1);
	memcpy(officer.desks[0], desk, strlen(desk) + 1);
	fixture_key(seed_byte, officer.public_key, NULL);
	fixture_recipient(seed_byte, officer.recipient);
	return roster_add_officer(roster, &officer);
}

/* NULL where memory is short. */
static inline struct roster *fixture_roster(void)
{
	struct roster *roster = roster_new();
	struct roster_admin admin = { .name = "ada" };
	struct roster_server server = { .url = FIXTURE_URL };

	if (roster == NULL)
		return NULL;
	memcpy(roster->organisation, "Help Line", sizeof("Help Line"));
	roster->version = 1;
	roster->issued = FIXTURE_ISSUED;
	roster->expires = FIXTURE_ISSUED + INT64_C(30) * 86400;
	roster->threshold = 1;
	fixture_key(9, roster->receipt_key, NULL);
	fixture_key(1, admin.public_key, NULL);
	fixture_recipient(1, admin.recipient);
	memset(server.pin, 5, sizeof(server.pin));
	if (roster_add_admin(roster, &admin) != 0 || roster_add_server(roster, &server) != 0 ||
		fixture_desk(roster, "intake", "First contact") != 0 ||
		fixture_desk(roster, "legal", "Legal aid") != 0 ||
		fixture_officer(roster, "olga", "intake", 2) != 0 ||
		fixture_officer(roster, "maria", "legal", 3) != 0) {
		roster_free(roster);
		return NULL;
	}
	return roster;
}

/* The fixture's note, as text, with `from` replaced by `to` once; free() it. */
static inline char *fixture_note(const struct roster *roster, const char *from, const char *to)
{
	struct buffer out = buffer_of(ROSTER_MAX_BYTES);
	char *text = NULL, *at = NULL;
	size_t before = 0;

	assert_int_equal(roster_write_note(roster, &out), 0);
	text = calloc(1, out.len + strlen(to) + 1);
	assert_non_null(text);
	at = from == NULL ? NULL : strstr(buffer_text(&out), from);
	if (from != NULL)
		assert_non_null(at);
	before = at == NULL ? out.len : (size_t)((uint8_t *)at - out.data);
	memcpy(text, out.data, before);
	if (at != NULL) {
		memcpy(text + before, to, strlen(to));
		memcpy(text + before + strlen(to), at + strlen(from), out.len - before - strlen(from));
	}
	buffer_free(&out);
	return text;
}

/* One of every kind of line besides. */
static inline void fixture_fill(struct roster *roster)
{
	struct roster_token_key key = {
		.epoch = 1, .not_before = FIXTURE_ISSUED, .not_after = FIXTURE_ISSUED + 9
	};
	struct roster_partner partner = { .name = "sister",
		.url = "https://example.net/BBBBBBBBBBBBBBBBBBBBBA",
		.title = "Sister organisation" };
	struct roster_archive archive = { .desk = "intake" };
	uint8_t seed[64] = { 7 };

	assert_int_equal(crypto_core_ristretto255_from_hash(key.public_key, seed), 0);
	memset(partner.fingerprint, 'A', FINGERPRINT_SIZE - 1);
	fixture_recipient(8, archive.recipient);
	assert_int_equal(roster_add_token_key(roster, &key), 0);
	assert_int_equal(roster_add_partner(roster, &partner), 0);
	assert_int_equal(roster_add_archive(roster, &archive), 0);
	memcpy(roster->desks[0].fallback, "legal", sizeof("legal"));
	memcpy(roster->desks[1].fallback, "intake", sizeof("intake"));
	roster->servers[0].has_next_pin = true;
}

#endif
