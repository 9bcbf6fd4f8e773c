/* `test-conf-golden DIR`: each DIR/NAME.conf (several files in one, see texts.h) gives the messages
 * and the snapshot of DIR/NAME.expected, whatever the order of its texts; so does what is printed
 * when nothing but the owner's files is in it. `--write DIR` writes what is expected. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/text.h"
#include "tests/unit/conf/texts.h"

/* The snapshot alone, without the places its values come from. */
static char *bare(const char *outcome_text)
{
	struct conf_string s = {0};
	const char *p = strstr(outcome_text, "usable\n");
	for (p = p ? p + strlen("usable\n") : ""; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t line = strcspn(p, "\n");
		const char *comment = memmem(p, line, " ; ", 3);
		if (*p != ';')
			conf_string_add(&s, "%.*s\n", (int)(comment ? comment - p : (long)line), p);
	}
	return conf_string_take(&s);
}

/* What is printed parses back to the same values (for one file: names are local to files). */
static bool prints_otherwise(const struct texts *t, const char *got)
{
	struct texts again;
	if (t->n > 1 || strncmp(got, "not usable", 10) == 0 || strstr(got, "\nnot usable"))
		return false;
	char *first = bare(got);
	texts_cut(&again, first, strlen(first));
	char *text = texts_outcome(&again);
	char *second = bare(text);
	bool differ = strcmp(first, second) != 0;
	free(first);
	free(text);
	free(second);
	return differ;
}

static bool check_case(const char *dir, const char *name, bool write)
{
	char in[512], out[512];
	size_t len, expected_len;
	struct texts t;
	snprintf(in, sizeof(in), "%s/%s.conf", dir, name);
	snprintf(out, sizeof(out), "%s/%s.expected", dir, name);
	char *bytes = texts_read_file(in, &len);
	texts_cut(&t, bytes, len);
	char *got = texts_outcome(&t);
	bool ok = true;
	if (write) {
		FILE *f = fopen(out, "w");
		ok = f && fputs(got, f) >= 0 && fclose(f) == 0;
	}
	char *expected = texts_read_file(out, &expected_len);
	if (strcmp(expected, got) != 0) {
		fprintf(stderr, "%s: got\n%s\n", in, got);
		ok = false;
	}
	if (prints_otherwise(&t, got)) {
		fprintf(stderr, "%s: what is printed does not parse back\n", in);
		ok = false;
	}
	if (texts_order_matters(&t, got)) {
		fprintf(stderr, "%s: the order of the files matters\n", in);
		ok = false;
	}
	free(expected);
	free(got);
	free(bytes);
	return ok;
}

int main(int argc, char **argv)
{
	bool write = argc == 3 && strcmp(argv[1], "--write") == 0;
	const char *dir = argv[argc - 1];
	DIR *d = argc > 1 ? opendir(dir) : NULL;
	unsigned cases = 0, failed = 0;
	if (!d) {
		fprintf(stderr, "usage: test-conf-golden [--write] DIR\n");
		return 64;
	}
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		size_t len = strlen(e->d_name);
		if (len < 6 || strcmp(e->d_name + len - 5, ".conf") != 0)
			continue;
		e->d_name[len - 5] = 0;
		cases++;
		failed += !check_case(dir, e->d_name, write);
	}
	closedir(d);
	printf("%u cases, %u failed\n", cases, failed);
	return failed || !cases;
}
