#include "outbox_rows.h"
#include "store_state.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#define PLAIN_MAX  256
#define SEALED_MAX (PLAIN_MAX + 2 * SEAL_OVERHEAD)

static struct place place_of(const uint8_t *name, size_t len)
{
	return (struct place){ .column = COLUMN_OUTBOX, .identity = name, .identity_len = len };
}

/* Names as fields of one length, so that all rows are equally long. */
int outbox_row_add(struct store *store, const struct outbox_entry *entry)
{
	struct buffer plain = buffer_of(PLAIN_MAX), sealed = buffer_of(SEALED_MAX);
	struct place place = place_of(entry->id, sizeof entry->id);
	int rc;

	buffer_put(&plain, entry->officer, sizeof entry->officer);
	buffer_put(&plain, entry->desk, sizeof entry->desk);
	buffer_put_u8(&plain, (uint8_t)entry->urgency);
	buffer_put_u64(&plain, (uint64_t)entry->asked);
	rc = buffer_ok(&plain);
	if (rc == 0)
		rc = seal_put_row(store->seal, &place, plain.data, plain.len, &sealed);
	if (rc == 0)
		rc = backend_put(
			store->backend, SHELF_OUTBOX, entry->id, sizeof entry->id, sealed.data, sealed.len);
	buffer_free(&plain);
	buffer_free(&sealed);
	return rc;
}

int outbox_row_remove(struct store *store, const struct outbox_entry *entry)
{
	return backend_remove(store->backend, SHELF_OUTBOX, entry->id, sizeof entry->id);
}

static int parse(const struct buffer *plain, struct outbox_entry *entry)
{
	struct reader in = reader_of(plain->data, plain->len);
	uint8_t urgency;
	uint64_t asked;

	if (reader_fixed(&in, entry->officer, sizeof entry->officer) != 0 ||
		reader_fixed(&in, entry->desk, sizeof entry->desk) != 0 || reader_u8(&in, &urgency) != 0 ||
		reader_u64(&in, &asked) != 0 || reader_end(&in) != 0 || urgency >= URGENCY_COUNT ||
		entry->officer[NAME_SIZE - 1] != '\0' || entry->desk[NAME_SIZE - 1] != '\0')
		return -1;
	entry->urgency = urgency;
	entry->asked = (int64_t)asked;
	return 0;
}

/* One that doesn't open can't be delivered: the report that it was about is on its desk's list all the same.
 */
static int load_one(void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len)
{
	struct store *store = context;
	struct outbox_entry *entry = calloc(1, sizeof *entry);
	struct buffer plain = buffer_of(PLAIN_MAX);
	struct place place = place_of(name, name_len);

	if (entry == NULL)
		return -1;
	if (name_len == sizeof entry->id && seal_get_row(store->seal, &place, data, len, &plain) == 0 &&
		parse(&plain, entry) == 0) {
		memcpy(entry->id, name, name_len);
		entry->due = store_now(store);
		entry->next = store->outbox->entries;
		store->outbox->entries = entry;
		entry = NULL;
	} else {
		log_plain(LOG_ERROR, "wake_damaged");
	}
	free(entry);
	buffer_free(&plain);
	return 0;
}

static void drop(struct outbox *outbox, bool beats_too)
{
	struct outbox_entry **at = &outbox->entries;

	while (*at != NULL) {
		struct outbox_entry *entry = *at;

		if (outbox_is_beat(entry) && !beats_too) {
			at = &entry->next;
			continue;
		}
		*at = entry->next;
		if (entry->number != 0)
			outbox->on_the_way--;
		free(entry);
	}
	outbox->has_fresh = false;
}

void outbox_rows_free(struct store *store)
{
	drop(store->outbox, true);
}

int outbox_rows_load(struct store *store)
{
	drop(store->outbox, false);
	return backend_each(store->backend, SHELF_OUTBOX, load_one, store);
}
