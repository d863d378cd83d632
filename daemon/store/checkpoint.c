/* Moves the database's log into the database in a process of its own, so that the store never waits for it.
 * It has no key: what it copies are sealed rows. */
#include "store/store.h"

#include "base/log.h"
#include "base/sandbox.h"
#include "channel/setup.h"

#include <event2/event.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>

#define DATABASE_NAME   "clarion.db"
#define LOG_NAME        "clarion.db-wal"
#define LOOK_EVERY_MS   300 /* a page that changes often is copied once for all that came in between */
#define CATCH_UP_MS     10  /* while the log is long: so that little is left for the store */
#define LONG_LOG_FRAMES (32 * 1024 * 1024 / 4096)
#define LOG_WORTH_BYTES (1024 * 1024) /* less isn't worth the sync */

struct checkpoint {
	struct event_base *base;
	struct channel *supervisor;
	struct event *timer;
	sqlite3 *database;
	time_t seen_seconds;
	long seen_nanoseconds;
	bool failed_before;
	int exit_code;
};

/* Passive: it gives way to the store at every step. How many frames the log has. */
static int look(struct checkpoint *checkpoint)
{
	struct stat log;
	int frames = 0, code;

	if (stat(LOG_NAME, &log) != 0 || log.st_size < LOG_WORTH_BYTES ||
		(log.st_mtim.tv_sec == checkpoint->seen_seconds &&
			log.st_mtim.tv_nsec == checkpoint->seen_nanoseconds))
		return 0;
	checkpoint->seen_seconds = log.st_mtim.tv_sec;
	checkpoint->seen_nanoseconds = log.st_mtim.tv_nsec;
	code = sqlite3_wal_checkpoint_v2(
		checkpoint->database, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, NULL);
	if (code != SQLITE_OK && code != SQLITE_BUSY && !checkpoint->failed_before) {
		log_event(LOG_WARNING, "checkpoint_failed", "code=%d", code);
		checkpoint->failed_before = true;
	}
	return code == SQLITE_OK ? frames : 0;
}

static int look_again(struct checkpoint *checkpoint, int in_ms)
{
	const struct timeval time = { .tv_usec = in_ms * 1000 };

	return evtimer_add(checkpoint->timer, &time);
}

static void on_look(evutil_socket_t fd, short what, void *context)
{
	struct checkpoint *checkpoint = context;

	(void)fd;
	(void)what;
	if (look_again(checkpoint, look(checkpoint) > LONG_LOG_FRAMES ? CATCH_UP_MS : LOOK_EVERY_MS) != 0)
		event_base_loopbreak(checkpoint->base);
}

static int on_message(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	struct checkpoint *checkpoint = context;

	(void)passed_fd; /* no rule lets the supervisor pass one */
	if (type != MESSAGE_DRAIN || message_empty_get(message) != 0)
		return -1;
	return event_base_loopexit(checkpoint->base, NULL);
}

static void on_ended(void *context, const char *reason)
{
	struct checkpoint *checkpoint = context;

	log_event(LOG_INFO, "supervisor_channel_ended", "reason=\"%s\"", reason);
	checkpoint->exit_code = EX_UNAVAILABLE;
	event_base_loopbreak(checkpoint->base);
}

/* The store has made the database before this role starts. */
static int open_database(struct checkpoint *checkpoint, struct fault *fault)
{
	if (sqlite3_open_v2(DATABASE_NAME, &checkpoint->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
		    NULL) != SQLITE_OK ||
		sqlite3_exec(checkpoint->database,
			"PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -512;"
			"SELECT count(*) FROM sqlite_schema;",
			NULL, NULL, NULL) != SQLITE_OK)
		return fault_set(
			fault, "the database can't be opened: %s", sqlite3_errmsg(checkpoint->database));
	/* SQLite falls back to reading without a word: then the log would grow until the next start. */
	if (sqlite3_db_readonly(checkpoint->database, "main") != 0)
		return fault_set(fault, "the database can't be opened for writing");
	return 0;
}

static int run(struct checkpoint *checkpoint, int supervisor_fd)
{
	const struct channel_options options = { .base = checkpoint->base,
		.fd = supervisor_fd,
		.me = ROLE_CHECKPOINT,
		.peer = ROLE_SUPERVISOR,
		.on_message = on_message,
		.on_ended = on_ended,
		.context = checkpoint };

	checkpoint->timer = evtimer_new(checkpoint->base, on_look, checkpoint);
	checkpoint->supervisor = channel_new(&options);
	if (checkpoint->timer == NULL || look_again(checkpoint, LOOK_EVERY_MS) != 0 ||
		checkpoint->supervisor == NULL ||
		message_empty_put(channel_out(checkpoint->supervisor), MESSAGE_READY) != 0)
		checkpoint->exit_code = EX_OSERR;
	else if (event_base_dispatch(checkpoint->base) < 0)
		checkpoint->exit_code = EX_SOFTWARE;
	if (checkpoint->timer != NULL)
		event_free(checkpoint->timer);
	channel_free(checkpoint->supervisor);
	return checkpoint->exit_code;
}

int checkpoint_main(int supervisor_fd)
{
	struct checkpoint checkpoint = { .exit_code = EX_OK };
	struct sandbox_options options;
	struct setup *setup = NULL;
	struct fault fault;
	int rc;

	if (setup_receive(supervisor_fd, ROLE_CHECKPOINT, &setup, &fault) != 0)
		return setup_failed(supervisor_fd, EX_PROTOCOL, &fault);
	options.allow_no_landlock = setup_yes(setup, "allow_no_landlock");
	checkpoint.base = event_base_new();
	rc = checkpoint.base == NULL ? fault_set(&fault, "there is no event loop")
				     : setup_settle(setup, &fault);
	setup_free(setup);
	if (rc == 0)
		rc = open_database(&checkpoint, &fault);
	if (rc == 0)
		rc = sandbox_checkpoint(&options, &fault);
	checkpoint.exit_code =
		rc != 0 ? setup_failed(supervisor_fd, EX_OSERR, &fault) : run(&checkpoint, supervisor_fd);
	sqlite3_close(checkpoint.database);
	if (checkpoint.base != NULL)
		event_base_free(checkpoint.base);
	return checkpoint.exit_code;
}
