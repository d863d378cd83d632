/* A ustar header block (POSIX.1-2017, pax, "ustar Interchange Format"), for the writer and the reader. */
#ifndef PROTO_ARCHIVE_BLOCK_H
#define PROTO_ARCHIVE_BLOCK_H

#include "proto/archive.h"

/* Offsets and lengths of its fields. */
enum {
	AT_MODE = 100,
	AT_UID = 108,
	AT_GID = 116,
	AT_SIZE = 124,
	SIZE_LEN = 12,
	AT_MTIME = 136,
	AT_CHECKSUM = 148,
	CHECKSUM_LEN = 8,
	AT_TYPE = 156,
	AT_MAGIC = 257,
	AT_PREFIX = 345,
};

/* The sum of its bytes, taken as if the sum's own field were spaces. */
unsigned archive_block_sum(const uint8_t block[ARCHIVE_BLOCK]);

#endif
