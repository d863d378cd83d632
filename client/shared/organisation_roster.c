#include "organisation_internal.h"

#include "keys/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEM_ROSTER "roster"

/* What trust_ fetches through and keeps with: a failure of the line or the disk is its own, not the chain's.
 */
struct fetcher {
	struct link *link;
	const struct items *items; /* where the chain is kept that they ask for; NULL: nowhere */
	const struct organisation *organisation; /* whose listener is told; NULL: nobody */
	struct roster *last;                     /* the step before */
	struct failure failure;
	bool has_failed;
};

static int get_note(
	struct link *link, const char *path, struct link_answer *ret_answer, struct failure *failure)
{
	struct link_request request = { .method = "GET", .path = path, .answer_max = ROSTER_MAX_BYTES };

	if (link_call(link, &request, ret_answer, failure) != 0)
		return -1;
	if (ret_answer->status == 200)
		return 0;
	return link_refused(ret_answer, "the organisation's roster didn't come", failure);
}

static int fetch(void *owner, uint64_t version, struct buffer *out)
{
	struct fetcher *fetcher = owner;
	struct link_answer answer = { 0 };
	char path[32];
	int rc;

	(void)snprintf(path, sizeof path, "roster/%llu", (unsigned long long)version);
	rc = get_note(fetcher->link, path, &answer, &fetcher->failure);
	if (rc == 0) {
		buffer_put(out, answer.body.data, answer.body.len);
		rc = buffer_ok(out) == 0 ? 0 : failure_memory(&fetcher->failure);
	}
	fetcher->has_failed = rc != 0;
	link_answer_free(&answer);
	return rc;
}

/* One more step is proven. */
static int keep(void *owner, const struct roster *roster)
{
	struct fetcher *fetcher = owner;
	struct roster *copy = NULL;
	int rc = 0;

	if (fetcher->items != NULL && fetcher->items->keeps_chain)
		rc = items_put(
			fetcher->items, ITEM_ROSTER, roster->note, roster->note_len, &fetcher->failure);
	if (rc == 0 && fetcher->organisation != NULL) {
		rc = organisation_remember(fetcher->organisation, roster, &fetcher->failure);
		if (rc == 0 && roster_copy(roster, &copy) != 0)
			rc = failure_memory(&fetcher->failure);
		if (rc == 0)
			organisation_tell(fetcher->organisation,
				fetcher->last != NULL ? fetcher->last : fetcher->organisation->roster,
				roster);
		roster_free(fetcher->last);
		fetcher->last = copy;
	}
	fetcher->has_failed = rc != 0;
	return rc;
}

static struct trust_source source_of(struct fetcher *fetcher)
{
	return (struct trust_source){ .fetch = fetch, .keep = keep, .owner = fetcher };
}

/* The line's own reason where it had one, else what the rules say. */
static int not_trusted(const struct fetcher *fetcher, const struct fault *fault, struct failure *failure)
{
	if (!fetcher->has_failed)
		return failure_of(failure, EX_PROTOCOL, fault);
	/* Who has a roster has those before it. */
	if (fetcher->failure.exit_code == EX_NOINPUT)
		return failure_set(failure, EX_PROTOCOL,
			"the server doesn't have the rosters before its newest one: it is broken or lying, "
			"ask your admin");
	return failure_of(failure, fetcher->failure.exit_code, &fetcher->failure.fault);
}

int roster_fetch(struct link *link, const char *path, struct roster **ret_roster, struct failure *failure)
{
	struct link_answer answer = { 0 };
	struct fault fault;
	int rc = get_note(link, path, &answer, failure);

	if (rc == 0 && roster_parse(answer.body.data, answer.body.len, ret_roster, &fault) != 0)
		rc = failure_set(failure, EX_PROTOCOL, "the server's roster is malformed: %s", fault.text);
	link_answer_free(&answer);
	return rc;
}

/* A connection to the first server that gives its newest roster. */
static int reach(const struct organisation *organisation, struct link **ret_link, struct roster **ret_newest,
	struct failure *failure)
{
	struct failure worst = { .exit_code = 0 };
	bool again = true;
	int rc = failure_set(
		failure, EX_PROTOCOL, "the roster names no server: tell your organisation's admin");

	for (size_t server = 0; again && server < organisation_servers(organisation); server++) {
		struct link *link = NULL;

		rc = organisation_link(organisation, server, &link, failure);
		if (rc == 0)
			rc = roster_fetch(link, "roster", ret_newest, failure);
		if (rc == 0) {
			*ret_link = link;
			return 0;
		}
		again = organisation_try_next(link, failure, &worst);
		link_close(link);
	}
	organisation_tried(&worst, failure);
	return rc;
}

/* From the trusted roster to what this link's server calls the newest. */
static int advance(struct organisation *organisation, struct link *link, const struct roster *newest,
	bool *ret_changed, struct failure *failure)
{
	struct fetcher fetcher = {
		.link = link, .items = &organisation->items, .organisation = organisation
	};
	struct trust_source source = source_of(&fetcher);
	struct roster *trusted = NULL;
	struct fault fault;
	uint64_t before = organisation->roster->version;
	int rc = trust_advance(organisation->roster, newest, &source, &trusted, &fault);

	roster_free(fetcher.last);
	if (rc != 0 && fetcher.has_failed) {
		organisation->contradicted = fetcher.failure.exit_code == EX_NOINPUT;
		return not_trusted(&fetcher, &fault, failure);
	}
	if (rc != 0)
		return organisation_refused(organisation, link, newest, &fault, failure);
	*ret_changed = trusted->version != before;
	if (*ret_changed)
		return organisation_take(organisation, trusted, failure);
	roster_free(trusted);
	return 0;
}

int organisation_refresh(struct organisation *organisation, bool *ret_changed, struct failure *failure)
{
	struct link *link = NULL;
	struct roster *newest = NULL;
	bool changed = false;
	int rc = reach(organisation, &link, &newest, failure);

	if (rc == 0)
		rc = advance(organisation, link, newest, &changed, failure);
	if (rc == 0 && ret_changed != NULL)
		*ret_changed = changed;
	roster_free(newest);
	link_close(link);
	return rc;
}

int organisation_roster_at(struct organisation *organisation, uint64_t version, struct roster **ret_roster,
	struct failure *failure)
{
	struct fetcher fetcher = { 0 };
	struct trust_source source = source_of(&fetcher);
	struct roster *newest = NULL;
	struct fault fault;
	bool changed;
	int rc = -1;

	if (version == organisation->roster->version)
		return roster_copy(organisation->roster, ret_roster) == 0 ? 0 : failure_memory(failure);
	if (reach(organisation, &fetcher.link, &newest, failure) != 0)
		return -1;
	if (version > organisation->roster->version &&
		advance(organisation, fetcher.link, newest, &changed, failure) != 0)
		goto cleanup;
	if (version > organisation->roster->version) {
		rc = failure_set(
			failure, EX_DATAERR, "there is no roster of that version yet: try again later");
		goto cleanup;
	}
	if (trust_at(organisation->roster, version, &source, ret_roster, &fault) != 0)
		rc = not_trusted(&fetcher, &fault, failure);
	else
		rc = 0;
cleanup:
	roster_free(newest);
	link_close(fetcher.link);
	return rc;
}

/* The link that an invitation is good for. */
static int link_to(const struct invitation *invitation, size_t pin_len, const char *proxy,
	struct link **ret_link, struct failure *failure)
{
	struct link_target target = { .url = invitation->url, .pin_count = 1 };

	target.pins[0].len = pin_len;
	memcpy(target.pins[0].bytes, invitation->pin, INVITATION_PIN_BYTES);
	(void)snprintf(target.proxy, sizeof target.proxy, "%s", proxy);
	return link_open(&target, ret_link, failure);
}

static int first_roster(const struct items *items, const struct invitation *invitation, struct link *link,
	struct roster **ret_roster, struct failure *failure)
{
	struct fetcher fetcher = { .link = link, .items = items };
	struct trust_source source = source_of(&fetcher);
	struct trust_anchor anchor = { .version = invitation->version };
	struct roster *newest = NULL;
	struct fault fault;
	int rc = roster_fetch(link, "roster", &newest, failure);

	memcpy(anchor.fingerprint, invitation->fingerprint, sizeof anchor.fingerprint);
	if (rc == 0 && trust_first(&anchor, newest, &source, ret_roster, &fault) != 0)
		rc = not_trusted(&fetcher, &fault, failure);
	roster_free(newest);
	return rc;
}

/* A home that has joined already takes the invitation only where it leads into the same chain. */
static int join_again(struct organisation *organisation, const char *proxy, struct link *link,
	struct roster *found, struct failure *failure)
{
	struct fetcher fetcher = { .link = link, .items = &organisation->items };
	struct trust_source source = source_of(&fetcher);
	struct roster *trusted = NULL;
	struct fault fault;

	if (found->version < organisation->roster->version) {
		/* The server is behind the home: nothing to take, but the chain must be the same. */
		if (trust_advance(found, organisation->roster, &source, &trusted, &fault) != 0)
			trusted = NULL;
	} else if (trust_advance(organisation->roster, found, &source, &trusted, &fault) != 0) {
		trusted = NULL;
	}
	if (trusted == NULL && fetcher.has_failed)
		return not_trusted(&fetcher, &fault, failure);
	if (trusted == NULL && roster_signed_by(found, organisation->roster) > 0)
		return organisation_refused(organisation, link, found, &fault, failure);
	if (trusted == NULL)
		return failure_set(failure, EX_CANTCREAT,
			"this home belongs to another organisation: choose another home with --home");
	if (proxy[0] != '\0')
		(void)snprintf(organisation->proxy, sizeof organisation->proxy, "%s", proxy);
	return organisation_take(organisation, trusted, failure);
}

static int join_first(const struct items *items, const char *proxy, struct roster *found,
	struct organisation **ret_organisation, struct failure *failure)
{
	struct organisation *organisation = calloc(1, sizeof *organisation);
	struct roster *copy = NULL;

	if (organisation == NULL || roster_copy(found, &copy) != 0) {
		free(organisation);
		return failure_memory(failure);
	}
	organisation->items = *items;
	(void)snprintf(organisation->proxy, sizeof organisation->proxy, "%s", proxy);
	if (organisation_take(organisation, copy, failure) != 0) {
		organisation_free(organisation);
		return -1;
	}
	*ret_organisation = organisation;
	return 0;
}

int organisation_join(const struct items *items, const struct invitation *invitation, const char *proxy,
	struct organisation **ret_organisation, struct failure *failure)
{
	struct organisation *organisation = NULL;
	struct roster *found = NULL;
	struct link *link = NULL;
	int rc = organisation_load(items, &organisation, failure);

	if (rc != 0 && failure->exit_code != EX_CONFIG)
		return -1;
	/* A home that has a proxy never connects without one. */
	rc = link_to(invitation, INVITATION_PIN_BYTES,
		proxy[0] == '\0' && organisation != NULL ? organisation->proxy : proxy, &link, failure);
	if (rc == 0)
		rc = first_roster(organisation == NULL ? items : NULL, invitation, link, &found, failure);
	if (rc == 0 && organisation != NULL)
		rc = join_again(organisation, proxy, link, found, failure);
	else if (rc == 0)
		rc = join_first(items, proxy, found, &organisation, failure);
	if (rc == 0)
		rc = organisation_fresh(organisation, failure);
	if (rc == 0) {
		*ret_organisation = organisation;
		organisation = NULL;
	}
	organisation_free(organisation);
	roster_free(found);
	link_close(link);
	return rc;
}

/* Of a pin that has no bytes every key is the right one. */
static int meet_first(const struct items *items, const struct roster_partner *partner, const char *proxy,
	struct organisation **ret_organisation, struct failure *failure)
{
	struct invitation where = { .version = 1 };
	struct roster *found = NULL;
	struct link *link = NULL;
	struct fault fault;
	int rc = -1;

	memcpy(where.fingerprint, partner->fingerprint, sizeof where.fingerprint);
	if (server_url_parse(partner->url, strlen(partner->url), &where.url, &fault) != 0)
		return failure_of(failure, EX_PROTOCOL, &fault);
	if (link_to(&where, 0, proxy, &link, failure) == 0 &&
		first_roster(items, &where, link, &found, failure) == 0)
		rc = join_first(items, proxy, found, ret_organisation, failure);
	roster_free(found);
	link_close(link);
	return rc;
}

int organisation_meet(const struct items *items, const struct roster_partner *partner, const char *proxy,
	struct organisation **ret_organisation, struct failure *failure)
{
	struct organisation *organisation = NULL;
	int rc = organisation_load(items, &organisation, failure);

	if (rc == 0)
		rc = organisation_refresh(organisation, NULL, failure);
	else if (failure->exit_code == EX_CONFIG)
		rc = meet_first(items, partner, proxy, &organisation, failure);
	if (rc == 0)
		rc = organisation_fresh(organisation, failure);
	if (rc == 0) {
		*ret_organisation = organisation;
		organisation = NULL;
	}
	organisation_free(organisation);
	return rc;
}
