#include "cmocka_all.h"

#include "proto/route.h"

#include <stdlib.h>
#include <string.h>

#define BASE     "AAECAwQFBgcICQoLDA0ODw"
#define AT(rest) "/" BASE "/v1/" rest
#define ID       "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define MAILBOX  "0123456789abcdef0123456789abcdef"
#define SEALED   "desk=intake&urgency=urgent&salt=" MAILBOX "&roster=7"

static const struct row {
	const char *method, *target;
	enum call call;
	enum caller caller;
} calls[] = {
	{ "GET", AT("roster"), CALL_GET_ROSTER, CALLER_ANYONE },
	{ "GET", AT("roster/12"), CALL_GET_ROSTER_VERSION, CALLER_ANYONE },
	{ "PUT", AT("roster"), CALL_PUT_ROSTER, CALLER_ANYONE },
	{ "PUT", AT("reports/" ID "?" SEALED), CALL_PUT_REPORT, CALLER_ANYONE },
	{ "PUT", AT("reports/" ID "?urgency=withheld&roster=1&desk=a"), CALL_PUT_REPORT, CALLER_ANYONE },
	{ "PUT", AT("reports/" ID "?" SEALED "&release=2026-11-24T08:30:00Z"), CALL_PUT_REPORT,
		CALLER_ANYONE },
	{ "POST", AT("uploads?id=" ID "&length=1048577&" SEALED), CALL_CREATE_UPLOAD, CALLER_ANYONE },
	{ "HEAD", AT("reports/" ID), CALL_HEAD_UPLOAD, CALLER_ANYONE },
	{ "PATCH", AT("reports/" ID), CALL_PATCH_UPLOAD, CALLER_ANYONE },
	{ "GET", AT("desks/intake/alerts"), CALL_GET_ALERTS, CALLER_OFFICER },
	{ "GET", AT("desks/intake/alerts?wait=300&after=0"), CALL_GET_ALERTS, CALLER_OFFICER },
	{ "GET", AT("desks/intake/alerts?raised=17"), CALL_GET_ALERTS, CALLER_OFFICER },
	{ "GET", AT("desks/intake/rota"), CALL_GET_ROTA, CALLER_OFFICER },
	{ "PUT", AT("desks/intake/rota"), CALL_PUT_ROTA, CALLER_OFFICER },
	{ "GET", AT("desks/intake/expiring?after=7"), CALL_GET_EXPIRING, CALLER_OFFICER },
	{ "GET", AT("reports/" ID), CALL_GET_REPORT, CALLER_OFFICER },
	{ "GET", AT("reports/" ID "/header"), CALL_GET_HEADER, CALLER_OFFICER },
	{ "GET", AT("reports/" ID "/wrapping"), CALL_GET_WRAPPING, CALLER_OFFICER },
	{ "GET", AT("desks/intake/headers?after=7"), CALL_GET_HEADERS, CALLER_OFFICER },
	{ "GET", AT("desks/urgent/reports?after=7"), CALL_GET_REPORTS, CALLER_OFFICER },
	{ "GET", AT("reports/" ID "/events"), CALL_GET_EVENTS, CALLER_OFFICER },
	{ "GET", AT("reports/" ID "/events?after=12"), CALL_GET_EVENTS, CALLER_OFFICER },
	{ "POST", AT("reports/" ID "/events"), CALL_POST_EVENT, CALLER_OFFICER },
	{ "GET", AT("mailboxes/" MAILBOX), CALL_GET_MAILBOX, CALLER_ANYONE },
	{ "DELETE", AT("mailboxes/" MAILBOX), CALL_DELETE_MAILBOX, CALLER_ANYONE },
	{ "POST", AT("mailboxes/" MAILBOX), CALL_POST_MAILBOX, CALLER_OFFICER },
	{ "GET", AT("status"), CALL_GET_STATUS, CALLER_ADMIN },
	{ "POST", AT("tokens"), CALL_POST_TOKENS, CALLER_ANYONE },
	{ "POST", AT("reports/" ID "/hold"), CALL_POST_HOLD, CALLER_ANYONE },
	{ "PUT", AT("reports/" ID "/header?roster=2"), CALL_PUT_HEADER, CALLER_OFFICER },
	{ "POST", AT("invitations"), CALL_POST_INVITATIONS, CALLER_ADMIN },
	{ "GET", AT("audit"), CALL_GET_AUDIT, CALLER_ADMIN },
	{ "GET", AT("audit?after=7"), CALL_GET_AUDIT, CALLER_ADMIN },
	{ "GET", AT("audit/head?after=7"), CALL_GET_AUDIT_HEAD, CALLER_MEMBER },
	{ "GET", AT("wake"), CALL_GET_WAKE, CALLER_OFFICER },
	{ "PUT", AT("wake"), CALL_PUT_WAKE, CALLER_OFFICER },
	{ "POST", AT("wake"), CALL_POST_WAKE, CALLER_OFFICER },
	{ "DELETE", AT("wake"), CALL_DELETE_WAKE, CALLER_OFFICER },
};

static void every_call_is_found(void **state)
{
	bool seen[CALL_COUNT] = { [CALL_NONE] = true };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		struct route route;

		if (route_parse(calls[i].method, calls[i].target, BASE, &route) != 0 ||
			route.call != calls[i].call || route.caller != calls[i].caller)
			fail_msg("%s %s", calls[i].method, calls[i].target);
		seen[route.call] = true;
	}
	for (size_t i = 0; i < CALL_COUNT; i++)
		assert_true(seen[i]);
}

static void arguments_are_read(void **state)
{
	static const char put[] = AT("reports/" ID "?" SEALED "&release=2026-11-24T08:30:00Z");
	struct route route;

	(void)state;
	assert_int_equal(route_parse("PUT", put, BASE, &route), 0);
	assert_string_equal(route.report, ID);
	assert_int_equal(route.report_id[1], 0x23);
	assert_string_equal(route.desk, "intake");
	assert_int_equal(route.urgency, URGENCY_URGENT);
	assert_true(route.has_salt);
	assert_int_equal(route.salt[15], 0xef);
	assert_int_equal(route.roster, 7);
	assert_true(route.has_release);
	assert_int_equal(route.release, 1795509000);
	assert_int_equal(route.path_len, strlen(AT("reports/" ID)));
	assert_string_equal(route.query, SEALED "&release=2026-11-24T08:30:00Z");
	assert_int_equal(
		route_parse("PUT", AT("reports/" ID "?desk=a&urgency=record&roster=1"), BASE, &route), 0);
	assert_false(route.has_salt);
	assert_false(route.has_release);
	assert_int_equal(route_parse("GET", AT("desks/a/alerts?after=9&wait=30"), BASE, &route), 0);
	assert_int_equal(route.after, 9);
	assert_int_equal(route.wait, 30);
	assert_int_equal(route_parse("GET", AT("roster"), BASE, &route), 0);
	assert_string_equal(route.query, "");
	assert_int_equal(route_parse("POST", AT("uploads?id=" ID "&length=5&" SEALED), BASE, &route), 0);
	assert_int_equal(route.length, 5);
	assert_string_equal(route.report, ID);
	assert_int_equal(route_parse("GET", AT("mailboxes/" MAILBOX), BASE, &route), 0);
	assert_int_equal(route.mailbox_id[15], 0xef);
	assert_int_equal(route_parse("GET", AT("roster/9223372036854775807"), BASE, &route), 0);
	assert_int_equal(route.version, INT64_MAX);
}

static void what_is_not_ours_is_left_to_the_decoy(void **state)
{
	static const char *const rows[][2] = {
		{ "GET", "/" },
		{ "GET", "" },
		{ "GET", "/roster" },
		{ "GET", "/" BASE },
		{ "GET", "/" BASE "/v1" },
		{ "GET", "/" BASE "/v1/" },
		{ "GET", "/" BASE "/v2/roster" },
		{ "GET", "/AAECAwQFBgcICQoLDA0ODg/v1/roster" },
		{ "GET", "//" BASE "/v1/roster" },
		{ "GET", AT("roster/") },
		{ "GET", AT("/roster") },
		{ "GET", AT("Roster") },
		{ "GET", AT("%72oster") },
		{ "GET", AT("roster/1/2") },
		{ "GET", AT("reports") },
		{ "GET", AT("desks/a") },
		{ "GET", AT("desks//alert") },
		{ "DELETE", AT("roster") },
		{ "get", AT("roster") },
		{ "HEAD", AT("roster") },
		{ "GET", AT("tokens") },
		{ "GET", AT("roster/0") },
		{ "GET", AT("roster/01") },
		{ "GET", AT("roster/x") },
		{ "GET", AT("roster/9223372036854775808") },
		{ "GET", AT("reports/" MAILBOX) },
		{ "GET", AT("reports/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef") },
		{ "GET", AT("mailboxes/" ID) },
		{ "GET", AT("desks/A/alerts") },
		{ "GET", AT("desks//alerts") },
		{ "GET", AT("desks/%61/alerts") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct route route = { .call = CALL_GET_STATUS };

		if (route_parse(rows[i][0], rows[i][1], BASE, &route) != 0 || route.call != CALL_NONE)
			fail_msg("%s %s", rows[i][0], rows[i][1]);
	}
}

static void wrong_arguments_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "GET", AT("roster?") },
		{ "GET", AT("roster?x=1") },
		{ "GET", AT("reports/" ID "?desk=a") },
		{ "GET", AT("desks/a/alerts?after=-1") },
		{ "GET", AT("desks/a/alerts?after=") },
		{ "GET", AT("desks/a/alerts?after=01") },
		{ "GET", AT("desks/a/alerts?after=1&after=1") },
		{ "GET", AT("desks/a/alerts?wait=301") },
		{ "GET", AT("desks/a/alerts?raised=-1") },
		{ "GET", AT("desks/a/rota?after=1") },
		{ "GET", AT("desks/a/alerts?wait=1&") },
		{ "GET", AT("desks/a/alerts?&wait=1") },
		{ "GET", AT("desks/a/alerts?wait=1&&after=1") },
		{ "GET", AT("desks/a/alerts?wait=1?after=1") },
		{ "GET", AT("desks/a/alerts?wait=%31") },
		{ "GET", AT("desks/a/alerts?wait=+1") },
		{ "GET", AT("desks/a/alerts?wait") },
		{ "PUT", AT("reports/" ID) },
		{ "PUT", AT("reports/" ID "?urgency=urgent&roster=1") },
		{ "PUT", AT("reports/" ID "?desk=a&roster=1") },
		{ "PUT", AT("reports/" ID "?desk=a&urgency=urgent") },
		{ "PUT", AT("reports/" ID "?" SEALED "&id=" ID) },
		{ "PUT", AT("reports/" ID "?" SEALED "&salt=" MAILBOX) },
		{ "PUT", AT("reports/" ID "?" SEALED "&length=1") },
		{ "PUT", AT("reports/" ID "?" SEALED "&release=2026-11-24") },
		{ "PUT", AT("reports/" ID "?desk=a&urgency=U1&roster=1") },
		{ "PUT", AT("reports/" ID "?desk=a&urgency=urgent&roster=0") },
		{ "PUT", AT("reports/" ID "?desk=a&urgency=urgent&roster=1&salt=00") },
		{ "PUT", AT("reports/" ID "/header") },
		{ "POST", AT("uploads?" SEALED "&id=" ID) },
		{ "POST", AT("uploads?" SEALED "&length=1") },
		{ "POST", AT("uploads?" SEALED "&length=0&id=" ID) },
		{ "POST", AT("uploads?" SEALED "&length=1099511627777&id=" ID) },
	};
	char *target = calloc(1, ROUTE_TARGET_MAX + 64);
	struct route route;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (route_parse(rows[i][0], rows[i][1], BASE, &route) == 0)
			fail_msg("%s %s", rows[i][0], rows[i][1]);
	}
	memset(target, '1', ROUTE_TARGET_MAX + 1);
	memcpy(target, AT("desks/a/alerts?wait="), strlen(AT("desks/a/alerts?wait=")));
	assert_int_equal(route_parse("GET", target, BASE, &route), -1);
	free(target);
}

static void a_wrong_base_of_ours_finds_nothing(void **state)
{
	struct route route;

	(void)state;
	assert_int_equal(route_parse("GET", AT("roster"), "short", &route), 0);
	assert_int_equal(route.call, CALL_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_is_found),
		cmocka_unit_test(arguments_are_read),
		cmocka_unit_test(what_is_not_ours_is_left_to_the_decoy),
		cmocka_unit_test(wrong_arguments_are_refused),
		cmocka_unit_test(a_wrong_base_of_ours_finds_nothing),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
