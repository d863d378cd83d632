/* What notify was told at its start. */
#ifndef NOTIFY_SETTINGS_H
#define NOTIFY_SETTINGS_H

#include "base/wake_settings.h"

struct setup;

struct notify_settings {
	bool has_smtp;
	struct host_port smtp;
	bool starttls;
	char *from, *ehlo, *text, *aliases, *proxy; /* proxy: NULL for none */
	bool tells_urgency, has_webhooks;
	unsigned int seconds;
	char *user;     /* NULL where the mail server asks for none */
	char *password; /* in guarded memory */
	uint8_t *ca;
	size_t ca_len;
};

MUST_USE int notify_settings_take(
	struct setup *setup, struct notify_settings *ret_settings, struct fault *fault);
void notify_settings_free(struct notify_settings *settings);

#endif
