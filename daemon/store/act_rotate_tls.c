/* rotate-tls: asked first, it makes the next TLS key and tells its pin, for the next roster; asked again once
 * that roster is in force, it switches: new fronts with the new key beside the old ones, which finish what
 * they have. The private key never leaves the supervisor's machine, files and fronts. Behind a switch there
 * is a next key again at once, so that whoever sleeps through the next rotation knows it already. */
#include "control_acts.h"
#include "store_state.h"

#include "proto/encode.h"
#include "proto/url.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct rotating {
	struct control_call *call;
	bool has_switched;
};

static void end(struct rotating *rotating)
{
	control_release(rotating->call);
	free(rotating);
}

static void refuse(struct rotating *rotating, const char *text)
{
	control_refuse(rotating->call, EX_TEMPFAIL, "%s", text);
	end(rotating);
}

/* 0 where the supervisor has done what it was asked for; else it is over. */
static int check(struct rotating *rotating, const struct message_tls_state *state)
{
	if (state != NULL && state->done)
		return 0;
	refuse(rotating, state == NULL ? "the daemon ends: try again once it runs" : state->text);
	return -1;
}

static void ask(struct rotating *rotating, enum tls_step step, tls_said *said)
{
	struct store *store = rotating->call->store;
	const struct roster_server *server = tls_server(store);
	struct message_tls message = { .step = step, .host = "" };
	struct server_url url;
	struct fault fault;

	if (step == TLS_MAKE && server != NULL &&
		server_url_parse(server->url, strlen(server->url), &url, &fault) == 0)
		message.host = url.host;
	memcpy(message.pin, store->tls.to, sizeof message.pin);
	if (tls_ask(store, &message, said, rotating) != 0)
		refuse(rotating, "memory is short: try again");
}

static void answer(struct rotating *rotating)
{
	struct store *store = rotating->call->store;
	char current[BASE64_CHARS(SHA256_BYTES) + 1], next[BASE64_CHARS(SHA256_BYTES) + 1];
	json_t *rotation = rotation_json(store, "tls");

	base64_encode(BASE64_PADDED, store->tls.current, SHA256_BYTES, current);
	base64_encode(BASE64_PADDED, store->tls.next, SHA256_BYTES, next);
	if (rotation == NULL || json_object_set_new(rotation, "current", json_string(current)) != 0 ||
		json_object_set_new(rotation, "next", json_string(next)) != 0 ||
		json_object_set_new(rotation, "switched", json_boolean(rotating->has_switched)) != 0) {
		json_decref(rotation);
		refuse(rotating, "memory is short: try again");
		return;
	}
	control_done(rotating->call, rotation);
	end(rotating);
}

/* Behind a switch the key that was just made waits for a rotation of its own. */
static void on_made(void *context, const struct message_tls_state *state)
{
	struct rotating *rotating = context;

	if (check(rotating, state) != 0)
		return;
	if (!rotating->has_switched && tls_begin(rotating->call->store) != 0)
		refuse(rotating, "the rotation can't be noted: is there room on the disk?");
	else
		answer(rotating);
}

static void on_switched(void *context, const struct message_tls_state *state)
{
	struct rotating *rotating = context;

	if (check(rotating, state) != 0)
		return;
	rotating->has_switched = true;
	ask(rotating, TLS_MAKE, on_made);
}

static void on_looked(void *context, const struct message_tls_state *state)
{
	struct rotating *rotating = context;
	const struct store *store = rotating->call->store;

	if (check(rotating, state) != 0)
		return;
	if (tls_server(store) == NULL) {
		control_refuse(rotating->call, EX_CONFIG,
			"no server of the roster has this daemon's TLS key: put the right key in place "
			"first");
		end(rotating);
	} else if (tls_may_switch(store)) {
		ask(rotating, TLS_SWITCH, on_switched);
	} else {
		ask(rotating, TLS_MAKE, on_made);
	}
}

void act_rotate_tls(struct control_call *call)
{
	struct rotating *rotating = calloc(1, sizeof *rotating);

	if (rotating == NULL) {
		control_refuse(call, EX_TEMPFAIL, "memory is short: try again");
		return;
	}
	rotating->call = call;
	control_hold(call);
	ask(rotating, TLS_LOOK, on_looked);
}
