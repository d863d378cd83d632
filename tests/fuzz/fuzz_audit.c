/* What a server says of its audit log: entries that are taken come out the same after writing and reading
 * once more. */
#include "fuzz.h"

#include "proto/audit.h"

#include <stdlib.h>

static void rewrite(const struct audit_page *page)
{
	struct buffer out = buffer_of(AUDIT_PAGE_MAX);
	struct audit_page *again = NULL;
	struct fault fault;
	uint8_t first[SHA256_BYTES], second[SHA256_BYTES];

	buffer_put_string(&out, "{\"entries\":[");
	for (size_t i = 0; i < page->count; i++) {
		buffer_put_string(&out, i == 0 ? "" : ",");
		must(audit_entry_write(&page->entries[i], &out) == 0);
	}
	buffer_put_string(&out, "],\"head\":");
	must(audit_head_write(&page->head, &out) == 0);
	buffer_put_string(
		&out, page->more ? ",\"more\":true,\"restored\":" : ",\"more\":false,\"restored\":");
	if (page->has_restored)
		must(audit_restored_write(&page->restored, &out) == 0);
	else
		buffer_put_string(&out, "null");
	buffer_put_string(&out, "}");
	must(audit_page_parse((const char *)out.data, out.len, &again, &fault) == 0);
	must(again->count == page->count && again->more == page->more &&
		again->head.number == page->head.number);
	for (size_t i = 0; i < page->count; i++) {
		must(audit_digest(&page->entries[i], first) == 0 &&
			audit_digest(&again->entries[i], second) == 0);
		must(bytes_equal(first, second, sizeof(first)));
	}
	audit_page_free(again);
	buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct audit_page *page = NULL;
	struct audit_links *links = NULL;
	struct audit_head head;
	struct audit_restored restored;
	struct fault fault;

	fuzz_start();
	if (audit_page_parse((const char *)data, size, &page, &fault) == 0)
		rewrite(page);
	if (audit_links_parse((const char *)data, size, &links, &fault) == 0)
		must(links->count <= AUDIT_LINKS);
	if (audit_head_parse((const char *)data, size, &head, &fault) == 0)
		must(head.number <= INT64_MAX);
	if (audit_restored_parse((const char *)data, size, &restored, &fault) == 0)
		must(restored.roster > 0);
	audit_page_free(page);
	free(links);
	return 0;
}
