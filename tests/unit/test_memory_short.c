/* Each allocation of proto/ fails, one after the other: once alone, and once with all that follow. What was
 * being done is refused, nothing is kept of it, and no object is half there (the sanitized build sees what
 * leaks). The linker gives the calls of proto/ to the functions here (meson.build). */
#include "cmocka_all.h"

#include "proto/age_file.h"
#include "proto/age_lock.h"
#include "proto/alert_list.h"
#include "proto/digest.h"
#include "proto/event.h"
#include "proto/mailbox_message.h"
#include "proto/receipt.h"
#include "proto/roster_changes.h"
#include "proto/rota.h"
#include "proto/sealed_report.h"
#include "proto/wrapping.h"
#include "roster_fixture.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define ID         "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ORG        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define PASSPHRASE "correct horse"
#define WORK       4
#define NEVER      (-1)
#define TRIES_MAX  2000

/* --- the allocations */

static long left = NEVER; /* allocations until one fails */
static bool goes_on;      /* all behind it fail too */
static unsigned failed;

static bool fails(void)
{
	if (left == NEVER)
		return false;
	if (left > 0) {
		left--;
		return false;
	}
	failed++;
	if (!goes_on)
		left = NEVER;
	return true;
}

#define WRAP(type, name, parameters, arguments)                                                              \
	type __real_##name parameters;                                                                       \
	type __wrap_##name parameters;                                                                       \
	type __wrap_##name parameters                                                                        \
	{                                                                                                    \
		return fails() ? NULL : __real_##name arguments;                                             \
	}
WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, (void *old, size_t size), (old, size))
WRAP(void *, reallocarray, (void *old, size_t count, size_t size), (old, count, size))
WRAP(char *, strdup, (const char *text), (text))
WRAP(void *, sodium_malloc, (size_t size), (size))
WRAP(EVP_MD_CTX *, EVP_MD_CTX_new, (void), ())

static void *for_json(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

/* 0 where it worked, -1 where it was refused; frees all that it had in both cases. */
typedef int deed(void);

static void with_short_memory(deed *act)
{
	for (int mode = 0; mode < 2; mode++) {
		long before = 0;
		int rc = -1;

		for (; before < TRIES_MAX; before++) {
			left = before;
			goes_on = mode == 1;
			failed = 0;
			rc = act();
			left = NEVER;
			if (failed == 0)
				break;
			assert_int_equal(rc, -1);
		}
		assert_int_equal(rc, 0);
		assert_in_range(before, 1, TRIES_MAX - 1);
	}
}

/* --- what is there before */

static char *note;
static struct roster *whole;
static uint8_t ada[32], ada_key[64], olga[32], olga_key[64];
static const struct event_subject subject = { .organisation = ORG, .report = ID };
static const uint8_t file_key[AGE_FILE_KEY_BYTES] = { 1, 2, 3 };

/* --- rosters */

static int read_roster(void)
{
	struct roster *roster = NULL, *next = NULL, *copy = NULL;
	struct buffer out = buffer_of(ROSTER_MAX_BYTES);
	struct fault fault;
	int rc = -1;

	if (roster_parse((const uint8_t *)note, strlen(note), &roster, &fault) == 0 &&
		roster_next(roster, &next) == 0 && roster_copy(roster, &copy) == 0 &&
		roster_check(roster, &fault) == 0 && roster_write_note(roster, &out) == 0)
		rc = 0;
	roster_free(roster);
	roster_free(next);
	roster_free(copy);
	buffer_free(&out);
	return rc;
}

static int grow_roster(void)
{
	struct roster *roster = roster_new();
	int rc = -1;

	if (roster != NULL && roster_add_admin(roster, whole->admins) == 0 &&
		roster_add_server(roster, whole->servers) == 0 &&
		roster_add_token_key(roster, whole->token_keys) == 0 &&
		roster_add_desk(roster, whole->desks) == 0 &&
		roster_add_officer(roster, whole->officers) == 0 &&
		roster_add_partner(roster, whole->partners) == 0 &&
		roster_add_archive(roster, whole->archives) == 0)
		rc = 0;
	roster_free(roster);
	return rc;
}

/* A signature that can't be checked is none: nobody's counts by mistake. */
static int sign_roster(void)
{
	struct roster *one = NULL, *other = NULL;
	struct buffer names = buffer_of(1024), changes = buffer_of(ROSTER_MAX_BYTES);
	char fingerprint[FINGERPRINT_SIZE];
	struct fault fault;
	int rc = -1;

	if (roster_copy(whole, &one) == 0 && roster_copy(whole, &other) == 0 &&
		roster_sign(other, "ada", ada_key, &fault) == 0 && roster_merge(one, other, whole) == 0 &&
		roster_signers(one, whole, &names) == 0 && roster_fingerprint(one, fingerprint) == 0 &&
		roster_changes(NULL, one, &changes) == 0)
		rc = strcmp(buffer_text(&names), "ada") == 0 ? 0 : -1;
	roster_free(one);
	roster_free(other);
	buffer_free(&names);
	buffer_free(&changes);
	return rc;
}

static void rosters(void **state)
{
	(void)state;
	with_short_memory(read_roster);
	with_short_memory(grow_roster);
	with_short_memory(sign_roster);
}

/* --- signed documents */

static int one_rota(void)
{
	const struct duty duty = { .officer = "olga", .from = FIXTURE_ISSUED, .to = FIXTURE_ISSUED + 3600 };
	struct rota *rota = rota_new(), *parsed = NULL;
	struct buffer out = buffer_of(ROTA_MAX);
	struct fault fault;
	int rc = -1;

	if (rota != NULL) {
		memcpy(rota->desk, "intake", sizeof "intake");
		rota->number = rota->roster = 1;
		rota->created = FIXTURE_ISSUED;
		if (rota_set_duties(rota, &duty, 1) == 0 &&
			rota_set_content(rota, (const uint8_t *)"note", 4) == 0 &&
			rota_sign(rota, ORG, olga_key) == 0 && rota_write(rota, &out) == 0 &&
			rota_parse(buffer_text(&out), out.len, &parsed, &fault) == 0)
			rc = rota_verify(parsed, ORG);
	}
	rota_free(rota);
	rota_free(parsed);
	buffer_free(&out);
	return rc;
}

static int one_message(void)
{
	char text[] = "We have read it.";
	struct mailbox_message message = { .kind = MAILBOX_ANSWER,
		.report = ID,
		.mailbox = "0123456789abcdef0123456789abcdef",
		.state = STATE_ACK,
		.text = text,
		.sent = FIXTURE_ISSUED,
		.roster = 1,
		.via = { { .desk = "legal", .roster = 1 } },
		.via_count = 1 };
	struct mailbox_message *parsed = NULL;
	struct buffer out = buffer_of(MAILBOX_PLAINTEXT_MAX);
	struct fault fault;
	int rc = -1;

	if (mailbox_message_write(&message, olga_key, &out) == 0 &&
		mailbox_message_parse(buffer_text(&out), out.len, &parsed, &fault) == 0)
		rc = parsed->via_count == 1 ? 0 : -2;
	mailbox_message_free(parsed);
	buffer_free(&out);
	return rc;
}

static int one_event(void)
{
	struct report_event *event = report_event_new(), *parsed = NULL;
	struct buffer out = buffer_of(64 * 1024);
	struct fault fault;
	int rc = -1;

	if (event != NULL) {
		event->number = event->roster = 1;
		event->type = EVENT_NOTE;
		event->created = FIXTURE_ISSUED;
		if (event_set_content(event, (const uint8_t *)"note", 4) == 0 &&
			event_sign(event, &subject, olga_key, olga_key) == 0 &&
			event_write(event, &out) == 0 &&
			event_parse(buffer_text(&out), out.len, &parsed, &fault) == 0)
			rc = event_verify(parsed, &subject, olga);
	}
	report_event_free(event);
	report_event_free(parsed);
	buffer_free(&out);
	return rc;
}

static int kept_of(const struct wrapping *wrapping, struct buffer *out)
{
	struct wrapping_state written = { .replaced = (uint8_t *)(uintptr_t)file_key,
		.replaced_len = sizeof file_key },
			      parsed = { 0 };
	struct fault fault;
	int rc = -1;

	written.wrapping = (struct wrapping *)(uintptr_t)wrapping;
	buffer_clear(out);
	if (wrapping_state_write(&written, out) == 0 &&
		wrapping_state_parse(buffer_text(out), out->len, &parsed, &fault) == 0)
		rc = 0;
	wrapping_state_free(&parsed);
	return rc;
}

static int one_wrapping(void)
{
	struct wrapping *wrapping = wrapping_new(), *parsed = NULL;
	struct buffer out = buffer_of(WRAPPING_STATE_MAX);
	struct fault fault;
	int rc = -1;

	if (wrapping != NULL) {
		uint8_t first[100] = { 8 };

		wrapping->roster = 1;
		if (wrapping_set_header(wrapping, (const uint8_t *)"new header", 10) == 0 &&
			wrapping_set_first(wrapping, first, sizeof first) == 0 &&
			wrapping_sign(wrapping, &subject, olga_key, olga_key) == 0 &&
			wrapping_write(wrapping, &out) == 0 &&
			wrapping_parse(buffer_text(&out), out.len, &parsed, &fault) == 0 &&
			wrapping_verify(parsed, &subject, olga) == 0)
			rc = kept_of(parsed, &out);
	}
	wrapping_free(wrapping);
	wrapping_free(parsed);
	buffer_free(&out);
	return rc;
}

static int one_list(void)
{
	const struct alert alert = { .seq = 1, .report = ID, .desk = "intake", .accepted = FIXTURE_ISSUED };
	struct buffer out = buffer_of(ALERT_LIST_MAX);
	struct alert_list list = { 0 };
	struct fault fault;
	int rc = -1;

	if (alert_list_begin(&alert, 1, false, &out) == 0 && alert_list_end(&alert, 1, 2, &out) == 0 &&
		alert_list_parse(buffer_text(&out), out.len, &list, &fault) == 0) {
		rc = list.count == 1 && list.again_count == 1 ? 0 : -2;
		alert_list_free(&list);
	}
	buffer_free(&out);
	return rc;
}

static void signed_documents(void **state)
{
	(void)state;
	with_short_memory(one_rota);
	with_short_memory(one_message);
	with_short_memory(one_event);
	with_short_memory(one_wrapping);
	with_short_memory(one_list);
}

/* --- sealed files */

static struct age_identity *identity;

static int seal_and_open(void)
{
	struct buffer file = buffer_of(64 * 1024), first = buffer_of(FIRST_HEADER_MAX);
	uint8_t recipients[1][AGE_RECIPIENT_BYTES], *plain = NULL;
	size_t len = 0;
	struct fault fault;
	int rc = -1;

	memcpy(recipients[0], identity->recipient, AGE_RECIPIENT_BYTES);
	if (age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipients, 1, (const uint8_t *)"text", 4,
		    &file) == 0 &&
		age_file_open(file.data, file.len, identity, &plain, &len, &fault) == 0 && len == 4 &&
		first_header_seal(file_key, file.data, 100, &first) == 0)
		rc = 0;
	sodium_free(plain);
	buffer_free(&file);
	buffer_free(&first);
	return rc;
}

static int lock_and_open(void)
{
	struct age_lock *lock = NULL, *copy = NULL, *opened = NULL;
	struct buffer file = buffer_of(64 * 1024);
	uint8_t *plain = NULL, *again = NULL;
	size_t len = 0;
	struct fault fault;
	int rc = -1;

	if (age_lock_new(PASSPHRASE, strlen(PASSPHRASE), WORK, &lock) == 0 &&
		(copy = age_lock_copy(lock)) != NULL &&
		age_lock_seal(copy, (const uint8_t *)"text", 4, &file) == 0 &&
		age_lock_open_again(lock, file.data, file.len, &again, &len, &fault) == 0 &&
		age_lock_open(file.data, file.len, PASSPHRASE, strlen(PASSPHRASE), &opened, &plain, &len,
			&fault) == 0)
		rc = 0;
	age_lock_free(lock);
	age_lock_free(copy);
	age_lock_free(opened);
	sodium_free(plain);
	sodium_free(again);
	buffer_free(&file);
	return rc;
}

static int passphrase_file(void)
{
	struct buffer file = buffer_of(64 * 1024);
	uint8_t *plain = NULL;
	size_t len = 0;
	struct fault fault;
	int rc = -1;

	if (age_file_seal_passphrase(
		    PASSPHRASE, strlen(PASSPHRASE), WORK, (const uint8_t *)"text", 4, &file) == 0 &&
		age_file_open_passphrase(
			file.data, file.len, PASSPHRASE, strlen(PASSPHRASE), &plain, &len, &fault) == 0)
		rc = 0;
	sodium_free(plain);
	buffer_free(&file);
	return rc;
}

static int nowhere(void *context, const uint8_t *data, size_t len)
{
	(void)context;
	(void)data;
	(void)len;
	return 0;
}

static int to_opener(void *context, const uint8_t *data, size_t len)
{
	struct fault fault;

	return report_opener_feed(context, data, len, &fault);
}

static int seal_to(struct report_opener *opener, uint8_t ret_id[REPORT_ID_BYTES])
{
	static const struct destination somewhere = {
		.organisation = ORG, .desk = "intake", .urgency = URGENCY_URGENT
	};
	uint8_t recipients[1][AGE_RECIPIENT_BYTES];
	const struct report_sealer_options options = {
		.recipients = (const uint8_t(*)[AGE_RECIPIENT_BYTES])recipients,
		.recipient_count = 1,
		.destination = &somewhere,
		.sink = to_opener,
		.sink_context = opener,
	};
	struct report_sealer *sealer = NULL;
	int rc = -1;

	memcpy(recipients[0], identity->recipient, AGE_RECIPIENT_BYTES);
	if (report_sealer_new(&options, &sealer) == 0 && report_sealer_entry(sealer, "report.json", 2) == 0 &&
		report_sealer_content(sealer, (const uint8_t *)"{}", 2) == 0 &&
		report_sealer_finish(sealer, ret_id) == 0)
		rc = 0;
	report_sealer_free(sealer);
	return rc;
}

static int one_report(void)
{
	struct report_opener *opener = report_opener_new(identity, nowhere, NULL);
	uint8_t sealed[REPORT_ID_BYTES], opened[REPORT_ID_BYTES];
	struct fault fault;
	int rc = -1;

	if (opener != NULL && seal_to(opener, sealed) == 0)
		rc = report_opener_finish(opener, opened, &fault);
	report_opener_free(opener);
	return rc;
}

static int keys_of_receipt(void)
{
	static const uint8_t seed[RECEIPT_SEED_BYTES] = { 5 };
	struct receipt_keys *keys = receipt_keys_of(seed);
	const int rc = keys != NULL ? 0 : -1;

	receipt_keys_free(keys);
	return rc;
}

static void sealed_files(void **state)
{
	(void)state;
	with_short_memory(seal_and_open);
	with_short_memory(lock_and_open);
	with_short_memory(passphrase_file);
	with_short_memory(one_report);
	with_short_memory(keys_of_receipt);
}

static int prepare(void **state)
{
	(void)state;
	json_set_alloc_funcs(for_json, free);
	whole = fixture_roster();
	identity = age_identity_new();
	if (whole == NULL || identity == NULL)
		return -1;
	fixture_fill(whole);
	fixture_key(2, olga, olga_key);
	fixture_key(1, ada, ada_key);
	note = fixture_note(whole, NULL, "");
	return 0;
}

static int clean_up(void **state)
{
	(void)state;
	free(note);
	roster_free(whole);
	age_identity_free(identity);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rosters),
		cmocka_unit_test(signed_documents),
		cmocka_unit_test(sealed_files),
	};

	return proto_init() == 0 ? cmocka_run_group_tests(tests, prepare, clean_up) : 1;
}
