#include "config_values.h"

#include "proto/cursor.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE_MIN_CHARS 22 /* 128 bits: nobody guesses it */
#define BASE_MAX_CHARS 64
#define USER_MAX_CHARS 32 /* what useradd(8) takes */
#define PORT_MAX       65535

static void *field_of(struct config *config, const struct setting *setting)
{
	return (char *)config + setting->offset;
}

static const void *field_in(const struct config *config, const struct setting *setting)
{
	return (const char *)config + setting->offset;
}

static bool is_text(enum setting_type type)
{
	return type == SETTING_BASE || type == SETTING_PATH || type == SETTING_USER || type == SETTING_TEXT;
}

static int text_set(char **field, char *text, struct fault *fault)
{
	if (text == NULL)
		return fault_set(fault, "no memory");
	free(*field);
	*field = text;
	return 0;
}

/* HOST:PORT, both literal: a name would have to be looked up, and says less exactly where we listen. */
static int address_check(
	const char *text, size_t len, char ret_text[CONFIG_ADDRESS_SIZE], struct fault *fault)
{
	char host[CONFIG_ADDRESS_SIZE];
	uint8_t binary[16];
	uint64_t port = 0;
	if (len >= CONFIG_ADDRESS_SIZE)
		return fault_set(fault, "address too long: write ADDRESS:PORT");
	memcpy(host, text, len);
	host[len] = '\0';
	char *colon = strrchr(host, ':');
	if (colon == NULL)
		return fault_set(fault, "no port: write ADDRESS:PORT, for instance [::]:443");
	struct reader port_text = reader_of(colon + 1, strlen(colon + 1));
	if (reader_decimal(&port_text, &port) != 0 || reader_end(&port_text) != 0 || port < 1 ||
		port > PORT_MAX)
		return fault_set(fault, "bad port: it is a number from 1 to %d", PORT_MAX);
	*colon = '\0';
	const size_t host_len = strlen(host);
	int known;
	if (host[0] == '[' && host_len > 2 && host[host_len - 1] == ']') {
		host[host_len - 1] = '\0';
		known = inet_pton(AF_INET6, host + 1, binary);
	} else {
		known = inet_pton(AF_INET, host, binary);
	}
	if (known != 1)
		return fault_set(fault, "bad address: write it in numbers, an IPv6 address in brackets");
	memcpy(ret_text, text, len);
	ret_text[len] = '\0';
	return 0;
}

static int addresses_set(struct config_addresses *field, const char *text, struct fault *fault)
{
	struct config_addresses added = *field;
	struct reader list = reader_of(text, strlen(text));
	const char *item;
	size_t len;
	while (reader_field(&list, ',', &item, &len) == 0) {
		while (len > 0 && (*item == ' ' || *item == '\t')) {
			item++;
			len--;
		}
		while (len > 0 && (item[len - 1] == ' ' || item[len - 1] == '\t'))
			len--;
		if (added.count == CONFIG_ADDRESSES_MAX)
			return fault_set(fault, "more than %d addresses", CONFIG_ADDRESSES_MAX);
		if (address_check(item, len, added.text[added.count], fault) != 0)
			return -1;
		for (size_t i = 0; i < added.count; i++)
			if (strcmp(added.text[i], added.text[added.count]) == 0)
				return fault_set(fault, "the same address twice");
		added.count++;
	}
	*field = added;
	return 0;
}

static int base_set(char **field, const char *text, struct fault *fault)
{
	const size_t len = strlen(text);
	if (len < BASE_MIN_CHARS || len > BASE_MAX_CHARS)
		return fault_set(fault, "must have %d to %d characters", BASE_MIN_CHARS, BASE_MAX_CHARS);
	for (const char *c = text; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
			    *c == '-' || *c == '_'))
			return fault_set(fault, "may hold letters, digits, '-' and '_' only");
	return text_set(field, strdup(text), fault);
}

static int path_set(char **field, const char *text, const char *folder, struct fault *fault)
{
	char *path = NULL;
	if (text[0] == '/')
		path = strdup(text);
	else if (asprintf(&path, "%s/%s", folder, text) < 0)
		path = NULL;
	return text_set(field, path, fault);
}

static int user_set(char **field, const char *text, struct fault *fault)
{
	if (strlen(text) > USER_MAX_CHARS)
		return fault_set(fault, "must be the name or the number of a user");
	for (const char *c = text; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
			    *c == '-' || *c == '_' || *c == '.'))
			return fault_set(fault, "must be the name or the number of a user");
	return text_set(field, strdup(text), fault);
}

static int unit_of(struct reader *rest, uint64_t *ret_unit)
{
	static const struct {
		const char *word;
		unsigned int shift;
	} units[] = { { "KiB", 10 }, { "MiB", 20 }, { "GiB", 30 }, { "TiB", 40 } };
	uint64_t unit = 1;
	struct reader in = *rest;
	while (in.left > 0 && *in.at == ' ') {
		in.at++;
		in.left--;
	}
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (reader_literal(&in, units[i].word) == 0) {
			unit = (uint64_t)1 << units[i].shift;
			break;
		}
	if (reader_end(&in) != 0)
		return -1;
	*ret_unit = unit;
	return 0;
}

static int number_set(uint64_t *field, const struct setting *setting, const char *text, struct fault *fault)
{
	struct reader in = reader_of(text, strlen(text));
	uint64_t number;
	uint64_t unit = 1;
	if (reader_decimal(&in, &number) != 0 ||
		(setting->type == SETTING_BYTES ? unit_of(&in, &unit) : reader_end(&in)) != 0)
		return fault_set(
			fault, setting->type == SETTING_BYTES
				       ? "must be a number, with KiB, MiB, GiB or TiB behind it where wanted"
				       : "must be a number");
	if (number > UINT64_MAX / unit || number * unit < setting->min || number * unit > setting->max)
		return fault_set(fault, "must be from %" PRIu64 " to %" PRIu64, setting->min, setting->max);
	*field = number * unit;
	return 0;
}

static int choice_set(bool *field, const char *yes, const char *text, struct fault *fault)
{
	if (strcmp(text, yes) != 0 && strcmp(text, "no") != 0)
		return fault_set(fault, "must be `no' or `%s'", yes);
	*field = strcmp(text, yes) == 0;
	return 0;
}

int config_value_set(struct config *config, const struct setting *setting, const char *text,
	const char *folder, struct fault *fault)
{
	void *field = field_of(config, setting);
	switch (setting->type) {
	case SETTING_ADDRESSES:
		return addresses_set(field, text, fault);
	case SETTING_BASE:
		return base_set(field, text, fault);
	case SETTING_PATH:
		return path_set(field, text, folder, fault);
	case SETTING_USER:
		return user_set(field, text, fault);
	case SETTING_TEXT:
		return text_set(field, strdup(text), fault);
	case SETTING_NUMBER:
	case SETTING_BYTES:
		return number_set(field, setting, text, fault);
	case SETTING_YES_NO:
		return choice_set(field, "yes", text, fault);
	case SETTING_PHRASE:
		return choice_set(field, CONFIG_NO_LANDLOCK_PHRASE, text, fault);
	}
	return fault_set(fault, "unknown type");
}

bool config_value_present(const struct config *config, const struct setting *setting)
{
	if (setting->type == SETTING_ADDRESSES)
		return ((const struct config_addresses *)field_in(config, setting))->count > 0;
	if (is_text(setting->type))
		return *(char *const *)field_in(config, setting) != NULL;
	return true;
}

void config_value_free(struct config *config, const struct setting *setting)
{
	if (!is_text(setting->type))
		return;
	char **field = field_of(config, setting);
	free(*field);
	*field = NULL;
}

int config_value(const struct config *config, const struct setting *setting, char *ret_text, size_t size)
{
	const void *field = field_in(config, setting);
	char text[CONFIG_VALUE_MAX + 1];
	int len = -1;
	if (!config_value_present(config, setting))
		return -1;
	switch (setting->type) {
	case SETTING_ADDRESSES:
		return -1;
	case SETTING_BASE:
	case SETTING_PATH:
	case SETTING_USER:
	case SETTING_TEXT:
		len = snprintf(text, sizeof text, "%s", *(char *const *)field);
		break;
	case SETTING_NUMBER:
	case SETTING_BYTES:
		len = snprintf(text, sizeof text, "%" PRIu64, *(const uint64_t *)field);
		break;
	case SETTING_YES_NO:
	case SETTING_PHRASE:
		len = snprintf(text, sizeof text, "%s", *(const bool *)field ? "yes" : "no");
		break;
	}
	if (len < 0 || (size_t)len >= sizeof text || (size_t)len >= size)
		return -1;
	memcpy(ret_text, text, (size_t)len + 1);
	return 0;
}

bool config_value_same(const struct config *before, const struct config *after, const struct setting *setting)
{
	char one[CONFIG_VALUE_MAX + 1];
	char other[CONFIG_VALUE_MAX + 1];
	if (setting->type == SETTING_ADDRESSES) {
		const struct config_addresses *a = field_in(before, setting);
		const struct config_addresses *b = field_in(after, setting);
		if (a->count != b->count)
			return false;
		for (size_t i = 0; i < a->count; i++)
			if (strcmp(a->text[i], b->text[i]) != 0)
				return false;
		return true;
	}
	const int had = config_value(before, setting, one, sizeof one);
	const int has = config_value(after, setting, other, sizeof other);
	return had == has && (had != 0 || strcmp(one, other) == 0);
}
