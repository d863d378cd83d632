/* what a wake-up says, as a mail and as the body of a POST */
#include "wake_words.h"

#include "proto/encode.h"
#include "proto/json.h"
#include "proto/words.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define ENCODED_WORD_BYTES 42 /* so that the base64 of it and its frame fit into 75 characters (RFC 2047) */
#define BODY_LINE_BYTES    57 /* 76 characters (RFC 2045) */
#define GOTIFY_PRIORITY    8  /* rings, always alike */

int wake_words(
	const struct notify_settings *settings, const char *desk, enum urgency urgency, struct buffer *out)
{
	char alias[WAKE_ALIAS_MAX + 1] = "";
	if (desk[0] != '\0' && settings->aliases != NULL)
		wake_alias_of(settings->aliases, desk, alias);
	buffer_put_string(out, settings->text);
	if (alias[0] != '\0')
		buffer_put_format(out, " %s", alias);
	if (alias[0] != '\0' && settings->tells_urgency)
		buffer_put_format(out, ": %s", urgency_word(urgency_timer(urgency)));
	return buffer_ok(out);
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text > 0x7f)
			return false;
	return true;
}

/* How many of the next bytes end at a character's end. */
static size_t whole_characters(const char *text, size_t len, size_t most)
{
	if (len <= most)
		return len;
	while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
		most--;
	return most;
}

static void put_base64(struct buffer *out, const char *text, size_t len)
{
	char encoded[BASE64_CHARS(BODY_LINE_BYTES) + 1];
	base64_encode(BASE64_PADDED, (const uint8_t *)text, len, encoded);
	buffer_put_string(out, encoded);
}

static void put_subject(struct buffer *out, const char *words)
{
	size_t left = strlen(words);
	buffer_put_string(out, "Subject:");
	if (is_ascii(words)) {
		buffer_put_format(out, " %s\r\n", words);
		return;
	}
	while (left > 0) {
		const size_t len = whole_characters(words, left, ENCODED_WORD_BYTES);
		buffer_put_string(out, " =?UTF-8?B?");
		put_base64(out, words, len);
		buffer_put_string(out, len < left ? "?=\r\n" : "?=");
		words += len;
		left -= len;
	}
	buffer_put_string(out, "\r\n");
}

/* RFC 5322 wants a date, in English whatever the locale; in UTC, which tells nothing of where this is. */
static void put_date(struct buffer *out, int64_t now)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
		"Oct", "Nov", "Dec" };
	const time_t seconds = (time_t)now;
	struct tm date;
	if (gmtime_r(&seconds, &date) == NULL) {
		out->failed = true;
		return;
	}
	buffer_put_format(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[date.tm_wday],
		date.tm_mday, months[date.tm_mon], date.tm_year + 1900, date.tm_hour, date.tm_min,
		date.tm_sec);
}

int wake_mail(const struct mail *mail, struct buffer *out)
{
	char id[2 * sizeof mail->id + 1];
	const char *words = mail->words;
	size_t left = strlen(words);
	hex_encode(mail->id, sizeof mail->id, id);
	put_date(out, mail->now);
	buffer_put_format(out, "From: %s\r\nTo: %s\r\nMessage-ID: <%s%s>\r\n", mail->from, mail->to, id,
		strchr(mail->from, '@'));
	put_subject(out, words);
	buffer_put_string(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
			       "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n");
	while (left > 0) {
		const size_t len = left < BODY_LINE_BYTES ? left : BODY_LINE_BYTES;
		put_base64(out, words, len);
		buffer_put_string(out, "\r\n");
		words += len;
		left -= len;
	}
	return buffer_ok(out);
}

static int put_json(json_t *object, struct buffer *out)
{
	const int rc = object != NULL ? json_put(object, out) : -1;
	json_decref(object);
	return rc;
}

int wake_body(enum wake_kind kind, const char *words, struct buffer *out, const char **ret_content_type)
{
	switch (kind) {
	case WAKE_WEBHOOK:
		*ret_content_type = "application/json";
		return put_json(json_pack("{s:s}", "text", words), out);
	case WAKE_GOTIFY:
		*ret_content_type = "application/json";
		return put_json(json_pack("{s:s,s:i}", "message", words, "priority", GOTIFY_PRIORITY), out);
	case WAKE_NTFY:
	case WAKE_UNIFIEDPUSH:
		*ret_content_type = "text/plain; charset=utf-8";
		buffer_put_string(out, words);
		return buffer_ok(out);
	default:
		return -1;
	}
}
