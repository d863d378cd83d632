/* audit: what was done with keys, rosters and reports, by whom; or with --officer, what one officer can have
 * read. */
#include "audit_log.h"
#include "officer_reads.h"
#include "verbs.h"

#include "client/output.h"
#include "proto/encode.h"
#include "proto/time.h"

#include <inttypes.h>
#include <string.h>

#define TAG_SHOWN 12 /* characters of a report's tag: enough to tell reports apart */

struct audit {
	struct admin *admin;
	struct server server;
	bool is_quiet;   /* --verify: the verdict alone */
	json_t *entries; /* with --json */
};

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

static int show(void *context, const struct audit_entry *entry, struct failure *failure)
{
	struct audit *audit = context;

	if (audit->is_quiet && !audit->admin->invocation->json)
		return 0;
	if (!audit->admin->invocation->json)
		say_entry(audit, entry);
	else if (json_array_append_new(audit->entries, entry_json(entry)) != 0)
		return failure_memory(failure);
	return 0;
}

static int say_result(const struct audit *audit, const struct audit_head *head, struct failure *failure)
{
	const struct invocation *invocation = audit->admin->invocation;
	char hash[HEX_CHARS(SHA256_BYTES) + 1], time[TIME_SIZE];

	hex_encode(head->hash, sizeof head->hash, hash);
	time_format(head->time, time);
	say(invocation,
		translated_count("The audit log is whole: %" PRIu64 " entry, head %s, signed %s.\n",
			"The audit log is whole: %" PRIu64 " entries, head %s, signed %s.\n", head->number),
		head->number, hash, time);
	return output_result(invocation,
		json_pack("{s:O, s:I, s:s, s:s, s:b}", "entries", audit->entries, "number",
			(json_int_t)head->number, "hash", hash, "signed", time, "verified", 1),
		failure);
}

static int show_all(struct audit *audit, struct failure *failure)
{
	struct audit_head head;

	if (audit_log_read(audit->admin, &audit->server, show, audit, &head, failure) != 0)
		return -1;
	return say_result(audit, &head, failure);
}

int verb_audit(const struct invocation *invocation, struct failure *failure)
{
	struct audit audit = { .is_quiet = arguments_flag(invocation->arguments, "verify"),
		.entries = json_array() };
	bool is_about_officer = arguments_option(invocation->arguments, "officer") != NULL;
	int rc = -1;

	if (audit.entries == NULL)
		return failure_memory(failure);
	if (!is_about_officer && arguments_option(invocation->arguments, "out") != NULL) {
		rc = failure_set(failure, EX_USAGE, "--out goes with --officer: say whose reads it is about");
		goto cleanup;
	}
	if (admin_open(invocation, &audit.admin, failure) != 0 ||
		server_open(audit.admin, &audit.server, failure) != 0)
		goto cleanup;
	rc = is_about_officer ? officer_reads_show(audit.admin, &audit.server, failure)
			      : show_all(&audit, failure);
cleanup:
	json_decref(audit.entries);
	server_close(&audit.server);
	admin_close(audit.admin);
	return rc;
}
