/* The file that a defender's home is: two slots of equal size, of which one may be unused, and nobody can
 * tell whether it is.
 *
 * A slot holds an image of fixed length, encrypted, behind its head (layers.h). Every session that writes
 * makes all of the file new, the slot that it has no key for too, so that two copies from different times say
 * no more than one: who wrote which slot can't be seen, nor whether there is anything in the other. Without
 * the other slot's key this can be done LAYERS_MAX times in a row; a session more, and what lies there is
 * lost. Who has both keys (container_know) takes the layers off with each session. */
#ifndef DEFENDER_CONTAINER_H
#define DEFENDER_CONTAINER_H

#include "layers.h"

#include "client/home.h"
#include "proto/stretching.h"

#define CONTAINER_SLOTS       2
#define CONTAINER_BYTES       ((size_t)2 * 1024 * 1024) /* exactly: many a file has this size */
#define CONTAINER_SALT_BYTES  STRETCHING_SALT_BYTES
#define CONTAINER_HEAD_BYTES  32
#define CONTAINER_SLOT_BYTES  ((CONTAINER_BYTES - CONTAINER_HEAD_BYTES) / CONTAINER_SLOTS)
#define CONTAINER_SEALED      (CONTAINER_SLOT_BYTES - sizeof(struct layer_head))
#define CONTAINER_NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define CONTAINER_TAG_BYTES   crypto_aead_xchacha20poly1305_ietf_ABYTES
#define CONTAINER_IMAGE_BYTES (CONTAINER_SEALED - CONTAINER_NONCE_BYTES - CONTAINER_TAG_BYTES)

struct container;

struct slot_keys {
	uint8_t layers[SCALAR_BYTES];
	uint8_t image[32];
};

/* Random bytes, not written yet. */
MUST_USE int container_new(
	const struct home *home, struct container **ret_container, struct failure *failure);
/* *ret_container NULL where the folder has none. 78 where it has more than one. */
MUST_USE int container_load(
	const struct home *home, struct container **ret_container, struct failure *failure);
void container_free(struct container *container);
bool container_is_there(const struct home *home);
/* Whether a file of the folder could be one, by its name and size. */
bool container_fits(const struct home *home, const char *name);

const uint8_t *container_salt(const struct container *container);

/* Tries both, in the same time whichever it is. -1 where these keys open none. */
MUST_USE int container_find(
	const struct container *container, const struct slot_keys *keys, size_t *ret_slot);
/* The image, into CONTAINER_IMAGE_BYTES. -1 where it is damaged. */
MUST_USE int container_read(
	const struct container *container, size_t slot, const struct slot_keys *keys, uint8_t *ret_image);

/* From now on the slot belongs to these keys, whatever was in it. */
MUST_USE int container_claim(struct container *container, size_t slot, const struct slot_keys *keys);
/* Keys of the slot that this session doesn't work in. */
void container_know(struct container *container, size_t slot, const struct slot_keys *keys);

/* Random bytes again, written with the next write. */
void container_forget(struct container *container, size_t slot);

/* The slot's image from now on, durably, old or new across a crash. The slot is claimed or known. */
MUST_USE int container_write(
	struct container *container, size_t slot, const uint8_t *image, struct failure *failure);

/* The file's name; "" before the first write. At most 64 characters. */
const char *container_name(const struct container *container);
/* Removes it. */
MUST_USE int container_remove(struct container *container, struct failure *failure);

#endif
