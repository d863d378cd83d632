#include "pages.h"
#include "escalation.h"
#include "rota.h"
#include "store_state.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE   60
#define LONG_AGO INT64_MIN /* before any page */

/* What is asked for and what was last sent, of one level of a desk. Its people belong to no other level. */
struct level_pages {
	int64_t last, last_immediate; /* to the minute */
	uint32_t waiting;             /* alerts since */
	enum urgency urgency;         /* the highest of them */
};

struct desk_pages {
	struct desk_pages *next;
	char desk[NAME_SIZE];
	struct level_pages levels[LEVEL_COUNT];
	bool is_changed; /* in this group */
};

struct pages {
	struct desk_pages *desks;
	bool is_changed;
};

/* --- rows */

static int write_row(struct store *store, const struct desk_pages *desk)
{
	uint8_t name[BLIND_INDEX_BYTES];
	const struct place place = { .column = COLUMN_PAGES, .identity = name, .identity_len = sizeof name };
	struct buffer plain = buffer_of(512), sealed = buffer_of(512 + SEAL_OVERHEAD + 4);
	int rc = -1;

	buffer_put_text(&plain, desk->desk);
	for (size_t i = 0; i < LEVEL_COUNT; i++) {
		buffer_put_u64(&plain, (uint64_t)desk->levels[i].last);
		buffer_put_u64(&plain, (uint64_t)desk->levels[i].last_immediate);
		buffer_put_u32(&plain, desk->levels[i].waiting);
		buffer_put_u8(&plain, (uint8_t)desk->levels[i].urgency);
	}
	if (seal_index(store->seal, INDEX_PAGES, desk->desk, strlen(desk->desk), name) == 0 &&
		seal_put_row(store->seal, &place, plain.data, plain.len, &sealed) == 0)
		rc = backend_put(store->backend, SHELF_PAGES, name, sizeof name, sealed.data, sealed.len);
	buffer_free(&plain);
	buffer_free(&sealed);
	return rc;
}

static int read_level(struct reader *in, struct level_pages *level)
{
	uint64_t last, last_immediate;
	uint8_t urgency;

	if (reader_u64(in, &last) != 0 || reader_u64(in, &last_immediate) != 0 ||
		reader_u32(in, &level->waiting) != 0 || reader_u8(in, &urgency) != 0 ||
		urgency >= URGENCY_COUNT)
		return -1;
	level->last = (int64_t)last;
	level->last_immediate = (int64_t)last_immediate;
	level->urgency = (enum urgency)urgency;
	return 0;
}

static struct desk_pages *desk_new(struct pages *pages)
{
	struct desk_pages *desk = calloc(1, sizeof *desk);

	if (desk == NULL)
		return NULL;
	for (size_t i = 0; i < LEVEL_COUNT; i++)
		desk->levels[i].last = desk->levels[i].last_immediate = LONG_AGO;
	desk->next = pages->desks;
	pages->desks = desk;
	return desk;
}

static int read_row(struct reader *in, struct pages *pages)
{
	struct desk_pages *desk = desk_new(pages);

	if (desk == NULL || reader_text(in, desk->desk, sizeof desk->desk) != 0)
		return -1;
	for (size_t i = 0; i < LEVEL_COUNT; i++)
		if (read_level(in, &desk->levels[i]) != 0)
			return -1;
	return reader_end(in);
}

static int load_one(void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len)
{
	struct store *store = context;
	const struct place place = { .column = COLUMN_PAGES, .identity = name, .identity_len = name_len };
	struct buffer plain = buffer_of(512);
	struct reader in;

	if (seal_get_row(store->seal, &place, data, len, &plain) == 0) {
		in = reader_of(plain.data, plain.len);
		if (read_row(&in, store->escalation->pages) != 0)
			log_plain(LOG_ERROR, "pages_damaged");
	} else {
		log_plain(LOG_ERROR, "pages_damaged");
	}
	buffer_free(&plain);
	return 0;
}

static void forget(struct pages *pages)
{
	while (pages->desks != NULL) {
		struct desk_pages *next = pages->desks->next;

		free(pages->desks);
		pages->desks = next;
	}
	pages->is_changed = false;
}

int pages_load(struct store *store)
{
	store->escalation->pages = calloc(1, sizeof *store->escalation->pages);
	if (store->escalation->pages == NULL)
		return -1;
	return backend_each(store->backend, SHELF_PAGES, load_one, store);
}

void pages_free(struct store *store)
{
	if (store->escalation->pages != NULL)
		forget(store->escalation->pages);
	free(store->escalation->pages);
	store->escalation->pages = NULL;
}

void pages_rolled_back(struct store *store)
{
	struct pages *pages = store->escalation->pages;

	if (!pages->is_changed)
		return;
	forget(pages);
	if (backend_each(store->backend, SHELF_PAGES, load_one, store) != 0)
		log_plain(LOG_ERROR, "pages_not_read");
}

/* --- who */

static bool is_of_level(const struct roster_officer *officer, enum alert_level level)
{
	return officer->tier == (uint32_t)level || (level == LEVEL_TIER_3 && officer->tier > LEVEL_TIER_3);
}

static bool has_people(const struct store *store, const char *desk, enum alert_level level)
{
	for (size_t i = 0; i < store->roster->officer_count; i++) {
		const struct roster_officer *officer = &store->roster->officers[i];

		if (officer_serves(officer, desk) && is_of_level(officer, level))
			return true;
	}
	return false;
}

/* A level without people is stood in for by the next one up that has some, or down where none has. */
static enum alert_level standing_in(const struct store *store, const char *desk, enum alert_level level)
{
	for (int up = (int)level; up <= LEVEL_TIER_3; up++)
		if (has_people(store, desk, (enum alert_level)up))
			return (enum alert_level)up;
	for (int down = (int)level; down >= LEVEL_TIER_1; down--)
		if (has_people(store, desk, (enum alert_level)down))
			return (enum alert_level)down;
	return level;
}

/* One page: who is meant by it, and whether it can reach anybody. */
struct page {
	const char *desk, *of; /* whose alerts, and whose people */
	enum urgency urgency;
	struct rota_view view;
	int64_t now;
	bool reaches;
};

static int wake_one(struct store *store, struct page *page, const struct roster_officer *officer)
{
	int rc = store->escalation->wake(store, officer->name, page->desk, page->urgency);

	page->reaches = page->reaches || rc == 0;
	return rc < 0 ? -1 : 0;
}

static int wake_those_on_duty(struct store *store, struct page *page)
{
	for (size_t i = 0; i < store->roster->officer_count; i++) {
		const struct roster_officer *officer = &store->roster->officers[i];

		if (officer_serves(officer, page->of) &&
			rota_is_on_duty(&page->view, officer->name, page->now) &&
			wake_one(store, page, officer) != 0)
			return -1;
	}
	return 0;
}

static int wake_tier(struct store *store, struct page *page, enum alert_level level)
{
	for (size_t i = 0; i < store->roster->officer_count; i++) {
		const struct roster_officer *officer = &store->roster->officers[i];

		if (officer_serves(officer, page->of) && is_of_level(officer, level) &&
			wake_one(store, page, officer) != 0)
			return -1;
	}
	return 0;
}

/* Of tier 1 those on duty are woken first: where there are any, and the alert has climbed no further, they
 * alone. Whoever has chosen no way to be woken wakes nobody: then all of the tier are, then the next one up.
 */
static int wake_level(struct store *store, const struct desk_pages *desk, enum alert_level level)
{
	const struct roster_desk *row = roster_desk(store->roster, desk->desk);
	struct page page = { .desk = desk->desk,
		.of = level == LEVEL_FALLBACK ? row->fallback : desk->desk,
		.urgency = desk->levels[level].urgency,
		.now = store_now(store) };
	enum alert_level first = level == LEVEL_FALLBACK ? LEVEL_TIER_1 : level;

	page.view = rota_view(store, page.of);
	if (first == LEVEL_TIER_1 && wake_those_on_duty(store, &page) != 0)
		return -1;
	for (int tier = (int)standing_in(store, page.of, first); tier <= LEVEL_TIER_3 && !page.reaches;
		tier++)
		if (wake_tier(store, &page, (enum alert_level)tier) != 0)
			return -1;
	return 0;
}

/* --- when */

static int64_t behind(int64_t page)
{
	return page == LONG_AGO ? LONG_AGO : page + PAGE_WINDOW_S;
}

/* A desk's first immediate since the last such page waits for nothing. */
static int64_t may_go_at(const struct level_pages *level)
{
	int64_t at = behind(level->last);

	if (urgency_timer(level->urgency) == URGENCY_IMMEDIATE && behind(level->last_immediate) < at)
		at = behind(level->last_immediate);
	return at;
}

int pages_add(struct store *store, const char *desk_name, unsigned levels, enum urgency urgency)
{
	struct pages *pages = store->escalation->pages;
	struct desk_pages *desk = pages->desks;

	while (desk != NULL && strcmp(desk->desk, desk_name) != 0)
		desk = desk->next;
	if (desk == NULL) {
		desk = desk_new(pages);
		if (desk == NULL)
			return -1;
		(void)memccpy(desk->desk, desk_name, '\0', sizeof desk->desk - 1);
	}
	for (size_t i = LEVEL_TIER_1; i < LEVEL_COUNT; i++) {
		struct level_pages *level = &desk->levels[i];

		if ((levels & LEVEL_BIT(i)) == 0)
			continue;
		if (level->waiting == 0 || urgency_timer(urgency) < urgency_timer(level->urgency))
			level->urgency = urgency;
		level->waiting += level->waiting < UINT32_MAX ? 1 : 0;
	}
	desk->is_changed = pages->is_changed = true;
	return 0;
}

/* Those of a desk that is gone, or has no such level any more, are of use to nobody. */
static bool is_anybodys(const struct store *store, const struct desk_pages *desk, size_t level)
{
	const struct roster_desk *row = roster_desk(store->roster, desk->desk);

	return row != NULL && (level != LEVEL_FALLBACK || row->fallback[0] != '\0');
}

static int send_level(struct store *store, struct desk_pages *desk, size_t at)
{
	struct level_pages *level = &desk->levels[at];
	int64_t minute = time_cut(store_now(store), MINUTE);

	if (level->waiting == 0 || may_go_at(level) > minute)
		return 0;
	if (is_anybodys(store, desk, at) && wake_level(store, desk, (enum alert_level)at) != 0)
		return -1;
	if (level->waiting > 1)
		log_event(LOG_INFO, "page_grouped", "alerts=%u", level->waiting);
	level->last = minute;
	if (urgency_timer(level->urgency) == URGENCY_IMMEDIATE)
		level->last_immediate = minute;
	level->waiting = 0;
	desk->is_changed = store->escalation->pages->is_changed = true;
	return 0;
}

int pages_write(struct store *store)
{
	struct pages *pages = store->escalation->pages;

	for (struct desk_pages *desk = pages->desks; desk != NULL; desk = desk->next) {
		for (size_t i = LEVEL_TIER_1; i < LEVEL_COUNT; i++)
			if (send_level(store, desk, i) != 0)
				return -1;
		if (desk->is_changed && write_row(store, desk) != 0)
			return -1;
	}
	/* is_changed stays until the commit: a group that fails is read again. */
	return 0;
}

void pages_committed(struct store *store)
{
	struct pages *pages = store->escalation->pages;

	for (struct desk_pages *desk = pages->desks; pages->is_changed && desk != NULL; desk = desk->next)
		desk->is_changed = false;
	pages->is_changed = false;
}

int64_t pages_next(const struct store *store)
{
	int64_t next = ESCALATION_NEVER;

	for (const struct desk_pages *desk = store->escalation->pages->desks; desk != NULL; desk = desk->next)
		for (size_t i = LEVEL_TIER_1; i < LEVEL_COUNT; i++)
			if (desk->levels[i].waiting > 0 && may_go_at(&desk->levels[i]) < next)
				next = may_go_at(&desk->levels[i]);
	return next;
}
