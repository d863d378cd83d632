/* The database's schema over time. Only backend_sqlite.c uses it. */
#ifndef STORE_BACKEND_SCHEMA_H
#define STORE_BACKEND_SCHEMA_H

#include "proto/base.h"

#include <sqlite3.h>

/* Sets the pragmas that every connection needs, and brings the schema up to the version that this program
 * knows: each step in a transaction of its own, so that an interrupted upgrade goes on where it was. Refuses
 * a newer one. */
MUST_USE int schema_settle(sqlite3 *database, struct fault *fault);

#endif
