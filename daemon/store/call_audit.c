/* GET audit: the log's entries, for admins. GET audit/head: its end, and the digests from a number on, for
 * everybody of the roster, whose tools see by them that the log only grows. */
#include "audit.h"

#include "proto/encode.h"

#include <string.h>

struct page {
	struct buffer *out;
	struct buffer destroyed; /* beside the links: a list of its own */
	size_t count, most;
	bool more;
};

static int put_entry(void *context, const struct audit_row *row)
{
	struct page *page = context;

	if (page->count == page->most) {
		page->more = true;
		return 1;
	}
	if (page->count++ > 0)
		buffer_put_string(page->out, ",");
	buffer_put(page->out, row->json, row->json_len);
	return 0;
}

/* The JSON is our own, and no text in it holds a quote. */
static void put_destroyed(const struct audit_row *row, struct buffer *out)
{
	static const char kind[] = "\"kind\":\"" AUDIT_DESTROYED "\"", subject[] = "\"subject\":\"";
	const char *at = memmem(row->json, row->json_len, kind, sizeof kind - 1);

	at = at == NULL ? NULL : memmem(row->json, row->json_len, subject, sizeof subject - 1);
	if (at == NULL || (size_t)(row->json + row->json_len - at) < sizeof subject + AUDIT_BLIND_SIZE)
		return;
	buffer_put_string(out, out->len == 0 ? "\"" : ",\"");
	buffer_put(out, at + sizeof subject - 1, AUDIT_BLIND_SIZE - 1);
	buffer_put_string(out, "\"");
}

static int put_link(void *context, const struct audit_row *row)
{
	struct page *page = context;
	char digest[HEX_CHARS(SHA256_BYTES) + 1];

	if (page->count == page->most) {
		page->more = true;
		return 1;
	}
	put_destroyed(row, &page->destroyed);
	hex_encode(row->digest, sizeof row->digest, digest);
	buffer_put_format(page->out, "%s\"%s\"", page->count++ > 0 ? "," : "", digest);
	return 0;
}

static int put_head(struct store *store, struct buffer *out)
{
	struct audit_head head;

	audit_position(store, &head);
	head.time = store_now(store);
	if (audit_head_sign(&head, store->fingerprint, store->receipt_secret_key) != 0)
		return -1;
	return audit_head_write(&head, out);
}

/* What was only counted is told first, so that the answer holds it. */
static int write_page(struct request *request, const char *list, struct page *page, audit_each_row *each)
{
	struct store *store = request->front->store;
	struct buffer *out = &request->answer.body;

	audit_tell_counted(store, true);
	page->out = out;
	buffer_put_format(out, "{\"%s\":[", list);
	if (audit_each(store, request->route.after, each, page) != 0)
		return -1;
	buffer_put_string(out, "],\"head\":");
	if (put_head(store, out) != 0)
		return -1;
	buffer_put_format(out, ",\"more\":%s,\"restored\":", page->more ? "true" : "false");
	return restored_put(store, out);
}

void call_get_audit(struct request *request)
{
	struct page page = { .most = AUDIT_PAGE_ENTRIES };

	if (write_page(request, "entries", &page, put_entry) != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		return;
	}
	buffer_put_string(&request->answer.body, "}");
	request_answer(request, 200, "application/json");
}

void call_get_audit_head(struct request *request)
{
	struct page page = { .most = AUDIT_LINKS, .destroyed = buffer_of(AUDIT_LINKS_MAX) };

	if (write_page(request, "links", &page, put_link) != 0 || buffer_ok(&page.destroyed) != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		goto cleanup;
	}
	buffer_put_string(&request->answer.body, ",\"destroyed\":[");
	if (page.destroyed.len > 0)
		buffer_put(&request->answer.body, page.destroyed.data, page.destroyed.len);
	buffer_put_string(&request->answer.body, "]}");
	request_answer(request, 200, "application/json");
cleanup:
	buffer_free(&page.destroyed);
}
