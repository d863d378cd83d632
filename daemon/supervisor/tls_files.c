#include "tls_files.h"

#include "files.h"
#include "keys/clock.h"
#include "keys/secure_file.h"
#include "keys/tls_key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX          ".next"
#define CERTIFICATE_MAX (64 * 1024)

/* Where the next pair lies. */
struct next_paths {
	char key[PATH_MAX];
	char certificate[PATH_MAX];
};

static int paths_of(const struct config *config, struct next_paths *ret_paths, struct fault *fault)
{
	const int key = snprintf(ret_paths->key, PATH_MAX, "%s" SUFFIX, config->tls_key);
	const int certificate =
		snprintf(ret_paths->certificate, PATH_MAX, "%s" SUFFIX, config->tls_certificate);
	if (key < 0 || key >= PATH_MAX || certificate < 0 || certificate >= PATH_MAX)
		return fault_set(fault, "the paths of TLS key and certificate are too long");
	return 0;
}

static bool lies_at(const char *path)
{
	return access(path, F_OK) == 0;
}

/* The name is durable when this returns 0. */
static int move(const char *from, const char *to, struct fault *fault)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(to, '/');
	const size_t len = slash == NULL ? 0 : (size_t)(slash - to) + 1;
	if (len == 0 || len >= sizeof folder)
		return fault_set(fault, "no such folder");
	memcpy(folder, to, len);
	folder[len] = '\0';
	const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(fault, "the TLS key's folder can't be opened: %s", strerror(errno));
	int rc = 0;
	if (rename(from, to) != 0 || fsync(fd) != 0)
		rc = fault_set(fault, "the TLS key can't be switched: %s", strerror(errno));
	close(fd);
	return rc;
}

int tls_files_settle(const struct config *config, struct fault *fault)
{
	struct next_paths next;
	if (paths_of(config, &next, fault) != 0)
		return -1;
	if (!lies_at(next.certificate) || lies_at(next.key))
		return 0;
	return move(next.certificate, config->tls_certificate, fault);
}

static int pin_at(const char *path, uint8_t ret_pin[SHA256_BYTES], struct fault *fault)
{
	struct file_bytes bytes = { .data = NULL };
	struct fault reason;
	int rc = -1;
	if (file_read(path, CERTIFICATE_MAX, &bytes, &reason) != 0)
		rc = fault_set(fault, "a TLS certificate %.200s", reason.text);
	else if (tls_certificate_pin(bytes.data, bytes.len, ret_pin) != 0)
		rc = fault_set(fault, "a TLS certificate is damaged: put it right, then send SIGHUP");
	else
		rc = 0;
	file_bytes_free(&bytes);
	return rc;
}

int tls_files_look(const struct config *config, struct tls_pins *ret_pins, struct fault *fault)
{
	struct tls_pins pins = { .has_next = false };
	struct next_paths next;
	if (paths_of(config, &next, fault) != 0 || pin_at(config->tls_certificate, pins.current, fault) != 0)
		return -1;
	pins.has_next = lies_at(next.key) && lies_at(next.certificate);
	if (pins.has_next && pin_at(next.certificate, pins.next, fault) != 0)
		return -1;
	*ret_pins = pins;
	return 0;
}

/* The key first: a certificate alone means something else. */
static int write_pair(const struct next_paths *next, const struct materials *materials,
	const struct tls_pair *pair, struct fault *fault)
{
	if (materials_write(materials, FILE_TLS_KEY, next->key, pair->key, pair->key_len, fault) != 0)
		return -1;
	return secure_file_replace(
		AT_FDCWD, next->certificate, pair->certificate.data, pair->certificate.len, fault);
}

int tls_files_make(
	const struct config *config, const struct materials *materials, const char *host, struct fault *fault)
{
	struct tls_pair pair;
	struct tls_pins pins;
	struct next_paths next;
	if (tls_files_look(config, &pins, fault) != 0 || paths_of(config, &next, fault) != 0)
		return -1;
	if (pins.has_next)
		return 0;
	if (tls_pair_new(host, clock_wall_seconds(), &pair, fault) != 0)
		return -1;
	const int rc = write_pair(&next, materials, &pair, fault);
	tls_pair_free(&pair);
	return rc;
}

/* What could not be loaded behind a switch must not be switched to. */
static int check_pair(const struct next_paths *next, const struct materials *materials, struct fault *fault)
{
	struct file_bytes key = { .data = NULL };
	struct file_bytes certificate = { .data = NULL };
	struct fault reason;
	int rc = -1;
	if (materials_open(materials, FILE_TLS_KEY, next->key, &key, &reason) != 0 ||
		file_read(next->certificate, CERTIFICATE_MAX, &certificate, &reason) != 0)
		rc = fault_set(fault, "the next TLS key: %.180s", reason.text);
	else if (tls_key_fits(key.data, key.len, certificate.data, certificate.len) != 0)
		rc = fault_set(
			fault, "the next TLS key isn't its certificate's: remove both, then rotate again");
	else
		rc = 0;
	file_bytes_free(&key);
	file_bytes_free(&certificate);
	return rc;
}

int tls_files_switch(const struct config *config, const struct materials *materials,
	const uint8_t pin[SHA256_BYTES], struct fault *fault)
{
	struct tls_pins pins;
	struct next_paths next;
	if (tls_files_settle(config, fault) != 0 || tls_files_look(config, &pins, fault) != 0 ||
		paths_of(config, &next, fault) != 0)
		return -1;
	if (bytes_equal(pins.current, pin, SHA256_BYTES))
		return 0;
	if (!pins.has_next || !bytes_equal(pins.next, pin, SHA256_BYTES))
		return fault_set(fault, "the next TLS key isn't the one that the roster names: rotate again");
	if (check_pair(&next, materials, fault) != 0 || move(next.key, config->tls_key, fault) != 0)
		return -1;
	return move(next.certificate, config->tls_certificate, fault);
}
