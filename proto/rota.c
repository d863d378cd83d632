#include "proto/rota.h"

#include "proto/digest.h"
#include "proto/json.h"
#include "proto/signed_objects.h"
#include "proto/time.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S          86400
#define LINES_MAX      1024
#define DUTY_LINES_MAX (ROTA_DUTIES_MAX * (NAME_SIZE + 2 * TIME_SIZE))

struct rota *rota_new(void)
{
	return calloc(1, sizeof(struct rota));
}

void rota_free(struct rota *rota)
{
	if (rota == NULL)
		return;
	free(rota->duties);
	free(rota->content);
	free(rota);
}

static int compare(const struct duty *one, const struct duty *other)
{
	if (one->from != other->from)
		return one->from < other->from ? -1 : 1;
	return strcmp(one->officer, other->officer);
}

static int by_start(const void *left, const void *right)
{
	return compare(left, right);
}

int rota_set_duties(struct rota *rota, const struct duty *duties, size_t count)
{
	struct duty *copy;

	if (count > ROTA_DUTIES_MAX)
		return -1;
	copy = calloc(count + 1, sizeof(*copy));
	if (copy == NULL)
		return -1;
	if (count > 0) {
		memcpy(copy, duties, count * sizeof(*copy));
		qsort(copy, count, sizeof(*copy), by_start);
	}
	free(rota->duties);
	rota->duties = copy;
	rota->duty_count = count;
	return 0;
}

int rota_set_content(struct rota *rota, const uint8_t *content, size_t len)
{
	uint8_t *copy;

	if (len == 0 || len > ROTA_CONTENT_MAX)
		return -1;
	copy = malloc(len);
	if (copy == NULL)
		return -1;
	memcpy(copy, content, len);
	free(rota->content);
	rota->content = copy;
	rota->content_len = len;
	return 0;
}

/* --- what is signed */

static int duties_digest(const struct rota *rota, uint8_t ret_digest[SHA256_BYTES])
{
	struct buffer lines = buffer_of(DUTY_LINES_MAX);
	int rc;

	for (size_t i = 0; i < rota->duty_count; i++) {
		char from[TIME_SIZE], to[TIME_SIZE];

		time_format(rota->duties[i].from, from);
		time_format(rota->duties[i].to, to);
		buffer_put_format(&lines, "%s %s %s\n", rota->duties[i].officer, from, to);
	}
	rc = buffer_ok(&lines);
	if (rc == 0)
		rc = sha256_once(
			lines.data == NULL ? (const uint8_t *)"" : lines.data, lines.len, ret_digest);
	buffer_free(&lines);
	return rc;
}

static int put_lines(const struct rota *rota, const char *organisation, struct buffer *out)
{
	uint8_t digest[SHA256_BYTES];
	char previous[SHA256_HEX_CHARS + 1], duties[SHA256_HEX_CHARS + 1], content[SHA256_HEX_CHARS + 1];
	char created[TIME_SIZE];

	if (rota->content == NULL || duties_digest(rota, digest) != 0)
		return -1;
	hex_encode(digest, sizeof(digest), duties);
	if (sha256_once(rota->content, rota->content_len, digest) != 0)
		return -1;
	hex_encode(digest, sizeof(digest), content);
	hex_encode(rota->previous, sizeof(rota->previous), previous);
	time_format(rota->created, created);
	buffer_put_format(out, "clarion-rota/1\n%s\n%s\n%llu\n%llu\n%s\n%s\n%s\n%s\n", organisation,
		rota->desk, (unsigned long long)rota->roster, (unsigned long long)rota->number, previous,
		duties, content, created);
	return buffer_ok(out);
}

int rota_digest(const struct rota *rota, const char *organisation, uint8_t ret_digest[SHA256_BYTES])
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = put_lines(rota, organisation, &lines);

	if (rc == 0)
		rc = sha256_once(lines.data, lines.len, ret_digest);
	buffer_free(&lines);
	return rc;
}

int rota_sign(struct rota *rota, const char *organisation, const uint8_t secret_key[64])
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = put_lines(rota, organisation, &lines);

	if (rc == 0)
		rc = crypto_sign_detached(rota->signature, NULL, lines.data, lines.len, secret_key);
	if (rc == 0)
		rc = crypto_sign_ed25519_sk_to_pk(rota->keyid, secret_key);
	buffer_free(&lines);
	return rc;
}

int rota_verify(const struct rota *rota, const char *organisation)
{
	struct buffer lines = buffer_of(LINES_MAX);
	int rc = put_lines(rota, organisation, &lines);

	if (rc == 0)
		rc = crypto_sign_verify_detached(rota->signature, lines.data, lines.len, rota->keyid);
	buffer_free(&lines);
	return rc;
}

/* --- JSON, members in the order of their names */

static int put_content(const struct rota *rota, struct buffer *out)
{
	char *text = malloc(BASE64_CHARS(rota->content_len) + 1);

	if (text == NULL)
		return -1;
	base64_encode(BASE64_PADDED, rota->content, rota->content_len, text);
	buffer_put_string(out, "{\"content\":\"");
	buffer_put_string(out, text);
	free(text);
	return 0;
}

int rota_write(const struct rota *rota, struct buffer *out)
{
	char created[TIME_SIZE], from[TIME_SIZE], to[TIME_SIZE], previous[SHA256_HEX_CHARS + 1];
	char keyid[BASE64_CHARS(ED25519_PUBLIC_BYTES) + 1],
		signature[BASE64_CHARS(ED25519_SIGNATURE_BYTES) + 1];

	if (rota->content == NULL || put_content(rota, out) != 0)
		return -1;
	time_format(rota->created, created);
	hex_encode(rota->previous, SHA256_BYTES, previous);
	base64_encode(BASE64_URL, rota->keyid, ED25519_PUBLIC_BYTES, keyid);
	base64_encode(BASE64_PADDED, rota->signature, ED25519_SIGNATURE_BYTES, signature);
	buffer_put_format(out, "\",\"created\":\"%s\",\"desk\":\"%s\",\"duties\":[", created, rota->desk);
	for (size_t i = 0; i < rota->duty_count; i++) {
		time_format(rota->duties[i].from, from);
		time_format(rota->duties[i].to, to);
		buffer_put_format(out, "%s{\"from\":\"%s\",\"officer\":\"%s\",\"to\":\"%s\"}",
			i == 0 ? "" : ",", from, rota->duties[i].officer, to);
	}
	buffer_put_format(out,
		"],\"keyid\":\"%s\",\"number\":%llu,\"previous\":\"%s\",\"roster\":%llu,\"signature\":\"%"
		"s\"}",
		keyid, (unsigned long long)rota->number, previous, (unsigned long long)rota->roster,
		signature);
	return buffer_ok(out);
}

static int take_duty(const json_t *object, const struct rota *rota, struct duty *duty)
{
	static const char *const members[] = { "from", "officer", "to" };
	const char *text = NULL;
	size_t len = 0;

	if (members_are(object, members, COUNT_OF(members)) != 0 ||
		member_time(object, "from", &duty->from) != 0 || member_time(object, "to", &duty->to) != 0 ||
		member_text(object, "officer", &text, &len) != 0 || name_of(text, len, duty->officer) != 0)
		return -1;
	return duty->to > duty->from && duty->to - duty->from <= ROTA_DUTY_MAX_S &&
			       duty->to <= rota->created + (int64_t)ROTA_AHEAD_DAYS * DAY_S
		       ? 0
		       : -1;
}

static int take_duties(const json_t *list, struct rota *rota)
{
	size_t count = json_array_size(list);

	if (!json_is_array(list) || count > ROTA_DUTIES_MAX)
		return -1;
	rota->duties = calloc(count + 1, sizeof(*rota->duties));
	if (rota->duties == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (take_duty(json_array_get(list, i), rota, &rota->duties[i]) != 0 ||
			(i > 0 && compare(&rota->duties[i - 1], &rota->duties[i]) >= 0))
			return -1;
	}
	rota->duty_count = count;
	return 0;
}

static int take_content(const json_t *object, struct rota *rota)
{
	const char *text = NULL;
	size_t len = 0;

	if (member_text(object, "content", &text, &len) != 0 || len == 0 ||
		len > BASE64_CHARS(ROTA_CONTENT_MAX))
		return -1;
	rota->content = malloc(len);
	return rota->content == NULL ? -1
				     : base64_decode(BASE64_PADDED, text, len, rota->content,
					       ROTA_CONTENT_MAX, &rota->content_len);
}

static int take_rota(const json_t *object, struct rota *rota, struct fault *fault)
{
	static const char *const members[] = { "content", "created", "desk", "duties", "keyid", "number",
		"previous", "roster", "signature" };
	const char *text = NULL;
	size_t len = 0;

	if (members_are(object, members, COUNT_OF(members)) != 0)
		return fault_set(fault, "the rota has not exactly the members of the protocol");
	if (member_text(object, "desk", &text, &len) != 0 || name_of(text, len, rota->desk) != 0)
		return fault_set(fault, "the rota's `desk` must be a desk's name");
	if (member_number(object, "number", &rota->number) != 0 || rota->number < 1 ||
		member_hex(object, "previous", rota->previous, SHA256_BYTES) != 0 ||
		(rota->number == 1) != (sodium_is_zero(rota->previous, SHA256_BYTES) == 1))
		return fault_set(fault,
			"the rota's `number` counts from 1, and `previous` is 64 zeros for it and only then");
	if (member_number(object, "roster", &rota->roster) != 0 || rota->roster < 1)
		return fault_set(fault, "the rota's `roster` must be a version");
	if (member_time(object, "created", &rota->created) != 0)
		return fault_set(fault, "the rota's `created` must be a time in UTC");
	if (take_duties(json_object_get(object, "duties"), rota) != 0)
		return fault_set(fault, "the rota's `duties` must be in order, none twice, each with an "
					"officer and two times");
	if (take_content(object, rota) != 0)
		return fault_set(fault, "the rota's `content` must be padded base64 of at most %d bytes",
			ROTA_CONTENT_MAX);
	if (member_base64(object, "keyid", BASE64_URL, rota->keyid, ED25519_PUBLIC_BYTES) != 0 ||
		member_base64(object, "signature", BASE64_PADDED, rota->signature, ED25519_SIGNATURE_BYTES) !=
			0)
		return fault_set(fault, "the rota's `keyid` or `signature` is malformed");
	return 0;
}

int rota_parse(const char *json, size_t len, struct rota **ret_rota, struct fault *fault)
{
	struct rota *rota = NULL;
	json_t *object = NULL;
	int rc = -1;

	if (json_parse(json, len, ROTA_MAX, &object, fault) != 0)
		return -1;
	rota = rota_new();
	if (rota == NULL) {
		rc = fault_set(fault, "there is not enough memory for the rota");
		goto cleanup;
	}
	if (take_rota(object, rota, fault) != 0)
		goto cleanup;
	*ret_rota = rota;
	rota = NULL;
	rc = 0;
cleanup:
	rota_free(rota);
	json_decref(object);
	return rc;
}

bool rota_covers(const struct rota *rota, const char *officer, int64_t at)
{
	for (size_t i = 0; i < rota->duty_count; i++) {
		const struct duty *duty = &rota->duties[i];

		if (duty->from <= at && at < duty->to &&
			(officer == NULL || strcmp(duty->officer, officer) == 0))
			return true;
	}
	return false;
}
