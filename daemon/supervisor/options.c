#include "options.h"

#include "proto/cursor.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define FD_NUMBER_MAX 65535

enum {
	OPTION_CONFIG = 1,
	OPTION_PASSPHRASE_FILE,
	OPTION_PASSPHRASE_FD,
	OPTION_CHECK,
	OPTION_HELP,
	OPTION_VERSION
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "passphrase-file", required_argument, NULL, OPTION_PASSPHRASE_FILE },
	{ "passphrase-fd", required_argument, NULL, OPTION_PASSPHRASE_FD },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static int fd_of(const char *text, int *ret_fd, struct fault *fault)
{
	struct reader in = reader_of(text, strlen(text));
	uint64_t number;
	if (reader_decimal(&in, &number) != 0 || reader_end(&in) != 0 || number > FD_NUMBER_MAX)
		return fault_set(fault, "--passphrase-fd isn't a descriptor: give the number of an open one");
	*ret_fd = (int)number;
	return 0;
}

static int take(int option, struct options *options, struct fault *fault)
{
	switch (option) {
	case OPTION_CONFIG:
		options->config = optarg;
		return 0;
	case OPTION_PASSPHRASE_FILE:
		options->passphrase_file = optarg;
		return 0;
	case OPTION_PASSPHRASE_FD:
		return fd_of(optarg, &options->passphrase_fd, fault);
	case OPTION_CHECK:
		options->check = true;
		return 0;
	case OPTION_HELP:
		options->help = true;
		return 0;
	case OPTION_VERSION:
		options->version = true;
		return 0;
	default:
		return fault_set(fault, "unknown option, or one without its value: see clariond --help");
	}
}

int options_parse(int argc, char **argv, struct options *ret_options, struct fault *fault)
{
	struct options options = { .passphrase_fd = -1 };
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		if (take(option, &options, fault) != 0)
			return -1;
	if (!options.help && !options.version) {
		if (optind < argc)
			return fault_set(fault, "takes no arguments: see clariond --help");
		if (options.config == NULL)
			return fault_set(fault, "no configuration: say --config FILE");
		if (options.passphrase_file != NULL && options.passphrase_fd >= 0)
			return fault_set(fault, "two passphrases: say --passphrase-file or --passphrase-fd");
	}
	*ret_options = options;
	return 0;
}

void options_help(void)
{
	puts("Usage: clariond --config FILE [--passphrase-file FILE | --passphrase-fd N] [--check]\n"
	     "Stores sealed reports that it can't read, and alerts the officers who can.\n"
	     "\n"
	     "  --config FILE           the configuration, as `clarion-admin init' writes it\n"
	     "  --passphrase-file FILE  the keys' passphrase is this file's first line\n"
	     "  --passphrase-fd N       the keys' passphrase comes from this descriptor\n"
	     "  --check                 read everything, change nothing, and say what is wrong\n"
	     "  --help, --version\n"
	     "\n"
	     "Without a passphrase option it is taken from $CREDENTIALS_DIRECTORY/passphrase, or asked for.\n"
	     "SIGHUP reloads; SIGTERM finishes what is in flight, then stops. See clariond(8), "
	     "clariond.conf(5).");
}
