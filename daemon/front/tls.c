#include "tls_internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>

static int load_pair(SSL_CTX *context, BIO *key_bytes, BIO *certificate_bytes, struct fault *fault)
{
	int rc = -1;
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	if ((key = PEM_read_bio_PrivateKey(key_bytes, NULL, NULL, NULL)) == NULL) {
		rc = fault_set(fault, "the TLS key is not a PEM private key: restore it or make a new one");
		goto cleanup;
	}
	if ((certificate = PEM_read_bio_X509(certificate_bytes, NULL, NULL, NULL)) == NULL) {
		rc = fault_set(fault, "the TLS certificate is not PEM: restore it or make a new one");
		goto cleanup;
	}
	if (SSL_CTX_use_certificate(context, certificate) != 1 || SSL_CTX_use_PrivateKey(context, key) != 1 ||
		SSL_CTX_check_private_key(context) != 1) {
		rc = fault_set(fault, "the TLS key and certificate do not belong together: restore both");
		goto cleanup;
	}
	for (;;) {
		X509 *above = PEM_read_bio_X509(certificate_bytes, NULL, NULL, NULL);
		if (above == NULL)
			break;
		if (SSL_CTX_add0_chain_cert(context, above) != 1) {
			X509_free(above);
			rc = fault_set(fault, "the TLS certificate's chain can't be used: check the file");
			goto cleanup;
		}
	}
	ERR_clear_error(); /* the end of the file is where the chain ends */
	rc = 0;
cleanup:
	X509_free(certificate);
	EVP_PKEY_free(key);
	return rc;
}

/* The suite that every TLS 1.3 program has comes first, as on most web servers: SHA-256 is in the processor,
 * and costs a handshake a tenth less than SHA-384. The second list is for a TLS that isn't spoken here:
 * short, because OpenSSL copies it for each connection. */
static int choose_suites(SSL_CTX *context)
{
	return SSL_CTX_set_ciphersuites(context,
		       "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384") == 1 &&
			       SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-GCM-SHA256") == 1
		       ? 0
		       : -1;
}

static int harden(SSL_CTX *context)
{
	char with_ml_kem[] = "X25519MLKEM768:X25519"; /* not const: OpenSSL's macro casts it away */
	char classic[] = "X25519";
	SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					     SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* A read that found a record without content comes back: a peer who sends nothing else, without end,
	 * has her turn like all others. */
	SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
	/* As much of a record, and of the next, as one read gives. */
	SSL_CTX_set_read_ahead(context, 1);
	SSL_CTX_set_default_read_buffer_len(context, WIRE_INPUT_MAX);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
		SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1 || choose_suites(context) != 0 ||
		SSL_CTX_set_num_tickets(context, 0) != 1 || SSL_CTX_set_max_early_data(context, 0) != 1)
		return -1;
	/* OpenSSL before 3.5 doesn't know the first. */
	if (SSL_CTX_set1_groups_list(context, with_ml_kem) == 1)
		return 0;
	ERR_clear_error();
	return SSL_CTX_set1_groups_list(context, classic) == 1 ? 0 : -1;
}

/* A handshake with ourselves in memory: OpenSSL fetches algorithms and reads its random seed at first use. */
static int rehearse(SSL_CTX *context)
{
	int rc = -1;
	SSL *server = NULL;
	SSL *client = NULL;
	BIO *server_end = NULL;
	BIO *client_end = NULL;
	SSL_CTX *peer = SSL_CTX_new(TLS_client_method());
	if (peer == NULL || harden(peer) != 0 || (server = SSL_new(context)) == NULL ||
		(client = SSL_new(peer)) == NULL || BIO_new_bio_pair(&server_end, 0, &client_end, 0) != 1)
		goto cleanup;
	SSL_set_bio(server, server_end, server_end);
	SSL_set_bio(client, client_end, client_end);
	SSL_set_accept_state(server);
	SSL_set_connect_state(client);
	for (int flights = 0; flights < 8 && rc != 0; flights++) {
		int client_done = SSL_do_handshake(client);
		int server_done = SSL_do_handshake(server);
		rc = client_done == 1 && server_done == 1 ? 0 : -1;
	}
cleanup:
	SSL_free(client);
	SSL_free(server);
	SSL_CTX_free(peer);
	ERR_clear_error();
	return rc;
}

int tls_new(const void *key, size_t key_len, const void *certificate, size_t certificate_len,
	struct tls **ret_tls, struct fault *fault)
{
	int rc = -1;
	BIO *key_bytes = NULL;
	BIO *certificate_bytes = NULL;
	struct tls *tls = NULL;
	if (key_len > INT32_MAX || certificate_len > INT32_MAX)
		return fault_set(fault, "the TLS key is too long: restore it");
	/* The system's openssl.cnf is for others: what is allowed stands in harden(). */
	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_LOAD_SSL_STRINGS, NULL) != 1 ||
		(tls = calloc(1, sizeof *tls)) == NULL || (tls->input = malloc(WIRE_INPUT_MAX)) == NULL ||
		(tls->context = SSL_CTX_new(TLS_server_method())) == NULL ||
		(key_bytes = BIO_new_mem_buf(key, (int)key_len)) == NULL ||
		(certificate_bytes = BIO_new_mem_buf(certificate, (int)certificate_len)) == NULL ||
		harden(tls->context) != 0) {
		rc = fault_set(fault, "OpenSSL can't be started: check that it is version 3 or later");
		goto cleanup;
	}
	if (load_pair(tls->context, key_bytes, certificate_bytes, fault) != 0)
		goto cleanup;
	if (rehearse(tls->context) != 0) {
		rc = fault_set(fault, "no TLS 1.3 handshake is possible with this key: use ECDSA P-256");
		goto cleanup;
	}
	*ret_tls = tls;
	tls = NULL;
	rc = 0;
cleanup:
	BIO_free(certificate_bytes);
	BIO_free(key_bytes);
	tls_free(tls);
	ERR_clear_error();
	return rc;
}

void tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->context);
	free(tls->input);
	free(tls);
}
