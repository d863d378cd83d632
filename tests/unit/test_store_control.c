/* The control socket's connections: bodies flow as fast as the client takes them, and a client may leave at
 * any moment. The acts are the test's own. */
#include "store_scene.h"

#include "control.h"
#include "no_descriptors.h"

#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET      "control.sock"
#define BODY_PIECES 64 /* of CONTROL_BODY_MAX: far more than a socket and the store hold */

static size_t pieces_made;
static unsigned int dropped;
static struct control_call *held;

static void drop(struct control_call *call)
{
	(void)call;
	dropped++;
}

static void more(struct control_call *call)
{
	static const uint8_t piece[CONTROL_BODY_MAX];
	bool room = true;

	while (room && pieces_made < BODY_PIECES) {
		pieces_made++;
		room = control_body(call, piece, sizeof piece);
	}
	if (pieces_made == BODY_PIECES)
		control_done(call, json_object());
	else
		control_want_more(call);
}

static void stream(struct control_call *call)
{
	call->drop = drop;
	call->more = more;
	control_progress(call, json_pack("{s:i}", "total", BODY_PIECES));
	more(call);
}

static void hold(struct control_call *call)
{
	call->drop = drop;
	control_hold(call);
	held = call;
}

static void tell_signers(struct control_call *call)
{
	control_done(call, json_pack("{s:s, s:i, s:b}", "first", call->admins[0], "count",
				   (int)call->admin_count, "threshold", (int)call->by_threshold));
}

/* Takes the place of the store's own table. */
const struct control_act *control_act_of(const char *name)
{
	static const struct control_act acts[] = { { "stream", stream, false, CONTROL_SKEW_SECONDS },
		{ "hold", hold, false, CONTROL_SKEW_SECONDS }, { "signers", tell_signers, true, 7 * 86400 } };

	for (size_t i = 0; i < COUNT_OF(acts); i++)
		if (strcmp(acts[i].name, name) == 0)
			return &acts[i];
	return NULL;
}

struct client {
	int fd;
	struct buffer arrived;
};

static int begin(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	struct scene *scene;
	int fd;

	if (scene_begin(state) != 0)
		return -1;
	scene = *state;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pieces_made = dropped = 0;
	held = NULL;
	return bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 16) == 0
		       ? control_listen(&scene->store, fd)
		       : -1;
}

static int end(void **state)
{
	struct scene *scene = *state;

	control_free(scene->store.control);
	return scene_end(state);
}

static struct client ask(struct scene *scene, const char *act, int64_t skew)
{
	struct control_request request = { .roster = scene->store.roster->version,
		.created = store_now(&scene->store) + skew };
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	struct client client = { .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
		.arrived = buffer_of(2 * BODY_PIECES * CONTROL_BODY_MAX) };
	struct buffer frame = buffer_of(CONTROL_REQUEST_MAX);
	uint8_t public[32], secret[64];

	fixture_key(ADA, public, secret);
	memcpy(request.act, act, strlen(act));
	request_nonce_new(request.nonce);
	assert_int_equal(control_request_sign(&request, scene->store.fingerprint, secret), 0);
	assert_int_equal(control_request_put(&frame, &request), 0);
	assert_int_equal(connect(client.fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(send(client.fd, frame.data, frame.len, 0), (ssize_t)frame.len);
	assert_int_equal(fcntl(client.fd, F_SETFL, O_NONBLOCK), 0);
	buffer_free(&frame);
	scene_run(scene);
	return client;
}

/* What has come so far; true at the end of the connection. */
static bool take(struct client *client)
{
	uint8_t bytes[64 * 1024];
	ssize_t got;

	while ((got = recv(client->fd, bytes, sizeof bytes, 0)) > 0)
		buffer_put(&client->arrived, bytes, (size_t)got);
	return got == 0;
}

static void leave(struct client *client)
{
	close(client->fd);
	buffer_free(&client->arrived);
}

static enum control_kind next_frame(struct reader *in, struct reader *ret_content)
{
	enum control_kind kind;

	assert_int_equal(control_frame_next(in, &kind, ret_content), 1);
	return kind;
}

static void a_body_waits_for_its_reader(void **state)
{
	struct scene *scene = *state;
	struct client client = ask(scene, "stream", 0);
	struct reader in, content;

	assert_true(pieces_made > 0);
	assert_true(pieces_made < BODY_PIECES / 2);
	while (!take(&client))
		scene_run(scene);
	assert_int_equal(pieces_made, BODY_PIECES);
	assert_int_equal(dropped, 1);
	in = reader_of(client.arrived.data, client.arrived.len);
	assert_int_equal(next_frame(&in, &content), CONTROL_PROGRESS);
	for (size_t i = 0; i < BODY_PIECES; i++) {
		assert_int_equal(next_frame(&in, &content), CONTROL_BODY);
		assert_int_equal(content.left, CONTROL_BODY_MAX);
	}
	assert_int_equal(next_frame(&in, &content), CONTROL_DONE);
	assert_int_equal(in.left, 0);
	leave(&client);
}

static void who_leaves_ends_her_act(void **state)
{
	struct scene *scene = *state;
	struct client client = ask(scene, "stream", 0);

	leave(&client);
	scene_run(scene);
	assert_int_equal(dropped, 1);
	assert_true(pieces_made < BODY_PIECES);
}

static void a_held_call_outlives_its_client(void **state)
{
	struct scene *scene = *state;
	struct client client = ask(scene, "hold", 0);

	assert_non_null(held);
	leave(&client);
	scene_run(scene);
	assert_int_equal(dropped, 1);
	assert_true(control_body(held, "x", 1));
	control_want_more(held);
	control_done(held, json_object());
	assert_int_equal(dropped, 1);
	control_release(held);
}

static void a_held_call_is_answered_when_it_is_time(void **state)
{
	struct scene *scene = *state;
	struct client client = ask(scene, "hold", 0);
	struct reader in, content;

	assert_false(take(&client));
	control_refuse(held, 75, "%s: later", "not yet");
	control_release(held);
	scene_run(scene);
	assert_true(take(&client));
	in = reader_of(client.arrived.data, client.arrived.len);
	assert_int_equal(next_frame(&in, &content), CONTROL_REFUSED);
	assert_int_equal(in.left, 0);
	leave(&client);
}

/* Memory was short: the client sees an end, and asks again. */
static void an_answer_that_is_lost_ends_the_connection(void **state)
{
	struct scene *scene = *state;
	struct client client = ask(scene, "hold", 0);

	control_done(held, NULL);
	control_release(held);
	scene_run(scene);
	assert_true(take(&client));
	assert_int_equal(client.arrived.len, 0);
	assert_int_equal(dropped, 1);
	leave(&client);
}

static void the_end_of_the_store_ends_every_act(void **state)
{
	struct scene *scene = *state;
	struct client held_one = ask(scene, "hold", 0), streaming = ask(scene, "stream", 0);

	control_free(scene->store.control);
	scene->store.control = NULL;
	assert_int_equal(dropped, 2);
	control_release(held);
	leave(&held_one);
	leave(&streaming);
}

static void the_act_knows_who_has_signed(void **state)
{
	struct scene *scene = *state;
	struct client client = ask(scene, "signers", -6 * 86400); /* its row allows a week */
	struct reader in, content;

	assert_true(take(&client));
	in = reader_of(client.arrived.data, client.arrived.len);
	assert_int_equal(next_frame(&in, &content), CONTROL_DONE);
	assert_memory_equal(content.at, "{\"count\":1,\"first\":\"ada\",\"threshold\":true}", content.left);
	leave(&client);
}

static void a_lifetime_ends(void **state)
{
	struct scene *scene = *state;
	struct client client = ask(scene, "signers", -7 * 86400 - 1);
	struct reader in, content;

	assert_true(take(&client));
	in = reader_of(client.arrived.data, client.arrived.len);
	assert_int_equal(next_frame(&in, &content), CONTROL_REFUSED);
	leave(&client);
}

/* The store has more to do than to fail at this again and again. */
static void without_descriptors_it_waits(void **state)
{
	struct scene *scene = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	const int waiting = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct client client;
	struct rlimit before;

	assert_int_equal(connect(waiting, (struct sockaddr *)&address, sizeof address), 0);
	before = no_descriptors();
	assert_in_range(turns_of(scene->store.base), 1, 60);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	(void)turns_of(scene->store.base);
	client = ask(scene, "signers", 0);
	assert_true(take(&client));
	assert_true(client.arrived.len > 0);
	leave(&client);
	close(waiting);
}

#define WITH_SOCKET(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SOCKET(a_body_waits_for_its_reader),
		WITH_SOCKET(who_leaves_ends_her_act),
		WITH_SOCKET(a_held_call_outlives_its_client),
		WITH_SOCKET(a_held_call_is_answered_when_it_is_time),
		WITH_SOCKET(an_answer_that_is_lost_ends_the_connection),
		WITH_SOCKET(the_end_of_the_store_ends_every_act),
		WITH_SOCKET(the_act_knows_who_has_signed),
		WITH_SOCKET(a_lifetime_ends),
		WITH_SOCKET(without_descriptors_it_waits),
	};

	signal(SIGPIPE, SIG_IGN); /* as the supervisor starts the store */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
