/* The table of who may send what: the edges that DESIGN draws are there, and no others. */
#include "cmocka_all.h"

#include "channel/rules.h"

#define ROLES 5
#define TYPES 256

static void test_edges(void **state)
{
	(void)state;
	/* sender by row, receiver by column */
	static const bool may_talk[ROLES][ROLES] = {
		[ROLE_SUPERVISOR] = { [ROLE_FRONT] = true,
			[ROLE_STORE] = true,
			[ROLE_NOTIFY] = true,
			[ROLE_CHECKPOINT] = true },
		[ROLE_FRONT] = { [ROLE_SUPERVISOR] = true, [ROLE_STORE] = true },
		[ROLE_STORE] = { [ROLE_SUPERVISOR] = true, [ROLE_FRONT] = true, [ROLE_NOTIFY] = true },
		[ROLE_NOTIFY] = { [ROLE_SUPERVISOR] = true, [ROLE_STORE] = true },
		[ROLE_CHECKPOINT] = { [ROLE_SUPERVISOR] = true },
	};
	for (unsigned int sender = 0; sender < ROLES; sender++)
		for (unsigned int receiver = 0; receiver < ROLES; receiver++) {
			bool talks = false;
			for (unsigned int type = 0; type < TYPES; type++)
				talks = talks || channel_rule(receiver, sender, type) != NULL;
			assert_int_equal(talks, may_talk[sender][receiver]);
		}
}

static void test_only_the_supervisor_passes_descriptors(void **state)
{
	(void)state;
	for (unsigned int sender = 0; sender < ROLES; sender++)
		for (unsigned int receiver = 0; receiver < ROLES; receiver++)
			for (unsigned int type = 0; type < TYPES; type++) {
				const struct channel_rule *rule = channel_rule(receiver, sender, type);
				if (rule == NULL)
					continue;
				assert_int_equal(rule->with_fd, type == MESSAGE_SOCKET);
				if (rule->with_fd)
					assert_int_equal(sender, ROLE_SUPERVISOR);
			}
}

static void test_secrets_go_where_they_belong(void **state)
{
	(void)state;
	assert_non_null(channel_rule(ROLE_FRONT, ROLE_SUPERVISOR, MESSAGE_FILE));
	assert_non_null(channel_rule(ROLE_STORE, ROLE_SUPERVISOR, MESSAGE_FILE));
	assert_non_null(channel_rule(ROLE_NOTIFY, ROLE_SUPERVISOR, MESSAGE_FILE)); /* the mail server's */
	assert_null(channel_rule(ROLE_CHECKPOINT, ROLE_SUPERVISOR, MESSAGE_FILE));
	assert_null(channel_rule(ROLE_CHECKPOINT, ROLE_SUPERVISOR, MESSAGE_SOCKET));
}

static void test_direction_counts(void **state)
{
	(void)state;
	assert_non_null(channel_rule(ROLE_STORE, ROLE_FRONT, MESSAGE_REQUEST));
	assert_null(channel_rule(ROLE_FRONT, ROLE_STORE, MESSAGE_REQUEST));
	assert_null(channel_rule(ROLE_STORE, ROLE_FRONT, MESSAGE_ANSWER));
	assert_null(channel_rule(ROLE_NOTIFY, ROLE_FRONT, MESSAGE_WAKE));
	assert_non_null(channel_rule(ROLE_NOTIFY, ROLE_STORE, MESSAGE_WAKE));
	assert_non_null(channel_rule(ROLE_STORE, ROLE_NOTIFY, MESSAGE_WOKEN));
	assert_null(channel_rule(ROLE_STORE, ROLE_FRONT, MESSAGE_WOKEN));
	assert_null(channel_rule(ROLE_SUPERVISOR, ROLE_STORE, MESSAGE_RUN));
	assert_null(channel_rule(ROLE_SUPERVISOR, ROLE_FRONT, MESSAGE_RUN));
	assert_null(channel_rule(ROLE_STORE, ROLE_FRONT, MESSAGE_DRAIN));
	assert_int_equal(channel_rule(ROLE_SUPERVISOR, ROLE_STORE, MESSAGE_READY)->often, RULE_ONCE);
}

static void test_names(void **state)
{
	(void)state;
	for (unsigned int role = 0; role < ROLES; role++) {
		enum role found;
		assert_int_equal(role_of(role_name(role), &found), 0);
		assert_int_equal(found, role);
	}
	enum role untouched = ROLE_NOTIFY;
	assert_int_equal(role_of("fronts", &untouched), -1);
	assert_int_equal(role_of("", &untouched), -1);
	assert_int_equal(untouched, ROLE_NOTIFY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_only_the_supervisor_passes_descriptors),
		cmocka_unit_test(test_secrets_go_where_they_belong),
		cmocka_unit_test(test_direction_counts),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
