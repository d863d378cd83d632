#include "cmocka_all.h"

#include "proto/invitation.h"
#include "proto/padme.h"

#include <stdlib.h>
#include <string.h>

#define BASE        "AAECAwQFBgcICQoLDA0ODw"
#define FINGERPRINT "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define TRUST       "#" FINGERPRINT "." BASE ".7"
#define LABEL_63    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static bool takes(const char *text)
{
	struct invitation *invitation = NULL;
	struct fault fault = { "" };
	bool taken = invitation_parse(text, strlen(text), &invitation, &fault) == 0;

	assert_true(taken || fault.text[0] != '\0');
	invitation_free(invitation);
	return taken;
}

static void what_is_read_is_written_again(void **state)
{
	static const char *const texts[] = {
		"clarion:help.example.org/" BASE TRUST,
		"clarion:help.example.org:8443/" BASE TRUST "." BASE,
		"clarion:127.0.0.1:1/" BASE TRUST,
		"clarion:[::1]:65535/" BASE TRUST,
		"clarion:[2001:db8::1]/" BASE TRUST,
		"clarion:vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd.onion:80/" BASE TRUST,
		"clarion:" LABEL_63 "." LABEL_63 "." LABEL_63 ".example/" BASE TRUST,
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct buffer out = buffer_of(INVITATION_MAX);
		struct invitation *invitation = NULL;
		struct fault fault = { "" };

		assert_int_equal(invitation_parse(texts[i], strlen(texts[i]), &invitation, &fault), 0);
		assert_int_equal(invitation_write(invitation, &out), 0);
		assert_string_equal(buffer_text(&out), texts[i]);
		buffer_free(&out);
		invitation_free(invitation);
	}
}

static void fields_are_read(void **state)
{
	static const char text[] = "clarion:help.example.org:8443/" BASE TRUST "." BASE;
	struct invitation *invitation = NULL;
	struct fault fault;

	(void)state;
	assert_int_equal(invitation_parse(text, strlen(text), &invitation, &fault), 0);
	assert_string_equal(invitation->url.host, "help.example.org");
	assert_int_equal(invitation->url.port, 8443);
	assert_string_equal(invitation->url.base, BASE);
	assert_string_equal(invitation->fingerprint, FINGERPRINT);
	assert_int_equal(invitation->pin[15], 15);
	assert_int_equal(invitation->version, 7);
	assert_true(invitation->has_secret);
	assert_int_equal(invitation->secret[1], 1);
	invitation_free(invitation);
}

static const char *const malformed[] = {
	"",
	"clarion:",
	"help.example.org/" BASE TRUST,
	"Clarion:help.example.org/" BASE TRUST,
	" clarion:help.example.org/" BASE TRUST,
	"clarion:help.example.org/" BASE TRUST "\n",
	"clarion://help.example.org/" BASE TRUST,
	"clarion:/" BASE TRUST,
	"clarion:Help.example.org/" BASE TRUST,
	"clarion:help.example.org./" BASE TRUST,
	"clarion:help..example.org/" BASE TRUST,
	"clarion:-help.example.org/" BASE TRUST,
	"clarion:help-.example.org/" BASE TRUST,
	"clarion:help_me.example.org/" BASE TRUST,
	"clarion:a" LABEL_63 ".example.org/" BASE TRUST,
	"clarion:user@help.example.org/" BASE TRUST,
	"clarion:127.0.0.256/" BASE TRUST,
	"clarion:127.0.0/" BASE TRUST,
	"clarion:127.0.0.01/" BASE TRUST,
	"clarion:::1/" BASE TRUST,
	"clarion:[::1/" BASE TRUST,
	"clarion:[0:0:0:0:0:0:0:1]/" BASE TRUST,
	"clarion:[::A]/" BASE TRUST,
	"clarion:[fe80::1%eth0]/" BASE TRUST,
	"clarion:[127.0.0.1]/" BASE TRUST,
	"clarion:help.example.org:/" BASE TRUST,
	"clarion:help.example.org:0/" BASE TRUST,
	"clarion:help.example.org:080/" BASE TRUST,
	"clarion:help.example.org:443/" BASE TRUST,
	"clarion:help.example.org:65536/" BASE TRUST,
	"clarion:help.example.org" BASE TRUST,
	"clarion:help.example.org/" BASE "/" TRUST,
	"clarion:help.example.org/AAECAwQFBgcICQoLDA0OD" TRUST,
	"clarion:help.example.org/AAECAwQFBgcICQoLDA0ODx" TRUST, /* trailing bits */
	"clarion:help.example.org/AAECAwQFBgcICQoLDA0OD=" TRUST,
	"clarion:help.example.org/" BASE,
	"clarion:help.example.org/" BASE "#",
	"clarion:help.example.org/" BASE "#" FINGERPRINT,
	"clarion:help.example.org/" BASE "#" FINGERPRINT "." BASE,
	"clarion:help.example.org/" BASE "#" FINGERPRINT "." BASE ".",
	"clarion:help.example.org/" BASE "#" FINGERPRINT "." BASE ".0",
	"clarion:help.example.org/" BASE "#" FINGERPRINT "." BASE ".01",
	"clarion:help.example.org/" BASE "#" FINGERPRINT "." BASE ".7x",
	"clarion:help.example.org/" BASE "#" FINGERPRINT ".AAEC.7",
	"clarion:help.example.org/" BASE "#AAEC." BASE ".7",
	"clarion:help.example.org/" BASE TRUST ".",
	"clarion:help.example.org/" BASE TRUST ".AAEC",
	"clarion:help.example.org/" BASE TRUST "." BASE ".",
	"clarion:help.example.org/" BASE TRUST "." BASE "." BASE,
};

static void malformed_invitations_are_refused(void **state)
{
	char *text = calloc(1, INVITATION_MAX + 2);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(malformed); i++) {
		if (takes(malformed[i]))
			fail_msg("taken: %s", malformed[i]);
	}
	memset(text, 'a', INVITATION_MAX + 1);
	assert_false(takes(text));
	free(text);
}

static void a_fault_never_shows_the_secret(void **state)
{
	static const char text[] = "clarion:help.example.org/" BASE TRUST "." BASE "x";
	struct invitation *invitation = NULL;
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(invitation_parse(text, strlen(text), &invitation, &fault), -1);
	assert_null(strstr(fault.text, "AAEC"));
	assert_null(strstr(fault.text, "help.example"));
}

static void an_unsound_invitation_is_not_written(void **state)
{
	struct invitation invitation = { .url = { .host = "help.example.org", .port = 443, .base = BASE },
		.fingerprint = FINGERPRINT,
		.version = 1 };
	struct buffer out = buffer_of(INVITATION_MAX);

	(void)state;
	assert_int_equal(invitation_write(&invitation, &out), 0);
	assert_string_equal(buffer_text(&out),
		"clarion:help.example.org/" BASE "#" FINGERPRINT ".AAAAAAAAAAAAAAAAAAAAAA.1");
	invitation.version = 0;
	assert_int_equal(invitation_write(&invitation, &out), -1);
	invitation.version = 1;
	invitation.fingerprint[0] = '\0';
	assert_int_equal(invitation_write(&invitation, &out), -1);
	memcpy(invitation.fingerprint, FINGERPRINT, FINGERPRINT_SIZE);
	invitation.url.base[0] = '\0';
	assert_int_equal(invitation_write(&invitation, &out), -1);
	memcpy(invitation.url.base, BASE, BASE_SIZE);
	invitation.url.host[0] = '#';
	assert_int_equal(invitation_write(&invitation, &out), -1);
	buffer_free(&out);
}

static void addresses_as_people_type_them(void **state)
{
	struct server_url url;
	struct fault fault;
	char text[SERVER_URL_SIZE];
	static const char *const wrong[] = { "", "http://a.example", "https://", "https://A.example",
		"https://a.example/x", "https://a.example//", "https://a.example:0", "https://a.example?x",
		"a.example" };

	(void)state;
	assert_int_equal(server_url_parse_address("https://a.example:443/", 22, &url, &fault), 0);
	assert_int_equal(url.port, 443);
	memcpy(url.base, BASE, BASE_SIZE);
	server_url_format(&url, text);
	assert_string_equal(text, "https://a.example/" BASE);
	assert_int_equal(server_url_parse_address("https://[::1]:8443", 18, &url, &fault), 0);
	server_url_authority(&url, text);
	assert_string_equal(text, "[::1]:8443");
	server_url_format(&url, text);
	assert_string_equal(text, "https://[::1]:8443");
	assert_false(server_url_is_onion(&url));
	assert_int_equal(server_url_parse_address("https://abc.onion", 17, &url, &fault), 0);
	assert_true(server_url_is_onion(&url));
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(server_url_parse_address(wrong[i], strlen(wrong[i]), &url, &fault), -1);
	assert_int_equal(server_url_parse("http://a.example/" BASE, 39, &url, &fault), -1);
}

/* Lengths of the paper's rule: exponent E, E - (floor(log2 E) + 1) low bits are zero. */
static void padding_follows_padme(void **state)
{
	static const uint64_t rows[][2] = { { 0, 16384 }, { 1, 16384 }, { 16384, 16384 }, { 16385, 17408 },
		{ 17408, 17408 }, { 17409, 18432 }, { 65536, 65536 }, { 65537, 67584 }, { 1000000, 1015808 },
		{ UINT64_C(5000000000), UINT64_C(5033164800) } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(padme_length(rows[i][0]), rows[i][1]);
	for (uint64_t len = 16385; len < (UINT64_C(1) << 40); len = len * 3 / 2 + 7) {
		assert_true(padme_length(len) >= len);
		assert_true(padme_length(len) - len <= len / 8);
		assert_int_equal(padme_length(padme_length(len)), padme_length(len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_written_again),
		cmocka_unit_test(fields_are_read),
		cmocka_unit_test(malformed_invitations_are_refused),
		cmocka_unit_test(a_fault_never_shows_the_secret),
		cmocka_unit_test(an_unsound_invitation_is_not_written),
		cmocka_unit_test(addresses_as_people_type_them),
		cmocka_unit_test(padding_follows_padme),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
