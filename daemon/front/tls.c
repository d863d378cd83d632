#include "tls.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What may lie encrypted in front of the socket: the rest waits where it costs nothing more. */
#define ENCRYPTED_MAX (64 * 1024)

/* libevent keeps room for the next bytes with each connection, rounded up to a power of two with its own 48
 * bytes. */
#define READ_AHEAD (4096 - 48)

struct tls {
	SSL_CTX *context;
};

struct wire {
	struct bufferevent *secure; /* the TLS filter */
	struct bufferevent *raw;    /* under it, owned by it */
	const struct wire_ops *ops;
	void *owner;
	bool is_secure;
};

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

static int harden(SSL_CTX *context)
{
	char with_ml_kem[] = "X25519MLKEM768:X25519"; /* not const: OpenSSL's macro casts it away */
	char classic[] = "X25519";
	SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					     SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
		SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1 ||
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
		(tls = calloc(1, sizeof *tls)) == NULL ||
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
	free(tls);
}

/* Gives back what the handshake left behind: taking the last byte frees the buffer's empty chains too. */
static void trim(struct wire *wire)
{
	struct evbuffer *input = bufferevent_get_input(wire->secure);
	if (evbuffer_get_length(input) == 0 && evbuffer_add(input, "", 1) == 0)
		evbuffer_drain(input, 1);
}

static void set_secure(struct wire *wire)
{
	if (wire->is_secure)
		return;
	wire->is_secure = true;
	trim(wire);
	wire->ops->on_secure(wire->owner);
}

static void on_read(struct bufferevent *secure, void *context)
{
	struct wire *wire = context;
	(void)secure;
	if (wire->is_secure && wire_waiting(wire) > 0)
		wire->ops->on_bytes(wire->owner);
}

static void on_write(struct bufferevent *secure, void *context)
{
	struct wire *wire = context;
	if (wire->is_secure && evbuffer_get_length(bufferevent_get_output(secure)) == 0 &&
		evbuffer_get_length(bufferevent_get_output(wire->raw)) == 0)
		wire->ops->on_drained(wire->owner);
}

static void on_event(struct bufferevent *secure, short what, void *context)
{
	struct wire *wire = context;
	(void)secure;
	if (what & BEV_EVENT_CONNECTED) {
		set_secure(wire);
	} else if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
		ERR_clear_error();
		wire->ops->on_closed(wire->owner);
	}
}

/* The filter tells when it has handed bytes down, not when they are gone: that is seen here. */
static void on_raw_output(struct evbuffer *output, const struct evbuffer_cb_info *info, void *context)
{
	struct wire *wire = context;
	if (info->n_deleted > 0 && wire->is_secure && evbuffer_get_length(output) == 0 &&
		evbuffer_get_length(bufferevent_get_output(wire->secure)) == 0)
		bufferevent_trigger(
			wire->secure, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS | BEV_TRIG_IGNORE_WATERMARKS);
}

struct wire *wire_new(struct tls *tls, int fd, const struct wire_options *options)
{
	SSL *ssl = NULL;
	struct wire *wire = calloc(1, sizeof *wire);
	struct bufferevent *raw = bufferevent_socket_new(options->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (raw == NULL)
		close(fd);
	if (wire == NULL || raw == NULL || (ssl = SSL_new(tls->context)) == NULL)
		goto fail;
	/* On failure the filter frees ssl, as it does when it is freed; raw is freed with it only when it
	 * exists. */
	wire->secure = bufferevent_openssl_filter_new(options->base, raw, ssl, BUFFEREVENT_SSL_ACCEPTING,
		BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (wire->secure == NULL)
		goto fail;
	wire->raw = raw;
	wire->ops = options->ops;
	wire->owner = options->owner;
	raw = NULL;
	if (evbuffer_add_cb(bufferevent_get_output(wire->raw), on_raw_output, wire) == NULL)
		goto fail;
	bufferevent_setwatermark(wire->raw, EV_WRITE, 0, ENCRYPTED_MAX);
	bufferevent_set_max_single_read(wire->secure, READ_AHEAD);
	bufferevent_setcb(wire->secure, on_read, on_write, on_event, wire);
	if (bufferevent_enable(wire->secure, EV_READ | EV_WRITE) != 0)
		goto fail;
	return wire;
fail:
	if (wire != NULL && wire->secure != NULL)
		bufferevent_free(wire->secure);
	if (raw != NULL)
		bufferevent_free(raw);
	free(wire);
	ERR_clear_error();
	return NULL;
}

/* Whatever is encrypted, to the kernel at once; what it doesn't take stays. */
static void flush(struct wire *wire)
{
	struct evbuffer *output = bufferevent_get_output(wire->raw);
	if (evbuffer_get_length(output) == 0)
		return;
	/* A bufferevent keeps the front of its output frozen against everybody but itself. */
	evbuffer_unfreeze(output, 1);
	if (evbuffer_write(output, bufferevent_getfd(wire->raw)) < 0)
		errno = 0; /* the connection ends all the same */
	evbuffer_freeze(output, 1);
}

static void say_goodbye(struct wire *wire)
{
	evbuffer_remove_cb(bufferevent_get_output(wire->raw), on_raw_output, wire);
	if (wire->is_secure && evbuffer_get_length(bufferevent_get_output(wire->secure)) == 0)
		SSL_shutdown(bufferevent_openssl_get_ssl(wire->secure));
	ERR_clear_error();
	flush(wire);
}

void wire_close(struct wire *wire)
{
	if (wire == NULL)
		return;
	say_goodbye(wire);
	bufferevent_free(wire->secure);
	free(wire);
}

void wire_finish(struct wire *wire)
{
	say_goodbye(wire);
	if (evbuffer_get_length(bufferevent_get_output(wire->raw)) == 0)
		shutdown(bufferevent_getfd(wire->raw), SHUT_WR);
}

size_t wire_input(struct wire *wire, const uint8_t **ret_data)
{
	struct evbuffer_iovec first;
	if (evbuffer_peek(bufferevent_get_input(wire->secure), -1, NULL, &first, 1) < 1)
		return 0;
	*ret_data = first.iov_base;
	return first.iov_len;
}

size_t wire_waiting(const struct wire *wire)
{
	return evbuffer_get_length(bufferevent_get_input(wire->secure));
}

void wire_take(struct wire *wire, size_t len)
{
	evbuffer_drain(bufferevent_get_input(wire->secure), len);
}

void wire_read(struct wire *wire, bool on)
{
	if (on)
		bufferevent_enable(wire->secure, EV_READ);
	else
		bufferevent_disable(wire->secure, EV_READ);
}

int wire_write(struct wire *wire, const void *data, size_t len)
{
	return evbuffer_add(bufferevent_get_output(wire->secure), data, len);
}

int wire_write_static(struct wire *wire, const void *data, size_t len)
{
	return evbuffer_add_reference(bufferevent_get_output(wire->secure), data, len, NULL, NULL);
}
