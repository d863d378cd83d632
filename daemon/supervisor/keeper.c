#include "keeper.h"

#include "base/log.h"
#include "family_internal.h"
#include "keys/keyring.h"

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

int keeper_message(struct family *family, struct child *store, enum message_type type, struct reader *message)
{
	switch (type) {
	case MESSAGE_KEEP_KEYRING:
		return on_keyring(family, child_channel(store), message);
	default:
		return -1;
	}
}
