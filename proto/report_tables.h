/* The blocks of a report, as report_schema.c walks them. */
#ifndef PROTO_REPORT_TABLES_H
#define PROTO_REPORT_TABLES_H

#include "proto/report_schema.h"

extern const struct schema_block report_block;

#endif
