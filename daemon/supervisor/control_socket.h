/* The control socket: made by the supervisor, so that the store needs no right to make one and a client can
 * wait while the store is restarted. */
#ifndef SUPERVISOR_CONTROL_SOCKET_H
#define SUPERVISOR_CONTROL_SOCKET_H

#include "proto/base.h"

/* Whether it could be made there. Changes nothing. */
MUST_USE int control_socket_check(const char *path, struct fault *fault);

/* A listening socket of mode 0600. One that an earlier process left is replaced; -1 where somebody listens on
 * it, or something else lies there. */
MUST_USE int control_socket_open(const char *path, int *ret_fd, struct fault *fault);

/* Closes it, and removes its name. fd -1: nothing. */
void control_socket_close(const char *path, int fd);

#endif
