#include "connection_limits.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct limits_options usual = {
	.total = 1000, .per_group = 3, .new_per_second = 10, .new_burst = 100
};

static struct sockaddr_storage address_of(const char *text)
{
	struct sockaddr_storage storage;
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(1000) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(1000) };
	memset(&storage, 0, sizeof storage);
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		memcpy(&storage, &v4, sizeof v4);
	else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		memcpy(&storage, &v6, sizeof v6);
	else
		fail();
	return storage;
}

static int admit(struct limits *limits, const char *text, int64_t now_ms, struct limits_group **ret_group)
{
	struct sockaddr_storage address = address_of(text);
	struct limits_group *group = NULL;
	int rc = limits_admit(limits, (struct sockaddr *)&address, now_ms, &group);
	if (ret_group != NULL)
		*ret_group = group;
	return rc;
}

static void cap_of_a_group(void **state)
{
	struct limits *limits = limits_new(&usual);
	struct limits_group *group = NULL;
	(void)state;
	assert_int_equal(admit(limits, "192.0.2.1", 0, &group), 0);
	assert_int_equal(admit(limits, "192.0.2.77", 0, NULL), 0);
	assert_int_equal(admit(limits, "192.0.2.255", 0, NULL), 0);
	assert_int_equal(admit(limits, "192.0.2.2", 0, NULL), -1);
	/* Its neighbours are somebody else. */
	assert_int_equal(admit(limits, "192.0.3.2", 0, NULL), 0);
	/* No ban: a place that is given back can be taken at once. */
	limits_release(limits, group);
	assert_int_equal(admit(limits, "192.0.2.2", 0, NULL), 0);
	limits_free(limits);
}

static void groups_of_ipv6(void **state)
{
	struct limits *limits = limits_new(&usual);
	(void)state;
	assert_int_equal(admit(limits, "2001:db8:1:1::1", 0, NULL), 0);
	assert_int_equal(admit(limits, "2001:db8:1:2::1", 0, NULL), 0);
	assert_int_equal(admit(limits, "2001:db8:1:ffff::9", 0, NULL), 0);
	assert_int_equal(admit(limits, "2001:db8:1:3::1", 0, NULL), -1);
	assert_int_equal(admit(limits, "2001:db8:2:3::1", 0, NULL), 0);
	assert_int_equal(limits_groups(limits), 2);
	limits_free(limits);
}

static void mapped_ipv4_is_ipv4(void **state)
{
	struct limits *limits = limits_new(&usual);
	(void)state;
	assert_int_equal(admit(limits, "::ffff:192.0.2.1", 0, NULL), 0);
	assert_int_equal(admit(limits, "192.0.2.2", 0, NULL), 0);
	assert_int_equal(limits_groups(limits), 1);
	assert_int_equal(admit(limits, "::ffff:192.0.3.1", 0, NULL), 0);
	assert_int_equal(limits_groups(limits), 2);
	limits_free(limits);
}

static void burst_and_rate(void **state)
{
	const struct limits_options options = {
		.total = 1000, .per_group = 1000, .new_per_second = 10, .new_burst = 5
	};
	struct limits *limits = limits_new(&options);
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(admit(limits, "192.0.2.1", 1000, NULL), 0);
	assert_int_equal(admit(limits, "192.0.2.1", 1000, NULL), -1);
	assert_int_equal(admit(limits, "192.0.2.1", 1099, NULL), -1);
	assert_int_equal(admit(limits, "192.0.2.1", 1100, NULL), 0);
	assert_int_equal(admit(limits, "192.0.2.1", 1100, NULL), -1);
	/* A clock that steps back gives nothing, and takes nothing. */
	assert_int_equal(admit(limits, "192.0.2.1", 500, NULL), -1);
	/* Never more than a burst. */
	for (int i = 0; i < 5; i++)
		assert_int_equal(admit(limits, "192.0.2.1", 100000000, NULL), 0);
	assert_int_equal(admit(limits, "192.0.2.1", 100000000, NULL), -1);
	limits_free(limits);
}

static void cap_of_all(void **state)
{
	const struct limits_options options = {
		.total = 2, .per_group = 2, .new_per_second = 10, .new_burst = 5
	};
	struct limits *limits = limits_new(&options);
	struct limits_group *group = NULL;
	(void)state;
	assert_false(limits_full(limits));
	assert_int_equal(admit(limits, "192.0.2.1", 0, &group), 0);
	assert_int_equal(admit(limits, "198.51.100.1", 0, NULL), 0);
	assert_true(limits_full(limits));
	assert_int_equal(admit(limits, "203.0.113.1", 0, NULL), -1);
	limits_release(limits, group);
	assert_false(limits_full(limits));
	assert_int_equal(admit(limits, "203.0.113.1", 0, NULL), 0);
	limits_free(limits);
}

static void shared_listener_is_one_group(void **state)
{
	struct limits_options options = usual;
	options.one_group = true;
	struct limits *limits = limits_new(&options);
	(void)state;
	assert_int_equal(admit(limits, "192.0.2.1", 0, NULL), 0);
	assert_int_equal(admit(limits, "198.51.100.1", 0, NULL), 0);
	assert_int_equal(admit(limits, "::1", 0, NULL), 0);
	assert_int_equal(limits_groups(limits), 1);
	assert_int_equal(admit(limits, "203.0.113.1", 0, NULL), -1);
	limits_free(limits);
}

static void groups_are_forgotten(void **state)
{
	struct limits *limits = limits_new(&usual);
	struct limits_group *group = NULL;
	(void)state;
	assert_int_equal(admit(limits, "192.0.2.1", 0, &group), 0);
	limits_sweep(limits, 1000000);
	assert_int_equal(limits_groups(limits), 1); /* it is here */
	limits_release(limits, group);
	assert_int_equal(admit(limits, "198.51.100.1", 1000000, &group), 0);
	limits_release(limits, group);
	limits_sweep(limits, 1000000);
	assert_int_equal(limits_groups(limits), 1); /* the second has used some of its burst */
	limits_sweep(limits, 1000100);
	assert_int_equal(limits_groups(limits), 0);
	limits_free(limits);
}

static void bounded_number_of_groups(void **state)
{
	struct limits_options options = usual;
	options.total = LIMITS_GROUPS_MAX + 10;
	struct limits *limits = limits_new(&options);
	char text[64];
	(void)state;
	for (unsigned i = 0; i < LIMITS_GROUPS_MAX; i++) {
		snprintf(text, sizeof text, "2001:db8:%x::1", i);
		assert_int_equal(admit(limits, text, 0, NULL), 0);
	}
	assert_int_equal(admit(limits, "192.0.2.1", 0, NULL), -1);
	assert_int_equal(admit(limits, "2001:db8:1::2", 0, NULL), 0); /* those that are known still come in */
	limits_free(limits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cap_of_a_group),
		cmocka_unit_test(groups_of_ipv6),
		cmocka_unit_test(mapped_ipv4_is_ipv4),
		cmocka_unit_test(burst_and_rate),
		cmocka_unit_test(cap_of_all),
		cmocka_unit_test(shared_listener_is_one_group),
		cmocka_unit_test(groups_are_forgotten),
		cmocka_unit_test(bounded_number_of_groups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
