/* A copy of a file without its metadata: of a picture by exiftool, of a document, sound or film by mat2. Both
 * are fed by a pipe and read from a pipe, and locked up (locked_tool.h); nothing of the file touches a disk.
 * What they give back is checked here: each of them leaves things in. */
#ifndef DEFENDER_STRIPPER_H
#define DEFENDER_STRIPPER_H

#include "client/failure.h"

#define STRIP_MAX (64 * 1024 * 1024) /* the tools hold a file several times, in memory */

enum stripped {
	STRIPPED_MADE,
	STRIPPED_NO_FORMAT, /* no tool that we trust knows it */
	STRIPPED_NO_EXIFTOOL,
	STRIPPED_NO_MAT2,
	STRIPPED_NO_FFMPEG,  /* which mat2 needs for a film */
	STRIPPED_NO_SANDBOX, /* mat2 isn't run without bubblewrap */
	STRIPPED_TOO_LARGE,
	STRIPPED_NO_ROOM, /* the report would be larger with it than a server takes */
	STRIPPED_FAILED,  /* the tool failed, or something was left in the copy */
};

struct stripped_copy {
	int fd; /* in memory, at its start; the caller closes it */
	uint64_t size;
	const char *extension; /* `pdf` */
};

/* fd is the original, at its start, and is there again afterwards; the extension that it goes by, in lower
 * case, decides where the first bytes don't. -1 only where this device fails. */
MUST_USE int strip_metadata(int fd, uint64_t size, const char *extension, enum stripped *ret_stripped,
	struct stripped_copy *ret_copy, struct failure *failure);

#endif
