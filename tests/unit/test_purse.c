/* The home's admission tokens: each is one report's, whatever breaks off in between. */
#include "cmocka_all.h"

#include "home_fixture.h"
#include "keys/token_keys.h"
#include "purse.h"
#include "roster_fixture.h"

#include <sodium.h>

#define NOW INT64_C(1795000000)
#define DAY 86400

struct scene {
	struct keyring *keyring;
	struct roster *roster;
	struct home *home;
	struct vault *vault;
	struct queue *queue;
	struct purse *purse;
};

/* As a program that starts: everything comes from the disk. */
static void open_home(struct scene *scene, char *folder)
{
	struct invocation invocation = { .program = "clarion", .folder = "clarion", .home = folder };
	struct failure failure;

	assert_int_equal(home_open(&invocation, HOME_EXISTING, &scene->home, &failure), 0);
	if (vault_is_there(scene->home))
		assert_int_equal(vault_open(scene->home, &invocation, &scene->vault, &failure), 0);
	else
		assert_int_equal(vault_create(scene->home, NULL, &scene->vault, &failure), 0);
	assert_int_equal(queue_load(scene->vault, &scene->queue, &failure), 0);
	assert_int_equal(purse_load(scene->vault, scene->queue, &scene->purse, &failure), 0);
}

/* As a program that ends, or is killed. */
static void close_home(struct scene *scene)
{
	purse_free(scene->purse);
	queue_free(scene->queue);
	vault_free(scene->vault);
	home_close(scene->home);
}

static void start_again(struct scene *scene, char *folder)
{
	close_home(scene);
	open_home(scene, folder);
}

static struct scene begin(char *folder)
{
	struct scene scene = { .roster = fixture_roster() };
	struct fault fault;

	assert_int_equal(keyring_new(&scene.keyring), 0);
	assert_int_equal(token_epoch_new(scene.keyring, NOW, &fault), 0);
	assert_int_equal(token_key_lines(scene.keyring, scene.roster), 0);
	open_home(&scene, folder);
	return scene;
}

static void end(struct scene *scene)
{
	close_home(scene);
	roster_free(scene->roster);
	keyring_free(scene->keyring);
}

static const uint8_t secrets[][INVITATION_SECRET_BYTES] = { { 1 }, { 2 } };

/* As the server would answer. */
static void answer(struct scene *scene, const struct token_batch *batch, struct token *ret_tokens)
{
	static struct token_request request;
	static struct token_response response;
	uint8_t secret_key[32], public_key[32];
	const struct token_seed *seed = token_epoch_newest(scene->keyring);

	assert_int_equal(token_keys_of(seed, secret_key, public_key), 0);
	assert_memory_equal(public_key, batch->public_key, sizeof public_key);
	assert_int_equal(token_batch_request(batch, &request), 0);
	assert_int_equal(token_issue(&request, secret_key, public_key, &response), 0);
	assert_int_equal(token_batch_finish(batch, &response, ret_tokens), 0);
}

static void take(struct scene *scene, size_t invitation, int64_t now)
{
	static struct token tokens[TOKEN_BATCH_MAX];
	struct token_batch batch;
	struct failure failure;

	assert_int_equal(
		purse_ask(scene->purse, secrets[invitation], scene->roster, now, &batch, &failure), 0);
	answer(scene, &batch, tokens);
	assert_int_equal(purse_take(scene->purse, tokens, batch.count, &failure), 0);
}

static struct queued *queue_one(struct scene *scene)
{
	struct queued *entry = NULL;
	struct failure failure;

	assert_int_equal(queue_add(scene->queue, &entry, &failure), 0);
	assert_int_equal(queue_ready(scene->queue, entry, &failure), 0);
	return entry;
}

static void show(struct scene *scene, const struct queued *entry, uint8_t ret_token[TOKEN_BYTES])
{
	struct failure failure;

	assert_int_equal(purse_show(scene->purse, scene->roster, NOW, entry, ret_token, &failure), 0);
}

static size_t count(const struct scene *scene)
{
	return purse_count(scene->purse, scene->roster, NOW);
}

static void test_an_exchange_that_broke_off_goes_on(void **state)
{
	struct scene scene = begin(*state);
	struct token_batch first, again, other;
	struct failure failure;

	assert_int_equal(purse_ask(scene.purse, secrets[0], scene.roster, NOW, &first, &failure), 0);
	assert_int_equal(first.count, TOKEN_BATCH_MAX);
	start_again(&scene, *state);
	assert_int_equal(purse_ask(scene.purse, secrets[0], scene.roster, NOW, &again, &failure), 0);
	assert_memory_equal(&first, &again, sizeof first);
	/* Another invitation is another batch; and so is the same one with a key that has ended. */
	assert_int_equal(purse_ask(scene.purse, secrets[1], scene.roster, NOW, &other, &failure), 0);
	assert_memory_not_equal(first.seed, other.seed, sizeof first.seed);
	assert_int_equal(purse_take(scene.purse, NULL, 0, &failure), 0);
	assert_int_equal(purse_ask(scene.purse, secrets[1], scene.roster, NOW, &again, &failure), 0);
	assert_memory_not_equal(again.seed, other.seed, sizeof again.seed);
	assert_int_equal(count(&scene), 0);
	end(&scene);
}

static void test_tokens_outlive_the_program(void **state)
{
	struct scene scene = begin(*state);

	take(&scene, 0, NOW);
	assert_int_equal(count(&scene), TOKEN_BATCH_MAX);
	start_again(&scene, *state);
	assert_int_equal(count(&scene), TOKEN_BATCH_MAX);
	take(&scene, 1, NOW);
	assert_int_equal(count(&scene), 2 * TOKEN_BATCH_MAX);
	end(&scene);
}

static void test_a_report_keeps_its_token(void **state)
{
	struct scene scene = begin(*state);
	uint8_t first[TOKEN_BYTES], again[TOKEN_BYTES], other[TOKEN_BYTES];
	struct queued one, two;
	struct failure failure;

	take(&scene, 0, NOW);
	one = *queue_one(&scene);
	two = *queue_one(&scene);
	assert_false(purse_has_bound(scene.purse, &one));
	show(&scene, &one, first);
	start_again(&scene, *state);
	assert_true(purse_has_bound(scene.purse, &one));
	show(&scene, &one, again);
	assert_memory_equal(first, again, TOKEN_BYTES);
	show(&scene, &two, other);
	assert_memory_not_equal(first, other, TOKEN_BYTES);
	assert_int_equal(count(&scene), TOKEN_BATCH_MAX - 2);
	assert_int_equal(purse_spent(scene.purse, &one, &failure), 0);
	assert_int_equal(purse_spent(scene.purse, &one, &failure), 0);
	show(&scene, &one, again); /* the server didn't take it: another one */
	assert_memory_not_equal(first, again, TOKEN_BYTES);
	assert_memory_not_equal(other, again, TOKEN_BYTES);
	assert_int_equal(count(&scene), TOKEN_BATCH_MAX - 3);
	end(&scene);
}

/* A crash between the acceptance and its notice: the token may have been sent, and is gone with the report.
 */
static void test_a_token_of_a_report_that_is_gone_is_gone(void **state)
{
	struct scene scene = begin(*state);
	uint8_t token[TOKEN_BYTES], others[TOKEN_BATCH_MAX][TOKEN_BYTES];
	const struct queued *entry;
	struct failure failure;

	take(&scene, 0, NOW);
	entry = queue_one(&scene);
	show(&scene, entry, token);
	assert_int_equal(queue_drop(scene.queue, entry, &failure), 0);
	start_again(&scene, *state);
	assert_int_equal(count(&scene), TOKEN_BATCH_MAX - 1);
	for (size_t i = 0; i < TOKEN_BATCH_MAX - 1; i++) {
		show(&scene, queue_one(&scene), others[i]);
		assert_memory_not_equal(token, others[i], TOKEN_BYTES);
	}
	assert_int_equal(purse_show(scene.purse, scene.roster, NOW, queue_one(&scene), token, &failure), -1);
	assert_int_equal(failure.exit_code, EX_NOPERM);
	assert_non_null(strstr(failure.fault.text, "ask for a new invitation"));
	end(&scene);
}

/* An alarm that was prepared anew, a report that couldn't be sealed: what no server saw is free again. */
static void test_a_token_that_nobody_saw_is_free_again(void **state)
{
	struct scene scene = begin(*state);
	uint8_t token[TOKEN_BYTES];
	const struct queued *entry;
	struct failure failure;

	take(&scene, 0, NOW);
	entry = queue_one(&scene);
	assert_int_equal(purse_bind(scene.purse, scene.roster, NOW, entry, &failure), 0);
	assert_int_equal(purse_bind(scene.purse, scene.roster, NOW, entry, &failure), 0);
	assert_int_equal(count(&scene), TOKEN_BATCH_MAX - 1);
	start_again(&scene, *state);
	assert_int_equal(count(&scene), TOKEN_BATCH_MAX - 1);
	assert_int_equal(queue_drop(scene.queue, queue_at(scene.queue, 0), &failure), 0);
	start_again(&scene, *state);
	assert_int_equal(count(&scene), TOKEN_BATCH_MAX);
	/* Once shown it isn't. */
	entry = queue_one(&scene);
	assert_int_equal(purse_bind(scene.purse, scene.roster, NOW, entry, &failure), 0);
	show(&scene, entry, token);
	assert_int_equal(queue_drop(scene.queue, entry, &failure), 0);
	start_again(&scene, *state);
	assert_int_equal(count(&scene), TOKEN_BATCH_MAX - 1);
	end(&scene);
}

static void test_tokens_end_with_their_key(void **state)
{
	struct scene scene = begin(*state);
	const int64_t late = NOW + TOKEN_EPOCH_DAYS * DAY;
	struct token_batch batch;
	struct failure failure;
	struct fault fault;

	take(&scene, 0, NOW);
	assert_int_equal(purse_count(scene.purse, scene.roster, late - 1), TOKEN_BATCH_MAX);
	assert_int_equal(purse_count(scene.purse, scene.roster, late), 0);
	assert_int_equal(purse_ask(scene.purse, secrets[1], scene.roster, late, &batch, &failure), -1);
	assert_int_equal(failure.exit_code, EX_TEMPFAIL);
	/* A new epoch: its tokens come, the ended ones make room. */
	assert_int_equal(token_epoch_new(scene.keyring, late, &fault), 0);
	assert_int_equal(token_key_lines(scene.keyring, scene.roster), 0);
	take(&scene, 1, late);
	assert_int_equal(purse_count(scene.purse, scene.roster, late), TOKEN_BATCH_MAX);
	end(&scene);
}

static void test_a_purse_can_be_full(void **state)
{
	struct scene scene = begin(*state);
	struct token_batch batch;
	struct failure failure;

	for (size_t i = 0; i < PURSE_MAX / TOKEN_BATCH_MAX; i++)
		take(&scene, i % 2, NOW);
	assert_int_equal(count(&scene), PURSE_MAX);
	assert_int_equal(purse_ask(scene.purse, secrets[0], scene.roster, NOW, &batch, &failure), -1);
	assert_int_equal(failure.exit_code, EX_CANTCREAT);
	start_again(&scene, *state);
	assert_int_equal(count(&scene), PURSE_MAX);
	end(&scene);
}

static void test_a_damaged_purse_is_no_empty_one(void **state)
{
	struct scene scene = begin(*state);
	struct items items = vault_items(scene.vault);
	struct purse *purse = NULL;
	struct failure failure;

	assert_int_equal(items_put(&items, "tokens", "\x01\x00\x00\x01\x01", 5, &failure), 0);
	assert_int_equal(purse_load(scene.vault, scene.queue, &purse, &failure), -1);
	assert_int_equal(failure.exit_code, EX_DATAERR);
	end(&scene);
}

#define IN_HOME(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_HOME(test_an_exchange_that_broke_off_goes_on),
		IN_HOME(test_tokens_outlive_the_program),
		IN_HOME(test_a_report_keeps_its_token),
		IN_HOME(test_a_token_of_a_report_that_is_gone_is_gone),
		IN_HOME(test_a_token_that_nobody_saw_is_free_again),
		IN_HOME(test_tokens_end_with_their_key),
		IN_HOME(test_a_purse_can_be_full),
		IN_HOME(test_a_damaged_purse_is_no_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
