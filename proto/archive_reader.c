#include "archive_block.h"
#include "proto/cursor.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define END_LEN ((size_t)2 * ARCHIVE_BLOCK) /* POSIX: "at least two 512-byte blocks of zeros" */

enum state { STATE_HEADER, STATE_CONTENT, STATE_PADDING, STATE_ENDED };

struct archive_reader {
	struct archive_handler handler;
	const char *first;
	archive_name_test *name_is_safe;
	enum state state;
	uint8_t block[ARCHIVE_BLOCK];
	size_t block_len;
	uint64_t content_left;
	size_t padding_left;
	size_t end_len; /* zeros from the end's first block on, counted up to two blocks */
	char names[ARCHIVE_ENTRIES_MAX][ARCHIVE_NAME_SIZE];
	size_t count;
	bool skips_entry; /* the folder that stock tar adds */
};

struct archive_reader *archive_reader_new(const struct archive_handler *handler)
{
	return archive_reader_of(handler, ARCHIVE_REPORT, archive_name_is_safe);
}

struct archive_reader *archive_reader_of(
	const struct archive_handler *handler, const char *first, archive_name_test *name_is_safe)
{
	struct archive_reader *reader = sodium_malloc(sizeof *reader);

	if (reader == NULL)
		return NULL;
	memset(reader, 0, sizeof *reader);
	reader->handler = *handler;
	reader->first = first;
	reader->name_is_safe = name_is_safe;
	return reader;
}

void archive_reader_free(struct archive_reader *reader)
{
	sodium_free(reader);
}

static int refuse(struct fault *fault, const char *why)
{
	return fault_set(fault, "the archive inside is malformed: %s", why);
}

/* Octal digits, then spaces or NULs to the end of the field, as all tars write it. */
static int octal(const uint8_t *field, size_t len, uint64_t *ret_value)
{
	uint64_t value = 0;
	size_t at = 0;

	while (at < len && field[at] == ' ')
		at++;
	if (at == len || field[at] < '0' || field[at] > '7')
		return -1;
	for (; at < len && field[at] >= '0' && field[at] <= '7'; at++)
		value = value << 3 | (uint64_t)(field[at] - '0');
	for (; at < len; at++) {
		if (field[at] != ' ' && field[at] != '\0')
			return -1;
	}
	*ret_value = value;
	return 0;
}

static int check_sum(const uint8_t block[ARCHIVE_BLOCK])
{
	uint64_t told;

	if (octal(block + AT_CHECKSUM, CHECKSUM_LEN, &told) != 0)
		return -1;
	return told == archive_block_sum(block) ? 0 : -1;
}

/* The name, checked and remembered: none may come twice, and the report comes first. */
static int take_name(struct archive_reader *reader, struct fault *fault)
{
	const char *name = (const char *)reader->block;
	size_t len = strnlen(name, ARCHIVE_NAME_SIZE);

	if (len > ARCHIVE_NAME_MAX || reader->block[AT_PREFIX] != '\0' || !reader->name_is_safe(name, len))
		return refuse(fault, "a name in it isn't one that it may have");
	if (reader->count == ARCHIVE_ENTRIES_MAX)
		return refuse(fault, "it has too many files");
	if (reader->count == 0 && strcmp(name, reader->first) != 0)
		return refuse(fault, "it begins with another file than it should");
	for (size_t i = 0; i < reader->count; i++) {
		if (strcmp(reader->names[i], name) == 0)
			return refuse(fault, "a name in it comes twice");
	}
	memcpy(reader->names[reader->count++], name, len + 1);
	return 0;
}

static int begin_entry(struct archive_reader *reader, struct fault *fault)
{
	const uint8_t *block = reader->block;
	uint64_t size;

	if (check_sum(block) != 0)
		return refuse(fault, "a checksum is wrong");
	if (!bytes_equal(block + AT_MAGIC, "ustar", 5) || octal(block + AT_SIZE, SIZE_LEN, &size) != 0 ||
		size > ARCHIVE_SIZE_MAX)
		return refuse(fault, "it isn't ustar");
	reader->skips_entry = block[AT_TYPE] == '5';
	if (reader->skips_entry) {
		if (size != 0 || block[AT_PREFIX] != '\0' ||
			!bytes_equal(block, ARCHIVE_FOLDER, sizeof ARCHIVE_FOLDER))
			return refuse(fault, "it holds a folder");
		return 0;
	}
	if (block[AT_TYPE] != '0' && block[AT_TYPE] != '\0')
		return refuse(fault, "it holds something that is no regular file");
	if (take_name(reader, fault) != 0)
		return -1;
	reader->content_left = size;
	reader->padding_left = archive_padding(size);
	reader->state = STATE_CONTENT;
	return reader->handler.on_entry(
		reader->handler.context, reader->names[reader->count - 1], size, fault);
}

static int end_content(struct archive_reader *reader, struct fault *fault)
{
	reader->state = reader->padding_left == 0 ? STATE_HEADER : STATE_PADDING;
	return reader->handler.on_entry_end(reader->handler.context, fault);
}

static int take_header(struct archive_reader *reader, struct reader *in, struct fault *fault)
{
	size_t want = ARCHIVE_BLOCK - reader->block_len, take = in->left < want ? in->left : want;

	if (reader_fixed(in, reader->block + reader->block_len, take) != 0)
		return refuse(fault, "it is cut short");
	reader->block_len += take;
	if (reader->block_len < ARCHIVE_BLOCK)
		return 0;
	reader->block_len = 0;
	if (sodium_is_zero(reader->block, ARCHIVE_BLOCK)) {
		reader->state = STATE_ENDED;
		reader->end_len = ARCHIVE_BLOCK;
		return 0;
	}
	if (begin_entry(reader, fault) != 0)
		return -1;
	return reader->state == STATE_CONTENT && reader->content_left == 0 ? end_content(reader, fault) : 0;
}

static int take_content(struct archive_reader *reader, struct reader *in, struct fault *fault)
{
	size_t take = in->left < reader->content_left ? in->left : (size_t)reader->content_left;
	const uint8_t *data;

	if (reader_view(in, take, &data) != 0)
		return refuse(fault, "it is cut short");
	reader->content_left -= take;
	if (reader->handler.on_content(reader->handler.context, data, take, fault) != 0)
		return -1;
	return reader->content_left == 0 ? end_content(reader, fault) : 0;
}

static int take_padding(struct archive_reader *reader, struct reader *in, struct fault *fault)
{
	size_t take = in->left < reader->padding_left ? in->left : reader->padding_left;
	const uint8_t *data;

	if (reader_view(in, take, &data) != 0 || !sodium_is_zero(data, take))
		return refuse(fault, "its padding isn't zeros");
	reader->padding_left -= take;
	if (reader->padding_left == 0)
		reader->state = STATE_HEADER;
	return 0;
}

static int take_end(struct archive_reader *reader, struct reader *in, struct fault *fault)
{
	const uint8_t *data;
	size_t len = in->left, owed = END_LEN - reader->end_len;

	if (reader_view(in, len, &data) != 0 || !sodium_is_zero(data, len))
		return refuse(fault, "something follows its end");
	reader->end_len += len < owed ? len : owed;
	return 0;
}

int archive_feed(struct archive_reader *reader, const uint8_t *data, size_t len, struct fault *fault)
{
	struct reader in = reader_of(data, len);
	int rc = 0;

	while (rc == 0 && in.left > 0) {
		switch (reader->state) {
		case STATE_HEADER:
			rc = take_header(reader, &in, fault);
			break;
		case STATE_CONTENT:
			rc = take_content(reader, &in, fault);
			break;
		case STATE_PADDING:
			rc = take_padding(reader, &in, fault);
			break;
		case STATE_ENDED:
			rc = take_end(reader, &in, fault);
			break;
		}
	}
	return rc;
}

int archive_finish(const struct archive_reader *reader, struct fault *fault)
{
	if (reader->state != STATE_ENDED || reader->end_len < END_LEN)
		return refuse(fault, "it has no end");
	if (reader->count == 0)
		return refuse(fault, "it is empty");
	return 0;
}
