/* A desk's rota from an officer or from the server: what is taken comes out the same after writing and
 * reading once more. */
#include "fuzz.h"

#include "proto/rota.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = buffer_of(2 * ROTA_MAX), once_more = buffer_of(2 * ROTA_MAX);
	struct rota *rota = NULL, *again = NULL;
	struct fault fault;

	fuzz_start();
	if (rota_parse((const char *)data, size, &rota, &fault) == 0) {
		must(rota_verify(rota, "x") != 0);
		must(!rota_covers(rota, NULL, INT64_MAX));
		must(rota_write(rota, &out) == 0);
		must(rota_parse((const char *)out.data, out.len, &again, &fault) == 0);
		must(rota_write(again, &once_more) == 0);
		must(out.len == once_more.len && bytes_equal(out.data, once_more.data, out.len));
	}
	rota_free(rota);
	rota_free(again);
	buffer_free(&out);
	buffer_free(&once_more);
	return 0;
}
