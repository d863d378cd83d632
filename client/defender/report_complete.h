/* What a report made of answers needs besides them, so that its blocks are whole: references, and what was
 * not answered. */
#ifndef DEFENDER_REPORT_COMPLETE_H
#define DEFENDER_REPORT_COMPLETE_H

#include "proto/base.h"

#include <jansson.h>

/* Fields that a block must have are put down as "rather not say" where they weren't answered; blocks that say
 * nothing are taken out. */
MUST_USE int report_complete(json_t *report);

#endif
