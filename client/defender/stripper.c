#include "stripper.h"

#include "locked_tool.h"
#include "mat2.h"
#include "proto/image.h"

#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXIFTOOL            "/usr/bin/exiftool"
#define FFMPEG              "/usr/bin/ffmpeg"
#define PICTURE_PATIENCE_MS 30000

/* Without its configuration file, which is a program. */
static const struct locked_tool exiftool = {
	.words = { EXIFTOOL, "-config", "", "-q", "-q", "-all=", "-trailer:all=", "-o", "-", "-", NULL },
	.most_bytes = STRIP_MAX,
	.patience_ms = PICTURE_PATIENCE_MS,
};

struct kind {
	enum image image;
	enum document document;
};

static bool is_there(const char *path)
{
	return access(path, X_OK) == 0;
}

static struct kind look(int fd, const char *extension)
{
	uint8_t start[DOCUMENT_START];
	ssize_t got = pread(fd, start, sizeof start, 0);
	size_t len = got < 0 ? 0 : (size_t)got;
	struct kind kind = { .image = image_of(start, len) };

	if (kind.image == IMAGE_NONE)
		kind.document = document_of(start, len, extension);
	sodium_memzero(start, sizeof start);
	return kind;
}

/* STRIPPED_FAILED where it can be tried. */
static enum stripped hinders(const struct kind *kind, uint64_t size)
{
	bool is_film = kind->document == DOCUMENT_MP4 || kind->document == DOCUMENT_WAV;

	if (kind->image == IMAGE_NONE && kind->document == DOCUMENT_NONE)
		return STRIPPED_NO_FORMAT;
	if (size > STRIP_MAX)
		return STRIPPED_TOO_LARGE;
	if (kind->image != IMAGE_NONE)
		return is_there(EXIFTOOL) ? STRIPPED_FAILED : STRIPPED_NO_EXIFTOOL;
	if (!is_there(MAT2))
		return STRIPPED_NO_MAT2;
	if (is_film && !is_there(FFMPEG))
		return STRIPPED_NO_FFMPEG;
	return locked_tool_has_sandbox() ? STRIPPED_FAILED : STRIPPED_NO_SANDBOX;
}

static bool run_tool(const struct kind *kind, int from, int into, uint64_t *ret_size)
{
	const struct locked_tool mat2 = mat2_for(kind->document, STRIP_MAX);

	return locked_tool_run(kind->image != IMAGE_NONE ? &exiftool : &mat2, from, into, ret_size);
}

static bool is_plain(const struct kind *kind, int fd, uint64_t size)
{
	bool good;
	void *bytes;

	if (size == 0)
		return false;
	bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		return false;
	good = kind->image != IMAGE_NONE ? image_is_plain(kind->image, bytes, (size_t)size)
					 : document_is_plain(kind->document, bytes, (size_t)size);
	(void)munmap(bytes, (size_t)size);
	return good;
}

int strip_metadata(int fd, uint64_t size, const char *extension, enum stripped *ret_stripped,
	struct stripped_copy *ret_copy, struct failure *failure)
{
	const struct kind kind = look(fd, extension);
	struct stripped_copy copy = { .fd = -1,
		.extension = kind.image != IMAGE_NONE ? image_extension(kind.image)
						      : document_extension(kind.document) };
	bool good;

	*ret_stripped = hinders(&kind, size);
	if (*ret_stripped != STRIPPED_FAILED)
		return 0;
	copy.fd = memfd_create("", MFD_CLOEXEC);
	if (copy.fd == -1)
		return failure_memory(failure);
	good = run_tool(&kind, fd, copy.fd, &copy.size) && is_plain(&kind, copy.fd, copy.size);
	if (lseek(fd, 0, SEEK_SET) != 0 || lseek(copy.fd, 0, SEEK_SET) != 0 || !good) {
		(void)close(copy.fd);
		return 0;
	}
	*ret_stripped = STRIPPED_MADE;
	*ret_copy = copy;
	return 0;
}
