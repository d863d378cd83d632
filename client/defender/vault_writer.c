#include "container.h"
#include "vault_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Chunks between the caller, who seals the report, and the worker, who encrypts it once more and writes it:
 * with long evidence each keeps a processor busy. A payload of one chunk has no worker. */
#define SLOTS 8

struct slot {
	uint8_t bytes[CHUNK_BYTES];
	size_t len;
};

struct vault_writer {
	struct vault *vault;
	char name[VAULT_NAME_MAX];
	/* As long as it may be a short one, it is here; then in a file of its own. */
	uint8_t inside[PAYLOAD_INSIDE_MAX];
	size_t inside_len;
	struct disk_writer *disk; /* NULL before that */
	crypto_secretstream_xchacha20poly1305_state state;
	struct slot slots[SLOTS];
	uint8_t sealed[SEALED_CHUNK_BYTES];
	bool has_worker;
	pthread_t worker;
	/* Under the lock: */
	pthread_mutex_t lock;
	pthread_cond_t moved;
	size_t filled;  /* slots given to the worker so far; the caller fills slots[filled % SLOTS] */
	size_t emptied; /* slots that the worker is done with */
	bool is_over;   /* nothing more comes */
	bool has_failed;
	struct failure failure; /* the worker's */
};

int vault_writer_new(
	struct vault *vault, const char *name, struct vault_writer **ret_writer, struct failure *failure)
{
	size_t name_len = strlen(name);
	struct vault_writer *writer = sodium_malloc(sizeof *writer);

	if (writer == NULL)
		return failure_memory(failure);
	if (name_len >= sizeof writer->name) {
		sodium_free(writer);
		return failure_set(failure, EX_SOFTWARE, "a name in the home is too long");
	}
	writer->vault = vault;
	memcpy(writer->name, name, name_len + 1);
	writer->inside_len = 0;
	writer->disk = NULL;
	writer->has_worker = writer->is_over = writer->has_failed = false;
	writer->filled = writer->emptied = 0;
	writer->slots[0].len = 0;
	(void)pthread_mutex_init(&writer->lock, NULL);
	(void)pthread_cond_init(&writer->moved, NULL);
	*ret_writer = writer;
	return 0;
}

/* A file of its own. */
static int begin_file(struct vault_writer *writer, struct failure *failure)
{
	uint8_t header[STREAM_HEADER];
	char file[FILE_NAME_SIZE];

	vault_file_name(writer->vault, writer->name, file);
	(void)crypto_secretstream_xchacha20poly1305_init_push(
		&writer->state, header, writer->vault->keys->payloads);
	if (disk_writer_new(writer->vault->home, file, &writer->disk, failure) != 0)
		return -1;
	return disk_writer_put(writer->disk, header, sizeof header, failure);
}

static int write_slot(struct vault_writer *writer, struct slot *slot, uint8_t tag, struct failure *failure)
{
	unsigned long long len;

	memset(slot->bytes + slot->len, 0, CHUNK_ROOM - slot->len);
	for (size_t at = 0; at < CHUNK_BYTES - CHUNK_ROOM; at++)
		slot->bytes[CHUNK_ROOM + at] = (uint8_t)(slot->len >> (8 * at));
	(void)crypto_secretstream_xchacha20poly1305_push(
		&writer->state, writer->sealed, &len, slot->bytes, CHUNK_BYTES, NULL, 0, tag);
	return disk_writer_put(writer->disk, writer->sealed, (size_t)len, failure);
}

/* After a failure it only empties slots: the caller learns of it with the next one. */
static void *work(void *owner)
{
	struct vault_writer *writer = owner;

	(void)pthread_mutex_lock(&writer->lock);
	while (!writer->is_over || writer->emptied < writer->filled) {
		int rc = 0;

		if (writer->emptied == writer->filled) {
			(void)pthread_cond_wait(&writer->moved, &writer->lock);
			continue;
		}
		if (!writer->has_failed) {
			(void)pthread_mutex_unlock(&writer->lock);
			rc = write_slot(writer, &writer->slots[writer->emptied % SLOTS], 0, &writer->failure);
			(void)pthread_mutex_lock(&writer->lock);
		}
		writer->has_failed = writer->has_failed || rc != 0;
		writer->emptied++;
		(void)pthread_cond_signal(&writer->moved);
	}
	(void)pthread_mutex_unlock(&writer->lock);
	return NULL;
}

/* Gives the full slot away and waits for an empty one. */
static int next_slot(struct vault_writer *writer, struct failure *failure)
{
	bool has_failed;

	if (!writer->has_worker && pthread_create(&writer->worker, NULL, work, writer) != 0)
		return failure_memory(failure);
	writer->has_worker = true;
	(void)pthread_mutex_lock(&writer->lock);
	writer->filled++;
	(void)pthread_cond_signal(&writer->moved);
	while (writer->filled - writer->emptied == SLOTS)
		(void)pthread_cond_wait(&writer->moved, &writer->lock);
	writer->slots[writer->filled % SLOTS].len = 0;
	has_failed = writer->has_failed;
	(void)pthread_mutex_unlock(&writer->lock);
	return has_failed ? failure_of(failure, writer->failure.exit_code, &writer->failure.fault) : 0;
}

static int put_in_file(struct vault_writer *writer, const uint8_t *bytes, size_t len, struct failure *failure)
{
	while (len > 0) {
		struct slot *slot = &writer->slots[writer->filled % SLOTS];
		size_t room = CHUNK_ROOM - slot->len, some = len < room ? len : room;

		if (room == 0) {
			if (next_slot(writer, failure) != 0)
				return -1;
			continue;
		}
		memcpy(slot->bytes + slot->len, bytes, some);
		slot->len += some;
		bytes += some;
		len -= some;
	}
	return 0;
}

int vault_writer_put(struct vault_writer *writer, const uint8_t *bytes, size_t len, struct failure *failure)
{
	if (writer->disk == NULL && len <= sizeof writer->inside - writer->inside_len) {
		memcpy(writer->inside + writer->inside_len, bytes, len);
		writer->inside_len += len;
		return 0;
	}
	if (writer->disk == NULL &&
		(begin_file(writer, failure) != 0 ||
			put_in_file(writer, writer->inside, writer->inside_len, failure) != 0))
		return -1;
	return put_in_file(writer, bytes, len, failure);
}

static void stop_worker(struct vault_writer *writer)
{
	if (!writer->has_worker)
		return;
	(void)pthread_mutex_lock(&writer->lock);
	writer->is_over = true;
	(void)pthread_cond_signal(&writer->moved);
	(void)pthread_mutex_unlock(&writer->lock);
	(void)pthread_join(writer->worker, NULL);
	writer->has_worker = false;
}

uint64_t vault_file_length(uint64_t needed)
{
	uint64_t length = CONTAINER_BYTES;

	while (length < needed && length / 2 * 3 < needed)
		length *= 2;
	return length < needed ? length / 2 * 3 : length;
}

static int end_file(struct vault_writer *writer, struct failure *failure)
{
	uint64_t length;

	stop_worker(writer);
	if (writer->has_failed)
		return failure_of(failure, writer->failure.exit_code, &writer->failure.fault);
	if (write_slot(writer, &writer->slots[writer->filled % SLOTS],
		    crypto_secretstream_xchacha20poly1305_TAG_FINAL, failure) != 0)
		return -1;
	length = STREAM_HEADER + (uint64_t)(writer->filled + 1) * SEALED_CHUNK_BYTES;
	disk_writer_pad(writer->disk, vault_file_length(length) - length);
	if (disk_writer_end(writer->disk, failure) != 0)
		return -1;
	/* A short one that had this name. */
	return image_find(&writer->vault->image, writer->name) == NULL
		       ? 0
		       : vault_remove(writer->vault, writer->name, failure);
}

static int end_inside(struct vault_writer *writer, struct failure *failure)
{
	char file[FILE_NAME_SIZE];

	vault_file_name(writer->vault, writer->name, file);
	if (vault_put_record(writer->vault, writer->name, writer->inside, writer->inside_len, failure) != 0)
		return -1;
	return disk_remove(writer->vault->home, file, failure);
}

int vault_writer_end(struct vault_writer *writer, struct failure *failure)
{
	if (writer->disk != NULL)
		return end_file(writer, failure);
	if (image_left(&writer->vault->image) >= ITEMS_RESERVE + writer->inside_len)
		return end_inside(writer, failure);
	/* No room: what is queued shows then. */
	if (begin_file(writer, failure) != 0 ||
		put_in_file(writer, writer->inside, writer->inside_len, failure) != 0)
		return -1;
	return end_file(writer, failure);
}

void vault_writer_free(struct vault_writer *writer)
{
	if (writer == NULL)
		return;
	stop_worker(writer);
	disk_writer_free(writer->disk);
	(void)pthread_mutex_destroy(&writer->lock);
	(void)pthread_cond_destroy(&writer->moved);
	sodium_free(writer);
}
