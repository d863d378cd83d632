/* What a program prints. With --json the result is one JSON document on standard output (a list of events:
 * one a line, flushed) and people's words go to standard error; without it the words go to standard output.
 */
#ifndef CLIENT_OUTPUT_H
#define CLIENT_OUTPUT_H

#include "client/program.h"

#include <jansson.h>

/* People's words, as they are: the caller ends its lines. Text of strangers goes through terminal_safe first.
 */
void say(const struct invocation *invocation, const char *format, ...) PRINTF_LIKE(2, 3);

/* Something to know that isn't the result: standard error, one line, the program's name in front. */
void say_aside(const struct invocation *invocation, const char *format, ...) PRINTF_LIKE(2, 3);

/* The result, with --json only, in ASCII, so that no text in it can act on a terminal; without it nothing is
 * printed. Takes the reference whatever happens; NULL (memory) is a failure. output_event is the same for one
 * of many lines. */
MUST_USE int output_result(const struct invocation *invocation, json_t *result, struct failure *failure);
MUST_USE int output_event(const struct invocation *invocation, json_t *event, struct failure *failure);

#endif
