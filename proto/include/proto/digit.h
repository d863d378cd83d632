/* Decimal digits as keyboards of all our languages make them: ASCII, Arabic-Indic, Persian and full-width. */
#ifndef PROTO_DIGIT_H
#define PROTO_DIGIT_H

#include "proto/base.h"

/* The digit that text begins with, as ASCII, and how many bytes it takes; 0 where it begins with none. */
size_t digit_read(const char *text, size_t len, char *ret_digit);

#endif
