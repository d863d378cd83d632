/* The lists of system calls, one a role; the only file that knows libseccomp is seccomp.c. */
#ifndef BASE_SECCOMP_H
#define BASE_SECCOMP_H

#include "proto/base.h"

enum seccomp_list { SECCOMP_FRONT, SECCOMP_STORE, SECCOMP_CHECKPOINT, SECCOMP_NOTIFY };

/* Loads the list; from now on every other call kills the process, or is logged in a sanitized build. Needs
 * no-new-privileges. */
MUST_USE int seccomp_lock(enum seccomp_list list, struct fault *fault);

#endif
