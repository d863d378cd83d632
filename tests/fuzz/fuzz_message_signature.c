/* The two fields of a signed request, one a line, and a Content-Digest behind them. */
#include "fuzz.h"

#include "proto/cursor.h"
#include "proto/message_signature.h"

#include <string.h>

#define FIELD_MAX 4096

static void copy_line(struct reader *reader, char ret_text[FIELD_MAX])
{
	const char *line = NULL;
	size_t len = 0;

	ret_text[0] = '\0';
	if (reader_line(reader, &line, &len) != 0 || len >= FIELD_MAX || memchr(line, '\0', len) != NULL)
		return;
	memcpy(ret_text, line, len);
	ret_text[len] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct signed_request request = {
		.method = "GET", .authority = "a.example", .path = "/x", .query = ""
	};
	struct reader reader = reader_of(data, size);
	struct request_signature signature;
	char input[FIELD_MAX], value[FIELD_MAX], again[CONTENT_DIGEST_SIZE];
	uint8_t digest[SHA256_BYTES];
	struct fault fault;

	fuzz_start();
	copy_line(&reader, input);
	copy_line(&reader, value);
	if (request_signature_parse(input, value, &signature, &fault) == 0)
		either(request_signature_verify(&signature, &request));
	if (content_digest_parse((const char *)reader.at, reader.left, digest) == 0) {
		content_digest_format(digest, again);
		must(strlen(again) == reader.left && bytes_equal(again, reader.at, reader.left));
	}
	return 0;
}
