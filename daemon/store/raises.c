/* Which alerts are to be heard again: those that climbed or were repeated since an officer's tool last
 * looked, also at the desk that they fell back to. The last ones are at hand; for somebody who looks after a
 * longer time all open reports of her desk are gone through. */
#include "escalation.h"
#include "store_state.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#define RAISES_KEPT 1024
#define PER_SECOND  1000000 /* numbers: more than steps in a second, so that they rise over any restart */

struct raise {
	uint64_t number;
	char desk[NAME_SIZE];
	uint8_t blind_id[BLIND_INDEX_BYTES];
};

struct fallen {
	char desk[NAME_SIZE];
	uint8_t blind_id[BLIND_INDEX_BYTES];
};

struct raises {
	uint64_t newest;
	uint64_t floor; /* raises above it are all at hand */
	struct raise ring[RAISES_KEPT];
	size_t count, next;
	struct fallen *fallen;
	size_t fallen_count, fallen_room;
};

int raises_load(struct store *store)
{
	struct raises *raises = calloc(1, sizeof *raises);

	if (raises == NULL)
		return -1;
	raises->newest = raises->floor = (uint64_t)store_now(store) * PER_SECOND;
	store->escalation->raises = raises;
	return 0;
}

void raises_free(struct store *store)
{
	if (store->escalation->raises == NULL)
		return;
	free(store->escalation->raises->fallen);
	free(store->escalation->raises);
	store->escalation->raises = NULL;
}

uint64_t raises_next(struct store *store)
{
	struct raises *raises = store->escalation->raises;
	uint64_t by_clock = (uint64_t)store_now(store) * PER_SECOND;

	raises->newest = raises->newest >= by_clock ? raises->newest + 1 : by_clock;
	return raises->newest;
}

uint64_t raises_newest(const struct store *store)
{
	return store->escalation->raises->newest;
}

void raises_add(struct store *store, const struct report_facts *facts)
{
	struct raises *raises = store->escalation->raises;
	struct raise *raise = &raises->ring[raises->next];

	if (raises->count == RAISES_KEPT)
		raises->floor = raise->number;
	else
		raises->count++;
	raise->number = facts->raised;
	memcpy(raise->desk, facts->desk, sizeof raise->desk);
	memcpy(raise->blind_id, facts->blind_id, sizeof raise->blind_id);
	raises->next = (raises->next + 1) % RAISES_KEPT;
}

void raises_keep_fallen(struct store *store, const struct report_facts *facts)
{
	struct raises *raises = store->escalation->raises;
	struct fallen *fallen;
	size_t at = 0;

	while (at < raises->fallen_count &&
		!bytes_equal(raises->fallen[at].blind_id, facts->blind_id, BLIND_INDEX_BYTES))
		at++;
	if (at == raises->fallen_count && raises->fallen_count == raises->fallen_room) {
		size_t room = raises->fallen_room * 2 + 64;
		struct fallen *grown = reallocarray(raises->fallen, room, sizeof *grown);

		if (grown == NULL) {
			log_plain(LOG_ERROR, "fallback_list_short");
			return;
		}
		raises->fallen = grown;
		raises->fallen_room = room;
	}
	/* Another desk may have taken it since it was kept. */
	fallen = &raises->fallen[at];
	raises->fallen_count += at == raises->fallen_count;
	memcpy(fallen->desk, facts->desk, sizeof fallen->desk);
	memcpy(fallen->blind_id, facts->blind_id, sizeof fallen->blind_id);
}

/* Whether alerts of the one desk are shown to the other, of this level. */
static bool concerns(
	const struct store *store, const char *desk, enum alert_level level, const char *shown_to)
{
	const struct roster_desk *row = roster_desk(store->roster, desk);

	return strcmp(desk, shown_to) == 0 ||
	       (level == LEVEL_FALLBACK && row != NULL && strcmp(row->fallback, shown_to) == 0);
}

/* The report's facts, where it is listed and open. 1 found, 0 not, -1 storage failed. */
static int find_open(
	struct store *store, const uint8_t blind_id[BLIND_INDEX_BYTES], struct report_facts **ret_facts)
{
	struct report_facts *facts = NULL;
	struct backend_report row;

	if (backend_find(store->backend, blind_id, &row) != 0)
		return backend_error(store->backend) == BACKEND_MISSING ? 0 : -1;
	if (!row.is_open || report_open_row(store, &row, &facts) != 0)
		return 0;
	*ret_facts = facts;
	return 1;
}

/* --- the list of those that fell back */

static int by_seq(const void *left, const void *right)
{
	const struct alert *a = left, *b = right;

	return (a->seq > b->seq) - (a->seq < b->seq);
}

/* Keeps the lowest ALERTS_MAX of both, in order. */
static void insert(struct alert *alerts, size_t *count, bool *more, const struct alert *alert)
{
	size_t at = *count;

	if (*count == ALERTS_MAX) {
		*more = true;
		if (alerts[*count - 1].seq < alert->seq)
			return;
		at--;
	} else {
		(*count)++;
	}
	alerts[at] = *alert;
	qsort(alerts, *count, sizeof *alerts, by_seq);
}

int raises_merge_fallen(struct store *store, const char *desk, uint64_t after, size_t *count, bool *more)
{
	struct raises *raises = store->escalation->raises;
	bool is_cut = *more; /* behind its last there are others that come before what is above */
	size_t kept = 0;
	int found = 0;

	for (size_t i = 0; i < raises->fallen_count; i++) {
		const struct fallen fallen = raises->fallen[i];
		struct report_facts *facts = NULL;
		struct alert alert;

		raises->fallen[kept++] = fallen;
		if (found < 0 || strcmp(fallen.desk, desk) == 0 ||
			!concerns(store, fallen.desk, LEVEL_FALLBACK, desk))
			continue;
		found = find_open(store, fallen.blind_id, &facts);
		/* Closed: it comes back where it is reopened. */
		if (found == 0)
			kept--;
		if (found == 1 && facts->level == LEVEL_FALLBACK && facts->seq > after &&
			(!is_cut || facts->seq < store->alerts[*count - 1].seq)) {
			alert_fill(store, facts, &alert);
			insert(store->alerts, count, more, &alert);
		}
		facts_free(facts);
	}
	raises->fallen_count = kept;
	return found < 0 ? -1 : 0;
}

/* --- what was raised since */

struct raised_alert {
	uint64_t number;
	struct alert alert;
};

struct gathering {
	struct store *store;
	const char *desk;
	uint64_t since;
	struct raised_alert *list;
	size_t count, room;
};

static int gather(struct gathering *gathering, const struct report_facts *facts)
{
	if (facts->raised <= gathering->since ||
		!concerns(gathering->store, facts->desk, facts->level, gathering->desk))
		return 0;
	if (gathering->count == gathering->room) {
		size_t room = gathering->room * 2 + 16;
		struct raised_alert *grown = reallocarray(gathering->list, room, sizeof *grown);

		if (grown == NULL)
			return -1;
		gathering->list = grown;
		gathering->room = room;
	}
	gathering->list[gathering->count].number = facts->raised;
	alert_fill(gathering->store, facts, &gathering->list[gathering->count].alert);
	gathering->count++;
	return 0;
}

static int gather_row(void *context, const struct backend_report *row)
{
	struct gathering *gathering = context;
	struct report_facts *facts = NULL;
	int rc = 0;

	if (report_open_row(gathering->store, row, &facts) == 0)
		rc = gather(gathering, facts);
	facts_free(facts);
	return rc == 0 ? 0 : 1;
}

static int gather_blind(
	struct gathering *gathering, const uint8_t blind_id[BLIND_INDEX_BYTES], uint64_t number)
{
	struct report_facts *facts = NULL;
	int found = find_open(gathering->store, blind_id, &facts), rc = 0;

	/* Raised again since: that is at hand too. */
	if (found == 1 && (number == 0 || facts->raised == number))
		rc = gather(gathering, facts);
	facts_free(facts);
	return found < 0 ? -1 : rc;
}

static int gather_recent(struct gathering *gathering)
{
	const struct raises *raises = gathering->store->escalation->raises;

	/* The newest first: those before it are older. */
	for (size_t i = 1; i <= raises->count; i++) {
		const struct raise *raise = &raises->ring[(raises->next + RAISES_KEPT - i) % RAISES_KEPT];

		if (raise->number <= gathering->since)
			break;
		if (concerns(gathering->store, raise->desk, LEVEL_FALLBACK, gathering->desk) &&
			gather_blind(gathering, raise->blind_id, raise->number) != 0)
			return -1;
	}
	return 0;
}

static int gather_all(struct gathering *gathering)
{
	struct store *store = gathering->store;
	const struct raises *raises = store->escalation->raises;
	uint8_t desk[BLIND_INDEX_BYTES];

	if (seal_index(store->seal, INDEX_OPEN_DESK, gathering->desk, strlen(gathering->desk), desk) != 0 ||
		backend_each_open(store->backend, desk, 0, gather_row, gathering) != 0)
		return -1;
	for (size_t i = 0; i < raises->fallen_count; i++)
		if (strcmp(raises->fallen[i].desk, gathering->desk) != 0 &&
			gather_blind(gathering, raises->fallen[i].blind_id, 0) != 0)
			return -1;
	return 0;
}

static int by_number(const void *left, const void *right)
{
	const struct raised_alert *a = left, *b = right;

	return (a->number > b->number) - (a->number < b->number);
}

int raises_list(
	struct store *store, const char *desk, uint64_t since, size_t *ret_count, uint64_t *ret_raised)
{
	const struct raises *raises = store->escalation->raises;
	struct gathering gathering = { .store = store, .desk = desk, .since = since };
	uint64_t newest = raises->newest;
	int rc = since >= raises->floor ? gather_recent(&gathering) : gather_all(&gathering);

	if (rc == 0) {
		*ret_count = gathering.count < ALERTS_MAX ? gathering.count : ALERTS_MAX;
		if (gathering.count > 1)
			qsort(gathering.list, gathering.count, sizeof *gathering.list, by_number);
		for (size_t i = 0; i < *ret_count; i++)
			store->alerts[i] = gathering.list[i].alert;
		/* What didn't fit is behind the last that did. */
		*ret_raised = gathering.count > ALERTS_MAX ? gathering.list[ALERTS_MAX - 1].number
			      : newest > since             ? newest
							   : since;
	}
	free(gathering.list);
	return rc;
}
