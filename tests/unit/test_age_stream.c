/* The age v1 payload (age-encryption.org/v1, "Payload"), and whole files around it. */
#include "cmocka_all.h"

#include "proto/age_file.h"
#include "proto/age_stream.h"
#include "proto/digest.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t file_key[AGE_FILE_KEY_BYTES] = { 4, 2 };
static const uint8_t nonce[AGE_NONCE_BYTES] = { 7 };

/* A payload of this plaintext length, nonce included; every byte of the plaintext is `x`. */
static uint8_t *payload_of(size_t len, size_t *ret_len)
{
	struct age_stream *stream = age_stream_new(file_key, nonce);
	uint8_t *plain = malloc(len + 1), *payload = malloc((size_t)age_payload_len(len));
	size_t done = 0, at = AGE_NONCE_BYTES;

	memset(plain, 'x', len + 1);
	memcpy(payload, nonce, sizeof nonce);
	do {
		size_t take = len - done < AGE_CHUNK_BYTES ? len - done : AGE_CHUNK_BYTES;

		assert_int_equal(
			age_stream_seal(stream, plain + done, take, done + take == len, payload + at), 0);
		done += take;
		at += take + AGE_TAG_BYTES;
	} while (done < len);
	assert_int_equal(at, age_payload_len(len));
	age_stream_free(stream);
	free(plain);
	*ret_len = at;
	return payload;
}

static int open_payload(const uint8_t *payload, size_t len, size_t *ret_plain_len)
{
	uint8_t *plain = NULL;
	size_t plain_len = 0;
	struct fault fault;
	int rc = age_payload_open(payload, len, file_key, &plain, &plain_len, &fault);

	for (size_t i = 0; rc == 0 && i < plain_len; i++)
		assert_int_equal(plain[i], 'x');
	sodium_free(plain);
	*ret_plain_len = plain_len;
	return rc;
}

static const size_t lengths[] = { 0, 1, 17, AGE_CHUNK_BYTES - 1, AGE_CHUNK_BYTES, AGE_CHUNK_BYTES + 1,
	2 * AGE_CHUNK_BYTES, 2 * AGE_CHUNK_BYTES + 100, 3 * AGE_CHUNK_BYTES };

static void every_length_comes_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		size_t len, plain_len;
		uint8_t *payload = payload_of(lengths[i], &len);

		assert_int_equal(open_payload(payload, len, &plain_len), 0);
		assert_int_equal(plain_len, lengths[i]);
		free(payload);
	}
}

static void every_cut_is_noticed(void **state)
{
	size_t len, plain_len;
	uint8_t *payload = payload_of(2 * AGE_CHUNK_BYTES + 100, &len);

	(void)state;
	for (size_t cut = 0; cut < 200; cut++)
		assert_int_equal(open_payload(payload, len - 1 - cut, &plain_len), -1);
	for (size_t chunk = 0; chunk <= 2; chunk++) {
		size_t end = AGE_NONCE_BYTES + chunk * AGE_SEALED_CHUNK_BYTES;

		/* At a chunk's end it looks like a whole payload, but its last chunk isn't marked as such. */
		assert_int_equal(open_payload(payload, end, &plain_len), -1);
		assert_int_equal(open_payload(payload, end + 1, &plain_len), -1);
	}
	for (size_t short_nonce = 0; short_nonce <= AGE_NONCE_BYTES; short_nonce++)
		assert_int_equal(open_payload(payload, short_nonce, &plain_len), -1);
	free(payload);
}

static void nothing_can_be_added(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		size_t len, plain_len;
		uint8_t *payload = payload_of(lengths[i], &len);

		payload = realloc(payload, len + AGE_SEALED_CHUNK_BYTES);
		memset(payload + len, 0, AGE_SEALED_CHUNK_BYTES);
		assert_int_equal(open_payload(payload, len + 1, &plain_len), -1);
		assert_int_equal(open_payload(payload, len + AGE_TAG_BYTES, &plain_len), -1);
		assert_int_equal(open_payload(payload, len + AGE_SEALED_CHUNK_BYTES, &plain_len), -1);
		free(payload);
	}
}

static void every_bit_counts(void **state)
{
	size_t len, plain_len;
	uint8_t *payload = payload_of(100, &len);

	(void)state;
	for (size_t bit = 0; bit < len * 8; bit++) {
		payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(open_payload(payload, len, &plain_len), -1);
		payload[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(payload);
}

static void chunks_keep_their_order(void **state)
{
	size_t len, plain_len;
	uint8_t *payload = payload_of(3 * AGE_CHUNK_BYTES, &len);
	uint8_t *first = payload + AGE_NONCE_BYTES, *second = first + AGE_SEALED_CHUNK_BYTES;
	uint8_t *kept = malloc(AGE_SEALED_CHUNK_BYTES);

	(void)state;
	memcpy(kept, first, AGE_SEALED_CHUNK_BYTES);
	memcpy(first, second, AGE_SEALED_CHUNK_BYTES);
	memcpy(second, kept, AGE_SEALED_CHUNK_BYTES);
	assert_int_equal(open_payload(payload, len, &plain_len), -1);
	/* Nor may one be left out, or come twice. */
	memcpy(second, first, AGE_SEALED_CHUNK_BYTES);
	memcpy(first, kept, AGE_SEALED_CHUNK_BYTES);
	assert_int_equal(open_payload(payload, len, &plain_len), 0);
	memmove(second, second + AGE_SEALED_CHUNK_BYTES, AGE_SEALED_CHUNK_BYTES);
	assert_int_equal(open_payload(payload, len - AGE_SEALED_CHUNK_BYTES, &plain_len), -1);
	free(kept);
	free(payload);
}

/* "The last chunk may be empty only where the whole plaintext is": in both directions. */
static void an_empty_last_chunk_is_refused(void **state)
{
	struct age_stream *sealer = age_stream_new(file_key, nonce),
			  *opener = age_stream_new(file_key, nonce);
	uint8_t *plain = calloc(1, AGE_CHUNK_BYTES), *sealed = malloc(AGE_SEALED_CHUNK_BYTES);
	uint8_t key[32], chunk_nonce[12] = { [10] = 1, [11] = 1 }, forged[AGE_TAG_BYTES];

	(void)state;
	assert_int_equal(age_stream_seal(sealer, plain, AGE_CHUNK_BYTES, false, sealed), 0);
	assert_int_equal(age_stream_seal(sealer, plain, 0, true, forged), -1);
	assert_int_equal(age_stream_open(opener, sealed, AGE_SEALED_CHUNK_BYTES, false, plain), 0);
	/* One that somebody else's sealer made, with a tag that is right. */
	assert_int_equal(
		hkdf_sha256(file_key, sizeof file_key, nonce, sizeof nonce, "payload", key, sizeof key), 0);
	crypto_aead_chacha20poly1305_ietf_encrypt(forged, NULL, NULL, 0, NULL, 0, NULL, chunk_nonce, key);
	assert_int_equal(age_stream_open(opener, forged, sizeof forged, true, plain), -1);
	age_stream_free(sealer);
	age_stream_free(opener);
	free(plain);
	free(sealed);
}

static void a_short_chunk_is_the_last(void **state)
{
	struct age_stream *stream = age_stream_new(file_key, nonce);
	uint8_t *plain = calloc(1, AGE_CHUNK_BYTES + 1), *sealed = malloc(AGE_SEALED_CHUNK_BYTES + 1);

	(void)state;
	assert_int_equal(age_stream_seal(stream, plain, AGE_CHUNK_BYTES - 1, false, sealed), -1);
	assert_int_equal(age_stream_seal(stream, plain, 0, false, sealed), -1);
	assert_int_equal(age_stream_seal(stream, plain, AGE_CHUNK_BYTES + 1, true, sealed), -1);
	assert_int_equal(age_stream_open(stream, sealed, AGE_TAG_BYTES - 1, true, plain), -1);
	assert_int_equal(age_stream_seal(stream, plain, 5, true, sealed), 0);
	assert_int_equal(age_stream_seal(stream, plain, 5, true, sealed), -1);
	age_stream_free(stream);
	free(plain);
	free(sealed);
}

static void files_open_for_each_recipient(void **state)
{
	struct age_identity *people[3] = { age_identity_new(), age_identity_new(), age_identity_new() };
	uint8_t recipients[2][AGE_RECIPIENT_BYTES];
	struct buffer file = buffer_of(1024 * 1024);
	uint8_t *plain = NULL;
	size_t len = 0;
	struct fault fault;

	(void)state;
	for (int i = 0; i < 2; i++)
		memcpy(recipients[i], people[i]->recipient, AGE_RECIPIENT_BYTES);
	buffer_put_string(&file, "what was there stays");
	assert_int_equal(age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipients, 2,
				 (const uint8_t *)"hello", 5, &file),
		0);
	assert_memory_equal(file.data, "what was there stays", 20);
	for (int i = 0; i < 3; i++) {
		int rc = age_file_open(file.data + 20, file.len - 20, people[i], &plain, &len, &fault);

		assert_int_equal(rc, i < 2 ? 0 : -1);
		if (rc == 0) {
			assert_int_equal(len, 5);
			assert_memory_equal(plain, "hello", 5);
			sodium_free(plain);
		}
		age_identity_free(people[i]);
	}
	assert_int_equal(age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipients, 0,
				 (const uint8_t *)"hello", 5, &file),
		-1);
	buffer_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_comes_back),
		cmocka_unit_test(every_cut_is_noticed),
		cmocka_unit_test(nothing_can_be_added),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(chunks_keep_their_order),
		cmocka_unit_test(an_empty_last_chunk_is_refused),
		cmocka_unit_test(a_short_chunk_is_the_last),
		cmocka_unit_test(files_open_for_each_recipient),
	};

	return proto_init() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
