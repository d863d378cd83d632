/* A role's first phase: what the supervisor hands it, collected up to MESSAGE_START with blocking reads,
 *before lock-in. The steps of every role, in this order:
 *
 *	setup_receive(fd, ROLE_STORE, &setup, &fault)
 *	setup_settle(setup, &fault), and opening what must be opened
 *	sandbox_store(&options, &fault)
 *	channel_new() on fd, message_empty_put(…, MESSAGE_READY), the loop
 *
 * A step that fails is told to the person who started clariond with `return setup_failed(fd, EX_…, &fault)`.
 */
#ifndef CHANNEL_SETUP_H
#define CHANNEL_SETUP_H

#include "channel/channel.h"

#define SUPERVISOR_FD 3 /* where a role finds the supervisor's channel after exec */

struct setup;

struct setup_file {
	const char *name;
	const uint8_t *data; /* in guarded memory where the kind is a key's; wiped by setup_free or
				setup_file_drop */
	size_t len;
};

/* Besides the settings of base/config.h that are this role's, there are:
 *	user		the role's user, only where clariond runs as root
 *	version		of the program
 *	generation	front: counts SIGHUPs
 *	front		front: its number, from 0; fronts: how many there are
 */
MUST_USE int setup_receive(int supervisor_fd, enum role me, struct setup **ret_setup, struct fault *fault);

/* NULL where it wasn't sent (a setting without value). */
const char *setup_setting(const struct setup *setup, const char *name);

/* As a number, or "yes"; -1 where it wasn't sent or is something else. */
MUST_USE int setup_number(const struct setup *setup, const char *name, uint64_t *ret_number);
bool setup_yes(const struct setup *setup, const char *name);

/* The files of a kind in the order in which they were sent (rosters: rising versions); NULL behind the last.
 */
const struct setup_file *setup_file(const struct setup *setup, enum file_kind kind, size_t index);

/* Wipes and forgets a file that has been used. */
void setup_file_drop(struct setup *setup, enum file_kind kind, size_t index);

/* Takes the next descriptor of a kind, which the caller then owns; -1 where none is left. */
int setup_socket(struct setup *setup, enum socket_kind kind);

/* process_settle with what the supervisor said: the store's and checkpoint's folder is `store`. */
MUST_USE int setup_settle(const struct setup *setup, struct fault *fault);

/* Tells the supervisor why (blocking), logs it, and returns exit_code. */
int setup_failed(int supervisor_fd, int exit_code, const struct fault *fault);

/* Wipes and closes what wasn't taken. NULL-safe. */
void setup_free(struct setup *setup);

#endif
