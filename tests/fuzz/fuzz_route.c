/* A method, a space, and a request target. */
#include "fuzz.h"

#include "proto/cursor.h"
#include "proto/route.h"

#include <string.h>

#define METHOD_MAX 16
#define TARGET_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader reader = reader_of(data, size);
	char method[METHOD_MAX], target[TARGET_MAX];
	const char *word = NULL;
	size_t len = 0;
	struct route route;

	fuzz_start();
	if (reader_field(&reader, ' ', &word, &len) != 0 || len >= METHOD_MAX || reader.left >= TARGET_MAX)
		return 0;
	memcpy(method, word, len);
	method[len] = '\0';
	if (reader.left > 0)
		memcpy(target, reader.at, reader.left);
	target[reader.left] = '\0';
	if (route_parse(method, target, "AAECAwQFBgcICQoLDA0ODw", &route) != 0 || route.call == CALL_NONE)
		return 0;
	must(strchr(target, '%') == NULL);
	must(route.path_len <= strlen(target) && route.wait <= ROUTE_WAIT_MAX);
	return 0;
}
