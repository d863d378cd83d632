/* Forks: two rosters in one place of the chain. Whoever has seen one of them notices the other, and keeps
 * both as proof. */
#include "organisation_internal.h"

#include "keys/secure_file.h"
#include "proto/encode.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ITEM_SEEN    "rosters-seen" /* VERSION DIGEST, one a line, the newest last */
#define ITEM_FORKS   "forks"        /* the names of the items that are proof, one a line */
#define SEEN_MAX     128            /* versions: with one a week that is more than two years */
#define SEEN_LINE    96
#define FORK_NAMES   16 /* a server that makes up one after the other doesn't fill the disk */
#define SIGNERS_MAX  2048
#define DIGEST_SHOWN 8 /* bytes of it in a name */
#define NAME_ROOM    64

/* The bytes behind the first line of text, where it has more than max lines. */
static const char *newest_lines(const char *text, size_t max)
{
	size_t lines = 0;

	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	for (; lines > max; lines--)
		text = strchr(text, '\n') + 1;
	return text;
}

static void seen_line(uint64_t version, const uint8_t digest[SHA256_BYTES], char ret_line[SEEN_LINE])
{
	char hex[HEX_CHARS(SHA256_BYTES) + 1];

	hex_encode(digest, SHA256_BYTES, hex);
	(void)snprintf(ret_line, SEEN_LINE, "%" PRIu64 " %s\n", version, hex);
}

int organisation_remember(
	const struct organisation *organisation, const struct roster *roster, struct failure *failure)
{
	struct buffer seen = buffer_of(ITEM_MAX);
	char line[SEEN_LINE];
	const char *text = NULL;
	bool found = false;
	int rc = items_get(&organisation->items, ITEM_SEEN, &seen, &found, failure);

	seen_line(roster->version, roster->digest, line);
	if (rc != 0 || (found && (text = buffer_text(&seen)) != NULL && strstr(text, line) != NULL))
		goto cleanup;
	buffer_put_string(&seen, line);
	text = buffer_text(&seen);
	if (text == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	text = newest_lines(text, SEEN_MAX);
	rc = items_put(&organisation->items, ITEM_SEEN, text, strlen(text), failure);
cleanup:
	buffer_free(&seen);
	return rc;
}

/* True where another roster of this version was seen here once. */
static bool was_another(const struct organisation *organisation, const struct roster *offered)
{
	struct buffer seen = buffer_of(ITEM_MAX);
	struct failure ignored;
	char line[SEEN_LINE], start[SEEN_LINE];
	const char *text = NULL;
	bool found = false, another = false;

	seen_line(offered->version, offered->digest, line);
	(void)snprintf(start, sizeof start, "\n%" PRIu64 " ", offered->version);
	buffer_put_string(&seen, "\n");
	if (items_get(&organisation->items, ITEM_SEEN, &seen, &found, &ignored) == 0 && found &&
		(text = buffer_text(&seen)) != NULL)
		another = strstr(text, start) != NULL && strstr(text, line) == NULL;
	buffer_free(&seen);
	return another;
}

/* What stands in the place of the roster that is trusted here, or of an earlier one, on the offered side.
 * NULL (and 0) where the two don't contradict each other. */
static int find_other(const struct organisation *organisation, struct link *link,
	const struct roster *offered, struct roster **ret_other, struct failure *failure)
{
	const struct roster *ours = organisation->roster;
	struct roster *there = NULL;
	struct failure unreachable;
	char path[32];

	*ret_other = NULL;
	if (offered->version < ours->version) {
		if (was_another(organisation, offered) ||
			(offered->version + 1 == ours->version &&
				!bytes_equal(ours->previous, offered->digest, SHA256_BYTES)))
			return roster_copy(offered, ret_other) == 0 ? 0 : failure_memory(failure);
		return 0;
	}
	if (offered->version == ours->version)
		return roster_copy(offered, ret_other) == 0 ? 0 : failure_memory(failure);
	(void)snprintf(path, sizeof path, "roster/%" PRIu64, ours->version);
	if (roster_fetch(link, path, &there, &unreachable) == 0 && there->version == ours->version &&
		!bytes_equal(there->digest, ours->digest, SHA256_BYTES)) {
		*ret_other = there;
		return 0;
	}
	roster_free(there);
	if (offered->version == ours->version + 1 &&
		!bytes_equal(offered->previous, ours->digest, SHA256_BYTES))
		return roster_copy(offered, ret_other) == 0 ? 0 : failure_memory(failure);
	return 0;
}

static int keep_one(const struct organisation *organisation, const struct roster *roster,
	struct buffer *names, struct failure *failure)
{
	char name[NAME_ROOM], digest[HEX_CHARS(DIGEST_SHOWN) + 1];
	const char *known = buffer_text(names);

	hex_encode(roster->digest, DIGEST_SHOWN, digest);
	(void)snprintf(name, sizeof name, "fork-%" PRIu64 "-%s", roster->version, digest);
	if (known == NULL)
		return failure_memory(failure);
	if (strstr(known, name) != NULL)
		return 0;
	buffer_put_format(names, "%s\n", name);
	return items_put(&organisation->items, name, roster->note, roster->note_len, failure);
}

static size_t lines_in(const struct buffer *text)
{
	size_t lines = 0;

	for (size_t at = 0; at < text->len; at++)
		lines += text->data[at] == '\n';
	return lines;
}

/* The list comes last: what it names is there. */
static int keep_both(
	const struct organisation *organisation, const struct roster *other, struct failure *failure)
{
	struct buffer names = buffer_of(ITEM_MAX);
	bool found = false;
	int rc = items_get(&organisation->items, ITEM_FORKS, &names, &found, failure);

	if (rc == 0 && lines_in(&names) < FORK_NAMES) {
		rc = keep_one(organisation, organisation->roster, &names, failure);
		if (rc == 0)
			rc = keep_one(organisation, other, &names, failure);
		if (rc == 0)
			rc = items_put(&organisation->items, ITEM_FORKS, names.data, names.len, failure);
	}
	buffer_free(&names);
	return rc;
}

static int tell_fork(
	const struct organisation *organisation, const struct roster *other, struct failure *failure)
{
	struct buffer signers = buffer_of(SIGNERS_MAX);
	uint64_t version = other->version < organisation->roster->version ? other->version
									  : organisation->roster->version;
	const char *names = NULL;
	int rc = -1;

	if (keep_both(organisation, other, failure) != 0)
		goto cleanup;
	if (roster_signers(other, organisation->roster, &signers) == 0)
		names = buffer_text(&signers);
	rc = failure_set(failure, EX_PROTOCOL,
		"there are two rosters %" PRIu64 ", the other one signed by %.40s: trust neither, ask your "
		"admins in person; both are kept as fork-* in %s",
		version, names == NULL ? "?" : names, translated(organisation->items.where));
cleanup:
	buffer_free(&signers);
	return rc;
}

int organisation_refused(struct organisation *organisation, struct link *link, const struct roster *offered,
	const struct fault *fault, struct failure *failure)
{
	struct roster *other = NULL;
	int rc = -1;

	organisation->contradicted = true;
	if (find_other(organisation, link, offered, &other, failure) != 0)
		return -1;
	rc = other == NULL ? failure_of(failure, EX_PROTOCOL, fault)
			   : tell_fork(organisation, other, failure);
	roster_free(other);
	return rc;
}

static int write_one(const struct items *items, const char *name, int folder, struct failure *failure)
{
	struct buffer note = buffer_of(ROSTER_MAX_BYTES);
	struct fault fault;
	bool found = false;
	int rc = items_get(items, name, &note, &found, failure);

	if (rc == 0 && found && secure_file_create(folder, name, note.data, note.len, &fault) != 0)
		rc = failure_of(failure, EX_CANTCREAT, &fault);
	buffer_free(&note);
	return rc;
}

static int write_all(const struct items *items, const char *names, const char *path, size_t *count,
	struct failure *failure)
{
	struct fault fault;
	int folder = -1, rc = 0;

	if (secure_folder_create(AT_FDCWD, path, &fault) != 0)
		return failure_of(failure, EX_CANTCREAT, &fault);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return failure_set(
			failure, EX_CANTCREAT, "%.160s can't be opened: choose another folder", path);
	while (rc == 0 && *names != '\0') {
		size_t len = strcspn(names, "\n");
		char name[NAME_ROOM];

		(void)snprintf(name, sizeof name, "%.*s", (int)len, names);
		rc = write_one(items, name, folder, failure);
		names += len + (names[len] != '\0');
		*count += 1;
	}
	(void)close(folder);
	return rc;
}

int organisation_write_forks(
	const struct items *items, const char *path, size_t *ret_count, struct failure *failure)
{
	struct buffer names = buffer_of(ITEM_MAX);
	const char *text = NULL;
	bool found = false;
	size_t count = 0;
	int rc = items_get(items, ITEM_FORKS, &names, &found, failure);

	if (rc == 0 && found) {
		text = buffer_text(&names);
		rc = text == NULL ? failure_memory(failure) : write_all(items, text, path, &count, failure);
	}
	if (rc == 0)
		*ret_count = count;
	buffer_free(&names);
	return rc;
}
