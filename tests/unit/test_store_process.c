/* The store as a process of its own, as the supervisor starts it: set up, locked in, drained; and what it
 * says when it can't begin. */
#include "backend_fixture.h"
#include "raw_front.h"

#include "base/process.h"
#include "store/store.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>

#define USER        60900
#define PATIENCE_MS 8000
#define STEP_MS     10

/* What the supervisor hands over; a test leaves something out or changes it. */
struct setting {
	struct keyring *keyring;
	struct buffer note;
	const char *base;
	bool no_limits;
};

struct daemon {
	struct event_base *base;
	struct channel *supervisor;
	pid_t pid;
	int front; /* the test's end */
	bool ready, ended;
	char failed[256];
};

static int on_supervisor(void *context, enum message_type type, struct reader *message, int fd)
{
	struct daemon *daemon = context;
	struct message_failed failed;

	assert_int_equal(fd, -1);
	if (type == MESSAGE_READY)
		daemon->ready = true;
	else if (type == MESSAGE_FAILED && message_failed_get(message, &failed) == 0)
		snprintf(daemon->failed, sizeof daemon->failed, "%s", failed.text);
	return 0;
}

static void on_supervisor_end(void *context, const char *reason)
{
	(void)reason;
	((struct daemon *)context)->ended = true;
}

static void step(struct daemon *daemon)
{
	const struct timeval wait = { .tv_usec = STEP_MS * 1000 };

	event_base_loopexit(daemon->base, &wait);
	event_base_dispatch(daemon->base);
}

static void say_setting(struct daemon *daemon, const char *name, const char *value)
{
	assert_int_equal(message_setting_put(
				 channel_out(daemon->supervisor), &(struct message_setting){ name, value }),
		0);
}

static void say_file(struct daemon *daemon, enum file_kind kind, const char *name, const struct buffer *file)
{
	const struct message_file message = { kind, name, file->data, file->len };

	assert_int_equal(message_file_put(channel_out(daemon->supervisor), &message), 0);
}

static void set_up(struct daemon *daemon, const struct setting *setting, const char *folder)
{
	struct buffer keyring = buffer_of(KEYRING_MAX_BYTES);
	int ends[2];

	say_setting(daemon, "store", folder);
	say_setting(daemon, "user", "60900");
	say_setting(daemon, "allow_no_landlock", "yes");
	if (setting->base != NULL)
		say_setting(daemon, "base", setting->base);
	if (!setting->no_limits) {
		say_setting(daemon, "max_report_bytes", "1000000");
		say_setting(daemon, "capacity_bytes", "100000000");
	}
	if (setting->keyring != NULL) {
		assert_int_equal(keyring_write(setting->keyring, &keyring), 0);
		say_file(daemon, FILE_KEYRING, "", &keyring);
	}
	if (setting->note.len > 0)
		say_file(daemon, FILE_ROSTER, "1.note", &setting->note);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(
		channel_send_fd(daemon->supervisor, &(struct message_socket){ SOCKET_FRONT }, ends[0]), 0);
	close(ends[0]);
	daemon->front = ends[1];
	assert_int_equal(message_empty_put(channel_out(daemon->supervisor), MESSAGE_START), 0);
	buffer_free(&keyring);
}

static void daemon_start(struct daemon *daemon, const struct setting *setting, const char *folder)
{
	struct channel_options options = { .me = ROLE_SUPERVISOR,
		.peer = ROLE_STORE,
		.on_message = on_supervisor,
		.on_ended = on_supervisor_end,
		.context = daemon };
	int ends[2];

	*daemon = (struct daemon){ .base = event_base_new() };
	assert_non_null(daemon->base);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	daemon->pid = fork();
	assert_true(daemon->pid >= 0);
	if (daemon->pid == 0) {
		/* As after the exec of a role: nothing open but the channel. */
		if (dup2(ends[1], 3) != 3)
			_exit(99);
		process_close_from(4);
		_exit(store_main(3));
	}
	close(ends[1]);
	options.base = daemon->base;
	options.fd = ends[0];
	daemon->supervisor = channel_new(&options);
	assert_non_null(daemon->supervisor);
	set_up(daemon, setting, folder);
	for (int ms = 0; ms < PATIENCE_MS && !daemon->ready && !daemon->ended; ms += STEP_MS)
		step(daemon);
}

/* Its exit status. */
static int daemon_end(struct daemon *daemon)
{
	int status = 0;
	pid_t ended = 0;

	if (!daemon->ended) {
		assert_int_equal(message_empty_put(channel_out(daemon->supervisor), MESSAGE_DRAIN), 0);
		channel_flush(daemon->supervisor);
	}
	for (int ms = 0; ms < PATIENCE_MS && ended == 0; ms += STEP_MS) {
		step(daemon);
		ended = waitpid(daemon->pid, &status, WNOHANG);
	}
	if (ended == 0) {
		kill(daemon->pid, SIGKILL);
		waitpid(daemon->pid, &status, 0);
		fail_msg("the store doesn't end");
	}
	channel_free(daemon->supervisor);
	event_base_free(daemon->base);
	close(daemon->front);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static struct setting right(void)
{
	struct setting setting = { .base = SCENE_BASE, .note = buffer_of(ROSTER_MAX_BYTES) };
	struct roster *roster = fixture_roster();
	uint8_t public_key[32], secret_key[64], *receipt = sodium_malloc(64);
	struct fault fault;

	assert_true(roster != NULL && receipt != NULL);
	assert_int_equal(keyring_new(&setting.keyring), 0);
	assert_int_equal(keyring_receipt_key(&setting.keyring->receipts[0], receipt, roster->receipt_key), 0);
	fixture_key(ADA, public_key, secret_key);
	assert_int_equal(roster_sign(roster, "ada", secret_key, &fault), 0);
	assert_int_equal(roster_write_note(roster, &setting.note), 0);
	roster_free(roster);
	sodium_free(receipt);
	return setting;
}

static void setting_free(struct setting *setting)
{
	keyring_free(setting->keyring);
	buffer_free(&setting->note);
}

/* The folder as `clariond setup` leaves it: its user's alone. */
static const char *folder_of(void **state)
{
	if (geteuid() == 0)
		assert_int_equal(chown(*state, USER, USER), 0);
	return *state;
}

static void expect_failure(void **state, const struct setting *setting, const char *sentence)
{
	struct daemon daemon;

	daemon_start(&daemon, setting, folder_of(state));
	assert_false(daemon.ready);
	if (strstr(daemon.failed, sentence) == NULL)
		fail_msg("it said: %s", daemon.failed);
	assert_int_equal(daemon_end(&daemon), EX_CONFIG);
}

static void test_it_says_what_is_missing(void **state)
{
	struct setting setting = right(), changed = setting;

	changed.keyring = NULL;
	expect_failure(state, &changed, "no keyring");
	changed = setting;
	changed.base = NULL;
	expect_failure(state, &changed, "no base path");
	changed = setting;
	changed.no_limits = true;
	expect_failure(state, &changed, "no limits");
	changed = setting;
	changed.note.len = 0;
	expect_failure(state, &changed, "no roster");
	setting_free(&setting);
}

static void test_it_refuses_what_does_not_belong_together(void **state)
{
	struct setting ours = right(), others = right(), mixed;
	struct daemon daemon;

	mixed = ours;
	mixed.note = others.note;
	expect_failure(state, &mixed, "receipt key");
	assert_int_equal(remove(NAME), 0);
	daemon_start(&daemon, &ours, folder_of(state));
	assert_true(daemon.ready);
	assert_int_equal(daemon_end(&daemon), EX_OK);
	expect_failure(state, &others, "keyring"); /* of another database */
	setting_free(&ours);
	setting_free(&others);
}

/* What the store notes with its commits: the time. */
static void note_time(const struct keyring *keyring, int64_t time)
{
	static const char name[] = "newest-time";
	struct place place = {
		.column = COLUMN_OWN, .identity = (const uint8_t *)name, .identity_len = sizeof name - 1
	};
	struct backend *backend = opened();
	struct buffer plain = buffer_of(8), sealed = buffer_of(128);
	struct seal *seal = NULL;
	struct fault fault;

	assert_int_equal(seal_new(keyring, &seal, &fault), 0);
	buffer_put_u64(&plain, (uint64_t)time);
	assert_int_equal(seal_put_row(seal, &place, plain.data, plain.len, &sealed), 0);
	assert_int_equal(backend_begin(backend), 0);
	assert_int_equal(
		backend_put(backend, SHELF_OWN, place.identity, place.identity_len, sealed.data, sealed.len),
		0);
	assert_int_equal(backend_commit(backend), 0);
	assert_int_equal(backend_checkpoint(backend), 0);
	backend_close(backend);
	seal_free(seal);
	buffer_free(&plain);
	buffer_free(&sealed);
}

static void give_to_user(const char *name)
{
	if (geteuid() == 0 && chown(name, USER, USER) != 0)
		assert_int_equal(errno, ENOENT);
}

static void test_it_refuses_a_clock_that_went_back(void **state)
{
	struct setting setting = right();
	struct daemon daemon;

	for (int later = 1; later >= 0; later--) {
		note_time(setting.keyring, (int64_t)time(NULL) + (later ? 3600 : -3600));
		give_to_user(NAME);
		give_to_user(NAME "-wal");
		give_to_user(NAME "-shm");
		give_to_user("lock");
		if (later)
			expect_failure(state, &setting, "the clock is earlier");
	}
	daemon_start(&daemon, &setting, folder_of(state));
	assert_true(daemon.ready);
	assert_int_equal(daemon_end(&daemon), EX_OK);
	setting_free(&setting);
}

/* A request to the daemon's front channel; the status of its answer. */
static unsigned ask(const struct daemon *daemon, const char *target)
{
	struct message_request request = request_of(1, METHOD_GET, target, 0);
	struct buffer out = buffer_of(CHANNEL_PEER_FRAME_MAX), in = buffer_of(1024 * 1024);
	struct message_answer answer = { 0 };
	struct reader reader, message;
	enum message_type type = MESSAGE_DECOY;
	uint8_t some[4096];
	ssize_t got = 1;

	assert_int_equal(message_request_put(&out, &request), 0);
	assert_int_equal(send(daemon->front, out.data, out.len, MSG_NOSIGNAL), (ssize_t)out.len);
	do {
		got = recv(daemon->front, some, sizeof some, 0);
		assert_true(got > 0);
		buffer_put(&in, some, (size_t)got);
		reader = reader_of(in.data, in.len);
	} while (frame_next(&reader, CHANNEL_PEER_FRAME_MAX, &type, &message) != 1);
	assert_int_equal(type, MESSAGE_ANSWER);
	assert_int_equal(message_answer_get(&message, &answer), 0);
	buffer_free(&out);
	buffer_free(&in);
	return answer.status;
}

/* Locked in it still serves; a clean end leaves an empty log. */
static void test_it_serves_and_ends(void **state)
{
	struct setting setting = right();
	struct daemon daemon;
	struct stat status;

	for (int again = 0; again < 2; again++) {
		daemon_start(&daemon, &setting, folder_of(state));
		assert_true(daemon.ready);
		assert_int_equal(ask(&daemon, target_of("roster")), 200);
		assert_int_equal(ask(&daemon, target_of("status")), 401);
		assert_int_equal(daemon_end(&daemon), EX_OK);
		assert_true(stat(NAME "-wal", &status) != 0 || status.st_size == 0);
	}
	setting_free(&setting);
}

static int start(void **state)
{
	(void)state;
	return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : proto_init();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_FOLDER(test_it_says_what_is_missing),
		IN_FOLDER(test_it_refuses_what_does_not_belong_together),
		IN_FOLDER(test_it_refuses_a_clock_that_went_back),
		IN_FOLDER(test_it_serves_and_ends),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
