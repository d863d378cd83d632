/* A defender's home: one folder in which everything is encrypted, and nothing has a telling name or size.
 *
 * One file holds a salt and two equal slots: a slot is the home's master key under Argon2id of a passphrase,
 * or under a key that everybody knows where there is none (tried first, so that nothing tells which), or
 * random bytes. Items are small and replaced whole; payloads are long, written once and read from their
 * start. */
#ifndef DEFENDER_VAULT_H
#define DEFENDER_VAULT_H

#include "client/home.h"
#include "client/items.h"
#include "client/program.h"

#define VAULT_NAME_MAX 64

struct vault;

/* A new master key; the other slot is random bytes. passphrase NULL for none. 73 where the home has one
 * already. */
MUST_USE int vault_create(
	struct home *home, const char *passphrase, struct vault **ret_vault, struct failure *failure);

/* A vault whose master key is written nowhere. */
MUST_USE int vault_create_in_memory(struct home *home, struct vault **ret_vault, struct failure *failure);

/* Asks for the passphrase only where one is needed. 77 for a wrong one, 78 where the home was never joined.
 */
MUST_USE int vault_open(struct home *home, const struct invocation *invocation, struct vault **ret_vault,
	struct failure *failure);
void vault_free(struct vault *vault);

/* True where the home holds a vault already. */
bool vault_is_there(const struct home *home);

/* Undoes a vault_create whose join failed: removes the slots, and items written so far stay unreadable for
 * ever. */
void vault_discard(struct home *home);

/* Destroys the vault for ever, without its passphrase: the slots are overwritten and synced first, so that
 * nothing can be opened from then on whatever happens; then the files go, the slots' last, so that a wipe
 * that was cut off is finished by the next. *ret_others is how many files of others are in the folder: they
 * stay. 78 where there is no vault and the folder isn't empty; 73 where something can't be removed. */
MUST_USE int vault_wipe(struct home *home, size_t *ret_others, struct failure *failure);

struct items vault_items(struct vault *vault);

/* A payload of any length: put its bytes, then end (durable) or, without an end, free (gone). */
struct vault_writer;
MUST_USE int vault_writer_new(
	struct vault *vault, const char *name, struct vault_writer **ret_writer, struct failure *failure);
MUST_USE int vault_writer_put(
	struct vault_writer *writer, const uint8_t *bytes, size_t len, struct failure *failure);
MUST_USE int vault_writer_end(struct vault_writer *writer, struct failure *failure);
void vault_writer_free(struct vault_writer *writer);

/* Its bytes from the start; skip drops some first. 66 where there is no such payload, 65 where it was
 * damaged. */
struct vault_reader;
MUST_USE int vault_reader_new(
	struct vault *vault, const char *name, struct vault_reader **ret_reader, struct failure *failure);
MUST_USE int vault_reader_skip(struct vault_reader *reader, uint64_t len, struct failure *failure);
/* *ret_len is 0 only at the end. */
MUST_USE int vault_reader_take(
	struct vault_reader *reader, uint8_t *bytes, size_t size, size_t *ret_len, struct failure *failure);
void vault_reader_free(struct vault_reader *reader);

/* Removes an item or payload; one that isn't there is fine. */
MUST_USE int vault_remove(struct vault *vault, const char *name, struct failure *failure);

#endif
