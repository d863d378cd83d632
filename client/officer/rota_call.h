/* A desk's rota at the server: fetched and proven, opened, changed. */
#ifndef OFFICER_ROTA_CALL_H
#define OFFICER_ROTA_CALL_H

#include "officer.h"
#include "shifts.h"

/* The newest, signed by an officer of the desk; NULL where there is none. */
MUST_USE int rota_fetch(
	struct officer *officer, const char *desk, struct rota **ret_rota, struct failure *failure);
/* What its officers wrote. 77 where it wasn't sealed to this one. */
MUST_USE int rota_open(const struct officer *officer, const struct rota *rota, struct shifts *ret_shifts,
	struct failure *failure);

/* Changes the shifts as `change` does, and puts the result in the place of the newest: again where a
 * colleague was faster. *ret_number is the new one's. */
typedef int rota_change(void *context, struct shifts *shifts, struct failure *failure);
MUST_USE int rota_edit(struct officer *officer, const char *desk, rota_change *change, void *context,
	uint64_t *ret_number, struct failure *failure);

#endif
