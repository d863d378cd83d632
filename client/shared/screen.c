#include "client/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define SHOWN_MAX    (64 * 1024) /* a narrative and what is around it */
#define SEQUENCE_MS  50          /* how long the rest of an arrow key may take */
#define ENTER_SCREEN "\033[?1049h"
#define LEAVE_SCREEN "\033[2J\033[H\033[?1049l"
#define CLEAR        "\033[2J\033[H"

struct screen {
	int fd;
	struct buffer shown;
};

/* What a signal must put back before it ends the program. */
static struct termios before;
static int open_fd = -1;

static const int deadly[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static void put_back(int fd)
{
	(void)!write(fd, LEAVE_SCREEN, sizeof LEAVE_SCREEN - 1);
	(void)tcsetattr(fd, TCSAFLUSH, &before);
}

static void put_back_and_die(int number)
{
	if (open_fd != -1)
		put_back(open_fd);
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

bool screen_is_possible(void)
{
	const char *terminal = getenv("TERM");

	return terminal != NULL && terminal[0] != '\0' && strcmp(terminal, "dumb") != 0;
}

/* Key by key, unseen. Ctrl-Z is left out of the game: it would show what is on the screen to the shell. */
static int take_over(int fd)
{
	struct termios raw;

	if (tcgetattr(fd, &before) != 0)
		return -1;
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_iflag &= ~(tcflag_t)IXON;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	raw.c_cc[VSUSP] = _POSIX_VDISABLE;
	open_fd = fd;
	for (size_t at = 0; at < COUNT_OF(deadly); at++)
		(void)signal(deadly[at], put_back_and_die);
	if (tcsetattr(fd, TCSAFLUSH, &raw) != 0)
		return -1;
	return write(fd, ENTER_SCREEN CLEAR, sizeof ENTER_SCREEN CLEAR - 1) == -1 ? -1 : 0;
}

static void give_back(int fd)
{
	put_back(fd);
	open_fd = -1;
	for (size_t at = 0; at < COUNT_OF(deadly); at++)
		(void)signal(deadly[at], SIG_DFL);
}

int screen_open(const char *instead, struct screen **ret_screen, struct failure *failure)
{
	struct screen *screen = calloc(1, sizeof *screen);

	if (screen == NULL)
		return failure_memory(failure);
	screen->shown = buffer_of(SHOWN_MAX);
	screen->fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (screen->fd == -1) {
		free(screen);
		return failure_set(failure, EX_USAGE, "there is no terminal to ask on: %s", instead);
	}
	if (take_over(screen->fd) != 0) {
		screen_close(screen);
		return failure_set(failure, EX_USAGE, "the terminal can't be used: %s", instead);
	}
	*ret_screen = screen;
	return 0;
}

void screen_close(struct screen *screen)
{
	if (screen == NULL)
		return;
	if (open_fd == screen->fd)
		give_back(screen->fd);
	(void)close(screen->fd);
	buffer_free(&screen->shown);
	free(screen);
}

void screen_clear(struct screen *screen)
{
	buffer_clear(&screen->shown);
	buffer_put(&screen->shown, CLEAR, sizeof CLEAR - 1);
}

struct buffer *screen_text(struct screen *screen)
{
	return &screen->shown;
}

void screen_show(struct screen *screen)
{
	const uint8_t *at = screen->shown.data;
	size_t left = screen->shown.len;

	while (left > 0) {
		ssize_t written = write(screen->fd, at, left);

		if (written == -1 && errno == EINTR)
			continue;
		if (written <= 0)
			break;
		at += written;
		left -= (size_t)written;
	}
}

/* The next byte; with soon only one that is there within SEQUENCE_MS. */
static bool next_byte(struct screen *screen, bool soon, uint8_t *ret_byte)
{
	struct pollfd ready = { .fd = screen->fd, .events = POLLIN };
	ssize_t got;

	if (soon && poll(&ready, 1, SEQUENCE_MS) <= 0)
		return false;
	do
		got = read(screen->fd, ret_byte, 1);
	while (got == -1 && errno == EINTR);
	return got == 1;
}

/* Behind an escape: `[A` or `OA` and the like, with numbers in between. */
static enum key_kind sequence(struct screen *screen)
{
	uint8_t byte;

	if (!next_byte(screen, true, &byte) || (byte != '[' && byte != 'O'))
		return KEY_OTHER;
	do {
		if (!next_byte(screen, true, &byte))
			return KEY_OTHER;
	} while (byte < '@' || byte > '~');
	switch (byte) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'C':
		return KEY_RIGHT;
	case 'D':
		return KEY_LEFT;
	default:
		return KEY_OTHER;
	}
}

static void character(struct screen *screen, uint8_t first, struct key *key)
{
	size_t more = first < 0x80       ? 0
		      : first >> 5 == 6  ? 1
		      : first >> 4 == 14 ? 2
		      : first >> 3 == 30 ? 3
					 : 4;

	if (more == 4)
		return;
	key->text[0] = (char)first;
	for (size_t at = 1; at <= more; at++) {
		uint8_t byte;

		if (!next_byte(screen, true, &byte) || byte >> 6 != 2) {
			sodium_memzero(key->text, sizeof key->text);
			return;
		}
		key->text[at] = (char)byte;
	}
	key->kind = KEY_TEXT;
}

void screen_key(struct screen *screen, struct key *ret_key)
{
	struct key key = { .kind = KEY_OTHER };
	uint8_t byte;

	if (!next_byte(screen, false, &byte) || byte == 4)
		key.kind = KEY_END;
	else if (byte == '\r' || byte == '\n')
		key.kind = KEY_ENTER;
	else if (byte == 127 || byte == 8)
		key.kind = KEY_ERASE;
	else if (byte == 27)
		key.kind = sequence(screen);
	else if (byte >= 0x20)
		character(screen, byte, &key);
	*ret_key = key;
	sodium_memzero(&key, sizeof key);
	byte = 0;
}
