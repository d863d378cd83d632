#include "proto/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct sha256 {
	EVP_MD_CTX *context;
};

struct sha256 *sha256_new(void)
{
	struct sha256 *hash = calloc(1, sizeof *hash);

	if (hash == NULL)
		return NULL;
	hash->context = EVP_MD_CTX_new();
	if (hash->context == NULL || EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) != 1) {
		sha256_free(hash);
		return NULL;
	}
	return hash;
}

int sha256_update(struct sha256 *hash, const void *data, size_t len)
{
	return EVP_DigestUpdate(hash->context, data, len) == 1 ? 0 : -1;
}

int sha256_final(struct sha256 *hash, uint8_t ret_digest[SHA256_BYTES])
{
	return EVP_DigestFinal_ex(hash->context, ret_digest, NULL) == 1 ? 0 : -1;
}

int sha256_peek(const struct sha256 *hash, uint8_t ret_digest[SHA256_BYTES])
{
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	int rc = -1;

	if (copy == NULL || EVP_MD_CTX_copy_ex(copy, hash->context) != 1)
		goto cleanup;
	if (EVP_DigestFinal_ex(copy, ret_digest, NULL) != 1)
		goto cleanup;
	rc = 0;
cleanup:
	EVP_MD_CTX_free(copy);
	return rc;
}

void sha256_free(struct sha256 *hash)
{
	if (hash == NULL)
		return;
	EVP_MD_CTX_free(hash->context);
	free(hash);
}

int sha256_once(const void *data, size_t len, uint8_t ret_digest[SHA256_BYTES])
{
	return EVP_Digest(data, len, ret_digest, NULL, EVP_sha256(), NULL) == 1 ? 0 : -1;
}
