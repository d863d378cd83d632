/* clariond's command line. */
#ifndef SUPERVISOR_OPTIONS_H
#define SUPERVISOR_OPTIONS_H

#include "proto/base.h"

struct options {
	const char *config;
	const char *passphrase_file; /* NULL: not given */
	int passphrase_fd;           /* -1: not given */
	bool check;
	bool help;
	bool version;
};

MUST_USE int options_parse(int argc, char **argv, struct options *ret_options, struct fault *fault);
void options_help(void);

#endif
