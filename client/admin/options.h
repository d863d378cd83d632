/* Values of options and operands that several verbs take. */
#ifndef ADMIN_OPTIONS_H
#define ADMIN_OPTIONS_H

#include "client/program.h"
#include "proto/signed_objects.h"
#include "proto/words.h"

/* A whole number from min to max; anything else is 64. what names it. */
MUST_USE int option_number(const char *text, const char *what, uint64_t min, uint64_t max,
	uint64_t *ret_number, struct failure *failure);

/* NAME: 65 where it breaks the rule of names. */
MUST_USE int option_name(
	const char *text, const char *what, char ret_name[NAME_SIZE], struct failure *failure);

/* One line of text of at most max bytes, copied; 65 for anything else. */
MUST_USE int option_title(
	const char *text, const char *what, size_t max, char *ret_title, struct failure *failure);

/* CARD: a file or `-`. 66 where there is no file, 65 for what is no card or isn't signed. */
MUST_USE int option_card(const struct invocation *invocation, struct card *ret_card, struct failure *failure);
/* Says its fingerprint, so that two people can compare it by voice: once nothing is left to refuse. */
MUST_USE int say_card(const struct invocation *invocation, const struct card *card, struct failure *failure);

#endif
