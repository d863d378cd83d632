/* keys/tls_key: a key that TLS takes, a certificate for this host and nothing more, and the pin of
 * both. */
#include "cmocka_all.h"

#include "keys/tls_key.h"
#include "proto/digest.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#define NOW INT64_C(1795000000)

static X509 *certificate_of(struct tls_pair *pair)
{
	BIO *text = BIO_new_mem_buf(pair->certificate.data, (int)pair->certificate.len);
	X509 *certificate = PEM_read_bio_X509(text, NULL, NULL, NULL);

	BIO_free(text);
	assert_non_null(certificate);
	return certificate;
}

static struct tls_pair made(const char *host)
{
	struct tls_pair pair;
	struct fault fault;

	assert_int_equal(tls_pair_new(host, NOW, &pair, &fault), 0);
	return pair;
}

static void test_the_key_fits_the_certificate_and_the_pin(void **state)
{
	struct tls_pair pair = made("reports.example.org");
	X509 *certificate = certificate_of(&pair);
	BIO *text = BIO_new_mem_buf(pair.key, (int)pair.key_len);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(text, NULL, NULL, NULL);
	uint8_t *spki = NULL, pin[SHA256_BYTES];
	char curve[32];
	size_t curve_len = 0;
	int len = i2d_PUBKEY(key, &spki);

	(void)state;
	assert_int_equal(X509_check_private_key(certificate, key), 1);
	assert_int_equal(EVP_PKEY_get_group_name(key, curve, sizeof curve, &curve_len), 1);
	assert_string_equal(curve, "prime256v1");
	assert_true(len > 0);
	assert_int_equal(sha256_once(spki, (size_t)len, pin), 0);
	assert_memory_equal(pair.pin, pin, SHA256_BYTES);
	memset(pin, 0, sizeof pin);
	assert_int_equal(tls_certificate_pin(pair.certificate.data, pair.certificate.len, pin), 0);
	assert_memory_equal(pair.pin, pin, SHA256_BYTES);
	assert_int_equal(X509_verify(certificate, key), 1);
	OPENSSL_free(spki);
	EVP_PKEY_free(key);
	BIO_free(text);
	X509_free(certificate);
	tls_pair_free(&pair);
}

static void test_a_name_and_addresses(void **state)
{
	struct tls_pair name = made("reports.example.org"), four = made("192.0.2.7"),
			six = made("2001:db8::7");
	X509 *by_name = certificate_of(&name), *by_four = certificate_of(&four),
	     *by_six = certificate_of(&six);

	(void)state;
	assert_int_equal(X509_check_host(by_name, "reports.example.org", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(by_name, "example.org", 0, 0, NULL), 0);
	assert_int_equal(X509_check_ip_asc(by_four, "192.0.2.7", 0), 1);
	assert_int_equal(X509_check_ip_asc(by_six, "2001:db8::7", 0), 1);
	X509_free(by_name);
	X509_free(by_four);
	X509_free(by_six);
	tls_pair_free(&name);
	tls_pair_free(&four);
	tls_pair_free(&six);
}

/* Nothing but the host's name is in the subject, and no minute in the dates. */
static void test_it_tells_nothing(void **state)
{
	struct tls_pair pair = made("reports.example.org"), other = made("reports.example.org");
	X509 *certificate = certificate_of(&pair), *another = certificate_of(&other);
	char subject[256];
	struct tm from;

	(void)state;
	assert_non_null(X509_NAME_oneline(X509_get_subject_name(certificate), subject, sizeof subject));
	assert_string_equal(subject, "/CN=reports.example.org");
	assert_int_equal(
		X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)), 0);
	assert_int_equal(ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &from), 1);
	assert_int_equal(from.tm_hour + from.tm_min + from.tm_sec, 0);
	assert_int_not_equal(
		ASN1_INTEGER_cmp(X509_get0_serialNumber(certificate), X509_get0_serialNumber(another)), 0);
	assert_memory_not_equal(pair.pin, other.pin, SHA256_BYTES);
	X509_free(certificate);
	X509_free(another);
	tls_pair_free(&pair);
	tls_pair_free(&other);
}

static void test_a_name_too_long_for_a_common_name(void **state)
{
	static const char host[] =
		"a-label-of-forty-characters-more-or-less.another-label-of-forty-characters.example.org";
	struct tls_pair pair = made(host);
	X509 *certificate = certificate_of(&pair);

	(void)state;
	assert_int_equal(X509_check_host(certificate, host, 0, 0, NULL), 1);
	assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(certificate)), 0);
	X509_free(certificate);
	tls_pair_free(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_key_fits_the_certificate_and_the_pin),
		cmocka_unit_test(test_a_name_and_addresses),
		cmocka_unit_test(test_it_tells_nothing),
		cmocka_unit_test(test_a_name_too_long_for_a_common_name),
	};

	if (proto_init() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
