/* A copy of a picture without its metadata, made by exiftool: fed by a pipe, read from a pipe, kept in
 * memory. Nothing of the picture touches a disk. The tool runs without environment, network and right to
 * write a file, for a bounded time; in bubblewrap where that is there. What it gives back is checked here. */
#ifndef DEFENDER_STRIPPER_H
#define DEFENDER_STRIPPER_H

#include "client/failure.h"
#include "proto/image.h"

#define STRIP_MAX (64 * 1024 * 1024) /* of a picture; what is larger has no copy made */

enum stripped {
	STRIPPED_MADE,
	STRIPPED_NO_FORMAT, /* no tool that we trust knows it */
	STRIPPED_NO_TOOL,   /* exiftool isn't installed */
	STRIPPED_TOO_LARGE,
	STRIPPED_FAILED, /* the tool failed, or something was left in the copy */
};

struct stripped_copy {
	int fd; /* in memory, at its start; the caller closes it */
	uint64_t size;
	enum image image;
};

/* fd is the original, at its start, and is there again afterwards. -1 only where this device fails. */
MUST_USE int strip_metadata(int fd, uint64_t size, enum stripped *ret_stripped,
	struct stripped_copy *ret_copy, struct failure *failure);

#endif
