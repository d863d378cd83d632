/* What the roles are handed at their start: settings, key files, rosters, the decoy site. Kept for the next
 * restart, keys in guarded memory. */
#ifndef SUPERVISOR_MATERIALS_H
#define SUPERVISOR_MATERIALS_H

#include "base/config.h"
#include "channel/channel.h"
#include "passphrase_source.h"

struct materials;

/* Reads everything that config names. Returns -1 with every fault listed, by the line that named the file. */
MUST_USE int materials_load(const struct config *config, struct passphrase_source *passphrases,
	struct materials **ret_materials, struct config_faults *faults);
void materials_free(struct materials *materials);

/* The files of a kind. -1 where the channel takes no more. */
MUST_USE int materials_send(const struct materials *materials, enum file_kind kind, struct channel *channel);

/* Writes a key file anew, as it lies on the disk now: under the same passphrase, or plain. Durable when this
 * returns 0; a crash leaves the old or the new content. */
MUST_USE int materials_write(const struct materials *materials, enum file_kind kind, const char *path,
	const uint8_t *data, size_t len, struct fault *fault);
/* What the next start of a role is handed instead. -1 where memory is short. */
MUST_USE int materials_change(
	struct materials *materials, enum file_kind kind, const uint8_t *data, size_t len);

/* The settings that a role is told (SETTING_FOR_…). */
MUST_USE int settings_send(const struct config *config, unsigned int role, struct channel *channel);
MUST_USE int setting_send(struct channel *channel, const char *name, const char *value);
MUST_USE int setting_send_number(struct channel *channel, const char *name, uint64_t number);

#endif
