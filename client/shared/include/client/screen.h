/* The whole terminal for a while: what was there comes back at the end, and nothing of what was shown stays
 * in its history. Six control sequences, no colours, no library. A deadly signal (Ctrl-C) puts the terminal
 * back before it ends the program. */
#ifndef CLIENT_SCREEN_H
#define CLIENT_SCREEN_H

#include "client/failure.h"
#include "proto/buffer.h"

enum key_kind { KEY_TEXT, KEY_ENTER, KEY_ERASE, KEY_UP, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_OTHER, KEY_END };

struct key {
	enum key_kind kind;
	char text[5]; /* one character of UTF-8, with KEY_TEXT */
};

struct screen;

/* Whether the terminal understands more than lines: TERM is there and isn't `dumb`. */
bool screen_is_possible(void);

/* One at a time. 64 where there is no terminal; instead says what to give instead. */
MUST_USE int screen_open(const char *instead, struct screen **ret_screen, struct failure *failure);
void screen_close(struct screen *screen);

/* An empty screen, then text piece by piece, shown by screen_show. */
void screen_clear(struct screen *screen);
struct buffer *screen_text(struct screen *screen);
void screen_show(struct screen *screen);

/* Waits for a key. KEY_END: the terminal is gone. */
void screen_key(struct screen *screen, struct key *ret_key);

#endif
