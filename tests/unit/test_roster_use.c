#include "cmocka_all.h"

#include "proto/roster.h"
#include "proto/roster_changes.h"
#include "roster_fixture.h"

#include <stdlib.h>

static void the_next_roster_names_the_one_before(void **state)
{
	struct roster *roster = fixture_roster(), *parsed = NULL, *next = NULL;
	char *text = fixture_note(roster, NULL, "");
	struct fault fault;

	(void)state;
	assert_int_equal(roster_next(roster, &next), -1); /* a draft has no digest yet */
	assert_int_equal(roster_parse((const uint8_t *)text, strlen(text), &parsed, &fault), 0);
	assert_int_equal(roster_next(parsed, &next), 0);
	assert_int_equal(next->version, 2);
	assert_memory_equal(next->previous, parsed->digest, 32);
	assert_null(next->note);
	assert_int_equal(next->officer_count, 2);
	assert_int_equal(roster_remove_officer(next, "olga"), 0);
	assert_int_equal(roster_remove_officer(next, "olga"), -1);
	assert_int_equal(roster_remove_admin(next, "olga"), -1);
	assert_string_equal(next->officers[0].name, "maria");
	assert_int_equal(parsed->officer_count, 2);
	assert_int_equal(roster_check(next, &fault), 0);
	free(text);
	roster_free(roster);
	roster_free(parsed);
	roster_free(next);
}

static void things_are_found(void **state)
{
	struct roster *roster = fixture_roster();
	uint8_t key[32];

	(void)state;
	fixture_key(2, key, NULL);
	assert_ptr_equal(roster_officer(roster, "olga"), &roster->officers[0]);
	assert_ptr_equal(roster_officer_by_key(roster, key), &roster->officers[0]);
	assert_null(roster_admin_by_key(roster, key));
	assert_null(roster_officer(roster, "ada"));
	assert_ptr_equal(roster_desk(roster, "legal"), &roster->desks[1]);
	assert_null(roster_desk(roster, "lega"));
	assert_true(officer_serves(&roster->officers[0], "intake"));
	assert_false(officer_serves(&roster->officers[0], "legal"));
	assert_true(roster_serves(roster, "help.example.org:8443"));
	assert_false(roster_serves(roster, "help.example.org"));
	roster_free(roster);
}

/* The rule of the header, worked out once more by hand. */
static void the_fingerprint_covers_threshold_and_sorted_keys(void **state)
{
	struct roster *roster = fixture_roster();
	struct roster_admin second = { .name = "bea" };
	char one[FINGERPRINT_SIZE], other[FINGERPRINT_SIZE], expected[FINGERPRINT_SIZE], key[45];
	uint8_t digest[32];
	struct buffer lines = buffer_of(256);

	(void)state;
	assert_int_equal(sodium_bin2base64(key, sizeof(key), roster->admins[0].public_key, 32,
				 sodium_base64_VARIANT_ORIGINAL) == NULL,
		0);
	buffer_put_format(&lines, "clarion-admins/1\n1\n%s\n", key);
	crypto_hash_sha256(digest, lines.data, lines.len);
	sodium_bin2base64(expected, sizeof(expected), digest, 32, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	assert_int_equal(roster_fingerprint(roster, one), 0);
	assert_string_equal(one, expected);
	fixture_key(4, second.public_key, NULL);
	assert_int_equal(roster_add_admin(roster, &second), 0);
	assert_int_equal(roster_fingerprint(roster, one), 0);
	assert_string_not_equal(one, expected);
	second = roster->admins[0];
	roster->admins[0] = roster->admins[1];
	roster->admins[1] = second;
	assert_int_equal(roster_fingerprint(roster, other), 0);
	assert_string_equal(one, other);
	roster->threshold = 2;
	assert_int_equal(roster_fingerprint(roster, other), 0);
	assert_string_not_equal(one, other);
	buffer_free(&lines);
	roster_free(roster);
}

/* A parsed copy of what this text says, signed by ada (key 1) or bea (key 8). */
static struct roster *copy_signed_by(const char *text, const char *name, uint8_t seed_byte)
{
	struct roster *copy = NULL;
	uint8_t public_key[32], secret_key[64];
	struct fault fault;

	assert_int_equal(roster_parse((const uint8_t *)text, strlen(text), &copy, &fault), 0);
	fixture_key(seed_byte, public_key, secret_key);
	assert_int_equal(roster_sign(copy, name, secret_key, &fault), 0);
	return copy;
}

static void expect_signers(const struct roster *roster, const struct roster *admins_of, const char *names)
{
	struct buffer out = buffer_of(1024);

	assert_int_equal(roster_signers(roster, admins_of, &out), 0);
	assert_string_equal(buffer_text(&out), names);
	buffer_free(&out);
}

static void signatures_of_several_copies_come_together(void **state)
{
	struct roster *roster = fixture_roster(), *one = NULL, *other = NULL, *stranger = NULL;
	struct roster_admin second = { .name = "bea" }, third = { .name = "cleo" };
	char *text = NULL;

	(void)state;
	fixture_key(8, second.public_key, NULL);
	fixture_key(10, third.public_key, NULL);
	fixture_recipient(8, second.recipient);
	fixture_recipient(10, third.recipient);
	assert_int_equal(roster_add_admin(roster, &second), 0);
	assert_int_equal(roster_add_admin(roster, &third), 0);
	text = fixture_note(roster, NULL, "");
	one = copy_signed_by(text, "ada", 1);
	other = copy_signed_by(text, "bea", 8);
	stranger = copy_signed_by(text, "cleo", 11); /* her name, another key */
	expect_signers(roster, roster, "nobody");
	expect_signers(one, roster, "ada");
	assert_int_equal(roster_merge(one, other, roster), 0);
	assert_int_equal(roster_merge(one, other, roster), 0);
	assert_int_equal(roster_merge(one, stranger, roster), 0);
	assert_int_equal(one->signature_count, 2);
	assert_int_equal(roster_signed_by(one, roster), 2);
	expect_signers(one, roster, "ada and bea");
	roster_free(stranger);
	stranger = copy_signed_by(text, "cleo", 10);
	assert_int_equal(roster_merge(one, stranger, roster), 0);
	expect_signers(one, roster, "ada, bea and cleo");
	stranger->expires--;
	roster_touch(stranger);
	assert_false(roster_same_body(one, stranger));
	assert_int_equal(roster_merge(one, stranger, roster), -1);
	free(text);
	roster_free(roster);
	roster_free(one);
	roster_free(other);
	roster_free(stranger);
}

static void changes_are_said_in_words(void **state)
{
	struct roster *before = fixture_roster(), *after = fixture_roster();
	struct buffer out = buffer_of(8192);

	(void)state;
	assert_int_equal(roster_changes(before, after, &out), 0);
	assert_int_equal(out.len, 0);
	fixture_fill(after);
	assert_int_equal(roster_remove_officer(after, "olga"), 0);
	fixture_key(6, after->officers[0].public_key, NULL);
	assert_int_equal(fixture_officer(after, "ines", "intake", 7), 0);
	memset(after->servers[0].pin, 1, 32);
	after->threshold = 2;
	after->desks[0].retention_days = 30;
	assert_int_equal(roster_changes(before, after, &out), 0);
	assert_string_equal(buffer_text(&out), "threshold changed from 1 to 2\n"
					       "server key changed: https://help.example.org:8443\n"
					       "server's next key announced: https://help.example.org:8443\n"
					       "token key added: epoch 1\n"
					       "desk's retention changed: intake: 30 days\n"
					       "desk's fallback changed: intake: legal\n"
					       "desk's fallback changed: legal: intake\n"
					       "partner added: sister: Sister organisation\n"
					       "archive key added: desk intake\n"
					       "officer removed: olga\n"
					       "officer's keys changed: maria\n"
					       "officer added: ines: intake\n");
	buffer_clear(&out);
	assert_int_equal(roster_changes(NULL, before, &out), 0);
	assert_non_null(strstr(buffer_text(&out), "admin added: ada\n"));
	assert_non_null(strstr(buffer_text(&out), "officer added: olga: intake\n"));
	assert_null(strstr(buffer_text(&out), "AAAAAAAA")); /* the base path stays off the screen */
	buffer_free(&out);
	roster_free(before);
	roster_free(after);
}

/* What goes, and what stays under its name but isn't what it was. */
static void what_goes_and_what_turns_is_said(void **state)
{
	struct roster *before = fixture_roster(), *after = fixture_roster();
	struct roster_admin bea = { .name = "bea" };
	struct roster_server second = { .url = "https://two.example.org/BBBBBBBBBBBBBBBBBBBBBA" };
	struct buffer out = buffer_of(8192);

	(void)state;
	fixture_fill(before);
	assert_int_equal(roster_add_server(before, &second), 0);
	fixture_key(4, bea.public_key, NULL);
	assert_int_equal(roster_add_admin(before, &bea), 0);
	assert_int_equal(fixture_desk(before, "old", "No more"), 0);
	memcpy(after->organisation, "Aid Line", sizeof("Aid Line"));
	fixture_key(5, after->receipt_key, NULL);
	fixture_key(6, after->admins[0].public_key, NULL);
	memcpy(after->desks[0].title, "Front desk", sizeof("Front desk"));
	after->desks[0].admission = ADMISSION_TOKEN;
	after->desks[0].ack_minutes[0] = 5;
	after->officers[0].desk_count = 2;
	memcpy(after->officers[0].desks[1], "legal", sizeof("legal"));
	after->officers[0].tier = 3;
	memcpy(after->officers[1].title, "Lawyer", sizeof("Lawyer"));
	memcpy(after->officers[1].desks[0], "intake", sizeof("intake"));
	assert_int_equal(roster_changes(before, after, &out), 0);
	assert_string_equal(buffer_text(&out),
		"organisation renamed: Aid Line\n"
		"receipt key changed\n"
		"admin removed: bea\n"
		"admin's keys changed: ada\n"
		"server removed: https://two.example.org\n"
		"server's next key no longer announced: https://help.example.org:8443\n"
		"token key removed: epoch 1\n"
		"desk removed: old\n"
		"desk renamed: intake: Front desk\n"
		"desk's admission changed: intake: token\n"
		"desk's acknowledge times changed: intake: 5,120,1440,4320 minutes\n"
		"desk's fallback changed: intake: none\n"
		"desk's fallback changed: legal: none\n"
		"partner removed: sister\n"
		"archive key removed: desk intake\n"
		"officer's desks changed: olga: intake,legal\n"
		"officer's tier changed: olga: 3\n"
		"officer's desks changed: maria: intake\n"
		"officer's title changed: maria: Lawyer\n");
	buffer_free(&out);
	roster_free(before);
	roster_free(after);
}

/* A partner's server that is another one now is where referrals would go. */
static void a_partner_that_turns_is_said(void **state)
{
	struct roster *before = fixture_roster(), *after = fixture_roster();
	struct buffer out = buffer_of(8192);

	(void)state;
	fixture_fill(before);
	fixture_fill(after);
	after->token_keys[0].not_after++;
	after->archives[0].recipient[0] ^= 1;
	memset(after->partners[0].fingerprint, 'B', FINGERPRINT_SIZE - 1);
	assert_int_equal(roster_changes(before, after, &out), 0);
	assert_string_equal(buffer_text(&out), "token key removed: epoch 1\n"
					       "token key added: epoch 1\n"
					       "partner changed: sister: Sister organisation\n"
					       "archive key removed: desk intake\n"
					       "archive key added: desk intake\n");
	assert_ptr_equal(roster_partner(after, "sister"), after->partners);
	assert_int_equal(roster_remove_partner(after, "brother"), -1);
	assert_int_equal(roster_remove_partner(after, "sister"), 0);
	assert_null(roster_partner(after, "sister"));
	buffer_clear(&out);
	assert_int_equal(roster_changes(before, after, &out), 0);
	assert_non_null(strstr(buffer_text(&out), "partner removed: sister\n"));
	buffer_free(&out);
	roster_free(before);
	roster_free(after);
}

/* A draft that an admin's tool would make of a careless wish. */
static void a_draft_that_breaks_a_rule_is_refused(void **state)
{
	struct roster *roster = fixture_roster();
	struct roster_admin bea = { .name = "bea" };
	struct fault fault;

	(void)state;
	fixture_fill(roster);
	fixture_key(1, bea.public_key, NULL); /* ada's key */
	assert_int_equal(roster_check(roster, &fault), 0);
#define REFUSED(field, value)                                                                                \
	do {                                                                                                 \
		const __typeof__(field) before = field;                                                      \
		field = value;                                                                               \
		assert_int_equal(roster_check(roster, &fault), -1);                                          \
		field = before;                                                                              \
		assert_int_equal(roster_check(roster, &fault), 0);                                           \
	} while (0)
	REFUSED(roster->server_count, 0);
	REFUSED(roster->token_key_count, ROSTER_KEYS_MAX + 1);
	REFUSED(roster->partner_count, ROSTER_PARTNERS_MAX + 1);
	REFUSED(roster->desks[0].title[0], '\n');
	REFUSED(roster->desks[0].ack_minutes[1], 0);
	REFUSED(roster->desks[0].retention_days, 0);
	REFUSED(roster->officers[0].title[0], '\0');
	REFUSED(roster->officers[0].tier, 0);
	REFUSED(roster->officers[0].desk_count, 0);
	REFUSED(roster->partners[0].name[0], '-');
	REFUSED(roster->partners[0].title[0], '\t');
	REFUSED(roster->partners[0].fingerprint[0], '*');
	REFUSED(roster->partners[0].url[4], 'x');
	REFUSED(roster->archives[0].desk[0], 'x');
#undef REFUSED
	assert_int_equal(roster_add_admin(roster, &bea), 0);
	assert_int_equal(roster_check(roster, &fault), -1);
	roster_free(roster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_roster_names_the_one_before),
		cmocka_unit_test(things_are_found),
		cmocka_unit_test(the_fingerprint_covers_threshold_and_sorted_keys),
		cmocka_unit_test(signatures_of_several_copies_come_together),
		cmocka_unit_test(changes_are_said_in_words),
		cmocka_unit_test(what_goes_and_what_turns_is_said),
		cmocka_unit_test(a_partner_that_turns_is_said),
		cmocka_unit_test(a_draft_that_breaks_a_rule_is_refused),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
