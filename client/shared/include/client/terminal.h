/* The person at the terminal: text made safe to show, questions, and secrets that never touch a command line.
 */
#ifndef CLIENT_TERMINAL_H
#define CLIENT_TERMINAL_H

#include "client/program.h"
#include "proto/buffer.h"

#define VALUE_MAX 4096

/* How texts of others are shown: between isolates; without them, for a pager or an editor that gives each
 * line its own direction; or only where they are ASCII, and else how long they are (for a console that shows
 * nothing else rightly). For the whole program, at its start. */
enum display { DISPLAY_ISOLATED, DISPLAY_PLAIN, DISPLAY_ASCII };
void display_choose(enum display chosen);

/* Appends text as it may be shown (the stored bytes stay as they are): without C0, C1, escape sequences'
 * control characters, line and paragraph separators, bidirectional controls and what doesn't show; U+200C and
 * U+200D stay; bytes that are not UTF-8 become U+FFFD, and so do more than eight marks on one character. Each
 * line is wrapped in U+2068 … U+2069. terminal_safe joins lines with a space, terminal_safe_lines keeps them,
 * each behind indent. Nothing is appended behind the last line. */
void terminal_safe(const char *text, size_t len, struct buffer *out);
void terminal_safe_lines(const char *text, size_t len, const char *indent, struct buffer *out);

/* True where a person can be asked: /dev/tty can be opened and standard input is a terminal. */
bool terminal_is_there(void);

/* A line typed by a person, without its end, in sodium_malloc memory (free with sodium_free). ask_secret does
 * not echo; both use /dev/tty. -1 with EX_USAGE where there is no terminal; instead says what to give
 * instead. */
MUST_USE int ask_secret(const char *prompt, const char *instead, char **ret_text, struct failure *failure);
MUST_USE int ask_line(const char *prompt, const char *instead, char **ret_text, struct failure *failure);

/* A value that may be given as `-`: then one line of standard input, else a copy of argument. At most
 * VALUE_MAX bytes, in sodium_malloc memory. what names it in a failure. */
MUST_USE int take_value(const char *argument, const char *what, char **ret_text, struct failure *failure);

/* Everything of standard input or of a file (66 where it isn't there), at most max bytes (65 above). */
MUST_USE int take_file(
	const char *path, const char *what, size_t max, struct buffer *out, struct failure *failure);

/* The invitation that a verb's first operand is, or standard input for `-`. 65 for anything else. */
struct invitation;
MUST_USE int take_invitation(
	const struct invocation *invocation, struct invitation **ret_invitation, struct failure *failure);

/* The passphrase: the first line of --passphrase-file, or asked for. With is_new it is asked for twice, and
 * --no-passphrase gives NULL. In sodium_malloc memory. */
MUST_USE int take_passphrase(
	const struct invocation *invocation, bool is_new, char **ret_passphrase, struct failure *failure);

#endif
