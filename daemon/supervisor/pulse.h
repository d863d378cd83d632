/* Whether the roles still answer: the store and each front are asked every few seconds, and say in their
 * answer what they count. What systemd's watchdog and the metrics socket are told comes from here. */
#ifndef SUPERVISOR_PULSE_H
#define SUPERVISOR_PULSE_H

#include "channel/channel.h"

struct event;
struct family;
struct member;

/* A member's. Milliseconds on the monotonic clock. */
struct pulse {
	int64_t asked;    /* 0: no question is open */
	int64_t answered; /* 0: it never has */
	struct message_pong last;
};

struct pulses {
	struct event *timer;
	uint64_t restarts[ROLES];
	uint64_t ended_fronts[FRONT_FIGURES]; /* what fronts had counted that have ended since */
};

MUST_USE int pulses_start(struct family *family);
void pulses_end(struct family *family);

/* Asks a member that is ready, where no question is open. */
void pulse_ask(struct member *member);
/* The answer of a store or a front. -1 where it is none of its kind. */
MUST_USE int pulse_answered(struct member *member, struct reader *message);
/* Its process has ended. */
void pulse_ended(struct member *member);

/* Whether this one has answered in time. */
bool pulse_is_well(const struct member *member);
/* Everybody who must be there is, and answers. */
bool pulses_are_well(const struct family *family);

#endif
