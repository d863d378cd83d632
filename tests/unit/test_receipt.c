/* The receipt number: digits, check digits, and the keys that follow from it. */
#include "build_config.h"
#include "cmocka_all.h"

#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/receipt.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static int refuses(const char *text, const char *word)
{
	char canonical[RECEIPT_SIZE] = "untouched";
	struct fault fault = { "" };

	return receipt_parse(text, strlen(text), canonical, &fault) == -1 &&
	       strstr(fault.text, word) != NULL && strcmp(canonical, "untouched") == 0;
}

static void a_new_number_has_its_form(void **state)
{
	char text[RECEIPT_SIZE], again[RECEIPT_SIZE];
	struct fault fault;

	(void)state;
	for (int i = 0; i < 200; i++) {
		receipt_new(text);
		assert_int_equal(strlen(text), 35);
		for (size_t at = 0; at < 35; at++)
			assert_true(at % 6 == 5 ? text[at] == ' ' : text[at] >= '0' && text[at] <= '9');
		assert_int_equal(receipt_parse(text, strlen(text), again, &fault), 0);
		assert_string_equal(text, again);
	}
}

/* ISO 7064 MOD 97-10 finds every single wrong digit and every swap of neighbours. */
static void every_common_mistake_is_found(void **state)
{
	char text[RECEIPT_SIZE], wrong[RECEIPT_SIZE];

	(void)state;
	receipt_new(text);
	for (size_t at = 0; at < 35; at++) {
		for (char digit = '0'; text[at] != ' ' && digit <= '9'; digit++) {
			memcpy(wrong, text, sizeof wrong);
			wrong[at] = digit;
			if (digit != text[at])
				assert_true(refuses(wrong, "typed wrong"));
		}
		/* The neighbour may stand in the next group. */
		size_t next = at % 6 == 4 ? at + 2 : at + 1;

		memcpy(wrong, text, sizeof wrong);
		if (text[at] != ' ' && next < 35 && text[at] != text[next]) {
			wrong[at] = text[next];
			wrong[next] = text[at];
			assert_true(refuses(wrong, "typed wrong"));
		}
	}
}

/* The example of ISO 7064: 794 gets the check digits 44. */
static void the_standards_example(void **state)
{
	char canonical[RECEIPT_SIZE];
	struct fault fault;

	(void)state;
	assert_int_equal(receipt_parse("000000000000000000000000079444", 30, canonical, &fault), 0);
	assert_string_equal(canonical, "00000 00000 00000 00000 00000 79444");
	assert_true(refuses("000000000000000000000000079445", "typed wrong"));
}

static void every_way_of_typing_it(void **state)
{
	static const char *const rows[] = { "000000000000000000000000079444",
		" 00000-00000-00000-00000-00000-79444 ",
		"0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 7 9 4 4 4",
		"00000 00000 00000 00000 00000 \xd9\xa7\xd9\xa9\xd9\xa4\xd9\xa4\xd9\xa4",
		/* as phones and word processors make it: dashes, no-break spaces, direction marks */
		"\xe2\x80\x8f"
		"00000\xe2\x80\x93"
		"00000\xe2\x80\x94"
		"00000\xc2\xa0"
		"00000\t00000\xe2\x80\xaf"
		"79444\xe2\x80\xac",
		"\xe2\x81\xa6"
		"0000000000\xe2\x88\x92"
		"0000000000\xe2\x80\x91"
		"0000079444\xe2\x81\xa9",
		"00000 00000 00000 00000 00000 \xdb\xb7\xdb\xb9\xdb\xb4\xdb\xb4\xdb\xb4",
		/* as a Chinese keyboard and a web page make it */
		"\xef\xbb\xbf"
		"00000\xe3\x80\x80"
		"00000\xef\xbc\x8d"
		"00000\xe2\x80\x8b"
		"00000\xe2\x80\x8d"
		"00000\xd9\x80\xef\xbc\x97\xef\xbc\x99\xef\xbc\x94\xef\xbc\x94\xef\xbc\x94" };
	char canonical[RECEIPT_SIZE];
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(receipt_parse(rows[i], strlen(rows[i]), canonical, &fault), 0);
		assert_string_equal(canonical, "00000 00000 00000 00000 00000 79444");
	}
	assert_true(refuses("", "0 digits"));
	assert_true(refuses("00000 00000 00000 00000 00000 7944", "29 digits"));
	assert_true(refuses("00000 00000 00000 00000 00000 794440", "more than 30"));
	assert_true(refuses("00000 00000 00000 00000 00000 79444x", "no digit"));
	assert_true(refuses("00000 00000 00000 00000 O0000 79444", "no digit"));
	assert_true(refuses("00000 00000 00000 00000 00000 7944\xd9", "no digit"));
	assert_true(refuses("00000 00000 00000 00000 00000 79444\xe2\x80", "no digit"));
	assert_true(refuses("00000 00000 00000 00000 00000 79444\n", "no digit"));
	assert_true(refuses("00000 00000 00000 00000 00000 7944\xd9\xaa", "no digit"));
}

/* A whole number in each script, as her keyboard may write it. */
static void all_ten_digits_of_each_script(void **state)
{
	static const char *const scripts[] = { "\xd9\xa0", "\xdb\xb0", "\xef\xbc\x90" };
	char text[RECEIPT_SIZE], far_text[3 * RECEIPT_SIZE], canonical[RECEIPT_SIZE];
	struct fault fault;

	(void)state;
	for (int i = 0; i < 20; i++) {
		for (size_t script = 0; script < COUNT_OF(scripts); script++) {
			size_t len = 0;

			receipt_new(text);
			for (const char *at = text; *at != '\0'; at++) {
				if (*at == ' ') {
					far_text[len++] = ' ';
					continue;
				}
				size_t bytes = strlen(scripts[script]);

				memcpy(far_text + len, scripts[script], bytes);
				len += bytes;
				far_text[len - 1] = (char)(far_text[len - 1] + (*at - '0'));
			}
			assert_int_equal(receipt_parse(far_text, len, canonical, &fault), 0);
			assert_string_equal(canonical, text);
		}
	}
	/* What stands just before and behind them is no digit. */
	assert_true(refuses("00000 00000 00000 00000 00000 7944\xd9\x9f", "no digit"));
	assert_true(refuses("00000 00000 00000 00000 00000 7944\xdb\xaf", "no digit"));
	assert_true(refuses("00000 00000 00000 00000 00000 7944\xdb\xba", "no digit"));
	assert_true(refuses("00000 00000 00000 00000 00000 7944\xef\xbc\x8f", "no digit"));
	assert_true(refuses("00000 00000 00000 00000 00000 7944\xef\xbc\x9a", "no digit"));
	assert_true(refuses("00000 00000 00000 00000 00000 7944\xef\xbc", "no digit"));
}

static void hex_is(const uint8_t *bytes, size_t len, const char *hex)
{
	char text[2 * 32 + 1];

	hex_encode(bytes, len, text);
	assert_string_equal(text, hex);
}

/* Worked out by hand, with other code for everything but Argon2id: a change of any of these would
 * lose every mailbox there is. */
static const char SEED[] = "e2d782f082fc217d47541cfb7a1c59c317bb5d45613fed82a30a52a328adf78d";

static void the_seed_of_a_number_never_changes(void **state)
{
	static const char text[RECEIPT_SIZE] = "00000 00000 00000 00000 00000 79444";
	uint8_t seed[RECEIPT_SEED_BYTES];

	(void)state;
	assert_int_equal(receipt_stretch(text, seed), 0);
	hex_is(seed, sizeof seed,
		CLARION_TEST_CLOCK_BUILD ? "c64649ca074e115f66c69d841d5c8f06187549f3788579aa650157f5ff4ae2c7"
					 : SEED);
}

static void the_keys_of_a_seed_never_change(void **state)
{
	uint8_t seed[RECEIPT_SEED_BYTES];
	struct receipt_keys *keys;

	(void)state;
	assert_int_equal(hex_decode(SEED, sizeof SEED - 1, seed, sizeof seed), 0);
	keys = receipt_keys_of(seed);
	hex_is(keys->mailbox_key, 32, "b10c3e5598350f903dcad44329970911d0a2fc822ad082af4a74185d93b24fd1");
	assert_string_equal(keys->mailbox, "e830d6f0f82dbe823354b444e7353416");
	hex_is(keys->replies.recipient, 32,
		"d3f4995c1d7dd6b050e08f3b44c4ce0e95bc34737f80ab165b638335acec710b");
	hex_is(keys->hand_key, 32, "af088841bd394c6a1c896bd5aefb678ceb660ffb6185612b8e49aad2bb66ded3");
	receipt_keys_free(keys);
}

static void the_same_number_leads_to_the_same_keys(void **state)
{
	static const char text[RECEIPT_SIZE] = "00000 00000 00000 00000 00000 79444";
	uint8_t seed[RECEIPT_SEED_BYTES], again[RECEIPT_SEED_BYTES], digest[SHA256_BYTES];
	struct receipt_keys *keys, *twin;
	char mailbox[33];

	(void)state;
	assert_int_equal(receipt_stretch(text, seed), 0);
	assert_int_equal(receipt_stretch(text, again), 0);
	assert_memory_equal(seed, again, sizeof seed);
	keys = receipt_keys_of(seed);
	twin = receipt_keys_of(again);
	assert_memory_equal(keys->mailbox_key, twin->mailbox_key, sizeof keys->mailbox_key);
	assert_memory_equal(keys->replies.recipient, twin->replies.recipient, sizeof keys->replies.recipient);
	assert_memory_equal(keys->hand_key, twin->hand_key, sizeof keys->hand_key);
	/* The mailbox's id is the start of its key's hash; the three keys are different ones. */
	assert_int_equal(sha256_once(keys->mailbox_key, sizeof keys->mailbox_key, digest), 0);
	hex_encode(digest, 16, mailbox);
	assert_string_equal(keys->mailbox, mailbox);
	assert_int_not_equal(memcmp(keys->mailbox_key, keys->replies.secret_key, 32), 0);
	assert_int_not_equal(memcmp(keys->hand_secret_key, keys->replies.secret_key, 32), 0);
	seed[0] ^= 1;
	receipt_keys_free(twin);
	twin = receipt_keys_of(seed);
	assert_string_not_equal(keys->mailbox, twin->mailbox);
	receipt_keys_free(keys);
	receipt_keys_free(twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_number_has_its_form),
		cmocka_unit_test(every_common_mistake_is_found),
		cmocka_unit_test(the_standards_example),
		cmocka_unit_test(every_way_of_typing_it),
		cmocka_unit_test(all_ten_digits_of_each_script),
		cmocka_unit_test(the_seed_of_a_number_never_changes),
		cmocka_unit_test(the_keys_of_a_seed_never_change),
		cmocka_unit_test(the_same_number_leads_to_the_same_keys),
	};

	return proto_init() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
