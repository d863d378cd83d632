/* report.json out of the archive as it comes, and nothing else of it. */
#ifndef OFFICER_REPORT_TEXT_H
#define OFFICER_REPORT_TEXT_H

#include "proto/archive.h"
#include "proto/buffer.h"

struct report_text {
	struct buffer *text;
	struct archive_reader *archive;
	struct fault fault; /* why the archive was refused */
	bool is_refused;
	bool in_report;
	bool done; /* all of report.json has come */
};

/* Into text, which is the caller's. -1 where memory is short. */
MUST_USE int report_text_begin(struct report_text *look, struct buffer *text);
void report_text_end(struct report_text *look);

/* A report_sink; context is the struct. */
MUST_USE int report_text_take(void *context, const uint8_t *data, size_t len);

#endif
