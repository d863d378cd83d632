#include "container.h"

#include "disk.h"
#include "proto/encode.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NAME_CHARS     32
#define POSITION_BYTES 4
#define HEX_DIGITS     "0123456789abcdef"

static const uint8_t image_context[] = "slot/2";

/* As it lies on the disk. */
struct slot {
	struct layer_head head;
	uint8_t sealed[CONTAINER_SEALED];
};

/* The position says which pair of the rings is this session's; it begins anywhere. */
struct file {
	uint8_t salt[CONTAINER_SALT_BYTES];
	uint8_t position[POSITION_BYTES];
	uint8_t rest[CONTAINER_HEAD_BYTES - CONTAINER_SALT_BYTES - POSITION_BYTES];
	struct slot slots[CONTAINER_SLOTS];
};
_Static_assert(sizeof(struct file) == CONTAINER_BYTES, "the file has no gaps and its size tells nothing");

struct container {
	const struct home *home;
	char name[NAME_CHARS + 1]; /* "" before the first write */
	/* As this session found it, or wrote its slots, but for what it lays over the other one: that is made
	 * anew with each write. Heads as they are, not whitened. */
	struct file base;
	struct file out; /* what is written */
	uint32_t position;
	bool has_begun;
	bool is_known[CONTAINER_SLOTS];
	struct slot_keys *keys; /* sodium_malloc, one a slot */
};

static void whiten(struct file *file)
{
	for (size_t at = 0; at < CONTAINER_SLOTS; at++)
		layers_whiten(&file->slots[at].head, file->salt, sizeof file->salt, (uint8_t)at);
}

static struct container *container_alloc(const struct home *home)
{
	struct container *container = calloc(1, sizeof *container);

	if (container == NULL ||
		(container->keys = sodium_malloc(CONTAINER_SLOTS * sizeof *container->keys)) == NULL) {
		free(container);
		return NULL;
	}
	container->home = home;
	return container;
}

void container_free(struct container *container)
{
	if (container == NULL)
		return;
	sodium_free(container->keys);
	free(container);
}

int container_new(const struct home *home, struct container **ret_container, struct failure *failure)
{
	struct container *container = container_alloc(home);

	if (container == NULL)
		return failure_memory(failure);
	randombytes_buf(&container->base, sizeof container->base);
	container->position = randombytes_random();
	for (size_t at = 0; at < CONTAINER_SLOTS; at++)
		layers_random(&container->base.slots[at].head);
	*ret_container = container;
	return 0;
}

struct search {
	const struct home *home;
	char name[NAME_CHARS + 1];
	size_t count;
};

/* It is known by its size and its name's length: the name is random. */
bool container_fits(const struct home *home, const char *name)
{
	struct stat stat;

	return strlen(name) == NAME_CHARS && strspn(name, HEX_DIGITS) == NAME_CHARS &&
	       fstatat(home_descriptor(home), name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(stat.st_mode) && stat.st_size == (off_t)CONTAINER_BYTES;
}

static int look_at(void *context, const char *name)
{
	struct search *search = context;

	if (!container_fits(search->home, name))
		return 0;
	memcpy(search->name, name, sizeof search->name);
	search->count++;
	return 0;
}

static int search_in(const struct home *home, struct search *ret_search, struct failure *failure)
{
	*ret_search = (struct search){ .home = home };
	return disk_each(home, look_at, ret_search, failure);
}

bool container_is_there(const struct home *home)
{
	struct search search;
	struct failure ignored;

	return search_in(home, &search, &ignored) == 0 && search.count > 0;
}

static int load(struct container *container, struct failure *failure)
{
	struct buffer bytes = buffer_of(CONTAINER_BYTES);
	bool found = false;
	int rc = disk_read(container->home, container->name, &bytes, &found, failure);

	if (rc == 0 && (!found || bytes.len != CONTAINER_BYTES))
		rc = failure_set(failure, EX_NOINPUT, "the home changes while it is read: try again");
	if (rc == 0) {
		memcpy(&container->base, bytes.data, CONTAINER_BYTES);
		whiten(&container->base);
		for (size_t at = 0; at < POSITION_BYTES; at++)
			container->position = container->position << 8 | container->base.position[at];
	}
	buffer_free(&bytes);
	return rc;
}

int container_load(const struct home *home, struct container **ret_container, struct failure *failure)
{
	struct search search;
	struct container *container;

	if (search_in(home, &search, failure) != 0)
		return -1;
	if (search.count > 1)
		return failure_set(failure, EX_CONFIG,
			"several files in that folder could be the home: keep one of them there");
	*ret_container = NULL;
	if (search.count == 0)
		return 0;
	container = container_alloc(home);
	if (container == NULL)
		return failure_memory(failure);
	memcpy(container->name, search.name, sizeof container->name);
	if (load(container, failure) != 0) {
		container_free(container);
		return -1;
	}
	*ret_container = container;
	return 0;
}

const uint8_t *container_salt(const struct container *container)
{
	return container->base.salt;
}

const char *container_name(const struct container *container)
{
	return container->name;
}

int container_remove(struct container *container, struct failure *failure)
{
	return container->name[0] == '\0' ? 0 : disk_remove(container->home, container->name, failure);
}

int container_find(const struct container *container, const struct slot_keys *keys, size_t *ret_slot)
{
	int rc = -1;

	for (size_t at = 0; at < CONTAINER_SLOTS; at++) {
		if (layers_are_of(&container->base.slots[at].head, keys->layers)) {
			*ret_slot = at;
			rc = 0;
		}
	}
	return rc;
}

int container_read(
	const struct container *container, size_t slot, const struct slot_keys *keys, uint8_t *ret_image)
{
	const struct slot *from = &container->base.slots[slot];
	uint8_t *sealed = malloc(CONTAINER_SEALED);
	unsigned long long len;
	int rc = -1;

	if (sealed == NULL)
		return -1;
	memcpy(sealed, from->sealed, CONTAINER_SEALED);
	if (layers_strip(&from->head, keys->layers, sealed, CONTAINER_SEALED) == 0 &&
		crypto_aead_xchacha20poly1305_ietf_decrypt(ret_image, &len, NULL,
			sealed + CONTAINER_NONCE_BYTES, CONTAINER_SEALED - CONTAINER_NONCE_BYTES,
			image_context, sizeof image_context, sealed, keys->image) == 0)
		rc = 0;
	free(sealed);
	return rc;
}

static void seal_image(struct slot *slot, const struct slot_keys *keys, const uint8_t *image)
{
	randombytes_buf(slot->sealed, CONTAINER_NONCE_BYTES);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(slot->sealed + CONTAINER_NONCE_BYTES, NULL, image,
		CONTAINER_IMAGE_BYTES, image_context, sizeof image_context, NULL, slot->sealed, keys->image);
}

void container_know(struct container *container, size_t slot, const struct slot_keys *keys)
{
	container->keys[slot] = *keys;
	container->is_known[slot] = true;
}

void container_forget(struct container *container, size_t slot)
{
	layers_random(&container->base.slots[slot].head);
	randombytes_buf(container->base.slots[slot].sealed, CONTAINER_SEALED);
	container->is_known[slot] = false;
}

int container_claim(struct container *container, size_t slot, const struct slot_keys *keys)
{
	container_know(container, slot, keys);
	return layers_fresh(keys->layers, &container->base.slots[slot].head);
}

/* With its key: what is in it, without any layer, under a fresh head. */
static int renew_known(struct container *container, size_t slot)
{
	const struct slot_keys *keys = &container->keys[slot];
	uint8_t *image = sodium_malloc(CONTAINER_IMAGE_BYTES);
	int rc = -1;

	if (image != NULL && container_read(container, slot, keys, image) == 0 &&
		layers_fresh(keys->layers, &container->base.slots[slot].head) == 0) {
		seal_image(&container->base.slots[slot], keys, image);
		rc = 0;
	}
	sodium_free(image);
	return rc;
}

/* Once a session: everything of both heads looks different from now on. */
static int begin(struct container *container, size_t own)
{
	for (size_t at = 0; at < CONTAINER_SLOTS; at++) {
		struct layer_head *head = &container->base.slots[at].head;

		if (at == own && layers_fresh(container->keys[at].layers, head) != 0)
			return -1;
		/* What doesn't open with the key that is known isn't that key's any more. */
		if (at != own && (!container->is_known[at] || renew_known(container, at) != 0) &&
			layers_turn(head, LAYERS_MAX) != 0)
			return -1;
	}
	container->has_begun = true;
	return 0;
}

static int fill_out(struct container *container, size_t own)
{
	size_t turn = container->position % LAYERS_MAX;
	uint32_t position = container->position + 1;
	struct file *out = &container->out;

	*out = container->base;
	for (size_t at = POSITION_BYTES; at > 0; at--, position >>= 8)
		out->position[at - 1] = (uint8_t)position;
	for (size_t at = 0; at < CONTAINER_SLOTS; at++) {
		struct slot *slot = &out->slots[at];

		if (layers_turn(&slot->head, turn) != 0 ||
			(at != own && layers_add(&slot->head, turn, slot->sealed, CONTAINER_SEALED) != 0))
			return -1;
	}
	whiten(out);
	return 0;
}

int container_write(struct container *container, size_t slot, const uint8_t *image, struct failure *failure)
{
	uint8_t name[NAME_CHARS / 2];

	if (!container->has_begun && begin(container, slot) != 0)
		return failure_set(failure, EX_DATAERR, "the home is damaged: join again in a new folder");
	seal_image(&container->base.slots[slot], &container->keys[slot], image);
	if (fill_out(container, slot) != 0)
		return failure_set(failure, EX_DATAERR, "the home is damaged: join again in a new folder");
	if (container->name[0] == '\0') {
		randombytes_buf(name, sizeof name);
		hex_encode(name, sizeof name, container->name);
	}
	return disk_replace(
		container->home, container->name, &container->out, sizeof container->out, failure);
}
