#include "keys/roster_folder.h"

#include "keys/secure_file.h"
#include "proto/cursor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SUFFIX    ".note"
#define PATH_SIZE 4096

static int path_of(const char *folder, uint64_t version, char ret_path[PATH_SIZE], struct fault *fault)
{
	int len = snprintf(ret_path, PATH_SIZE, "%s/%" PRIu64 SUFFIX, folder, version);

	if (len > 0 && len < PATH_SIZE)
		return 0;
	errno = ENAMETOOLONG;
	return fault_set(fault, "the folder's name is too long: use a shorter one");
}

/* What isn't VERSION.note is none of ours. */
static bool version_of(const char *name, uint64_t *ret_version)
{
	struct reader reader = reader_of(name, strlen(name));
	uint64_t version = 0;

	if (reader_decimal(&reader, &version) != 0 || reader_literal(&reader, SUFFIX) != 0 ||
		reader_end(&reader) != 0)
		return false;
	*ret_version = version;
	return true;
}

int roster_folder_newest(const char *folder, struct roster **ret_roster, struct fault *fault)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry = NULL;
	uint64_t newest = 0, version = 0;

	if (entries == NULL) {
		int reason = errno;
		int rc = fault_set(fault, "%.120s: can't be read: %s", folder, error_words(reason));

		errno = reason;
		return rc;
	}
	while ((entry = readdir(entries)) != NULL) {
		if (version_of(entry->d_name, &version) && version > newest)
			newest = version;
	}
	(void)closedir(entries);
	if (newest == 0) {
		errno = ENOENT;
		return fault_set(fault, "%.120s: there is no roster in it", folder);
	}
	return roster_folder_get(folder, newest, ret_roster, fault);
}

int roster_folder_get(const char *folder, uint64_t version, struct roster **ret_roster, struct fault *fault)
{
	char path[PATH_SIZE];
	struct roster *roster = NULL;
	struct fault reason;
	uint8_t *note = NULL;
	size_t len = 0;
	int rc = -1;

	if (path_of(folder, version, path, fault) != 0 ||
		secure_file_read(AT_FDCWD, path, ROSTER_MAX_BYTES, &note, &len, fault) != 0)
		return -1;
	if (roster_parse(note, len, &roster, &reason) != 0) {
		rc = fault_set(fault, "%.80s: %.140s", path, reason.text);
	} else if (roster->version != version) {
		rc = fault_set(fault, "%.120s: holds another version than its name says", path);
		roster_free(roster);
	} else {
		*ret_roster = roster;
		rc = 0;
	}
	sodium_free(note);
	errno = rc == 0 ? 0 : EBADMSG;
	return rc;
}

/* 0 where the name is free, or taken by the same body. */
static int check_same(const char *folder, const struct roster *roster, struct fault *fault)
{
	struct roster *there = NULL;
	bool is_same = false;

	if (roster_folder_get(folder, roster->version, &there, fault) != 0)
		return errno == ENOENT ? 0 : -1;
	is_same = bytes_equal(there->digest, roster->digest, SHA256_BYTES);
	roster_free(there);
	if (is_same)
		return 0;
	errno = EEXIST;
	return fault_set(
		fault, "%.120s: holds a different roster %" PRIu64 " already", folder, roster->version);
}

int roster_folder_put(const char *folder, const struct roster *roster, struct fault *fault)
{
	char path[PATH_SIZE];

	if (path_of(folder, roster->version, path, fault) != 0 || check_same(folder, roster, fault) != 0)
		return -1;
	return secure_file_replace(AT_FDCWD, path, roster->note, roster->note_len, fault);
}
