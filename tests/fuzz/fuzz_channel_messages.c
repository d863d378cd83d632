/* A stream of frames as a process that was taken over might send it: every message is either refused, or
 * means exactly the bytes that it came as. Target functions: frame_next, message_*_get, message_*_put. */
#include "fuzz.h"

#include "channel/messages.h"

union any_message {
	struct message_setting setting;
	struct message_file file;
	struct message_socket socket;
	struct message_failed failed;
	struct message_request request;
	struct message_request_body body;
	struct message_request_id id;
	struct message_credit credit;
	struct message_answer answer;
	struct message_wake wake;
	struct message_woken woken;
	struct message_pong pong;
	struct message_ran ran;
	struct message_keyring keyring;
	struct message_kept kept;
	struct message_tls tls;
	struct message_tls_state tls_state;
};

/* Takes the message apart and puts it together again. -1 where it is refused. */
static int again_keys(enum message_type type, struct reader *in, struct buffer *out)
{
	union any_message message;
	switch (type) {
	case MESSAGE_KEEP_KEYRING:
		return message_keyring_get(in, &message.keyring) != 0
			       ? -1
			       : message_keyring_put(out, &message.keyring);
	case MESSAGE_KEPT:
		return message_kept_get(in, &message.kept) != 0 ? -1 : message_kept_put(out, &message.kept);
	case MESSAGE_PONG:
		return message_pong_get(in, &message.pong) != 0 ? -1 : message_pong_put(out, &message.pong);
	case MESSAGE_TLS:
		return message_tls_get(in, &message.tls) != 0 ? -1 : message_tls_put(out, &message.tls);
	case MESSAGE_TLS_STATE:
		return message_tls_state_get(in, &message.tls_state) != 0
			       ? -1
			       : message_tls_state_put(out, &message.tls_state);
	default:
		return -1;
	}
}

static int again_wake(enum message_type type, struct reader *in, struct buffer *out)
{
	union any_message message;
	switch (type) {
	case MESSAGE_WAKE:
		return message_wake_get(in, &message.wake) != 0 ? -1 : message_wake_put(out, &message.wake);
	case MESSAGE_RAN:
		return message_ran_get(in, &message.ran) != 0 ? -1 : message_ran_put(out, &message.ran);
	case MESSAGE_WOKEN:
		return message_woken_get(in, &message.woken) != 0 ? -1
								  : message_woken_put(out, &message.woken);
	default:
		return -1;
	}
}

/* The same for all. */
static int again(enum message_type type, struct reader *in, struct buffer *out)
{
	union any_message message;
	switch (type) {
	case MESSAGE_SETTING:
		return message_setting_get(in, &message.setting) != 0
			       ? -1
			       : message_setting_put(out, &message.setting);
	case MESSAGE_FILE:
		return message_file_get(in, &message.file) != 0 ? -1 : message_file_put(out, &message.file);
	case MESSAGE_SOCKET:
		return message_socket_get(in, &message.socket) != 0
			       ? -1
			       : message_socket_put(out, &message.socket);
	case MESSAGE_FAILED:
		return message_failed_get(in, &message.failed) != 0
			       ? -1
			       : message_failed_put(out, &message.failed);
	case MESSAGE_KEEP_KEYRING:
	case MESSAGE_KEPT:
	case MESSAGE_TLS:
	case MESSAGE_TLS_STATE:
	case MESSAGE_PONG:
		return again_keys(type, in, out);
	case MESSAGE_START:
	case MESSAGE_DRAIN:
	case MESSAGE_RELOAD:
	case MESSAGE_READY:
	case MESSAGE_PING:
	case MESSAGE_RUN:
		return message_empty_get(in) != 0 ? -1 : message_empty_put(out, type);
	case MESSAGE_REQUEST:
		return message_request_get(in, &message.request) != 0
			       ? -1
			       : message_request_put(out, &message.request);
	case MESSAGE_REQUEST_BODY:
	case MESSAGE_ANSWER_BODY:
		return message_request_body_get(in, &message.body) != 0
			       ? -1
			       : message_request_body_put(out, type, &message.body);
	case MESSAGE_REQUEST_GONE:
	case MESSAGE_DECOY:
		return message_request_id_get(in, &message.id) != 0
			       ? -1
			       : message_request_id_put(out, type, &message.id);
	case MESSAGE_BODY_WANTED:
	case MESSAGE_ANSWER_TAKEN:
		return message_credit_get(in, &message.credit) != 0
			       ? -1
			       : message_credit_put(out, type, &message.credit);
	case MESSAGE_ANSWER:
		return message_answer_get(in, &message.answer) != 0
			       ? -1
			       : message_answer_put(out, &message.answer);
	case MESSAGE_WAKE:
	case MESSAGE_RAN:
	case MESSAGE_WOKEN:
		return again_wake(type, in, out);
	}
	return -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = buffer_of(2 * CHANNEL_FRAME_MAX);
	struct reader in = reader_of(data, size);
	struct reader message;
	enum message_type type;
	fuzz_start();
	for (;;) {
		const uint8_t *frame = in.at;
		if (frame_next(&in, CHANNEL_FRAME_MAX, &type, &message) != 1)
			break;
		const size_t frame_len = (size_t)(in.at - frame);
		buffer_clear(&out);
		/* what a request's fields may hold together is checked where they are put only */
		if (again(type, &message, &out) == 0)
			must(out.len == frame_len && bytes_equal(out.data, frame, frame_len));
	}
	buffer_free(&out);
	return 0;
}
