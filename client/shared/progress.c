#include "client/progress.h"

#include "keys/clock.h"
#include "proto/language.h"

#include <stdio.h>
#include <unistd.h>

#define LEAST_SHOWN (1024 * 1024)
#define AGAIN_MS    250  /* how often the line is written anew */
#define PLAIN_MS    5000 /* how often a line of its own: a screen reader reads each */
#define SIZE_TEXT   32
#define BAR_CELLS   20
#define MIB         (1024.0 * 1024.0)

enum showing { SHOWING_NOTHING, SHOWING_LINE, SHOWING_LINES };

static struct {
	enum showing showing;
	bool is_on; /* something is under way */
	enum progress_of what;
	uint64_t total;
	int64_t next_ms;
	bool has_shown;
} progress;

void progress_allow(const struct invocation *invocation)
{
	const struct arguments *arguments = invocation->arguments;
	bool is_plain = arguments_knows(arguments, "plain") && arguments_flag(arguments, "plain");

	progress.showing = isatty(STDERR_FILENO) != 1 ? SHOWING_NOTHING
			   : is_plain                 ? SHOWING_LINES
						      : SHOWING_LINE;
}

void progress_begin(enum progress_of what, uint64_t total)
{
	progress.is_on = progress.showing != SHOWING_NOTHING && total >= LEAST_SHOWN;
	progress.what = what;
	progress.total = total;
	progress.next_ms = 0;
	progress.has_shown = false;
}

static void size_text(uint64_t bytes, char ret_text[SIZE_TEXT])
{
	(void)snprintf(ret_text, SIZE_TEXT, "%.1f MiB", (double)bytes / MIB);
}

/* `[#####...............] ` */
static void put_bar(uint64_t done)
{
	uint64_t full = done / (progress.total / BAR_CELLS);

	(void)fputs("\r[", stderr);
	for (uint64_t cell = 0; cell < BAR_CELLS; cell++)
		(void)fputc(cell < full ? '#' : '.', stderr);
	(void)fputs("] ", stderr);
}

static void show(uint64_t done)
{
	char is_done[SIZE_TEXT], is_left[SIZE_TEXT];

	size_text(done, is_done);
	size_text(progress.total - done, is_left);
	(void)fflush(stdout);
	if (progress.showing == SHOWING_LINE)
		put_bar(done);
	if (progress.what == PROGRESS_SEALING)
		(void)fprintf(stderr, translated("Sealing: %s done, %s left"), is_done, is_left);
	else
		(void)fprintf(stderr, translated("Sending: %s done, %s left"), is_done, is_left);
	(void)fputs(progress.showing == SHOWING_LINE ? "  " : "\n", stderr);
	(void)fflush(stderr);
	progress.has_shown = true;
}

void progress_at(uint64_t done)
{
	int64_t now;

	if (!progress.is_on)
		return;
	now = clock_boot_ms();
	if (now < progress.next_ms && done < progress.total)
		return;
	progress.next_ms = now + (progress.showing == SHOWING_LINE ? AGAIN_MS : PLAIN_MS);
	show(done < progress.total ? done : progress.total);
}

void progress_end(void)
{
	if (progress.is_on && progress.has_shown && progress.showing == SHOWING_LINE)
		(void)fputc('\n', stderr);
	progress.is_on = false;
}
