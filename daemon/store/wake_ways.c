#include "wake_ways.h"
#include "outbox_rows.h"
#include "store_state.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#define PLAIN_MAX  (WAKE_ADDRESS_SIZE + 128)
#define SEALED_MAX (PLAIN_MAX + 2 * SEAL_OVERHEAD)

static struct place place_of(const uint8_t *name, size_t len)
{
	return (struct place){ .column = COLUMN_WAKE_WAY, .identity = name, .identity_len = len };
}

/* --- what is in memory */

const struct wake_note *wake_notes(const struct store *store)
{
	return store->outbox->notes;
}

static struct wake_note **find(const struct store *store, const char *officer)
{
	struct wake_note **at = &store->outbox->notes;

	while (*at != NULL && strcmp((*at)->officer, officer) != 0)
		at = &(*at)->next;
	return at;
}

const struct wake_note *wake_note(const struct store *store, const char *officer)
{
	return *find(store, officer);
}

static void drop_note(struct store *store, const char *officer)
{
	struct wake_note **at = find(store, officer), *note = *at;

	if (note == NULL)
		return;
	*at = note->next;
	free(note);
}

static int put_note(struct store *store, const struct wake_note *given)
{
	struct wake_note *note = malloc(sizeof *note);

	if (note == NULL)
		return -1;
	drop_note(store, given->officer);
	*note = *given;
	note->next = store->outbox->notes;
	store->outbox->notes = note;
	return 0;
}

void wake_ways_allow(struct store *store, const char *ways)
{
	bool *lacks = store->outbox->lacks;

	lacks[WAKE_SMTP] = strstr(ways, "smtp") == NULL;
	lacks[WAKE_COMMAND] = strstr(ways, "command") == NULL;
	for (size_t kind = WAKE_WEBHOOK; kind <= WAKE_UNIFIEDPUSH; kind++)
		lacks[kind] = strstr(ways, "webhooks") == NULL;
}

bool wake_way_is_allowed(const struct store *store, enum wake_kind kind)
{
	return !store->outbox->lacks[kind];
}

/* --- as it lies on the shelf: fields of one length, so that all rows are equally long */

static int write_row(const struct wake_note *note, const struct wake_way *way, struct buffer *out)
{
	buffer_put(out, note->officer, sizeof note->officer);
	buffer_put_u32(out, note->beat_minutes);
	buffer_put_u32(out, note->beat_phase);
	buffer_put_u8(out, (uint8_t)way->kind);
	buffer_put(out, way->address, sizeof way->address);
	return buffer_ok(out);
}

static int parse_row(const struct buffer *plain, struct wake_note *ret_note, struct wake_way *ret_way)
{
	struct reader in = reader_of(plain->data, plain->len);
	uint8_t kind;

	if (reader_fixed(&in, ret_note->officer, sizeof ret_note->officer) != 0 ||
		reader_u32(&in, &ret_note->beat_minutes) != 0 ||
		reader_u32(&in, &ret_note->beat_phase) != 0 || reader_u8(&in, &kind) != 0 ||
		reader_fixed(&in, ret_way->address, sizeof ret_way->address) != 0 || reader_end(&in) != 0 ||
		ret_note->officer[NAME_SIZE - 1] != '\0' || ret_way->address[WAKE_ADDRESS_SIZE - 1] != '\0' ||
		!wake_address_fits(kind, ret_way->address))
		return -1;
	ret_way->kind = kind;
	ret_way->beat_minutes = ret_note->beat_minutes;
	ret_note->next = NULL;
	return 0;
}

static int open_row(struct store *store, const struct place *place, const struct backend_view *sealed,
	struct wake_note *ret_note, struct wake_way *ret_way)
{
	struct buffer plain = buffer_of(PLAIN_MAX);
	int rc = seal_get_row(store->seal, place, sealed->data, sealed->len, &plain);

	if (rc == 0)
		rc = parse_row(&plain, ret_note, ret_way);
	buffer_free(&plain);
	return rc;
}

static int name_of_row(struct store *store, const char *officer, uint8_t ret_name[BLIND_INDEX_BYTES])
{
	return seal_index(store->seal, INDEX_WAKE_WAY, officer, strlen(officer), ret_name);
}

int wake_way_find(struct store *store, const char *officer, struct wake_way *ret_way)
{
	struct buffer sealed = buffer_of(SEALED_MAX);
	uint8_t name[BLIND_INDEX_BYTES];
	struct place place = place_of(name, sizeof name);
	struct wake_note note;
	struct wake_way way;
	int rc = -1;

	if (name_of_row(store, officer, name) != 0)
		goto cleanup;
	if (backend_get(store->backend, SHELF_WAKE_WAYS, name, sizeof name, &sealed) != 0) {
		rc = backend_error(store->backend) == BACKEND_MISSING ? 0 : -1;
		goto cleanup;
	}
	if (open_row(store, &place, &(struct backend_view){ sealed.data, sealed.len }, &note, &way) != 0 ||
		strcmp(note.officer, officer) != 0)
		goto cleanup;
	*ret_way = way;
	rc = 1;
cleanup:
	sodium_memzero(&way, sizeof way);
	buffer_free(&sealed);
	return rc;
}

int wake_way_keep(struct store *store, const char *officer, const struct wake_way *way)
{
	struct buffer plain = buffer_of(PLAIN_MAX), sealed = buffer_of(SEALED_MAX);
	uint8_t name[BLIND_INDEX_BYTES];
	struct place place = place_of(name, sizeof name);
	struct wake_note note = { .beat_minutes = way->beat_minutes };
	struct wake_way fixed = { .kind = way->kind };
	int rc = -1;

	memcpy(note.officer, officer, strlen(officer));
	memcpy(fixed.address, way->address, strlen(way->address));
	if (note.beat_minutes > 0)
		note.beat_phase = randombytes_uniform(note.beat_minutes * 60);
	if (name_of_row(store, officer, name) != 0 || write_row(&note, &fixed, &plain) != 0 ||
		seal_put_row(store->seal, &place, plain.data, plain.len, &sealed) != 0)
		goto cleanup;
	if (backend_put(store->backend, SHELF_WAKE_WAYS, name, sizeof name, sealed.data, sealed.len) != 0)
		goto cleanup;
	rc = put_note(store, &note);
cleanup:
	sodium_memzero(&fixed, sizeof fixed);
	buffer_free(&plain);
	buffer_free(&sealed);
	return rc;
}

int wake_way_forget(struct store *store, const char *officer)
{
	uint8_t name[BLIND_INDEX_BYTES];

	if (name_of_row(store, officer, name) != 0 ||
		backend_remove(store->backend, SHELF_WAKE_WAYS, name, sizeof name) != 0)
		return -1;
	drop_note(store, officer);
	return 0;
}

void wake_ways_tidy(struct store *store)
{
	const struct wake_note *note = wake_notes(store);
	char gone[NAME_SIZE];

	while (note != NULL && roster_officer(store->roster, note->officer) != NULL)
		note = note->next;
	if (note == NULL)
		return;
	memcpy(gone, note->officer, sizeof gone); /* one a minute: the next comes in its turn */
	if (group_open(store) != 0)
		return;
	if (wake_way_forget(store, gone) != 0)
		group_fail(store);
	else
		outbox_way_changed(store, gone);
}

static int load_one(void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len)
{
	struct store *store = context;
	struct place place = place_of(name, name_len);
	struct wake_note note;
	struct wake_way way;
	int rc = 0;

	if (open_row(store, &place, &(struct backend_view){ data, len }, &note, &way) != 0)
		log_plain(LOG_ERROR, "wake_way_damaged");
	else
		rc = put_note(store, &note);
	sodium_memzero(&way, sizeof way);
	return rc;
}

void wake_ways_free(struct store *store)
{
	while (store->outbox->notes != NULL)
		drop_note(store, store->outbox->notes->officer);
}

int wake_ways_load(struct store *store)
{
	wake_ways_free(store);
	return backend_each(store->backend, SHELF_WAKE_WAYS, load_one, store);
}
