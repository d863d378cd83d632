/* The server's TLS key over time. The next key lies beside the one in use, as NAME.next, and so does its
 * certificate; a switch renames both. Whatever a crash leaves is one of three states: a next key without a
 * certificate (never told to anybody, made anew), both, or a next certificate without its key: then the
 * switch has begun, and is ended by tls_files_settle. */
#ifndef SUPERVISOR_TLS_FILES_H
#define SUPERVISOR_TLS_FILES_H

#include "base/config.h"
#include "materials.h"

struct tls_pins {
	uint8_t current[SHA256_BYTES];
	bool has_next;
	uint8_t next[SHA256_BYTES];
};

/* Before keys are loaded. */
MUST_USE int tls_files_settle(const struct config *config, struct fault *fault);

MUST_USE int tls_files_look(const struct config *config, struct tls_pins *ret_pins, struct fault *fault);

/* A next key, with a certificate for this host, where there is none yet: under the passphrase of the one in
 * use, or plain as that. Durable when this returns 0. */
MUST_USE int tls_files_make(const struct config *config, const struct materials *materials, const char *host,
	struct fault *fault);

/* The next key, which must be the one of this pin, takes the place of the one in use, which is gone then. 0
 * also where it is in use already. */
MUST_USE int tls_files_switch(const struct config *config, const struct materials *materials,
	const uint8_t pin[SHA256_BYTES], struct fault *fault);

#endif
