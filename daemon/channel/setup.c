#include "channel/setup.h"

#include "base/log.h"
#include "base/process.h"
#include "channel/rules.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SETTINGS_MAX 96   /* all of clariond.conf and a few of our own */
#define FILES_MAX    4096 /* a decoy site, or the rosters of many years */
#define SOCKETS_MAX  512  /* a channel for each front, draining ones included */
#define LENGTH_BYTES sizeof(uint32_t)

struct held_setting {
	char *name;
	char *value;
};

struct held_file {
	enum file_kind kind;
	struct setup_file file;
	char *name;
	uint8_t *data;
	bool guarded; /* sodium_malloc */
};

struct held_socket {
	enum socket_kind kind;
	int fd;
};

struct setup {
	enum role me;
	struct held_setting settings[SETTINGS_MAX];
	size_t setting_count;
	struct held_file *files;
	size_t file_count;
	size_t file_capacity;
	struct held_socket sockets[SOCKETS_MAX];
	size_t socket_count;
};

/* Reads exactly len bytes; a descriptor that comes with them goes to *passed_fd. */
static int read_exactly(int fd, uint8_t *into, size_t len, int *passed_fd)
{
	size_t done = 0;
	while (done < len) {
		char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
		struct iovec span = { .iov_base = into + done, .iov_len = len - done };
		struct msghdr message = { .msg_iov = &span,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof control };
		const ssize_t got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		done += (size_t)got;
		const struct cmsghdr *part = CMSG_FIRSTHDR(&message);
		if (part != NULL && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
			if (*passed_fd >= 0 || part->cmsg_len != CMSG_LEN(sizeof(int)))
				return -1;
			memcpy(passed_fd, CMSG_DATA(part), sizeof(int));
		}
	}
	return 0;
}

static int keep_setting(struct setup *setup, struct reader *in)
{
	struct message_setting message;
	if (message_setting_get(in, &message) != 0 || setup->setting_count == SETTINGS_MAX)
		return -1;
	struct held_setting *held = &setup->settings[setup->setting_count];
	held->name = strdup(message.name);
	held->value = strdup(message.value);
	setup->setting_count++; /* also half-made: setup_free frees it */
	return held->name != NULL && held->value != NULL ? 0 : -1;
}

static void file_wipe(struct held_file *held)
{
	if (held->guarded)
		sodium_free(held->data);
	else
		free(held->data);
	held->data = NULL;
	held->file.data = NULL;
	held->file.len = 0;
}

static struct held_file *file_slot(struct setup *setup)
{
	if (setup->file_count == setup->file_capacity) {
		const size_t capacity = setup->file_capacity == 0 ? 16 : setup->file_capacity * 2;
		struct held_file *larger = NULL;
		if (capacity <= FILES_MAX)
			larger = reallocarray(setup->files, capacity, sizeof *larger);
		if (larger == NULL)
			return NULL;
		setup->files = larger;
		setup->file_capacity = capacity;
	}
	struct held_file *held = &setup->files[setup->file_count++];
	*held = (struct held_file){ .kind = 0 };
	return held;
}

static int keep_file(struct setup *setup, struct reader *in)
{
	struct message_file message;
	struct held_file *held;
	if (message_file_get(in, &message) != 0 || (held = file_slot(setup)) == NULL)
		return -1;
	const size_t size = message.len > 0 ? message.len : 1;
	held->kind = message.kind;
	held->guarded = message.kind == FILE_TLS_KEY || message.kind == FILE_KEYRING ||
			message.kind == FILE_WAKE_CREDENTIALS;
	held->name = strdup(message.name);
	held->data = held->guarded ? sodium_malloc(size) : malloc(size);
	if (held->name == NULL || held->data == NULL)
		return -1;
	memcpy(held->data, message.data, message.len);
	held->file = (struct setup_file){ .name = held->name, .data = held->data, .len = message.len };
	return 0;
}

/* Which sockets a role has a use for. */
static bool socket_fits(enum role me, enum socket_kind kind)
{
	switch (kind) {
	case SOCKET_LISTEN:
	case SOCKET_LISTEN_SHARED:
		return me == ROLE_FRONT;
	case SOCKET_STORE:
		return me == ROLE_FRONT || me == ROLE_NOTIFY;
	case SOCKET_FRONT:
	case SOCKET_NOTIFY:
	case SOCKET_CONTROL:
		return me == ROLE_STORE;
	}
	return false;
}

static int keep_socket(struct setup *setup, struct reader *in, int *passed_fd)
{
	struct message_socket message;
	if (message_socket_get(in, &message) != 0 || !socket_fits(setup->me, message.kind) ||
		setup->socket_count == SOCKETS_MAX)
		return -1;
	setup->sockets[setup->socket_count++] =
		(struct held_socket){ .kind = message.kind, .fd = *passed_fd };
	*passed_fd = -1;
	return 0;
}

/* 1 with the last message, -1 where it isn't allowed or malformed. */
static int take_message(struct setup *setup, uint8_t *frame, size_t len, int *passed_fd)
{
	const enum message_type type = frame[0];
	const struct channel_rule *rule = channel_rule(setup->me, ROLE_SUPERVISOR, type);
	struct reader in = reader_of(frame + 1, len - 1);
	if (rule == NULL || rule->with_fd != (*passed_fd >= 0))
		return -1;
	switch (type) {
	case MESSAGE_SETTING:
		return keep_setting(setup, &in);
	case MESSAGE_FILE:
		return keep_file(setup, &in);
	case MESSAGE_SOCKET:
		return keep_socket(setup, &in, passed_fd);
	case MESSAGE_START:
		return message_empty_get(&in) == 0 ? 1 : -1;
	default:
		return -1;
	}
}

static int receive_one(struct setup *setup, int fd, uint8_t *frame)
{
	uint8_t length[LENGTH_BYTES];
	uint32_t len;
	int passed_fd = -1;
	int rc = -1;
	if (read_exactly(fd, length, sizeof length, &passed_fd) == 0) {
		struct reader in = reader_of(length, sizeof length);
		if (reader_u32(&in, &len) == 0 && len >= 1 && len <= CHANNEL_FRAME_MAX &&
			read_exactly(fd, frame, len, &passed_fd) == 0)
			rc = take_message(setup, frame, len, &passed_fd);
	}
	if (passed_fd >= 0)
		close(passed_fd);
	return rc;
}

int setup_receive(int supervisor_fd, enum role me, struct setup **ret_setup, struct fault *fault)
{
	struct setup *setup = calloc(1, sizeof *setup);
	uint8_t *frame = sodium_malloc(CHANNEL_FRAME_MAX); /* keys pass through it */
	int received = -1;
	if (setup != NULL && frame != NULL) {
		setup->me = me;
		do
			received = receive_one(setup, supervisor_fd, frame);
		while (received == 0);
	}
	sodium_free(frame);
	if (received != 1) {
		setup_free(setup);
		return fault_set(fault, "the supervisor's set-up is not complete");
	}
	*ret_setup = setup;
	return 0;
}

const char *setup_setting(const struct setup *setup, const char *name)
{
	for (size_t i = 0; i < setup->setting_count; i++)
		if (strcmp(setup->settings[i].name, name) == 0)
			return setup->settings[i].value;
	return NULL;
}

int setup_number(const struct setup *setup, const char *name, uint64_t *ret_number)
{
	const char *text = setup_setting(setup, name);
	uint64_t number;
	if (text == NULL)
		return -1;
	struct reader in = reader_of(text, strlen(text));
	if (reader_decimal(&in, &number) != 0 || reader_end(&in) != 0)
		return -1;
	*ret_number = number;
	return 0;
}

bool setup_yes(const struct setup *setup, const char *name)
{
	const char *text = setup_setting(setup, name);
	return text != NULL && strcmp(text, "yes") == 0;
}

static struct held_file *file_at(const struct setup *setup, enum file_kind kind, size_t index)
{
	for (size_t i = 0; i < setup->file_count; i++)
		if (setup->files[i].kind == kind && index-- == 0)
			return &setup->files[i];
	return NULL;
}

const struct setup_file *setup_file(const struct setup *setup, enum file_kind kind, size_t index)
{
	const struct held_file *held = file_at(setup, kind, index);
	return held != NULL ? &held->file : NULL;
}

void setup_file_drop(struct setup *setup, enum file_kind kind, size_t index)
{
	struct held_file *held = file_at(setup, kind, index);
	if (held != NULL)
		file_wipe(held);
}

int setup_socket(struct setup *setup, enum socket_kind kind)
{
	for (size_t i = 0; i < setup->socket_count; i++)
		if (setup->sockets[i].kind == kind && setup->sockets[i].fd >= 0) {
			const int fd = setup->sockets[i].fd;
			setup->sockets[i].fd = -1;
			return fd;
		}
	return -1;
}

int setup_settle(const struct setup *setup, struct fault *fault)
{
	const bool in_store = setup->me == ROLE_STORE || setup->me == ROLE_CHECKPOINT;
	const char *folder = in_store ? setup_setting(setup, "store") : NULL;
	if (in_store && folder == NULL)
		return fault_set(fault, "no folder for the database");
	if (setup->me == ROLE_CHECKPOINT || setup->me == ROLE_NOTIFY)
		process_give_way();
	return process_settle(folder, setup_setting(setup, "user"), fault);
}

int setup_failed(int supervisor_fd, int exit_code, const struct fault *fault)
{
	const struct message_failed message = { .text = fault->text, .exit_code = (uint8_t)exit_code };
	struct buffer out = buffer_of(CHANNEL_TEXT_MAX * 2);
	log_fault(LOG_ERROR, "role_failed", fault);
	if (message_failed_put(&out, &message) == 0 &&
		send(supervisor_fd, out.data, out.len, MSG_NOSIGNAL) < 0)
		log_plain(LOG_WARNING, "supervisor_is_gone");
	buffer_free(&out);
	return exit_code;
}

void setup_free(struct setup *setup)
{
	if (setup == NULL)
		return;
	for (size_t i = 0; i < setup->setting_count; i++) {
		if (setup->settings[i].value != NULL)
			sodium_memzero(setup->settings[i].value, strlen(setup->settings[i].value));
		free(setup->settings[i].name);
		free(setup->settings[i].value);
	}
	for (size_t i = 0; i < setup->file_count; i++) {
		file_wipe(&setup->files[i]);
		free(setup->files[i].name);
	}
	for (size_t i = 0; i < setup->socket_count; i++)
		if (setup->sockets[i].fd >= 0)
			close(setup->sockets[i].fd);
	free(setup->files);
	free(setup);
}
