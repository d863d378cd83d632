/* One process of the family: a fresh exec of ourselves in a role, with the channel to it as its descriptor 3.
 */
#ifndef SUPERVISOR_CHILD_H
#define SUPERVISOR_CHILD_H

#include "channel/channel.h"

#include <sys/types.h>

struct child;

struct child_events {
	void (*on_ready)(void *context, struct child *child);
	/* Its last sentence; it ends by itself. */
	void (*on_failed)(void *context, struct child *child, const struct message_failed *failed);
	/* Anything else that the rules let this role say. -1 ends the channel. */
	int (*on_message)(void *context, struct child *child, enum message_type type, struct reader *message);
	void *context;
};

struct child_options {
	struct event_base *base;
	enum role role;
	const struct child_events *events;
	void *owner; /* child_owner gives it back */
};

/* Starts the process. What it is told goes into child_channel; it works from MESSAGE_START on. NULL where the
 * process can't be made. */
MUST_USE struct child *child_start(const struct child_options *options);

/* Closes the channel, which also ends the process where it still runs; its end is then nobody's news.
 * NULL-safe. */
void child_free(struct child *child);

/* NULL once the channel has ended: the process is being ended. */
struct channel *child_channel(const struct child *child);
pid_t child_pid(const struct child *child);
enum role child_role(const struct child *child);
void *child_owner(const struct child *child);
bool child_is_ready(const struct child *child);

/* waitpid has taken the process: what it still said is heard now, and nothing is sent to its number any more.
 */
void child_reaped(struct child *child);

/* Asks it to finish what is in flight and to end. is_bounded: the caller ends it after a time, so that it may
 * close its files in peace once its channel has ended. -1 where it can't be asked. */
MUST_USE int child_drain(struct child *child, bool is_bounded);

/* SIGKILL. */
void child_kill(const struct child *child);

/* A socket pair, one end to each. -1 where one of them is ending; that is no fault of the other. */
MUST_USE int child_wire(
	struct child *one, enum socket_kind end_of_one, struct child *other, enum socket_kind end_of_other);

#endif
