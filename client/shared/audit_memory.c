#include "client/audit_memory.h"

#include "client/output.h"
#include "proto/cursor.h"
#include "proto/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEM_HEAD      "audit-head"
#define PATH_SIZE      64
#define STATUS_DONE    200
#define ITEM_DESTROYED "destroyed"

int audit_recall(const struct items *items, struct audit_head *ret_head, struct failure *failure)
{
	struct buffer text = buffer_of(ITEM_MAX);
	struct fault fault;
	bool found = false;
	int rc = items_get(items, ITEM_HEAD, &text, &found, failure);

	if (rc == 0 && !found)
		memset(ret_head, 0, sizeof *ret_head);
	else if (rc == 0 && audit_head_parse((const char *)text.data, text.len, ret_head, &fault) != 0)
		rc = failure_set(failure, EX_CONFIG,
			"a file of the home is damaged: look what happened to " ITEM_HEAD ", then remove it");
	buffer_free(&text);
	return rc;
}

int audit_remember(const struct items *items, const struct audit_head *head, struct failure *failure)
{
	struct buffer text = buffer_of(AUDIT_ENTRY_MAX);
	int rc = audit_head_write(head, &text) == 0
			 ? items_put(items, ITEM_HEAD, text.data, text.len, failure)
			 : failure_memory(failure);

	buffer_free(&text);
	return rc;
}

static int is_signed(const struct organisation *organisation, const struct audit_head *head)
{
	return audit_head_verify(
		head, organisation_fingerprint(organisation), organisation_roster(organisation)->receipt_key);
}

int audit_head_is_ours(
	struct organisation *organisation, const struct audit_head *head, struct failure *failure)
{
	if (is_signed(organisation, head) == 0)
		return 0;
	/* The admins or the receipt key may have changed since: the newest roster decides. */
	if (organisation_refresh(organisation, NULL, failure) != 0)
		return -1;
	if (is_signed(organisation, head) == 0)
		return 0;
	return failure_set(failure, EX_PROTOCOL,
		"the audit log isn't signed by your organisation's server: tell every admin");
}

int audit_walk_on(struct audit_walk *walk, const uint8_t digest[SHA256_BYTES])
{
	uint8_t hash[SHA256_BYTES];

	if (audit_link(walk->hash, digest, hash) != 0)
		return -1;
	memcpy(walk->hash, hash, sizeof walk->hash);
	walk->number++;
	return 0;
}

static int ask_links(
	uint64_t after, audit_ask *ask, void *owner, struct audit_links **ret_links, struct failure *failure)
{
	char path[PATH_SIZE];
	struct link_request request = { .method = "GET", .path = path, .answer_max = AUDIT_LINKS_MAX };
	struct link_answer answer = { 0 };
	struct fault fault;
	int rc;

	(void)snprintf(path, sizeof path, "audit/head?after=%" PRIu64, after);
	rc = ask(owner, &request, &answer, failure);
	if (rc == 0 && answer.status != STATUS_DONE)
		rc = link_refused(&answer, "the server didn't show its audit log's head", failure);
	else if (rc == 0 &&
		 audit_links_parse((const char *)answer.body.data, answer.body.len, ret_links, &fault) != 0)
		rc = failure_of(failure, EX_PROTOCOL, &fault);
	link_answer_free(&answer);
	return rc;
}

static int follows_not(const struct audit_head *seen, struct failure *failure)
{
	return failure_set(failure, EX_PROTOCOL, AUDIT_FOLLOWS_NOT, (unsigned long long)seen->number);
}

/* Her name in the roster that she names; NULL where she isn't its admin or hasn't signed. */
static const char *restorer(const struct roster *roster, const struct audit_restored *restored)
{
	const struct roster_admin *admin = roster_admin_by_key(roster, restored->keyid);
	char fingerprint[FINGERPRINT_SIZE];

	if (admin == NULL || roster_fingerprint(roster, fingerprint) != 0 ||
		audit_restored_verify(restored, fingerprint) != 0)
		return NULL;
	return admin->name;
}

int audit_was_restored(const struct invocation *invocation, struct organisation *organisation,
	const struct audit_restored *restored, const struct audit_head *seen, struct failure *failure)
{
	struct roster *roster = NULL;
	const char *name = NULL;
	char time[TIME_SIZE];
	int rc = -1;

	/* An old one excuses nothing that was seen since. */
	if (restored == NULL || restored->time < seen->time)
		return follows_not(seen, failure);
	if (restored->roster > organisation_roster(organisation)->version &&
		organisation_refresh(organisation, NULL, failure) != 0)
		return -1;
	if (organisation_roster_at(organisation, restored->roster, &roster, failure) != 0)
		return failure->exit_code == EX_DATAERR ? follows_not(seen, failure) : -1;
	name = restorer(roster, restored);
	time_format(restored->time, time);
	if (name == NULL) {
		rc = follows_not(seen, failure);
	} else {
		say_aside(invocation,
			"admin %s restored a backup on %s: what the server took in between may be lost, ask "
			"her",
			name, time);
		rc = 0;
	}
	roster_free(roster);
	return rc;
}

int audit_keep_destroyed(const struct items *items, const struct buffer *more, struct failure *failure)
{
	struct buffer all = buffer_of(AUDIT_DESTROYED_MAX);
	struct reader in = reader_of(more->data, more->len);
	const char *line = NULL;
	bool found = false, grew = false;
	size_t len = 0;
	int rc = -1;

	if (items_get(items, ITEM_DESTROYED, &all, &found, failure) != 0)
		goto cleanup;
	while (reader_line(&in, &line, &len) == 0) {
		if (all.len > 0 && memmem(all.data, all.len, line, len) != NULL)
			continue;
		buffer_put(&all, line, len);
		buffer_put_string(&all, "\n");
		grew = true;
	}
	if (buffer_ok(&all) != 0)
		rc = failure_memory(failure);
	else
		rc = grew ? items_put(items, ITEM_DESTROYED, all.data, all.len, failure) : 0;
cleanup:
	buffer_free(&all);
	return rc;
}

/* A walk on its way to the head, and what it meets. */
struct following {
	struct audit_walk walk;
	struct audit_links last; /* without its lists of any use */
	struct buffer destroyed;
	bool follows; /* it leads to the head */
};

static int take_links(struct following *following, const struct audit_links *links, struct failure *failure)
{
	for (size_t i = 0; i < links->count; i++) {
		if (audit_walk_on(&following->walk, links->digests[i]) != 0)
			return failure_memory(failure);
	}
	for (size_t i = 0; i < links->destroyed_count; i++)
		buffer_put_format(&following->destroyed, "%s\n", links->destroyed[i]);
	following->last = *links;
	if (links->more && links->count == 0)
		return failure_set(failure, EX_PROTOCOL, "the server's audit log is malformed");
	return buffer_ok(&following->destroyed) == 0 ? 0 : failure_memory(failure);
}

static int follow(struct following *following, const struct audit_asked *asked, struct failure *failure)
{
	const struct audit_head *head = &following->last.head;
	bool more = true;
	int rc = 0;

	while (rc == 0 && more) {
		struct audit_links *links = NULL;

		rc = ask_links(following->walk.number, asked->ask, asked->owner, &links, failure);
		if (rc != 0)
			break;
		rc = take_links(following, links, failure);
		more = links->more;
		free(links);
	}
	following->follows = rc == 0 && head->number == following->walk.number &&
			     bytes_equal(head->hash, following->walk.hash, sizeof head->hash);
	return rc;
}

/* A home that has seen nothing yet follows from the first entry, and so does one that takes another log. */
static int follow_all(struct following *following, const struct audit_asked *asked, struct failure *failure)
{
	memset(&following->walk, 0, sizeof following->walk);
	buffer_clear(&following->destroyed);
	if (follow(following, asked, failure) != 0)
		return -1;
	if (following->follows)
		return 0;
	return failure_set(failure, EX_PROTOCOL,
		"ALARM: the audit log doesn't lead to its head: it was edited; tell every admin");
}

static int check_from(const struct audit_asked *asked, const struct audit_head *seen,
	struct following *following, struct failure *failure)
{
	const struct audit_links *last = &following->last;

	following->walk.number = seen->number;
	memcpy(following->walk.hash, seen->hash, sizeof following->walk.hash);
	if (follow(following, asked, failure) != 0)
		return -1;
	if (following->follows)
		return 0;
	if (audit_was_restored(asked->invocation, asked->organisation,
		    last->has_restored ? &last->restored : NULL, seen, failure) != 0)
		return -1;
	return follow_all(following, asked, failure);
}

int audit_check(const struct audit_asked *asked, struct failure *failure)
{
	struct following *following = calloc(1, sizeof *following);
	struct audit_head seen;
	int rc = -1;

	if (following == NULL)
		return failure_memory(failure);
	following->destroyed = buffer_of(AUDIT_DESTROYED_MAX);
	if (audit_recall(asked->items, &seen, failure) != 0)
		goto cleanup;
	rc = seen.number == 0 ? follow_all(following, asked, failure)
			      : check_from(asked, &seen, following, failure);
	if (rc == 0)
		rc = audit_head_is_ours(asked->organisation, &following->last.head, failure);
	if (rc == 0)
		rc = audit_keep_destroyed(asked->items, &following->destroyed, failure);
	/* Also where nothing is new: what was destroyed is known up to its time. */
	if (rc == 0)
		rc = audit_remember(asked->items, &following->last.head, failure);
cleanup:
	buffer_free(&following->destroyed);
	free(following);
	return rc;
}
