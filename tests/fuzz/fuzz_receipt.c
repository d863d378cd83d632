/* A receipt number that is taken has one canonical form, which is taken again. */
#include "fuzz.h"

#include "proto/receipt.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[RECEIPT_SIZE], again[RECEIPT_SIZE];
	struct fault fault;

	fuzz_start();
	if (receipt_parse((const char *)data, size, text, &fault) == 0) {
		must(strlen(text) == RECEIPT_SIZE - 1);
		must(receipt_parse(text, strlen(text), again, &fault) == 0 && strcmp(text, again) == 0);
	}
	return 0;
}
