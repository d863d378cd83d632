/* The opened content of a report, for an evidence bundle. */
#ifndef OFFICER_EXPORT_OPENED_H
#define OFFICER_EXPORT_OPENED_H

#include "bundle.h"
#include "report.h"

/* opened/report.json, opened/attachments/ and, where there is evidence, opened/EVIDENCE-SHA256SUMS. */
MUST_USE int export_opened(const struct report *report, struct bundle *bundle, struct failure *failure);

#endif
