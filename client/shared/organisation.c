#include "organisation_internal.h"

#include "keys/clock.h"
#include "keys/trust.h"
#include "proto/json.h"

#include <stdlib.h>
#include <string.h>

#define ITEM_ROSTER       "roster"
#define ITEM_ORGANISATION "organisation"
#define FACTS_MAX         4096

void organisation_free(struct organisation *organisation)
{
	if (organisation == NULL)
		return;
	roster_free(organisation->roster);
	free(organisation);
}

int organisation_store(const struct organisation *organisation, struct failure *failure)
{
	struct buffer text = buffer_of(FACTS_MAX);
	json_t *facts = json_pack(
		"{s:s, s:I}", "proxy", organisation->proxy, "accepted", (json_int_t)organisation->accepted);
	int rc;

	if (facts == NULL || json_put(facts, &text) != 0)
		rc = failure_memory(failure);
	else
		rc = items_put(&organisation->items, ITEM_ROSTER, organisation->roster->note,
			organisation->roster->note_len, failure);
	if (rc == 0)
		rc = items_put(&organisation->items, ITEM_ORGANISATION, text.data, text.len, failure);
	json_decref(facts);
	buffer_free(&text);
	return rc;
}

int organisation_take(struct organisation *organisation, struct roster *roster, struct failure *failure)
{
	struct roster *before = organisation->roster;

	if (roster_fingerprint(roster, organisation->fingerprint) != 0) {
		roster_free(roster);
		return failure_memory(failure);
	}
	organisation->roster = roster;
	if (before != NULL && !bytes_equal(before->receipt_key, roster->receipt_key, ED25519_PUBLIC_BYTES)) {
		memcpy(organisation->receipt_key_before, before->receipt_key, ED25519_PUBLIC_BYTES);
		organisation->receipt_key_until_ms = clock_boot_ms();
	}
	roster_free(before);
	return organisation_remember(organisation, roster, failure) != 0
		       ? -1
		       : organisation_store(organisation, failure);
}

static int damaged(struct failure *failure)
{
	return failure_set(
		failure, EX_CONFIG, "what the home knows of its organisation is damaged: join again");
}

static int load_roster(struct organisation *organisation, bool *ret_found, struct failure *failure)
{
	struct buffer text = buffer_of(ROSTER_MAX_BYTES);
	struct fault fault;
	int rc = items_get(&organisation->items, ITEM_ROSTER, &text, ret_found, failure);

	if (rc == 0 && *ret_found &&
		(roster_parse(text.data, text.len, &organisation->roster, &fault) != 0 ||
			roster_fingerprint(organisation->roster, organisation->fingerprint) != 0))
		rc = damaged(failure);
	buffer_free(&text);
	return rc;
}

static int load_facts(struct organisation *organisation, struct failure *failure)
{
	struct buffer text = buffer_of(FACTS_MAX);
	json_t *facts = NULL;
	struct fault fault;
	const char *proxy;
	size_t len;
	uint64_t accepted;
	bool found;
	int rc = items_get(&organisation->items, ITEM_ORGANISATION, &text, &found, failure);

	if (rc != 0)
		goto cleanup;
	/* Without its facts a home can't know that it has a proxy: it must not go on. */
	if (!found || json_parse((const char *)text.data, text.len, FACTS_MAX, &facts, &fault) != 0 ||
		member_text(facts, "proxy", &proxy, &len) != 0 || len > PROXY_MAX ||
		member_number(facts, "accepted", &accepted) != 0) {
		rc = damaged(failure);
		goto cleanup;
	}
	memcpy(organisation->proxy, proxy, len + 1);
	organisation->accepted = (int64_t)accepted;
cleanup:
	json_decref(facts);
	buffer_free(&text);
	return rc;
}

int organisation_load(
	const struct items *items, struct organisation **ret_organisation, struct failure *failure)
{
	struct organisation *organisation = calloc(1, sizeof *organisation);
	bool found = false;
	int rc = -1;

	if (organisation == NULL)
		return failure_memory(failure);
	organisation->items = *items;
	if (load_roster(organisation, &found, failure) != 0)
		goto cleanup;
	if (!found) {
		rc = failure_set(failure, EX_CONFIG,
			"this home belongs to no organisation yet: join with your invitation first");
		goto cleanup;
	}
	if (load_facts(organisation, failure) != 0)
		goto cleanup;
	*ret_organisation = organisation;
	organisation = NULL;
	rc = 0;
cleanup:
	organisation_free(organisation);
	return rc;
}

void organisation_listen(
	struct organisation *organisation, const struct invocation *invocation, const uint8_t *own_key)
{
	organisation->listener = invocation;
	organisation->has_own_key = own_key != NULL;
	if (own_key != NULL)
		memcpy(organisation->own_key, own_key, sizeof organisation->own_key);
}

const uint8_t *organisation_receipt_key_before(const struct organisation *organisation, int64_t asked_ms)
{
	return asked_ms < organisation->receipt_key_until_ms ? organisation->receipt_key_before : NULL;
}

const struct roster *organisation_roster(const struct organisation *organisation)
{
	return organisation->roster;
}

const char *organisation_fingerprint(const struct organisation *organisation)
{
	return organisation->fingerprint;
}

const char *organisation_proxy(const struct organisation *organisation)
{
	return organisation->proxy;
}

int64_t organisation_now(const struct organisation *organisation)
{
	return trust_now(clock_wall_seconds(), organisation->roster->issued, organisation->accepted);
}

int organisation_fresh(const struct organisation *organisation, struct failure *failure)
{
	struct fault fault;

	if (trust_fresh(organisation->roster, organisation_now(organisation), &fault) != 0)
		return failure_of(failure, EX_PROTOCOL, &fault);
	return 0;
}

int organisation_saw(struct organisation *organisation, int64_t accepted, struct failure *failure)
{
	if (accepted <= organisation->accepted)
		return 0;
	organisation->accepted = accepted;
	return organisation_store(organisation, failure);
}

bool organisation_contradicted(const struct organisation *organisation)
{
	return organisation->contradicted;
}

size_t organisation_servers(const struct organisation *organisation)
{
	return organisation->roster->server_count;
}

int organisation_link(const struct organisation *organisation, size_t server, struct link **ret_link,
	struct failure *failure)
{
	const struct roster_server *known = &organisation->roster->servers[server];
	struct link_target target = { .pin_count = 1 };
	struct fault fault;

	if (server_url_parse(known->url, strlen(known->url), &target.url, &fault) != 0)
		return failure_of(failure, EX_PROTOCOL, &fault);
	target.pins[0].len = SHA256_BYTES;
	memcpy(target.pins[0].bytes, known->pin, SHA256_BYTES);
	if (known->has_next_pin) {
		target.pins[target.pin_count].len = SHA256_BYTES;
		memcpy(target.pins[target.pin_count++].bytes, known->next_pin, SHA256_BYTES);
	}
	memcpy(target.proxy, organisation->proxy, sizeof target.proxy);
	return link_open(&target, ret_link, failure);
}

bool organisation_try_next(const struct link *link, const struct failure *failure, struct failure *worst)
{
	if (link == NULL || !link_met_wrong_key(link))
		return failure->exit_code == EX_UNAVAILABLE;
	*worst = *failure;
	return true;
}

void organisation_tried(const struct failure *worst, struct failure *failure)
{
	if (worst->exit_code != 0 && failure->exit_code == EX_UNAVAILABLE)
		*failure = *worst;
}

int organisation_call(const struct organisation *organisation, const struct link_request *request,
	struct link_answer *ret_answer, struct failure *failure)
{
	struct failure worst = { .exit_code = 0 };
	bool again = true;
	int rc = failure_set(
		failure, EX_PROTOCOL, "the roster names no server: tell your organisation's admin");

	for (size_t server = 0; again && server < organisation_servers(organisation); server++) {
		struct link *link = NULL;

		rc = organisation_link(organisation, server, &link, failure);
		if (rc == 0)
			rc = link_call(link, request, ret_answer, failure);
		again = rc != 0 && organisation_try_next(link, failure, &worst);
		link_close(link);
	}
	if (rc != 0)
		organisation_tried(&worst, failure);
	return rc;
}
