#include "proto/encode.h"

#include <sodium.h>
#include <string.h>

void hex_encode(const void *data, size_t len, char *ret_text)
{
	sodium_bin2hex(ret_text, len * 2 + 1, data, len);
}

/* -1 or 0..15; the comparisons are arithmetic so that a secret digit takes the same time as any other. */
static int hex_digit(int character)
{
	int digit = ((('0' - 1 - character) & (character - '9' - 1)) >> 8) & (character - '0' + 1);
	int letter = ((('a' - 1 - character) & (character - 'f' - 1)) >> 8) & (character - 'a' + 11);

	return (digit | letter) - 1;
}

int hex_decode(const char *text, size_t text_len, void *ret_data, size_t len)
{
	uint8_t *bytes = ret_data;
	int bad = 0;

	if (len > SIZE_MAX / 2 || text_len != len * 2)
		return -1;
	for (size_t i = 0; i < text_len; i++)
		bad |= hex_digit((unsigned char)text[i]);
	if (bad < 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(hex_digit((unsigned char)text[2 * i]) << 4 |
				     hex_digit((unsigned char)text[2 * i + 1]));
	return 0;
}

static int sodium_variant(enum base64_kind kind)
{
	switch (kind) {
	case BASE64_PADDED:
		return sodium_base64_VARIANT_ORIGINAL;
	case BASE64_RAW:
		return sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
	case BASE64_URL:
		return sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	}
	return sodium_base64_VARIANT_ORIGINAL;
}

void base64_encode(enum base64_kind kind, const void *data, size_t len, char *ret_text)
{
	int variant = sodium_variant(kind);

	sodium_bin2base64(ret_text, sodium_base64_encoded_len(len, variant), data, len, variant);
}

/* How many bytes a canonical text of this length holds, or -1 where no text is that long. */
static int decoded_length(enum base64_kind kind, const char *text, size_t text_len, size_t *ret_len)
{
	size_t padding = 0, left_over = text_len % 4;

	if (kind == BASE64_PADDED) {
		if (left_over != 0)
			return -1;
		while (padding < 2 && padding < text_len && text[text_len - 1 - padding] == '=')
			padding++;
		*ret_len = text_len / 4 * 3 - padding;
		return 0;
	}
	if (left_over == 1)
		return -1;
	*ret_len = text_len / 4 * 3 + (left_over == 0 ? 0 : left_over - 1);
	return 0;
}

int base64_decode(
	enum base64_kind kind, const char *text, size_t text_len, void *ret_data, size_t max, size_t *ret_len)
{
	size_t expected = 0, len = 0;
	uint8_t nothing = 0, high_bits = 0;

	/* libsodium 1.0.18 takes some bytes above 0x7f for digits, where char is signed */
	for (size_t i = 0; i < text_len; i++)
		high_bits |= (uint8_t)text[i];
	if (high_bits > 0x7f || decoded_length(kind, text, text_len, &expected) != 0 || expected > max)
		return -1;
	if (sodium_base642bin(expected == 0 ? &nothing : ret_data, expected, text, text_len, NULL, &len, NULL,
		    sodium_variant(kind)) != 0 ||
		len != expected)
		return -1;
	*ret_len = len;
	return 0;
}

int base64_decode_fixed(enum base64_kind kind, const char *text, size_t text_len, void *ret_data, size_t len)
{
	size_t expected = 0, got = 0;

	if (decoded_length(kind, text, text_len, &expected) != 0 || expected != len)
		return -1;
	return base64_decode(kind, text, text_len, ret_data, len, &got);
}
