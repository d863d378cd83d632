/* The daemon's metrics in Prometheus' text format, and its health in a few words (docs/operations.md,
 * "Watching it"). */
#ifndef SUPERVISOR_METRICS_TEXT_H
#define SUPERVISOR_METRICS_TEXT_H

#include "proto/buffer.h"

struct family;

#define METRICS_MAX (64 * 1024)

void metrics_write(const struct family *family, struct buffer *out);
/* One line a fact. True where reports can come in and be seen. */
bool health_write(const struct family *family, struct buffer *out);

#endif
