/* Text that a person wrote: valid UTF-8 (RFC 3629) without control characters (U+0000 to U+001F, U+007F to
 * U+009F). */
#ifndef PROTO_TEXT_H
#define PROTO_TEXT_H

#include "proto/base.h"

/* True for text of one line, empty text included. */
bool text_is_line(const char *text, size_t len);

/* The same, with line feeds allowed. */
bool text_is_lines(const char *text, size_t len);

/* A title: one line of 1 to max bytes that neither begins nor ends with a space. */
bool text_is_title(const char *text, size_t len, size_t max);

#endif
