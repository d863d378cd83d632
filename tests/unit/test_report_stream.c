/* A sealed report from end to end: sealer, opener and archive reader one behind the other, as streams. */
#include "cmocka_all.h"

#include "proto/digest.h"
#include "proto/sealed_report.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define REPORT_JSON "{\"what\": \"they came at night\"}"
#define PHOTO       ARCHIVE_FOLDER "001.jpg"

static const struct destination somewhere = { .organisation = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	.desk = "protection",
	.urgency = URGENCY_IMMEDIATE };

/* Takes a sealed report as it comes and opens it at once; keeps hashes of what came out. */
struct receiver {
	struct report_opener *opener;
	struct archive_reader *reader;
	struct sha256 *content; /* names, sizes and content of all entries */
	struct fault fault;
	size_t piece;            /* bytes that the opener is fed at a time; 0 for random ones */
	uint64_t taken, accepts; /* bytes until the sink is full for one call */
};

static int put_content(void *context, const uint8_t *data, size_t len, struct fault *fault)
{
	struct receiver *receiver = context;

	(void)fault;
	return sha256_update(receiver->content, data, len);
}

static int put_entry(void *context, const char *name, uint64_t size, struct fault *fault)
{
	return put_content(context, (const uint8_t *)name, strlen(name), fault) != 0 ||
			       put_content(context, (const uint8_t *)&size, sizeof size, fault) != 0
		       ? -1
		       : 0;
}

static int end_entry(void *context, struct fault *fault)
{
	return put_content(context, (const uint8_t *)";", 1, fault);
}

static int to_reader(void *context, const uint8_t *data, size_t len)
{
	struct receiver *receiver = context;

	return archive_feed(receiver->reader, data, len, &receiver->fault);
}

static int to_opener(void *context, const uint8_t *data, size_t len)
{
	struct receiver *receiver = context;
	int rc = 0;

	receiver->taken += len;
	for (size_t done = 0, take; rc == 0 && done < len; done += take) {
		take = receiver->piece != 0 ? receiver->piece : randombytes_uniform(5000);
		take = len - done < take ? len - done : take;
		rc = report_opener_feed(receiver->opener, data + done, take, &receiver->fault);
	}
	return rc;
}

static void receiver_begin(struct receiver *receiver, const struct age_identity *identity, size_t piece)
{
	const struct archive_handler handler = { receiver, put_entry, put_content, end_entry };

	memset(receiver, 0, sizeof *receiver);
	receiver->piece = piece;
	receiver->opener = report_opener_new(identity, to_reader, receiver);
	receiver->reader = archive_reader_new(&handler);
	receiver->content = sha256_new();
}

static void receiver_free(struct receiver *receiver)
{
	report_opener_free(receiver->opener);
	archive_reader_free(receiver->reader);
	sha256_free(receiver->content);
}

static struct report_sealer *sealer_for(struct age_identity *identity, report_sink *sink, void *sink_context)
{
	const struct report_sealer_options options = {
		.recipients = (const uint8_t(*)[AGE_RECIPIENT_BYTES])identity->recipient,
		.recipient_count = 1,
		.destination = &somewhere,
		.sink = sink,
		.sink_context = sink_context,
	};
	struct report_sealer *sealer = NULL;

	assert_int_equal(report_sealer_new(&options, &sealer), 0);
	return sealer;
}

static void put_report(struct report_sealer *sealer)
{
	assert_int_equal(report_sealer_entry(sealer, ARCHIVE_REPORT, strlen(REPORT_JSON)), 0);
	assert_int_equal(report_sealer_content(sealer, (const uint8_t *)REPORT_JSON, strlen(REPORT_JSON)), 0);
}

/* What the receiver's hash must be for REPORT_JSON and a photo of these bytes. */
static void expected_content(const uint8_t *photo, uint64_t size, uint8_t ret_digest[SHA256_BYTES])
{
	struct receiver twin = { .content = sha256_new() };
	struct fault fault;

	assert_int_equal(put_entry(&twin, ARCHIVE_REPORT, strlen(REPORT_JSON), &fault), 0);
	assert_int_equal(put_content(&twin, (const uint8_t *)REPORT_JSON, strlen(REPORT_JSON), &fault), 0);
	assert_int_equal(end_entry(&twin, &fault), 0);
	assert_int_equal(put_entry(&twin, PHOTO, size, &fault), 0);
	assert_int_equal(put_content(&twin, photo, (size_t)size, &fault), 0);
	assert_int_equal(end_entry(&twin, &fault), 0);
	assert_int_equal(sha256_final(twin.content, ret_digest), 0);
	sha256_free(twin.content);
}

static void seal_and_open(struct age_identity *identity, const uint8_t *photo, size_t size, size_t seal_piece,
	size_t open_piece)
{
	struct receiver receiver;
	struct report_sealer *sealer;
	uint8_t id[REPORT_ID_BYTES], again[REPORT_ID_BYTES], digest[SHA256_BYTES], want[SHA256_BYTES];

	receiver_begin(&receiver, identity, open_piece);
	sealer = sealer_for(identity, to_opener, &receiver);
	put_report(sealer);
	assert_int_equal(report_sealer_entry(sealer, PHOTO, size), 0);
	for (size_t done = 0, take; done < size; done += take) {
		take = size - done < seal_piece ? size - done : seal_piece;
		assert_int_equal(report_sealer_content(sealer, photo + done, take), 0);
	}
	assert_int_equal(report_sealer_finish(sealer, id), 0);
	assert_int_equal(report_opener_finish(receiver.opener, again, &receiver.fault), 0);
	assert_int_equal(archive_finish(receiver.reader, &receiver.fault), 0);
	assert_memory_equal(id, again, sizeof id);
	assert_int_equal(sha256_final(receiver.content, digest), 0);
	expected_content(photo, size, want);
	assert_memory_equal(digest, want, sizeof want);
	report_sealer_free(sealer);
	receiver_free(&receiver);
}

/* Sizes for which the photo, the archive or the padded plaintext ends just before, on or behind a chunk's
 * end. */
static void content_comes_back_around_every_boundary(void **state)
{
	static const size_t ends[] = { ARCHIVE_BLOCK, AGE_CHUNK_BYTES, 2 * AGE_CHUNK_BYTES,
		4 * AGE_CHUNK_BYTES };
	/* headers and report, 1.5 KiB, come before the photo; the archive's end, 1 KiB, behind it */
	static const size_t before[] = { 0, 3 * ARCHIVE_BLOCK, 5 * ARCHIVE_BLOCK };
	struct age_identity *amina = age_identity_new();
	uint8_t *photo = malloc(5 * AGE_CHUNK_BYTES);

	(void)state;
	randombytes_buf(photo, (size_t)5 * AGE_CHUNK_BYTES);
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		for (size_t j = 0; j < COUNT_OF(before); j++) {
			if (before[j] >= ends[i])
				continue;
			for (size_t size = ends[i] - before[j] - 1; size <= ends[i] - before[j] + 1; size++)
				seal_and_open(amina, photo, size, 30000, 4096);
		}
	}
	free(photo);
	age_identity_free(amina);
}

static void any_pieces_mean_the_same(void **state)
{
	struct age_identity *amina = age_identity_new();
	uint8_t *photo = malloc(3 * AGE_CHUNK_BYTES);

	(void)state;
	randombytes_buf(photo, (size_t)3 * AGE_CHUNK_BYTES);
	for (int i = 0; i < 40; i++) {
		size_t size = randombytes_uniform(3 * AGE_CHUNK_BYTES);

		seal_and_open(amina, photo, size, 1 + randombytes_uniform(3 * AGE_CHUNK_BYTES), 0);
	}
	seal_and_open(amina, photo, 3000, 1, 1);
	free(photo);
	age_identity_free(amina);
}

static long peak_kib(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

static void memory_does_not_grow_with_the_photo(void **state)
{
	const size_t size = (size_t)128 * 1024 * 1024, piece = (size_t)256 * 1024;
	struct age_identity *amina = age_identity_new();
	uint8_t *photo = calloc(1, piece), id[REPORT_ID_BYTES];
	struct receiver receiver;
	struct report_sealer *sealer;
	long before;

	(void)state;
	seal_and_open(amina, photo, piece, piece, piece);
	before = peak_kib();
	receiver_begin(&receiver, amina, piece);
	sealer = sealer_for(amina, to_opener, &receiver);
	put_report(sealer);
	assert_int_equal(report_sealer_entry(sealer, PHOTO, size), 0);
	for (size_t done = 0; done < size; done += piece)
		assert_int_equal(report_sealer_content(sealer, photo, piece), 0);
	assert_int_equal(report_sealer_finish(sealer, id), 0);
	assert_int_equal(report_opener_finish(receiver.opener, id, &receiver.fault), 0);
	assert_int_equal(archive_finish(receiver.reader, &receiver.fault), 0);
	assert_true(receiver.taken > size);
	assert_true(peak_kib() - before < 2 * 1024);
	report_sealer_free(sealer);
	receiver_free(&receiver);
	free(photo);
	age_identity_free(amina);
}

static int to_nothing(void *context, const uint8_t *data, size_t len)
{
	(void)context;
	(void)data;
	(void)len;
	return 0;
}

/* A header that goes on and on is given up at 64 KiB, however it comes in. */
static void a_header_without_an_end_is_given_up(void **state)
{
	static const char begin[] = "age-encryption.org/v1\n-> X25519 ";
	static const size_t pieces[] = { 1024, AGE_HEADER_MAX, 2 * AGE_HEADER_MAX };
	struct age_identity *amina = age_identity_new();
	uint8_t *file = malloc(2 * AGE_HEADER_MAX);

	(void)state;
	memset(file, 'A', (size_t)2 * AGE_HEADER_MAX);
	memcpy(file, begin, strlen(begin));
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		struct report_opener *opener = report_opener_new(amina, to_nothing, NULL);
		struct fault fault = { "" };
		size_t fed = 0;

		while (fed < (size_t)2 * AGE_HEADER_MAX &&
			report_opener_feed(opener, file + fed, pieces[i], &fault) == 0)
			fed += pieces[i];
		assert_true(fed <= AGE_HEADER_MAX);
		assert_non_null(strstr(fault.text, "not an age file"));
		report_opener_free(opener);
	}
	free(file);
	age_identity_free(amina);
}

/* A report that no reader would take must not be made in the first place. */
static void no_name_is_sealed_twice(void **state)
{
	struct age_identity *amina = age_identity_new();
	struct report_sealer *sealer = sealer_for(amina, to_nothing, NULL);
	uint8_t id[REPORT_ID_BYTES];

	(void)state;
	put_report(sealer);
	assert_int_equal(report_sealer_entry(sealer, PHOTO, 0), 0);
	assert_int_equal(report_sealer_entry(sealer, PHOTO, 0), -1);
	assert_int_equal(report_sealer_entry(sealer, ARCHIVE_FOLDER "002.jpg", 0), 0);
	assert_int_equal(report_sealer_entry(sealer, PHOTO, 0), -1);
	assert_int_equal(report_sealer_finish(sealer, id), 0);
	report_sealer_free(sealer);
	age_identity_free(amina);
}

/* Refuses once, where the disk was full for a moment. */
static int full_once(void *context, const uint8_t *data, size_t len)
{
	struct receiver *receiver = context;
	uint64_t before = receiver->taken;

	(void)data;
	receiver->taken += len;
	return before < receiver->accepts && receiver->taken >= receiver->accepts ? -1 : 0;
}

/* What a sink didn't take is missing from the file: no later call may claim that it is whole. */
static void a_sink_that_stopped_once_ends_the_sealing(void **state)
{
	struct age_identity *amina = age_identity_new();
	struct receiver disk = { .accepts = 2 * AGE_CHUNK_BYTES };
	struct report_sealer *sealer = sealer_for(amina, full_once, &disk);
	uint8_t *photo = calloc(4, AGE_CHUNK_BYTES), id[REPORT_ID_BYTES];

	(void)state;
	put_report(sealer);
	assert_int_equal(report_sealer_entry(sealer, PHOTO, 4 * AGE_CHUNK_BYTES), 0);
	assert_int_equal(report_sealer_content(sealer, photo, 4 * AGE_CHUNK_BYTES), -1);
	assert_int_equal(report_sealer_content(sealer, photo, 1), -1);
	assert_int_equal(report_sealer_finish(sealer, id), -1);
	report_sealer_free(sealer);
	/* Nor may the last chunk be tried again. */
	disk = (struct receiver){ .accepts = 2048 };
	sealer = sealer_for(amina, full_once, &disk);
	put_report(sealer);
	assert_int_equal(report_sealer_finish(sealer, id), -1);
	assert_int_equal(report_sealer_finish(sealer, id), -1);
	report_sealer_free(sealer);
	free(photo);
	age_identity_free(amina);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_comes_back_around_every_boundary),
		cmocka_unit_test(any_pieces_mean_the_same),
		cmocka_unit_test(memory_does_not_grow_with_the_photo),
		cmocka_unit_test(a_header_without_an_end_is_given_up),
		cmocka_unit_test(no_name_is_sealed_twice),
		cmocka_unit_test(a_sink_that_stopped_once_ends_the_sealing),
	};

	return proto_init() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
