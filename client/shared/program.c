#include "client/program.h"

#include "arguments.h"
#include "build_config.h"
#include "client/direction.h"
#include "client/language.h"
#include "client/terminal.h"
#include "keys/private_memory.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* The last is for verbs that set a passphrase. */
#define COMMON_OPTIONS                                                                                       \
	{ "home", "DIR", "the folder to work in", false },                                                   \
		{ "json", NULL, "the result as JSON on standard output", false },                            \
		{ "passphrase-file", "FILE", "take the passphrase from the first line of FILE", false },     \
		{ "bidi", "WAY", "tell the terminal how lines run: ltr, rtl, or off to reorder nothing",     \
			false },                                                                             \
		{ "help", NULL, "show this and end", false },                                                \
	{                                                                                                    \
		"no-passphrase", NULL, "keep everything unencrypted: for tests and disposable systems",      \
			false                                                                                \
	}

/* For programs that speak more than English, and for the others, whose own words are ASCII. */
static const struct program_option speaking_options[] = {
	{ "language", "CODE", "speak this language: en, fr, es, ar, ru or zh-Hans", false },
	COMMON_OPTIONS,
};
static const struct program_option english_options[] = {
	{ "ascii", NULL, "show nothing but ASCII: of a text in other letters only how long it is", false },
	COMMON_OPTIONS,
};
_Static_assert(COUNT_OF(speaking_options) == COUNT_OF(english_options), "both have as many");

static const struct program_option *common_options(const struct verb *verb, size_t *ret_count)
{
	size_t languages;

	(void)languages_offered(&languages);
	*ret_count = COUNT_OF(speaking_options) - (verb->sets_passphrase ? 0 : 1);
	return languages == 0 ? english_options : speaking_options;
}

static const char *own_name(const char *path)
{
	const char *slash = path == NULL ? NULL : strrchr(path, '/');

	if (path == NULL || path[0] == '\0')
		return "program";
	return slash == NULL ? path : slash + 1;
}

static void show_version(const char *name)
{
	printf("%s %s%s\n", name, CLARION_VERSION,
		CLARION_TEST_CLOCK_BUILD ? translated(" (test clock: never for a release)") : "");
}

static void show_verbs(const struct program *program, const char *name)
{
	printf(translated("Usage: %s VERB [OPTION]…\n%s\n\n"), name, translated(program->summary));
	for (size_t at = 0; at < program->verb_count; at++)
		printf(translated("  %-18s %s\n"), program->verbs[at].name,
			translated(program->verbs[at].summary));
	printf(translated("\n%s VERB --help shows a verb's options. %s --version shows the version.\n"), name,
		name);
}

static void show_options(const struct program_option *options, size_t count)
{
	for (size_t at = 0; at < count; at++) {
		char left[64];

		(void)snprintf(left, sizeof left, "--%s%s%s", options[at].name,
			options[at].value != NULL ? " " : "",
			options[at].value != NULL ? options[at].value : "");
		printf(translated("  %-26s %s%s\n"), left, translated(options[at].help),
			options[at].repeatable ? translated(" (may be repeated)") : "");
	}
}

static void show_verb(const struct verb *verb, const char *name)
{
	size_t count;
	const struct program_option *common = common_options(verb, &count);

	printf(translated("Usage: %s %s %s%s[OPTION]…\n%s\n\n"), name, verb->name, verb->operands,
		verb->operands[0] != '\0' ? " " : "", translated(verb->summary));
	show_options(verb->options, verb->option_count);
	show_options(common, count);
}

/* *ret_words is how many arguments the verb's name took. */
static const struct verb *find_verb(const struct program *program, int argc, char **argv, int *ret_words)
{
	for (size_t at = 0; at < program->verb_count; at++) {
		const struct verb *verb = &program->verbs[at];
		const char *space = strchr(verb->name, ' ');
		size_t first = space == NULL ? strlen(verb->name) : (size_t)(space - verb->name);

		if (strlen(argv[1]) != first || strncmp(argv[1], verb->name, first) != 0)
			continue;
		if (space != NULL && (argc < 3 || strcmp(argv[2], space + 1) != 0))
			continue;
		*ret_words = space == NULL ? 1 : 2;
		return verb;
	}
	return NULL;
}

static int take_option(struct arguments *arguments, size_t at, const char *value, struct failure *failure)
{
	struct given *given = &arguments->given[at];

	if (given->times > 0 && !given->option->repeatable)
		return failure_set(
			failure, EX_USAGE, "--%s is given twice: give it once", given->option->name);
	if (given->times == OPTION_TIMES_MAX)
		return failure_set(failure, EX_USAGE, "--%s is given more than %d times: give fewer",
			given->option->name, OPTION_TIMES_MAX);
	given->values[given->times++] = value;
	return 0;
}

/* One word that begins with two dashes. *ret_used is how many arguments it took. Names are never abbreviated:
 * a script must not change its meaning when a program learns an option. */
static int parse_option(struct arguments *arguments, const char *word, const char *next, int *ret_used,
	struct failure *failure)
{
	size_t len = strcspn(word + 2, "=");
	const char *value = word[2 + len] == '=' ? word + 2 + len + 1 : NULL;

	for (size_t at = 0; at < arguments->option_count; at++) {
		const struct program_option *option = arguments->given[at].option;

		if (strlen(option->name) != len || strncmp(option->name, word + 2, len) != 0)
			continue;
		if (option->value == NULL && value != NULL)
			return failure_set(
				failure, EX_USAGE, "--%s takes no value: leave it out", option->name);
		*ret_used = option->value != NULL && value == NULL ? 2 : 1;
		if (*ret_used == 2 && next == NULL)
			return failure_set(failure, EX_USAGE, "--%s needs a value: give its %s", option->name,
				option->value);
		return take_option(arguments, at, *ret_used == 2 ? next : value, failure);
	}
	return failure_set(failure, EX_USAGE, "an option isn't known: --help shows what there is");
}

static int parse_arguments(struct arguments *arguments, int count, char **words, struct failure *failure)
{
	bool options_ended = false;

	arguments->operands = calloc((size_t)count + 1, sizeof *arguments->operands);
	if (arguments->operands == NULL)
		return failure_memory(failure);
	for (int at = 0, used; at < count; at += used) {
		used = 1;
		if (options_ended || words[at][0] != '-' || words[at][1] == '\0')
			arguments->operands[arguments->operand_count++] = words[at];
		else if (strcmp(words[at], "--") == 0)
			options_ended = true;
		else if (words[at][1] != '-')
			return failure_set(failure, EX_USAGE,
				"options have long names with two dashes: --help shows them");
		else if (parse_option(arguments, words[at], at + 1 < count ? words[at + 1] : NULL, &used,
				 failure) != 0)
			return -1;
	}
	return 0;
}

static int check_operands(const struct verb *verb, const struct arguments *arguments, struct failure *failure)
{
	if (arguments->operand_count < verb->operands_min)
		return failure_set(
			failure, EX_USAGE, "%s needs more: %s %s", verb->name, verb->name, verb->operands);
	if (arguments->operand_count > verb->operands_max)
		return failure_set(failure, EX_USAGE, "%s was given too much: %s %s%s", verb->name,
			verb->name, verb->operands,
			verb->operands[0] != '\0' ? "" : translated("takes options only"));
	return 0;
}

/* True where nothing follows the first word but the language to answer in. */
static bool is_only_word(int argc, char **argv)
{
	size_t languages;

	(void)languages_offered(&languages);
	if (languages > 0 && argc == 3)
		return strncmp(argv[2], "--language=", strlen("--language=")) == 0;
	return argc == 2 || (languages > 0 && argc == 4 && strcmp(argv[2], "--language") == 0);
}

/* Before any verb: --help and --version, or no verb at all. *ret_done true where that answered. */
static int parse_general(
	const struct program *program, int argc, char **argv, bool *ret_done, struct failure *failure)
{
	const char *name = own_name(argv[0]);

	*ret_done = true;
	if (argc < 2)
		return failure_set(failure, EX_USAGE, "a verb is missing: %s --help shows them", name);
	if (strcmp(argv[1], "--version") == 0 && is_only_word(argc, argv))
		show_version(name);
	else if ((strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) && is_only_word(argc, argv))
		show_verbs(program, name);
	else
		*ret_done = false;
	return 0;
}

int program_parse(const struct program *program, int argc, char **argv, const struct verb **ret_verb,
	struct invocation *ret_invocation, struct failure *failure)
{
	struct arguments *arguments = NULL;
	const struct program_option *common;
	const struct verb *verb;
	size_t common_count;
	bool done;
	int words = 1;

	*ret_verb = NULL;
	*ret_invocation = (struct invocation){ .program = own_name(argc > 0 ? argv[0] : NULL),
		.folder = program->folder };
	if (parse_general(program, argc, argv, &done, failure) != 0)
		return -1;
	if (done)
		return 0;
	verb = find_verb(program, argc, argv, &words);
	if (verb == NULL)
		return failure_set(
			failure, EX_USAGE, "no such verb: %s --help shows them", ret_invocation->program);
	common = common_options(verb, &common_count);
	arguments = arguments_new(common, common_count, verb->options, verb->option_count);
	if (arguments == NULL)
		return failure_memory(failure);
	ret_invocation->arguments = arguments;
	if (parse_arguments(arguments, argc - 1 - words, argv + 1 + words, failure) != 0)
		return -1;
	if (arguments_flag(arguments, "help")) {
		show_verb(verb, ret_invocation->program);
		return 0;
	}
	if (check_operands(verb, arguments, failure) != 0)
		return -1;
	ret_invocation->json = arguments_flag(arguments, "json");
	ret_invocation->home = arguments_option(arguments, "home");
	ret_invocation->passphrase_file = arguments_option(arguments, "passphrase-file");
	ret_invocation->no_passphrase = arguments_flag(arguments, "no-passphrase");
	if (ret_invocation->no_passphrase && ret_invocation->passphrase_file != NULL)
		return failure_set(failure, EX_USAGE,
			"--passphrase-file and --no-passphrase contradict each other: give one of them");
	*ret_verb = verb;
	return 0;
}

void invocation_free(struct invocation *invocation)
{
	arguments_free(invocation->arguments);
	invocation->arguments = NULL;
}

/* What is in this process's memory is nobody's to read afterwards. Sanitizers need to stay dumpable. */
static void keep_no_core(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	if (!CLARION_SANITIZED)
		(void)prctl(PR_SET_DUMPABLE, 0);
}

/* What to do about a failure whose sentence doesn't say it: proto/ knows what is wrong with some bytes, not
 * whose they are. */
static const char *advice(int exit_code)
{
	switch (exit_code) {
	case EX_USAGE:
		return "--help shows what it takes";
	case EX_DATAERR:
		return "correct it, then try again";
	case EX_NOINPUT:
	case EX_CANTCREAT:
		return "look at its name and its folder";
	case EX_UNAVAILABLE:
	case EX_TEMPFAIL:
		return "try again later";
	case EX_PROTOCOL:
	case EX_NOPERM:
	case EX_CONFIG:
		return "ask an admin";
	default:
		return NULL;
	}
}

/* The colon of a sentence that says "what went wrong: what to do", also as Chinese writes it. */
static bool says_what_to_do(const char *sentence)
{
	return strstr(sentence, ": ") != NULL || strstr(sentence, "：") != NULL;
}

static void print_failure(const char *name, const struct failure *failure)
{
	const char *sentence = failure->fault.text, *what_to_do = advice(failure->exit_code);

	(void)fflush(stdout);
	if (what_to_do == NULL || says_what_to_do(sentence))
		(void)fprintf(stderr, translated("%s: %s\n"), name, sentence);
	else
		(void)fprintf(stderr, translated("%s: %s: %s\n"), name, sentence, translated(what_to_do));
}

int program_main(const struct program *program, int argc, char **argv)
{
	struct invocation invocation = { 0 };
	struct failure failure = { .exit_code = EX_SOFTWARE };
	const struct verb *verb = NULL;
	int rc = -1;

	keep_no_core();
	private_memory_begin();
	/* A server that hangs up, or a closed pipe, is an error to report and no reason to die. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (proto_init() != 0)
		rc = failure_set(&failure, EX_SOFTWARE, "libsodium can't start: reinstall it");
	else if ((rc = language_choose(argc, argv, &failure)) == 0)
		rc = program_parse(program, argc, argv, &verb, &invocation, &failure);
	if (rc == 0 && verb != NULL && (rc = direction_choose(&invocation, &failure)) == 0) {
		if (arguments_flag(invocation.arguments, "ascii"))
			display_choose(DISPLAY_ASCII);
		rc = verb->run(&invocation, &failure);
		direction_restore();
	}
	if (rc == 0 && fflush(stdout) != 0)
		rc = failure_set(&failure, EX_CANTCREAT, "the result can't be written: look where it goes");
	if (rc != 0)
		print_failure(own_name(argc > 0 ? argv[0] : NULL), &failure);
	invocation_free(&invocation);
	return rc == 0 ? 0 : failure.exit_code;
}
