/* Between the files that write and sign a roster. */
#ifndef PROTO_ROSTER_INTERNAL_H
#define PROTO_ROSTER_INTERNAL_H

#include "proto/roster.h"

/* What is signed: the parsed bytes where there are any, `+` lines and all. */
MUST_USE int roster_put_signed_part(const struct roster *roster, struct buffer *out);

#endif
