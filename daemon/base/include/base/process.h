/* What every role does to itself before its sandbox: its own user, its own root directory, no descriptor too
 * many. Changing user and root needs root; started as anybody else, a role keeps the user and only goes to
 * its folder. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include "proto/base.h"

#include <sys/types.h>

/* A user by name or number. A number needs no entry in passwd; its group is then the same number. */
MUST_USE int process_user(const char *text, uid_t *ret_user, gid_t *ret_group, struct fault *fault);

/* folder: the role's root and working directory, or NULL for an empty one that doesn't exist any more. user:
 * ignored where the process isn't root's. Afterwards the working directory is the role's folder; open
 * "clarion.db", not a path. Verified; the process must not go on where it fails. */
MUST_USE int process_settle(const char *folder, const char *user, struct fault *fault);

/* Closes every descriptor from first on. */
void process_close_from(int first);
/* Those from first to last; where the kernel can't, all from first on. */
void process_close_between(int first, int last);

/* No core, not traceable by siblings, and as many descriptors as the system gives. */
MUST_USE int process_harden(struct fault *fault);
void process_raise_descriptors(void);

/* For what nobody waits for: its share of the processor stays, but it doesn't interrupt others when it wakes
 * up. */
void process_give_way(void);

/* The kernel ends this process when its parent (which must still be parent) ends. */
MUST_USE int process_die_with_parent(pid_t parent);

#endif
