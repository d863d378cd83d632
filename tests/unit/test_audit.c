#include "cmocka_all.h"

#include "proto/audit.h"
#include "roster_fixture.h"

#include <stdlib.h>
#include <string.h>

#define ORG   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static struct audit_entry example(void)
{
	struct audit_entry entry = { .number = 1,
		.time = 1795509000,
		.kind = "read",
		.actor = "olga",
		.has_key = true,
		.subject = "ff00",
		.details = "report" };

	for (size_t i = 0; i < sizeof entry.key; i++)
		entry.key[i] = (uint8_t)i;
	return entry;
}

static void the_lines_of_an_entry(void **state)
{
	static const char lines[] = "clarion-audit-entry/1\n1\n2026-11-24T08:30:00Z\nread\nolga\n" ORG
				    "\nff00\nreport\n00000000000000000000000000000000\n";
	static const char bare[] = "clarion-audit-entry/1\n1\n2026-11-24T08:30:00Z\nread\n-\n-\n-\n\n"
				   "00000000000000000000000000000000\n";
	struct audit_entry entry = example();
	uint8_t digest[32], expected[32];

	(void)state;
	crypto_hash_sha256(expected, (const uint8_t *)lines, strlen(lines));
	assert_int_equal(audit_digest(&entry, digest), 0);
	assert_memory_equal(digest, expected, 32);
	entry.previous[0] = 1; /* not in it: the link has it */
	assert_int_equal(audit_digest(&entry, digest), 0);
	assert_memory_equal(digest, expected, 32);
	entry.actor[0] = entry.subject[0] = entry.details[0] = '\0';
	entry.has_key = false;
	crypto_hash_sha256(expected, (const uint8_t *)bare, strlen(bare));
	assert_int_equal(audit_digest(&entry, digest), 0);
	assert_memory_equal(digest, expected, 32);
}

static void a_link_holds_both(void **state)
{
	static const char lines[] = "clarion-audit-link/1\n" ZEROS
				    "\n0101010101010101010101010101010101010101010101010101010101010101\n";
	const uint8_t zeros[32] = { 0 };
	uint8_t ones[32], hash[32], expected[32];

	(void)state;
	memset(ones, 1, sizeof ones);
	crypto_hash_sha256(expected, (const uint8_t *)lines, strlen(lines));
	assert_int_equal(audit_link(zeros, ones, hash), 0);
	assert_memory_equal(hash, expected, 32);
	assert_int_equal(audit_link(ones, zeros, hash), 0);
	assert_memory_not_equal(hash, expected, 32);
}

static void a_tag_is_not_the_id(void **state)
{
	static const char lines[] = "clarion-report/1\n" ZEROS "\n";
	const uint8_t id[32] = { 0 };
	uint8_t expected[32];
	char tag[AUDIT_SUBJECT_SIZE], hex[65];

	(void)state;
	crypto_hash_sha256(expected, (const uint8_t *)lines, strlen(lines));
	sodium_bin2hex(hex, sizeof hex, expected, sizeof expected);
	assert_int_equal(audit_report_tag(id, tag), 0);
	assert_string_equal(tag, hex);
}

static void a_head_is_signed_for_one_organisation(void **state)
{
	struct audit_head head = { .number = 7, .time = 1795509000 }, changed;
	uint8_t key[32], secret[64], other[32], other_secret[64];

	(void)state;
	fixture_key(2, key, secret);
	fixture_key(3, other, other_secret);
	assert_int_equal(audit_head_sign(&head, ORG, secret), 0);
	assert_int_equal(audit_head_verify(&head, ORG, key), 0);
	assert_int_equal(audit_head_verify(&head, ORG, other), -1);
	assert_int_equal(audit_head_verify(&head, "B" ORG, key), -1);
	changed = head;
	changed.number = 8;
	assert_int_equal(audit_head_verify(&changed, ORG, key), -1);
	changed = head;
	changed.hash[31] = 1;
	assert_int_equal(audit_head_verify(&changed, ORG, key), -1);
	changed = head;
	changed.time++;
	assert_int_equal(audit_head_verify(&changed, ORG, key), -1);
}

static void write_page(const struct audit_entry *entry, struct buffer *out)
{
	struct audit_head head = { .number = 1, .time = 1795509000 };

	buffer_clear(out);
	buffer_put_string(out, "{\"entries\":[");
	assert_int_equal(audit_entry_write(entry, out), 0);
	buffer_put_string(out, "],\"head\":");
	assert_int_equal(audit_head_write(&head, out), 0);
	buffer_put_string(out, ",\"more\":true,\"restored\":null}");
}

static int reads(const char *text, size_t len)
{
	struct audit_page *page = NULL;
	struct fault fault;
	int rc = audit_page_parse(text, len, &page, &fault);

	audit_page_free(page);
	return rc;
}

static void entries_round_trip(void **state)
{
	struct audit_entry entry = example();
	struct buffer out = buffer_of(AUDIT_PAGE_MAX);
	struct audit_page *page = NULL;
	struct fault fault;
	uint8_t before[32], after[32];

	(void)state;
	write_page(&entry, &out);
	assert_int_equal(audit_page_parse((const char *)out.data, out.len, &page, &fault), 0);
	assert_int_equal(page->count, 1);
	assert_true(page->more);
	assert_int_equal(page->head.time, 1795509000);
	assert_int_equal(audit_digest(&entry, before), 0);
	assert_int_equal(audit_digest(&page->entries[0], after), 0);
	assert_memory_equal(before, after, 32);
	audit_page_free(page);
	/* What can't be written back the same is refused. */
	memcpy(entry.subject, "-", 2);
	write_page(&entry, &out);
	assert_int_equal(reads((const char *)out.data, out.len), -1);
	entry = example();
	memcpy(entry.details, "a\nb", 4);
	write_page(&entry, &out);
	assert_int_equal(reads((const char *)out.data, out.len), -1);
	entry = example();
	entry.number = 0;
	write_page(&entry, &out);
	assert_int_equal(reads((const char *)out.data, out.len), -1);
	buffer_free(&out);
}

static void pages_have_a_bound(void **state)
{
	struct audit_entry entry = example();
	struct buffer out = buffer_of(2 * AUDIT_PAGE_MAX);

	(void)state;
	/* The longest entry there is, as often as a page holds it, and once more. */
	memset(entry.kind, 'k', sizeof entry.kind - 1);
	memset(entry.actor, 'a', sizeof entry.actor - 1);
	memset(entry.subject, 'f', sizeof entry.subject - 1);
	memset(entry.details, '~', sizeof entry.details - 1);
	entry.number = INT64_MAX;
	for (int more = 0; more <= 1; more++) {
		buffer_clear(&out);
		buffer_put_string(&out, "{\"entries\":[");
		for (int i = 0; i < AUDIT_PAGE_ENTRIES + more; i++) {
			size_t len = out.len;

			buffer_put_string(&out, i == 0 ? "" : ",");
			assert_int_equal(audit_entry_write(&entry, &out), 0);
			assert_true(out.len - len <= AUDIT_ENTRY_MAX);
		}
		buffer_put_string(&out, "],\"head\":");
		assert_int_equal(audit_head_write(&(struct audit_head){ .number = 1 }, &out), 0);
		buffer_put_string(&out, ",\"more\":false,\"restored\":null}");
		assert_int_equal(reads((const char *)out.data, out.len), more == 0 ? 0 : -1);
	}
	buffer_free(&out);
}

/* Who restored a backup is signed for one roster's organisation and one time. */
static void a_restoring_is_signed(void **state)
{
	struct audit_restored restored = { .roster = 3, .time = 1795509000 }, read, changed;
	struct buffer out = buffer_of(1024);
	uint8_t key[32], secret[64];
	struct fault fault;

	(void)state;
	fixture_key(2, key, secret);
	assert_int_equal(audit_restored_sign(&restored, ORG, secret), 0);
	assert_memory_equal(restored.keyid, key, 32);
	assert_int_equal(audit_restored_write(&restored, &out), 0);
	assert_int_equal(audit_restored_parse((const char *)out.data, out.len, &read, &fault), 0);
	assert_int_equal(audit_restored_verify(&read, ORG), 0);
	assert_int_equal(audit_restored_verify(&read, "B" ORG), -1);
	changed = read;
	changed.time++;
	assert_int_equal(audit_restored_verify(&changed, ORG), -1);
	changed = read;
	changed.roster++;
	assert_int_equal(audit_restored_verify(&changed, ORG), -1);
	assert_int_equal(audit_restored_parse("{}", 2, &read, &fault), -1);
	buffer_free(&out);
}

static void links_are_digests(void **state)
{
	struct audit_links *links = NULL;
	struct fault fault;
	struct buffer out = buffer_of(4096);

	(void)state;
	buffer_put_string(&out,
		"{\"destroyed\":[\"00112233445566778899aabbccddeeff\"],\"links\":[\"" ZEROS "\"],\"head\":");
	assert_int_equal(audit_head_write(&(struct audit_head){ .number = 3 }, &out), 0);
	buffer_put_string(&out, ",\"more\":false,\"restored\":null}");
	assert_int_equal(audit_links_parse((const char *)out.data, out.len, &links, &fault), 0);
	assert_int_equal(links->count, 1);
	assert_int_equal(links->head.number, 3);
	assert_int_equal(links->destroyed_count, 1);
	assert_string_equal(links->destroyed[0], "00112233445566778899aabbccddeeff");
	assert_false(links->more);
	free(links);
	out.data[16] = 'G';
	assert_int_equal(audit_links_parse((const char *)out.data, out.len, &links, &fault), -1);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lines_of_an_entry),
		cmocka_unit_test(a_link_holds_both),
		cmocka_unit_test(a_tag_is_not_the_id),
		cmocka_unit_test(a_head_is_signed_for_one_organisation),
		cmocka_unit_test(entries_round_trip),
		cmocka_unit_test(pages_have_a_bound),
		cmocka_unit_test(a_restoring_is_signed),
		cmocka_unit_test(links_are_digests),
	};

	if (proto_init() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
