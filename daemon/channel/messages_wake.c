/* the messages by which an officer is woken: what the store asks of notify, and what came of it. */
#include "messages_internal.h"

#include <string.h>

static bool wake_fits(const struct message_wake *message)
{
	char name[NAME_SIZE];

	return wake_address_fits(message->kind, message->address) && message->urgency < URGENCY_COUNT &&
	       (message->desk[0] == '\0' || name_of(message->desk, strlen(message->desk), name) == 0);
}

int message_wake_put(struct buffer *out, const struct message_wake *message)
{
	size_t mark;

	if (!wake_fits(message))
		return -1;
	frame_begin(out, MESSAGE_WAKE, &mark);
	buffer_put_u64(out, message->number);
	buffer_put_u8(out, (uint8_t)message->kind);
	message_text_put(out, message->address);
	message_text_put(out, message->desk);
	buffer_put_u8(out, (uint8_t)message->urgency);
	return frame_end(out, mark);
}

int message_wake_get(struct reader *in, struct message_wake *ret_message)
{
	struct message_wake message;
	uint8_t kind, urgency;

	if (reader_u64(in, &message.number) != 0 || reader_u8(in, &kind) != 0 ||
		message_text_get(in, &message.address) != 0 || message_text_get(in, &message.desk) != 0 ||
		reader_u8(in, &urgency) != 0 || reader_end(in) != 0)
		return -1;
	message.kind = kind;
	message.urgency = urgency;
	if (!wake_fits(&message))
		return -1;
	*ret_message = message;
	return 0;
}

static bool outcome_fits(unsigned int outcome)
{
	return outcome >= WAKE_DELIVERED && outcome <= WAKE_REFUSED;
}

int message_woken_put(struct buffer *out, const struct message_woken *message)
{
	size_t mark;

	if (!outcome_fits(message->outcome))
		return -1;
	frame_begin(out, MESSAGE_WOKEN, &mark);
	buffer_put_u64(out, message->number);
	buffer_put_u8(out, (uint8_t)message->outcome);
	return frame_end(out, mark);
}

int message_woken_get(struct reader *in, struct message_woken *ret_message)
{
	struct message_woken message;
	uint8_t outcome;

	if (reader_u64(in, &message.number) != 0 || reader_u8(in, &outcome) != 0 || !outcome_fits(outcome) ||
		reader_end(in) != 0)
		return -1;
	message.outcome = outcome;
	*ret_message = message;
	return 0;
}

int message_ran_put(struct buffer *out, const struct message_ran *message)
{
	size_t mark;

	frame_begin(out, MESSAGE_RAN, &mark);
	buffer_put_u8(out, message->done ? 1 : 0);
	return frame_end(out, mark);
}

int message_ran_get(struct reader *in, struct message_ran *ret_message)
{
	struct message_ran message;

	if (message_bool_get(in, &message.done) != 0 || reader_end(in) != 0)
		return -1;
	*ret_message = message;
	return 0;
}
