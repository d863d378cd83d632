#include "store_scene.h"

#include "offers.h"

#include "audit.h"
#include "escalation.h"
#include "outbox.h"

#include "keys/clock.h"
#include "keys/token_keys.h"
#include "proto/alert_list.h"
#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/event.h"

#include <event2/event.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define SCENE_AUTHORITY "help.example.org:8443"
#define IDLE_TURNS      8 /* of the loop in which nothing came: then nothing more will */
#define FILE_MAX        (8 * 1024 * 1024)

/* --- the test's end of the channel */

static int keep_answer(struct scene *scene, struct reader *in)
{
	struct message_answer message;
	struct scene_answer *answer;

	if (message_answer_get(in, &message) != 0 || message.id >= SCENE_ANSWERS)
		return -1;
	answer = &scene->answers[message.id];
	assert_false(answer->is_here);
	answer->is_here = true;
	answer->status = message.status;
	answer->close = message.close;
	answer->content_length = message.content_length;
	snprintf(answer->content_type, sizeof answer->content_type, "%s", message.content_type);
	snprintf(answer->offset, sizeof answer->offset, "%s", message.upload_offset);
	snprintf(answer->complete, sizeof answer->complete, "%s", message.upload_complete);
	snprintf(answer->location, sizeof answer->location, "%s", message.location);
	snprintf(answer->content_digest, sizeof answer->content_digest, "%s", message.content_digest);
	snprintf(answer->signature, sizeof answer->signature, "%s", message.answer_signature);
	return 0;
}

static int keep_body(struct scene *scene, struct reader *in)
{
	struct message_request_body message;

	if (message_request_body_get(in, &message) != 0 || message.id >= SCENE_ANSWERS)
		return -1;
	buffer_put(&scene->answers[message.id].body, message.data, message.len);
	/* As a front that passes everything on at once. */
	return message_credit_put(channel_out(scene->front), MESSAGE_ANSWER_TAKEN,
		&(struct message_credit){ .id = message.id, .bytes = (uint32_t)message.len });
}

static int on_message(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	struct scene *scene = context;
	struct message_credit credit;
	struct message_request_id id;

	(void)passed_fd;
	if (type == MESSAGE_ANSWER)
		return keep_answer(scene, message);
	if (type == MESSAGE_ANSWER_BODY)
		return keep_body(scene, message);
	if (type == MESSAGE_BODY_WANTED)
		return message_credit_get(message, &credit);
	if (type != MESSAGE_DECOY || message_request_id_get(message, &id) != 0 || id.id >= SCENE_ANSWERS)
		return -1;
	scene->answers[id.id].is_here = scene->answers[id.id].is_decoy = true;
	return 0;
}

static void on_ended(void *context, const char *reason)
{
	(void)context;
	fail_msg("the store ended the channel: %s", reason);
}

static void connect_front(struct scene *scene)
{
	struct channel_options options = { .base = scene->store.base,
		.me = ROLE_FRONT,
		.peer = ROLE_STORE,
		.on_message = on_message,
		.on_ended = on_ended,
		.context = scene };
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(front_attach(&scene->store, ends[0]), 0);
	options.fd = ends[1];
	scene->front = channel_new(&options);
	assert_non_null(scene->front);
}

/* --- the store, as store.c puts it together */

void (*scene_shape_roster)(struct roster *roster);

static void offer_roster(struct store *store, const struct keyring *keyring)
{
	struct roster *roster = fixture_roster();
	struct buffer note = buffer_of(ROSTER_MAX_BYTES);
	uint8_t public_key[32], secret_key[64];
	struct fault fault;

	assert_non_null(roster);
	memcpy(roster->receipt_key, store->receipt_key, sizeof roster->receipt_key);
	assert_int_equal(token_key_lines(keyring, roster), 0);
	if (scene_shape_roster != NULL)
		scene_shape_roster(roster);
	fixture_key(ADA, public_key, secret_key);
	assert_int_equal(roster_sign(roster, "ada", secret_key, &fault), 0);
	assert_int_equal(roster_write_note(roster, &note), 0);
	assert_int_equal(rosters_offer(store, note.data, note.len, &fault), 0);
	buffer_free(&note);
	roster_free(roster);
}

void scene_start(struct scene *scene)
{
	struct store *store = &scene->store;
	struct fault fault;

	memset(store, 0, sizeof *store);
	store->base = event_base_new();
	assert_non_null(store->base);
	assert_int_equal(event_base_priority_init(store->base, 2), 0);
	store_clock_start(store);
	store->start_wall += scene->ahead;
	store->receipt_secret_key = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	assert_non_null(store->receipt_secret_key);
	assert_int_equal(keyring_receipt_key(
				 &scene->keyring->receipts[0], store->receipt_secret_key, store->receipt_key),
		0);
	store->keyring = scene->keyring;
	assert_int_equal(seal_new(scene->keyring, &store->seal, &fault), 0);
	assert_int_equal(token_epochs_load(store, scene->keyring, &fault), 0);
	store->backend = opened();
	memcpy(store->base_path, SCENE_BASE, sizeof SCENE_BASE);
	store->max_report_bytes = FILE_MAX;
	/* Many a test goes back in time at a restart, which a real store refuses. */
	assert_true(store_clock_check(store, &fault) == 0 || strstr(fault.text, "the clock") != NULL);
	indexes_start(store);
	assert_int_equal(audit_load(store, &fault), 0);
	assert_int_equal(rosters_load(store, &fault), 0);
	offer_roster(store, scene->keyring);
	store->alerts = calloc(ALERTS_MAX, sizeof *store->alerts);
	assert_non_null(store->alerts);
	assert_int_equal(nonces_load(store), 0);
	assert_int_equal(group_start(store), 0);
	assert_int_equal(outbox_load(store), 0);
	assert_int_equal(escalation_load(store), 0);
	assert_int_equal(releases_load(store), 0);
	assert_int_equal(chores_start(store), 0);
	assert_int_equal(headers_start(store), 0);
	assert_int_equal(offers_load(store), 0);
	connect_front(scene);
}

void scene_stop(struct scene *scene)
{
	struct store *store = &scene->store;

	channel_free(scene->front);
	fronts_free(store);
	nonces_free(store);
	audit_free(store);
	chores_end(store);
	outbox_free(store);
	headers_free(store);
	offers_free(store);
	event_free(store->commit_event);
	event_free(store->release_event);
	escalation_free(store);
	held_free(store->held);
	backend_close(store->backend);
	seal_free(store->seal);
	token_epochs_free(store);
	roster_free(store->roster);
	free(store->alerts);
	sodium_free(store->receipt_secret_key);
	event_base_free(store->base);
}

int scene_begin(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);
	struct fault fault;

	if (scene == NULL || proto_init() != 0 || enter_folder(&scene->folder) != 0 ||
		keyring_new(&scene->keyring) != 0 ||
		token_epoch_new(scene->keyring, clock_wall_seconds(), &fault) != 0)
		return -1;
	for (size_t i = 0; i < SCENE_ANSWERS; i++)
		scene->answers[i].body = buffer_of(FILE_MAX);
	scene->urgency = URGENCY_URGENT;
	scene_start(scene);
	*state = scene;
	return 0;
}

int scene_end(void **state)
{
	struct scene *scene = *state;
	void *folder = scene->folder;

	scene_stop(scene);
	for (size_t i = 0; i < SCENE_ANSWERS; i++)
		buffer_free(&scene->answers[i].body);
	keyring_free(scene->keyring);
	free(scene);
	return leave_folder(&folder);
}

void scene_set_now(struct scene *scene, int64_t now)
{
	int64_t more = now - store_now(&scene->store);

	scene->ahead += more;
	scene->store.start_wall += more;
	escalation_run(&scene->store);
	scene_run(scene);
}

void scene_restart(struct scene *scene)
{
	scene_stop(scene);
	scene_start(scene);
}

/* --- requests */

static const char *or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static void sign(struct scene *scene, const struct scene_ask *ask, const char *target, const char *authority,
	struct signature_fields *fields)
{
	char path[1024];
	const char *query = strchr(target, '?');
	struct signed_request request = {
		.method = http_method_word(ask->method), .authority = authority, .path = path
	};
	uint8_t public_key[32], secret_key[64];

	snprintf(path, sizeof path, "%.*s", query == NULL ? (int)strlen(target) : (int)(query - target),
		target);
	request.query = query == NULL ? "" : query + 1;
	assert_int_equal(sha256_once(ask->len == 0 ? "" : ask->body, ask->len, request.digest), 0);
	if (ask->nonce != NULL)
		snprintf(scene->nonce, sizeof scene->nonce, "%s", ask->nonce);
	else
		request_nonce_new(scene->nonce);
	fixture_key((uint8_t)ask->signer, public_key, secret_key);
	assert_int_equal(request_signature_make(&request, store_now(&scene->store) + ask->skew, scene->nonce,
				 secret_key, fields),
		0);
}

uint32_t scene_put(struct scene *scene, const struct scene_ask *ask)
{
	struct signature_fields fields = { .content_digest = "" };
	char target[1024], signed_target[1024];
	struct message_request message = { .id = scene->next++,
		.method = ask->method,
		.target = target,
		.authority = ask->authority == NULL ? SCENE_AUTHORITY : ask->authority,
		.has_body = ask->method != METHOD_GET && ask->method != METHOD_HEAD &&
			    ask->method != METHOD_DELETE,
		.content_length = ask->len,
		.content_digest = fields.content_digest,
		.signature_input = fields.signature_input,
		.signature = fields.signature,
		.authorization = or_empty(ask->authorization),
		.mailbox_key = or_empty(ask->mailbox_key),
		.hold_key = or_empty(ask->hold_key),
		.upload_key = or_empty(ask->upload_key),
		.upload_offset = or_empty(ask->upload_offset),
		.upload_complete = or_empty(ask->upload_complete),
		.content_type = ask->content_type != NULL     ? ask->content_type
				: ask->method == METHOD_PATCH ? "application/partial-upload"
							      : "" };

	assert_true(message.id < SCENE_ANSWERS);
	snprintf(target, sizeof target, "/" SCENE_BASE "/v1/%s", ask->path);
	snprintf(signed_target, sizeof signed_target, "/" SCENE_BASE "/v1/%s",
		ask->signed_path == NULL ? ask->path : ask->signed_path);
	if (ask->signer != NOBODY)
		sign(scene, ask, signed_target, message.authority, &fields);
	assert_int_equal(message_request_put(channel_out(scene->front), &message), 0);
	if (ask->len > 0)
		scene_put_body(scene, message.id, ask->body, ask->send == 0 ? ask->len : ask->send);
	return message.id;
}

void scene_put_body(struct scene *scene, uint32_t id, const uint8_t *data, size_t len)
{
	while (len > 0) {
		struct message_request_body piece = { .id = id, .data = data, .len = len };

		if (piece.len > CHANNEL_BODY_MAX)
			piece.len = CHANNEL_BODY_MAX;
		assert_int_equal(
			message_request_body_put(channel_out(scene->front), MESSAGE_REQUEST_BODY, &piece), 0);
		data += piece.len;
		len -= piece.len;
	}
}

void scene_put_gone(struct scene *scene, uint32_t id)
{
	assert_int_equal(message_request_id_put(channel_out(scene->front), MESSAGE_REQUEST_GONE,
				 &(struct message_request_id){ .id = id }),
		0);
}

static size_t heard(const struct scene *scene)
{
	size_t bytes = channel_backlog(scene->front);

	for (size_t i = 0; i < SCENE_ANSWERS; i++)
		bytes += scene->answers[i].is_here + scene->answers[i].body.len;
	return bytes;
}

void scene_run(struct scene *scene)
{
	channel_flush(scene->front);
	for (int idle = 0; idle < IDLE_TURNS; idle++) {
		size_t before = heard(scene);

		assert_true(event_base_loop(scene->store.base, EVLOOP_NONBLOCK) >= 0);
		if (heard(scene) != before || backend_in_group(scene->store.backend))
			idle = 0;
	}
}

const struct scene_answer *scene_ask(struct scene *scene, const struct scene_ask *ask)
{
	uint32_t id = scene_put(scene, ask);

	scene_run(scene);
	assert_true(scene->answers[id].is_here);
	return &scene->answers[id];
}

bool answer_says(const struct scene_answer *answer, const char *word)
{
	char type[64];

	snprintf(type, sizeof type, "/problems/%s\"", word);
	return answer->body.data != NULL &&
	       memmem(answer->body.data, answer->body.len, type, strlen(type)) != NULL;
}

void scene_break_disk(struct scene *scene, bool broken)
{
	struct rlimit limit;

	(void)scene;
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = broken ? 0 : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}
