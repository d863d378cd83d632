#include "proto/cursor.h"
#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/roster.h"
#include "proto/text.h"
#include "proto/time.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "clarion-roster/1\n"

/* Each take_ function reads one field, ended by a space or the line's end, and copies it out. */

static int take_word(struct reader *line, const char **ret_word, size_t *ret_len)
{
	return reader_field(line, ' ', ret_word, ret_len) == 0 && *ret_len > 0 ? 0 : -1;
}

static int take_name(struct reader *line, char ret_name[NAME_SIZE])
{
	const char *word = NULL;
	size_t len = 0;

	return take_word(line, &word, &len) == 0 ? name_of(word, len, ret_name) : -1;
}

static int take_number(struct reader *line, uint64_t max, uint64_t *ret_number)
{
	const char *word = NULL;
	size_t len = 0;
	struct reader digits;
	uint64_t number = 0;

	if (take_word(line, &word, &len) != 0)
		return -1;
	digits = reader_of(word, len);
	if (reader_decimal(&digits, &number) != 0 || reader_end(&digits) != 0 || number > max)
		return -1;
	*ret_number = number;
	return 0;
}

static int take_u32(struct reader *line, uint32_t *ret_number)
{
	uint64_t number = 0;

	if (take_number(line, UINT32_MAX, &number) != 0)
		return -1;
	*ret_number = (uint32_t)number;
	return 0;
}

static int take_time(struct reader *line, int64_t *ret_seconds)
{
	const char *word = NULL;
	size_t len = 0;

	return take_word(line, &word, &len) == 0 ? time_parse(word, len, ret_seconds) : -1;
}

static int take_32_bytes(struct reader *line, uint8_t ret_bytes[32])
{
	const char *word = NULL;
	size_t len = 0;

	return take_word(line, &word, &len) == 0
		       ? base64_decode_fixed(BASE64_PADDED, word, len, ret_bytes, 32)
		       : -1;
}

static int take_recipient(struct reader *line, uint8_t ret_recipient[AGE_RECIPIENT_BYTES])
{
	const char *word = NULL;
	size_t len = 0;

	return take_word(line, &word, &len) == 0 ? age_recipient_parse(word, len, ret_recipient) : -1;
}

static int copy_text(const char *text, size_t len, char *ret_text, size_t size)
{
	if (len >= size || memchr(text, '\0', len) != NULL)
		return -1;
	memcpy(ret_text, text, len);
	ret_text[len] = '\0';
	return 0;
}

static int take_url(struct reader *line, char ret_url[ROSTER_URL_MAX + 1])
{
	const char *word = NULL;
	size_t len = 0;

	return take_word(line, &word, &len) == 0 ? copy_text(word, len, ret_url, ROSTER_URL_MAX + 1) : -1;
}

/* All that is left of the line: titles are the one field that may hold spaces. */
static int take_title(struct reader *line, char ret_title[ROSTER_TEXT_MAX + 1])
{
	const uint8_t *text = NULL;
	size_t len = line->left;

	if (len == 0 || reader_view(line, len, &text) != 0)
		return -1;
	return copy_text((const char *)text, len, ret_title, ROSTER_TEXT_MAX + 1);
}

/* One function a kind of line: the keyword and its space are behind us, and the whole line must be used up.
 */

static int take_organisation(struct roster *roster, struct reader *line)
{
	return take_title(line, roster->organisation);
}

static int take_version(struct roster *roster, struct reader *line)
{
	return take_number(line, INT64_MAX, &roster->version);
}

static int take_previous(struct roster *roster, struct reader *line)
{
	const char *word = NULL;
	size_t len = 0;

	return take_word(line, &word, &len) == 0 ? hex_decode(word, len, roster->previous, SHA256_BYTES) : -1;
}

static int take_issued(struct roster *roster, struct reader *line)
{
	return take_time(line, &roster->issued);
}

static int take_expires(struct roster *roster, struct reader *line)
{
	return take_time(line, &roster->expires);
}

static int take_threshold(struct roster *roster, struct reader *line)
{
	return take_u32(line, &roster->threshold);
}

static int take_admin(struct roster *roster, struct reader *line)
{
	struct roster_admin admin = { .name = "" };

	if (take_name(line, admin.name) != 0 || take_recipient(line, admin.recipient) != 0 ||
		take_32_bytes(line, admin.public_key) != 0)
		return -1;
	return roster_add_admin(roster, &admin);
}

static int take_server(struct roster *roster, struct reader *line)
{
	struct roster_server server = { .url = "" };

	if (take_url(line, server.url) != 0 || take_32_bytes(line, server.pin) != 0)
		return -1;
	server.has_next_pin = line->left > 0;
	if (server.has_next_pin && take_32_bytes(line, server.next_pin) != 0)
		return -1;
	return roster_add_server(roster, &server);
}

static int take_receipt_key(struct roster *roster, struct reader *line)
{
	return take_32_bytes(line, roster->receipt_key);
}

static int take_token_key(struct roster *roster, struct reader *line)
{
	struct roster_token_key key = { .epoch = 0 };

	if (take_number(line, UINT32_MAX, &key.epoch) != 0 || take_32_bytes(line, key.public_key) != 0 ||
		take_time(line, &key.not_before) != 0 || take_time(line, &key.not_after) != 0)
		return -1;
	return roster_add_token_key(roster, &key);
}

static int take_ack_minutes(struct reader *line, uint32_t ret_minutes[URGENCY_TIMERS])
{
	const char *word = NULL;
	size_t len = 0;
	struct reader numbers;

	if (take_word(line, &word, &len) != 0)
		return -1;
	numbers = reader_of(word, len);
	for (size_t i = 0; i < URGENCY_TIMERS; i++) {
		uint64_t minutes = 0;

		if (i > 0 && reader_literal(&numbers, ",") != 0)
			return -1;
		if (reader_decimal(&numbers, &minutes) != 0 || minutes > UINT32_MAX)
			return -1;
		ret_minutes[i] = (uint32_t)minutes;
	}
	return reader_end(&numbers);
}

static int take_desk(struct roster *roster, struct reader *line)
{
	struct roster_desk desk = { .name = "" };
	const char *word = NULL;
	size_t len = 0;

	if (take_name(line, desk.name) != 0 || take_word(line, &word, &len) != 0 ||
		admission_of(word, len, &desk.admission) != 0 ||
		take_ack_minutes(line, desk.ack_minutes) != 0 || take_u32(line, &desk.retention_days) != 0 ||
		take_title(line, desk.title) != 0)
		return -1;
	return roster_add_desk(roster, &desk);
}

/* Fallback lines follow the order of the desks, so that a roster has one way to be written. */
static int take_fallback(struct roster *roster, struct reader *line)
{
	char name[NAME_SIZE], fallback[NAME_SIZE];
	size_t place = 0;

	if (take_name(line, name) != 0 || take_name(line, fallback) != 0)
		return -1;
	while (place < roster->desk_count && strcmp(roster->desks[place].name, name) != 0)
		place++;
	if (place == roster->desk_count)
		return -1;
	for (size_t i = place; i < roster->desk_count; i++) {
		if (roster->desks[i].fallback[0] != '\0')
			return -1;
	}
	memcpy(roster->desks[place].fallback, fallback, NAME_SIZE);
	return 0;
}

static int take_partner(struct roster *roster, struct reader *line)
{
	struct roster_partner partner = { .name = "" };
	const char *word = NULL;
	size_t len = 0;

	if (take_name(line, partner.name) != 0 || take_word(line, &word, &len) != 0 ||
		copy_text(word, len, partner.fingerprint, FINGERPRINT_SIZE) != 0 ||
		take_url(line, partner.url) != 0 || take_title(line, partner.title) != 0)
		return -1;
	return roster_add_partner(roster, &partner);
}

static int take_archive(struct roster *roster, struct reader *line)
{
	struct roster_archive archive = { .desk = "" };

	if (take_name(line, archive.desk) != 0 || take_recipient(line, archive.recipient) != 0)
		return -1;
	return roster_add_archive(roster, &archive);
}

static int take_desk_list(struct reader *line, struct roster_officer *officer)
{
	const char *word = NULL, *desk = NULL;
	size_t len = 0, desk_len = 0;
	struct reader desks;

	if (take_word(line, &word, &len) != 0 || word[len - 1] == ',')
		return -1;
	desks = reader_of(word, len);
	while (reader_field(&desks, ',', &desk, &desk_len) == 0) {
		if (officer->desk_count == OFFICER_DESKS_MAX ||
			name_of(desk, desk_len, officer->desks[officer->desk_count]) != 0)
			return -1;
		officer->desk_count++;
	}
	return 0;
}

static int take_officer(struct roster *roster, struct reader *line)
{
	struct roster_officer officer = { .name = "" };

	if (take_name(line, officer.name) != 0 || take_desk_list(line, &officer) != 0 ||
		take_u32(line, &officer.tier) != 0 || take_recipient(line, officer.recipient) != 0 ||
		take_32_bytes(line, officer.public_key) != 0 || take_title(line, officer.title) != 0)
		return -1;
	return roster_add_officer(roster, &officer);
}

/* The lines in their order. */
static const struct line_kind {
	const char *keyword;
	int (*take)(struct roster *roster, struct reader *line);
	bool once; /* exactly one; otherwise any number, and roster_check counts */
} line_kinds[] = {
	{ "organisation ", take_organisation, true },
	{ "version ", take_version, true },
	{ "previous ", take_previous, true },
	{ "issued ", take_issued, true },
	{ "expires ", take_expires, true },
	{ "threshold ", take_threshold, true },
	{ "admin ", take_admin, false },
	{ "server ", take_server, false },
	{ "receipt-key ", take_receipt_key, true },
	{ "token-key ", take_token_key, false },
	{ "desk ", take_desk, false },
	{ "fallback ", take_fallback, false },
	{ "partner ", take_partner, false },
	{ "archive ", take_archive, false },
	{ "officer ", take_officer, false },
};

/* *place is the first kind that may come; kinds that must come once can't be passed over. */
static int take_line(
	struct roster *roster, struct reader line, size_t *place, size_t number, struct fault *fault)
{
	if (line.left > 0 && line.at[0] == '+')
		return 0;
	for (; *place < COUNT_OF(line_kinds); (*place)++) {
		const struct line_kind *kind = &line_kinds[*place];

		if (reader_literal(&line, kind->keyword) != 0) {
			if (kind->once)
				break;
			continue;
		}
		if (line.left == 0 || line.at[line.left - 1] == ' ' || kind->take(roster, &line) != 0 ||
			reader_end(&line) != 0)
			return fault_set(fault, "roster line %zu: `%.*s` is malformed", number,
				(int)strlen(kind->keyword) - 1, kind->keyword);
		*place += kind->once;
		return 0;
	}
	return fault_set(fault, "roster line %zu: this line is unknown or out of order", number);
}

static int take_body(struct roster *roster, struct reader body, struct fault *fault)
{
	const char *line = NULL;
	size_t len = 0, place = 0, number = 1;

	if (reader_literal(&body, FIRST_LINE) != 0)
		return fault_set(fault, "this is not a roster of version 1");
	while (reader_line(&body, &line, &len) == 0) {
		if (take_line(roster, reader_of(line, len), &place, ++number, fault) != 0)
			return -1;
	}
	for (; place < COUNT_OF(line_kinds); place++) {
		if (line_kinds[place].once)
			return fault_set(fault, "the roster ends before its `%.*s` line",
				(int)strlen(line_kinds[place].keyword) - 1, line_kinds[place].keyword);
	}
	return roster_check(roster, fault);
}

/* Keeps the note's bytes, its signatures and its digest. */
static int keep_note(struct roster *roster, const uint8_t *data, size_t len, const struct note *note)
{
	size_t size = note->signature_count * sizeof(note->signatures[0]);

	if (sha256_once(data, note->text_len, roster->digest) != 0)
		return -1;
	roster->note = malloc(len);
	roster->signatures = malloc(size > 0 ? size : 1);
	if (roster->note == NULL || roster->signatures == NULL)
		return -1;
	memcpy(roster->note, data, len);
	memcpy(roster->signatures, note->signatures, size);
	roster->note_len = len;
	roster->body_len = note->text_len;
	roster->signature_count = note->signature_count;
	return 0;
}

int roster_parse(const uint8_t *data, size_t len, struct roster **ret_roster, struct fault *fault)
{
	struct roster *roster = NULL;
	struct note note;
	int rc = -1;

	if (len > ROSTER_MAX_BYTES)
		return fault_set(fault, "the roster is longer than %d bytes", ROSTER_MAX_BYTES);
	if (note_parse(data, len, &note, fault) != 0)
		return -1;
	roster = roster_new();
	if (roster == NULL)
		return fault_set(fault, "there is not enough memory for the roster");
	if (take_body(roster, reader_of(data, note.text_len), fault) != 0)
		goto cleanup;
	if (keep_note(roster, data, len, &note) != 0) {
		rc = fault_set(fault, "there is not enough memory for the roster");
		goto cleanup;
	}
	*ret_roster = roster;
	roster = NULL;
	rc = 0;
cleanup:
	roster_free(roster);
	return rc;
}
