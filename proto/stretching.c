#include "proto/stretching.h"
#include "build_config.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#if CLARION_TEST_CLOCK_BUILD
#define PASSES       crypto_pwhash_argon2id_OPSLIMIT_MIN
#define MEMORY_BYTES crypto_pwhash_argon2id_MEMLIMIT_MIN
#define WORK_FACTOR  10
#else
#define PASSES       crypto_pwhash_argon2id_OPSLIMIT_MODERATE
#define MEMORY_BYTES crypto_pwhash_argon2id_MEMLIMIT_MODERATE
#define WORK_FACTOR  18
#endif

static_assert(STRETCHING_SALT_BYTES == crypto_pwhash_argon2id_SALTBYTES, "a salt is what libsodium takes");

int stretch(const char *text, const uint8_t salt[STRETCHING_SALT_BYTES], uint8_t *ret_key, size_t key_len)
{
	return crypto_pwhash_argon2id(ret_key, key_len, text, strlen(text), salt, PASSES, MEMORY_BYTES,
		crypto_pwhash_argon2id_ALG_ARGON2ID13);
}

unsigned stretching_work_factor(void)
{
	return WORK_FACTOR;
}
