#include "messages_internal.h"

#include <string.h>

#define LENGTH_BYTES 4

void frame_begin(struct buffer *out, enum message_type type, size_t *ret_mark)
{
	*ret_mark = out->len;
	buffer_put_u32(out, 0);
	buffer_put_u8(out, (uint8_t)type);
}

int frame_end(struct buffer *out, size_t mark)
{
	if (buffer_ok(out) != 0)
		return -1;
	const size_t len = out->len - mark - LENGTH_BYTES;
	if (len > CHANNEL_FRAME_MAX) {
		out->failed = true; /* half a stream can't be taken back */
		return -1;
	}
	for (unsigned int i = 0; i < LENGTH_BYTES; i++)
		out->data[mark + i] = (uint8_t)(len >> (8 * (LENGTH_BYTES - 1 - i)));
	return 0;
}

int frame_next(struct reader *in, size_t max, enum message_type *ret_type, struct reader *ret_message)
{
	struct reader rest = *in;
	const uint8_t *frame;
	uint32_t len;
	if (reader_u32(&rest, &len) != 0)
		return 0;
	if (len < 1 || len > max)
		return -1;
	if (reader_view(&rest, len, &frame) != 0)
		return 0;
	*in = rest;
	*ret_type = frame[0];
	*ret_message = reader_of(frame + 1, len - 1);
	return 1;
}

/* Which characters a text may hold. */
enum text_rule { TEXT_ANY, TEXT_ASCII };

static bool text_fits(const char *text, size_t len, size_t max, enum text_rule rule)
{
	if (len > max)
		return false;
	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i];
		if (c < ' ' || c == 0x7f || (rule == TEXT_ASCII && c > 0x7f))
			return false;
	}
	return true;
}

bool message_text_fits(const char *text)
{
	return text_fits(text, strlen(text), CHANNEL_TEXT_MAX, TEXT_ANY);
}

static bool field_fits(const char *text)
{
	return text_fits(text, strlen(text), CHANNEL_FIELD_MAX, TEXT_ASCII);
}

void message_text_put(struct buffer *out, const char *text)
{
	buffer_put_blob(out, text, strlen(text) + 1);
}

static int get_text(struct reader *in, size_t max, enum text_rule rule, const char **ret_text)
{
	const uint8_t *view;
	size_t len;
	if (reader_blob(in, max + 1, &view, &len) != 0 || len < 1 || view[len - 1] != '\0' ||
		!text_fits((const char *)view, len - 1, max, rule))
		return -1;
	*ret_text = (const char *)view;
	return 0;
}

int message_text_get(struct reader *in, const char **ret_text)
{
	return get_text(in, CHANNEL_TEXT_MAX, TEXT_ANY, ret_text);
}

static int get_field(struct reader *in, const char **ret_text)
{
	return get_text(in, CHANNEL_FIELD_MAX, TEXT_ASCII, ret_text);
}

int message_bool_get(struct reader *in, bool *ret_value)
{
	uint8_t value;
	if (reader_u8(in, &value) != 0 || value > 1)
		return -1;
	*ret_value = value == 1;
	return 0;
}

int message_setting_put(struct buffer *out, const struct message_setting *message)
{
	size_t mark;
	if (!message_text_fits(message->name) || !message_text_fits(message->value))
		return -1;
	frame_begin(out, MESSAGE_SETTING, &mark);
	message_text_put(out, message->name);
	message_text_put(out, message->value);
	return frame_end(out, mark);
}

int message_setting_get(struct reader *in, struct message_setting *ret_message)
{
	struct message_setting message;
	if (message_text_get(in, &message.name) != 0 || message_text_get(in, &message.value) != 0 ||
		reader_end(in) != 0)
		return -1;
	*ret_message = message;
	return 0;
}

int message_file_put(struct buffer *out, const struct message_file *message)
{
	size_t mark;
	if (!message_text_fits(message->name) || message->len > CHANNEL_FILE_MAX)
		return -1;
	frame_begin(out, MESSAGE_FILE, &mark);
	buffer_put_u8(out, (uint8_t)message->kind);
	message_text_put(out, message->name);
	buffer_put_blob(out, message->data, message->len);
	return frame_end(out, mark);
}

int message_file_get(struct reader *in, struct message_file *ret_message)
{
	struct message_file message;
	uint8_t kind;
	if (reader_u8(in, &kind) != 0 || kind < FILE_TLS_KEY || kind > FILE_WAKE_CREDENTIALS ||
		message_text_get(in, &message.name) != 0 ||
		reader_blob(in, CHANNEL_FILE_MAX, &message.data, &message.len) != 0 || reader_end(in) != 0)
		return -1;
	message.kind = kind;
	*ret_message = message;
	return 0;
}

int message_socket_put(struct buffer *out, const struct message_socket *message)
{
	size_t mark;
	frame_begin(out, MESSAGE_SOCKET, &mark);
	buffer_put_u8(out, (uint8_t)message->kind);
	return frame_end(out, mark);
}

int message_socket_get(struct reader *in, struct message_socket *ret_message)
{
	uint8_t kind;
	if (reader_u8(in, &kind) != 0 || kind < SOCKET_LISTEN || kind > SOCKET_CONTROL || reader_end(in) != 0)
		return -1;
	ret_message->kind = kind;
	return 0;
}

int message_empty_put(struct buffer *out, enum message_type type)
{
	size_t mark;
	frame_begin(out, type, &mark);
	return frame_end(out, mark);
}

int message_empty_get(struct reader *in)
{
	return reader_end(in);
}

int message_failed_put(struct buffer *out, const struct message_failed *message)
{
	size_t mark;
	if (!message_text_fits(message->text))
		return -1;
	frame_begin(out, MESSAGE_FAILED, &mark);
	buffer_put_u8(out, message->exit_code);
	message_text_put(out, message->text);
	return frame_end(out, mark);
}

int message_failed_get(struct reader *in, struct message_failed *ret_message)
{
	struct message_failed message;
	if (reader_u8(in, &message.exit_code) != 0 || message_text_get(in, &message.text) != 0 ||
		reader_end(in) != 0)
		return -1;
	*ret_message = message;
	return 0;
}

/* The optional fields of a request and of an answer, in the order in which they travel. */
#define REQUEST_FIELDS 11
#define ANSWER_FIELDS  6

static void request_fields(const struct message_request *message, const char *ret_fields[REQUEST_FIELDS])
{
	const char *const fields[REQUEST_FIELDS] = { message->authority, message->content_digest,
		message->signature_input, message->signature, message->authorization, message->mailbox_key,
		message->hold_key, message->upload_key, message->upload_offset, message->upload_complete,
		message->content_type };
	memcpy(ret_fields, fields, sizeof fields);
}

int message_request_put(struct buffer *out, const struct message_request *message)
{
	const char *fields[REQUEST_FIELDS];
	size_t mark;
	size_t bytes = strlen(message->target);
	request_fields(message, fields);
	if (!text_fits(message->target, bytes, CHANNEL_TARGET_MAX, TEXT_ASCII))
		return -1;
	for (size_t i = 0; i < REQUEST_FIELDS; i++) {
		if (!field_fits(fields[i]))
			return -1;
		bytes += strlen(fields[i]);
	}
	if (bytes > CHANNEL_BODY_MAX)
		return -1;
	frame_begin(out, MESSAGE_REQUEST, &mark);
	buffer_put_u32(out, message->id);
	buffer_put_u8(out, (uint8_t)message->method);
	message_text_put(out, message->target);
	buffer_put_u8(out, message->has_body ? 1 : 0);
	buffer_put_u64(out, message->content_length);
	for (size_t i = 0; i < REQUEST_FIELDS; i++)
		message_text_put(out, fields[i]);
	return frame_end(out, mark);
}

const char *http_method_word(enum http_method method)
{
	static const char *const words[] = { [METHOD_GET] = "GET",
		[METHOD_HEAD] = "HEAD",
		[METHOD_POST] = "POST",
		[METHOD_PUT] = "PUT",
		[METHOD_PATCH] = "PATCH",
		[METHOD_DELETE] = "DELETE" };

	return words[method];
}

int message_request_get(struct reader *in, struct message_request *ret_message)
{
	struct message_request message;
	uint8_t method;
	if (reader_u32(in, &message.id) != 0 || reader_u8(in, &method) != 0 || method < METHOD_GET ||
		method > METHOD_DELETE ||
		get_text(in, CHANNEL_TARGET_MAX, TEXT_ASCII, &message.target) != 0 ||
		message_bool_get(in, &message.has_body) != 0 ||
		reader_u64(in, &message.content_length) != 0 ||
		(!message.has_body && message.content_length != 0))
		return -1;
	message.method = method;
	if (get_field(in, &message.authority) != 0 || get_field(in, &message.content_digest) != 0 ||
		get_field(in, &message.signature_input) != 0 || get_field(in, &message.signature) != 0 ||
		get_field(in, &message.authorization) != 0 || get_field(in, &message.mailbox_key) != 0 ||
		get_field(in, &message.hold_key) != 0 || get_field(in, &message.upload_key) != 0 ||
		get_field(in, &message.upload_offset) != 0 || get_field(in, &message.upload_complete) != 0 ||
		get_field(in, &message.content_type) != 0 || reader_end(in) != 0)
		return -1;
	*ret_message = message;
	return 0;
}

int message_request_body_put(
	struct buffer *out, enum message_type type, const struct message_request_body *message)
{
	size_t mark;
	if (message->len < 1 || message->len > CHANNEL_BODY_MAX)
		return -1;
	frame_begin(out, type, &mark);
	buffer_put_u32(out, message->id);
	buffer_put_blob(out, message->data, message->len);
	return frame_end(out, mark);
}

int message_request_body_get(struct reader *in, struct message_request_body *ret_message)
{
	struct message_request_body message;
	if (reader_u32(in, &message.id) != 0 ||
		reader_blob(in, CHANNEL_BODY_MAX, &message.data, &message.len) != 0 || message.len < 1 ||
		reader_end(in) != 0)
		return -1;
	*ret_message = message;
	return 0;
}

int message_request_id_put(
	struct buffer *out, enum message_type type, const struct message_request_id *message)
{
	size_t mark;
	frame_begin(out, type, &mark);
	buffer_put_u32(out, message->id);
	return frame_end(out, mark);
}

int message_request_id_get(struct reader *in, struct message_request_id *ret_message)
{
	struct message_request_id message;
	if (reader_u32(in, &message.id) != 0 || reader_end(in) != 0)
		return -1;
	*ret_message = message;
	return 0;
}

int message_credit_put(struct buffer *out, enum message_type type, const struct message_credit *message)
{
	size_t mark;
	frame_begin(out, type, &mark);
	buffer_put_u32(out, message->id);
	buffer_put_u32(out, message->bytes);
	return frame_end(out, mark);
}

int message_credit_get(struct reader *in, struct message_credit *ret_message)
{
	struct message_credit message;
	if (reader_u32(in, &message.id) != 0 || reader_u32(in, &message.bytes) != 0 || reader_end(in) != 0)
		return -1;
	*ret_message = message;
	return 0;
}

#define STATUS_MIN 200 /* nothing informational passes between the processes */
#define STATUS_MAX 599

int message_answer_put(struct buffer *out, const struct message_answer *message)
{
	const char *const fields[ANSWER_FIELDS] = { message->content_type, message->content_digest,
		message->answer_signature, message->upload_offset, message->upload_complete,
		message->location };
	size_t mark;
	if (message->status < STATUS_MIN || message->status > STATUS_MAX)
		return -1;
	for (size_t i = 0; i < ANSWER_FIELDS; i++)
		if (!field_fits(fields[i]))
			return -1;
	frame_begin(out, MESSAGE_ANSWER, &mark);
	buffer_put_u32(out, message->id);
	buffer_put_u16(out, message->status);
	buffer_put_u64(out, message->content_length);
	buffer_put_u8(out, message->close ? 1 : 0);
	for (size_t i = 0; i < ANSWER_FIELDS; i++)
		message_text_put(out, fields[i]);
	return frame_end(out, mark);
}

int message_answer_get(struct reader *in, struct message_answer *ret_message)
{
	struct message_answer message;
	if (reader_u32(in, &message.id) != 0 || reader_u16(in, &message.status) != 0 ||
		message.status < STATUS_MIN || message.status > STATUS_MAX ||
		reader_u64(in, &message.content_length) != 0 || message_bool_get(in, &message.close) != 0 ||
		get_field(in, &message.content_type) != 0 || get_field(in, &message.content_digest) != 0 ||
		get_field(in, &message.answer_signature) != 0 || get_field(in, &message.upload_offset) != 0 ||
		get_field(in, &message.upload_complete) != 0 || get_field(in, &message.location) != 0 ||
		reader_end(in) != 0)
		return -1;
	*ret_message = message;
	return 0;
}
