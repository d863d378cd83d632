/* What po/ holds, made into C when the program is built. */
#ifndef CLIENT_CATALOGUES_H
#define CLIENT_CATALOGUES_H

#include "proto/language.h"

extern const struct language catalogues[];
extern const size_t catalogue_count;

#endif
