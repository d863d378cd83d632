/* Reports wrapped again, against the store's own code: what is taken, each refusal, what is kept until
 * somebody else has opened it, and what officers and admins are told. */
#include "store_scene.h"

#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/header_list.h"

#define LARGE (900 * 1024) /* more payload than is digested in one turn */

/* A report, its newest header, and what its reader knows. */
struct held {
	struct sealed sealed;
	struct buffer header, first;
	uint8_t *file_key, *proof_key;
	char path[160], wrapping[160];
};

static bool says(const struct scene_answer *answer, const char *text)
{
	return answer->body.data != NULL &&
	       memmem(answer->body.data, answer->body.len, text, strlen(text)) != NULL;
}

static const struct scene_answer *get(struct scene *scene, const char *path, enum person signer)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = signer });
}

/* The next roster, in which olga and maria serve the intake. */
static void publish(struct scene *scene)
{
	struct roster *next = NULL;
	struct buffer note = buffer_of(ROSTER_MAX_BYTES);
	uint8_t public_key[32], secret_key[64];
	struct fault fault;

	assert_int_equal(roster_next(scene->store.roster, &next), 0);
	assert_int_equal(roster_remove_officer(next, "maria"), 0);
	assert_int_equal(fixture_officer(next, "maria", "intake", MARIA), 0);
	fixture_key(ADA, public_key, secret_key);
	assert_int_equal(roster_sign(next, "ada", secret_key, &fault), 0);
	assert_int_equal(roster_write_note(next, &note), 0);
	assert_int_equal(
		scene_ask(scene,
			&(struct scene_ask){
				.method = METHOD_PUT, .path = "roster", .body = note.data, .len = note.len })
			->status,
		201);
	buffer_free(&note);
	roster_free(next);
}

static void name_paths(struct held *held, uint64_t version)
{
	snprintf(held->path, sizeof held->path, "reports/%s/header?roster=%llu", held->sealed.hex,
		(unsigned long long)version);
	snprintf(held->wrapping, sizeof held->wrapping, "reports/%s/wrapping", held->sealed.hex);
}

static void hold(struct scene *scene, size_t content_len, struct held *held)
{
	struct age_header *header = NULL;
	struct age_identity *identity;
	uint8_t scalar[32], public_key[32];
	struct fault fault;
	bool cut_short;

	memset(scalar, OLGA, sizeof scalar);
	identity = age_identity_of(scalar);
	seal_report(scene, "intake", content_len, 0, &held->sealed);
	held->header = buffer_of(AGE_HEADER_MAX);
	held->first = buffer_of(FIRST_HEADER_MAX);
	held->file_key = sodium_malloc(AGE_FILE_KEY_BYTES);
	held->proof_key = sodium_malloc(64);
	assert_int_equal(
		age_header_parse(held->sealed.file.data, held->sealed.file.len, &header, &cut_short, &fault),
		0);
	assert_int_equal(age_header_unwrap(header, identity, held->file_key, &fault), 0);
	assert_int_equal(proof_signing_key(held->file_key, held->proof_key, public_key), 0);
	buffer_put(&held->header, header->text, header->len);
	assert_int_equal(first_header_seal(held->file_key, header->text, header->len, &held->first), 0);
	age_header_free(header);
	age_identity_free(identity);
	name_paths(held, 2);
}

static void release(struct held *held)
{
	sealed_free(&held->sealed);
	buffer_free(&held->header);
	buffer_free(&held->first);
	sodium_free(held->file_key);
	sodium_free(held->proof_key);
}

/* A header for olga and maria in the place of the newest, not signed yet. */
static struct wrapping *wrapping_of(const struct held *held, uint64_t roster)
{
	struct wrapping *wrapping = wrapping_new();
	uint8_t recipients[2][AGE_RECIPIENT_BYTES];
	struct buffer made = buffer_of(AGE_HEADER_MAX);
	struct age_header *header = NULL;
	struct fault fault;
	bool cut_short;

	assert_non_null(wrapping);
	fixture_recipient(OLGA, recipients[0]);
	fixture_recipient(MARIA, recipients[1]);
	assert_int_equal(
		age_header_parse(held->header.data, held->header.len, &header, &cut_short, &fault), 0);
	assert_int_equal(wrapping_make_header(header, held->file_key,
				 (const uint8_t(*)[AGE_RECIPIENT_BYTES])recipients, 2, &made),
		0);
	wrapping->roster = roster;
	assert_int_equal(sha256_once(held->header.data, held->header.len, wrapping->old_header), 0);
	assert_int_equal(wrapping_set_header(wrapping, made.data, made.len), 0);
	assert_int_equal(wrapping_set_first(wrapping, held->first.data, held->first.len), 0);
	age_header_free(header);
	buffer_free(&made);
	return wrapping;
}

static struct wrapping *confirmation_of(const struct held *held, uint64_t roster)
{
	struct wrapping *wrapping = wrapping_new();

	assert_non_null(wrapping);
	wrapping->roster = roster;
	assert_int_equal(sha256_once(held->header.data, held->header.len, wrapping->old_header), 0);
	memcpy(wrapping->new_header, wrapping->old_header, SHA256_BYTES);
	return wrapping;
}

static void sign(struct scene *scene, const struct held *held, struct wrapping *wrapping, enum person person,
	const uint8_t *proof_key)
{
	struct event_subject subject;
	uint8_t public_key[32], secret_key[64];

	memcpy(subject.organisation, scene->store.fingerprint, sizeof subject.organisation);
	memcpy(subject.report, held->sealed.hex, sizeof subject.report);
	fixture_key((uint8_t)person, public_key, secret_key);
	assert_int_equal(wrapping_sign(wrapping, &subject, secret_key, proof_key), 0);
}

static const struct scene_answer *put(
	struct scene *scene, const struct held *held, const struct wrapping *wrapping, enum person signer)
{
	struct buffer json = buffer_of(WRAPPING_MAX);
	const struct scene_answer *answer;

	assert_int_equal(wrapping_write(wrapping, &json), 0);
	answer = scene_ask(scene, &(struct scene_ask){ .method = METHOD_PUT,
					  .path = held->path,
					  .body = json.data,
					  .len = json.len,
					  .signer = signer });
	buffer_free(&json);
	return answer;
}

/* By olga. */
static const struct scene_answer *put_signed(
	struct scene *scene, const struct held *held, struct wrapping *wrapping, const uint8_t *proof_key)
{
	sign(scene, held, wrapping, OLGA, proof_key);
	return put(scene, held, wrapping, OLGA);
}

/* Signs, puts, and takes it for the newest where it was taken. Frees it. */
static const struct scene_answer *wrap(
	struct scene *scene, struct held *held, struct wrapping *wrapping, enum person person)
{
	const struct scene_answer *answer;

	sign(scene, held, wrapping, person, held->proof_key);
	answer = put(scene, held, wrapping, person);
	if (answer->status == 201) {
		buffer_clear(&held->header);
		buffer_put(&held->header, wrapping->header, wrapping->header_len);
	}
	wrapping_free(wrapping);
	return answer;
}

static struct wrapping_state kept_of(struct scene *scene, const struct held *held)
{
	const struct scene_answer *answer = get(scene, held->wrapping, OLGA);
	struct wrapping_state state;
	struct fault fault;

	assert_int_equal(answer->status, 200);
	assert_int_equal(
		wrapping_state_parse((const char *)answer->body.data, answer->body.len, &state, &fault), 0);
	return state;
}

static bool is_replaced(struct scene *scene, const struct held *held, const struct buffer *header)
{
	struct wrapping_state state = kept_of(scene, held);
	bool is = state.replaced_len == header->len && bytes_equal(state.replaced, header->data, header->len);

	wrapping_state_free(&state);
	return is;
}

static bool is_confirmed(struct scene *scene, const struct held *held)
{
	struct wrapping_state state = kept_of(scene, held);
	bool is = state.is_confirmed;

	assert_true(is == (state.replaced == NULL));
	wrapping_state_free(&state);
	return is;
}

/* The file as it is now: newest header, the same payload, and an honest digest. */
static void expect_file(struct scene *scene, const struct held *held)
{
	const struct scene_answer *answer = get(scene, held->sealed.report, OLGA);
	const size_t first = held->first.len - FIRST_HEADER_OVERHEAD;
	const size_t payload = held->sealed.file.len - first;
	uint8_t digest[SHA256_BYTES];
	char expected[CONTENT_DIGEST_SIZE];

	assert_int_equal(answer->status, 200);
	assert_int_equal(answer->body.len, held->header.len + payload);
	assert_int_equal(answer->content_length, answer->body.len);
	assert_memory_equal(answer->body.data, held->header.data, held->header.len);
	assert_memory_equal(answer->body.data + held->header.len, held->sealed.file.data + first, payload);
	assert_int_equal(sha256_once(answer->body.data, answer->body.len, digest), 0);
	content_digest_format(digest, expected);
	assert_string_equal(answer->content_digest, expected);
}

static void test_a_new_header_takes_the_place(void **state)
{
	struct scene *scene = *state;
	struct held held;
	struct buffer first = buffer_of(AGE_HEADER_MAX);
	const struct scene_answer *answer;

	hold(scene, LARGE, &held);
	buffer_put(&first, held.header.data, held.header.len);
	assert_int_equal(scene_send(scene, &held.sealed)->status, 201);
	publish(scene);
	assert_true(answer_says(get(scene, held.wrapping, OLGA), "not-found"));
	answer = wrap(scene, &held, wrapping_of(&held, 2), OLGA);
	assert_int_equal(answer->status, 201);
	assert_true(says(answer, "{\"confirmed\":false}"));
	expect_file(scene, &held);
	assert_true(is_replaced(scene, &held, &first));
	scene_restart(scene);
	expect_file(scene, &held);
	assert_true(is_replaced(scene, &held, &first));
	buffer_free(&first);
	release(&held);
}

static void test_the_replaced_header_goes_once_another_has_opened_it(void **state)
{
	struct scene *scene = *state;
	struct held held;
	struct buffer first = buffer_of(AGE_HEADER_MAX), second = buffer_of(AGE_HEADER_MAX);
	const struct scene_answer *answer;

	hold(scene, 1000, &held);
	buffer_put(&first, held.header.data, held.header.len);
	assert_int_equal(scene_send(scene, &held.sealed)->status, 201);
	publish(scene);
	assert_int_equal(wrap(scene, &held, wrapping_of(&held, 2), OLGA)->status, 201);
	/* Hers doesn't count, and a further header of hers that nobody opened replaces nothing either. */
	answer = wrap(scene, &held, confirmation_of(&held, 2), OLGA);
	assert_int_equal(answer->status, 200);
	assert_false(is_confirmed(scene, &held));
	assert_int_equal(wrap(scene, &held, wrapping_of(&held, 2), OLGA)->status, 201);
	assert_true(is_replaced(scene, &held, &first));
	assert_int_equal(wrap(scene, &held, confirmation_of(&held, 2), MARIA)->status, 200);
	assert_true(is_confirmed(scene, &held));
	expect_file(scene, &held);
	/* From now on this header is what the next one replaces, and the first one stays what it was. */
	buffer_put(&second, held.header.data, held.header.len);
	assert_int_equal(wrap(scene, &held, wrapping_of(&held, 2), MARIA)->status, 201);
	assert_true(is_replaced(scene, &held, &second));
	assert_int_equal(wrap(scene, &held, confirmation_of(&held, 2), OLGA)->status, 200);
	held.first.data[30] ^= 1;
	assert_true(answer_says(wrap(scene, &held, wrapping_of(&held, 2), OLGA), "header-conflict"));
	held.first.data[30] ^= 1;
	assert_true(is_confirmed(scene, &held));
	buffer_free(&first);
	buffer_free(&second);
	release(&held);
}

static unsigned acknowledge(struct scene *scene, const struct held *held, enum person person)
{
	struct report_event *event = event_for(scene, &held->sealed);
	struct buffer json = buffer_of(EVENT_MAX);
	const struct scene_answer *answer;

	event->roster = 2;
	assert_int_equal(sha256_once(held->header.data, held->header.len, event->header), 0);
	sign_event(scene, &held->sealed, person, event);
	assert_int_equal(event_write(event, &json), 0);
	answer = scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
					  .path = held->sealed.events,
					  .body = json.data,
					  .len = json.len,
					  .signer = person });
	report_event_free(event);
	buffer_free(&json);
	return answer->status;
}

/* Whoever acts on a report has opened it. */
static void test_an_event_confirms_too(void **state)
{
	struct scene *scene = *state;
	struct held hers, anothers;

	hold(scene, 1000, &hers);
	hold(scene, 1000, &anothers);
	assert_int_equal(scene_send(scene, &hers.sealed)->status, 201);
	assert_int_equal(scene_send(scene, &anothers.sealed)->status, 201);
	publish(scene);
	assert_int_equal(acknowledge(scene, &hers, OLGA), 201); /* while the header is the first */
	assert_int_equal(wrap(scene, &hers, wrapping_of(&hers, 2), OLGA)->status, 201);
	assert_int_equal(wrap(scene, &anothers, wrapping_of(&anothers, 2), MARIA)->status, 201);
	assert_int_equal(acknowledge(scene, &anothers, OLGA), 201);
	assert_false(is_confirmed(scene, &hers));
	assert_true(is_confirmed(scene, &anothers));
	release(&hers);
	release(&anothers);
}

static void test_wrappings_that_are_refused(void **state)
{
	struct scene *scene = *state;
	struct held held, other;
	struct wrapping *wrapping;
	struct buffer longer = buffer_of(AGE_HEADER_MAX);

	hold(scene, 1000, &held);
	hold(scene, 1000, &other);
	assert_int_equal(scene_send(scene, &held.sealed)->status, 201);
	publish(scene);
	wrapping = wrapping_of(&held, 2);
	sign(scene, &held, wrapping, MARIA, held.proof_key);
	assert_true(
		answer_says(put(scene, &held, wrapping, OLGA), "not-permitted")); /* another's signature */
	assert_true(answer_says(
		put_signed(scene, &held, wrapping, other.proof_key), "not-permitted")); /* can't open it */
	assert_true(answer_says(put_signed(scene, &held, wrapping, NULL), "not-permitted"));
	sign(scene, &other, wrapping, OLGA, held.proof_key);
	assert_true(answer_says(put(scene, &held, wrapping, OLGA), "not-permitted")); /* of another report */
	sign(scene, &held, wrapping, OLGA, held.proof_key);
	assert_int_equal(put(scene, &held, wrapping, NOBODY)->status, 401);
	assert_int_equal(put(scene, &held, wrapping, ADA)->status, 403);
	assert_int_equal(put(scene, &other, wrapping, OLGA)->status, 403); /* which isn't here */
	name_paths(&held, 1);
	assert_true(answer_says(put(scene, &held, wrapping, OLGA), "bad-request"));
	wrapping->roster = 1;
	assert_true(answer_says(
		put_signed(scene, &held, wrapping, held.proof_key), "header-conflict")); /* not in force */
	name_paths(&held, 2);
	wrapping->roster = 2;
	wrapping->old_header[0] ^= 1;
	assert_true(answer_says(
		put_signed(scene, &held, wrapping, held.proof_key), "header-conflict")); /* not the newest */
	wrapping->old_header[0] ^= 1;
	/* A header for another proof, one with something behind it, and what is none. */
	assert_int_equal(wrapping_set_header(wrapping, other.header.data, other.header.len), 0);
	assert_true(answer_says(put_signed(scene, &held, wrapping, held.proof_key), "not-sealed"));
	buffer_put(&longer, held.header.data, held.header.len);
	buffer_put_string(&longer, "x");
	assert_int_equal(wrapping_set_header(wrapping, longer.data, longer.len), 0);
	assert_true(answer_says(put_signed(scene, &held, wrapping, held.proof_key), "not-sealed"));
	assert_int_equal(wrapping_set_header(wrapping, (const uint8_t *)"nothing", 7), 0);
	assert_true(answer_says(put_signed(scene, &held, wrapping, held.proof_key), "not-sealed"));
	assert_true(answer_says(get(scene, held.wrapping, OLGA), "not-found")); /* nothing has changed */
	expect_file(scene, &held);
	assert_int_equal(wrap(scene, &held, wrapping_of(&held, 2), OLGA)->status, 201);
	wrapping_free(wrapping);
	buffer_free(&longer);
	release(&held);
	release(&other);
}

static size_t listed(struct scene *scene, enum person person, struct header_list *list)
{
	const struct scene_answer *answer = get(scene, "desks/intake/headers", person);
	struct fault fault;

	assert_int_equal(answer->status, 200);
	assert_int_equal(
		header_list_parse((const char *)answer->body.data, answer->body.len, list, &fault), 0);
	assert_false(list->more);
	return list->count;
}

/* What the status says is still to be done, once it has been counted. */
static void expect_old(struct scene *scene, unsigned expected)
{
	uint64_t old = 99;
	const struct scene_answer *answer;
	char text[32];

	for (int turn = 0; headers_old(&scene->store, &old) != 0 && turn < 1000; turn++) {
		usleep(1000);
		scene_run(scene);
	}
	assert_int_equal(old, expected);
	snprintf(text, sizeof text, "\"rewrap\":%u,", expected);
	answer = get(scene, "status", ADA);
	assert_true(says(answer, text));
}

static void test_what_still_waits(void **state)
{
	struct scene *scene = *state;
	struct header_list *list = calloc(1, sizeof *list);
	struct held one, two, late;

	assert_non_null(list);
	expect_old(scene, 0);
	hold(scene, 1000, &one);
	hold(scene, 1000, &two);
	hold(scene, 1000, &late);
	assert_int_equal(scene_send(scene, &one.sealed)->status, 201);
	assert_int_equal(scene_send(scene, &two.sealed)->status, 201);
	assert_int_equal(listed(scene, OLGA, list), 0);
	expect_old(scene, 0);
	assert_int_equal(get(scene, "desks/legal/headers", OLGA)->status, 403);
	publish(scene);
	expect_old(scene, 2);
	assert_int_equal(listed(scene, OLGA, list), 2);
	assert_string_equal(list->entries[0].report, one.sealed.hex);
	assert_true(list->entries[0].roster == 1 && !list->entries[0].is_wrapped);
	/* Sealed to the roster before, and sent now. */
	assert_int_equal(scene_send(scene, &late.sealed)->status, 201);
	expect_old(scene, 3);
	assert_int_equal(wrap(scene, &one, wrapping_of(&one, 2), OLGA)->status, 201);
	assert_int_equal(wrap(scene, &late, wrapping_of(&late, 2), OLGA)->status, 201);
	expect_old(scene, 1);
	assert_int_equal(listed(scene, OLGA, list), 1); /* hers is for somebody else to confirm */
	assert_string_equal(list->entries[0].report, two.sealed.hex);
	assert_int_equal(listed(scene, MARIA, list), 3);
	assert_true(list->entries[0].is_wrapped && !list->entries[0].is_confirmed);
	assert_int_equal(wrap(scene, &one, confirmation_of(&one, 2), MARIA)->status, 200);
	assert_int_equal(listed(scene, MARIA, list), 2);
	expect_old(scene, 1);
	scene_restart(scene);
	expect_old(scene, 1);
	publish(scene);
	expect_old(scene, 3);
	assert_int_equal(listed(scene, OLGA, list), 3);
	free(list);
	release(&one);
	release(&two);
	release(&late);
}

/* A write that fails leaves the old header, and the count where it was. */
static void test_a_full_disk_changes_nothing(void **state)
{
	struct scene *scene = *state;
	struct held held;
	struct wrapping *wrapping;

	hold(scene, 1000, &held);
	assert_int_equal(scene_send(scene, &held.sealed)->status, 201);
	publish(scene);
	wrapping = wrapping_of(&held, 2);
	sign(scene, &held, wrapping, OLGA, held.proof_key);
	scene_break_disk(scene, true);
	assert_int_equal(put(scene, &held, wrapping, OLGA)->status, 503);
	scene_break_disk(scene, false);
	assert_true(answer_says(get(scene, held.wrapping, OLGA), "not-found"));
	expect_file(scene, &held);
	expect_old(scene, 1);
	assert_int_equal(put(scene, &held, wrapping, OLGA)->status, 201);
	expect_old(scene, 0);
	wrapping_free(wrapping);
	release(&held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(test_a_new_header_takes_the_place),
		IN_SCENE(test_the_replaced_header_goes_once_another_has_opened_it),
		IN_SCENE(test_an_event_confirms_too),
		IN_SCENE(test_wrappings_that_are_refused),
		IN_SCENE(test_what_still_waits),
		IN_SCENE(test_a_full_disk_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
