/* Reads and refusals in the audit log. What comes again and again is told once: neither an officer's habits
 * nor a stranger's patience fills the log. */
#include "audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READS    1024 /* that are remembered: a read that falls out is told again within its minute */
#define REFUSALS 64
#define MINUTE   60
#define HOUR     3600
#define MEMBER_SECONDS                                                                                       \
	MINUTE /* an officer's or admin's refusals of one kind: one entry, and one with how many more */
#define OTHERS_SECONDS HOUR /* everybody else's together */

struct read {
	int64_t minute; /* 0: free */
	uint8_t keyid[ED25519_PUBLIC_BYTES];
	uint8_t report[ID_BYTES];
	char what; /* the first letter of report, header or damaged */
};

struct refusal {
	int64_t until;                       /* 0: free */
	uint8_t keyid[ED25519_PUBLIC_BYTES]; /* zeros for those whom the roster doesn't name */
	enum call call;                      /* CALL_NONE for all of them together */
	uint64_t more;                       /* since the entry */
};

struct audit_watch {
	struct read reads[READS];
	struct refusal refusals[REFUSALS];
};

static struct audit_watch *watch_of(struct store *store)
{
	struct audit_watch **watch = audit_watch(store);

	if (*watch == NULL)
		*watch = calloc(1, sizeof **watch);
	return *watch;
}

void audit_watch_free(struct store *store)
{
	if (store->audit == NULL)
		return;
	free(*audit_watch(store));
	*audit_watch(store) = NULL;
}

/* Their entries may have been in the group that failed; those that were counted since are not. */
void audit_watch_rolled_back(struct store *store)
{
	struct audit_watch *watch = (*audit_watch(store));

	if (watch == NULL)
		return;
	memset(watch->reads, 0, sizeof watch->reads);
	for (size_t i = 0; i < REFUSALS; i++) {
		if (watch->refusals[i].more == 0)
			watch->refusals[i].until = 0;
	}
}

/* --- reads */

static bool was_told(struct audit_watch *watch, const struct read *read)
{
	size_t at = ((size_t)read->report[0] << 8 | read->report[1]) ^ read->keyid[0] ^ (size_t)read->what;
	struct read *slot = &watch->reads[at % READS];

	if (slot->minute == read->minute && slot->what == read->what &&
		bytes_equal(slot->report, read->report, sizeof slot->report) &&
		bytes_equal(slot->keyid, read->keyid, sizeof slot->keyid))
		return true;
	*slot = *read;
	return false;
}

/* An officer reads on where the disk is full: the read is counted, and told once there is room. */
static int read_without_entry(struct request *request)
{
	struct store *store = request->front->store;
	bool is_full = backend_error(store->backend) == BACKEND_FULL;

	if (!is_full)
		request_answer_problem(request, PROBLEM_BUSY);
	if (backend_in_group(store->backend))
		group_fail(store);
	if (is_full)
		audit_count_read(store);
	return is_full ? 0 : -1;
}

static struct read read_of(const struct request *request, const char *what)
{
	struct read read = { .minute = store_now(request->front->store) / MINUTE, .what = what[0] };

	memcpy(read.keyid, request->signer.keyid, sizeof read.keyid);
	memcpy(read.report, request->route.report_id, sizeof read.report);
	return read;
}

int audit_read(struct request *request, const char *what)
{
	struct store *store = request->front->store;
	struct audit_watch *watch = watch_of(store);
	struct audit_entry entry = audit_entry_by(store, request, "read");
	struct read read = read_of(request, what);

	if (watch != NULL && was_told(watch, &read))
		return 0;
	(void)snprintf(entry.details, sizeof entry.details, "%s", what);
	request->only_tells = true;
	if (watch != NULL && audit_report_tag(read.report, entry.subject) == 0 &&
		audit_add(store, &entry) == 0)
		return 0;
	return read_without_entry(request);
}

void audit_failed_open(struct request *request)
{
	static const char details[] = "damaged";
	struct store *store = request->front->store;
	struct audit_watch *watch = watch_of(store);
	struct audit_entry entry = audit_entry_by(store, request, "failed-open");
	struct read read = read_of(request, details);

	if (watch == NULL || was_told(watch, &read) || audit_report_tag(read.report, entry.subject) != 0)
		return;
	memcpy(entry.details, details, sizeof details);
	audit_note(store, &entry);
}

/* --- refusals */

/* Whether a refusal belongs into the log. What a defender does never does. */
static bool is_told(const struct request *request, enum problem problem)
{
	if (problem != PROBLEM_NOT_SIGNED && problem != PROBLEM_NOT_PERMITTED)
		return false;
	return request->route.call == CALL_PUT_ROSTER || request->route.caller != CALLER_ANYONE;
}

static void put_subject(const struct request *request, struct audit_entry *entry)
{
	if (request->route.report[0] == '\0')
		memcpy(entry->subject, request->route.desk, sizeof request->route.desk);
	else if (audit_report_tag(request->route.report_id, entry->subject) != 0)
		entry->subject[0] = '\0';
}

static void put_details(enum problem problem, enum call call, uint64_t more, struct audit_entry *entry)
{
	struct buffer what = buffer_of(sizeof entry->details - 32);

	call_write(call, &what);
	if (more > 0)
		(void)snprintf(entry->details, sizeof entry->details, "%" PRIu64 " more%s%s", more,
			what.len > 0 ? ": " : "", what.len > 0 ? buffer_text(&what) : "");
	else
		(void)snprintf(entry->details, sizeof entry->details, "%s: %s", problem_word(problem),
			what.len > 0 ? buffer_text(&what) : "");
	buffer_free(&what);
}

/* How many more there were; the row begins anew or is free. */
static void tell_more(struct store *store, struct refusal *refusal)
{
	struct request somebody = { .signer.present = false };
	struct audit_entry entry;
	uint64_t more = refusal->more;

	refusal->more = 0;
	if (more == 0)
		return;
	memcpy(somebody.signer.keyid, refusal->keyid, sizeof refusal->keyid);
	entry = audit_entry_by(store, &somebody, "refused");
	put_details(PROBLEM_NOT_PERMITTED, refusal->call, more, &entry);
	audit_note(store, &entry);
}

void audit_tell_counted(struct store *store, bool all)
{
	int64_t now = store_now(store);

	for (size_t i = 0; (*audit_watch(store)) != NULL && i < REFUSALS; i++) {
		struct refusal *refusal = &(*audit_watch(store))->refusals[i];

		if (refusal->until == 0 || (!all && refusal->until > now))
			continue;
		tell_more(store, refusal);
		if (refusal->until <= now)
			refusal->until = 0;
	}
}

/* The row of this kind, or a free one (until 0), or the one that ends first, told and freed. */
static struct refusal *row_for(struct store *store, const struct refusal *wanted)
{
	struct refusal *rows = (*audit_watch(store))->refusals, *best = &rows[0];

	for (size_t i = 0; i < REFUSALS; i++) {
		if (rows[i].until != 0 && rows[i].call == wanted->call &&
			bytes_equal(rows[i].keyid, wanted->keyid, sizeof wanted->keyid))
			return &rows[i];
		if (rows[i].until < best->until)
			best = &rows[i];
	}
	if (best->until != 0)
		tell_more(store, best);
	*best = *wanted;
	best->until = 0;
	return best;
}

void audit_refused(struct request *request, enum problem problem)
{
	struct store *store = request->front->store;
	struct audit_entry entry;
	struct refusal wanted = { .call = request->route.call };
	struct refusal *row;
	int64_t now = store_now(store);

	if (!is_told(request, problem) || watch_of(store) == NULL)
		return;
	entry = audit_entry_by(store, request, "refused");
	if (entry.has_key)
		memcpy(wanted.keyid, entry.key, sizeof wanted.keyid);
	else if (wanted.call != CALL_PUT_ROSTER)
		wanted.call = CALL_NONE;
	row = row_for(store, &wanted);
	if (row->until > now) {
		row->more++;
		return;
	}
	tell_more(store, row);
	row->until = now + (entry.has_key ? MEMBER_SECONDS : OTHERS_SECONDS);
	if (entry.has_key)
		put_subject(request, &entry);
	put_details(problem, request->route.call, 0, &entry);
	audit_note(store, &entry);
}
