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
int verb_word(const struct invocation *invocation, struct failure *failure);
int verb_case(const struct invocation *invocation, struct failure *failure);
int verb_assign(const struct invocation *invocation, struct failure *failure);
int verb_note(const struct invocation *invocation, struct failure *failure);
int verb_transfer(const struct invocation *invocation, struct failure *failure);
int verb_accept(const struct invocation *invocation, struct failure *failure);
int verb_reject(const struct invocation *invocation, struct failure *failure);
int verb_triage(const struct invocation *invocation, struct failure *failure);
int verb_activate(const struct invocation *invocation, struct failure *failure);
int verb_wait(const struct invocation *invocation, struct failure *failure);
int verb_monitor(const struct invocation *invocation, struct failure *failure);
int verb_handover(const struct invocation *invocation, struct failure *failure);
int verb_close(const struct invocation *invocation, struct failure *failure);
int verb_reopen(const struct invocation *invocation, struct failure *failure);
int verb_refer(const struct invocation *invocation, struct failure *failure);
int verb_answers(const struct invocation *invocation, struct failure *failure);
int verb_export(const struct invocation *invocation, struct failure *failure);
int verb_exposed(const struct invocation *invocation, struct failure *failure);
int verb_rotate(const struct invocation *invocation, struct failure *failure);
int verb_rewrap(const struct invocation *invocation, struct failure *failure);
int verb_stats(const struct invocation *invocation, struct failure *failure);
int verb_duty_set(const struct invocation *invocation, struct failure *failure);
int verb_duty_add(const struct invocation *invocation, struct failure *failure);
int verb_duty_clear(const struct invocation *invocation, struct failure *failure);
int verb_duty_away(const struct invocation *invocation, struct failure *failure);
int verb_duty_back(const struct invocation *invocation, struct failure *failure);
int verb_duty_renew(const struct invocation *invocation, struct failure *failure);
int verb_duty_show(const struct invocation *invocation, struct failure *failure);
int verb_duty_now(const struct invocation *invocation, struct failure *failure);
int verb_wake_set(const struct invocation *invocation, struct failure *failure);
int verb_wake_show(const struct invocation *invocation, struct failure *failure);
int verb_wake_off(const struct invocation *invocation, struct failure *failure);
int verb_wake_test(const struct invocation *invocation, struct failure *failure);
int verb_contact(const struct invocation *invocation, struct failure *failure);
int verb_reply(const struct invocation *invocation, struct failure *failure);

#endif
