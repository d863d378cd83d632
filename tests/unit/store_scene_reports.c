/* Reports for a scene: sealed, sent, and acknowledged. */
#include "store_scene.h"

#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/event.h"

#define FILE_MAX (8 * 1024 * 1024)

static int to_buffer(void *context, const uint8_t *data, size_t len)
{
	struct buffer *out = context;

	buffer_put(out, data, len);
	return buffer_ok(out);
}

void scene_hold_key(uint8_t ret_secret[64], uint8_t ret_public[ED25519_PUBLIC_BYTES])
{
	uint8_t seed[crypto_sign_SEEDBYTES];

	memset(seed, 'h', sizeof seed);
	assert_int_equal(crypto_sign_seed_keypair(ret_public, ret_secret, seed), 0);
}

void seal_report(
	struct scene *scene, const char *desk, size_t content_len, int64_t release, struct sealed *ret_sealed)
{
	uint8_t recipient[AGE_RECIPIENT_BYTES];
	struct destination *destination = &ret_sealed->destination;
	struct report_sealer_options options = { .recipients =
							 (const uint8_t(*)[AGE_RECIPIENT_BYTES])recipient,
		.recipient_count = 1,
		.destination = destination,
		.sink = to_buffer,
		.sink_context = &ret_sealed->file };
	struct report_sealer *sealer = NULL;
	uint8_t *content = calloc(1, content_len);
	char salt[SALT_HEX_SIZE], arguments[300], hold[64] = "";
	uint8_t hold_secret[crypto_sign_SECRETKEYBYTES], hold_public[ED25519_PUBLIC_BYTES];

	assert_non_null(content);
	fixture_recipient(OLGA, recipient);
	memset(ret_sealed, 0, sizeof *ret_sealed);
	ret_sealed->file = buffer_of(FILE_MAX);
	memcpy(destination->organisation, scene->store.fingerprint, sizeof destination->organisation);
	snprintf(destination->desk, sizeof destination->desk, "%s", desk);
	destination->urgency = scene->urgency;
	randombytes_buf(destination->salt, sizeof destination->salt);
	if (release != 0) {
		time_format(release, destination->release);
		scene_hold_key(hold_secret, hold_public);
		base64_encode(BASE64_URL, hold_public, sizeof hold_public, destination->hold_key);
		snprintf(hold, sizeof hold, "&release=%s", destination->release);
	}
	assert_int_equal(report_sealer_new(&options, &sealer), 0);
	assert_int_equal(report_sealer_entry(sealer, "report.json", content_len), 0);
	assert_int_equal(report_sealer_content(sealer, content, content_len), 0);
	assert_int_equal(report_sealer_finish(sealer, ret_sealed->id), 0);
	report_sealer_free(sealer);
	free(content);
	hex_encode(ret_sealed->id, sizeof ret_sealed->id, ret_sealed->hex);
	hex_encode(destination->salt, sizeof destination->salt, salt);
	snprintf(arguments, sizeof arguments, "desk=%s&urgency=%s&salt=%s&roster=1%s", desk,
		urgency_word(scene->urgency), salt, hold);
	snprintf(ret_sealed->put, sizeof ret_sealed->put, "reports/%s?%s", ret_sealed->hex, arguments);
	snprintf(ret_sealed->upload, sizeof ret_sealed->upload, "uploads?id=%s&length=%zu&%s",
		ret_sealed->hex, ret_sealed->file.len, arguments);
	snprintf(ret_sealed->report, sizeof ret_sealed->report, "reports/%s", ret_sealed->hex);
	snprintf(ret_sealed->events, sizeof ret_sealed->events, "reports/%s/events", ret_sealed->hex);
}

void sealed_free(struct sealed *sealed)
{
	buffer_free(&sealed->file);
}

const struct scene_answer *scene_send(struct scene *scene, const struct sealed *sealed)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_PUT,
					.path = sealed->put,
					.body = sealed->file.data,
					.len = sealed->file.len,
					.hold_key = sealed->destination.hold_key });
}

/* The stanza is sealed to OLGA, whoever else is an officer. */
static void open_file(
	const struct sealed *sealed, uint8_t file_key[AGE_FILE_KEY_BYTES], struct age_header **ret_header)
{
	uint8_t scalar[32];
	struct age_identity *identity;
	struct fault fault;
	bool cut_short;

	memset(scalar, OLGA, sizeof scalar);
	identity = age_identity_of(scalar);
	assert_non_null(identity);
	assert_int_equal(
		age_header_parse(sealed->file.data, sealed->file.len, ret_header, &cut_short, &fault), 0);
	assert_int_equal(age_header_unwrap(*ret_header, identity, file_key, &fault), 0);
	age_identity_free(identity);
}

struct report_event *event_for(struct scene *scene, const struct sealed *sealed)
{
	uint8_t *file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	struct age_header *header = NULL;
	struct report_event *event = report_event_new();

	assert_true(file_key != NULL && event != NULL);
	open_file(sealed, file_key, &header);
	event->number = 1;
	event->type = EVENT_ACK;
	assert_int_equal(sha256_once(sealed->file.data, header->len, event->header), 0);
	event->created = store_now(&scene->store);
	event->roster = 1;
	age_header_free(header);
	sodium_free(file_key);
	return event;
}

void sign_event(
	struct scene *scene, const struct sealed *sealed, enum person officer, struct report_event *event)
{
	uint8_t public_key[32], secret_key[64], proof_public[32];
	uint8_t *file_key = sodium_malloc(AGE_FILE_KEY_BYTES), *proof_key = sodium_malloc(64);
	struct age_header *header = NULL;
	struct event_subject subject;

	assert_true(file_key != NULL && proof_key != NULL);
	open_file(sealed, file_key, &header);
	assert_int_equal(proof_signing_key(file_key, proof_key, proof_public), 0);
	memcpy(subject.organisation, scene->store.fingerprint, sizeof subject.organisation);
	memcpy(subject.report, sealed->hex, sizeof subject.report);
	fixture_key((uint8_t)officer, public_key, secret_key);
	assert_int_equal(event_sign(event, &subject, secret_key, proof_key), 0);
	age_header_free(header);
	sodium_free(file_key);
	sodium_free(proof_key);
}

void write_ack(struct scene *scene, const struct sealed *sealed, enum person officer, uint64_t number,
	struct buffer *out)
{
	struct report_event *event = event_for(scene, sealed);

	event->number = number;
	if (number > 1)
		memset(event->previous, 7, sizeof event->previous);
	sign_event(scene, sealed, officer, event);
	assert_int_equal(event_write(event, out), 0);
	report_event_free(event);
}
