#include "rota_call.h"

#include "proto/age_file.h"
#include "proto/json.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES     4 /* colleagues may write in the same moment */
#define PATH_SIZE 64
#define FORGED    "ALARM: the desk's rota isn't signed by one of its officers: tell your admin"

static int path_of(const char *desk, char ret_path[PATH_SIZE])
{
	return snprintf(ret_path, PATH_SIZE, "desks/%s/rota", desk);
}

static int prove(struct officer *officer, const char *desk, const struct rota *rota, struct failure *failure)
{
	const struct roster *roster = NULL;
	const struct roster_officer *signer;
	char organisation[FINGERPRINT_SIZE];

	if (officer_roster_at(officer, rota->roster, &roster, failure) != 0)
		return -1;
	signer = roster_officer_by_key(roster, rota->keyid);
	if (roster_fingerprint(roster, organisation) != 0)
		return failure_memory(failure);
	if (strcmp(rota->desk, desk) != 0 || signer == NULL || !officer_serves(signer, desk) ||
		rota_verify(rota, organisation) != 0)
		return failure_set(failure, EX_PROTOCOL, FORGED);
	return 0;
}

int rota_fetch(struct officer *officer, const char *desk, struct rota **ret_rota, struct failure *failure)
{
	char path[PATH_SIZE];
	const struct link_request request = { .method = "GET", .path = path, .answer_max = ROTA_MAX };
	struct link_answer answer = { 0 };
	struct rota *rota = NULL;
	struct fault fault;
	int rc = -1;

	(void)path_of(desk, path);
	if (officer_call(officer, &request, NULL, &answer, failure) != 0)
		return -1;
	if (answer.status == 404) {
		*ret_rota = NULL;
		rc = 0;
		goto cleanup;
	}
	if (answer.status != 200) {
		rc = link_refused(&answer, "no rota", failure);
		goto cleanup;
	}
	if (rota_parse((const char *)answer.body.data, answer.body.len, &rota, &fault) != 0) {
		rc = failure_of(failure, EX_PROTOCOL, &fault);
		goto cleanup;
	}
	if (prove(officer, desk, rota, failure) != 0)
		goto cleanup;
	*ret_rota = rota;
	rota = NULL;
	rc = 0;
cleanup:
	rota_free(rota);
	link_answer_free(&answer);
	return rc;
}

static int read_shifts(const uint8_t *text, size_t len, struct shifts *ret_shifts, struct failure *failure)
{
	json_t *object = NULL;
	struct fault fault;
	int rc = json_parse((const char *)text, len, ROTA_CONTENT_MAX, &object, &fault);

	if (rc == 0)
		rc = shifts_take(object, ret_shifts);
	json_decref(object);
	return rc == 0 ? 0
		       : failure_set(failure, EX_DATAERR,
				 "what is written in the desk's rota is malformed: a newer program may have "
				 "written it");
}

int rota_open(const struct officer *officer, const struct rota *rota, struct shifts *ret_shifts,
	struct failure *failure)
{
	uint8_t *text = NULL;
	size_t len = 0;
	struct fault fault;
	int rc;

	for (const struct identity *one = officer->identities; one != NULL; one = one->older) {
		if (age_file_open(rota->content, rota->content_len, one->age, &text, &len, &fault) != 0)
			continue;
		rc = read_shifts(text, len, ret_shifts, failure);
		sodium_free(text);
		return rc;
	}
	return failure_set(failure, EX_NOPERM,
		"the desk's rota isn't sealed to you yet: ask a colleague of the desk for `duty renew'");
}

/* --- the next one */

static int seal(
	struct officer *officer, const struct shifts *shifts, struct rota *rota, struct failure *failure)
{
	const struct roster *roster = organisation_roster(officer->organisation);
	uint8_t(*recipients)[AGE_RECIPIENT_BYTES] = calloc(roster->officer_count + 1, sizeof *recipients);
	struct buffer text = buffer_of(ROTA_CONTENT_MAX), sealed = buffer_of(ROTA_CONTENT_MAX);
	json_t *json = shifts_json(shifts);
	size_t count = 0;
	int rc = -1;

	for (size_t i = 0; recipients != NULL && i < roster->officer_count; i++)
		if (officer_serves(&roster->officers[i], rota->desk))
			memcpy(recipients[count++], roster->officers[i].recipient, AGE_RECIPIENT_BYTES);
	if (recipients != NULL && json != NULL && json_put(json, &text) == 0 &&
		age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipients, count, text.data, text.len,
			&sealed) == 0 &&
		rota_set_content(rota, sealed.data, sealed.len) == 0)
		rc = 0;
	else
		rc = failure_set(
			failure, EX_DATAERR, "the rota has grown too long: clear shifts that nobody needs");
	json_decref(json);
	free(recipients);
	buffer_free(&text);
	buffer_free(&sealed);
	return rc;
}

static bool is_of_desk(const struct roster *roster, const char *name, const char *desk)
{
	const struct roster_officer *officer = roster_officer(roster, name);

	return officer != NULL && officer_serves(officer, desk);
}

/* What people who have left the desk wrote goes. */
static void drop_strangers(const struct roster *roster, const char *desk, struct shifts *shifts)
{
	struct absences *absences = &shifts->absences;
	size_t kept = 0;

	for (size_t i = 0; i < shifts->count; i++)
		if (is_of_desk(roster, shifts->list[i].officer, desk))
			shifts->list[kept++] = shifts->list[i];
	shifts->count = kept;
	kept = 0;
	for (size_t i = 0; i < absences->count; i++)
		if (is_of_desk(roster, absences->list[i].officer, desk))
			absences->list[kept++] = absences->list[i];
	absences->count = kept;
}

static int follow(
	struct officer *officer, const struct rota *before, struct rota *rota, struct failure *failure)
{
	const struct roster *roster = NULL;
	char organisation[FINGERPRINT_SIZE];

	rota->number = 1;
	if (before == NULL)
		return 0;
	rota->number = before->number + 1;
	if (officer_roster_at(officer, before->roster, &roster, failure) != 0)
		return -1;
	if (roster_fingerprint(roster, organisation) != 0 ||
		rota_digest(before, organisation, rota->previous) != 0)
		return failure_memory(failure);
	return 0;
}

static int make(struct officer *officer, const char *desk, const struct rota *before, struct shifts *shifts,
	struct rota *rota, struct failure *failure)
{
	struct organisation *organisation = officer->organisation;
	const struct roster *roster = organisation_roster(organisation);

	(void)snprintf(rota->desk, sizeof rota->desk, "%s", desk);
	rota->roster = roster->version;
	rota->created = organisation_now(organisation);
	drop_strangers(roster, desk, shifts);
	absences_drop_past(&shifts->absences, rota->created);
	if (follow(officer, before, rota, failure) != 0 ||
		shifts_work_out(shifts, rota->created, rota, failure) != 0 ||
		seal(officer, shifts, rota, failure) != 0)
		return -1;
	return rota_sign(rota, organisation_fingerprint(organisation), officer->identity->signing_key) == 0
		       ? 0
		       : failure_memory(failure);
}

/* 1 where a colleague was faster. */
static int put(struct officer *officer, const struct rota *rota, struct failure *failure)
{
	char path[PATH_SIZE];
	struct buffer json = buffer_of(ROTA_MAX);
	struct link_request request = { .method = "PUT", .path = path };
	struct link_answer answer = { 0 };
	int rc = -1;

	(void)path_of(rota->desk, path);
	if (rota_write(rota, &json) != 0) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	request.body = json.data;
	request.body_len = json.len;
	if (officer_call(officer, &request, NULL, &answer, failure) != 0)
		goto cleanup;
	if (answer.status == 409)
		rc = 1;
	else
		rc = answer.status == 201 ? 0 : link_refused(&answer, "the rota wasn't taken", failure);
cleanup:
	buffer_free(&json);
	link_answer_free(&answer);
	return rc;
}

static int edit_once(struct officer *officer, const char *desk, rota_change *change, void *context,
	uint64_t *ret_number, struct failure *failure)
{
	struct rota *before = NULL, *rota = rota_new();
	struct shifts shifts = { .list = NULL };
	int rc = -1;

	if (rota == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (rota_fetch(officer, desk, &before, failure) != 0 ||
		(before != NULL && rota_open(officer, before, &shifts, failure) != 0) ||
		change(context, &shifts, failure) != 0 ||
		make(officer, desk, before, &shifts, rota, failure) != 0)
		goto cleanup;
	rc = put(officer, rota, failure);
	if (rc == 0)
		*ret_number = rota->number;
cleanup:
	shifts_free(&shifts);
	rota_free(before);
	rota_free(rota);
	return rc;
}

int rota_edit(struct officer *officer, const char *desk, rota_change *change, void *context,
	uint64_t *ret_number, struct failure *failure)
{
	for (int try = 0; try < TRIES; try++) {
		int rc = edit_once(officer, desk, change, context, ret_number, failure);

		if (rc <= 0)
			return rc;
	}
	return failure_set(failure, EX_TEMPFAIL, "colleagues change the rota just now: try again");
}
