#include "report_codes.h"

/* Words may be added, never renamed or given another meaning: old reports stay readable. */

#define CODES(name, ...)                                                                                     \
	static const char *const words_##name[] = { __VA_ARGS__ };                                           \
	const struct schema_codes codes_##name = { words_##name, COUNT_OF(words_##name) }

CODES(urgency, "immediate", "urgent", "priority", "record", "withheld");
CODES(relation, "SELF", "REL", "COL", "ORG", "WIT", "LAW", "NGO", "OTH", "UNK", "WHD");
CODES(officer, "FEM", "ANY");
CODES(yes_no, "Y", "N");
CODES(precision, "DAY", "EST", "MON", "YEA", "UNK", "WHD");
CODES(time_band, "MOR", "AFT", "EVE", "NIG", "UNK");
CODES(ongoing, "ONG", "IMM", "REC", "END", "UNK");
CODES(urgency_reason, "LIF", "MIS", "DET", "SXV", "THR", "LOC", "HEA", "DEP", "DIG", "CHI");
CODES(link_to_work, "YES", "LIK", "UNS", "NOT");
CODES(rights_area, "VAW", "SRH", "LGB", "LND", "ENV", "IND", "MIN", "MIG", "LAB", "JUS", "EXP", "DEM", "PEA",
	"COR", "DIS", "CHL", "OTH");
CODES(un_entity, "HRC", "UPR", "SPR", "TBO", "OHC", "UNW", "UNC", "PKO", "GAS", "SCO", "CSW", "OTH");
CODES(reported_elsewhere, "POL", "NHR", "CRT", "NGO", "UNS", "REG", "EMB", "PLA", "NON", "UNK");
CODES(needs, "PSE", "DSE", "COM", "TRN", "TRV", "LEG", "MED", "PSY", "HUM", "REL", "ADV", "SHE", "ACC", "OBS",
	"QUI", "PUB", "SPR", "GRA", "RES", "NON", "OTH");

/* One family a line: life, disappearance, torture, detention, abduction, sexual violence, physical attack,
 * threats, surveillance, criminalisation, stigma, technology, property, livelihood, other. */
CODES(act_kind, "LIF.01", "LIF.02", "LIF.03",                       /**/
	"DIS.01", "DIS.02",                                         /**/
	"TOR.01", "TOR.02", "TOR.03", "TOR.04",                     /**/
	"DET.01", "DET.02", "DET.03", "DET.04",                     /**/
	"KID.01", "KID.02",                                         /**/
	"SXV.01", "SXV.02", "SXV.03", "SXV.04", "SXV.05", "SXV.06", /**/
	"PHY.01", "PHY.02", "PHY.03", "PHY.04",                     /**/
	"THR.01", "THR.02", "THR.03", "THR.04", "THR.05",           /**/
	"SUR.01", "SUR.02", "SUR.03", "SUR.04",                     /**/
	"LEG.01", "LEG.02", "LEG.03", "LEG.04", "LEG.05", "LEG.06", /**/
	"DEF.01", "DEF.02", "DEF.03", "DEF.04",                     /**/
	"TEC.01", "TEC.02", "TEC.03", "TEC.04", "TEC.05", "TEC.06", /**/
	"TEC.07", "TEC.08", "TEC.09", "TEC.10", "TEC.11",           /**/
	"PRO.01", "PRO.02", "PRO.03", "PRO.04",                     /**/
	"LIV.01", "LIV.02", "LIV.03", "LIV.04",                     /**/
	"OTH.99");

CODES(count_band, "1", "2-5", "6-20", "21+");
CODES(person_ref, "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8");
CODES(unit, "IND", "FAM", "GRP", "COM", "UNK", "WHD");
CODES(category, "HRD", "JRN", "TUN", "LAW", "FAM", "STF", "OTH", "UNK", "WHD");
CODES(gender, "F", "M", "X", "UNK", "WHD");
CODES(age_band, "A", "B", "C", "D", "E", "UNK", "WHD");
CODES(status_now, "SAFE", "HIDE", "THRT", "INJ", "DETN", "MISS", "DISP", "DEAD", "UNK", "WHD");
CODES(support, "PREG", "CARE", "DEPN", "ACCS", "MEDI");
CODES(perpetrator_ref, "A1", "A2", "A3", "A4");

/* One class a line: state, pro-government, non-state, business, private, international, online, unknown. */
CODES(perpetrator_type, "ST.MIL", "ST.POL", "ST.PRI", "ST.INT", "ST.OFF", "ST.LOC", "ST.JUD", "ST.LEG", /**/
	"PG.PAR", "PG.VIG",                                                                             /**/
	"NS.ARM", "NS.CRI", "NS.MOB",                                                                   /**/
	"CO.COR", "CO.SEC", "CO.LAN", "CO.EMP",                                                         /**/
	"PR.PTN", "PR.FAM", "PR.NEI", "PR.REL", "PR.MOV",                                               /**/
	"IO.PKO", "IO.UNS", "IO.NGO",                                                                   /**/
	"ON.ANO", "ON.CAM",                                                                             /**/
	"UNK");

CODES(number_band, "1", "2", "3", "4+", "UNK");
CODES(certainty, "KNOWN", "BELIEVED", "UNK");
CODES(place_precision, "P0", "P1", "P2", "P3", "P4", "P5");
CODES(place_max, "P0", "P1", "P2", "P3", "P4");
CODES(site_type, "HOM", "WRK", "STR", "SCH", "COU", "POL", "PRI", "HOS", "CHK", "PRT", "BOR", "ONL", "TRA",
	"OTH");
CODES(consent_state, "Y", "N", "ASK");
CODES(identity, "NAME", "INIT", "ALIAS", "NONE");
CODES(given_by, "SELF", "REPR", "NOBODY");
CODES(basis, "VITAL");
CODES(purpose, "RESPOND", "REFER", "GOVT", "PUBLIC", "REPRISAL", "STATS", "JUSTICE");
CODES(contact_mode, "RETURN", "CONTACT", "TRUSTED", "NONE");
CODES(channel, "SIG", "MAT", "TEL", "SMS", "EML", "XMP", "INP", "BOX");
CODES(if_unsafe, "WAIT", "NEXT", "TRUSTED", "ESCALATE");
CODES(evidence_kind, "PHO", "VID", "AUD", "DOC", "SCR", "MSG", "URL", "MED", "COU", "OTH");
CODES(captured_by, "SELF", "OTH", "UNK");
CODES(form, "ORIG", "COPY", "SCREEN");
CODES(meta, "KEPT", "STRIPPED");
CODES(people_shown, "NONE", "CONSENT", "NOCONSENT", "UNK");
CODES(link, "FOLLOWUP", "SAME", "DUPLICATE", "PRECEDES", "CAUSES", "PARTOF", "CORRECTS", "WITHDRAWS");
CODES(follows, "FOLLOWUP", "CANCEL");
