/* The settings of a front as numbers: what base/config.h promises, with the limits that hold for all fronts
 * together divided among them. */
#ifndef FRONT_SETTINGS_H
#define FRONT_SETTINGS_H

#include "channel/setup.h"
#include "connection_limits.h"

/* `/` and the base path and `/v1/` */
#define FRONT_PREFIX_SIZE 72

struct front_settings {
	char prefix[FRONT_PREFIX_SIZE];
	struct limits_options open;   /* listeners whose clients have addresses of their own */
	struct limits_options shared; /* all clients of it share one */
	uint64_t handshake_seconds;
	uint64_t headers_seconds;
	uint64_t body_seconds;
	uint64_t answer_seconds;
	uint64_t minimum_bytes_per_second;
	uint64_t idle_seconds;
	uint64_t requests_per_connection;
};

MUST_USE int front_settings_of(
	const struct setup *setup, struct front_settings *ret_settings, struct fault *fault);

#endif
