/* The frame of a people's program: a table of verbs, one function each, and GNU-style long options anywhere
 * behind the verb.
 *
 * Every verb also takes --home DIR, --json, --passphrase-file FILE and --help. An option given twice is
 * refused unless it is repeatable. Messages carry the name under which the program was started. */
#ifndef CLIENT_PROGRAM_H
#define CLIENT_PROGRAM_H

#include "client/failure.h"

struct program_option {
	const char *name;  /* without the dashes */
	const char *value; /* what --help calls its value; NULL for a flag */
	const char *help;
	bool repeatable;
};

struct arguments;

/* The value of an option, NULL where it wasn't given; of a repeatable one the at-th of arguments_times. */
const char *arguments_option(const struct arguments *arguments, const char *name);
const char *arguments_option_at(const struct arguments *arguments, const char *name, size_t at);
size_t arguments_times(const struct arguments *arguments, const char *name);
/* True where the verb has this option, given or not. */
bool arguments_knows(const struct arguments *arguments, const char *name);
bool arguments_flag(const struct arguments *arguments, const char *name);

/* What isn't an option, the verb left out. NULL behind the last. */
const char *arguments_operand(const struct arguments *arguments, size_t at);
size_t arguments_operands(const struct arguments *arguments);

/* What a verb is started with. */
struct invocation {
	const char *program; /* the name it was started under, without folders */
	const char *folder;  /* its folder's name in the XDG directories */
	struct arguments *arguments;
	bool json;
	const char *home;            /* --home, or NULL */
	const char *passphrase_file; /* --passphrase-file, or NULL */
	bool no_passphrase;
};

struct verb {
	const char *name;     /* one word, or two with one space (`desk add`) */
	const char *operands; /* for --help: `CARD|-`; "" for none */
	const char *summary;  /* one line */
	int (*run)(const struct invocation *invocation, struct failure *failure);
	const struct program_option *options;
	size_t option_count;
	size_t operands_min, operands_max;
	bool sets_passphrase; /* takes --no-passphrase: `init` and `join` */
};

struct program {
	const char *folder; /* `clarion-officer` */
	const char *summary;
	const struct verb *verbs;
	size_t verb_count;
};

/* What main returns: parses, runs, prints the one line of a failure. */
MUST_USE int program_main(const struct program *program, int argc, char **argv);

/* The parsing alone, for tests: argv[0] is the program, then verb and arguments. *ret_verb is NULL where
 * --help or --version answered (printed already). invocation_free in every case. */
MUST_USE int program_parse(const struct program *program, int argc, char **argv, const struct verb **ret_verb,
	struct invocation *ret_invocation, struct failure *failure);
void invocation_free(struct invocation *invocation);

#endif
