/* bench-load MODE name=value…: sends one kind of request as fast as the server answers and prints one JSON
 * line.
 *
 *   get     GET / (a handshake and a small page)              port connections seconds [keep=1]
 *   put     PUT of sealed reports                              … reports base desk roster [skip] [rate]
 *   dav     PUT of the same bytes to a WebDAV server           … reports
 *   list    a signed GET of a desk's alerts                    … base desk identity after
 *   hold    long-polls that wait, until standard input ends    port connections base desk identity
 *   alert   a report sent, until the waiting watch has it      … reports base desk identity [rate]
 */
#include "load.h"
#include "proto/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take(struct load_arguments *arguments, const char *name, const char *value)
{
	if (strcmp(name, "port") == 0)
		arguments->port = (uint16_t)strtoul(value, NULL, 10);
	else if (strcmp(name, "connections") == 0)
		arguments->connections = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "seconds") == 0)
		arguments->seconds = strtod(value, NULL);
	else if (strcmp(name, "count") == 0)
		arguments->count = strtoull(value, NULL, 10);
	else if (strcmp(name, "keep") == 0)
		arguments->keep_alive = value[0] == '1';
	else if (strcmp(name, "reports") == 0)
		arguments->reports = value;
	else if (strcmp(name, "skip") == 0)
		arguments->skip = strtoull(value, NULL, 10);
	else if (strcmp(name, "base") == 0)
		arguments->base = value;
	else if (strcmp(name, "desk") == 0)
		arguments->desk = value;
	else if (strcmp(name, "identity") == 0)
		arguments->identity = value;
	else if (strcmp(name, "after") == 0)
		arguments->after = value;
	else if (strcmp(name, "roster") == 0)
		arguments->roster = value;
	else if (strcmp(name, "rate") == 0)
		arguments->rate = strtod(value, NULL);
	else {
		fprintf(stderr, "bench-load: no such argument: %s\n", name);
		exit(64);
	}
}

int main(int argc, char **argv)
{
	struct load_arguments arguments = {
		.connections = 8, .seconds = 5, .count = UINT64_MAX, .after = "0", .roster = "1"
	};

	if (argc < 2 || proto_init() != 0)
		return 64;
	arguments.mode = argv[1];
	for (int i = 2; i < argc; i++) {
		char *equals = strchr(argv[i], '=');

		if (equals == NULL)
			return 64;
		*equals = '\0';
		take(&arguments, argv[i], equals + 1);
	}
	if (strcmp(arguments.mode, "hold") == 0)
		return run_hold(&arguments);
	if (strcmp(arguments.mode, "alert") == 0)
		return run_alert(&arguments);
	return run_plain(&arguments);
}
