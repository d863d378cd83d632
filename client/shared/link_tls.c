#include "link_internal.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sodium.h>

/* Which pin it is; pin_count for none. */
static size_t pin_of(const struct link_target *target, const uint8_t digest[SHA256_BYTES])
{
	size_t at = 0;

	while (at < target->pin_count &&
		sodium_memcmp(target->pins[at].bytes, digest, target->pins[at].len) != 0)
		at++;
	return at;
}

/* In place of a chain of authorities: the server's public key is one of the pinned ones, or the handshake
 * ends here, before a byte of HTTP. That the server holds the key, TLS itself proves. */
static int verify(X509_STORE_CTX *store, void *owner)
{
	struct link *link = owner;
	X509 *certificate = X509_STORE_CTX_get0_cert(store);
	uint8_t digest[SHA256_BYTES], *spki = NULL;
	int len = certificate == NULL ? -1 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
	size_t pin = len > 0 && sha256_once(spki, (size_t)len, digest) == 0 ? pin_of(&link->target, digest)
									    : link->target.pin_count;
	bool pinned = pin < link->target.pin_count;

	OPENSSL_free(spki);
	link->is_wrong_key = !pinned;
	link->is_next_key = pinned && pin > 0;
	X509_STORE_CTX_set_error(store, pinned ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
	return pinned ? 1 : 0;
}

CURLcode link_tls_set_up(CURL *curl, void *ssl_context, void *owner)
{
	SSL_CTX *context = ssl_context;

	(void)curl;
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(context, verify, owner);
	return CURLE_OK;
}
