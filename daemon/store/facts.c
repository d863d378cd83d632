#include "facts.h"

#include "proto/cursor.h"

#include <sodium.h>
#include <string.h>

#define FACTS_VERSION 6  /* the next one needs a step in backend_schema.c */
#define SPARES_MAX    64 /* a group's worth */

/* Guarded memory costs a dozen system calls to make and give back: a few pieces are kept, wiped, for the
 * next. */
static struct report_facts *spares[SPARES_MAX];
static size_t spare_count;

struct report_facts *facts_new(void)
{
	struct report_facts *facts =
		spare_count > 0 ? spares[--spare_count] : sodium_malloc(sizeof(struct report_facts));

	if (facts != NULL)
		memset(facts, 0, sizeof *facts);
	return facts;
}

void facts_free(struct report_facts *facts)
{
	if (facts == NULL)
		return;
	if (spare_count == SPARES_MAX) {
		sodium_free(facts);
		return;
	}
	sodium_memzero(facts, sizeof *facts);
	spares[spare_count++] = facts;
}

static void put_i64(struct buffer *out, int64_t value)
{
	buffer_put_u64(out, (uint64_t)value);
}

int facts_write(const struct report_facts *facts, struct buffer *out)
{
	buffer_put_u8(out, FACTS_VERSION);
	buffer_put_u8(out, (uint8_t)facts->stage);
	buffer_put(out, facts->id, sizeof facts->id);
	buffer_put_text(out, facts->desk);
	buffer_put_u8(out, (uint8_t)facts->urgency);
	buffer_put_u8(out, (uint8_t)facts->state);
	put_i64(out, facts->accepted);
	put_i64(out, facts->listed);
	buffer_put_text(out, facts->accepted_hour);
	buffer_put(out, facts->signature, sizeof facts->signature);
	put_i64(out, facts->release);
	buffer_put_text(out, facts->hold_key);
	buffer_put_u64(out, facts->roster);
	buffer_put_u64(out, facts->length);
	buffer_put_u8(out, facts->has_proof ? 1 : 0);
	buffer_put(out, facts->proof_key, sizeof facts->proof_key);
	buffer_put(out, facts->header_digest, sizeof facts->header_digest);
	buffer_put_u32(out, facts->chunk_count);
	buffer_put_u32(out, facts->event_count);
	buffer_put(out, facts->last_event, sizeof facts->last_event);
	put_i64(out, facts->changed);
	buffer_put_u64(out, facts->header_roster);
	buffer_put_u8(out, (uint8_t)facts->header_stage);
	buffer_put(out, facts->wrapped_by, sizeof facts->wrapped_by);
	buffer_put_u8(out, (uint8_t)facts->level);
	put_i64(out, facts->alerted);
	buffer_put_u8(out, facts->is_unanswered ? 1 : 0);
	buffer_put_u64(out, facts->raised);
	put_i64(out, facts->progressed);
	buffer_put(out, facts->acknowledged_by, sizeof facts->acknowledged_by);
	buffer_put_u8(out, facts->is_seconded ? 1 : 0);
	put_i64(out, facts->acknowledged);
	buffer_put_u8(out, facts->is_contacted ? 1 : 0);
	buffer_put_u32(out, facts->misses);
	put_i64(out, facts->watched);
	if (facts->stage == STAGE_HELD)
		buffer_put_u64(out, facts->hold_counter);
	if (facts->stage == STAGE_UPLOADING) {
		buffer_put_u64(out, facts->offset);
		buffer_put(out, facts->upload_key_digest, sizeof facts->upload_key_digest);
		buffer_put(out, facts->hash_state, sizeof facts->hash_state);
		put_i64(out, facts->began);
		buffer_put_u8(out, facts->has_salt ? 1 : 0);
		buffer_put(out, facts->salt, sizeof facts->salt);
	}
	return buffer_ok(out);
}

static int get_i64(struct reader *in, int64_t *ret_value)
{
	uint64_t value;

	if (reader_u64(in, &value) != 0)
		return -1;
	*ret_value = (int64_t)value;
	return 0;
}

/* A number that must lie below a bound: an enum or a bool. */
static int get_below(struct reader *in, uint8_t bound, uint8_t *ret_value)
{
	return reader_u8(in, ret_value) != 0 || *ret_value >= bound ? -1 : 0;
}

static int parse_destination(struct reader *in, struct report_facts *facts)
{
	uint8_t urgency, state;

	if (reader_fixed(in, facts->id, sizeof facts->id) != 0 ||
		reader_text(in, facts->desk, sizeof facts->desk) != 0 ||
		get_below(in, URGENCY_COUNT, &urgency) != 0 || get_below(in, STATE_COUNT, &state) != 0 ||
		get_i64(in, &facts->accepted) != 0 || get_i64(in, &facts->listed) != 0 ||
		reader_text(in, facts->accepted_hour, sizeof facts->accepted_hour) != 0 ||
		reader_fixed(in, facts->signature, sizeof facts->signature) != 0 ||
		get_i64(in, &facts->release) != 0 ||
		reader_text(in, facts->hold_key, sizeof facts->hold_key) != 0)
		return -1;
	facts->urgency = (enum urgency)urgency;
	facts->state = (enum report_state)state;
	return 0;
}

static int parse_content(struct reader *in, struct report_facts *facts)
{
	uint8_t has_proof;

	if (reader_u64(in, &facts->roster) != 0 || reader_u64(in, &facts->length) != 0 ||
		get_below(in, 2, &has_proof) != 0 ||
		reader_fixed(in, facts->proof_key, sizeof facts->proof_key) != 0 ||
		reader_fixed(in, facts->header_digest, sizeof facts->header_digest) != 0 ||
		reader_u32(in, &facts->chunk_count) != 0 || reader_u32(in, &facts->event_count) != 0 ||
		reader_fixed(in, facts->last_event, sizeof facts->last_event) != 0)
		return -1;
	facts->has_proof = has_proof == 1;
	return 0;
}

/* Before version 2 nobody counted from when. */
static int parse_changed(struct reader *in, uint8_t version, struct report_facts *facts)
{
	facts->changed = facts->accepted;
	return version < 2 ? 0 : get_i64(in, &facts->changed);
}

/* Before version 3 every header was the first. */
static int parse_header(struct reader *in, uint8_t version, struct report_facts *facts)
{
	uint8_t stage;

	facts->header_roster = facts->roster;
	facts->header_stage = HEADER_FIRST;
	if (version < 3)
		return 0;
	if (reader_u64(in, &facts->header_roster) != 0 || get_below(in, HEADER_CONFIRMED + 1, &stage) != 0 ||
		reader_fixed(in, facts->wrapped_by, sizeof facts->wrapped_by) != 0)
		return -1;
	facts->header_stage = (enum header_stage)stage;
	return 0;
}

/* Before version 5 nothing climbed: what waits is alerted anew. */
static int parse_escalation(struct reader *in, uint8_t version, struct report_facts *facts)
{
	uint8_t level, is_unanswered, is_seconded;

	facts->progressed = facts->changed;
	if (version < 5)
		return 0;
	if (get_below(in, LEVEL_COUNT, &level) != 0 || get_i64(in, &facts->alerted) != 0 ||
		get_below(in, 2, &is_unanswered) != 0 || reader_u64(in, &facts->raised) != 0 ||
		get_i64(in, &facts->progressed) != 0 ||
		reader_fixed(in, facts->acknowledged_by, sizeof facts->acknowledged_by) != 0 ||
		get_below(in, 2, &is_seconded) != 0)
		return -1;
	facts->level = (enum alert_level)level;
	facts->is_unanswered = is_unanswered == 1;
	facts->is_seconded = is_seconded == 1;
	return 0;
}

/* Before version 6 no event told of a contact: of those reports nobody is to be alerted for that. */
static int parse_targets(struct reader *in, uint8_t version, struct report_facts *facts)
{
	uint8_t is_contacted;

	if (version < 6) {
		facts->is_contacted = facts->state != STATE_NEW;
		facts->acknowledged = facts->watched = facts->is_contacted ? facts->progressed : 0;
		return 0;
	}
	if (get_i64(in, &facts->acknowledged) != 0 || get_below(in, 2, &is_contacted) != 0 ||
		reader_u32(in, &facts->misses) != 0 || get_i64(in, &facts->watched) != 0)
		return -1;
	facts->is_contacted = is_contacted == 1;
	return 0;
}

static int parse_pending(struct reader *in, uint8_t version, struct report_facts *facts)
{
	uint8_t has_salt;

	if (facts->stage == STAGE_HELD)
		return version < 4 ? 0 : reader_u64(in, &facts->hold_counter);
	if (facts->stage != STAGE_UPLOADING)
		return 0;
	if (reader_u64(in, &facts->offset) != 0 ||
		reader_fixed(in, facts->upload_key_digest, sizeof facts->upload_key_digest) != 0 ||
		reader_fixed(in, facts->hash_state, sizeof facts->hash_state) != 0 ||
		get_i64(in, &facts->began) != 0 || get_below(in, 2, &has_salt) != 0 ||
		reader_fixed(in, facts->salt, sizeof facts->salt) != 0)
		return -1;
	facts->has_salt = has_salt == 1;
	return 0;
}

int facts_parse(const uint8_t *data, size_t len, struct report_facts *facts)
{
	struct reader in = reader_of(data, len);
	uint8_t version, stage;

	if (reader_u8(&in, &version) != 0 || version < 1 || version > FACTS_VERSION ||
		get_below(&in, STAGE_LISTED + 1, &stage) != 0 || stage < STAGE_UPLOADING)
		return -1;
	facts->stage = (enum report_stage)stage;
	if (parse_destination(&in, facts) != 0 || parse_content(&in, facts) != 0 ||
		parse_changed(&in, version, facts) != 0 || parse_header(&in, version, facts) != 0 ||
		parse_escalation(&in, version, facts) != 0 || parse_targets(&in, version, facts) != 0 ||
		parse_pending(&in, version, facts) != 0)
		return -1;
	return reader_end(&in);
}
