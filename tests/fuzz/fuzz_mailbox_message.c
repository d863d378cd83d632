/* What lies in a mailbox, opened, and the server's other JSON that a client reads: acceptances, alerts,
 * problems, cards. */
#include "fuzz.h"

#include "proto/alert_list.h"
#include "proto/mailbox_message.h"
#include "proto/problem.h"

static void read_the_rest(const char *text, size_t size)
{
	struct acceptance_answer acceptance;
	struct problem_answer problem;
	struct alert_list list;
	struct card card;
	struct fault fault;

	either(acceptance_parse(text, size, &acceptance, &fault));
	either(problem_parse(text, size, &problem, &fault));
	if (alert_list_parse(text, size, &list, &fault) == 0) {
		must(list.count <= ALERTS_MAX && list.again_count <= ALERTS_MAX);
		alert_list_free(&list);
	}
	either(card_parse(text, size, &card, &fault));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mailbox_message *message = NULL;
	const struct roster_officer *officer = NULL;
	struct roster *nobody = roster_new();
	struct fault fault;

	fuzz_start();
	if (nobody != NULL && mailbox_message_parse((const char *)data, size, &message, &fault) == 0) {
		must(message->text != NULL && message->roster >= 1);
		nobody->version = message->roster;
		must(mailbox_message_prove(
			     message, message->mailbox, message->report, nobody, "a", &officer) != 0);
	}
	read_the_rest((const char *)data, size);
	mailbox_message_free(message);
	roster_free(nobody);
	return 0;
}
