/* What a slot's image holds: named records, in memory while the home is open. */
#ifndef DEFENDER_VAULT_IMAGE_H
#define DEFENDER_VAULT_IMAGE_H

#include "container.h"
#include "vault.h"

struct record {
	char name[VAULT_NAME_MAX];
	uint8_t *bytes; /* sodium_malloc; NULL where it is empty */
	size_t len;
};

struct image {
	struct record *records;
	size_t count, room;
	size_t bytes; /* what they take in the image, names and lengths included */
};

void image_free(struct image *image);

/* NULL where there is none. Valid until the next change. */
const struct record *image_find(const struct image *image, const char *name);

/* How many bytes may be added. */
size_t image_left(const struct image *image);

/* Puts a record in its place and gives back what was there (name "" for nothing), to be freed with
 * record_free, or to be put back with image_restore. 73 where there is no room. len 0 and bytes NULL for an
 * empty one. */
MUST_USE int image_put(struct image *image, const char *name, const void *bytes, size_t len,
	struct record *ret_before, struct failure *failure);
/* Takes one out; ret_before->name is "" where there was none. */
void image_take(struct image *image, const char *name, struct record *ret_before);
/* Undoes the put or take of a name that gave before. */
void image_restore(struct image *image, const char *name, struct record *before);
void record_free(struct record *record);

/* To and from CONTAINER_IMAGE_BYTES. */
void image_write(const struct image *image, uint8_t *ret_bytes);
MUST_USE int image_read(const uint8_t *bytes, struct image *ret_image, struct failure *failure);

#endif
