/* Records what a program does to the files of one folder: each write, change of size, name and sync, in
 * order. The program's own calls and those of its libraries come here first (record.c defines the calls), and
 * are done as ever. For one thread. */
#ifndef TESTS_RECORD_H
#define TESTS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_FILES_MAX 256
#define RECORD_NAME_SIZE 64

enum deed {
	DEED_WRITE,  /* file, at, data, len */
	DEED_RESIZE, /* file, at: the new size */
	DEED_NAME,   /* file, name: the folder has this entry from now on, in place of one of that name */
	DEED_UNNAME, /* name; a rename is both, and one step */
	DEED_SYNC,   /* file: everything before it is durable */
	DEED_SYNC_FOLDER, /* every entry before it is durable */
	DEED_MARK,        /* the program has promised something */
};

struct record {
	enum deed deed;
	bool with_next; /* one step with the record behind it */
	unsigned file;
	uint64_t at;
	uint8_t *data;
	size_t len;
	char name[RECORD_NAME_SIZE];
};

/* What lies in the working folder is where it begins. Files are numbered from 0 in the order in which they
 * are met; those there already are named first, by DEED_NAME, DEED_WRITE and the syncs. */
void record_begin(void);
/* The index of a mark: what is recorded later comes after the promise. */
size_t record_mark(void);
/* Records so far; *ret_records lives until the next record_begin. */
size_t record_end(const struct record **ret_records);

/* While it records: the number-th write, change of size or sync from now on fails with EIO, once. 0: none. */
void record_fail(size_t number);
/* Whether it has failed. */
bool record_has_failed(void);

#endif
