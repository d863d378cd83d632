/* The verbs of `clarion`, a file each. */
#ifndef DEFENDER_VERBS_H
#define DEFENDER_VERBS_H

#include "client/program.h"

int run_join(const struct invocation *invocation, struct failure *failure);
int run_report(const struct invocation *invocation, struct failure *failure);
int run_carry(const struct invocation *invocation, struct failure *failure);
int run_send(const struct invocation *invocation, struct failure *failure);
int run_follow_up(const struct invocation *invocation, struct failure *failure);
int run_inbox(const struct invocation *invocation, struct failure *failure);
int run_alarm(const struct invocation *invocation, struct failure *failure);
int run_alarm_set(const struct invocation *invocation, struct failure *failure);
int run_alarm_cancel(const struct invocation *invocation, struct failure *failure);
int run_checkin_start(const struct invocation *invocation, struct failure *failure);
int run_checkin_ok(const struct invocation *invocation, struct failure *failure);
int run_checkin_cancel(const struct invocation *invocation, struct failure *failure);
int run_checkin_status(const struct invocation *invocation, struct failure *failure);
int run_cover_set(const struct invocation *invocation, struct failure *failure);
int run_cover_send(const struct invocation *invocation, struct failure *failure);
int run_cover_off(const struct invocation *invocation, struct failure *failure);
int run_cover_status(const struct invocation *invocation, struct failure *failure);
int run_duress_set(const struct invocation *invocation, struct failure *failure);
int run_duress_off(const struct invocation *invocation, struct failure *failure);
int run_proof(const struct invocation *invocation, struct failure *failure);
int run_wipe(const struct invocation *invocation, struct failure *failure);

#endif
