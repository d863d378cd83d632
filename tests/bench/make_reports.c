/* bench-make-reports ROSTER DESK COUNT BYTES > FILE: COUNT different sealed reports of about BYTES plaintext,
 * to the desk's officers in the roster, as records that bench-load reads: id, salt, 32-bit length, sealed
 * file. */
#include "proto/buffer.h"
#include "proto/encode.h"
#include "proto/roster.h"
#include "proto/sealed_report.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEALED_MAX (1024 * 1024)
#define JSON_SIZE  1024

static int to_buffer(void *context, const uint8_t *data, size_t len)
{
	struct buffer *sealed = context;

	buffer_put(sealed, data, len);
	return buffer_ok(sealed);
}

static void fail(const char *what)
{
	fprintf(stderr, "bench-make-reports: %s\n", what);
	exit(1);
}

static struct roster *read_roster(const char *path)
{
	static uint8_t note[ROSTER_MAX_BYTES];
	FILE *file = fopen(path, "re");
	struct roster *roster = NULL;
	struct fault fault;
	size_t len;

	if (file == NULL)
		fail("the roster can't be opened");
	len = fread(note, 1, sizeof note, file);
	fclose(file);
	if (roster_parse(note, len, &roster, &fault) != 0)
		fail(fault.text);
	return roster;
}

static size_t desk_recipients(const struct roster *roster, const char *desk,
	uint8_t (*ret_recipients)[AGE_RECIPIENT_BYTES], size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < roster->officer_count && count < max; i++) {
		if (officer_serves(&roster->officers[i], desk))
			memcpy(ret_recipients[count++], roster->officers[i].recipient, AGE_RECIPIENT_BYTES);
	}
	return count;
}

/* As the defender's client writes it, so that an officer's tools take the report for what it is. Nobody has
 * the mailbox's key. */
static size_t write_json(const struct destination *destination, uint64_t roster, char ret_json[JSON_SIZE])
{
	uint8_t nobody[AGE_RECIPIENT_BYTES];
	char recipient[AGE_RECIPIENT_SIZE], salt[SALT_HEX_SIZE];
	int len;

	randombytes_buf(nobody, sizeof nobody);
	age_recipient_text(nobody, recipient);
	hex_encode(destination->salt, sizeof destination->salt, salt);
	len = snprintf(ret_json, JSON_SIZE,
		"{\"schema\": 1, \"urgency\": \"priority\", \"summary\": \"A report to measure with\", "
		"\"envelope\": {\"organisation\": \"%s\", \"desk\": \"%s\", \"urgency\": \"priority\", "
		"\"release\": "
		"null, \"hold_key\": null, \"salt\": \"%s\", \"roster\": %" PRIu64
		", \"mailbox\": {\"id\": \"nobody\", \"recipient\": \"%s\"}}}",
		destination->organisation, destination->desk, salt, roster, recipient);
	if (len < 0 || len >= JSON_SIZE)
		fail("a report's text is too long");
	return (size_t)len;
}

static void make_one(
	struct report_sealer_options *options, struct destination *destination, uint64_t roster, size_t bytes)
{
	struct buffer sealed = buffer_of(SEALED_MAX);
	struct report_sealer *sealer = NULL;
	uint8_t id[REPORT_ID_BYTES], *filler = calloc(1, bytes), length[4];
	char id_text[SHA256_HEX_CHARS + 1], salt_text[SALT_HEX_SIZE], json[JSON_SIZE];
	size_t json_len;

	randombytes_buf(destination->salt, sizeof destination->salt);
	json_len = write_json(destination, roster, json);
	options->sink_context = &sealed;
	if (filler == NULL || report_sealer_new(options, &sealer) != 0 ||
		report_sealer_entry(sealer, ARCHIVE_REPORT, json_len) != 0 ||
		report_sealer_content(sealer, (const uint8_t *)json, json_len) != 0)
		fail("sealing failed");
	if (bytes > 0 && (report_sealer_entry(sealer, ARCHIVE_FOLDER "001.bin", bytes) != 0 ||
				 report_sealer_content(sealer, filler, bytes) != 0))
		fail("sealing failed");
	if (report_sealer_finish(sealer, id) != 0)
		fail("sealing failed");
	hex_encode(id, sizeof id, id_text);
	hex_encode(destination->salt, sizeof destination->salt, salt_text);
	for (int i = 0; i < 4; i++)
		length[i] = (uint8_t)(sealed.len >> (8 * (3 - i)));
	fwrite(id_text, 1, SHA256_HEX_CHARS, stdout);
	fwrite(salt_text, 1, SALT_HEX_SIZE - 1, stdout);
	fwrite(length, 1, sizeof length, stdout);
	fwrite(sealed.data, 1, sealed.len, stdout);
	report_sealer_free(sealer);
	buffer_free(&sealed);
	free(filler);
}

int main(int argc, char **argv)
{
	static uint8_t recipients[ROSTER_OFFICERS_MAX][AGE_RECIPIENT_BYTES];
	struct destination destination = { .urgency = URGENCY_PRIORITY };
	struct report_sealer_options options = { .destination = &destination, .sink = to_buffer };
	struct roster *roster;

	if (argc != 5 || proto_init() != 0)
		return 64;
	roster = read_roster(argv[1]);
	snprintf(destination.desk, sizeof destination.desk, "%s", argv[2]);
	options.recipients = (const uint8_t(*)[AGE_RECIPIENT_BYTES])recipients;
	options.recipient_count = desk_recipients(roster, argv[2], recipients, ROSTER_OFFICERS_MAX);
	if (roster_fingerprint(roster, destination.organisation) != 0 || options.recipient_count == 0)
		fail("no officer serves that desk");
	for (unsigned long i = strtoul(argv[3], NULL, 10); i > 0; i--)
		make_one(&options, &destination, roster->version, strtoul(argv[4], NULL, 10));
	roster_free(roster);
	return 0;
}
