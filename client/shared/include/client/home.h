/* A program's folder: --home, else $XDG_DATA_HOME/NAME, else $HOME/.local/share/NAME. Made with mode 0700,
 * locked while it is open: another program that shares it waits up to 30 s, then fails with 75. */
#ifndef CLIENT_HOME_H
#define CLIENT_HOME_H

#include "client/program.h"

#define HOME_LOCK_SECONDS 30

struct home;

enum home_wish {
	HOME_EXISTING, /* 66 where it isn't there */
	HOME_CREATE,   /* made where it isn't there */
};

MUST_USE int home_open(const struct invocation *invocation, enum home_wish wish, struct home **ret_home,
	struct failure *failure);
/* A folder that is gone with everything in it at home_close: in memory (/dev/shm) where the system has that.
 * What lies in it after a crash must be unreadable without what the program had in memory. */
MUST_USE int home_open_temporary(struct home **ret_home, struct failure *failure);
void home_close(struct home *home);

const char *home_path(const struct home *home);

/* The folder, open, for openat and its kin. Owned by home. */
int home_descriptor(const struct home *home);

/* For a program that runs on and on (`watch`): lets others in, and locks again. */
void home_unlock(struct home *home);
MUST_USE int home_lock(struct home *home, struct failure *failure);

#endif
