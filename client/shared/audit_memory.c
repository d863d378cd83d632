#include "client/audit_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEM_HEAD    "audit-head"
#define PATH_SIZE    64
#define STATUS_DONE  200
#define FROM_THE_END INT64_MAX /* nothing is remembered: no digests are asked for */

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

/* From where the walk is to the head. */
static int follow(struct audit_walk *walk, audit_ask *ask, void *owner, struct audit_head *ret_head,
	struct failure *failure)
{
	const uint64_t seen = walk->number;
	struct audit_links *links = NULL;
	bool more = true;
	int rc = 0;

	while (rc == 0 && more) {
		rc = ask_links(walk->number, ask, owner, &links, failure);
		if (rc != 0)
			break;
		for (size_t i = 0; rc == 0 && i < links->count; i++)
			rc = audit_walk_on(walk, links->digests[i]) == 0 ? 0 : failure_memory(failure);
		more = links->more;
		*ret_head = links->head;
		if (rc == 0 && more && links->count == 0)
			rc = failure_set(failure, EX_PROTOCOL, "the server's audit log is malformed");
		free(links);
	}
	if (rc == 0 && (ret_head->number != walk->number ||
			       !bytes_equal(ret_head->hash, walk->hash, sizeof walk->hash)))
		rc = failure_set(failure, EX_PROTOCOL, AUDIT_FOLLOWS_NOT, (unsigned long long)seen);
	return rc;
}

/* The first head that this home sees is taken as it is. */
static int first_head(audit_ask *ask, void *owner, struct audit_head *ret_head, struct failure *failure)
{
	struct audit_links *links = NULL;

	if (ask_links(FROM_THE_END, ask, owner, &links, failure) != 0)
		return -1;
	*ret_head = links->head;
	free(links);
	return 0;
}

int audit_check(const struct items *items, struct organisation *organisation, audit_ask *ask, void *owner,
	struct failure *failure)
{
	struct audit_head seen, head = { 0 };
	struct audit_walk walk;
	int rc;

	if (audit_recall(items, &seen, failure) != 0)
		return -1;
	walk.number = seen.number;
	memcpy(walk.hash, seen.hash, sizeof walk.hash);
	rc = seen.number == 0 ? first_head(ask, owner, &head, failure)
			      : follow(&walk, ask, owner, &head, failure);
	if (rc != 0 || audit_head_is_ours(organisation, &head, failure) != 0)
		return -1;
	if (head.number == seen.number)
		return 0;
	return audit_remember(items, &head, failure);
}
