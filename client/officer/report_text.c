#include "report_text.h"

#include "proto/report_schema.h"

#include <string.h>

static int entry(void *context, const char *name, uint64_t size, struct fault *fault)
{
	struct report_text *look = context;

	if (look->done)
		return 0;
	look->in_report = strcmp(name, ARCHIVE_REPORT) == 0;
	if (!look->in_report)
		return fault_set(fault, "report.json isn't the first file: this isn't a report");
	if (size > REPORT_JSON_MAX)
		return fault_set(fault, "report.json is too large: this isn't a report");
	return 0;
}

static int content(void *context, const uint8_t *data, size_t len, struct fault *fault)
{
	struct report_text *look = context;

	if (!look->in_report)
		return 0;
	buffer_put(look->text, data, len);
	return buffer_ok(look->text) == 0 ? 0 : fault_set(fault, "report.json is too large");
}

static int entry_end(void *context, struct fault *fault)
{
	struct report_text *look = context;

	(void)fault;
	look->done = look->done || look->in_report;
	look->in_report = false;
	return 0;
}

int report_text_begin(struct report_text *look, struct buffer *text)
{
	const struct archive_handler handler = { look, entry, content, entry_end };

	*look = (struct report_text){ .text = text };
	look->archive = archive_reader_new(&handler);
	return look->archive != NULL ? 0 : -1;
}

void report_text_end(struct report_text *look)
{
	archive_reader_free(look->archive);
}

int report_text_take(void *context, const uint8_t *data, size_t len)
{
	struct report_text *look = context;

	if (look->done)
		return 0;
	if (archive_feed(look->archive, data, len, &look->fault) == 0)
		return 0;
	look->is_refused = true;
	return -1;
}
