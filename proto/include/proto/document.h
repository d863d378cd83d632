/* Documents, sound and film as files: which format it is, and whether a copy from which metadata were taken
 * out shows that some are left. */
#ifndef PROTO_DOCUMENT_H
#define PROTO_DOCUMENT_H

#include "proto/base.h"

#define DOCUMENT_START 512 /* bytes that document_of wants to see, or the whole file */

enum document {
	DOCUMENT_NONE,
	DOCUMENT_PDF,
	DOCUMENT_ODT,
	DOCUMENT_ODS,
	DOCUMENT_ODP,
	DOCUMENT_ODG,
	DOCUMENT_DOCX,
	DOCUMENT_XLSX,
	DOCUMENT_PPTX,
	DOCUMENT_MP3,
	DOCUMENT_FLAC,
	DOCUMENT_OGG,
	DOCUMENT_WAV,
	DOCUMENT_MP4, /* and what a film for it may be made of: QuickTime, 3GP, M4A */
};

/* By its first bytes; what they leave open (Microsoft's three formats start alike) by the extension that it
 * goes by, in lower case. */
enum document document_of(const uint8_t *start, size_t len, const char *extension);

/* `pdf`; "" for DOCUMENT_NONE. */
const char *document_extension(enum document document);

/* Whether it is an archive of parts, which can't be looked into here: document_is_plain says of those only
 * that it is one. */
bool document_is_archive(enum document document);

/* False where something is in it that tells more than what can be seen and heard, and for what isn't whole:
 * tags of every kind, an author, dates, a track that is neither picture nor sound. */
bool document_is_plain(enum document document, const uint8_t *data, size_t len);

#endif
