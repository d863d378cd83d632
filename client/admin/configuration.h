/* Which files of HOME/daemon the server's configuration names. */
#ifndef ADMIN_CONFIGURATION_H
#define ADMIN_CONFIGURATION_H

#include "admin.h"

#define CONFIGURED_NAME_SIZE 256

/* As they stand in clariond.conf; relative ones count from daemon/. */
struct configured_names {
	char keyring[CONFIGURED_NAME_SIZE];
	char tls_key[CONFIGURED_NAME_SIZE];
	char tls_certificate[CONFIGURED_NAME_SIZE];
};

MUST_USE int configured_names_of(
	const struct admin *admin, struct configured_names *ret_names, struct failure *failure);
/* From the text of a configuration. -1 where one of them is missing or too long. */
MUST_USE int configured_names_parse(const void *text, size_t len, struct configured_names *ret_names);

#endif
