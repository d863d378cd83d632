/* The age v1 header (age-encryption.org/v1, "Header"): what is taken, and each thing that isn't. */
#include "cmocka_all.h"

#include "proto/age_header.h"

#include <sodium.h>
#include <string.h>

#define VERSION    "age-encryption.org/v1\n"
#define BODY_32    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
#define MAC        "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
#define SHARE      "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define COLUMNS_64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
#define SALT       "AAAAAAAAAAAAAAAAAAAAAA"

static int parse(const char *text, size_t len, struct age_header **ret_header, bool *ret_short)
{
	struct fault fault = { "" };
	int rc = age_header_parse((const uint8_t *)text, len, ret_header, ret_short, &fault);

	if (rc != 0)
		assert_true(strlen(fault.text) > 0);
	return rc;
}

static void well_formed_headers_are_taken(void **state)
{
	static const char *const rows[] = {
		VERSION "-> X25519 " SHARE "\n" BODY_32 MAC,
		VERSION "-> X25519 " SHARE "\n" BODY_32 MAC "payload",
		VERSION "-> a\n\n" MAC,               /* an empty body is one empty line */
		VERSION "-> a b c d e f g h\n\n" MAC, /* as many arguments as there is room for */
		VERSION "-> a\n" COLUMNS_64
			"\n" MAC, /* a body that fills its line is followed by an empty one */
		VERSION "-> a\n" COLUMNS_64 COLUMNS_64 "AAAA\n" MAC,
		VERSION "-> !~ \"#\n\n" MAC,
		VERSION "-> -->\n\n-> ---\n\n" MAC,
		VERSION "-> scrypt " SALT " 10\n" BODY_32 MAC,
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct age_header *header = NULL;
		bool cut_short;

		if (parse(rows[i], strlen(rows[i]), &header, &cut_short) != 0)
			fail_msg("row %zu is refused", i);
		assert_false(cut_short);
		age_header_free(header);
	}
}

static void malformed_headers_are_refused(void **state)
{
	static const char *const rows[] = {
		"age-encryption.org/v2\n-> a\n\n" MAC,
		"Age-encryption.org/v1\n-> a\n\n" MAC,
		" " VERSION "-> a\n\n" MAC,
		"age-encryption.org/v1\r\n-> a\n\n" MAC,
		"age-encryption.org/v1 \n-> a\n\n" MAC,
		"-----BEGIN AGE ENCRYPTED FILE-----\n",
		VERSION MAC, /* no stanza */
		VERSION "\n-> a\n\n" MAC,
		VERSION "->\n\n" MAC,
		VERSION "-> \n\n" MAC,
		VERSION "->a\n\n" MAC,
		VERSION " -> a\n\n" MAC,
		VERSION "-> a \n\n" MAC,
		VERSION "-> a  b\n\n" MAC,
		VERSION "->  a\n\n" MAC,
		VERSION "-> a\tb\n\n" MAC,
		VERSION "-> a\x7f\n\n" MAC,
		VERSION "-> \xc3\xa9\n\n" MAC,
		VERSION "-> a\r\n\n" MAC,
		VERSION "-> a b c d e f g h i\n\n" MAC, /* more arguments than there is room for */
		VERSION "-> a\nAAAA=\n" MAC,            /* padding */
		VERSION "-> a\nAAB\n" MAC,              /* bits behind the last byte */
		VERSION "-> a\nA\n" MAC,                /* no whole byte */
		VERSION "-> a\nAA A\n" MAC,
		VERSION "-> a\nAA-_\n" MAC, /* base64url */
		VERSION "-> a\nAAAA\r\n" MAC,
		VERSION "-> a\n" COLUMNS_64 MAC,       /* the line that must follow a full one is missing */
		VERSION "-> a\nAAAA\nAAAA\n" MAC,      /* a second line behind a short one */
		VERSION "-> a\n" MAC,                  /* no body line at all */
		VERSION "-> a\nA" COLUMNS_64 "\n" MAC, /* 65 columns */
		VERSION "-> a\n\n---\n",
		VERSION "-> a\n\n--- \n",
		VERSION "-> a\n\n---  AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		VERSION "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		VERSION "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		VERSION "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n",
		VERSION "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA \n",
		VERSION "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
		VERSION "-> a\n\n----AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		/* a passphrase stands alone */
		VERSION "-> scrypt " SALT " 10\n" BODY_32 "-> scrypt " SALT " 10\n" BODY_32 MAC,
		VERSION "-> scrypt " SALT " 10\n" BODY_32 "-> X25519 " SHARE "\n" BODY_32 MAC,
		VERSION "-> a\n\n-> scrypt " SALT " 10\n" BODY_32 MAC,
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct age_header *header = NULL;
		bool cut_short;

		if (parse(rows[i], strlen(rows[i]), &header, &cut_short) == 0)
			fail_msg("row %zu is taken", i);
		if (cut_short)
			fail_msg("row %zu would wait for more", i);
		assert_null(header);
	}
}

static void a_nul_is_refused(void **state)
{
	static const char text[] = VERSION "-> a\0b\n\n" MAC;
	struct age_header *header = NULL;
	bool cut_short;

	(void)state;
	assert_int_equal(parse(text, sizeof text - 1, &header, &cut_short), -1);
}

/* Every true beginning waits for more; the whole is taken. */
static void a_header_that_is_cut_short_is_said_to_be(void **state)
{
	static const char text[] = VERSION "-> X25519 " SHARE "\n" BODY_32 "-> proof a b\n\n" MAC;
	struct age_header *header = NULL;
	bool cut_short;

	(void)state;
	for (size_t len = 0; len < sizeof text - 1; len++) {
		assert_int_equal(parse(text, len, &header, &cut_short), -1);
		assert_true(cut_short);
	}
	assert_int_equal(parse(text, sizeof text - 1, &header, &cut_short), 0);
	assert_int_equal(header->len, sizeof text - 1);
	assert_int_equal(header->count, 2);
	assert_true(age_stanza_is(&header->stanzas[1], "proof"));
	assert_int_equal(header->stanzas[1].body_len, 0);
	age_header_free(header);
}

static void sizes_are_bounded(void **state)
{
	struct buffer text = buffer_of(4 * AGE_HEADER_MAX);
	struct age_header *header = NULL;
	bool cut_short;

	(void)state;
	buffer_put_string(&text, VERSION);
	for (int i = 0; i < AGE_STANZAS_MAX; i++)
		buffer_put_string(&text, "-> a\n\n");
	buffer_put_string(&text, MAC);
	assert_int_equal(parse((const char *)text.data, text.len, &header, &cut_short), 0);
	assert_int_equal(header->count, AGE_STANZAS_MAX);
	age_header_free(header);
	header = NULL;
	text.len -= strlen(MAC);
	buffer_put_string(&text, "-> a\n\n" MAC);
	assert_int_equal(parse((const char *)text.data, text.len, &header, &cut_short), -1);
	assert_false(cut_short);
	/* A header without an end isn't waited for beyond the bound. */
	buffer_clear(&text);
	buffer_put_string(&text, VERSION "-> ");
	while (text.len <= AGE_HEADER_MAX)
		buffer_put_string(&text, "aaaaaaaaaaaaaaaa");
	assert_int_equal(parse((const char *)text.data, text.len, &header, &cut_short), -1);
	assert_false(cut_short);
	buffer_free(&text);
}

/* A header of exactly this length, whose last stanza has one argument that fills it up. */
static struct buffer header_of_len(size_t len)
{
	static const char body[] = "\n\n" MAC;
	struct buffer text = buffer_of(2 * AGE_HEADER_MAX);
	uint8_t *fill;

	buffer_put_string(&text, VERSION "-> a ");
	fill = buffer_grow(&text, len - text.len - strlen(body));
	assert_non_null(fill);
	memset(fill, 'b', len - (size_t)(fill - text.data) - strlen(body));
	buffer_put_string(&text, body);
	assert_int_equal(text.len, len);
	return text;
}

static void a_header_is_at_most_64_kib_long(void **state)
{
	(void)state;
	for (size_t over = 0; over <= 2; over++) {
		struct buffer text = header_of_len(AGE_HEADER_MAX - 1 + over);
		struct age_header *header = NULL;
		bool cut_short;

		assert_int_equal(
			parse((const char *)text.data, text.len, &header, &cut_short), over < 2 ? 0 : -1);
		assert_false(cut_short);
		assert_int_equal(header == NULL ? 0 : header->len, over < 2 ? text.len : 0);
		age_header_free(header);
		/* What follows it doesn't count. */
		header = NULL;
		buffer_put_string(&text, "payload");
		assert_int_equal(
			parse((const char *)text.data, text.len, &header, &cut_short), over < 2 ? 0 : -1);
		age_header_free(header);
		buffer_free(&text);
	}
}

/* A body of a whole number of lines ends with an empty one, which is written, wanted, and no body by itself.
 */
static void body_comes_back(const uint8_t *body, size_t len)
{
	static const struct age_arg type = { "a", 1 };
	static const uint8_t file_key[AGE_FILE_KEY_BYTES];
	struct buffer text = buffer_of(AGE_HEADER_MAX);
	struct age_header *header = NULL;
	bool cut_short;

	age_header_begin(&text);
	age_header_put_stanza(&text, &type, 1, body, len);
	assert_int_equal(age_header_end(&text, file_key), 0);
	if (parse((const char *)text.data, text.len, &header, &cut_short) !=
		(len <= AGE_STANZA_BODY_MAX ? 0 : -1))
		fail_msg("%zu bytes", len);
	if (header != NULL) {
		assert_int_equal(header->stanzas[0].body_len, len);
		assert_memory_equal(header->stanzas[0].body, body, len);
	}
	age_header_free(header);
	buffer_free(&text);
}

static void bodies_around_a_line_come_back(void **state)
{
	static const uint8_t body[AGE_STANZA_BODY_MAX + 48] = { 1, 2, 3 };

	(void)state;
	for (size_t len = 0; len < 150; len++)
		body_comes_back(body, len);
	for (size_t len = AGE_STANZA_BODY_MAX - 100; len <= sizeof body; len++)
		body_comes_back(body, len);
}

/* --- keys */

static struct buffer sealed_to(const struct age_identity *identity, const uint8_t *file_key)
{
	struct buffer header = buffer_of(AGE_HEADER_MAX);

	age_header_begin(&header);
	assert_int_equal(age_header_put_x25519(&header, identity->recipient, file_key), 0);
	assert_int_equal(age_header_end(&header, file_key), 0);
	return header;
}

static int unwrap(
	const struct buffer *text, const struct age_identity *identity, uint8_t *ret_key, struct fault *fault)
{
	struct age_header *header = NULL;
	bool cut_short;
	int rc = age_header_parse(text->data, text->len, &header, &cut_short, fault);

	if (rc == 0)
		rc = age_header_unwrap(header, identity, ret_key, fault);
	age_header_free(header);
	return rc;
}

static void whoever_it_is_sealed_to_opens_it(void **state)
{
	struct age_identity *amina = age_identity_new(), *other = age_identity_new();
	static const uint8_t file_key[AGE_FILE_KEY_BYTES] = { 1, 2, 3 };
	struct buffer text = sealed_to(amina, file_key);
	uint8_t key[AGE_FILE_KEY_BYTES] = { 0 };
	struct fault fault;

	(void)state;
	assert_int_equal(unwrap(&text, amina, key, &fault), 0);
	assert_memory_equal(key, file_key, sizeof key);
	memset(key, 0, sizeof key);
	assert_int_equal(unwrap(&text, other, key, &fault), -1);
	assert_true(sodium_is_zero(key, sizeof key));
	/* The MAC covers every byte before it. */
	text.data[text.len - 3] ^= 1;
	assert_int_equal(unwrap(&text, amina, key, &fault), -1);
	assert_true(sodium_is_zero(key, sizeof key));
	buffer_free(&text);
	age_identity_free(amina);
	age_identity_free(other);
}

static void an_added_stanza_breaks_the_mac(void **state)
{
	struct age_identity *amina = age_identity_new();
	static const uint8_t file_key[AGE_FILE_KEY_BYTES] = { 9 };
	struct buffer text = sealed_to(amina, file_key), more = buffer_of(AGE_HEADER_MAX);
	uint8_t key[AGE_FILE_KEY_BYTES];
	struct fault fault;

	(void)state;
	buffer_put_string(&more, VERSION "-> grease\n\n");
	buffer_put(&more, text.data + strlen(VERSION), text.len - strlen(VERSION));
	assert_int_equal(unwrap(&more, amina, key, &fault), -1);
	assert_non_null(strstr(fault.text, "MAC"));
	buffer_free(&text);
	buffer_free(&more);
	age_identity_free(amina);
}

/* A stanza of our type that isn't in our form makes the file malformed, whoever it is for. */
static void malformed_x25519_stanzas_are_refused(void **state)
{
	static const char *const rows[] = {
		"-> X25519\n" BODY_32,
		"-> X25519 " SHARE " more\n" BODY_32,
		"-> X25519 CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" BODY_32,    /* 30 bytes */
		"-> X25519 CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n" BODY_32, /* not canonical */
		"-> X25519 " SHARE "=\n" BODY_32,
		"-> X25519 " SHARE "\nAAAA\n",
		"-> X25519 " SHARE "\n\n",
		"-> X25519 " SHARE "\n" COLUMNS_64 "AAAA\n",
		/* low order: the shared secret would be known to everybody */
		"-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" BODY_32,
		"-> X25519 AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" BODY_32,
		"-> X25519 4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA\n" BODY_32,
		"-> X25519 X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEVc\n" BODY_32,
		"-> X25519 7P///////////////////////////////////////38\n" BODY_32,
		"-> X25519 7f///////////////////////////////////////38\n" BODY_32,
		"-> X25519 7v///////////////////////////////////////38\n" BODY_32,
	};
	struct age_identity *amina = age_identity_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buffer text = buffer_of(AGE_HEADER_MAX);
		uint8_t key[AGE_FILE_KEY_BYTES];
		struct fault fault = { "" };

		buffer_put_string(&text, VERSION);
		buffer_put_string(&text, rows[i]);
		buffer_put_string(&text, MAC);
		assert_int_equal(unwrap(&text, amina, key, &fault), -1);
		if (strstr(fault.text, "malformed") == NULL)
			fail_msg("row %zu: %s", i, fault.text);
		buffer_free(&text);
	}
	age_identity_free(amina);
}

static void low_order_recipients_get_nothing(void **state)
{
	static const uint8_t low[][32] = { { 0 }, { 1 } };
	static const uint8_t file_key[AGE_FILE_KEY_BYTES] = { 9 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(low); i++) {
		struct buffer text = buffer_of(AGE_HEADER_MAX);

		age_header_begin(&text);
		assert_int_equal(age_header_put_x25519(&text, low[i], file_key), -1);
		buffer_free(&text);
	}
}

static int unwrap_passphrase(const char *text, const char *passphrase, struct fault *fault)
{
	struct age_header *header = NULL;
	uint8_t key[AGE_FILE_KEY_BYTES];
	bool cut_short;
	int rc = age_header_parse((const uint8_t *)text, strlen(text), &header, &cut_short, fault);

	if (rc == 0)
		rc = age_header_unwrap_passphrase(header, passphrase, strlen(passphrase), key, fault);
	age_header_free(header);
	return rc;
}

static void passphrase_stanzas_are_checked(void **state)
{
	static const char *const malformed[] = {
		VERSION "-> scrypt " SALT "\n" BODY_32 MAC,
		VERSION "-> scrypt " SALT " 10 more\n" BODY_32 MAC,
		VERSION "-> scrypt AAAA 10\n" BODY_32 MAC,
		VERSION "-> scrypt " SALT " 010\n" BODY_32 MAC,
		VERSION "-> scrypt " SALT " +10\n" BODY_32 MAC,
		VERSION "-> scrypt " SALT " 0\n" BODY_32 MAC,
		VERSION "-> scrypt " SALT " ten\n" BODY_32 MAC,
		VERSION "-> scrypt " SALT " 99999999999999999999\n" BODY_32 MAC,
		VERSION "-> scrypt " SALT " 10\nAAAA\n" MAC,
		VERSION "-> X25519 " SHARE "\n" BODY_32 MAC,
	};
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(malformed); i++) {
		if (unwrap_passphrase(malformed[i], "secret", &fault) == 0)
			fail_msg("row %zu is taken", i);
	}
	/* Too much work is refused before it is done. */
	assert_int_equal(
		unwrap_passphrase(VERSION "-> scrypt " SALT " 23\n" BODY_32 MAC, "secret", &fault), -1);
	assert_non_null(strstr(fault.text, "work factor"));
}

static void a_passphrase_opens_what_it_sealed(void **state)
{
	static const uint8_t file_key[AGE_FILE_KEY_BYTES] = { 7 };
	struct buffer text = buffer_of(AGE_HEADER_MAX);
	struct fault fault;

	(void)state;
	age_header_begin(&text);
	assert_int_equal(age_header_put_passphrase(&text, "secret", 6, 4, file_key), 0);
	assert_int_equal(age_header_end(&text, file_key), 0);
	assert_int_equal(unwrap_passphrase(buffer_text(&text), "secret", &fault), 0);
	assert_int_equal(unwrap_passphrase(buffer_text(&text), "Secret", &fault), -1);
	assert_int_equal(unwrap_passphrase(buffer_text(&text), "", &fault), -1);
	buffer_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_headers_are_taken),
		cmocka_unit_test(malformed_headers_are_refused),
		cmocka_unit_test(a_nul_is_refused),
		cmocka_unit_test(a_header_that_is_cut_short_is_said_to_be),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(a_header_is_at_most_64_kib_long),
		cmocka_unit_test(bodies_around_a_line_come_back),
		cmocka_unit_test(whoever_it_is_sealed_to_opens_it),
		cmocka_unit_test(an_added_stanza_breaks_the_mac),
		cmocka_unit_test(malformed_x25519_stanzas_are_refused),
		cmocka_unit_test(low_order_recipients_get_nothing),
		cmocka_unit_test(passphrase_stanzas_are_checked),
		cmocka_unit_test(a_passphrase_opens_what_it_sealed),
	};

	return proto_init() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
