/* The audit log in the store: what makes an entry, what doesn't, and that nobody is answered before it lies
 * there. */
#include "store_scene.h"

#include "proto/audit.h"

#include <stdlib.h>

static const struct scene_answer *get(struct scene *scene, const char *path, enum person signer)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = signer });
}

/* The whole log, verified from its first entry to the signed head. */
static struct audit_page *whole(struct scene *scene)
{
	const struct scene_answer *answer = get(scene, "audit", ADA);
	struct audit_page *page = NULL;
	uint8_t hash[SHA256_BYTES] = { 0 }, digest[SHA256_BYTES];
	struct fault fault;

	assert_int_equal(answer->status, 200);
	assert_int_equal(
		audit_page_parse((const char *)answer->body.data, answer->body.len, &page, &fault), 0);
	for (size_t i = 0; i < page->count; i++) {
		assert_int_equal(page->entries[i].number, i + 1);
		assert_memory_equal(page->entries[i].previous, hash, sizeof hash);
		assert_int_equal(audit_digest(&page->entries[i], digest), 0);
		assert_int_equal(audit_link(page->entries[i].previous, digest, hash), 0);
		assert_int_equal(page->entries[i].time % 60, 0);
	}
	assert_int_equal(page->head.number, page->count);
	assert_memory_equal(page->head.hash, hash, sizeof hash);
	assert_int_equal(
		audit_head_verify(&page->head, scene->store.fingerprint, scene->store.receipt_key), 0);
	return page;
}

static size_t count_of(const struct audit_page *page, const char *kind)
{
	size_t count = 0;

	for (size_t i = 0; i < page->count; i++)
		count += strcmp(page->entries[i].kind, kind) == 0;
	return count;
}

static const struct audit_entry *last_of(const struct audit_page *page)
{
	assert_true(page->count > 0);
	return &page->entries[page->count - 1];
}

static void test_it_begins_with_the_first_roster(void **state)
{
	struct audit_page *page = whole(*state);

	assert_int_equal(page->count, 1);
	assert_string_equal(page->entries[0].kind, "roster");
	assert_string_equal(page->entries[0].subject, "1");
	assert_false(page->entries[0].has_key);
	audit_page_free(page);
}

/* A report that comes, a mailbox that is read, a wrong mailbox key: nobody's business. */
static void test_nothing_of_a_defender(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct audit_page *page;

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	assert_int_equal(
		scene_ask(scene, &(struct scene_ask){ .method = METHOD_GET,
					 .path = "mailboxes/00000000000000000000000000000000",
					 .mailbox_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" })
			->status,
		403);
	page = whole(scene);
	assert_int_equal(page->count, 1);
	audit_page_free(page);
	sealed_free(&sealed);
}

static void test_who_read_what(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct audit_page *page;
	char tag[AUDIT_SUBJECT_SIZE], header[160];

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	assert_int_equal(get(scene, sealed.report, OLGA)->status, 200);
	page = whole(scene);
	assert_int_equal(page->count, 2);
	assert_string_equal(last_of(page)->kind, "read");
	assert_string_equal(last_of(page)->actor, "olga");
	assert_string_equal(last_of(page)->details, "report");
	assert_int_equal(audit_report_tag(sealed.id, tag), 0);
	assert_string_equal(last_of(page)->subject, tag);
	audit_page_free(page);
	/* The same again in the same minute is told already; the header is something else. */
	scene->store.start_wall = time_cut(scene->store.start_wall, 60) + 1;
	snprintf(header, sizeof header, "%s/header", sealed.report);
	assert_int_equal(get(scene, header, OLGA)->status, 200);
	assert_int_equal(get(scene, header, OLGA)->status, 200);
	page = whole(scene);
	assert_int_equal(count_of(page, "read"), 2);
	audit_page_free(page);
	scene->store.start_wall += 60;
	assert_int_equal(scene_ask(scene,
				 &(struct scene_ask){
					 .method = METHOD_GET, .path = header, .signer = OLGA, .skew = 60 })
				 ->status,
		200);
	page = whole(scene);
	assert_int_equal(count_of(page, "read"), 3);
	audit_page_free(page);
	sealed_free(&sealed);
}

/* No read without its entry. */
static void test_no_entry_no_answer(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct audit_page *page;

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	scene_break_disk(scene, true);
	assert_true(get(scene, sealed.report, OLGA)->status >= 500);
	scene_break_disk(scene, false);
	assert_int_equal(get(scene, sealed.report, OLGA)->status, 200);
	page = whole(scene);
	assert_int_equal(count_of(page, "read"), 1);
	audit_page_free(page);
	sealed_free(&sealed);
}

#define MANY 30 /* entries of so many reads need more than the pages that are there */

/* Where the disk is full an officer reads on; how often is told as soon as there is room. */
static void test_a_full_disk_keeps_nobody_from_reading(void **state)
{
	struct scene *scene = *state;
	static struct sealed sealed[MANY];
	struct audit_page *page;
	size_t told = 0, counted = 0;

	for (size_t i = 0; i < MANY; i++) {
		seal_report(scene, "intake", 1000, 0, &sealed[i]);
		assert_int_equal(scene_send(scene, &sealed[i])->status, 201);
	}
	backend_limit(scene->store.backend, backend_bytes(scene->store.backend));
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(get(scene, sealed[i].report, OLGA)->status, 200);
	backend_limit(scene->store.backend, 0);
	assert_int_equal(get(scene, sealed[0].report, OLGA)->status, 200);
	page = whole(scene);
	for (size_t i = 0; i < page->count; i++) {
		const struct audit_entry *entry = &page->entries[i];

		if (strcmp(entry->kind, "read") == 0 &&
			strstr(entry->details, " more while the disk was full"))
			counted += strtoul(entry->details, NULL, 10);
		else if (strcmp(entry->kind, "read") == 0)
			told++;
	}
	assert_true(counted > 0);
	assert_in_range(told + counted, MANY, MANY + 1);
	audit_page_free(page);
	for (size_t i = 0; i < MANY; i++)
		sealed_free(&sealed[i]);
}

static void test_refusals_are_told_once(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct audit_page *page;
	char tag[AUDIT_SUBJECT_SIZE];

	seal_report(scene, "legal", 1000, 0, &sealed);
	scene->store.start_wall = time_cut(scene->store.start_wall, 60) + 1;
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	for (int i = 0; i < 5; i++)
		assert_int_equal(get(scene, "status", OLGA)->status, 403);
	page = whole(scene);
	assert_int_equal(count_of(page, "refused"), 2);
	assert_string_equal(page->entries[1].actor, "olga");
	assert_string_equal(page->entries[1].details, "not-permitted: GET status");
	assert_string_equal(page->entries[2].details, "4 more: GET status");
	audit_page_free(page);
	/* Another desk's report is named by its tag. */
	assert_int_equal(get(scene, sealed.report, OLGA)->status, 403);
	page = whole(scene);
	assert_int_equal(audit_report_tag(sealed.id, tag), 0);
	assert_string_equal(last_of(page)->subject, tag);
	assert_string_equal(last_of(page)->details, "not-permitted: GET reports/{report}");
	audit_page_free(page);
	sealed_free(&sealed);
}

/* However much junk a stranger sends, she makes one entry an hour, and one that counts. */
static void test_strangers_fill_nothing(void **state)
{
	struct scene *scene = *state;
	struct audit_page *page;

	for (int i = 0; i < 10; i++) {
		assert_int_equal(get(scene, "status", STRANGER)->status, 403);
		assert_int_equal(get(scene, "desks/intake/alerts", NOBODY)->status, 401);
	}
	page = whole(scene);
	assert_int_equal(page->count, 3);
	assert_string_equal(page->entries[1].kind, "refused");
	assert_string_equal(page->entries[1].actor, "");
	assert_false(page->entries[1].has_key);
	assert_string_equal(page->entries[2].details, "19 more");
	audit_page_free(page);
}

static void test_it_survives_a_restart(void **state)
{
	struct scene *scene = *state;
	struct audit_page *before, *after;

	assert_int_equal(get(scene, "status", OLGA)->status, 403);
	before = whole(scene);
	scene_restart(scene);
	after = whole(scene);
	assert_int_equal(after->count, before->count);
	assert_memory_equal(after->head.hash, before->head.hash, sizeof after->head.hash);
	audit_page_free(before);
	audit_page_free(after);
}

/* Officers follow the chain without seeing what is in it. */
static void test_the_head_for_everybody(void **state)
{
	struct scene *scene = *state;
	const struct scene_answer *answer;
	struct audit_links *links = NULL;
	struct audit_page *page;
	uint8_t hash[SHA256_BYTES] = { 0 };
	struct fault fault;

	assert_int_equal(get(scene, "audit", OLGA)->status, 403);
	page = whole(scene);
	answer = get(scene, "audit/head?after=1", OLGA);
	assert_int_equal(answer->status, 200);
	assert_int_equal(
		audit_links_parse((const char *)answer->body.data, answer->body.len, &links, &fault), 0);
	assert_int_equal(links->count, page->count - 1);
	memcpy(hash, page->entries[1].previous, sizeof hash);
	for (size_t i = 0; i < links->count; i++)
		assert_int_equal(audit_link(hash, links->digests[i], hash), 0);
	assert_memory_equal(hash, links->head.hash, sizeof hash);
	free(links);
	audit_page_free(page);
	assert_int_equal(get(scene, "audit/head", STRANGER)->status, 403);
	assert_int_equal(get(scene, "audit/head", NOBODY)->status, 401);
}

/* A row that was changed ends what is shown: the chain doesn't reach the head that is signed. */
static void test_rows_that_were_touched(void **state)
{
	struct scene *scene = *state;
	const uint8_t name[8] = { 0, 0, 0, 0, 0, 0, 0, 2 };
	struct backend *backend = scene->store.backend;
	const struct scene_answer *answer;
	struct audit_page *page = NULL;
	struct fault fault;

	assert_int_equal(get(scene, "status", OLGA)->status, 403);
	assert_int_equal(backend_begin(backend), 0);
	assert_int_equal(backend_put(backend, SHELF_AUDIT, name, sizeof name, name, sizeof name), 0);
	assert_int_equal(backend_commit(backend), 0);
	answer = get(scene, "audit", ADA);
	assert_int_equal(answer->status, 200);
	assert_int_equal(
		audit_page_parse((const char *)answer->body.data, answer->body.len, &page, &fault), 0);
	assert_int_equal(page->count, 1);
	assert_int_equal(page->head.number, 2);
	audit_page_free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(test_it_begins_with_the_first_roster),
		IN_SCENE(test_nothing_of_a_defender),
		IN_SCENE(test_who_read_what),
		IN_SCENE(test_no_entry_no_answer),
		IN_SCENE(test_a_full_disk_keeps_nobody_from_reading),
		IN_SCENE(test_refusals_are_told_once),
		IN_SCENE(test_strangers_fill_nothing),
		IN_SCENE(test_it_survives_a_restart),
		IN_SCENE(test_the_head_for_everybody),
		IN_SCENE(test_rows_that_were_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
