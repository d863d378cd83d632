#include "proto/age_header.h"
#include "proto/cursor.h"
#include "proto/encode.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_LINE    "age-encryption.org/v1\n"
#define BODY_COLUMNS    64
#define BODY_LINE_BYTES (BODY_COLUMNS / 4 * 3)
#define MAC_CHARS       43

static int refuse(struct fault *fault, const char *why)
{
	return fault_set(fault, "not an age file: %s", why);
}

/* `-> ` and the arguments behind it: at least one, each of visible ASCII, one space between them. */
static int parse_args(const char *line, size_t len, struct age_stanza *stanza, struct fault *fault)
{
	struct reader reader = reader_of(line, len);

	if (reader_literal(&reader, "-> ") != 0 || reader.left == 0)
		return refuse(fault, "a stanza doesn't begin with an arrow and a type");
	/* reader_field drops a separator at the end, which would hide an empty last argument. */
	if (line[len - 1] == ' ')
		return refuse(fault, "a stanza's line ends with a space");
	while (reader_end(&reader) != 0) {
		struct age_arg *arg = &stanza->args[stanza->arg_count];

		if (stanza->arg_count == AGE_STANZA_ARGS_MAX)
			return refuse(fault, "a stanza has too many arguments");
		if (reader_field(&reader, ' ', &arg->text, &arg->len) != 0 || arg->len == 0)
			return refuse(fault, "a stanza has an empty argument");
		for (size_t i = 0; i < arg->len; i++) {
			if (arg->text[i] < '!' || arg->text[i] > '~')
				return refuse(fault, "a stanza's argument isn't visible ASCII");
		}
		stanza->arg_count++;
	}
	return 0;
}

/* Lines of 64 columns, then one of fewer, which may be empty. */
static int parse_body(struct reader *reader, struct age_stanza *stanza, bool *ret_short, struct fault *fault)
{
	uint8_t body[AGE_STANZA_BODY_MAX];
	size_t body_len = 0, len = BODY_COLUMNS;
	const char *line;

	while (len == BODY_COLUMNS) {
		size_t got;

		if (reader_line(reader, &line, &len) != 0) {
			*ret_short = true;
			return refuse(fault, "its header is cut short");
		}
		if (len > BODY_COLUMNS || len * 3 / 4 > sizeof body - body_len)
			return refuse(fault, "a stanza's body is too long");
		if (base64_decode(BASE64_RAW, line, len, body + body_len, sizeof body - body_len, &got) != 0)
			return refuse(fault, "a stanza's body isn't canonical base64");
		body_len += got;
	}
	stanza->body = malloc(body_len == 0 ? 1 : body_len);
	if (stanza->body == NULL)
		return refuse(fault, "memory is short");
	memcpy(stanza->body, body, body_len);
	stanza->body_len = body_len;
	return 0;
}

static int parse_mac(const char *line, size_t len, struct age_header *header, struct fault *fault)
{
	struct reader reader = reader_of(line, len);

	if (reader_literal(&reader, "--- ") != 0 || reader.left != MAC_CHARS ||
		base64_decode_fixed(
			BASE64_RAW, (const char *)reader.at, MAC_CHARS, header->mac, sizeof header->mac) != 0)
		return refuse(fault, "its MAC line is malformed");
	return 0;
}

static int add_stanza(struct age_header *header, struct fault *fault)
{
	struct age_stanza *grown;

	if (header->count == AGE_STANZAS_MAX)
		return refuse(fault, "it has too many stanzas");
	/* Doubling, without a field for the capacity: it is full at each power of two. */
	if ((header->count & (header->count - 1)) == 0) {
		grown = realloc(
			header->stanzas, (header->count == 0 ? 1 : header->count * 2) * sizeof *grown);
		if (grown == NULL)
			return refuse(fault, "memory is short");
		header->stanzas = grown;
	}
	memset(&header->stanzas[header->count++], 0, sizeof *grown);
	return 0;
}

static int parse_lines(struct reader *reader, struct age_header *header, bool *ret_short, struct fault *fault)
{
	const uint8_t *begin = reader->at;
	const char *line;
	size_t len;

	if (reader_literal(reader, VERSION_LINE) != 0) {
		*ret_short = reader->left < strlen(VERSION_LINE) &&
			     bytes_equal(reader->at, VERSION_LINE, reader->left);
		return refuse(fault, *ret_short ? "its header is cut short" : "its version line is another");
	}
	for (;;) {
		const uint8_t *line_at = reader->at;

		if (reader_line(reader, &line, &len) != 0) {
			*ret_short = true;
			return refuse(fault, "its header is cut short");
		}
		if (len >= 3 && bytes_equal(line, "---", 3)) {
			if (header->count == 0)
				return refuse(fault, "it has no stanza");
			header->mac_covers = (size_t)(line_at - begin) + 3;
			return parse_mac(line, len, header, fault);
		}
		if (add_stanza(header, fault) != 0 ||
			parse_args(line, len, &header->stanzas[header->count - 1], fault) != 0 ||
			parse_body(reader, &header->stanzas[header->count - 1], ret_short, fault) != 0)
			return -1;
	}
}

/* An scrypt stanza must stand alone: else whoever knows the passphrase could be told apart from the others.
 */
static int check_passphrase_alone(const struct age_header *header, struct fault *fault)
{
	for (size_t i = 0; i < header->count; i++) {
		if (age_stanza_is(&header->stanzas[i], "scrypt") && header->count > 1)
			return refuse(fault, "a passphrase stanza isn't the only one");
	}
	return 0;
}

int age_header_parse(
	const uint8_t *data, size_t len, struct age_header **ret_header, bool *ret_short, struct fault *fault)
{
	struct age_header *header = calloc(1, sizeof *header);
	size_t span = len < AGE_HEADER_MAX ? len : AGE_HEADER_MAX;
	struct reader reader;
	int rc = -1;

	*ret_short = false;
	if (header == NULL || (header->text = malloc(span == 0 ? 1 : span)) == NULL) {
		rc = refuse(fault, "memory is short");
		goto cleanup;
	}
	/* The arguments point into this copy, so that the header outlives the caller's bytes. */
	if (span > 0)
		memcpy(header->text, data, span);
	reader = reader_of(header->text, span);
	if (parse_lines(&reader, header, ret_short, fault) != 0) {
		*ret_short = *ret_short && len < AGE_HEADER_MAX;
		goto cleanup;
	}
	header->len = span - reader.left;
	if (check_passphrase_alone(header, fault) != 0)
		goto cleanup;
	*ret_header = header;
	rc = 0;
cleanup:
	if (rc != 0)
		age_header_free(header);
	return rc;
}

void age_header_free(struct age_header *header)
{
	if (header == NULL)
		return;
	for (size_t i = 0; i < header->count; i++)
		free(header->stanzas[i].body);
	free(header->stanzas);
	free(header->text);
	free(header);
}

bool age_stanza_is(const struct age_stanza *stanza, const char *type)
{
	return stanza->args[0].len == strlen(type) &&
	       bytes_equal(stanza->args[0].text, type, stanza->args[0].len);
}

void age_header_begin(struct buffer *out)
{
	buffer_put_string(out, VERSION_LINE);
}

void age_header_put_stanza(struct buffer *out, const struct age_arg *args, size_t arg_count,
	const uint8_t *body, size_t body_len)
{
	char line[BASE64_CHARS(BODY_LINE_BYTES) + 1];
	size_t done = 0, take;

	if (!body)
		body = (const uint8_t *)"";
	buffer_put_string(out, "->");
	for (size_t i = 0; i < arg_count; i++) {
		buffer_put_string(out, " ");
		buffer_put(out, args[i].text, args[i].len);
	}
	buffer_put_string(out, "\n");
	/* A body that fills its last line is followed by an empty one. */
	do {
		take = body_len - done < BODY_LINE_BYTES ? body_len - done : BODY_LINE_BYTES;
		base64_encode(BASE64_RAW, body + done, take, line);
		buffer_put_string(out, line);
		buffer_put_string(out, "\n");
		done += take;
	} while (take == BODY_LINE_BYTES);
}

void age_stanza_order(size_t *ret_order, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ret_order[i] = i;
	for (size_t i = count; i > 1; i--) {
		size_t other = randombytes_uniform((uint32_t)i), swapped = ret_order[i - 1];

		ret_order[i - 1] = ret_order[other];
		ret_order[other] = swapped;
	}
}
