#include "proto/cursor.h"
#include "proto/encode.h"
#include "proto/message_signature.h"

#include <string.h>

#define DIGEST_START "sha-256=:"

/* Visible ASCII and spaces: what a field's value or a derived component may be, so that no line can be
 * forged. */
static bool is_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text > 0x7e)
			return false;
	}
	return true;
}

/* `@` and lower-case letters, or a field's name in lower case. */
static bool is_component_name(const char *name)
{
	size_t len = strspn(name, "@abcdefghijklmnopqrstuvwxyz0123456789-");

	return len > 0 && name[len] == '\0' && strchr(name + 1, '@') == NULL;
}

static bool may_be_signed(const struct signature_component *components, size_t place)
{
	if (!is_component_name(components[place].name) || !is_printable(components[place].value))
		return false;
	for (size_t before = 0; before < place; before++) {
		if (strcmp(components[before].name, components[place].name) == 0)
			return false;
	}
	return true;
}

int signature_base(
	const struct signature_component *components, size_t count, const char *params, struct buffer *out)
{
	if (!is_printable(params))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!may_be_signed(components, i))
			return -1;
	}
	for (size_t i = 0; i < count; i++)
		buffer_put_format(out, "\"%s\": %s\n", components[i].name, components[i].value);
	buffer_put_string(out, "\"@signature-params\": (");
	for (size_t i = 0; i < count; i++)
		buffer_put_format(out, "%s\"%s\"", i > 0 ? " " : "", components[i].name);
	buffer_put_format(out, ")%s", params);
	return buffer_ok(out);
}

void content_digest_format(const uint8_t digest[SHA256_BYTES], char ret_text[CONTENT_DIGEST_SIZE])
{
	size_t start = strlen(DIGEST_START);

	memcpy(ret_text, DIGEST_START, start);
	base64_encode(BASE64_PADDED, digest, SHA256_BYTES, ret_text + start);
	ret_text[CONTENT_DIGEST_SIZE - 2] = ':';
	ret_text[CONTENT_DIGEST_SIZE - 1] = '\0';
}

int content_digest_parse(const char *text, size_t len, uint8_t ret_digest[SHA256_BYTES])
{
	struct reader reader = reader_of(text, len);
	const uint8_t *base64 = NULL;

	if (reader_literal(&reader, DIGEST_START) != 0 ||
		reader_view(&reader, BASE64_CHARS(SHA256_BYTES), &base64) != 0 ||
		reader_literal(&reader, ":") != 0 || reader_end(&reader) != 0)
		return -1;
	return base64_decode_fixed(
		BASE64_PADDED, (const char *)base64, BASE64_CHARS(SHA256_BYTES), ret_digest, SHA256_BYTES);
}
