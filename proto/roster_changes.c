#include "proto/roster_changes.h"

#include <string.h>

static void change_head(const struct roster *before, const struct roster *after, struct buffer *out)
{
	if (before == NULL) {
		buffer_put_format(out, translated("organisation: %s\n"), after->organisation);
		buffer_put_format(out,
			translated_count("threshold: %u of %zu admin must sign\n",
				"threshold: %u of %zu admins must sign\n", after->admin_count),
			(unsigned)after->threshold, after->admin_count);
		return;
	}
	if (strcmp(before->organisation, after->organisation) != 0)
		buffer_put_format(out, translated("organisation renamed: %s\n"), after->organisation);
	if (before->threshold != after->threshold)
		buffer_put_format(out, translated("threshold changed from %u to %u\n"),
			(unsigned)before->threshold, (unsigned)after->threshold);
	if (!bytes_equal(before->receipt_key, after->receipt_key, sizeof(before->receipt_key)))
		buffer_put_string(out, translated("receipt key changed\n"));
}

static void change_admins(const struct roster *before, const struct roster *after, struct buffer *out)
{
	for (size_t i = 0; before != NULL && i < before->admin_count; i++) {
		if (roster_admin(after, before->admins[i].name) == NULL)
			buffer_put_format(out, translated("admin removed: %s\n"), before->admins[i].name);
	}
	for (size_t i = 0; i < after->admin_count; i++) {
		const struct roster_admin *now = &after->admins[i];
		const struct roster_admin *then = before == NULL ? NULL : roster_admin(before, now->name);

		if (then == NULL)
			buffer_put_format(out, translated("admin added: %s\n"), now->name);
		else if (!bytes_equal(then->public_key, now->public_key, sizeof(now->public_key)) ||
			 !bytes_equal(then->recipient, now->recipient, sizeof(now->recipient)))
			buffer_put_format(out, translated("admin's keys changed: %s\n"), now->name);
	}
}

static const struct roster_server *server_of(const struct roster *roster, const char *url)
{
	for (size_t i = 0; roster != NULL && i < roster->server_count; i++) {
		if (strcmp(roster->servers[i].url, url) == 0)
			return &roster->servers[i];
	}
	return NULL;
}

/* Only the host is shown: the base path is a secret that has no place on a screen. */
static void put_server(const char *what, const char *url, struct buffer *out)
{
	const char *base = strrchr(url, '/');
	int len = base == NULL ? (int)strlen(url) : (int)(base - url);

	buffer_put_format(out, "%s: %.*s\n", translated(what), len, url);
}

static void change_servers(const struct roster *before, const struct roster *after, struct buffer *out)
{
	for (size_t i = 0; before != NULL && i < before->server_count; i++) {
		if (server_of(after, before->servers[i].url) == NULL)
			put_server("server removed", before->servers[i].url, out);
	}
	for (size_t i = 0; i < after->server_count; i++) {
		const struct roster_server *now = &after->servers[i], *then = server_of(before, now->url);

		if (then == NULL) {
			put_server("server added", now->url, out);
			continue;
		}
		if (!bytes_equal(then->pin, now->pin, sizeof(now->pin)))
			put_server("server key changed", now->url, out);
		if (now->has_next_pin && (!then->has_next_pin || !bytes_equal(then->next_pin, now->next_pin,
									 sizeof(now->next_pin))))
			put_server("server's next key announced", now->url, out);
		if (!now->has_next_pin && then->has_next_pin)
			put_server("server's next key no longer announced", now->url, out);
	}
}

static bool token_key_is_in(const struct roster *roster, const struct roster_token_key *key)
{
	for (size_t i = 0; roster != NULL && i < roster->token_key_count; i++) {
		const struct roster_token_key *other = &roster->token_keys[i];

		if (other->epoch == key->epoch && other->not_before == key->not_before &&
			other->not_after == key->not_after &&
			bytes_equal(other->public_key, key->public_key, sizeof(key->public_key)))
			return true;
	}
	return false;
}

static void change_token_keys(const struct roster *before, const struct roster *after, struct buffer *out)
{
	for (size_t i = 0; before != NULL && i < before->token_key_count; i++) {
		if (!token_key_is_in(after, &before->token_keys[i]))
			buffer_put_format(out, translated("token key removed: epoch %llu\n"),
				(unsigned long long)before->token_keys[i].epoch);
	}
	for (size_t i = 0; i < after->token_key_count; i++) {
		if (!token_key_is_in(before, &after->token_keys[i]))
			buffer_put_format(out, translated("token key added: epoch %llu\n"),
				(unsigned long long)after->token_keys[i].epoch);
	}
}

static void change_desk(const struct roster_desk *then, const struct roster_desk *now, struct buffer *out)
{
	if (strcmp(then->title, now->title) != 0)
		buffer_put_format(out, translated("desk renamed: %s: %s\n"), now->name, now->title);
	if (then->admission != now->admission)
		buffer_put_format(out, translated("desk's admission changed: %s: %s\n"), now->name,
			admission_word(now->admission));
	if (!bytes_equal(then->ack_minutes, now->ack_minutes, sizeof(now->ack_minutes)))
		buffer_put_format(out,
			translated("desk's acknowledge times changed: %s: %u,%u,%u,%u minutes\n"), now->name,
			(unsigned)now->ack_minutes[0], (unsigned)now->ack_minutes[1],
			(unsigned)now->ack_minutes[2], (unsigned)now->ack_minutes[3]);
	if (then->retention_days != now->retention_days)
		buffer_put_format(out,
			translated_count("desk's retention changed: %s: %u day\n",
				"desk's retention changed: %s: %u days\n", now->retention_days),
			now->name, (unsigned)now->retention_days);
	if (strcmp(then->fallback, now->fallback) != 0)
		buffer_put_format(out, translated("desk's fallback changed: %s: %s\n"), now->name,
			now->fallback[0] == '\0' ? translated("none") : now->fallback);
}

static void change_desks(const struct roster *before, const struct roster *after, struct buffer *out)
{
	for (size_t i = 0; before != NULL && i < before->desk_count; i++) {
		if (roster_desk(after, before->desks[i].name) == NULL)
			buffer_put_format(out, translated("desk removed: %s\n"), before->desks[i].name);
	}
	for (size_t i = 0; i < after->desk_count; i++) {
		const struct roster_desk *now = &after->desks[i];
		const struct roster_desk *then = before == NULL ? NULL : roster_desk(before, now->name);

		if (then == NULL)
			buffer_put_format(out, translated("desk added: %s: %s\n"), now->name, now->title);
		else
			change_desk(then, now, out);
	}
}

static const struct roster_partner *partner_of(const struct roster *roster, const char *name)
{
	for (size_t i = 0; roster != NULL && i < roster->partner_count; i++) {
		if (strcmp(roster->partners[i].name, name) == 0)
			return &roster->partners[i];
	}
	return NULL;
}

static void change_partners(const struct roster *before, const struct roster *after, struct buffer *out)
{
	for (size_t i = 0; before != NULL && i < before->partner_count; i++) {
		if (partner_of(after, before->partners[i].name) == NULL)
			buffer_put_format(out, translated("partner removed: %s\n"), before->partners[i].name);
	}
	for (size_t i = 0; i < after->partner_count; i++) {
		const struct roster_partner *now = &after->partners[i], *then = partner_of(before, now->name);

		if (then == NULL)
			buffer_put_format(out, translated("partner added: %s: %s\n"), now->name, now->title);
		else if (strcmp(then->fingerprint, now->fingerprint) != 0 ||
			 strcmp(then->url, now->url) != 0 || strcmp(then->title, now->title) != 0)
			buffer_put_format(
				out, translated("partner changed: %s: %s\n"), now->name, now->title);
	}
}

static bool archive_is_in(const struct roster *roster, const struct roster_archive *archive)
{
	for (size_t i = 0; roster != NULL && i < roster->archive_count; i++) {
		const struct roster_archive *other = &roster->archives[i];

		if (strcmp(other->desk, archive->desk) == 0 &&
			bytes_equal(other->recipient, archive->recipient, sizeof(archive->recipient)))
			return true;
	}
	return false;
}

static void change_archives(const struct roster *before, const struct roster *after, struct buffer *out)
{
	for (size_t i = 0; before != NULL && i < before->archive_count; i++) {
		if (!archive_is_in(after, &before->archives[i]))
			buffer_put_format(
				out, translated("archive key removed: desk %s\n"), before->archives[i].desk);
	}
	for (size_t i = 0; i < after->archive_count; i++) {
		if (!archive_is_in(before, &after->archives[i]))
			buffer_put_format(
				out, translated("archive key added: desk %s\n"), after->archives[i].desk);
	}
}

static void put_officer_desks(const char *what, const struct roster_officer *officer, struct buffer *out)
{
	buffer_put_format(out, "%s: %s: ", translated(what), officer->name);
	for (size_t i = 0; i < officer->desk_count; i++)
		buffer_put_format(out, "%s%s", i > 0 ? "," : "", officer->desks[i]);
	buffer_put_string(out, "\n");
}

static bool same_desks(const struct roster_officer *then, const struct roster_officer *now)
{
	if (then->desk_count != now->desk_count)
		return false;
	for (size_t i = 0; i < now->desk_count; i++) {
		if (!officer_serves(then, now->desks[i]))
			return false;
	}
	return true;
}

static void change_officer(
	const struct roster_officer *then, const struct roster_officer *now, struct buffer *out)
{
	if (!bytes_equal(then->public_key, now->public_key, sizeof(now->public_key)) ||
		!bytes_equal(then->recipient, now->recipient, sizeof(now->recipient)))
		buffer_put_format(out, translated("officer's keys changed: %s\n"), now->name);
	if (!same_desks(then, now))
		put_officer_desks("officer's desks changed", now, out);
	if (then->tier != now->tier)
		buffer_put_format(
			out, translated("officer's tier changed: %s: %u\n"), now->name, (unsigned)now->tier);
	if (strcmp(then->title, now->title) != 0)
		buffer_put_format(
			out, translated("officer's title changed: %s: %s\n"), now->name, now->title);
}

static void change_officers(const struct roster *before, const struct roster *after, struct buffer *out)
{
	for (size_t i = 0; before != NULL && i < before->officer_count; i++) {
		if (roster_officer(after, before->officers[i].name) == NULL)
			buffer_put_format(out, translated("officer removed: %s\n"), before->officers[i].name);
	}
	for (size_t i = 0; i < after->officer_count; i++) {
		const struct roster_officer *now = &after->officers[i];
		const struct roster_officer *then = before == NULL ? NULL : roster_officer(before, now->name);

		if (then == NULL)
			put_officer_desks("officer added", now, out);
		else
			change_officer(then, now, out);
	}
}

int roster_changes(const struct roster *before, const struct roster *after, struct buffer *out)
{
	change_head(before, after, out);
	change_admins(before, after, out);
	change_servers(before, after, out);
	change_token_keys(before, after, out);
	change_desks(before, after, out);
	change_partners(before, after, out);
	change_archives(before, after, out);
	change_officers(before, after, out);
	return buffer_ok(out);
}
