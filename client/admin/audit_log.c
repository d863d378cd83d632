#include "audit_log.h"

#include "client/audit_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STATUS_DONE 200
#define PATH_SIZE   64

struct reading {
	const struct admin *admin;
	struct server *server;
	audit_log_each *each;
	void *context;
	struct audit_head seen, head;
	bool has_restored;
	struct audit_restored restored;
	struct audit_walk walk;
	bool has_met_seen; /* the entry that this home has seen last lies on the chain */
	struct buffer destroyed;
};

static int broken(const struct reading *reading, struct failure *failure)
{
	return failure_set(failure, EX_PROTOCOL,
		"ALARM: the audit log is broken behind entry %llu: it was edited; tell every admin",
		(unsigned long long)reading->walk.number);
}

static int take_entry(struct reading *reading, const struct audit_entry *entry, struct failure *failure)
{
	struct audit_walk *walk = &reading->walk;
	uint8_t digest[SHA256_BYTES];

	if (entry->number != walk->number + 1 ||
		!bytes_equal(entry->previous, walk->hash, sizeof entry->previous))
		return broken(reading, failure);
	if (audit_digest(entry, digest) != 0 || audit_walk_on(walk, digest) != 0)
		return failure_memory(failure);
	if (walk->number == reading->seen.number)
		reading->has_met_seen =
			bytes_equal(walk->hash, reading->seen.hash, sizeof reading->seen.hash);
	if (strcmp(entry->kind, AUDIT_DESTROYED) == 0)
		buffer_put_format(&reading->destroyed, "%s\n", entry->subject);
	return reading->each(reading->context, entry, failure);
}

static int fetch_page(struct reading *reading, struct audit_page **ret_page, struct failure *failure)
{
	char path[PATH_SIZE];
	const struct link_request request = { .method = "GET", .path = path, .answer_max = AUDIT_PAGE_MAX };
	struct link_answer answer = { 0 };
	struct fault fault;
	int rc;

	(void)snprintf(path, sizeof path, "audit?after=%" PRIu64, reading->walk.number);
	rc = server_call(reading->server, &request, &answer, failure);
	if (rc == 0 && answer.status != STATUS_DONE)
		rc = link_refused(&answer, "the server didn't show its audit log", failure);
	else if (rc == 0 &&
		 audit_page_parse((const char *)answer.body.data, answer.body.len, ret_page, &fault) != 0)
		rc = failure_of(failure, EX_PROTOCOL, &fault);
	link_answer_free(&answer);
	return rc;
}

static int walk_all(struct reading *reading, struct failure *failure)
{
	struct audit_page *page = NULL;
	bool more = true;
	int rc = 0;

	while (rc == 0 && more) {
		rc = fetch_page(reading, &page, failure);
		if (rc != 0)
			break;
		reading->head = page->head;
		for (size_t i = 0; rc == 0 && i < page->count; i++)
			rc = take_entry(reading, &page->entries[i], failure);
		more = page->more;
		reading->has_restored = page->has_restored;
		reading->restored = page->restored;
		if (rc == 0 && more && page->count == 0)
			rc = broken(reading, failure);
		audit_page_free(page);
	}
	return rc;
}

/* The chain leads to what the daemon signed, and past what was seen before. */
static int judge(struct reading *reading, struct failure *failure)
{
	if (audit_head_is_ours(reading->server->organisation, &reading->head, failure) != 0)
		return -1;
	if (reading->head.number != reading->walk.number ||
		!bytes_equal(reading->head.hash, reading->walk.hash, sizeof reading->head.hash))
		return broken(reading, failure);
	if (reading->seen.number > 0 && !reading->has_met_seen &&
		audit_was_restored(reading->admin->invocation, reading->server->organisation,
			reading->has_restored ? &reading->restored : NULL, &reading->seen, failure) != 0)
		return -1;
	if (buffer_ok(&reading->destroyed) != 0)
		return failure_memory(failure);
	return audit_keep_destroyed(&reading->admin->items, &reading->destroyed, failure) == 0
		       ? audit_remember(&reading->admin->items, &reading->head, failure)
		       : -1;
}

int audit_log_read(const struct admin *admin, struct server *server, audit_log_each *each, void *context,
	struct audit_head *ret_head, struct failure *failure)
{
	struct reading reading = { .admin = admin,
		.server = server,
		.each = each,
		.context = context,
		.destroyed = buffer_of(AUDIT_DESTROYED_MAX) };
	int rc = -1;

	if (audit_recall(&admin->items, &reading.seen, failure) == 0 && walk_all(&reading, failure) == 0)
		rc = judge(&reading, failure);
	*ret_head = reading.head;
	buffer_free(&reading.destroyed);
	return rc;
}
