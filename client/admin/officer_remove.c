/* officer remove: she reads nothing that is sealed once the next roster is in force. What she can have read
 * before is told from the audit log. */
#include "draft.h"
#include "officer_reads.h"
#include "options.h"
#include "verbs.h"

#include "client/output.h"

static int edit(const struct admin *admin, struct roster *draft, struct failure *failure)
{
	char name[NAME_SIZE];

	if (option_name(arguments_operand(admin->invocation->arguments, 0), "the officer", name, failure) !=
		0)
		return -1;
	if (roster_remove_officer(draft, name) != 0)
		return failure_set(
			failure, EX_DATAERR, "there is no officer %s: `roster show' lists them", name);
	return 0;
}

static void say_left_to_do(const struct invocation *invocation, const char *name)
{
	say(invocation,
		"What is left to do:\n"
		"  1. `clarion-admin roster publish'. From then on the server refuses her, and "
		"whoever has fetched this\n"
		"     roster seals nothing to her any more.\n"
		"  2. `clarion-admin audit --officer %s --out FILE', and an officer of each of her desks: "
		"`clarion-officer\n"
		"     exposed FILE'. It lists the reports that she has read or could open.\n"
		"  3. An officer of each of her desks: `clarion-officer rewrap'. It takes her key "
		"off the reports that are\n"
		"     there. Then another officer of the desk the same: it confirms the new headers, "
		"and the server\n"
		"     destroys the old ones. `clarion-admin status' says how many reports are left.\n"
		"  4. Where her device is in other hands: what was sealed to her before stays readable to "
		"whoever has it,\n"
		"     her passphrase and the sealed files. Tell those whom it concerns.\n",
		name);
}

/* An admin elsewhere has published since this home last looked. */
static bool is_overtaken(const struct organisation *organisation, const json_t *facts)
{
	json_int_t draft = json_integer_value(json_object_get(facts, "version"));

	return organisation_roster(organisation)->version >= (uint64_t)draft;
}

/* The removal stands, whatever comes of this. */
static void tell(const struct admin *admin, json_t *facts)
{
	const struct invocation *invocation = admin->invocation;
	const char *name = arguments_operand(invocation->arguments, 0);
	struct exposure *exposure = NULL;
	struct server server = { 0 };
	struct failure failure, alarm = { .exit_code = 0 };
	int rc = server_open(admin, &server, &failure);

	if (rc == 0 && is_overtaken(server.organisation, facts))
		say_aside(
			invocation, "another roster has come into force meanwhile: give this command again");
	if (rc == 0)
		rc = officer_reads_collect(admin, &server, name, &exposure, &alarm, &failure);
	if (rc == 0) {
		officer_reads_say(invocation, exposure, false);
		(void)json_object_set_new(facts, "reads", officer_reads_json(exposure));
	} else {
		say_aside(invocation, "what she has read isn't known now (%s)", failure.fault.text);
	}
	if (alarm.exit_code != 0)
		say_aside(invocation, "%s", alarm.fault.text);
	say_left_to_do(invocation, name);
	exposure_free(exposure);
	server_close(&server);
}

int verb_officer_remove(const struct invocation *invocation, struct failure *failure)
{
	return draft_change_and_tell(invocation, edit, "The officer is removed", tell, failure);
}
