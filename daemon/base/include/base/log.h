/* The log: one line an event on stderr, in logfmt, written by a single write(2) so that processes don't mix
 * lines.
 *
 * Nothing about a peer is ever logged: no address, token, mailbox id, path, header or report's content. What
 * a value may be: a number, or a word or sentence of our own (a struct fault). No time either: whoever
 * collects stderr adds it, or decides not to. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "proto/base.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO };

/* The role that stands in each line from now on; role must live as long as the process. */
void log_role(const char *role);

/* level=info role=store event=EVENT, then the fields, which the caller writes as `name=%s other=%u`. A value
 * that may hold a space goes through log_fault. A line that would be too long is cut. */
void log_event(enum log_level level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);
void log_plain(enum log_level level, const char *event);

/* The same with reason="the fault's sentence". */
void log_fault(enum log_level level, const char *event, const struct fault *fault);

/* Logs and ends the process (exit 70): for states that can't be. */
void log_fatal(const char *event) __attribute__((noreturn));

#endif
