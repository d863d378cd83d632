/* Padmé (Nikitin et al., PETS 2019): lengths rounded up so that an observer of sizes learns next to nothing,
 * at a cost of at most 12 %. */
#ifndef PROTO_PADME_H
#define PROTO_PADME_H

#include "proto/base.h"

#define PADME_LEAST (16 * 1024) /* what a report, a note or an answer at least looks like */

/* The smallest Padmé length that is at least len and PADME_LEAST. */
uint64_t padme_length(uint64_t len);

#endif
