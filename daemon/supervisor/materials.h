/* What the roles are handed at their start: settings, key files, rosters, the decoy site. Kept for the next
 * restart, keys in guarded memory. */
#ifndef SUPERVISOR_MATERIALS_H
#define SUPERVISOR_MATERIALS_H

#include "base/config.h"
#include "channel/channel.h"
#include "files.h"
#include "passphrase_source.h"

struct materials;

/* Reads everything that config names. Returns -1 with every fault listed, by the line that named the file.
 * known: of the generation before, which spares stretching the passphrase for files that it has opened; may
 * be NULL. */
MUST_USE int materials_load(const struct config *config, struct passphrase_source *passphrases,
	const struct materials *known, struct materials **ret_materials, struct config_faults *faults);
void materials_free(struct materials *materials);

/* The files of a kind. -1 where the channel takes no more. */
MUST_USE int materials_send(const struct materials *materials, enum file_kind kind, struct channel *channel);

/* The only file of its kind, as it was read; NULL where there is none. */
const struct file_bytes *materials_file(const struct materials *materials, enum file_kind kind);

/* Writes a key file anew, as it lies on the disk now: under the same passphrase, or plain. Durable when this
 * returns 0; a crash leaves the old or the new content. */
MUST_USE int materials_write(const struct materials *materials, enum file_kind kind, const char *path,
	const uint8_t *data, size_t len, struct fault *fault);
/* Reads what materials_write has written beside a key file: under the same passphrase, or plain as that one.
 */
MUST_USE int materials_open(const struct materials *materials, enum file_kind kind, const char *path,
	struct file_bytes *ret_bytes, struct fault *fault);
/* What the next start of a role is handed instead. -1 where memory is short. */
MUST_USE int materials_change(
	struct materials *materials, enum file_kind kind, const uint8_t *data, size_t len);

/* The settings that a role is told (SETTING_FOR_…). */
MUST_USE int settings_send(const struct config *config, unsigned int role, struct channel *channel);
/* Which ways of waking officers there are: for the store, which refuses others. */
MUST_USE int setting_send_ways(const struct config *config, struct channel *channel);
MUST_USE int setting_send(struct channel *channel, const char *name, const char *value);
MUST_USE int setting_send_number(struct channel *channel, const char *name, uint64_t number);

#endif
