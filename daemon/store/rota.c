/* The desks' rotas: one row a desk, replaced by the next, and the list of duties in memory. */
#include "rota.h"
#include "audit.h"
#include "escalation.h"
#include "store_state.h"

#include "base/log.h"
#include "proto/age_header.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE 60

struct rota_row {
	struct rota_row *next;
	struct rota *rota;
};

struct rotas {
	struct rota_row *rows;
	bool is_changed; /* in the group that is open */
};

/* --- who is on duty */

struct rota_view rota_view(const struct store *store, const char *desk)
{
	struct rota_view view = { .store = store, .desk = desk };
	const struct rota_row *row = store->escalation == NULL ? NULL : store->escalation->rotas->rows;

	for (; row != NULL && view.rota == NULL; row = row->next)
		if (strcmp(row->rota->desk, desk) == 0)
			view.rota = row->rota;
	return view;
}

static bool serves(const struct rota_view *view, const char *name)
{
	const struct roster_officer *officer = roster_officer(view->store->roster, name);

	return officer != NULL && officer_serves(officer, view->desk);
}

static bool is_anybody(void *context, int64_t at)
{
	const struct rota_view *view = context;

	for (size_t i = 0; view->rota != NULL && i < view->rota->duty_count; i++) {
		const struct duty *duty = &view->rota->duties[i];

		if (duty->from > at)
			break;
		if (at < duty->to && serves(view, duty->officer))
			return true;
	}
	return false;
}

/* To the minute, as alerts are: one that is alerted within the minute of a start must not seem to be before
 * it. */
static int64_t next_start(void *context, int64_t after)
{
	const struct rota_view *view = context;

	for (size_t i = 0; view->rota != NULL && i < view->rota->duty_count; i++) {
		const struct duty *duty = &view->rota->duties[i];

		const int64_t from = time_cut(duty->from + MINUTE - 1, MINUTE);

		if (from > after && serves(view, duty->officer))
			return from;
	}
	return ESCALATION_NEVER;
}

struct escalation_duty rota_duty(struct rota_view *view)
{
	return (struct escalation_duty){
		.is_anybody = is_anybody, .next_start = next_start, .context = view
	};
}

bool rota_is_on_duty(const struct rota_view *view, const char *officer, int64_t at)
{
	return view->rota != NULL && rota_covers(view->rota, officer, at);
}

/* --- rows */

static void forget(struct rotas *rotas)
{
	while (rotas->rows != NULL) {
		struct rota_row *next = rotas->rows->next;

		rota_free(rotas->rows->rota);
		free(rotas->rows);
		rotas->rows = next;
	}
	rotas->is_changed = false;
}

/* In the place of the desk's one before. Takes ownership where it succeeds. */
static int hold(struct rotas *rotas, struct rota *rota)
{
	struct rota_row *row = rotas->rows;

	while (row != NULL && strcmp(row->rota->desk, rota->desk) != 0)
		row = row->next;
	if (row == NULL) {
		row = calloc(1, sizeof *row);
		if (row == NULL)
			return -1;
		row->next = rotas->rows;
		rotas->rows = row;
	}
	rota_free(row->rota);
	row->rota = rota;
	return 0;
}

static int load_one(void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len)
{
	struct store *store = context;
	const struct place place = { .column = COLUMN_ROTA, .identity = name, .identity_len = name_len };
	struct buffer plain = buffer_of(ROTA_MAX);
	struct rota *rota = NULL;
	struct fault fault;

	if (seal_get_row(store->seal, &place, data, len, &plain) != 0 ||
		rota_parse((const char *)plain.data, plain.len, &rota, &fault) != 0 ||
		hold(store->escalation->rotas, rota) != 0) {
		/* Without it all of tier 1 are woken. */
		log_plain(LOG_ERROR, "rota_damaged");
		rota_free(rota);
	}
	buffer_free(&plain);
	return 0;
}

int rotas_load(struct store *store)
{
	store->escalation->rotas = calloc(1, sizeof *store->escalation->rotas);
	if (store->escalation->rotas == NULL)
		return -1;
	return backend_each(store->backend, SHELF_ROTAS, load_one, store);
}

void rotas_free(struct store *store)
{
	if (store->escalation->rotas != NULL)
		forget(store->escalation->rotas);
	free(store->escalation->rotas);
	store->escalation->rotas = NULL;
}

void rotas_rolled_back(struct store *store)
{
	if (!store->escalation->rotas->is_changed)
		return;
	forget(store->escalation->rotas);
	if (backend_each(store->backend, SHELF_ROTAS, load_one, store) != 0)
		log_plain(LOG_ERROR, "rotas_not_read");
	escalation_look(store);
}

static int write_row(struct store *store, const struct buffer *json, const char *desk)
{
	uint8_t name[BLIND_INDEX_BYTES];
	const struct place place = { .column = COLUMN_ROTA, .identity = name, .identity_len = sizeof name };
	struct buffer sealed = buffer_of(ROTA_MAX + SEAL_OVERHEAD + 4);
	int rc = -1;

	if (seal_index(store->seal, INDEX_ROTA, desk, strlen(desk), name) == 0 &&
		seal_put_row(store->seal, &place, json->data, json->len, &sealed) == 0)
		rc = backend_put(store->backend, SHELF_ROTAS, name, sizeof name, sealed.data, sealed.len);
	buffer_free(&sealed);
	return rc;
}

/* --- calls */

static bool may(struct request *request)
{
	if (officer_serves(request->signer.officer, request->route.desk))
		return true;
	request_answer_problem(request, PROBLEM_NOT_PERMITTED);
	return false;
}

void call_get_rota(struct request *request)
{
	struct rota_view view;

	if (!may(request))
		return;
	view = rota_view(request->front->store, request->route.desk);
	if (view.rota == NULL)
		request_answer_problem(request, PROBLEM_NOT_FOUND);
	else if (rota_write(view.rota, &request->answer.body) != 0)
		request_answer_problem(request, PROBLEM_BUSY);
	else
		request_answer(request, 200, "application/json");
}

/* By an officer who is one now, and was in the version she names; about officers of this desk. */
static bool is_sound(struct request *request, const struct rota *rota)
{
	struct store *store = request->front->store;
	struct roster *roster = NULL;
	const struct roster_officer *signer;
	char organisation[FINGERPRINT_SIZE];
	bool sound = false;

	if (strcmp(rota->desk, request->route.desk) != 0 ||
		!bytes_equal(rota->keyid, request->signer.keyid, sizeof rota->keyid) ||
		rosters_fingerprint(store, rota->roster, organisation) != 0 ||
		rosters_at(store, rota->roster, &roster) != 0)
		return false;
	signer = roster_officer_by_key(roster, rota->keyid);
	sound = signer != NULL && officer_serves(signer, rota->desk) && rota_verify(rota, organisation) == 0;
	for (size_t i = 0; sound && i < rota->duty_count; i++) {
		const struct roster_officer *officer = roster_officer(roster, rota->duties[i].officer);

		sound = officer != NULL && officer_serves(officer, rota->desk);
	}
	roster_free(roster);
	return sound;
}

static bool is_next(struct store *store, const struct rota *rota)
{
	struct rota_view view = rota_view(store, rota->desk);
	char organisation[FINGERPRINT_SIZE];
	uint8_t digest[SHA256_BYTES];

	if (view.rota == NULL)
		return rota->number == 1;
	return rota->number == view.rota->number + 1 &&
	       rosters_fingerprint(store, view.rota->roster, organisation) == 0 &&
	       rota_digest(view.rota, organisation, digest) == 0 &&
	       bytes_equal(digest, rota->previous, sizeof digest);
}

static bool is_sealed(const struct rota *rota)
{
	struct age_header *header = NULL;
	struct fault fault;
	bool is_short, is_age;

	is_age = age_header_parse(rota->content, rota->content_len, &header, &is_short, &fault) == 0;
	age_header_free(header);
	return is_age;
}

static int note(struct request *request, const struct rota *rota)
{
	struct audit_entry entry = audit_entry_by(request->front->store, request, "rota");

	memcpy(entry.subject, rota->desk, sizeof rota->desk);
	return audit_add(request->front->store, &entry);
}

/* *rota is NULL where it was taken over. */
static void take(struct request *request, struct rota **rota)
{
	struct store *store = request->front->store;
	struct rotas *rotas = store->escalation->rotas;

	if (!is_sound(request, *rota)) {
		request_answer_problem(request, PROBLEM_NOT_PERMITTED);
		return;
	}
	if (!is_next(store, *rota)) {
		request_answer_problem(request, PROBLEM_ROTA_CONFLICT);
		return;
	}
	if (!is_sealed(*rota)) {
		request_answer_problem(request, PROBLEM_NOT_SEALED);
		return;
	}
	if (group_enter(request) != 0)
		return;
	rotas->is_changed = true;
	buffer_put_format(&request->answer.body, "{\"number\":%llu}", (unsigned long long)(*rota)->number);
	if (write_row(store, &request->body, (*rota)->desk) != 0 || note(request, *rota) != 0 ||
		authority_commit_nonce(request) != 0 || hold(rotas, *rota) != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		group_fail(store);
		return;
	}
	*rota = NULL;
	escalation_look(store);
	request_answer(request, 201, "application/json");
}

void call_put_rota(struct request *request)
{
	struct rota *rota = NULL;
	struct fault fault;

	if (!may(request))
		return;
	if (rota_parse((const char *)request->body.data, request->body.len, &rota, &fault) != 0)
		request_answer_problem(request, PROBLEM_BAD_REQUEST);
	else
		take(request, &rota);
	rota_free(rota);
}
