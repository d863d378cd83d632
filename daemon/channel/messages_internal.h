/* The texts and truths in messages, for the files that put and get them. */
#ifndef CHANNEL_MESSAGES_INTERNAL_H
#define CHANNEL_MESSAGES_INTERNAL_H

#include "channel/messages.h"

/* Text without control characters, at most CHANNEL_TEXT_MAX bytes. */
bool message_text_fits(const char *text);
void message_text_put(struct buffer *out, const char *text);
MUST_USE int message_text_get(struct reader *in, const char **ret_text);

MUST_USE int message_bool_get(struct reader *in, bool *ret_value);

#endif
