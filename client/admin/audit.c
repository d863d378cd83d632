/* audit: what was done with keys, rosters and reports, by whom. Every entry is followed from the first to the
 * signed head, and compared with the head that this home has seen last. */
#include "server.h"
#include "verbs.h"

#include "client/audit_memory.h"
#include "client/output.h"
#include "proto/encode.h"
#include "proto/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STATUS_DONE 200
#define PATH_SIZE   64
#define TAG_SHOWN   12 /* characters of a report's tag: enough to tell reports apart */

struct audit {
	struct admin *admin;
	struct server server;
	struct audit_head seen, head;
	bool has_restored;
	struct audit_restored restored;
	struct audit_walk walk;
	bool has_met_seen; /* the entry that this home has seen last lies on the chain */
	bool is_quiet;     /* --verify: the verdict alone */
	struct buffer destroyed;
	json_t *entries; /* with --json */
};

static int broken(const struct audit *audit, struct failure *failure)
{
	return failure_set(failure, EX_PROTOCOL,
		"ALARM: the audit log is broken behind entry %llu: it was edited; tell every admin",
		(unsigned long long)audit->walk.number);
}

static json_t *text_or_null(const char *text)
{
	return text[0] == '\0' ? json_null() : json_string(text);
}

static json_t *entry_json(const struct audit_entry *entry)
{
	char key[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1] = "", time[TIME_SIZE];

	if (entry->has_key)
		base64_encode(BASE64_URL, entry->key, sizeof entry->key, key);
	time_format(entry->time, time);
	return json_pack("{s:I, s:s, s:s, s:o, s:o, s:o, s:s}", "number", (json_int_t)entry->number, "time",
		time, "kind", entry->kind, "actor", text_or_null(entry->actor), "key", text_or_null(key),
		"subject", text_or_null(entry->subject), "details", entry->details);
}

static void say_entry(const struct audit *audit, const struct audit_entry *entry)
{
	char time[TIME_SIZE];

	time_format(entry->time, time);
	say(audit->admin->invocation, "%6" PRIu64 "  %s  %-12s %-12s %.*s%s%s\n", entry->number, time,
		entry->kind, entry->actor[0] == '\0' ? "-" : entry->actor, TAG_SHOWN, entry->subject,
		entry->subject[0] == '\0' ? "" : "  ", entry->details);
}

static int show(struct audit *audit, const struct audit_entry *entry, struct failure *failure)
{
	if (audit->is_quiet && !audit->admin->invocation->json)
		return 0;
	if (!audit->admin->invocation->json)
		say_entry(audit, entry);
	else if (json_array_append_new(audit->entries, entry_json(entry)) != 0)
		return failure_memory(failure);
	return 0;
}

static int take_entry(struct audit *audit, const struct audit_entry *entry, struct failure *failure)
{
	uint8_t digest[SHA256_BYTES];

	if (entry->number != audit->walk.number + 1 ||
		!bytes_equal(entry->previous, audit->walk.hash, sizeof entry->previous))
		return broken(audit, failure);
	if (audit_digest(entry, digest) != 0 || audit_walk_on(&audit->walk, digest) != 0)
		return failure_memory(failure);
	if (audit->walk.number == audit->seen.number) {
		audit->has_met_seen =
			bytes_equal(audit->walk.hash, audit->seen.hash, sizeof audit->seen.hash);
	}
	if (strcmp(entry->kind, AUDIT_DESTROYED) == 0)
		buffer_put_format(&audit->destroyed, "%s\n", entry->subject);
	return show(audit, entry, failure);
}

static int fetch_page(struct audit *audit, struct audit_page **ret_page, struct failure *failure)
{
	char path[PATH_SIZE];
	const struct link_request request = { .method = "GET", .path = path, .answer_max = AUDIT_PAGE_MAX };
	struct link_answer answer = { 0 };
	struct fault fault;
	int rc;

	(void)snprintf(path, sizeof path, "audit?after=%" PRIu64, audit->walk.number);
	rc = server_call(&audit->server, &request, &answer, failure);
	if (rc == 0 && answer.status != STATUS_DONE)
		rc = link_refused(&answer, "the server didn't show its audit log", failure);
	else if (rc == 0 &&
		 audit_page_parse((const char *)answer.body.data, answer.body.len, ret_page, &fault) != 0)
		rc = failure_of(failure, EX_PROTOCOL, &fault);
	link_answer_free(&answer);
	return rc;
}

static int walk_all(struct audit *audit, struct failure *failure)
{
	struct audit_page *page = NULL;
	bool more = true;
	int rc = 0;

	while (rc == 0 && more) {
		rc = fetch_page(audit, &page, failure);
		if (rc != 0)
			break;
		for (size_t i = 0; rc == 0 && i < page->count; i++)
			rc = take_entry(audit, &page->entries[i], failure);
		more = page->more;
		audit->head = page->head;
		audit->has_restored = page->has_restored;
		audit->restored = page->restored;
		if (rc == 0 && more && page->count == 0)
			rc = broken(audit, failure);
		audit_page_free(page);
	}
	return rc;
}

/* The chain leads to what the daemon signed, and past what was seen before. */
static int judge(struct audit *audit, struct failure *failure)
{
	if (audit_head_is_ours(audit->server.organisation, &audit->head, failure) != 0)
		return -1;
	if (audit->head.number != audit->walk.number ||
		!bytes_equal(audit->head.hash, audit->walk.hash, sizeof audit->head.hash))
		return broken(audit, failure);
	if (audit->seen.number > 0 && !audit->has_met_seen &&
		audit_was_restored(audit->admin->invocation, audit->server.organisation,
			audit->has_restored ? &audit->restored : NULL, &audit->seen, failure) != 0)
		return -1;
	if (buffer_ok(&audit->destroyed) != 0)
		return failure_memory(failure);
	return audit_keep_destroyed(&audit->admin->items, &audit->destroyed, failure) == 0
		       ? audit_remember(&audit->admin->items, &audit->head, failure)
		       : -1;
}

static int say_result(struct audit *audit, struct failure *failure)
{
	const struct invocation *invocation = audit->admin->invocation;
	char hash[HEX_CHARS(SHA256_BYTES) + 1], time[TIME_SIZE];

	hex_encode(audit->head.hash, sizeof audit->head.hash, hash);
	time_format(audit->head.time, time);
	say(invocation, "The audit log is whole: %" PRIu64 " entries, head %s, signed %s.\n",
		audit->head.number, hash, time);
	return output_result(invocation,
		json_pack("{s:O, s:I, s:s, s:s, s:b}", "entries", audit->entries, "number",
			(json_int_t)audit->head.number, "hash", hash, "signed", time, "verified", 1),
		failure);
}

int verb_audit(const struct invocation *invocation, struct failure *failure)
{
	struct audit audit = { .is_quiet = arguments_flag(invocation->arguments, "verify"),
		.entries = json_array(),
		.destroyed = buffer_of(AUDIT_DESTROYED_MAX) };
	int rc = -1;

	if (audit.entries == NULL)
		return failure_memory(failure);
	if (admin_open(invocation, &audit.admin, failure) != 0 ||
		audit_recall(&audit.admin->items, &audit.seen, failure) != 0 ||
		server_open(audit.admin, &audit.server, failure) != 0)
		goto cleanup;
	if (walk_all(&audit, failure) != 0 || judge(&audit, failure) != 0)
		goto cleanup;
	rc = say_result(&audit, failure);
cleanup:
	json_decref(audit.entries);
	buffer_free(&audit.destroyed);
	server_close(&audit.server);
	admin_close(audit.admin);
	return rc;
}
