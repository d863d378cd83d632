/* clariond.conf: lines of `name = value`, '#' starts a comment line, every name at most once save `listen`
 * and `listen_shared`, which add up (and take several addresses separated by commas). Relative paths are
 * relative to the file. The table in config_table.c is the only place that knows the names; the manual page
 * and the example are tested against it.
 *
 * A role gets its settings as text by name (channel/setup.h): numbers as plain decimals, bytes and seconds
 * included, yes/no as "yes" or "no". */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "proto/base.h"

#define CONFIG_ADDRESSES_MAX 16
#define CONFIG_ADDRESS_SIZE  64   /* [IPv6]:port */
#define CONFIG_VALUE_MAX     1024 /* characters of a value */
#define CONFIG_FILE_MAX      (64 * 1024)
#define CONFIG_SETTINGS_MAX  64
#define CONFIG_FAULTS_MAX    64 /* listed; a file with more has its first ones listed */

/* What must be written behind allow_no_landlock, so that nobody gets there by copying a "yes". */
#define CONFIG_NO_LANDLOCK_PHRASE "yes, run without it"

struct config_addresses {
	size_t count;
	char text[CONFIG_ADDRESSES_MAX]
		 [CONFIG_ADDRESS_SIZE]; /* HOST:PORT, HOST an address literal, IPv6 in brackets */
};

struct config {
	struct config_addresses listen;
	struct config_addresses
		listen_shared; /* behind a proxy or onion service: all clients share an address */
	char *base;            /* the secret first part of the path, without slashes */
	uint64_t workers;      /* fronts; 0: one a core */
	char *store;           /* folder of the database */
	char *tls_key;
	char *tls_certificate;
	char *keyring; /* storage, receipt and token keys */
	char *control; /* the Unix socket for acts on them */
	char *metrics; /* the Unix socket for whoever watches this machine */
	char *rosters; /* folder of N.note */
	char *decoy;   /* folder of the site that everybody else sees; NULL: a built-in page */
	bool unencrypted_keys;
	bool allow_no_landlock;
	char *user_front;
	char *user_store;
	char *user_notify;
	uint64_t capacity_bytes;   /* bound of the database's disk use */
	uint64_t max_report_bytes; /* a sealed report, whatever its desk allows */
	uint64_t connections_max;  /* all fronts together */
	uint64_t connections_per_group;
	uint64_t new_per_second; /* new connections of an address group, on average */
	uint64_t new_burst;
	uint64_t shared_connections_max;
	uint64_t shared_new_per_second; /* of the whole shared listener */
	uint64_t shared_new_burst;
	uint64_t handshake_seconds; /* absolute, as all that follow */
	uint64_t headers_seconds;
	uint64_t body_seconds;             /* plus the body's length / minimum_bytes_per_second */
	uint64_t answer_seconds;           /* plus the answer's length / minimum_bytes_per_second */
	uint64_t minimum_bytes_per_second; /* what a line must carry */
	uint64_t idle_seconds;             /* between two requests */
	uint64_t requests_per_connection;
	char *wake_smtp; /* HOST:PORT; NULL: no mail */
	bool wake_smtp_starttls;
	char *wake_smtp_credentials;
	char *wake_from;
	char *wake_ehlo; /* NULL: the host of wake_from */
	bool wake_webhooks;
	char *wake_proxy;
	char *wake_ca; /* NULL: the system's */
	char *wake_command;
	char *wake_text;
	char *wake_alias;
	bool wake_urgency;
	uint64_t wake_seconds;                   /* for one delivery in all */
	unsigned int lines[CONFIG_SETTINGS_MAX]; /* where each was set, in the table's order; 0: not */
};

enum setting_type {
	SETTING_ADDRESSES,
	SETTING_BASE, /* 22 to 64 characters of base64url */
	SETTING_PATH,
	SETTING_USER, /* a name or a number */
	SETTING_TEXT, /* one line; base/wake_settings.h checks each */
	SETTING_NUMBER,
	SETTING_BYTES, /* a number, with KiB, MiB, GiB or TiB behind it where wanted */
	SETTING_YES_NO,
	SETTING_PHRASE, /* CONFIG_NO_LANDLOCK_PHRASE or no */
};

/* Which roles are told a setting. */
#define SETTING_FOR_FRONT      1
#define SETTING_FOR_STORE      2
#define SETTING_FOR_NOTIFY     4
#define SETTING_FOR_CHECKPOINT 8

struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;
	const char *fallback; /* as it would stand in the file; NULL: none */
	uint64_t min;
	uint64_t max;
	bool required;
	bool reloadable; /* SIGHUP takes a new value; else it needs a restart */
	unsigned int roles;
	const char *doc; /* one line */
};

const struct setting *config_settings(size_t *ret_count);

struct config_fault {
	unsigned int line; /* 0: about the file as a whole */
	struct fault fault;
};

struct config_faults {
	size_t count;
	struct config_fault at[CONFIG_FAULTS_MAX];
};

void config_faults_add(struct config_faults *faults, unsigned int line, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* Parses text (not NUL-ended); folder is what relative paths are relative to. On success *ret_config is owned
 * by the caller, who frees it with config_free. Returns -1 with every fault listed. */
MUST_USE int config_parse(const char *text, size_t len, const char *folder, struct config **ret_config,
	struct config_faults *faults);
MUST_USE int config_read(const char *path, struct config **ret_config, struct config_faults *faults);
void config_free(struct config *config);

/* A setting's value as a role is told it, into text; -1 where it has none. Not for addresses. */
MUST_USE int config_value(
	const struct config *config, const struct setting *setting, char *ret_text, size_t size);

/* The line that set it; 0 where it has its default. */
unsigned int config_line(const struct config *config, const char *name);

/* The name of the first setting that differs and can't be changed while running; NULL where there is none. */
const char *config_fixed_difference(const struct config *before, const struct config *after);

#endif
