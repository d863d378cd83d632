/* Points in time as Clarion writes them: RFC 3339 in UTC, whole seconds, `2026-11-24T08:30:00Z`.
 * In memory they are seconds since 1970 (int64_t). proto/ has no clock of its own. */
#ifndef PROTO_TIME_H
#define PROTO_TIME_H

#include "proto/base.h"

#define TIME_CHARS  20
#define TIME_SIZE   (TIME_CHARS + 1)
#define TIME_LATEST INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* Exactly that form; a leap second, an offset or a fraction is refused. */
MUST_USE int time_parse(const char *text, size_t len, int64_t *ret_seconds);

/* seconds must lie between 0 and TIME_LATEST; anything else is written as the nearer end. */
void time_format(int64_t seconds, char ret_text[TIME_SIZE]);

/* Cut down to a whole step (60, 3600). */
int64_t time_cut(int64_t seconds, int64_t step);

#endif
