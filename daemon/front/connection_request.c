#include "base/log.h"
#include "connection_state.h"

#include <sodium.h>
#include <string.h>

/* How long the store may take once it has a whole request: the longest wait that a client can ask for, and
 * some. */
#define HELD_SECONDS (300 + 30)
/* Bytes of a body that may wait here for the store's wish: most reports, so that reading needn't stop and
 * start. */
#define BODY_AHEAD (24 * 1024)

/* In constant time for targets that are long enough: the base path is a secret. */
static bool is_under_base(const struct front_settings *settings, const char *target)
{
	size_t prefix_len = strlen(settings->prefix);
	return strlen(target) >= prefix_len && sodium_memcmp(target, settings->prefix, prefix_len) == 0;
}

static int forward(struct connection *connection, const struct http_request *request)
{
	struct message_request message = {
		.method = request->method,
		.target = request->target,
		.authority = request->field[HTTP_HOST],
		.has_body = request->has_length,
		.content_length = request->content_length,
		.content_digest = request->field[HTTP_CONTENT_DIGEST],
		.signature_input = request->field[HTTP_SIGNATURE_INPUT],
		.signature = request->field[HTTP_SIGNATURE],
		.authorization = request->field[HTTP_AUTHORIZATION],
		.mailbox_key = request->field[HTTP_MAILBOX_KEY],
		.hold_key = request->field[HTTP_HOLD_KEY],
		.upload_key = request->field[HTTP_UPLOAD_KEY],
		.upload_offset = request->field[HTTP_UPLOAD_OFFSET],
		.upload_complete = request->field[HTTP_UPLOAD_COMPLETE],
		.content_type = request->field[HTTP_CONTENT_TYPE],
	};
	return store_link_request(connection->front->store, &connection->exchange, &message);
}

static void drop_parser(struct connection *connection)
{
	struct front *front = connection->front;
	/* Keys and signatures were in it. */
	http_parser_reset(connection->parser);
	if (front->spare == NULL)
		front->spare = connection->parser;
	else
		http_parser_free(connection->parser);
	connection->parser = NULL;
}

/* A well-formed head is there: who answers? */
static void begin(struct connection *connection, const struct http_request *request)
{
	const struct front_settings *settings = connection->front->settings;
	bool needs_length = request->method == METHOD_POST || request->method == METHOD_PUT ||
			    request->method == METHOD_PATCH;
	connection->method = request->method;
	connection->body_left = request->content_length;
	connection->has_body = request->content_length > 0;
	connection->credit = CHANNEL_FIRST_CREDIT;
	connection->requests++;
	connection->close = request->close || connection->front->draining ||
			    connection->requests >= settings->requests_per_connection;
	if (request->method == HTTP_METHOD_OTHER) {
		connection->close = true;
		connection->unread = true;
		answer_with_page(
			connection, decoy_find(connection->front->decoy, request->method, request->target));
	} else if (!is_under_base(settings, request->target)) {
		answer_with_page(
			connection, decoy_find(connection->front->decoy, request->method, request->target));
	} else if (needs_length && !request->has_length) {
		connection->unread = true;
		answer_with_problem(connection, PROBLEM_LENGTH_REQUIRED);
	} else if (forward(connection, request) != 0) {
		answer_with_problem(connection, PROBLEM_BUSY);
	} else {
		connection_go(connection, CONNECTION_EXCHANGE);
		connection_deadline(connection,
			connection->has_body ? connection_seconds(connection, settings->body_seconds,
						       connection->body_left)
					     : HELD_SECONDS);
	}
}

static void refuse(struct connection *connection)
{
	connection->method = METHOD_GET; /* whatever it was, the page goes out whole */
	connection->body_left = 0;
	connection->has_body = false;
	connection->close = true;
	connection->unread = true;
	answer_with_page(connection, decoy_malformed());
}

static int start_head(struct connection *connection)
{
	struct front *front = connection->front;
	connection->parser = front->spare != NULL ? front->spare : http_parser_new();
	front->spare = NULL;
	if (connection->parser == NULL)
		return -1;
	connection_go(connection, CONNECTION_HEAD);
	return 0;
}

void request_bytes(struct connection *connection)
{
	const uint8_t *data = NULL;
	size_t len = 0;
	enum http_progress progress = HTTP_MORE;
	if (connection->state == CONNECTION_IDLE && start_head(connection) != 0) {
		connection_end(connection);
		return;
	}
	while (progress == HTTP_MORE && (len = wire_input(connection->wire, &data)) > 0) {
		size_t taken = 0;
		progress = http_parser_feed(connection->parser, data, len, &taken);
		wire_take(connection->wire, taken);
	}
	if (progress == HTTP_MORE)
		return;
	if (progress == HTTP_COMPLETE)
		begin(connection, http_parser_request(connection->parser));
	else
		refuse(connection);
	drop_parser(connection);
	if (connection->state == CONNECTION_EXCHANGE)
		request_pump_body(connection);
}

void request_pump_body(struct connection *connection)
{
	const uint8_t *data = NULL;
	size_t len = 0;
	bool had_left = connection->body_left > 0;
	while (connection->body_left > 0 && connection->credit > 0 &&
		(len = wire_input(connection->wire, &data)) > 0) {
		if (len > connection->body_left)
			len = (size_t)connection->body_left;
		if (len > connection->credit)
			len = (size_t)connection->credit;
		if (len > CHANNEL_BODY_MAX)
			len = CHANNEL_BODY_MAX;
		store_link_body(connection->front->store, &connection->exchange, data, len);
		wire_take(connection->wire, len);
		connection->body_left -= len;
		connection->credit -= len;
	}
	if (connection->body_left > 0) {
		connection_read(
			connection, connection->credit > 0 || wire_waiting(connection->wire) < BODY_AHEAD);
		return;
	}
	/* One request at a time: whoever sends more while it is being answered has lost count of the bytes.
	 */
	if (wire_waiting(connection->wire) > 0) {
		connection_end(connection);
		return;
	}
	if (had_left)
		connection_deadline(connection, HELD_SECONDS);
	connection_read(connection, true); /* to notice that the client leaves */
}
