/* The next roster, before it is in force: HOME/roster/draft, a note with the signatures it has so far. Verbs
 * that change something add up in it. */
#ifndef ADMIN_DRAFT_H
#define ADMIN_DRAFT_H

#include "admin.h"

#include <jansson.h>

/* The draft that lies there. *ret_draft is NULL (and 0) where there is none, or only one that a newer roster
 * has overtaken. */
MUST_USE int draft_load(const struct admin *admin, struct roster **ret_draft, struct failure *failure);

/* A draft that follows the newest roster and changes nothing but the times. */
MUST_USE int draft_new(const struct admin *admin, struct roster **ret_draft, struct failure *failure);

/* Writes it down as it is, signatures included, and reads it again: *draft is replaced by what was parsed. 65
 * where it breaks a rule of rosters. */
MUST_USE int draft_save(const struct admin *admin, struct roster **draft, struct failure *failure);

/* The draft's life begins now; signatures are gone. Signing never does this, so that copies which several
 * admins sign stay one. */
void draft_renew(const struct admin *admin, struct roster *draft);

/* As show_roster_facts, and `file`, where the draft lies. NULL where memory is short. */
json_t *draft_facts(const struct admin *admin, const struct roster *draft);

/* Adds this admin's signature. 77 where the draft doesn't name her, nor the newest roster. */
MUST_USE int draft_sign(const struct admin *admin, struct roster *draft, const struct identity *identity,
	struct failure *failure);
/* The same as whoever this home is: with the identity of today, and with the next one too where the draft
 * names it. */
MUST_USE int draft_sign_as_me(const struct admin *admin, struct roster *draft, struct failure *failure);
void draft_remove(const struct admin *admin);

/* The frame of every verb that changes the roster: opens home and draft (made where there is none), calls
 * edit, saves, and says what is next. done is what to say. */
typedef int (*draft_edit)(const struct admin *admin, struct roster *draft, struct failure *failure);
MUST_USE int draft_change(
	const struct invocation *invocation, draft_edit edit, const char *done, struct failure *failure);
/* The same; tell is called once the draft is saved, to say more and to add it to what --json shows. */
typedef void (*draft_tell)(const struct admin *admin, json_t *facts);
MUST_USE int draft_change_and_tell(const struct invocation *invocation, draft_edit edit, const char *done,
	draft_tell tell, struct failure *failure);

#endif
