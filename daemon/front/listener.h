/* A listening socket and the limits of who may come in through it. */
#ifndef FRONT_LISTENER_H
#define FRONT_LISTENER_H

#include "connection.h"

struct listener;

/* Owns fd, which listens already. Accepts from the loop on. NULL where that can't be. */
MUST_USE struct listener *listener_new(struct front *front, int fd, struct limits *limits);
void listener_free(struct listener *listener);

/* Connections have ended: goes on accepting where it had stopped for want of room. */
void listener_room(struct listener *listener);

#endif
