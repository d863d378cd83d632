#include "client/terminal.h"
#include "proto/invitation.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

bool terminal_is_there(void)
{
	int fd;

	if (!isatty(STDIN_FILENO))
		return false;
	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return false;
	(void)close(fd);
	return true;
}

/* One line into text of VALUE_MAX + 1 bytes, byte by byte: what follows it is another reader's. */
static int read_line(int fd, char *text, const char *what, struct failure *failure)
{
	size_t len = 0;
	char byte;

	for (;;) {
		ssize_t got = read(fd, &byte, 1);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return failure_set(failure, EX_DATAERR, "%s can't be read: %s", translated(what),
				error_words(errno));
		if (got == 0 && len == 0)
			return failure_set(
				failure, EX_DATAERR, "%s is missing: give it on one line", translated(what));
		if (got == 0 || byte == '\n')
			break;
		if (byte == '\0' || len == VALUE_MAX)
			return failure_set(failure, EX_DATAERR,
				"%s is too long or not text: give one line of text", translated(what));
		text[len++] = byte;
	}
	if (len > 0 && text[len - 1] == '\r')
		len--;
	text[len] = '\0';
	return 0;
}

static char *value_new(void)
{
	char *text = sodium_malloc(VALUE_MAX + 1);

	if (text != NULL)
		sodium_memzero(text, VALUE_MAX + 1);
	return text;
}

/* While the echo is off: what a signal must put back before it ends the program. */
static struct termios echoing;
static int echoing_fd = -1;

static void restore_and_die(int number)
{
	if (echoing_fd != -1)
		(void)tcsetattr(echoing_fd, TCSAFLUSH, &echoing);
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

static const int deadly[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* Ctrl-Z is left out of the game: it would leave a mute terminal to the shell. */
static bool echo_off(int fd)
{
	struct termios quiet;

	if (tcgetattr(fd, &echoing) != 0)
		return false;
	quiet = echoing;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_cc[VSUSP] = _POSIX_VDISABLE;
	echoing_fd = fd;
	for (size_t at = 0; at < COUNT_OF(deadly); at++)
		(void)signal(deadly[at], restore_and_die);
	return tcsetattr(fd, TCSAFLUSH, &quiet) == 0;
}

static void echo_on(int fd)
{
	(void)tcsetattr(fd, TCSAFLUSH, &echoing);
	echoing_fd = -1;
	for (size_t at = 0; at < COUNT_OF(deadly); at++)
		(void)signal(deadly[at], SIG_DFL);
	(void)!write(fd, "\n", 1);
}

static int ask(const char *prompt, const char *instead, bool echo, char **ret_text, struct failure *failure)
{
	char *text = NULL;
	bool is_quiet = false;
	int rc = -1, fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd == -1)
		return failure_set(
			failure, EX_USAGE, "there is no terminal to ask on: %s", translated(instead));
	text = value_new();
	if (text == NULL) {
		rc = failure_memory(failure);
		goto cleanup;
	}
	if (!echo) {
		is_quiet = echo_off(fd);
		if (!is_quiet) {
			rc = failure_set(failure, EX_USAGE, "the terminal can't hide what is typed: %s",
				translated(instead));
			goto cleanup;
		}
	}
	prompt = translated(prompt);
	if (write(fd, prompt, strlen(prompt)) == -1) {
		rc = failure_set(
			failure, EX_USAGE, "the terminal can't be written to: %s", translated(instead));
		goto cleanup;
	}
	if (read_line(fd, text, "the answer", failure) != 0)
		goto cleanup;
	*ret_text = text;
	text = NULL;
	rc = 0;
cleanup:
	if (is_quiet)
		echo_on(fd);
	sodium_free(text);
	(void)close(fd);
	return rc;
}

int ask_secret(const char *prompt, const char *instead, char **ret_text, struct failure *failure)
{
	return ask(prompt, instead, false, ret_text, failure);
}

int ask_line(const char *prompt, const char *instead, char **ret_text, struct failure *failure)
{
	return ask(prompt, instead, true, ret_text, failure);
}

int take_value(const char *argument, const char *what, char **ret_text, struct failure *failure)
{
	size_t len = strlen(argument);
	char *text = value_new();

	if (text == NULL)
		return failure_memory(failure);
	if (strcmp(argument, "-") == 0) {
		if (read_line(STDIN_FILENO, text, what, failure) != 0) {
			sodium_free(text);
			return -1;
		}
	} else if (len > VALUE_MAX) {
		sodium_free(text);
		return failure_set(failure, EX_DATAERR, "%s is too long: it has at most %d bytes",
			translated(what), VALUE_MAX);
	} else {
		memcpy(text, argument, len + 1);
	}
	*ret_text = text;
	return 0;
}

int take_invitation(
	const struct invocation *invocation, struct invitation **ret_invitation, struct failure *failure)
{
	struct fault fault;
	char *text = NULL;
	int rc = take_value(arguments_operand(invocation->arguments, 0), "the invitation", &text, failure);

	if (rc == 0 && invitation_parse(text, strlen(text), ret_invitation, &fault) != 0)
		rc = failure_of(failure, EX_DATAERR, &fault);
	sodium_free(text);
	return rc;
}

static int read_all(int fd, const char *what, size_t max, struct buffer *out, struct failure *failure)
{
	size_t len = 0;

	for (;;) {
		uint8_t bytes[4096];
		ssize_t got = read(fd, bytes, sizeof bytes);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return failure_set(failure, EX_NOINPUT, "%s can't be read: %s", translated(what),
				error_words(errno));
		if (got == 0)
			return buffer_ok(out) == 0 ? 0 : failure_memory(failure);
		if ((size_t)got > max - len)
			return failure_set(failure, EX_DATAERR, "%s is too long: it has at most %zu bytes",
				translated(what), max);
		buffer_put(out, bytes, (size_t)got);
		sodium_memzero(bytes, sizeof bytes);
		len += (size_t)got;
	}
}

int take_file(const char *path, const char *what, size_t max, struct buffer *out, struct failure *failure)
{
	int fd, rc;

	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, what, max, out, failure);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return failure_set(
			failure, EX_NOINPUT, "%s can't be opened: %s", translated(what), error_words(errno));
	rc = read_all(fd, what, max, out, failure);
	(void)close(fd);
	return rc;
}

static int passphrase_from_file(const char *path, char **ret_passphrase, struct failure *failure)
{
	char *text;
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd == -1)
		return failure_set(
			failure, EX_NOINPUT, "the passphrase file can't be opened: %s", error_words(errno));
	text = value_new();
	rc = text == NULL ? failure_memory(failure) : read_line(fd, text, "the passphrase", failure);
	(void)close(fd);
	if (rc != 0) {
		sodium_free(text);
		return -1;
	}
	*ret_passphrase = text;
	return 0;
}

static int passphrase_twice(char **ret_passphrase, struct failure *failure)
{
	char *again = NULL;
	int rc = -1;

	if (ask_secret("The same passphrase again: ", "give --passphrase-file", &again, failure) != 0)
		return -1;
	if (strcmp(*ret_passphrase, again) == 0)
		rc = 0;
	else
		rc = failure_set(failure, EX_DATAERR, "the two passphrases differ: start again");
	sodium_free(again);
	return rc;
}

int take_passphrase(
	const struct invocation *invocation, bool is_new, char **ret_passphrase, struct failure *failure)
{
	char *text = NULL;

	if (is_new && invocation->no_passphrase) {
		*ret_passphrase = NULL;
		return 0;
	}
	if (invocation->passphrase_file != NULL) {
		if (passphrase_from_file(invocation->passphrase_file, &text, failure) != 0)
			return -1;
	} else if (ask_secret("Passphrase: ", "give --passphrase-file", &text, failure) != 0 ||
		   (is_new && text[0] != '\0' && passphrase_twice(&text, failure) != 0)) {
		sodium_free(text);
		return -1;
	}
	if (text[0] == '\0') {
		sodium_free(text);
		return is_new ? failure_set(failure, EX_DATAERR,
					"the passphrase is empty: choose one, or give --no-passphrase")
			      : failure_set(failure, EX_DATAERR, "the passphrase is empty: choose one");
	}
	*ret_passphrase = text;
	return 0;
}
