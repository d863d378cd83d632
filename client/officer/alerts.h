/* Alerts as `pull` and `watch` show them. */
#ifndef OFFICER_ALERTS_H
#define OFFICER_ALERTS_H

#include "officer.h"
#include "proto/alert_list.h"

#include <jansson.h>

#define ALERTS_PATH_SIZE 128

/* The request for a desk's alerts; wait 0 is answered at once. raised: those that were raised since are
 * wanted again; 0 for none. */
void alerts_path(
	const char *desk, uint64_t after, uint64_t raised, unsigned wait, char ret_path[ALERTS_PATH_SIZE]);

/* The request for a desk's closed reports that will be destroyed soon. */
void expiring_path(const char *desk, uint64_t after, char ret_path[ALERTS_PATH_SIZE]);

/* What an answer with status 200 says; every alert must be of this desk, or of one that falls back to it.
 * Free ret_list with alert_list_free(). */
MUST_USE int alerts_read(const struct link_answer *answer, const char *desk, const struct roster *roster,
	struct alert_list *ret_list, struct failure *failure);

/* The alert as the contract's JSON object; NULL where memory is short. */
MUST_USE json_t *alert_json(const struct alert *alert);

/* One line for a person. */
void alert_say(const struct invocation *invocation, const struct alert *alert, int64_t now);

/* A closed report that will be destroyed: as a JSON object (NULL where memory is short), and for a person. */
MUST_USE json_t *expiring_json(const struct alert *alert);
void expiring_say(const struct invocation *invocation, const struct alert *alert, int64_t now);

/* A report in the list of its desk; -1, with or without a failure worth telling, where it isn't found there.
 */
MUST_USE int alert_find(struct officer *officer, const char *desk, const char *report,
	struct alert *ret_alert, struct failure *failure);

/* --after N, or 0. */
MUST_USE int after_option(const struct invocation *invocation, uint64_t *ret_after, struct failure *failure);

#endif
