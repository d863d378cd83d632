#include "channel/channel.h"

#include "channel/rules.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define INPUT_START     (128 * 1024)       /* two full body messages: what a busy peer has ready */
#define READS_AT_A_TIME 8                  /* then the loop's other events have their turn */
#define OUT_MAX         (64 * 1024 * 1024) /* a peer that lets this much pile up is dead */
#define OUT_KEPT        (256 * 1024)       /* a larger buffer is given back once it is empty */
#define FDS_WAITING_MAX 4 /* descriptors that arrived before their frame did; one comes with each read */
#define TYPE_VALUES     256

/* A descriptor that travels with the byte at this place of the stream. */
struct outgoing_fd {
	struct outgoing_fd *next;
	uint64_t at;
	int fd;
};

struct input {
	uint8_t *data;
	size_t start;
	size_t end;
	size_t capacity;
	int fds[FDS_WAITING_MAX];
	size_t fd_count;
};

struct channel {
	struct channel_options options;
	struct event *readable;
	struct event *writable;
	struct event *flush;
	struct input in;
	struct buffer out;
	size_t out_sent;    /* bytes of out that are gone already */
	uint64_t out_begin; /* place of out's first byte in the stream */
	struct outgoing_fd *fds;
	struct outgoing_fd **fds_end;
	bool seen[TYPE_VALUES];
	bool paused;
	const char *broken; /* why the channel must end; told from the loop only */
	bool ended;
	bool *freed; /* set for the frame of a handler that frees the channel */
};

static size_t frame_max(const struct channel *channel)
{
	return channel->options.peer == ROLE_SUPERVISOR ? CHANNEL_FRAME_MAX : CHANNEL_PEER_FRAME_MAX;
}

/* Input */

static void input_free(struct input *in)
{
	if (in->data != NULL)
		sodium_memzero(in->data, in->capacity);
	free(in->data);
	for (size_t i = 0; i < in->fd_count; i++)
		close(in->fds[i]);
	*in = (struct input){ .data = NULL };
}

/* Room for at least one byte more, and for the whole of a frame that has begun. */
static int input_reserve(struct input *in, size_t max)
{
	const size_t held = in->end - in->start;
	if (in->start > 0) {
		memmove(in->data, in->data + in->start, held);
		in->start = 0;
		in->end = held;
	}
	if (in->data != NULL && held < in->capacity)
		return 0;
	size_t capacity = in->data == NULL ? INPUT_START : in->capacity * 2;
	if (capacity > max + sizeof(uint32_t))
		capacity = max + sizeof(uint32_t);
	uint8_t *larger = malloc(capacity);
	if (larger == NULL || capacity <= held) {
		free(larger);
		return -1;
	}
	if (in->data != NULL) {
		memcpy(larger, in->data, held);
		sodium_memzero(in->data, in->capacity);
	}
	free(in->data);
	in->data = larger;
	in->capacity = capacity;
	return 0;
}

/* Keeps the descriptors of a message; -1 where there are more than any honest peer sends. */
static int input_keep_fds(struct input *in, struct msghdr *message)
{
	int rc = message->msg_flags & MSG_CTRUNC ? -1 : 0;
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
			if (in->fd_count < FDS_WAITING_MAX) {
				in->fds[in->fd_count++] = fd;
			} else {
				close(fd);
				rc = -1;
			}
		}
	}
	return rc;
}

static int input_take_fd(struct input *in)
{
	if (in->fd_count == 0)
		return -1;
	const int fd = in->fds[0];
	in->fd_count--;
	memmove(in->fds, in->fds + 1, in->fd_count * sizeof in->fds[0]);
	return fd;
}

/* Reads once. 1 where something came, 0 where nothing is there, -1 where the channel is broken. */
static int input_read(struct channel *channel)
{
	struct input *in = &channel->in;
	char control[CMSG_SPACE(FDS_WAITING_MAX * sizeof(int))];
	if (input_reserve(in, frame_max(channel)) != 0) {
		channel->broken = "no memory";
		return -1;
	}
	struct iovec span = { .iov_base = in->data + in->end, .iov_len = in->capacity - in->end };
	struct msghdr message = {
		.msg_iov = &span, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
	};
	const ssize_t got = recvmsg(channel->options.fd, &message, MSG_CMSG_CLOEXEC);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got <= 0) {
		channel->broken = "peer is gone";
		return -1;
	}
	in->end += (size_t)got;
	if (input_keep_fds(in, &message) != 0) {
		channel->broken = "too many descriptors";
		return -1;
	}
	return 1;
}

enum dispatched { DISPATCHED, DISPATCH_BROKEN, DISPATCH_FREED };

/* Checks a frame against the rules and hands it on. */
static enum dispatched dispatch(struct channel *channel, enum message_type type, struct reader *message)
{
	const struct channel_rule *rule = channel_rule(channel->options.me, channel->options.peer, type);
	int fd = -1;
	if (rule == NULL || (rule->often == RULE_ONCE && channel->seen[type])) {
		channel->broken = "message not allowed";
		return DISPATCH_BROKEN;
	}
	channel->seen[type] = true;
	if (rule->with_fd && (fd = input_take_fd(&channel->in)) < 0) {
		channel->broken = "descriptor missing";
		return DISPATCH_BROKEN;
	}
	bool freed = false;
	/* cppcheck-suppress autoVariables ; it is taken back below, unless the channel is gone by then */
	channel->freed = &freed;
	const struct reader frame = *message;
	const int rc = channel->options.on_message(channel->options.context, type, message, fd);
	if (freed)
		return DISPATCH_FREED;
	if (type == MESSAGE_KEEP_KEYRING)
		sodium_memzero(channel->in.data + (frame.at - channel->in.data), frame.left);
	channel->freed = NULL;
	if (rc == 0)
		return DISPATCHED;
	channel->broken = "message refused";
	return DISPATCH_BROKEN;
}

/* Every whole frame that is there. */
static enum dispatched dispatch_all(struct channel *channel)
{
	struct input *in = &channel->in;
	while (!channel->paused && channel->broken == NULL && in->end > in->start) {
		struct reader bytes = reader_of(in->data + in->start, in->end - in->start);
		struct reader message;
		enum message_type type;
		const int whole = frame_next(&bytes, frame_max(channel), &type, &message);
		if (whole < 0)
			channel->broken = "no frame";
		if (whole <= 0)
			break;
		in->start = in->end - bytes.left;
		const enum dispatched result = dispatch(channel, type, &message);
		if (result != DISPATCHED)
			return result;
	}
	if (in->start == in->end && in->fd_count > 0 && !channel->paused && channel->broken == NULL)
		channel->broken = "descriptor without its message";
	return channel->broken == NULL ? DISPATCHED : DISPATCH_BROKEN;
}

/* Output */

static void fds_free(struct channel *channel)
{
	while (channel->fds != NULL) {
		struct outgoing_fd *first = channel->fds;
		channel->fds = first->next;
		close(first->fd);
		free(first);
	}
	channel->fds_end = &channel->fds;
}

/* One sendmsg: up to the next byte that a descriptor travels with, or from it. -1 with errno. */
static ssize_t send_some(struct channel *channel)
{
	const uint64_t place = channel->out_begin + channel->out_sent;
	struct iovec span = { .iov_base = channel->out.data + channel->out_sent,
		.iov_len = channel->out.len - channel->out_sent };
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
	struct msghdr message = { .msg_iov = &span, .msg_iovlen = 1 };
	struct outgoing_fd *first = channel->fds;
	const bool with_fd = first != NULL && first->at == place;
	if (with_fd) {
		message.msg_control = control;
		message.msg_controllen = sizeof control;
		struct cmsghdr *part = CMSG_FIRSTHDR(&message);
		part->cmsg_level = SOL_SOCKET;
		part->cmsg_type = SCM_RIGHTS;
		part->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(part), &first->fd, sizeof(int));
		first = first->next;
	}
	if (first != NULL && first->at - place < span.iov_len)
		span.iov_len = (size_t)(first->at - place);
	const ssize_t sent = sendmsg(channel->options.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent > 0 && with_fd) {
		struct outgoing_fd *done = channel->fds;
		channel->fds = done->next;
		if (channel->fds == NULL)
			channel->fds_end = &channel->fds;
		close(done->fd);
		free(done);
	}
	return sent;
}

static void out_forget_sent(struct channel *channel)
{
	if (channel->out_sent == 0 || (channel->out_sent < channel->out.len && channel->out_sent < OUT_KEPT))
		return;
	channel->out_begin += channel->out_sent;
	buffer_drop(&channel->out, channel->out_sent);
	if (channel->out.len == 0 && channel->out.capacity > OUT_KEPT)
		buffer_free(&channel->out);
	channel->out_sent = 0;
}

/* The reason is told from the loop, never inside a call of the owner's. */
static void break_later(struct channel *channel, const char *reason)
{
	if (channel->broken == NULL)
		channel->broken = reason;
	event_active(channel->flush, EV_TIMEOUT, 0);
}

void channel_flush(struct channel *channel)
{
	if (channel->ended || channel->broken != NULL)
		return;
	if (buffer_ok(&channel->out) != 0) {
		break_later(channel, "too much waits for the peer");
		return;
	}
	while (channel->out_sent < channel->out.len) {
		const ssize_t sent = send_some(channel);
		if (sent > 0) {
			channel->out_sent += (size_t)sent;
		} else if (errno == EAGAIN) {
			if (event_add(channel->writable, NULL) != 0)
				break_later(channel, "no memory");
			break;
		} else if (errno != EINTR) {
			break_later(channel, "peer is gone");
			break;
		}
	}
	out_forget_sent(channel);
}

struct buffer *channel_out(struct channel *channel)
{
	if (!channel->ended)
		event_active(channel->flush, EV_TIMEOUT, 0);
	return &channel->out;
}

size_t channel_backlog(const struct channel *channel)
{
	return channel->out.len - channel->out_sent;
}

int channel_send_fd(struct channel *channel, const struct message_socket *message, int fd)
{
	struct outgoing_fd *outgoing = malloc(sizeof *outgoing);
	if (outgoing == NULL)
		return -1;
	const uint64_t at = channel->out_begin + channel->out.len;
	*outgoing = (struct outgoing_fd){ .at = at, .fd = fcntl(fd, F_DUPFD_CLOEXEC, 0) };
	if (outgoing->fd < 0 || channel->ended || message_socket_put(&channel->out, message) != 0) {
		if (outgoing->fd >= 0)
			close(outgoing->fd);
		free(outgoing);
		return -1;
	}
	*channel->fds_end = outgoing;
	channel->fds_end = &outgoing->next;
	channel_flush(channel);
	return 0;
}

/* The loop's side */

/* The owner may free the channel in on_ended, so nothing is touched behind it. */
static void end(struct channel *channel)
{
	if (channel->ended)
		return;
	channel->ended = true;
	event_del(channel->readable);
	event_del(channel->writable);
	event_del(channel->flush);
	channel->options.on_ended(channel->options.context, channel->broken);
}

/* Reads and hands on; what waited while the channel was paused comes first. */
static enum dispatched pump(struct channel *channel)
{
	enum dispatched result = dispatch_all(channel);
	for (unsigned int i = 0; i < READS_AT_A_TIME && result == DISPATCHED && !channel->paused; i++) {
		const int got = input_read(channel);
		if (got <= 0)
			return got == 0 ? DISPATCHED : DISPATCH_BROKEN;
		result = dispatch_all(channel);
	}
	return result;
}

void channel_read(struct channel *channel)
{
	if (!channel->ended && pump(channel) == DISPATCH_BROKEN)
		end(channel);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	channel_read(context);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	channel_flush(context);
}

/* A peer that no longer reads may have said why before it went: its last frames are handed on first. */
static void on_flush(evutil_socket_t fd, short what, void *context)
{
	struct channel *channel = context;
	(void)fd;
	(void)what;
	channel_flush(channel);
	if (channel->broken == NULL)
		return;
	const char *reason = channel->broken;
	channel->broken = NULL;
	if (pump(channel) == DISPATCH_FREED)
		return;
	if (channel->broken == NULL)
		channel->broken = reason;
	end(channel);
}

void channel_pause(struct channel *channel, bool paused)
{
	if (channel->paused == paused || channel->ended)
		return;
	channel->paused = paused;
	if (paused)
		event_del(channel->readable);
	else if (event_add(channel->readable, NULL) == 0)
		event_active(channel->readable, EV_READ, 0);
	else
		break_later(channel, "no memory");
}

static struct event *event_of(struct channel *channel, short what, event_callback_fn on_event)
{
	const evutil_socket_t fd = what != 0 ? channel->options.fd : -1;
	struct event *event = event_new(channel->options.base, fd, what, on_event, channel);
	if (event != NULL && event_priority_set(event, channel->options.priority) != 0) {
		event_free(event);
		return NULL;
	}
	return event;
}

struct channel *channel_new(const struct channel_options *options)
{
	struct channel *channel = calloc(1, sizeof *channel);
	const int flags = fcntl(options->fd, F_GETFL);
	if (channel == NULL)
		goto refused;
	channel->options = *options;
	channel->out = buffer_of(OUT_MAX);
	channel->fds_end = &channel->fds;
	if (flags < 0 || fcntl(options->fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
		fcntl(options->fd, F_SETFD, FD_CLOEXEC) != 0)
		goto refused;
	channel->readable = event_of(channel, EV_READ | EV_PERSIST, on_readable);
	channel->writable = event_of(channel, EV_WRITE, on_writable);
	channel->flush = event_of(channel, 0, on_flush);
	if (channel->readable == NULL || channel->writable == NULL || channel->flush == NULL ||
		event_add(channel->readable, NULL) != 0)
		goto refused;
	return channel;
refused:
	if (channel == NULL)
		close(options->fd);
	channel_free(channel);
	return NULL;
}

void channel_free(struct channel *channel)
{
	if (channel == NULL)
		return;
	if (channel->freed != NULL)
		*channel->freed = true;
	if (channel->readable != NULL)
		event_free(channel->readable);
	if (channel->writable != NULL)
		event_free(channel->writable);
	if (channel->flush != NULL)
		event_free(channel->flush);
	fds_free(channel);
	input_free(&channel->in);
	buffer_free(&channel->out);
	close(channel->options.fd);
	free(channel);
}
