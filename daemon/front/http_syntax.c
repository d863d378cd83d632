#include "http_syntax.h"

#include "http_parser.h"

#include <string.h>

#define METHOD_MAX 24  /* longer than any that is registered */
#define HOST_MAX   255 /* of a name in the DNS */
#define PORT_MAX   65535

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alphanumeric(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool http_is_literal(const char *text, size_t len, const char *literal)
{
	return len == strlen(literal) && strncmp(text, literal, len) == 0;
}

bool http_is_word(const char *text, size_t len, const char *word)
{
	for (size_t i = 0; i < len; i++)
		if (word[i] == '\0' || lower(text[i]) != word[i])
			return false;
	return word[len] == '\0';
}

void http_lower(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		text[i] = lower(text[i]);
}

int http_method_of(const char *text, size_t len, enum http_method *ret_method)
{
	for (enum http_method method = METHOD_GET; method <= METHOD_DELETE; method++) {
		if (http_is_literal(text, len, http_method_word(method))) {
			*ret_method = method;
			return 0;
		}
	}
	if (len == 0 || len > METHOD_MAX)
		return -1;
	for (size_t i = 0; i < len; i++)
		if ((text[i] < 'A' || text[i] > 'Z') && text[i] != '-')
			return -1;
	*ret_method = HTTP_METHOD_OTHER;
	return 0;
}

bool http_is_target(const char *text, size_t len)
{
	if (len == 0 || len > HTTP_TARGET_MAX || text[0] != '/')
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '#')
			return false;
	return true;
}

bool http_is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_alphanumeric(text[i]) &&
			(text[i] == '\0' || strchr("!#$%&'*+-.^_`|~", text[i]) == NULL))
			return false;
	return len > 0;
}

static bool is_port(const char *text, size_t len)
{
	struct reader reader = reader_of(text, len);
	uint64_t port = 0;
	return reader_decimal(&reader, &port) == 0 && reader_end(&reader) == 0 && port >= 1 &&
	       port <= PORT_MAX;
}

bool http_is_host(const char *text, size_t len)
{
	size_t end = 0;
	if (len == 0 || len > HOST_MAX)
		return false;
	if (text[0] == '[') {
		for (end = 1; end < len && text[end] != ']'; end++)
			if (strchr("0123456789abcdefABCDEF:.", text[end]) == NULL)
				return false;
		if (end < 3 || end == len)
			return false;
		end++;
	} else {
		while (end < len && (is_alphanumeric(text[end]) || text[end] == '-' || text[end] == '.' ||
					    text[end] == '_'))
			end++;
		if (end == 0)
			return false;
	}
	return end == len || (text[end] == ':' && is_port(text + end + 1, len - end - 1));
}
