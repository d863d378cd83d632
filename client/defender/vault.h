/* A defender's home: one folder in which everything is encrypted, and nothing has a telling name or size.
 *
 * One file of a fixed size (container.h) holds two equal slots, each under keys of its own: those that
 * Argon2id makes of a passphrase, or, where there is none, such as anybody can make (tried first, so that
 * nothing tells which). A home with a second passphrase uses both, all others one, and nobody can tell. Items
 * are small and replaced whole; payloads are written once and read from their start. Short payloads lie in
 * the slot. A long one, evidence, is a file of its own: while it waits to be sent, it shows that something
 * waits, and of its length which of a few steps it fills. */
#ifndef DEFENDER_VAULT_H
#define DEFENDER_VAULT_H

#include "client/home.h"
#include "client/items.h"
#include "client/program.h"

#define VAULT_NAME_MAX 64

/* So many sessions with one passphrase and none with the other, and what that one opens is lost. */
#define VAULT_SESSIONS_MAX 128

struct vault;

/* The other slot is random bytes. passphrase NULL for none. 73 where the home has one already. */
MUST_USE int vault_create(
	struct home *home, const char *passphrase, struct vault **ret_vault, struct failure *failure);

/* A vault whose keys are written nowhere, and its items neither. */
MUST_USE int vault_create_in_memory(struct home *home, struct vault **ret_vault, struct failure *failure);

/* Asks for the passphrase only where one is needed. 77 for a wrong one, 78 where the home was never joined.
 */
MUST_USE int vault_open(struct home *home, const struct invocation *invocation, struct vault **ret_vault,
	struct failure *failure);
void vault_free(struct vault *vault);

/* True where the home holds a vault already. */
bool vault_is_there(const struct home *home);

/* True where everybody can open it. */
bool vault_is_open_to_all(const struct vault *vault);

/* The other slot under a second passphrase, whatever was in it, empty: as much a home as this one. Nothing in
 * it points back. It must be freed before vault. 65 where it is this slot's own passphrase. */
MUST_USE int vault_second_create(
	struct vault *vault, const char *passphrase, struct vault **ret_second, struct failure *failure);
/* The one that was made in this vault; *ret_second NULL where none was, or it isn't there any more. */
MUST_USE int vault_second_open(struct vault *vault, struct vault **ret_second, struct failure *failure);
/* Its slot is random bytes again. Fine where there is none. */
MUST_USE int vault_second_destroy(struct vault *vault, struct failure *failure);

/* Undoes a vault_create whose join failed. */
void vault_discard(struct vault *vault);

/* Destroys the vault for ever, without its passphrase: both slots are overwritten and synced first, so that
 * nothing can be opened from then on whatever happens; then the files go, theirs last, so that a wipe
 * that was cut off is finished by the next. *ret_others is how many files of others are in the folder: they
 * stay. 78 where there is no vault and the folder isn't empty; 73 where something can't be removed. */
MUST_USE int vault_wipe(struct home *home, size_t *ret_others, struct failure *failure);

struct items vault_items(struct vault *vault);

#define PAYLOAD_INSIDE_MAX ((size_t)80 * 1024) /* lies in the slot: a sealed report without evidence */

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
