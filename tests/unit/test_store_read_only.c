/* The disk has become read-only under a store that runs, as a kernel does it after an error: reports are
 * refused, officers read on, and once it can be written to again everything goes on. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS

#include "store_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>

static bool is_read_only, open_fails;

/* SQLite's own calls come here first. */
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	if (is_read_only) {
		errno = EROFS;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return pwrite64(fd, data, len, at);
}

/* Once, and only for writing. */
int open64(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	if (open_fails && strstr(path, NAME) != NULL && (flags & O_ACCMODE) == O_RDWR) {
		open_fails = false;
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static unsigned get(struct scene *scene, const char *path)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = OLGA })
		->status;
}

static void test_officers_read_on(void **state)
{
	struct scene *scene = *state;
	const struct scene_answer *answer;
	struct sealed before, refused;

	seal_report(scene, "intake", 300, 0, &before);
	assert_int_equal(scene_send(scene, &before)->status, 201);
	seal_report(scene, "intake", 300, 0, &refused);
	is_read_only = true;
	answer = scene_send(scene, &refused);
	assert_int_equal(answer->status, 507);
	assert_true(answer_says(answer, "storage-full"));
	assert_int_equal(get(scene, before.report), 200);
	assert_int_equal(get(scene, "desks/intake/alerts"), 200);
	is_read_only = false;
	assert_int_equal(scene_send(scene, &refused)->status, 201);
	scene_restart(scene);
	assert_int_equal(get(scene, before.report), 200);
	assert_int_equal(get(scene, refused.report), 200);
	sealed_free(&before);
	sealed_free(&refused);
}

/* SQLite would open it for reading then, and every report would be refused until the next start. */
static void test_a_database_is_opened_for_writing_or_not_at_all(void **state)
{
	struct backend *backend = opened();
	struct fault fault;

	(void)state;
	add(backend, 1, 5);
	backend_close(backend);
	backend = NULL;
	open_fails = true;
	assert_int_equal(backend_open(NAME, &backend, &fault), -1);
	assert_false(open_fails);
	assert_non_null(strstr(fault.text, "can't be opened for writing"));
	backend = opened();
	add(backend, 2, 5);
	backend_close(backend);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_officers_read_on),
		IN_FOLDER(test_a_database_is_opened_for_writing_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
