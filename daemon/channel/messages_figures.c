/* the answer to MESSAGE_PING: a role's figures. */
#include "messages_internal.h"

int message_pong_put(struct buffer *out, const struct message_pong *message)
{
	size_t mark;

	if (message->count > FIGURES_MAX)
		return -1;
	frame_begin(out, MESSAGE_PONG, &mark);
	buffer_put_u32(out, (uint32_t)message->count);
	for (size_t i = 0; i < message->count; i++)
		buffer_put_u64(out, message->figures[i]);
	return frame_end(out, mark);
}

int message_pong_get(struct reader *in, struct message_pong *ret_message)
{
	struct message_pong message;
	uint32_t count;

	if (reader_u32(in, &count) != 0 || count > FIGURES_MAX)
		return -1;
	message.count = count;
	for (size_t i = 0; i < count; i++)
		if (reader_u64(in, &message.figures[i]) != 0)
			return -1;
	if (reader_end(in) != 0)
		return -1;
	*ret_message = message;
	return 0;
}
