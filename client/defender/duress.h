/* A second passphrase that opens a harmless home, whose scheduled cover is the signal: what it sends first
 * was sealed by the everyday home, with `duress` in report.json. In the harmless home nothing says so:
 * sealed, the signals are dummies like those of any home with cover. */
#ifndef DEFENDER_DURESS_H
#define DEFENDER_DURESS_H

#include "session.h"

/* Whether this home has made one. In the harmless home: no. */
bool duress_is_set(struct session *session);

/* Signals that were sealed to an older roster are sealed anew, as long as the home may be written. Nothing is
 * said: the next session tries again. */
void duress_renew(struct session *session);

#endif
