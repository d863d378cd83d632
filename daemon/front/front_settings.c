#include "front_settings.h"

#include <stdio.h>
#include <string.h>

static int base_prefix(const struct setup *setup, char ret_prefix[FRONT_PREFIX_SIZE], struct fault *fault)
{
	const char *base = setup_setting(setup, "base");
	if (base == NULL || base[0] == '\0' || strlen(base) > FRONT_PREFIX_SIZE - sizeof "//v1/")
		return fault_set(fault, "base: missing or too long: see clariond.conf(5)");
	int len = snprintf(ret_prefix, FRONT_PREFIX_SIZE, "/%s/v1/", base);
	return len > 0 && len < FRONT_PREFIX_SIZE ? 0
						  : fault_set(fault, "base: too long: see clariond.conf(5)");
}

/* A limit for all fronts, as this front's part of it. The kernel spreads connections evenly. */
static void divide(struct limits_options *limits, uint64_t fronts)
{
	uint64_t *const parts[] = { &limits->total, &limits->per_group, &limits->new_per_second,
		&limits->new_burst };
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		*parts[i] = (*parts[i] + fronts - 1) / fronts;
}

int front_settings_of(const struct setup *setup, struct front_settings *ret_settings, struct fault *fault)
{
	struct front_settings settings = { .shared.one_group = true };
	uint64_t fronts = 0;
	const struct {
		const char *name;
		uint64_t *value;
	} numbers[] = {
		{ "fronts", &fronts },
		{ "connections_max", &settings.open.total },
		{ "connections_per_group", &settings.open.per_group },
		{ "new_per_second", &settings.open.new_per_second },
		{ "new_burst", &settings.open.new_burst },
		{ "shared_connections_max", &settings.shared.total },
		{ "shared_new_per_second", &settings.shared.new_per_second },
		{ "shared_new_burst", &settings.shared.new_burst },
		{ "handshake_seconds", &settings.handshake_seconds },
		{ "headers_seconds", &settings.headers_seconds },
		{ "body_seconds", &settings.body_seconds },
		{ "answer_seconds", &settings.answer_seconds },
		{ "minimum_bytes_per_second", &settings.minimum_bytes_per_second },
		{ "idle_seconds", &settings.idle_seconds },
		{ "requests_per_connection", &settings.requests_per_connection },
	};
	if (base_prefix(setup, settings.prefix, fault) != 0)
		return -1;
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (setup_number(setup, numbers[i].name, numbers[i].value) != 0 || *numbers[i].value == 0)
			return fault_set(
				fault, "%s: must be a number above 0: see clariond.conf(5)", numbers[i].name);
	settings.shared.per_group = settings.shared.total;
	divide(&settings.open, fronts);
	divide(&settings.shared, fronts);
	*ret_settings = settings;
	return 0;
}
