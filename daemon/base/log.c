#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES                                                                                       \
	768 /* more than any event of ours; below PIPE_BUF, so that a line is written whole                  \
	     */

static const char *const level_words[] = {
	[LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_INFO] = "info"
};
static const char *role_word = "clariond";

void log_role(const char *role)
{
	role_word = role;
}

/* A log that can't be written must not stop the daemon; a signal in between loses no line. */
static void write_line(char *line, size_t len)
{
	size_t done = 0;

	line[len] = '\n';
	while (done <= len) {
		ssize_t put = write(STDERR_FILENO, line + done, len + 1 - done);

		if (put == 0 || (put < 0 && errno != EINTR))
			return;
		done += put > 0 ? (size_t)put : 0;
	}
}

/* What vsnprintf says it would have written, against what there was room for. */
static size_t kept(int written, size_t room)
{
	if (written < 0)
		return 0;
	return (size_t)written < room ? (size_t)written : room - 1;
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	const size_t room = sizeof line - 1;
	size_t len =
		kept(snprintf(line, room, "level=%s role=%s event=%s ", level_words[level], role_word, event),
			room);
	va_list arguments;
	va_start(arguments, format);
	len += kept(vsnprintf(line + len, room - len, format, arguments), room - len);
	va_end(arguments);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ')
			line[i] = '?';
	write_line(line, len);
}

void log_plain(enum log_level level, const char *event)
{
	char line[LINE_MAX_BYTES];
	const size_t room = sizeof line - 1;
	size_t len =
		kept(snprintf(line, room, "level=%s role=%s event=%s", level_words[level], role_word, event),
			room);
	write_line(line, len);
}

void log_fault(enum log_level level, const char *event, const struct fault *fault)
{
	char reason[sizeof fault->text];
	size_t at = 0;
	for (const char *c = fault->text; *c != '\0' && at + 1 < sizeof reason; c++)
		reason[at++] = *c == '"' || *c == '\\' ? '\'' : *c;
	reason[at] = '\0';
	log_event(level, event, "reason=\"%s\"", reason);
}

void log_fatal(const char *event)
{
	log_plain(LOG_ERROR, event);
	_exit(70); /* EX_SOFTWARE */
}
