/* The code lists of a report (docs/report-schema.md), shared by its tables. */
#ifndef PROTO_REPORT_CODES_H
#define PROTO_REPORT_CODES_H

#include "proto/report_schema.h"

extern const struct schema_codes codes_urgency, codes_relation, codes_officer, codes_yes_no, codes_precision,
	codes_time_band, codes_ongoing, codes_urgency_reason, codes_link_to_work, codes_rights_area,
	codes_un_entity, codes_reported_elsewhere, codes_needs, codes_act_kind, codes_count_band,
	codes_person_ref, codes_unit, codes_category, codes_gender, codes_age_band, codes_status_now,
	codes_support, codes_perpetrator_ref, codes_perpetrator_type, codes_number_band, codes_certainty,
	codes_place_precision, codes_place_max, codes_site_type, codes_consent_state, codes_identity,
	codes_given_by, codes_basis, codes_purpose, codes_contact_mode, codes_channel, codes_if_unsafe,
	codes_evidence_kind, codes_captured_by, codes_form, codes_meta, codes_people_shown, codes_link,
	codes_follows;

#endif
