/* keys/secure_file and keys/locked_file: private, whole, never overwritten; a passphrase opens what stock age
 * opens. */
#include "scratch_folder.h"

#include "keys/locked_file.h"
#include "keys/secure_file.h"
#include "proto/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void assert_content(const char *path, const char *wished)
{
	uint8_t *data = NULL;
	size_t len = 0;
	struct fault fault;

	assert_int_equal(secure_file_read(AT_FDCWD, path, 1024, &data, &len, &fault), 0);
	assert_int_equal(len, strlen(wished));
	assert_memory_equal(data, wished, len);
	sodium_free(data);
}

static int entries(const char *path)
{
	DIR *folder = opendir(path);
	int count = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	(void)closedir(folder);
	return count - 2;
}

static void test_create_is_private_and_final(void **state)
{
	const char *path = scratch_path(state, "secret");
	struct stat status;
	struct fault fault;

	(void)umask(0);
	assert_int_equal(secure_file_create(AT_FDCWD, path, "first", 5, &fault), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(secure_file_create(AT_FDCWD, path, "second", 6, &fault), -1);
	assert_int_equal(errno, EEXIST);
	assert_content(path, "first");
	assert_int_equal(entries(*state), 1);
}

static void test_create_does_not_follow_a_link(void **state)
{
	const char *path = scratch_path(state, "link"), *target = scratch_path(state, "target");
	struct fault fault;

	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(secure_file_create(AT_FDCWD, path, "x", 1, &fault), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(access(target, F_OK), -1);
}

static void test_create_in_an_open_folder(void **state)
{
	int folder = open(*state, O_RDONLY | O_DIRECTORY);
	struct fault fault;

	assert_int_equal(secure_file_create(folder, "here", "in it", 5, &fault), 0);
	assert_content(scratch_path(state, "here"), "in it");
	(void)close(folder);
}

static void test_create_where_there_is_no_folder(void **state)
{
	struct fault fault;

	assert_int_equal(secure_file_create(AT_FDCWD, scratch_path(state, "no/file"), "x", 1, &fault), -1);
	assert_int_equal(errno, ENOENT);
}

static void test_replace(void **state)
{
	const char *path = scratch_path(state, "file");
	struct stat status;
	struct fault fault;

	assert_int_equal(secure_file_replace(AT_FDCWD, path, "first", 5, &fault), 0);
	assert_int_equal(secure_file_replace(AT_FDCWD, path, "", 0, &fault), 0);
	assert_content(path, "");
	assert_int_equal(secure_file_replace(AT_FDCWD, path, "third", 5, &fault), 0);
	assert_content(path, "third");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(entries(*state), 1);
}

static void test_read_refusals(void **state)
{
	uint8_t *data = NULL;
	size_t len = 0;
	struct fault fault;

	assert_int_equal(
		secure_file_read(AT_FDCWD, scratch_path(state, "none"), 10, &data, &len, &fault), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(secure_file_create(AT_FDCWD, scratch_path(state, "long"), "12345", 5, &fault), 0);
	assert_int_equal(secure_file_read(AT_FDCWD, scratch_path(state, "long"), 4, &data, &len, &fault), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(secure_file_read(AT_FDCWD, *state, 4, &data, &len, &fault), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(mkfifo(scratch_path(state, "fifo"), 0600), 0);
	assert_int_equal(secure_file_read(AT_FDCWD, scratch_path(state, "fifo"), 4, &data, &len, &fault), -1);
	assert_int_equal(errno, EINVAL);
	assert_null(data);
}

static void test_folder(void **state)
{
	const char *path = scratch_path(state, "folder");
	struct stat status;
	struct fault fault;

	assert_int_equal(secure_folder_create(AT_FDCWD, path, &fault), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(secure_folder_create(AT_FDCWD, path, &fault), -1);
	assert_int_equal(errno, EEXIST);
}

static void test_lock(void **state)
{
	int lock = -1, other = -1, status = 0;
	struct fault fault;
	pid_t child;

	assert_int_equal(secure_folder_lock(AT_FDCWD, *state, 0, &lock, &fault), 0);
	assert_int_equal(secure_folder_lock(AT_FDCWD, *state, 0, &other, &fault), -1);
	assert_int_equal(errno, EAGAIN);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) { /* holds the description that it inherited until the parent has begun to wait */
		(void)usleep(200 * 1000);
		_exit(0);
	}
	(void)close(lock);
	assert_int_equal(secure_folder_lock(AT_FDCWD, *state, 10, &other, &fault), 0);
	(void)close(other);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(secure_folder_lock(AT_FDCWD, scratch_path(state, "none"), 0, &other, &fault), -1);
	assert_int_equal(errno, ENOENT);
}

static void test_locked_file(void **state)
{
	const char *path = scratch_path(state, "locked");
	uint8_t *data = NULL;
	size_t len = 0;
	struct fault fault;

	assert_int_equal(locked_file_create(path, "a secret", 8, "opens", 5, &fault), 0);
	assert_int_equal(locked_file_create(path, "another", 7, NULL, 0, &fault), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(locked_file_read(path, 100, NULL, 0, &data, &len, &fault), -1);
	assert_int_equal(errno, ENOKEY);
	assert_int_equal(locked_file_read(path, 100, "opene", 5, &data, &len, &fault), -1);
	assert_int_equal(errno, EKEYREJECTED);
	assert_null(data);
	assert_int_equal(locked_file_read(path, 100, "opens", 5, &data, &len, &fault), 0);
	assert_int_equal(len, 8);
	assert_memory_equal(data, "a secret", 8);
	assert_false(locked_file_is_encrypted(data, len));
	sodium_free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(test_create_is_private_and_final),
		SCRATCH_TEST(test_create_does_not_follow_a_link),
		SCRATCH_TEST(test_create_in_an_open_folder),
		SCRATCH_TEST(test_create_where_there_is_no_folder),
		SCRATCH_TEST(test_replace),
		SCRATCH_TEST(test_read_refusals),
		SCRATCH_TEST(test_folder),
		SCRATCH_TEST(test_lock),
		SCRATCH_TEST(test_locked_file),
	};

	if (proto_init() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
