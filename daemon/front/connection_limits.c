#include "connection_limits.h"

#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS          1024 /* a power of two */
#define GROUP_NAME_BYTES (1 + LIMITS_IPV6_PREFIX_BYTES)
#define MS_PER_SECOND    1000

struct limits_group {
	struct limits_group *next;
	uint64_t hash;
	uint64_t connections;
	uint64_t tokens; /* thousandths of a new connection */
	int64_t counted_ms;
};

struct limits {
	struct limits_options options;
	uint64_t connections;
	size_t groups;
	uint8_t key[crypto_shorthash_KEYBYTES];
	struct limits_group *bucket[BUCKETS];
};

struct limits *limits_new(const struct limits_options *options)
{
	struct limits *limits = calloc(1, sizeof *limits);
	if (limits == NULL)
		return NULL;
	limits->options = *options;
	crypto_shorthash_keygen(limits->key);
	return limits;
}

void limits_free(struct limits *limits)
{
	if (limits == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (limits->bucket[i] != NULL) {
			struct limits_group *group = limits->bucket[i];
			limits->bucket[i] = group->next;
			free(group);
		}
	}
	sodium_memzero(limits, sizeof *limits);
	free(limits);
}

bool limits_full(const struct limits *limits)
{
	return limits->connections >= limits->options.total;
}

/* The group's prefix, the same for an IPv4 address and the same address seen through an IPv6 socket. */
static void group_name(
	const struct limits *limits, const struct sockaddr *address, uint8_t ret_name[GROUP_NAME_BYTES])
{
	memset(ret_name, 0, GROUP_NAME_BYTES);
	if (limits->options.one_group)
		return;
	if (address->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, address, sizeof v4);
		ret_name[0] = 4;
		memcpy(ret_name + 1, &v4.sin_addr, LIMITS_IPV4_PREFIX_BYTES);
	} else if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, address, sizeof v6);
		bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
		ret_name[0] = mapped ? 4 : 6;
		if (mapped)
			memcpy(ret_name + 1, v6.sin6_addr.s6_addr + 12, LIMITS_IPV4_PREFIX_BYTES);
		else
			memcpy(ret_name + 1, v6.sin6_addr.s6_addr, LIMITS_IPV6_PREFIX_BYTES);
	}
}

static void refill(const struct limits *limits, struct limits_group *group, int64_t now_ms)
{
	const uint64_t full = limits->options.new_burst * MS_PER_SECOND;
	uint64_t passed = now_ms > group->counted_ms ? (uint64_t)(now_ms - group->counted_ms) : 0;
	group->counted_ms = now_ms;
	/* A connection a second is a thousandth a millisecond. The first test keeps the product small. */
	if (passed >= full || passed * limits->options.new_per_second >= full - group->tokens)
		group->tokens = full;
	else
		group->tokens += passed * limits->options.new_per_second;
}

static struct limits_group *find_group(struct limits *limits, const struct sockaddr *address, int64_t now_ms)
{
	uint8_t name[GROUP_NAME_BYTES];
	uint8_t digest[crypto_shorthash_BYTES];
	uint64_t hash = 0;
	group_name(limits, address, name);
	crypto_shorthash(digest, name, sizeof name, limits->key);
	memcpy(&hash, digest, sizeof hash);
	struct limits_group **bucket = &limits->bucket[hash % BUCKETS];
	for (struct limits_group *group = *bucket; group != NULL; group = group->next)
		if (group->hash == hash)
			return group;
	if (limits->groups >= LIMITS_GROUPS_MAX)
		return NULL;
	struct limits_group *group = calloc(1, sizeof *group);
	if (group == NULL)
		return NULL;
	group->hash = hash;
	group->tokens = limits->options.new_burst * MS_PER_SECOND;
	group->counted_ms = now_ms;
	group->next = *bucket;
	*bucket = group;
	limits->groups++;
	return group;
}

int limits_admit(struct limits *limits, const struct sockaddr *address, int64_t now_ms,
	struct limits_group **ret_group)
{
	if (limits_full(limits))
		return -1;
	struct limits_group *group = find_group(limits, address, now_ms);
	if (group == NULL || group->connections >= limits->options.per_group)
		return -1;
	refill(limits, group, now_ms);
	if (group->tokens < MS_PER_SECOND)
		return -1;
	group->tokens -= MS_PER_SECOND;
	group->connections++;
	limits->connections++;
	*ret_group = group;
	return 0;
}

void limits_release(struct limits *limits, struct limits_group *group)
{
	group->connections--;
	limits->connections--;
}

void limits_sweep(struct limits *limits, int64_t now_ms)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct limits_group **link = &limits->bucket[i];
		while (*link != NULL) {
			struct limits_group *group = *link;
			refill(limits, group, now_ms);
			if (group->connections > 0 ||
				group->tokens < limits->options.new_burst * MS_PER_SECOND) {
				link = &group->next;
				continue;
			}
			*link = group->next;
			free(group);
			limits->groups--;
		}
	}
}

size_t limits_groups(const struct limits *limits)
{
	return limits->groups;
}
