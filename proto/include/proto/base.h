/* What every file of Clarion leans on: the error idiom and a few constants.
 *
 * A function that can fail returns 0, or -1 and writes no output. Where a person needs the reason, it takes a
 * struct fault as its last parameter (never NULL) and leaves one sentence there. A fault never holds a
 * secret, a peer's address or text that a stranger chose. */
#ifndef PROTO_BASE_H
#define PROTO_BASE_H

#include "proto/language.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE                         __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#define COUNT_OF(array)                  (sizeof(array) / sizeof((array)[0]))

#define SHA256_BYTES            32
#define SHA256_HEX_CHARS        64
#define ED25519_PUBLIC_BYTES    32
#define ED25519_SIGNATURE_BYTES 64
#define ED25519_SEED_BYTES      32

/* Room for a sentence of a fault: in other scripts a letter takes two or three bytes. */
#define FAULT_TEXT_SIZE 720

/* Why something was refused: one sentence, "what went wrong: what to do" where there is something to do. In
 * the language in use (proto/language.h). */
struct fault {
	char text[FAULT_TEXT_SIZE];
};

/* Writes the sentence; what is too long ends with a whole character. */
void fault_write(struct fault *fault, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same, and is -1, so that a refusal is one line. A macro, so that the compiler and the analyzers see the
 * -1. */
#define fault_set(...) (fault_write(__VA_ARGS__), -1)
/* fault_write for whoever takes the arguments of a sentence himself. */
void fault_write_list(struct fault *fault, const char *format, va_list arguments) PRINTF_LIKE(2, 0);

/* True where both hold the same len bytes. Takes as long as it takes: secrets are compared with
 * sodium_memcmp. */
bool bytes_equal(const void *left, const void *right, size_t len);

/* Must be called once before anything else of proto/. Returns 0, or -1 where libsodium can't start. */
MUST_USE int proto_init(void);

#endif
