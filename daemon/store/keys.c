#include "keys.h"

#include "channel/setup.h"
#include "store_state.h"

int keys_load(struct store *store, struct setup *setup, struct fault *fault)
{
	const struct setup_file *file = setup_file(setup, FILE_KEYRING, 0);

	if (file == NULL)
		return fault_set(fault, "the store was given no keyring");
	if (keyring_parse(file->data, file->len, &store->keyring, fault) != 0)
		return -1;
	setup_file_drop(setup, FILE_KEYRING, 0);
	if (seal_new(store->keyring, &store->seal, fault) != 0)
		return -1;
	return token_epochs_load(store, store->keyring, fault);
}

void keys_free(struct store *store)
{
	keyring_free(store->keyring);
	sodium_free(store->receipt_secret_key);
}

const struct receipt_seed *keys_receipt(
	const struct store *store, const uint8_t public_key[ED25519_PUBLIC_BYTES])
{
	const struct receipt_seed *found = NULL;
	uint8_t *secret = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	uint8_t public[ED25519_PUBLIC_BYTES];

	for (size_t at = 0; secret != NULL && at < store->keyring->receipt_count; at++)
		if (keyring_receipt_key(&store->keyring->receipts[at], secret, public) == 0 &&
			bytes_equal(public, public_key, sizeof public))
			found = &store->keyring->receipts[at];
	sodium_free(secret);
	return found;
}

int keys_choose_receipt(struct store *store, struct fault *fault)
{
	const struct receipt_seed *receipt = keys_receipt(store, store->roster->receipt_key);

	if (receipt == NULL)
		return fault_set(fault,
			"the roster's receipt key isn't in the keyring: is it another organisation's?");
	if (store->receipt_secret_key == NULL)
		store->receipt_secret_key = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	if (store->receipt_secret_key == NULL ||
		keyring_receipt_key(receipt, store->receipt_secret_key, store->receipt_key) != 0)
		return fault_set(fault, "the receipt key can't be used: memory is short");
	return 0;
}
