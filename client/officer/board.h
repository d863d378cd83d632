/* `watch` on a terminal: the open reports of all desks as a list that stays up to date, the most urgent
 * first, and above it whether the line works. The only file that knows ncurses. */
#ifndef OFFICER_BOARD_H
#define OFFICER_BOARD_H

#include "client/items.h"
#include "proto/alert_list.h"

struct board;

/* Whether there is a terminal to show it on. */
bool board_is_possible(void);

/* Takes the terminal. items say whose case each was when this officer last looked; they must outlive the
 * board. NULL where the terminal can't do it. */
struct board *board_new(const struct items *items);
/* Gives the terminal back. */
void board_free(struct board *board);

/* A desk's list is read anew: what isn't put between the two is gone. */
void board_begin(struct board *board, const char *desk);
void board_end(struct board *board, const char *desk);
/* New, or changed. Under duress it is immediate, whatever the server was told. Where memory is short it is
 * counted as not shown. */
void board_put(struct board *board, const char *desk, const struct alert *alert, bool is_duress);

/* What the first line says: since when (on the boot clock) alerts don't come through, and why; reason NULL:
 * the line works. */
void board_line(struct board *board, const char *reason, int64_t lost_ms);

/* Draws what has changed. now: seconds. True where the person has asked to end it. */
bool board_show(struct board *board, int64_t now, int64_t boot_ms);

/* The order of the list: urgency, then whether nobody has acknowledged it, then the nearer target, then the
 * older. */
int board_order(const struct alert *one, const struct alert *other);
/* `3 d`, `2 h 10 min`, `5 min`. */
#define BOARD_AGE_SIZE 24
void board_age(int64_t seconds, char ret_text[BOARD_AGE_SIZE]);

#endif
