/* A desk whose alerts climb: three tiers and a fallback desk, a clock that the test sets, and who is woken.
 */
#ifndef TESTS_ESCALATION_FIXTURE_H
#define TESTS_ESCALATION_FIXTURE_H

#include "store_scene.h"

#include "audit.h"
#include "escalation.h"

#include "proto/age_file.h"
#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/event.h"

#define TINA   ((enum person)5) /* of tier 2 */
#define HEDDA  ((enum person)6) /* of tier 4, which counts as 3 */
#define MINUTE 60
#define HOUR   3600
#define DAY    86400

static inline void add_officer(struct roster *roster, const char *name, enum person person, uint32_t tier)
{
	assert_int_equal(fixture_officer(roster, name, "intake", (uint8_t)person), 0);
	for (size_t i = 0; i < roster->officer_count; i++)
		if (strcmp(roster->officers[i].name, name) == 0)
			roster->officers[i].tier = tier;
}

static inline void whole_desk(struct roster *roster)
{
	add_officer(roster, "tina", TINA, 2);
	add_officer(roster, "hedda", HEDDA, 4);
	memcpy(roster->desks[0].fallback, "legal", sizeof "legal");
}

/* --- who was woken, as letters: o(lga), t(ina), h(edda), m(aria of the fallback desk) */

static struct woken {
	char who[4096];
	size_t count;
	enum urgency urgency;
	bool is_refused;         /* as by a full disk */
	const char *unreachable; /* letters of those who have chosen no way to be woken; may be NULL */
} woken;

static inline int listen(struct store *store, const char *officer, const char *desk, enum urgency urgency)
{
	(void)store;
	assert_string_equal(desk, "intake");
	if (woken.is_refused)
		return -1;
	if (woken.unreachable != NULL && strchr(woken.unreachable, officer[0]) != NULL)
		return 1;
	assert_true(woken.count < sizeof woken.who - 1);
	woken.who[woken.count++] = officer[0];
	woken.who[woken.count] = '\0';
	woken.urgency = urgency;
	return 0;
}

static inline int by_letter(const void *left, const void *right)
{
	return *(const char *)left - *(const char *)right;
}

/* In any order; the list begins anew. */
static inline void expect_woken(const char *letters)
{
	qsort(woken.who, woken.count, 1, by_letter);
	assert_string_equal(woken.who, letters);
	woken.count = 0;
	woken.who[0] = '\0';
}

/* Seconds: time goes on in a scene, and a machine can be slow. test_escalation.c tries the second before. */
#define JUST_BEFORE 20

static void (*shape)(struct roster *roster) = whole_desk;

static inline int begin(void **state)
{
	struct scene *scene;

	scene_shape_roster = shape;
	shape = whole_desk;
	if (scene_begin(state) != 0)
		return -1;
	scene = *state;
	woken.count = 0;
	woken.who[0] = '\0';
	woken.is_refused = false;
	woken.unreachable = NULL;
	scene->store.escalation->wake = listen;
	/* Ten in the morning of some day to come, and a second. */
	scene_set_now(scene, time_cut(store_now(&scene->store), DAY) + DAY + 10 * HOUR + 1);
	return 0;
}

#define IN_DESK(test) cmocka_unit_test_setup_teardown(test, begin, scene_end)

static inline void restart(struct scene *scene)
{
	scene_restart(scene);
	scene->store.escalation->wake = listen;
	scene_run(scene);
	escalation_run(&scene->store);
}

/* --- a table, to the minute */

struct row {
	int64_t minute;
	const char *letters;
};

/* Who is woken at which minute since then, and nobody between two rows. */
static inline void expect_rows(
	struct scene *scene, int64_t began, const struct row *rows, size_t count, bool restarts)
{
	for (size_t i = 0; i < count; i++) {
		const int64_t at = began + rows[i].minute * MINUTE;

		if (rows[i].minute > 0) {
			scene_set_now(scene, at - JUST_BEFORE);
			expect_woken("");
			if (restarts)
				restart(scene);
			scene_set_now(scene, at);
		}
		expect_woken(rows[i].letters);
		if (restarts)
			restart(scene);
		expect_woken("");
	}
}

/* Of a file's own run_table() and tables[]: once as it is, once with a restart at every step. */
#define TABLE_TEST(name, index)                                                                              \
	static void test_##name(void **state)                                                                \
	{                                                                                                    \
		run_table(*state, &tables[index], false);                                                    \
	}                                                                                                    \
	static void test_##name##_across_restarts(void **state)                                              \
	{                                                                                                    \
		run_table(*state, &tables[index], true);                                                     \
	}

static inline int64_t send(struct scene *scene, enum urgency urgency, struct sealed *sealed)
{
	scene->urgency = urgency;
	seal_report(scene, "intake", 1000, 0, sealed);
	assert_int_equal(scene_send(scene, sealed)->status, 201);
	return time_cut(store_now(&scene->store), MINUTE);
}

static inline const struct scene_answer *list(struct scene *scene, const char *path, enum person who)
{
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = who });
}

static inline void parse(const struct scene_answer *answer, struct alert_list *ret_list)
{
	struct fault fault;

	assert_int_equal(answer->status, 200);
	assert_int_equal(
		alert_list_parse((const char *)answer->body.data, answer->body.len, ret_list, &fault), 0);
}

static inline void expect_stage(struct scene *scene, enum escalation_stage stage, unsigned tier)
{
	struct alert_list alerts;

	parse(list(scene, "desks/intake/alerts", OLGA), &alerts);
	assert_int_equal(alerts.count, 1);
	assert_int_equal(alerts.alerts[0].escalation, stage);
	assert_int_equal(alerts.alerts[0].tier, tier);
	alert_list_free(&alerts);
}

/* --- what officers do with one report */

/* A report and the end of its chain. */
struct dossier {
	struct scene *scene;
	struct sealed sealed;
	uint64_t number;
	uint8_t last[SHA256_BYTES];
	int64_t acknowledged; /* for the test */
};

static inline void add_content(struct report_event *event)
{
	struct buffer sealed = buffer_of(4096);
	uint8_t recipient[AGE_RECIPIENT_BYTES];

	fixture_recipient(OLGA, recipient);
	assert_int_equal(age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipient, 1,
				 (const uint8_t *)"{}", 2, &sealed),
		0);
	assert_int_equal(event_set_content(event, sealed.data, sealed.len), 0);
	buffer_free(&sealed);
}

static inline void post_as(struct dossier *dossier, enum event_type type, enum person who)
{
	struct report_event *event = event_for(dossier->scene, &dossier->sealed);
	struct buffer json = buffer_of(EVENT_MAX);
	struct event_subject subject;

	event->type = type;
	event->number = ++dossier->number;
	memcpy(event->previous, dossier->last, sizeof event->previous);
	if (type == EVENT_TRANSFER)
		memcpy(event->desk, "legal", sizeof "legal");
	if (event_needs_content(type))
		add_content(event);
	sign_event(dossier->scene, &dossier->sealed, who, event);
	assert_int_equal(event_write(event, &json), 0);
	assert_int_equal(scene_ask(dossier->scene, &(struct scene_ask){ .method = METHOD_POST,
							   .path = dossier->sealed.events,
							   .body = json.data,
							   .len = json.len,
							   .signer = who })
				 ->status,
		201);
	memcpy(subject.organisation, dossier->scene->store.fingerprint, sizeof subject.organisation);
	memcpy(subject.report, dossier->sealed.hex, sizeof subject.report);
	assert_int_equal(event_digest(event, &subject, dossier->last), 0);
	report_event_free(event);
	buffer_free(&json);
}

static inline void post(struct dossier *dossier, enum event_type type)
{
	post_as(dossier, type, OLGA);
}

/* --- what the audit log says */

static inline int count_kind(void *context, const struct audit_row *row)
{
	struct {
		const char *kind;
		size_t count;
	} *counting = context;

	if (memmem(row->json, row->json_len, counting->kind, strlen(counting->kind)) != NULL)
		counting->count++;
	return 0;
}

static inline size_t audited(struct scene *scene, const char *kind)
{
	struct {
		const char *kind;
		size_t count;
	} counting = { .kind = kind };

	assert_int_equal(audit_each(&scene->store, 0, count_kind, &counting), 0);
	return counting.count;
}

#endif
