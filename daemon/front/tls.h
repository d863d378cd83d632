/* TLS 1.3 on a socket, and the only view of a connection that the rest of front has: no SSL, no socket.
 *
 * tls.c and wire.c are the only files of front that know OpenSSL. SSL reads and writes the socket itself: a
 * report comes in with a third fewer system calls and copies than through libevent's buffers, and an idle
 * connection has none. A connection on which TLS can't be set up is closed; there is no way to plain text.
 * All callbacks come from the event loop, never from inside a wire_ call, so that a caller may go on using
 * its wire until it closes it. */
#ifndef FRONT_TLS_H
#define FRONT_TLS_H

#include "proto/base.h"

struct event_base;
struct tls;
struct wire;

struct wire_ops {
	void (*on_secure)(void *owner);  /* the handshake is done */
	void (*on_bytes)(void *owner);   /* wire_input has something, or something more */
	void (*on_drained)(void *owner); /* all that was written is in the kernel's hands */
	void (*on_closed)(void *owner);  /* the peer is gone or broke TLS; the wire must still be closed */
};

/* key and certificate are PEM: one private key; the server's certificate, then its chain. Loads and tries
 * whatever OpenSSL loads late, so that nothing needs a file after the lock-in. The caller wipes the key's
 * bytes. */
MUST_USE int tls_new(const void *key, size_t key_len, const void *certificate, size_t certificate_len,
	struct tls **ret_tls, struct fault *fault);
void tls_free(struct tls *tls);

struct wire_options {
	struct event_base *base;
	const struct wire_ops *ops;
	void *owner;
};

/* Owns fd from now on, also where it fails (NULL). Reading is on. */
MUST_USE struct wire *wire_new(struct tls *tls, int fd, const struct wire_options *options);

/* Tells the peer (close_notify, as far as the kernel takes it at once) and closes. NULL-safe. */
void wire_close(struct wire *wire);

/* Tells the peer that nothing more will come; reading goes on: for a peer that is still sending. */
void wire_finish(struct wire *wire);

/* Once all that was written is gone (on_drained) the wire will be closed, and nothing is written any more. It
 * must be closed then: the kernel may hold the last bytes back until it is. */
void wire_last(struct wire *wire);

/* The first contiguous decrypted bytes that wait; the total is wire_waiting. */
size_t wire_input(struct wire *wire, const uint8_t **ret_data);
size_t wire_waiting(const struct wire *wire);
void wire_take(struct wire *wire, size_t len);

/* Stops and resumes reading from the peer; what is there already stays. */
void wire_read(struct wire *wire, bool on);

/* Copied, or referred to: data then must live as long as the front. 0, or -1 where memory is short. */
MUST_USE int wire_write(struct wire *wire, const void *data, size_t len);
MUST_USE int wire_write_static(struct wire *wire, const void *data, size_t len);

#endif
