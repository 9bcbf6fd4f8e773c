/* `test-conf-merge DIR`: the table of merge cases, DIR/RULE.cases. Of each case
 *
 *     === its name
 *     several files in one (texts.h)
 *     ---
 *     what stands in the outcome, a line each; `! ` before it: what does not; \n: a line ends
 *
 * The outcome is the messages and the snapshot, and the same in every order of the files. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/conf/texts.h"

enum {
	CASES_MAX = 512,
	LINE_MAX_LEN = 512,
};

struct table {
	char *names[CASES_MAX];
	unsigned n;
	unsigned failed;
};

/* A line of what is expected, `\n` in it replaced. */
static void unescape(const char *p, size_t len, char out[LINE_MAX_LEN])
{
	size_t n = 0;
	for (size_t i = 0; i < len && n + 1 < LINE_MAX_LEN; i++) {
		bool feed = p[i] == '\\' && i + 1 < len && p[i + 1] == 'n';
		out[n++] = feed ? '\n' : p[i];
		i += feed;
	}
	out[n] = 0;
}

/* The number of expectations that are not met; each is printed. */
static unsigned check_expected(const char *name, const char *expected, const char *got)
{
	char line[LINE_MAX_LEN];
	unsigned failed = 0, n = 0;
	for (const char *p = expected; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		unescape(p, strcspn(p, "\n"), line);
		bool not = strncmp(line, "! ", 2) == 0;
		n++;
		if ((strstr(got, not ? line + 2 : line) != NULL) != not )
			continue;
		fprintf(stderr, "%s: %s: %s\n", name, not ? "there is" : "there is no",
			line + 2 * not );
		failed++;
	}
	if (!n)
		fprintf(stderr, "%s: nothing is expected\n", name);
	return failed + !n;
}

static bool name_is_new(const struct table *t, const char *name)
{
	for (unsigned i = 0; i < t->n; i++)
		if (strcmp(t->names[i], name) == 0)
			return false;
	return true;
}

/* One case: its name, texts and expectations, parted in place. */
static void check_case(struct table *table, char *text)
{
	struct texts t;
	char *body = strchr(text, '\n');
	char *parting = body ? strstr(body, "\n---\n") : NULL;
	if (!parting || table->n == CASES_MAX) {
		fprintf(stderr, "no case: %.40s\n", text);
		table->failed++;
		return;
	}
	*body++ = 0;
	parting[1] = 0;
	unsigned wrong = !name_is_new(table, text);
	if (wrong)
		fprintf(stderr, "%s: the name is used twice\n", text);
	table->names[table->n++] = strdup(text);
	texts_cut(&t, body, parting + 1 > body ? strlen(body) : 0);
	char *got = texts_outcome(&t);
	wrong += check_expected(text, parting + 5, got);
	if (texts_order_matters(&t, got)) {
		fprintf(stderr, "%s: the order of the files matters\n", text);
		wrong++;
	}
	if (wrong)
		fprintf(stderr, "got\n%s\n", got);
	table->failed += wrong != 0;
	free(got);
}

static void check_file(struct table *table, const char *dir, const char *name)
{
	char path[512];
	size_t len;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	char *bytes = texts_read_file(path, &len);
	char *next = strncmp(bytes, "=== ", 4) == 0 ? bytes : NULL;
	while (next) {
		char *text = next + 4;
		next = strstr(text, "\n=== ");
		if (next)
			*next++ = 0;
		check_case(table, text);
	}
	free(bytes);
}

int main(int argc, char **argv)
{
	struct table table = {0};
	DIR *d = argc == 2 ? opendir(argv[1]) : NULL;
	if (!d) {
		fprintf(stderr, "usage: test-conf-merge DIR\n");
		return 64;
	}
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		if (strstr(e->d_name, ".cases"))
			check_file(&table, argv[1], e->d_name);
	closedir(d);
	printf("%u cases, %u failed\n", table.n, table.failed);
	for (unsigned i = 0; i < table.n; i++)
		free(table.names[i]);
	return table.failed || table.n < 60;
}
