/* A report that goes out at a moment of its own within a window, so that who watches the line can't put it
 * together with who sat at the device. */
#ifndef DEFENDER_DELAY_H
#define DEFENDER_DELAY_H

#include "client/program.h"

#define DELAY_MAX_S (7 * 86400)

/* --delay as seconds: `90m`, `6h`, `2d`; *ret_seconds 0 where it wasn't given. 64 for what isn't one, and
 * where nothing could send it later. */
MUST_USE int delay_of(const struct arguments *arguments, int64_t *ret_seconds, struct failure *failure);

/* A moment by chance, at least one second from now and within the window. */
int64_t delay_moment(int64_t now, int64_t window);

/* Whether its moment has come. A clock that was set back far doesn't hold it for ever. */
bool delay_is_over(int64_t not_before, int64_t now);

#endif
