#include "cmocka_all.h"

#include "proto/roster.h"
#include "roster_fixture.h"

#include <stdlib.h>

static int parses(const char *text)
{
	struct roster *roster = NULL;
	struct fault fault = { "" };
	int rc = roster_parse((const uint8_t *)text, strlen(text), &roster, &fault);

	if (rc != 0) {
		assert_true(fault.text[0] != '\0');
		assert_null(roster);
	}
	roster_free(roster);
	return rc;
}

static void what_is_written_parses_to_the_same_bytes(void **state)
{
	struct roster *roster = fixture_roster(), *parsed = NULL;
	struct buffer body = buffer_of(ROSTER_MAX_BYTES), again = buffer_of(ROSTER_MAX_BYTES);
	char *text = NULL;
	struct fault fault;

	(void)state;
	fixture_fill(roster);
	text = fixture_note(roster, NULL, "");
	assert_int_equal(roster_parse((const uint8_t *)text, strlen(text), &parsed, &fault), 0);
	assert_int_equal(roster_write_body(roster, &body), 0);
	assert_int_equal(roster_write_body(parsed, &again), 0);
	assert_int_equal(body.len, again.len);
	assert_memory_equal(body.data, again.data, body.len);
	assert_int_equal(parsed->body_len, body.len);
	assert_string_equal(parsed->organisation, "Help Line");
	assert_int_equal(parsed->officer_count, 2);
	assert_string_equal(parsed->desks[0].fallback, "legal");
	assert_true(parsed->servers[0].has_next_pin);
	assert_int_equal(parsed->token_keys[0].epoch, 1);
	assert_string_equal(parsed->partners[0].title, "Sister organisation");
	assert_int_equal(desk_ack_minutes(&parsed->desks[0], URGENCY_WITHHELD), 15);
	assert_int_equal(desk_ack_minutes(&parsed->desks[0], URGENCY_RECORD), 4320);
	free(text);
	roster_free(roster);
	roster_free(parsed);
	buffer_free(&body);
	buffer_free(&again);
}

static void the_digest_is_that_of_the_body_whoever_signed(void **state)
{
	struct roster *roster = fixture_roster(), *plain = NULL, *signed_one = NULL;
	uint8_t public_key[32], secret_key[64], digest[32];
	char *text = NULL;
	struct fault fault;

	(void)state;
	fixture_key(1, public_key, secret_key);
	text = fixture_note(roster, NULL, "");
	assert_int_equal(roster_parse((const uint8_t *)text, strlen(text), &plain, &fault), 0);
	free(text);
	assert_int_equal(roster_sign(roster, "ada", secret_key, &fault), 0);
	text = fixture_note(roster, NULL, "");
	assert_int_equal(roster_parse((const uint8_t *)text, strlen(text), &signed_one, &fault), 0);
	assert_int_equal(crypto_hash_sha256(digest, (const uint8_t *)text, signed_one->body_len), 0);
	assert_memory_equal(digest, plain->digest, sizeof(digest));
	assert_memory_equal(digest, signed_one->digest, sizeof(digest));
	free(text);
	roster_free(roster);
	roster_free(plain);
	roster_free(signed_one);
}

static void signatures_count_once_a_key(void **state)
{
	struct roster *roster = fixture_roster(), *strangers = fixture_roster();
	uint8_t public_key[32], secret_key[64], other_key[64];
	struct fault fault;

	(void)state;
	fixture_key(1, public_key, secret_key);
	fixture_key(4, public_key, other_key);
	assert_int_equal(roster_signed_by(roster, roster), 0);
	assert_int_equal(roster_sign(roster, "ada", other_key, &fault), 0); /* not ada's key */
	assert_int_equal(roster_signed_by(roster, roster), 0);
	assert_int_equal(roster_sign(roster, "ada", secret_key, &fault), 0);
	assert_int_equal(roster_sign(roster, "ada", secret_key, &fault), 0);
	assert_int_equal(roster->signature_count, 2);
	assert_int_equal(roster_signed_by(roster, roster), 1);
	memcpy(strangers->admins[0].public_key, public_key, sizeof(public_key));
	assert_int_equal(roster_signed_by(roster, strangers), 1); /* the first signature was by that key */
	memcpy(strangers->admins[0].name, "eva", sizeof("eva"));
	assert_int_equal(roster_signed_by(roster, strangers), 0);
	assert_int_equal(roster_sign(roster, "Not a name", secret_key, &fault), -1);
	roster->expires++; /* another body: old signatures count for nothing */
	assert_int_equal(roster_signed_by(roster, roster), 0);
	roster_free(roster);
	roster_free(strangers);
}

static void plus_lines_are_kept_signed_and_ignored(void **state)
{
	struct roster *roster = fixture_roster(), *parsed = NULL;
	uint8_t public_key[32], secret_key[64];
	struct fault fault;
	struct buffer note = buffer_of(ROSTER_MAX_BYTES);
	char *text = fixture_note(roster, "desk intake", "+colour blue\ndesk intake");

	(void)state;
	fixture_key(1, public_key, secret_key);
	assert_int_equal(roster_parse((const uint8_t *)text, strlen(text), &parsed, &fault), 0);
	assert_int_equal(roster_sign(parsed, "ada", secret_key, &fault), 0);
	assert_int_equal(roster_signed_by(parsed, roster), 1);
	assert_int_equal(roster_write_note(parsed, &note), 0);
	assert_non_null(strstr(buffer_text(&note), "\n+colour blue\n"));
	roster_touch(parsed);
	buffer_clear(&note);
	assert_int_equal(roster_write_note(parsed, &note), 0);
	assert_null(strstr(buffer_text(&note), "+colour"));
	free(text);
	buffer_free(&note);
	roster_free(roster);
	roster_free(parsed);
}

/* Each row: what stands in the sound roster, and what must be refused in its place. */
static const char *const malformed[][2] = {
	{ "clarion-roster/1\n", "clarion-roster/2\n" },
	{ "clarion-roster/1\n", "\nclarion-roster/1\n" },
	{ "organisation Help Line\n", "" },
	{ "organisation Help Line\n", "organisation Help Line\norganisation Help Line\n" },
	{ "organisation Help Line\n", "organisation \n" },
	{ "organisation Help Line\n", "organisation  Help Line\n" },
	{ "organisation Help Line\n", "organisation Help Line \n" },
	{ "organisation Help Line\n", "colour blue\norganisation Help Line\n" },
	{ "organisation Help Line\n", "\norganisation Help Line\n" },
	{ "version 1\n", "version 01\n" },
	{ "version 1\n", "version 0\n" },
	{ "version 1\n", "version -1\n" },
	{ "version 1\n", "version 1 \n" },
	{ "version 1\n", "version 1 2\n" },
	{ "version 1\n", "version 9223372036854775808\n" },
	{ "version 1\n", "version 2\n" }, /* with `previous` all zeros */
	{ "previous 0", "previous 1" },   /* for version 1 */
	{ "previous 0", "previous A" },
	{ "previous 0", "previous " },
	{ "issued 2", "issued 3" },
	{ "issued ", "issued x" },
	{ "expires 2026", "expires 2027" },
	{ "expires 2026", "expires 2025" },
	{ "threshold 1\n", "threshold 0\n" },
	{ "threshold 1\n", "threshold 2\n" },
	{ "threshold 1\n", "threshold 4294967297\n" },
	{ "admin ada ", "admin Ada " },
	{ "admin ada ", "admin intake " },
	{ "admin ada ", "admin olga " },
	{ "admin ada age1", "admin ada age2" },
	{ "admin ada ", "admin  ada " },
	{ "server https", "server http" },
	{ "server https", "fallback intake legal\nserver https" },
	{ FIXTURE_URL, "https://help.example.org:443/AAAAAAAAAAAAAAAAAAAAAA" },
	{ FIXTURE_URL, "https://help.example.org:8443" },
	{ FIXTURE_URL, "https://help.example.org:8443/short" },
	{ "BQU=\n", "BQU= BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=\n" }, /* next pin is the pin */
	{ "BQU=\n", "BQU= \n" },
	{ "BQU=\n", "BQV=\n" }, /* trailing bits */
	{ "receipt-key ", "receipt-key A" },
	{ "receipt-key ", "receipt key " },
	{ "desk intake open 15", "desk intake shut 15" },
	{ "desk intake open 15", "desk intake open 0" },
	{ "desk intake open 15", "desk intake open 015" },
	{ "desk intake open 15", "desk intake open 527041" },
	{ "desk intake open 15,", "desk intake open " },
	{ "desk intake open 15,120,1440,4320", "desk intake open 15,120,1440,4320,1" },
	{ "4320 90 First", "4320 0 First" },
	{ "4320 90 First", "4320 36526 First" },
	{ "4320 90 First contact\n", "4320 90\n" },
	{ "4320 90 First contact\n", "4320 90 \n" },
	{ "desk legal", "desk intake" },
	{ "officer olga", "fallback intake intake\nofficer olga" },
	{ "officer olga", "fallback intake nowhere\nofficer olga" },
	{ "officer olga", "fallback nowhere intake\nofficer olga" },
	{ "officer olga", "fallback legal intake\nfallback intake legal\nofficer olga" }, /* order */
	{ "officer olga", "fallback intake legal\nfallback intake legal\nofficer olga" },
	{ "officer olga", "officer ada" },
	{ "officer olga", "officer legal" },
	{ "officer olga", "officer maria" },
	{ "officer olga intake 1", "officer olga nowhere 1" },
	{ "officer olga intake 1", "officer olga intake,intake 1" },
	{ "officer olga intake 1", "officer olga intake, 1" },
	{ "officer olga intake 1", "officer olga ,intake 1" },
	{ "officer olga intake 1", "officer olga intake 0" },
	{ "officer olga intake 1", "officer olga intake 10" },
	{ " On call\n", " On call\ndesk late open 15,120,1440,4320 90 Late\n" },
	{ " On call\n", "\n" },
	{ " On call\n", " On call\nunknown line\n" },
	{ " On call\n", " On\tcall\n" },
};

static void malformed_lines_are_refused(void **state)
{
	struct roster *roster = fixture_roster();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(malformed); i++) {
		char *text = fixture_note(roster, malformed[i][0], malformed[i][1]);

		if (parses(text) == 0)
			fail_msg("row %zu was taken: %s", i, malformed[i][1]);
		free(text);
	}
	roster_free(roster);
}

static void orders_that_are_right_are_taken(void **state)
{
	static const char *const rows[][2] = {
		{ "officer olga", "fallback intake legal\nofficer olga" },
		{ "officer olga", "fallback intake legal\nfallback legal intake\nofficer olga" },
		{ "officer olga intake 1", "officer olga legal,intake 9" },
		{ "organisation Help Line", "organisation \xd8\xae\xd8\xb7 "
					    "\xd8\xa7\xd9\x84\xd8\xad\xd9\x85\xd8\xa7\xd9\x8a\xd8\xa9" },
		{ "BQU=\n", "BQU= BgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgY=\n" },
	};
	struct roster *roster = fixture_roster();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char *text = fixture_note(roster, rows[i][0], rows[i][1]);

		assert_int_equal(parses(text), 0);
		free(text);
	}
	roster_free(roster);
}

static int refused(struct roster *roster)
{
	struct fault fault = { "" };
	int rc = roster_check(roster, &fault);

	assert_true(rc == 0 || fault.text[0] != '\0');
	roster_free(roster);
	return rc == -1;
}

static void whole_rosters_are_checked(void **state)
{
	struct roster *roster = fixture_roster();
	struct roster_server server;
	struct roster_officer officer;

	(void)state;
	assert_false(refused(roster));
	roster = fixture_roster();
	roster->expires = roster->issued + INT64_C(92) * 86400;
	assert_false(refused(roster));
	roster = fixture_roster();
	roster->expires = roster->issued + INT64_C(92) * 86400 + 1;
	assert_true(refused(roster));
	roster = fixture_roster();
	roster->expires = roster->issued;
	assert_true(refused(roster));
	roster = fixture_roster();
	memset(roster->receipt_key, 0, 32); /* a low-order point */
	assert_true(refused(roster));
	roster = fixture_roster();
	memset(roster->admins[0].public_key, 0, 32);
	assert_true(refused(roster));
	roster = fixture_roster();
	assert_int_equal(roster_remove_admin(roster, "ada"), 0);
	roster->threshold = 0;
	assert_true(refused(roster));
	roster = fixture_roster();
	server = roster->servers[0];
	assert_int_equal(roster_add_server(roster, &server), 0);
	assert_true(refused(roster));
	roster = fixture_roster();
	officer = roster->officers[0];
	memcpy(officer.name, "other", sizeof("other"));
	assert_int_equal(roster_add_officer(roster, &officer), 0); /* the same key twice */
	assert_true(refused(roster));
	roster = fixture_roster();
	memset(roster->officers[0].public_key, 0, 32);
	assert_true(refused(roster));
	roster = fixture_roster();
	memset(roster->organisation, 'x', ROSTER_TEXT_MAX);
	assert_false(refused(roster));
}

static void further_lines_are_checked(void **state)
{
	struct roster *roster = NULL;

	(void)state;
	roster = fixture_roster();
	fixture_fill(roster);
	assert_false(refused(roster));
	roster = fixture_roster();
	fixture_fill(roster);
	roster->token_keys[0].not_after = roster->token_keys[0].not_before;
	assert_true(refused(roster));
	roster = fixture_roster();
	fixture_fill(roster);
	memset(roster->token_keys[0].public_key, 0, 32);
	assert_true(refused(roster));
	roster = fixture_roster();
	fixture_fill(roster);
	memset(roster->token_keys[0].public_key, 0xff, 32);
	assert_true(refused(roster));
	roster = fixture_roster();
	fixture_fill(roster);
	assert_int_equal(roster_add_token_key(roster, &roster->token_keys[0]), 0);
	assert_true(refused(roster));
	roster = fixture_roster();
	fixture_fill(roster);
	assert_int_equal(roster_add_partner(roster, &roster->partners[0]), 0);
	assert_true(refused(roster));
	/* Who agrees to one, or excludes it, must not mean another one. */
	for (size_t at = 0; at < 2; at++) {
		const char *name = at == 0 ? "intake" : "olga";

		roster = fixture_roster();
		fixture_fill(roster);
		memcpy(roster->partners[0].name, name, strlen(name) + 1);
		assert_true(refused(roster));
	}
	roster = fixture_roster();
	fixture_fill(roster);
	roster->partners[0].fingerprint[0] = '=';
	assert_true(refused(roster));
	roster = fixture_roster();
	fixture_fill(roster);
	roster->partners[0].url[0] = 'x';
	assert_true(refused(roster));
	roster = fixture_roster();
	fixture_fill(roster);
	assert_int_equal(roster_add_archive(roster, &roster->archives[0]), 0);
	assert_true(refused(roster));
	roster = fixture_roster();
	fixture_fill(roster);
	roster->archives[0].desk[0] = 'x';
	assert_true(refused(roster));
}

static void a_long_roster_is_refused(void **state)
{
	uint8_t *data = calloc(1, ROSTER_MAX_BYTES + 1);
	struct roster *roster = NULL;
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(roster_parse(data, ROSTER_MAX_BYTES + 1, &roster, &fault), -1);
	assert_non_null(strstr(fault.text, "longer"));
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_parses_to_the_same_bytes),
		cmocka_unit_test(the_digest_is_that_of_the_body_whoever_signed),
		cmocka_unit_test(signatures_count_once_a_key),
		cmocka_unit_test(plus_lines_are_kept_signed_and_ignored),
		cmocka_unit_test(malformed_lines_are_refused),
		cmocka_unit_test(orders_that_are_right_are_taken),
		cmocka_unit_test(whole_rosters_are_checked),
		cmocka_unit_test(further_lines_are_checked),
		cmocka_unit_test(a_long_roster_is_refused),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
