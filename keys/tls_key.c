#include "keys/tls_key.h"

#include "proto/digest.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CERTIFICATE_MAX  (16 * 1024)
#define CERTIFICATES_MAX (64 * 1024) /* with its chain */
#define COMMON_NAME_MAX  64          /* ub-common-name of X.520 */
#define SERIAL_BITS      127
#define DAYS_VALID       3650 /* clients hold the key against the roster, and look at no date */
#define DAY_SECONDS      86400
#define HOST_FIELD_SIZE  300

static bool is_address(const char *host)
{
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
	bool is_one = address != NULL;

	ASN1_OCTET_STRING_free(address);
	return is_one;
}

static int add_host(X509 *certificate, const char *host)
{
	char field[HOST_FIELD_SIZE];
	X509V3_CTX context;
	X509_EXTENSION *names = NULL;
	X509_NAME *subject = X509_get_subject_name(certificate);
	int len = snprintf(field, sizeof field, "%s:%s", is_address(host) ? "IP" : "DNS", host);
	int rc = -1;

	if (len < 0 || (size_t)len >= sizeof field)
		return -1;
	if (strlen(host) <= COMMON_NAME_MAX && X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
						       (const unsigned char *)host, -1, -1, 0) != 1)
		return -1;
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	names = X509V3_EXT_conf_nid(NULL, &context, NID_subject_alt_name, field);
	if (names != NULL && X509_add_ext(certificate, names, -1) == 1 &&
		X509_set_issuer_name(certificate, subject) == 1)
		rc = 0;
	X509_EXTENSION_free(names);
	return rc;
}

static int set_serial(X509 *certificate)
{
	BIGNUM *serial = BN_new();
	int rc = -1;

	if (serial != NULL && BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
		BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != NULL)
		rc = 0;
	BN_free(serial);
	return rc;
}

/* Valid from midnight, so that the certificate doesn't tell the minute in which it was made. */
static int set_dates(X509 *certificate, int64_t now)
{
	time_t midnight = (time_t)(now - now % DAY_SECONDS);

	if (X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &midnight) == NULL ||
		X509_time_adj_ex(X509_getm_notAfter(certificate), DAYS_VALID, 0, &midnight) == NULL)
		return -1;
	return 0;
}

static X509 *certificate_new(EVP_PKEY *key, const char *host, int64_t now)
{
	X509 *certificate = X509_new();

	if (certificate == NULL || X509_set_version(certificate, X509_VERSION_3) != 1 ||
		set_serial(certificate) != 0 || set_dates(certificate, now) != 0 ||
		X509_set_pubkey(certificate, key) != 1 || add_host(certificate, host) != 0 ||
		X509_sign(certificate, key, EVP_sha256()) == 0) {
		X509_free(certificate);
		return NULL;
	}
	return certificate;
}

static int pin_of(X509 *certificate, uint8_t ret_pin[SHA256_BYTES])
{
	uint8_t *spki = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
	int rc = len > 0 ? sha256_once(spki, (size_t)len, ret_pin) : -1;

	OPENSSL_free(spki);
	return rc;
}

static int write_key(EVP_PKEY *key, struct tls_pair *pair)
{
	BIO *memory = BIO_new(BIO_s_secmem());
	char *text = NULL;
	long len = 0;
	int rc = -1;

	if (memory == NULL || PEM_write_bio_PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL) != 1)
		goto cleanup;
	len = BIO_get_mem_data(memory, &text);
	if (len <= 0 || (pair->key = sodium_malloc((size_t)len)) == NULL)
		goto cleanup;
	memcpy(pair->key, text, (size_t)len);
	pair->key_len = (size_t)len;
	sodium_memzero(text, (size_t)len); /* without secure memory set up, it was ordinary memory */
	rc = 0;
cleanup:
	BIO_free(memory);
	return rc;
}

static int write_certificate(X509 *certificate, struct tls_pair *pair)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len = 0;
	int rc = -1;

	if (memory != NULL && PEM_write_bio_X509(memory, certificate) == 1 &&
		(len = BIO_get_mem_data(memory, &text)) > 0) {
		buffer_put(&pair->certificate, text, (size_t)len);
		rc = buffer_ok(&pair->certificate);
	}
	BIO_free(memory);
	return rc;
}

int tls_pair_new(const char *host, int64_t now, struct tls_pair *ret_pair, struct fault *fault)
{
	struct tls_pair pair = { .certificate = buffer_of(CERTIFICATE_MAX) };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = key == NULL ? NULL : certificate_new(key, host, now);
	int rc = -1;

	if (certificate == NULL || write_key(key, &pair) != 0 || write_certificate(certificate, &pair) != 0 ||
		pin_of(certificate, pair.pin) != 0) {
		tls_pair_free(&pair);
		rc = fault_set(fault, "OpenSSL can't make a TLS key: check its configuration");
		goto cleanup;
	}
	*ret_pair = pair;
	rc = 0;
cleanup:
	X509_free(certificate);
	EVP_PKEY_free(key);
	return rc;
}

void tls_pair_free(struct tls_pair *pair)
{
	sodium_free(pair->key);
	buffer_free(&pair->certificate);
	pair->key = NULL;
}

static X509 *read_certificate(const uint8_t *pem, size_t len)
{
	BIO *memory = len > CERTIFICATES_MAX ? NULL : BIO_new_mem_buf(pem, (int)len);
	X509 *certificate = memory == NULL ? NULL : PEM_read_bio_X509(memory, NULL, NULL, NULL);

	BIO_free(memory);
	return certificate;
}

int tls_certificate_pin(const uint8_t *pem, size_t len, uint8_t ret_pin[SHA256_BYTES])
{
	X509 *certificate = read_certificate(pem, len);
	int rc = certificate == NULL ? -1 : pin_of(certificate, ret_pin);

	X509_free(certificate);
	return rc;
}

int tls_certificate_expires(const uint8_t *pem, size_t len, int64_t *ret_seconds)
{
	X509 *certificate = read_certificate(pem, len);
	struct tm end;
	int rc = -1;

	if (certificate != NULL && ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1) {
		*ret_seconds = (int64_t)timegm(&end);
		rc = 0;
	}
	X509_free(certificate);
	return rc;
}

/* Nobody is asked for a passphrase: the key was decrypted before. */
static int no_passphrase(char *text, int size, int writing, void *owner)
{
	(void)text;
	(void)size;
	(void)writing;
	(void)owner;
	return -1;
}

int tls_key_fits(const uint8_t *key, size_t key_len, const uint8_t *certificate, size_t certificate_len)
{
	X509 *x509 = read_certificate(certificate, certificate_len);
	BIO *memory = key_len > CERTIFICATES_MAX ? NULL : BIO_new_mem_buf(key, (int)key_len);
	EVP_PKEY *pkey = memory == NULL ? NULL : PEM_read_bio_PrivateKey(memory, NULL, no_passphrase, NULL);
	int rc = x509 != NULL && pkey != NULL && X509_check_private_key(x509, pkey) == 1 ? 0 : -1;

	EVP_PKEY_free(pkey);
	BIO_free(memory);
	X509_free(x509);
	return rc;
}
