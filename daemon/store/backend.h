/* Storage, as the rest of the store sees it: rows of sealed bytes under blind indexes and numbers. What is in
 * them, and who may see it, is decided above (seal.h); nothing here knows a key. One implementation: SQLite
 * (backend_sqlite.c).
 *
 * Writes happen between backend_begin and backend_commit; nothing is durable before backend_commit has
 * returned 0. A write that fails leaves the group to be rolled back. Reads see what was written before them
 * in the same group. */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "proto/base.h"
#include "proto/buffer.h"

#define BLIND_INDEX_BYTES 16

struct backend;

enum backend_error {
	BACKEND_FINE,
	BACKEND_MISSING, /* no such row */
	BACKEND_FULL,    /* the disk, or the bound set by backend_limit */
	BACKEND_BROKEN,  /* an I/O error or a damaged file */
};

/* Opens (or makes) name in the working directory, brings its schema up to date, and takes an exclusive lock
 * that ends with the process. Refuses a newer schema. */
MUST_USE int backend_open(const char *name, struct backend **ret_backend, struct fault *fault);
void backend_close(struct backend *backend);

/* Bytes that the database may grow to; 0 for no bound. */
void backend_limit(struct backend *backend, uint64_t bytes);
/* Bytes of the pages in use, and of those that are free again. */
uint64_t backend_bytes(struct backend *backend);

/* Why the last call failed. */
enum backend_error backend_error(const struct backend *backend);

MUST_USE int backend_begin(struct backend *backend);
MUST_USE int backend_commit(struct backend *backend);
void backend_rollback(struct backend *backend);
bool backend_in_group(const struct backend *backend);

/* Moves the log into the database and empties it, at a clean end and for a log that nothing else has kept
 * small. Waits for a checkpoint that another process is at. */
MUST_USE int backend_checkpoint(struct backend *backend);
/* The same without waiting, and the file keeps its room, which the next commits fill again. False where it
 * can't be done now. */
bool backend_restart_log(struct backend *backend);
/* Of the log since it was last empty. */
uint64_t backend_log_bytes(const struct backend *backend);
/* Gives back the memory of pages that are kept for the next reader. Not in a group. */
void backend_rest(struct backend *backend);

struct backend_view {
	const uint8_t *data;
	size_t len;
};

/* A report, or (with seq 0) an upload that isn't complete. `body` names its payload's chunks and is unique.
 */
struct backend_report {
	uint64_t seq; /* rises over the whole daemon, without gaps that tell anything; 0 for an upload */
	uint64_t body;
	uint8_t id[BLIND_INDEX_BYTES];
	bool is_open;
	uint8_t open_desk[BLIND_INDEX_BYTES]; /* only where is_open: the desk it is listed at */
	uint32_t epoch;                       /* of the storage key that wraps data_key */
	struct backend_view data_key;         /* wrapped */
	struct backend_view facts;            /* sealed */
	struct backend_view header;           /* sealed; empty for an upload */
};

/* Fills in seq and body. */
MUST_USE int backend_add_report(struct backend *backend, struct backend_report *report);
MUST_USE int backend_add_upload(struct backend *backend, struct backend_report *upload);
/* The upload becomes a report with a seq of its own and a header; its chunks stay. Fills in seq. */
MUST_USE int backend_finish_upload(struct backend *backend, struct backend_report *upload);
/* The row and its chunks are gone. */
MUST_USE int backend_drop_upload(struct backend *backend, uint64_t body);

/* Views in *ret_report live until the next call of the backend. header is left empty: see backend_header. */
MUST_USE int backend_find(
	struct backend *backend, const uint8_t id[BLIND_INDEX_BYTES], struct backend_report *ret_report);
/* The row that was added last. Missing as above. */
MUST_USE int backend_newest(struct backend *backend, struct backend_report *ret_report);
MUST_USE int backend_header(struct backend *backend, uint64_t body, struct buffer *out);

/* New facts; is_open and open_desk as given; a new header where one is given. Found by body. */
MUST_USE int backend_change(struct backend *backend, const struct backend_report *report);

/* The same with report->seq, which backend_take_number gave: its desk meets it as a new one. */
MUST_USE int backend_relist(struct backend *backend, const struct backend_report *report);
/* A number as reports have, for somebody else: it isn't given again. */
MUST_USE int backend_take_number(struct backend *backend, uint64_t *ret_number);

/* Calls back for each open report of a desk above seq `after`, in order, until it returns other than 0 or
 * there are no more. Views live during the call. */
typedef int backend_each_report(void *context, const struct backend_report *report);
MUST_USE int backend_each_open(struct backend *backend, const uint8_t desk[BLIND_INDEX_BYTES], uint64_t after,
	backend_each_report *each, void *context);
MUST_USE int backend_each_upload(struct backend *backend, backend_each_report *each, void *context);

/* The payload in numbered sealed chunks. */
MUST_USE int backend_add_chunk(
	struct backend *backend, uint64_t body, uint32_t number, const uint8_t *data, size_t len);
MUST_USE int backend_chunk(struct backend *backend, uint64_t body, uint32_t number, struct buffer *out);
/* A chunk that grew (the last one of an upload). */
MUST_USE int backend_change_chunk(
	struct backend *backend, uint64_t body, uint32_t number, const uint8_t *data, size_t len);

/* Events of a report by their number, from 1. */
MUST_USE int backend_add_event(
	struct backend *backend, uint64_t body, uint32_t number, const uint8_t *data, size_t len);
MUST_USE int backend_event(struct backend *backend, uint64_t body, uint32_t number, struct buffer *out);

/* What else is kept about a report, by small numbers of the caller's. It goes with the report, as its events
 * do. */
MUST_USE int backend_put_record(
	struct backend *backend, uint64_t body, uint32_t which, const uint8_t *data, size_t len);
MUST_USE int backend_record(struct backend *backend, uint64_t body, uint32_t which, struct buffer *out);
MUST_USE int backend_drop_record(struct backend *backend, uint64_t body, uint32_t which);

/* Messages of a mailbox; seq rises over the whole daemon. */
typedef int backend_each_message(void *context, uint64_t seq, const uint8_t *data, size_t len);
MUST_USE int backend_add_message(struct backend *backend, const uint8_t box[BLIND_INDEX_BYTES],
	const uint8_t *data, size_t len, uint64_t *ret_seq);
MUST_USE int backend_each_in_box(struct backend *backend, const uint8_t box[BLIND_INDEX_BYTES],
	backend_each_message *each, void *context);
MUST_USE int backend_empty_box(struct backend *backend, const uint8_t box[BLIND_INDEX_BYTES]);

/* Small named things: rosters by version, nonces by blind index, the store's own facts by name. `shelf` keeps
 * them apart. Their data is sealed by seal_put_row, so that it begins with its epoch, or it is empty; which
 * column each is sealed for stands in rewrap.c. */
enum backend_shelf {
	SHELF_ROSTERS = 1,
	SHELF_NONCES,
	SHELF_OWN,
	SHELF_TOMBSTONES,
	SHELF_INVITATIONS,
	SHELF_SPENT,
	SHELF_AUDIT,
	SHELF_OUTBOX,
	SHELF_WAKE_WAYS,
	SHELF_OFFERS,
	SHELF_PAGES,
	SHELF_ROTAS
};
MUST_USE int backend_put(struct backend *backend, enum backend_shelf shelf, const uint8_t *name,
	size_t name_len, const uint8_t *data, size_t len);
MUST_USE int backend_get(struct backend *backend, enum backend_shelf shelf, const uint8_t *name,
	size_t name_len, struct buffer *out);
MUST_USE int backend_remove(
	struct backend *backend, enum backend_shelf shelf, const uint8_t *name, size_t name_len);
/* At most limit of those whose name begins so; *ret_removed says how many. */
MUST_USE int backend_remove_some(struct backend *backend, enum backend_shelf shelf, const uint8_t *start,
	size_t start_len, uint32_t limit, uint32_t *ret_removed);
typedef int backend_each_named(
	void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len);
MUST_USE int backend_each(
	struct backend *backend, enum backend_shelf shelf, backend_each_named *each, void *context);
/* In the order of their names, behind this one, until each returns other than 0. */
MUST_USE int backend_each_after(struct backend *backend, enum backend_shelf shelf,
	const struct backend_view *after, backend_each_named *each, void *context);

/* --- rows by the storage epoch they are sealed under (backend_ages.c) */

/* Calls back for each report and upload whose data key is wrapped under an epoch below `below`, by epoch and
 * body, behind this one, until it returns other than 0. Facts and header are left empty. */
MUST_USE int backend_each_old_key(struct backend *backend, uint32_t below,
	const struct backend_report *behind, backend_each_report *each, void *context);
MUST_USE int backend_change_key(
	struct backend *backend, uint64_t body, uint32_t epoch, const uint8_t *data, size_t len);

/* A message (shelf 0, name its box) or what lies on a shelf (seq 0). */
struct backend_row {
	uint64_t shelf, seq;
	struct backend_view name, data;
};
typedef int backend_each_old(void *context, const struct backend_row *row);
/* Those whose data begins with an epoch below `below`, in an order of their own, behind this one. */
MUST_USE int backend_each_old_message(struct backend *backend, uint32_t below,
	const struct backend_row *behind, backend_each_old *each, void *context);
MUST_USE int backend_each_old_named(struct backend *backend, uint32_t below, const struct backend_row *behind,
	backend_each_old *each, void *context);
MUST_USE int backend_change_row(
	struct backend *backend, const struct backend_row *row, const uint8_t *data, size_t len);
/* How many rows of all three kinds are older, and how many there are. */
MUST_USE int backend_count_old(
	struct backend *backend, uint32_t below, uint64_t *ret_count, uint64_t *ret_all);

/* --- damaged indexes (backend_ages.c) */

/* Reports and uploads, or messages, with a body or seq between these two, to which one of the indexes that
 * should lead there doesn't: nobody finds them though they are there. */
MUST_USE int backend_each_astray(
	struct backend *backend, uint64_t first, uint64_t last, backend_each_report *each, void *context);
MUST_USE int backend_each_astray_message(
	struct backend *backend, uint64_t first, uint64_t last, backend_each_old *each, void *context);
/* In a group: all indexes anew, from the rows. */
MUST_USE int backend_reindex(struct backend *backend);

/* --- the end of a report (backend_ages.c) */

/* The row goes, its data key and header with it; its number isn't given again; chunks and events remain. */
MUST_USE int backend_destroy(struct backend *backend, uint64_t body);
/* Whether chunks or events of destroyed reports remain; *ret_body is the next of them. -1 where it can't be
 * read. */
MUST_USE int backend_remains(struct backend *backend, bool *ret_some, uint64_t *ret_body);
/* Drops up to this many chunks and events that remain. *ret_done where none does. */
MUST_USE int backend_drop_remains(struct backend *backend, unsigned most, bool *ret_done);
/* Each report and upload whose body lies between these two, both included. */
MUST_USE int backend_each_between(
	struct backend *backend, uint64_t first, uint64_t last, backend_each_report *each, void *context);
/* One more than the highest body. */
uint64_t backend_next(const struct backend *backend);

/* How many reports there are, and how many of them are open. */
MUST_USE int backend_count(struct backend *backend, uint64_t *ret_reports, uint64_t *ret_open);

/* --- a copy while it is written (backend_snapshot.c) */
struct snapshot;
enum snapshot_file { SNAPSHOT_DATABASE, SNAPSHOT_LOG };
/* Between groups. Of the two files the database must be read first, and whole. */
MUST_USE int snapshot_take(struct backend *backend, struct snapshot **ret_snapshot);
void snapshot_free(struct snapshot *snapshot);
/* As it is now: what is added behind it isn't needed. */
MUST_USE int snapshot_size(const struct snapshot *snapshot, enum snapshot_file which, uint64_t *ret_size);
MUST_USE int snapshot_read(
	const struct snapshot *snapshot, enum snapshot_file which, uint64_t at, uint8_t *bytes, size_t len);

#endif
