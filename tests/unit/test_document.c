/* Which document, sound or film a file is, and what shows that something was left in its copy. */
#include "cmocka_all.h"

#include "proto/document.h"

#include <stdlib.h>
#include <string.h>

#define PDF     "%PDF-1.5\n<< /Type /Catalog >>\n"
#define PDF_END "%%EOF\n"

#define FRAME   "\xff\xfb\x90\x64soundsound"
#define NO_TAG  "ID3\x04\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00"
#define ID3_TAG "ID3\x04\x00\x00\x00\x00\x00\x0bTPE1\x00\x00\x00\x01N\x00\x00"
#define THIRTY  "Nadia........................."
#define ID3_OLD "TAG" THIRTY THIRTY THIRTY THIRTY "....."

#define STREAMINFO  "fLaC\x00\x00\x00\x02xy"
#define NO_COMMENT  "\x04\x00\x00\x0b\x03\x00\x00\x00xyz\x00\x00\x00\x00"
#define COMMENT     "\x04\x00\x00\x0b\x03\x00\x00\x00xyz\x01\x00\x00\x00"
#define COVER       "\x06\x00\x00\x01p"
#define ROOM        "\x81\x00\x00\x02\x00\x00"
#define ROOM_FILLED "\x81\x00\x00\x02N\x00"

#define OGG        "OggS............\x03vorbis\x03\x00\x00\x00xyz"
#define OPUS       "OggS............OpusTags\x03\x00\x00\x00xyz"
#define NO_ENTRIES "\x00\x00\x00\x00more"
#define ONE_ENTRY  "\x01\x00\x00\x00\x01\x00\x00\x00Nmore"

#define WAV      "RIFF\x00\x00\x00\x00WAVEfmt \x02\x00\x00\x00xydata\x03\x00\x00\x00xyz\x00"
#define WAV_INFO "LIST\x04\x00\x00\x00INFO"

#define FTYP                                                                                                 \
	"\x00\x00\x00\x0c"                                                                                   \
	"ftypisom"
#define FREE                                                                                                 \
	"\x00\x00\x00\x08"                                                                                   \
	"free"
#define FREE_FULL                                                                                            \
	"\x00\x00\x00\x09"                                                                                   \
	"freeN"
#define MDAT                                                                                                 \
	"\x00\x00\x00\x0a"                                                                                   \
	"mdatxy"
#define MDAT_LARGE                                                                                           \
	"\x00\x00\x00\x01"                                                                                   \
	"mdat\x00\x00\x00\x00\x00\x00\x00\x11x"
#define MVHD       "\x00\x00\x00\x14mvhd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
#define MVHD_DATED "\x00\x00\x00\x14mvhd\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00"
#define HDLR(kind) "\x00\x00\x00\x14hdlr\x00\x00\x00\x00\x00\x00\x00\x00" kind
#define MINF       "\x00\x00\x00\x09minfx"
#define UDTA       "\x00\x00\x00\x09udtaN"
#define EMPTY_LIST                                                                                           \
	"\x00\x00\x00\x30udta\x00\x00\x00\x28meta\x00\x00\x00\x00" HDLR("mdir") "\x00\x00\x00\x08ilst"
/* mdia: 8 + 20 + 9; trak: 8 + 37; moov: 8 + 20 + 45, or 48 more */
#define TRAK(kind)       "\x00\x00\x00\x2dtrak\x00\x00\x00\x25mdia" HDLR(kind) MINF
#define MOOV(head, kind) "\x00\x00\x00\x49moov" head TRAK(kind)
#define MOOV_LIST        "\x00\x00\x00\x79moov" MVHD TRAK("vide") EMPTY_LIST
#define MOOV_TAGS        "\x00\x00\x00\x52moov" MVHD TRAK("vide") UDTA

#define ZIP(name) "PK\x03\x04.........................." name

struct example {
	enum document document;
	const char *extension, *bytes;
	size_t len;
	bool is_plain;
};

#define FILE_OF(document, plain, bytes)                                                                      \
	{                                                                                                    \
		(document), "", (bytes), sizeof(bytes) - 1, (plain)                                          \
	}
#define NAMED(document, extension, plain, bytes)                                                             \
	{                                                                                                    \
		(document), (extension), (bytes), sizeof(bytes) - 1, (plain)                                 \
	}

static const struct example examples[] = {
	FILE_OF(DOCUMENT_PDF, true, PDF PDF_END),
	FILE_OF(DOCUMENT_PDF, false, PDF "<< /Author (Nadia) >>" PDF_END),
	FILE_OF(DOCUMENT_PDF, false, PDF "<< /Metadata 4 0 R >>" PDF_END),
	FILE_OF(DOCUMENT_PDF, false, PDF),
	FILE_OF(DOCUMENT_MP3, true, FRAME),
	FILE_OF(DOCUMENT_MP3, true, NO_TAG FRAME),
	FILE_OF(DOCUMENT_MP3, false, ID3_TAG FRAME),
	FILE_OF(DOCUMENT_MP3, false, FRAME ID3_OLD),
	FILE_OF(DOCUMENT_MP3, false, FRAME "APETAGEX"),
	FILE_OF(DOCUMENT_FLAC, true, STREAMINFO NO_COMMENT ROOM "sound"),
	FILE_OF(DOCUMENT_FLAC, false, STREAMINFO COMMENT ROOM "sound"),
	FILE_OF(DOCUMENT_FLAC, false, STREAMINFO COVER ROOM "sound"),
	FILE_OF(DOCUMENT_FLAC, false, STREAMINFO NO_COMMENT ROOM_FILLED "sound"),
	FILE_OF(DOCUMENT_OGG, true, OGG NO_ENTRIES),
	FILE_OF(DOCUMENT_OGG, true, OPUS NO_ENTRIES),
	FILE_OF(DOCUMENT_OGG, false, OGG ONE_ENTRY),
	FILE_OF(DOCUMENT_OGG, false, OGG NO_ENTRIES OPUS ONE_ENTRY),
	FILE_OF(DOCUMENT_OGG, false, "OggS............\x80theora"),
	FILE_OF(DOCUMENT_WAV, true, WAV),
	FILE_OF(DOCUMENT_WAV, false, WAV WAV_INFO),
	FILE_OF(DOCUMENT_MP4, true, FTYP FREE MDAT MOOV(MVHD, "vide")),
	FILE_OF(DOCUMENT_MP4, true, FTYP MOOV(MVHD, "soun") MDAT_LARGE),
	FILE_OF(DOCUMENT_MP4, true, FTYP MDAT MOOV_LIST),
	FILE_OF(DOCUMENT_MP4, false, FTYP MDAT MOOV_TAGS),
	FILE_OF(DOCUMENT_MP4, false, FTYP FREE_FULL MDAT MOOV(MVHD, "vide")),
	FILE_OF(DOCUMENT_MP4, false, FTYP MDAT MOOV(MVHD_DATED, "vide")),
	FILE_OF(DOCUMENT_MP4, false, FTYP MDAT MOOV(MVHD, "meta")),
	FILE_OF(DOCUMENT_MP4, false, FTYP MDAT MOOV(MVHD, "vide") UDTA),
	FILE_OF(DOCUMENT_MP4, false, FTYP MDAT "\x00\x00\x00\x11moov" UDTA),
	FILE_OF(DOCUMENT_MP4, false, FTYP MDAT),
	FILE_OF(DOCUMENT_ODT, true, ZIP("mimetypeapplication/vnd.oasis.opendocument.text")),
	FILE_OF(DOCUMENT_ODS, true, ZIP("mimetypeapplication/vnd.oasis.opendocument.spreadsheet")),
	NAMED(DOCUMENT_DOCX, "docx", true, ZIP("[Content_Types].xml")),
	NAMED(DOCUMENT_XLSX, "xlsx", true, ZIP("[Content_Types].xml")),
	NAMED(DOCUMENT_NONE, "zip", false, ZIP("[Content_Types].xml")),
	NAMED(DOCUMENT_NONE, "docx", false, "not an archive"),
	FILE_OF(DOCUMENT_NONE, false,
		"\x00\x00\x00\x0c"
		"ftypheic"),
	FILE_OF(DOCUMENT_NONE, false, "short"),
};

static void test_examples(void **state)
{
	(void)state;
	for (size_t at = 0; at < COUNT_OF(examples); at++) {
		const struct example *example = &examples[at];
		const uint8_t *bytes = (const uint8_t *)example->bytes;

		if (document_of(bytes, example->len, example->extension) != example->document)
			fail_msg("example %zu is of another kind", at);
		if (document_is_plain(example->document, bytes, example->len) != example->is_plain)
			fail_msg("example %zu", at);
	}
}

/* Cut anywhere, and with any one byte changed, nothing outside the file is read. */
static void test_cut_and_changed(void **state)
{
	(void)state;
	for (size_t at = 0; at < COUNT_OF(examples); at++) {
		const struct example *example = &examples[at];

		for (size_t len = 0; len < example->len; len++) {
			uint8_t *copy = malloc(len); /* no byte more: reading behind it shows */

			assert_non_null(copy);
			memcpy(copy, example->bytes, len);
			(void)document_of(copy, len, "");
			(void)document_is_plain(example->document, copy, len);
			free(copy);
		}
		for (size_t place = 0; place < example->len * 256; place++) {
			uint8_t *copy = malloc(example->len);

			assert_non_null(copy);
			memcpy(copy, example->bytes, example->len);
			copy[place / 256] = (uint8_t)place;
			(void)document_is_plain(example->document, copy, example->len);
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
