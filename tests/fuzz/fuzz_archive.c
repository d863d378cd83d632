/* However an archive is cut into pieces, it means the same. */
#include "fuzz.h"

#include "proto/archive.h"

struct tally {
	uint64_t entries, bytes, ends;
};

static int on_entry(void *context, const char *name, uint64_t size, struct fault *fault)
{
	struct tally *tally = context;
	size_t len = 0;

	(void)size;
	(void)fault;
	while (name[len] != '\0')
		len++;
	must(archive_name_is_safe(name, len));
	tally->entries++;
	return 0;
}

static int on_content(void *context, const uint8_t *data, size_t len, struct fault *fault)
{
	struct tally *tally = context;

	(void)data;
	(void)fault;
	tally->bytes += len;
	return 0;
}

static int on_entry_end(void *context, struct fault *fault)
{
	struct tally *tally = context;

	(void)fault;
	tally->ends++;
	return 0;
}

static int read_in_steps(const uint8_t *data, size_t size, size_t step, struct tally *tally)
{
	const struct archive_handler handler = { tally, on_entry, on_content, on_entry_end };
	struct archive_reader *reader = archive_reader_new(&handler);
	struct fault fault;
	int rc = 0;

	must(reader != NULL);
	for (size_t at = 0; rc == 0 && at < size; at += step)
		rc = archive_feed(reader, data + at, size - at < step ? size - at : step, &fault);
	if (rc == 0)
		rc = archive_finish(reader, &fault);
	archive_reader_free(reader);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally whole = { 0 }, pieces = { 0 };

	fuzz_start();
	int rc = read_in_steps(data, size, size + 1, &whole);
	must(read_in_steps(data, size, 7, &pieces) == rc);
	if (rc == 0)
		must(whole.entries == pieces.entries && whole.bytes == pieces.bytes &&
			whole.ends == whole.entries);
	return 0;
}
