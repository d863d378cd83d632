#include "proto/url.h"

#include "proto/cursor.h"
#include "proto/encode.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define LABEL_MAX 63 /* RFC 1035 2.3.4 */

static bool is_lower(char at)
{
	return at >= 'a' && at <= 'z';
}

static bool is_digit(char at)
{
	return at >= '0' && at <= '9';
}

static bool label_is_well_formed(const char *label, size_t len)
{
	if (len == 0 || len > LABEL_MAX || label[0] == '-' || label[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_lower(label[i]) && !is_digit(label[i]) && label[i] != '-')
			return false;
	}
	return true;
}

/* A name whose last label is a number would be read as an IPv4 address by some, so it must be one. */
static bool host_is_well_formed(const char *host)
{
	struct reader reader = reader_of(host, strlen(host));
	struct in_addr address;
	const char *label = NULL;
	size_t len = 0;
	bool numeric = false;

	if (host[0] == '\0' || host[strlen(host) - 1] == '.')
		return false;
	while (reader_field(&reader, '.', &label, &len) == 0) {
		if (!label_is_well_formed(label, len))
			return false;
		numeric = true;
		for (size_t i = 0; i < len; i++)
			numeric = numeric && is_digit(label[i]);
	}
	return !numeric || inet_pton(AF_INET, host, &address) == 1;
}

static bool ipv6_is_canonical(const char *host)
{
	struct in6_addr address;
	char again[INET6_ADDRSTRLEN];

	return inet_pton(AF_INET6, host, &address) == 1 &&
	       inet_ntop(AF_INET6, &address, again, sizeof(again)) != NULL && strcmp(host, again) == 0;
}

static int take_host(struct reader *reader, char ret_host[HOST_SIZE])
{
	bool bracketed = reader_literal(reader, "[") == 0;
	size_t len = 0;

	while (len < reader->left && reader->at[len] != '/' && reader->at[len] != (bracketed ? ']' : ':'))
		len++;
	if (len >= HOST_SIZE || memchr(reader->at, '\0', len) != NULL ||
		reader_fixed(reader, ret_host, len) != 0)
		return -1;
	ret_host[len] = '\0';
	if (!bracketed)
		return host_is_well_formed(ret_host) ? 0 : -1;
	return reader_literal(reader, "]") == 0 && ipv6_is_canonical(ret_host) ? 0 : -1;
}

static int take_port(struct reader *reader, bool default_may_show, uint16_t *ret_port)
{
	uint64_t port = PORT_DEFAULT;

	if (reader_literal(reader, ":") == 0) {
		if (reader_decimal(reader, &port) != 0 || port == 0 || port > UINT16_MAX)
			return -1;
		if (port == PORT_DEFAULT && !default_may_show)
			return -1;
	}
	*ret_port = (uint16_t)port;
	return 0;
}

int server_base_of(const char *text, size_t len, char ret_base[BASE_SIZE])
{
	uint8_t bytes[BASE_BYTES];

	if (base64_decode_fixed(BASE64_URL, text, len, bytes, sizeof(bytes)) != 0)
		return -1;
	memcpy(ret_base, text, BASE_CHARS);
	ret_base[BASE_CHARS] = '\0';
	return 0;
}

int server_place_parse(const char *text, size_t len, struct server_url *ret_url, struct fault *fault)
{
	struct server_url url = { .port = 0 };
	struct reader reader = reader_of(text, len);

	if (take_host(&reader, url.host) != 0)
		return fault_set(fault,
			"the address has no well-formed host: use a lower-case name, an IPv4 address, or an "
			"IPv6 address in brackets");
	if (take_port(&reader, false, &url.port) != 0)
		return fault_set(fault, "the address has a wrong port: 1 to 65535, and 443 is left out");
	if (reader_literal(&reader, "/") != 0 ||
		server_base_of((const char *)reader.at, reader.left, url.base) != 0)
		return fault_set(fault, "the address has no base path: 22 letters and digits after the host");
	*ret_url = url;
	return 0;
}

int server_url_parse(const char *text, size_t len, struct server_url *ret_url, struct fault *fault)
{
	struct reader reader = reader_of(text, len);

	if (reader_literal(&reader, "https://") != 0)
		return fault_set(fault, "the address does not begin with https://");
	return server_place_parse((const char *)reader.at, reader.left, ret_url, fault);
}

int server_url_parse_address(const char *text, size_t len, struct server_url *ret_url, struct fault *fault)
{
	struct server_url url = { .port = 0 };
	struct reader reader = reader_of(text, len);

	if (reader_literal(&reader, "https://") != 0)
		return fault_set(fault, "the address does not begin with https://");
	if (take_host(&reader, url.host) != 0 || take_port(&reader, true, &url.port) != 0)
		return fault_set(fault,
			"the address is not https://HOST:PORT: HOST is a lower-case name, an IPv4 "
			"address, or an IPv6 address in brackets");
	if ((reader.left > 0 && reader_literal(&reader, "/") != 0) || reader_end(&reader) != 0)
		return fault_set(fault, "the address goes on behind HOST:PORT: leave the path out");
	*ret_url = url;
	return 0;
}

void server_url_authority(const struct server_url *url, char ret_text[AUTHORITY_SIZE])
{
	bool bracketed = strchr(url->host, ':') != NULL;
	char port[8] = "";

	if (url->port != PORT_DEFAULT)
		(void)snprintf(port, sizeof(port), ":%u", url->port);
	(void)snprintf(ret_text, AUTHORITY_SIZE, "%s%s%s%s", bracketed ? "[" : "", url->host,
		bracketed ? "]" : "", port);
}

static void format(const char *scheme, const struct server_url *url, char ret_text[SERVER_URL_SIZE])
{
	char authority[AUTHORITY_SIZE];

	server_url_authority(url, authority);
	(void)snprintf(ret_text, SERVER_URL_SIZE, "%s%s%s%s", scheme, authority,
		url->base[0] == '\0' ? "" : "/", url->base);
}

void server_place_format(const struct server_url *url, char ret_text[SERVER_URL_SIZE])
{
	format("", url, ret_text);
}

void server_url_format(const struct server_url *url, char ret_text[SERVER_URL_SIZE])
{
	format("https://", url, ret_text);
}

bool server_url_is_onion(const struct server_url *url)
{
	size_t len = strlen(url->host);

	return len > 6 && strcmp(url->host + len - 6, ".onion") == 0;
}
