/* Cursor, buffer, hex and base64: what all parsing and writing stands on. */
#include "cmocka_all.h"

#include "proto/buffer.h"
#include "proto/cursor.h"
#include "proto/encode.h"

#include <string.h>

static void a_cursor_takes_all_or_nothing(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7 };
	struct reader reader = reader_of(bytes, sizeof bytes);
	uint64_t wide = 99;
	uint32_t word = 99;
	uint16_t half = 99;
	uint8_t byte = 99;

	(void)state;
	assert_int_equal(reader_u64(&reader, &wide), -1);
	assert_int_equal(wide, 99);
	assert_int_equal(reader.left, 7);
	assert_int_equal(reader_u32(&reader, &word), 0);
	assert_int_equal(word, 0x01020304);
	assert_int_equal(reader_u32(&reader, &word), -1);
	assert_int_equal(reader_u16(&reader, &half), 0);
	assert_int_equal(half, 0x0506);
	assert_int_equal(reader_end(&reader), -1);
	assert_int_equal(reader_u8(&reader, &byte), 0);
	assert_int_equal(byte, 7);
	assert_int_equal(reader_u8(&reader, &byte), -1);
	assert_int_equal(reader_end(&reader), 0);
}

static void lengths_in_front_are_bounded(void **state)
{
	static const uint8_t blob[] = { 0, 0, 0, 3, 'a', 'b', 'c' };
	static const uint8_t too_long[] = { 0, 0, 0, 4, 'a', 'b', 'c' };
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff, 'a' };
	static const uint8_t with_nul[] = { 0, 0, 0, 3, 'a', 0, 'c' };
	struct reader reader = reader_of(blob, sizeof blob);
	const uint8_t *view = NULL;
	size_t len = 0;
	char text[4] = "";

	(void)state;
	assert_int_equal(reader_blob(&reader, 2, &view, &len), -1);
	assert_int_equal(reader.left, sizeof blob);
	assert_int_equal(reader_text(&reader, text, 3), -1); /* no room for the NUL */
	assert_int_equal(reader_text(&reader, text, 4), 0);
	assert_string_equal(text, "abc");
	reader = reader_of(too_long, sizeof too_long);
	assert_int_equal(reader_blob(&reader, 100, &view, &len), -1);
	assert_int_equal(reader.left, sizeof too_long);
	reader = reader_of(huge, sizeof huge);
	assert_int_equal(reader_blob(&reader, SIZE_MAX, &view, &len), -1);
	reader = reader_of(with_nul, sizeof with_nul);
	assert_int_equal(reader_text(&reader, text, sizeof text), -1);
}

static void lines_fields_and_decimals(void **state)
{
	static const char text[] = "one two\nthree";
	static const char *const bad[] = { "", "x", "01", "+1", "-1", " 1", "99999999999999999999",
		"18446744073709551616" };
	struct reader reader = reader_of(text, strlen(text)), field;
	const char *line = NULL;
	size_t len = 0;
	uint64_t value = 0;

	(void)state;
	assert_int_equal(reader_line(&reader, &line, &len), 0);
	assert_int_equal(len, 7);
	assert_int_equal(reader_line(&reader, &line, &len), -1);
	assert_int_equal(reader.left, 5);
	assert_int_equal(reader_literal(&reader, "thref"), -1);
	assert_int_equal(reader_literal(&reader, "three!"), -1);
	assert_int_equal(reader_literal(&reader, "three"), 0);
	field = reader_of("a,,b", 4);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(reader_field(&field, ',', &line, &len), 0);
		assert_int_equal(len, i == 1 ? 0 : 1);
	}
	assert_int_equal(reader_field(&field, ',', &line, &len), -1);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		reader = reader_of(bad[i], strlen(bad[i]));
		if (reader_decimal(&reader, &value) == 0 && reader_end(&reader) == 0)
			fail_msg("%s", bad[i]);
	}
	reader = reader_of("1234567890123456789;", 20);
	assert_int_equal(reader_decimal(&reader, &value), 0);
	assert_int_equal(value, 1234567890123456789);
	assert_int_equal(reader.left, 1);
	reader = reader_of("0", 1);
	assert_int_equal(reader_decimal(&reader, &value), 0);
	assert_int_equal(value, 0);
}

static void a_buffer_never_grows_beyond_its_bound(void **state)
{
	struct buffer buffer = buffer_of(10);

	(void)state;
	buffer_put_string(&buffer, "0123456789");
	assert_int_equal(buffer_ok(&buffer), 0);
	buffer_put_u8(&buffer, 1);
	assert_int_equal(buffer_ok(&buffer), -1);
	assert_int_equal(buffer.len, 10);
	assert_null(buffer_text(&buffer));
	assert_null(buffer_grow(&buffer, 0));
	buffer_free(&buffer);
	buffer = buffer_of(10);
	assert_null(buffer_grow(&buffer, SIZE_MAX));
	buffer_free(&buffer);
	buffer = buffer_of(100);
	buffer_put_format(&buffer, "%s-%d", "a", 5);
	assert_string_equal(buffer_text(&buffer), "a-5");
	buffer_drop(&buffer, 2);
	assert_string_equal(buffer_text(&buffer), "5");
	buffer_drop(&buffer, 100);
	assert_int_equal(buffer.len, 0);
	buffer_put_u16(&buffer, 0x0102);
	buffer_put_u32(&buffer, 0x03040506);
	buffer_put_u64(&buffer, 0x0708090a0b0c0d0e);
	for (uint8_t i = 0; i < 14; i++)
		assert_int_equal(buffer.data[i], i + 1);
	buffer_free(&buffer);
}

static void what_a_buffer_puts_a_cursor_takes(void **state)
{
	struct buffer buffer = buffer_of(1000);
	struct reader reader;
	const uint8_t *view = NULL;
	char text[6] = "", fixed[2] = "";
	uint64_t wide = 0;
	size_t len = 0;

	(void)state;
	buffer_put_text(&buffer, "hello");
	buffer_put_blob(&buffer, "a\0b", 3);
	buffer_put_blob(&buffer, "", 0);
	buffer_put_u64(&buffer, UINT64_C(0xfedcba9876543210));
	buffer_put(&buffer, "xyz", 3);
	assert_int_equal(buffer_ok(&buffer), 0);
	reader = reader_of(buffer.data, buffer.len);
	assert_int_equal(reader_text(&reader, text, sizeof text), 0);
	assert_string_equal(text, "hello");
	assert_int_equal(reader_blob(&reader, 3, &view, &len), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(view, "a\0b", 3);
	assert_int_equal(reader_blob(&reader, 0, &view, &len), 0);
	assert_int_equal(len, 0);
	assert_int_equal(reader_u64(&reader, &wide), 0);
	assert_true(wide == UINT64_C(0xfedcba9876543210));
	assert_int_equal(reader_view(&reader, 4, &view), -1);
	assert_int_equal(reader_view(&reader, 1, &view), 0);
	assert_memory_equal(view, "x", 1);
	assert_int_equal(reader_fixed(&reader, fixed, 3), -1);
	assert_int_equal(reader_fixed(&reader, fixed, 2), 0);
	assert_memory_equal(fixed, "yz", 2);
	assert_int_equal(reader_end(&reader), 0);
	buffer_free(&buffer);
}

/* Once a put failed, the content stays as it was and nothing more is added, even what would fit. */
static void a_failed_buffer_stays_failed(void **state)
{
	struct buffer buffer = buffer_of(8);

	(void)state;
	buffer_put_u32(&buffer, 0x01020304);
	buffer_put_blob(&buffer, "x", 1); /* five bytes */
	assert_int_equal(buffer_ok(&buffer), -1);
	assert_int_equal(buffer.len, 4);
	buffer_put_u8(&buffer, 5);
	buffer_put_format(&buffer, "%d", 5);
	assert_int_equal(buffer.len, 4);
	assert_memory_equal(buffer.data, "\1\2\3\4", 4);
	buffer_free(&buffer);
	buffer_free(&buffer);
	buffer_free(NULL);
}

static void a_cleared_buffer_holds_nothing_of_before(void **state)
{
	struct buffer buffer = buffer_of(100);
	const uint8_t *data;

	(void)state;
	buffer_put_string(&buffer, "a secret");
	data = buffer.data;
	buffer_clear(&buffer);
	assert_int_equal(buffer.len, 0);
	assert_ptr_equal(buffer.data, data);
	for (size_t i = 0; i < strlen("a secret"); i++)
		assert_int_equal(data[i], 0);
	assert_string_equal(buffer_text(&buffer), "");
	buffer_free(&buffer);
}

/* RFC 4648, section 10. */
static void base64_vectors(void **state)
{
	static const struct {
		const char *plain, *padded, *raw;
	} rows[] = { { "", "", "" }, { "f", "Zg==", "Zg" }, { "fo", "Zm8=", "Zm8" },
		{ "foo", "Zm9v", "Zm9v" }, { "foob", "Zm9vYg==", "Zm9vYg" },
		{ "fooba", "Zm9vYmE=", "Zm9vYmE" }, { "foobar", "Zm9vYmFy", "Zm9vYmFy" } };
	char text[16];
	uint8_t data[8];
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		base64_encode(BASE64_PADDED, rows[i].plain, strlen(rows[i].plain), text);
		assert_string_equal(text, rows[i].padded);
		base64_encode(BASE64_RAW, rows[i].plain, strlen(rows[i].plain), text);
		assert_string_equal(text, rows[i].raw);
		assert_int_equal(base64_decode(BASE64_RAW, text, strlen(text), data, sizeof data, &len), 0);
		assert_int_equal(len, strlen(rows[i].plain));
		assert_memory_equal(data, rows[i].plain, len);
		assert_int_equal(base64_decode(BASE64_PADDED, rows[i].padded, strlen(rows[i].padded), data,
					 sizeof data, &len),
			0);
		assert_int_equal(len, strlen(rows[i].plain));
		assert_memory_equal(data, rows[i].plain, len);
		if (strcmp(rows[i].raw, rows[i].padded) != 0) {
			assert_int_equal(base64_decode(BASE64_PADDED, rows[i].raw, strlen(rows[i].raw), data,
						 sizeof data, &len),
				-1);
			assert_int_equal(base64_decode(BASE64_RAW, rows[i].padded, strlen(rows[i].padded),
						 data, sizeof data, &len),
				-1);
		}
	}
	base64_encode(BASE64_URL, "\xfb\xff", 2, text);
	assert_string_equal(text, "-_8");
	assert_int_equal(base64_decode_fixed(BASE64_URL, "-_8", 3, data, 2), 0);
	assert_int_equal(base64_decode_fixed(BASE64_URL, "+/8", 3, data, 2), -1);
}

static void only_canonical_base64(void **state)
{
	static const char *const bad[] = { "Zh", "Zm9", "Z", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v====", "Zm9-",
		"Zg=", "\xc3\xa9vv" };
	static const char *const badly_padded[] = { "=", "====", "Z===", "Zg=a",
		"Zg==Zg==", "Zh==", "Zm9=", "Zm9v=", "Zg==\n", "Zg" };
	uint8_t data[16];
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(badly_padded); i++) {
		if (base64_decode(BASE64_PADDED, badly_padded[i], strlen(badly_padded[i]), data, sizeof data,
			    &len) == 0)
			fail_msg("%s", badly_padded[i]);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (base64_decode(BASE64_RAW, bad[i], strlen(bad[i]), data, sizeof data, &len) == 0)
			fail_msg("%s", bad[i]);
	}
	assert_int_equal(base64_decode(BASE64_RAW, "Zm9vYmFy", 8, data, 5, &len), -1);
	assert_int_equal(base64_decode_fixed(BASE64_RAW, "Zm9v", 4, data, 2), -1);
	assert_int_equal(base64_decode_fixed(BASE64_RAW, "Zm9v", 4, data, 4), -1);
}

/* Of all texts of up to three characters, exactly those are taken that the encoder writes. */
static void base64_has_one_form(void **state)
{
	static const enum base64_kind kinds[] = { BASE64_RAW, BASE64_URL };

	(void)state;
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		size_t taken = 0;

		for (unsigned value = 0; value < 1u << 21; value++) {
			char text[5], again[5];
			size_t text_len = value >> 14 != 0 ? 3 : value >> 7 != 0 ? 2 : 1, len;
			uint8_t data[3];

			for (size_t i = 0; i < text_len; i++)
				text[i] = (char)(value >> (7 * i) & 0x7f);
			if (base64_decode(kinds[k], text, text_len, data, sizeof data, &len) != 0)
				continue;
			base64_encode(kinds[k], data, len, again);
			assert_int_equal(strlen(again), text_len);
			assert_memory_equal(text, again, text_len);
			taken++;
		}
		assert_int_equal(taken, 65536 + 256);
	}
}

static void only_lower_case_hex(void **state)
{
	char text[9];
	uint8_t data[4];

	(void)state;
	hex_encode("\x00\x9f\xff\x10", 4, text);
	assert_string_equal(text, "009fff10");
	assert_int_equal(hex_decode("009fff10", 8, data, 4), 0);
	assert_memory_equal(data, "\x00\x9f\xff\x10", 4);
	assert_int_equal(hex_decode("009FFF10", 8, data, 4), -1);
	assert_int_equal(hex_decode("009fff1", 7, data, 4), -1);
	assert_int_equal(hex_decode("009fff1g", 8, data, 4), -1);
	assert_int_equal(hex_decode("009fff1000", 10, data, 4), -1);
	assert_int_equal(hex_decode(" 09fff10", 8, data, 4), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cursor_takes_all_or_nothing),
		cmocka_unit_test(lengths_in_front_are_bounded),
		cmocka_unit_test(lines_fields_and_decimals),
		cmocka_unit_test(a_buffer_never_grows_beyond_its_bound),
		cmocka_unit_test(what_a_buffer_puts_a_cursor_takes),
		cmocka_unit_test(a_failed_buffer_stays_failed),
		cmocka_unit_test(a_cleared_buffer_holds_nothing_of_before),
		cmocka_unit_test(base64_vectors),
		cmocka_unit_test(only_canonical_base64),
		cmocka_unit_test(base64_has_one_form),
		cmocka_unit_test(only_lower_case_hex),
	};

	return proto_init() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
