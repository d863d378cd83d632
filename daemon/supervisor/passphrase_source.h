/* Where the passphrase of the key files comes from: the option, else $CREDENTIALS_DIRECTORY/passphrase, else
 * the terminal. Asked for once, when the first encrypted file is met, and kept in guarded memory for a
 * reload. */
#ifndef SUPERVISOR_PASSPHRASE_SOURCE_H
#define SUPERVISOR_PASSPHRASE_SOURCE_H

#include "options.h"

struct passphrase_source;

MUST_USE struct passphrase_source *passphrase_source_new(const struct options *options);

/* *ret_text lives as long as the source. Fails again, without asking again, after it has failed once. */
MUST_USE int passphrase_source_get(
	struct passphrase_source *source, const char **ret_text, size_t *ret_len, struct fault *fault);

void passphrase_source_free(struct passphrase_source *source);

#endif
