/* The bytes of an answer: the start line and its fields, in one order for the decoy site, the store's answers
 * and front's own, so that nothing tells them apart but what they say. */
#ifndef FRONT_ANSWER_H
#define FRONT_ANSWER_H

#include "channel/messages.h"
#include "decoy.h"
#include "proto/problem.h"

/* Start line and fields of what the store answers; every field was checked when the message was read. */
void answer_head(struct buffer *out, const struct message_answer *answer, bool close);

/* The same for a page of the decoy site. */
void answer_page_head(struct buffer *out, const struct decoy_page *page, bool close);

/* The whole of a problem document of front's own, which ends the connection. */
void answer_problem(struct buffer *out, enum problem problem, bool with_body);

#endif
