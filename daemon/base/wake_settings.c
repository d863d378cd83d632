/* the settings of wake-ups: checked for `--check', and read by the roles */
#include "base/wake_settings.h"

#include "proto/cursor.h"
#include "proto/text.h"
#include "proto/wake_way.h"
#include "proto/words.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int host_port_of(const char *text, struct host_port *ret_host_port, struct fault *fault)
{
	char url[8 + HOST_SIZE + 16];
	struct server_url parsed;
	const char *colon = strrchr(text, ':');
	if (colon == NULL || colon[1] == '\0' || strchr(colon, ']') != NULL)
		return fault_set(fault, "no port: write HOST:PORT");
	const int len = snprintf(url, sizeof url, "https://%s", text);
	if (len < 0 || (size_t)len >= sizeof url || strchr(text, '/') != NULL ||
		server_url_parse_address(url, (size_t)len, &parsed, fault) != 0)
		return fault_set(fault, "must be HOST:PORT, HOST a lower-case name or an address");
	*ret_host_port = (struct host_port){ .port = parsed.port };
	memcpy(ret_host_port->host, parsed.host, sizeof ret_host_port->host);
	return 0;
}

/* Takes the next `DESK=ALIAS`. 1 where there was one, 0 at the end, -1 for anything else. */
static int next_alias(struct reader *list, char ret_desk[NAME_SIZE], char ret_alias[WAKE_ALIAS_MAX + 1])
{
	const char *item;
	size_t len;
	if (reader_field(list, ',', &item, &len) != 0)
		return 0;
	while (len > 0 && *item == ' ') {
		item++;
		len--;
	}
	const char *equals = memchr(item, '=', len);
	if (equals == NULL || name_of(item, (size_t)(equals - item), ret_desk) != 0)
		return -1;
	const size_t alias_len = len - (size_t)(equals + 1 - item);
	if (alias_len == 0 || alias_len > WAKE_ALIAS_MAX || !text_is_line(equals + 1, alias_len))
		return -1;
	memcpy(ret_alias, equals + 1, alias_len);
	ret_alias[alias_len] = '\0';
	return 1;
}

void wake_alias_of(const char *aliases, const char *desk, char ret_alias[WAKE_ALIAS_MAX + 1])
{
	struct reader list = reader_of(aliases, strlen(aliases));
	char name[NAME_SIZE];
	char alias[WAKE_ALIAS_MAX + 1];
	ret_alias[0] = '\0';
	while (next_alias(&list, name, alias) == 1)
		if (strcmp(name, desk) == 0) {
			memcpy(ret_alias, alias, sizeof alias);
			return;
		}
}

static int aliases_check(const char *aliases, struct fault *fault)
{
	struct reader list = reader_of(aliases, strlen(aliases));
	char name[NAME_SIZE];
	char alias[WAKE_ALIAS_MAX + 1];
	int rc;
	while ((rc = next_alias(&list, name, alias)) == 1)
		;
	return rc == 0 ? 0 : fault_set(fault, "must be DESK=ALIAS, with commas between several");
}

int wake_command_split(char *command, char *words[WAKE_COMMAND_WORDS_MAX + 1])
{
	size_t count = 0;
	char *rest = command;
	for (char *word; (word = strsep(&rest, " ")) != NULL;) {
		if (word[0] == '\0')
			continue;
		if (count == WAKE_COMMAND_WORDS_MAX)
			return -1;
		words[count++] = word;
	}
	words[count] = NULL;
	return count > 0 ? 0 : -1;
}

static int command_check(const char *command, struct fault *fault)
{
	char text[CONFIG_VALUE_MAX + 1];
	char *words[WAKE_COMMAND_WORDS_MAX + 1];
	(void)snprintf(text, sizeof text, "%s", command);
	if (wake_command_split(text, words) != 0 || words[0][0] != '/')
		return fault_set(fault, "must be a program's whole path, and at most %d arguments",
			WAKE_COMMAND_WORDS_MAX - 1);
	if (access(words[0], X_OK) != 0)
		return fault_set(fault, "can't be run: is it there, and executable?");
	return 0;
}

static int from_check(const char *from, struct fault *fault)
{
	return wake_address_fits(WAKE_SMTP, from) ? 0 : fault_set(fault, "must be a mail address");
}

static int text_check(const char *text, struct fault *fault)
{
	return strlen(text) <= WAKE_TEXT_MAX && text_is_line(text, strlen(text))
		       ? 0
		       : fault_set(fault, "must be a line of at most %d bytes of UTF-8", WAKE_TEXT_MAX);
}

static int smtp_check(const char *text, struct fault *fault)
{
	struct host_port host_port;
	return host_port_of(text, &host_port, fault);
}

static int proxy_check(const char *text, struct fault *fault)
{
	static const char scheme[] = "socks5h://";
	struct host_port host_port;
	uint8_t address[16];
	if (strncmp(text, scheme, sizeof scheme - 1) != 0)
		return fault_set(fault, "must be socks5h://ADDRESS:PORT");
	if (host_port_of(text + sizeof scheme - 1, &host_port, fault) != 0)
		return -1;
	/* A name would have to be looked up, which notify can't do for libcurl. */
	return inet_pton(AF_INET, host_port.host, address) == 1 ||
			       inet_pton(AF_INET6, host_port.host, address) == 1
		       ? 0
		       : fault_set(fault, "must be an address in numbers, not a name");
}

static int ehlo_check(const char *text, struct fault *fault)
{
	char place[HOST_SIZE + 8];
	struct host_port host_port;
	const int len = snprintf(place, sizeof place, "%s:25", text);
	return len > 0 && (size_t)len < sizeof place && host_port_of(place, &host_port, fault) == 0
		       ? 0
		       : fault_set(fault, "must be a lower-case host name");
}

void wake_settings_check(const struct config *config, struct config_faults *faults)
{
	const struct {
		const char *name;
		const char *value;
		int (*check)(const char *value, struct fault *fault);
	} rows[] = { { "wake_smtp", config->wake_smtp, smtp_check },
		{ "wake_from", config->wake_from, from_check },
		{ "wake_ehlo", config->wake_ehlo, ehlo_check },
		{ "wake_proxy", config->wake_proxy, proxy_check },
		{ "wake_command", config->wake_command, command_check },
		{ "wake_text", config->wake_text, text_check },
		{ "wake_alias", config->wake_alias, aliases_check } };
	struct fault fault;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].value != NULL && rows[i].check(rows[i].value, &fault) != 0)
			config_faults_add(faults, config_line(config, rows[i].name), "%s: %s", rows[i].name,
				fault.text);
	if (config->wake_smtp != NULL && config->wake_from == NULL)
		config_faults_add(faults, config_line(config, "wake_smtp"),
			"wake_from is missing: mail needs a sender's address");
}

void wake_settings_ways(const struct config *config, char ret_ways[WAKE_WAYS_SIZE])
{
	(void)snprintf(ret_ways, WAKE_WAYS_SIZE, "%s%s%s", config->wake_smtp != NULL ? "smtp " : "",
		config->wake_webhooks ? "webhooks " : "", config->wake_command != NULL ? "command " : "");
}
