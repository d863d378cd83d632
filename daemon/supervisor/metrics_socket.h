/* The metrics socket: /metrics and /health over HTTP on a Unix socket, for whoever watches this machine. The
 * supervisor answers itself, so that there is an answer when no role gives one; it compares two paths and
 * parses nothing else. */
#ifndef SUPERVISOR_METRICS_SOCKET_H
#define SUPERVISOR_METRICS_SOCKET_H

#include "proto/base.h"

struct event_base;
struct family;
struct metrics_socket;

/* fd is a listening socket (control_socket_open) and stays the caller's. NULL where memory is short. */
MUST_USE struct metrics_socket *metrics_socket_new(
	struct event_base *base, int fd, const struct family *family);
void metrics_socket_free(struct metrics_socket *metrics);

/* What a request asks for. */
enum metrics_wish { METRICS_MORE, METRICS_METRICS, METRICS_HEALTH, METRICS_UNKNOWN, METRICS_NOT_GET };
/* data is what has come so far; METRICS_MORE until the head is complete. */
enum metrics_wish metrics_wish_of(const uint8_t *data, size_t len, bool *ret_head_only);

#endif
