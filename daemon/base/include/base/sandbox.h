/* The lock-in, one call a role, to be made after everything that opens files or sockets is done (OpenSSL's
 * configuration and the database included) and before the first byte of a stranger or sibling is read.
 *
 * Each returns 0 only when the kernel has confirmed it: no new privileges, not dumpable, no core, Landlock
 * (no file at all, or for the store its own folder; no TCP bind or connect; signals and abstract sockets only
 * inside), and a list of the system calls that the role may make. Any other call kills the process (in a
 * sanitized build: is logged). On -1 the role must end. */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include "proto/base.h"

struct sandbox_options {
	bool allow_no_landlock; /* the kernel may lack Landlock; this is logged at each start */
};

/* Descriptors that are open: accept, read, write, receive further ones. No file, no new socket. */
MUST_USE int sandbox_front(const struct sandbox_options *options, struct fault *fault);

/* As front, and files below the working directory (process_settle). No new socket; only the store accepts
 * connections. */
MUST_USE int sandbox_store(const struct sandbox_options *options, struct fault *fault);
MUST_USE int sandbox_checkpoint(const struct sandbox_options *options, struct fault *fault);

/* Connections out over TCP and UDP, and nothing that listens. It may look for files, and finds that it isn't
 * allowed to. */
MUST_USE int sandbox_notify(const struct sandbox_options *options, struct fault *fault);

/* The supervisor starts roles and reads key files, so that only new privileges, cores and tracing are taken
 * away. */
MUST_USE int sandbox_supervisor(struct fault *fault);

#endif
