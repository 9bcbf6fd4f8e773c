/* `test-conf-keys FILE` compares FILE with the reference made from the schema;
 * `test-conf-keys --write FILE` writes it (ninja -C build keys). */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/help.h"

static int write_reference(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
		perror(path);
		return 1;
	}
	return 0;
}

static int compare_reference(const char *path, const char *text)
{
	size_t len = strlen(text);
	char *there = calloc(1, len + 2);
	FILE *f = fopen(path, "r");
	size_t n = f && there ? fread(there, 1, len + 1, f) : 0;
	bool same = n == len && memcmp(there, text, len) == 0;
	if (f)
		fclose(f);
	free(there);
	if (!same)
		fprintf(stderr, "%s is not what the schema says; run `ninja -C build keys`\n",
			path);
	return !same;
}

int main(int argc, char **argv)
{
	char *text = conf_reference();
	int r = argc == 3   ? write_reference(argv[2], text)
		: argc == 2 ? compare_reference(argv[1], text)
			    : 64;
	free(text);
	return r;
}
