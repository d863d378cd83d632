/* names to addresses, by libevent's resolver */
#include "resolver.h"

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/util.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ADDRESSES_MAX 16 /* that are tried one after the other */
#define TEXT_MAX      (ADDRESSES_MAX * (INET6_ADDRSTRLEN + 3))

struct resolver {
	struct evdns_base *dns;
};

struct look_up {
	resolver_found *found;
	void *context;
};

struct resolver *resolver_new(struct event_base *base)
{
	struct resolver *resolver = calloc(1, sizeof *resolver);
	if (resolver == NULL || evutil_secure_rng_init() != 0) {
		free(resolver);
		return NULL;
	}
	/* Without name servers it still knows the hosts file; whoever has only a proxy needs neither. */
	resolver->dns = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (resolver->dns == NULL) {
		free(resolver);
		return NULL;
	}
	(void)evdns_base_resolv_conf_parse(resolver->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
	return resolver;
}

void resolver_free(struct resolver *resolver)
{
	if (resolver == NULL)
		return;
	evdns_base_free(resolver->dns, 0);
	free(resolver);
}

static void put_address(struct buffer *out, const struct sockaddr *address)
{
	char text[INET6_ADDRSTRLEN];
	const bool is_six = address->sa_family == AF_INET6;
	const void *bytes =
		is_six ? (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr
		       : (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
	if ((!is_six && address->sa_family != AF_INET) ||
		inet_ntop(address->sa_family, bytes, text, sizeof text) == NULL)
		return;
	buffer_put_format(out, is_six ? "%s[%s]" : "%s%s", out->len > 0 ? "," : "", text);
}

static void on_addresses(int result, struct evutil_addrinfo *addresses, void *context)
{
	struct look_up *look_up = context;
	struct buffer text = buffer_of(TEXT_MAX);
	size_t count = 0;
	for (const struct evutil_addrinfo *at = addresses; at != NULL && count < ADDRESSES_MAX;
		at = at->ai_next, count++)
		put_address(&text, at->ai_addr);
	look_up->found(look_up->context, result == 0 && text.len > 0 ? buffer_text(&text) : NULL);
	if (addresses != NULL)
		evutil_freeaddrinfo(addresses);
	buffer_free(&text);
	free(look_up);
}

static bool is_address(const char *host)
{
	struct in6_addr address;
	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

void resolver_look_up(struct resolver *resolver, const char *host, resolver_found *found, void *context)
{
	const struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP
	};
	if (is_address(host)) {
		found(context, host);
		return;
	}
	struct look_up *look_up = malloc(sizeof *look_up);
	if (look_up == NULL) {
		found(context, NULL);
		return;
	}
	*look_up = (struct look_up){ .found = found, .context = context };
	(void)evdns_getaddrinfo(resolver->dns, host, NULL, &hints, on_addresses, look_up);
}
