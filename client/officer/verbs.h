/* The verbs of clarion-officer, one file each. */
#ifndef OFFICER_VERBS_H
#define OFFICER_VERBS_H

#include "client/program.h"

int verb_init(const struct invocation *invocation, struct failure *failure);
int verb_join(const struct invocation *invocation, struct failure *failure);
int verb_pull(const struct invocation *invocation, struct failure *failure);
int verb_watch(const struct invocation *invocation, struct failure *failure);
int verb_open(const struct invocation *invocation, struct failure *failure);
int verb_fetch(const struct invocation *invocation, struct failure *failure);
int verb_ack(const struct invocation *invocation, struct failure *failure);
int verb_reply(const struct invocation *invocation, struct failure *failure);

#endif
