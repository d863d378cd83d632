/* One question on the whole screen: arrow keys, number keys, and text typed in. */
#include "ask.h"
#include "client/terminal.h"
#include "proto/digit.h"

#include <sodium.h>
#include <string.h>

struct shown {
	const struct asking *asking;
	const struct posed *posed;
	struct reply *reply;
	size_t at;     /* the choice that is marked */
	size_t number; /* digits typed so far; 0 for none */
	bool is_done;
};

static bool is_many(const struct posed *posed)
{
	return posed->question->kind == QUESTION_MANY;
}

/* Before each choice: where she is, its number, and what is chosen. */
static void draw_choices(const struct shown *shown)
{
	const struct posed *posed = shown->posed;

	for (size_t at = 0; at < choice_total(shown->asking, posed); at++) {
		bool is_on = at < posed->count && choice_is_in(shown->reply->text, posed->choices[at].code);

		tell(shown->asking, "%s %s%2zu  %s%s\n", at == shown->at ? ">" : " ",
			!is_many(posed)      ? ""
			: at >= posed->count ? "    "
			: is_on              ? "[x] "
					     : "[ ] ",
			at + 1, choice_words(posed, at), choice_code(posed, at));
	}
}

static void draw_text(const struct shown *shown)
{
	const char *text = shown->reply->text;
	struct buffer *out = screen_text(shown->asking->screen);

	tell(shown->asking, "> ");
	terminal_safe_lines(text, strlen(text), "", out);
}

static void draw_keys(const struct shown *shown)
{
	const struct asking *asking = shown->asking;

	if (is_many(shown->posed))
		tell(asking, "\nA number, or up, down and space: choose. Enter: done.\n");
	else if (has_choices(shown->posed))
		tell(asking, "\nA number, or up, down and Enter: choose.\n");
	else
		tell(asking, "\n\nType, then Enter. Alone on the line, ? is \"I don't know\" and - is \"I'd "
			     "rather not say\".\n");
	if (!asking->is_aside && has_choices(shown->posed))
		tell(asking,
			"Left: back. Right: on. s: enough, go to the end. Ctrl-C: stop, nothing is kept.\n");
	else if (!asking->is_aside)
		tell(asking, "Left: back. Right: on. Ctrl-C: stop, nothing is kept.\n");
}

static void draw(const struct shown *shown)
{
	const struct asking *asking = shown->asking;
	const struct posed *posed = shown->posed;

	screen_clear(asking->screen);
	if (asking->intro != NULL)
		asking->intro(asking, asking->intro_owner);
	if (!asking->is_aside)
		tell(asking, "Question %zu of %zu\n\n", posed->number, posed->total);
	tell(asking, "%s\n", translated(posed->question->words));
	if (posed->question->help != NULL)
		tell(asking, "%s\n", translated(posed->question->help));
	tell(asking, "\n");
	if (has_choices(posed))
		draw_choices(shown);
	if (asking->note != NULL)
		tell(asking, "%s\n", translated(asking->note));
	draw_keys(shown);
	if (!has_choices(posed))
		draw_text(shown);
	else if (shown->number > 0)
		tell(asking, "%zu", shown->number);
	screen_show(asking->screen);
}

/* The choice at hand, or a choice more or less of several. */
static void choose(struct shown *shown, size_t at)
{
	const struct posed *posed = shown->posed;

	shown->at = at;
	shown->number = 0;
	if (is_many(posed) && at < posed->count) {
		choice_toggle(shown->reply->text, posed->choices[at].code);
		return;
	}
	choice_reply(posed, at, shown->reply);
	shown->is_done = true;
}

/* Chooses as soon as no further digit could make another number. */
static void digit(struct shown *shown, size_t value)
{
	size_t total = choice_total(shown->asking, shown->posed), number = shown->number * 10 + value;

	if (number == 0 || number > total)
		shown->number = 0;
	else if (number * 10 > total)
		choose(shown, number - 1);
	else
		shown->number = number;
}

static void leave(struct shown *shown, enum asked asked)
{
	shown->reply->asked = asked;
	shown->is_done = true;
}

/* What she answered before is gone from the screen: then it goes from the report too. */
static bool is_taken_out(const struct shown *shown)
{
	return shown->reply->text[0] == '\0' && shown->posed->answer.text[0] != '\0';
}

static void take_out(struct shown *shown)
{
	shown->reply->state = ANSWER_NONE;
	leave(shown, ASKED_ANSWERED);
}

/* Several: what is chosen; the marked one where nothing is. */
static void enter_choice(struct shown *shown)
{
	if (shown->number > 0) {
		choose(shown, shown->number - 1);
	} else if (is_many(shown->posed) && is_taken_out(shown)) {
		take_out(shown);
	} else if (is_many(shown->posed) && shown->reply->text[0] != '\0') {
		shown->reply->state = ANSWER_GIVEN;
		leave(shown, ASKED_ANSWERED);
	} else if (is_many(shown->posed) && shown->at < shown->posed->count) {
		leave(shown, ASKED_ON);
	} else {
		choose(shown, shown->at);
	}
}

static void key_on_choices(struct shown *shown, const struct key *key)
{
	size_t total = choice_total(shown->asking, shown->posed);
	char number;

	if (key->kind == KEY_UP)
		shown->at = (shown->at + total - 1) % total;
	else if (key->kind == KEY_DOWN)
		shown->at = (shown->at + 1) % total;
	else if (key->kind == KEY_ERASE)
		shown->number = 0;
	else if (key->kind == KEY_ENTER)
		enter_choice(shown);
	else if (key->kind == KEY_TEXT && digit_read(key->text, strlen(key->text), &number) > 0)
		digit(shown, (size_t)(number - '0'));
	else if (key->kind == KEY_TEXT && key->text[0] == ' ' && is_many(shown->posed))
		choose(shown, shown->at);
	else if (key->kind == KEY_TEXT && strcmp(key->text, "s") == 0 && !shown->asking->is_aside)
		leave(shown, ASKED_END);
}

static void erase(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && ((uint8_t)text[len - 1] & 0xC0) == 0x80)
		text[--len] = '\0';
	if (len > 0)
		text[len - 1] = '\0';
}

/* Enter ends a line; a story is ended by an empty one. */
static void enter_text(struct shown *shown)
{
	char *text = shown->reply->text;
	size_t len = strlen(text);
	bool is_story = shown->posed->question->kind == QUESTION_STORY;

	if (strcmp(text, "?") == 0 || strcmp(text, "-") == 0) {
		choice_reply(shown->posed, shown->posed->count + (text[0] == '-'), shown->reply);
		shown->is_done = true;
		return;
	}
	if (is_story && len > 0 && text[len - 1] != '\n' && len < shown->posed->question->max) {
		text[len] = '\n';
		text[len + 1] = '\0';
		return;
	}
	if (is_story && len > 0 && text[len - 1] == '\n')
		text[len - 1] = '\0';
	if (is_taken_out(shown)) {
		take_out(shown);
		return;
	}
	shown->reply->state = ANSWER_GIVEN;
	leave(shown, text[0] == '\0' ? ASKED_ON : ASKED_ANSWERED);
}

static void key_on_text(struct shown *shown, const struct key *key)
{
	char *text = shown->reply->text;
	size_t len = strlen(text), more = strlen(key->text);

	if (key->kind == KEY_ERASE) {
		erase(text);
	} else if (key->kind == KEY_ENTER) {
		enter_text(shown);
	} else if (key->kind == KEY_TEXT && len + more <= shown->posed->question->max) {
		memcpy(text + len, key->text, more + 1);
	}
}

static void one_key(struct shown *shown, const struct key *key)
{
	/* Text that wasn't entered yet would be lost. */
	bool stays =
		shown->asking->is_aside ||
		(!has_choices(shown->posed) && strcmp(shown->reply->text, shown->posed->answer.text) != 0);

	if (key->kind == KEY_LEFT || key->kind == KEY_RIGHT) {
		if (!stays)
			leave(shown, key->kind == KEY_LEFT ? ASKED_BACK : ASKED_ON);
	} else if (has_choices(shown->posed))
		key_on_choices(shown, key);
	else
		key_on_text(shown, key);
}

/* Where her answer of before stands. */
static size_t first_mark(const struct posed *posed)
{
	if (posed->answer.state == ANSWER_UNKNOWN || posed->answer.state == ANSWER_WITHHELD)
		return posed->count + (posed->answer.state == ANSWER_WITHHELD);
	for (size_t at = 0; at < posed->count; at++)
		if (choice_is_in(posed->answer.text, posed->choices[at].code))
			return at;
	return 0;
}

int ask_on_screen(
	const struct asking *asking, const struct posed *posed, struct reply *reply, struct failure *failure)
{
	struct shown shown = { .asking = asking, .posed = posed, .reply = reply, .at = first_mark(posed) };
	struct key key = { .kind = KEY_OTHER };
	size_t len = strlen(posed->answer.text);

	memcpy(reply->text, posed->answer.text, len + 1);
	while (!shown.is_done) {
		draw(&shown);
		screen_key(asking->screen, &key);
		if (key.kind == KEY_END)
			return failure_set(
				failure, EX_DATAERR, "stopped: nothing was sent and nothing is kept");
		one_key(&shown, &key);
	}
	sodium_memzero(&key, sizeof key);
	return 0;
}
