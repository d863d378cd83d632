#include "cmocka_all.h"

#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/header_list.h"
#include "proto/proof.h"
#include "proto/wrapping.h"
#include "roster_fixture.h"

#include <stdlib.h>
#include <string.h>

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ORG "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static const struct event_subject subject = { .organisation = ORG, .report = ID };
static const uint8_t file_key[AGE_FILE_KEY_BYTES] = { 1, 2, 3 };

static struct wrapping *example(void)
{
	struct wrapping *wrapping = wrapping_new();
	uint8_t first[100];

	assert_non_null(wrapping);
	memset(first, 8, sizeof(first));
	wrapping->roster = 7;
	memset(wrapping->old_header, 0xab, SHA256_BYTES);
	assert_int_equal(wrapping_set_header(wrapping, (const uint8_t *)"new header", 10), 0);
	assert_int_equal(wrapping_set_first(wrapping, first, sizeof(first)), 0);
	return wrapping;
}

static struct wrapping *confirmation(void)
{
	struct wrapping *wrapping = wrapping_new();

	assert_non_null(wrapping);
	wrapping->roster = 7;
	memset(wrapping->old_header, 0xab, SHA256_BYTES);
	memset(wrapping->new_header, 0xab, SHA256_BYTES);
	return wrapping;
}

static void the_lines_of_a_wrapping(void **state)
{
	struct wrapping *wrapping = example();
	struct buffer lines = buffer_of(1024);
	char expected[1024], old_header[65], new_header[65];
	uint8_t digest[32];

	(void)state;
	assert_int_equal(sha256_once("new header", 10, digest), 0);
	hex_encode(digest, 32, new_header);
	memset(digest, 0xab, 32);
	hex_encode(digest, 32, old_header);
	snprintf(expected, sizeof(expected), "clarion-header/1\n" ORG "\n" ID "\n7\n%s\n%s\n", old_header,
		new_header);
	assert_int_equal(wrapping_put_lines(wrapping, &subject, &lines), 0);
	assert_string_equal(buffer_text(&lines), expected);
	assert_false(wrapping_is_confirmation(wrapping));
	buffer_free(&lines);
	wrapping_free(wrapping);
}

static void both_signatures_must_be_right(void **state)
{
	struct wrapping *wrapping = example();
	struct event_subject other = subject;
	uint8_t officer[32], officer_key[64], proof[32], proof_key[64];

	(void)state;
	fixture_key(2, officer, officer_key);
	fixture_key(3, proof, proof_key);
	assert_int_equal(wrapping_sign(wrapping, &subject, officer_key, proof_key), 0);
	assert_memory_equal(wrapping->keyid, officer, 32);
	assert_int_equal(wrapping_verify(wrapping, &subject, proof), 0);
	assert_int_equal(wrapping_verify(wrapping, &subject, officer), -1); /* another proof key */
	assert_int_equal(wrapping_verify(wrapping, &subject, NULL), -1);    /* a proof nobody asked for */
	other.report[0] = 'f';
	assert_int_equal(wrapping_verify(wrapping, &other, proof), -1);
	wrapping->roster = 8;
	assert_int_equal(wrapping_verify(wrapping, &subject, proof), -1);
	wrapping->roster = 7;
	wrapping->old_header[0] ^= 1;
	assert_int_equal(wrapping_verify(wrapping, &subject, proof), -1);
	wrapping->old_header[0] ^= 1;
	wrapping->new_header[0] ^= 1;
	assert_int_equal(wrapping_verify(wrapping, &subject, proof), -1);
	wrapping->new_header[0] ^= 1;
	wrapping->signature[0] ^= 1;
	assert_int_equal(wrapping_verify(wrapping, &subject, proof), -1);
	assert_int_equal(wrapping_sign(wrapping, &subject, officer_key, NULL), 0);
	assert_int_equal(wrapping_verify(wrapping, &subject, NULL), 0);
	assert_int_equal(wrapping_verify(wrapping, &subject, proof), -1); /* the proof is missing */
	wrapping_free(wrapping);
}

static void round_trip(struct wrapping *wrapping)
{
	struct buffer out = buffer_of(WRAPPING_MAX), again = buffer_of(WRAPPING_MAX);
	struct wrapping *second = NULL;
	uint8_t officer[32], officer_key[64];
	struct fault fault;

	fixture_key(2, officer, officer_key);
	assert_int_equal(wrapping_sign(wrapping, &subject, officer_key, officer_key), 0);
	assert_int_equal(wrapping_write(wrapping, &out), 0);
	assert_int_equal(wrapping_parse(buffer_text(&out), out.len, &second, &fault), 0);
	assert_int_equal(wrapping_verify(second, &subject, officer), 0);
	assert_int_equal(second->header_len, wrapping->header_len);
	assert_int_equal(second->first_len, wrapping->first_len);
	assert_int_equal(wrapping_is_confirmation(second), wrapping_is_confirmation(wrapping));
	assert_int_equal(wrapping_write(second, &again), 0);
	assert_int_equal(out.len, again.len);
	assert_memory_equal(out.data, again.data, out.len);
	wrapping_free(second);
	buffer_free(&out);
	buffer_free(&again);
}

static void json_round_trips(void **state)
{
	struct wrapping *wrapping = example(), *confirming = confirmation();
	uint8_t *longest = calloc(1, FIRST_HEADER_MAX + 1);

	(void)state;
	assert_non_null(longest);
	round_trip(wrapping);
	round_trip(confirming);
	assert_true(wrapping_is_confirmation(confirming));
	assert_int_equal(wrapping_set_header(wrapping, longest, AGE_HEADER_MAX + 1), -1);
	assert_int_equal(wrapping_set_first(wrapping, longest, FIRST_HEADER_MAX + 1), -1);
	assert_int_equal(wrapping_set_first(wrapping, longest, 0), -1);
	assert_int_equal(wrapping_set_header(wrapping, longest, AGE_HEADER_MAX), 0);
	assert_int_equal(wrapping_set_first(wrapping, longest, FIRST_HEADER_MAX), 0);
	round_trip(wrapping);
	free(longest);
	wrapping_free(wrapping);
	wrapping_free(confirming);
}

/* The example's JSON with `from` replaced by `to`. */
static int parse_changed(const struct wrapping *wrapping, const char *from, const char *to)
{
	struct buffer out = buffer_of(WRAPPING_MAX), changed = buffer_of(WRAPPING_MAX);
	struct wrapping *parsed = NULL;
	struct fault fault;
	const char *text, *at;
	int rc;

	assert_int_equal(wrapping_write(wrapping, &out), 0);
	text = buffer_text(&out);
	at = strstr(text, from);
	assert_non_null(at);
	buffer_put(&changed, text, (size_t)(at - text));
	buffer_put_string(&changed, to);
	buffer_put_string(&changed, at + strlen(from));
	rc = wrapping_parse(buffer_text(&changed), changed.len, &parsed, &fault);
	wrapping_free(parsed);
	buffer_free(&out);
	buffer_free(&changed);
	return rc;
}

static void malformed_wrappings_are_refused(void **state)
{
	static const struct {
		const char *from, *to;
	} changes[] = {
		{ "\"roster\":7", "\"roster\":0" },
		{ "\"roster\":7", "\"roster\":\"7\"" },
		{ "\"roster\":7", "\"roster\":7,\"more\":1" },
		{ "\"old\":\"ab", "\"old\":\"AB" },
		{ "\"old\":\"ab", "\"old\":\"" },
		{ "\"new\":\"", "\"new\":\"00" },
		{ "\"header\":\"", "\"header\":\"AAAA" }, /* another header than the one named */
		{ "\"header\":\"", "\"header\":\"!" },
		{ "\"first\":\"", "\"first\":\"=" },
		{ "\"first\"", "\"second\"" },
		{ "\"proof\":\"", "\"proof\":\"AA" },
		{ "\"keyid\":\"", "\"keyid\":\"A" },
		{ "\"signature\":\"", "\"signature\":\"A" },
	};
	struct wrapping *wrapping = example(), *confirming = confirmation();

	(void)state;
	assert_int_equal(parse_changed(wrapping, "\"roster\":7", "\"roster\":9"), 0);
	for (size_t i = 0; i < COUNT_OF(changes); i++)
		assert_int_equal(parse_changed(wrapping, changes[i].from, changes[i].to), -1);
	/* A confirmation brings nothing, and names one header. */
	assert_int_equal(parse_changed(confirming, "\"old\":\"ab", "\"old\":\"ac"), -1);
	assert_int_equal(parse_changed(confirming, "\"first\":\"", "\"first\":\"AAAA"), -1);
	/* A header without the first one sealed. */
	free(wrapping->first);
	wrapping->first = NULL;
	wrapping->first_len = 0;
	assert_int_equal(parse_changed(wrapping, "\"roster\":7", "\"roster\":7"), -1);
	wrapping_free(wrapping);
	wrapping_free(confirming);
}

static void the_state_round_trips(void **state)
{
	uint8_t replaced[] = "the header before";
	struct wrapping_state kept = { .wrapping = example(), .replaced = replaced, .replaced_len = 17 };
	struct wrapping_state read = { .wrapping = NULL };
	struct buffer out = buffer_of(WRAPPING_STATE_MAX);
	struct fault fault;

	(void)state;
	assert_int_equal(wrapping_state_write(&kept, &out), 0);
	assert_int_equal(wrapping_state_parse(buffer_text(&out), out.len, &read, &fault), 0);
	assert_false(read.is_confirmed);
	assert_int_equal(read.replaced_len, 17);
	assert_memory_equal(read.replaced, replaced, 17);
	assert_memory_equal(read.wrapping->header, "new header", 10);
	wrapping_state_free(&read);
	kept.is_confirmed = true; /* and still a header before */
	buffer_clear(&out);
	assert_int_equal(wrapping_state_write(&kept, &out), 0);
	assert_int_equal(wrapping_state_parse(buffer_text(&out), out.len, &read, &fault), -1);
	kept.replaced = NULL;
	kept.replaced_len = 0;
	buffer_clear(&out);
	assert_int_equal(wrapping_state_write(&kept, &out), 0);
	assert_int_equal(wrapping_state_parse(buffer_text(&out), out.len, &read, &fault), 0);
	assert_true(read.is_confirmed);
	wrapping_state_free(&read);
	wrapping_free(kept.wrapping);
	buffer_free(&out);
}

static void only_the_file_key_opens_the_first_header(void **state)
{
	struct buffer sealed = buffer_of(FIRST_HEADER_MAX), opened = buffer_of(AGE_HEADER_MAX);
	uint8_t other[AGE_FILE_KEY_BYTES] = { 9 };

	(void)state;
	assert_int_equal(first_header_seal(file_key, (const uint8_t *)"header", 6, &sealed), 0);
	assert_int_equal(sealed.len, 6 + FIRST_HEADER_OVERHEAD);
	assert_int_equal(first_header_open(file_key, sealed.data, sealed.len, &opened), 0);
	assert_int_equal(opened.len, 6);
	assert_memory_equal(opened.data, "header", 6);
	assert_int_equal(first_header_open(other, sealed.data, sealed.len, &opened), -1);
	assert_int_equal(opened.len, 6);
	sealed.data[sealed.len - 1] ^= 1;
	assert_int_equal(first_header_open(file_key, sealed.data, sealed.len, &opened), -1);
	assert_int_equal(first_header_open(file_key, sealed.data, FIRST_HEADER_OVERHEAD, &opened), -1);
	buffer_free(&sealed);
	buffer_free(&opened);
}

static struct age_identity *identity_of_seed(uint8_t seed)
{
	uint8_t scalar[32];

	memset(scalar, seed, sizeof(scalar));
	return age_identity_of(scalar);
}

/* 0 where this person can open the header with the example's key. */
static int opens(const struct age_header *header, uint8_t seed)
{
	struct age_identity *identity = identity_of_seed(seed);
	uint8_t *key = sodium_malloc(AGE_FILE_KEY_BYTES);
	struct fault fault;
	int rc = age_header_unwrap(header, identity, key, &fault);

	if (rc == 0)
		assert_memory_equal(key, file_key, AGE_FILE_KEY_BYTES);
	sodium_free(key);
	age_identity_free(identity);
	return rc;
}

static void a_header_for_others(void **state)
{
	static const struct destination destination = { .organisation = ORG, .desk = "intake" };
	uint8_t recipients[AGE_STANZAS_MAX][AGE_RECIPIENT_BYTES];
	struct buffer first = buffer_of(AGE_HEADER_MAX), second = buffer_of(AGE_HEADER_MAX);
	struct age_header *header = NULL, *wrapped = NULL;
	struct proof before, after;
	struct fault fault;
	bool cut_short, found;

	(void)state;
	for (size_t i = 0; i < AGE_STANZAS_MAX; i++)
		fixture_recipient((uint8_t)(i % 200 + 1), recipients[i]);
	age_header_begin(&first);
	assert_int_equal(age_header_put_x25519(&first, recipients[0], file_key), 0);
	assert_int_equal(proof_put_stanza(&first, file_key, &destination), 0);
	assert_int_equal(age_header_end(&first, file_key), 0);
	assert_int_equal(age_header_parse(first.data, first.len, &header, &cut_short, &fault), 0);
	assert_int_equal(wrapping_make_header(header, file_key,
				 (const uint8_t(*)[AGE_RECIPIENT_BYTES])(recipients + 1), 2, &second),
		0);
	assert_int_equal(age_header_parse(second.data, second.len, &wrapped, &cut_short, &fault), 0);
	assert_int_equal(wrapped->count, 3);
	assert_int_equal(proof_find(header, &before, &found), 0);
	assert_int_equal(proof_find(wrapped, &after, &found), 0);
	assert_true(found);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(opens(header, 1), 0);
	assert_int_equal(opens(wrapped, 1), -1);
	assert_int_equal(opens(wrapped, 2), 0);
	assert_int_equal(opens(wrapped, 3), 0);
	buffer_clear(&second);
	assert_int_equal(wrapping_make_header(header, file_key,
				 (const uint8_t(*)[AGE_RECIPIENT_BYTES])recipients, 0, &second),
		-1);
	assert_int_equal(wrapping_make_header(header, file_key,
				 (const uint8_t(*)[AGE_RECIPIENT_BYTES])recipients, AGE_STANZAS_MAX, &second),
		-1);
	assert_int_equal(
		wrapping_make_header(header, file_key, (const uint8_t(*)[AGE_RECIPIENT_BYTES])recipients,
			AGE_STANZAS_MAX - 1, &second),
		0);
	age_header_free(header);
	age_header_free(wrapped);
	buffer_free(&first);
	buffer_free(&second);
}

static void a_list_of_headers(void **state)
{
	static const char *const wrong[] = {
		"{}",
		"{\"after\":1,\"headers\":[]}",
		"{\"after\":1,\"headers\":{},\"more\":false}",
		"{\"after\":1,\"headers\":[],\"more\":0}",
		"{\"after\":1,\"headers\":[{}],\"more\":false}",
		"{\"after\":1,\"headers\":[{\"confirmed\":true,\"report\":\"" ID
		"\",\"roster\":0,\"wrapped\":true}],\"more\":false}",
		"{\"after\":1,\"headers\":[{\"confirmed\":false,\"report\":\"" ID
		"\",\"roster\":1,\"wrapped\":false}],\"more\":false}",
		"{\"after\":1,\"headers\":[{\"confirmed\":true,\"offered\":\"Legal\",\"report\":\"" ID
		"\",\"roster\":1,\"wrapped\":true}],\"more\":false}",
		"{\"after\":1,\"headers\":[{\"confirmed\":true,\"offered\":null,\"report\":\"" ID
		"\",\"roster\":1,\"wrapped\":true}],\"more\":false}",
	};
	struct header_list *list = calloc(2, sizeof(*list));
	struct buffer out = buffer_of(HEADER_LIST_MAX);
	struct fault fault;

	(void)state;
	assert_non_null(list);
	list[0] = (struct header_list){ .count = HEADERS_MAX, .after = INT64_MAX, .more = true };
	for (size_t i = 0; i < HEADERS_MAX; i++)
		list[0].entries[i] = (struct header_entry){
			.report = ID, .roster = INT64_MAX - i, .is_wrapped = i % 2 == 0, .is_confirmed = true
		};
	for (size_t i = 0; i < HEADERS_MAX; i += 3)
		memset(list[0].entries[i].offered, 'd', NAME_SIZE - 1);
	assert_int_equal(header_list_write(&list[0], &out), 0);
	assert_int_equal(header_list_parse(buffer_text(&out), out.len, &list[1], &fault), 0);
	assert_true(list[1].count == HEADERS_MAX && list[1].after == INT64_MAX && list[1].more);
	for (size_t i = 0; i < HEADERS_MAX; i++) {
		assert_string_equal(list[1].entries[i].report, ID);
		assert_string_equal(list[1].entries[i].offered, list[0].entries[i].offered);
		assert_true(list[1].entries[i].roster == INT64_MAX - i);
		assert_true(list[1].entries[i].is_wrapped == (i % 2 == 0) && list[1].entries[i].is_confirmed);
	}
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(header_list_parse(wrong[i], strlen(wrong[i]), &list[1], &fault), -1);
	list[0].count = HEADERS_MAX + 1;
	assert_int_equal(header_list_write(&list[0], &out), -1);
	free(list);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lines_of_a_wrapping),
		cmocka_unit_test(both_signatures_must_be_right),
		cmocka_unit_test(json_round_trips),
		cmocka_unit_test(malformed_wrappings_are_refused),
		cmocka_unit_test(the_state_round_trips),
		cmocka_unit_test(only_the_file_key_opens_the_first_header),
		cmocka_unit_test(a_header_for_others),
		cmocka_unit_test(a_list_of_headers),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
