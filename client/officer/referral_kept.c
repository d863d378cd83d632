#include "referral_kept.h"

#include "keys/secure_file.h"
#include "proto/age_file.h"
#include "proto/digest.h"
#include "proto/json.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_PREFIX "refer-"
#define NAME_DIGITS 32
#define FACTS_MAX   (128 * 1024) /* what she wrote, and what belongs to the sending */
#define PLAIN_MAX   (FACTS_MAX + SEALED_VIEW_MAX)
#define KEPT_MAX    (PLAIN_MAX + 1024 * 1024) /* an age file around it */

static int name_of_place(const struct referral_place *place, char ret_name[sizeof NAME_PREFIX + NAME_DIGITS])
{
	char words[ID_SIZE + 2 * (NAME_SIZE + 1)], hex[SHA256_HEX_CHARS + 1];
	uint8_t digest[SHA256_BYTES];

	(void)snprintf(words, sizeof words, "%s %s %s", place->report, place->desk, place->partner);
	if (sha256_once(words, strlen(words), digest) != 0)
		return -1;
	hex_encode(digest, sizeof digest, hex);
	(void)snprintf(ret_name, sizeof NAME_PREFIX + NAME_DIGITS, NAME_PREFIX "%.*s", NAME_DIGITS, hex);
	return 0;
}

/* A line of JSON, then the sealed file. */
static int put_plain(const struct referral *referral, const json_t *said, struct buffer *plain)
{
	const struct destination *to = &referral->destination;
	char salt[SALT_HEX_SIZE];
	json_t *facts;
	int rc;

	hex_encode(to->salt, SALT_BYTES, salt);
	facts = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:O}", "id", referral->id, "receipt",
		referral->receipt, "organisation", to->organisation, "desk", to->desk, "urgency",
		urgency_word(to->urgency), "salt", salt, "roster", (json_int_t)referral->roster, "upload_key",
		referral->upload_key, "said", said);
	rc = facts == NULL ? -1 : json_put(facts, plain);
	json_decref(facts);
	if (rc != 0)
		return -1;
	buffer_put_string(plain, "\n");
	buffer_put(plain, referral->sealed.data, referral->sealed.len);
	return buffer_ok(plain);
}

int referral_keep(struct officer *officer, const struct referral_place *place,
	const struct referral *referral, const json_t *said, struct failure *failure)
{
	struct buffer plain = buffer_of(PLAIN_MAX), sealed = buffer_of(KEPT_MAX);
	char name[sizeof NAME_PREFIX + NAME_DIGITS];
	uint8_t recipient[1][AGE_RECIPIENT_BYTES];
	struct fault fault;
	int rc;

	memcpy(recipient[0], officer->identity->age->recipient, AGE_RECIPIENT_BYTES);
	if (name_of_place(place, name) != 0 || put_plain(referral, said, &plain) != 0 ||
		age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipient, 1, plain.data, plain.len,
			&sealed) != 0)
		rc = failure_memory(failure);
	else if (secure_file_replace(home_descriptor(officer->home), name, sealed.data, sealed.len, &fault) !=
		 0)
		rc = failure_of(failure, EX_CANTCREAT, &fault);
	else
		rc = 0;
	buffer_free(&plain);
	buffer_free(&sealed);
	return rc;
}

static int copy_member(const json_t *facts, const char *name, char *ret_text, size_t size)
{
	const char *text = json_string_value(json_object_get(facts, name));

	if (text == NULL || strlen(text) >= size)
		return -1;
	memcpy(ret_text, text, strlen(text) + 1);
	return 0;
}

static int take_facts(const json_t *facts, struct referral *referral)
{
	struct destination *to = &referral->destination;
	const char *urgency = json_string_value(json_object_get(facts, "urgency"));

	return copy_member(facts, "id", referral->id, sizeof referral->id) != 0 ||
			       copy_member(facts, "receipt", referral->receipt, sizeof referral->receipt) !=
				       0 ||
			       copy_member(facts, "organisation", to->organisation,
				       sizeof to->organisation) != 0 ||
			       copy_member(facts, "desk", to->desk, sizeof to->desk) != 0 ||
			       copy_member(facts, "upload_key", referral->upload_key,
				       sizeof referral->upload_key) != 0 ||
			       urgency == NULL || urgency_of(urgency, strlen(urgency), &to->urgency) != 0 ||
			       member_hex(facts, "salt", to->salt, SALT_BYTES) != 0 ||
			       member_number(facts, "roster", &referral->roster) != 0
		       ? -1
		       : 0;
}

static int parse_plain(const uint8_t *plain, size_t len, struct referral **ret_referral, json_t **ret_said)
{
	const uint8_t *end = memchr(plain, '\n', len);
	struct referral *referral = referral_new();
	json_t *facts = NULL;
	struct fault fault;
	int rc = -1;

	if (end == NULL || referral == NULL ||
		json_parse((const char *)plain, (size_t)(end - plain), FACTS_MAX, &facts, &fault) != 0 ||
		take_facts(facts, referral) != 0)
		goto cleanup;
	buffer_put(&referral->sealed, end + 1, len - (size_t)(end + 1 - plain));
	if (buffer_ok(&referral->sealed) != 0)
		goto cleanup;
	*ret_said = json_incref(json_object_get(facts, "said"));
	*ret_referral = referral;
	referral = NULL;
	rc = 0;
cleanup:
	json_decref(facts);
	referral_free(referral);
	return rc;
}

/* By any key that she has had. */
static int open_kept(const struct officer *officer, const uint8_t *file, size_t file_len,
	struct referral **ret_referral, json_t **ret_said)
{
	struct fault fault;
	int rc = -1;

	for (const struct identity *one = officer->identities; rc != 0 && one != NULL; one = one->older) {
		uint8_t *plain = NULL;
		size_t len;

		if (age_file_open(file, file_len, one->age, &plain, &len, &fault) == 0)
			rc = parse_plain(plain, len, ret_referral, ret_said);
		sodium_free(plain);
	}
	return rc;
}

int referral_recall(struct officer *officer, const struct referral_place *place,
	struct referral **ret_referral, json_t **ret_said, struct failure *failure)
{
	char name[sizeof NAME_PREFIX + NAME_DIGITS];
	struct fault fault;
	uint8_t *file = NULL;
	size_t len;
	int rc = 0;

	*ret_referral = NULL;
	if (name_of_place(place, name) != 0)
		return failure_memory(failure);
	if (secure_file_read(home_descriptor(officer->home), name, KEPT_MAX, &file, &len, &fault) != 0)
		return errno == ENOENT ? 0 : failure_of(failure, EX_NOINPUT, &fault);
	if (open_kept(officer, file, len, ret_referral, ret_said) != 0)
		rc = failure_set(failure, EX_CONFIG,
			"a referral that was broken off can't be read: remove %s from the home, then say it "
			"again",
			name);
	sodium_free(file);
	return rc;
}

int referral_forget(struct officer *officer, const struct referral_place *place, struct failure *failure)
{
	char name[sizeof NAME_PREFIX + NAME_DIGITS];

	if (name_of_place(place, name) != 0)
		return failure_memory(failure);
	if (unlinkat(home_descriptor(officer->home), name, 0) != 0 && errno != ENOENT)
		return failure_set(
			failure, EX_CANTCREAT, "%s can't be removed: look at the home's disk", name);
	return 0;
}
