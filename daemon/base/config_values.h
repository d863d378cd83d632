/* One value of clariond.conf: checked and stored in its field, and given back as text. */
#ifndef CONFIG_VALUES_H
#define CONFIG_VALUES_H

#include "base/config.h"

/* text follows no more than the line's grammar. The field is written only on success; what was there is
 * freed. */
MUST_USE int config_value_set(struct config *config, const struct setting *setting, const char *text,
	const char *folder, struct fault *fault);

bool config_value_present(const struct config *config, const struct setting *setting);
void config_value_free(struct config *config, const struct setting *setting);
bool config_value_same(
	const struct config *before, const struct config *after, const struct setting *setting);

#endif
