/* What the tool of the officer on duty does with dummies and canaries: the events of an ordinary case, at
 * times drawn from the desk's own history, so that the server can't tell them by what becomes of them. */
#ifndef OFFICER_DUTY_H
#define OFFICER_DUTY_H

#include "kinds.h"

/* Which events, and when: as with another report of the desk that she knows, else by the desk's targets.
 * alert is what the list says of it. */
void duty_plan(struct officer *officer, struct kinds *kinds, const struct alert *alert, struct known *known);

/* Makes the events whose time has come. What fails is tried again; what a colleague does meanwhile counts.
 * Loads and saves by itself; the home must be locked. */
MUST_USE int duty_work(struct officer *officer, struct failure *failure);

#endif
