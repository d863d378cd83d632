#include "proto/roster.h"
#include "proto/url.h"

#include <string.h>

/* Looking things up in a roster. */

const struct roster_desk *roster_desk(const struct roster *roster, const char *name)
{
	for (size_t i = 0; i < roster->desk_count; i++) {
		if (strcmp(roster->desks[i].name, name) == 0)
			return &roster->desks[i];
	}
	return NULL;
}

const struct roster_partner *roster_partner(const struct roster *roster, const char *name)
{
	for (size_t i = 0; i < roster->partner_count; i++) {
		if (strcmp(roster->partners[i].name, name) == 0)
			return &roster->partners[i];
	}
	return NULL;
}

const struct roster_officer *roster_officer(const struct roster *roster, const char *name)
{
	for (size_t i = 0; i < roster->officer_count; i++) {
		if (strcmp(roster->officers[i].name, name) == 0)
			return &roster->officers[i];
	}
	return NULL;
}

const struct roster_officer *roster_officer_by_key(
	const struct roster *roster, const uint8_t public_key[ED25519_PUBLIC_BYTES])
{
	for (size_t i = 0; i < roster->officer_count; i++) {
		if (bytes_equal(roster->officers[i].public_key, public_key, ED25519_PUBLIC_BYTES))
			return &roster->officers[i];
	}
	return NULL;
}

const struct roster_admin *roster_admin(const struct roster *roster, const char *name)
{
	for (size_t i = 0; i < roster->admin_count; i++) {
		if (strcmp(roster->admins[i].name, name) == 0)
			return &roster->admins[i];
	}
	return NULL;
}

const struct roster_admin *roster_admin_by_key(
	const struct roster *roster, const uint8_t public_key[ED25519_PUBLIC_BYTES])
{
	for (size_t i = 0; i < roster->admin_count; i++) {
		if (bytes_equal(roster->admins[i].public_key, public_key, ED25519_PUBLIC_BYTES))
			return &roster->admins[i];
	}
	return NULL;
}

bool officer_serves(const struct roster_officer *officer, const char *desk)
{
	for (size_t i = 0; i < officer->desk_count; i++) {
		if (strcmp(officer->desks[i], desk) == 0)
			return true;
	}
	return false;
}

bool roster_serves(const struct roster *roster, const char *authority)
{
	char ours[AUTHORITY_SIZE];
	struct server_url url;
	struct fault fault;

	for (size_t i = 0; i < roster->server_count; i++) {
		const char *text = roster->servers[i].url;

		if (server_url_parse(text, strlen(text), &url, &fault) != 0)
			continue;
		server_url_authority(&url, ours);
		if (strcmp(ours, authority) == 0)
			return true;
	}
	return false;
}

uint32_t desk_ack_minutes(const struct roster_desk *desk, enum urgency urgency)
{
	return desk->ack_minutes[urgency_timer(urgency)];
}
