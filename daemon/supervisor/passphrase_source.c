#include "passphrase_source.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define PASSPHRASE_MAX  1024
#define CREDENTIAL_NAME "passphrase"

struct passphrase_source {
	const struct options *options;
	char *text; /* sodium_malloc memory of PASSPHRASE_MAX + 1 */
	size_t len;
	bool tried;
	bool found;
};

struct passphrase_source *passphrase_source_new(const struct options *options)
{
	struct passphrase_source *source = calloc(1, sizeof *source);
	if (source == NULL)
		return NULL;
	source->options = options;
	source->text = sodium_malloc(PASSPHRASE_MAX + 1);
	if (source->text == NULL) {
		free(source);
		return NULL;
	}
	return source;
}

void passphrase_source_free(struct passphrase_source *source)
{
	if (source == NULL)
		return;
	sodium_free(source->text);
	free(source);
}

/* The first line, without its end. */
static int read_line(struct passphrase_source *source, int fd, struct fault *fault)
{
	size_t len = 0;
	for (;;) {
		const ssize_t got = read(fd, source->text + len, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_set(fault, "the passphrase can't be read: %s", strerror(errno));
		if (got == 0 || source->text[len] == '\n')
			break;
		if (++len > PASSPHRASE_MAX)
			return fault_set(fault, "the passphrase is longer than %d bytes", PASSPHRASE_MAX);
	}
	if (len == 0)
		return fault_set(fault, "the passphrase is empty");
	source->text[len] = '\0';
	source->len = len;
	return 0;
}

static int from_file(struct passphrase_source *source, const char *path, struct fault *fault)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(fault, "the passphrase file can't be opened: %s", strerror(errno));
	const int rc = read_line(source, fd, fault);
	close(fd);
	return rc;
}

static int from_credentials(struct passphrase_source *source, const char *folder, struct fault *fault)
{
	char *path;
	if (asprintf(&path, "%s/" CREDENTIAL_NAME, folder) < 0)
		return fault_set(fault, "no memory");
	const int rc = from_file(source, path, fault);
	free(path);
	return rc;
}

static int from_terminal(struct passphrase_source *source, struct fault *fault)
{
	static const char prompt[] = "Passphrase of the daemon's keys: ";
	struct termios before;
	struct termios quiet;
	int rc = -1;
	const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || tcgetattr(fd, &before) != 0) {
		rc = fault_set(fault, "the keys need a passphrase and there is no terminal to ask on: say "
				      "--passphrase-file FILE");
		goto cleanup;
	}
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(fd, TCSAFLUSH, &quiet) != 0 || write(fd, prompt, sizeof prompt - 1) < 0)
		rc = fault_set(fault, "the terminal can't be asked: %s", strerror(errno));
	else
		rc = read_line(source, fd, fault);
	if (tcsetattr(fd, TCSAFLUSH, &before) != 0 || write(fd, "\n", 1) < 0)
		rc = fault_set(fault, "the terminal is gone");
cleanup:
	if (fd >= 0)
		close(fd);
	return rc;
}

static int find(struct passphrase_source *source, struct fault *fault)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	if (source->options->passphrase_file != NULL)
		return from_file(source, source->options->passphrase_file, fault);
	if (source->options->passphrase_fd >= 0)
		return read_line(source, source->options->passphrase_fd, fault);
	if (credentials != NULL)
		return from_credentials(source, credentials, fault);
	return from_terminal(source, fault);
}

int passphrase_source_get(
	struct passphrase_source *source, const char **ret_text, size_t *ret_len, struct fault *fault)
{
	if (!source->tried) {
		source->tried = true;
		if (find(source, fault) != 0)
			return -1;
		source->found = true;
	}
	if (!source->found)
		return fault_set(fault, "no passphrase");
	*ret_text = source->text;
	*ret_len = source->len;
	return 0;
}
