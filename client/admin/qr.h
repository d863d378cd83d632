/* QR codes in a terminal. */
#ifndef ADMIN_QR_H
#define ADMIN_QR_H

#include "proto/buffer.h"

/* Appends the code as lines of half blocks, two rows of modules a line, light on dark. -1 where the text is
 * too long or memory is short. */
MUST_USE int qr_draw(const char *text, struct buffer *out);

#endif
