/* rotate tls: first the daemon makes its next TLS key, and the draft names its pin; once that is in force,
 * the same again switches to it, and the draft names it as the key in use. */
#include "rotate.h"
#include "verbs.h"

#include "client/output.h"
#include "proto/json.h"

#include <string.h>

struct pins {
	uint8_t current[SHA256_BYTES];
	uint8_t next[SHA256_BYTES];
};

/* Servers with other keys are other machines': they rotate by themselves. */
static bool is_ours(const struct roster_server *server, const struct pins *pins)
{
	return bytes_equal(server->pin, pins->current, SHA256_BYTES) ||
	       (server->has_next_pin && bytes_equal(server->next_pin, pins->current, SHA256_BYTES));
}

static bool set_pins(struct roster_server *server, const struct pins *pins)
{
	const bool changes = !bytes_equal(server->pin, pins->current, SHA256_BYTES) ||
			     !server->has_next_pin ||
			     !bytes_equal(server->next_pin, pins->next, SHA256_BYTES);

	memcpy(server->pin, pins->current, SHA256_BYTES);
	memcpy(server->next_pin, pins->next, SHA256_BYTES);
	server->has_next_pin = true;
	return changes;
}

static int edit(const struct admin *admin, const json_t *rotation, struct roster *draft, bool *ret_changed,
	struct failure *failure)
{
	struct pins pins;
	bool is_named = false;

	if (member_base64(rotation, "current", BASE64_PADDED, pins.current, SHA256_BYTES) != 0 ||
		member_base64(rotation, "next", BASE64_PADDED, pins.next, SHA256_BYTES) != 0)
		return rotate_bad_answer(failure);
	for (size_t i = 0; i < draft->server_count; i++) {
		struct roster_server *server = &draft->servers[i];

		if (!is_ours(server, &pins))
			continue;
		is_named = true;
		if (set_pins(server, &pins))
			*ret_changed = true;
	}
	if (!is_named)
		return failure_set(failure, EX_CONFIG,
			"no server of the draft has the daemon's TLS key: remove the draft, then try again");
	if (json_is_true(json_object_get(rotation, "switched")))
		say(admin->invocation, "The server shows its new TLS key from now on.\n");
	return 0;
}

int verb_rotate_tls(const struct invocation *invocation, struct failure *failure)
{
	return rotate_with_draft(invocation, "rotate-tls", edit, failure);
}
