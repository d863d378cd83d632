/* A stranger's roster: what is taken must be written back byte for byte (`+` lines excepted), and nothing
 * crashes. */
#include "fuzz.h"

#include "proto/roster.h"
#include "proto/roster_changes.h"

#include <string.h>

static bool has_plus_line(const struct roster *roster)
{
	return memmem(roster->note, roster->body_len, "\n+", 2) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer body = buffer_of(ROSTER_MAX_BYTES), note = buffer_of(2 * ROSTER_MAX_BYTES);
	struct buffer changes = buffer_of(2 * ROSTER_MAX_BYTES);
	struct roster *roster = NULL;
	struct fault fault;
	char fingerprint[FINGERPRINT_SIZE];

	fuzz_start();
	if (roster_parse(data, size, &roster, &fault) == 0) {
		must(roster_write_body(roster, &body) == 0);
		must(has_plus_line(roster) ||
			(body.len == roster->body_len && bytes_equal(body.data, data, body.len)));
		must(roster_write_note(roster, &note) == 0);
		must(note.len == size && bytes_equal(note.data, data, size));
		must(roster_fingerprint(roster, fingerprint) == 0);
		must(roster_changes(NULL, roster, &changes) == 0);
		(void)roster_signed_by(roster, roster);
	}
	roster_free(roster);
	buffer_free(&body);
	buffer_free(&note);
	buffer_free(&changes);
	return 0;
}
