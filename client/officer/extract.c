#include "extract.h"

#include "proto/event_content.h"
#include "proto/hand.h"

#include <string.h>

/* The tables of DOMAIN 1.3 to 1.7, as far as they are counted: a practitioner's review changes these. The
 * order of the families is the one in which the gravest act is looked for. */
const char *const extract_families[FAMILIES] = { "LIF", "DIS", "TOR", "DET", "KID", "SXV", "PHY", "THR",
	"SUR", "LEG", "DEF", "TEC", "PRO", "LIV", "OTH" };
const char *const extract_categories[7] = { "HRD", "JRN", "TUN", "LAW", "FAM", "STF", "OTH" };
const char *const extract_genders[4] = { "F", "M", "X", "WHD" };
const char *const extract_ages[7] = { "A", "B", "C", "D", "E", "UNK", "WHD" };
const char *const extract_units[UNITS] = { "IND", "FAM", "GRP", "COM" };
const char *const extract_perpetrators[8] = { "ST", "PG", "NS", "CO", "PR", "IO", "ON", "UNK" };
const char *const extract_entities[ENTITIES] = { "HRC", "UPR", "SPR", "TBO", "OHC", "UNW", "UNC", "PKO",
	"GAS", "SCO", "CSW", "OTH" };
const char *const extract_rights[RIGHTS] = { "VAW", "SRH", "LGB", "LND", "ENV", "IND", "MIN", "MIG", "LAB",
	"JUS", "EXP", "DEM", "PEA", "COR", "DIS", "CHL", "OTH", "none" };
const char *const extract_needs[NEEDS] = { "PSE", "DSE", "COM", "TRN", "TRV", "LEG", "MED", "PSY", "HUM",
	"REL", "ADV", "SHE", "ACC", "OBS", "QUI", "PUB", "SPR", "GRA", "RES", "NON", "OTH" };
const char *const extract_outcomes[OUTCOMES] = { "REFERRED", "OWN", "ALREADY", "NA", "DECLINED",
	"UNAVAILABLE", "NONE" };

/* Acts that aren't in the sixth bucket, and GBVIMS types: 1 RA, 2 SA, 3 PA, 4 FM, 5 DR, 6 PE, gravest first.
 */
static const struct act_row {
	const char *start; /* of the kind */
	uint8_t bucket, gbvims;
} act_rows[] = {
	{ "LIF.02", 6, 0 },
	{ "LIF", 1, 0 },
	{ "DIS.01", 2, 0 },
	{ "TOR.01", 3, 3 },
	{ "TOR.02", 6, 3 },
	{ "TOR", 6, 6 },
	{ "DET", 4, 0 },
	{ "KID", 5, 6 },
	{ "SXV.01", 6, 1 },
	{ "SXV.02", 6, 2 },
	{ "SXV.05", 6, 2 },
	{ "SXV.06", 6, 2 },
	{ "SXV", 6, 6 },
	{ "PHY", 6, 3 },
	{ "LIV.03", 6, 4 },
	{ "LIV.02", 6, 5 },
	{ "LIV.04", 6, 5 },
	{ "PRO", 6, 5 },
	{ "THR", 6, 6 },
	{ "DEF", 6, 6 },
	{ "TEC", 6, 6 },
};

#define PLACE_OF(list, word) place_of(list, COUNT_OF(list), word)

/* count where it isn't in the list. */
static size_t place_of(const char *const *list, size_t count, const char *word)
{
	size_t at = 0;

	while (at < count && (word == NULL || strcmp(list[at], word) != 0))
		at++;
	return at;
}

/* The last entry of a list stands for what isn't known. */
static uint8_t place_or_last(const char *const *list, size_t count, const char *word)
{
	size_t at = place_of(list, count, word);

	return (uint8_t)(at < count ? at : count - 1);
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static bool is_word(const json_t *object, const char *name, const char *word)
{
	const char *text = text_of(object, name);

	return text != NULL && strcmp(text, word) == 0;
}

static struct act_row row_of(const char *kind)
{
	for (size_t at = 0; at < COUNT_OF(act_rows); at++)
		if (strncmp(act_rows[at].start, kind, strlen(act_rows[at].start)) == 0)
			return act_rows[at];
	return (struct act_row){ kind, 6, 0 };
}

static size_t family_of(const char *kind)
{
	for (size_t at = 0; at < FAMILIES; at++)
		if (strncmp(extract_families[at], kind, 3) == 0)
			return at;
	return FAMILIES - 1;
}

static uint8_t perpetrator_of(const json_t *report, const char *ref)
{
	const json_t *each;
	size_t at;

	json_array_foreach(json_object_get(report, "perpetrators"), at, each)
	{
		const char *type = text_of(each, "type");
		char class[3] = "";

		if (ref == NULL || type == NULL || strlen(type) < 2 || !is_word(each, "ref", ref))
			continue;
		memcpy(class, type, 2);
		return place_or_last(extract_perpetrators, COUNT_OF(extract_perpetrators), class);
	}
	return COUNT_OF(extract_perpetrators) - 1;
}

/* Her acts: the gravest decides bucket and perpetrator; an attempted killing never hides a detention. */
static void take_acts(const json_t *report, const char *ref, struct person_extract *person)
{
	const json_t *act;
	size_t at, gravest = FAMILIES;

	json_array_foreach(json_object_get(report, "acts"), at, act)
	{
		const char *kind = text_of(act, "kind");
		struct act_row row;
		size_t family;

		if (ref == NULL || kind == NULL || !is_word(act, "person_ref", ref))
			continue;
		row = row_of(kind);
		family = family_of(kind);
		person->families |= 1U << family;
		if (row.gbvims != 0 && (person->gbvims == 0 || row.gbvims < person->gbvims))
			person->gbvims = row.gbvims;
		if (person->bucket != 0 &&
			(row.bucket > person->bucket || (row.bucket == person->bucket && family >= gravest)))
			continue;
		person->bucket = row.bucket;
		gravest = family;
		person->perpetrator = perpetrator_of(report, text_of(act, "perp_ref"));
	}
}

static void count_acts(const json_t *report, const char *ref, size_t unit, struct extract *extract)
{
	const json_t *act;
	size_t at;

	json_array_foreach(json_object_get(report, "acts"), at, act)
	{
		const char *kind = text_of(act, "kind");

		if (kind != NULL && ref != NULL && is_word(act, "person_ref", ref) &&
			row_of(kind).bucket == 6)
			extract->act_units[family_of(kind)][unit]++;
	}
}

static void take_persons(const json_t *report, struct extract *extract)
{
	const json_t *each;
	size_t at;

	json_array_foreach(json_object_get(report, "persons"), at, each)
	{
		struct person_extract *person = &extract->persons[extract->person_count];
		const char *ref = text_of(each, "ref");

		if (extract->person_count == EXTRACT_PERSONS)
			break;
		extract->person_count++;
		person->category = place_or_last(
			extract_categories, COUNT_OF(extract_categories), text_of(each, "category"));
		person->gender =
			place_or_last(extract_genders, COUNT_OF(extract_genders), text_of(each, "gender"));
		person->age = place_or_last(extract_ages, COUNT_OF(extract_ages), text_of(each, "age_band"));
		person->unit = place_or_last(extract_units, UNITS, text_of(each, "unit"));
		person->perpetrator = COUNT_OF(extract_perpetrators) - 1;
		take_acts(report, ref, person);
		/* Where nobody knows how many it hit, it stands in no unit's column. */
		if (place_of(extract_units, UNITS, text_of(each, "unit")) < UNITS)
			count_acts(report, ref, person->unit, extract);
	}
}

static uint32_t bits_of(const json_t *list, const char *const *words, size_t count)
{
	uint32_t bits = 0;
	const json_t *each;
	size_t at;

	json_array_foreach(list, at, each)
	{
		size_t place = place_of(words, count, json_string_value(each));

		if (place < count)
			bits |= 1U << place;
	}
	return bits;
}

static void take_links(const json_t *report, struct extract *extract)
{
	static const char *const same[] = { "FOLLOWUP", "SAME", "DUPLICATE", "CORRECTS", "WITHDRAWS" };
	const json_t *each;
	struct hand_link hand;
	size_t at;

	extract->is_followup = hand_link_of(report, &hand);
	extract->is_repeated = extract->is_followup || is_word(report, "already_in_network", "Y");
	extract->has_earlier = extract->is_followup;
	json_array_foreach(json_object_get(report, "links"), at, each)
	{
		const char *rel = text_of(each, "rel");

		extract->has_earlier = true;
		if (rel != NULL && PLACE_OF(same, rel) < COUNT_OF(same)) {
			extract->is_repeated = true;
			extract->is_followup = extract->is_followup && strcmp(rel, "FOLLOWUP") == 0;
		}
	}
	extract->is_followup = extract->is_followup && !is_word(report, "already_in_network", "Y");
}

void extract_report(const json_t *report, int64_t came, struct extract *ret_extract)
{
	const json_t *consent = json_object_get(report, "consent");
	const json_t *reprisal = json_object_get(consent, "reprisal");
	const json_t *place = json_array_get(json_object_get(report, "place"), 0);
	const char *urgency = text_of(report, "urgency"), *adm1 = text_of(place, "adm1");
	enum urgency level = URGENCY_WITHHELD;

	*ret_extract = (struct extract){ .came = came, .state = STATE_NEW };
	if (urgency != NULL)
		(void)(urgency_of(urgency, strlen(urgency), &level) == 0);
	ret_extract->urgency = (uint8_t)level;
	if (adm1 != NULL && strlen(adm1) < ADM1_SIZE)
		memcpy(ret_extract->adm1, adm1, strlen(adm1) + 1);
	ret_extract->rights = bits_of(json_object_get(report, "rights_area"), extract_rights, RIGHTS - 1);
	if (ret_extract->rights == 0)
		ret_extract->rights = 1U << (RIGHTS - 1);
	if (is_word(report, "un_cooperation", "Y"))
		ret_extract->entities =
			bits_of(json_object_get(report, "un_entity"), extract_entities, ENTITIES);
	ret_extract->is_linked_to_work =
		is_word(report, "link_to_work", "YES") || is_word(report, "link_to_work", "LIK");
	ret_extract->is_named =
		is_word(reprisal, "state", "Y") &&
		(is_word(reprisal, "identity", "NAME") || is_word(reprisal, "identity", "INIT"));
	ret_extract->may_be_counted = is_word(json_object_get(consent, "stats"), "state", "Y");
	ret_extract->needs = bits_of(json_object_get(report, "needs"), extract_needs, NEEDS);
	memset(ret_extract->outcomes, OUTCOMES - 1, sizeof ret_extract->outcomes);
	take_links(report, ret_extract);
	take_persons(report, ret_extract);
}

static void take_outcome(const json_t *content, struct extract *extract)
{
	size_t need = PLACE_OF(extract_needs, text_of(content, "need"));
	size_t outcome = PLACE_OF(extract_outcomes, text_of(content, "outcome"));

	if (need < NEEDS && outcome < OUTCOMES - 1)
		extract->outcomes[need] = (uint8_t)outcome;
}

/* What another desk says of a referral, as `answers' keeps it. */
static void take_answer(const json_t *content, struct extract *extract)
{
	const char *report = text_of(content, "report"), *says = text_of(content, "says");
	enum report_state state;

	if (report == NULL || says == NULL || state_of(says, strlen(says), &state) != 0)
		return;
	for (size_t at = 0; at < extract->referral_count; at++) {
		struct referral_extract *referral = &extract->referrals[at];

		if (strncmp(referral->tag, report, REFERRAL_TAG_SIZE - 1) != 0)
			continue;
		referral->is_closed = state == STATE_CLOSED;
		referral->is_handled = referral->is_handled ||
				       (state != STATE_NEW && state != STATE_ACK && state != STATE_CLOSED);
	}
}

static void take_referral(const json_t *content, struct extract *extract)
{
	const char *report = text_of(content, "report");
	struct referral_extract *referral = &extract->referrals[extract->referral_count];

	if (report == NULL || strlen(report) < REFERRAL_TAG_SIZE ||
		extract->referral_count == EXTRACT_REFERRALS)
		return;
	*referral = (struct referral_extract){ .is_handled = false };
	memcpy(referral->tag, report, REFERRAL_TAG_SIZE - 1);
	extract->referral_count++;
}

/* When it was acknowledged, and when somebody tried to reach her. */
static void take_times(const struct report_event *event, struct extract *extract)
{
	if (event->type == EVENT_ACK && !extract->is_acknowledged) {
		extract->is_acknowledged = true;
		extract->acknowledged = event->created;
		extract->waited = event->created > extract->came ? event->created - extract->came : 0;
	}
	if (event->type == EVENT_CONTACT && !extract->is_contacted) {
		extract->is_contacted = true;
		if (extract->is_acknowledged && event->created > extract->acknowledged)
			extract->contact_waited = event->created - extract->acknowledged;
	}
}

int extract_event(void *context, const struct history_entry *entry, struct failure *failure)
{
	struct extract *extract = context;
	const char *verification = text_of(entry->content, "verification");
	const char *reason = text_of(entry->content, "reason");

	(void)failure;
	if (entry->event->type == EVENT_CLOSE && reason != NULL && strcmp(reason, "WITHDRAWN") == 0)
		extract->may_be_counted = false;
	if (extract->until != 0 && entry->event->created >= extract->until)
		return 0;
	extract->state = entry->state;
	take_times(entry->event, extract);
	if (verification != NULL)
		extract->is_verified = strcmp(verification, "VERIFIED") == 0;
	if (entry->event->type == EVENT_REFER)
		take_referral(entry->content, extract);
	if (entry->event->type == EVENT_NOTE)
		take_answer(entry->content, extract);
	extract->transfers += entry->event->type == EVENT_TRANSFER;
	extract->accepted += entry->event->type == EVENT_ACCEPT;
	extract->rejected += entry->event->type == EVENT_REJECT;
	if (entry->event->type == EVENT_CLOSE && reason != NULL && closure_reason(reason) != NULL) {
		extract->reason = (uint8_t)(closure_reason(reason) - closure_reasons + 1);
		/* What another report tells, what did not happen and what she took back is nobody's to count.
		 */
		if (strcmp(reason, "DUP") == 0 || strcmp(reason, "FALSE") == 0 ||
			strcmp(reason, "WITHDRAWN") == 0) {
			extract->is_repeated = true;
			extract->is_followup = false;
		}
	}
	take_outcome(entry->content, extract);
	return 0;
}
