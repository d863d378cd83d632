#include "foresee.h"

#include "client/terminal.h"
#include "proto/sealed_report.h"

#include <string.h>

#define NAME_AND_TITLE (NAME_SIZE + ROSTER_TEXT_MAX + 16)
#define ENVELOPE_BYTES 700 /* what the program itself adds to report.json */

uint64_t foresee_size(size_t json_len, const uint64_t *attachments, size_t count)
{
	uint64_t len = archive_entry_len(json_len + ENVELOPE_BYTES);

	for (size_t at = 0; at < count; at++)
		len += archive_entry_len(attachments[at]);
	return report_plaintext_len(len);
}

static void tell_reader(const struct asking *asking, const struct roster_officer *officer)
{
	struct buffer title = buffer_of(NAME_AND_TITLE);

	terminal_safe(officer->title, strlen(officer->title), &title);
	if (officer->title[0] != '\0' && buffer_text(&title) != NULL)
		tell(asking, "  %s, %s\n", officer->name, buffer_text(&title));
	else
		tell(asking, "  %s\n", officer->name);
	buffer_free(&title);
}

void foresee_tell(const struct asking *asking, const struct foresight *foresight)
{
	const struct recipients *recipients = foresight->recipients;

	tell(asking, "Who will be able to read it:\n");
	for (size_t at = 0; at < recipients->reader_count; at++)
		tell_reader(asking, recipients->readers[at]);
	if (recipients->archive_count > 0)
		tell(asking, "  the archive of the desk\n");
	if (recipients->excluded_count > 0)
		tell(asking, "The server and strangers can't tell that somebody was excluded; the excluded "
			     "herself may notice.\n");
	tell(asking, "What the server learns:\n");
	tell(asking, "  the desk: %s\n", foresight->desk);
	tell(asking, "  the urgency: %s\n", urgency_word(foresight->urgency));
	tell(asking, "  a size, rounded up: %llu KiB\n",
		(unsigned long long)((foresight->size + 1023) / 1024));
	tell(asking, "  when it arrives; and from where, unless a proxy hides that\n");
}
