/* Waking the person: a bell, a desktop notification, a command of hers. They carry fixed facts only: number,
 * desk, urgency. */
#ifndef OFFICER_WAKE_H
#define OFFICER_WAKE_H

#include "client/program.h"
#include "proto/alert_list.h"

/* Ended children are nobody's business: called once before the first wake. */
void wake_start(void);

/* One bell and one notification for alerts that came together, however many there are. */
void wake_person(const struct alert *alerts, size_t count);

/* Runs command by /bin/sh with CLARION_SEQ, CLARION_DESK and CLARION_URGENCY; its output goes to standard
 * error. */
MUST_USE int wake_command(const char *command, const struct alert *alert, struct failure *failure);

/* The environment of such a command: the caller's without any CLARION_ name, and the three. A vector to free
 * with wake_environment_free; NULL where memory is short. */
MUST_USE char **wake_environment(char *const *environment, const struct alert *alert);
void wake_environment_free(char **environment);

#endif
