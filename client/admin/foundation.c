#include "foundation.h"

#include "keys/clock.h"
#include "keys/token_keys.h"
#include "proto/encode.h"

#include <sodium.h>
#include <string.h>

#define DAY_SECONDS 86400

void foundation_free(struct foundation *foundation)
{
	sodium_free(foundation->passphrase);
	identity_free(foundation->identity);
	keyring_free(foundation->keyring);
	tls_pair_free(&foundation->tls);
	tls_pair_free(&foundation->next_tls);
	roster_free(foundation->roster);
}

static void choose_base(struct server_url *url)
{
	uint8_t bytes[BASE_BYTES];

	randombytes_buf(bytes, sizeof bytes);
	base64_encode(BASE64_URL, bytes, sizeof bytes, url->base);
}

static int set_receipt_key(const struct keyring *keyring, struct roster *roster)
{
	uint8_t *secret_key = sodium_malloc(64);
	int rc = secret_key == NULL
			 ? -1
			 : keyring_receipt_key(&keyring->receipts[0], secret_key, roster->receipt_key);

	sodium_free(secret_key);
	return rc;
}

static int fill(struct foundation *foundation, struct roster *draft, const char *organisation)
{
	const struct identity *identity = foundation->identity;
	struct roster_admin admin = { .name = "" };
	struct roster_server server = { .has_next_pin = true };

	memcpy(draft->organisation, organisation, strlen(organisation) + 1);
	draft->version = 1;
	draft->issued = clock_wall_seconds();
	draft->expires = draft->issued + (int64_t)ROSTER_LIFE_DEFAULT_DAYS * DAY_SECONDS;
	draft->threshold = 1;
	memcpy(admin.name, identity->name, sizeof admin.name);
	memcpy(admin.recipient, identity->age->recipient, sizeof admin.recipient);
	memcpy(admin.public_key, identity->public_key, sizeof admin.public_key);
	server_url_format(&foundation->url, server.url);
	memcpy(server.pin, foundation->tls.pin, sizeof server.pin);
	memcpy(server.next_pin, foundation->next_tls.pin, sizeof server.next_pin);
	if (set_receipt_key(foundation->keyring, draft) != 0 ||
		token_key_lines(foundation->keyring, draft) != 0 || roster_add_admin(draft, &admin) != 0)
		return -1;
	return roster_add_server(draft, &server);
}

/* The first roster, signed, written down and read again. */
static int make_roster(struct foundation *foundation, const char *organisation, struct failure *failure)
{
	struct roster *draft = roster_new();
	struct buffer note = buffer_of(ROSTER_MAX_BYTES);
	const struct identity *identity = foundation->identity;
	struct fault fault;
	int rc = -1;

	if (draft == NULL || fill(foundation, draft, organisation) != 0) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (roster_sign(draft, identity->name, identity->signing_key, &fault) != 0) {
		rc = failure_of(failure, EX_DATAERR, &fault);
		goto cleanup;
	}
	if (roster_write_note(draft, &note) != 0) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	rc = roster_parse(note.data, note.len, &foundation->roster, &fault);
	if (rc != 0)
		rc = failure_of(failure, EX_DATAERR, &fault);
cleanup:
	roster_free(draft);
	buffer_free(&note);
	return rc;
}

int foundation_make(
	struct foundation *foundation, const char *organisation, const char *admin, struct failure *failure)
{
	struct fault fault;

	choose_base(&foundation->url);
	if (identity_new(admin, &foundation->identity, &fault) != 0)
		return failure_of(failure, EX_TEMPFAIL, &fault);
	if (keyring_new(&foundation->keyring) != 0)
		return failure_memory(failure);
	if (token_epoch_new(foundation->keyring, clock_wall_seconds(), &fault) != 0)
		return failure_of(failure, EX_SOFTWARE, &fault);
	if (tls_pair_new(foundation->url.host, clock_wall_seconds(), &foundation->tls, &fault) != 0 ||
		tls_pair_new(foundation->url.host, clock_wall_seconds(), &foundation->next_tls, &fault) != 0)
		return failure_of(failure, EX_SOFTWARE, &fault);
	return make_roster(foundation, organisation, failure);
}
