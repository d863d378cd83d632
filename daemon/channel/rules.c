#include "channel/rules.h"

#include <string.h>

#define ONCE     RULE_ONCE
#define REPEATED RULE_REPEATED

static const struct channel_rule rules[] = {
	/* receiver       sender           message               how often  with a descriptor */
	{ ROLE_FRONT, ROLE_SUPERVISOR, MESSAGE_SETTING, REPEATED, false },
	{ ROLE_FRONT, ROLE_SUPERVISOR, MESSAGE_FILE, REPEATED, false },
	{ ROLE_FRONT, ROLE_SUPERVISOR, MESSAGE_SOCKET, REPEATED, true },
	{ ROLE_FRONT, ROLE_SUPERVISOR, MESSAGE_START, ONCE, false },
	{ ROLE_FRONT, ROLE_SUPERVISOR, MESSAGE_DRAIN, ONCE, false },

	{ ROLE_STORE, ROLE_SUPERVISOR, MESSAGE_SETTING, REPEATED, false },
	{ ROLE_STORE, ROLE_SUPERVISOR, MESSAGE_FILE, REPEATED, false },
	{ ROLE_STORE, ROLE_SUPERVISOR, MESSAGE_SOCKET, REPEATED, true },
	{ ROLE_STORE, ROLE_SUPERVISOR, MESSAGE_START, ONCE, false },
	{ ROLE_STORE, ROLE_SUPERVISOR, MESSAGE_KEPT, REPEATED, false },
	{ ROLE_STORE, ROLE_SUPERVISOR, MESSAGE_TLS_STATE, REPEATED, false },
	{ ROLE_STORE, ROLE_SUPERVISOR, MESSAGE_RELOAD, REPEATED, false },
	{ ROLE_STORE, ROLE_SUPERVISOR, MESSAGE_DRAIN, ONCE, false },

	{ ROLE_NOTIFY, ROLE_SUPERVISOR, MESSAGE_SETTING, REPEATED, false },
	{ ROLE_NOTIFY, ROLE_SUPERVISOR, MESSAGE_SOCKET, REPEATED, true },
	{ ROLE_NOTIFY, ROLE_SUPERVISOR, MESSAGE_START, ONCE, false },
	{ ROLE_NOTIFY, ROLE_SUPERVISOR, MESSAGE_DRAIN, ONCE, false },

	{ ROLE_CHECKPOINT, ROLE_SUPERVISOR, MESSAGE_SETTING, REPEATED, false },
	{ ROLE_CHECKPOINT, ROLE_SUPERVISOR, MESSAGE_START, ONCE, false },
	{ ROLE_CHECKPOINT, ROLE_SUPERVISOR, MESSAGE_DRAIN, ONCE, false },

	{ ROLE_SUPERVISOR, ROLE_FRONT, MESSAGE_READY, ONCE, false },
	{ ROLE_SUPERVISOR, ROLE_FRONT, MESSAGE_FAILED, ONCE, false },
	{ ROLE_SUPERVISOR, ROLE_STORE, MESSAGE_READY, ONCE, false },
	{ ROLE_SUPERVISOR, ROLE_STORE, MESSAGE_FAILED, ONCE, false },
	{ ROLE_SUPERVISOR, ROLE_STORE, MESSAGE_KEEP_KEYRING, REPEATED, false },
	{ ROLE_SUPERVISOR, ROLE_STORE, MESSAGE_TLS, REPEATED, false },
	{ ROLE_SUPERVISOR, ROLE_NOTIFY, MESSAGE_READY, ONCE, false },
	{ ROLE_SUPERVISOR, ROLE_NOTIFY, MESSAGE_FAILED, ONCE, false },
	{ ROLE_SUPERVISOR, ROLE_CHECKPOINT, MESSAGE_READY, ONCE, false },
	{ ROLE_SUPERVISOR, ROLE_CHECKPOINT, MESSAGE_FAILED, ONCE, false },

	{ ROLE_STORE, ROLE_FRONT, MESSAGE_REQUEST, REPEATED, false },
	{ ROLE_STORE, ROLE_FRONT, MESSAGE_REQUEST_BODY, REPEATED, false },
	{ ROLE_STORE, ROLE_FRONT, MESSAGE_REQUEST_GONE, REPEATED, false },
	{ ROLE_STORE, ROLE_FRONT, MESSAGE_ANSWER_TAKEN, REPEATED, false },

	{ ROLE_FRONT, ROLE_STORE, MESSAGE_BODY_WANTED, REPEATED, false },
	{ ROLE_FRONT, ROLE_STORE, MESSAGE_ANSWER, REPEATED, false },
	{ ROLE_FRONT, ROLE_STORE, MESSAGE_ANSWER_BODY, REPEATED, false },
	{ ROLE_FRONT, ROLE_STORE, MESSAGE_DECOY, REPEATED, false },

	{ ROLE_NOTIFY, ROLE_STORE, MESSAGE_WAKE, REPEATED, false },
};

const struct channel_rule *channel_rule(enum role receiver, enum role sender, enum message_type type)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (rules[i].receiver == receiver && rules[i].sender == sender && rules[i].type == type)
			return &rules[i];
	return NULL;
}

static const char *const names[] = {
	[ROLE_SUPERVISOR] = "supervisor",
	[ROLE_FRONT] = "front",
	[ROLE_STORE] = "store",
	[ROLE_NOTIFY] = "notify",
	[ROLE_CHECKPOINT] = "checkpoint",
};

const char *role_name(enum role role)
{
	return names[role];
}

int role_of(const char *name, enum role *ret_role)
{
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(names[i], name) == 0) {
			*ret_role = (enum role)i;
			return 0;
		}
	return -1;
}
