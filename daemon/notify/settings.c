/* what notify was told at its start */
#include "settings.h"

#include "channel/setup.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static char *copy_of(const struct setup *setup, const char *name)
{
	const char *value = setup_setting(setup, name);
	return value != NULL ? strdup(value) : NULL;
}

/* Two lines: user, password. */
static int take_credentials(struct setup *setup, struct notify_settings *settings, struct fault *fault)
{
	const struct setup_file *file = setup_file(setup, FILE_WAKE_CREDENTIALS, 0);
	if (file == NULL)
		return 0;
	const char *user = (const char *)file->data;
	const char *end = memchr(user, '\n', file->len);
	if (end == NULL || end == user)
		return fault_set(fault, "wake_smtp_credentials: must have the user on its first line and the "
					"password on its second");
	const char *password = end + 1;
	size_t password_len = file->len - (size_t)(password - user);
	const char *password_end = memchr(password, '\n', password_len);
	if (password_end != NULL)
		password_len = (size_t)(password_end - password);
	settings->user = strndup(user, (size_t)(end - user));
	settings->password = sodium_malloc(password_len + 1);
	if (settings->user == NULL || settings->password == NULL)
		return fault_set(fault, "no memory");
	memcpy(settings->password, password, password_len);
	settings->password[password_len] = '\0';
	setup_file_drop(setup, FILE_WAKE_CREDENTIALS, 0);
	return 0;
}

static int take_ca(const struct setup *setup, struct notify_settings *settings)
{
	const struct setup_file *file = setup_file(setup, FILE_WAKE_CA, 0);
	if (file == NULL || file->len == 0)
		return 0;
	settings->ca = malloc(file->len);
	if (settings->ca == NULL)
		return -1;
	memcpy(settings->ca, file->data, file->len);
	settings->ca_len = file->len;
	return 0;
}

static int take(struct setup *setup, struct notify_settings *settings, struct fault *fault)
{
	const char *smtp = setup_setting(setup, "wake_smtp");
	uint64_t seconds;
	settings->from = copy_of(setup, "wake_from");
	settings->ehlo = copy_of(setup, "wake_ehlo");
	settings->text = copy_of(setup, "wake_text");
	settings->aliases = copy_of(setup, "wake_alias");
	settings->proxy = copy_of(setup, "wake_proxy");
	settings->starttls = setup_yes(setup, "wake_smtp_starttls");
	settings->tells_urgency = setup_yes(setup, "wake_urgency");
	settings->has_webhooks = setup_yes(setup, "wake_webhooks");
	if (setup_number(setup, "wake_seconds", &seconds) != 0 || settings->text == NULL)
		return fault_set(fault, "notify was given no settings");
	settings->seconds = (unsigned int)seconds;
	if (smtp != NULL && (settings->from == NULL || host_port_of(smtp, &settings->smtp, fault) != 0))
		return fault_set(fault, "notify was given no mail server");
	settings->has_smtp = smtp != NULL;
	if (settings->has_smtp && settings->ehlo == NULL)
		settings->ehlo = strdup(strchr(settings->from, '@') + 1);
	if ((settings->has_smtp && settings->ehlo == NULL) || take_ca(setup, settings) != 0)
		return fault_set(fault, "no memory");
	return take_credentials(setup, settings, fault);
}

int notify_settings_take(struct setup *setup, struct notify_settings *ret_settings, struct fault *fault)
{
	struct notify_settings settings = { .has_smtp = false };
	if (take(setup, &settings, fault) != 0) {
		notify_settings_free(&settings);
		return -1;
	}
	*ret_settings = settings;
	return 0;
}

void notify_settings_free(struct notify_settings *settings)
{
	free(settings->from);
	free(settings->ehlo);
	free(settings->text);
	free(settings->aliases);
	free(settings->proxy);
	free(settings->user);
	sodium_free(settings->password);
	free(settings->ca);
}
