/* backup: the database as it is now, to an admin who seals it. What was accepted before it begins is in it;
 * the store goes on meanwhile, and sends a little of it in each turn of the loop. */
#include "audit.h"
#include "control_acts.h"
#include "store_state.h"

#include "base/log.h"
#include "proto/backup.h"
#include "proto/encode.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sysexits.h>

#define CHUNKS_A_TURN 4 /* of 64 KiB: a fraction of a millisecond */
#define LOG_SLACK     (UINT64_C(1) << 30)

struct backup {
	struct snapshot *snapshot;
	enum snapshot_file which;
	unsigned part;      /* of the file: what is longer than a tar may say comes in parts */
	uint64_t at;        /* in the file */
	uint64_t part_left; /* of what was announced */
	uint64_t file_size;
	uint64_t log_max; /* the log grows while a snapshot is read: so far it may */
};

static void drop(struct control_call *call)
{
	struct backup *backup = call->context;

	if (backup == NULL)
		return;
	snapshot_free(backup->snapshot);
	free(backup);
	call->context = NULL;
}

static void broken(struct control_call *call)
{
	control_refuse(call, EX_IOERR, "the database can't be read: look at the daemon's log");
}

/* Says what comes next. */
static void announce(struct control_call *call, struct backup *backup)
{
	uint64_t left = backup->file_size - backup->at;

	backup->part_left = left < BACKUP_PART_MAX ? left : BACKUP_PART_MAX;
	control_progress(call,
		json_pack("{s:s, s:i, s:I}", "file", backup->which == SNAPSHOT_DATABASE ? "database" : "log",
			"part", (int)backup->part++, "size", (json_int_t)backup->part_left));
}

static int begin_file(struct control_call *call, struct backup *backup, enum snapshot_file which)
{
	if (snapshot_size(backup->snapshot, which, &backup->file_size) != 0)
		return -1;
	backup->which = which;
	backup->part = 0;
	backup->at = 0;
	announce(call, backup);
	return 0;
}

static void finish(struct control_call *call)
{
	struct store *store = call->store;
	struct audit_head head;
	char hash[HEX_CHARS(SHA256_BYTES) + 1];

	audit_position(store, &head);
	hex_encode(head.hash, sizeof head.hash, hash);
	control_done(call, json_pack("{s:I}", "roster", (json_int_t)store->roster->version));
}

/* One chunk of the file, or the next file. Returns false where the turn is over. */
static bool send_chunk(struct control_call *call, struct backup *backup)
{
	uint8_t bytes[CONTROL_BODY_MAX];
	size_t len = backup->part_left < sizeof bytes ? (size_t)backup->part_left : sizeof bytes;

	if (len == 0 && backup->at < backup->file_size) {
		announce(call, backup);
		return true;
	}
	if (len == 0 && backup->which == SNAPSHOT_DATABASE) {
		if (begin_file(call, backup, SNAPSHOT_LOG) == 0)
			return true;
		broken(call);
		return false;
	}
	if (len == 0) {
		finish(call);
		return false;
	}
	if (snapshot_read(backup->snapshot, backup->which, backup->at, bytes, len) != 0) {
		broken(call);
		return false;
	}
	backup->at += len;
	backup->part_left -= len;
	return control_body(call, bytes, len);
}

static void more(struct control_call *call)
{
	struct backup *backup = call->context;

	if (backend_log_bytes(call->store->backend) > backup->log_max) {
		control_refuse(call, EX_TEMPFAIL,
			"the database's log grew too long while the backup was written: write it to a faster "
			"disk, or at a quieter time");
		return;
	}
	for (int i = 0; i < CHUNKS_A_TURN; i++) {
		if (!send_chunk(call, backup))
			break;
	}
	/* Nothing is left of it where the call has ended. */
	if (call->context != NULL)
		control_want_more(call);
}

void act_backup(struct control_call *call)
{
	struct store *store = call->store;
	struct backup *backup = calloc(1, sizeof *backup);

	call->context = backup;
	call->drop = drop;
	call->more = more;
	/* What waits for its group has been told to nobody yet; what was told is in it. */
	group_commit(store);
	if (backup == NULL || snapshot_take(store->backend, &backup->snapshot) != 0 ||
		begin_file(call, backup, SNAPSHOT_DATABASE) != 0) {
		broken(call);
		return;
	}
	backup->log_max = backend_log_bytes(store->backend) + backup->file_size + LOG_SLACK;
	control_want_more(call);
}
