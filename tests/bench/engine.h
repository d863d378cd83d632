/* A load generator's engine: many TLS 1.3 connections at once on one epoll loop, non-blocking OpenSSL, no
 * library between it and the socket, so that the client isn't what is measured. Fails loudly: an unexpected
 * answer ends the program. */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct engine_connection;

/* The bytes of one request: what goes out, and the status that must come back. */
struct engine_request {
	const char *head;
	size_t head_len;
	const uint8_t *body; /* NULL for none */
	size_t body_len;
	unsigned expect_status;
};

/* One answer has come in whole. body is what followed the head. */
struct engine_answer {
	struct engine_connection *connection;
	uint64_t index;    /* which request it answers */
	uint64_t began_ns; /* before connect for a fresh connection, else before the first byte was written */
	uint64_t ended_ns;
	const char *head;
	const uint8_t *body;
	size_t body_len;
};

struct engine_options {
	uint16_t port;
	unsigned connections; /* at once */
	bool keep_alive;
	struct engine *share; /* NULL, or another engine on whose loop this one runs as well */
	void *context;
	/* The index-th request, or false where there are no more for now. */
	bool (*next)(void *context, uint64_t index, struct engine_request *ret_request);
	void (*answered)(void *context, const struct engine_answer *answer);
};

uint64_t now_ns(void);
struct engine *engine_new(const struct engine_options *options);

/* Runs until `next` has nothing more and every answer has come, or until stop_ns. */
void engine_run(struct engine *engine, uint64_t stop_ns);

/* One more request on whichever connection is idle, for programs that drive the engine step by step. */
void engine_wake(struct engine *engine);

/* How many requests have been sent and not answered. */
unsigned engine_waiting(const struct engine *engine);
void engine_free(struct engine *engine);

#endif
