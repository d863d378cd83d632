#include "base/config.h"

#include "base/wake_settings.h"
#include "config_values.h"
#include "proto/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct parsing {
	struct config *config;
	const char *folder;
	struct config_faults *faults;
	unsigned int line;
};

void config_faults_add(struct config_faults *faults, unsigned int line, const char *format, ...)
{
	if (faults->count == CONFIG_FAULTS_MAX)
		return;
	struct config_fault *at = &faults->at[faults->count++];
	at->line = line;
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(at->fault.text, sizeof at->fault.text, format, arguments);
	va_end(arguments);
}

static const struct setting *setting_named(const char *name, size_t *ret_index)
{
	size_t count;
	const struct setting *settings = config_settings(&count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(settings[i].name, name) == 0) {
			*ret_index = i;
			return &settings[i];
		}
	return NULL;
}

/* Cuts blanks at both ends; text is changed. */
static char *trimmed(char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	size_t len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	text[len] = '\0';
	return text;
}

static void assign(struct parsing *parsing, const char *name, const char *value)
{
	size_t index = 0;
	struct fault fault;
	const struct setting *setting = setting_named(name, &index);
	if (setting == NULL) {
		config_faults_add(parsing->faults, parsing->line, "unknown setting `%.40s'", name);
		return;
	}
	if (parsing->config->lines[index] != 0 && setting->type != SETTING_ADDRESSES) {
		config_faults_add(parsing->faults, parsing->line, "%s: already set on line %u", name,
			parsing->config->lines[index]);
		return;
	}
	parsing->config->lines[index] = parsing->line;
	if (value[0] == '\0')
		config_faults_add(parsing->faults, parsing->line, "%s: no value", name);
	else if (config_value_set(parsing->config, setting, value, parsing->folder, &fault) != 0)
		config_faults_add(parsing->faults, parsing->line, "%s: %s", name, fault.text);
}

/* A name that a person is shown must be printable, so control characters are refused before anything else. */
static int line_copy(const char *line, size_t len, char ret_text[CONFIG_VALUE_MAX + 1], struct fault *fault)
{
	if (len > CONFIG_VALUE_MAX)
		return fault_set(fault, "line too long");
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
			return fault_set(fault, "control character");
	memcpy(ret_text, line, len);
	ret_text[len] = '\0';
	return 0;
}

static void parse_line(struct parsing *parsing, const char *line, size_t len)
{
	char text[CONFIG_VALUE_MAX + 1];
	struct fault fault;
	if (line_copy(line, len, text, &fault) != 0) {
		config_faults_add(parsing->faults, parsing->line, "%s", fault.text);
		return;
	}
	char *name = trimmed(text);
	if (name[0] == '\0' || name[0] == '#')
		return;
	char *equals = strchr(name, '=');
	if (equals == NULL) {
		config_faults_add(parsing->faults, parsing->line, "no `=': write name = value");
		return;
	}
	*equals = '\0';
	char *value = trimmed(equals + 1);
	assign(parsing, trimmed(name), value);
}

static void fill_in(struct parsing *parsing)
{
	size_t count;
	const struct setting *settings = config_settings(&count);
	struct fault fault;
	for (size_t i = 0; i < count; i++) {
		if (parsing->config->lines[i] != 0)
			continue;
		if (settings[i].required)
			config_faults_add(parsing->faults, 0, "%s is missing", settings[i].name);
		else if (settings[i].fallback != NULL &&
			 config_value_set(parsing->config, &settings[i], settings[i].fallback,
				 parsing->folder, &fault) != 0)
			config_faults_add(parsing->faults, 0, "%s: %s", settings[i].name, fault.text);
	}
	if (parsing->config->listen.count == 0 && parsing->config->listen_shared.count == 0)
		config_faults_add(
			parsing->faults, 0, "listen is missing: write listen = [::]:443, or listen_shared");
	wake_settings_check(parsing->config, parsing->faults);
}

int config_parse(const char *text, size_t len, const char *folder, struct config **ret_config,
	struct config_faults *faults)
{
	struct parsing parsing = {
		.config = calloc(1, sizeof *parsing.config), .folder = folder, .faults = faults
	};
	struct reader in = reader_of(text, len);
	const char *line;
	size_t line_len;
	const size_t faults_before = faults->count;
	if (parsing.config == NULL) {
		config_faults_add(faults, 0, "no memory");
		return -1;
	}
	while (reader_field(&in, '\n', &line, &line_len) == 0) {
		parsing.line++;
		parse_line(&parsing, line, line_len);
	}
	fill_in(&parsing);
	if (faults->count != faults_before) {
		config_free(parsing.config);
		return -1;
	}
	*ret_config = parsing.config;
	return 0;
}

static int read_all(const char *path, char *text, size_t size, size_t *ret_len, struct fault *fault)
{
	size_t len = 0;
	int rc = -1;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(fault, "can't be read: %s", strerror(errno));
	for (;;) {
		const ssize_t got = read(fd, text + len, size - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			rc = fault_set(fault, "can't be read: %s", strerror(errno));
			goto cleanup;
		}
		if (got == 0)
			break;
		len += (size_t)got;
		if (len == size) {
			rc = fault_set(fault, "longer than %d bytes", CONFIG_FILE_MAX);
			goto cleanup;
		}
	}
	*ret_len = len;
	rc = 0;
cleanup:
	close(fd);
	return rc;
}

/* The folder that a file lies in, absolute where that can be found out; owned by the caller. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder =
		slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (folder == NULL)
		return NULL;
	char *absolute = realpath(folder, NULL);
	if (absolute == NULL)
		return folder;
	free(folder);
	return absolute;
}

int config_read(const char *path, struct config **ret_config, struct config_faults *faults)
{
	char *text = malloc(CONFIG_FILE_MAX + 1);
	char *folder = folder_of(path);
	size_t len = 0;
	struct fault fault;
	int rc = -1;
	if (text == NULL || folder == NULL)
		config_faults_add(faults, 0, "no memory");
	else if (read_all(path, text, CONFIG_FILE_MAX + 1, &len, &fault) != 0)
		config_faults_add(faults, 0, "%s", fault.text);
	else
		rc = config_parse(text, len, folder, ret_config, faults);
	free(folder);
	free(text);
	return rc;
}

unsigned int config_line(const struct config *config, const char *name)
{
	size_t index = 0;
	return setting_named(name, &index) != NULL ? config->lines[index] : 0;
}

void config_free(struct config *config)
{
	size_t count;
	const struct setting *settings = config_settings(&count);
	if (config == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		config_value_free(config, &settings[i]);
	free(config);
}

const char *config_fixed_difference(const struct config *before, const struct config *after)
{
	size_t count;
	const struct setting *settings = config_settings(&count);
	for (size_t i = 0; i < count; i++)
		if (!settings[i].reloadable && !config_value_same(before, after, &settings[i]))
			return settings[i].name;
	return NULL;
}
