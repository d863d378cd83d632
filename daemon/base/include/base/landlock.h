/* Landlock, with the kernel's numbers written out here, because the headers of Debian 12 are older than its
 * kernels. */
#ifndef BASE_LANDLOCK_H
#define BASE_LANDLOCK_H

#include "proto/base.h"

/* The kernel's version of the interface; 0 where it has none. */
int landlock_version(void);

/* From now on this process can open nothing but what lies below folder_fd (-1: nothing at all), and can't
 * bind TCP or (unless it may) connect it, reach abstract sockets or signal processes outside, as far as the
 * kernel's version knows these. Needs no-new-privileges. -1 where the kernel has no Landlock. */
MUST_USE int landlock_restrict(int folder_fd, bool may_connect, struct fault *fault);

#endif
