#include "cmocka_all.h"

#include "configuration.h"
#include "proto/backup.h"

#include <string.h>

static void names_a_backup_may_hold(void **state)
{
	static const char *const good[] = { "backup.json", "daemon/store/clarion.db",
		"daemon/store/clarion.db-wal", "daemon/keyring.age", "roster/12.note", "daemon/a/b/c" };
	static const char *const bad[] = { "", "backup.jso", "backup.json/", "/daemon/x", "daemon", "daemon/",
		"daemon//x", "daemon/../x", "daemon/.x", "daemon/x/", "roster/", "identity.age", "daemon/a b",
		"daemon/a\nb", "../daemon/x" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(backup_name_is_safe(good[i], strlen(good[i])));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(backup_name_is_safe(bad[i], strlen(bad[i])));
}

static int parse(const char *text, struct configured_names *ret_names)
{
	return configured_names_parse(text, strlen(text), ret_names);
}

static void names_that_a_configuration_gives(void **state)
{
	struct configured_names names;

	(void)state;
	assert_int_equal(parse("# keyring = no\n  keyring = keyring.age "
			       "\ntls_key\t=\ttls.key\ntls_certificate=tls.crt",
				 &names),
		0);
	assert_string_equal(names.keyring, "keyring.age");
	assert_string_equal(names.tls_key, "tls.key");
	assert_string_equal(names.tls_certificate, "tls.crt");
	assert_int_equal(parse("keyring = a\ntls_key = b\n", &names), -1);
	assert_int_equal(parse("keyring = a\ntls_key = b\ntls_certificate =\n", &names), -1);
	assert_int_equal(parse("", &names), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_a_backup_may_hold),
		cmocka_unit_test(names_that_a_configuration_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
