/* One character of UTF-8 after the other, whatever the bytes are. */
#ifndef CLIENT_CODE_POINT_H
#define CLIENT_CODE_POINT_H

#include "proto/base.h"

#define CODE_POINT_NONE 0xFFFD

/* The code point that bytes (at least one) begin with, by strict UTF-8 (RFC 3629), and how many bytes it
 * takes; where they begin with none, CODE_POINT_NONE and 1. */
size_t code_point_read(const uint8_t *bytes, size_t len, uint32_t *ret_point);

#endif
