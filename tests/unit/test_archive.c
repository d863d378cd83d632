/* The archive inside a report (POSIX ustar): what our writer makes, what stock tar makes, and what is
 * refused. */
#include "cmocka_all.h"

#include "proto/archive.h"
#include "proto/buffer.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOO_LONG                                                                                             \
	"attachments/"                                                                                       \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"

struct seen {
	struct buffer log; /* `name:size:content;` for each entry */
};

static int on_entry(void *context, const char *name, uint64_t size, struct fault *fault)
{
	struct seen *seen = context;

	(void)fault;
	buffer_put_format(&seen->log, "%s:%llu:", name, (unsigned long long)size);
	return 0;
}

static int on_content(void *context, const uint8_t *data, size_t len, struct fault *fault)
{
	struct seen *seen = context;

	(void)fault;
	buffer_put(&seen->log, data, len);
	return 0;
}

static int on_entry_end(void *context, struct fault *fault)
{
	struct seen *seen = context;

	(void)fault;
	buffer_put_string(&seen->log, ";");
	return 0;
}

/* Feeds step bytes at a time; 0 where the archive was taken whole. */
static int read_archive(const struct buffer *archive, size_t step, struct seen *seen)
{
	const struct archive_handler handler = { seen, on_entry, on_content, on_entry_end };
	struct archive_reader *reader = archive_reader_new(&handler);
	struct fault fault = { "" };
	int rc = 0;

	seen->log = buffer_of(1024 * 1024);
	for (size_t at = 0; rc == 0 && at < archive->len; at += step) {
		size_t len = archive->len - at < step ? archive->len - at : step;

		rc = archive_feed(reader, archive->data + at, len, &fault);
	}
	if (rc == 0)
		rc = archive_finish(reader, &fault);
	if (rc != 0)
		assert_true(fault.text[0] != '\0');
	archive_reader_free(reader);
	return rc;
}

static void put_entry(struct buffer *archive, const char *name, const char *content)
{
	uint8_t block[ARCHIVE_BLOCK];
	static const uint8_t zeros[ARCHIVE_BLOCK];

	assert_int_equal(archive_header(name, strlen(content), block), 0);
	buffer_put(archive, block, sizeof block);
	buffer_put_string(archive, content);
	buffer_put(archive, zeros, archive_padding(strlen(content)));
}

static void put_end(struct buffer *archive, size_t blocks)
{
	static const uint8_t zeros[ARCHIVE_BLOCK];

	for (size_t i = 0; i < blocks; i++)
		buffer_put(archive, zeros, sizeof zeros);
}

static void set_checksum(uint8_t *block)
{
	unsigned sum = 0;

	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < ARCHIVE_BLOCK; i++)
		sum += block[i];
	snprintf((char *)block + 148, 8, "%06o", sum);
}

static void what_we_write_we_read_in_any_pieces(void **state)
{
	struct buffer archive = buffer_of(1024 * 1024);
	char long_content[1500];

	(void)state;
	memset(long_content, 'z', sizeof long_content - 1);
	long_content[sizeof long_content - 1] = '\0';
	put_entry(&archive, "report.json", "{}");
	put_entry(&archive, "attachments/001.jpg", long_content);
	put_entry(&archive, "attachments/001-working.jpg", "");
	put_end(&archive, 7);
	for (size_t step = 1; step < 1400; step += step < 16 ? 1 : 61) {
		struct seen seen;

		assert_int_equal(read_archive(&archive, step, &seen), 0);
		assert_non_null(
			strstr(buffer_text(&seen.log), "report.json:2:{};attachments/001.jpg:1499:zzz"));
		assert_non_null(strstr(buffer_text(&seen.log), "z;attachments/001-working.jpg:0:;"));
		buffer_free(&seen.log);
	}
	buffer_free(&archive);
}

static void only_safe_names(void **state)
{
	static const char *const unsafe[] = { "", "report.jso", "Report.json", "report.json/", "/report.json",
		"./report.json", "attachments", "attachments/", "attachments/.hidden", "attachments/..",
		"attachments/../x", "attachments/a/b", "attachments//a", "/attachments/a", "attachments/a b",
		"attachments/a\n", "attachments/\xc3\xa9", "attachments/a\\b", "../attachments/a",
		"attachments/a;b", "x/report.json", TOO_LONG };
	uint8_t block[ARCHIVE_BLOCK];

	(void)state;
	assert_true(archive_name_is_safe("report.json", 11));
	assert_true(archive_name_is_safe("attachments/001-working.tar.gz", 30));
	for (size_t i = 0; i < COUNT_OF(unsafe); i++) {
		if (archive_name_is_safe(unsafe[i], strlen(unsafe[i])) ||
			archive_header(unsafe[i], 1, block) == 0)
			fail_msg("%s", unsafe[i]);
	}
	assert_int_equal(archive_header("report.json", ARCHIVE_SIZE_MAX + 1, block), -1);
}

/* One change to a good archive, and it is refused. */
struct change {
	const char *what;
	size_t at;
	const char *bytes;
	size_t len;
	bool right_checksum;
};

static void what_is_wrong_is_refused(void **state)
{
	static const struct change changes[] = {
		{ "a checksum", 0, "R", 1, false },
		{ "a name that leads elsewhere", 0, "../report.j", 11, true },
		{ "an absolute name", 0, "/eport.json", 11, true },
		{ "a name with a prefix", 345, "x", 1, true },
		{ "the report isn't first", 0, "attachments/1", 13, true },
		{ "a symbolic link", 156, "2", 1, true },
		{ "a hard link", 156, "1", 1, true },
		{ "a device", 156, "3", 1, true },
		{ "a pax header", 156, "x", 1, true },
		{ "a GNU long name", 156, "L", 1, true },
		{ "a folder", 156, "5", 1, true },
		{ "no magic", 257, "other", 5, true },
		{ "a size that is no number", 124, "xxxxxxxxxxx", 11, true },
		{ "a size in base 256", 124, "\x80\0\0\0\0\0\0\0\0\0\0\2", 12, true },
		{ "a size that is too large for what follows", 124, "00000100000", 11, true },
		{ "padding that isn't zeros", 512 + 100, "x", 1, false },
		{ "something behind the end", 3 * 512 + 1, "x", 1, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		struct buffer archive = buffer_of(64 * 1024);
		struct seen seen;

		put_entry(&archive, "report.json", "{}");
		put_end(&archive, 3);
		memcpy(archive.data + changes[i].at, changes[i].bytes, changes[i].len);
		if (changes[i].right_checksum)
			set_checksum(archive.data);
		if (read_archive(&archive, 512, &seen) == 0)
			fail_msg("%s is taken", changes[i].what);
		buffer_free(&seen.log);
		buffer_free(&archive);
	}
}

static void no_name_twice_and_not_too_many(void **state)
{
	struct buffer archive = buffer_of(1024 * 1024);
	struct seen seen;
	char name[32];

	(void)state;
	put_entry(&archive, "report.json", "{}");
	put_entry(&archive, "attachments/a", "1");
	put_entry(&archive, "attachments/a", "2");
	put_end(&archive, 2);
	assert_int_equal(read_archive(&archive, 512, &seen), -1);
	buffer_free(&seen.log);
	buffer_clear(&archive);
	put_entry(&archive, "report.json", "{}");
	for (int i = 1; i < ARCHIVE_ENTRIES_MAX; i++) {
		snprintf(name, sizeof name, "attachments/%d", i);
		put_entry(&archive, name, "");
	}
	put_end(&archive, 2);
	assert_int_equal(read_archive(&archive, 4096, &seen), 0);
	buffer_free(&seen.log);
	archive.len -= (size_t)2 * ARCHIVE_BLOCK;
	put_entry(&archive, "attachments/x", "");
	put_end(&archive, 2);
	assert_int_equal(read_archive(&archive, 4096, &seen), -1);
	buffer_free(&seen.log);
	buffer_free(&archive);
}

/* A header as stock tar writes it: with modes, owners and times, which tell nothing here. */
static void put_stock_entry(struct buffer *archive, const char *name, char type, const char *content)
{
	static const uint8_t zeros[ARCHIVE_BLOCK];
	uint8_t block[ARCHIVE_BLOCK] = { 0 };

	memcpy(block, name, strlen(name));
	snprintf((char *)block + 100, 8, "%07o", type == '5' ? 0775u : 0664u);
	snprintf((char *)block + 108, 8, "%07o", 1000u);
	snprintf((char *)block + 116, 8, "%07o", 1000u);
	snprintf((char *)block + 124, 12, "%011o", (unsigned)strlen(content) & 077777777u);
	snprintf((char *)block + 136, 12, "%011o", 1795509000u);
	block[156] = (uint8_t)type;
	memcpy(block + 257,
		"ustar\0"
		"00",
		8);
	memcpy(block + 265, "amina", 5);
	memcpy(block + 297, "amina", 5);
	set_checksum(block);
	buffer_put(archive, block, sizeof block);
	buffer_put_string(archive, content);
	buffer_put(archive, zeros, archive_padding(strlen(content)));
}

static void what_stock_tar_makes_is_taken(void **state)
{
	struct buffer archive = buffer_of(64 * 1024);
	struct seen seen;

	(void)state;
	put_stock_entry(&archive, "report.json", '0', "{}");
	put_stock_entry(&archive, "attachments/", '5', "");
	put_stock_entry(&archive, "attachments/001.jpg", '0', "photo");
	put_end(&archive, 15); /* a record of 10 KiB */
	assert_int_equal(archive.len, 10 * 1024);
	assert_int_equal(read_archive(&archive, 1000, &seen), 0);
	assert_string_equal(buffer_text(&seen.log), "report.json:2:{};attachments/001.jpg:5:photo;");
	buffer_free(&seen.log);
	/* Some tars fill numbers up with spaces. */
	memcpy(archive.data + 124, "          2 ", 12);
	set_checksum(archive.data);
	assert_int_equal(read_archive(&archive, 1000, &seen), 0);
	buffer_free(&seen.log);
	/* A prefix would put the folder elsewhere. */
	archive.data[1024 + 345] = 'x';
	set_checksum(archive.data + 1024);
	assert_int_equal(read_archive(&archive, 1000, &seen), -1);
	buffer_free(&seen.log);
	buffer_free(&archive);
}

static void there_is_no_archive_without_a_report(void **state)
{
	struct buffer archive = buffer_of(64 * 1024);
	struct seen seen;

	(void)state;
	put_end(&archive, 4);
	assert_int_equal(read_archive(&archive, 512, &seen), -1);
	buffer_free(&seen.log);
	buffer_clear(&archive);
	put_stock_entry(&archive, "attachments/", '5', "");
	put_end(&archive, 4);
	assert_int_equal(read_archive(&archive, 512, &seen), -1);
	buffer_free(&seen.log);
	buffer_free(&archive);
}

/* Whoever reads can stop at any point, and the archive counts as refused. */
static int refuse_entry(void *context, const char *name, uint64_t size, struct fault *fault)
{
	(void)context;
	(void)name;
	(void)size;
	return fault_set(fault, "enough");
}

static void a_reader_can_stop(void **state)
{
	struct buffer archive = buffer_of(64 * 1024);
	struct seen seen = { buffer_of(1024) };
	const struct archive_handler handler = { &seen, refuse_entry, on_content, on_entry_end };
	struct archive_reader *reader = archive_reader_new(&handler);
	struct fault fault = { "" };

	(void)state;
	put_entry(&archive, "report.json", "{}");
	put_end(&archive, 2);
	assert_int_equal(archive_feed(reader, archive.data, archive.len, &fault), -1);
	assert_string_equal(fault.text, "enough");
	assert_int_equal(seen.log.len, 0);
	archive_reader_free(reader);
	buffer_free(&seen.log);
	buffer_free(&archive);
}

/* The archive in random pieces: 0 where it was taken whole. */
static int read_at_random(const struct buffer *archive, struct seen *seen)
{
	const struct archive_handler handler = { seen, on_entry, on_content, on_entry_end };
	struct archive_reader *reader = archive_reader_new(&handler);
	struct fault fault;
	int rc = 0;

	seen->log = buffer_of(1024 * 1024);
	for (size_t at = 0, take; rc == 0 && at < archive->len; at += take) {
		take = randombytes_uniform(randombytes_uniform(2) == 0 ? 8 : 1500);
		take = archive->len - at < take ? archive->len - at : take;
		rc = archive_feed(reader, archive->data + at, take, &fault);
	}
	if (rc == 0)
		rc = archive_finish(reader, &fault);
	archive_reader_free(reader);
	return rc;
}

/* Where a byte is changed, some archives are refused and some still read: either way it must not depend on
 * how the bytes come in. */
static void any_pieces_mean_the_same(void **state)
{
	struct buffer archive = buffer_of(64 * 1024);
	size_t taken = 0, rounds = 3000;

	(void)state;
	put_entry(&archive, "report.json", "{}");
	put_entry(&archive, "attachments/001.jpg", "photo");
	put_entry(&archive, "attachments/002.jpg", "another");
	put_end(&archive, 4);
	for (size_t i = 0; i < rounds; i++) {
		struct seen whole, pieces;
		size_t at = randombytes_uniform((uint32_t)archive.len);
		uint8_t kept = archive.data[at];
		int rc;

		archive.data[at] ^= (uint8_t)(1 << randombytes_uniform(8));
		if (at % 1024 < 512 && at < 3 * 1024 && randombytes_uniform(2) == 0)
			set_checksum(archive.data + at / 1024 * 1024);
		rc = read_archive(&archive, archive.len, &whole);
		assert_int_equal(read_at_random(&archive, &pieces), rc);
		if (rc == 0)
			assert_string_equal(buffer_text(&whole.log), buffer_text(&pieces.log));
		taken += rc == 0 ? 1 : 0;
		archive.data[at] = kept;
		for (size_t block = 0; block < 3; block++)
			set_checksum(archive.data + block * 1024);
		buffer_free(&whole.log);
		buffer_free(&pieces.log);
	}
	assert_true(taken > 0 && taken < rounds);
	buffer_free(&archive);
}

static void every_cut_is_noticed(void **state)
{
	struct buffer archive = buffer_of(64 * 1024), cut;
	struct seen seen;

	(void)state;
	put_entry(&archive, "report.json", "{}");
	put_end(&archive, 2);
	assert_int_equal(read_archive(&archive, 512, &seen), 0);
	buffer_free(&seen.log);
	for (size_t len = 0; len < archive.len; len++) {
		cut = archive;
		cut.len = len;
		assert_int_equal(read_archive(&cut, 512, &seen), -1);
		buffer_free(&seen.log);
	}
	buffer_free(&archive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_write_we_read_in_any_pieces),
		cmocka_unit_test(only_safe_names),
		cmocka_unit_test(what_is_wrong_is_refused),
		cmocka_unit_test(no_name_twice_and_not_too_many),
		cmocka_unit_test(what_stock_tar_makes_is_taken),
		cmocka_unit_test(there_is_no_archive_without_a_report),
		cmocka_unit_test(a_reader_can_stop),
		cmocka_unit_test(any_pieces_mean_the_same),
		cmocka_unit_test(every_cut_is_noticed),
	};

	return proto_init() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
