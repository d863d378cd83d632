#include "hand_memory.h"

#include "proto/json.h"

#include <stdio.h>
#include <string.h>

#define ITEM_PREFIX  "hand-"
#define ITEM_SIZE    (sizeof ITEM_PREFIX + 64)
#define FIRST_PREFIX "follows-"
#define FIRST_SIZE   (sizeof FIRST_PREFIX + ID_SIZE)

int hand_recall(struct officer *officer, const char *mailbox, json_t **ret_memory, struct failure *failure)
{
	struct buffer text = buffer_of(ITEM_MAX);
	char name[ITEM_SIZE];
	struct fault fault;
	bool found = false;
	int rc;

	*ret_memory = NULL;
	(void)snprintf(name, sizeof name, ITEM_PREFIX "%s", mailbox);
	rc = items_get(&officer->items, name, &text, &found, failure);
	if (rc == 0 && found &&
		json_parse((const char *)text.data, text.len, ITEM_MAX, ret_memory, &fault) != 0)
		rc = failure_set(
			failure, EX_CONFIG, "a file of the home is damaged: remove %.20s... from it", name);
	buffer_free(&text);
	return rc;
}

void hand_first_of(const struct officer *officer, const char *report, char ret_first[ID_SIZE])
{
	struct buffer text = buffer_of(ITEM_MAX);
	char name[FIRST_SIZE];
	struct failure unread;
	bool found = false;

	ret_first[0] = '\0';
	(void)snprintf(name, sizeof name, FIRST_PREFIX "%s", report);
	if (items_get(&officer->items, name, &text, &found, &unread) == 0 && found &&
		text.len == ID_SIZE - 1) {
		memcpy(ret_first, text.data, ID_SIZE - 1);
		ret_first[ID_SIZE - 1] = '\0';
	}
	buffer_free(&text);
}

int hand_keep_first(struct officer *officer, const char *report, const char *first, struct failure *failure)
{
	char name[FIRST_SIZE];

	(void)snprintf(name, sizeof name, FIRST_PREFIX "%s", report);
	return items_put(&officer->items, name, first, strlen(first), failure);
}
