#include "proto/roster.h"

#include <stdlib.h>
#include <string.h>

struct roster *roster_new(void)
{
	return calloc(1, sizeof(struct roster));
}

void roster_touch(struct roster *roster)
{
	free(roster->note);
	free(roster->signatures);
	roster->note = NULL;
	roster->note_len = 0;
	roster->body_len = 0;
	roster->signatures = NULL;
	roster->signature_count = 0;
	memset(roster->digest, 0, sizeof(roster->digest));
}

void roster_free(struct roster *roster)
{
	if (roster == NULL)
		return;
	roster_touch(roster);
	free(roster->admins);
	free(roster->servers);
	free(roster->token_keys);
	free(roster->desks);
	free(roster->partners);
	free(roster->archives);
	free(roster->officers);
	free(roster);
}

/* A copy of an array, in *ret_copy; NULL for an empty one. */
static int duplicate(const void *array, size_t count, size_t size, void **ret_copy)
{
	void *copy = NULL;

	if (count > 0) {
		copy = malloc(count * size);
		if (copy == NULL)
			return -1;
		memcpy(copy, array, count * size);
	}
	*ret_copy = copy;
	return 0;
}

#define DUPLICATE(array, count) duplicate(from->array, from->count, sizeof(*from->array), &copies[place++])

int roster_copy(const struct roster *from, struct roster **ret_copy)
{
	struct roster *copy = roster_new();
	void *copies[9] = { NULL };
	size_t place = 0;

	if (copy == NULL || DUPLICATE(admins, admin_count) != 0 || DUPLICATE(servers, server_count) != 0 ||
		DUPLICATE(token_keys, token_key_count) != 0 || DUPLICATE(desks, desk_count) != 0 ||
		DUPLICATE(partners, partner_count) != 0 || DUPLICATE(archives, archive_count) != 0 ||
		DUPLICATE(officers, officer_count) != 0 || DUPLICATE(signatures, signature_count) != 0 ||
		DUPLICATE(note, note_len) != 0)
		goto failed;
	*copy = *from;
	copy->admins = copies[0];
	copy->servers = copies[1];
	copy->token_keys = copies[2];
	copy->desks = copies[3];
	copy->partners = copies[4];
	copy->archives = copies[5];
	copy->officers = copies[6];
	copy->signatures = copies[7];
	copy->note = copies[8];
	*ret_copy = copy;
	return 0;
failed:
	for (size_t i = 0; i < COUNT_OF(copies); i++)
		free(copies[i]);
	free(copy);
	return -1;
}

int roster_next(const struct roster *roster, struct roster **ret_draft)
{
	struct roster *draft = NULL;

	if (roster->note == NULL || roster_copy(roster, &draft) != 0)
		return -1;
	draft->version = roster->version + 1;
	memcpy(draft->previous, roster->digest, sizeof(draft->previous));
	roster_touch(draft);
	*ret_draft = draft;
	return 0;
}

/* The array with one item more, or NULL (and the old array as it was) where it is full or memory is short. */
static void *with_item(void *array, size_t count, size_t max, const void *item, size_t size)
{
	uint8_t *grown = NULL;

	if (count >= max)
		return NULL;
	grown = malloc((count + 1) * size);
	if (grown == NULL)
		return NULL;
	if (count > 0)
		memcpy(grown, array, count * size);
	memcpy(grown + count * size, item, size); /* item may lie in the old array */
	free(array);
	return grown;
}

int roster_add_admin(struct roster *roster, const struct roster_admin *admin)
{
	struct roster_admin *grown =
		with_item(roster->admins, roster->admin_count, ROSTER_ADMINS_MAX, admin, sizeof(*admin));

	if (grown == NULL)
		return -1;
	roster->admins = grown;
	roster->admin_count++;
	roster_touch(roster);
	return 0;
}

int roster_add_server(struct roster *roster, const struct roster_server *server)
{
	struct roster_server *grown =
		with_item(roster->servers, roster->server_count, ROSTER_SERVERS_MAX, server, sizeof(*server));

	if (grown == NULL)
		return -1;
	roster->servers = grown;
	roster->server_count++;
	roster_touch(roster);
	return 0;
}

int roster_add_token_key(struct roster *roster, const struct roster_token_key *token_key)
{
	struct roster_token_key *grown = with_item(
		roster->token_keys, roster->token_key_count, ROSTER_KEYS_MAX, token_key, sizeof(*token_key));

	if (grown == NULL)
		return -1;
	roster->token_keys = grown;
	roster->token_key_count++;
	roster_touch(roster);
	return 0;
}

int roster_add_desk(struct roster *roster, const struct roster_desk *desk)
{
	struct roster_desk *grown =
		with_item(roster->desks, roster->desk_count, ROSTER_DESKS_MAX, desk, sizeof(*desk));

	if (grown == NULL)
		return -1;
	roster->desks = grown;
	roster->desk_count++;
	roster_touch(roster);
	return 0;
}

int roster_add_partner(struct roster *roster, const struct roster_partner *partner)
{
	struct roster_partner *grown = with_item(
		roster->partners, roster->partner_count, ROSTER_PARTNERS_MAX, partner, sizeof(*partner));

	if (grown == NULL)
		return -1;
	roster->partners = grown;
	roster->partner_count++;
	roster_touch(roster);
	return 0;
}

int roster_add_archive(struct roster *roster, const struct roster_archive *archive)
{
	struct roster_archive *grown = with_item(
		roster->archives, roster->archive_count, ROSTER_ARCHIVES_MAX, archive, sizeof(*archive));

	if (grown == NULL)
		return -1;
	roster->archives = grown;
	roster->archive_count++;
	roster_touch(roster);
	return 0;
}

int roster_add_officer(struct roster *roster, const struct roster_officer *officer)
{
	struct roster_officer *grown = with_item(
		roster->officers, roster->officer_count, ROSTER_OFFICERS_MAX, officer, sizeof(*officer));

	if (grown == NULL)
		return -1;
	roster->officers = grown;
	roster->officer_count++;
	roster_touch(roster);
	return 0;
}

int roster_remove_officer(struct roster *roster, const char *name)
{
	const struct roster_officer *found = roster_officer(roster, name);
	size_t place = 0;

	if (found == NULL)
		return -1;
	place = (size_t)(found - roster->officers);
	memmove(&roster->officers[place], &roster->officers[place + 1],
		(roster->officer_count - place - 1) * sizeof(*found));
	roster->officer_count--;
	roster_touch(roster);
	return 0;
}

int roster_remove_partner(struct roster *roster, const char *name)
{
	const struct roster_partner *found = roster_partner(roster, name);
	size_t place = 0;

	if (found == NULL)
		return -1;
	place = (size_t)(found - roster->partners);
	memmove(&roster->partners[place], &roster->partners[place + 1],
		(roster->partner_count - place - 1) * sizeof(*found));
	roster->partner_count--;
	roster_touch(roster);
	return 0;
}

int roster_remove_admin(struct roster *roster, const char *name)
{
	const struct roster_admin *found = roster_admin(roster, name);
	size_t place = 0;

	if (found == NULL)
		return -1;
	place = (size_t)(found - roster->admins);
	memmove(&roster->admins[place], &roster->admins[place + 1],
		(roster->admin_count - place - 1) * sizeof(*found));
	roster->admin_count--;
	roster_touch(roster);
	return 0;
}
