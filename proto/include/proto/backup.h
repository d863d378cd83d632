/* What is in a backup: an age file for the admins, and in it a plain ustar archive of these files.
 *
 *     backup.json                    what it is of: {"fingerprint", "log", "organisation", "roster",
 * "schema", "taken"} daemon/store/clarion.db        the database; `clarion.db.1` and so on where it is longer
 * than BACKUP_PART_MAX daemon/store/clarion.db-wal    its log daemon/…                       configuration,
 * keyring, TLS key and certificate roster/VERSION.note            the newest roster
 *
 * Database and log are SQLite's files as they lay: together they open as after a power cut. */
#ifndef PROTO_BACKUP_H
#define PROTO_BACKUP_H

#include "proto/base.h"

#define BACKUP_PART_MAX  (UINT64_C(4) << 30) /* below what a ustar header can say */
#define BACKUP_FIRST     "backup.json"
#define BACKUP_DATABASE  "daemon/store/clarion.db"
#define BACKUP_LOG       "daemon/store/clarion.db-wal"
#define BACKUP_SMALL_MAX (2 * 1024 * 1024) /* every other file: the roster is the longest */

/* A name that a backup may hold: `backup.json`, or words of letters, digits, `-`, `_` and `.` below `daemon/`
 * or `roster/`, none of which begins with a dot. */
bool backup_name_is_safe(const char *name, size_t len);

#endif
