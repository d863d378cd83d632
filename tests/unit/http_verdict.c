#include "http_verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const method_words[] = { "OTHER", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };

void verdict_ours(const uint8_t *data, size_t len, size_t piece, char ret_verdict[VERDICT_SIZE])
{
	struct http_parser *parser = http_parser_new();
	enum http_progress progress = HTTP_MORE;
	size_t at = 0;
	if (parser == NULL)
		abort();
	while (at < len && progress == HTTP_MORE) {
		size_t taken = 0;
		progress = http_parser_feed(parser, data + at, len - at < piece ? len - at : piece, &taken);
		at += taken;
	}
	const struct http_request *request = http_parser_request(parser);
	if (progress == HTTP_MORE)
		snprintf(ret_verdict, VERDICT_SIZE, "more");
	else if (progress == HTTP_MALFORMED)
		snprintf(ret_verdict, VERDICT_SIZE, "reject");
	else
		snprintf(ret_verdict, VERDICT_SIZE,
			"accept %s %s length=%" PRIu64 " host=%s close=%d rest=%zu",
			method_words[request->method], request->target, request->content_length,
			request->field[HTTP_HOST], request->close, len - at);
	http_parser_free(parser);
}

bool verdict_agrees(const char *ours, const char *llhttp)
{
	if (strncmp(ours, "accept", 6) != 0)
		return true;
	return strncmp(ours, "accept OTHER ", 13) == 0 || strcmp(ours, llhttp) == 0;
}

static int hex_digit(char c)
{
	const char *at = c == '\0' ? NULL : strchr("0123456789abcdef", c);
	return at == NULL ? -1 : (int)(at - "0123456789abcdef");
}

int verdict_unescape(const char *text, size_t len, uint8_t ret_data[VERDICT_INPUT_MAX], size_t *ret_len)
{
	size_t out = 0;
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)text[i];
		if (out == VERDICT_INPUT_MAX)
			return -1;
		if (byte == '\\') {
			if (++i == len)
				return -1;
			if (text[i] == 'x') {
				if (i + 2 >= len || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0)
					return -1;
				byte = (uint8_t)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
				i += 2;
			} else if (strchr("rnt\\", text[i]) != NULL) {
				byte = text[i] == 'r'   ? '\r'
				       : text[i] == 'n' ? '\n'
				       : text[i] == 't' ? '\t'
							: '\\';
			} else {
				return -1;
			}
		}
		ret_data[out++] = byte;
	}
	*ret_len = out;
	return 0;
}

#if TESTS_HAVE_LLHTTP
#include <llhttp.h>

struct seen {
	char target[VERDICT_SIZE / 4];
	char name[VERDICT_SIZE / 4];
	char host[VERDICT_SIZE / 4];
	unsigned hosts;
	bool complete;
};

static void append(char *text, const char *at, size_t len)
{
	size_t used = strlen(text);
	if (used + len < VERDICT_SIZE / 4) {
		memcpy(text + used, at, len);
		text[used + len] = '\0';
	}
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
	append(((struct seen *)parser->data)->target, at, len);
	return 0;
}

static int on_name(llhttp_t *parser, const char *at, size_t len)
{
	append(((struct seen *)parser->data)->name, at, len);
	return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
	struct seen *seen = parser->data;
	if (strcasecmp(seen->name, "host") == 0)
		append(seen->host, at, len);
	return 0;
}

static int on_value_complete(llhttp_t *parser)
{
	struct seen *seen = parser->data;
	if (strcasecmp(seen->name, "host") == 0)
		seen->hosts++;
	seen->name[0] = '\0';
	return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
	((struct seen *)parser->data)->complete = true;
	return HPE_PAUSED;
}

bool verdict_have_llhttp(void)
{
	return true;
}

void verdict_llhttp(const uint8_t *data, size_t len, char ret_verdict[VERDICT_SIZE])
{
	struct seen *seen = calloc(1, sizeof *seen);
	llhttp_settings_t settings;
	llhttp_t parser;
	if (seen == NULL)
		abort();
	llhttp_settings_init(&settings);
	settings.on_url = on_url;
	settings.on_header_field = on_name;
	settings.on_header_value = on_value;
	settings.on_header_value_complete = on_value_complete;
	settings.on_headers_complete = on_headers_complete;
	llhttp_init(&parser, HTTP_REQUEST, &settings);
	parser.data = seen;
	const char *text = (const char *)data;
	llhttp_errno_t result = llhttp_execute(&parser, text, len);
	if (!seen->complete) {
		snprintf(ret_verdict, VERDICT_SIZE, result == HPE_OK ? "more" : "reject");
	} else {
		size_t rest = len - (size_t)(llhttp_get_error_pos(&parser) - text);
		for (char *c = seen->host; *c != '\0'; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c = (char)(*c - 'A' + 'a');
		for (size_t i = strlen(seen->host); i > 0 && strchr(" \t", seen->host[i - 1]) != NULL; i--)
			seen->host[i - 1] = '\0';
		snprintf(ret_verdict, VERDICT_SIZE,
			"accept %s %s length=%" PRIu64 " host=%s close=%d rest=%zu%s%s%s",
			llhttp_method_name(parser.method), seen->target, parser.content_length, seen->host,
			!llhttp_should_keep_alive(&parser), rest,
			(parser.flags & F_CHUNKED) ? " chunked" : "", parser.upgrade ? " upgrade" : "",
			parser.http_major != 1 || parser.http_minor != 1 ? " version" : "");
	}
	free(seen);
}
#else
bool verdict_have_llhttp(void)
{
	return false;
}

void verdict_llhttp(const uint8_t *data, size_t len, char ret_verdict[VERDICT_SIZE])
{
	(void)data;
	(void)len;
	ret_verdict[0] = '\0';
}
#endif
