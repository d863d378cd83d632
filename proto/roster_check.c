#include "proto/encode.h"
#include "proto/roster.h"
#include "proto/text.h"
#include "proto/time.h"
#include "proto/url.h"

#include <sodium.h>
#include <string.h>

/* What must hold over a whole roster, parsed or drafted. */

#define DAY_SECONDS        86400
#define ACK_MINUTES_MAX    (366 * 24 * 60) /* a clock longer than a year is a slip of the hand */
#define RETENTION_DAYS_MAX 36525
#define TIER_MAX           9
#define TOKEN_EPOCH_MAX    UINT32_MAX

static bool key_is_sound(const uint8_t public_key[ED25519_PUBLIC_BYTES])
{
	return crypto_core_ed25519_is_valid_point(public_key) == 1;
}

static bool name_is_sound(const char *name)
{
	char again[NAME_SIZE];

	return name_of(name, strlen(name), again) == 0;
}

static bool title_is_sound(const char *title)
{
	return text_is_title(title, strlen(title), ROSTER_TEXT_MAX);
}

static bool url_is_sound(const char *text)
{
	struct server_url url;
	struct fault unused;

	return server_url_parse(text, strlen(text), &url, &unused) == 0;
}

/* Desks, officers and admins share one space of names. */
static size_t uses_of_name(const struct roster *roster, const char *name)
{
	size_t uses = 0;

	for (size_t i = 0; i < roster->admin_count; i++)
		uses += strcmp(roster->admins[i].name, name) == 0;
	for (size_t i = 0; i < roster->desk_count; i++)
		uses += strcmp(roster->desks[i].name, name) == 0;
	for (size_t i = 0; i < roster->officer_count; i++)
		uses += strcmp(roster->officers[i].name, name) == 0;
	return uses;
}

static int check_head(const struct roster *roster, struct fault *fault)
{
	bool first = roster->version == 1;

	if (!title_is_sound(roster->organisation))
		return fault_set(fault,
			"the organisation's name must be 1 to %d bytes of text on one line, "
			"without spaces around it",
			ROSTER_TEXT_MAX);
	if (roster->version == 0)
		return fault_set(fault, "the roster's version must be at least 1");
	if (first != (sodium_is_zero(roster->previous, sizeof(roster->previous)) == 1))
		return fault_set(
			fault, "the roster's `previous` must be 64 zeros for version 1 and only then");
	if (roster->issued < 0 || roster->expires > TIME_LATEST || roster->expires <= roster->issued)
		return fault_set(fault, "the roster must expire after it was issued");
	if (roster->expires - roster->issued > (int64_t)ROSTER_LIFE_MAX_DAYS * DAY_SECONDS)
		return fault_set(fault, "the roster lives longer than %d days", ROSTER_LIFE_MAX_DAYS);
	if (roster->threshold < 1 || roster->threshold > roster->admin_count)
		return fault_set(fault, "the threshold must lie between 1 and the number of admins");
	if (!key_is_sound(roster->receipt_key))
		return fault_set(fault, "the receipt key is not an Ed25519 public key");
	return 0;
}

static int check_admins(const struct roster *roster, struct fault *fault)
{
	if (roster->admin_count == 0 || roster->admin_count > ROSTER_ADMINS_MAX)
		return fault_set(fault, "the roster must name 1 to %d admins", ROSTER_ADMINS_MAX);
	for (size_t i = 0; i < roster->admin_count; i++) {
		const struct roster_admin *admin = &roster->admins[i];

		if (!name_is_sound(admin->name) || uses_of_name(roster, admin->name) != 1)
			return fault_set(
				fault, "admin %zu: the name is malformed or used twice in the roster", i + 1);
		if (!key_is_sound(admin->public_key))
			return fault_set(fault, "admin %zu: not an Ed25519 public key", i + 1);
		if (roster_admin_by_key(roster, admin->public_key) != admin)
			return fault_set(fault, "admin %zu: another admin has this key", i + 1);
	}
	return 0;
}

static int check_servers(const struct roster *roster, struct fault *fault)
{
	if (roster->server_count == 0 || roster->server_count > ROSTER_SERVERS_MAX)
		return fault_set(fault, "the roster must name 1 to %d servers", ROSTER_SERVERS_MAX);
	for (size_t i = 0; i < roster->server_count; i++) {
		const struct roster_server *server = &roster->servers[i];

		if (!url_is_sound(server->url))
			return fault_set(
				fault, "server %zu: the address must be https://HOST[:PORT]/BASE", i + 1);
		if (server->has_next_pin && bytes_equal(server->pin, server->next_pin, SHA256_BYTES))
			return fault_set(fault, "server %zu: the next pin is the same as the pin", i + 1);
		for (size_t before = 0; before < i; before++) {
			if (strcmp(server->url, roster->servers[before].url) == 0)
				return fault_set(fault, "server %zu: the address is named twice", i + 1);
		}
	}
	return 0;
}

static int check_token_keys(const struct roster *roster, struct fault *fault)
{
	if (roster->token_key_count > ROSTER_KEYS_MAX)
		return fault_set(fault, "the roster has more than %d token keys", ROSTER_KEYS_MAX);
	for (size_t i = 0; i < roster->token_key_count; i++) {
		const struct roster_token_key *key = &roster->token_keys[i];

		if (key->epoch > TOKEN_EPOCH_MAX || (i > 0 && key->epoch <= key[-1].epoch))
			return fault_set(fault, "token key %zu: the epochs must rise", i + 1);
		if (crypto_core_ristretto255_is_valid_point(key->public_key) != 1 ||
			sodium_is_zero(key->public_key, sizeof(key->public_key)) == 1)
			return fault_set(fault, "token key %zu: not a ristretto255 public key", i + 1);
		if (key->not_before < 0 || key->not_after > TIME_LATEST || key->not_after <= key->not_before)
			return fault_set(fault, "token key %zu: it must end after it begins", i + 1);
	}
	return 0;
}

static int check_desks(const struct roster *roster, struct fault *fault)
{
	if (roster->desk_count > ROSTER_DESKS_MAX)
		return fault_set(fault, "the roster has more than %d desks", ROSTER_DESKS_MAX);
	for (size_t i = 0; i < roster->desk_count; i++) {
		const struct roster_desk *desk = &roster->desks[i];

		if (!name_is_sound(desk->name) || uses_of_name(roster, desk->name) != 1)
			return fault_set(
				fault, "desk %zu: the name is malformed or used twice in the roster", i + 1);
		for (size_t timer = 0; timer < URGENCY_TIMERS; timer++) {
			if (desk->ack_minutes[timer] < 1 || desk->ack_minutes[timer] > ACK_MINUTES_MAX)
				return fault_set(fault, "desk %zu: acknowledge within 1 to %d minutes", i + 1,
					ACK_MINUTES_MAX);
		}
		if (desk->retention_days < 1 || desk->retention_days > RETENTION_DAYS_MAX)
			return fault_set(
				fault, "desk %zu: keep reports for 1 to %d days", i + 1, RETENTION_DAYS_MAX);
		if (!title_is_sound(desk->title))
			return fault_set(fault,
				"desk %zu: the title must be 1 to %d bytes of text on one line", i + 1,
				ROSTER_TEXT_MAX);
		if (desk->fallback[0] == '\0')
			continue;
		if (strcmp(desk->fallback, desk->name) == 0 || roster_desk(roster, desk->fallback) == NULL)
			return fault_set(fault, "desk %zu: the fallback must be another desk", i + 1);
	}
	return 0;
}

static int check_partner(const struct roster *roster, size_t place, struct fault *fault)
{
	const struct roster_partner *partner = &roster->partners[place];
	uint8_t fingerprint[FINGERPRINT_BYTES];

	if (!name_is_sound(partner->name))
		return fault_set(fault, "partner %zu: the name is malformed", place + 1);
	/* Consent and `exclude` name desks, officers and partners alike. */
	if (roster_desk(roster, partner->name) != NULL || roster_officer(roster, partner->name) != NULL)
		return fault_set(fault, "partner %zu: a desk or an officer has that name", place + 1);
	for (size_t before = 0; before < place; before++) {
		if (strcmp(partner->name, roster->partners[before].name) == 0)
			return fault_set(fault, "partner %zu: the name is used twice", place + 1);
	}
	if (base64_decode_fixed(BASE64_URL, partner->fingerprint, strlen(partner->fingerprint), fingerprint,
		    sizeof(fingerprint)) != 0)
		return fault_set(fault, "partner %zu: the fingerprint is malformed", place + 1);
	if (!url_is_sound(partner->url))
		return fault_set(
			fault, "partner %zu: the address must be https://HOST[:PORT]/BASE", place + 1);
	if (!title_is_sound(partner->title))
		return fault_set(fault, "partner %zu: the title must be 1 to %d bytes of text on one line",
			place + 1, ROSTER_TEXT_MAX);
	return 0;
}

static int check_archive(const struct roster *roster, size_t place, struct fault *fault)
{
	const struct roster_archive *archive = &roster->archives[place];

	if (roster_desk(roster, archive->desk) == NULL)
		return fault_set(fault, "archive %zu: there is no such desk", place + 1);
	for (size_t before = 0; before < place; before++) {
		const struct roster_archive *other = &roster->archives[before];

		if (strcmp(archive->desk, other->desk) == 0 &&
			bytes_equal(archive->recipient, other->recipient, AGE_RECIPIENT_BYTES))
			return fault_set(fault, "archive %zu: named twice", place + 1);
	}
	return 0;
}

static int check_officer(const struct roster *roster, size_t place, struct fault *fault)
{
	const struct roster_officer *officer = &roster->officers[place];

	if (!name_is_sound(officer->name) || uses_of_name(roster, officer->name) != 1)
		return fault_set(
			fault, "officer %zu: the name is malformed or used twice in the roster", place + 1);
	if (officer->desk_count < 1 || officer->desk_count > OFFICER_DESKS_MAX)
		return fault_set(
			fault, "officer %zu: she must serve 1 to %d desks", place + 1, OFFICER_DESKS_MAX);
	for (size_t i = 0; i < officer->desk_count; i++) {
		if (roster_desk(roster, officer->desks[i]) == NULL)
			return fault_set(fault, "officer %zu: there is no such desk", place + 1);
		for (size_t before = 0; before < i; before++) {
			if (strcmp(officer->desks[i], officer->desks[before]) == 0)
				return fault_set(fault, "officer %zu: a desk is named twice", place + 1);
		}
	}
	if (officer->tier < 1 || officer->tier > TIER_MAX)
		return fault_set(fault, "officer %zu: the tier must be 1 to %d", place + 1, TIER_MAX);
	if (!key_is_sound(officer->public_key))
		return fault_set(fault, "officer %zu: not an Ed25519 public key", place + 1);
	if (roster_officer_by_key(roster, officer->public_key) != officer)
		return fault_set(fault, "officer %zu: another officer has this key", place + 1);
	if (!title_is_sound(officer->title))
		return fault_set(fault, "officer %zu: the title must be 1 to %d bytes of text on one line",
			place + 1, ROSTER_TEXT_MAX);
	return 0;
}

int roster_check(const struct roster *roster, struct fault *fault)
{
	if (roster->partner_count > ROSTER_PARTNERS_MAX || roster->archive_count > ROSTER_ARCHIVES_MAX ||
		roster->officer_count > ROSTER_OFFICERS_MAX)
		return fault_set(fault, "the roster has too many partners, archives or officers");
	if (check_admins(roster, fault) != 0 || check_head(roster, fault) != 0 ||
		check_servers(roster, fault) != 0 || check_token_keys(roster, fault) != 0 ||
		check_desks(roster, fault) != 0)
		return -1;
	for (size_t i = 0; i < roster->partner_count; i++) {
		if (check_partner(roster, i, fault) != 0)
			return -1;
	}
	for (size_t i = 0; i < roster->archive_count; i++) {
		if (check_archive(roster, i, fault) != 0)
			return -1;
	}
	for (size_t i = 0; i < roster->officer_count; i++) {
		if (check_officer(roster, i, fault) != 0)
			return -1;
	}
	return 0;
}
