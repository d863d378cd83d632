/* Who may hand in a report. A desk with open admission takes anybody's, within the limits. A desk that asks
 * for a token takes none yet: no version of the clients can have one. */
#include "store_state.h"

int admission_check(struct request *request, const struct roster_desk *desk)
{
	if (desk->admission == ADMISSION_OPEN)
		return 0;
	request_refuse(request, PROBLEM_NOT_PERMITTED);
	return -1;
}
