/* The verbs of clarion-admin, one file each. */
#ifndef ADMIN_VERBS_H
#define ADMIN_VERBS_H

#include "client/program.h"

int verb_init(const struct invocation *invocation, struct failure *failure);
int verb_join(const struct invocation *invocation, struct failure *failure);
int verb_desk_add(const struct invocation *invocation, struct failure *failure);
int verb_desk_change(const struct invocation *invocation, struct failure *failure);
int verb_officer_add(const struct invocation *invocation, struct failure *failure);
int verb_partner_add(const struct invocation *invocation, struct failure *failure);
int verb_partner_remove(const struct invocation *invocation, struct failure *failure);
int verb_officer_remove(const struct invocation *invocation, struct failure *failure);
int verb_admin_add(const struct invocation *invocation, struct failure *failure);
int verb_admin_remove(const struct invocation *invocation, struct failure *failure);
int verb_server_add(const struct invocation *invocation, struct failure *failure);
int verb_server_remove(const struct invocation *invocation, struct failure *failure);
int verb_threshold(const struct invocation *invocation, struct failure *failure);
int verb_roster_show(const struct invocation *invocation, struct failure *failure);
int verb_roster_sign(const struct invocation *invocation, struct failure *failure);
int verb_roster_drop(const struct invocation *invocation, struct failure *failure);
int verb_roster_publish(const struct invocation *invocation, struct failure *failure);
int verb_roster_verify(const struct invocation *invocation, struct failure *failure);
int verb_destroy(const struct invocation *invocation, struct failure *failure);
int verb_rotate_admin(const struct invocation *invocation, struct failure *failure);
int verb_rotate_receipt(const struct invocation *invocation, struct failure *failure);
int verb_rotate_storage(const struct invocation *invocation, struct failure *failure);
int verb_rotate_tls(const struct invocation *invocation, struct failure *failure);
int verb_rotate_token(const struct invocation *invocation, struct failure *failure);
int verb_rotate_status(const struct invocation *invocation, struct failure *failure);
int verb_invite(const struct invocation *invocation, struct failure *failure);
int verb_audit(const struct invocation *invocation, struct failure *failure);
int verb_backup(const struct invocation *invocation, struct failure *failure);
int verb_restore(const struct invocation *invocation, struct failure *failure);
int verb_canary(const struct invocation *invocation, struct failure *failure);
int verb_canary_status(const struct invocation *invocation, struct failure *failure);
int verb_drill(const struct invocation *invocation, struct failure *failure);
int verb_drill_status(const struct invocation *invocation, struct failure *failure);
int verb_status(const struct invocation *invocation, struct failure *failure);

#endif
