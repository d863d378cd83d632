/* What a wake-up says, and in which form each service takes it: nothing but the operator's text, and where
 * she allows it the desk's alias and the urgency. */
#ifndef NOTIFY_WAKE_WORDS_H
#define NOTIFY_WAKE_WORDS_H

#include "proto/buffer.h"
#include "proto/wake_way.h"
#include "proto/words.h"
#include "settings.h"

#define WAKE_WORDS_MAX 512

/* One line of UTF-8. desk "": only the text. */
MUST_USE int wake_words(
	const struct notify_settings *settings, const char *desk, enum urgency urgency, struct buffer *out);

/* A mail, lines ended with CR LF: sender, recipient, date, a random id, subject and body. */
struct mail {
	const char *from, *to;
	const char *words;
	int64_t now;
	uint8_t id[16];
};
MUST_USE int wake_mail(const struct mail *mail, struct buffer *out);

/* The body of a POST, and its type. */
MUST_USE int wake_body(
	enum wake_kind kind, const char *words, struct buffer *out, const char **ret_content_type);

#endif
