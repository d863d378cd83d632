#include "hand.h"

#include "hand_memory.h"

#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ITEM_PREFIX "hand-"
#define ITEM_SIZE   (sizeof ITEM_PREFIX + MAILBOX_ID_SIZE)
#define SEEN_MAX    200 /* further reports of one receipt number that are remembered */
#define READ_BYTES  (256 * 1024)
#define ATTACHMENTS "attachments"

static int remember(
	struct officer *officer, const char *mailbox, const json_t *memory, struct failure *failure)
{
	struct buffer text = buffer_of(ITEM_MAX);
	char name[ITEM_SIZE];
	int rc;

	(void)snprintf(name, sizeof name, ITEM_PREFIX "%s", mailbox);
	rc = memory == NULL || json_put(memory, &text) != 0
		     ? failure_memory(failure)
		     : items_put(&officer->items, name, text.data, text.len, failure);
	buffer_free(&text);
	return rc;
}

static const char *hand_key_of(const struct report *report)
{
	const json_t *envelope = json_object_get(report->json, "envelope");

	return json_string_value(json_object_get(json_object_get(envelope, "mailbox"), "hand_key"));
}

static json_t *memory_of(const struct report *first)
{
	return json_pack("{s:s, s:s, s:[]}", "report", first->id, "hand_key", hand_key_of(first), "seen");
}

/* The first that was seen with this mailbox stays: a stranger's later one changes nothing. */
static int remember_first(struct officer *officer, const struct report *report, struct failure *failure)
{
	json_t *memory = NULL;
	int rc = hand_recall(officer, report->mailbox, &memory, failure);

	if (rc == 0 && memory == NULL) {
		memory = memory_of(report);
		rc = remember(officer, report->mailbox, memory, failure);
	}
	json_decref(memory);
	return rc;
}

/* The report that this one names, from the server: only a first report of the same mailbox says whose hand it
 * is. *ret_memory stays NULL where it can't be had. */
static int fetch_first(struct officer *officer, const struct report *report, const char *id,
	json_t **ret_memory, struct failure *failure)
{
	struct report *first = NULL;
	struct hand_link link;

	if (report_take(officer, id, &first, failure) != 0)
		return failure->exit_code == EX_UNAVAILABLE ? -1 : 0;
	if (first->has_proof && !hand_link_of(first->json, &link) &&
		strcmp(first->mailbox, report->mailbox) == 0)
		*ret_memory = memory_of(first);
	report_free(first);
	return 0;
}

/* *ret_memory is NULL where the first report isn't known. */
static int find_first(struct officer *officer, const struct report *report, const struct hand_link *link,
	json_t **ret_memory, struct failure *failure)
{
	json_t *memory = NULL;
	const char *known;
	int rc = hand_recall(officer, report->mailbox, &memory, failure);

	known = json_string_value(json_object_get(memory, "report"));
	if (rc == 0 && link->report[0] != '\0' && (known == NULL || strcmp(known, link->report) != 0)) {
		json_decref(memory);
		memory = NULL;
		rc = fetch_first(officer, report, link->report, &memory, failure);
	}
	if (rc == 0)
		*ret_memory = memory;
	else
		json_decref(memory);
	return rc;
}

static int hash_file(int folder, const char *name, char ret_hex[SHA256_HEX_CHARS + 1])
{
	struct sha256 *hash = sha256_new();
	uint8_t *bytes = malloc(READ_BYTES), digest[SHA256_BYTES];
	int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), rc = -1;
	ssize_t got = -1;

	if (hash == NULL || bytes == NULL || file == -1)
		goto cleanup;
	do {
		got = read(file, bytes, READ_BYTES);
		if (got > 0 && sha256_update(hash, bytes, (size_t)got) != 0)
			goto cleanup;
	} while (got > 0 || (got == -1 && errno == EINTR));
	if (got == 0 && sha256_final(hash, digest) == 0) {
		hex_encode(digest, sizeof digest, ret_hex);
		rc = 0;
	}
cleanup:
	if (file != -1)
		(void)close(file);
	free(bytes);
	sha256_free(hash);
	return rc;
}

/* The hash that the signed report gives for this attachment, or NULL. */
static const char *signed_hash(const json_t *report, const char *file)
{
	static const char *const members[][2] = { { "file", "sha256_original" },
		{ "working_file", "sha256_working" } };
	size_t at;
	const json_t *evidence;

	json_array_foreach(json_object_get(report, "evidence"), at, evidence)
	{
		for (size_t i = 0; i < COUNT_OF(members); i++) {
			const char *named = json_string_value(json_object_get(evidence, members[i][0]));

			if (named != NULL && strcmp(named, file) == 0)
				return json_string_value(json_object_get(evidence, members[i][1]));
		}
	}
	return NULL;
}

/* What lies in attachments/ is what the signed report says, no file more. One that is missing shows by
 * itself.
 */
static bool attachments_are_signed(const struct report *report, const char *folder)
{
	int top = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    below = top == -1 ? -1
			      : openat(top, ATTACHMENTS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = below == -1 ? NULL : fdopendir(below);
	bool are = top != -1 && (stream != NULL || errno == ENOENT);

	for (const struct dirent *entry; are && stream != NULL && (entry = readdir(stream)) != NULL;) {
		char name[sizeof ATTACHMENTS + 256], hash[SHA256_HEX_CHARS + 1];
		const char *expected;

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof name, ATTACHMENTS "/%s", entry->d_name);
		expected = signed_hash(report->json, name);
		are = expected != NULL && hash_file(top, name, hash) == 0 && strcmp(hash, expected) == 0;
	}
	if (stream != NULL)
		(void)closedir(stream);
	else if (below != -1)
		(void)close(below);
	if (top != -1)
		(void)close(top);
	return are;
}

/* Each counter stands for one report. */
static bool is_copy(const json_t *memory, const struct hand_link *link, const char *id, bool *ret_is_known)
{
	size_t at;
	const json_t *seen;

	*ret_is_known = false;
	json_array_foreach(json_object_get(memory, "seen"), at, seen)
	{
		const char *other = json_string_value(json_array_get(seen, 1));

		if (json_integer_value(json_array_get(seen, 0)) != (json_int_t)link->counter || other == NULL)
			continue;
		*ret_is_known = strcmp(other, id) == 0;
		return !*ret_is_known;
	}
	return false;
}

static int judge_known(struct officer *officer, const struct report *report, const struct hand_link *link,
	json_t *memory, struct hand_judgement *judgement, struct failure *failure)
{
	const char *first = json_string_value(json_object_get(memory, "report"));
	json_t *seen = json_object_get(memory, "seen");
	uint8_t key[ED25519_PUBLIC_BYTES];
	bool is_known;

	if (first != NULL && strlen(first) < sizeof judgement->first)
		memcpy(judgement->first, first, strlen(first) + 1);
	if (member_base64(memory, "hand_key", BASE64_URL, key, sizeof key) != 0 ||
		hand_verify(report->json, key) != 0)
		return 0;
	if (is_copy(memory, link, report->id, &is_known)) {
		judgement->hand = HAND_COPY;
		return 0;
	}
	judgement->hand = HAND_SAME;
	if (judgement->first[0] != '\0' &&
		hand_keep_first(officer, report->id, judgement->first, failure) != 0)
		return -1;
	if (is_known)
		return 0;
	if (json_array_size(seen) >= SEEN_MAX)
		(void)json_array_remove(seen, 0);
	if (json_array_append_new(seen, json_pack("[I, s]", (json_int_t)link->counter, report->id)) != 0)
		return failure_memory(failure);
	return remember(officer, report->mailbox, memory, failure);
}

int hand_judge(struct officer *officer, const struct report *report, const char *folder,
	struct hand_judgement *ret_judgement, struct failure *failure)
{
	struct hand_judgement judgement = { .hand = HAND_NONE };
	struct hand_link link;
	json_t *memory = NULL;
	int rc = 0;

	if (!hand_link_of(report->json, &link)) {
		rc = report->has_proof ? remember_first(officer, report, failure) : 0;
	} else {
		judgement.is_cancel = link.is_cancel;
		judgement.hand = HAND_OTHER;
		memcpy(judgement.first, link.report, sizeof judgement.first);
		if (report->has_proof && attachments_are_signed(report, folder)) {
			judgement.hand = HAND_UNKNOWN;
			rc = find_first(officer, report, &link, &memory, failure);
		}
		if (memory != NULL) {
			judgement.hand = HAND_OTHER;
			rc = judge_known(officer, report, &link, memory, &judgement, failure);
		}
	}
	json_decref(memory);
	if (rc == 0)
		*ret_judgement = judgement;
	return rc;
}

void hand_show(const struct hand_judgement *judgement, struct buffer *out)
{
	const char *what = judgement->is_cancel ? "ALARM CALLED OFF" : "FOLLOW-UP";

	if (judgement->hand == HAND_NONE)
		return;
	buffer_put_format(out, "%s%s%s", what, judgement->first[0] != '\0' ? " of " : "", judgement->first);
	switch (judgement->hand) {
	case HAND_SAME:
		buffer_put_string(out, ", by the same hand: signed with the first report's key.\n");
		break;
	case HAND_COPY:
		buffer_put_string(out, ", but a COPY of one that came before: somebody sealed it again.\n");
		break;
	case HAND_UNKNOWN:
		buffer_put_string(out, ", NOT PROVEN: the first report isn't known here. Open that one, then "
				       "this one again.\n");
		break;
	default:
		buffer_put_string(out, ", NOT by the same hand: treat it as a stranger's.\n");
	}
	if (judgement->is_cancel)
		buffer_put_string(out, "Calling off stops no clock by itself: make sure that she is free to "
				       "speak, then acknowledge.\n");
}

json_t *hand_report(const struct report *report, const struct hand_judgement *judgement)
{
	json_t *copy = json_copy(report->json);
	json_t *same = judgement->hand == HAND_SAME      ? json_true()
		       : judgement->hand == HAND_UNKNOWN ? json_null()
							 : json_false();

	(void)json_object_del(copy, "by_the_same_hand");
	(void)json_object_del(copy, "first_report");
	if (copy != NULL && judgement->hand != HAND_NONE &&
		(json_object_set_new(copy, "by_the_same_hand", same) != 0 ||
			json_object_set_new(copy, "first_report",
				judgement->first[0] == '\0' ? json_null() : json_string(judgement->first)) !=
				0)) {
		json_decref(copy);
		return NULL;
	}
	return copy;
}
