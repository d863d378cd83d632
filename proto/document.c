#include "proto/document.h"

#include "proto/cursor.h"

#include <string.h>

static const char *const extensions[] = { "", "pdf", "odt", "ods", "odp", "odg", "docx", "xlsx", "pptx",
	"mp3", "flac", "ogg", "wav", "mp4" };

/* --- Which one it is */

#define ZIP_NAME_AT 30 /* of the first part's name, behind its head */
#define MPEG_SYNC   0xe0

static bool starts_with(const struct reader *file, size_t at, const char *text)
{
	size_t len = strlen(text);

	return file->left >= at + len && bytes_equal(file->at + at, text, len);
}

/* OpenDocument's first part is its type, as it is; Microsoft's formats show theirs somewhere behind. */
static enum document archive_of(const struct reader *file, const char *extension)
{
	static const struct {
		const char *type;
		enum document document;
	} types[] = {
		{ "mimetypeapplication/vnd.oasis.opendocument.text", DOCUMENT_ODT },
		{ "mimetypeapplication/vnd.oasis.opendocument.spreadsheet", DOCUMENT_ODS },
		{ "mimetypeapplication/vnd.oasis.opendocument.presentation", DOCUMENT_ODP },
		{ "mimetypeapplication/vnd.oasis.opendocument.graphics", DOCUMENT_ODG },
	};

	for (size_t at = 0; at < COUNT_OF(types); at++)
		if (starts_with(file, ZIP_NAME_AT, types[at].type))
			return types[at].document;
	for (enum document document = DOCUMENT_DOCX; document <= DOCUMENT_PPTX; document++)
		if (strcmp(extension, extensions[document]) == 0)
			return document;
	return DOCUMENT_NONE;
}

/* Of the family of ISO 14496-12 what is a film or sound. Its pictures (HEIC, AVIF) aren't. */
static bool is_film(const struct reader *file)
{
	static const char *const brands[] = { "isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1",
		"M4A ", "M4V ", "qt  ", "3gp4", "3gp5", "3gp6", "3g2a", "MSNV", "dash" };

	if (!starts_with(file, 4, "ftyp"))
		return false;
	for (size_t at = 0; at < COUNT_OF(brands); at++)
		if (starts_with(file, 8, brands[at]))
			return true;
	return false;
}

static bool is_mp3_frame(const struct reader *file)
{
	/* Layer III; layers are numbered downwards. */
	return file->left >= 4 && file->at[0] == 0xff && (file->at[1] & MPEG_SYNC) == MPEG_SYNC &&
	       (file->at[1] & 0x06) == 0x02;
}

enum document document_of(const uint8_t *start, size_t len, const char *extension)
{
	const struct reader file = reader_of(start, len);

	if (starts_with(&file, 0, "%PDF-"))
		return DOCUMENT_PDF;
	if (starts_with(&file, 0, "PK\x03\x04"))
		return archive_of(&file, extension);
	if (starts_with(&file, 0, "fLaC"))
		return DOCUMENT_FLAC;
	if (starts_with(&file, 0, "OggS"))
		return DOCUMENT_OGG;
	if (starts_with(&file, 0, "RIFF") && starts_with(&file, 8, "WAVE"))
		return DOCUMENT_WAV;
	if (starts_with(&file, 0, "ID3") || is_mp3_frame(&file))
		return DOCUMENT_MP3;
	return is_film(&file) ? DOCUMENT_MP4 : DOCUMENT_NONE;
}

const char *document_extension(enum document document)
{
	return extensions[document];
}

bool document_is_archive(enum document document)
{
	return document >= DOCUMENT_ODT && document <= DOCUMENT_PPTX;
}

/* --- What is left in it */

static bool contains(const struct reader *file, const char *text)
{
	return memmem(file->at, file->left, text, strlen(text)) != NULL;
}

static bool is_one_of(const uint8_t *type, const char *const *types, size_t count)
{
	for (size_t at = 0; at < count; at++)
		if (bytes_equal(type, types[at], 4))
			return true;
	return false;
}

static bool is_all_zero(const uint8_t *bytes, size_t len)
{
	uint8_t any = 0;

	for (size_t at = 0; at < len; at++)
		any |= bytes[at];
	return any == 0;
}

/* Keys of a document's and of a part's description, files and programs inside it. A page of text can't hold
 * them: it is a picture now. */
static bool is_plain_pdf(const struct reader *file)
{
	static const char *const keys[] = { "/Author", "/Creator", "/Producer", "/Title", "/Subject",
		"/Keywords", "/CreationDate", "/ModDate", "/Metadata", "/EmbeddedFile", "/JavaScript",
		"/Annots" };

	for (size_t at = 0; at < COUNT_OF(keys); at++)
		if (contains(file, keys[at]))
			return false;
	return contains(file, "%%EOF");
}

/* An ID3v2 tag that holds nothing but room, as who empties one leaves it. */
static bool skip_empty_tag(struct reader *file)
{
	const uint8_t *head, *content;
	size_t size = 0;

	if (reader_view(file, 10, &head) != 0)
		return false;
	for (size_t at = 6; at < 10; at++)
		size = size << 7 | (head[at] & 0x7f);
	return reader_view(file, size, &content) == 0 && is_all_zero(content, size);
}

/* Tags stand before the sound (ID3v2) or behind it (ID3v1, APE, Lyrics3). */
static bool is_plain_mp3(struct reader file)
{
	if (starts_with(&file, 0, "ID3") && !skip_empty_tag(&file))
		return false;
	return is_mp3_frame(&file) && !contains(&file, "APETAGEX") && !contains(&file, "LYRICSBEGIN") &&
	       !contains(&file, "ID3\x03") && !contains(&file, "ID3\x04") &&
	       !(file.left > 128 && bytes_equal(file.at + file.left - 128, "TAG", 3));
}

static bool read_little_u32(struct reader *reader, uint32_t *ret_value)
{
	const uint8_t *bytes;

	if (reader_view(reader, 4, &bytes) != 0)
		return false;
	*ret_value = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
	return true;
}

/* A Vorbis comment: who made the encoder, and no comments. */
static bool has_no_comments(struct reader comment)
{
	const uint8_t *vendor;
	uint32_t len, count;

	return read_little_u32(&comment, &len) && reader_view(&comment, len, &vendor) == 0 &&
	       read_little_u32(&comment, &count) && count == 0;
}

/* RFC 9639 */
#define FLAC_STREAMINFO 0
#define FLAC_PADDING    1
#define FLAC_SEEKTABLE  3
#define FLAC_COMMENT    4
#define FLAC_IS_LAST    0x80

static bool is_plain_flac(struct reader file)
{
	const uint8_t *head, *content;
	uint8_t kind;

	if (reader_literal(&file, "fLaC") != 0)
		return false;
	do {
		size_t size;

		if (reader_view(&file, 4, &head) != 0)
			return false;
		size = (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
		kind = head[0] & (uint8_t)~FLAC_IS_LAST;
		if (reader_view(&file, size, &content) != 0 ||
			(kind == FLAC_PADDING && !is_all_zero(content, size)) ||
			(kind == FLAC_COMMENT && !has_no_comments(reader_of(content, size))) ||
			(kind != FLAC_STREAMINFO && kind != FLAC_PADDING && kind != FLAC_SEEKTABLE &&
				kind != FLAC_COMMENT))
			return false;
	} while ((head[0] & FLAC_IS_LAST) == 0);
	return file.left > 0;
}

/* Each stream in it has a comment head, and that is empty. Only the two kinds that we know. */
static bool is_plain_ogg(struct reader file)
{
	static const char *const heads[] = { "\x03vorbis", "OpusTags" };
	bool has_any = false;

	for (size_t at = 0; at < COUNT_OF(heads); at++) {
		struct reader left = file;
		const uint8_t *found;

		while ((found = memmem(left.at, left.left, heads[at], strlen(heads[at]))) != NULL) {
			left.left -= (size_t)(found - left.at) + strlen(heads[at]);
			left.at = found + strlen(heads[at]);
			if (!has_no_comments(left))
				return false;
			has_any = true;
		}
	}
	return has_any;
}

static bool is_plain_wav(struct reader file)
{
	static const char *const needs[] = { "fmt ", "fact", "data" };
	const uint8_t *head, *content;
	uint32_t size;

	if (reader_view(&file, 12, &head) != 0)
		return false;
	while (file.left > 0)
		if (reader_view(&file, 4, &head) != 0 || !is_one_of(head, needs, COUNT_OF(needs)) ||
			!read_little_u32(&file, &size) ||
			reader_view(&file, (size_t)size + (size & 1), &content) != 0)
			return false;
	return true;
}

/* --- MP4 (ISO 14496-12): boxes in boxes */

#define BOX_DEPTH_MAX 3 /* moov, trak, mdia: what lies deeper says how it is encoded */

struct box {
	const uint8_t *type;
	struct reader content;
};

static bool next_box(struct reader *reader, struct box *ret_box)
{
	const uint8_t *content;
	uint32_t size;
	uint64_t left;

	if (reader_u32(reader, &size) != 0 || reader_view(reader, 4, &ret_box->type) != 0)
		return false;
	if (size == 1 && (reader_u64(reader, &left) != 0 || left < 16))
		return false;
	if (size != 1 && size < 8)
		return false;
	left = size == 1 ? left - 16 : size - 8U;
	if (left > reader->left || reader_view(reader, (size_t)left, &content) != 0)
		return false;
	ret_box->content = reader_of(content, (size_t)left);
	return true;
}

/* mvhd, tkhd and mdhd begin with when it was made and changed. */
static bool is_dateless(const struct reader *head)
{
	size_t len = head->left > 0 && head->at[0] == 1 ? 16 : 8;

	return head->left >= 4 + len && is_all_zero(head->at + 4, len);
}

/* Films only hold pictures and sound: a telephone's or an action camera's places lie in a track of their own.
 */
static bool is_picture_or_sound(const struct reader *handler)
{
	static const char *const kinds[] = { "vide", "soun" };

	return handler->left >= 12 && is_one_of(handler->at + 8, kinds, COUNT_OF(kinds));
}

/* A list of tags without a tag in it, as ffmpeg leaves it. */
static bool is_empty_list(struct reader udta)
{
	struct box meta, inner;
	const uint8_t *version;

	return next_box(&udta, &meta) && bytes_equal(meta.type, "meta", 4) && udta.left == 0 &&
	       reader_view(&meta.content, 4, &version) == 0 && next_box(&meta.content, &inner) &&
	       bytes_equal(inner.type, "hdlr", 4) && next_box(&meta.content, &inner) &&
	       bytes_equal(inner.type, "ilst", 4) && inner.content.left == 0 && meta.content.left == 0;
}

static bool is_plain_box(const struct box *box)
{
	static const char *const headers[] = { "mvhd", "tkhd", "mdhd" };

	if (is_one_of(box->type, headers, COUNT_OF(headers)))
		return is_dateless(&box->content);
	if (bytes_equal(box->type, "hdlr", 4))
		return is_picture_or_sound(&box->content);
	if (bytes_equal(box->type, "udta", 4))
		return is_empty_list(box->content);
	if (bytes_equal(box->type, "free", 4))
		return box->content.left == 0;
	return true;
}

/* The boxes that a film needs at each depth; the first of them has the next depth in it. */
static bool is_plain_mp4(struct reader file)
{
	static const char *const needs[BOX_DEPTH_MAX + 1][4] = { { "moov", "ftyp", "free", "mdat" },
		{ "trak", "mvhd", "udta", "udta" }, { "mdia", "tkhd", "edts", "edts" },
		{ "minf", "mdhd", "hdlr", "hdlr" } };
	struct reader outer[BOX_DEPTH_MAX + 1] = { file };
	bool has_film = false;
	size_t depth = 0;

	for (;;) {
		struct box box;

		if (outer[depth].left == 0) {
			if (depth == 0)
				return has_film;
			depth--;
			continue;
		}
		if (!next_box(&outer[depth], &box) || !is_one_of(box.type, needs[depth], 4) ||
			!is_plain_box(&box))
			return false;
		if (depth < BOX_DEPTH_MAX && bytes_equal(box.type, needs[depth][0], 4))
			outer[++depth] = box.content;
		has_film |= depth > 0;
	}
}

bool document_is_plain(enum document document, const uint8_t *data, size_t len)
{
	const struct reader file = reader_of(data, len);

	switch (document) {
	case DOCUMENT_PDF:
		return starts_with(&file, 0, "%PDF-") && is_plain_pdf(&file);
	case DOCUMENT_MP3:
		return is_plain_mp3(file);
	case DOCUMENT_FLAC:
		return is_plain_flac(file);
	case DOCUMENT_OGG:
		return starts_with(&file, 0, "OggS") && is_plain_ogg(file);
	case DOCUMENT_WAV:
		return starts_with(&file, 0, "RIFF") && is_plain_wav(file);
	case DOCUMENT_MP4:
		return is_plain_mp4(file);
	case DOCUMENT_NONE:
		return false;
	case DOCUMENT_ODT:
	case DOCUMENT_ODS:
	case DOCUMENT_ODP:
	case DOCUMENT_ODG:
	case DOCUMENT_DOCX:
	case DOCUMENT_XLSX:
	case DOCUMENT_PPTX:
		break;
	}
	return starts_with(&file, 0, "PK\x03\x04");
}
