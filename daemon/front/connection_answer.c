#include "connection_state.h"

#include <stdlib.h>
#include <string.h>

static struct connection *owner_of(struct exchange *exchange)
{
	return (struct connection *)(void *)((char *)exchange - offsetof(struct connection, exchange));
}

/* From here on the answer's length and the deadline for it are fixed. */
static void begin(struct connection *connection, uint64_t len)
{
	const uint64_t seconds = connection->front->settings->answer_seconds;
	/* A body that nobody will read ends the connection. */
	if (connection->body_left > 0) {
		connection->close = true;
		connection->unread = true;
	}
	connection->written = false;
	connection_go(connection, CONNECTION_ANSWER);
	connection_deadline(connection, connection_seconds(connection, seconds, len));
}

static void write_out(struct connection *connection)
{
	struct buffer *out = &connection->front->out;
	if (buffer_ok(out) != 0 || wire_write(connection->wire, out->data, out->len) != 0)
		connection_end(connection);
	else if (connection->written && connection->close && !connection->unread)
		wire_last(connection->wire);
	/* A failed buffer stays failed: the next answer gets a new one. */
	if (buffer_ok(out) != 0)
		buffer_free(out);
	else
		buffer_clear(out);
}

void answer_with_page(struct connection *connection, struct decoy_page page)
{
	struct buffer *out = &connection->front->out;
	const bool with_body = connection->method != METHOD_HEAD;
	/* Outside the base path bodies are not read, so that inside it nothing may look different. */
	if (connection->has_body)
		connection->close = true;
	begin(connection, page.len);
	connection->written = true;
	answer_page_head(out, &page, connection->close);
	/* What is small goes out in one piece. */
	if (with_body && page.len <= CHANNEL_BODY_MAX)
		buffer_put(out, page.data, page.len);
	write_out(connection);
	if (connection->state == CONNECTION_ANSWER && with_body && page.len > CHANNEL_BODY_MAX &&
		wire_write_static(connection->wire, page.data, page.len) != 0)
		connection_end(connection);
}

void answer_with_problem(struct connection *connection, enum problem problem)
{
	store_link_gone(connection->front->store, &connection->exchange);
	connection->close = true;
	begin(connection, 0);
	connection->written = true;
	answer_problem(&connection->front->out, problem, connection->method != METHOD_HEAD);
	write_out(connection);
}

static void on_body_wanted(struct exchange *exchange, uint32_t bytes)
{
	struct connection *connection = owner_of(exchange);
	if (connection->state != CONNECTION_EXCHANGE)
		return;
	connection->credit += bytes;
	request_pump_body(connection);
}

/* The head waits for the first of the body, so that they travel together. */
static void on_answer(struct exchange *exchange, const struct message_answer *answer)
{
	struct connection *connection = owner_of(exchange);
	struct buffer *out = &connection->front->out;
	if (answer->close)
		connection->close = true;
	begin(connection, answer->content_length);
	answer_head(out, answer, connection->close);
	if (buffer_ok(out) != 0 || (connection->head = malloc(out->len)) == NULL) {
		connection_end(connection);
	} else {
		memcpy(connection->head, out->data, out->len);
		connection->head_len = out->len;
	}
	if (buffer_ok(out) != 0)
		buffer_free(out);
	else
		buffer_clear(out);
}

static void on_answer_body(struct exchange *exchange, const uint8_t *data, size_t len, bool done)
{
	struct connection *connection = owner_of(exchange);
	struct buffer *out = &connection->front->out;
	if (connection->state != CONNECTION_ANSWER)
		return;
	if (connection->head != NULL)
		buffer_put(out, connection->head, connection->head_len);
	free(connection->head);
	connection->head = NULL;
	if (len > 0)
		buffer_put(out, data, len);
	connection->written = done;
	write_out(connection);
}

static void on_decoy(struct exchange *exchange)
{
	struct connection *connection = owner_of(exchange);
	const struct front *front = connection->front;
	answer_with_page(connection, decoy_find(front->decoy, connection->method, front->settings->prefix));
}

static void on_lost(struct exchange *exchange)
{
	struct connection *connection = owner_of(exchange);
	if (connection->state == CONNECTION_EXCHANGE)
		answer_with_problem(connection, PROBLEM_BUSY);
	else
		connection_end(connection); /* the rest of the answer died with it */
}

const struct exchange_ops answer_exchange_ops = {
	.on_body_wanted = on_body_wanted,
	.on_answer = on_answer,
	.on_answer_body = on_answer_body,
	.on_decoy = on_decoy,
	.on_lost = on_lost,
};

void answer_drained(struct connection *connection)
{
	if (!connection->written) {
		store_link_taken(connection->front->store, &connection->exchange);
		return;
	}
	if (connection->close && connection->unread) {
		connection_go(connection, CONNECTION_LINGER);
		wire_finish(connection->wire);
		wire_take(connection->wire, wire_waiting(connection->wire));
		connection_read(connection, true);
	} else if (connection->close) {
		connection_end(connection);
	} else {
		connection_go(connection, CONNECTION_IDLE);
		connection_read(connection, true);
		if (wire_waiting(connection->wire) > 0)
			request_bytes(connection);
	}
}
