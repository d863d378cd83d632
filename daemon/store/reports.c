/* Rows of reports and their facts: what is sealed under which key, in one place. */
#include "escalation.h"
#include "figures.h"
#include "store_state.h"

#include "base/log.h"
#include "proto/digest.h"
#include "proto/encode.h"

#include <stdlib.h>
#include <string.h>

#define FACTS_MAX 4096

static struct place report_place(const struct report_facts *facts, enum column column, uint64_t number)
{
	return (struct place){ .column = column,
		.identity = facts->blind_id,
		.identity_len = sizeof facts->blind_id,
		.number = number };
}

int report_open_row(struct store *store, const struct backend_report *row, struct report_facts **ret_facts)
{
	struct report_facts *facts = facts_new();
	struct buffer plain = buffer_of(FACTS_MAX);
	struct place place;
	int rc = -1;

	if (facts == NULL || row->data_key.len != sizeof facts->wrapped_key)
		goto cleanup;
	facts->seq = row->seq;
	facts->body = row->body;
	facts->epoch = row->epoch;
	memcpy(facts->blind_id, row->id, sizeof facts->blind_id);
	memcpy(facts->wrapped_key, row->data_key.data, sizeof facts->wrapped_key);
	if (seal_key_open(store->seal, facts->blind_id, row->epoch, row->data_key.data, row->data_key.len,
		    facts->key) != 0)
		goto cleanup;
	place = report_place(facts, COLUMN_FACTS, 0);
	if (seal_get(facts->key, &place, row->facts.data, row->facts.len, &plain) != 0 ||
		facts_parse(plain.data, plain.len, facts) != 0)
		goto cleanup;
	*ret_facts = facts;
	facts = NULL;
	rc = 0;
cleanup:
	buffer_free(&plain);
	facts_free(facts);
	return rc;
}

/* Said where it is met, so that an operator can tell a damaged report from a busy store. */
static int report_damaged(uint64_t seq)
{
	log_event(LOG_ERROR, "row_damaged", "seq=%llu", (unsigned long long)seq);
	return -1;
}

int report_find(struct store *store, const uint8_t id[SHA256_BYTES], struct report_facts **ret_facts,
	struct backend_report *ret_row)
{
	uint8_t blind[BLIND_INDEX_BYTES];

	if (seal_index(store->seal, INDEX_REPORT, id, SHA256_BYTES, blind) != 0)
		return -1;
	if (backend_find(store->backend, blind, ret_row) != 0)
		return backend_error(store->backend) == BACKEND_MISSING ? 0 : -1;
	if (report_open_row(store, ret_row, ret_facts) == 0)
		return 1;
	return report_damaged(ret_row->seq);
}

struct report_facts *report_stand_in(struct store *store)
{
	struct report_facts *facts = NULL;
	struct backend_report row;

	return backend_newest(store->backend, &row) == 0 && report_open_row(store, &row, &facts) == 0 ? facts
												      : NULL;
}

/* The row of these facts, sealed into the caller's buffer. */
static int fill_row(struct store *store, const struct report_facts *facts, struct buffer *sealed,
	struct backend_report *ret_row)
{
	struct buffer plain = buffer_of(FACTS_MAX);
	struct place place = report_place(facts, COLUMN_FACTS, 0);
	int rc = -1;

	memset(ret_row, 0, sizeof *ret_row);
	ret_row->seq = facts->seq;
	ret_row->body = facts->body;
	ret_row->epoch = facts->epoch;
	memcpy(ret_row->id, facts->blind_id, sizeof ret_row->id);
	ret_row->data_key = (struct backend_view){ facts->wrapped_key, sizeof facts->wrapped_key };
	ret_row->is_open = facts->stage == STAGE_LISTED && facts->state != STATE_CLOSED;
	if (ret_row->is_open && seal_index(store->seal, INDEX_OPEN_DESK, facts->desk, strlen(facts->desk),
					ret_row->open_desk) != 0)
		goto cleanup;
	if (facts_write(facts, &plain) != 0 ||
		seal_put(facts->key, &place, plain.data, plain.len, sealed) != 0)
		goto cleanup;
	ret_row->facts = (struct backend_view){ sealed->data, sealed->len };
	rc = 0;
cleanup:
	buffer_free(&plain);
	return rc;
}

int report_save(struct store *store, struct report_facts *facts)
{
	struct buffer sealed = buffer_of(FACTS_MAX + SEAL_OVERHEAD);
	struct backend_report row;
	int rc = fill_row(store, facts, &sealed, &row);

	if (rc == 0)
		rc = backend_change(store->backend, &row);
	buffer_free(&sealed);
	return rc;
}

int report_relist(struct store *store, struct report_facts *facts)
{
	struct buffer sealed = buffer_of(FACTS_MAX + SEAL_OVERHEAD);
	struct backend_report row;
	int rc = backend_take_number(store->backend, &facts->seq);

	if (rc == 0)
		rc = fill_row(store, facts, &sealed, &row);
	if (rc == 0)
		rc = backend_relist(store->backend, &row);
	buffer_free(&sealed);
	return rc;
}

static int seal_header(
	const struct report_facts *facts, const uint8_t *header, size_t header_len, struct buffer *ret_sealed)
{
	struct place place = report_place(facts, COLUMN_HEADER, 0);

	return header_len == 0 ? 0 : seal_put(facts->key, &place, header, header_len, ret_sealed);
}

int report_keep_header(
	struct store *store, const struct report_facts *facts, const uint8_t *header, size_t header_len)
{
	struct buffer sealed = buffer_of(FACTS_MAX + SEAL_OVERHEAD);
	struct buffer sealed_header = buffer_of(AGE_HEADER_MAX + SEAL_OVERHEAD);
	struct backend_report row;
	int rc = -1;

	if (fill_row(store, facts, &sealed, &row) != 0 ||
		seal_header(facts, header, header_len, &sealed_header) != 0)
		goto cleanup;
	row.header = (struct backend_view){ sealed_header.data, sealed_header.len };
	rc = backend_change(store->backend, &row);
cleanup:
	buffer_free(&sealed);
	buffer_free(&sealed_header);
	return rc;
}

int report_add(struct store *store, struct report_facts *facts, const uint8_t *header, size_t header_len,
	bool is_pending)
{
	struct buffer sealed = buffer_of(FACTS_MAX + SEAL_OVERHEAD);
	struct buffer sealed_header = buffer_of(AGE_HEADER_MAX + SEAL_OVERHEAD);
	struct backend_report row;
	int rc = -1;

	if (seal_index(store->seal, INDEX_REPORT, facts->id, sizeof facts->id, facts->blind_id) != 0 ||
		seal_key_new(store->seal, facts->blind_id, facts->key, facts->wrapped_key, &facts->epoch) !=
			0)
		goto cleanup;
	if ((!is_pending && escalation_begin(store, facts) != 0) ||
		fill_row(store, facts, &sealed, &row) != 0 ||
		seal_header(facts, header, header_len, &sealed_header) != 0)
		goto cleanup;
	row.header = (struct backend_view){ sealed_header.data, sealed_header.len };
	rc = is_pending ? backend_add_upload(store->backend, &row) : backend_add_report(store->backend, &row);
	if (rc == 0) {
		facts->seq = row.seq;
		facts->body = row.body;
		if (!is_pending)
			headers_added(store, facts);
	}
cleanup:
	buffer_free(&sealed);
	buffer_free(&sealed_header);
	return rc;
}

int report_publish(struct store *store, struct report_facts *facts)
{
	struct buffer sealed = buffer_of(FACTS_MAX + SEAL_OVERHEAD);
	struct buffer header = buffer_of(AGE_HEADER_MAX),
		      sealed_header = buffer_of(AGE_HEADER_MAX + SEAL_OVERHEAD);
	struct backend_report row;
	int rc = -1;

	/* The header was kept when the last byte came: here it only moves along. */
	if (report_header(store, facts, &header) != 0)
		goto cleanup;
	facts->stage = STAGE_LISTED;
	if (escalation_begin(store, facts) != 0 || fill_row(store, facts, &sealed, &row) != 0 ||
		seal_header(facts, header.data, header.len, &sealed_header) != 0)
		goto cleanup;
	row.header = (struct backend_view){ sealed_header.data, sealed_header.len };
	rc = backend_finish_upload(store->backend, &row);
	if (rc == 0) {
		facts->seq = row.seq;
		headers_added(store, facts);
	}
cleanup:
	buffer_free(&sealed);
	buffer_free(&header);
	buffer_free(&sealed_header);
	return rc;
}

int report_header(struct store *store, const struct report_facts *facts, struct buffer *out)
{
	struct place place = report_place(facts, COLUMN_HEADER, 0);
	struct buffer sealed = buffer_of(AGE_HEADER_MAX + SEAL_OVERHEAD);
	size_t before = out->len;
	uint8_t digest[SHA256_BYTES];
	int rc = backend_header(store->backend, facts->body, &sealed);

	if (rc == 0)
		rc = seal_get(facts->key, &place, sealed.data, sealed.len, out);
	/* An older one of the same report opens too: it isn't the one that the facts are about. */
	if (rc == 0 && (sha256_once(out->data + before, out->len - before, digest) != 0 ||
			       !bytes_equal(digest, facts->header_digest, sizeof digest)))
		rc = -1;
	buffer_free(&sealed);
	return rc == 0 ? 0 : report_damaged(facts->seq);
}

bool report_is_current(struct store *store, const struct report_facts *facts)
{
	struct buffer event = buffer_of(EVENT_MAX + SEAL_OVERHEAD);
	bool is_current = backend_event(store->backend, facts->body, facts->event_count + 1, &event) != 0 &&
			  backend_error(store->backend) == BACKEND_MISSING;

	if (!is_current)
		(void)report_damaged(facts->seq);
	buffer_free(&event);
	return is_current;
}

int report_add_chunk(struct store *store, const struct report_facts *facts, uint32_t number,
	const uint8_t *data, size_t len, bool replace)
{
	struct place place = report_place(facts, COLUMN_CHUNK, number);
	struct buffer sealed = buffer_of(CHUNK_BYTES + SEAL_OVERHEAD);
	int rc = seal_put(facts->key, &place, data, len, &sealed);

	if (rc == 0)
		rc = replace ? backend_change_chunk(
				       store->backend, facts->body, number, sealed.data, sealed.len)
			     : backend_add_chunk(
				       store->backend, facts->body, number, sealed.data, sealed.len);
	buffer_free(&sealed);
	return rc;
}

int report_chunk(struct store *store, const struct report_facts *facts, uint32_t number, struct buffer *out)
{
	struct place place = report_place(facts, COLUMN_CHUNK, number);
	struct buffer sealed = buffer_of(CHUNK_BYTES + SEAL_OVERHEAD);
	int rc = backend_chunk(store->backend, facts->body, number, &sealed);

	if (rc == 0)
		rc = seal_get(facts->key, &place, sealed.data, sealed.len, out);
	buffer_free(&sealed);
	return rc == 0 ? 0 : report_damaged(facts->seq);
}

int report_acceptance(struct store *store, const struct report_facts *facts, struct buffer *out)
{
	struct acceptance_answer answer = { { 0 }, { 0 }, { 0 } };

	(void)store;
	hex_encode(facts->id, sizeof facts->id, answer.id);
	memcpy(answer.accepted, facts->accepted_hour, sizeof answer.accepted);
	memcpy(answer.signature, facts->signature, sizeof answer.signature);
	return acceptance_write(&answer, out);
}

void report_announce(struct store *store, const struct report_facts *facts)
{
	alerts_wake(store, facts->desk);
}

void report_on_committed(struct request *request)
{
	struct store *store = request->front->store;

	figures_accepted(store);
	if (request->facts->stage == STAGE_LISTED)
		report_announce(store, request->facts);
	else
		releases_schedule(store, request->facts);
}
