/* The settings of wake-ups that are more than a number: what a file of them may say, and how a role reads it.
 */
#ifndef BASE_WAKE_SETTINGS_H
#define BASE_WAKE_SETTINGS_H

#include "base/config.h"
#include "proto/url.h"

#define WAKE_ALIAS_MAX         64
#define WAKE_TEXT_MAX          200 /* bytes: one line of a telephone's screen, or a few */
#define WAKE_COMMAND_WORDS_MAX 16
#define WAKE_CREDENTIALS_MAX   1024

/* HOST:PORT, HOST a lower-case name or an address, IPv6 in brackets. */
struct host_port {
	char host[HOST_SIZE]; /* without brackets */
	uint16_t port;
};
MUST_USE int host_port_of(const char *text, struct host_port *ret_host_port, struct fault *fault);

/* `DESK=ALIAS, DESK=ALIAS`: what a desk is called in a wake-up; "" for one that isn't named. */
void wake_alias_of(const char *aliases, const char *desk, char ret_alias[WAKE_ALIAS_MAX + 1]);

/* Splits a command at its spaces, in place: words ends with NULL. -1 for more words, or none. */
MUST_USE int wake_command_split(char *command, char *words[WAKE_COMMAND_WORDS_MAX + 1]);

/* Everything about wake-ups that one setting alone doesn't say. */
void wake_settings_check(const struct config *config, struct config_faults *faults);

/* Which ways this server is set up for: `smtp webhooks command`, or fewer of them. */
#define WAKE_WAYS_SIZE 32
void wake_settings_ways(const struct config *config, char ret_ways[WAKE_WAYS_SIZE]);

#endif
