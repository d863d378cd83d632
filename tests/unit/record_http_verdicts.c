/* Reads data/http_verdicts.txt from standard input and writes it with both verdicts anew: for a build with
 * llhttp. */
#include "http_verdict.h"

#include <stdio.h>
#include <string.h>

int main(void)
{
	static char line[VERDICT_INPUT_MAX];
	static uint8_t data[VERDICT_INPUT_MAX];
	static char ours[VERDICT_SIZE];
	static char theirs[VERDICT_SIZE];
	while (fgets(line, sizeof line, stdin) != NULL) {
		size_t input_len = strcspn(line, "\t\n");
		size_t len = 0;
		if (line[0] == '#' || line[0] == '\n') {
			fputs(line, stdout);
			continue;
		}
		if (verdict_unescape(line, input_len, data, &len) != 0) {
			fprintf(stderr, "not understood: %s", line);
			return 65;
		}
		verdict_ours(data, len, len, ours);
		verdict_llhttp(data, len, theirs);
		printf("%.*s\t%s\t%s\n", (int)input_len, line, theirs, ours);
	}
	return verdict_have_llhttp() ? 0 : 69;
}
