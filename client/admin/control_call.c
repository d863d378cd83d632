#include "control_call.h"

#include "keys/clock.h"
#include "proto/json.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_FOLDER "daemon"
#define SOCKET_NAME   "control.sock"
#define SILENCE_MS    (120 * 1000) /* an act says how far it is more often than that */
#define TAKE_BYTES    (64 * 1024)
#define ARRIVED_MAX   (CONTROL_BODY_MAX + CONTROL_JSON_MAX + TAKE_BYTES)

/* An answer on its way in. */
struct line {
	int fd;
	struct buffer arrived;
};

int control_begin(const struct admin *admin, const char *act, struct control_request *ret_request,
	struct failure *failure)
{
	struct control_request request = { .roster = admin->newest->version,
		.created = clock_wall_seconds() };

	if (name_of(act, strlen(act), request.act) != 0)
		return failure_set(failure, EX_SOFTWARE, "this act has no name: report it");
	request_nonce_new(request.nonce);
	*ret_request = request;
	return 0;
}

int control_sign(const struct admin *admin, struct control_request *request, struct failure *failure)
{
	char fingerprint[FINGERPRINT_SIZE];
	struct identity *identity = NULL;
	int rc = -1;

	if (roster_fingerprint(admin->newest, fingerprint) != 0)
		return failure_memory(failure);
	if (admin_identity(admin, &identity, failure) != 0)
		return -1;
	if (roster_admin_by_key(admin->newest, identity->public_key) == NULL)
		rc = failure_set(failure, EX_NOPERM,
			"your key is none of this organisation's admins: one of them must do it");
	else if (control_request_sign(request, fingerprint, identity->signing_key) != 0)
		rc = failure_set(failure, EX_NOPERM, "you have signed this already: have others sign too");
	else
		rc = 0;
	identity_free(identity);
	return rc;
}

/* An address holds 108 bytes only, so that the folder is named by its descriptor. */
static int connect_in(int folder, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" SOCKET_NAME, folder) <
			0 ||
		connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
		const int reason = errno;

		close(fd);
		errno = reason;
		return -1;
	}
	*ret_fd = fd;
	return 0;
}

static int connect_daemon(const struct admin *admin, int *ret_fd, struct failure *failure)
{
	const int folder =
		openat(home_descriptor(admin->home), SOCKET_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rc = folder < 0 ? -1 : connect_in(folder, ret_fd);

	if (rc != 0 && (errno == EACCES || errno == EPERM))
		rc = failure_set(failure, EX_NOPERM,
			"the daemon's control socket is another user's: run this as the one who started it");
	else if (rc != 0)
		rc = failure_set(failure, EX_UNAVAILABLE,
			"no daemon runs on this home (" SOCKET_FOLDER "/" SOCKET_NAME
			"): start it, or run this on the machine where it runs");
	if (folder >= 0)
		close(folder);
	return rc;
}

static int send_all(int fd, const struct buffer *bytes, struct failure *failure)
{
	size_t done = 0;

	while (done < bytes->len) {
		const ssize_t put = send(fd, bytes->data + done, bytes->len - done, MSG_NOSIGNAL);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return failure_set(
				failure, EX_UNAVAILABLE, "the daemon didn't take the request: try again");
		done += (size_t)put;
	}
	return 0;
}

/* At least one byte more. */
static int take_more(struct line *line, struct failure *failure)
{
	struct pollfd wait = { .fd = line->fd, .events = POLLIN };
	uint8_t bytes[TAKE_BYTES];
	const int ready = poll(&wait, 1, SILENCE_MS);

	if (ready < 0 && errno == EINTR)
		return 0;
	if (ready == 0)
		return failure_set(failure, EX_UNAVAILABLE,
			"the daemon has said nothing for long: look at its log, then run this again");
	const ssize_t got = recv(line->fd, bytes, sizeof bytes, 0);

	if (got < 0 && errno == EINTR)
		return 0;
	if (got <= 0)
		return failure_set(failure, EX_UNAVAILABLE,
			"the daemon ended before it was done: run this again, it goes on where it was");
	buffer_put(&line->arrived, bytes, (size_t)got);
	return buffer_ok(&line->arrived) == 0 ? 0 : failure_memory(failure);
}

static int bad_answer(struct failure *failure)
{
	return failure_set(failure, EX_PROTOCOL,
		"the daemon answers in a way that this version doesn't know: use programs of one version");
}

static int refused(const struct reader *content, struct failure *failure)
{
	struct control_refusal refusal;
	struct fault fault;

	if (control_refusal_parse((const char *)content->at, content->left, &refusal, &fault) != 0)
		return failure_of(failure, EX_PROTOCOL, &fault);
	return failure_of(failure, refusal.code, &refusal.fault);
}

/* *ret_end: the last frame was taken. */
static int take_frame(enum control_kind kind, const struct reader *content,
	const struct control_listener *listener, json_t **ret_result, bool *ret_end, struct failure *failure)
{
	json_t *json = NULL;
	struct fault fault;
	int rc = 0;

	if (kind == CONTROL_BODY)
		return listener != NULL && listener->body != NULL
			       ? listener->body(listener->owner, content->at, content->left, failure)
			       : bad_answer(failure);
	if (kind == CONTROL_REFUSED)
		return refused(content, failure);
	if (kind != CONTROL_PROGRESS && kind != CONTROL_DONE)
		return bad_answer(failure);
	if (json_parse((const char *)content->at, content->left, CONTROL_JSON_MAX, &json, &fault) != 0)
		return failure_of(failure, EX_PROTOCOL, &fault);
	*ret_end = kind == CONTROL_DONE;
	if (kind == CONTROL_PROGRESS && listener != NULL && listener->progress != NULL)
		rc = listener->progress(listener->owner, json, failure);
	if (kind == CONTROL_DONE && ret_result != NULL)
		*ret_result = json_incref(json);
	json_decref(json);
	return rc;
}

static int take_answer(struct line *line, const struct control_listener *listener, json_t **ret_result,
	struct failure *failure)
{
	bool end = false;
	int rc = 0;

	while (rc == 0 && !end) {
		struct reader in = reader_of(line->arrived.data, line->arrived.len), content;
		enum control_kind kind;
		const int whole = control_frame_next(&in, &kind, &content);

		if (whole < 0) {
			rc = bad_answer(failure);
		} else if (whole == 0) {
			rc = take_more(line, failure);
		} else {
			rc = take_frame(kind, &content, listener, ret_result, &end, failure);
			buffer_drop(&line->arrived, line->arrived.len - in.left);
		}
	}
	return rc;
}

int control_send(const struct admin *admin, const struct control_request *request,
	const struct control_listener *listener, json_t **ret_result, struct failure *failure)
{
	struct line line = { .fd = -1, .arrived = buffer_of(ARRIVED_MAX) };
	struct buffer frame = buffer_of(CONTROL_REQUEST_MAX);
	int rc = -1;

	if (control_request_put(&frame, request) != 0) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (connect_daemon(admin, &line.fd, failure) != 0 || send_all(line.fd, &frame, failure) != 0)
		goto cleanup;
	rc = take_answer(&line, listener, ret_result, failure);
cleanup:
	if (line.fd >= 0)
		close(line.fd);
	buffer_free(&line.arrived);
	buffer_free(&frame);
	return rc;
}

int control_ask(const struct admin *admin, const char *act, json_t **ret_result, struct failure *failure)
{
	struct control_request request;

	if (control_begin(admin, act, &request, failure) != 0 || control_sign(admin, &request, failure) != 0)
		return -1;
	return control_send(admin, &request, NULL, ret_result, failure);
}
