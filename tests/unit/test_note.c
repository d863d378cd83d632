#include "cmocka_all.h"

#include "proto/encode.h"
#include "proto/note.h"
#include "proto/text.h"
#include "roster_fixture.h"

#include <stdlib.h>

#define GO_TEXT                                                                                              \
	"If you think cryptography is the answer to your problem,\n"                                         \
	"then you don't know what your problem is.\n"

static int refuses(const char *text)
{
	struct note note;
	struct fault fault = { "" };

	return note_parse((const uint8_t *)text, strlen(text), &note, &fault) == -1 && fault.text[0] != '\0';
}

static void a_signed_note_verifies(void **state)
{
	uint8_t public_key[32], secret_key[64];
	struct buffer out = buffer_of(4096);
	struct note_signature signature;
	struct note note;
	struct fault fault;

	(void)state;
	fixture_key(1, public_key, secret_key);
	assert_int_equal(
		note_sign((const uint8_t *)GO_TEXT, strlen(GO_TEXT), "ada", secret_key, &signature), 0);
	buffer_put_string(&out, GO_TEXT "\n");
	note_put_signature(&out, &signature);
	assert_int_equal(note_parse(out.data, out.len, &note, &fault), 0);
	assert_int_equal(note.text_len, strlen(GO_TEXT));
	assert_int_equal(note.signature_count, 1);
	assert_string_equal(note.signatures[0].name, "ada");
	assert_int_equal(note_verify(out.data, note.text_len, &note.signatures[0], public_key), 0);
	out.data[0] ^= 1;
	assert_int_equal(note_verify(out.data, note.text_len, &note.signatures[0], public_key), -1);
	out.data[0] ^= 1;
	note.signatures[0].name[0] = 'b';
	assert_int_equal(note_verify(out.data, note.text_len, &note.signatures[0], public_key), -1);
	fixture_key(2, public_key, NULL);
	note.signatures[0].name[0] = 'a';
	assert_int_equal(note_verify(out.data, note.text_len, &note.signatures[0], public_key), -1);
	buffer_free(&out);
}

/* The example of golang.org/x/mod/sumdb/note, whose format C2SP took over. Its name isn't one that a roster
 * may use, so the line is taken apart here. */
static void the_example_of_the_format_verifies(void **state)
{
	static const uint8_t key[32] = { 0x1a, 0x5c, 0xd9, 0x07, 0x14, 0x3c, 0x38, 0x4c, 0x41, 0xe8, 0x30,
		0xc5, 0xbc, 0xe1, 0x2a, 0xa8, 0x81, 0x7e, 0xc5, 0x64, 0x9a, 0xaa, 0xbf, 0x2c, 0x31, 0x38,
		0x8b, 0x35, 0xb2, 0xd7, 0x44, 0xd6 };
	static const char blob_text[] =
		"x08go/ZJkuBS9UG/"
		"SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
	static const uint8_t expected_id[4] = { 0xc7, 0x4f, 0x20, 0xa3 };
	struct note_signature signature = { .name = "PeterNeumann" };
	uint8_t blob[68], key_id[4];

	(void)state;
	assert_int_equal(
		base64_decode_fixed(BASE64_PADDED, blob_text, strlen(blob_text), blob, sizeof(blob)), 0);
	memcpy(signature.key_id, blob, 4);
	memcpy(signature.signature, blob + 4, 64);
	assert_int_equal(note_key_id("PeterNeumann", key, key_id), 0);
	assert_memory_equal(key_id, expected_id, sizeof(key_id));
	assert_int_equal(note_verify((const uint8_t *)GO_TEXT, strlen(GO_TEXT), &signature, key), 0);
	assert_int_equal(note_verify((const uint8_t *)GO_TEXT, strlen(GO_TEXT) - 1, &signature, key), -1);
}

static void a_draft_has_no_signature(void **state)
{
	struct note note;
	struct fault fault;

	(void)state;
	assert_int_equal(note_parse((const uint8_t *)"a\n\n", 3, &note, &fault), 0);
	assert_int_equal(note.text_len, 2);
	assert_int_equal(note.signature_count, 0);
}

#define BLOB "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define DASH "\xe2\x80\x94 "

static void malformed_notes_are_refused(void **state)
{
	struct note note;
	struct fault fault;

	(void)state;
	assert_int_equal(note_parse((const uint8_t *)"a\n\n" DASH "ada " BLOB "=\n",
				 strlen("a\n\n" DASH "ada " BLOB "=\n"), &note, &fault),
		0);
	assert_true(refuses(""));
	assert_true(refuses("a"));
	assert_true(refuses("a\n"));
	assert_true(refuses("a\n" DASH "ada " BLOB "=\n"));                          /* no empty line */
	assert_true(refuses("a\r\n\n"));                                             /* a control character */
	assert_true(refuses("a\x7f\n\n"));                                           /* DEL */
	assert_true(refuses("a\xc2\x85\n\n"));                                       /* a C1 control */
	assert_true(refuses("a\xff\n\n"));                                           /* not UTF-8 */
	assert_true(refuses("a\n\n" DASH "ada " BLOB "="));                          /* no LF at the end */
	assert_true(refuses("a\n\n- ada " BLOB "=\n"));                              /* another dash */
	assert_true(refuses("a\n\n" DASH "Ada " BLOB "=\n"));                        /* another name */
	assert_true(refuses("a\n\n" DASH "ada " BLOB "\n"));                         /* padding */
	assert_true(refuses("a\n\n" DASH "ada  " BLOB "=\n"));                       /* two spaces */
	assert_true(refuses("a\n\n" DASH "ada AAAA" BLOB "=\n"));                    /* too long */
	assert_true(refuses("a\n\n" DASH "ada " BLOB "= \n"));                       /* a space at the end */
	assert_true(refuses("a\n\n" DASH "ada " BLOB "=\n" DASH "ada " BLOB "=\n")); /* twice */
}

static void at_most_64_signatures(void **state)
{
	struct buffer out = buffer_of(65536);
	struct note note;
	struct fault fault;

	(void)state;
	buffer_put_string(&out, "a\n\n");
	for (unsigned i = 0; i < 64; i++)
		buffer_put_format(&out, DASH "a%u " BLOB "=\n", i);
	assert_int_equal(note_parse(out.data, out.len, &note, &fault), 0);
	buffer_put_string(&out, DASH "b " BLOB "=\n");
	assert_int_equal(note_parse(out.data, out.len, &note, &fault), -1);
	buffer_free(&out);
}

static void text_is_checked_as_utf8(void **state)
{
	static const char *const wrong[] = { "\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
		"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xf0\x9f\x98",
		"a\xc3", "\x1b[0m", "\t", "\xc2\x80", "\xc2\x9f" };
	static const char *const right[] = { "", "a", "\xc2\xa0", "\xd8\xb3", "\xe2\x82\xac", "\xed\x9f\xbf",
		"\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_false(text_is_line(wrong[i], strlen(wrong[i])));
		assert_false(text_is_lines(wrong[i], strlen(wrong[i])));
	}
	for (size_t i = 0; i < COUNT_OF(right); i++)
		assert_true(text_is_line(right[i], strlen(right[i])));
	assert_false(text_is_line("a\0b", 3));
	assert_false(text_is_line("a\nb", 3));
	assert_true(text_is_lines("a\nb", 3));
	assert_true(text_is_title("a b", 3, 3));
	assert_false(text_is_title("a b", 3, 2));
	assert_false(text_is_title("", 0, 2));
	assert_false(text_is_title(" a", 2, 2));
	assert_false(text_is_title("a ", 2, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signed_note_verifies),
		cmocka_unit_test(the_example_of_the_format_verifies),
		cmocka_unit_test(a_draft_has_no_signature),
		cmocka_unit_test(malformed_notes_are_refused),
		cmocka_unit_test(at_most_64_signatures),
		cmocka_unit_test(text_is_checked_as_utf8),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
