/* One bit of the database is flipped, anywhere: damage TRIALS [SEED]
 *
 * What the store then serves is right; what it can't serve it refuses, names in its log by the report's
 * number, and serves the rest; or it doesn't start at all and says that a backup is needed. It never crashes.
 */
#include "disk.h"
#include "store_scene.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define REPORTS  12
#define LOG      "log"
#define LOG_SIZE 8192

enum stage { OPENING, SERVING, DONE };

/* What a child found, told through shared memory. */
struct finding {
	enum stage stage;
	unsigned served, refused, wrong, status;
	bool is_mended;
};

static unsigned long trials = 60;
static uint64_t chance = 1;
static struct sealed reports[REPORTS];
static struct finding *finding;

static uint8_t *read_database(size_t *ret_len)
{
	struct stat status;
	int fd = open(NAME, O_RDONLY | O_CLOEXEC);
	uint8_t *data;

	assert_true(fd >= 0 && fstat(fd, &status) == 0);
	data = malloc((size_t)status.st_size);
	assert_non_null(data);
	assert_int_equal(read(fd, data, (size_t)status.st_size), status.st_size);
	close(fd);
	*ret_len = (size_t)status.st_size;
	return data;
}

/* Without the log that the one before left. */
static void write_database(const uint8_t *data, size_t len)
{
	int fd;

	(void)unlink(NAME "-wal");
	(void)unlink(NAME "-shm");
	fd = open(NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static void fetch(struct scene *scene, const struct sealed *sealed)
{
	const struct scene_answer *answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = sealed->report, .signer = OLGA });

	if (answer->status != 200 || answer->body.len < answer->content_length) {
		finding->refused++;
		finding->status = answer->status;
	} else if (bytes_equal(answer->body.data, sealed->file.data, sealed->file.len))
		finding->served++;
	else
		finding->wrong++;
}

/* In a process of its own: where the store can't start, an assertion of the scene ends it. */
static void look(struct scene *scene)
{
	int log = open(LOG, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (log < 0 || dup2(log, STDERR_FILENO) < 0 || putenv((char[]){ "CMOCKA_TEST_ABORT=1" }) != 0)
		_exit(1);
	scene_start(scene);
	finding->stage = SERVING;
	for (size_t i = 0; i < REPORTS; i++)
		fetch(scene, &reports[i]);
	finding->stage = DONE;
	_exit(0);
}

static void read_log(char ret_text[LOG_SIZE])
{
	int fd = open(LOG, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, ret_text, LOG_SIZE - 1);

	if (fd >= 0)
		close(fd);
	ret_text[len > 0 ? len : 0] = '\0';
}

static void flip_and_look(struct scene *scene, uint8_t *data, size_t len, size_t at, unsigned bit)
{
	char log[LOG_SIZE];
	int status = 0;
	pid_t child;

	data[at] ^= (uint8_t)(1u << bit);
	write_database(data, len);
	data[at] ^= (uint8_t)(1u << bit);
	*finding = (struct finding){ .stage = OPENING };
	child = fork();
	if (child == 0)
		look(scene);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (finding->stage == OPENING) {
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
		return;
	}
	assert_int_equal(finding->stage, DONE);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(finding->wrong, 0);
	read_log(log);
	finding->is_mended = strstr(log, "indexes_mended") != NULL;
	if (finding->refused > 0 && strstr(log, "row_damaged") == NULL &&
		strstr(log, "database_error") == NULL)
		fail_msg("byte %zu, bit %u: %u refused (%u), and nothing says which:\n%s", at, bit,
			finding->refused, finding->status, log);
}

static void test_a_flipped_bit_is_never_served(void **state)
{
	struct scene *scene = *state;
	unsigned long unseen = 0, not_started = 0, one = 0, more = 0, mended = 0;
	size_t len = 0;
	uint8_t *data;

	for (size_t i = 0; i < REPORTS; i++) {
		seal_report(scene, "intake", 300 + 9000 * i, 0, &reports[i]);
		assert_int_equal(scene_send(scene, &reports[i])->status, 201);
	}
	scene_stop(scene);
	data = read_database(&len);
	for (unsigned long i = 0; i < trials; i++) {
		flip_and_look(scene, data, len, (size_t)(chance_next(&chance) % len),
			(unsigned)(chance_next(&chance) % 8));
		not_started += finding->stage == OPENING;
		unseen += finding->stage == DONE && finding->refused == 0;
		one += finding->refused == 1;
		more += finding->refused > 1;
		mended += finding->is_mended;
	}
	print_message(
		"%lu flipped bits: %lu harmless, %lu cost one report, %lu more than one, %lu refused at the "
		"start; indexes mended in %lu; 0 wrong bytes served, none refused without a word\n",
		trials, unseen, one, more, not_started, mended);
	write_database(data, len);
	scene_start(scene);
	free(data);
	for (size_t i = 0; i < REPORTS; i++)
		sealed_free(&reports[i]);
}

int main(int argument_count, char **arguments)
{
	const struct CMUnitTest tests[] = { IN_SCENE(test_a_flipped_bit_is_never_served) };

	finding = mmap(NULL, sizeof *finding, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (finding == MAP_FAILED)
		return 1;
	if (argument_count > 1)
		trials = strtoul(arguments[1], NULL, 10);
	if (argument_count > 2)
		chance = strtoull(arguments[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
