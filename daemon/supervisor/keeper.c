#include "keeper.h"

#include "base/log.h"
#include "family_internal.h"
#include "keys/keyring.h"
#include "keys/tls_key.h"
#include "tls_files.h"

#include <string.h>

/* What is no keyring must not take the place of one, whoever sent it. */
static int keyring_check(const struct message_keyring *message, struct fault *fault)
{
	struct keyring *keyring = NULL;
	const int rc = keyring_parse(message->data, message->len, &keyring, fault);
	keyring_free(keyring);
	return rc;
}

/* On the disk, then for every start of a store from now on, a reload's that is under way included. */
static int keep_keyring(struct family *family, const struct message_keyring *message, struct fault *fault)
{
	struct generation *const generations[] = { family->current, family->incoming, family->waiting };
	const char *path = family->current->config->keyring;
	if (keyring_check(message, fault) != 0 || materials_write(family->current->materials, FILE_KEYRING,
							  path, message->data, message->len, fault) != 0)
		return -1;
	/* What lies on the disk beyond what the store knows of does no harm: it asks again. */
	for (size_t i = 0; i < COUNT_OF(generations); i++)
		if (generations[i] != NULL && materials_change(generations[i]->materials, FILE_KEYRING,
						      message->data, message->len) != 0)
			return fault_set(fault, "memory is short: try again");
	return 0;
}

static int on_keyring(struct family *family, struct channel *channel, struct reader *in)
{
	struct message_keyring message;
	struct fault fault = { "" };
	if (message_keyring_get(in, &message) != 0)
		return -1;
	const bool done = keep_keyring(family, &message, &fault) == 0;
	const struct message_kept kept = { .done = done, .text = done ? "" : fault.text };
	if (done)
		log_plain(LOG_INFO, "keyring_kept");
	else
		log_fault(LOG_ERROR, "keyring_not_kept", &fault);
	return message_kept_put(channel_out(channel), &kept);
}

/* What the fronts use may be older than what lies on the disk: a switch whose fronts didn't start. Then the
 * key on the disk is the next one. */
static int look(const struct family *family, struct tls_pins *ret_pins, struct fault *fault)
{
	const struct file_bytes *used = materials_file(family->current->materials, FILE_TLS_CERTIFICATE);
	uint8_t pin[SHA256_BYTES];
	if (tls_files_look(family->current->config, ret_pins, fault) != 0)
		return -1;
	if (used == NULL || tls_certificate_pin(used->data, used->len, pin) != 0)
		return fault_set(fault, "the TLS certificate in use is damaged");
	if (bytes_equal(pin, ret_pins->current, sizeof pin))
		return 0;
	memcpy(ret_pins->next, ret_pins->current, sizeof ret_pins->next);
	memcpy(ret_pins->current, pin, sizeof ret_pins->current);
	ret_pins->has_next = true;
	return 0;
}

static int say_tls(const struct family *family, struct channel *channel, const struct fault *fault)
{
	struct message_tls_state state = { .done = fault == NULL, .text = fault == NULL ? "" : fault->text };
	struct tls_pins pins;
	struct fault reason;
	if (state.done && look(family, &pins, &reason) != 0) {
		state.done = false;
		state.text = reason.text;
	} else if (state.done) {
		memcpy(state.current, pins.current, sizeof state.current);
		memcpy(state.next, pins.next, sizeof state.next);
		state.has_next = pins.has_next;
	}
	return message_tls_state_put(channel_out(channel), &state);
}

static int make_next(const struct family *family, const char *host, struct fault *fault)
{
	struct tls_pins pins;
	if (look(family, &pins, fault) != 0)
		return -1;
	return pins.has_next
		       ? 0
		       : tls_files_make(family->current->config, family->current->materials, host, fault);
}

void keeper_reloaded(struct family *family, bool done)
{
	const struct fault failed = {
		"the new key is in place, but the processes that would use it didn't start: see the log"
	};
	struct child *store = family->switch_for;
	family->switch_for = NULL;
	if (store != NULL && child_channel(store) != NULL &&
		say_tls(family, child_channel(store), done ? NULL : &failed) != 0)
		child_kill(store);
}

/* Answered once the new fronts work, or can't. */
static int switch_key(struct family *family, struct child *store, const struct message_tls *message)
{
	struct fault fault;
	int rc = 0;
	if (family->state != FAMILY_RUNNING || family->incoming != NULL || family->switch_for != NULL)
		rc = fault_set(&fault, "the daemon is starting or reloading: try again");
	else if (tls_files_switch(
			 family->current->config, family->current->materials, message->pin, &fault) != 0)
		rc = -1;
	if (rc == 0) {
		log_plain(LOG_INFO, "tls_key_switched");
		family->switch_for = store;
		if (family->reload(family->context) == 0)
			return 0;
		family->switch_for = NULL;
		fault_write(&fault,
			"the new key is in place, but the configuration can't be loaded: see the log");
	}
	log_fault(LOG_ERROR, "tls_key_not_switched", &fault);
	return say_tls(family, child_channel(store), &fault);
}

static int on_tls(struct family *family, struct child *store, struct reader *in)
{
	struct message_tls message;
	struct fault fault;
	if (message_tls_get(in, &message) != 0)
		return -1;
	if (message.step == TLS_SWITCH)
		return switch_key(family, store, &message);
	if (message.step == TLS_MAKE && make_next(family, message.host, &fault) != 0) {
		log_fault(LOG_ERROR, "tls_key_not_made", &fault);
		return say_tls(family, child_channel(store), &fault);
	}
	return say_tls(family, child_channel(store), NULL);
}

int keeper_message(struct family *family, struct child *store, enum message_type type, struct reader *message)
{
	switch (type) {
	case MESSAGE_KEEP_KEYRING:
		return on_keyring(family, child_channel(store), message);
	case MESSAGE_TLS:
		return on_tls(family, store, message);
	default:
		return -1;
	}
}
