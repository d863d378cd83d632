/* Pictures as files: which format it is, and whether there is anything in the file besides the picture. */
#ifndef PROTO_IMAGE_H
#define PROTO_IMAGE_H

#include "proto/base.h"

#define IMAGE_START 12 /* bytes that image_of wants to see */

enum image { IMAGE_NONE, IMAGE_JPEG, IMAGE_PNG, IMAGE_GIF, IMAGE_WEBP };

/* By its first bytes, whatever the file is called. */
enum image image_of(const uint8_t *start, size_t len);

/* `jpg`; "" for IMAGE_NONE. */
const char *image_extension(enum image image);

/* True where every part of the file is one that the picture needs: no Exif, XMP, IPTC, comment, thumbnail,
 * application's block, and nothing behind its end. False too for what isn't whole. */
bool image_is_plain(enum image image, const uint8_t *data, size_t len);

#endif
