/* The kinds of incident in plain words (DOMAIN 1.3), family by family, in the order of the families. */
#include "question_table.h"

const struct question_choice question_families[QUESTION_ACT_FAMILIES] = {
	{ "LIF", N_("Somebody was killed, or nearly") },
	{ "DIS", N_("Somebody disappeared") },
	{ "TOR", N_("Torture or cruel treatment") },
	{ "DET", N_("Arrest or detention") },
	{ "KID", N_("Kidnapping, or being locked in by family or community") },
	{ "SXV", N_("Sexual violence or harassment") },
	{ "PHY", N_("A physical attack") },
	{ "THR", N_("Threats, blackmail or a summons") },
	{ "SUR", N_("Being followed or watched, a search, things taken") },
	{ "LEG", N_("Charges, a lawsuit, a travel ban, money frozen") },
	{ "DEF", N_("Lies, insults, hate or being shut out") },
	{ "TEC", N_("Attacks online or on phones and accounts") },
	{ "PRO", N_("Damage, theft, eviction, an office closed by force") },
	{ "LIV", N_("Work, money, marriage or children used as pressure") },
	{ "OTH", N_("Something else") },
};

const struct question_choice question_acts[QUESTION_ACTS] = {
	{ "LIF.01", N_("Somebody was killed") },
	{ "LIF.02", N_("Somebody tried to kill") },
	{ "LIF.03", N_("Somebody died in custody") },

	{ "DIS.01", N_("Taken away, and the authorities deny it or stay silent") },
	{ "DIS.02", N_("Missing, and nobody knows who is behind it") },

	{ "TOR.01", N_("Torture") },
	{ "TOR.02", N_("Cruel or humiliating treatment") },
	{ "TOR.03", N_("Medical care refused in custody") },
	{ "TOR.04", N_("Held alone, or without contact to anybody") },

	{ "DET.01", N_("Arrested or detained without good reason") },
	{ "DET.02", N_("House arrest") },
	{ "DET.03", N_("In prison after an unfair trial") },
	{ "DET.04", N_("Held in a psychiatric ward or a place of \"rehabilitation\"") },

	{ "KID.01", N_("Kidnapped, or held as a hostage") },
	{ "KID.02", N_("Locked in by family or community") },

	{ "SXV.01", N_("Rape") },
	{ "SXV.02", N_("Sexual assault") },
	{ "SXV.03", N_("Sexual harassment") },
	{ "SXV.04", N_("A threat of sexual violence") },
	{ "SXV.05", N_("A forced body search or virginity test") },
	{ "SXV.06", N_("Pregnancy, birth or contraception forced or prevented") },

	{ "PHY.01", N_("Beaten or assaulted") },
	{ "PHY.02", N_("Too much force at a protest or meeting") },
	{ "PHY.03", N_("Attacked with acid, fire or a weapon") },
	{ "PHY.04", N_("Violence by family or partner because of the work") },

	{ "THR.01", N_("A death threat") },
	{ "THR.02", N_("A threat to hurt somebody") },
	{ "THR.03", N_("A threat to children or family") },
	{ "THR.04", N_("Blackmail or extortion") },
	{ "THR.05", N_("A summons or an interrogation") },

	{ "SUR.01", N_("Followed or watched") },
	{ "SUR.02", N_("A home was searched") },
	{ "SUR.03", N_("An office was searched") },
	{ "SUR.04", N_("Devices or papers were taken") },

	{ "LEG.01", N_("A criminal charge") },
	{ "LEG.02", N_("A lawsuit, such as for defamation") },
	{ "LEG.03", N_("An organisation struck off or fined, or its money frozen") },
	{ "LEG.04", N_("A travel ban, or deportation") },
	{ "LEG.05", N_("A charge of \"immorality\"") },
	{ "LEG.06", N_("A trial that wasn't fair") },

	{ "DEF.01", N_("Lies spread about somebody") },
	{ "DEF.02", N_("Lies or insults of a sexual kind") },
	{ "DEF.03", N_("Hate speech, or calls to attack somebody") },
	{ "DEF.04", N_("Cast out by community, family or movement") },

	{ "TEC.01", N_("Harassed online, by one or by many") },
	{ "TEC.02", N_("Address or private facts published") },
	{ "TEC.03", N_("Intimate pictures shown without consent") },
	{ "TEC.04", N_("Faked pictures, sound or film") },
	{ "TEC.05", N_("Stalked or tracked by phone or online") },
	{ "TEC.06", N_("An account taken over") },
	{ "TEC.07", N_("Somebody pretends to be her") },
	{ "TEC.08", N_("Spyware on a phone or computer") },
	{ "TEC.09", N_("Blackmail with intimate pictures") },
	{ "TEC.10", N_("An account reported by many, or removed") },
	{ "TEC.11", N_("A website attacked or blocked") },

	{ "PRO.01", N_("Damage or arson") },
	{ "PRO.02", N_("Theft") },
	{ "PRO.03", N_("Eviction, or land taken") },
	{ "PRO.04", N_("An organisation closed by force") },

	{ "LIV.01", N_("Dismissed from work") },
	{ "LIV.02", N_("Money, help or schooling refused") },
	{ "LIV.03", N_("A forced marriage") },
	{ "LIV.04", N_("A threat to take the children away") },

	{ "OTH.99", N_("Something else") },
};
