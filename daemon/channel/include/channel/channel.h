/* One end of a socket pair to another process of clariond, on a libevent loop: frames in and out, descriptors
 * too.
 *
 * The receiver believes nothing: a frame that is too long, of a type that rules.h doesn't allow from this
 * peer to this role, sent more often than allowed, or refused by its handler ends the channel. */
#ifndef CHANNEL_CHANNEL_H
#define CHANNEL_CHANNEL_H

#include "channel/messages.h"

struct event_base;
struct channel;

enum role { ROLE_SUPERVISOR, ROLE_FRONT, ROLE_STORE, ROLE_NOTIFY, ROLE_CHECKPOINT };
#define ROLES 5
const char *role_name(enum role role);
MUST_USE int role_of(const char *name, enum role *ret_role);

/* Called for each frame that the rules allow. passed_fd is -1, or a descriptor that the callee now owns.
 * Returns 0, or -1 to end the channel. */
typedef int channel_handler(void *context, enum message_type type, struct reader *message, int passed_fd);

/* Called exactly once, when the peer is gone or broke the rules (reason says which); not after channel_free.
 */
typedef void channel_ended(void *context, const char *reason);

struct channel_options {
	struct event_base *base;
	int fd; /* owned by the channel from now on; close-on-exec and non-blocking are set */
	enum role me;
	enum role peer;
	channel_handler *on_message;
	channel_ended *on_ended;
	void *context;
	int priority; /* of the loop's events */
};

MUST_USE struct channel *channel_new(const struct channel_options *options);
void channel_free(struct channel *channel);

/* The buffer to put frames into; channel_flush sends what is there at once as far as the socket takes it, the
 * rest when it can. Without a flush it goes out before the loop next sleeps. */
struct buffer *channel_out(struct channel *channel);
void channel_flush(struct channel *channel);

/* Sends what was put so far, then this frame together with a descriptor, which is duplicated for the peer
 * (the caller keeps its own). */
MUST_USE int channel_send_fd(struct channel *channel, const struct message_socket *message, int fd);

/* Bytes waiting to be sent: a producer of bodies stops above CHANNEL_HIGH_WATER. */
#define CHANNEL_HIGH_WATER (4 * 1024 * 1024)
size_t channel_backlog(const struct channel *channel);

/* Hands on what has arrived, without waiting for the loop: for a peer that is known to have ended. Not from a
 * handler. */
void channel_read(struct channel *channel);

/* Stops and resumes reading frames from the peer (back-pressure). */
void channel_pause(struct channel *channel, bool paused);

#endif
