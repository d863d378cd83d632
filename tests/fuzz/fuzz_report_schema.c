/* A report that a stranger sealed: taken or refused, and what was taken is still taken when written again. */
#include "fuzz.h"

#include "proto/json.h"
#include "proto/report_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *report = NULL;
	struct fault fault = { "" };

	fuzz_start();
	if (report_schema_check((const char *)data, size, &report, &fault) == 0)
		must(report_schema_check_value(report, &fault) == 0);
	else
		must(fault.text[0] != '\0');
	json_decref(report);
	return 0;
}
