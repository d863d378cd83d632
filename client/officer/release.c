#include "release.h"

#include "situation_json.h"

#include "proto/digest.h"
#include "proto/json.h"

#include <stdio.h>
#include <string.h>

/* An item lists all; each has one of its own, `stats-<part>-<first day>-<last day>'. */
#define LIST_ITEM      "stats-releases"
#define ITEM_NAME_SIZE 64

static const char *const part_words[PARTS] = { "quarters", "reprisals" };

static void item_name(const struct situation_part *part, char ret_name[ITEM_NAME_SIZE])
{
	char first[DATE_SIZE], last[DATE_SIZE];

	period_dates(part->period, first, last);
	(void)snprintf(ret_name, ITEM_NAME_SIZE, "stats-%s-%s-%s", part_words[part->part], first, last);
}

static int refuse_damaged(const char *name, struct failure *failure)
{
	return failure_set(failure, EX_CONFIG,
		"%s in the home isn't as it was written: fetch it from a backup of the home", name);
}

/* *ret_json stays NULL where there is no such item. */
static int get_json(const struct items *items, const char *name, char ret_sha256[SHA256_HEX_CHARS + 1],
	json_t **ret_json, struct failure *failure)
{
	struct buffer text = buffer_of(ITEM_MAX);
	uint8_t digest[SHA256_BYTES];
	bool found = false;
	struct fault fault;
	int rc = items_get(items, name, &text, &found, failure);

	*ret_json = NULL;
	if (rc == 0 && found &&
		json_parse((const char *)text.data, text.len, ITEM_MAX, ret_json, &fault) != 0)
		rc = refuse_damaged(name, failure);
	if (rc == 0 && found) {
		rc = sha256_once(text.data, text.len, digest) == 0 ? 0 : failure_memory(failure);
		hex_encode(digest, sizeof digest, ret_sha256);
	}
	buffer_free(&text);
	return rc;
}

static int put_json(const struct items *items, const char *name, const json_t *json,
	char ret_sha256[SHA256_HEX_CHARS + 1], struct failure *failure)
{
	struct buffer text = buffer_of(ITEM_MAX);
	uint8_t digest[SHA256_BYTES];
	int rc = -1;

	if (json == NULL || json_put(json, &text) != 0 || buffer_ok(&text) != 0 ||
		sha256_once(text.data, text.len, digest) != 0) {
		rc = failure_memory(failure);
	} else {
		hex_encode(digest, sizeof digest, ret_sha256);
		rc = items_put(items, name, text.data, text.len, failure);
	}
	buffer_free(&text);
	return rc;
}

static int load(
	const struct items *items, const char *sha256, struct situation_part *part, struct failure *failure)
{
	char name[ITEM_NAME_SIZE], found[SHA256_HEX_CHARS + 1] = "";
	json_t *json = NULL;
	int rc;

	item_name(part, name);
	if (get_json(items, name, found, &json, failure) != 0)
		return -1;
	rc = json != NULL && strcmp(found, sha256) == 0 && situation_part_parse(json, part) == 0
		     ? 0
		     : refuse_damaged(name, failure);
	if (rc == 0) {
		part->is_released = true;
		memcpy(part->sha256, found, sizeof part->sha256);
	}
	json_decref(json);
	return rc;
}

/* One line of the list. */
static int judge(const json_t *one, const struct situation_part *part, enum release *ret_release,
	struct period *ret_other, const char **ret_sha256)
{
	const char *kind = json_string_value(json_object_get(one, "part"));
	const char *sha256 = json_string_value(json_object_get(one, "sha256"));
	struct period period;

	if (kind == NULL || sha256 == NULL || member_time(one, "from", &period.from) != 0 ||
		member_time(one, "to", &period.to) != 0)
		return -1;
	if (strcmp(kind, part_words[part->part]) != 0 || !periods_overlap(period, part->period))
		return 0;
	*ret_other = period;
	*ret_sha256 = sha256;
	*ret_release =
		period.from == part->period.from && period.to == part->period.to ? RELEASE_SAME : RELEASE_CUT;
	return 0;
}

int release_find(const struct items *items, struct situation_part *part, enum release *ret_release,
	struct period *ret_other, struct failure *failure)
{
	char ignored[SHA256_HEX_CHARS + 1];
	const char *sha256 = NULL;
	json_t *list = NULL;
	const json_t *one;
	size_t at;
	int rc = get_json(items, LIST_ITEM, ignored, &list, failure);

	*ret_release = RELEASE_NONE;
	json_array_foreach(json_object_get(list, "releases"), at, one)
	{
		if (rc == 0 && judge(one, part, ret_release, ret_other, &sha256) != 0)
			rc = refuse_damaged(LIST_ITEM, failure);
	}
	if (rc == 0 && *ret_release == RELEASE_SAME)
		rc = load(items, sha256, part, failure);
	json_decref(list);
	return rc;
}

static json_t *line_of(const struct situation_part *part, const char *sha256)
{
	char from[TIME_SIZE], to[TIME_SIZE];

	time_format(part->period.from, from);
	time_format(part->period.to, to);
	return json_pack("{s:s, s:s, s:s, s:s}", "part", part_words[part->part], "from", from, "to", to,
		"sha256", sha256);
}

int release_keep(const struct items *items, struct situation_part *part, struct failure *failure)
{
	char name[ITEM_NAME_SIZE], sha256[SHA256_HEX_CHARS + 1], ignored[SHA256_HEX_CHARS + 1];
	json_t *json = situation_part_json(part), *list = NULL;
	int rc = -1;

	item_name(part, name);
	if (put_json(items, name, json, sha256, failure) != 0 ||
		get_json(items, LIST_ITEM, ignored, &list, failure) != 0)
		goto cleanup;
	if (list == NULL)
		list = json_pack("{s:[]}", "releases");
	if (json_array_append_new(json_object_get(list, "releases"), line_of(part, sha256)) != 0) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	/* Last: what isn't listed was never given out. */
	rc = put_json(items, LIST_ITEM, list, ignored, failure);
	if (rc == 0) {
		part->is_released = true;
		memcpy(part->sha256, sha256, sizeof part->sha256);
	}
cleanup:
	json_decref(json);
	json_decref(list);
	return rc;
}
