/* What another desk gets to see of a report that is referred to it: the fields it needs to help, blurred as
 * the sender allowed (DOMAIN 2.4). */
#ifndef OFFICER_VIEW_H
#define OFFICER_VIEW_H

#include "client/failure.h"

#include <jansson.h>

/* The desks and partners that its sender agreed to, NULL or empty where she named none. */
const json_t *view_agreed(const json_t *report);

/* 77, and why, where the sender didn't agree that this desk sees anything: consent to `refer` is missing, has
 * run out, names others, or the desk is excluded. */
MUST_USE int view_permitted(const json_t *report, const char *desk, int64_t now, struct failure *failure);

/* 77 where a perpetrator belongs to an international organisation: what names one of them is never sent to an
 * agency by a program. For partners, beside view_permitted. */
MUST_USE int view_fits_agency(const json_t *report, struct failure *failure);

/* A new reference; NULL where memory is short. first is the id of the whole report, which `links` then names;
 * note, which may be NULL, is what the referring officer adds, and takes the place of the narrative. Neither
 * contact, nor evidence, nor narrative, nor what a later version added goes along. */
MUST_USE json_t *view_of(const json_t *report, const char *first, const char *note);

#endif
