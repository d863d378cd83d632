/* The strict subset of HTTP/1.1 that Clarion speaks to strangers: a head, byte by byte, and nothing of the
 * body.
 *
 * Accepted: GET HEAD POST PUT PATCH DELETE (another method is told apart, for the decoy site); an origin-form
 * target of visible ASCII; exactly HTTP/1.1; lines ended by CR LF; exactly one Host of valid syntax; at most
 * one Content-Length in plain decimal; `Connection: close` or `keep-alive`. Refused: everything that two
 * parsers could understand in two ways (Transfer-Encoding, folding, bare LF, control bytes, bytes above 0x7e,
 * doubled fields, Expect, Upgrade, a body on GET, HEAD or DELETE). Other fields are ignored. The parser has
 * no input or output of its own and never allocates besides itself. */
#ifndef FRONT_HTTP_PARSER_H
#define FRONT_HTTP_PARSER_H

#include "channel/messages.h"

#define HTTP_HEAD_MAX   8192 /* bytes up to and with the empty line: what nginx and others take by default */
#define HTTP_FIELDS_MAX 32   /* ours send at most 12, a browser some 15 */
#define HTTP_TARGET_MAX (CHANNEL_TARGET_MAX - 1)
#define HTTP_VALUE_MAX  (CHANNEL_FIELD_MAX - 1)
#define HTTP_LENGTH_MAX (UINT64_C(1) << 40) /* far above what any desk takes, far below an overflow */

/* A method that has no meaning here: whatever its request says, it ends the connection. */
#define HTTP_METHOD_OTHER ((enum http_method)0)

/* The fields that have a meaning here: each at most once. */
enum http_field {
	HTTP_HOST,
	HTTP_CONTENT_LENGTH,
	HTTP_CONNECTION,
	HTTP_CONTENT_TYPE,
	HTTP_CONTENT_DIGEST,
	HTTP_SIGNATURE_INPUT,
	HTTP_SIGNATURE,
	HTTP_AUTHORIZATION,
	HTTP_MAILBOX_KEY,
	HTTP_HOLD_KEY,
	HTTP_UPLOAD_KEY,
	HTTP_UPLOAD_OFFSET,
	HTTP_UPLOAD_COMPLETE,
	HTTP_FIELD_COUNT,
};

struct http_request {
	enum http_method method;
	const char *target;
	const char *field[HTTP_FIELD_COUNT]; /* "" where it wasn't sent; Host in lower case */
	bool has_length;                     /* a Content-Length was sent, 0 included */
	uint64_t content_length;
	bool close;
};

enum http_progress { HTTP_MORE, HTTP_COMPLETE, HTTP_MALFORMED };

struct http_parser;

/* NULL where memory is short. */
MUST_USE struct http_parser *http_parser_new(void);
void http_parser_free(struct http_parser *parser);

/* Ready for the next request. */
void http_parser_reset(struct http_parser *parser);

/* Takes bytes in pieces of any size. After HTTP_COMPLETE, *ret_taken bytes belonged to the head and the rest
 * are its body's; after HTTP_MALFORMED the connection has no meaning any more. Both last until a reset. */
enum http_progress http_parser_feed(
	struct http_parser *parser, const uint8_t *data, size_t len, size_t *ret_taken);

/* What was parsed: only after HTTP_COMPLETE, and until the parser is reset or freed. */
const struct http_request *http_parser_request(const struct http_parser *parser);

#endif
