#include "proto/route.h"

#include "proto/cursor.h"
#include "proto/encode.h"
#include "proto/time.h"

#include <sodium.h>
#include <string.h>

#define VERSION_PREFIX "/v1/"

enum parameter {
	HAS_DESK = 1 << 0,
	HAS_URGENCY = 1 << 1,
	HAS_SALT = 1 << 2,
	HAS_ROSTER = 1 << 3,
	HAS_RELEASE = 1 << 4,
	HAS_ID = 1 << 5,
	HAS_LENGTH = 1 << 6,
	HAS_AFTER = 1 << 7,
	HAS_WAIT = 1 << 8,
	HAS_RAISED = 1 << 9,
};

#define SEALED     (HAS_DESK | HAS_URGENCY | HAS_ROSTER)
#define SEALED_MAY (HAS_SALT | HAS_RELEASE)
#define ALERTS_MAY (HAS_AFTER | HAS_WAIT | HAS_RAISED)

/* The calls of docs/protocol.md. In a path, `R` stands for a report id, `M` for a mailbox id, `D` for a desk
 * and `V` for a roster version. */
static const struct row {
	enum call call;
	const char *method, *path;
	enum caller caller;
	unsigned must, may;
} rows[] = {
	{ CALL_GET_ROSTER, "GET", "roster", CALLER_ANYONE, 0, 0 },
	{ CALL_GET_ROSTER_VERSION, "GET", "roster/V", CALLER_ANYONE, 0, 0 },
	{ CALL_PUT_ROSTER, "PUT", "roster", CALLER_ANYONE, 0, 0 },
	{ CALL_PUT_REPORT, "PUT", "reports/R", CALLER_ANYONE, SEALED, SEALED_MAY },
	{ CALL_CREATE_UPLOAD, "POST", "uploads", CALLER_ANYONE, SEALED | HAS_ID | HAS_LENGTH, SEALED_MAY },
	{ CALL_HEAD_UPLOAD, "HEAD", "reports/R", CALLER_ANYONE, 0, 0 },
	{ CALL_PATCH_UPLOAD, "PATCH", "reports/R", CALLER_ANYONE, 0, 0 },
	{ CALL_GET_ALERTS, "GET", "desks/D/alerts", CALLER_OFFICER, 0, ALERTS_MAY },
	{ CALL_GET_REPORTS, "GET", "desks/D/reports", CALLER_OFFICER, 0, HAS_AFTER },
	{ CALL_GET_EXPIRING, "GET", "desks/D/expiring", CALLER_OFFICER, 0, HAS_AFTER },
	{ CALL_GET_REPORT, "GET", "reports/R", CALLER_OFFICER, 0, 0 },
	{ CALL_GET_HEADER, "GET", "reports/R/header", CALLER_OFFICER, 0, 0 },
	{ CALL_GET_EVENTS, "GET", "reports/R/events", CALLER_OFFICER, 0, HAS_AFTER },
	{ CALL_GET_WRAPPING, "GET", "reports/R/wrapping", CALLER_OFFICER, 0, 0 },
	{ CALL_GET_HEADERS, "GET", "desks/D/headers", CALLER_OFFICER, 0, HAS_AFTER },
	{ CALL_GET_ROTA, "GET", "desks/D/rota", CALLER_OFFICER, 0, 0 },
	{ CALL_PUT_ROTA, "PUT", "desks/D/rota", CALLER_OFFICER, 0, 0 },
	{ CALL_POST_EVENT, "POST", "reports/R/events", CALLER_OFFICER, 0, 0 },
	{ CALL_GET_MAILBOX, "GET", "mailboxes/M", CALLER_ANYONE, 0, 0 },
	{ CALL_DELETE_MAILBOX, "DELETE", "mailboxes/M", CALLER_ANYONE, 0, 0 },
	{ CALL_POST_MAILBOX, "POST", "mailboxes/M", CALLER_OFFICER, 0, 0 },
	{ CALL_GET_STATUS, "GET", "status", CALLER_ADMIN, 0, 0 },
	{ CALL_POST_TOKENS, "POST", "tokens", CALLER_ANYONE, 0, 0 },
	{ CALL_POST_HOLD, "POST", "reports/R/hold", CALLER_ANYONE, 0, 0 },
	{ CALL_PUT_HEADER, "PUT", "reports/R/header", CALLER_OFFICER, HAS_ROSTER, 0 },
	{ CALL_POST_INVITATIONS, "POST", "invitations", CALLER_ADMIN, 0, 0 },
	{ CALL_GET_AUDIT, "GET", "audit", CALLER_ADMIN, 0, HAS_AFTER },
	{ CALL_GET_AUDIT_HEAD, "GET", "audit/head", CALLER_MEMBER, 0, HAS_AFTER },
	{ CALL_GET_WAKE, "GET", "wake", CALLER_OFFICER, 0, 0 },
	{ CALL_PUT_WAKE, "PUT", "wake", CALLER_OFFICER, 0, 0 },
	{ CALL_POST_WAKE, "POST", "wake", CALLER_OFFICER, 0, 0 },
	{ CALL_DELETE_WAKE, "DELETE", "wake", CALLER_OFFICER, 0, 0 },
};

static int take_number(const char *text, size_t len, uint64_t min, uint64_t max, uint64_t *ret_number)
{
	struct reader reader = reader_of(text, len);
	uint64_t number = 0;

	if (reader_decimal(&reader, &number) != 0 || reader_end(&reader) != 0 || number < min || number > max)
		return -1;
	*ret_number = number;
	return 0;
}

static int take_report(const char *text, size_t len, struct route *route)
{
	if (hex_decode(text, len, route->report_id, ID_BYTES) != 0)
		return -1;
	memcpy(route->report, text, len);
	route->report[len] = '\0';
	return 0;
}

static int take_mailbox(const char *text, size_t len, struct route *route)
{
	if (hex_decode(text, len, route->mailbox_id, MAILBOX_ID_BYTES) != 0)
		return -1;
	memcpy(route->mailbox, text, len);
	route->mailbox[len] = '\0';
	return 0;
}

static int take_desk(const char *text, size_t len, struct route *route)
{
	return name_of(text, len, route->desk);
}

static int take_version(const char *text, size_t len, struct route *route)
{
	return take_number(text, len, 1, INT64_MAX, &route->version);
}

static int take_urgency(const char *text, size_t len, struct route *route)
{
	return urgency_of(text, len, &route->urgency);
}

static int take_salt(const char *text, size_t len, struct route *route)
{
	route->has_salt = true;
	return hex_decode(text, len, route->salt, SALT_BYTES);
}

static int take_roster(const char *text, size_t len, struct route *route)
{
	return take_number(text, len, 1, INT64_MAX, &route->roster);
}

static int take_release(const char *text, size_t len, struct route *route)
{
	route->has_release = true;
	return time_parse(text, len, &route->release);
}

static int take_length(const char *text, size_t len, struct route *route)
{
	return take_number(text, len, 1, ROUTE_UPLOAD_MAX, &route->length);
}

static int take_after(const char *text, size_t len, struct route *route)
{
	return take_number(text, len, 0, INT64_MAX, &route->after);
}

static int take_wait(const char *text, size_t len, struct route *route)
{
	uint64_t wait = 0;

	if (take_number(text, len, 0, ROUTE_WAIT_MAX, &wait) != 0)
		return -1;
	route->wait = (uint32_t)wait;
	return 0;
}

static int take_raised(const char *text, size_t len, struct route *route)
{
	route->has_raised = true;
	return take_number(text, len, 0, INT64_MAX, &route->raised);
}

static const struct parameter_row {
	const char *start;
	unsigned bit;
	int (*take)(const char *text, size_t len, struct route *route);
} parameter_rows[] = {
	{ "desk=", HAS_DESK, take_desk },
	{ "urgency=", HAS_URGENCY, take_urgency },
	{ "salt=", HAS_SALT, take_salt },
	{ "roster=", HAS_ROSTER, take_roster },
	{ "release=", HAS_RELEASE, take_release },
	{ "id=", HAS_ID, take_report },
	{ "length=", HAS_LENGTH, take_length },
	{ "after=", HAS_AFTER, take_after },
	{ "wait=", HAS_WAIT, take_wait },
	{ "raised=", HAS_RAISED, take_raised },
};

/* What a segment of a pattern stands for; NULL where it stands for itself. */
static int (*placeholder(const char *segment, size_t len))(const char *text, size_t len, struct route *route)
{
	if (len != 1)
		return NULL;
	switch (segment[0]) {
	case 'R':
		return take_report;
	case 'M':
		return take_mailbox;
	case 'D':
		return take_desk;
	case 'V':
		return take_version;
	default:
		return NULL;
	}
}

/* True where the path has the pattern's form, whatever stands in its placeholders. */
static bool has_form(const char *pattern, const char *path, size_t path_len)
{
	struct reader ours = reader_of(pattern, strlen(pattern)), theirs = reader_of(path, path_len);
	const char *segment = NULL, *word = NULL;
	size_t segment_len = 0, word_len = 0;

	if (path_len == 0 || path[path_len - 1] == '/')
		return false;
	while (reader_field(&ours, '/', &segment, &segment_len) == 0) {
		if (reader_field(&theirs, '/', &word, &word_len) != 0)
			return false;
		if (placeholder(segment, segment_len) == NULL &&
			(segment_len != word_len || !bytes_equal(segment, word, word_len)))
			return false;
	}
	return reader_end(&theirs) == 0;
}

static int take_path(const char *pattern, const char *path, size_t path_len, struct route *route)
{
	struct reader ours = reader_of(pattern, strlen(pattern)), theirs = reader_of(path, path_len);
	const char *segment = NULL, *word = NULL;
	size_t segment_len = 0, word_len = 0;

	while (reader_field(&ours, '/', &segment, &segment_len) == 0 &&
		reader_field(&theirs, '/', &word, &word_len) == 0) {
		int (*take)(const char *, size_t, struct route *) = placeholder(segment, segment_len);

		if (take != NULL && take(word, word_len, route) != 0)
			return -1;
	}
	return 0;
}

static int take_parameter(const char *pair, size_t len, unsigned *seen, struct route *route)
{
	for (size_t i = 0; i < COUNT_OF(parameter_rows); i++) {
		const struct parameter_row *row = &parameter_rows[i];
		size_t start = strlen(row->start);

		if (len < start || !bytes_equal(pair, row->start, start))
			continue;
		if ((*seen & row->bit) != 0)
			return -1;
		*seen |= row->bit;
		return row->take(pair + start, len - start, route);
	}
	return -1;
}

/* query is NULL where the target has no `?`. */
static int take_query(const struct row *row, const char *query, struct route *route)
{
	struct reader reader = reader_of(query, query == NULL ? 0 : strlen(query));
	const char *pair = NULL;
	size_t len = 0;
	unsigned seen = 0;

	if (query != NULL && (query[0] == '\0' || query[strlen(query) - 1] == '&'))
		return -1;
	while (reader_field(&reader, '&', &pair, &len) == 0) {
		if (take_parameter(pair, len, &seen, route) != 0)
			return -1;
	}
	return (seen & row->must) == row->must && (seen & ~(row->must | row->may)) == 0 ? 0 : -1;
}

/* What stands behind `/BASE/v1/`, or NULL. */
static const char *below_base(const char *path, size_t path_len, const char *base)
{
	size_t skip = 1 + BASE_CHARS + strlen(VERSION_PREFIX);

	if (path_len < skip || path[0] != '/' || strlen(base) != BASE_CHARS ||
		sodium_memcmp(path + 1, base, BASE_CHARS) != 0 ||
		!bytes_equal(path + 1 + BASE_CHARS, VERSION_PREFIX, strlen(VERSION_PREFIX)))
		return NULL;
	return path + skip;
}

int route_parse(const char *method, const char *target, const char *base, struct route *ret_route)
{
	const char *mark = strchr(target, '?'), *below = NULL;
	struct route route = { .call = CALL_NONE, .path = target, .query = mark == NULL ? "" : mark + 1 };

	route.path_len = mark == NULL ? strlen(target) : (size_t)(mark - target);
	below = below_base(target, route.path_len, base);
	for (size_t i = 0; below != NULL && i < COUNT_OF(rows); i++) {
		size_t below_len = route.path_len - (size_t)(below - target);

		if (strcmp(rows[i].method, method) != 0 || !has_form(rows[i].path, below, below_len))
			continue;
		/* A path that names nothing we could have is a path like any other; a query is meant for us.
		 */
		if (take_path(rows[i].path, below, below_len, &route) != 0)
			break;
		if (strlen(target) > ROUTE_TARGET_MAX ||
			take_query(&rows[i], mark == NULL ? NULL : mark + 1, &route) != 0)
			return -1;
		route.call = rows[i].call;
		route.caller = rows[i].caller;
		break;
	}
	*ret_route = route;
	return 0;
}

/* What a placeholder stands for, in words. */
static const char *placeholder_word(const char *segment, size_t len)
{
	if (len != 1)
		return NULL;
	switch (segment[0]) {
	case 'R':
		return "{report}";
	case 'M':
		return "{mailbox}";
	case 'D':
		return "{desk}";
	case 'V':
		return "{version}";
	default:
		return NULL;
	}
}

void call_write(enum call call, struct buffer *out)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct reader reader = reader_of(rows[i].path, strlen(rows[i].path));
		const char *segment = NULL, *word = NULL;
		size_t len = 0;

		if (rows[i].call != call)
			continue;
		buffer_put_string(out, rows[i].method);
		for (char before = ' '; reader_field(&reader, '/', &segment, &len) == 0; before = '/') {
			word = placeholder_word(segment, len);
			buffer_put_u8(out, (uint8_t)before);
			if (word != NULL)
				buffer_put_string(out, word);
			else
				buffer_put(out, segment, len);
		}
		return;
	}
}
