#include "answer.h"
#include "decoy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

static void assert_page(struct decoy_page page, unsigned status, const char *type, const char *text)
{
	assert_int_equal(page.status, status);
	assert_string_equal(page.content_type, type);
	assert_int_equal(page.len, strlen(text));
	assert_memory_equal(page.data, text, page.len);
}

static void built_in_site(void **state)
{
	struct decoy *decoy = decoy_new();
	(void)state;
	struct decoy_page page = decoy_find(decoy, METHOD_GET, "/");
	assert_int_equal(page.status, 200);
	assert_string_equal(page.content_type, "text/html");
	assert_true(page.len > 0);
	assert_int_equal(decoy_find(decoy, METHOD_HEAD, "/?a=b").status, 200);
	assert_int_equal(decoy_find(decoy, METHOD_GET, "/x").status, 404);
	assert_int_equal(decoy_find(decoy, METHOD_GET, "/index.html").status, 404);
	decoy_free(decoy);
}

static void files_of_the_folder(void **state)
{
	struct decoy *decoy = decoy_new();
	(void)state;
	assert_int_equal(decoy_add(decoy, "index.html", (const uint8_t *)"home", 4), 0);
	assert_int_equal(decoy_add(decoy, "css/site.css", (const uint8_t *)"style", 5), 0);
	assert_int_equal(decoy_add(decoy, "about/index.html", (const uint8_t *)"about", 5), 0);
	assert_int_equal(decoy_add(decoy, "empty.TXT", NULL, 0), 0);
	assert_int_equal(decoy_add(decoy, "plain", (const uint8_t *)"?", 1), 0);
	assert_page(decoy_find(decoy, METHOD_GET, "/"), 200, "text/html", "home");
	assert_page(decoy_find(decoy, METHOD_GET, "/index.html"), 200, "text/html", "home");
	assert_page(decoy_find(decoy, METHOD_HEAD, "/css/site.css?v=2"), 200, "text/css", "style");
	assert_page(decoy_find(decoy, METHOD_GET, "/about/"), 200, "text/html", "about");
	assert_page(decoy_find(decoy, METHOD_GET, "/empty.TXT"), 200, "text/plain", "");
	assert_page(decoy_find(decoy, METHOD_GET, "/plain"), 200, "application/octet-stream", "?");
	static const char *const absent[] = { "/about", "/css/", "/css", "/css/site.cs", "/css/site.css/",
		"//index.html", "/../index.html", "/Index.html", "/%69ndex.html", "/plai" };
	for (size_t i = 0; i < COUNT_OF(absent); i++)
		assert_int_equal(decoy_find(decoy, METHOD_GET, absent[i]).status, 404);
	decoy_free(decoy);
}

/* One page for whatever isn't there, whatever was asked. */
static void one_page_for_the_rest(void **state)
{
	static const enum http_method others[] = { METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, 0 };
	struct decoy *decoy = decoy_new();
	(void)state;
	struct decoy_page page = decoy_find(decoy, METHOD_GET, "/x");
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		struct decoy_page other = decoy_find(decoy, others[i], "/");
		assert_int_equal(other.status, 404);
		assert_ptr_equal(other.data, page.data);
	}
	assert_int_equal(decoy_malformed().status, 400);
	decoy_free(decoy);
}

static void same_headers_in_all(void **state)
{
	struct decoy *decoy = decoy_new();
	struct decoy_page pages[] = { decoy_find(decoy, METHOD_GET, "/"), decoy_find(decoy, METHOD_GET, "/x"),
		decoy_malformed() };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pages); i++) {
		struct buffer out = buffer_of(4096);
		answer_page_head(&out, &pages[i], true);
		const char *text = buffer_text(&out);
		assert_non_null(text);
		const char *fields = strstr(text, "\r\n");
		assert_non_null(fields);
		assert_ptr_equal(strstr(fields, "\r\nContent-Type: text/html\r\nContent-Length: "), fields);
		assert_non_null(strstr(fields, "\r\nConnection: close\r\n\r\n"));
		assert_null(strcasestr(text, "clarion"));
		assert_null(strcasestr(text, "server"));
		buffer_free(&out);
	}
	decoy_free(decoy);
}

static void an_answer_without_a_body(void **state)
{
	const struct message_answer answer = { .status = 204,
		.content_type = "",
		.content_digest = "sha-256=:x:",
		.answer_signature = "s",
		.upload_offset = "7",
		.upload_complete = "?0",
		.location = "" };
	struct buffer out = buffer_of(4096);
	(void)state;
	answer_head(&out, &answer, false);
	assert_string_equal(buffer_text(&out),
		"HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\nContent-Digest: sha-256=:x:\r\n"
		"Answer-Signature: s\r\nUpload-Offset: 7\r\nUpload-Complete: ?0\r\n\r\n");
	buffer_free(&out);
}

static void a_problem(void **state)
{
	struct buffer out = buffer_of(8192);
	(void)state;
	answer_problem(&out, PROBLEM_BUSY, true);
	const char *text = buffer_text(&out);
	assert_memory_equal(text, "HTTP/1.1 503 ", 13);
	assert_non_null(strstr(text, "Content-Type: application/problem+json\r\n"));
	assert_non_null(strstr(text, "Connection: close\r\n"));
	assert_non_null(strstr(text, "/problems/busy"));
	buffer_clear(&out);
	answer_problem(&out, PROBLEM_BUSY, false);
	text = buffer_text(&out);
	assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_in_site),
		cmocka_unit_test(files_of_the_folder),
		cmocka_unit_test(one_page_for_the_rest),
		cmocka_unit_test(same_headers_in_all),
		cmocka_unit_test(an_answer_without_a_body),
		cmocka_unit_test(a_problem),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
