/* The words that appear in more than one format: urgencies, states, admissions, names. */
#ifndef PROTO_WORDS_H
#define PROTO_WORDS_H

#include "proto/base.h"

enum urgency { URGENCY_IMMEDIATE, URGENCY_URGENT, URGENCY_PRIORITY, URGENCY_RECORD, URGENCY_WITHHELD };
#define URGENCY_COUNT 5
/* The four that have timers of their own: withheld counts as immediate. */
#define URGENCY_TIMERS 4

enum report_state {
	STATE_NEW,
	STATE_ACK,
	STATE_TRIAGED,
	STATE_ACTIVE,
	STATE_WAITING,
	STATE_MONITOR,
	STATE_HANDOVER,
	STATE_CLOSED,
	STATE_REOPENED,
};
#define STATE_COUNT 9

enum admission { ADMISSION_OPEN, ADMISSION_TOKEN };

#define NAME_MAX_CHARS 32 /* [a-z0-9][a-z0-9-]{0,31} */
#define NAME_SIZE      (NAME_MAX_CHARS + 1)

const char *urgency_word(enum urgency urgency);
MUST_USE int urgency_of(const char *word, size_t len, enum urgency *ret_urgency);
/* The timer that an urgency runs on: itself, or immediate for withheld. */
enum urgency urgency_timer(enum urgency urgency);
const char *state_word(enum report_state state);
MUST_USE int state_of(const char *word, size_t len, enum report_state *ret_state);
const char *admission_word(enum admission admission);
MUST_USE int admission_of(const char *word, size_t len, enum admission *ret_admission);

/* Copies a desk's, officer's or admin's name where it follows the rule above. */
MUST_USE int name_of(const char *text, size_t len, char ret_name[NAME_SIZE]);

#endif
