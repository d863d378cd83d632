/* What is nothing but a picture, and what isn't. */
#include "cmocka_all.h"

#include "proto/image.h"

#include <stdlib.h>
#include <string.h>

#define JPEG_HEAD "\xff\xd8"
#define JFIF      "\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
#define THUMBNAIL "\xff\xe0\x00\x13JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x01\x01\x00\x00\x00"
#define EXIF                                                                                                 \
	"\xff\xe1\x00\x0a"                                                                                   \
	"Exif\x00\x00MM"
#define COMMENT "\xff\xfe\x00\x04hi"
#define TABLE   "\xff\xdb\x00\x05\x00\x01\x02"
#define SCAN    "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x12\xff\x00\x34\xff\xd0\x56"
#define EOI     "\xff\xd9"

#define PNG_HEAD "\x89PNG\r\n\x1a\n"
#define IHDR                                                                                                 \
	"\x00\x00\x00\x01IHDR\x00"                                                                           \
	"crc!"
#define IDAT                                                                                                 \
	"\x00\x00\x00\x02IDAT\x00\x01"                                                                       \
	"crc!"
#define PNG_TEXT                                                                                             \
	"\x00\x00\x00\x02tEXtab"                                                                             \
	"crc!"
#define PNG_EXIF                                                                                             \
	"\x00\x00\x00\x02"                                                                                   \
	"eXIfMM"                                                                                             \
	"crc!"
#define PNG_TIME                                                                                             \
	"\x00\x00\x00\x01tIME\x01"                                                                           \
	"crc!"
#define IEND                                                                                                 \
	"\x00\x00\x00\x00IEND"                                                                               \
	"crc!"

#define GIF_HEAD                                                                                             \
	"GIF89a\x01\x00\x01\x00\x80\x00\x00"                                                                 \
	"abcdef"
#define GIF_COMMENT "\x21\xfe\x02hi\x00"
#define GIF_LOOP    "\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
#define GIF_XMP     "\x21\xff\x0bXMP DataXMP\x03\x01\x00\x00\x00"
#define GIF_CONTROL "\x21\xf9\x04\x00\x00\x00\x00\x00"
#define GIF_IMAGE   "\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"
#define GIF_END     "\x3b"

#define WEBP_HEAD "RIFF\x20\x00\x00\x00WEBP"
#define VP8L                                                                                                 \
	"VP8L\x03\x00\x00\x00"                                                                               \
	"abc"                                                                                                \
	"\x00"
#define WEBP_EXIF "EXIF\x02\x00\x00\x00MM"

struct example {
	enum image image;
	const char *bytes;
	size_t len;
	bool is_plain;
};

#define FILE_OF(image, plain, bytes)                                                                         \
	{                                                                                                    \
		(image), (bytes), sizeof(bytes) - 1, (plain)                                                 \
	}

static const struct example examples[] = {
	FILE_OF(IMAGE_JPEG, true, JPEG_HEAD JFIF TABLE SCAN EOI),
	FILE_OF(IMAGE_JPEG, true, JPEG_HEAD TABLE SCAN TABLE SCAN EOI),
	FILE_OF(IMAGE_JPEG, false, JPEG_HEAD EXIF TABLE SCAN EOI),
	FILE_OF(IMAGE_JPEG, false, JPEG_HEAD JFIF TABLE SCAN EXIF EOI),
	FILE_OF(IMAGE_JPEG, false, JPEG_HEAD THUMBNAIL TABLE SCAN EOI),
	FILE_OF(IMAGE_JPEG, false, JPEG_HEAD COMMENT TABLE SCAN EOI),
	FILE_OF(IMAGE_JPEG, false, JPEG_HEAD JFIF TABLE SCAN EOI "trailer"),
	FILE_OF(IMAGE_JPEG, false, JPEG_HEAD JFIF TABLE SCAN),
	FILE_OF(IMAGE_JPEG, false, JPEG_HEAD JFIF TABLE SCAN EOI JPEG_HEAD EXIF EOI),
	FILE_OF(IMAGE_PNG, true, PNG_HEAD IHDR IDAT IEND),
	FILE_OF(IMAGE_PNG, false, PNG_HEAD IHDR PNG_TEXT IDAT IEND),
	FILE_OF(IMAGE_PNG, false, PNG_HEAD IHDR IDAT PNG_EXIF IEND),
	FILE_OF(IMAGE_PNG, false, PNG_HEAD IHDR PNG_TIME IDAT IEND),
	FILE_OF(IMAGE_PNG, false, PNG_HEAD IHDR IDAT IEND "more"),
	FILE_OF(IMAGE_PNG, false, PNG_HEAD IHDR IDAT),
	FILE_OF(IMAGE_GIF, true, GIF_HEAD GIF_LOOP GIF_CONTROL GIF_IMAGE GIF_END),
	FILE_OF(IMAGE_GIF, false, GIF_HEAD GIF_COMMENT GIF_IMAGE GIF_END),
	FILE_OF(IMAGE_GIF, false, GIF_HEAD GIF_XMP GIF_IMAGE GIF_END),
	FILE_OF(IMAGE_GIF, false, GIF_HEAD GIF_IMAGE GIF_END "more"),
	FILE_OF(IMAGE_GIF, false, GIF_HEAD GIF_IMAGE),
	FILE_OF(IMAGE_WEBP, true, WEBP_HEAD VP8L),
	FILE_OF(IMAGE_WEBP, false, WEBP_HEAD VP8L WEBP_EXIF),
	FILE_OF(IMAGE_NONE, false, "%PDF-1.7 and more"),
	FILE_OF(IMAGE_NONE, false, "short"),
};

static void test_examples(void **state)
{
	(void)state;
	for (size_t at = 0; at < COUNT_OF(examples); at++) {
		const struct example *example = &examples[at];

		assert_int_equal(image_of((const uint8_t *)example->bytes, example->len), example->image);
		if (image_is_plain(example->image, (const uint8_t *)example->bytes, example->len) !=
			example->is_plain)
			fail_msg("example %zu", at);
	}
}

/* Cut anywhere, and with any one byte changed, nothing outside the file is read; and what is cut isn't whole.
 */
static void test_cut_and_changed(void **state)
{
	(void)state;
	for (size_t at = 0; at < COUNT_OF(examples); at++) {
		const struct example *example = &examples[at];

		for (size_t len = 0; len < example->len; len++) {
			uint8_t *copy = malloc(len); /* no byte more: reading behind it shows */

			assert_non_null(copy);
			memcpy(copy, example->bytes, len);
			if (example->is_plain && example->image != IMAGE_WEBP)
				assert_false(image_is_plain(example->image, copy, len));
			else
				(void)image_is_plain(example->image, copy, len);
			free(copy);
		}
		for (size_t place = 0; place < example->len * 256; place++) {
			uint8_t *copy = malloc(example->len);

			assert_non_null(copy);
			memcpy(copy, example->bytes, example->len);
			copy[place / 256] = (uint8_t)place;
			(void)image_is_plain(example->image, copy, example->len);
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_cut_and_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
