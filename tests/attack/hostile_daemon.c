/* clariond with another notify: once it is ready it does to the supervisor what it may not, as the
 * environment says (HOSTILE_DEED; tests/system/test_hostile_notify.py). meson.build puts it in notify's
 * place. */
#include "channel/messages.h"
#include "channel/setup.h"
#include "notify/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#define ROOM (1024 * 1024)

int hostile_notify_main(int supervisor_fd);

enum deed { RUN_AND_RUN, READY_AGAIN, ANOTHER_ROLE_S, NO_FRAME, A_DESCRIPTOR, SILENCE };

static void say(int fd, const struct buffer *out)
{
	for (size_t at = 0; at < out->len;) {
		const ssize_t sent = send(fd, out->data + at, out->len - at, MSG_NOSIGNAL);

		if (sent <= 0)
			exit(EX_OK); /* the supervisor has had enough */
		at += (size_t)sent;
	}
}

static void pass_descriptor(int fd)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
	uint8_t frame[] = { 0, 0, 0, 1, MESSAGE_RUN };
	struct iovec span = { frame, sizeof frame };
	struct msghdr message = {
		.msg_iov = &span, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
	};
	struct cmsghdr *part = CMSG_FIRSTHDR(&message);

	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(sizeof fd);
	*(int *)(void *)CMSG_DATA(part) = fd;
	(void)sendmsg(fd, &message, MSG_NOSIGNAL);
}

static int put_deed(enum deed deed, struct buffer *out)
{
	static const uint8_t others[] = { MESSAGE_PONG, MESSAGE_KEEP_KEYRING, MESSAGE_TLS, MESSAGE_REQUEST,
		MESSAGE_WOKEN, MESSAGE_DRAIN, MESSAGE_KEPT, MESSAGE_SOCKET };
	uint8_t frame[] = { 0, 0, 0, 1, others[(size_t)getpid() % sizeof others] };
	int rc = 0;

	if (deed == ANOTHER_ROLE_S)
		buffer_put(out, frame, sizeof frame);
	else if (deed == NO_FRAME)
		buffer_put_u32(out, UINT32_MAX);
	else
		rc = message_empty_put(out, deed == READY_AGAIN ? MESSAGE_READY : MESSAGE_RUN);
	return rc;
}

static enum deed deed_wanted(void)
{
	const char *path = getenv("HOSTILE_DEED");
	FILE *file = path == NULL ? NULL : fopen(path, "r");
	const int digit = file == NULL ? EOF : fgetc(file);

	if (file != NULL)
		(void)fclose(file);
	return digit < '0' || digit > '9' ? SILENCE : (enum deed)(digit - '0');
}

int hostile_notify_main(int supervisor_fd)
{
	const enum deed deed = deed_wanted();
	struct buffer out = buffer_of(ROOM);
	struct setup *setup = NULL;
	struct fault fault;

	if (setup_receive(supervisor_fd, ROLE_NOTIFY, &setup, &fault) != 0 ||
		message_empty_put(&out, MESSAGE_READY) != 0)
		return EX_PROTOCOL;
	say(supervisor_fd, &out);
	if (deed == SILENCE)
		pause();
	buffer_clear(&out);
	if (deed == A_DESCRIPTOR)
		pass_descriptor(supervisor_fd);
	else if (put_deed(deed, &out) != 0)
		return EX_OSERR;
	do {
		say(supervisor_fd, &out);
	} while (deed == RUN_AND_RUN);
	pause();
	buffer_free(&out);
	setup_free(setup);
	return EX_OK;
}
