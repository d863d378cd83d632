#include "situation_codes.h"

#include "situation_internal.h"

#include <string.h>

struct meaning {
	const char *code, *words;
};

/* As the questionnaire says them, where it does: then they are translated already. Codes as in
 * DOMAIN 1.7, 2.4, */
static const struct meaning needs[] = { { "PSE", N_("Physical security") },
	{ "DSE", N_("Security of phone, computer and accounts") }, { "COM", N_("Means to communicate") },
	{ "TRN", N_("Security training") }, { "TRV", N_("Safe transport") }, { "LEG", N_("Legal help") },
	{ "MED", N_("Medical help") }, { "PSY", N_("Somebody to talk to: psychological help") },
	{ "HUM", N_("Help for the family, food, money to live on") }, { "REL", N_("To get away quickly") },
	{ "ADV", N_("Follow what happens, and speak up") }, { "SHE", N_("A safe place to stay") },
	{ "ACC", N_("Somebody at her side, a visit") }, { "OBS", N_("An observer at a trial") },
	{ "QUI", N_("Quiet diplomacy") }, { "PUB", N_("A public statement") },
	{ "SPR", N_("The United Nations' special procedures") }, { "GRA", N_("An emergency grant") },
	{ "RES", N_("Rest and respite") }, { "NON", N_("Nothing: only keep a record") },
	{ "OTH", N_("Something else") } };

static const struct meaning outcomes[] = { { "REFERRED", N_("passed on to another service") },
	{ "OWN", N_("provided by this desk") }, { "ALREADY", N_("she had it already") },
	{ "NA", N_("not applicable") }, { "DECLINED", N_("she declined") },
	{ "UNAVAILABLE", N_("not to be had") }, { "NONE", N_("nothing came of it yet") } };

/* 1.3, */
static const struct meaning families[] = { { "LIF", N_("killings, and attempts") },
	{ "DIS", N_("disappearances") }, { "TOR", N_("torture and ill-treatment") },
	{ "DET", N_("arrest and detention") }, { "KID", N_("abduction and confinement") },
	{ "SXV", N_("sexual violence") }, { "PHY", N_("physical attacks") }, { "THR", N_("threats") },
	{ "SUR", N_("surveillance and searches") }, { "LEG", N_("criminalisation") },
	{ "DEF", N_("smears and exclusion") }, { "TEC", N_("attacks through technology") },
	{ "PRO", N_("damage to property") }, { "LIV", N_("pressure on work and family") },
	{ "OTH", N_("Something else") } };

/* 1.2, */
static const struct meaning rights[] = { { "VAW", N_("Against violence against women") },
	{ "SRH", N_("Sexual and reproductive rights") }, { "LGB", N_("Rights of LGBTI people") },
	{ "LND", N_("Land") }, { "ENV", N_("The environment") },
	{ "IND", N_("Rights of indigenous peoples") }, { "MIN", N_("Rights of minorities") },
	{ "MIG", N_("Rights of migrants") }, { "LAB", N_("Rights at work") },
	{ "JUS", N_("Truth and justice") }, { "EXP", N_("Freedom of expression") },
	{ "DEM", N_("Democracy") }, { "PEA", N_("Peace") }, { "COR", N_("Against corruption") },
	{ "DIS", N_("Rights of people with disabilities") }, { "CHL", N_("Rights of children") },
	{ "OTH", N_("Something else") }, { "none", N_("not known") } };
static const struct meaning entities[] = { { "HRC", N_("The Human Rights Council") },
	{ "UPR", N_("The Universal Periodic Review") }, { "SPR", N_("Special procedures") },
	{ "TBO", N_("A treaty body") }, { "OHC", N_("The Office of the High Commissioner for Human Rights") },
	{ "UNW", N_("UN Women") }, { "UNC", N_("The UN country team") }, { "PKO", N_("A peace operation") },
	{ "GAS", N_("The General Assembly") }, { "SCO", N_("The Security Council") },
	{ "CSW", N_("The Commission on the Status of Women") }, { "OTH", N_("Another") } };

/* 1.5, */
static const struct meaning units[] = { { "IND", N_("One person") }, { "FAM", N_("A family") },
	{ "GRP", N_("A group or an organisation") }, { "COM", N_("A community") } };
static const struct meaning people[] = { { "F", N_("women") }, { "M", N_("men") },
	{ "X", N_("Neither, or another word") }, { "WHD", N_("chose not to say") },
	{ "UNK", N_("not known") }, { "A", N_("Under 18") }, { "B", N_("18 to 29") }, { "C", N_("30 to 44") },
	{ "D", N_("45 to 59") }, { "E", N_("60 or older") },
	{ "HRD", N_("Defends human rights, in any way") }, { "JRN", N_("Is a journalist") },
	{ "TUN", N_("Is in a trade union") }, { "LAW", N_("Is a lawyer") },
	{ "FAM", N_("Is a relative of a defender") },
	{ "STF", N_("Works for defenders: driver, interpreter, office") }, { "OTH", N_("Something else") },
	{ "ST", N_("State") }, { "PG", N_("groups on the government's side") },
	{ "NS", N_("other armed or criminal groups") }, { "CO", N_("A company") },
	{ "PR", N_("private persons") }, { "IO", N_("international organisations") },
	{ "ON", N_("An unknown account online") } };

/* 1.6, */
static const struct meaning urgencies[] = {
	{ "immediate", N_("Immediate: someone may be killed, taken or badly hurt now or within 24 hours") },
	{ "urgent", N_("Urgent: danger within days, or getting worse") },
	{ "priority", N_("Priority: it happened or goes on, no new danger this week") },
	{ "record", N_("Record: keep this; do not act or contact me") }
};

/* and 2.5. */
static const struct meaning closures[] = { { "SAFE", N_("goals met") }, { "REQ", N_("she asked for it") },
	{ "TRF", N_("transferred") }, { "LOST", N_("no contact any more") }, { "DUP", N_("a duplicate") },
	{ "OUT", N_("outside the mandate") }, { "INSF", N_("not enough information") },
	{ "DEAD", N_("the person died") }, { "FALSE", N_("it did not happen") },
	{ "WITHDRAWN", N_("taken back") }, { "EXP", N_("its time as a record is over") } };

/* Which list a table's rows or columns are from; the first that fits. */
static const struct list {
	const char *table; /* how its id begins */
	bool is_row;
	const struct meaning *meanings;
	size_t count;
} lists[] = {
	{ "S3", true, families, COUNT_OF(families) },
	{ "S3", false, units, COUNT_OF(units) },
	{ "S5", true, entities, COUNT_OF(entities) },
	{ "S5-unit", false, units, COUNT_OF(units) },
	{ "S6", true, rights, COUNT_OF(rights) },
	{ "S6", false, families, COUNT_OF(families) },
	{ "S7", true, urgencies, COUNT_OF(urgencies) },
	{ "S10", true, urgencies, COUNT_OF(urgencies) },
	{ "S8", true, needs, COUNT_OF(needs) },
	{ "S8", false, outcomes, COUNT_OF(outcomes) },
	{ "S9", true, closures, COUNT_OF(closures) },
	{ "S", false, people, COUNT_OF(people) },
};

const char *code_meaning(const char *table, bool is_row, const char *code)
{
	for (size_t at = 0; at < COUNT_OF(lists); at++) {
		const struct list *list = &lists[at];

		if (list->is_row != is_row || strncmp(table, list->table, strlen(list->table)) != 0)
			continue;
		for (size_t i = 0; i < list->count; i++)
			if (strcmp(list->meanings[i].code, code) == 0)
				return list->meanings[i].words;
		return NULL;
	}
	return NULL;
}
