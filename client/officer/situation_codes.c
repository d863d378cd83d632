#include "situation_codes.h"

#include "proto/base.h"

#include <string.h>

struct meaning {
	const char *code, *words;
};

/* DOMAIN 1.7 */
static const struct meaning needs[] = { { "PSE", "physical security" }, { "DSE", "digital security" },
	{ "COM", "communications" }, { "TRN", "security training" }, { "TRV", "safe transport" },
	{ "LEG", "legal" }, { "MED", "medical" }, { "PSY", "psychosocial" },
	{ "HUM", "humanitarian and family support" }, { "REL", "urgent relocation" },
	{ "ADV", "monitoring and advocacy" }, { "SHE", "shelter" }, { "ACC", "accompaniment" },
	{ "OBS", "trial observation" }, { "QUI", "quiet diplomacy" }, { "PUB", "public statement" },
	{ "SPR", "UN special procedures" }, { "GRA", "emergency grant" }, { "RES", "rest and respite" },
	{ "NON", "none, record only" }, { "OTH", "other" } };

static const struct meaning outcomes[] = { { "REFERRED", "referred" }, { "OWN", "provided here" },
	{ "ALREADY", "she had it already" }, { "NA", "not applicable" }, { "DECLINED", "declined by her" },
	{ "UNAVAILABLE", "not to be had" } };

/* 1.3 */
static const struct meaning families[] = { { "LIF", "killings" }, { "DIS", "disappearances" },
	{ "TOR", "torture and ill-treatment" }, { "DET", "detention" }, { "KID", "abduction" },
	{ "SXV", "sexual violence" }, { "PHY", "physical attacks" }, { "THR", "threats" },
	{ "SUR", "surveillance and raids" }, { "LEG", "criminalisation" }, { "DEF", "stigma" },
	{ "TEC", "through technology" }, { "PRO", "property" }, { "LIV", "livelihood and family" },
	{ "OTH", "other" } };

/* 1.2 */
static const struct meaning rights[] = { { "VAW", "violence against women" },
	{ "SRH", "sexual and reproductive rights" }, { "LGB", "LGBTI rights" }, { "LND", "land" },
	{ "ENV", "environment" }, { "IND", "indigenous peoples" }, { "MIN", "minorities" },
	{ "MIG", "migrants" }, { "LAB", "labour" }, { "JUS", "truth and justice" }, { "EXP", "expression" },
	{ "DEM", "democracy" }, { "PEA", "peace" }, { "COR", "corruption" }, { "DIS", "disability" },
	{ "CHL", "children" }, { "OTH", "other" } };
static const struct meaning entities[] = { { "HRC", "Human Rights Council" },
	{ "UPR", "Universal Periodic Review" }, { "SPR", "special procedures" }, { "TBO", "treaty bodies" },
	{ "OHC", "OHCHR in the field" }, { "UNW", "UN Women" }, { "UNC", "country team" },
	{ "PKO", "peace operation" }, { "GAS", "General Assembly" }, { "SCO", "Security Council" },
	{ "CSW", "Commission on the Status of Women" }, { "OTH", "other" } };

/* 1.5 */
static const struct meaning units[] = { { "IND", "individuals" }, { "FAM", "families" }, { "GRP", "groups" },
	{ "COM", "communities" } };
static const struct meaning people[] = { { "F", "women" }, { "M", "men" }, { "X", "other" },
	{ "WHD", "chose not to say" }, { "UNK", "not known" }, { "A", "under 18" }, { "B", "18 to 29" },
	{ "C", "30 to 44" }, { "D", "45 to 59" }, { "E", "60 and over" }, { "HRD", "human rights defenders" },
	{ "JRN", "journalists" }, { "TUN", "trade unionists" }, { "LAW", "lawyers" }, { "FAM", "relatives" },
	{ "STF", "staff" }, { "OTH", "other" }, { "ST", "state" }, { "PG", "pro-government groups" },
	{ "NS", "non-state armed or criminal groups" }, { "CO", "business" }, { "PR", "private persons" },
	{ "IO", "international organisations" }, { "ON", "unknown, online" } };

/* 2.5 */
static const struct meaning closures[] = { { "SAFE", "goals met" }, { "REQ", "she asked" },
	{ "TRF", "transferred" }, { "LOST", "no contact" }, { "DUP", "a duplicate" },
	{ "OUT", "outside the mandate" }, { "INSF", "not enough information" }, { "DEAD", "the person died" },
	{ "FALSE", "it did not happen" }, { "WITHDRAWN", "taken back" },
	{ "EXP", "its time as a record is over" } };

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
