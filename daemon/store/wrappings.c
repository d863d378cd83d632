/* Headers that replaced a report's first one: what was signed about the newest, and the one before it until
 * somebody else has opened the report with the new one. All sealed under the report's data key. */
#include "store_state.h"

#include <stdlib.h>
#include <string.h>

/* Records of the report, and numbers of their places. */
enum part { PART_WRAPPING = 1, PART_REPLACED };

static struct place part_place(const struct report_facts *facts, enum part part)
{
	return (struct place){ .column = COLUMN_WRAPPING,
		.identity = facts->blind_id,
		.identity_len = sizeof facts->blind_id,
		.number = (uint64_t)part };
}

static int put_part(
	struct store *store, const struct report_facts *facts, enum part part, const struct buffer *content)
{
	struct buffer sealed = buffer_of(WRAPPING_MAX + SEAL_OVERHEAD);
	struct place place = part_place(facts, part);
	int rc = seal_put(facts->key, &place, content->data, content->len, &sealed);

	if (rc == 0)
		rc = backend_put_record(store->backend, facts->body, (uint32_t)part, sealed.data, sealed.len);
	buffer_free(&sealed);
	return rc;
}

static int get_part(struct store *store, const struct report_facts *facts, enum part part, struct buffer *out)
{
	struct buffer sealed = buffer_of(WRAPPING_MAX + SEAL_OVERHEAD);
	struct place place = part_place(facts, part);
	int rc = backend_record(store->backend, facts->body, (uint32_t)part, &sealed);

	if (rc == 0)
		rc = seal_get(facts->key, &place, sealed.data, sealed.len, out);
	buffer_free(&sealed);
	return rc;
}

int wrapping_keep(struct store *store, struct report_facts *facts, const struct wrapping *wrapping)
{
	struct buffer before = buffer_of(AGE_HEADER_MAX), json = buffer_of(WRAPPING_MAX);
	int rc = -1;

	if (report_header(store, facts, &before) != 0 || wrapping_write(wrapping, &json) != 0)
		goto cleanup;
	/* A header that nobody else has opened isn't worth keeping: the one before it is. */
	if (facts->header_stage != HEADER_UNCONFIRMED && put_part(store, facts, PART_REPLACED, &before) != 0)
		goto cleanup;
	headers_gone(store, facts);
	facts->length = facts->length - before.len + wrapping->header_len;
	facts->header_roster = wrapping->roster;
	facts->header_stage = HEADER_UNCONFIRMED;
	memcpy(facts->header_digest, wrapping->new_header, sizeof facts->header_digest);
	memcpy(facts->wrapped_by, wrapping->keyid, sizeof facts->wrapped_by);
	if (put_part(store, facts, PART_WRAPPING, &json) != 0 ||
		report_keep_header(store, facts, wrapping->header, wrapping->header_len) != 0)
		goto cleanup;
	headers_added(store, facts);
	rc = 0;
cleanup:
	buffer_free(&before);
	buffer_free(&json);
	return rc;
}

int wrapping_load(struct store *store, const struct report_facts *facts, struct wrapping_state *ret_state)
{
	struct wrapping_state state = { .is_confirmed = facts->header_stage == HEADER_CONFIRMED };
	struct buffer json = buffer_of(WRAPPING_MAX), replaced = buffer_of(AGE_HEADER_MAX);
	struct fault fault;
	int rc = -1;

	if (get_part(store, facts, PART_WRAPPING, &json) != 0 ||
		wrapping_parse((const char *)json.data, json.len, &state.wrapping, &fault) != 0)
		goto cleanup;
	if (!state.is_confirmed) {
		if (get_part(store, facts, PART_REPLACED, &replaced) != 0 ||
			(state.replaced = malloc(replaced.len)) == NULL)
			goto cleanup;
		memcpy(state.replaced, replaced.data, replaced.len);
		state.replaced_len = replaced.len;
	}
	*ret_state = state;
	state = (struct wrapping_state){ .wrapping = NULL };
	rc = 0;
cleanup:
	wrapping_state_free(&state);
	buffer_free(&json);
	buffer_free(&replaced);
	return rc;
}

int wrapping_confirm(
	struct store *store, struct report_facts *facts, const uint8_t keyid[ED25519_PUBLIC_BYTES])
{
	if (facts->header_stage != HEADER_UNCONFIRMED ||
		bytes_equal(facts->wrapped_by, keyid, ED25519_PUBLIC_BYTES))
		return 0;
	facts->header_stage = HEADER_CONFIRMED;
	return backend_drop_record(store->backend, facts->body, PART_REPLACED);
}
