/* Sealed reports as streams, with the proof stanza that says what they are for. */
#include "cmocka_all.h"

#include "proto/digest.h"
#include "proto/padme.h"
#include "proto/sealed_report.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (8 * 1024 * 1024)

static const struct destination somewhere = { .organisation = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	.desk = "protection",
	.urgency = URGENCY_URGENT,
	.salt = { 1, 2, 3 } };

static int to_buffer(void *context, const uint8_t *data, size_t len)
{
	struct buffer *out = context;

	buffer_put(out, data, len);
	return buffer_ok(out);
}

/* Nothing more is taken: a disk that is full. */
static int to_nowhere(void *context, const uint8_t *data, size_t len)
{
	(void)context;
	(void)data;
	(void)len;
	return -1;
}

static struct buffer seal_report(
	struct age_identity *identity, size_t attachment, size_t step, uint8_t ret_id[REPORT_ID_BYTES])
{
	struct buffer sealed = buffer_of(FILE_MAX);
	const struct report_sealer_options options = {
		.recipients = (const uint8_t(*)[AGE_RECIPIENT_BYTES])identity->recipient,
		.recipient_count = 1,
		.destination = &somewhere,
		.sink = to_buffer,
		.sink_context = &sealed
	};
	struct report_sealer *sealer = NULL;
	uint8_t *content = malloc(attachment + 1);

	memset(content, 'c', attachment + 1);
	assert_int_equal(report_sealer_new(&options, &sealer), 0);
	assert_int_equal(report_sealer_entry(sealer, ARCHIVE_REPORT, 2), 0);
	assert_int_equal(report_sealer_content(sealer, (const uint8_t *)"{}", 2), 0);
	assert_int_equal(report_sealer_entry(sealer, ARCHIVE_FOLDER "001.jpg", attachment), 0);
	for (size_t done = 0; done < attachment; done += step)
		assert_int_equal(report_sealer_content(sealer, content,
					 attachment - done < step ? attachment - done : step),
			0);
	assert_int_equal(report_sealer_finish(sealer, ret_id), 0);
	report_sealer_free(sealer);
	free(content);
	return sealed;
}

static int open_report(const struct age_identity *identity, const struct buffer *sealed, size_t step,
	struct buffer *ret_plain, uint8_t ret_id[REPORT_ID_BYTES])
{
	struct report_opener *opener = NULL;
	struct fault fault = { "" };
	int rc = 0;

	*ret_plain = buffer_of(FILE_MAX);
	opener = report_opener_new(identity, to_buffer, ret_plain);
	for (size_t at = 0; rc == 0 && at < sealed->len; at += step)
		rc = report_opener_feed(
			opener, sealed->data + at, sealed->len - at < step ? sealed->len - at : step, &fault);
	if (rc == 0)
		rc = report_opener_finish(opener, ret_id, &fault);
	if (rc != 0)
		assert_true(fault.text[0] != '\0');
	report_opener_free(opener);
	return rc;
}

static void what_is_sealed_opens_whatever_the_pieces(void **state)
{
	static const size_t sizes[] = { 0, 1, 511, 512, 60000, 65536, 65536 * 2 - 1024 - 512, 300000 };
	static const size_t steps[] = { 1, 1000, 65536, FILE_MAX };
	struct age_identity *amina = age_identity_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		for (size_t j = i < 3 ? 0 : 1; j < COUNT_OF(steps); j++) {
			uint8_t id[REPORT_ID_BYTES], again[REPORT_ID_BYTES], digest[SHA256_BYTES];
			struct buffer sealed = seal_report(amina, sizes[i], steps[j], id), plain;

			assert_int_equal(sha256_once(sealed.data, sealed.len, digest), 0);
			assert_memory_equal(id, digest, sizeof id);
			assert_int_equal(open_report(amina, &sealed, steps[j], &plain, again), 0);
			assert_memory_equal(id, again, sizeof id);
			assert_int_equal(plain.len, padme_length(plain.len));
			assert_int_equal(plain.len,
				report_plaintext_len(archive_entry_len(2) + archive_entry_len(sizes[i])));
			buffer_free(&sealed);
			buffer_free(&plain);
		}
	}
	age_identity_free(amina);
}

static void changed_cut_and_extended_files_are_refused(void **state)
{
	struct age_identity *amina = age_identity_new(), *other = age_identity_new();
	uint8_t id[REPORT_ID_BYTES];
	struct buffer sealed = seal_report(amina, 100000, FILE_MAX, id), plain, cut;

	(void)state;
	for (size_t at = 0; at < sealed.len; at += at < 700 ? 1 : 997) {
		sealed.data[at] ^= 1;
		assert_int_equal(open_report(amina, &sealed, 4096, &plain, id), -1);
		sealed.data[at] ^= 1;
		buffer_free(&plain);
		cut = sealed;
		cut.len = at;
		assert_int_equal(open_report(amina, &cut, 4096, &plain, id), -1);
		buffer_free(&plain);
	}
	assert_int_equal(open_report(other, &sealed, 4096, &plain, id), -1);
	assert_int_equal(plain.len, 0);
	buffer_free(&plain);
	buffer_put(&sealed, "", 1);
	assert_int_equal(open_report(amina, &sealed, 4096, &plain, id), -1);
	buffer_free(&plain);
	buffer_free(&sealed);
	age_identity_free(amina);
	age_identity_free(other);
}

static void a_sealer_holds_its_caller_to_what_she_said(void **state)
{
	struct age_identity *amina = age_identity_new();
	struct buffer sealed = buffer_of(FILE_MAX);
	struct report_sealer_options options = {
		.recipients = (const uint8_t(*)[AGE_RECIPIENT_BYTES])amina->recipient,
		.destination = &somewhere,
		.sink = to_buffer,
		.sink_context = &sealed
	};
	struct report_sealer *sealer = NULL;
	uint8_t id[REPORT_ID_BYTES];

	(void)state;
	assert_int_equal(report_sealer_new(&options, &sealer), -1); /* nobody to read it */
	options.recipient_count = AGE_STANZAS_MAX;
	assert_int_equal(report_sealer_new(&options, &sealer), -1);
	options.recipient_count = 1;
	options.sink = to_nowhere;
	assert_int_equal(report_sealer_new(&options, &sealer), -1);
	options.sink = to_buffer;
	assert_int_equal(report_sealer_new(&options, &sealer), 0);
	assert_int_equal(report_sealer_finish(sealer, id), -1); /* an empty archive is no report */
	assert_int_equal(report_sealer_entry(sealer, "../x", 2), -1);
	assert_int_equal(report_sealer_entry(sealer, ARCHIVE_FOLDER "a", 0), -1); /* the report comes first */
	assert_int_equal(report_sealer_entry(sealer, ARCHIVE_REPORT, 2), 0);
	assert_int_equal(report_sealer_content(sealer, (const uint8_t *)"{} ", 3), -1);
	assert_int_equal(report_sealer_content(sealer, (const uint8_t *)"{", 1), 0);
	assert_int_equal(report_sealer_entry(sealer, ARCHIVE_FOLDER "a", 0), -1);
	assert_int_equal(report_sealer_finish(sealer, id), -1);
	assert_int_equal(report_sealer_content(sealer, (const uint8_t *)"}", 1), 0);
	assert_int_equal(report_sealer_entry(sealer, ARCHIVE_REPORT, 2), -1); /* and once */
	for (int i = 1; i < ARCHIVE_ENTRIES_MAX; i++) {
		char name[ARCHIVE_NAME_SIZE];

		snprintf(name, sizeof name, ARCHIVE_FOLDER "%d", i);
		assert_int_equal(report_sealer_entry(sealer, name, 0), 0);
	}
	assert_int_equal(report_sealer_entry(sealer, ARCHIVE_FOLDER "a", 0), -1);
	report_sealer_free(sealer);
	buffer_free(&sealed);
	age_identity_free(amina);
}

/* Plaintext comes out a chunk at a time, and only once the chunk has verified. */
static void nothing_comes_out_before_it_verified(void **state)
{
	struct age_identity *amina = age_identity_new();
	uint8_t id[REPORT_ID_BYTES];
	struct buffer sealed = seal_report(amina, 200000, FILE_MAX, id), plain = buffer_of(FILE_MAX);
	struct age_header *header = NULL;
	struct report_opener *opener = report_opener_new(amina, to_buffer, &plain);
	struct fault fault = { "" };
	size_t payload_at, second_at;
	bool cut_short;

	(void)state;
	assert_int_equal(age_header_parse(sealed.data, sealed.len, &header, &cut_short, &fault), 0);
	payload_at = header->len + AGE_NONCE_BYTES;
	second_at = payload_at + AGE_SEALED_CHUNK_BYTES;
	sealed.data[second_at + 10] ^= 1;
	assert_null(report_opener_header(opener));
	assert_null(report_opener_file_key(opener));
	assert_int_equal(report_opener_feed(opener, sealed.data, payload_at, &fault), 0);
	assert_non_null(report_opener_file_key(opener));
	assert_memory_equal(report_opener_header(opener)->text, sealed.data, header->len);
	assert_int_equal(
		report_opener_feed(opener, sealed.data + payload_at, AGE_SEALED_CHUNK_BYTES, &fault), 0);
	assert_int_equal(plain.len, 0); /* it might be the last */
	assert_int_equal(report_opener_feed(opener, sealed.data + second_at, 1, &fault), 0);
	assert_int_equal(plain.len, AGE_CHUNK_BYTES);
	assert_int_equal(
		report_opener_feed(opener, sealed.data + second_at + 1, sealed.len - second_at - 1, &fault),
		-1);
	assert_int_equal(plain.len, AGE_CHUNK_BYTES);
	/* Once refused, it stays refused. */
	assert_int_equal(report_opener_feed(opener, sealed.data, 1, &fault), -1);
	assert_int_equal(report_opener_finish(opener, id, &fault), -1);
	report_opener_free(opener);
	age_header_free(header);
	buffer_free(&sealed);
	buffer_free(&plain);
	age_identity_free(amina);
}

static void a_sink_that_stops_ends_the_opening(void **state)
{
	struct age_identity *amina = age_identity_new();
	uint8_t id[REPORT_ID_BYTES];
	struct buffer sealed = seal_report(amina, 200000, FILE_MAX, id);
	struct report_opener *opener = report_opener_new(amina, to_nowhere, NULL);
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(report_opener_feed(opener, sealed.data, sealed.len, &fault), -1);
	assert_non_null(strstr(fault.text, "could not be taken"));
	report_opener_free(opener);
	buffer_free(&sealed);
	age_identity_free(amina);
}

static void what_is_no_age_file_is_said_to_be_none(void **state)
{
	static const struct {
		const char *text, *word;
	} rows[] = { { "", "cut short" }, { "age-encryption", "cut short" }, { "{}", "version line" },
		{ "age-encryption.org/v1\n-> X", "cut short" },
		{ "age-encryption.org/v1\nnothing\n", "arrow" } };
	struct age_identity *amina = age_identity_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct report_opener *opener = report_opener_new(amina, to_nowhere, NULL);
		uint8_t id[REPORT_ID_BYTES];
		struct fault fault = { "" };

		assert_int_equal(report_opener_feed(
					 opener, (const uint8_t *)rows[i].text, strlen(rows[i].text), &fault),
			0);
		assert_int_equal(report_opener_finish(opener, id, &fault), -1);
		if (strstr(fault.text, rows[i].word) == NULL)
			fail_msg("row %zu: %s", i, fault.text);
		report_opener_free(opener);
	}
	age_identity_free(amina);
}

static struct age_header *header_of(const struct buffer *sealed)
{
	struct age_header *header = NULL;
	struct fault fault;
	bool cut_short;

	assert_int_equal(age_header_parse(sealed->data, sealed->len, &header, &cut_short, &fault), 0);
	return header;
}

static void the_proof_is_for_one_destination(void **state)
{
	struct age_identity *amina = age_identity_new();
	uint8_t id[REPORT_ID_BYTES];
	struct buffer sealed = seal_report(amina, 0, 1, id);
	struct age_header *header = header_of(&sealed);
	struct destination other;
	struct proof proof;
	bool found;

	(void)state;
	assert_int_equal(proof_find(header, &proof, &found), 0);
	assert_true(found);
	assert_int_equal(proof_matches(&proof, &somewhere), 0);
	other = somewhere;
	other.organisation[0] = 'B';
	assert_int_equal(proof_matches(&proof, &other), -1);
	other = somewhere;
	other.desk[0] = 'q';
	assert_int_equal(proof_matches(&proof, &other), -1);
	other = somewhere;
	other.urgency = URGENCY_RECORD;
	assert_int_equal(proof_matches(&proof, &other), -1);
	other = somewhere;
	memcpy(other.release, "2026-11-24T08:30:00Z", TIME_SIZE);
	assert_int_equal(proof_matches(&proof, &other), -1);
	other = somewhere;
	other.hold_key[0] = 'A';
	assert_int_equal(proof_matches(&proof, &other), -1);
	other = somewhere;
	other.salt[15] ^= 1;
	assert_int_equal(proof_matches(&proof, &other), -1);
	age_header_free(header);
	buffer_free(&sealed);
	age_identity_free(amina);
}

/* Whoever has the file key has the signing key whose public half stands in the stanza; nobody else. */
static void the_proof_key_comes_from_the_file_key(void **state)
{
	struct age_identity *amina = age_identity_new();
	uint8_t id[REPORT_ID_BYTES], *file_key = sodium_malloc(AGE_FILE_KEY_BYTES),
				     *secret = sodium_malloc(64);
	uint8_t public_key[ED25519_PUBLIC_BYTES];
	struct buffer sealed = seal_report(amina, 0, 1, id);
	struct age_header *header = header_of(&sealed);
	struct fault fault;
	struct proof proof;
	bool found;

	(void)state;
	assert_int_equal(proof_find(header, &proof, &found), 0);
	assert_int_equal(age_header_unwrap(header, amina, file_key, &fault), 0);
	assert_int_equal(proof_signing_key(file_key, secret, public_key), 0);
	assert_memory_equal(public_key, proof.public_key, sizeof public_key);
	file_key[0] ^= 1;
	assert_int_equal(proof_signing_key(file_key, secret, public_key), 0);
	assert_int_not_equal(memcmp(public_key, proof.public_key, sizeof public_key), 0);
	sodium_free(file_key);
	sodium_free(secret);
	age_header_free(header);
	buffer_free(&sealed);
	age_identity_free(amina);
}

#define MAC  "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
#define KEY  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define GOOD "-> proof " KEY " " KEY "\n\n"

static void malformed_proofs_are_refused(void **state)
{
	static const struct {
		const char *stanzas;
		int rc;
		bool found;
	} rows[] = {
		{ "-> a\n\n", 0, false },
		{ "-> Proof " KEY " " KEY "\n\n", 0, false },
		{ GOOD, 0, true },
		{ "-> a\n\n" GOOD "-> b\n\n", 0, true },
		{ GOOD GOOD, -1, false },
		{ "-> proof\n\n", -1, false },
		{ "-> proof " KEY "\n\n", -1, false },
		{ "-> proof " KEY " " KEY " " KEY "\n\n", -1, false },
		{ "-> proof " KEY "= " KEY "\n\n", -1, false },
		{ "-> proof " KEY " AAAA\n\n", -1, false },
		{ "-> proof " KEY " " KEY "\nAAAA\n", -1, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buffer text = buffer_of(4096);
		struct age_header *header;
		struct proof proof;
		bool found = false;

		buffer_put_format(&text, "age-encryption.org/v1\n%s" MAC, rows[i].stanzas);
		header = header_of(&text);
		if (proof_find(header, &proof, &found) != rows[i].rc || found != rows[i].found)
			fail_msg("row %zu", i);
		age_header_free(header);
		buffer_free(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens_whatever_the_pieces),
		cmocka_unit_test(changed_cut_and_extended_files_are_refused),
		cmocka_unit_test(a_sealer_holds_its_caller_to_what_she_said),
		cmocka_unit_test(nothing_comes_out_before_it_verified),
		cmocka_unit_test(a_sink_that_stops_ends_the_opening),
		cmocka_unit_test(what_is_no_age_file_is_said_to_be_none),
		cmocka_unit_test(the_proof_is_for_one_destination),
		cmocka_unit_test(the_proof_key_comes_from_the_file_key),
		cmocka_unit_test(malformed_proofs_are_refused),
	};

	return proto_init() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
