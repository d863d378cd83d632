/* clariond.conf: what is taken, and that each refusal says what and on which line. */
#include "cmocka_all.h"

#include "base/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE "abcdefghijklmnopqrstuv"
#define REQUIRED                                                                                             \
	"listen = [::]:8443\nbase = " BASE                                                                   \
	"\nstore = store\ntls_key = tls.key\ntls_certificate = /etc/tls.pem\n"                               \
	"keyring = keyring\nrosters = rosters\n"

static struct config *parsed(const char *text)
{
	struct config_faults faults = { .count = 0 };
	struct config *config = NULL;
	const int rc = config_parse(text, strlen(text), "/home/daemon", &config, &faults);
	if (rc != 0)
		print_error("line %u: %s\n", faults.at[0].line, faults.at[0].fault.text);
	assert_int_equal(rc, 0);
	assert_int_equal(faults.count, 0);
	return config;
}

/* The one fault that text has, which must name `words`. */
static void refused(const char *text, unsigned int line, const char *words)
{
	struct config_faults faults = { .count = 0 };
	struct config *config = (struct config *)&faults; /* must stay as it is */
	assert_int_equal(config_parse(text, strlen(text), "/", &config, &faults), -1);
	assert_ptr_equal(config, &faults);
	assert_int_equal(faults.count, 1);
	assert_int_equal(faults.at[0].line, line);
	if (strstr(faults.at[0].fault.text, words) == NULL)
		fail_msg("`%s' doesn't say `%s'", faults.at[0].fault.text, words);
}

static void test_defaults_and_paths(void **state)
{
	(void)state;
	struct config *config = parsed(REQUIRED);
	assert_string_equal(config->store, "/home/daemon/store");
	assert_string_equal(config->tls_certificate, "/etc/tls.pem");
	assert_null(config->decoy);
	assert_int_equal(config->connections_per_group, 256);
	assert_int_equal(config->new_per_second, 50);
	assert_int_equal(config->new_burst, 500);
	assert_int_equal(config->max_report_bytes, 64 * 1024 * 1024);
	assert_string_equal(config->user_store, "60901");
	assert_false(config->unencrypted_keys);
	assert_false(config->allow_no_landlock);
	assert_int_equal(config_line(config, "base"), 2);
	assert_int_equal(config_line(config, "decoy"), 0);
	config_free(config);
}

static void test_listen_adds_up(void **state)
{
	(void)state;
	struct config *config =
		parsed(REQUIRED "listen = 127.0.0.1:1 , [::1]:65535\nlisten_shared=127.0.0.1:9\n");
	assert_int_equal(config->listen.count, 3);
	assert_string_equal(config->listen.text[1], "127.0.0.1:1");
	assert_string_equal(config->listen.text[2], "[::1]:65535");
	assert_int_equal(config->listen_shared.count, 1);
	config_free(config);
}

static void test_form_is_free(void **state)
{
	(void)state;
	struct config *config =
		parsed("# a comment = here\n\n  \t\n" REQUIRED
		       "\tworkers=3\nallow_no_landlock = yes, run without it\n"
		       "unencrypted_keys   =   yes  \ncapacity_bytes = 2 TiB\nmax_report_bytes = 3MiB");
	assert_int_equal(config->workers, 3);
	assert_true(config->allow_no_landlock);
	assert_true(config->unencrypted_keys);
	assert_true(config->capacity_bytes == 2ULL << 40);
	assert_true(config->max_report_bytes == 3 << 20);
	assert_int_equal(config_line(config, "workers"), 11);
	config_free(config);
}

static void test_refusals(void **state)
{
	(void)state;
	refused(REQUIRED "colour = red\n", 8, "unknown setting `colour'");
	refused(REQUIRED "workers 3\n", 8, "no `='");
	refused(REQUIRED "workers =\n", 8, "no value");
	refused(REQUIRED "workers = 2\nworkers = 2\n", 9, "already set on line 8");
	refused(REQUIRED "workers = 257\n", 8, "from 0 to 256");
	refused(REQUIRED "workers = -1\n", 8, "must be a number");
	refused(REQUIRED "workers = 02\n", 8, "must be a number");
	refused(REQUIRED "workers = 2KiB\n", 8, "must be a number");
	refused(REQUIRED "capacity_bytes = 1\n", 8, "from 16777216");
	refused(REQUIRED "capacity_bytes = 5 kB\n", 8, "KiB, MiB");
	refused(REQUIRED "capacity_bytes = 9999999999999999999TiB\n", 8, "must be");
	refused(REQUIRED "unencrypted_keys = true\n", 8, "`no' or `yes'");
	refused(REQUIRED "allow_no_landlock = yes\n", 8, CONFIG_NO_LANDLOCK_PHRASE);
	refused(REQUIRED "user_store = a b\n", 8, "name or the number");
	refused(REQUIRED "listen = localhost:80\n", 8, "bad address");
	refused(REQUIRED "listen = ::1:80\n", 8, "bad address");
	refused(REQUIRED "listen = 127.0.0.1\n", 8, "no port");
	refused(REQUIRED "listen = 127.0.0.1:0\n", 8, "bad port");
	refused(REQUIRED "listen = 127.0.0.1:65536\n", 8, "bad port");
	refused(REQUIRED "listen = 127.0.0.1:8443x\n", 8, "bad port");
	refused(REQUIRED "listen = [::]:8443\n", 8, "twice");
	refused(REQUIRED "decoy = a\x01z\n", 8, "control character");
	refused("listen = 1.2.3.4:5\nbase = "
		"short\nstore=s\ntls_key=k\ntls_certificate=c\nkeyring=r\nrosters=n\n",
		2, "22 to 64");
	refused("listen = 1.2.3.4:5\nbase = "
		"abcdefghijklmnopqrst/v\nstore=s\ntls_key=k\ntls_certificate=c\nkeyring=r\n"
		"rosters=n\n",
		2, "letters, digits");
	refused("listen = 1.2.3.4:5\nbase = " BASE "\nstore=s\ntls_key=k\ntls_certificate=c\nkeyring=r\n", 0,
		"rosters is missing");
	refused("base = " BASE "\nstore=s\ntls_key=k\ntls_certificate=c\nkeyring=r\nrosters=n\n", 0,
		"listen is missing");
}

static void test_overlong_line_is_refused(void **state)
{
	(void)state;
	char text[sizeof REQUIRED + CONFIG_VALUE_MAX + 32];
	int len = snprintf(text, sizeof text, REQUIRED "decoy = ");
	memset(text + len, 'x', CONFIG_VALUE_MAX);
	text[len + CONFIG_VALUE_MAX] = '\0';
	refused(text, 8, "too long");
}

static void test_all_faults_are_listed(void **state)
{
	(void)state;
	static const char text[] = "workers = many\nnonsense\nlisten = nowhere\n";
	struct config_faults faults = { .count = 0 };
	struct config *config = NULL;
	assert_int_equal(config_parse(text, sizeof text - 1, "/", &config, &faults), -1);
	/* three lines, six required settings, and no address */
	assert_int_equal(faults.count, 3 + 6 + 1);
	assert_int_equal(faults.at[0].line, 1);
	assert_int_equal(faults.at[1].line, 2);
	assert_int_equal(faults.at[2].line, 3);
	assert_int_equal(faults.at[3].line, 0);
}

static void test_a_fault_never_repeats_a_value(void **state)
{
	(void)state;
	struct config_faults faults = { .count = 0 };
	struct config *config = NULL;
	static const char text[] = REQUIRED "base = s3cret\n";
	assert_int_equal(config_parse(text, sizeof text - 1, "/", &config, &faults), -1);
	for (size_t i = 0; i < faults.count; i++)
		assert_null(strstr(faults.at[i].fault.text, "s3cret"));
}

static void test_what_needs_a_restart(void **state)
{
	(void)state;
	struct config *before = parsed(REQUIRED);
	struct config *same = parsed(REQUIRED "workers = 7\nidle_seconds = 3\n");
	struct config *other = parsed(REQUIRED "listen = 127.0.0.1:1\n");
	struct config *users = parsed(REQUIRED "user_front = nobody\n");
	assert_null(config_fixed_difference(before, same));
	assert_string_equal(config_fixed_difference(before, other), "listen");
	assert_string_equal(config_fixed_difference(before, users), "user_front");
	config_free(before);
	config_free(same);
	config_free(other);
	config_free(users);
}

static void test_values_as_roles_see_them(void **state)
{
	(void)state;
	struct config *config = parsed(REQUIRED "max_report_bytes = 2MiB\n");
	size_t count;
	char text[CONFIG_VALUE_MAX + 1];
	char small[4];
	const struct setting *settings = config_settings(&count);
	unsigned int met = 0;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(settings[i].name, "max_report_bytes") == 0) {
			assert_int_equal(config_value(config, &settings[i], text, sizeof text), 0);
			assert_string_equal(text, "2097152");
			assert_int_equal(config_value(config, &settings[i], small, sizeof small), -1);
			met++;
		} else if (strcmp(settings[i].name, "allow_no_landlock") == 0) {
			assert_int_equal(config_value(config, &settings[i], text, sizeof text), 0);
			assert_string_equal(text, "no");
			met++;
		} else if (strcmp(settings[i].name, "decoy") == 0 ||
			   strcmp(settings[i].name, "listen") == 0) {
			assert_int_equal(config_value(config, &settings[i], text, sizeof text), -1);
			met++;
		}
	}
	assert_int_equal(met, 4);
	config_free(config);
}

/* No role is told where the keys lie, and only front and store the base path. */
static void test_roles_are_told_little(void **state)
{
	(void)state;
	size_t count;
	const struct setting *settings = config_settings(&count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(settings[i].name, "keyring") == 0 || strcmp(settings[i].name, "tls_key") == 0)
			assert_int_equal(settings[i].roles, 0);
		if (strcmp(settings[i].name, "base") == 0)
			assert_int_equal(settings[i].roles, SETTING_FOR_FRONT | SETTING_FOR_STORE);
		if (strcmp(settings[i].name, "store") == 0)
			assert_int_equal(settings[i].roles, SETTING_FOR_STORE | SETTING_FOR_CHECKPOINT);
	}
}

static char *file_text(const char *path)
{
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	char *text = calloc(1, CONFIG_FILE_MAX + 1);
	assert_non_null(text);
	assert_true(fread(text, 1, CONFIG_FILE_MAX, file) > 0);
	fclose(file);
	return text;
}

/* Every setting stands in the example, with its default, and the example is taken as it is. */
static void test_example_is_complete(void **state)
{
	(void)state;
	struct config_faults faults = { .count = 0 };
	struct config *config = NULL;
	size_t count;
	const struct setting *settings = config_settings(&count);
	char *text = file_text(SOURCE_ROOT "/docs/clariond.conf.example");
	assert_int_equal(config_read(SOURCE_ROOT "/docs/clariond.conf.example", &config, &faults), 0);
	config_free(config);
	for (size_t i = 0; i < count; i++) {
		char line[256];
		const bool fixed = settings[i].fallback != NULL;
		snprintf(line, sizeof line, "\n%s%s = %s%s", fixed ? "#" : "", settings[i].name,
			fixed ? settings[i].fallback : "", fixed ? "\n" : "");
		const bool optional = strstr(text, line) == NULL && !settings[i].required && !fixed;
		if (optional)
			snprintf(line, sizeof line, "\n#%s = ", settings[i].name);
		if (strstr(text, line) == NULL)
			fail_msg("docs/clariond.conf.example lacks `%s'", line + 1);
	}
	free(text);
}

static void test_manual_is_complete(void **state)
{
	(void)state;
	size_t count;
	const struct setting *settings = config_settings(&count);
	char *text = file_text(SOURCE_ROOT "/man/clariond.conf.5");
	for (size_t i = 0; i < count; i++) {
		char line[128];
		snprintf(line, sizeof line, "\n.It Ic %s No", settings[i].name);
		if (strstr(text, line) == NULL)
			fail_msg("man/clariond.conf.5 lacks %s", settings[i].name);
		if (settings[i].fallback != NULL) {
			snprintf(line, sizeof line, "\n.It Ic %s No = %s\n", settings[i].name,
				settings[i].fallback);
			if (strstr(text, line) == NULL)
				fail_msg("man/clariond.conf.5 has another default for %s", settings[i].name);
		}
	}
	free(text);
}

static void test_unreadable_file(void **state)
{
	(void)state;
	struct config_faults faults = { .count = 0 };
	struct config *config = NULL;
	assert_int_equal(config_read("/nonexistent/clariond.conf", &config, &faults), -1);
	assert_int_equal(faults.count, 1);
	assert_int_equal(faults.at[0].line, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_and_paths),
		cmocka_unit_test(test_listen_adds_up),
		cmocka_unit_test(test_form_is_free),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_overlong_line_is_refused),
		cmocka_unit_test(test_all_faults_are_listed),
		cmocka_unit_test(test_a_fault_never_repeats_a_value),
		cmocka_unit_test(test_what_needs_a_restart),
		cmocka_unit_test(test_values_as_roles_see_them),
		cmocka_unit_test(test_roles_are_told_little),
		cmocka_unit_test(test_example_is_complete),
		cmocka_unit_test(test_manual_is_complete),
		cmocka_unit_test(test_unreadable_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
