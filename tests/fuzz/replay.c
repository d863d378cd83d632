/* A target without libFuzzer: runs it over every file of the folders named, which is how the tests replay
 * what fuzzing found, with any compiler. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>

#define INPUT_MAX (4 * 1024 * 1024)

/* The bytes of one file, in memory of exactly that size, so that a sanitizer sees the first byte too many. */
static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *whole = malloc(INPUT_MAX), *input = NULL;
	size_t len = 0;
	int rc = -1;

	if (file == NULL || whole == NULL)
		goto cleanup;
	len = fread(whole, 1, INPUT_MAX, file);
	if (ferror(file) || !feof(file))
		goto cleanup;
	input = realloc(whole, len > 0 ? len : 1);
	if (input == NULL)
		goto cleanup;
	whole = NULL;
	(void)LLVMFuzzerTestOneInput(input, len);
	rc = 0;
cleanup:
	if (file != NULL)
		(void)fclose(file);
	free(whole);
	free(input);
	if (rc != 0)
		(void)fprintf(stderr, "replay: %s can't be read\n", path);
	return rc;
}

/* -1 where a file can't be read, or there is none. */
static int replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry = NULL;
	size_t replayed = 0;
	char path[4096];
	int rc = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (replay_file(path) != 0)
			rc = -1;
		replayed++;
	}
	if (dir != NULL)
		(void)closedir(dir);
	(void)printf("%zu files of %s\n", replayed, folder);
	return replayed > 0 ? rc : -1;
}

int main(int argc, char **argv)
{
	int rc = argc > 1 ? 0 : -1;

	for (int i = 1; i < argc; i++) {
		if (replay_folder(argv[i]) != 0)
			rc = -1;
	}
	return rc == 0 ? 0 : 1;
}
