/* Who did what with the report: each event as it was signed. */
#include "evidence.h"

#include "proto/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TABLE_MAX (16 * 1024 * 1024)
#define LINES_MAX 1024
#define PATH_SIZE 64
#define PEM_MAX   256

/* `custody/0001/NAME` */
static void name_of_part(const struct history_entry *entry, const char *part, char ret_name[PATH_SIZE])
{
	(void)snprintf(ret_name, PATH_SIZE, "custody/%04" PRIu64 "/%s", entry->event->number, part);
}

static int put_part(struct custody *custody, const struct history_entry *entry, const char *part,
	const void *data, size_t len, struct failure *failure)
{
	char name[PATH_SIZE];

	name_of_part(entry, part, name);
	return bundle_put(custody->bundle, name, data, len, failure);
}

static int put_signatures(struct custody *custody, const struct history_entry *entry, struct failure *failure)
{
	const struct report_event *event = entry->event;
	struct buffer lines = buffer_of(LINES_MAX), pem = buffer_of(PEM_MAX);
	int rc = -1;

	put_public_key_pem(event->keyid, &pem);
	if (event_put_lines(event, entry->subject, &lines) != 0 || buffer_ok(&pem) != 0)
		rc = failure_memory(failure);
	else if (put_part(custody, entry, "event.txt", lines.data, lines.len, failure) == 0 &&
		 put_part(custody, entry, "officer.sig", event->signature, sizeof event->signature,
			 failure) == 0 &&
		 put_part(custody, entry, "officer.pem", pem.data, pem.len, failure) == 0)
		rc = 0;
	if (rc == 0 && event->has_proof)
		rc = put_part(custody, entry, "proof.sig", event->proof, sizeof event->proof, failure);
	buffer_free(&lines);
	buffer_free(&pem);
	return rc;
}

static int put_words(struct custody *custody, const struct history_entry *entry, struct failure *failure)
{
	struct buffer words = buffer_of(EVENT_CONTENT_MAX);
	char name[PATH_SIZE];
	json_t *shown;
	int rc = -1;

	if (!custody->with_words || entry->content == NULL)
		return 0;
	/* The number that reads another desk's answers proves nothing, and is a secret. */
	shown = json_copy((json_t *)(uintptr_t)entry->content);
	(void)json_object_del(shown, "receipt");
	(void)snprintf(name, sizeof name, "opened/custody/%04" PRIu64 ".json", entry->event->number);
	if (shown == NULL || json_put(shown, &words) != 0)
		rc = failure_memory(failure);
	else
		rc = bundle_put(custody->bundle, name, words.data, words.len, failure);
	json_decref(shown);
	buffer_free(&words);
	return rc;
}

static int put_event(void *context, const struct history_entry *entry, struct failure *failure)
{
	struct custody *custody = context;
	const struct report_event *event = entry->event;
	char created[TIME_SIZE];

	time_format(event->created, created);
	buffer_put_format(&custody->table, "%04" PRIu64 "  %s  %-9s by %s (roster %" PRIu64 ")\n",
		event->number, created, event_type_word(event->type), entry->by, event->roster);
	if (event->roster < custody->oldest)
		custody->oldest = event->roster;
	if (put_signatures(custody, entry, failure) != 0)
		return -1;
	if (event->content != NULL &&
		put_part(custody, entry, "content.age", event->content, event->content_len, failure) != 0)
		return -1;
	return put_words(custody, entry, failure);
}

static int put_proof_key(struct custody *custody, const struct report *report, struct failure *failure)
{
	struct buffer pem = buffer_of(PEM_MAX);
	struct proof proof;
	bool found = false;
	int rc = 0;

	if (proof_find(report_opener_header(report->opener), &proof, &found) == 0 && found) {
		put_public_key_pem(proof.public_key, &pem);
		rc = buffer_ok(&pem) != 0
			     ? failure_memory(failure)
			     : bundle_put(custody->bundle, "custody/proof.pem", pem.data, pem.len, failure);
	}
	buffer_free(&pem);
	return rc;
}

int evidence_put_custody(struct officer *officer, const struct report *report, bool with_words,
	struct bundle *bundle, uint64_t *ret_oldest, struct failure *failure)
{
	struct custody custody = { .bundle = bundle,
		.with_words = with_words,
		.table = buffer_of(TABLE_MAX),
		.oldest = organisation_roster(officer->organisation)->version };
	struct history history;
	int rc = -1;

	if (report->has_proof && report->roster < custody.oldest)
		custody.oldest = report->roster;
	buffer_put_string(&custody.table, "number  when (said by who signed it)  what  who\n");
	if (put_proof_key(&custody, report, failure) == 0 &&
		history_read(officer, report, put_event, &custody, &history, failure) == 0 &&
		bundle_put(bundle, "custody.txt", custody.table.data, custody.table.len, failure) == 0)
		rc = 0;
	*ret_oldest = custody.oldest;
	buffer_free(&custody.table);
	return rc;
}
