/* A folder of its own for each test of the database, and rows to put there. */
#ifndef TESTS_BACKEND_FIXTURE_H
#define TESTS_BACKEND_FIXTURE_H

#include "cmocka_all.h"

#include "backend.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME            "clarion.db"
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

static inline struct backend *opened(void)
{
	struct backend *backend = NULL;
	struct fault fault;

	assert_int_equal(backend_open(NAME, &backend, &fault), 0);
	return backend;
}

static inline int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static inline int enter_folder(void **state)
{
	char *folder = strdup("/tmp/test-backend-XXXXXX");

	*state = folder;
	return folder != NULL && mkdtemp(folder) != NULL ? chdir(folder) : -1;
}

static inline int leave_folder(void **state)
{
	int rc = chdir("/");

	if (nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0)
		rc = -1;
	free(*state);
	return rc;
}

static inline struct backend_view text_view(const char *text)
{
	return (struct backend_view){ (const uint8_t *)text, strlen(text) };
}

/* A report of this id; desk 0: not open. */
static inline struct backend_report report_of(uint8_t id, uint8_t desk)
{
	return (struct backend_report){ .id = { id },
		.is_open = desk != 0,
		.open_desk = { desk },
		.epoch = 7,
		.data_key = text_view("wrapped"),
		.facts = text_view("facts"),
		.header = text_view("header") };
}

static inline uint64_t add(struct backend *backend, uint8_t id, uint8_t desk)
{
	struct backend_report report = report_of(id, desk);

	assert_int_equal(backend_begin(backend), 0);
	assert_int_equal(backend_add_report(backend, &report), 0);
	assert_int_equal(backend_commit(backend), 0);
	return report.seq;
}

static inline int find(struct backend *backend, uint8_t id, struct backend_report *ret_report)
{
	uint8_t whole[BLIND_INDEX_BYTES] = { id };

	return backend_find(backend, whole, ret_report);
}

#endif
