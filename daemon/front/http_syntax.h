/* The grammar's small words, each a pure test of some bytes (RFC 9110 and 9112, narrowed as http_parser.h
 * says). */
#ifndef FRONT_HTTP_SYNTAX_H
#define FRONT_HTTP_SYNTAX_H

#include "channel/messages.h"

/* One of the six, or HTTP_METHOD_OTHER for another word of upper-case letters. */
MUST_USE int http_method_of(const char *text, size_t len, enum http_method *ret_method);

/* `/` and visible ASCII without `#`, at most HTTP_TARGET_MAX. */
bool http_is_target(const char *text, size_t len);

/* One or more token characters. */
bool http_is_token(const char *text, size_t len);

/* A name or IPv4 address, or an IPv6 literal in brackets, and an optional port from 1 to 65535. */
bool http_is_host(const char *text, size_t len);

bool http_is_literal(const char *text, size_t len, const char *literal);
/* The same whatever the case of text; word is in lower case. */
bool http_is_word(const char *text, size_t len, const char *word);
void http_lower(char *text, size_t len);

#endif
