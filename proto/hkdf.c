#include "proto/digest.h"

#include <sodium.h>
#include <string.h>

#define HKDF_BLOCKS_MAX 255

/* RFC 5869: extract, then expand, over libsodium's HMAC-SHA-256. */
int hkdf_sha256(const void *secret, size_t secret_len, const void *salt, size_t salt_len, const char *info,
	void *ret_key, size_t key_len)
{
	static const uint8_t no_salt[SHA256_BYTES];
	crypto_auth_hmacsha256_state state;
	uint8_t prk[SHA256_BYTES], block[SHA256_BYTES];
	uint8_t *out = ret_key;
	size_t done = 0;

	if (key_len > HKDF_BLOCKS_MAX * SHA256_BYTES)
		return -1;
	crypto_auth_hmacsha256_init(
		&state, salt_len == 0 ? no_salt : salt, salt_len == 0 ? sizeof no_salt : salt_len);
	crypto_auth_hmacsha256_update(&state, secret, secret_len);
	crypto_auth_hmacsha256_final(&state, prk);
	for (uint8_t number = 1; done < key_len; number++) {
		size_t take = key_len - done < sizeof block ? key_len - done : sizeof block;

		crypto_auth_hmacsha256_init(&state, prk, sizeof prk);
		if (number > 1)
			crypto_auth_hmacsha256_update(&state, block, sizeof block);
		crypto_auth_hmacsha256_update(&state, (const uint8_t *)info, strlen(info));
		crypto_auth_hmacsha256_update(&state, &number, 1);
		crypto_auth_hmacsha256_final(&state, block);
		memcpy(out + done, block, take);
		done += take;
	}
	sodium_memzero(&state, sizeof state);
	sodium_memzero(prk, sizeof prk);
	sodium_memzero(block, sizeof block);
	return 0;
}
