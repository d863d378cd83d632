#include "proto/words.h"

#include <string.h>

static const char *const urgency_words[URGENCY_COUNT] = {
	[URGENCY_IMMEDIATE] = "immediate",
	[URGENCY_URGENT] = "urgent",
	[URGENCY_PRIORITY] = "priority",
	[URGENCY_RECORD] = "record",
	[URGENCY_WITHHELD] = "withheld",
};

static const char *const state_words[STATE_COUNT] = {
	[STATE_NEW] = "new",
	[STATE_ACK] = "ack",
	[STATE_TRIAGED] = "triaged",
	[STATE_ACTIVE] = "active",
	[STATE_WAITING] = "waiting",
	[STATE_MONITOR] = "monitor",
	[STATE_HANDOVER] = "handover",
	[STATE_CLOSED] = "closed",
	[STATE_REOPENED] = "reopened",
};

static const char *const admission_words[] = {
	[ADMISSION_OPEN] = "open",
	[ADMISSION_TOKEN] = "token",
};

static int find_word(const char *const *words, size_t count, const char *word, size_t len, size_t *ret_place)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(words[i]) == len && bytes_equal(words[i], word, len)) {
			*ret_place = i;
			return 0;
		}
	}
	return -1;
}

const char *urgency_word(enum urgency urgency)
{
	return urgency_words[urgency];
}

int urgency_of(const char *word, size_t len, enum urgency *ret_urgency)
{
	size_t place = 0;

	if (find_word(urgency_words, URGENCY_COUNT, word, len, &place) != 0)
		return -1;
	*ret_urgency = (enum urgency)place;
	return 0;
}

enum urgency urgency_timer(enum urgency urgency)
{
	return urgency == URGENCY_WITHHELD ? URGENCY_IMMEDIATE : urgency;
}

const char *state_word(enum report_state state)
{
	return state_words[state];
}

int state_of(const char *word, size_t len, enum report_state *ret_state)
{
	size_t place = 0;

	if (find_word(state_words, STATE_COUNT, word, len, &place) != 0)
		return -1;
	*ret_state = (enum report_state)place;
	return 0;
}

const char *admission_word(enum admission admission)
{
	return admission_words[admission];
}

int admission_of(const char *word, size_t len, enum admission *ret_admission)
{
	size_t place = 0;

	if (find_word(admission_words, COUNT_OF(admission_words), word, len, &place) != 0)
		return -1;
	*ret_admission = (enum admission)place;
	return 0;
}

int name_of(const char *text, size_t len, char ret_name[NAME_SIZE])
{
	if (len == 0 || len > NAME_MAX_CHARS || text[0] == '-')
		return -1;
	for (size_t i = 0; i < len; i++) {
		char at = text[i];
		bool letter = at >= 'a' && at <= 'z', digit = at >= '0' && at <= '9';

		if (!letter && !digit && at != '-')
			return -1;
	}
	memcpy(ret_name, text, len);
	ret_name[len] = '\0';
	return 0;
}
