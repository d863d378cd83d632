/* Where a server is: `https://HOST[:PORT]/BASE`. HOST is a lower-case host name (an onion name too), an IPv4
 * address or an IPv6 address in brackets, each in its one canonical form; port 443 is never written. BASE is
 * 22 characters of base64url. */
#ifndef PROTO_URL_H
#define PROTO_URL_H

#include "proto/base.h"
#include "proto/buffer.h"

#define HOST_SIZE       254
#define BASE_CHARS      22
#define BASE_BYTES      16
#define BASE_SIZE       (BASE_CHARS + 1)
#define AUTHORITY_SIZE  (HOST_SIZE + 2 + 6)
#define SERVER_URL_SIZE (8 + AUTHORITY_SIZE + 1 + BASE_SIZE)
#define PORT_DEFAULT    443

struct server_url {
	char host[HOST_SIZE]; /* an IPv6 address without its brackets */
	uint16_t port;
	char base[BASE_SIZE]; /* "" where the caller asked for an address without one */
};

MUST_USE int server_url_parse(const char *text, size_t len, struct server_url *ret_url, struct fault *fault);

/* `https://HOST[:PORT]` as a person types it: `:443` and one `/` at the end are taken too. */
MUST_USE int server_url_parse_address(
	const char *text, size_t len, struct server_url *ret_url, struct fault *fault);

/* `HOST[:PORT]`, then a `/` and BASE: what an invitation carries. */
MUST_USE int server_place_parse(
	const char *text, size_t len, struct server_url *ret_url, struct fault *fault);

/* `https://HOST[:PORT]/BASE`, and the same without the scheme. */
void server_url_format(const struct server_url *url, char ret_text[SERVER_URL_SIZE]);
void server_place_format(const struct server_url *url, char ret_text[SERVER_URL_SIZE]);

/* What the Host field and RFC 9421's @authority hold: `HOST[:PORT]`, 443 left out. */
void server_url_authority(const struct server_url *url, char ret_text[AUTHORITY_SIZE]);

bool server_url_is_onion(const struct server_url *url);

/* BASE: 22 characters of canonical base64url. */
MUST_USE int server_base_of(const char *text, size_t len, char ret_base[BASE_SIZE]);

#endif
