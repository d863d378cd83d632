#include "queue_double.h"

#include "cmocka_all.h"

#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/problem.h"
#include "roster_fixture.h"

#include <poll.h>

/* What a server or a line can do with a call. */
enum script {
	GOOD,
	BREAKS_BEFORE,
	BREAKS_INSIDE,
	LOSES_BODY,
	LOSES_ANSWER,
	FORGES,
	BABBLES,
	IS_BUSY,
	NAMES_ANOTHER,
	SCRIPTS
};

struct world world;

uint64_t roll(uint64_t below)
{
	world.dice ^= world.dice << 13;
	world.dice ^= world.dice >> 7;
	world.dice ^= world.dice << 17;
	return world.dice % below;
}

bool dies(void)
{
	if (!world.can_crash || world.is_dead)
		return world.is_dead;
	if (world.steps_left-- == 0) {
		world.is_dead = true;
		world.crashes++;
	}
	return world.is_dead;
}

int dead(struct failure *failure)
{
	return failure_set(failure, EX_SOFTWARE, "the power is gone");
}

/* --- the organisation, of which a submission needs little */

const struct roster *__wrap_organisation_roster(const struct organisation *organisation);
const struct roster *__wrap_organisation_roster(const struct organisation *organisation)
{
	(void)organisation;
	return world.roster;
}

int64_t __wrap_organisation_now(const struct organisation *organisation);
int64_t __wrap_organisation_now(const struct organisation *organisation)
{
	(void)organisation;
	return FIXTURE_ISSUED;
}

size_t __wrap_organisation_servers(const struct organisation *organisation);
size_t __wrap_organisation_servers(const struct organisation *organisation)
{
	(void)organisation;
	return 1;
}

int __wrap_organisation_refresh(
	struct organisation *organisation, bool *ret_changed, struct failure *failure);
int __wrap_organisation_refresh(struct organisation *organisation, bool *ret_changed, struct failure *failure)
{
	(void)organisation;
	(void)ret_changed;
	return failure_set(failure, EX_UNAVAILABLE, "no connection: try again");
}

int __wrap_organisation_link(const struct organisation *organisation, size_t server, struct link **ret_link,
	struct failure *failure);
int __wrap_organisation_link(const struct organisation *organisation, size_t server, struct link **ret_link,
	struct failure *failure)
{
	(void)organisation;
	(void)server;
	*ret_link = NULL;
	return dies() ? dead(failure) : 0;
}

bool __wrap_organisation_try_next(
	const struct link *link, const struct failure *failure, struct failure *worst);
bool __wrap_organisation_try_next(
	const struct link *link, const struct failure *failure, struct failure *worst)
{
	(void)link;
	(void)failure;
	(void)worst;
	return false;
}

/* Pauses between two networks. */
int __wrap_poll(struct pollfd *polled, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *polled, nfds_t count, int timeout)
{
	(void)polled;
	(void)count;
	(void)timeout;
	return 0;
}

/* --- the server */

static struct stored *stored_of(const char *id)
{
	struct stored *stored;

	for (size_t at = 0; at < world.stored_count; at++)
		if (strcmp(world.stored[at].id, id) == 0)
			return &world.stored[at];
	assert_true(world.stored_count < REPORTS_MAX);
	stored = &world.stored[world.stored_count++];
	*stored = (struct stored){ .upload = buffer_of(2 * LARGE_BYTES) };
	memcpy(stored->id, id, sizeof stored->id);
	return stored;
}

/* A server that answers without having it, in a way that the client can tell. */
static bool is_lie(enum script script)
{
	return (script == FORGES || script == BABBLES || script == NAMES_ANOTHER) && roll(2) == 0;
}

/* The body's next bytes, at most so many; -1 where the client has none any more (it crashed). */
static int read_body(
	const struct link_request *request, size_t most, struct buffer *into, struct failure *failure)
{
	uint8_t bytes[16384];
	size_t len = 1;

	while (most > 0 && len > 0) {
		if (dies())
			return dead(failure);
		if (request->source(request->source_owner, bytes, most < sizeof bytes ? most : sizeof bytes,
			    &len, failure) != 0)
			return -1;
		buffer_put(into, bytes, len);
		most -= len;
	}
	return 0;
}

static void take_whole(struct stored *stored, const struct buffer *body)
{
	uint8_t digest[SHA256_BYTES];
	char id[ID_SIZE];

	assert_int_equal(sha256_once(body->data, body->len, digest), 0);
	hex_encode(digest, sizeof digest, id);
	assert_string_equal(id, stored->id); /* the same bytes under one id, each time */
	if (stored->times == 0)
		stored->times++;
}

static void answer_with(const struct stored *stored, enum script script, struct link_answer *ret_answer)
{
	struct acceptance acceptance = { .urgency = URGENCY_RECORD, .desk = "intake" };
	struct acceptance_answer answer = { .accepted = "2026-11-24T12:00:00Z" };

	memcpy(acceptance.id, stored->id, sizeof acceptance.id);
	memcpy(acceptance.accepted, answer.accepted, sizeof acceptance.accepted);
	memset(acceptance.organisation, 'o', sizeof acceptance.organisation - 1);
	memcpy(answer.id, stored->id, sizeof answer.id);
	assert_int_equal(acceptance_sign(&acceptance, world.receipt_secret, answer.signature), 0);
	if (script == FORGES)
		answer.signature[roll(sizeof answer.signature)] ^= 1;
	if (script == NAMES_ANOTHER)
		answer.id[0] = answer.id[0] == '0' ? '1' : '0';
	ret_answer->status = 201;
	ret_answer->body = buffer_of(ACCEPTANCE_MAX);
	if (script == BABBLES)
		buffer_put_string(&ret_answer->body, "{\"id\": 12");
	else
		assert_int_equal(acceptance_write(&answer, &ret_answer->body), 0);
}

static int broken(struct failure *failure)
{
	return failure_set(failure, EX_UNAVAILABLE, "the line broke: try again");
}

/* An upload from where it stands; a break leaves what came so far. */
static int take_part(const struct link_request *request, struct stored *stored, enum script script,
	struct link_answer *ret_answer, struct failure *failure)
{
	size_t most = script == BREAKS_INSIDE ? roll(request->body_len) : request->body_len;

	assert_int_equal(request->body_len + stored->upload.len, LARGE_BYTES);
	if (read_body(request, most, &stored->upload, failure) != 0)
		return -1;
	if (script == BREAKS_INSIDE || script == LOSES_BODY) {
		if (stored->upload.len == LARGE_BYTES)
			stored->upload.len -= 1 + roll(1000);
		return broken(failure);
	}
	if (is_lie(script))
		stored->upload.len -= 1 + roll(1000);
	else
		take_whole(stored, &stored->upload);
	if (script == LOSES_ANSWER)
		return broken(failure);
	answer_with(stored, script, ret_answer);
	return 0;
}

static int create(const struct stored *stored, enum script script, struct link_answer *ret_answer,
	struct failure *failure)
{
	if (script == LOSES_BODY || script == LOSES_ANSWER || script == BREAKS_INSIDE)
		return broken(failure);
	if (stored->times > 0) {
		answer_with(stored, script, ret_answer);
		ret_answer->status = 200;
		return 0;
	}
	ret_answer->status = 201;
	ret_answer->has_upload_offset = true;
	ret_answer->upload_offset = stored->upload.len;
	return 0;
}

static int put(const struct link_request *request, struct stored *stored, enum script script,
	struct link_answer *ret_answer, struct failure *failure)
{
	struct buffer body = buffer_of(SMALL_MAX);
	size_t most = script == BREAKS_INSIDE ? roll(request->body_len) : request->body_len;
	int rc = read_body(request, most, &body, failure);

	if (rc == 0 && (script == BREAKS_INSIDE || script == LOSES_BODY)) {
		rc = broken(failure);
	} else if (rc == 0) {
		if (!is_lie(script))
			take_whole(stored, &body);
		rc = script == LOSES_ANSWER ? broken(failure) : 0;
		if (rc == 0)
			answer_with(stored, script, ret_answer);
	}
	buffer_free(&body);
	return rc;
}

static void id_of_path(const char *path, char ret_id[ID_SIZE])
{
	const char *at = strstr(path, "uploads?id=");

	at = at == NULL ? path + strlen("reports/") : at + strlen("uploads?id=");
	memcpy(ret_id, at, ID_SIZE - 1);
	ret_id[ID_SIZE - 1] = '\0';
}

int __wrap_link_call(struct link *link, const struct link_request *request, struct link_answer *ret_answer,
	struct failure *failure);
int __wrap_link_call(struct link *link, const struct link_request *request, struct link_answer *ret_answer,
	struct failure *failure)
{
	enum script script = world.is_harmless || roll(3) == 0 ? GOOD : (enum script)roll(SCRIPTS);
	struct link_answer answer = { 0 };
	char id[ID_SIZE];
	int rc;

	(void)link;
	if (dies())
		return dead(failure);
	world.calls++;
	id_of_path(request->path, id);
	if (script == BREAKS_BEFORE)
		return broken(failure);
	if (script == IS_BUSY) {
		answer.status = problem_status(PROBLEM_BUSY);
		answer.body = buffer_of(ACCEPTANCE_MAX);
		rc = problem_write(PROBLEM_BUSY, &answer.body);
	} else if (strcmp(request->method, "POST") == 0) {
		rc = create(stored_of(id), script, &answer, failure);
	} else if (strcmp(request->method, "PATCH") == 0) {
		rc = take_part(request, stored_of(id), script, &answer, failure);
	} else {
		rc = put(request, stored_of(id), script, &answer, failure);
	}
	/* The server did its part: now the client may crash. */
	if (rc == 0 && !dies()) {
		*ret_answer = answer;
		return 0;
	}
	link_answer_free(&answer);
	return world.is_dead ? dead(failure) : rc;
}

size_t times_stored(const char *id)
{
	for (size_t at = 0; at < world.stored_count; at++)
		if (strcmp(world.stored[at].id, id) == 0)
			return world.stored[at].times;
	return 0;
}
