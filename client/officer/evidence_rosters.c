/* The organisation's rosters, the server's acceptance, and how its log ended. */
#include "evidence.h"

#include "client/audit_memory.h"
#include "proto/audit.h"
#include "proto/encode.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE        96
#define PEM_MAX          256
#define ROSTERS_MAX      4096 /* ten years of daily ones */
#define UPLOAD_PATH_SIZE 400
#define KEY_BYTES        32
#define LINES_MAX        1024

void evidence_rosters_free(struct evidence_rosters *rosters)
{
	for (size_t at = 0; at < rosters->count; at++)
		roster_free(rosters->list[at]);
	free(rosters->list);
	*rosters = (struct evidence_rosters){ 0 };
}

/* The version before `after`, which names it by its digest. */
static int fetch_before(struct officer *officer, const struct roster *after, struct roster **ret_roster,
	struct failure *failure)
{
	char path[PATH_SIZE];
	struct link_request request = { .method = "GET", .path = path, .answer_max = ROSTER_MAX_BYTES };
	struct link_answer answer = { 0 };
	struct roster *roster = NULL;
	struct fault fault;
	int rc;

	(void)snprintf(path, sizeof path, "roster/%" PRIu64, after->version - 1);
	if (organisation_call(officer->organisation, &request, &answer, failure) != 0)
		return -1;
	if (answer.status != 200)
		rc = link_refused(&answer, "an older roster didn't come", failure);
	else if (roster_parse(answer.body.data, answer.body.len, &roster, &fault) != 0)
		rc = failure_of(failure, EX_PROTOCOL, &fault);
	else if (!bytes_equal(roster->digest, after->previous, sizeof roster->digest))
		rc = failure_set(failure, EX_PROTOCOL,
			"ALARM: the server gave another roster than the one it was: tell your admin");
	else
		rc = 0;
	if (rc == 0)
		*ret_roster = roster;
	else
		roster_free(roster);
	link_answer_free(&answer);
	return rc;
}

int evidence_rosters_fetch(struct officer *officer, uint64_t oldest, struct evidence_rosters *ret_rosters,
	struct failure *failure)
{
	const struct roster *newest = organisation_roster(officer->organisation), *after = newest;
	uint64_t count = newest->version < oldest ? 1 : newest->version - oldest + 1;
	struct evidence_rosters rosters = { 0 };
	int rc = 0;

	if (count > ROSTERS_MAX)
		return failure_set(
			failure, EX_DATAERR, "the roster's history is too long to export: tell your admin");
	rosters.list = calloc((size_t)count, sizeof(void *));
	if (rosters.list == NULL || roster_copy(newest, &rosters.list[0]) != 0)
		rc = failure_memory(failure);
	else
		rosters.count = 1;
	while (rc == 0 && after != NULL && rosters.count < count) {
		struct roster *before = NULL;

		rc = fetch_before(officer, after, &before, failure);
		if (rc == 0) {
			rosters.list[rosters.count++] = before;
			after = before;
		}
	}
	if (rc == 0)
		*ret_rosters = rosters;
	else
		evidence_rosters_free(&rosters);
	return rc;
}

static int put_admin(struct bundle *bundle, const struct roster *roster, const struct note_signature *by,
	struct failure *failure)
{
	const struct roster_admin *admin = roster_admin(roster, by->name);
	struct buffer pem = buffer_of(PEM_MAX);
	char signature[PATH_SIZE], key[PATH_SIZE];
	int rc = -1;

	/* An admin of the roster before has her line there. */
	if (admin == NULL)
		return 0;
	(void)snprintf(signature, sizeof signature, "roster/%" PRIu64 "/%s.sig", roster->version, by->name);
	(void)snprintf(key, sizeof key, "roster/%" PRIu64 "/%s.pem", roster->version, by->name);
	put_public_key_pem(admin->public_key, &pem);
	if (buffer_ok(&pem) != 0)
		rc = failure_memory(failure);
	else if (bundle_put(bundle, signature, by->signature, sizeof by->signature, failure) == 0 &&
		 bundle_put(bundle, key, pem.data, pem.len, failure) == 0)
		rc = 0;
	buffer_free(&pem);
	return rc;
}

static int put_roster(struct bundle *bundle, const struct roster *roster, struct failure *failure)
{
	char name[PATH_SIZE];

	(void)snprintf(name, sizeof name, "roster/%" PRIu64 "/note.txt", roster->version);
	if (bundle_put(bundle, name, roster->note, roster->note_len, failure) != 0)
		return -1;
	(void)snprintf(name, sizeof name, "roster/%" PRIu64 "/body.txt", roster->version);
	if (bundle_put(bundle, name, roster->note, roster->body_len, failure) != 0)
		return -1;
	for (size_t at = 0; at < roster->signature_count; at++)
		if (put_admin(bundle, roster, &roster->signatures[at], failure) != 0)
			return -1;
	return 0;
}

int evidence_put_rosters(
	struct bundle *bundle, const struct evidence_rosters *rosters, struct failure *failure)
{
	for (size_t at = 0; at < rosters->count; at++)
		if (rosters->list[at]->note != NULL && put_roster(bundle, rosters->list[at], failure) != 0)
			return -1;
	return 0;
}

/* The server gives the acceptance again to whoever announces the same report: nothing has to be sent. */
static int ask_acceptance(struct officer *officer, const struct report *report,
	struct acceptance_answer *ret_answer, bool *ret_there, struct failure *failure)
{
	const struct destination *to = &report->destination;
	uint8_t key[KEY_BYTES];
	char path[UPLOAD_PATH_SIZE], salt[SALT_HEX_SIZE], upload_key[BASE64_CHARS(KEY_BYTES) + 1];
	struct link_request request = {
		.method = "POST", .path = path, .headers = { { "Upload-Key", upload_key } }, .header_count = 1
	};
	struct link_answer answer = { 0 };
	struct fault fault;

	randombytes_buf(key, sizeof key);
	base64_encode(BASE64_URL, key, sizeof key, upload_key);
	hex_encode(to->salt, SALT_BYTES, salt);
	(void)snprintf(path, sizeof path,
		"uploads?id=%s&length=%" PRIu64 "&desk=%s&urgency=%s&salt=%s&roster=%" PRIu64, report->id,
		report->size, to->desk, urgency_word(to->urgency), salt, report->roster);
	if (organisation_call(officer->organisation, &request, &answer, failure) != 0)
		return -1;
	*ret_there = answer.status == 200 && acceptance_parse((const char *)answer.body.data, answer.body.len,
						     ret_answer, &fault) == 0;
	link_answer_free(&answer);
	return 0;
}

/* FOLDER/NAME.txt, and server.sig and server.pem beside it. */
struct signed_part {
	const char *text_path, *signature_path, *key_path;
	const struct buffer *lines;
	const uint8_t *signature;
	const uint8_t *key;
};

static int put_signed(struct bundle *bundle, const struct signed_part *part, struct failure *failure)
{
	struct buffer pem = buffer_of(PEM_MAX);
	int rc = -1;

	put_public_key_pem(part->key, &pem);
	if (buffer_ok(part->lines) != 0 || buffer_ok(&pem) != 0)
		rc = failure_memory(failure);
	else if (bundle_put(bundle, part->text_path, part->lines->data, part->lines->len, failure) == 0 &&
		 bundle_put(bundle, part->signature_path, part->signature, ED25519_SIGNATURE_BYTES,
			 failure) == 0 &&
		 bundle_put(bundle, part->key_path, pem.data, pem.len, failure) == 0)
		rc = 0;
	buffer_free(&pem);
	return rc;
}

static int put_acceptance(struct bundle *bundle, const struct acceptance *acceptance,
	const uint8_t signature[ED25519_SIGNATURE_BYTES], const struct roster *roster,
	struct failure *failure)
{
	struct buffer lines = buffer_of(LINES_MAX);
	const struct signed_part part = { "acceptance/acceptance.txt", "acceptance/server.sig",
		"acceptance/server.pem", &lines, signature, roster->receipt_key };
	int rc;

	buffer_put_format(&lines, "clarion-accepted/1\n%s\n%s\n%s\n%s\n%s\n%s\n", acceptance->organisation,
		acceptance->id, acceptance->desk, urgency_word(acceptance->urgency),
		acceptance->release[0] == '\0' ? "-" : acceptance->release, acceptance->accepted);
	rc = put_signed(bundle, &part, failure);
	buffer_free(&lines);
	return rc;
}

int evidence_put_acceptance(struct officer *officer, const struct report *report,
	const struct evidence_rosters *rosters, struct bundle *bundle, bool *ret_there,
	struct failure *failure)
{
	struct acceptance acceptance = { .urgency = report->destination.urgency };
	struct acceptance_answer answer;
	bool there = false;

	*ret_there = false;
	if (!report->has_proof)
		return 0;
	if (ask_acceptance(officer, report, &answer, &there, failure) != 0)
		return -1;
	memcpy(acceptance.organisation, report->destination.organisation, sizeof acceptance.organisation);
	memcpy(acceptance.id, report->id, sizeof acceptance.id);
	memcpy(acceptance.desk, report->destination.desk, sizeof acceptance.desk);
	memcpy(acceptance.release, report->destination.release, sizeof acceptance.release);
	for (size_t at = 0; there && at < rosters->count; at++) {
		memcpy(acceptance.accepted, answer.accepted, sizeof acceptance.accepted);
		if (acceptance_verify(&acceptance, rosters->list[at]->receipt_key, answer.signature) != 0)
			continue;
		*ret_there = true;
		return put_acceptance(bundle, &acceptance, answer.signature, rosters->list[at], failure);
	}
	return 0;
}

int evidence_put_audit_head(struct officer *officer, const struct evidence_rosters *rosters,
	struct bundle *bundle, bool *ret_there, struct failure *failure)
{
	const char *organisation = organisation_fingerprint(officer->organisation);
	struct buffer lines = buffer_of(LINES_MAX);
	struct audit_head head;
	int rc = -1;

	*ret_there = false;
	/* An alarm ends the export: a log that contradicts what was seen proves nothing. */
	if (officer_check_audit(officer, failure) != 0 || audit_recall(&officer->items, &head, failure) != 0)
		goto cleanup;
	rc = 0;
	audit_head_lines(&head, organisation, &lines);
	for (size_t at = 0; head.number > 0 && !*ret_there && at < rosters->count; at++) {
		const struct signed_part part = { "audit/head.txt", "audit/server.sig", "audit/server.pem",
			&lines, head.signature, rosters->list[at]->receipt_key };

		if (audit_head_verify(&head, organisation, part.key) != 0)
			continue;
		rc = put_signed(bundle, &part, failure);
		*ret_there = true;
	}
cleanup:
	buffer_free(&lines);
	return rc;
}
