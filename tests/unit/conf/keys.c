/* `test-conf-keys KEYS.MD MAN.SCD` compares both files with what is made from the schema;
 * `test-conf-keys --write KEYS.MD MAN.SCD` writes them (ninja -C build keys). */
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
	bool writing = argc == 4 && strcmp(argv[1], "--write") == 0;
	int (*run)(const char *, const char *) = writing ? write_reference : compare_reference;
	char *reference = conf_reference(), *manual = conf_manual();
	int r = 64;

	if (writing || argc == 3) {
		r = run(argv[argc - 2], reference);
		r = run(argv[argc - 1], manual) ? 1 : r;
	}
	free(reference);
	free(manual);
	return r;
}
