#include "materials.h"

#include "base/wake_settings.h"
#include "control_socket.h"
#include "files.h"
#include "keys/keyring.h"
#include "keys/locked_file.h"
#include "keys/secure_file.h"
#include "proto/age_lock.h"
#include "proto/roster.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_FILE_MAX    (64 * 1024)
#define LOCKED_MORE     (KEY_FILE_MAX) /* header, nonce and tags of a key file under a passphrase */
#define CERTIFICATE_MAX (64 * 1024)
#define DECOY_FILES_MAX 1024
#define DECOY_BYTES_MAX (16 * 1024 * 1024) /* every front holds it in memory */
#define SYSTEM_CA       "/etc/ssl/certs/ca-certificates.crt"
#define ROSTERS_MAX     2048 /* one a month is 170 years; a few a day, years */

struct material {
	struct material *next;
	enum file_kind kind;
	char *name;
	struct file_bytes bytes;
	struct age_lock
		*lock; /* of a key file under a passphrase: to write it again without stretching that */
};

struct materials {
	struct material *first;
	struct material **end;
};

struct loading {
	const struct config *config;
	struct passphrase_source *passphrases;
	const struct materials *known; /* of the generation before; may be NULL */
	struct materials *materials;
	struct config_faults *faults;
};

/* *bytes and *lock are taken over. */
static int keep(struct materials *materials, enum file_kind kind, const char *name, struct file_bytes *bytes,
	struct age_lock **lock)
{
	struct material *material = calloc(1, sizeof *material);
	if (material == NULL || (material->name = strdup(name)) == NULL) {
		free(material);
		return -1;
	}
	material->kind = kind;
	material->bytes = *bytes;
	*bytes = (struct file_bytes){ .data = NULL };
	if (lock != NULL) {
		material->lock = *lock;
		*lock = NULL;
	}
	*materials->end = material;
	materials->end = &material->next;
	return 0;
}

static struct material *only(const struct materials *materials, enum file_kind kind)
{
	struct material *material = materials->first;
	while (material != NULL && material->kind != kind)
		material = material->next;
	return material;
}

/* A file that one of these has opened or written before needs no passphrase stretched again. */
static int decrypt_again(const struct materials *known, enum file_kind kind, const struct file_bytes *bytes,
	struct age_lock **ret_lock, struct file_bytes *ret_plain)
{
	const struct material *material = known == NULL ? NULL : only(known, kind);
	struct file_bytes plain = { .guarded = true };
	struct fault fault;
	if (material == NULL || material->lock == NULL ||
		age_lock_open_again(
			material->lock, bytes->data, bytes->len, &plain.data, &plain.len, &fault) != 0)
		return -1;
	if (ret_lock != NULL && (*ret_lock = age_lock_copy(material->lock)) == NULL) {
		file_bytes_free(&plain);
		return -1;
	}
	*ret_plain = plain;
	return 0;
}

static int decrypt(const struct loading *loading, enum file_kind kind, struct file_bytes *bytes,
	struct age_lock **ret_lock, struct fault *fault)
{
	struct file_bytes plain = { .guarded = true };
	const char *passphrase;
	size_t passphrase_len;
	if (decrypt_again(loading->known, kind, bytes, ret_lock, &plain) != 0 &&
		(passphrase_source_get(loading->passphrases, &passphrase, &passphrase_len, fault) != 0 ||
			age_lock_open(bytes->data, bytes->len, passphrase, passphrase_len, ret_lock,
				&plain.data, &plain.len, fault) != 0))
		return -1;
	file_bytes_free(bytes);
	*bytes = plain;
	return 0;
}

/* The store would refuse it too, but a check should say so. */
static int keyring_check(const struct file_bytes *bytes, struct fault *fault)
{
	struct keyring *keyring = NULL;
	const int rc = keyring_parse(bytes->data, bytes->len, &keyring, fault);
	keyring_free(keyring);
	return rc;
}

static int read_key(struct loading *loading, enum file_kind kind, const char *path,
	struct file_bytes *ret_bytes, struct age_lock **ret_lock, struct fault *fault)
{
	if (file_read_key(path, KEY_FILE_MAX, ret_bytes, fault) != 0)
		return -1;
	if (locked_file_is_encrypted(ret_bytes->data, ret_bytes->len))
		return decrypt(loading, kind, ret_bytes, ret_lock, fault);
	if (!loading->config->unencrypted_keys)
		return fault_set(fault, "is not encrypted: encrypt it, or say unencrypted_keys = yes");
	return 0;
}

static void load_key(struct loading *loading, const char *setting, const char *path, enum file_kind kind)
{
	struct file_bytes bytes = { .data = NULL };
	struct age_lock *lock = NULL;
	struct fault fault;
	int rc = read_key(loading, kind, path, &bytes, &lock, &fault);
	if (rc == 0 && kind == FILE_KEYRING)
		rc = keyring_check(&bytes, &fault);
	if (rc == 0 && keep(loading->materials, kind, "", &bytes, &lock) != 0)
		rc = fault_set(&fault, "no memory");
	if (rc != 0)
		config_faults_add(loading->faults, config_line(loading->config, setting), "%s: %s", setting,
			fault.text);
	age_lock_free(lock);
	file_bytes_free(&bytes);
}

static void load_certificate(struct loading *loading)
{
	struct file_bytes bytes = { .data = NULL };
	struct fault fault = { "no memory" };
	if (file_read(loading->config->tls_certificate, CERTIFICATE_MAX, &bytes, &fault) != 0 ||
		keep(loading->materials, FILE_TLS_CERTIFICATE, "", &bytes, NULL) != 0)
		config_faults_add(loading->faults, config_line(loading->config, "tls_certificate"),
			"tls_certificate: %s", fault.text);
	file_bytes_free(&bytes);
}

static void load_wake_file(
	struct loading *loading, const char *setting, const char *path, enum file_kind kind, size_t max)
{
	struct file_bytes bytes = { .data = NULL };
	struct fault fault = { "no memory" };
	if ((kind == FILE_WAKE_CREDENTIALS ? file_read_key(path, max, &bytes, &fault)
					   : file_read(path, max, &bytes, &fault)) != 0 ||
		keep(loading->materials, kind, "", &bytes, NULL) != 0)
		config_faults_add(loading->faults, config_line(loading->config, setting), "%s: %s", setting,
			fault.text);
	file_bytes_free(&bytes);
}

/* The system's authorities are taken where nobody named others: a machine without them has no need of them as
 * long as nobody is woken over the network. */
static void load_wake(struct loading *loading)
{
	const struct config *config = loading->config;
	const bool is_needed = config->wake_smtp != NULL || config->wake_webhooks;
	if (config->wake_ca != NULL)
		load_wake_file(loading, "wake_ca", config->wake_ca, FILE_WAKE_CA, CHANNEL_FILE_MAX);
	else if (is_needed)
		load_wake_file(loading, "wake_ca", SYSTEM_CA, FILE_WAKE_CA, CHANNEL_FILE_MAX);
	if (config->wake_smtp_credentials != NULL)
		load_wake_file(loading, "wake_smtp_credentials", config->wake_smtp_credentials,
			FILE_WAKE_CREDENTIALS, WAKE_CREDENTIALS_MAX);
}

static void load_decoy(struct loading *loading)
{
	const struct folder_limits limits = { DECOY_FILES_MAX, CHANNEL_FILE_MAX, DECOY_BYTES_MAX };
	struct folder_files files = { .count = 0 };
	struct fault fault = { "no memory" };
	int rc = loading->config->decoy == NULL
			 ? 0
			 : folder_read(loading->config->decoy, &limits, &files, &fault);
	for (size_t i = 0; rc == 0 && i < files.count; i++)
		rc = keep(loading->materials, FILE_DECOY, files.at[i].name, &files.at[i].bytes, NULL);
	if (rc != 0)
		config_faults_add(
			loading->faults, config_line(loading->config, "decoy"), "decoy: %s", fault.text);
	folder_files_free(&files);
}

/* VERSION.note, the version without leading zeros. */
static int version_of(const char *name, uint64_t *ret_version)
{
	struct reader in = reader_of(name, strlen(name));
	uint64_t version;
	if (reader_decimal(&in, &version) != 0 || version == 0 || reader_literal(&in, ".note") != 0 ||
		reader_end(&in) != 0)
		return -1;
	*ret_version = version;
	return 0;
}

static int by_version(const void *one, const void *other)
{
	uint64_t a = 0;
	uint64_t b = 0;
	if (version_of(((const struct folder_file *)one)->name, &a) != 0 ||
		version_of(((const struct folder_file *)other)->name, &b) != 0)
		return 0;
	return a < b ? -1 : a > b;
}

static int roster_check_file(const struct folder_file *file, struct fault *fault)
{
	struct roster *roster = NULL;
	struct fault reason;
	uint64_t version;
	int rc = -1;
	if (version_of(file->name, &version) != 0)
		return fault_set(fault, "%.40s: is not named VERSION.note", file->name);
	if (roster_parse(file->bytes.data, file->bytes.len, &roster, &reason) != 0)
		rc = fault_set(
			fault, "%.40s: %.110s (copy it from an admin's home)", file->name, reason.text);
	else if (roster->version != version)
		rc = fault_set(fault, "%.40s: holds another version", file->name);
	else
		rc = 0;
	roster_free(roster);
	return rc;
}

static void load_rosters(struct loading *loading)
{
	const struct folder_limits limits = { ROSTERS_MAX, ROSTER_MAX_BYTES,
		ROSTERS_MAX * (size_t)ROSTER_MAX_BYTES };
	const unsigned int line = config_line(loading->config, "rosters");
	struct folder_files files = { .count = 0 };
	struct fault fault;
	if (folder_read(loading->config->rosters, &limits, &files, &fault) != 0)
		config_faults_add(loading->faults, line, "rosters: %s", fault.text);
	else if (files.count == 0)
		config_faults_add(
			loading->faults, line, "rosters: no roster there: publish one with clarion-admin");
	for (size_t i = 0; i < files.count; i++)
		if (roster_check_file(&files.at[i], &fault) != 0)
			config_faults_add(loading->faults, line, "rosters: %.200s", fault.text);
	if (files.count > 0)
		qsort(files.at, files.count, sizeof files.at[0], by_version);
	for (size_t i = 0; i < files.count; i++)
		if (keep(loading->materials, FILE_ROSTER, files.at[i].name, &files.at[i].bytes, NULL) != 0)
			config_faults_add(loading->faults, line, "rosters: no memory");
	folder_files_free(&files);
}

int materials_load(const struct config *config, struct passphrase_source *passphrases,
	const struct materials *known, struct materials **ret_materials, struct config_faults *faults)
{
	struct loading loading = { .config = config,
		.passphrases = passphrases,
		.known = known,
		.materials = calloc(1, sizeof *loading.materials),
		.faults = faults };
	struct fault fault;
	const size_t faults_before = faults->count;
	if (loading.materials == NULL) {
		config_faults_add(faults, 0, "no memory");
		return -1;
	}
	loading.materials->end = &loading.materials->first;
	load_key(&loading, "tls_key", config->tls_key, FILE_TLS_KEY);
	load_key(&loading, "keyring", config->keyring, FILE_KEYRING);
	load_certificate(&loading);
	load_decoy(&loading);
	load_wake(&loading);
	load_rosters(&loading);
	if (control_socket_check(config->control, &fault) != 0)
		config_faults_add(faults, config_line(config, "control"), "control: %s", fault.text);
	if (control_socket_check(config->metrics, &fault) != 0)
		config_faults_add(faults, config_line(config, "metrics"), "metrics: %s", fault.text);
	if (folder_check(config->store, &fault) != 0)
		config_faults_add(faults, config_line(config, "store"), "store: %s", fault.text);
	if (faults->count != faults_before) {
		materials_free(loading.materials);
		return -1;
	}
	*ret_materials = loading.materials;
	return 0;
}

void materials_free(struct materials *materials)
{
	if (materials == NULL)
		return;
	while (materials->first != NULL) {
		struct material *first = materials->first;
		materials->first = first->next;
		file_bytes_free(&first->bytes);
		age_lock_free(first->lock);
		free(first->name);
		free(first);
	}
	free(materials);
}

int materials_send(const struct materials *materials, enum file_kind kind, struct channel *channel)
{
	for (const struct material *material = materials->first; material != NULL;
		material = material->next) {
		const struct message_file message = { .kind = kind,
			.name = material->name,
			.data = material->bytes.data,
			.len = material->bytes.len };
		if (material->kind == kind && message_file_put(channel_out(channel), &message) != 0)
			return -1;
	}
	return 0;
}

const struct file_bytes *materials_file(const struct materials *materials, enum file_kind kind)
{
	const struct material *material = only(materials, kind);
	return material != NULL ? &material->bytes : NULL;
}

int materials_write(const struct materials *materials, enum file_kind kind, const char *path,
	const uint8_t *data, size_t len, struct fault *fault)
{
	const struct material *material = only(materials, kind);
	struct buffer sealed = buffer_of(len + LOCKED_MORE);
	int rc;
	if (material == NULL || material->lock == NULL)
		return secure_file_replace(AT_FDCWD, path, data, len, fault);
	if (age_lock_seal(material->lock, data, len, &sealed) != 0)
		rc = fault_set(fault, "%.120s: can't be encrypted: memory is short", path);
	else
		rc = secure_file_replace(AT_FDCWD, path, sealed.data, sealed.len, fault);
	buffer_free(&sealed);
	return rc;
}

int materials_open(const struct materials *materials, enum file_kind kind, const char *path,
	struct file_bytes *ret_bytes, struct fault *fault)
{
	const struct material *material = only(materials, kind);
	struct file_bytes bytes = { .data = NULL };
	struct file_bytes plain = { .guarded = true };
	if (file_read_key(path, KEY_FILE_MAX, &bytes, fault) != 0)
		return -1;
	if (!locked_file_is_encrypted(bytes.data, bytes.len) && material != NULL && material->lock == NULL) {
		*ret_bytes = bytes;
		return 0;
	}
	const int rc = decrypt_again(materials, kind, &bytes, NULL, &plain);
	file_bytes_free(&bytes);
	if (rc != 0)
		return fault_set(
			fault, "is not under the passphrase of the one in use: remove it, then try again");
	*ret_bytes = plain;
	return 0;
}

int materials_change(struct materials *materials, enum file_kind kind, const uint8_t *data, size_t len)
{
	struct material *material = only(materials, kind);
	struct file_bytes bytes = { .data = sodium_malloc(len > 0 ? len : 1), .len = len, .guarded = true };
	if (material == NULL || bytes.data == NULL) {
		file_bytes_free(&bytes);
		return -1;
	}
	memcpy(bytes.data, data, len);
	file_bytes_free(&material->bytes);
	material->bytes = bytes;
	return 0;
}

int setting_send(struct channel *channel, const char *name, const char *value)
{
	const struct message_setting message = { .name = name, .value = value };
	return message_setting_put(channel_out(channel), &message);
}

int setting_send_number(struct channel *channel, const char *name, uint64_t number)
{
	char text[32];
	const int len = snprintf(text, sizeof text, "%" PRIu64, number);
	return len > 0 && (size_t)len < sizeof text ? setting_send(channel, name, text) : -1;
}

int setting_send_ways(const struct config *config, struct channel *channel)
{
	char ways[WAKE_WAYS_SIZE];
	wake_settings_ways(config, ways);
	return setting_send(channel, "wake_ways", ways);
}

int settings_send(const struct config *config, unsigned int role, struct channel *channel)
{
	char value[CONFIG_VALUE_MAX + 1];
	size_t count;
	const struct setting *settings = config_settings(&count);
	for (size_t i = 0; i < count; i++)
		if ((settings[i].roles & role) != 0 &&
			config_value(config, &settings[i], value, sizeof value) == 0 &&
			setting_send(channel, settings[i].name, value) != 0)
			return -1;
	return 0;
}
