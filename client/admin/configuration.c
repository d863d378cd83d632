#include "configuration.h"

#include "keys/secure_file.h"
#include "proto/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>

#define CONFIGURATION_FILE "daemon/clariond.conf"
#define CONFIGURATION_MAX  (256 * 1024)

static void trim(const char **text, size_t *len)
{
	while (*len > 0 && ((*text)[0] == ' ' || (*text)[0] == '\t')) {
		(*text)++;
		(*len)--;
	}
	while (*len > 0 && ((*text)[*len - 1] == ' ' || (*text)[*len - 1] == '\t'))
		(*len)--;
}

static void take_value(const char *name, const char *line, size_t len, char ret_value[CONFIGURED_NAME_SIZE])
{
	const char *equals = memchr(line, '=', len), *value = equals == NULL ? NULL : equals + 1;
	size_t name_len = equals == NULL ? 0 : (size_t)(equals - line), value_len = 0;

	if (equals == NULL)
		return;
	value_len = len - name_len - 1;
	trim(&line, &name_len);
	trim(&value, &value_len);
	if (name_len != strlen(name) || !bytes_equal(line, name, name_len) || value_len == 0 ||
		value_len >= CONFIGURED_NAME_SIZE)
		return;
	memcpy(ret_value, value, value_len);
	ret_value[value_len] = '\0';
}

int configured_names_parse(const void *text, size_t len, struct configured_names *ret_names)
{
	struct configured_names names = { .keyring = "" };
	struct reader in = reader_of(text, len);
	const char *line = NULL;
	size_t line_len = 0;

	while (reader_field(&in, '\n', &line, &line_len) == 0) {
		take_value("keyring", line, line_len, names.keyring);
		take_value("tls_key", line, line_len, names.tls_key);
		take_value("tls_certificate", line, line_len, names.tls_certificate);
	}
	if (names.keyring[0] == '\0' || names.tls_key[0] == '\0' || names.tls_certificate[0] == '\0')
		return -1;
	*ret_names = names;
	return 0;
}

int configured_names_of(
	const struct admin *admin, struct configured_names *ret_names, struct failure *failure)
{
	char path[PATH_MAX];
	struct fault fault;
	uint8_t *text = NULL;
	size_t len = 0;
	int rc;

	if (admin_path(admin->home, CONFIGURATION_FILE, path, failure) != 0)
		return -1;
	if (secure_file_read(AT_FDCWD, path, CONFIGURATION_MAX, &text, &len, &fault) != 0)
		return errno == ENOENT
			       ? failure_set(failure, EX_UNAVAILABLE,
					 "this home holds no daemon: run this on the machine where it runs")
			       : admin_file_failure(failure, errno, &fault);
	rc = configured_names_parse(text, len, ret_names);
	sodium_free(text);
	return rc == 0 ? 0
		       : failure_set(failure, EX_CONFIG,
				 CONFIGURATION_FILE " names no keyring or TLS key: complete it");
}
