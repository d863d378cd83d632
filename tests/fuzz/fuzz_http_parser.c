/* A stranger's bytes: whatever they are cut into, the HTTP parser comes to the same end, and what it hands on
 * is within its bounds. The first byte says how they are cut. */
#include "fuzz.h"
#include "http_parser.h"

#include <string.h>

static enum http_progress feed(
	struct http_parser *parser, const uint8_t *data, size_t len, size_t piece, size_t *ret_at)
{
	enum http_progress progress = HTTP_MORE;
	size_t at = 0;
	while (at < len && progress == HTTP_MORE) {
		size_t taken = 0;
		progress = http_parser_feed(parser, data + at, len - at < piece ? len - at : piece, &taken);
		at += taken;
	}
	*ret_at = at;
	return progress;
}

static void check(const struct http_request *request, const struct http_request *again)
{
	must(request->method == again->method && strcmp(request->target, again->target) == 0);
	must(request->content_length == again->content_length && request->has_length == again->has_length);
	must(request->close == again->close);
	must(request->target[0] == '/' && strlen(request->target) <= HTTP_TARGET_MAX);
	must(request->content_length <= HTTP_LENGTH_MAX && request->field[HTTP_HOST][0] != '\0');
	for (size_t i = 0; i < HTTP_FIELD_COUNT; i++) {
		must(strcmp(request->field[i], again->field[i]) == 0 &&
			strlen(request->field[i]) <= HTTP_VALUE_MAX);
		for (const char *c = request->field[i]; *c != '\0'; c++)
			must(*c >= ' ' && *c <= '~');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	const size_t piece = (size_t)data[0] + 1;
	struct http_parser *whole = http_parser_new();
	struct http_parser *cut = http_parser_new();
	size_t whole_at = 0;
	size_t cut_at = 0;
	must(whole != NULL && cut != NULL);
	enum http_progress progress = feed(whole, data + 1, size - 1, size, &whole_at);
	must(feed(cut, data + 1, size - 1, piece, &cut_at) == progress);
	must(whole_at == cut_at && cut_at <= HTTP_HEAD_MAX + 1);
	if (progress == HTTP_COMPLETE)
		check(http_parser_request(whole), http_parser_request(cut));
	http_parser_free(whole);
	http_parser_free(cut);
	return 0;
}
