/* What a report is never asked for, and is warned about where it seems to stand in a text: e-mail addresses,
 * phone numbers, numbers of passports and identity cards. A guess, in any script's digits: dates, years,
 * times of day and sums of money are let pass. */
#ifndef PROTO_PERSONAL_H
#define PROTO_PERSONAL_H

#include "proto/base.h"

enum personal {
	PERSONAL_EMAIL = 1,
	PERSONAL_PHONE = 2,
	PERSONAL_NUMBER = 4, /* of a document, or of who knows what */
};

/* Which of them seem to be there, added up; 0 for none. text is UTF-8; what isn't is passed over. */
unsigned personal_find(const char *text, size_t len);

#endif
