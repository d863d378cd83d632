#include "report_patterns.h"

#include "proto/age_recipient.h"
#include "proto/encode.h"
#include "proto/time.h"
#include "proto/words.h"

#include <string.h>

#define AREA_CODE_MAX   16
#define EVIDENCE_ID_MAX 32
#define MEDIA_TYPE_MAX  100
#define ATTACHMENT_MAX  90 /* fits a ustar name field of 100 bytes */
#define ATTACHMENTS     "attachments/"
#define LANGUAGE_MAX    35 /* RFC 5646 4.4.1 */
#define SUBTAG_MAX      8

static bool is_digit(char at)
{
	return at >= '0' && at <= '9';
}

static bool is_lower(char at)
{
	return at >= 'a' && at <= 'z';
}

static bool is_upper(char at)
{
	return at >= 'A' && at <= 'Z';
}

static bool is_alphanumeric(char at)
{
	return is_lower(at) || is_upper(at) || is_digit(at);
}

/* `d` stands for a digit, everything else for itself. */
static bool has_shape(const char *text, size_t len, const char *shape)
{
	if (len != strlen(shape))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (shape[i] == 'd' ? !is_digit(text[i]) : text[i] != shape[i])
			return false;
	}
	return true;
}

static unsigned two_digits(const char *text)
{
	return (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
}

static unsigned days_of(unsigned year, unsigned month)
{
	static const unsigned days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

bool is_partial_date(const char *text, size_t len)
{
	unsigned year = 0, month = 0, day = 0;

	if (has_shape(text, len, "dddd"))
		return true;
	if (!has_shape(text, len, "dddd-dd") && !has_shape(text, len, "dddd-dd-dd"))
		return false;
	year = two_digits(text) * 100 + two_digits(text + 2);
	month = two_digits(text + 5);
	if (month < 1 || month > 12 || len == strlen("dddd-dd"))
		return month >= 1 && month <= 12;
	day = two_digits(text + 8);
	return day >= 1 && day <= days_of(year, month);
}

bool is_time(const char *text, size_t len)
{
	int64_t unused = 0;

	return time_parse(text, len, &unused) == 0;
}

/* RFC 5646: a language of 2 to 8 letters, then subtags of 1 to 8 letters and digits. */
bool is_language(const char *text, size_t len)
{
	size_t subtag = 0, subtags = 0;

	if (len > LANGUAGE_MAX)
		return false;
	for (size_t i = 0; i <= len; i++) {
		if (i == len || text[i] == '-') {
			if (subtag == 0 || (subtags == 0 && subtag < 2))
				return false;
			subtags++;
			subtag = 0;
			continue;
		}
		if (!is_alphanumeric(text[i]) || (subtags == 0 && is_digit(text[i])) || ++subtag > SUBTAG_MAX)
			return false;
	}
	return true;
}

bool is_country(const char *text, size_t len)
{
	return len == 2 && is_upper(text[0]) && is_upper(text[1]);
}

bool is_area_code(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!is_upper(text[i]) && !is_digit(text[i]) && text[i] != '-')
			return false;
	}
	return len > 0 && len <= AREA_CODE_MAX;
}

bool is_name(const char *text, size_t len)
{
	char name[NAME_SIZE];

	return name_of(text, len, name) == 0;
}

bool is_evidence_id(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!is_alphanumeric(text[i]) && text[i] != '-')
			return false;
	}
	return len > 0 && len <= EVIDENCE_ID_MAX;
}

/* RFC 6838: `type/subtype` without parameters. */
bool is_media_type(const char *text, size_t len)
{
	size_t slashes = 0;

	if (len < 3 || len > MEDIA_TYPE_MAX || text[0] == '/' || text[len - 1] == '/')
		return false;
	for (size_t i = 0; i < len; i++) {
		slashes += text[i] == '/';
		if (!is_lower(text[i]) && !is_digit(text[i]) && memchr("/!#$&-^_.+", text[i], 10) == NULL)
			return false;
	}
	return slashes == 1;
}

/* A name that the sealing program made: one file directly below attachments/. */
bool is_attachment(const char *text, size_t len)
{
	size_t start = strlen(ATTACHMENTS);

	if (len <= start || len > ATTACHMENT_MAX || !bytes_equal(text, ATTACHMENTS, start) ||
		text[start] == '.')
		return false;
	for (size_t i = start; i < len; i++) {
		if (!is_lower(text[i]) && !is_digit(text[i]) && text[i] != '-' && text[i] != '.')
			return false;
	}
	return true;
}

bool is_clock(const char *text, size_t len)
{
	return has_shape(text, len, "dd:dd") && two_digits(text) < 24 && two_digits(text + 3) < 60;
}

bool is_utc_offset(const char *text, size_t len)
{
	if (len == 0 || (text[0] != '+' && text[0] != '-'))
		return false;
	return is_clock(text + 1, len - 1) && two_digits(text + 1) <= 14;
}

bool is_sha256(const char *text, size_t len)
{
	uint8_t digest[SHA256_BYTES];

	return hex_decode(text, len, digest, sizeof(digest)) == 0;
}

bool is_16_bytes_hex(const char *text, size_t len)
{
	uint8_t bytes[16];

	return hex_decode(text, len, bytes, sizeof(bytes)) == 0;
}

bool is_32_bytes_base64url(const char *text, size_t len)
{
	uint8_t bytes[32];

	return base64_decode_fixed(BASE64_URL, text, len, bytes, sizeof(bytes)) == 0;
}

bool is_signature(const char *text, size_t len)
{
	uint8_t bytes[64];

	return base64_decode_fixed(BASE64_PADDED, text, len, bytes, sizeof(bytes)) == 0;
}

bool is_age_recipient(const char *text, size_t len)
{
	uint8_t recipient[AGE_RECIPIENT_BYTES];

	return age_recipient_parse(text, len, recipient) == 0;
}
