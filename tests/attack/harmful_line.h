/* A line between a client and a server that does harm at one byte: a process of its own, which passes on
 * between two ports of 127.0.0.1. */
#ifndef TESTS_HARMFUL_LINE_H
#define TESTS_HARMFUL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum harm { HARM_NONE, HARM_CUT, HARM_CORRUPT, HARM_DELAY, HARM_COUNT };
enum line_way { WAY_UP, WAY_DOWN, WAY_COUNT }; /* from the client, to the client */

extern const char *const harm_names[HARM_COUNT];
extern const char *const way_names[WAY_COUNT];

struct line;

/* -1 with a word to standard error. Ends with line_stop, or with the process that started it. */
int line_start(uint16_t listen_port, uint16_t server_port, struct line **ret_line);
void line_stop(struct line *line);

/* From the next connection on: bytes are counted anew in each direction, over all connections, and the harm
 * is done once. A cut resets both sides behind the bytes before offset; corrupt flips one bit of the byte
 * there. */
void line_arm(struct line *line, enum harm harm, enum line_way way, size_t offset);

/* Of the time since it was armed. */
size_t line_passed(const struct line *line, enum line_way way);
bool line_has_fired(const struct line *line);

#endif
