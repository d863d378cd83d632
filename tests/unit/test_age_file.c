/* Whole age files in memory: identity files, keyrings, messages. */
#include "cmocka_all.h"

#include "proto/age_file.h"
#include "proto/age_stream.h"
#include "proto/encode.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* The identity in age-encryption.org/v1, and what stock age 1.x sealed to it and to somebody else. */
#define SECRET "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
static const char stock_file[] =
	"6167652d656e6372797074696f6e2e6f72672f76310a2d3e2058323535313920687a68646b4e4d7771395556"
	"6153325766637a4b33564d41696742617551653258534c634977546f4344550a67553652396354316454524f"
	"4d6f574453446a6445493972375234366b634c71354237336b772b4b4c72550a2d3e20583235353139204a4d"
	"39784e6962474746524861534d497a32395161333341576167487335474370414945547068683668550a6978"
	"7353517774796a6c3670644e354f7a2f773641783157416f4362645945566e75625673372f4e7535730a2d2d"
	"2d20505a7a674b7168562b4d6c4c5354694b6375495436507a4539786d372f4d4a6555695253593566676672"
	"770ad3c6ae97b3eefbb635c8d22473748b049a3e93240462eceb60cec9bbf5b75fcc5d2e4c9984fca25723fa"
	"1a4e38e217466b";

#define FILE_MAX  (1024 * 1024)
#define FEW_WORDS "nobody else may read this"
#define WORK      4 /* quick; what is secure is the caller's choice */

static const uint8_t *bytes_of(const char *text)
{
	return (const uint8_t *)text;
}

static struct buffer sealed_to(struct age_identity *identity, const char *text)
{
	struct buffer file = buffer_of(FILE_MAX);

	assert_int_equal(age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])identity->recipient, 1,
				 bytes_of(text), strlen(text), &file),
		0);
	return file;
}

/* -1 where it was refused, with a reason and without any output. */
static int open_file(
	const uint8_t *file, size_t len, const struct age_identity *identity, const char *expected)
{
	uint8_t *plain = NULL;
	size_t plain_len = 99;
	struct fault fault = { "" };
	int rc = age_file_open(file, len, identity, &plain, &plain_len, &fault);

	if (rc != 0) {
		assert_true(fault.text[0] != '\0');
		assert_null(plain);
		assert_int_equal(plain_len, 99);
		return rc;
	}
	assert_int_equal(plain_len, strlen(expected));
	assert_memory_equal(plain, expected, plain_len);
	sodium_free(plain);
	return 0;
}

static void what_stock_age_sealed_opens(void **state)
{
	struct age_identity *identity = NULL;
	uint8_t file[(sizeof stock_file - 1) / 2];

	(void)state;
	assert_int_equal(hex_decode(stock_file, sizeof stock_file - 1, file, sizeof file), 0);
	assert_int_equal(age_identity_parse(SECRET, strlen(SECRET), &identity), 0);
	assert_int_equal(open_file(file, sizeof file, identity, "from a stock age\n"), 0);
	age_identity_free(identity);
}

static void every_change_and_every_cut_is_refused(void **state)
{
	struct age_identity *amina = age_identity_new(), *other = age_identity_new();
	struct buffer file = sealed_to(amina, FEW_WORDS);

	(void)state;
	assert_int_equal(open_file(file.data, file.len, amina, FEW_WORDS), 0);
	assert_int_equal(open_file(file.data, file.len, other, FEW_WORDS), -1);
	for (size_t at = 0; at < file.len; at++) {
		assert_int_equal(open_file(file.data, at, amina, FEW_WORDS), -1);
		for (int bit = 0; bit < 8; bit++) {
			file.data[at] ^= (uint8_t)(1 << bit);
			assert_int_equal(open_file(file.data, file.len, amina, FEW_WORDS), -1);
			file.data[at] ^= (uint8_t)(1 << bit);
		}
	}
	buffer_put_u8(&file, 0);
	assert_int_equal(open_file(file.data, file.len, amina, FEW_WORDS), -1);
	buffer_free(&file);
	age_identity_free(amina);
	age_identity_free(other);
}

static void each_file_has_its_own_key(void **state)
{
	struct age_identity *amina = age_identity_new();
	struct buffer first = sealed_to(amina, FEW_WORDS), second = sealed_to(amina, FEW_WORDS);
	size_t payload = (size_t)age_payload_len(strlen(FEW_WORDS)), header = first.len - payload;

	(void)state;
	assert_int_equal(first.len, second.len);
	assert_memory_not_equal(first.data, second.data, first.len);
	/* So the one's payload isn't the other's. */
	memcpy(first.data + header, second.data + header, payload);
	assert_int_equal(open_file(first.data, first.len, amina, FEW_WORDS), -1);
	buffer_free(&first);
	buffer_free(&second);
	age_identity_free(amina);
}

/* The stanzas' order tells nothing about the recipients': each place is taken by the first at some time. */
static void stanzas_are_shuffled(void **state)
{
	struct age_identity *people[3] = { age_identity_new(), age_identity_new(), age_identity_new() };
	uint8_t recipients[3][AGE_RECIPIENT_BYTES];
	bool seen[3] = { false };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		memcpy(recipients[i], people[i]->recipient, AGE_RECIPIENT_BYTES);
	for (int i = 0; i < 200; i++) { /* a place is never taken once in 10^35 runs */
		struct buffer file = buffer_of(FILE_MAX);
		struct age_header *header = NULL;
		uint8_t key[AGE_FILE_KEY_BYTES];
		struct fault fault;
		bool cut_short;

		assert_int_equal(age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipients, 3,
					 bytes_of(""), 0, &file),
			0);
		assert_int_equal(age_header_parse(file.data, file.len, &header, &cut_short, &fault), 0);
		for (size_t place = 0; place < 3; place++) {
			struct age_header one = *header;

			one.stanzas = &header->stanzas[place];
			one.count = 1;
			seen[place] |= age_header_unwrap(&one, people[0], key, &fault) == 0;
		}
		age_header_free(header);
		buffer_free(&file);
	}
	for (size_t i = 0; i < 3; i++) {
		assert_true(seen[i]);
		age_identity_free(people[i]);
	}
}

static void there_are_at_most_256_recipients(void **state)
{
	uint8_t(*recipients)[AGE_RECIPIENT_BYTES] = calloc(AGE_STANZAS_MAX + 1, AGE_RECIPIENT_BYTES);
	struct age_identity *amina = age_identity_new();
	struct buffer file = buffer_of(FILE_MAX);

	(void)state;
	for (size_t i = 0; i <= AGE_STANZAS_MAX; i++)
		memcpy(recipients[i], amina->recipient, AGE_RECIPIENT_BYTES);
	assert_int_equal(age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipients, AGE_STANZAS_MAX + 1,
				 bytes_of(FEW_WORDS), strlen(FEW_WORDS), &file),
		-1);
	assert_int_equal(file.len, 0);
	assert_int_equal(age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipients, AGE_STANZAS_MAX,
				 bytes_of(FEW_WORDS), strlen(FEW_WORDS), &file),
		0);
	assert_int_equal(open_file(file.data, file.len, amina, FEW_WORDS), 0);
	buffer_free(&file);
	age_identity_free(amina);
	free(recipients);
}

static void a_passphrase_opens_its_file_and_no_other(void **state)
{
	static const char *const wrong[] = { "correct horse", "correct horse battery staplE",
		"correct horse battery staple ", "" };
	static const char right[] = "correct horse battery staple";
	struct age_identity *amina = age_identity_new();
	struct buffer file = buffer_of(FILE_MAX);
	uint8_t *plain = NULL;
	size_t len = 0, mac_at;
	struct fault fault;

	(void)state;
	assert_int_equal(age_file_seal_passphrase(
				 right, strlen(right), WORK, bytes_of(FEW_WORDS), strlen(FEW_WORDS), &file),
		0);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_int_equal(age_file_open_passphrase(file.data, file.len, wrong[i], strlen(wrong[i]),
					 &plain, &len, &fault),
			-1);
		assert_non_null(strstr(fault.text, "passphrase is wrong"));
	}
	assert_int_equal(open_file(file.data, file.len, amina, FEW_WORDS), -1);
	/* The MAC stands right before the payload. */
	mac_at = file.len - (size_t)age_payload_len(strlen(FEW_WORDS)) - 10;
	file.data[mac_at] ^= 1;
	assert_int_equal(
		age_file_open_passphrase(file.data, file.len, right, strlen(right), &plain, &len, &fault),
		-1);
	assert_non_null(strstr(fault.text, "MAC"));
	file.data[mac_at] ^= 1;
	assert_int_equal(
		age_file_open_passphrase(file.data, file.len, right, strlen(right), &plain, &len, &fault), 0);
	assert_int_equal(len, strlen(FEW_WORDS));
	assert_memory_equal(plain, FEW_WORDS, len);
	sodium_free(plain);
	buffer_free(&file);
	age_identity_free(amina);
}

/* The binary format only: armor, older formats and empty files are none of ours. */
static void other_files_are_refused(void **state)
{
	static const char *const others[] = { "", "age-encryption.org/v1", "age-encryption.org/v2\n",
		"-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCg==\n"
		"-----END AGE ENCRYPTED FILE-----\n",
		"\xef\xbb\xbf"
		"age-encryption.org/v1\n",
		SECRET "\n" };
	struct age_identity *amina = age_identity_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_int_equal(open_file(bytes_of(others[i]), strlen(others[i]), amina, ""), -1);
	age_identity_free(amina);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stock_age_sealed_opens),
		cmocka_unit_test(every_change_and_every_cut_is_refused),
		cmocka_unit_test(each_file_has_its_own_key),
		cmocka_unit_test(stanzas_are_shuffled),
		cmocka_unit_test(there_are_at_most_256_recipients),
		cmocka_unit_test(a_passphrase_opens_its_file_and_no_other),
		cmocka_unit_test(other_files_are_refused),
	};

	return proto_init() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
