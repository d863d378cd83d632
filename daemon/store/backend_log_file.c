/* SQLite's log, written in one piece. SQLite writes each frame's head and page by themselves, thirteen calls
 * a report; here they are gathered, and are one call before each sync. Nothing else is changed: whatever
 * looks at the file sees what SQLite wrote. */
#include "backend_sqlite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GATHERED_MAX                                                                                         \
	(31 * (4096 + 24)) /* whole frames, and less than the 128 KiB that SQLite's unix files take at once  \
			    */

static sqlite3_vfs gathering_vfs;
static sqlite3_vfs *system_vfs;
static int write_error; /* of the last write to a log; SQLite itself keeps none for a commit */

/* The system's own file lies behind it. */
struct log_file {
	sqlite3_file base;
	uint8_t *gathered;
	int len;
	sqlite3_int64 place; /* of the first gathered byte in the file */
};

static struct log_file *log_of(sqlite3_file *file)
{
	return (struct log_file *)(void *)file;
}

static sqlite3_file *system_file(sqlite3_file *file)
{
	return (sqlite3_file *)(void *)(log_of(file) + 1);
}

static int put_out(sqlite3_file *file)
{
	struct log_file *log = log_of(file);
	sqlite3_file *system = system_file(file);
	int code = SQLITE_OK;

	if (log->len > 0) {
		code = system->pMethods->xWrite(system, log->gathered, log->len, log->place);
		write_error = code == SQLITE_OK ? 0 : errno;
	}
	/* What failed is not kept: SQLite gives the transaction up, and writes it anew if it is tried again.
	 */
	log->len = 0;
	return code;
}

static int on_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 place)
{
	struct log_file *log = log_of(file);
	sqlite3_file *system = system_file(file);
	int code = SQLITE_OK;

	if (log->len > 0 && (place != log->place + log->len || len > GATHERED_MAX - log->len))
		code = put_out(file);
	if (code != SQLITE_OK)
		return code;
	if (len > GATHERED_MAX)
		return system->pMethods->xWrite(system, data, len, place);
	if (log->len == 0)
		log->place = place;
	memcpy(log->gathered + log->len, data, (size_t)len);
	log->len += len;
	return SQLITE_OK;
}

static int on_sync(sqlite3_file *file, int flags)
{
	sqlite3_file *system = system_file(file);
	int code = put_out(file);

	return code == SQLITE_OK ? system->pMethods->xSync(system, flags) : code;
}

static int on_read(sqlite3_file *file, void *data, int len, sqlite3_int64 place)
{
	sqlite3_file *system = system_file(file);
	int code = put_out(file);

	return code == SQLITE_OK ? system->pMethods->xRead(system, data, len, place) : code;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	sqlite3_file *system = system_file(file);
	int code = put_out(file);

	return code == SQLITE_OK ? system->pMethods->xTruncate(system, size) : code;
}

static int on_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
	sqlite3_file *system = system_file(file);
	int code = put_out(file);

	return code == SQLITE_OK ? system->pMethods->xFileSize(system, ret_size) : code;
}

static int on_control(sqlite3_file *file, int what, void *value)
{
	sqlite3_file *system = system_file(file);
	int code = put_out(file);

	return code == SQLITE_OK ? system->pMethods->xFileControl(system, what, value) : code;
}

static int on_close(sqlite3_file *file)
{
	sqlite3_file *system = system_file(file);
	int code = put_out(file), closed = system->pMethods->xClose(system);

	free(log_of(file)->gathered);
	return code == SQLITE_OK ? closed : code;
}

/* A log isn't locked by itself. */
static int on_lock(sqlite3_file *file, int level)
{
	sqlite3_file *system = system_file(file);

	return system->pMethods->xLock(system, level);
}

static int on_unlock(sqlite3_file *file, int level)
{
	sqlite3_file *system = system_file(file);

	return system->pMethods->xUnlock(system, level);
}

static int on_check_lock(sqlite3_file *file, int *ret_locked)
{
	sqlite3_file *system = system_file(file);

	return system->pMethods->xCheckReservedLock(system, ret_locked);
}

static int on_sector_size(sqlite3_file *file)
{
	sqlite3_file *system = system_file(file);

	return system->pMethods->xSectorSize(system);
}

static int on_characteristics(sqlite3_file *file)
{
	sqlite3_file *system = system_file(file);

	return system->pMethods->xDeviceCharacteristics(system);
}

static const sqlite3_io_methods log_methods = { .iVersion = 1,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_size,
	.xLock = on_lock,
	.xUnlock = on_unlock,
	.xCheckReservedLock = on_check_lock,
	.xFileControl = on_control,
	.xSectorSize = on_sector_size,
	.xDeviceCharacteristics = on_characteristics };

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	struct log_file *log = log_of(file);
	int code;

	(void)vfs;
	if ((flags & SQLITE_OPEN_WAL) == 0)
		return system_vfs->xOpen(system_vfs, name, file, flags, ret_flags);
	*log = (struct log_file){ .base.pMethods = NULL };
	code = system_vfs->xOpen(system_vfs, name, system_file(file), flags, ret_flags);
	if (code != SQLITE_OK)
		return code;
	log->gathered = malloc(GATHERED_MAX);
	if (log->gathered == NULL) {
		system_file(file)->pMethods->xClose(system_file(file));
		return SQLITE_NOMEM;
	}
	log->base.pMethods = &log_methods;
	return SQLITE_OK;
}

const char *gathering_vfs_name(void)
{
	if (system_vfs == NULL) {
		sqlite3_vfs *system = sqlite3_vfs_find(NULL);

		if (system == NULL)
			return NULL;
		gathering_vfs = *system;
		gathering_vfs.pNext = NULL;
		gathering_vfs.zName = "gathering";
		gathering_vfs.szOsFile += (int)sizeof(struct log_file);
		gathering_vfs.xOpen = on_open;
		if (sqlite3_vfs_register(&gathering_vfs, 0) != SQLITE_OK)
			return NULL;
		system_vfs = system;
	}
	return gathering_vfs.zName;
}

int log_file_error(void)
{
	return write_error;
}
