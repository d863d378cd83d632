/* The functions of the acts, each in its own file (control.h says what one must do). */
#ifndef STORE_CONTROL_ACTS_H
#define STORE_CONTROL_ACTS_H

#include "control.h"

void act_backup(struct control_call *call);
void act_destroy(struct control_call *call);
void act_rotate_receipt(struct control_call *call);
void act_rotate_storage(struct control_call *call);
void act_rotate_tls(struct control_call *call);
void act_rotate_token(struct control_call *call);
void act_rotate_status(struct control_call *call);

#endif
