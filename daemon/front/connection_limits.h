/* How many connections a listener takes: in all, from an address group, and new ones a second. Nobody is ever
 * banned: a group over its share is turned away until it is below it again.
 *
 * A group is an IPv4 /24 or an IPv6 /48: what one household, office or small provider has at most, so that
 * moving inside it gains nothing. It is known by a keyed hash that lives as long as this process; no address
 * is kept. */
#ifndef FRONT_CONNECTION_LIMITS_H
#define FRONT_CONNECTION_LIMITS_H

#include "proto/base.h"

struct sockaddr;
struct limits;
struct limits_group;

#define LIMITS_IPV4_PREFIX_BYTES 3
#define LIMITS_IPV6_PREFIX_BYTES 6
/* Groups that are remembered at a time; 40 bytes each. One more is turned away. */
#define LIMITS_GROUPS_MAX 65536

struct limits_options {
	uint64_t total;     /* connections at a time */
	uint64_t per_group; /* of those, from one group */
	uint64_t new_per_second;
	uint64_t new_burst;
	bool one_group; /* all clients share an address: the whole listener is one group */
};

/* NULL where memory is short. */
MUST_USE struct limits *limits_new(const struct limits_options *options);
void limits_free(struct limits *limits);

/* No further connection may be accepted before one is released. */
bool limits_full(const struct limits *limits);

/* Counts a new connection; now_ms rises and has any origin. 0 with its group, to be given back with
 * limits_release; -1: turn it away. */
MUST_USE int limits_admit(struct limits *limits, const struct sockaddr *address, int64_t now_ms,
	struct limits_group **ret_group);
void limits_release(struct limits *limits, struct limits_group *group);

/* Forgets groups that have no connection and their full burst again. To be called every few seconds. */
void limits_sweep(struct limits *limits, int64_t now_ms);
size_t limits_groups(const struct limits *limits);

#endif
