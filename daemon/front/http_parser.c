#include "http_parser.h"

#include "http_syntax.h"

#include <stdlib.h>
#include <string.h>

struct http_parser {
	enum http_progress progress;
	bool after_cr;
	bool seen_request_line;
	size_t head_len;   /* bytes fed so far */
	size_t fields;     /* header lines so far */
	size_t line_start; /* of the line being read, in text */
	size_t text_len;
	struct http_request request; /* its strings lie in text */
	/* Lines without their CR LF; each value is ended with a NUL, for which the line's CR made room. */
	char text[HTTP_HEAD_MAX + 1];
};

/* How a field that has a meaning is treated; what isn't in the table is ignored. */
struct field_rule {
	const char *name;
	bool refused; /* no request with it is taken */
	enum http_field field;
};

static const struct field_rule field_rules[] = {
	{ "host", false, HTTP_HOST }, { "content-length", false, HTTP_CONTENT_LENGTH },
	{ "connection", false, HTTP_CONNECTION }, { "content-type", false, HTTP_CONTENT_TYPE },
	{ "content-digest", false, HTTP_CONTENT_DIGEST }, { "signature-input", false, HTTP_SIGNATURE_INPUT },
	{ "signature", false, HTTP_SIGNATURE }, { "authorization", false, HTTP_AUTHORIZATION },
	{ "mailbox-key", false, HTTP_MAILBOX_KEY }, { "hold-key", false, HTTP_HOLD_KEY },
	{ "upload-key", false, HTTP_UPLOAD_KEY }, { "upload-offset", false, HTTP_UPLOAD_OFFSET },
	{ "upload-complete", false, HTTP_UPLOAD_COMPLETE }, { "transfer-encoding", true, HTTP_FIELD_COUNT },
	{ "expect", true, HTTP_FIELD_COUNT }, { "upgrade", true, HTTP_FIELD_COUNT },
	{ "trailer", true, HTTP_FIELD_COUNT },
	{ "proxy-connection", true, HTTP_FIELD_COUNT }, /* some parsers take it for Connection */
};

struct http_parser *http_parser_new(void)
{
	struct http_parser *parser = malloc(sizeof *parser);
	if (parser != NULL)
		http_parser_reset(parser);
	return parser;
}

void http_parser_free(struct http_parser *parser)
{
	free(parser);
}

void http_parser_reset(struct http_parser *parser)
{
	memset(parser, 0, offsetof(struct http_parser, text));
	parser->request.target = "";
	for (size_t i = 0; i < HTTP_FIELD_COUNT; i++)
		parser->request.field[i] = "";
}

const struct http_request *http_parser_request(const struct http_parser *parser)
{
	return &parser->request;
}

static int parse_request_line(struct http_parser *parser, char *line, size_t len)
{
	struct reader reader = reader_of(line, len);
	const char *method = NULL;
	const char *target = NULL;
	size_t method_len = 0;
	size_t target_len = 0;
	if (reader_field(&reader, ' ', &method, &method_len) != 0 ||
		reader_field(&reader, ' ', &target, &target_len) != 0)
		return -1;
	if (http_method_of(method, method_len, &parser->request.method) != 0 ||
		!http_is_target(target, target_len) || reader_literal(&reader, "HTTP/1.1") != 0 ||
		reader_end(&reader) != 0)
		return -1;
	line[method_len + 1 + target_len] = '\0';
	parser->request.target = line + method_len + 1;
	return 0;
}

/* Checks what the value of a field that steers the connection says. */
static int take_meaning(struct http_request *request, enum http_field field, char *value, size_t len)
{
	switch (field) {
	case HTTP_HOST:
		if (!http_is_host(value, len))
			return -1;
		http_lower(value, len);
		return 0;
	case HTTP_CONTENT_LENGTH: {
		struct reader reader = reader_of(value, len);
		uint64_t length = 0;
		if (reader_decimal(&reader, &length) != 0 || reader_end(&reader) != 0 ||
			length > HTTP_LENGTH_MAX)
			return -1;
		request->content_length = length;
		request->has_length = true;
		return 0;
	}
	case HTTP_CONNECTION:
		if (http_is_word(value, len, "close"))
			request->close = true;
		else if (!http_is_word(value, len, "keep-alive"))
			return -1;
		return 0;
	default:
		return 0;
	}
}

static int take_field(struct http_parser *parser, const struct field_rule *rule, char *value, size_t len)
{
	struct http_request *request = &parser->request;
	if (rule->refused || len > HTTP_VALUE_MAX || request->field[rule->field][0] != '\0')
		return -1;
	/* An empty value would hide a second one from the test above; parsers differ on tabs around a word.
	 */
	if (len == 0 || memchr(value, '\t', len) != NULL ||
		take_meaning(request, rule->field, value, len) != 0)
		return -1;
	value[len] = '\0';
	request->field[rule->field] = value;
	return 0;
}

static int parse_field_line(struct http_parser *parser, char *line, size_t len)
{
	size_t name_len = 0;
	if (++parser->fields > HTTP_FIELDS_MAX)
		return -1;
	while (name_len < len && line[name_len] != ':')
		name_len++;
	if (name_len == len || !http_is_token(line, name_len))
		return -1;
	char *value = line + name_len + 1;
	size_t value_len = len - name_len - 1;
	while (value_len > 0 && *value == ' ') {
		value++;
		value_len--;
	}
	while (value_len > 0 && value[value_len - 1] == ' ')
		value_len--;
	for (size_t i = 0; i < COUNT_OF(field_rules); i++)
		if (http_is_word(line, name_len, field_rules[i].name))
			return take_field(parser, &field_rules[i], value, value_len);
	return 0;
}

/* At the empty line: does it make a request? */
static int finish(const struct http_parser *parser)
{
	const struct http_request *request = &parser->request;
	bool may_have_body = request->method != METHOD_GET && request->method != METHOD_HEAD &&
			     request->method != METHOD_DELETE;
	if (!parser->seen_request_line || request->field[HTTP_HOST][0] == '\0')
		return -1;
	return may_have_body || request->content_length == 0 ? 0 : -1;
}

/* The line in text[line_start, text_len) is whole. */
static enum http_progress end_line(struct http_parser *parser)
{
	char *line = parser->text + parser->line_start;
	size_t len = parser->text_len - parser->line_start;
	int rc = 0;
	if (len == 0)
		return finish(parser) == 0 ? HTTP_COMPLETE : HTTP_MALFORMED;
	if (parser->seen_request_line) {
		rc = parse_field_line(parser, line, len);
	} else {
		rc = parse_request_line(parser, line, len);
		parser->seen_request_line = true;
	}
	parser->text_len++; /* the NUL's place */
	parser->line_start = parser->text_len;
	return rc == 0 ? HTTP_MORE : HTTP_MALFORMED;
}

static enum http_progress feed_byte(struct http_parser *parser, uint8_t byte)
{
	if (++parser->head_len > HTTP_HEAD_MAX)
		return HTTP_MALFORMED;
	if (parser->after_cr) {
		parser->after_cr = false;
		return byte == '\n' ? end_line(parser) : HTTP_MALFORMED;
	}
	if (byte == '\r') {
		parser->after_cr = true;
		return HTTP_MORE;
	}
	if (byte != '\t' && (byte < ' ' || byte > '~'))
		return HTTP_MALFORMED;
	parser->text[parser->text_len++] = (char)byte;
	return HTTP_MORE;
}

enum http_progress http_parser_feed(
	struct http_parser *parser, const uint8_t *data, size_t len, size_t *ret_taken)
{
	size_t taken = 0;
	while (parser->progress == HTTP_MORE && taken < len)
		parser->progress = feed_byte(parser, data[taken++]);
	*ret_taken = taken;
	return parser->progress;
}
