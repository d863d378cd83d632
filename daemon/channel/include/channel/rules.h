/* The table of who may send what to whom. Anything that isn't in it ends the channel. */
#ifndef CHANNEL_RULES_H
#define CHANNEL_RULES_H

#include "channel/channel.h"

enum rule_often { RULE_ONCE, RULE_REPEATED };

struct channel_rule {
	enum role receiver;
	enum role sender;
	enum message_type type;
	enum rule_often often;
	bool with_fd; /* a descriptor must travel with it; without, none may */
};

/* NULL where the message isn't allowed. */
const struct channel_rule *channel_rule(enum role receiver, enum role sender, enum message_type type);

#endif
