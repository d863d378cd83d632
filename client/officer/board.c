#include "board.h"

#include "history_seen.h"

#include <curses.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

#define BOARD_MAX   20000 /* reports in memory; the rest is counted */
#define HEAD_LINES  3
#define ID_SHOWN    12
#define MINUTE      60
#define HOUR        3600
#define DAY         86400
#define REASON_SIZE 200

struct row {
	struct alert alert;
	char desk[NAME_SIZE];  /* whose list named it */
	char owner[NAME_SIZE]; /* as this officer last saw */
	bool is_duress;
	bool is_stale; /* of a list that is being read anew */
};

struct board {
	const struct items *items;
	SCREEN *screen;
	struct row *rows;
	size_t count, room, hidden;
	size_t top; /* the first row that is shown */
	char reason[REASON_SIZE];
	int64_t lost_ms;
};

bool board_is_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

void board_free(struct board *board)
{
	if (board == NULL)
		return;
	(void)endwin();
	delscreen(board->screen);
	free(board->rows);
	free(board);
}

struct board *board_new(const struct items *items)
{
	struct board *board = calloc(1, sizeof *board);

	if (board == NULL)
		return NULL;
	board->items = items;
	board->screen = newterm(NULL, stdout, stdin);
	if (board->screen == NULL) {
		free(board);
		return NULL;
	}
	/* A terminal that can't move its cursor shows lines. */
	if (tigetstr("cup") == NULL) {
		board_free(board);
		return NULL;
	}
	(void)cbreak();
	(void)noecho();
	(void)keypad(stdscr, TRUE);
	(void)nodelay(stdscr, TRUE);
	(void)curs_set(0);
	return board;
}

static struct row *row_of(const struct board *board, const char *report)
{
	for (size_t at = 0; at < board->count; at++)
		if (strcmp(board->rows[at].alert.report, report) == 0)
			return &board->rows[at];
	return NULL;
}

static struct row *new_row(struct board *board)
{
	if (board->count == board->room) {
		size_t room = (board->room + 32) * 2;
		struct row *grown = room > BOARD_MAX ? NULL : reallocarray(board->rows, room, sizeof *grown);

		if (grown == NULL)
			return NULL;
		board->rows = grown;
		board->room = room;
	}
	return &board->rows[board->count++];
}

void board_begin(struct board *board, const char *desk)
{
	board->hidden = 0;
	for (size_t at = 0; at < board->count; at++)
		if (strcmp(board->rows[at].desk, desk) == 0)
			board->rows[at].is_stale = true;
}

void board_end(struct board *board, const char *desk)
{
	size_t kept = 0;

	for (size_t at = 0; at < board->count; at++)
		if (!board->rows[at].is_stale || strcmp(board->rows[at].desk, desk) != 0)
			board->rows[kept++] = board->rows[at];
	board->count = kept;
}

void board_put(struct board *board, const char *desk, const struct alert *alert, bool is_duress)
{
	struct row *row = row_of(board, alert->report);
	struct failure unread;
	struct seen seen = { 0 };

	if (row == NULL)
		row = new_row(board);
	if (row == NULL) {
		board->hidden++;
		return;
	}
	*row = (struct row){ .alert = *alert, .is_duress = is_duress };
	if (is_duress)
		row->alert.urgency = URGENCY_IMMEDIATE;
	memcpy(row->desk, desk, strlen(desk) + 1);
	if (seen_get(board->items, alert->report, &seen, &unread) == 0)
		memcpy(row->owner, seen.owner, sizeof row->owner);
}

void board_line(struct board *board, const char *reason, int64_t lost_ms)
{
	board->lost_ms = lost_ms;
	board->reason[0] = '\0';
	if (reason != NULL)
		(void)snprintf(board->reason, sizeof board->reason, "%s", reason);
}

static int rank_of(enum urgency urgency)
{
	return (int)urgency_timer(urgency);
}

int board_order(const struct alert *one, const struct alert *other)
{
	int64_t due = one->has_due ? one->due : INT64_MAX, its = other->has_due ? other->due : INT64_MAX;

	if (rank_of(one->urgency) != rank_of(other->urgency))
		return rank_of(one->urgency) < rank_of(other->urgency) ? -1 : 1;
	if (due != its)
		return due < its ? -1 : 1;
	if (one->accepted != other->accepted)
		return one->accepted < other->accepted ? -1 : 1;
	return one->seq < other->seq ? -1 : one->seq > other->seq;
}

static int by_order(const void *left, const void *right)
{
	const struct row *one = left, *other = right;

	return board_order(&one->alert, &other->alert);
}

void board_age(int64_t seconds, char ret_text[BOARD_AGE_SIZE])
{
	if (seconds < 0)
		seconds = 0;
	if (seconds >= 2 * DAY)
		(void)snprintf(ret_text, BOARD_AGE_SIZE, "%" PRId64 " d", seconds / DAY);
	else if (seconds >= HOUR)
		(void)snprintf(ret_text, BOARD_AGE_SIZE, "%" PRId64 " h %02d min", seconds / HOUR,
			(int)(seconds % HOUR / MINUTE));
	else
		(void)snprintf(ret_text, BOARD_AGE_SIZE, "%d min", (int)(seconds / MINUTE));
}

static void draw_row(int line, const struct row *row, int64_t now)
{
	char age[BOARD_AGE_SIZE], due[BOARD_AGE_SIZE], target[2 * BOARD_AGE_SIZE] = "";
	bool is_late = row->alert.has_due && row->alert.due < now;

	board_age(now - row->alert.accepted, age);
	if (row->alert.has_due) {
		board_age(is_late ? now - row->alert.due : row->alert.due - now, due);
		(void)snprintf(target, sizeof target, "%s%s", is_late ? "OVERDUE " : "in ", due);
	}
	if (is_late || row->is_duress || row->alert.escalation == ESCALATION_UNANSWERED)
		(void)attron(A_BOLD);
	(void)mvprintw(line, 0, "%-10s %-14s %-9s %-13s %-20s %-12s %.*s%s", urgency_word(row->alert.urgency),
		row->alert.desk, state_word(row->alert.state), age, target,
		row->owner[0] == '\0' ? "-" : row->owner, ID_SHOWN, row->alert.report,
		row->is_duress                                   ? "  *** DURESS ***"
		: row->alert.escalation == ESCALATION_UNANSWERED ? "  NOBODY ANSWERED"
		: row->alert.escalation == ESCALATION_STALLED    ? "  NOTHING SINCE"
		: row->alert.escalation == ESCALATION_OVERDUE    ? "  CONTACT OR TRIAGE OVERDUE"
								 : "");
	(void)attroff(A_BOLD);
}

static void draw_head(const struct board *board, int64_t boot_ms)
{
	char lost[BOARD_AGE_SIZE];

	board_age((boot_ms - board->lost_ms) / 1000, lost);
	if (board->reason[0] != '\0') {
		(void)attron(A_REVERSE | A_BOLD);
		(void)mvprintw(
			0, 0, "NO CONNECTION for %s: alerts don't come through (%s)", lost, board->reason);
		(void)attroff(A_REVERSE | A_BOLD);
	} else {
		(void)mvprintw(0, 0, "Connected. %zu open%s", board->count,
			board->hidden > 0 ? ", and more than fit in memory: use pull" : "");
	}
	(void)mvprintw(1, 0, "%-10s %-14s %-9s %-13s %-20s %-12s %s", "URGENCY", "DESK", "STATE", "AGE",
		"ACKNOWLEDGE", "OWNER", "REPORT");
}

/* Keys of the person; true for the end. */
static bool take_keys(struct board *board)
{
	for (int key = getch(); key != ERR; key = getch()) {
		if (key == 'q')
			return true;
		if ((key == KEY_DOWN || key == 'j') && board->top + 1 < board->count)
			board->top++;
		else if ((key == KEY_UP || key == 'k') && board->top > 0)
			board->top--;
		else if (key == KEY_RESIZE || key == 12)
			(void)clearok(curscr, TRUE);
	}
	return false;
}

bool board_show(struct board *board, int64_t now, int64_t boot_ms)
{
	bool is_over = take_keys(board);
	int room = LINES - HEAD_LINES;

	if (board->count > 1)
		qsort(board->rows, board->count, sizeof *board->rows, by_order);
	if (board->top >= board->count)
		board->top = 0;
	(void)erase();
	draw_head(board, boot_ms);
	for (int at = 0; at < room && board->top + (size_t)at < board->count; at++)
		draw_row(HEAD_LINES - 1 + at, &board->rows[board->top + (size_t)at], now);
	(void)mvaddstr(LINES - 1, 0, "q ends it. open REPORT shows one.");
	(void)refresh();
	return is_over;
}
