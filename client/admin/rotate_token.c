/* rotate token: the daemon begins its next token epoch; the draft names it beside those that still run. */
#include "rotate.h"
#include "verbs.h"

#include "keys/token_keys.h"
#include "proto/json.h"

#include <string.h>

static int take_line(const json_t *json, struct roster_token_key *ret_line)
{
	struct roster_token_key line = { .epoch = 0 };

	if (member_number(json, "epoch", &line.epoch) != 0 ||
		member_base64(json, "key", BASE64_PADDED, line.public_key, sizeof line.public_key) != 0 ||
		member_time(json, "not_before", &line.not_before) != 0 ||
		member_time(json, "not_after", &line.not_after) != 0)
		return -1;
	*ret_line = line;
	return 0;
}

static bool has_lines(const struct roster *roster, const struct roster_token_key *lines, size_t count)
{
	bool has = roster->token_key_count == count;

	for (size_t at = 0; has && at < count; at++)
		has = roster->token_keys[at].epoch == lines[at].epoch &&
		      roster->token_keys[at].not_before == lines[at].not_before &&
		      roster->token_keys[at].not_after == lines[at].not_after &&
		      bytes_equal(roster->token_keys[at].public_key, lines[at].public_key,
			      sizeof lines[at].public_key);
	return has;
}

static int edit(const struct admin *admin, const json_t *rotation, struct roster *draft, bool *ret_changed,
	struct failure *failure)
{
	const json_t *keys = json_object_get(rotation, "token_keys");
	struct roster_token_key lines[ROSTER_KEYS_MAX];
	size_t count = json_array_size(keys);

	(void)admin;
	if (count == 0 || count > ROSTER_KEYS_MAX)
		return rotate_bad_answer(failure);
	for (size_t at = 0; at < count; at++)
		if (take_line(json_array_get(keys, at), &lines[at]) != 0)
			return rotate_bad_answer(failure);
	*ret_changed = !has_lines(draft, lines, count);
	if (!*ret_changed)
		return 0;
	return token_key_lines_put(lines, count, draft) == 0 ? 0 : failure_memory(failure);
}

int verb_rotate_token(const struct invocation *invocation, struct failure *failure)
{
	return rotate_with_draft(invocation, "rotate-token", edit, failure);
}
