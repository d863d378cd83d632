/* A damaged index of the database: a report that is there, and that nobody finds. All rows are looked for
 * through the indexes at the start and once an hour, a few at a time. What isn't found is named, and the
 * indexes are made anew from the rows. */
#include "escalation.h"
#include "store_state.h"

#include "base/log.h"

#include <inttypes.h>
#include <string.h>

#define ASTRAY_MAX    64    /* that are put right at once; the next look finds the others */
#define AT_START_ROWS 50000 /* the newest, in less than a second; the first hourly look takes all */

struct search {
	struct store *store;
	struct report_facts *wrong[ASTRAY_MAX]; /* the row's own columns aren't what its facts say */
	size_t wrong_count;
	unsigned long reports, messages; /* sound ones that aren't found */
};

/* The column decides at which desk it is listed; the index may still have had it right. */
static bool is_column_wrong(
	struct store *store, const struct backend_report *row, const struct report_facts *facts)
{
	uint8_t desk[BLIND_INDEX_BYTES];
	bool is_open = facts->stage == STAGE_LISTED && facts->state != STATE_CLOSED;

	if (row->is_open != is_open)
		return true;
	return is_open &&
	       (seal_index(store->seal, INDEX_OPEN_DESK, facts->desk, strlen(facts->desk), desk) != 0 ||
		       !bytes_equal(desk, row->open_desk, sizeof desk));
}

static int take_report(void *context, const struct backend_report *row)
{
	struct search *search = context;
	struct report_facts *facts = NULL;

	if (report_open_row(search->store, row, &facts) != 0) {
		log_event(LOG_ERROR, "row_damaged", "seq=%" PRIu64, row->seq);
		return 0;
	}
	log_event(LOG_ERROR, "index_damaged", "of=reports seq=%" PRIu64, row->seq);
	search->reports++;
	if (is_column_wrong(search->store, row, facts) && search->wrong_count < ASTRAY_MAX) {
		search->wrong[search->wrong_count++] = facts;
		facts = NULL;
	}
	facts_free(facts);
	return 0;
}

static int take_message(void *context, const struct backend_row *row)
{
	struct search *search = context;
	const struct place place = {
		.column = COLUMN_MESSAGE, .identity = row->name.data, .identity_len = row->name.len
	};
	struct buffer plain = buffer_of(row->data.len);
	bool opens = seal_get_row(search->store->seal, &place, row->data.data, row->data.len, &plain) == 0;

	log_event(LOG_ERROR, opens ? "index_damaged" : "row_damaged", "of=messages seq=%" PRIu64, row->seq);
	search->messages += opens;
	buffer_free(&plain);
	return 0;
}

/* Rows first: an index that is made anew takes what stands there. Saving a row is refused while its index
 * doesn't know it, so that comes last. */
static int mend(struct store *store, const struct search *search)
{
	if (backend_begin(store->backend) != 0)
		return -1;
	if (backend_reindex(store->backend) != 0)
		return -1;
	for (size_t i = 0; i < search->wrong_count; i++) {
		if (report_save(store, search->wrong[i]) != 0)
			return -1;
	}
	return backend_commit(store->backend);
}

static bool mends(struct store *store, const struct search *search)
{
	if (search->reports + search->messages == 0)
		return false;
	group_commit(store);
	if (mend(store, search) != 0) {
		backend_rollback(store->backend);
		log_plain(LOG_ERROR, "indexes_not_mended");
		return false;
	}
	log_event(
		LOG_WARNING, "indexes_mended", "reports=%lu messages=%lu", search->reports, search->messages);
	return true;
}

bool indexes_check(struct store *store, uint64_t first, uint64_t last)
{
	struct search search = { .store = store };
	bool is_mended;

	/* A page that can't be read has been said by then. */
	if (backend_each_astray(store->backend, first, last, take_report, &search) != 0 ||
		backend_each_astray_message(store->backend, first, last, take_message, &search) != 0)
		log_plain(LOG_ERROR, "indexes_not_looked_at");
	is_mended = mends(store, &search);
	for (size_t i = 0; i < search.wrong_count; i++)
		facts_free(search.wrong[i]);
	return is_mended;
}

void indexes_start(struct store *store)
{
	uint64_t next = backend_next(store->backend);

	(void)indexes_check(store, next > AT_START_ROWS ? next - AT_START_ROWS : 0, UINT64_MAX);
}

void indexes_look(struct store *store, uint64_t first, uint64_t last)
{
	if (!indexes_check(store, first, last))
		return;
	/* What the store knows by heart was read through them. */
	headers_recount(store);
	escalation_look(store);
	store->held_unknown = true;
	releases_run(store);
}
