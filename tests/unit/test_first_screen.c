/* What an officer sees first: the order, the contact window in the sender's own time, and no story unasked.
 */
#include "cmocka_all.h"

#include "first_screen.h"

#include <string.h>

/* 2026-11-24 was a Tuesday. */
#define TUESDAY_NOON INT64_C(1795521600)
#define DAY          86400

static bool is_open(const char *windows, int64_t now)
{
	json_t *json = json_loads(windows, 0, NULL);
	bool open;

	assert_non_null(json);
	open = window_is_open(json, now);
	json_decref(json);
	return open;
}

static void test_window_counts_in_her_own_time(void **state)
{
	const char *windows = "[{\"days\":2,\"from\":\"14:00\",\"to\":\"16:00\",\"utc_offset\":\"+03:00\"}]";

	(void)state;
	assert_true(is_open(windows, TUESDAY_NOON));
	assert_true(is_open(windows, TUESDAY_NOON - 3600));
	assert_false(is_open(windows, TUESDAY_NOON - 3601));
	assert_false(is_open(windows, TUESDAY_NOON + 3600));
	assert_false(is_open(windows, TUESDAY_NOON + DAY));
	assert_false(is_open(windows, TUESDAY_NOON - DAY));
	assert_true(is_open(windows, TUESDAY_NOON + 7 * DAY));
}

static void test_window_west_of_greenwich(void **state)
{
	/* Noon in Greenwich is half past six there; a Monday evening there is Tuesday in Greenwich. */
	const char *morning = "[{\"days\":2,\"from\":\"06:00\",\"to\":\"07:00\",\"utc_offset\":\"-05:30\"}]";
	const char *monday = "[{\"days\":1,\"from\":\"20:00\",\"to\":\"21:00\",\"utc_offset\":\"-05:00\"}]";

	(void)state;
	assert_true(is_open(morning, TUESDAY_NOON));
	assert_true(is_open(monday, TUESDAY_NOON - 12 * 3600 + 3600));
}

static void test_window_over_midnight_belongs_to_the_day_it_begins_on(void **state)
{
	const char *windows = "[{\"days\":2,\"from\":\"22:00\",\"to\":\"02:00\",\"utc_offset\":\"+00:00\"}]";

	(void)state;
	assert_true(is_open(windows, TUESDAY_NOON + 11 * 3600));
	assert_true(is_open(windows, TUESDAY_NOON + 13 * 3600));
	assert_false(is_open(windows, TUESDAY_NOON + 14 * 3600));
	assert_false(is_open(windows, TUESDAY_NOON - 11 * 3600));
	assert_false(is_open(windows, TUESDAY_NOON + 11 * 3600 + DAY));
}

static void test_sunday_is_the_last_bit(void **state)
{
	const char *windows = "[{\"days\":64,\"from\":\"00:00\",\"to\":\"23:59\",\"utc_offset\":\"+00:00\"}]";

	(void)state;
	assert_true(is_open(windows, TUESDAY_NOON + 5 * DAY));
	assert_false(is_open(windows, TUESDAY_NOON + 6 * DAY));
	assert_false(is_open(windows, TUESDAY_NOON + 4 * DAY));
}

static void test_no_window_is_never_open(void **state)
{
	(void)state;
	assert_false(is_open("[]", TUESDAY_NOON));
	assert_false(window_is_open(NULL, TUESDAY_NOON));
}

static const char *screen_of(const char *report, bool with_narrative, struct buffer *out)
{
	struct history history = {
		.state = STATE_ACK, .owner = "amina", .urgency = "immediate", .until = "2026-11-24T20:00:00Z"
	};
	struct alert alert = { .accepted = TUESDAY_NOON - 7800, .has_due = true, .due = TUESDAY_NOON - 600 };
	json_t *json = json_loads(report, 0, NULL);
	const char *text;

	assert_non_null(json);
	*out = buffer_of(64 * 1024);
	first_screen(&(struct screen){ .report = json,
			     .history = &history,
			     .alert = &alert,
			     .now = TUESDAY_NOON,
			     .with_narrative = with_narrative },
		out);
	json_decref(json);
	text = buffer_text(out);
	assert_non_null(text);
	return text;
}

static const char full[] =
	"{\"schema\":1,\"urgency\":\"urgent\",\"summary\":\"They came.\",\"narrative\":\"Long ago.\\nAt "
	"night.\","
	"\"ongoing\":\"ONG\",\"needs\":[\"LEG\",\"SHE\"],\"refuse\":[\"PUB\"],\"exclude\":[\"badia\"],"
	"\"consent\":{\"refer\":{\"state\":\"N\"}},\"persons\":[{\"ref\":\"P1\",\"status_now\":\"HIDE\"}],"
	"\"acts\":[{\"kind\":\"THR.01\"}],\"perpetrators\":[{\"ref\":\"A1\",\"type\":\"ST.POL\",\"can_reach_"
	"her\":\"Y\"}],"
	"\"contact\":{\"mode\":\"SAF\",\"word_danger\":\"umbrella\",\"channels\":[{\"type\":\"SIG\","
	"\"windows\":[]}]}}";

static void test_the_order_that_helps_to_act(void **state)
{
	static const char *const order[] = { "Urgency: ", "judged here: immediate",
		"Came: 2 h 10 min ago, to be acknowledged: OVERDUE by 10 min", "State: ack, amina",
		"Contact: ", "safe to contact now: UNKNOWN", "Person ",
		"Going on: ", "Needs: ", "Refuses: ", "Handling: TLP:RED", "Consent to ",
		"NEVER to be shown to: ", "Summary:\n      ",
		"Act: ", "Perpetrator: ", "Next: due 2026-11-24T20:00:00Z",
		"The whole story is in report.json" };
	struct buffer out;
	const char *at = screen_of(full, false, &out);

	(void)state;
	for (size_t step = 0; step < COUNT_OF(order); step++) {
		const char *found = strstr(at, order[step]);

		if (found == NULL)
			fail_msg("`%s' is missing or out of order", order[step]);
		at = found;
	}
	buffer_free(&out);
}

static void test_the_story_and_the_danger_word_only_when_asked_for(void **state)
{
	struct buffer out;
	const char *text = screen_of(full, false, &out);

	(void)state;
	assert_null(strstr(text, "Long ago."));
	assert_null(strstr(text, "umbrella"));
	buffer_free(&out);
	text = screen_of(full, true, &out);
	assert_non_null(strstr(text, "Long ago."));
	assert_null(strstr(text, "umbrella"));
	buffer_free(&out);
}

static void test_hostile_text_cannot_fake_a_line(void **state)
{
	struct buffer out;
	const char *text = screen_of("{\"schema\":1,\"urgency\":\"record\",\"summary\":\"a\\nUrgency: "
				     "immediate\\u202e\\u001b[2J\"}",
		false, &out);

	(void)state;
	assert_null(strstr(text, "\nUrgency: immediate"));
	assert_null(strstr(text, "\x1b"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	buffer_free(&out);
}

static void test_what_was_not_answered_says_so(void **state)
{
	struct buffer out;
	const char *text = screen_of("{\"schema\":1,\"urgency\":\"record\",\"summary\":\"x\"}", true, &out);

	(void)state;
	assert_non_null(strstr(text, "Needs: not answered\n"));
	assert_non_null(strstr(text, "Contact: not answered\n"));
	buffer_free(&out);
}

static void test_until_when_she_may_be_called(void **state)
{
	static const char called[] = "{\"summary\":\"x\",\"consent\":{\"refer\":{\"state\":\"Y\"}},"
				     "\"contact\":{\"mode\":\"CONTACT\","
				     "\"channels\":[{\"type\":\"TEL\",\"windows\":[{\"days\":2,\"from\":\"14:"
				     "00\",\"to\":\"16:00\","
				     "\"utc_offset\":\"+03:00\"}]}]}}";
	struct buffer out;
	const char *text = screen_of(called, false, &out);

	(void)state;
	assert_non_null(strstr(text, "safe to contact now: YES, until 16:00 her time\n"));
	assert_non_null(strstr(text, "Handling: TLP:AMBER+STRICT\n"));
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window_counts_in_her_own_time),
		cmocka_unit_test(test_window_west_of_greenwich),
		cmocka_unit_test(test_window_over_midnight_belongs_to_the_day_it_begins_on),
		cmocka_unit_test(test_sunday_is_the_last_bit),
		cmocka_unit_test(test_no_window_is_never_open),
		cmocka_unit_test(test_the_order_that_helps_to_act),
		cmocka_unit_test(test_until_when_she_may_be_called),
		cmocka_unit_test(test_the_story_and_the_danger_word_only_when_asked_for),
		cmocka_unit_test(test_hostile_text_cannot_fake_a_line),
		cmocka_unit_test(test_what_was_not_answered_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
