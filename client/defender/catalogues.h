/* What po/ holds, made into C when the program is built. */
#ifndef DEFENDER_CATALOGUES_H
#define DEFENDER_CATALOGUES_H

#include "proto/language.h"

extern const struct language catalogues[];
extern const size_t catalogue_count;

#endif
