/* --bidi: in which direction a terminal shows lines. We write everything in logical order and leave
 * reordering to the terminal; its modes are touched only where she asks for it. */
#ifndef CLIENT_DIRECTION_H
#define CLIENT_DIRECTION_H

#include "client/program.h"

/* Tells the terminal on standard output, where there is one: `ltr` and `rtl` are the direction of a line,
 * with the terminal reordering each; `off` lets it reorder nothing. 64 for another word. */
MUST_USE int direction_choose(const struct invocation *invocation, struct failure *failure);

/* Back to what terminals do by themselves, where direction_choose changed it. */
void direction_restore(void);

#endif
