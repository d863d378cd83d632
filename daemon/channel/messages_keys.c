/* The messages by which keys become durable, and the server's TLS key changes. */
#include "messages_internal.h"

#include "keys/keyring.h"

int message_keyring_put(struct buffer *out, const struct message_keyring *message)
{
	size_t mark;
	if (message->len > KEYRING_MAX_BYTES)
		return -1;
	frame_begin(out, MESSAGE_KEEP_KEYRING, &mark);
	buffer_put_blob(out, message->data, message->len);
	return frame_end(out, mark);
}

int message_keyring_get(struct reader *in, struct message_keyring *ret_message)
{
	struct message_keyring message;
	if (reader_blob(in, KEYRING_MAX_BYTES, &message.data, &message.len) != 0 || reader_end(in) != 0)
		return -1;
	*ret_message = message;
	return 0;
}

int message_kept_put(struct buffer *out, const struct message_kept *message)
{
	size_t mark;
	if (!message_text_fits(message->text))
		return -1;
	frame_begin(out, MESSAGE_KEPT, &mark);
	buffer_put_u8(out, message->done ? 1 : 0);
	message_text_put(out, message->text);
	return frame_end(out, mark);
}

int message_kept_get(struct reader *in, struct message_kept *ret_message)
{
	struct message_kept message;
	if (message_bool_get(in, &message.done) != 0 || message_text_get(in, &message.text) != 0 ||
		reader_end(in) != 0)
		return -1;
	*ret_message = message;
	return 0;
}

int message_tls_put(struct buffer *out, const struct message_tls *message)
{
	size_t mark;
	if (!message_text_fits(message->host))
		return -1;
	frame_begin(out, MESSAGE_TLS, &mark);
	buffer_put_u8(out, (uint8_t)message->step);
	message_text_put(out, message->host);
	buffer_put(out, message->pin, sizeof message->pin);
	return frame_end(out, mark);
}

int message_tls_get(struct reader *in, struct message_tls *ret_message)
{
	struct message_tls message;
	uint8_t step;
	if (reader_u8(in, &step) != 0 || step < TLS_LOOK || step > TLS_SWITCH ||
		message_text_get(in, &message.host) != 0 ||
		reader_fixed(in, message.pin, sizeof message.pin) != 0 || reader_end(in) != 0)
		return -1;
	message.step = step;
	*ret_message = message;
	return 0;
}

int message_tls_state_put(struct buffer *out, const struct message_tls_state *message)
{
	size_t mark;
	if (!message_text_fits(message->text))
		return -1;
	frame_begin(out, MESSAGE_TLS_STATE, &mark);
	buffer_put_u8(out, message->done ? 1 : 0);
	message_text_put(out, message->text);
	buffer_put(out, message->current, sizeof message->current);
	buffer_put_u8(out, message->has_next ? 1 : 0);
	buffer_put(out, message->next, sizeof message->next);
	return frame_end(out, mark);
}

int message_tls_state_get(struct reader *in, struct message_tls_state *ret_message)
{
	struct message_tls_state message;
	if (message_bool_get(in, &message.done) != 0 || message_text_get(in, &message.text) != 0 ||
		reader_fixed(in, message.current, sizeof message.current) != 0 ||
		message_bool_get(in, &message.has_next) != 0 ||
		reader_fixed(in, message.next, sizeof message.next) != 0 || reader_end(in) != 0)
		return -1;
	*ret_message = message;
	return 0;
}
